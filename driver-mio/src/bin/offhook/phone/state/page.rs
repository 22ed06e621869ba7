//! Text with a name and a value on each line, written and read by the same list of fields.

use std::fmt::{self, Display};
use std::str::FromStr;

/// A page that is being written, or read from its top.
pub(super) struct Page<'t>(Way<'t>);

enum Way<'t> {
    Writes(String),
    Reads {
        lines: std::str::Lines<'t>,
        number: usize,
    },
}

/// A line that is not what has to stand there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    line: usize,
    wanted: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} should be {}", self.line, self.wanted)
    }
}

/// A field that was written or read.
pub(super) type Done = Result<(), Fault>;

impl<'t> Page<'t> {
    pub(super) const fn to_write() -> Self {
        Self(Way::Writes(String::new()))
    }

    pub(super) fn to_read(text: &'t str) -> Self {
        Self(Way::Reads {
            lines: text.lines(),
            number: 0,
        })
    }

    /// What was written.
    pub(super) fn text(self) -> String {
        match self.0 {
            Way::Writes(text) => text,
            Way::Reads { .. } => String::new(),
        }
    }

    /// A line that is always the same.
    pub(super) fn heading(&mut self, line: &str) -> Done {
        match &mut self.0 {
            Way::Writes(text) => {
                text.push_str(line);
                text.push('\n');
                Ok(())
            }
            Way::Reads { lines, number } => {
                *number += 1;
                match lines.next() {
                    Some(found) if found == line => Ok(()),
                    Some(_) | None => Err(Fault {
                        line: *number,
                        wanted: format!("{line:?}"),
                    }),
                }
            }
        }
    }

    /// A value that can be told by text.
    pub(super) fn named<T>(
        &mut self,
        name: &str,
        value: &mut T,
        tell: impl FnOnce(&T) -> String,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Done {
        let mut some = None;
        if let Way::Writes(_) = &self.0 {
            some = Some(tell(value));
        }
        self.line(name, &mut some)?;
        if let Way::Reads { number, .. } = &self.0 {
            let fault = || Fault {
                line: *number,
                wanted: format!("{name:?} with a value for it"),
            };
            *value = some.as_deref().and_then(read).ok_or_else(fault)?;
        }
        Ok(())
    }

    /// A number, an address, yes or no.
    pub(super) fn plain<T: Display + FromStr>(&mut self, name: &str, value: &mut T) -> Done {
        self.named(name, value, T::to_string, |text| text.parse().ok())
    }

    pub(super) fn text_of<T: AsRef<str> + From<String>>(
        &mut self,
        name: &str,
        value: &mut T,
    ) -> Done {
        let tell = |value: &T| value.as_ref().to_owned();
        self.named(name, value, tell, |text| Some(text.to_owned().into()))
    }

    /// Each value of a list in its own lines, below a line with their number.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        values: &mut Vec<T>,
        blank: fn() -> T,
        each: impl Fn(&mut Self, &mut T) -> Done,
    ) -> Done {
        let mut count = values.len();
        self.plain(name, &mut count)?;
        if let Way::Reads { .. } = &self.0 {
            values.clear();
            for _ in 0..count {
                let mut value = blank();
                each(self, &mut value)?;
                values.push(value);
            }
            return Ok(());
        }
        values.iter_mut().try_for_each(|value| each(self, value))
    }

    /// A value that there may be none of.
    pub(super) fn maybe<T>(
        &mut self,
        name: &str,
        value: &mut Option<T>,
        blank: fn() -> T,
        each: impl Fn(&mut Self, &mut T) -> Done,
    ) -> Done {
        let mut list: Vec<T> = value.take().into_iter().collect();
        let done = self.list(name, &mut list, blank, each);
        *value = list.pop();
        done
    }

    /// A number, an address, yes or no, or nothing.
    pub(super) fn maybe_plain<T: Display + FromStr>(
        &mut self,
        name: &str,
        value: &mut Option<T>,
    ) -> Done {
        let mut some = value.as_ref().map(T::to_string);
        self.line(name, &mut some)?;
        self.take(name, value, some, |text| text.parse().ok())
    }

    /// A text, or nothing.
    pub(super) fn maybe_text<T: AsRef<str> + From<String>>(
        &mut self,
        name: &str,
        value: &mut Option<T>,
    ) -> Done {
        let mut some = value.as_ref().map(|text| text.as_ref().to_owned());
        self.line(name, &mut some)?;
        self.take(name, value, some, |text| Some(text.to_owned().into()))
    }

    /// Takes what was read for a value that may be none.
    fn take<T>(
        &self,
        name: &str,
        value: &mut Option<T>,
        found: Option<String>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Done {
        let Way::Reads { number, .. } = &self.0 else {
            return Ok(());
        };
        *value = match found.as_deref() {
            None => None,
            Some(text) => Some(read(text).ok_or_else(|| Fault {
                line: *number,
                wanted: format!("{name:?} with a value for it, or none"),
            })?),
        };
        Ok(())
    }

    /// One line: the name, and after a space the value, if there is one.
    fn line(&mut self, name: &str, value: &mut Option<String>) -> Done {
        match &mut self.0 {
            Way::Writes(text) => {
                text.push_str(name);
                if let Some(value) = value {
                    text.push(' ');
                    escape(text, value);
                }
                text.push('\n');
                Ok(())
            }
            Way::Reads { lines, number } => {
                *number += 1;
                let line = lines.next().unwrap_or_default();
                let rest = line.strip_prefix(name);
                let fault = || Fault {
                    line: *number,
                    wanted: format!("{name:?}"),
                };
                let rest = rest.ok_or_else(fault)?;
                *value = match rest.strip_prefix(' ') {
                    Some(text) => Some(unescape(text).ok_or_else(fault)?),
                    None if rest.is_empty() => None,
                    None => return Err(fault()),
                };
                Ok(())
            }
        }
    }
}

/// Adds a text so that it stays on its line.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            c => out.push(c),
        }
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '\\' => match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                '\\' => '\\',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Eq)]
    struct Notes {
        number: u8,
        text: String,
        none: Option<String>,
        list: Vec<u16>,
    }

    fn fields(page: &mut Page<'_>, it: &mut Notes) -> Done {
        page.heading("notes")?;
        page.plain("number", &mut it.number)?;
        page.text_of("text", &mut it.text)?;
        page.maybe_text("none", &mut it.none)?;
        page.list("list", &mut it.list, || 0, |page, it| page.plain("-", it))
    }

    fn written(mut it: Notes) -> String {
        let mut page = Page::to_write();
        fields(&mut page, &mut it).unwrap();
        page.text()
    }

    fn read(text: &str) -> Result<Notes, Fault> {
        let mut it = Notes::default();
        fields(&mut Page::to_read(text), &mut it)?;
        Ok(it)
    }

    #[test]
    fn what_is_written_is_read() {
        for none in [None, Some(String::new()), Some(" a ".to_owned())] {
            let notes = || Notes {
                number: 7,
                text: "o=a\\b\r\n\u{e4}".to_owned(),
                none: none.clone(),
                list: vec![1, 65535],
            };
            assert_eq!(read(&written(notes())), Ok(notes()));
        }
        let text = written(Notes::default());
        assert_eq!(text, "notes\nnumber 0\ntext \nnone\nlist 0\n");
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line) in [
            ("", 1),
            ("other", 1),
            ("notes\nnumber", 2),
            ("notes\nnumber 256", 2),
            ("notes\nnumbers 1", 2),
            ("notes\nnumber 1\ntext", 3),
            ("notes\nnumber 1\ntext a\\", 3),
            ("notes\nnumber 1\ntext \nnone\nlist 2\n- 1\n", 7),
        ] {
            assert_eq!(read(text).unwrap_err().line, line, "{text:?}");
        }
    }
}
