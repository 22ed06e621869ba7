//! Datagrams on their way.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use offhook::Instant;

use super::chance::Chance;
use super::faults::Faults;
use super::way::Way;

/// Decides the fate of every datagram, from its seed.
///
/// What becomes of one depends on when and from whom to whom it is sent, and not on how many were
/// sent before: so a run from which something is left out goes on as it did where it can.
pub struct Network {
    source: Chance,
    /// Of the occasion at hand.
    chance: Chance,
    /// What else was decided at this moment.
    occasions: (Instant, BTreeMap<Occasion, u64>),
    faults: Faults,
    /// Pairs of hosts between which it is different.
    between: BTreeMap<(IpAddr, IpAddr), Faults>,
    /// Pairs of hosts that cannot see each other, and until when.
    cuts: BTreeMap<(IpAddr, IpAddr), Instant>,
    /// From whom to whom something was sent.
    ways: BTreeMap<(IpAddr, IpAddr), Way>,
}

/// What is decided by chance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Occasion {
    /// What becomes of something between two hosts.
    Way(IpAddr, IpAddr),
    /// What the clock of a machine does.
    Clock(u64),
    /// Whether the system of a machine refuses something.
    System(u64),
    /// Whether all sleepers oversleep.
    Sleep,
    /// Whether somebody starts anew.
    Restart,
}

/// How a clock steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockStep {
    /// The clock deadlines are read from jumps ahead.
    Ahead(Duration),
    /// It falls back.
    Back(Duration),
    /// Only the wall clock jumps ahead.
    WallAhead(Duration),
    /// Only the wall clock falls back.
    WallBack(Duration),
}

/// A datagram that will arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: Instant,
    /// From where.
    pub source: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

/// What becomes of a piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It arrives, perhaps in parts, each no earlier than this.
    Parts(Vec<(Instant, Vec<u8>)>),
    /// The connection breaks: of the piece these parts arrive, and then both ends hear of it.
    Reset(Vec<(Instant, Vec<u8>)>, Instant),
}

/// How long what is lost of a stream is missing until it was sent again.
const AGAIN: Duration = Duration::from_millis(300);

/// Where mutants say they come from.
pub const STRANGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 66)), 6666);

impl Network {
    /// A network with these faults.
    #[must_use]
    pub fn new(chance: Chance, faults: Faults) -> Self {
        Self {
            chance: chance.on(0, 0),
            source: chance,
            occasions: (Instant::ZERO, BTreeMap::new()),
            faults,
            between: BTreeMap::new(),
            cuts: BTreeMap::new(),
            ways: BTreeMap::new(),
        }
    }

    /// Changes the weather.
    pub fn set(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Changes the weather between two hosts, whatever it is elsewhere.
    pub fn set_between(&mut self, one: IpAddr, other: IpAddr, faults: Faults) {
        self.between.insert(pair(one, other), faults);
    }

    /// Two hosts do not see each other before then.
    pub fn cut(&mut self, one: IpAddr, other: IpAddr, until: Instant) {
        self.cuts.insert(pair(one, other), until);
    }

    /// Ends all faults but the time on the way.
    pub fn heal(&mut self) {
        self.cuts.clear();
        self.between.clear();
        self.ways.clear();
        let faults = Faults::none();
        self.faults = Faults {
            latency_min: self.faults.latency_min,
            latency_max: self.faults.latency_min,
            ..faults
        };
    }

    /// Makes chance that of an occasion; if there are several at a moment, each has its own.
    fn decide(&mut self, now: Instant, occasion: Occasion) {
        if self.occasions.0 != now {
            self.occasions = (now, BTreeMap::new());
        }
        let count = self.occasions.1.entry(occasion).or_default();
        *count += 1;
        let what = occasion.number().wrapping_mul(PRIME) ^ *count;
        self.chance = self.source.on(now.as_nanos(), what);
    }

    /// The earlier time at which the next input of a machine comes, if its clock goes backwards
    /// there.
    pub fn clock_back(&mut self, now: Instant, machine: u64) -> Option<Instant> {
        self.decide(now, Occasion::Clock(machine));
        let back = self.chance.happens(self.faults.clock_back);
        let nanos = self.chance.below(3_000_000_000);
        back.then(|| Instant::from_nanos(now.as_nanos().saturating_sub(nanos)))
    }

    /// How a machine's clock steps just before its next input, if it does.
    pub fn clock_step(&mut self, now: Instant, machine: u64) -> Option<ClockStep> {
        self.decide(now, Occasion::Clock(machine));
        let steps = self.chance.happens(self.faults.clock_step);
        let (zero, most) = (Duration::ZERO, self.faults.clock_step_max);
        let ahead = self.chance.between(zero, most);
        let back = self.chance.between(zero, most.min(Duration::from_secs(3)));
        let day = self.chance.between(zero, Duration::from_secs(86_400));
        let choices = [
            ClockStep::Ahead(ahead),
            ClockStep::Ahead(ahead),
            ClockStep::Back(back),
            ClockStep::WallAhead(day),
            ClockStep::WallBack(day),
        ];
        let step = *self.chance.pick(&choices);
        steps.then_some(step)
    }

    /// Whether a machine stops dead now, to come back with nothing.
    pub fn restarts(&mut self, now: Instant) -> bool {
        self.decide(now, Occasion::Restart);
        self.chance.happens(self.faults.restart)
    }

    /// Whether the system of a machine refuses to send a datagram: no route, no buffer, an address
    /// of the wrong kind.
    pub fn refuses(&mut self, now: Instant, machine: u64) -> bool {
        self.decide(now, Occasion::System(machine));
        self.chance.happens(self.faults.refused)
    }

    /// How late a machine is woken, beside everything else that then waits.
    pub fn late(&mut self, now: Instant) -> Duration {
        self.decide(now, Occasion::Sleep);
        let late = self.chance.happens(self.faults.late);
        let most = Duration::from_secs(3);
        let span = self.chance.between(Duration::ZERO, most);
        if late { span } else { Duration::ZERO }
    }

    /// Sends a datagram: none, one or several arrivals come of it.
    pub fn send(
        &mut self,
        now: Instant,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
    ) -> Vec<Arrival> {
        let (from, to) = (source.ip(), destination.ip());
        let faults = self.between(from, to);
        self.decide(now, Occasion::Way(from, to));
        let mut arrivals = Vec::new();
        if self.chance.happens(faults.mutant) {
            let at = now + self.delay(&faults);
            let bytes = self.mutant(bytes);
            arrivals.push(Arrival {
                at,
                source: STRANGER,
                bytes,
            });
        }
        if self.is_cut(now, from, to) {
            return arrivals;
        }
        let twice = self.chance.happens(faults.duplicate);
        let way = self.ways.entry((from, to)).or_default();
        let Some(wait) = way.line_up(now, &faults, bytes.len()) else {
            return arrivals;
        };
        if self.is_lost(&faults, (from, to), bytes.len()) {
            return arrivals;
        }
        for _ in 0..=usize::from(twice) {
            arrivals.push(Arrival {
                at: now + wait + self.delay(&faults),
                source,
                bytes: bytes.to_vec(),
            });
        }
        arrivals
    }

    /// Sends a piece of a stream, or what opens or closes one: what would be lost is only late.
    pub fn stream(
        &mut self,
        now: Instant,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
    ) -> Passage {
        let (from, to) = (source.ip(), destination.ip());
        let faults = self.between(from, to);
        self.decide(now, Occasion::Way(from, to));
        let breaks = self.chance.happens(faults.reset);
        let kept = self.chance.below(bytes.len() as u64);
        let mut rest = bytes;
        if breaks {
            rest = &bytes[..usize::try_from(kept).unwrap_or(0)];
        }
        let way = self.ways.entry((from, to)).or_default();
        let wait = way.line_up(now, &faults, bytes.len());
        // A sender that is told to slow down does so.
        let sent = now + wait.unwrap_or(AGAIN);
        let mut parts = Vec::new();
        while self.chance.happens(faults.split) && rest.len() > 1 {
            let length = usize::try_from(self.chance.below(rest.len() as u64)).unwrap_or(0);
            let (part, after) = rest.split_at(length.max(1));
            parts.push((self.passes(sent, from, to), part.to_vec()));
            rest = after;
        }
        let at = self.passes(sent, from, to);
        if !rest.is_empty() {
            parts.push((at, rest.to_vec()));
        }
        if breaks {
            Passage::Reset(parts, at)
        } else {
            Passage::Parts(parts)
        }
    }

    /// When something that is sent again until it is there is there.
    pub fn reach(&mut self, now: Instant, source: SocketAddr, destination: SocketAddr) -> Instant {
        let (from, to) = (source.ip(), destination.ip());
        self.decide(now, Occasion::Way(from, to));
        self.passes(now, from, to)
    }

    fn passes(&mut self, now: Instant, from: IpAddr, to: IpAddr) -> Instant {
        let faults = self.between(from, to);
        let start = if self.is_cut(now, from, to) {
            self.cuts.get(&pair(from, to)).copied().unwrap_or(now)
        } else {
            now
        };
        let lost = self.is_lost(&faults, (from, to), 0);
        let again = if lost { AGAIN } else { Duration::ZERO };
        start + again + self.delay(&faults)
    }

    /// The weather between two hosts.
    fn between(&self, one: IpAddr, other: IpAddr) -> Faults {
        let own = self.between.get(&pair(one, other));
        own.copied().unwrap_or(self.faults)
    }

    /// Whether a datagram of so many bytes, or one of its pieces, is lost on the way.
    fn is_lost(&mut self, faults: &Faults, (from, to): (IpAddr, IpAddr), bytes: usize) -> bool {
        let pieces = bytes.div_ceil(faults.mtu.max(1)).max(1);
        let pieces = if faults.mtu == 0 { 1 } else { pieces };
        let way = self.ways.entry((from, to)).or_default();
        let mut lost = pieces > 1 && !faults.fragments;
        for _ in 0..pieces {
            lost |= self.chance.happens(faults.loss);
            lost |= way.bursts(&mut self.chance, faults.burst);
        }
        lost
    }

    fn delay(&mut self, faults: &Faults) -> Duration {
        let way = self.chance.between(faults.latency_min, faults.latency_max);
        let held = self.chance.between(Duration::ZERO, faults.hold);
        if self.chance.happens(faults.reorder) {
            way + held
        } else {
            way
        }
    }

    fn is_cut(&mut self, now: Instant, one: IpAddr, other: IpAddr) -> bool {
        let faults = self.between(one, other);
        let cut = self.chance.happens(faults.partition);
        let span = self.chance.between(Duration::ZERO, faults.partition_max);
        if cut {
            self.cut(one, other, now + span);
        }
        let until = self.cuts.get(&pair(one, other));
        until.is_some_and(|until| *until > now)
    }

    /// A copy in which a few bytes are changed, taken out, doubled or cut off.
    fn mutant(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut mutant = bytes.to_vec();
        for _ in 0..=self.chance.below(4) {
            let at = usize::try_from(self.chance.below(mutant.len() as u64)).unwrap_or(0);
            let byte = u8::try_from(self.chance.below(256)).unwrap_or(0);
            if mutant.is_empty() {
                break;
            }
            match self.chance.below(5) {
                0 => mutant[at] = byte,
                1 => mutant.insert(at, byte),
                2 => {
                    mutant.remove(at);
                }
                3 => mutant.truncate(at),
                _ => {
                    let tail = mutant.split_off(at);
                    mutant.extend_from_slice(&tail);
                    mutant.extend_from_slice(&tail);
                }
            }
        }
        mutant
    }
}

/// Of FNV-1a, as is the other.
const PRIME: u64 = 0x0100_0000_01b3;
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

impl Occasion {
    /// A number that tells it apart.
    fn number(self) -> u64 {
        let octets = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        };
        let (kind, one, other) = match self {
            Self::Way(from, to) => (0, octets(from), octets(to)),
            Self::Clock(machine) => (1, octets_of(machine), [0; 16]),
            Self::System(machine) => (2, octets_of(machine), [0; 16]),
            Self::Sleep => (3, [0; 16], [0; 16]),
            Self::Restart => (4, [0; 16], [0; 16]),
        };
        let all = one.into_iter().chain(other).chain([kind]);
        all.fold(BASIS, |hash, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(PRIME)
        })
    }
}

fn octets_of(number: u64) -> [u8; 16] {
    u128::from(number).to_le_bytes()
}

/// Two hosts, whichever comes first.
fn pair(one: IpAddr, other: IpAddr) -> (IpAddr, IpAddr) {
    (one.min(other), one.max(other))
}
