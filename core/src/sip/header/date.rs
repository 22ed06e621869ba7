//! Date (RFC 3261 §20.17): RFC 1123 dates, in GMT only.

use alloc::vec::Vec;
use core::time::Duration;

use crate::UnixTime;
use crate::text::{Cursor, write_decimal};

use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// A point in time to the second, from 1970 on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    seconds: u64,
}

const DAYS: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];
const SECONDS_A_DAY: u64 = 86_400;

impl Date {
    /// The second that `time` is in.
    #[must_use]
    pub const fn new(time: UnixTime) -> Self {
        Self {
            seconds: time.as_secs(),
        }
    }

    /// The start of that second.
    #[must_use]
    pub fn time(self) -> UnixTime {
        UnixTime::default().saturating_add(Duration::from_secs(self.seconds))
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where. The weekday must be one, and need not be the right one.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; months count from 0.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = month_length(month, is_leap);
    if year < 1970 || day == 0 || day > length {
        return None;
    }
    let leaps = |y: u64| (y / 4).saturating_sub(y / 100).saturating_add(y / 400);
    let before = year.saturating_sub(1);
    let of_years = year
        .saturating_sub(1970)
        .saturating_mul(365)
        .saturating_add(leaps(before))
        .saturating_sub(leaps(1969));
    let of_months: u64 = (0..month).map(|m| month_length(m, is_leap)).sum();
    Some(
        of_years
            .saturating_add(of_months)
            .saturating_add(day)
            .saturating_sub(1),
    )
}

const fn month_length(month: u64, is_leap: bool) -> u64 {
    match month {
        1 if is_leap => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// Year, month from 0, and day from 1, of a number of days since 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // No year has more than 366 days, so this one is not too late, and at most a few too early.
    let mut year = (days / 366).saturating_add(1970);
    while days_since_1970(year.saturating_add(1), 0, 1).is_some_and(|start| start <= days) {
        year = year.saturating_add(1);
    }
    let mut month = 11;
    while days_since_1970(year, month, 1).is_some_and(|start| start > days) {
        month = month.saturating_sub(1);
    }
    let start = days_since_1970(year, month, 1).unwrap_or(days);
    (year, month, days.saturating_sub(start).saturating_add(1))
}

impl<'a> Element<'a> for Date {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let start = cursor.position();
        take_date(cursor).ok_or_else(|| HeaderError::new(HeaderErrorKind::Syntax, start))
    }
}

/// `wkday "," SP 2DIGIT SP month SP 4DIGIT SP time SP "GMT"`, letters as they are printed: a date
/// is compared with regard to case, and there is no other zone.
fn take_date(cursor: &mut Cursor<'_>) -> Option<Date> {
    let name = |cursor: &mut Cursor<'_>, names: &[&[u8; 3]]| {
        let text = cursor.take(3);
        names.iter().position(|name| name.as_slice() == text)
    };
    name(cursor, &DAYS)?;
    expect(cursor, b",")?;
    space(cursor)?;
    let day = number(cursor, 2)?;
    space(cursor)?;
    let month = name(cursor, &MONTHS)?;
    space(cursor)?;
    let year = number(cursor, 4)?;
    space(cursor)?;
    let hour = number(cursor, 2).filter(|hour| *hour < 24)?;
    expect(cursor, b":")?;
    let minute = number(cursor, 2).filter(|minute| *minute < 60)?;
    expect(cursor, b":")?;
    // A leap second is told as 60.
    let second = number(cursor, 2).filter(|second| *second <= 60)?;
    space(cursor)?;
    expect(cursor, b"GMT")?;
    let seconds = hour.wrapping_mul(60).wrapping_add(minute);
    let seconds = seconds.wrapping_mul(60).wrapping_add(second);
    let days = days_since_1970(year, month as u64, day)?;
    Some(Date {
        seconds: days.wrapping_mul(SECONDS_A_DAY).wrapping_add(seconds),
    })
}

fn expect(cursor: &mut Cursor<'_>, text: &[u8]) -> Option<()> {
    (cursor.take(text.len()) == text).then_some(())
}

/// One space, or a fold, which means one (RFC 3261 §7.3.1).
fn space(cursor: &mut Cursor<'_>) -> Option<()> {
    let rest = cursor.rest();
    cursor.skip_lws();
    let taken = rest.len().saturating_sub(cursor.rest().len());
    let taken = rest.get(..taken).unwrap_or_default();
    let is_fold = taken.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
    (is_fold || taken == b" ").then_some(())
}

fn number(cursor: &mut Cursor<'_>, digits: usize) -> Option<u64> {
    let mut text = Cursor::new(cursor.take(digits));
    let number = text.take_number()?;
    (text.is_at_end() && text.position() == digits).then_some(number)
}

impl Value for Date {
    fn write(&self, out: &mut Vec<u8>) {
        let days = self.seconds / SECONDS_A_DAY;
        let second = self.seconds % SECONDS_A_DAY;
        let (year, month, day) = civil(days);
        let name = |names: &[&[u8; 3]], place: u64| {
            names.get(place as usize).map_or(*b"???", |name| **name)
        };
        let padded = |number: u64, digits: usize, out: &mut Vec<u8>| {
            let mut text = Vec::new();
            write_decimal(number, &mut text);
            out.resize(
                out.len().saturating_add(digits.saturating_sub(text.len())),
                b'0',
            );
            out.extend_from_slice(&text);
        };
        out.extend_from_slice(&name(&DAYS, days % 7));
        out.extend_from_slice(b", ");
        padded(day, 2, out);
        out.push(b' ');
        out.extend_from_slice(&name(&MONTHS, month));
        out.push(b' ');
        padded(year, 4, out);
        for (mark, number) in [
            (b' ', second / 3600),
            (b':', second / 60 % 60),
            (b':', second % 60),
        ] {
            out.push(mark);
            padded(number, 2, out);
        }
        out.extend_from_slice(b" GMT");
    }
}
