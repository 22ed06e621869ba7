//! The ladder as a picture that stands alone: SVG 1.1, light or dark as the reader's screen is.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write};

use super::label::Look;
use super::rows::{Ladder, Row};
use super::text::title;
use crate::trace::transcript::Transcript;

const LEFT: usize = 150;
const RIGHT: usize = 230;
const GAP_MIN: usize = 220;
const GAP_MAX: usize = 380;
const ROW: usize = 34;
const HEAD: usize = 84;
const BETWEEN: usize = 30;
/// About what a character of a label needs.
const CHAR: usize = 8;

const STYLE: &str = "\
svg{background:#fff;font-family:system-ui,sans-serif;font-size:13px}\
text{fill:#24292f}.t,.n{fill:#6e7781;font-size:12px}.h{font-weight:600;font-size:14px}\
.c{font-size:13px;fill:#57606a}.l{stroke:#d0d7de;stroke-width:1.5}\
.b{fill:#f6f8fa;stroke:#d0d7de}.a{stroke-width:1.8;fill:none}\
.req{stroke:#0969da}.pro{stroke:#8c959f}.suc{stroke:#1a7f37}.fai{stroke:#cf222e}\
.med{stroke:#8250df;stroke-width:6;stroke-opacity:.55}.oth{stroke:#8c959f}\
.lost{stroke-dasharray:5 4;stroke-opacity:.6}\
.req.f{fill:#0969da}.pro.f{fill:#8c959f}.suc.f{fill:#1a7f37}.fai.f{fill:#cf222e}\
.med.f{fill:#8250df;stroke-width:1}.oth.f{fill:#8c959f}\
.k{paint-order:stroke;stroke:#fff;stroke-width:4px}\
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}\
.t,.n,.c{fill:#8b949e}.l,.b{stroke:#30363d}.b{fill:#161b22}.k{stroke:#0d1117}\
.req{stroke:#58a6ff}.suc{stroke:#3fb950}.fai{stroke:#f85149}.med{stroke:#a371f7}\
.req.f{fill:#58a6ff}.suc.f{fill:#3fb950}.fai.f{fill:#f85149}.med.f{fill:#a371f7}}";

/// Draws every call and registration of a transcript; a pointer over an arrow shows its message.
#[must_use]
pub fn svg(transcript: &Transcript) -> String {
    let ladder = Ladder::of(transcript);
    let sheet = Sheet::of(&ladder);
    let mut body = String::new();
    let mut top = BETWEEN;
    for group in ladder.groups.iter().filter(|group| !group.rows.is_empty()) {
        push(
            &mut body,
            format_args!(
                "<text class=\"c\" x=\"24\" y=\"{top}\">{}</text>\n",
                Escaped(&title(group))
            ),
        );
        let lines_end = top
            .saturating_add(HEAD)
            .saturating_add(group.rows.len().saturating_mul(ROW));
        sheet.heads(&ladder, top, lines_end, &mut body);
        let mut y = top.saturating_add(HEAD);
        for row in &group.rows {
            sheet.row(&ladder, row, y, &mut body);
            y = y.saturating_add(ROW);
        }
        top = lines_end.saturating_add(BETWEEN).saturating_add(BETWEEN);
    }
    let width = sheet.width;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{top}\" \
         viewBox=\"0 0 {width} {top}\">\n<style>{STYLE}</style>\n{body}</svg>\n"
    )
}

/// The measures of the picture.
struct Sheet {
    gap: usize,
    width: usize,
}

impl Sheet {
    fn of(ladder: &Ladder) -> Self {
        let rows = ladder.groups.iter().flat_map(|group| &group.rows);
        let needs = rows.map(|row| {
            let chars = row.label.chars().count().saturating_add(6);
            chars.saturating_mul(CHAR) / row.from.abs_diff(row.to).max(1)
        });
        let gap = needs.max().unwrap_or(GAP_MIN).clamp(GAP_MIN, GAP_MAX);
        let gaps = ladder.columns.len().saturating_sub(1);
        let width = LEFT
            .saturating_add(gap.saturating_mul(gaps))
            .saturating_add(RIGHT);
        Self { gap, width }
    }

    fn x(&self, column: usize) -> usize {
        LEFT.saturating_add(self.gap.saturating_mul(column))
    }

    fn heads(&self, ladder: &Ladder, top: usize, end: usize, out: &mut String) {
        let box_top = top.saturating_add(16);
        let line_top = box_top.saturating_add(30);
        let baseline = box_top.saturating_add(20);
        for (column, name) in ladder.columns.iter().enumerate() {
            let x = self.x(column);
            let left = x.saturating_sub(70);
            push(
                out,
                format_args!(
                    "<line class=\"l\" x1=\"{x}\" y1=\"{line_top}\" x2=\"{x}\" y2=\"{end}\"/>\
                     <rect class=\"b\" x=\"{left}\" y=\"{box_top}\" width=\"140\" height=\"30\" \
                     rx=\"6\"/><text class=\"h\" x=\"{x}\" y=\"{baseline}\" \
                     text-anchor=\"middle\">{}</text>\n",
                    Escaped(name)
                ),
            );
        }
    }

    fn row(&self, ladder: &Ladder, row: &Row, y: usize, out: &mut String) {
        let class = class(row.look);
        let (from, to) = (self.x(row.from), self.x(row.to));
        let millis = row.at.saturating_duration_since(ladder.start).as_millis();
        let time_x = LEFT.saturating_sub(86);
        let below = y.saturating_add(4);
        push(
            out,
            format_args!(
                "<g><title>{}</title><text class=\"t\" x=\"{time_x}\" y=\"{below}\" \
                 text-anchor=\"end\">{}.{:03}</text>",
                Escaped(&row.detail),
                millis / 1000,
                millis % 1000
            ),
        );
        // An arrow ends short of the line it points at, so that its head does not cover it.
        let reach = |from: usize, to: usize| {
            let short = if row.lost { self.gap / 5 } else { 5 };
            if to > from {
                to.saturating_sub(short)
            } else {
                to.saturating_add(short)
            }
        };
        let end = reach(from, to);
        let lost = if row.lost { " lost" } else { "" };
        push(
            out,
            format_args!("<path class=\"a {class}{lost}\" d=\"M{from} {y}H{end}\"/>"),
        );
        if row.lost {
            cross(end, y, out);
        } else if from != to {
            head(end, y, to > from, class, out);
        }
        if row.both {
            head(reach(to, from), y, from > to, class, out);
        }
        let middle = from.saturating_add(to) / 2;
        let above = y.saturating_sub(7);
        let note_x = self
            .x(ladder.columns.len().saturating_sub(1))
            .saturating_add(24);
        push(
            out,
            format_args!(
                "<text class=\"k\" x=\"{middle}\" y=\"{above}\" text-anchor=\"middle\">{}</text>\
                 <text class=\"n\" x=\"{note_x}\" y=\"{below}\">{}</text></g>\n",
                Escaped(&row.label),
                Escaped(&row.note)
            ),
        );
    }
}

fn head(x: usize, y: usize, rightwards: bool, class: &str, out: &mut String) {
    let dx = if rightwards { "-9" } else { "9" };
    push(
        out,
        format_args!("<path class=\"{class} f\" d=\"M{x} {y}l{dx} -5v10z\"/>"),
    );
}

fn cross(x: usize, y: usize, out: &mut String) {
    push(
        out,
        format_args!("<path class=\"a fai\" d=\"M{x} {y}m-5 -5l10 10m0 -10l-10 10\"/>"),
    );
}

fn class(look: Look) -> &'static str {
    match look {
        Look::Request => "req",
        Look::Provisional => "pro",
        Look::Success => "suc",
        Look::Failure => "fai",
        Look::Media => "med",
        Look::Other => "oth",
    }
}

/// Text as XML holds it; what XML 1.0 §2.2 does not allow becomes a dot.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'t>(pub &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\n' | '\t' => f.write_char(c)?,
                '\r' => {}
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                    f.write_char('·')?;
                }
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn push(out: &mut String, arguments: fmt::Arguments<'_>) {
    let _: fmt::Result = out.write_fmt(arguments);
}
