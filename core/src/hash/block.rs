//! Cutting input into blocks, and the padding that ends it (RFC 1321 §3.1, FIPS 180-4 §5.1).

/// Input that does not fill a block of `N` bytes yet, and how much there was.
#[derive(Clone)]
pub(super) struct Blocks<const N: usize> {
    partial: [u8; N],
    filled: usize,
    length: u64,
}

/// Which end of the bit count comes first.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// MD5.
    Little,
    /// SHA.
    Big,
}

impl<const N: usize> Blocks<N> {
    pub(super) const fn new() -> Self {
        Self {
            partial: [0; N],
            filled: 0,
            length: 0,
        }
    }

    /// Hands every block that is full to `compress`.
    pub(super) fn update(&mut self, bytes: &[u8], mut compress: impl FnMut(&[u8; N])) {
        self.length = self.length.wrapping_add(bytes.len() as u64);
        let mut rest = bytes;
        if self.filled > 0 {
            rest = self.fill(rest);
            if self.filled < N {
                return;
            }
            compress(&self.partial);
            self.filled = 0;
        }
        while let Some((block, after)) = rest.split_first_chunk::<N>() {
            compress(block);
            rest = after;
        }
        self.fill(rest);
    }

    /// Pads with one bit and zeros so that the count, in `count_bytes`, ends a block.
    pub(super) fn finish(
        mut self,
        count_bytes: usize,
        order: Order,
        mut compress: impl FnMut(&[u8; N]),
    ) {
        let bits = self.length.wrapping_mul(8);
        self.update(&[0x80], &mut compress);
        let room = N.wrapping_sub(self.filled);
        if room < count_bytes {
            self.update([0; N].get(..room).unwrap_or_default(), &mut compress);
        }
        // Whatever is left but eight bytes is zero: also the upper half of SHA-512's count.
        let zeros = N.wrapping_sub(self.filled).wrapping_sub(8);
        self.update([0; N].get(..zeros).unwrap_or_default(), &mut compress);
        let count = match order {
            Order::Little => bits.to_le_bytes(),
            Order::Big => bits.to_be_bytes(),
        };
        self.update(&count, &mut compress);
    }

    /// Takes what fits and gives back the rest.
    fn fill<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let space = self.partial.get_mut(self.filled..).unwrap_or_default();
        let count = space.len().min(bytes.len());
        let (taken, rest) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
        for (to, from) in space.iter_mut().zip(taken) {
            *to = *from;
        }
        self.filled = self.filled.wrapping_add(count);
        rest
    }
}
