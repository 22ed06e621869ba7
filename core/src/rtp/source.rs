//! What is known of one source's packets: is it real, how much was lost (RFC 3550 A.1, A.3).
//!
//! ```text
//!             first packet                 MIN_SEQUENTIAL in a row
//!   (unheard) ────────────▶ On probation ─────────────────────────▶ Valid ──┐ in order, gap < 3000,
//!                              ▲    │ not the next number             ▲ ▲   │ or at most 100 behind
//!                              └────┘ starts over                     │ └───┘
//!                                              two packets in a row   │
//!                                              after a larger jump:   └─── Valid, counts anew
//! ```

use super::number::SequenceNumber;

/// The largest gap forward that is taken for loss: a minute at 50 packets a second.
pub const MAX_DROPOUT: u16 = 3000;
/// The furthest behind a packet may be and still count as reordered: two seconds.
pub const MAX_MISORDER: u16 = 100;
/// How many packets in a row make a source believable.
pub const MIN_SEQUENTIAL: u8 = 2;

/// What a sequence number says about the packet that carries it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arrival {
    /// It belongs to the stream; this is its sequence number with the cycles above it.
    Valid {
        /// 32-bit extended sequence number.
        extended: u32,
    },
    /// It belongs, and it is the first that does: the source has just been found valid, or it
    /// restarted. Counts begin here.
    Started {
        /// 32-bit extended sequence number.
        extended: u32,
    },
    /// The source has yet to show that it counts.
    OnProbation,
    /// Far from the numbers of before; if its successor comes next, the source restarted.
    Jumped,
}

/// The receiver's counters for one source.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    base_seq: u16,
    max_seq: u16,
    /// Cycles, already shifted up by 16 bits.
    cycles: u32,
    /// The successor of the last number that jumped, if the last packet did.
    bad_seq: Option<u16>,
    probation: u8,
    received: u32,
    expected_prior: u32,
    received_prior: u32,
}

/// What one interval between two reports lost, and all of them together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Loss {
    /// In 1/256 since the previous report; never negative.
    pub fraction_lost: u8,
    /// Since reception began, clamped to 24 bits with sign.
    pub cumulative_lost: i32,
}

impl Source {
    /// A source that was not heard before, at its first packet; this does not count the packet:
    /// [`Source::update`] is to follow.
    #[must_use]
    pub const fn new(first: SequenceNumber) -> Self {
        Self {
            base_seq: first.as_u16(),
            max_seq: first.as_u16().wrapping_sub(1),
            cycles: 0,
            bad_seq: None,
            probation: MIN_SEQUENTIAL,
            received: 0,
            expected_prior: 0,
            received_prior: 0,
        }
    }

    /// A source that is known to be real before its first packet is counted, because somebody kept
    /// packets until there were enough; [`Source::update`] is to follow for each of them.
    #[must_use]
    pub const fn believed(first: SequenceNumber) -> Self {
        let mut source = Self::new(first);
        source.max_seq = first.as_u16();
        source.probation = 0;
        source
    }

    fn restart(&mut self, seq: u16) {
        self.base_seq = seq;
        self.max_seq = seq;
        self.cycles = 0;
        self.bad_seq = None;
        self.received = 1;
        self.expected_prior = 0;
        self.received_prior = 0;
    }

    /// Takes the sequence number of one packet (A.1, `update_seq`).
    #[inline]
    pub fn update(&mut self, sequence: SequenceNumber) -> Arrival {
        let seq = sequence.as_u16();
        if self.probation > 0 {
            return self.update_on_probation(seq);
        }
        let ahead = seq.wrapping_sub(self.max_seq);
        if ahead < MAX_DROPOUT {
            if seq < self.max_seq {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.max_seq = seq;
        } else if ahead <= 0_u16.wrapping_sub(MAX_MISORDER) {
            if self.bad_seq == Some(seq) {
                // Two in a row from the new place: the other side restarted without telling.
                self.restart(seq);
                return Arrival::Started {
                    extended: u32::from(seq),
                };
            }
            self.bad_seq = Some(seq.wrapping_add(1));
            return Arrival::Jumped;
        }
        self.received = self.received.wrapping_add(1);
        Arrival::Valid {
            extended: self.extend(seq),
        }
    }

    fn update_on_probation(&mut self, seq: u16) -> Arrival {
        if seq == self.max_seq.wrapping_add(1) {
            self.probation = self.probation.saturating_sub(1);
            self.max_seq = seq;
            if self.probation == 0 {
                self.restart(seq);
                return Arrival::Started {
                    extended: u32::from(seq),
                };
            }
        } else {
            self.probation = MIN_SEQUENTIAL.saturating_sub(1);
            self.max_seq = seq;
        }
        Arrival::OnProbation
    }

    /// The extended number of a packet near the highest one.
    fn extend(&self, seq: u16) -> u32 {
        // A reordered packet from before a wrap has a larger number than the highest one.
        let behind = self.max_seq.wrapping_sub(seq);
        self.extended_highest_sequence()
            .wrapping_sub(u32::from(behind))
    }

    /// Whether enough packets came in a row.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.probation == 0
    }

    /// Packets received since counting began, duplicates and late ones included.
    #[must_use]
    pub const fn received(&self) -> u32 {
        self.received
    }

    /// The highest sequence number with the count of cycles above it.
    #[must_use]
    pub const fn extended_highest_sequence(&self) -> u32 {
        self.cycles.wrapping_add(self.max_seq as u32)
    }

    /// Packets that should have come since counting began (A.3).
    #[must_use]
    pub const fn expected(&self) -> u32 {
        self.extended_highest_sequence()
            .wrapping_sub(self.base_seq as u32)
            .wrapping_add(1)
    }

    /// Packets lost since counting began: negative if duplicates outnumber losses, and clamped to
    /// 24 bits (A.3).
    #[must_use]
    pub fn cumulative_lost(&self) -> i32 {
        let lost = i64::from(self.expected()).saturating_sub(i64::from(self.received));
        i32::try_from(lost.clamp(-0x80_0000, 0x7f_ffff)).unwrap_or(0)
    }

    /// Ends the interval since the previous report and says what was lost in it (A.3).
    pub fn report(&mut self) -> Loss {
        let expected = self.expected();
        let expected_interval = expected.wrapping_sub(self.expected_prior);
        let received_interval = self.received.wrapping_sub(self.received_prior);
        self.expected_prior = expected;
        self.received_prior = self.received;
        let lost_interval =
            i64::from(expected_interval).saturating_sub(i64::from(received_interval));
        let fraction = if expected_interval == 0 || lost_interval <= 0 {
            0
        } else {
            lost_interval
                .saturating_mul(256)
                .checked_div(i64::from(expected_interval))
                .unwrap_or(0)
        };
        Loss {
            // All of an interval lost would be 256, which eight bits cannot say.
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: self.cumulative_lost(),
        }
    }
}

#[cfg(test)]
mod tests;
