//! Quoted strings and folds (RFC 3261 §25.1, §7.3.1).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::Class;

/// Whether `inside` may stand between double quotes as it is.
#[must_use]
pub fn is_quoted_text(inside: &[u8]) -> bool {
    let mut rest = inside;
    loop {
        match rest.get(Class::QUOTED_LINE.span(rest)..) {
            None | Some([]) => return true,
            Some([b'\\', escaped, after @ ..])
                if *escaped < 0x80 && !matches!(escaped, b'\r' | b'\n') =>
            {
                rest = after;
            }
            Some(_) => return false,
        }
    }
}

/// Escapes `text` so that it may stand between double quotes; the quotes are the caller's.
#[must_use]
pub fn quote(text: &str) -> Cow<'_, str> {
    if !text.contains(['"', '\\']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len().saturating_add(8));
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    Cow::Owned(escaped)
}

/// Undoes [`quote`] and folds; bytes that are not UTF-8 become U+FFFD.
#[must_use]
pub fn unquote(inside: &[u8]) -> Cow<'_, str> {
    if !inside.iter().any(|b| matches!(b, b'\\' | b'\r' | b'\n')) {
        return String::from_utf8_lossy(inside);
    }
    let mut plain = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'\\' => {
                if let [escaped, after @ ..] = rest {
                    plain.push(*escaped);
                    rest = after;
                }
            }
            b'\r' | b'\n' => rest = end_of_fold(rest, &mut plain),
            b => plain.push(*b),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

/// Writes `value` with each fold as one space (RFC 3261 §7.3.1). A line break that no white space
/// follows is no fold and stays, for the builder to refuse.
pub fn write_unfolded(value: &[u8], out: &mut Vec<u8>) {
    let mut rest = value;
    while let Some(found) = super::find_line_break(rest, 0) {
        let (before, broken) = rest.split_at_checked(found).unwrap_or((rest, &[]));
        out.extend_from_slice(before);
        let after = match broken {
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
            [] => &[],
        };
        if matches!(after, [b' ' | b'\t', ..]) {
            rest = end_of_fold(after, out);
        } else {
            out.extend_from_slice(broken.get(..1).unwrap_or_default());
            rest = broken.get(1..).unwrap_or_default();
        }
    }
    out.extend_from_slice(rest);
}

/// Puts one space for a fold in place of all the white space around it; gives what follows.
fn end_of_fold<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    while matches!(out.last(), Some(b' ' | b'\t')) {
        out.pop();
    }
    out.push(b' ');
    let skipped = rest
        .iter()
        .position(|b| !Class::LWS.contains(*b))
        .unwrap_or(rest.len());
    rest.get(skipped..).unwrap_or_default()
}
