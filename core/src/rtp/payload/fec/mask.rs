//! Which packets a level protects (RFC 5109 §7.4).

/// How many packets a mask can name.
const LONGEST: u8 = 48;

/// A set of packets, by how far each is behind the base: 0 to 47.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Mask {
    /// Bit n: the packet n behind the base.
    bits: u64,
}

impl Mask {
    /// The set whose bit n stands for the packet n behind the base; what lies beyond 47 is left
    /// out.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self {
            bits: bits & 0xffff_ffff_ffff,
        }
    }

    /// The mask of 16 bits, the first packet's the most significant.
    pub(super) fn from_short(octets: [u8; 2]) -> Self {
        let bits = u64::from(u16::from_be_bytes(octets).reverse_bits());
        Self { bits }
    }

    /// The mask of 48 bits.
    pub(super) const fn from_long([a, b, c, d, e, f]: [u8; 6]) -> Self {
        Self {
            bits: u64::from_be_bytes([a, b, c, d, e, f, 0, 0]).reverse_bits(),
        }
    }

    /// The six octets of a long mask; the first two are the short one.
    pub(super) const fn to_octets(self) -> [u8; 6] {
        let [a, b, c, d, e, f, _, _] = self.bits.reverse_bits().to_be_bytes();
        [a, b, c, d, e, f]
    }

    /// Whether it takes the long form.
    #[must_use]
    pub const fn is_long(self) -> bool {
        self.bits > 0xffff
    }

    /// Puts a packet into the set, unless it is too far behind the base.
    #[must_use]
    pub fn with(self, at: u16) -> Option<Self> {
        let bit = u8::try_from(at).ok().filter(|at| *at < LONGEST)?;
        Some(Self {
            bits: self.bits | 1_u64.checked_shl(u32::from(bit))?,
        })
    }

    /// Whether a packet is in the set.
    #[must_use]
    pub fn contains(self, at: u16) -> bool {
        self.bits.checked_shr(u32::from(at)).unwrap_or(0) & 1 != 0
    }

    /// The packets, the first one first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..LONGEST).filter(move |at| self.contains(u16::from(*at)))
    }
}
