//! A thousand seeds of every scenario.

use offhook_conformance::worlds::Scenario;

/// Plays the seeds of a scenario; a failure prints the line that plays it again.
fn seeds(name: &str, count: u64) {
    let scenario = Scenario::find(name).unwrap();
    match scenario.run_all(0..count) {
        Ok(steps) => println!("{name}: {count} seeds, {steps} steps"),
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn transactions() {
    seeds("transactions", 1000);
}

#[test]
fn audio() {
    seeds("audio", 30);
}
