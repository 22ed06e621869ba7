//! Two phones and their call on a Cortex-M4.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use offhook_small_cortex_m::{enter, init, leave};
use offhook_small_world::run_phones;

#[entry]
fn main() -> ! {
    init();
    leave(run_phones(&mut enter))
}
