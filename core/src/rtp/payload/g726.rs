//! G.726 (RFC 3551 §4.5.4): codewords of two to five bits, packed from the least significant bit
//! of each octet upwards.

/// How many bits a codeword has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum G726 {
    /// 16 kbit/s: two bits.
    Rate16,
    /// 24 kbit/s: three bits.
    Rate24,
    /// 32 kbit/s: four bits.
    Rate32,
    /// 40 kbit/s: five bits.
    Rate40,
}

impl G726 {
    /// The encoding's name in SDP.
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::Rate16 => "G726-16",
            Self::Rate24 => "G726-24",
            Self::Rate32 => "G726-32",
            Self::Rate40 => "G726-40",
        }
    }

    /// The bits of a codeword.
    #[must_use]
    pub const fn bits(self) -> usize {
        match self {
            Self::Rate16 => 2,
            Self::Rate24 => 3,
            Self::Rate32 => 4,
            Self::Rate40 => 5,
        }
    }

    /// Packs codewords, one in the low bits of each octet, to the front of `out` and says how many
    /// octets they took. Nothing unless they fill whole octets and fit.
    pub fn pack(self, codewords: &[u8], out: &mut [u8]) -> Option<usize> {
        let bits = codewords.len().checked_mul(self.bits())?;
        if bits % 8 != 0 {
            return None;
        }
        let out = out.get_mut(..bits / 8)?;
        let (mut held, mut have) = (0_u16, 0_u32);
        let mut octets = out.iter_mut();
        for codeword in codewords {
            let codeword = u16::from(*codeword) & (1_u16 << self.bits()).wrapping_sub(1);
            held |= codeword << have;
            have = have.wrapping_add(self.bits() as u32);
            if have >= 8 {
                *octets.next()? = held as u8;
                held >>= 8;
                have = have.wrapping_sub(8);
            }
        }
        Some(bits / 8)
    }

    /// The codewords of a payload, of which the last bits may fill no codeword.
    pub fn unpack(self, payload: &[u8]) -> impl Iterator<Item = u8> {
        let width = self.bits();
        let bits = payload.len().saturating_mul(8);
        let count = bits.checked_div(width).unwrap_or(0);
        (0..count).map(move |index| {
            let at = index.saturating_mul(width);
            let octet = |n: usize| u16::from(payload.get(n).copied().unwrap_or(0));
            let pair = octet(at / 8) | octet((at / 8).saturating_add(1)) << 8;
            ((pair >> (at % 8)) & (1_u16 << width).wrapping_sub(1)) as u8
        })
    }
}

#[cfg(test)]
mod tests;
