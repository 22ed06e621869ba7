//! What may go wrong in a run; each seed draws its own subset.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::chance::Chance;

/// How the network and the clocks misbehave. Rates are per thousand; zero is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Datagrams that never arrive.
    pub loss: u32,
    /// Losses that come in bursts.
    pub burst: Burst,
    /// Datagrams that arrive twice.
    pub duplicate: u32,
    /// Datagrams that are held up for up to [`Faults::hold`], and so overtaken.
    pub reorder: u32,
    /// The longest hold-up.
    pub hold: Duration,
    /// Least time on the way.
    pub latency_min: Duration,
    /// Most time on the way, hold-ups and queues apart.
    pub latency_max: Duration,
    /// Bytes of the longest datagram that passes in one piece; zero for any.
    pub mtu: usize,
    /// Whether a longer one passes in pieces, all of which must arrive; otherwise it is lost.
    pub fragments: bool,
    /// Bytes that pass in a second, each way; zero for any number.
    pub bandwidth: u64,
    /// Bytes that may wait for their turn; what comes on top is lost, or late on a stream.
    pub queue: u64,
    /// Times per thousand sent datagrams that two hosts lose sight of each other.
    pub partition: u32,
    /// The longest that lasts.
    pub partition_max: Duration,
    /// Datagrams of which a copy with changed bytes arrives as well, from a stranger.
    pub mutant: u32,
    /// Inputs that come with a time that lies before the last one.
    pub clock_back: u32,
    /// Inputs at which the clock of a machine steps, forward more often than back, and stays there;
    /// or the wall clock does.
    pub clock_step: u32,
    /// The longest step forward.
    pub clock_step_max: Duration,
    /// Deadlines that are met late, while everything else waits.
    pub late: u32,
    /// Datagrams the system refuses to send, and connections that are refused.
    pub refused: u32,
    /// Pieces of a stream that arrive as several.
    pub split: u32,
    /// Pieces of a stream within which its connection breaks.
    pub reset: u32,
    /// Pauses in which a machine stops dead and comes back with nothing.
    pub restart: u32,
}

/// Losses in bursts: a way is good or bad, and which is decided anew for every datagram (Gilbert
/// and Elliott). Rates are per thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// How often a good way turns bad.
    pub begin: u32,
    /// How often a bad way turns good.
    pub end: u32,
    /// Datagrams that are lost on a bad way.
    pub loss: u32,
}

impl Burst {
    /// No bursts.
    pub const NONE: Self = Self {
        begin: 0,
        end: 1000,
        loss: 0,
    };
}

/// The kinds of faults, which can be left out of a run one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// [`Faults::loss`].
    Loss,
    /// [`Faults::burst`].
    Burst,
    /// [`Faults::duplicate`].
    Duplicate,
    /// [`Faults::reorder`].
    Reorder,
    /// [`Faults::latency_max`].
    Latency,
    /// [`Faults::mtu`].
    Mtu,
    /// [`Faults::bandwidth`].
    Bandwidth,
    /// [`Faults::partition`].
    Partition,
    /// [`Faults::mutant`].
    Mutant,
    /// [`Faults::clock_back`].
    ClockBack,
    /// [`Faults::clock_step`].
    ClockStep,
    /// [`Faults::late`].
    Late,
    /// [`Faults::refused`].
    Refused,
    /// [`Faults::split`].
    Split,
    /// [`Faults::reset`].
    Reset,
    /// [`Faults::restart`].
    Restart,
}

impl Fault {
    /// Every kind, with its name.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::Loss, "loss"),
        (Self::Burst, "burst"),
        (Self::Duplicate, "duplicate"),
        (Self::Reorder, "reorder"),
        (Self::Latency, "latency"),
        (Self::Mtu, "mtu"),
        (Self::Bandwidth, "bandwidth"),
        (Self::Partition, "partition"),
        (Self::Mutant, "mutant"),
        (Self::ClockBack, "clock-back"),
        (Self::ClockStep, "clock-step"),
        (Self::Late, "late"),
        (Self::Refused, "refused"),
        (Self::Split, "split"),
        (Self::Reset, "reset"),
        (Self::Restart, "restart"),
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::ALL.iter().find(|(known, _)| known == self);
        f.write_str(found.map_or("", |(_, name)| name))
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text);
        found
            .map(|(fault, _)| *fault)
            .ok_or(format!("no fault: {text}"))
    }
}

impl Faults {
    /// A network without faults, one millisecond wide.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            loss: 0,
            burst: Burst::NONE,
            duplicate: 0,
            reorder: 0,
            hold: Duration::ZERO,
            latency_min: Duration::from_millis(1),
            latency_max: Duration::from_millis(1),
            mtu: 0,
            fragments: false,
            bandwidth: 0,
            queue: 0,
            partition: 0,
            partition_max: Duration::ZERO,
            mutant: 0,
            clock_back: 0,
            clock_step: 0,
            clock_step_max: Duration::ZERO,
            late: 0,
            refused: 0,
            split: 0,
            reset: 0,
            restart: 0,
        }
    }

    /// The same with a random subset of what happens to streams alone.
    #[must_use]
    pub fn with_streams(self, chance: &mut Chance) -> Self {
        Self {
            split: rate(chance, &[100, 500, 1000]),
            reset: rate(chance, &[2, 20, 100]),
            ..self
        }
    }

    /// The same, and now and then machines start anew.
    #[must_use]
    pub fn with_restarts(self, chance: &mut Chance) -> Self {
        let restart = rate(chance, &[100, 500]);
        Self { restart, ..self }
    }

    /// A random subset of the faults, each at a random strength. Strangers' mutants and restarts
    /// are not among them: what they bring about is up to them, so a scenario asks for them by
    /// itself.
    #[must_use]
    pub fn swarm(chance: &mut Chance) -> Self {
        let mut faults = Self::none();
        faults.loss = rate(chance, &[10, 50, 200, 400]);
        faults.duplicate = rate(chance, &[10, 100, 500]);
        faults.reorder = rate(chance, &[10, 100, 300]);
        faults.partition = rate(chance, &[2, 10]);
        faults.clock_back = rate(chance, &[20, 200]);
        faults.clock_step = rate(chance, &[2, 20]);
        faults.late = rate(chance, &[20, 200]);
        faults.refused = rate(chance, &[5, 50]);
        faults.burst = Burst {
            begin: rate(chance, &[5, 50]),
            end: *chance.pick(&[100, 300]),
            loss: *chance.pick(&[500, 1000]),
        };
        let widths = [
            (0, 0),
            (0, 0),
            (6_000, 4_000),
            (64_000, 8_000),
            (1_000_000, 64_000),
        ];
        (faults.bandwidth, faults.queue) = *chance.pick(&widths);
        faults.mtu = *chance.pick(&[0, 0, 0, 500, 1000, 1472]);
        faults.fragments = chance.happens(500);
        faults.hold = *chance.pick(&[20, 300, 2000].map(Duration::from_millis));
        faults.partition_max = *chance.pick(&[200, 3000, 40_000].map(Duration::from_millis));
        faults.clock_step_max = *chance.pick(&[50, 5000, 70_000].map(Duration::from_millis));
        faults.latency_max = *chance.pick(&[1, 5, 80, 600].map(Duration::from_millis));
        faults
    }

    /// Whether a fault can happen at all.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        *self != self.without(fault)
    }

    /// The same but for one fault.
    #[must_use]
    pub fn without(mut self, fault: Fault) -> Self {
        let none = Self::none();
        match fault {
            Fault::Loss => self.loss = 0,
            Fault::Burst => self.burst.begin = 0,
            Fault::Duplicate => self.duplicate = 0,
            Fault::Reorder => self.reorder = 0,
            Fault::Latency => {
                self.latency_min = none.latency_min;
                self.latency_max = none.latency_max;
            }
            Fault::Mtu => self.mtu = 0,
            Fault::Bandwidth => self.bandwidth = 0,
            Fault::Partition => self.partition = 0,
            Fault::Mutant => self.mutant = 0,
            Fault::ClockBack => self.clock_back = 0,
            Fault::ClockStep => self.clock_step = 0,
            Fault::Late => self.late = 0,
            Fault::Refused => self.refused = 0,
            Fault::Split => self.split = 0,
            Fault::Reset => self.reset = 0,
            Fault::Restart => self.restart = 0,
        }
        self
    }
}

/// One of the rates, or none.
fn rate(chance: &mut Chance, rates: &[u32]) -> u32 {
    let on = chance.happens(500);
    let rate = *chance.pick(rates);
    if on { rate } else { 0 }
}

impl fmt::Display for Faults {
    /// What can happen, and how strong it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "latency {:?}–{:?}", self.latency_min, self.latency_max)?;
        for (fault, name) in Fault::ALL {
            if fault == Fault::Latency || !self.has(fault) {
                continue;
            }
            write!(f, ", {name} ")?;
            match fault {
                Fault::Burst => {
                    let Burst { begin, end, loss } = self.burst;
                    write!(f, "{loss}‰ (begins {begin}‰, ends {end}‰)")?;
                }
                Fault::Reorder => write!(f, "{}‰ (≤ {:?})", self.reorder, self.hold)?,
                Fault::Mtu => {
                    let longer = if self.fragments { "in pieces" } else { "lost" };
                    write!(f, "{} bytes (longer: {longer})", self.mtu)?;
                }
                Fault::Bandwidth => {
                    write!(f, "{} bytes/s (queue {})", self.bandwidth, self.queue)?;
                }
                Fault::Partition => {
                    write!(f, "{}‰ (≤ {:?})", self.partition, self.partition_max)?;
                }
                Fault::ClockStep => {
                    write!(f, "{}‰ (≤ {:?})", self.clock_step, self.clock_step_max)?;
                }
                Fault::Loss => write!(f, "{}‰", self.loss)?,
                Fault::Duplicate => write!(f, "{}‰", self.duplicate)?,
                Fault::Mutant => write!(f, "{}‰", self.mutant)?,
                Fault::ClockBack => write!(f, "{}‰", self.clock_back)?,
                Fault::Late => write!(f, "{}‰", self.late)?,
                Fault::Refused => write!(f, "{}‰", self.refused)?,
                Fault::Split => write!(f, "{}‰", self.split)?,
                Fault::Reset => write!(f, "{}‰", self.reset)?,
                Fault::Restart => write!(f, "{}‰", self.restart)?,
                Fault::Latency => {}
            }
        }
        Ok(())
    }
}
