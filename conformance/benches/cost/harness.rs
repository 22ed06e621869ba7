//! One loop for every case: time, allocations and instructions.
//!
//! `--runs N --ms M` times; `--no-instructions` leaves valgrind out and checks nothing; `--count
//! CASE$ N` runs the matching cases N times and prints nothing, for a profiler.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::allocator::allocations;
use crate::instructions::{self, COUNTED};

/// Passes whose allocations are counted: a table that grows now and then makes the odd one dearer.
const COUNTED_PASSES: u32 = 64;

/// What one case cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// The fastest run, in nanoseconds for one pass.
    pub(crate) nanos: f64,
    /// Allocations for one pass.
    pub(crate) allocations: f64,
    /// Instructions for one pass, unless they were not to be counted.
    pub(crate) instructions: Option<u64>,
}

/// What this process does with a case.
enum Mode {
    /// Measures it; the instructions were counted before.
    Measure,
    /// Runs it once under valgrind, which counts, and says its name.
    Counted,
    /// Runs it this often.
    Run(u64),
}

/// Runs the cases one after the other and keeps what they cost.
pub(crate) struct Bench {
    mode: Mode,
    filter: Option<String>,
    runs: usize,
    millis: u64,
    /// Instructions for one pass by case; empty if they are not to be counted.
    pub(crate) instructions: BTreeMap<String, u64>,
    /// Cost by `operation/message`, in the order of the names.
    pub(crate) costs: BTreeMap<String, Cost>,
}

impl Bench {
    /// Understands the arguments; `--bench`, which cargo adds, is ignored.
    ///
    /// # Errors
    /// The instructions could not be counted.
    pub(crate) fn from_args() -> Result<Self, String> {
        let args: Vec<String> = std::env::args()
            .skip(1)
            .filter(|arg| arg != "--bench")
            .collect();
        let place = |flag: &str| args.iter().position(|arg| arg == flag);
        let after = |flag: &str| args.get(place(flag)? + 1).cloned();
        let number = |flag: &str, otherwise: u64| {
            after(flag)
                .and_then(|text| text.parse().ok())
                .unwrap_or(otherwise)
        };
        let run = place("--count").and_then(|at| args.get(at + 2)?.parse().ok());
        let mode = match run {
            Some(times) => Mode::Run(times),
            None if place(COUNTED).is_some() => Mode::Counted,
            None => Mode::Measure,
        };
        let plain = args.first().filter(|arg| !arg.starts_with("--")).cloned();
        let filter = after("--count").or(after(COUNTED)).or(plain);
        let is_to_count = matches!(mode, Mode::Measure) && place("--no-instructions").is_none();
        Ok(Self {
            instructions: if is_to_count {
                instructions::count(filter.as_deref())?
            } else {
                BTreeMap::new()
            },
            mode,
            filter,
            runs: number("--runs", 11) as usize,
            millis: number("--ms", 20),
            costs: BTreeMap::new(),
        })
    }

    /// Whether this process measures, and is not run by one that does.
    pub(crate) fn measures(&self) -> bool {
        matches!(self.mode, Mode::Measure)
    }

    /// Whether every case was asked for.
    pub(crate) fn is_whole(&self) -> bool {
        self.filter.is_none()
    }

    /// Whether a case was asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        let filter = self.filter.as_deref();
        filter.is_none_or(|filter| match filter.strip_suffix('$') {
            Some(whole) => name == whole,
            None => name.contains(filter),
        })
    }

    /// Runs one case.
    pub(crate) fn case(&mut self, name: &str, mut pass: impl FnMut()) {
        if self.count(name, 100, &mut pass) || !self.wants(name) {
            return;
        }
        let nanos = self.fastest(&mut pass);
        let (allocations, _) = allocations(|| (0..COUNTED_PASSES).for_each(|_| pass()));
        self.keep(name, nanos, allocations);
    }

    /// Runs one case whose passes change something: it is made anew for the times and for the
    /// counts, which so do not depend on how often the case passed before.
    pub(crate) fn case_from<S>(
        &mut self,
        name: &str,
        new: impl Fn() -> S,
        mut pass: impl FnMut(&mut S),
    ) {
        let mut state = new();
        if self.count(name, 100, &mut || pass(&mut state)) || !self.wants(name) {
            return;
        }
        let nanos = self.fastest(&mut || pass(&mut state));
        state = new();
        let passes = || (0..COUNTED_PASSES).for_each(|_| pass(&mut state));
        let (allocations, _) = allocations(passes);
        self.keep(name, nanos, allocations);
    }

    fn keep(&mut self, name: &str, nanos: f64, allocations: u64) {
        let cost = Cost {
            nanos,
            allocations: allocations as f64 / f64::from(COUNTED_PASSES),
            instructions: self.instructions.get(name).copied(),
        };
        self.costs.insert(name.to_owned(), cost);
        eprint!(
            "\r{:<60}",
            format!("{} cases measured, last {name}", self.costs.len())
        );
    }

    /// Runs one case if this process is there for nothing but its instructions; whether it is.
    pub(crate) fn count(&self, name: &str, passes: u64, pass: &mut impl FnMut()) -> bool {
        match self.mode {
            Mode::Measure => false,
            Mode::Run(times) => {
                if self.wants(name) {
                    (0..times).for_each(|_| pass());
                }
                true
            }
            Mode::Counted => {
                if self.wants(name) {
                    instructions::be_counted(name, passes, pass);
                }
                true
            }
        }
    }

    fn fastest(&self, pass: &mut impl FnMut()) -> f64 {
        let mut times = 1u64;
        let once = loop {
            let start = Instant::now();
            (0..times).for_each(|_| pass());
            let took = start.elapsed();
            if took > Duration::from_millis(5) {
                break took.as_nanos() as f64 / times as f64;
            }
            times *= 4;
        };
        let times = ((self.millis * 1_000_000) as f64 / once).max(1.0) as u64;
        let run = |_| {
            let start = Instant::now();
            (0..times).for_each(|_| pass());
            start.elapsed().as_nanos() as f64 / times as f64
        };
        (0..self.runs.max(1)).map(run).fold(f64::INFINITY, f64::min)
    }
}
