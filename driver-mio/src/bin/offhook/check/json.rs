//! A verdict as one line of JSON.

use std::fmt::Write;

use super::verdict::{Found, Verdict};

/// One object, with its line end.
pub(super) fn object(file: &str, message: usize, verdict: &Verdict) -> String {
    let mut out = String::from("{\"file\":");
    string(&mut out, file);
    let answer = verdict.answer.map(|status| status.as_u16().to_string());
    let _ = write!(
        out,
        ",\"message\":{message},\"valid\":{},\"answer\":{},\"findings\":[",
        verdict.is_valid,
        answer.as_deref().unwrap_or("null"),
    );
    for (index, found) in verdict.findings.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        finding(&mut out, found);
    }
    out.push_str("]}\n");
    out
}

fn finding(out: &mut String, found: &Found) {
    out.push_str("{\"field\":");
    string(out, found.field);
    let _ = write!(
        out,
        ",\"line\":{},\"column\":{},\"rule\":",
        found.line, found.column
    );
    string(out, found.rule);
    out.push_str(",\"text\":");
    string(out, &found.text);
    out.push('}');
}

/// RFC 8259 §7.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_escaped() {
        let mut out = String::new();
        string(&mut out, "a\"b\\c\n\u{e4}\u{0}");
        assert_eq!(out, "\"a\\\"b\\\\c\\u000a\u{e4}\\u0000\"");
    }
}
