//! Samples waiting to be sent.

use alloc::collections::VecDeque;

/// A bounded queue of samples, taken out by the frame.
#[derive(Debug)]
pub(super) struct Capture {
    samples: VecDeque<i16>,
    limit: usize,
    /// How many were there at the last tick, if they were too few for a frame: if no more have come
    /// since, they are the tail of something and are sent with silence behind them.
    stale: Option<usize>,
}

impl Capture {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            samples: VecDeque::with_capacity(limit),
            limit,
            stale: None,
        }
    }

    /// Takes as many as there is room for, and says how many.
    pub(super) fn push(&mut self, pcm: &[i16]) -> usize {
        let room = self.limit.saturating_sub(self.samples.len());
        let taken = pcm.len().min(room);
        self.samples.extend(pcm.iter().take(taken));
        taken
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether a frame of so many samples is to be sent at this tick.
    pub(super) fn has_frame(&mut self, frame: usize) -> bool {
        let len = self.samples.len();
        if len >= frame {
            self.stale = None;
            return true;
        }
        let tail = len > 0 && self.stale == Some(len);
        self.stale = (!tail).then_some(len);
        tail
    }

    /// The next sample, silence if there is none.
    pub(super) fn next(&mut self) -> i16 {
        self.samples.pop_front().unwrap_or(0)
    }

    /// Throws away what one tick would have sent.
    pub(super) fn discard(&mut self, count: usize) {
        let count = count.min(self.samples.len());
        self.samples.drain(..count);
    }
}
