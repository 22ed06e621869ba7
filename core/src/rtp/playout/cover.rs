//! What is heard where there is no packet: the last frame again, fading, then nothing; in a pause,
//! the noise the sender described (RFC 3389), or nothing.

use alloc::vec::Vec;

/// A loss is faded out over this many frames.
const FADE_FRAMES: usize = 3;

#[derive(Debug)]
pub(super) struct Cover {
    /// The last samples heard, a ring of one frame; `at` is the oldest.
    history: Vec<i16>,
    at: usize,
    /// Samples covered since one was last heard.
    covered: usize,
    fade: usize,
    /// Mean magnitude of the pause's noise.
    noise: i16,
    state: u32,
}

impl Cover {
    pub(super) fn new(frame: usize) -> Self {
        Self {
            history: alloc::vec![0; frame.max(1)],
            at: 0,
            covered: 0,
            fade: frame.saturating_mul(FADE_FRAMES),
            noise: 0,
            state: 0x9e37_79b9,
        }
    }

    /// Remembers what was played.
    pub(super) fn heard(&mut self, samples: &[i16]) {
        if samples.is_empty() {
            return;
        }
        self.covered = 0;
        self.noise = 0;
        for sample in samples {
            if let Some(place) = self.history.get_mut(self.at) {
                *place = *sample;
            }
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.at = self.at.wrapping_add(1);
        if self.at >= self.history.len() {
            self.at = 0;
        }
    }

    /// A pause begins, with noise of this mean magnitude.
    pub(super) fn begin_pause(&mut self, magnitude: i16) {
        self.noise = magnitude.max(0);
        self.covered = self.fade;
    }

    /// Fills a pause.
    pub(super) fn pause(&mut self, out: &mut [i16]) {
        self.covered = self.fade;
        self.fill_with_noise(out);
    }

    /// Covers a loss; whether there was anything to cover it with.
    pub(super) fn conceal(&mut self, out: &mut [i16]) -> bool {
        let fading = self.covered < self.fade;
        let mut rest = out.iter_mut();
        while self.covered < self.fade {
            let Some(place) = rest.next() else {
                return true;
            };
            let left = self.fade.saturating_sub(self.covered);
            let sample = self.history.get(self.at).copied().unwrap_or(0);
            *place = scale(sample, left, self.fade);
            self.covered = self.covered.saturating_add(1);
            self.turn();
        }
        self.fill_with_noise(rest.into_slice());
        fading
    }

    fn fill_with_noise(&mut self, out: &mut [i16]) {
        if self.noise == 0 {
            out.fill(0);
            return;
        }
        // Evenly spread between −2m and 2m: the mean magnitude is m.
        let span = i32::from(self.noise).saturating_mul(2);
        for place in out {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 17;
            self.state ^= self.state << 5;
            let drawn = i32::from((self.state >> 16) as i16);
            let sample = drawn.saturating_mul(span) >> 15;
            *place = i16::try_from(sample).unwrap_or(0);
        }
    }
}

/// `left / whole` of a sample.
fn scale(sample: i16, left: usize, whole: usize) -> i16 {
    let left = i64::try_from(left).unwrap_or(0);
    let whole = i64::try_from(whole).unwrap_or(1);
    let scaled = i64::from(sample).saturating_mul(left).checked_div(whole);
    i16::try_from(scaled.unwrap_or(0)).unwrap_or(0)
}
