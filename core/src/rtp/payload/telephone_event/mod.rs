//! Named telephone events (RFC 4733 §2): keys, tones and line states by number.
//!
//! ```text
//!  0                   1                   2                   3
//!      event      E R  volume            duration
//! ```
//!
//! Several events may share a packet if each begins where the one before ended (§2.5.1.5).

mod code;

pub use code::{EventCode, EventKind};

/// Octets of one event.
const OCTETS: usize = 4;

/// What one report says of one event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TelephoneEvent {
    /// Which event.
    pub code: EventCode,
    /// E: the event has ended.
    pub end: bool,
    /// The level, in dB below 1 mW at the zero point: 0 to 63. It means nothing for events that are
    /// no tones; they are written with 0 (§2.3.4).
    pub volume: u8,
    /// How long the event has lasted so far, in ticks of the media clock, from the packet's
    /// timestamp on. 0 is a state that holds until it is told otherwise, and senseless for any
    /// other event (§2.3.5).
    pub duration: u16,
}

impl TelephoneEvent {
    /// The longest duration, at which an event goes on in another segment (§2.5.1.3).
    pub const LONGEST: u16 = u16::MAX;

    /// Reads the first event of a payload, unless there is none.
    #[must_use]
    pub fn unpack(payload: &[u8]) -> Option<Self> {
        let (&[code, flags, d0, d1], _) = payload.split_first_chunk::<OCTETS>()?;
        Some(Self {
            code: EventCode::new(code),
            end: flags & 0x80 != 0,
            // §2.3.3: R is ignored.
            volume: flags & 0x3f,
            duration: u16::from_be_bytes([d0, d1]),
        })
    }

    /// Writes the event to the front of `out` and says how many octets it took, unless it does not
    /// fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let (front, _) = out.split_first_chunk_mut::<OCTETS>()?;
        *front = self.to_octets();
        Some(OCTETS)
    }

    /// The four octets.
    #[must_use]
    pub fn to_octets(self) -> [u8; OCTETS] {
        let volume = if self.code.has_volume() {
            self.volume.min(63)
        } else {
            0
        };
        let [d0, d1] = self.duration.to_be_bytes();
        let end = if self.end { 0x80 } else { 0 };
        [self.code.as_u8(), end | volume, d0, d1]
    }

    /// Whether a receiver has to pay heed to it: a duration of zero is only for states (§2.3.5).
    #[must_use]
    pub fn is_sensible(&self) -> bool {
        self.duration != 0 || self.code.kind() == Some(EventKind::State)
    }
}

/// The events of a payload with how many ticks after the packet's timestamp each began (§2.5.2.4).
/// What is left over at the end and too short for an event is ignored.
pub fn events(payload: &[u8]) -> impl Iterator<Item = (u32, TelephoneEvent)> + '_ {
    let mut began = 0_u32;
    payload
        .chunks_exact(OCTETS)
        .filter_map(TelephoneEvent::unpack)
        .map(move |event| {
            let at = began;
            began = began.saturating_add(u32::from(event.duration));
            (at, event)
        })
}

#[cfg(test)]
mod tests;
