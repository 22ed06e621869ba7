//! A verdict for people: one line, and under it each finding pointed at in the text.

use std::fmt::Write;

use super::verdict::{Found, Verdict};

/// Columns of a line that are shown; of a longer one, those around the place.
const SHOWN: usize = 96;

/// Switches of a terminal, or nothing.
pub(super) struct Colours {
    good: &'static str,
    bad: &'static str,
    note: &'static str,
    faint: &'static str,
    off: &'static str,
}

impl Colours {
    pub(super) const fn new(is_on: bool) -> Self {
        if is_on {
            Self {
                good: "\x1b[32m",
                bad: "\x1b[1;31m",
                note: "\x1b[33m",
                faint: "\x1b[2m",
                off: "\x1b[0m",
            }
        } else {
            Self {
                good: "",
                bad: "",
                note: "",
                faint: "",
                off: "",
            }
        }
    }
}

/// The whole entry of one message. `place` says where it was found.
pub(super) fn entry(place: &str, bytes: &[u8], verdict: &Verdict, colours: &Colours) -> String {
    let Colours {
        good,
        bad,
        faint,
        off,
        ..
    } = colours;
    let mut out = match (verdict.is_valid, verdict.answer) {
        (true, _) => format!("{good}ok  {off}"),
        (false, Some(status)) => format!("{bad}{:<4}{off}", status.as_u16()),
        (false, None) => format!("{bad}drop{off}"),
    };
    let _ = write!(out, "  {}  {faint}", harmless(place));
    out.push_str(&clipped(first_line(bytes)));
    let _ = writeln!(out, "{off}");
    let width = verdict.findings.iter().map(|found| found.line).max();
    let width = width.unwrap_or_default().to_string().len();
    let mut line = String::new();
    for found in &verdict.findings {
        finding(&mut out, bytes, found, width, colours, &mut line);
    }
    out
}

/// `last` is the line of text that was shown last; it is not shown twice in a row.
fn finding(
    out: &mut String,
    bytes: &[u8],
    found: &Found,
    width: usize,
    colours: &Colours,
    last: &mut String,
) {
    let Colours {
        bad,
        note,
        faint,
        off,
        ..
    } = colours;
    let colour = if found.is_fatal { bad } else { note };
    let (text, column) = window(line_at(bytes, found.at), found.column);
    let mark = "^".repeat(extent(&text, column));
    let line = format!("      {faint}{:>width$} |{off} {text}", found.line);
    if *last != line {
        let _ = writeln!(out, "{}", line.trim_end());
        *last = line;
    }
    let _ = writeln!(
        out,
        "      {faint}{:>width$} |{off} {:>column$}{colour}{mark} {}: {}{off} {faint}({}){off}",
        "", "", found.field, found.text, found.rule,
    );
}

/// How many characters belong to what is wrong at `column`: the word that begins there.
fn extent(text: &str, column: usize) -> usize {
    let ends = |c: &char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '<' | '>' | '…');
    let word = text.chars().skip(column).take_while(|c| !ends(c));
    word.count().max(1)
}

/// The first line that is not empty.
fn first_line(bytes: &[u8]) -> String {
    let mut lines = bytes.split(|b| *b == b'\n');
    let line = lines.find(|line| !line.trim_ascii().is_empty());
    harmless(&String::from_utf8_lossy(
        line.unwrap_or_default().trim_ascii(),
    ))
}

fn clipped(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The line around a place, without its end.
fn line_at(bytes: &[u8], at: usize) -> &[u8] {
    let (before, after) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    let start = before.iter().rposition(|b| *b == b'\n');
    let start = start.map_or(0, |newline| newline + 1);
    let end = after.iter().position(|b| *b == b'\n');
    let end = before.len() + end.unwrap_or(after.len());
    let line = bytes.get(start..end).unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The part of a line that is shown, and how far into it the place is.
fn window(line: &[u8], column: usize) -> (String, usize) {
    let place = column - 1;
    let text = harmless(&String::from_utf8_lossy(line));
    let length = text.chars().count();
    let skipped = if length <= SHOWN || place < SHOWN * 3 / 4 {
        0
    } else {
        (place - SHOWN / 2).min(length.saturating_sub(SHOWN))
    };
    let mut shown: String = text.chars().skip(skipped).take(SHOWN).collect();
    if length > skipped + SHOWN {
        shown.push('…');
    }
    if skipped > 0 {
        return (format!("…{shown}"), place - skipped + 1);
    }
    (shown, place)
}

/// What a stranger wrote must not move the cursor: each control character becomes one sign.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            '\0'..=' ' => char::from_u32(0x2400 + u32::from(c))
                .filter(|_| c != ' ')
                .unwrap_or(' '),
            c if c.is_control() => '\u{fffd}',
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                '\u{fffd}'
            }
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let line: Vec<u8> = (0..300).map(|n| b'a' + (n % 26) as u8).collect();
        for column in [1, 50, 96, 97, 200, 300, 301] {
            let (text, place) = window(&line, column);
            let expected = line.get(column - 1).map(|b| char::from(*b));
            assert_eq!(text.chars().nth(place), expected, "{column}");
            assert!(text.chars().count() <= SHOWN + 2);
        }
    }

    #[test]
    fn the_word_that_is_wrong_is_marked() {
        assert_eq!(extent("CSeq: 36893488 INVITE", 6), 8);
        assert_eq!(extent("To: <sip:a@b>;tag=x", 5), 7);
        assert_eq!(extent("Via: a;;b", 7), 1);
        assert_eq!(extent("", 0), 1);
        assert_eq!(extent("ab", 2), 1);
    }

    #[test]
    fn what_a_stranger_wrote_moves_no_cursor() {
        assert_eq!(
            harmless("a\x1b[2Jb\tc\u{202e}d\u{9b}"),
            "a\u{241b}[2Jb c\u{fffd}d\u{fffd}"
        );
    }
}
