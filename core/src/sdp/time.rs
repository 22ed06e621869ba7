//! When a session is active (RFC 8866 §5.9 to §5.11). All times are seconds since 1900.

use alloc::vec::Vec;

use super::reader::Words;
use super::token::digits;
use super::tolerance::Tolerance;
use super::write::Lines;

/// A `t=` line with its `r=` and `z=` lines.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TimeDescription {
    /// When it begins; 0 with a `stop` of 0 means for ever.
    pub start: u64,
    /// When it ends; 0 means never.
    pub stop: u64,
    /// `r=` lines.
    pub repeats: Vec<Repeat>,
    /// The pairs of the `z=` line.
    pub zone: Vec<ZoneAdjustment>,
}

/// An `r=` line, in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// From one repetition to the next; not zero.
    pub interval: u64,
    /// How long each lasts.
    pub duration: u64,
    /// Where in each repetition it is active, from its start.
    pub offsets: Vec<u64>,
}

/// One pair of a `z=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneAdjustment {
    /// From when on it holds.
    pub at: u64,
    /// Seconds to add to the times that were first scheduled: not cumulative (§5.11).
    pub offset: i64,
}

/// A number with what stands around it.
const NUMBER_BYTES: usize = 24;

impl TimeDescription {
    /// The times a repeat line makes active, each as start and end, in the order of the line.
    ///
    /// Endless if the session is: take as many as you need.
    pub fn occurrences<'s>(&'s self, repeat: &'s Repeat) -> impl Iterator<Item = (u64, u64)> + 's {
        // Without offsets there is nothing to find, however long one looks.
        let mut begin = (!repeat.offsets.is_empty()).then_some(self.start);
        let starts = core::iter::from_fn(move || {
            let this = begin?;
            begin = this.checked_add(repeat.interval.max(1));
            Some(this)
        });
        starts
            .take_while(|start| self.stop == 0 || *start < self.stop)
            .flat_map(|start| {
                repeat
                    .offsets
                    .iter()
                    .map(move |offset| start.saturating_add(*offset))
            })
            .filter(|start| self.stop == 0 || *start < self.stop)
            .map(|start| {
                let start = start.saturating_add_signed(self.zone_offset(start));
                (start, start.saturating_add(repeat.duration))
            })
    }

    /// The adjustment in force at a time.
    fn zone_offset(&self, time: u64) -> i64 {
        let begun = self.zone.iter().filter(|one| one.at <= time);
        begun.max_by_key(|one| one.at).map_or(0, |one| one.offset)
    }

    /// How many bytes the lines have at most.
    pub(super) fn length(&self) -> usize {
        let repeat = |one: &Repeat| one.offsets.len().saturating_add(3);
        let numbers = self.repeats.iter().map(repeat).sum::<usize>();
        let numbers = numbers.saturating_add(self.zone.len().saturating_mul(2));
        numbers.saturating_add(4).saturating_mul(NUMBER_BYTES)
    }

    pub(super) fn write(&self, lines: &mut Lines<'_>) {
        lines.start(b't');
        lines.number(self.start);
        lines.text(" ");
        lines.number(self.stop);
        lines.end();
        for repeat in &self.repeats {
            lines.start(b'r');
            lines.number(repeat.interval);
            for number in core::iter::once(&repeat.duration).chain(&repeat.offsets) {
                lines.text(" ");
                lines.number(*number);
            }
            lines.end();
        }
        if self.zone.is_empty() {
            return;
        }
        lines.start(b'z');
        for (index, one) in self.zone.iter().enumerate() {
            if index > 0 {
                lines.text(" ");
            }
            lines.number(one.at);
            lines.text(if one.offset < 0 { " -" } else { " " });
            lines.number(one.offset.unsigned_abs());
        }
        lines.end();
    }
}

/// The value of a `t=` line.
pub(super) fn parse_time(value: &str, tolerance: &Tolerance) -> Option<TimeDescription> {
    // A session without times is one of its own, and nearly all are (§5.9).
    if value == "0 0" {
        return Some(TimeDescription::default());
    }
    let mut words = Words::new(value, tolerance);
    let time = TimeDescription {
        start: time(words.next()?, tolerance)?,
        stop: time(words.next()?, tolerance)?,
        repeats: Vec::new(),
        zone: Vec::new(),
    };
    words.next().is_none().then_some(time)
}

/// The value of an `r=` line.
pub(super) fn parse_repeat(value: &str, tolerance: &Tolerance) -> Option<Repeat> {
    let mut words = Words::new(value, tolerance);
    let repeat = Repeat {
        interval: typed_time(words.next()?)?,
        duration: typed_time(words.next()?)?,
        offsets: words.map(typed_time).collect::<Option<_>>()?,
    };
    let fits = repeat.interval > 0 && !repeat.offsets.is_empty();
    fits.then_some(repeat)
}

/// The value of a `z=` line.
pub(super) fn parse_zone(value: &str, tolerance: &Tolerance) -> Option<Vec<ZoneAdjustment>> {
    let mut words = Words::new(value, tolerance);
    let mut zone = Vec::new();
    while let Some(at) = words.next() {
        let offset = words.next()?;
        let (sign, span) = match offset.strip_prefix('-') {
            Some(span) => (-1, span),
            None => (1, offset),
        };
        let seconds = i64::try_from(typed_time(span)?).ok()?;
        zone.push(ZoneAdjustment {
            at: time(at, tolerance)?,
            offset: seconds.checked_mul(sign)?,
        });
    }
    (!zone.is_empty()).then_some(zone)
}

/// `time / "0"`, where a `time` has at least ten digits.
#[inline]
fn time(word: &str, tolerance: &Tolerance) -> Option<u64> {
    let long = word.len() >= 10 && !word.starts_with('0');
    digits(word).filter(|_| long || word == "0" || tolerance.short_times)
}

/// `1*DIGIT [fixed-len-time-unit]` in seconds.
fn typed_time(word: &str) -> Option<u64> {
    let units = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
    let typed = units
        .into_iter()
        .find_map(|(letter, seconds)| Some((word.strip_suffix(letter)?, seconds)));
    let (number, seconds) = typed.unwrap_or((word, 1));
    digits(number)?.checked_mul(seconds)
}
