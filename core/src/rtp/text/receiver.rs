//! The receiver of text (RFC 4103 §4.2, §5.3, §5.4).

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::TextFormat;
use crate::rtp::number::PayloadType;
use crate::rtp::payload::red::Redundant;
use crate::time::Instant;

/// §5.4: how long a gap may be filled.
const PATIENCE: Duration = Duration::from_secs(1);
/// Blocks kept behind a gap; beyond that it is not waited for.
const KEPT: usize = 64;
/// T.140 addendum 1: text is missing here.
const MISSING: char = '\u{fffd}';
/// RFC 9071 §3.16.4: sent to begin with, and to be deleted.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Puts text together.
#[derive(Debug)]
pub struct TextReceiver {
    format: TextFormat,
    /// The number of the next block to be read.
    next: Option<u32>,
    /// Blocks by their numbers.
    blocks: BTreeMap<u32, Vec<u8>>,
    /// Since when the next one is missing though later ones are there.
    gap: Option<Instant>,
    /// How many generations the last packet had, and how many packets have.
    generations: (u32, u32),
}

impl TextReceiver {
    /// A receiver that has heard nothing.
    #[must_use]
    pub const fn new(format: TextFormat) -> Self {
        Self {
            format,
            next: None,
            blocks: BTreeMap::new(),
            gap: None,
            generations: (0, 0),
        }
    }

    /// Takes a packet that came at `now`, with its extended sequence number, and adds to `text`
    /// what can be read.
    pub fn receive(
        &mut self,
        now: Instant,
        sequence: u32,
        payload_type: PayloadType,
        payload: &[u8],
        text: &mut String,
    ) {
        let red = self.format.redundancy.map(|(number, _)| number);
        if payload_type == self.format.payload_type {
            self.next.get_or_insert(sequence);
            self.keep(sequence, payload);
        } else if Some(payload_type) == red {
            let Some(read) = Redundant::unpack(payload) else {
                return;
            };
            let count = u32::try_from(read.redundant().len()).unwrap_or(0);
            self.next.get_or_insert(sequence.wrapping_sub(count));
            self.note_generations(sequence, count);
            // §4.2: numbers are told by counting backwards.
            let mut number = sequence.wrapping_sub(count);
            for block in read.redundant() {
                self.keep(number, block.payload);
                number = number.wrapping_add(1);
            }
            self.keep(sequence, read.primary());
        }
        self.read(now, text);
    }

    /// Gives up on what has been missing for too long: it is marked in `text`. To be called now and
    /// then.
    pub fn tick(&mut self, now: Instant, text: &mut String) {
        self.read(now, text);
    }

    /// When [`TextReceiver::tick`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.gap.map(|since| since + PATIENCE)
    }

    /// §5.3: a generation that is usually there and is not was an empty block too old to be sent.
    fn note_generations(&mut self, sequence: u32, count: u32) {
        let (last, mut usual) = self.generations;
        if count == last {
            usual = count;
        }
        self.generations = (count, usual);
        for back in count.saturating_add(1)..=usual {
            self.keep(sequence.wrapping_sub(back), &[]);
        }
    }

    fn keep(&mut self, number: u32, block: &[u8]) {
        let is_new = self
            .next
            .is_some_and(|next| number.wrapping_sub(next) as i32 >= 0);
        if is_new {
            self.blocks.entry(number).or_insert_with(|| block.to_vec());
        }
    }

    fn read(&mut self, now: Instant, text: &mut String) {
        while let (Some(next), false) = (self.next, self.blocks.is_empty()) {
            if let Some(block) = self.blocks.remove(&next) {
                let block = String::from_utf8_lossy(&block);
                text.extend(block.chars().filter(|one| *one != BYTE_ORDER_MARK));
                self.gap = None;
            } else {
                let since = *self.gap.get_or_insert(now);
                let waited = now.saturating_duration_since(since);
                if waited < PATIENCE && self.blocks.len() < KEPT {
                    return;
                }
                text.push(MISSING);
                // Those that follow it have been missing for as long.
            }
            self.next = Some(next.wrapping_add(1));
        }
        self.gap = None;
    }
}
