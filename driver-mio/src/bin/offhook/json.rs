//! What is written of JSON (RFC 8259): strings, and objects of plain values on one line.

use std::fmt::{Display, Write};

/// Adds `text` as a string (§7).
pub(crate) fn string(out: &mut String, text: &str) {
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

/// The members of an object (§4), in the order they are added.
#[derive(Default)]
pub(crate) struct Members(String);

impl Members {
    fn name(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        string(&mut self.0, name);
        self.0.push(':');
    }

    /// Adds a string.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        string(&mut self.0, value);
    }

    /// Adds a number, `true` or `false`; null without one.
    pub(crate) fn plain(&mut self, name: &str, value: Option<impl Display>) {
        self.name(name);
        let _ = match value {
            Some(value) => write!(self.0, "{value}"),
            None => write!(self.0, "null"),
        };
    }

    /// The object, without a line end.
    pub(crate) fn object(&self) -> String {
        format!("{{{}}}", self.0)
    }
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

    #[test]
    fn an_object_has_its_members_in_order() {
        let mut members = Members::default();
        assert_eq!(members.object(), "{}");
        members.text("a", "b\"");
        members.plain("c", Some(1.5));
        members.plain("d", None::<u8>);
        members.plain("e", Some(true));
        assert_eq!(members.object(), r#"{"a":"b\"","c":1.5,"d":null,"e":true}"#);
    }
}
