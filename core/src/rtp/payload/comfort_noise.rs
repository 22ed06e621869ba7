//! Comfort noise (RFC 3389): what a pause sounds like.

/// One comfort-noise payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ComfortNoise<'a> {
    /// The level, in dB below overload: 0 to 127 (§3.1).
    pub level: u8,
    /// Quantised reflection coefficients, one octet each; the model's order is how many (§3.2).
    pub coefficients: &'a [u8],
}

impl<'a> ComfortNoise<'a> {
    /// Reads a payload, unless it has not even a level.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let (&level, coefficients) = payload.split_first()?;
        Some(Self {
            // §3.1: the top bit is unused and zero.
            level: level & 0x7f,
            coefficients,
        })
    }

    /// Writes the payload to the front of `out` and says how many octets it took, unless it does
    /// not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let size = self.coefficients.len().checked_add(1)?;
        let (first, rest) = out.get_mut(..size)?.split_first_mut()?;
        *first = self.level.min(127);
        rest.copy_from_slice(self.coefficients);
        Some(size)
    }

    /// The coefficients as numbers between −1 and 1, in 1/32768 (§3.2). The index 255 is reserved
    /// and taken for zero.
    pub fn reflections(&self) -> impl ExactSizeIterator<Item = i16> + use<'a> {
        self.coefficients.iter().map(|index| match index {
            255 => 0,
            index => i16::from(*index).wrapping_sub(127).wrapping_mul(258),
        })
    }

    /// The mean magnitude, in 16-bit samples, of noise at this level: 0 dBov is the square wave
    /// that just does not overload (§3.1), and 6 dB halve it.
    #[must_use]
    pub fn magnitude(&self) -> i16 {
        // 10^(-r/20) for the 0 to 5 dB within one halving (6.02 dB, taken for 6), in 1/32768.
        const WITHIN: [u16; 6] = [32_768, 29_204, 26_028, 23_197, 20_675, 18_426];
        let within = WITHIN.get(usize::from(self.level % 6)).copied();
        let scaled = (u32::from(within.unwrap_or(0)) * 32_124) >> 15;
        i16::try_from(scaled >> (self.level / 6)).unwrap_or(i16::MAX)
    }
}

#[cfg(test)]
mod tests;
