//! How long packets should wait: from how unevenly they come.

use core::time::Duration;

use super::PlayoutConfig;
use crate::rtp::jitter::ticks_of;

/// How far from the others a packet's transit may be before its timestamp is not believed: 2 s.
const PLAUSIBLE_SECONDS: i64 = 2;
/// For how long the least transit is remembered, once to twice: 4 s.
const WINDOW_SECONDS: i64 = 4;
/// The peak falls by 1/256 of its height with each packet: to a third in five seconds.
const DECAY: i64 = 256;

/// Whether a packet's timestamp fits the time it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does.
    Plausible,
    /// It does not, and it is the first one.
    Strange,
    /// It does not, but the packet before said the same: timestamps have moved.
    Rebased,
}

#[derive(Debug)]
pub(super) struct Delay {
    least: i64,
    most: i64,
    /// How long what repairs a packet may take to come.
    repair: i64,
    rate: i64,
    base: Option<Base>,
    /// Decaying maximum of the excess, in 1/256 tick.
    peak: i64,
    strange: Option<i64>,
    current: i64,
}

/// The least transit of late, over a window that slides in two steps.
#[derive(Clone, Copy, Debug)]
struct Base {
    current: i64,
    previous: i64,
    turned: i64,
}

impl Base {
    fn new(arrived: i64, transit: i64) -> Self {
        Self {
            current: transit,
            previous: transit,
            turned: arrived,
        }
    }

    fn least(&self) -> i64 {
        self.current.min(self.previous)
    }
}

impl Delay {
    pub(super) fn new(config: &PlayoutConfig) -> Self {
        let ticks = |span| i64::try_from(ticks_of(span, config.clock_rate)).unwrap_or(i64::MAX);
        Self {
            least: ticks(config.least_delay),
            most: ticks(config.most_delay),
            repair: 0,
            rate: i64::from(config.clock_rate),
            base: None,
            peak: 0,
            strange: None,
            current: 0,
        }
    }

    pub(super) fn restart(&mut self) {
        self.base = None;
        self.peak = 0;
        self.strange = None;
        self.current = 0;
    }

    /// Takes one packet.
    pub(super) fn arrived(&mut self, arrived: i64, position: i64) -> Verdict {
        let transit = arrived.saturating_sub(position);
        let Some(base) = &mut self.base else {
            self.base = Some(Base::new(arrived, transit));
            return Verdict::Plausible;
        };
        let excess = transit.saturating_sub(base.least());
        let plausible = self.rate.saturating_mul(PLAUSIBLE_SECONDS);
        if excess.saturating_abs() > plausible {
            let same = self
                .strange
                .is_some_and(|before| before.saturating_sub(transit).saturating_abs() < self.rate);
            if !same {
                self.strange = Some(transit);
                return Verdict::Strange;
            }
            self.restart();
            self.base = Some(Base::new(arrived, transit));
            return Verdict::Rebased;
        }
        self.strange = None;
        let window = self.rate.saturating_mul(WINDOW_SECONDS);
        if arrived.saturating_sub(base.turned) > window {
            base.previous = base.current;
            base.current = transit;
            base.turned = arrived;
        }
        base.current = base.current.min(transit);
        let excess = transit.saturating_sub(base.least()).saturating_mul(DECAY);
        let fallen = self.peak.saturating_sub(self.peak / DECAY);
        self.peak = excess.max(fallen);
        Verdict::Plausible
    }

    /// Notes that media time `next` is played now, and says how long it has waited.
    pub(super) fn playing(&mut self, now: i64, next: i64) -> i64 {
        let base = self.base.map_or(0, |base| base.least());
        self.current = now.saturating_sub(next).saturating_sub(base);
        self.current
    }

    pub(super) fn current(&self) -> i64 {
        self.current
    }

    /// The longest packets are made to wait.
    pub(super) fn longest(&self) -> i64 {
        self.most.max(self.least)
    }

    /// How long packets should wait.
    pub(super) fn target(&self) -> i64 {
        // A quarter of the peak on top: the next one may be worse.
        let peak = self.peak / DECAY;
        let peak = peak.saturating_add(peak / 4);
        let wanted = peak.saturating_add(self.repair);
        wanted.clamp(self.least, self.longest())
    }

    /// Lets packets wait for their repairs.
    pub(super) fn set_repair_time(&mut self, span: Duration) {
        let rate = u32::try_from(self.rate).unwrap_or(u32::MAX);
        self.repair = i64::try_from(ticks_of(span, rate)).unwrap_or(i64::MAX);
    }
}
