//! Samples waiting to be heard.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// A bounded queue of samples; who does not take them loses the oldest.
#[derive(Debug)]
pub(super) struct Heard {
    samples: VecDeque<i16>,
    limit: usize,
    /// One frame, lent to whoever fills it.
    frame: Vec<i16>,
}

impl Heard {
    pub(super) fn new(limit: usize, frame: usize) -> Self {
        let limit = limit.max(frame);
        Self {
            samples: VecDeque::with_capacity(limit),
            limit,
            frame: alloc::vec![0; frame],
        }
    }

    /// Adds one frame that `fill` writes.
    pub(super) fn push_frame(&mut self, fill: impl FnOnce(&mut [i16])) {
        fill(&mut self.frame);
        let all = self.samples.len().saturating_add(self.frame.len());
        let excess = all.saturating_sub(self.limit).min(self.samples.len());
        self.samples.drain(..excess);
        self.samples.extend(&self.frame);
    }

    /// Moves the oldest samples to `out`, as many as there are and fit, and says how many.
    pub(super) fn take(&mut self, out: &mut [i16]) -> usize {
        let count = out.len().min(self.samples.len());
        for (place, sample) in out.iter_mut().zip(self.samples.drain(..count)) {
            *place = sample;
        }
        count
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }
}
