//! One loop for every case: time, allocations, and a bare mode for counting instructions.
//!
//! `--runs N --ms M` times; `--count CASE$ N` runs the matching cases N times and prints nothing,
//! for a tool that counts instructions from outside.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Counts while switched on; otherwise one predictable branch.
pub(crate) struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static HELD: AtomicI64 = AtomicI64::new(0);

#[expect(unsafe_code, reason = "a global allocator can be written no other way")]
// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            tally(layout.size() as i64);
        }
        // SAFETY: the caller's promise is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if ON.load(Relaxed) {
            HELD.fetch_sub(layout.size() as i64, Relaxed);
        }
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if ON.load(Relaxed) {
            tally(size as i64 - layout.size() as i64);
        }
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[cold]
fn tally(bytes: i64) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    HELD.fetch_add(bytes, Relaxed);
}

/// How often `run` allocated, and how many bytes more it holds at its end than at its start.
pub(crate) fn allocations(run: impl FnOnce()) -> (u64, i64) {
    ALLOCATIONS.store(0, Relaxed);
    HELD.store(0, Relaxed);
    ON.store(true, Relaxed);
    run();
    ON.store(false, Relaxed);
    (ALLOCATIONS.load(Relaxed), HELD.load(Relaxed))
}

/// What one case cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// The fastest run, in nanoseconds for one pass.
    pub(crate) nanos: f64,
    /// Allocations for one pass.
    pub(crate) allocations: f64,
    /// Instructions for one pass, where they could be counted.
    pub(crate) instructions: Option<u64>,
}

/// Runs the cases one after the other and keeps what they cost.
pub(crate) struct Bench {
    filter: Option<String>,
    count: Option<u64>,
    runs: usize,
    millis: u64,
    instructions: bool,
    /// Cost by `operation/message`, in the order of the names.
    pub(crate) costs: BTreeMap<String, Cost>,
}

impl Bench {
    /// Understands the arguments; `--bench`, which cargo adds, is ignored.
    pub(crate) fn from_args() -> Self {
        let args: Vec<String> = std::env::args()
            .skip(1)
            .filter(|arg| arg != "--bench")
            .collect();
        let after = |flag: &str| {
            let at = args.iter().position(|arg| arg == flag)?;
            args.get(at + 1).cloned()
        };
        let number = |flag: &str, otherwise: u64| {
            after(flag)
                .and_then(|text| text.parse().ok())
                .unwrap_or(otherwise)
        };
        let count = args.iter().position(|arg| arg == "--count");
        let given = count.and_then(|at| Some((args.get(at + 1)?, args.get(at + 2)?)));
        let plain = args.first().filter(|arg| !arg.starts_with("--")).cloned();
        Self {
            filter: given.map(|(name, _)| name.clone()).or(plain),
            count: given.and_then(|(_, number)| number.parse().ok()),
            runs: number("--runs", 11) as usize,
            millis: number("--ms", 20),
            instructions: !args.iter().any(|arg| arg == "--no-instructions"),
            costs: BTreeMap::new(),
        }
    }

    /// Whether this process only runs a case for a tool that counts from outside.
    pub(crate) fn is_counted_from_outside(&self) -> bool {
        self.count.is_some()
    }

    /// Runs one case.
    pub(crate) fn case(&mut self, name: &str, mut pass: impl FnMut()) {
        let wanted = self
            .filter
            .as_deref()
            .is_none_or(|filter| match filter.strip_suffix('$') {
                Some(whole) => name == whole,
                None => name.contains(filter),
            });
        if !wanted {
            return;
        }
        if let Some(count) = self.count {
            for _ in 0..count {
                pass();
            }
            return;
        }
        let nanos = self.fastest(&mut pass);
        let allocations = allocations(|| (0..8).for_each(|_| pass())).0 as f64 / 8.0;
        let instructions = if self.instructions {
            counted(name)
        } else {
            None
        };
        self.costs.insert(
            name.to_owned(),
            Cost {
                nanos,
                allocations,
                instructions,
            },
        );
        eprint!(
            "\r{:<60}",
            format!("{} cases measured, last {name}", self.costs.len())
        );
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

/// Instructions for one pass: this program again under callgrind, 100 and 600 passes, the
/// difference by 500. `None` where valgrind is not installed.
fn counted(name: &str) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let run = |passes: u64| -> Option<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&program)
            .args(["--count", &format!("{name}$"), &passes.to_string()])
            .output()
            .ok()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().find(|line| line.contains("Collected"))?;
        line.split_whitespace().last()?.parse().ok()
    };
    let (few, many) = (run(100)?, run(600)?);
    Some(many.saturating_sub(few) / 500)
}
