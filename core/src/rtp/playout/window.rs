//! Which sequence numbers have come lately.

/// The highest number and, of those within 63 of it, which have come.
#[derive(Debug, Default)]
pub(super) struct Window {
    highest: Option<u32>,
    /// Bit n: `highest − n` has come.
    seen: u64,
}

/// What a number is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// The highest so far, by this much; 1 for the very first.
    Ahead(u32),
    /// New, though a higher one has come.
    Behind,
    /// It has come before.
    Again,
}

impl Window {
    /// Takes one number.
    pub(super) fn note(&mut self, sequence: u32) -> Note {
        let Some(highest) = self.highest else {
            self.highest = Some(sequence);
            self.seen = 1;
            return Note::Ahead(1);
        };
        let ahead = sequence.wrapping_sub(highest) as i32;
        if ahead > 0 {
            let ahead = ahead.unsigned_abs();
            self.highest = Some(sequence);
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            return Note::Ahead(ahead);
        }
        // What is older than the window remembers is taken for new: it is too late anyway.
        let bit = 1_u64.checked_shl(ahead.unsigned_abs()).unwrap_or(0);
        if self.seen & bit != 0 {
            return Note::Again;
        }
        self.seen |= bit;
        Note::Behind
    }
}
