//! What the simulator asks of a machine beside the contract.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use offhook::{Instant, Machine};

/// A machine that can be built from a line of text and takes commands as plain values: so a run
/// can be recorded, repeated on a twin, and replayed from a file.
pub trait Subject: Machine<Event: Clone + Debug + PartialEq> + Sized {
    /// What an application may ask of it, written and read as one line.
    type Command: Clone + Debug + PartialEq + Display + FromStr<Err: Debug>;

    /// Builds the machine that `description`, one line, stands for.
    ///
    /// # Errors
    /// What is wrong with the line.
    fn build(description: &str) -> Result<Self, String>;

    /// Carries a command out and says in one line what became of it.
    fn command(&mut self, now: Instant, command: &Self::Command) -> String;

    /// Looks for broken invariants inside.
    ///
    /// # Errors
    /// The broken one.
    fn check(&self) -> Result<(), String>;

    /// Whether nothing is left of any call (promise P5); what is left, otherwise.
    ///
    /// # Errors
    /// What is left.
    fn idle(&self) -> Result<(), String>;

    /// The most outputs one input or command may cause (promise P4).
    #[must_use]
    fn outputs_max(&self) -> usize {
        16
    }
}
