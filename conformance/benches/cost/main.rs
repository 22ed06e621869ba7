//! What messages and calls cost, beside the figures of other stacks.
//!
//! `cargo bench -p offhook-conformance` measures, prints the tables, and fails if a case costs more
//! than its budget (`budgets.tsv`), a header field costs more for each byte the longer it is, or a
//! transaction more than twice as much beside a million others as beside a thousand;
//! `-- typed/invite` measures one case; `-- --no-instructions` leaves valgrind out and so checks
//! nothing. See `harness.rs` for the rest.

mod allocator;
mod budgets;
mod calls;
mod guard;
mod harness;
mod instructions;
mod linear;
mod media;
mod messages;
mod report;
mod secure;
mod stun;
mod transactions;
mod worked;

use std::process::ExitCode;

use allocator::Counting;
use harness::Bench;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let mut bench = match Bench::from_args() {
        Ok(bench) => bench,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    messages::run(&mut bench);
    calls::run(&mut bench);
    transactions::run(&mut bench);
    media::run(&mut bench);
    secure::run(&mut bench);
    stun::run(&mut bench);
    linear::run(&bench);
    if !bench.measures() {
        return ExitCode::SUCCESS;
    }
    eprintln!();
    report::print(&bench.costs);
    println!();
    report::rates(&bench.costs);
    let is_small = report::settled(calls::settled());
    let is_linear = linear::check(&bench);
    let is_within = budgets::check(&bench);
    let is_flat = transactions::check(&bench) & calls::check_sweep(&bench);
    if is_linear && is_within && is_flat && is_small {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
