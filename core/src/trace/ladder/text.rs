//! The ladder as text in box-drawing characters.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::label::{self, Look};
use super::rows::{Group, Ladder, Row};
use crate::time::Instant;
use crate::trace::transcript::Transcript;

/// Where the first column stands: behind the times.
const GUTTER: usize = 16;
/// Characters between two columns.
const GAP_MIN: usize = 20;
const GAP_MAX: usize = 48;
/// What an arrow needs beside its label: head, ends and two spaces.
const ARROW: usize = 8;

/// Draws every call and registration of a transcript, one below the other.
#[must_use]
pub fn text(transcript: &Transcript) -> String {
    let ladder = Ladder::of(transcript);
    let grid = Grid::of(&ladder);
    let mut out = String::new();
    for group in &ladder.groups {
        if group.rows.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&title(group));
        out.push_str("\n\n");
        out.push_str(&grid.heading(&ladder.columns));
        for row in &group.rows {
            out.push_str(&grid.row(row, ladder.start));
        }
        out.push_str(&grid.blank());
    }
    out
}

/// What stands above a ladder.
pub(super) fn title(group: &Group) -> String {
    let messages = match group.messages {
        1 => String::from("1 message"),
        many => format!("{many} messages"),
    };
    if group.call_id.is_empty() {
        return String::from("Media of no call");
    }
    format!("Call-ID {} · {messages}", group.call_id)
}

/// Where the columns stand.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    places: Vec<usize>,
}

impl Grid {
    /// Columns so far apart that every label fits.
    fn of(ladder: &Ladder) -> Self {
        let rows = ladder.groups.iter().flat_map(|group| &group.rows);
        let labels = rows.map(|row| {
            let gaps = row.from.abs_diff(row.to).max(1);
            row.label.chars().count().saturating_add(ARROW) / gaps
        });
        let names = ladder.columns.iter();
        let names = names.map(|name| name.chars().count().saturating_add(2));
        let widest = labels.chain(names).max().unwrap_or(GAP_MIN);
        Self::even(ladder.columns.len(), widest.clamp(GAP_MIN, GAP_MAX))
    }

    /// So many columns at equal distances.
    pub(super) fn even(columns: usize, gap: usize) -> Self {
        let place = |index: usize| GUTTER.saturating_add(index.saturating_mul(gap));
        Self {
            places: (0..columns).map(place).collect(),
        }
    }

    /// The names above their lines.
    pub(super) fn heading(&self, names: &[String]) -> String {
        let mut line = Line::default();
        for (place, name) in self.places.iter().zip(names) {
            let half = name.chars().count() / 2;
            line.put(place.saturating_sub(half), name);
        }
        let mut out = line.finish();
        out.push_str(&self.blank());
        out
    }

    /// The lines alone.
    pub(super) fn blank(&self) -> String {
        self.lines().finish()
    }

    fn lines(&self) -> Line {
        let mut line = Line::default();
        for place in &self.places {
            line.put(*place, "│");
        }
        line
    }

    /// One arrow, its time at the left and its note at the right.
    pub(super) fn row(&self, row: &Row, start: Instant) -> String {
        let mut line = self.lines();
        line.put(2, &seconds(row.at, start));
        let place = |column: usize| self.places.get(column).copied().unwrap_or(GUTTER);
        let (from, to) = (place(row.from), place(row.to));
        let last = self.places.last().copied().unwrap_or(GUTTER);
        let mut note = last.saturating_add(4);
        if from == to {
            let label = format!("↺ {}", row.label);
            let start = from.saturating_add(2);
            let end = start.saturating_add(label.chars().count());
            note = note.max(end.saturating_add(2));
            line.put(start, &label);
        } else {
            self.arrow(&mut line, row, from, to);
        }
        line.put(note, &row.note);
        line.finish()
    }

    fn arrow(&self, line: &mut Line, row: &Row, from: usize, to: usize) {
        let (left, right) = (from.min(to).saturating_add(1), from.max(to));
        let width = right.saturating_sub(left);
        let (shaft, crossing) = match row.look {
            Look::Media => ("═", "╪"),
            Look::Request | Look::Provisional | Look::Success | Look::Failure | Look::Other => {
                ("─", "┼")
            }
        };
        for place in left..right {
            let lifeline = self.places.contains(&place);
            line.put(place, if lifeline { crossing } else { shaft });
        }
        let end = right.saturating_sub(1);
        if to > from || row.both {
            line.put(end, "▶");
        }
        if to < from || row.both {
            line.put(left, "◀");
        }
        if row.lost {
            self.break_off(line, from, to);
        }
        let label = label::shorten(&row.label, width.saturating_sub(4));
        let label = format!(" {label} ");
        let spare = width.saturating_sub(label.chars().count());
        line.put(left.saturating_add(spare / 2), &label);
    }

    /// A lost packet's arrow ends before it arrives.
    fn break_off(&self, line: &mut Line, from: usize, to: usize) {
        let rest = from.abs_diff(to) / 8;
        let rest = rest.max(2);
        let (cross, empty) = if to > from {
            let cross = to.saturating_sub(rest);
            (cross, cross.saturating_add(1)..to)
        } else {
            let cross = to.saturating_add(rest);
            (cross, to.saturating_add(1)..cross)
        };
        for place in empty {
            let lifeline = self.places.contains(&place);
            line.put(place, if lifeline { "│" } else { " " });
        }
        line.put(cross, "╳");
    }
}

/// Seconds since the start of the transcript, right-aligned.
fn seconds(at: Instant, start: Instant) -> String {
    let millis = at.saturating_duration_since(start).as_millis();
    format!("{:>5}.{:03}", millis / 1000, millis % 1000)
}

/// A line that is written to at any place.
#[derive(Default)]
struct Line {
    chars: Vec<char>,
}

impl Line {
    fn put(&mut self, place: usize, text: &str) {
        let end = place.saturating_add(text.chars().count());
        if self.chars.len() < end {
            let fill = vec![' '; end.saturating_sub(self.chars.len())];
            self.chars.extend(fill);
        }
        for (slot, c) in self.chars.iter_mut().skip(place).zip(text.chars()) {
            *slot = if c.is_control() { '·' } else { c };
        }
    }

    fn finish(self) -> String {
        let text: String = self.chars.into_iter().collect();
        format!("{}\n", text.trim_end())
    }
}
