//! What is heard where there is no packet: the last frame again, fading, then nothing, or whatever
//! [`Concealment`] makes up; in a pause, the noise the sender described (RFC 3389), or nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// A loss is faded out over this many frames.
const FADE_FRAMES: usize = 3;

/// What makes up sound for frames that were lost: a codec that knows more than the samples it gave,
/// or an application with an idea of its own ([`Playout::set_concealment`](super::Playout)).
///
/// It is called for every frame, so it should take no memory there.
pub trait Concealment: fmt::Debug + Send + Sync {
    /// These samples are played. Those right behind a loss may be changed, so that what was made up
    /// joins them smoothly.
    fn heard(&mut self, samples: &mut [i16]);

    /// Makes up samples that follow those heard or made up last, and says whether it did. If not,
    /// because the loss has lasted too long or nothing was heard yet, there is silence.
    fn conceal(&mut self, samples: &mut [i16]) -> bool;

    /// What is heard from here on is another source, or does not follow what was before.
    fn restart(&mut self);
}

#[derive(Debug)]
pub(super) struct Cover {
    /// What makes up sound instead of the last frame.
    other: Option<Box<dyn Concealment>>,
    /// Whether the sender has paused: nothing is lost there.
    is_paused: bool,
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
            other: None,
            is_paused: true,
            history: alloc::vec![0; frame.max(1)],
            at: 0,
            covered: 0,
            fade: frame.saturating_mul(FADE_FRAMES),
            noise: 0,
            state: 0x9e37_79b9,
        }
    }

    /// Lets another make up what was lost from here on.
    pub(super) fn set(&mut self, concealment: Option<Box<dyn Concealment>>) {
        self.other = concealment;
    }

    /// Begins anew with another source.
    pub(super) fn restart(&mut self) {
        if let Some(other) = &mut self.other {
            other.restart();
        }
    }

    /// Remembers what is played.
    pub(super) fn heard(&mut self, samples: &mut [i16]) {
        if samples.is_empty() {
            return;
        }
        if let Some(other) = &mut self.other {
            other.heard(samples);
        }
        self.is_paused = false;
        self.covered = 0;
        self.noise = 0;
        for sample in samples.iter() {
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
        self.is_paused = true;
    }

    /// Fills a pause.
    pub(super) fn pause(&mut self, out: &mut [i16]) {
        self.covered = self.fade;
        self.is_paused = true;
        self.fill_with_noise(out);
    }

    /// Covers a loss; whether there was anything to cover it with.
    pub(super) fn conceal(&mut self, out: &mut [i16]) -> bool {
        if let Some(other) = self.other.as_mut().filter(|_| !self.is_paused) {
            let is_covered = other.conceal(out);
            if !is_covered {
                out.fill(0);
            }
            return is_covered;
        }
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
