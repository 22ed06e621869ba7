//! An allocator that counts what each thread holds and how often it asked for it, for tests and
//! fuzzers.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Octets this thread holds, and the most it held.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
    /// How often this thread has asked for octets, more octets or fewer.
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn note(octets: isize) {
    // A thread that is being torn down has nothing left to count in.
    let _ = HELD.try_with(|held| {
        let (now, most) = held.get();
        let now = now + octets;
        held.set((now, most.max(now)));
    });
    if octets > 0 {
        let _ = ASKED.try_with(|asked| asked.set(asked.get() + 1));
    }
}

// SAFETY: every call goes to the system's allocator unchanged.
#[expect(unsafe_code, reason = "an allocator cannot be counted without one")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        note(-(layout.size() as isize));
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The old and the new stand beside each other for a moment.
        note(size as isize);
        note(-(layout.size() as isize));
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Octets that this thread came to hold at once while `run` ran, on top of what it held before.
#[allow(dead_code, reason = "not every test asks for both")]
pub(crate) fn peak(run: impl FnOnce()) -> usize {
    let before = HELD.with(|held| {
        let (now, _) = held.get();
        held.set((now, now));
        now
    });
    run();
    let (_, most) = HELD.with(Cell::get);
    usize::try_from(most - before).unwrap_or(0)
}

/// Octets this thread holds.
#[allow(dead_code, reason = "not every test asks for both")]
pub(crate) fn held() -> usize {
    usize::try_from(HELD.with(Cell::get).0).unwrap_or(0)
}

/// How often this thread has allocated something, or made it larger or smaller.
#[allow(dead_code, reason = "not every test asks for it")]
pub(crate) fn allocations() -> u64 {
    ASKED.with(Cell::get)
}
