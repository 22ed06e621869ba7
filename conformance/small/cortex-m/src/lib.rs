//! What the proofs on the microcontroller share: a heap that knows whose memory is whose, and a
//! way out of the emulator.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use cortex_m_semihosting::{debug, hprintln};
use embedded_alloc::LlffHeap;
use offhook_small_world::{Failure, OWNERS, Owner, Report};

/// Bytes before every allocation that name its owner: as many as keep the alignment.
const TAG: usize = 8;
/// The pool all allocations come from: an allocation beyond it fails, and so does the proof.
pub const POOL_BYTES: usize = 192 << 10;

static mut POOL: [u8; POOL_BYTES] = [0; POOL_BYTES];
static CURRENT: AtomicUsize = AtomicUsize::new(0);
static LIVE: [AtomicUsize; OWNERS] = [const { AtomicUsize::new(0) }; OWNERS];
static PEAK: [AtomicUsize; OWNERS] = [const { AtomicUsize::new(0) }; OWNERS];
static POOL_PEAK: AtomicUsize = AtomicUsize::new(0);

/// The allocator a device would use, with an account for each owner.
struct Metered(LlffHeap);

#[global_allocator]
static HEAP: Metered = Metered(LlffHeap::empty());

// SAFETY: the inner allocator's, for a block that is longer by the tag in front of it.
unsafe impl GlobalAlloc for Metered {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(tagged) = with_tag(layout) else {
            return ptr::null_mut();
        };
        // SAFETY: `tagged` is not empty.
        let block = unsafe { self.0.alloc(tagged) };
        if block.is_null() {
            return block;
        }
        let owner = CURRENT.load(Ordering::Relaxed);
        // SAFETY: the block begins with room for the tag, aligned at least as it is long.
        unsafe { block.cast::<usize>().write(owner) };
        count(owner, layout.size());
        let used = self.0.used();
        POOL_PEAK.fetch_max(used, Ordering::Relaxed);
        // SAFETY: what was asked for stands behind the tag.
        unsafe { block.add(TAG) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if let Some(tagged) = with_tag(layout) {
            // SAFETY: `alloc` gave `place`, behind a tag it wrote.
            unsafe {
                let block = place.sub(TAG);
                let owner = block.cast::<usize>().read();
                LIVE[owner % OWNERS].fetch_sub(layout.size(), Ordering::Relaxed);
                self.0.dealloc(block, tagged);
            }
        }
    }
}

fn with_tag(layout: Layout) -> Option<Layout> {
    // Nothing here is aligned to more than 8; what is, is refused.
    let size = layout.size().checked_add(TAG)?;
    Layout::from_size_align(size, TAG)
        .ok()
        .filter(|_| layout.align() <= TAG)
}

fn count(owner: usize, size: usize) {
    let before = LIVE[owner % OWNERS].fetch_add(size, Ordering::Relaxed);
    PEAK[owner % OWNERS].fetch_max(before + size, Ordering::Relaxed);
}

/// Readies the heap.
pub fn init() {
    // SAFETY: called once, before anything is allocated; the pool is nobody else's.
    unsafe { HEAP.0.init(&raw mut POOL as usize, POOL_BYTES) }
}

/// Says whose allocations follow.
pub fn enter(owner: Owner) {
    CURRENT.store(owner as usize, Ordering::Relaxed);
}

/// The most bytes that `owner` ever had allocated.
pub fn peak_of(owner: Owner) -> usize {
    PEAK[owner as usize].load(Ordering::Relaxed)
}

/// The most bytes of the pool that were ever in use by all, tags and the allocator's rounding
/// included.
pub fn pool_peak() -> usize {
    POOL_PEAK.load(Ordering::Relaxed)
}

unsafe extern "C" {
    static mut __sheap: u32;
    static mut _stack_start: u32;
}

/// The most bytes the stack ever took: what start-up painted is still there below it.
pub fn stack_peak() -> usize {
    const PAINT: u32 = 0xcccc_cccc;
    let top = &raw const _stack_start;
    let mut at = &raw const __sheap;
    // SAFETY: all of it is memory between the last variable and the top of the stack.
    while at < top && unsafe { at.read_volatile() } == PAINT {
        // SAFETY: still below the top.
        at = unsafe { at.add(1) };
    }
    top as usize - at as usize
}

/// What a phone may take of the heap.
const PHONE_BYTES: usize = 64 << 10;

/// Leaves the emulator, saying what was seen.
pub fn report(result: Result<Report, Failure>) -> ! {
    match result {
        Ok(report) => hprintln!("{}", report),
        Err(failure) => {
            hprintln!("FAILED: {}", failure);
            leave(false)
        }
    }
    let owners = [
        (Owner::Alice, "Alice"),
        (Owner::Bob, "Bob"),
        (Owner::Server, "the server"),
        (Owner::Network, "the network"),
    ];
    for (owner, name) in owners {
        hprintln!("heap of {} {} B at most", name, peak_of(owner));
    }
    hprintln!("all {} B of a pool of {}", pool_peak(), POOL_BYTES);
    hprintln!("stack {} B", stack_peak());
    leave(peak_of(Owner::Alice) <= PHONE_BYTES && peak_of(Owner::Bob) <= PHONE_BYTES)
}

/// Leaves the emulator.
pub fn leave(succeeded: bool) -> ! {
    debug::exit(if succeeded {
        debug::EXIT_SUCCESS
    } else {
        debug::EXIT_FAILURE
    });
    loop {}
}

#[panic_handler]
fn on_panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("PANIC {}", info);
    leave(false)
}
