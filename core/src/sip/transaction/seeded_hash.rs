//! SipHash-2-4 under a secret key, so that nobody outside can choose keys that collide.
//!
//! Branches, Call-IDs and tags are picked by whoever sends them. A table that is ordered by a keyed
//! hash of them costs the same whatever they are, and is walked in the same order for the same
//! seed.

/// A keyed hash of a sequence of strings.
#[derive(Clone)]
pub(crate) struct SeededHasher {
    v: [u64; 4],
    tail: u64,
    length: u64,
}

impl SeededHasher {
    /// A hash of nothing yet under the key `(k0, k1)`.
    pub(crate) const fn new(k0: u64, k1: u64) -> Self {
        Self {
            v: [
                k0 ^ 0x736f_6d65_7073_6575,
                k1 ^ 0x646f_7261_6e64_6f6d,
                k0 ^ 0x6c79_6765_6e65_7261,
                k1 ^ 0x7465_6462_7974_6573,
            ],
            tail: 0,
            length: 0,
        }
    }

    /// Adds one byte.
    pub(crate) const fn byte(&mut self, byte: u8) {
        let shift = (self.length & 7) << 3;
        self.tail |= (byte as u64) << shift;
        self.length = self.length.wrapping_add(1);
        if self.length & 7 == 0 {
            self.v = compress(self.v, self.tail);
            self.tail = 0;
        }
    }

    /// Adds a string and an end, so that `ab` `c` and `a` `bc` differ.
    pub(crate) fn field(mut self, bytes: &[u8]) -> Self {
        // Up to where a word begins, then word by word.
        let lead = (self.length.wrapping_neg() & 7) as usize;
        let (lead, rest) = bytes.split_at_checked(lead).unwrap_or((bytes, &[]));
        for byte in lead {
            self.byte(*byte);
        }
        let mut rest = rest;
        while let Some((word, after)) = rest.split_first_chunk::<8>() {
            self.v = compress(self.v, u64::from_le_bytes(*word));
            self.length = self.length.wrapping_add(8);
            rest = after;
        }
        for byte in rest {
            self.byte(*byte);
        }
        self.byte(0);
        self
    }

    /// Adds a number.
    pub(crate) fn number(mut self, number: u32) -> Self {
        for byte in number.to_le_bytes() {
            self.byte(byte);
        }
        self
    }

    /// The hash.
    pub(crate) const fn finish(&self) -> u64 {
        let last = self.tail | ((self.length & 0xff) << 56);
        let mut v = compress(self.v, last);
        let [v0, v1, v2, v3] = v;
        v = round(round(round(round([v0, v1, v2 ^ 0xff, v3]))));
        let [v0, v1, v2, v3] = v;
        v0 ^ v1 ^ v2 ^ v3
    }
}

const fn compress([v0, v1, v2, v3]: [u64; 4], word: u64) -> [u64; 4] {
    let [v0, v1, v2, v3] = round(round([v0, v1, v2, v3 ^ word]));
    [v0 ^ word, v1, v2, v3]
}

const fn round([v0, v1, v2, v3]: [u64; 4]) -> [u64; 4] {
    let v0 = v0.wrapping_add(v1);
    let v1 = v1.rotate_left(13) ^ v0;
    let v0 = v0.rotate_left(32);
    let v2 = v2.wrapping_add(v3);
    let v3 = v3.rotate_left(16) ^ v2;
    let v0 = v0.wrapping_add(v3);
    let v3 = v3.rotate_left(21) ^ v0;
    let v2 = v2.wrapping_add(v1);
    let v1 = v1.rotate_left(17) ^ v2;
    let v2 = v2.rotate_left(32);
    [v0, v1, v2, v3]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the SipHash paper, appendix A.
    #[test]
    fn the_published_vector() {
        let mut hasher = SeededHasher::new(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        for byte in 0..15 {
            hasher.byte(byte);
        }
        assert_eq!(hasher.finish(), 0xa129_ca61_49be_45e5);
    }

    /// A field is hashed in words where it can be, from wherever the one before it has ended.
    #[test]
    fn a_field_is_the_same_byte_by_byte() {
        let text = b"z9hG4bK776asdhds; and some more";
        for (first, second) in (0..20).flat_map(|first| (0..=text.len()).map(move |n| (first, n))) {
            let (first, second) = (&text[..first], &text[..second]);
            let fields = SeededHasher::new(1, 2).field(first).field(second).finish();
            let mut bytes = SeededHasher::new(1, 2);
            for byte in [first, b"\0", second, b"\0"].concat() {
                bytes.byte(byte);
            }
            assert_eq!(fields, bytes.finish());
        }
    }

    #[test]
    fn where_one_field_ends_matters() {
        let hasher = SeededHasher::new(1, 2);
        let one = hasher.clone().field(b"ab").field(b"c").finish();
        let other = hasher.field(b"a").field(b"bc").finish();
        assert_ne!(one, other);
    }
}
