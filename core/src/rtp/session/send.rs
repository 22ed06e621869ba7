//! Data packets out (RFC 3550 §5.1, §6.3.8).

use super::{Session, State};
use crate::rtp::number::{PayloadType, Timestamp};
use crate::rtp::packet::{BufferTooSmall, FIXED_HEADER, Header, Outgoing, WriteError};
use crate::time::Instant;

/// One packet's worth of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media<'a> {
    /// M.
    pub marker: bool,
    /// PT.
    pub payload_type: PayloadType,
    /// The sampling instant of the first octet, on the media clock.
    pub timestamp: Timestamp,
    /// The same instant on the driver's clock: this pairing makes the sender reports (§6.4.1).
    pub sampled: Instant,
    /// The payload.
    pub payload: &'a [u8],
}

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendError {
    /// The slice is too small.
    Buffer(BufferTooSmall),
    /// Not joined yet, or leaving already.
    NotMember,
}

impl core::fmt::Display for SendError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Buffer(error) => error.fmt(f),
            Self::NotMember => f.write_str("not a member of the session"),
        }
    }
}

impl core::error::Error for SendError {}

impl Session {
    /// Writes one data packet to the front of `out` and says how many octets it took.
    ///
    /// # Errors
    /// [`SendError`]; nothing was written or counted then.
    pub fn send(
        &mut self,
        now: Instant,
        media: &Media<'_>,
        out: &mut [u8],
    ) -> Result<usize, SendError> {
        self.advance(now);
        if !matches!(self.state, State::Member(_)) {
            return Err(SendError::NotMember);
        }
        let header = Header {
            marker: media.marker,
            payload_type: media.payload_type,
            sequence: self.sequence,
            timestamp: media.timestamp,
            ssrc: self.ssrc,
        };
        let size = match Outgoing::new(header, media.payload).write(out) {
            Ok(size) => size,
            Err(WriteError::Buffer(error)) => return Err(SendError::Buffer(error)),
            // Neither is there in a packet of header and payload.
            Err(WriteError::TooManyCsrc | WriteError::ExtensionLength) => {
                let needed = media.payload.len().saturating_add(FIXED_HEADER);
                return Err(SendError::Buffer(BufferTooSmall { needed }));
            }
        };
        self.watch_sending(size);
        let octets = u32::try_from(media.payload.len()).unwrap_or(u32::MAX);
        self.sequence = self.sequence.next();
        self.sent.packets = self.sent.packets.wrapping_add(1);
        self.sent.octets = self.sent.octets.wrapping_add(octets);
        self.sent.clock = Some((media.sampled, media.timestamp));
        self.sent.since_report = true;
        self.sent.anything = true;
        let was_sender = self.we_sent();
        self.sent.last = Some(self.now);
        if !was_sender {
            // §6.3.8: we are a sender from here on; the next report comes sooner if it may.
            self.update_counts();
            if let State::Member(schedule) = &mut self.state {
                schedule.reconsider(self.now);
            }
        }
        Ok(size)
    }
}
