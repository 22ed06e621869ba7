//! The byte classes of RFC 8866 §9.

use crate::text::is_any;

/// `token-char`: what is visible, save `"(),/:;<=>?@[\]`.
const TOKEN: u8 = 1;
/// A byte of a `URI-reference` (RFC 3986 §2): reserved, unreserved, or the `%` of an escape.
const URI: u8 = 1 << 1;
/// `base64-char`.
const BASE64: u8 = 1 << 2;

const fn class(byte: u8) -> u8 {
    let outside = matches!(byte, b'"' | b'(' | b')' | b',' | b'/' | b':'..=b'@' | b'['..=b']');
    let visible = byte.is_ascii_graphic();
    let mut class = 0;
    if visible && !outside {
        class |= TOKEN;
    }
    if visible
        && !matches!(
            byte,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
    {
        class |= URI;
    }
    if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') {
        class |= BASE64;
    }
    class
}

static CLASSES: [u8; 256] = classes();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler, bounded by the loop"
)]
const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte: u8 = 0;
    loop {
        classes[byte as usize] = class(byte);
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
}

#[inline]
fn is_in(byte: u8, class: u8) -> bool {
    let of_byte = CLASSES.get(usize::from(byte));
    of_byte.is_some_and(|classes| classes & class != 0)
}

#[inline]
fn holds(text: &[u8], class: u8) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_in(*byte, class))
}

/// How many bytes at the start are those of a token.
#[inline]
pub(super) fn token_length(text: &[u8]) -> usize {
    let end = text.iter().position(|byte| !is_in(*byte, TOKEN));
    end.unwrap_or(text.len())
}

/// `token`.
#[inline]
pub(super) fn is_token(text: &str) -> bool {
    holds(text.as_bytes(), TOKEN)
}

/// `non-ws-string`: what is visible, or above ASCII.
#[inline]
pub(super) fn is_non_ws(text: &[u8]) -> bool {
    !text.is_empty() && !is_any(text, |byte| byte <= b' ' || byte == 0x7f)
}

/// Whether a `URI-reference` can be made of these bytes, of which there is at least one.
pub(super) fn is_uri(text: &[u8]) -> bool {
    holds(text, URI)
}

/// `base64`, which may be nothing.
pub(super) fn is_base64(text: &[u8]) -> bool {
    let unfilled = text.strip_suffix(b"=").unwrap_or(text);
    let unfilled = unfilled.strip_suffix(b"=").unwrap_or(unfilled);
    text.len() % 4 == 0 && unfilled.iter().all(|byte| is_in(*byte, BASE64))
}

/// `1*DIGIT` of any length.
#[inline]
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && !is_any(text.as_bytes(), |byte| byte.wrapping_sub(b'0') > 9)
}

/// `1*DIGIT` as a number, if it is not too large for one. Without a sign, which `str::parse` takes.
#[inline]
pub(super) fn digits(text: &str) -> Option<u64> {
    let mut number: u64 = 0;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    (!text.is_empty()).then_some(number)
}
