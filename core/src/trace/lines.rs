//! Bytes as lines of a text file, for transcripts and recordings.
//!
//! ```text
//! | OPTIONS sip:server.example SIP/2.0
//! |
//! |
//! x 80001a2b0000014000c0ffee
//! ```
//!
//! Text, which is what begins with a letter, is split at CRLF: one `|` line per piece, so that the
//! last piece is empty when the bytes end with CRLF. What is not printable is escaped: `\\`, `\r`,
//! `\n`, `\t`, `\x1f`. `x` lines hold hexadecimal bytes.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

const HEX_BYTES_PER_LINE: usize = 40;

/// Appends the lines that stand for `bytes`; none stand for no bytes.
pub fn write(bytes: &[u8], out: &mut String) {
    if bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        for piece in split_crlf(bytes) {
            out.push('|');
            if !piece.is_empty() {
                out.push(' ');
            }
            escape(piece, false, out);
            out.push('\n');
        }
    } else {
        for chunk in bytes.chunks(HEX_BYTES_PER_LINE) {
            out.push_str("x ");
            for byte in chunk {
                push(out, format_args!("{byte:02x}"));
            }
            out.push('\n');
        }
    }
}

/// Whether a line holds bytes.
#[must_use]
pub fn is_bytes(line: &str) -> bool {
    line.starts_with('|') || line.starts_with("x ")
}

/// Puts bytes together again, line by line.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    bytes: Vec<u8>,
    pieces: usize,
}

impl Reader {
    /// Adds one line for which [`is_bytes`] holds.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn line(&mut self, line: &str) -> Result<(), &'static str> {
        if let Some(hex) = line.strip_prefix("x ") {
            for pair in hex.trim_end().as_bytes().chunks(2) {
                let pair = core::str::from_utf8(pair).unwrap_or_default();
                let byte = hex_pair(pair).ok_or("hexadecimal digits in pairs")?;
                self.bytes.push(byte);
            }
            return Ok(());
        }
        let piece = line
            .strip_prefix('|')
            .ok_or("`| text` or `x hexadecimal`")?;
        if self.pieces > 0 {
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.pieces = self.pieces.saturating_add(1);
        let piece = piece.strip_prefix(' ').unwrap_or(piece);
        unescape(piece, &mut self.bytes).ok_or("an escape of the format after `\\`")
    }

    /// All bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// The pieces between CRLFs; always one more than there are CRLFs.
fn split_crlf(bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (piece, tail) = rest.split_at(at);
        pieces.push(piece);
        rest = tail.get(2..).unwrap_or_default();
    }
    pieces.push(rest);
    pieces
}

/// Writes bytes as text; `word` escapes spaces too.
pub(super) fn escape(bytes: &[u8], word: bool, out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\r' => out.push_str("\\r"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                ' ' if word => out.push_str("\\x20"),
                c if c.is_control() || (c.is_whitespace() && c != ' ') => {
                    let mut buffer = [0; 4];
                    for byte in c.encode_utf8(&mut buffer).bytes() {
                        push(out, format_args!("\\x{byte:02x}"));
                    }
                }
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            push(out, format_args!("\\x{byte:02x}"));
        }
    }
}

pub(super) fn unescape(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            let mut buffer = [0; 4];
            out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        match chars.next()? {
            '\\' => out.push(b'\\'),
            'r' => out.push(b'\r'),
            'n' => out.push(b'\n'),
            't' => out.push(b'\t'),
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                out.push(hex_pair(&digits)?);
            }
            _ => return None,
        }
    }
    Some(())
}

fn hex_pair(digits: &str) -> Option<u8> {
    let clean = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if clean {
        u8::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

/// Appends to a string, which cannot fail.
fn push(out: &mut String, arguments: fmt::Arguments<'_>) {
    let _: fmt::Result = out.write_fmt(arguments);
}
