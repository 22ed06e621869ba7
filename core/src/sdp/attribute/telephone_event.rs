//! Which events a receiver understands: the parameters of `telephone-event` (RFC 4733 §2.4).

use core::fmt;

use crate::sdp::token::digits;

/// A set of event codes, 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EventList {
    /// A bit for each code.
    bits: [u64; 4],
}

impl EventList {
    /// The keys of a telephone: 0 to 15, which also hold without parameters (RFC 4733 §2.4.1).
    pub const KEYS: Self = Self {
        bits: [0xffff, 0, 0, 0],
    };

    /// Reads the parameters of an `fmtp`: codes and ranges with commas between them, in any order.
    /// The `events=` of the media type's own form is put up with.
    #[must_use]
    pub fn parse(parameters: &str) -> Option<Self> {
        let elements = parameters.strip_prefix("events=").unwrap_or(parameters);
        let code = |word| u8::try_from(digits(word)?).ok();
        let mut events = Self::default();
        for element in elements.split(',') {
            let (first, last) = match element.split_once('-') {
                None => (code(element)?, code(element)?),
                Some((first, last)) => (code(first)?, code(last)?),
            };
            // A range ends with a larger code than it begins with.
            if element.contains('-') && first >= last {
                return None;
            }
            for event in first..=last {
                events.insert(event);
            }
        }
        Some(events)
    }

    /// Whether a code is in the set.
    #[must_use]
    pub fn contains(&self, event: u8) -> bool {
        let word = self.bits.get(usize::from(event >> 6));
        word.is_some_and(|word| word >> (event & 63) & 1 != 0)
    }

    /// Puts a code into the set.
    pub fn insert(&mut self, event: u8) {
        if let Some(word) = self.bits.get_mut(usize::from(event >> 6)) {
            *word |= 1 << (event & 63);
        }
    }

    /// The codes both have.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut bits = self.bits;
        for (own, theirs) in bits.iter_mut().zip(other.bits) {
            *own &= theirs;
        }
        Self { bits }
    }

    /// The codes, in rising order.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|event| self.contains(*event))
    }
}

impl fmt::Display for EventList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut events = self.iter().peekable();
        let mut lead = "";
        while let Some(first) = events.next() {
            let mut last = first;
            while let Some(next) = events.next_if(|next| Some(*next) == last.checked_add(1)) {
                last = next;
            }
            write!(f, "{lead}{first}")?;
            if last != first {
                write!(f, "-{last}")?;
            }
            lead = ",";
        }
        Ok(())
    }
}
