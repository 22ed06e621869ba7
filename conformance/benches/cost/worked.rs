//! Time that a thread has worked.

use std::time::Instant as Clock;

/// What this thread has worked: what others did on the machine meanwhile does not count, where the
/// system tells.
pub(crate) enum Worked {
    Nanos(f64),
    Since(Clock),
}

impl Worked {
    /// So far.
    pub(crate) fn so_far() -> Self {
        Self::told().map_or_else(|| Self::Since(Clock::now()), Self::Nanos)
    }

    /// Linux: hundredths of a second in the program and in the system for it, behind its name.
    fn told() -> Option<f64> {
        let text = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
        let (_, behind_name) = text.rsplit_once(')')?;
        let mut numbers = behind_name.split_ascii_whitespace().skip(11);
        let mut next = || numbers.next()?.parse::<f64>().ok();
        Some((next()? + next()?) * 1e7)
    }

    /// How much more it is by now.
    pub(crate) fn nanos(&self) -> f64 {
        match self {
            Self::Nanos(before) => Self::told().unwrap_or(f64::INFINITY) - before,
            Self::Since(start) => start.elapsed().as_nanos() as f64,
        }
    }
}
