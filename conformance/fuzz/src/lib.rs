//! Runs a target of `offhook_conformance::fuzzing` and holds its memory to its bound.

#[path = "../../tests/counting/mod.rs"]
mod counting;

use offhook_conformance::fuzzing::TARGETS;

/// Panics if something does not hold for these bytes, or if they cost too much memory.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.expect("a target of this name");
    let most = counting::peak(|| (target.run)(bytes));
    let bound = target.most_octets(bytes.len());
    assert!(most <= bound, "{most} octets for {} octets", bytes.len());
}
