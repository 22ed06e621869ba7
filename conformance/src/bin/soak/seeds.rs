//! One seed after another, several at once.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use offhook_conformance::sim::Attempt;
use offhook_conformance::worlds::{Scenario, Take};

use crate::options::Options;
use crate::{counting, leave};

/// How often it is said how far it is.
const TELL: Duration = Duration::from_secs(10);

/// A run that went wrong: the place of its scenario in the list, its seed, and what is known of it.
type Failed = (u64, usize, Attempt);

/// What the workers share: each takes the next seed, and nobody one beyond the first that failed,
/// so that what is found does not depend on who is faster.
struct Work<'o> {
    options: &'o Options,
    next: AtomicU64,
    /// The first seed that is not played any more.
    end: AtomicU64,
    steps: AtomicU64,
    start: Instant,
}

/// Plays all seeds there are to play; the first that fails is made smaller and told.
pub(crate) fn soak(options: &Options) -> ExitCode {
    let count = options.seeds.unwrap_or(u64::MAX);
    let work = Work {
        options,
        next: AtomicU64::new(options.from),
        end: AtomicU64::new(options.from.saturating_add(count)),
        steps: AtomicU64::new(0),
        start: Instant::now(),
    };
    let failures: Vec<Failed> = thread::scope(|scope| {
        let workers = 0..options.jobs;
        let workers: Vec<_> = workers
            .map(|number| {
                let work = &work;
                scope.spawn(move || work.play(number == 0))
            })
            .collect();
        let failures = workers.into_iter().map(|worker| match worker.join() {
            Ok(failed) => failed,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        failures.flatten().collect()
    });
    if let Some((seed, scenario, attempt)) = failures.into_iter().min_by_key(|f| (f.0, f.1)) {
        tell(options, options.scenarios[scenario], seed, attempt);
        return ExitCode::FAILURE;
    }
    let seeds = work.next.load(Ordering::Relaxed);
    let seeds = seeds.min(work.end.load(Ordering::Relaxed)) - options.from;
    let steps = work.steps.load(Ordering::Relaxed);
    let secs = work.start.elapsed().as_secs();
    println!("{seeds} seeds, {steps} steps, {secs} s, no promise broken");
    ExitCode::SUCCESS
}

impl Work<'_> {
    /// Plays seeds until there are none left; the first failure.
    fn play(&self, tells: bool) -> Option<Failed> {
        let (options, mut told) = (self.options, Instant::now());
        let limit = options.secs.map(Duration::from_secs);
        let alone = options.scenarios.len() == 1;
        loop {
            if limit.is_some_and(|limit| self.start.elapsed() >= limit) {
                return None;
            }
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end.load(Ordering::Relaxed) {
                return None;
            }
            let take = Take::new(seed);
            for (index, scenario) in options.scenarios.iter().enumerate() {
                if !alone && seed % scenario.every != 0 {
                    continue;
                }
                let run = scenario.run(&take);
                self.steps.fetch_add(run.steps, Ordering::Relaxed);
                if let Some(attempt) = run.failure() {
                    self.end.fetch_min(seed, Ordering::Relaxed);
                    return Some((seed, index, attempt));
                }
            }
            if tells && told.elapsed() > TELL {
                told = Instant::now();
                let seeds = self.next.load(Ordering::Relaxed) - options.from;
                let steps = self.steps.load(Ordering::Relaxed);
                let held = counting::held() / 1024;
                eprintln!("{seeds} seeds, {steps} steps, {held} KiB held between runs");
            }
        }
    }
}

/// Says what went wrong, and how to see the smallest run in which it does.
fn tell(options: &Options, scenario: &Scenario, seed: u64, attempt: Attempt) {
    println!("{}: {}", scenario.name, attempt.violation);
    println!("  weather: {}", attempt.faults);
    let mut take = Take::new(seed);
    println!("  {}", scenario.replay_line(&take));
    let shrunk = scenario.shrink(&take, attempt);
    take.trim = shrunk.trim;
    println!(
        "smaller, after {} tries: {}",
        shrunk.tries, shrunk.attempt.violation
    );
    println!("  weather: {}", shrunk.attempt.faults);
    println!("  {}", scenario.replay_line(&take));
    if let Some(folder) = &options.out {
        let run = scenario.run(&take.recorded());
        leave(folder, &format!("{}-{seed}", scenario.name), &run);
    }
}
