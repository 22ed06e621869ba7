//! An allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// Counts while switched on; otherwise one predictable branch.
pub(crate) struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static HELD: AtomicI64 = AtomicI64::new(0);

#[expect(unsafe_code, reason = "a global allocator can be written no other way")]
// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            tally(layout.size() as i64);
        }
        // SAFETY: the caller's promise is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if ON.load(Relaxed) {
            HELD.fetch_sub(layout.size() as i64, Relaxed);
        }
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if ON.load(Relaxed) {
            tally(size as i64 - layout.size() as i64);
        }
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[cold]
fn tally(bytes: i64) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    HELD.fetch_add(bytes, Relaxed);
}

/// How often `run` allocated, and how many bytes more it holds at its end than at its start.
pub(crate) fn allocations(run: impl FnOnce()) -> (u64, i64) {
    ALLOCATIONS.store(0, Relaxed);
    HELD.store(0, Relaxed);
    ON.store(true, Relaxed);
    run();
    ON.store(false, Relaxed);
    (ALLOCATIONS.load(Relaxed), HELD.load(Relaxed))
}
