//! The RTP data packet (RFC 3550 §5.1, §5.3.1): a view into received bytes, and a writer into a
//! caller's slice. Neither allocates.
//!
//! ```text
//!  0                   1                   2                   3
//!  V P X  CC   M     PT        sequence number
//!  timestamp
//!  SSRC
//!  CSRC × CC
//!  [profile word, length, extension words]     if X
//!  payload
//!  [padding, its last octet says how much]     if P
//! ```

mod extension;
mod write;

pub use extension::{Element, Elements, Extension};
pub use write::{BufferTooSmall, Outgoing, WriteError};

use super::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};

/// Octets of the header every packet has.
pub const FIXED_HEADER: usize = 12;

/// One data packet, borrowed from the bytes it arrived in and found consistent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    header: Header,
    csrc: &'a [u8],
    extension: Option<Extension<'a>>,
    payload: &'a [u8],
    padding: u8,
}

/// The fields of the fixed header that a sender chooses; the rest follows from what is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    /// M: for audio, the first packet of a talk-spurt (RFC 3551 §4.1).
    pub marker: bool,
    /// PT: what the payload is.
    pub payload_type: PayloadType,
    /// Counts packets.
    pub sequence: SequenceNumber,
    /// The sampling instant of the payload's first octet.
    pub timestamp: Timestamp,
    /// Who sends.
    pub ssrc: Ssrc,
}

/// Why bytes are not an RTP data packet (RFC 3550 A.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PacketError {
    /// Fewer octets than the fixed header has.
    Short,
    /// V is not 2.
    Version,
    /// The payload type is one of those that would be an RTCP packet (RFC 3551 §6).
    ReservedPayloadType,
    /// CC announces more contributing sources than there are octets.
    Csrc,
    /// X is set, and the extension's length runs past the end.
    Extension,
    /// P is set, and the last octet is zero or counts more than what follows the header.
    Padding,
}

impl core::fmt::Display for PacketError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Short => "shorter than an rtp header",
            Self::Version => "rtp version is not 2",
            Self::ReservedPayloadType => "payload type is reserved for rtcp",
            Self::Csrc => "contributing sources run past the end",
            Self::Extension => "header extension runs past the end",
            Self::Padding => "padding count is not possible",
        })
    }
}

impl core::error::Error for PacketError {}

impl<'a> Packet<'a> {
    /// Reads one packet, checking everything that RFC 3550 A.1 lists and that needs no history.
    ///
    /// # Errors
    /// [`PacketError`] says which check failed. Whether the payload type was agreed on is for the
    /// caller to say: an unknown one is ignored, it is no error (§5.1).
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PacketError> {
        let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED_HEADER>() else {
            return Err(PacketError::Short);
        };
        let &[first, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = fixed;
        if first >> 6 != 2 {
            return Err(PacketError::Version);
        }
        let payload_type = PayloadType::from_octet(second);
        if payload_type.is_reserved_for_rtcp() {
            return Err(PacketError::ReservedPayloadType);
        }
        let header = Header {
            marker: second & 0x80 != 0,
            payload_type,
            sequence: SequenceNumber::new(u16::from_be_bytes([s0, s1])),
            timestamp: Timestamp::new(u32::from_be_bytes([t0, t1, t2, t3])),
            ssrc: Ssrc::new(u32::from_be_bytes([r0, r1, r2, r3])),
        };
        if first & 0x3f == 0 {
            // Nearly every audio packet: no padding, no extension, no contributing sources.
            return Ok(Self {
                header,
                csrc: &[],
                extension: None,
                payload: rest,
                padding: 0,
            });
        }
        Self::parse_rest(first, header, rest)
    }

    /// The parts behind the fixed header that only some packets have.
    fn parse_rest(first: u8, header: Header, rest: &'a [u8]) -> Result<Self, PacketError> {
        let csrc_octets = usize::from(first & 0x0f).wrapping_mul(4);
        let (csrc, rest) = rest
            .split_at_checked(csrc_octets)
            .ok_or(PacketError::Csrc)?;
        let (extension, rest) = if first & 0x10 == 0 {
            (None, rest)
        } else {
            let (extension, rest) = Extension::split(rest).ok_or(PacketError::Extension)?;
            (Some(extension), rest)
        };
        let padding = if first & 0x20 == 0 {
            0
        } else {
            *rest.last().ok_or(PacketError::Padding)?
        };
        if first & 0x20 != 0 && padding == 0 {
            return Err(PacketError::Padding);
        }
        // A packet that is all padding is let through: senders use such packets to probe or to
        // keep a path open, and an empty payload harms nobody.
        let payload_octets = rest
            .len()
            .checked_sub(usize::from(padding))
            .ok_or(PacketError::Padding)?;
        let payload = rest.get(..payload_octets).ok_or(PacketError::Padding)?;
        Ok(Self {
            header,
            csrc,
            extension,
            payload,
            padding,
        })
    }

    /// The fixed header.
    #[must_use]
    pub const fn header(&self) -> Header {
        self.header
    }

    /// M.
    #[must_use]
    pub const fn marker(&self) -> bool {
        self.header.marker
    }

    /// PT.
    #[must_use]
    pub const fn payload_type(&self) -> PayloadType {
        self.header.payload_type
    }

    /// The sequence number.
    #[must_use]
    pub const fn sequence(&self) -> SequenceNumber {
        self.header.sequence
    }

    /// The timestamp.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.header.timestamp
    }

    /// The synchronization source.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.header.ssrc
    }

    /// The contributing sources a mixer lists, at most 15.
    pub fn csrc(&self) -> impl ExactSizeIterator<Item = Ssrc> + Clone + use<'a> {
        self.csrc.chunks_exact(4).map(|octets| {
            let number = octets.iter().fold(0_u32, |n, o| (n << 8) | u32::from(*o));
            Ssrc::new(number)
        })
    }

    /// The header extension, if X is set.
    #[must_use]
    pub const fn extension(&self) -> Option<Extension<'a>> {
        self.extension
    }

    /// The payload, without padding.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// How many octets of padding followed the payload, the count itself included.
    #[must_use]
    pub const fn padding(&self) -> u8 {
        self.padding
    }
}

#[cfg(test)]
mod tests;
