//! Numbers with a fraction (RFC 8866 §9, `non-zero-int-or-real`).

use core::fmt;

use crate::sdp::token::digits;

/// A number that is not negative, to the billionth; further digits are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Decimal {
    whole: u64,
    /// Less than a billion.
    billionths: u32,
}

impl Decimal {
    /// A whole number.
    #[must_use]
    pub const fn from_whole(whole: u64) -> Self {
        Self {
            whole,
            billionths: 0,
        }
    }

    /// A whole number and thousandths, of which what makes a whole counts as one.
    #[must_use]
    pub const fn from_thousandths(thousandths: u64) -> Self {
        Self {
            whole: thousandths / 1000,
            billionths: ((thousandths % 1000) as u32).saturating_mul(1_000_000),
        }
    }

    /// `1*DIGIT [ "." 1*DIGIT ]`, also with zeros at the end that mean nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, fraction),
            None => (text, "0"),
        };
        let mut billionths = 0_u32;
        let mut unit = 100_000_000_u32;
        for byte in fraction.bytes() {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
            billionths = billionths.saturating_add(unit.saturating_mul(u32::from(digit)));
            unit /= 10;
        }
        let number = Self {
            whole: digits(whole)?,
            billionths,
        };
        (!fraction.is_empty()).then_some(number)
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.whole == 0 && self.billionths == 0
    }

    /// The part before the point.
    #[must_use]
    pub const fn whole(self) -> u64 {
        self.whole
    }

    /// The part behind the point, in billionths.
    #[must_use]
    pub const fn billionths(self) -> u32 {
        self.billionths
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.whole)?;
        if self.billionths == 0 {
            return Ok(());
        }
        let (mut fraction, mut places) = (self.billionths, 9);
        while fraction % 10 == 0 {
            fraction /= 10;
            places = usize::saturating_sub(places, 1);
        }
        write!(f, ".{fraction:0places$}")
    }
}
