//! The adaptive differential coder of the Interactive Multimedia Association, which DVI4 and VDVI
//! carry (RFC 3551 §4.5.1): four bits a sample, which say how many eighths of a step it went.

/// The steps, each about a tenth more than the last.
const STEPS: [i16; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66,
    73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449,
    494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272,
    2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493,
    10_442, 11_487, 12_635, 13_899, 15_289, 16_818, 18_500, 20_350, 22_385, 24_623, 27_086, 29_794,
    32_767,
];

/// How far the index goes for each magnitude of a code: small codes make the step smaller.
const MOVES: [i8; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

/// What both sides remember from one sample to the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Adpcm {
    predicted: i16,
    index: u8,
}

impl Adpcm {
    /// The state with this prediction, and the step at this index of the table; nothing if the
    /// table has no such index.
    #[must_use]
    pub const fn new(predicted: i16, index: u8) -> Option<Self> {
        if (index as usize) < STEPS.len() {
            Some(Self { predicted, index })
        } else {
            None
        }
    }

    /// The last sample, as the decoder has it.
    #[must_use]
    pub const fn predicted(self) -> i16 {
        self.predicted
    }

    /// The index into the table of steps, 0 to 88.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.index
    }

    fn step(self) -> i32 {
        STEPS
            .get(usize::from(self.index))
            .map_or(0, |step| i32::from(*step))
    }

    /// The code of the next sample: a sign and three bits of magnitude.
    pub fn encode(&mut self, sample: i16) -> u8 {
        let mut step = self.step();
        let difference = i32::from(sample).wrapping_sub(i32::from(self.predicted));
        let mut size = difference.wrapping_abs();
        let mut code = if difference < 0 { 8 } else { 0 };
        for bit in [4, 2, 1] {
            if size >= step {
                code |= bit;
                size = size.wrapping_sub(step);
            }
            step >>= 1;
        }
        self.decode(code);
        code
    }

    /// The sample of a code, of which the low four bits count.
    pub fn decode(&mut self, code: u8) -> i16 {
        let step = self.step();
        // Half of the smallest part of a step is always there.
        let mut size = step >> 3;
        for (bit, part) in [(4, step), (2, step >> 1), (1, step >> 2)] {
            if code & bit != 0 {
                size = size.wrapping_add(part);
            }
        }
        let size = if code & 8 != 0 {
            size.wrapping_neg()
        } else {
            size
        };
        let sample = i32::from(self.predicted).wrapping_add(size);
        self.predicted = sample.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        let way = MOVES.get(usize::from(code & 7)).copied().unwrap_or(0);
        self.index = self.index.saturating_add_signed(way).min(88);
        self.predicted
    }
}

#[cfg(test)]
pub(super) mod tests;
