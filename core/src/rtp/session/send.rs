//! Data packets out (RFC 3550 §5.1, §6.3.8).

use super::{Session, State};
use crate::rtp::number::{PayloadType, Ssrc, Timestamp};
use crate::rtp::packet::{BufferTooSmall, Header, Outgoing, WriteError};
use crate::time::Instant;

/// Contributing sources that CC can count (§5.1).
const MOST_CONTRIBUTING: usize = 15;

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
        self.send_mixed(now, media, &[], out)
    }

    /// As [`Session::send`], for a mixer: with those whose media is in the packet, of which the
    /// first fifteen are named (§7.1, §7.4).
    ///
    /// # Errors
    /// As of [`Session::send`].
    pub fn send_mixed(
        &mut self,
        now: Instant,
        media: &Media<'_>,
        contributing: &[Ssrc],
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
        let named = contributing.len().min(MOST_CONTRIBUTING);
        let outgoing = Outgoing {
            csrc: contributing.get(..named).unwrap_or_default(),
            extension: self.label.as_ref().and_then(|label| label.due()),
            ..Outgoing::new(header, media.payload)
        };
        let size = match outgoing.write(out) {
            Ok(size) => size,
            Err(WriteError::Buffer(error)) => return Err(SendError::Buffer(error)),
            // Neither is there with an extension of whole words, and fifteen sources at most.
            Err(WriteError::TooManyCsrc | WriteError::ExtensionLength) => {
                let needed = outgoing.size();
                return Err(SendError::Buffer(BufferTooSmall { needed }));
            }
        };
        self.watch_sending(size);
        let octets = u32::try_from(media.payload.len()).unwrap_or(u32::MAX);
        self.sequence = self.sequence.next();
        if let Some(label) = &mut self.label {
            label.sent();
        }
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
