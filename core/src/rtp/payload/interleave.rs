//! Interleaving: the frames of a packet are not neighbours in time, so that a lost one leaves gaps
//! that a decoder can bridge (RFC 4867 §4.4.1, RFC 2658 §3.4).

/// Where a payload stands in its interleaving group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Interleave {
    /// One less than the packets of the group: the index of its last one.
    pub last: u8,
    /// Which of them this is, from 0.
    pub index: u8,
}

impl Interleave {
    /// Which of the group's frames, counted from 0, go into this payload when each carries so
    /// many.
    pub fn places(self, in_each: usize) -> impl ExactSizeIterator<Item = usize> {
        (0..in_each).map(move |n| self.after(n).saturating_add(self.index.into()))
    }

    /// How many frames after the first one of its payload the `n`th comes, counted from 0.
    pub(crate) const fn after(self, n: usize) -> usize {
        n.saturating_mul((self.last as usize).saturating_add(1))
    }
}
