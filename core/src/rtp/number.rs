//! The numbers of the RTP header (RFC 3550 §5.1), each with the arithmetic it allows.

use core::fmt;

/// A synchronization source: who sends, within one RTP session (RFC 3550 §3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ssrc(u32);

impl Ssrc {
    /// The source with this identifier.
    #[must_use]
    pub const fn new(identifier: u32) -> Self {
        Self(identifier)
    }

    /// The identifier.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ssrc#{:08x}", self.0)
    }
}

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

/// What a payload is, seven bits (RFC 3550 §5.1, RFC 3551 §6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PayloadType(u8);

impl PayloadType {
    /// G.711 µ-law at 8 kHz (RFC 3551 §4.5.14).
    pub const PCMU: Self = Self(0);
    /// G.711 A-law at 8 kHz (RFC 3551 §4.5.14).
    pub const PCMA: Self = Self(8);
    /// Comfort noise at 8 kHz (RFC 3389 §4).
    pub const COMFORT_NOISE: Self = Self(13);

    /// The payload type with this number, unless it does not fit seven bits.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number < 128 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The low seven bits of a header octet, the marker bit cut off.
    #[must_use]
    pub const fn from_octet(octet: u8) -> Self {
        Self(octet & 0x7f)
    }

    /// The number.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self.0
    }

    /// Whether a packet of this type would look like RTCP (RFC 3551 §6: 72–76 are reserved so that
    /// SR to APP, 200–204, can be told from data with the marker bit set).
    #[must_use]
    pub const fn is_reserved_for_rtcp(self) -> bool {
        matches!(self.0, 72..=76)
    }

    /// Whether it may be used where RTP and RTCP share one port (RFC 5761 §4: 64–95 must not).
    #[must_use]
    pub const fn is_allowed_with_rtcp_mux(self) -> bool {
        !matches!(self.0, 64..=95)
    }
}

/// The 16-bit number that counts packets, modulo 2^16.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SequenceNumber(u16);

impl SequenceNumber {
    /// This number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// The number of the next packet.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// How many packets after `earlier` this is, modulo 2^16.
    #[must_use]
    pub const fn distance_from(self, earlier: Self) -> u16 {
        self.0.wrapping_sub(earlier.0)
    }
}

/// The 32-bit sampling instant, in ticks of the media clock, modulo 2^32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timestamp(u32);

impl Timestamp {
    /// This instant.
    #[must_use]
    pub const fn new(ticks: u32) -> Self {
        Self(ticks)
    }

    /// The ticks.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// `ticks` later.
    #[must_use]
    pub const fn wrapping_add(self, ticks: u32) -> Self {
        Self(self.0.wrapping_add(ticks))
    }

    /// How far after `earlier` this is, the shorter way round: negative if it is before.
    #[must_use]
    pub const fn ticks_since(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0) as i32
    }
}
