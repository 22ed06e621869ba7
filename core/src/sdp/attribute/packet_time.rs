//! How much goes into a packet: `ptime` and `maxptime` (RFC 8866 §6.4, §6.5), and how many packets
//! go out: `maxprate` (RFC 3890 §6.3).

use core::fmt;

use super::{Decimal, TypedAttribute};

/// `ptime`: milliseconds of media that a packet should hold (§6.4); not zero. Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ptime(pub Decimal);

impl TypedAttribute<'_> for Ptime {
    const NAME: &'static str = "ptime";

    fn parse(value: &str) -> Option<Self> {
        non_zero(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `maxptime`: milliseconds of media that a packet may hold (§6.5); not zero. Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPtime(pub Decimal);

impl TypedAttribute<'_> for MaxPtime {
    const NAME: &'static str = "maxptime";

    fn parse(value: &str) -> Option<Self> {
        non_zero(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `maxprate`: packets per second at most (RFC 3890 §6.3). With the `b=TIAS` beside it, it tells
/// what a stream takes on any kind of network. Session or media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPacketRate(pub Decimal);

impl MaxPacketRate {
    /// Bits per second a stream takes with headers of so many bytes in each packet (RFC 3890 §6.4).
    #[must_use]
    pub fn bit_rate(self, tias: u64, header_bytes: u32) -> u64 {
        // A packet that is not whole takes a header too.
        let packets = self
            .0
            .whole()
            .saturating_add(u64::from(self.0.billionths() > 0));
        let header_bits = u64::from(header_bytes).saturating_mul(8);
        tias.saturating_add(packets.saturating_mul(header_bits))
    }
}

impl TypedAttribute<'_> for MaxPacketRate {
    const NAME: &'static str = "maxprate";

    fn parse(value: &str) -> Option<Self> {
        Decimal::parse(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `non-zero-int-or-real`.
pub(super) fn non_zero(value: &str) -> Option<Decimal> {
    Decimal::parse(value.trim_ascii()).filter(|number| !number.is_zero())
}
