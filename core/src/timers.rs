//! All deadlines of one root machine in one queue, keyed by what is to happen.
//!
//! A binary heap with lazy cancel: cancelling frees the slot, and the entry left in the heap is
//! thrown away when it surfaces, or when stale entries outnumber live ones. Deadlines that fall
//! together fire in the order in which they were armed, which makes a replay exact.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;

use crate::arena::{Arena, Handle};
use crate::time::Instant;

/// Names one armed deadline.
pub type TimerId<K> = Handle<Armed<K>>;

/// What the queue keeps for an armed deadline.
#[derive(Debug)]
pub struct Armed<K> {
    key: K,
}

/// Deadlines, earliest first.
pub struct TimerQueue<K> {
    heap: BinaryHeap<Reverse<Entry>>,
    armed: Arena<Armed<K>>,
    sequence: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Instant,
    sequence: u64,
    slot: (u32, u32),
}

impl<K> Default for TimerQueue<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> TimerQueue<K> {
    /// An empty queue.
    #[must_use]
    pub const fn new() -> Self {
        // Every timer belongs to an entry of a table that has a limit of its own.
        Self {
            heap: BinaryHeap::new(),
            armed: Arena::new(u32::MAX as usize),
            sequence: 0,
        }
    }

    /// How many deadlines are armed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.armed.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.armed.is_empty()
    }

    /// Arms a deadline: `key` is handed out by [`TimerQueue::pop_due`] once `at` has come.
    pub fn arm(&mut self, at: Instant, key: K) -> TimerId<K> {
        let id = match self.armed.insert(Armed { key }) {
            Ok(id) => id,
            // Four thousand million armed timers do not fit in memory before this.
            Err(_) => return Handle::from_raw(u32::MAX, u32::MAX),
        };
        self.heap.push(Reverse(Entry {
            at,
            sequence: self.sequence,
            slot: id.to_raw(),
        }));
        self.sequence = self.sequence.wrapping_add(1);
        id
    }

    /// Forgets a deadline; one that has fired or was cancelled already is no error.
    pub fn cancel(&mut self, id: TimerId<K>) {
        self.armed.remove(id);
        if self.heap.len() > 64 && self.heap.len() / 2 > self.armed.len() {
            let armed = &self.armed;
            self.heap.retain(|Reverse(entry)| {
                armed
                    .get(Handle::from_raw(entry.slot.0, entry.slot.1))
                    .is_some()
            });
        }
    }

    /// The earliest deadline.
    #[expect(
        clippy::should_implement_trait,
        reason = "a look, which takes nothing out"
    )]
    pub fn next(&mut self) -> Option<Instant> {
        loop {
            let Reverse(entry) = self.heap.peek()?;
            if self
                .armed
                .get(Handle::from_raw(entry.slot.0, entry.slot.1))
                .is_some()
            {
                return Some(entry.at);
            }
            self.heap.pop();
        }
    }

    /// The key of the earliest deadline that has come by `now`, which is then no longer armed.
    pub fn pop_due(&mut self, now: Instant) -> Option<K> {
        if self.next()? > now {
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        let armed = self
            .armed
            .remove(Handle::from_raw(entry.slot.0, entry.slot.1))?;
        Some(armed.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earliest_first_and_ties_in_the_order_of_arming() {
        let mut queue = TimerQueue::new();
        let late = Instant::from_millis(20);
        let early = Instant::from_millis(10);
        queue.arm(late, 'c');
        queue.arm(early, 'a');
        queue.arm(early, 'b');
        assert_eq!(queue.next(), Some(early));
        assert_eq!(queue.pop_due(Instant::from_millis(9)), None);
        let order: alloc::vec::Vec<_> = core::iter::from_fn(|| queue.pop_due(late)).collect();
        assert_eq!(order, ['a', 'b', 'c']);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_cancelled_deadline_is_gone_and_its_place_is_reclaimed() {
        let mut queue = TimerQueue::new();
        for round in 0..10_000 {
            let id = queue.arm(Instant::from_millis(round), round);
            queue.cancel(id);
            queue.cancel(id);
        }
        assert_eq!(queue.next(), None);
        assert!(queue.heap.len() <= 65);
    }
}
