//! The scenario as a program without `std` and without a C library, on x86-64 Linux.
//!
//! If the core, or anything it depends on, names `std`, this does not compile (two panic
//! handlers); if it needs a symbol of an operating system, this does not link.
#![no_std]
#![no_main]

extern crate alloc;

mod bare;

use alloc::format;

use offhook_small_world::run;

/// What the processor jumps to.
#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    match run(&mut |_| {}) {
        Ok(report) => {
            bare::write(&format!("{report}\n"));
            bare::exit(0)
        }
        Err(failure) => {
            bare::write(&format!("FAILED: {failure}\n"));
            bare::exit(1)
        }
    }
}
