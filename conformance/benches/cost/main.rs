//! What messages and calls cost, beside the figures of other stacks.
//!
//! `cargo bench -p offhook-conformance` measures and prints the tables; `-- --no-instructions`
//! leaves valgrind out; `-- typed/invite` measures one case. See `harness.rs` for the rest.

mod calls;
mod harness;
mod media;
mod messages;
mod report;
mod stun;

use harness::{Bench, Counting};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let mut bench = Bench::from_args();
    messages::run(&mut bench);
    calls::run(&mut bench);
    media::run(&mut bench);
    stun::run(&mut bench);
    if !bench.is_counted_from_outside() {
        eprintln!();
        report::print(&bench.costs);
        report::settled(calls::settled());
    }
}
