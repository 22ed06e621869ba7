//! SHA-1 (FIPS 180-4 §6.1, RFC 3174): for STUN's message integrity only.

use super::Hash;
use super::block::{Blocks, Order};

const START: [u32; 5] = [
    0x6745_2301,
    0xefcd_ab89,
    0x98ba_dcfe,
    0x1032_5476,
    0xc3d2_e1f0,
];

/// A SHA-1 under way.
#[derive(Clone)]
pub struct Sha1 {
    state: [u32; 5],
    blocks: Blocks<64>,
}

impl Hash for Sha1 {
    type Digest = [u8; 20];

    const BLOCK_BYTES: usize = 64;

    fn new() -> Self {
        Self {
            state: START,
            blocks: Blocks::new(),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        let state = &mut self.state;
        self.blocks.update(bytes, |block| compress(state, block));
    }

    fn finish(mut self) -> [u8; 20] {
        let state = &mut self.state;
        self.blocks
            .finish(8, Order::Big, |block| compress(state, block));
        let mut digest = [0; 20];
        for (to, word) in digest.chunks_exact_mut(4).zip(self.state) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "masked by the length of the array, which is a power of two"
)]
fn compress(state: &mut [u32; 5], block: &[u8; 64]) {
    let mut words: [u32; 16] = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes(bytes.try_into().unwrap_or_default());
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for step in 0..80 {
        let at = step & 15;
        if step >= 16 {
            // The schedule in place: the word sixteen steps back makes room (§6.1.3).
            let next = words[(at + 13) & 15] ^ words[(at + 8) & 15] ^ words[(at + 2) & 15];
            words[at] = (words[at] ^ next).rotate_left(1);
        }
        let (mixed, constant) = match step / 20 {
            0 => ((b & c) ^ (!b & d), 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) ^ (b & d) ^ (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let sum = a
            .rotate_left(5)
            .wrapping_add(mixed)
            .wrapping_add(e)
            .wrapping_add(constant)
            .wrapping_add(words[at]);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum);
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(add);
    }
}
