//! From a run that went wrong to a smaller one that goes wrong in the same manner.
//!
//! ```text
//!            ┌── without a fault ──┐
//!  failing ──┼── without an act  ──┼─▶ still fails alike? that one from now on ── until nothing
//!            ├── without an actor ─┤                                              can be left out
//!            └── calm before ──────┘
//! ```

use offhook::Instant;

use super::faults::{Fault, Faults};
use super::promise::Violation;
use super::trim::Trim;

/// A run that went wrong, and what could be left out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What went wrong.
    pub violation: Violation,
    /// The faults it had.
    pub faults: Faults,
    /// The actors it could do without.
    pub actors: Vec<String>,
    /// How many acts it could do without.
    pub acts: usize,
}

/// The smallest run that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// What is left out of it.
    pub trim: Trim,
    /// How it goes wrong.
    pub attempt: Attempt,
    /// Runs it took to find it.
    pub tries: u32,
}

/// Leaves out of a failing run, beside what `trim` does, one thing after another, as long as it
/// fails alike. `run` plays it with a trim and answers if it goes wrong.
pub fn shrink(trim: &Trim, failing: Attempt, run: impl FnMut(&Trim) -> Option<Attempt>) -> Shrunk {
    let mut search = Search {
        run,
        first: failing.violation.clone(),
        best: Shrunk {
            trim: trim.clone(),
            attempt: failing,
            tries: 0,
        },
    };
    while search.round() {}
    search.sooner();
    search.best
}

struct Search<R> {
    run: R,
    first: Violation,
    best: Shrunk,
}

impl<R: FnMut(&Trim) -> Option<Attempt>> Search<R> {
    /// Tries to leave out each thing once; whether something could be.
    fn round(&mut self) -> bool {
        let mut any = false;
        for (fault, _) in Fault::ALL {
            if self.best.attempt.faults.has(fault) {
                any |= self.try_with(|trim| {
                    trim.without.insert(fault);
                });
            }
        }
        // The last first: what comes after the trouble is the easiest to do without.
        for act in (0..self.best.attempt.acts).rev() {
            if !self.best.trim.skipped.contains(&act) {
                any |= self.try_with(|trim| {
                    trim.skipped.insert(act);
                });
            }
        }
        for actor in self.best.attempt.actors.clone() {
            if !self.best.trim.absent.contains(&actor) {
                any |= self.try_with(|trim| {
                    trim.absent.insert(actor);
                });
            }
        }
        any
    }

    /// Looks for the earliest moment after which the weather may be calm: by halves, so that it is
    /// the earliest if what fails at a moment fails at all later ones too.
    fn sooner(&mut self) {
        let (mut fails, mut passes) = (self.best.attempt.violation.at.as_nanos() / 1_000_000, 0);
        while fails > passes + 1 {
            let middle = passes + (fails - passes) / 2;
            let at = Instant::from_millis(middle);
            if self.try_with(|trim| trim.calm_after = Some(at)) {
                fails = middle;
            } else {
                passes = middle;
            }
        }
    }

    fn try_with(&mut self, change: impl FnOnce(&mut Trim)) -> bool {
        let mut trim = self.best.trim.clone();
        change(&mut trim);
        self.best.tries += 1;
        let attempt = (self.run)(&trim);
        match attempt.filter(|attempt| attempt.violation.is_like(&self.first)) {
            Some(attempt) => {
                self.best.trim = trim;
                self.best.attempt = attempt;
                true
            }
            None => false,
        }
    }
}
