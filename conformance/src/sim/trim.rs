//! What is left out of a run, to find the smallest one that still goes wrong.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use offhook::Instant;

use super::faults::{Fault, Faults};

/// What is left out of a run. Written and read as options of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trim {
    /// Faults that do not happen.
    pub without: BTreeSet<Fault>,
    /// Actors that never come.
    pub absent: BTreeSet<String>,
    /// Acts, counted from zero, that are not done.
    pub skipped: BTreeSet<usize>,
    /// When the weather clears up, whatever the scenario says, in whole milliseconds.
    pub calm_after: Option<Instant>,
}

const NANOS_PER_MILLI: u64 = 1_000_000;

impl Trim {
    /// Nothing is left out.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            without: BTreeSet::new(),
            absent: BTreeSet::new(),
            skipped: BTreeSet::new(),
            calm_after: None,
        }
    }

    /// The faults that are left.
    #[must_use]
    pub fn of(&self, faults: Faults) -> Faults {
        let without = self.without.iter();
        without.fold(faults, |faults, fault| faults.without(*fault))
    }

    /// Takes an option of a command line; false if it is not about what is left out.
    ///
    /// # Errors
    /// What is wrong with its value.
    pub fn option(
        &mut self,
        name: &str,
        value: impl FnOnce() -> Result<String, String>,
    ) -> Result<bool, String> {
        match name {
            "--without" => self.without.extend(list::<Fault>(&value()?)?),
            "--absent" => self.absent.extend(list::<String>(&value()?)?),
            "--skip" => self.skipped.extend(list::<usize>(&value()?)?),
            "--calm-after" => {
                let millis = value()?.parse();
                let millis = millis.map_err(|_| "--calm-after takes milliseconds")?;
                self.calm_after = Some(Instant::from_millis(millis));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl fmt::Display for Trim {
    /// The options, each after a space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = self.without.iter().map(ToString::to_string);
        let skipped = self.skipped.iter().map(ToString::to_string);
        for (name, values) in [
            ("without", faults.collect::<Vec<_>>()),
            ("absent", self.absent.iter().cloned().collect()),
            ("skip", skipped.collect()),
        ] {
            if !values.is_empty() {
                write!(f, " --{name} {}", values.join(","))?;
            }
        }
        match self.calm_after {
            Some(at) => write!(f, " --calm-after {}", at.as_nanos() / NANOS_PER_MILLI),
            None => Ok(()),
        }
    }
}

fn list<T: FromStr>(text: &str) -> Result<Vec<T>, String> {
    let values = text.split(',').map(str::parse);
    let values: Result<Vec<T>, _> = values.collect();
    values.map_err(|_| format!("not a list of these: {text}"))
}
