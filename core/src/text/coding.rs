//! Base64 (RFC 4648 §4), hexadecimal digits (RFC 4648 §8, lower case) and decimal numbers.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::str;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8; 16] = b"0123456789abcdef";

fn sextet(bits: u32) -> char {
    BASE64
        .get((bits & 63) as usize)
        .map_or('A', |b| char::from(*b))
}

/// Encodes with padding.
#[must_use]
pub fn base64_encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for chunk in bytes.chunks(3) {
        let (a, b, c) = match chunk {
            [a, b, c] => (*a, *b, *c),
            [a, b] => (*a, *b, 0),
            [a] => (*a, 0, 0),
            _ => continue,
        };
        let word = u32::from_be_bytes([0, a, b, c]);
        text.push(sextet(word >> 18));
        text.push(sextet(word >> 12));
        text.push(if chunk.len() > 1 {
            sextet(word >> 6)
        } else {
            '='
        });
        text.push(if chunk.len() > 2 { sextet(word) } else { '=' });
    }
    text
}

/// Decodes; `None` for a wrong length, alphabet, padding or trailing bits.
#[must_use]
pub fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() % 4 != 0 {
        return None;
    }
    let mut bytes = Vec::with_capacity((text.len() / 4).saturating_mul(3));
    let mut chunks = text.chunks_exact(4).peekable();
    while let Some(chunk) = chunks.next() {
        let [a, b, c, d] = *<&[u8; 4]>::try_from(chunk).ok()?;
        let is_last = chunks.peek().is_none();
        let high = sextet_value(a)? << 18 | sextet_value(b)? << 12;
        match (c, d) {
            (b'=', b'=') if is_last => {
                let [_, one, two, _] = high.to_be_bytes();
                bytes.push(one);
                if two != 0 {
                    return None;
                }
            }
            (c, b'=') if is_last => {
                let [_, one, two, three] = (high | sextet_value(c)? << 6).to_be_bytes();
                bytes.extend_from_slice(&[one, two]);
                if three != 0 {
                    return None;
                }
            }
            (c, d) => {
                let word = high | sextet_value(c)? << 6 | sextet_value(d)?;
                bytes.extend_from_slice(word.to_be_bytes().get(1..)?);
            }
        }
    }
    Some(bytes)
}

fn sextet_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Writes two lower-case digits per byte (`LHEX` of RFC 3261 §25.1).
#[must_use]
pub fn hex_encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(HEX.get(usize::from(nibble)).map_or('0', |b| char::from(*b)));
        }
    }
    text
}

/// Writes the sixteen digits of a number.
pub fn push_hex(number: u64, out: &mut String) {
    let mut digits = [b'0'; 16];
    let mut left = number;
    for digit in digits.iter_mut().rev() {
        *digit = HEX.get((left & 15) as usize).copied().unwrap_or(b'0');
        left >>= 4;
    }
    out.push_str(str::from_utf8(&digits).unwrap_or_default());
}

/// Reads digits of either case; `None` for an odd count or another character.
#[must_use]
pub fn hex_decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() % 2 != 0 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.chunks_exact(2) {
        let [high, low] = *<&[u8; 2]>::try_from(pair).ok()?;
        let high = char::from(high).to_digit(16)?;
        let low = char::from(low).to_digit(16)?;
        bytes.push(u8::try_from(high << 4 | low).ok()?);
    }
    Some(bytes)
}

/// Writes `number` in decimal digits.
#[inline]
pub fn write_decimal(number: u64, out: &mut Vec<u8>) {
    // Most numbers in a message have one digit to four; what is small is cheaper to divide.
    let small = number as u16;
    let digit = |n: u16| b'0'.wrapping_add(n as u8);
    match number {
        0..=9 => out.push(digit(small)),
        10..=99 => out.extend_from_slice(&[digit(small / 10), digit(small % 10)]),
        100..=999 => out.extend_from_slice(&[
            digit(small / 100),
            digit(small / 10 % 10),
            digit(small % 10),
        ]),
        1000..=9999 => {
            out.extend_from_slice(&[
                digit(small / 1000),
                digit(small / 100 % 10),
                digit(small / 10 % 10),
                digit(small % 10),
            ]);
        }
        _ => write_long_decimal(number, out),
    }
}

/// Appends an address in numbers, IPv6 without brackets.
pub fn write_ip(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            // Each with its dot at once, the last of which is one too many.
            let digit = |n: u8| b'0'.wrapping_add(n % 10);
            for n in address.octets() {
                let (hundreds, tens) = (digit(n / 100), digit(n / 10));
                match n {
                    0..=9 => out.extend_from_slice(&[digit(n), b'.']),
                    10..=99 => out.extend_from_slice(&[tens, digit(n), b'.']),
                    100.. => out.extend_from_slice(&[hundreds, tens, digit(n), b'.']),
                }
            }
            out.pop();
        }
        IpAddr::V6(address) => out.extend_from_slice(alloc::format!("{address}").as_bytes()),
    }
}

/// Writes `number` in decimal digits behind text.
pub fn push_decimal(number: u64, out: &mut String) {
    out.push_str(Decimal::of(number).as_str());
}

/// A number in decimal digits.
pub struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    /// The digits of a number.
    #[must_use]
    pub fn of(number: u64) -> Self {
        let mut digits = [0; 20];
        let mut left = number;
        let mut used: usize = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0'.wrapping_add((left % 10) as u8);
            left /= 10;
            used = used.wrapping_add(1);
            if left == 0 {
                break;
            }
        }
        let start = digits.len().saturating_sub(used);
        Self { digits, start }
    }

    fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }

    /// They as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

fn write_long_decimal(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(Decimal::of(number).as_bytes());
}
