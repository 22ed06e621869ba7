//! The scenario as a WebAssembly module that imports nothing: no clock, no entropy, no system.
#![no_std]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use offhook_small_world::run;

/// Runs the scenario: 0 if all was as expected, else the length of the text at [`failure`].
#[unsafe(no_mangle)]
extern "C" fn self_test() -> usize {
    match run(&mut |_| {}) {
        Ok(_) => 0,
        Err(text) => {
            FAILURE.store(text.as_ptr() as usize, Ordering::Relaxed);
            text.len()
        }
    }
}

static FAILURE: AtomicUsize = AtomicUsize::new(0);

/// Where the text stands that says what was not as expected.
#[unsafe(no_mangle)]
extern "C" fn failure() -> usize {
    FAILURE.load(Ordering::Relaxed)
}

const PAGE: usize = 65_536;
static NEXT: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// Hands out new pages and takes nothing back.
struct Bump;

#[global_allocator]
static ALLOCATOR: Bump = Bump;

// SAFETY: every call gets its own part of pages nobody else uses, aligned as asked, or null. There
// is one thread.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut start = NEXT
            .load(Ordering::Relaxed)
            .next_multiple_of(layout.align());
        let Some(end) = start.checked_add(layout.size()) else {
            return ptr::null_mut();
        };
        if end > END.load(Ordering::Relaxed) {
            let pages = layout.size().div_ceil(PAGE) + 1;
            let first = wasm32::memory_grow(0, pages);
            if first == usize::MAX {
                return ptr::null_mut();
            }
            start = (first * PAGE).next_multiple_of(layout.align());
            END.store((first + pages) * PAGE, Ordering::Relaxed);
        }
        NEXT.store(start + layout.size(), Ordering::Relaxed);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[panic_handler]
fn on_panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
