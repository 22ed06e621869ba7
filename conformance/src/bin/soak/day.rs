//! The long scenario: hours of traffic, with a line for every stretch of it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use offhook_conformance::worlds::Take;
use offhook_conformance::worlds::day::{Traffic, traffic};

use crate::counting;

/// The stretch that ends with a line, in virtual time.
const STRETCH: Duration = Duration::from_secs(15 * 60);

/// Plays so many hours, and says how full the tables are and what memory is held.
pub(crate) fn play(seed: u64, hours: u64) -> ExitCode {
    let start = Instant::now();
    let before = counting::held();
    println!(
        "{hours} h of traffic, seed {seed}; {} KiB held",
        before / 1024
    );
    let length = Duration::from_secs(hours.saturating_mul(3600));
    let run = traffic(&Take::new(seed), length, STRETCH, |traffic| {
        line(traffic, start)
    });
    let (steps, verdict) = (run.steps, run.verdict.clone());
    drop(run);
    let secs = start.elapsed().as_secs();
    println!(
        "{steps} steps in {secs} s; {} KiB held",
        counting::held() / 1024
    );
    match verdict {
        Ok(()) => {
            println!("every call went as planned, and every table is empty");
            ExitCode::SUCCESS
        }
        Err(violation) => {
            println!("{violation}");
            ExitCode::FAILURE
        }
    }
}

fn line(traffic: &Traffic, start: Instant) {
    let minutes = traffic.elapsed.as_secs() / 60;
    println!(
        "{:02}:{:02} h  {} calls begun, {} ended ({} talked, {} refused, {} given up); \
         in the tables {} calls, {} transactions; {} KiB held; after {} s",
        minutes / 60,
        minutes % 60,
        traffic.calls,
        traffic.ended,
        traffic.talked,
        traffic.refused,
        traffic.given_up,
        traffic.live_calls,
        traffic.live_transactions,
        counting::held() / 1024,
        start.elapsed().as_secs()
    );
}
