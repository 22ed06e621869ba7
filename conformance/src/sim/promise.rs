//! The promises of the machine contract, and what it looks like when one is broken.

use std::fmt;

use offhook::Instant;

/// What every machine promises; `offhook::machine` has the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// P1: no input panics.
    NoPanic,
    /// P2: after a drain the deadline is later than now.
    DeadlineAhead,
    /// P3: same seed, same inputs, same outputs.
    Repeatable,
    /// P4: the outputs per input are bounded.
    BoundedOutput,
    /// P5: when all has ended, every table is empty.
    NothingLeft,
    /// P6: time that goes backwards is clamped.
    ClampedTime,
    /// P7: a step costs the same however many idle calls exist.
    FlatCost,
    /// The machine's own invariants.
    Invariant,
    /// What the scenario is about.
    Scenario,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub promise: Promise,
    /// Whose.
    pub who: String,
    /// When, in virtual time.
    pub at: Instant,
    /// What was seen.
    pub what: String,
}

impl Violation {
    /// Whether another run went wrong in the same manner: the same promise was broken, and what was
    /// seen begins with the same words.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let words = |what: &str| {
            let end = what.find(|c: char| c.is_ascii_digit() || c == ':');
            what[..end.unwrap_or(what.len())].to_owned()
        };
        self.promise == other.promise && words(&self.what) == words(&other.what)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.at.as_nanos() / 1_000_000;
        write!(
            f,
            "{:?} broken by {} at {}.{:03} s: {}",
            self.promise,
            self.who,
            millis / 1000,
            millis % 1000,
            self.what
        )
    }
}

impl std::error::Error for Violation {}
