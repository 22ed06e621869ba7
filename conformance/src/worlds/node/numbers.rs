//! Which number a call of a phone has, or a subscription.

use std::collections::{BTreeMap, VecDeque};

/// Ended calls whose numbers are still known: who hears of an end asks for the number after it.
const REMEMBERED: usize = 256;

/// The calls or subscriptions of a phone, numbered in the order in which they begin; of those that
/// have ended, the last few.
pub(super) struct Numbers<H> {
    handles: BTreeMap<usize, H>,
    numbers: BTreeMap<H, usize>,
    ended: VecDeque<usize>,
    next: usize,
}

impl<H> Default for Numbers<H> {
    fn default() -> Self {
        Self {
            handles: BTreeMap::new(),
            numbers: BTreeMap::new(),
            ended: VecDeque::new(),
            next: 0,
        }
    }
}

impl<H: Copy + Ord> Numbers<H> {
    /// One begins; its number.
    pub(super) fn begin(&mut self, handle: H) -> usize {
        let number = self.next;
        self.next += 1;
        self.handles.insert(number, handle);
        self.numbers.insert(handle, number);
        number
    }

    /// One has ended, and will be forgotten when enough others have.
    pub(super) fn end(&mut self, handle: H) {
        self.ended.extend(self.numbers.get(&handle));
        if self.ended.len() > REMEMBERED {
            let oldest = self.ended.pop_front();
            let handle = oldest.and_then(|number| self.handles.remove(&number));
            if let Some(handle) = handle {
                self.numbers.remove(&handle);
            }
        }
    }

    pub(super) fn handle(&self, number: usize) -> Option<H> {
        self.handles.get(&number).copied()
    }

    pub(super) fn number(&self, handle: H) -> Option<usize> {
        self.numbers.get(&handle).copied()
    }

    /// Those that are known, in the order in which they began.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, H)> {
        self.handles
            .iter()
            .map(|(number, handle)| (*number, *handle))
    }
}
