//! What an operating system or a C library would have given.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::{asm, global_asm};
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

// The stack is aligned as a called function expects it.
global_asm!(
    ".globl _start",
    "_start:",
    "and rsp, -16",
    "call start",
    "ud2"
);

const POOL_BYTES: usize = 256 << 20;
static mut POOL: [u8; POOL_BYTES] = [0; POOL_BYTES];
static USED: AtomicUsize = AtomicUsize::new(0);

/// Hands out the pool from its start and takes nothing back.
struct Bump;

#[global_allocator]
static ALLOCATOR: Bump = Bump;

// SAFETY: every call gets its own part of the pool, aligned as asked, or null.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let pool = &raw mut POOL as usize;
        let start = |used: usize| (pool + used).next_multiple_of(layout.align());
        let taken = USED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let end = start(used).checked_add(layout.size())?;
            (end <= pool + POOL_BYTES).then_some(end - pool)
        });
        taken.map_or(ptr::null_mut(), |before| start(before) as *mut u8)
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[panic_handler]
fn on_panic(info: &PanicInfo<'_>) -> ! {
    use core::fmt::Write;
    let _ = writeln!(Stdout, "PANIC {info}");
    exit(101)
}

struct Stdout;

impl core::fmt::Write for Stdout {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        write(text);
        Ok(())
    }
}

/// Writes to standard output.
pub fn write(text: &str) {
    // SAFETY: the kernel reads `text` and nothing else; `write` is system call 1.
    unsafe {
        asm!("syscall", inlateout("rax") 1usize => _, in("rdi") 1usize, in("rsi") text.as_ptr(),
            in("rdx") text.len(), out("rcx") _, out("r11") _);
    }
}

/// Ends the program.
pub fn exit(code: i32) -> ! {
    // SAFETY: `exit_group`, system call 231, does not return.
    unsafe {
        asm!("syscall", in("rax") 231usize, in("rdi") code, options(noreturn));
    }
}

/// # Safety
/// As C has it.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // A loop would be turned into a call of this function; the instruction is not.
    // SAFETY: the caller vouches for both ranges.
    unsafe {
        asm!("rep movsb", inout("rdi") to => _, inout("rsi") from => _, inout("rcx") count => _);
    }
    to
}

/// # Safety
/// As C has it.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= count {
        // SAFETY: a copy upwards does not overwrite what it has yet to read.
        return unsafe { memcpy(to, from, count) };
    }
    // SAFETY: the caller vouches for both ranges; from the end downwards when they overlap so.
    unsafe {
        asm!("std", "rep movsb", "cld", inout("rdi") to.add(count).wrapping_sub(1) => _,
            inout("rsi") from.add(count).wrapping_sub(1) => _, inout("rcx") count => _);
    }
    to
}

/// # Safety
/// As C has it.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    // SAFETY: the caller vouches for the range.
    unsafe {
        asm!("rep stosb", inout("rdi") to => _, in("al") byte as u8, inout("rcx") count => _);
    }
    to
}

/// # Safety
/// As C has it.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, count: usize) -> i32 {
    for at in 0..count {
        // SAFETY: the caller vouches for both ranges; volatile, so that the loop stays a loop.
        let (a, b) = unsafe { (one.add(at).read_volatile(), other.add(at).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// # Safety
/// As C has it.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(one: *const u8, other: *const u8, count: usize) -> i32 {
    // SAFETY: the caller's.
    unsafe { memcmp(one, other, count) }
}

/// Named by the precompiled `alloc`, called by nobody: panics abort.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    exit(102)
}

/// Named by the precompiled `alloc`, called by nobody: panics abort.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
