//! Instructions, counted by callgrind: they do not move with the load of the machine.
//!
//! This program runs itself once more under valgrind. There each case is warmed up and then passes
//! between two points at which valgrind writes its counts down.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// The argument that says that valgrind is watching; the filter follows.
pub(crate) const COUNTED: &str = "--counted";

/// Instructions for one pass of each case whose name the filter lets through.
///
/// # Errors
/// Valgrind is not installed, or what it said is not what was expected.
pub(crate) fn count(filter: Option<&str>) -> Result<BTreeMap<String, u64>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let counts = std::env::temp_dir().join(format!("offhook-cost-{}", std::process::id()));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--combine-dumps=yes", "--dump-line=no"])
        .args(["--dump-before=*passes_begin*"])
        .args(["--dump-after=*passes_end*"])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(&program)
        .args([COUNTED, filter.unwrap_or_default()])
        .output()
        .map_err(|error| format!("valgrind cannot be run ({error}); it counts instructions, and without it nothing is checked: install it, or say --no-instructions"))?;
    let parts = fs::read_to_string(&counts);
    let _ = fs::remove_file(&counts);
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("valgrind failed: {}\n{errors}", output.status));
    }
    let parts = parts.map_err(|error| format!("valgrind wrote no counts: {error}"))?;
    // Each part says what made valgrind write it down, and later how many instructions it has.
    let mut is_passes = false;
    let mut totals = parts.lines().filter_map(|line| {
        if let Some(trigger) = line.strip_prefix("desc: Trigger: ") {
            is_passes = trigger.starts_with("--dump-after");
        }
        let total = line.strip_prefix("totals: ").filter(|_| is_passes)?;
        total.trim().parse::<u64>().ok()
    });
    let mut instructions = BTreeMap::new();
    for line in said.lines() {
        let (name, passes) = line.split_once('\t').ok_or("a case without its passes")?;
        let passes: u64 = passes.parse().map_err(|_| "passes that are no number")?;
        let total = totals.next().ok_or("fewer counts than cases")?;
        instructions.insert(name.to_owned(), total / passes.max(1));
    }
    match totals.next() {
        None => Ok(instructions),
        Some(_) => Err("more counts than cases".to_owned()),
    }
}

/// Has valgrind count `passes` passes of the case.
pub(crate) fn be_counted(name: &str, passes: u64, pass: &mut impl FnMut()) {
    let warm = passes.min(20);
    (0..warm).for_each(|_| pass());
    println!("{name}\t{passes}");
    passes_begin(passes);
    passes_end(passes, pass);
}

/// What valgrind knows by its name: it writes down what was before.
#[inline(never)]
fn passes_begin(passes: u64) {
    std::hint::black_box(passes);
}

/// What valgrind knows by its name: it writes down what was within.
#[inline(never)]
fn passes_end(passes: u64, pass: &mut dyn FnMut()) {
    for _ in 0..passes {
        pass();
    }
}
