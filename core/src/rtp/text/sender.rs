//! The sender of text (RFC 4103 §5.1, §5.2).
//!
//! ```text
//!   Idle ── text ──▶ at once, marked ──▶ every 300 ms, while there is text or text to be repeated,
//!    ▲                                    and one empty block ──┐
//!    └──────────────────────────────────────────────────────────┘
//! ```

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crate::rtp::number::{PayloadType, Timestamp};
use crate::rtp::payload::red::{Block, MOST_LENGTH, MOST_OFFSET, Redundant};
use crate::time::Instant;

/// §5.1: how long text is gathered.
const INTERVAL: Duration = Duration::from_millis(300);
/// Octets of text that may wait.
const WAITING: usize = 4096;

/// What was agreed on for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextFormat {
    /// The number of `t140`.
    pub payload_type: PayloadType,
    /// The number of `red`, and how often a block is sent again: twice is recommended (§4).
    pub redundancy: Option<(PayloadType, u8)>,
}

/// A packet to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPacket {
    /// M: the first after silence (§3.5).
    pub marker: bool,
    /// PT.
    pub payload_type: PayloadType,
    /// Octets of the payload.
    pub size: usize,
}

/// Sends text as it is typed.
#[derive(Debug)]
pub struct TextSender {
    format: TextFormat,
    waiting: Vec<u8>,
    /// The last blocks, the oldest first.
    sent: VecDeque<(Timestamp, Vec<u8>)>,
    /// When the next packet is due; `None` while idle.
    due: Option<Instant>,
}

impl TextSender {
    /// A sender that has sent nothing.
    #[must_use]
    pub const fn new(format: TextFormat) -> Self {
        Self {
            format,
            waiting: Vec::new(),
            sent: VecDeque::new(),
            due: None,
        }
    }

    /// Takes text, as much as there is room for in whole characters; says how many octets.
    pub fn push(&mut self, text: &str) -> usize {
        let room = WAITING.saturating_sub(self.waiting.len());
        let size = whole(text.as_bytes(), room);
        self.waiting
            .extend_from_slice(text.as_bytes().get(..size).unwrap_or(&[]));
        size
    }

    /// When the next packet is due; at once if text waits and nothing was sent for long.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        self.due.or((!self.waiting.is_empty()).then_some(now))
    }

    /// Writes the payload of the packet that is due into `out`, if one is. `timestamp` is `now` on a
    /// clock of 1000 Hz (§3.5).
    pub fn poll(
        &mut self,
        now: Instant,
        timestamp: Timestamp,
        out: &mut [u8],
    ) -> Option<TextPacket> {
        if self.deadline(now)? > now {
            return None;
        }
        let marker = self.due.is_none();
        let generations = self.format.redundancy.map_or(0, |(_, often)| often);
        let size = whole(&self.waiting, MOST_LENGTH);
        let (red, primary) = (self.format.redundancy, self.waiting.get(..size)?);
        let payload_type = self.format.payload_type;
        let (outer, size) = match red {
            None => {
                out.get_mut(..size)?.copy_from_slice(primary);
                (payload_type, size)
            }
            Some((red, _)) => {
                let blocks = self.sent.iter().filter_map(|(sent, payload)| {
                    // §4.1: what is too old is left out.
                    let offset = u16::try_from(timestamp.ticks_since(*sent)).ok()?;
                    (offset <= MOST_OFFSET).then_some(Block {
                        payload_type,
                        offset,
                        payload,
                    })
                });
                (red, Redundant::pack(blocks, payload_type, primary, out)?)
            }
        };
        let primary = primary.to_vec();
        let was_empty = primary.is_empty();
        self.waiting.drain(..primary.len());
        self.sent.push_back((timestamp, primary));
        while self.sent.len() > usize::from(generations) {
            self.sent.pop_front();
        }
        // §5.2: until the last text was sent again as often as it is to be, and one empty block
        // after that which was sent once.
        let again = self.sent.iter().any(|(_, block)| !block.is_empty());
        let goes_on = !self.waiting.is_empty() || again || !was_empty;
        self.due = goes_on.then(|| now + INTERVAL);
        Some(TextPacket {
            marker,
            payload_type: outer,
            size,
        })
    }
}

/// How many octets of some text are whole characters and not more than `most`.
fn whole(text: &[u8], most: usize) -> usize {
    let mut end = text.len().min(most);
    while text.get(end).is_some_and(|octet| octet & 0xc0 == 0x80) {
        end = end.saturating_sub(1);
    }
    end
}
