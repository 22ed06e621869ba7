//! Which number a call of a phone has.

use std::collections::{BTreeMap, VecDeque};

use offhook::sip::ua::CallHandle;

/// Ended calls whose numbers are still known: who hears of an end asks for the number after it.
const REMEMBERED: usize = 256;

/// The calls of a phone, numbered in the order in which they begin; of those that have ended, the
/// last few.
#[derive(Default)]
pub(super) struct Numbers {
    handles: BTreeMap<usize, CallHandle>,
    numbers: BTreeMap<CallHandle, usize>,
    ended: VecDeque<usize>,
    next: usize,
}

impl Numbers {
    /// A call begins; its number.
    pub(super) fn begin(&mut self, call: CallHandle) -> usize {
        let number = self.next;
        self.next += 1;
        self.handles.insert(number, call);
        self.numbers.insert(call, number);
        number
    }

    /// A call has ended, and will be forgotten when enough others have.
    pub(super) fn end(&mut self, call: CallHandle) {
        self.ended.extend(self.numbers.get(&call));
        if self.ended.len() > REMEMBERED {
            let oldest = self.ended.pop_front();
            let handle = oldest.and_then(|number| self.handles.remove(&number));
            if let Some(handle) = handle {
                self.numbers.remove(&handle);
            }
        }
    }

    pub(super) fn call(&self, number: usize) -> Option<CallHandle> {
        self.handles.get(&number).copied()
    }

    pub(super) fn number(&self, call: CallHandle) -> Option<usize> {
        self.numbers.get(&call).copied()
    }
}
