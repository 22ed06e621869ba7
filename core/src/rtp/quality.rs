//! How a call sounds, estimated from what the packets went through.
//!
//! The estimate is the E-model of ITU-T G.107 with everything at its default but delay and loss,
//! in the simplified form that is common for packet speech:
//!
//! ```text
//! R    = 93.2 − Id − Ie,eff
//! Id   = 0.024·d + 0.11·(d − 177.3 if d > 177.3)           d: mouth to ear, ms
//! Ie,eff = Ie + (95 − Ie) · Ppl / (Ppl + Bpl)              Ppl: loss, per cent
//! MOS  = 1 + 0.035·R + R·(R − 60)·(100 − R)·7·10⁻⁶
//! ```
//!
//! G.711 has Ie = 0 and, without a standardised concealment, Bpl = 4.3 (ITU-T G.113 appendix I).
//! Our concealment repeats and fades, which helps a little: the figure is rather low than high.
//! It says nothing about echo, level or noise, and takes losses for independent of each other. It
//! is an estimate from the network, not a measurement of speech.

use core::fmt;
use core::time::Duration;

/// R without delay and loss, in 1/1000.
const R_DEFAULT: i64 = 93_200;
/// Packet-loss robustness of G.711 without concealment, in 1/1000 per cent.
const BPL: i64 = 4_300;

/// The rating factor of the E-model, in hundredths: 0 to 93.20.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RFactor(u16);

/// A mean opinion score estimated from an [`RFactor`], in hundredths: 1.00 to 4.41.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mos(u16);

impl RFactor {
    /// Rates a G.711 stream: `delay` from mouth to ear, and `lost` of `expected` packets lost or
    /// discarded for being late.
    #[must_use]
    pub fn of_g711(delay: Duration, lost: u64, expected: u64) -> Self {
        let micros = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
        let micros = micros.min(10_000_000);
        // 0.024 per ms is 24/1000 per 1000 µs: in 1/1000 of R, 24·µs/1000.
        let mut impairment = micros.saturating_mul(24) / 1000;
        let beyond = micros.saturating_sub(177_300).max(0);
        impairment = impairment.saturating_add(beyond.saturating_mul(110) / 1000);
        // Loss in 1/1000 per cent.
        let lost = lost.min(expected);
        let loss = lost
            .saturating_mul(100_000)
            .checked_div(expected)
            .and_then(|loss| i64::try_from(loss).ok())
            .unwrap_or(0);
        let effective = loss
            .saturating_mul(95_000)
            .checked_div(loss.saturating_add(BPL))
            .unwrap_or(0);
        let rating = R_DEFAULT
            .saturating_sub(impairment)
            .saturating_sub(effective)
            .max(0);
        Self(u16::try_from(rating / 10).unwrap_or(0))
    }

    /// The rating in hundredths.
    #[must_use]
    pub const fn hundredths(self) -> u16 {
        self.0
    }

    /// The mean opinion score listeners would give on average.
    #[must_use]
    pub fn mos(self) -> Mos {
        // With r in hundredths: 0.035·R is r·0.035 hundredths of MOS; the cubic term is
        // r(r − 6000)(10000 − r)·7·10⁻¹² MOS, ·100 for hundredths.
        let r = i64::from(self.0);
        let linear = r.saturating_mul(35) / 1000;
        let cubic = r
            .saturating_mul(r.saturating_sub(6000))
            .saturating_mul(10_000_i64.saturating_sub(r));
        let cubic = cubic.saturating_mul(7) / 10_000_000_000;
        let score = 100_i64.saturating_add(linear).saturating_add(cubic);
        // The formula dips under 1 for the smallest R; the scale does not.
        Mos(u16::try_from(score.clamp(100, 450)).unwrap_or(100))
    }
}

impl Mos {
    /// The score in hundredths.
    #[must_use]
    pub const fn hundredths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Mos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl fmt::Display for RFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests;
