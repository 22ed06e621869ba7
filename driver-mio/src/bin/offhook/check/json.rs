//! A verdict as one line of JSON.

use std::fmt::Write;

use super::verdict::{Found, Verdict};
use crate::json::string;

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
