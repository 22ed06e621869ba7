//! Names of codings: of content (RFC 3261 §20.12, RFC 9110 §8.4.1) and of transfer (RFC 2045 §6).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::sip::header::Token;
use crate::text::base64_decode;

/// What has been done to a content to make it smaller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentCoding<'a> {
    /// Nothing.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 1950 around RFC 1951.
    Deflate,
    /// As the UNIX program of that name.
    Compress,
    /// Another one.
    Other(Token<'a>),
}

/// What has been done to a part to take it through transports that are not clean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferEncoding<'a> {
    /// Nothing: `7bit`, `8bit`, `binary`. SIP carries all bytes, so there is no difference.
    Identity,
    /// Base64 in lines (RFC 2045 §6.8).
    Base64,
    /// Text with some bytes escaped (RFC 2045 §6.7).
    QuotedPrintable,
    /// Another one.
    Other(Token<'a>),
}

impl<'a> ContentCoding<'a> {
    const KNOWN: [(ContentCoding<'static>, &'static str); 4] = [
        (ContentCoding::Identity, "identity"),
        (ContentCoding::Gzip, "gzip"),
        (ContentCoding::Deflate, "deflate"),
        (ContentCoding::Compress, "compress"),
    ];

    /// The coding of that name, in any case; RFC 9110 §8.4.1.3 has `x-gzip` and `x-compress` too.
    #[must_use]
    pub fn from_token(token: Token<'a>) -> Self {
        let plain = match token.as_str().split_at_checked(2) {
            Some((start, rest)) if start.eq_ignore_ascii_case("x-") => rest,
            _ => token.as_str(),
        };
        let found = Self::KNOWN
            .iter()
            .find(|(_, name)| name.eq_ignore_ascii_case(plain));
        found.map_or(Self::Other(token), |(coding, _)| *coding)
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Compress => "compress",
            Self::Other(token) => token.as_str(),
        }
    }
}

impl<'a> TransferEncoding<'a> {
    /// The encoding of that name, in any case.
    #[must_use]
    pub fn from_token(token: Token<'a>) -> Self {
        let is = |name: &str| token == *name;
        if is("7bit") || is("8bit") || is("binary") {
            Self::Identity
        } else if is("base64") {
            Self::Base64
        } else if is("quoted-printable") {
            Self::QuotedPrintable
        } else {
            Self::Other(token)
        }
    }

    /// Undoes it; `None` if `encoded` is not what it says, or the encoding is unknown.
    #[must_use]
    pub fn decode<'b>(&self, encoded: &'b [u8]) -> Option<Cow<'b, [u8]>> {
        match self {
            Self::Identity => Some(Cow::Borrowed(encoded)),
            Self::Base64 => {
                let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
                let digits: Vec<u8> = encoded.iter().copied().filter(|b| !is_space(b)).collect();
                base64_decode(&digits).map(Cow::Owned)
            }
            Self::QuotedPrintable => quoted_printable(encoded).map(Cow::Owned),
            Self::Other(_) => None,
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// RFC 2045 §6.7: `=` and two digits are a byte, `=` at the end of a line joins it to the next.
/// White space at the end of a line has been added on the way and does not count.
fn quoted_printable(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(encoded.len());
    let mut lines = encoded.split(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_last = lines.peek().is_none();
        let mut rest = line.trim_ascii_end();
        let mut is_soft = false;
        while let [first, after @ ..] = rest {
            rest = match (first, after) {
                (b'=', []) => {
                    is_soft = true;
                    after
                }
                (b'=', [high, low, after @ ..]) => {
                    plain.push(hex(*high)? << 4 | hex(*low)?);
                    after
                }
                (b'=', [_]) => return None,
                (byte, after) => {
                    plain.push(*byte);
                    after
                }
            };
        }
        if !is_soft && !is_last {
            plain.extend_from_slice(b"\r\n");
        }
    }
    Some(plain)
}
