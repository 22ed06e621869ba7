//! What may go wrong in a run; each seed draws its own subset.

use std::fmt;
use std::time::Duration;

use super::chance::Chance;

/// How the network and the clocks misbehave. Rates are per thousand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Datagrams that never arrive.
    pub loss: u32,
    /// Datagrams that arrive twice.
    pub duplicate: u32,
    /// Datagrams that are held up for up to [`Faults::hold`], and so overtaken.
    pub reorder: u32,
    /// The longest hold-up.
    pub hold: Duration,
    /// Least time on the way.
    pub latency_min: Duration,
    /// Most time on the way, hold-ups apart.
    pub latency_max: Duration,
    /// Times per thousand sent datagrams that two hosts lose sight of each other.
    pub partition: u32,
    /// The longest that lasts.
    pub partition_max: Duration,
    /// Datagrams of which a copy with changed bytes arrives as well, from a stranger.
    pub mutant: u32,
    /// Inputs that come with a time that lies before the last one.
    pub clock_back: u32,
    /// Deadlines that are met late, while everything else waits.
    pub late: u32,
    /// Datagrams the system refuses to send, and connections that are refused.
    pub refused: u32,
    /// Pieces of a stream that arrive as several.
    pub split: u32,
    /// Pieces of a stream at which its connection breaks.
    pub reset: u32,
}

impl Faults {
    /// A network without faults, one millisecond wide.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            loss: 0,
            duplicate: 0,
            reorder: 0,
            hold: Duration::ZERO,
            latency_min: Duration::from_millis(1),
            latency_max: Duration::from_millis(1),
            partition: 0,
            partition_max: Duration::ZERO,
            mutant: 0,
            clock_back: 0,
            late: 0,
            refused: 0,
            split: 0,
            reset: 0,
        }
    }

    /// The same with a random subset of what happens to streams alone.
    #[must_use]
    pub fn with_streams(self, chance: &mut Chance) -> Self {
        let mut rate = |rates: &[u32]| {
            let on = chance.happens(500);
            let rate = *chance.pick(rates);
            if on { rate } else { 0 }
        };
        Self {
            split: rate(&[100, 500, 1000]),
            reset: rate(&[2, 20, 100]),
            ..self
        }
    }

    /// A random subset of the faults, each at a random strength. Strangers' mutants are not among
    /// them: what they bring about is up to them, so a scenario asks for them by itself.
    #[must_use]
    pub fn swarm(chance: &mut Chance) -> Self {
        let mut faults = Self::none();
        let mut rate = |rates: &[u32]| {
            let on = chance.happens(500);
            let rate = *chance.pick(rates);
            if on { rate } else { 0 }
        };
        faults.loss = rate(&[10, 50, 200, 400]);
        faults.duplicate = rate(&[10, 100, 500]);
        faults.reorder = rate(&[10, 100, 300]);
        faults.partition = rate(&[2, 10]);
        faults.clock_back = rate(&[20, 200]);
        faults.late = rate(&[20, 200]);
        faults.refused = rate(&[5, 50]);
        faults.hold = *chance.pick(&[20, 300, 2000].map(Duration::from_millis));
        faults.partition_max = *chance.pick(&[200, 3000, 40_000].map(Duration::from_millis));
        faults.latency_max = *chance.pick(&[1, 5, 80, 600].map(Duration::from_millis));
        faults
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "loss {}‰ duplicate {}‰ reorder {}‰ (≤ {:?}) latency {:?}–{:?} partition {}‰ (≤ {:?}) \
             mutant {}‰ clock back {}‰ late {}‰ refused {}‰ split {}‰ reset {}‰",
            self.loss,
            self.duplicate,
            self.reorder,
            self.hold,
            self.latency_min,
            self.latency_max,
            self.partition,
            self.partition_max,
            self.mutant,
            self.clock_back,
            self.late,
            self.refused,
            self.split,
            self.reset
        )
    }
}
