//! Server, two phones, registrations and their call on a Cortex-M4.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use offhook_small_cortex_m::{enter, init, report};
use offhook_small_world::run;

#[entry]
fn main() -> ! {
    init();
    report(run(&mut enter))
}
