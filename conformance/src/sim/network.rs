//! Datagrams on their way.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use offhook::Instant;

use super::chance::Chance;
use super::faults::Faults;

/// Decides the fate of every datagram, from its seed.
pub struct Network {
    chance: Chance,
    faults: Faults,
    /// Pairs of hosts that cannot see each other, and until when.
    cuts: BTreeMap<(IpAddr, IpAddr), Instant>,
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
    /// The connection breaks; both ends hear of it then.
    Reset(Instant),
}

/// How long what is lost of a stream is missing until it was sent again.
const AGAIN: Duration = Duration::from_millis(300);

/// Where mutants say they come from.
pub const STRANGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 66)), 6666);

impl Network {
    /// A network with these faults.
    #[must_use]
    pub const fn new(chance: Chance, faults: Faults) -> Self {
        Self {
            chance,
            faults,
            cuts: BTreeMap::new(),
        }
    }

    /// Changes the weather.
    pub fn set(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Ends all faults but the time on the way.
    pub fn heal(&mut self) {
        self.cuts.clear();
        let faults = Faults::none();
        self.faults = Faults {
            latency_min: self.faults.latency_min,
            latency_max: self.faults.latency_min,
            ..faults
        };
    }

    /// The earlier time at which the next input comes, if the clock goes backwards there.
    pub fn clock_back(&mut self, now: Instant) -> Option<Instant> {
        let back = self.chance.happens(self.faults.clock_back);
        let nanos = self.chance.below(3_000_000_000);
        back.then(|| Instant::from_nanos(now.as_nanos().saturating_sub(nanos)))
    }

    /// Whether the system refuses to send a datagram: no route, no buffer, an address of the wrong
    /// kind.
    pub fn refuses(&mut self) -> bool {
        self.chance.happens(self.faults.refused)
    }

    /// How late a machine is woken, beside everything else that then waits.
    pub fn late(&mut self) -> Duration {
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
        let mut arrivals = Vec::new();
        if self.chance.happens(self.faults.mutant) {
            let at = now + self.delay();
            let bytes = self.mutant(bytes);
            arrivals.push(Arrival {
                at,
                source: STRANGER,
                bytes,
            });
        }
        if self.is_cut(now, source.ip(), destination.ip()) {
            return arrivals;
        }
        let lost = self.chance.happens(self.faults.loss);
        let twice = self.chance.happens(self.faults.duplicate);
        let copies = usize::from(!lost) + usize::from(twice && !lost);
        for _ in 0..copies {
            arrivals.push(Arrival {
                at: now + self.delay(),
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
        if self.chance.happens(self.faults.reset) {
            return Passage::Reset(now + self.delay());
        }
        let mut rest = bytes;
        let mut parts = Vec::new();
        while self.chance.happens(self.faults.split) && rest.len() > 1 {
            let length = usize::try_from(self.chance.below(rest.len() as u64)).unwrap_or(0);
            let (part, after) = rest.split_at(length.max(1));
            parts.push((self.reach(now, source, destination), part.to_vec()));
            rest = after;
        }
        parts.push((self.reach(now, source, destination), rest.to_vec()));
        Passage::Parts(parts)
    }

    /// When something that is sent again until it is there is there.
    pub fn reach(&mut self, now: Instant, source: SocketAddr, destination: SocketAddr) -> Instant {
        let (one, other) = (source.ip(), destination.ip());
        let start = if self.is_cut(now, one, other) {
            let pair = (one.min(other), one.max(other));
            self.cuts.get(&pair).copied().unwrap_or(now)
        } else {
            now
        };
        let lost = self.chance.happens(self.faults.loss);
        let again = if lost { AGAIN } else { Duration::ZERO };
        start + again + self.delay()
    }

    fn delay(&mut self) -> Duration {
        let Faults {
            latency_min,
            latency_max,
            hold,
            reorder,
            ..
        } = self.faults;
        let way = self.chance.between(latency_min, latency_max);
        let held = self.chance.between(Duration::ZERO, hold);
        if self.chance.happens(reorder) {
            way + held
        } else {
            way
        }
    }

    fn is_cut(&mut self, now: Instant, one: IpAddr, other: IpAddr) -> bool {
        let pair = (one.min(other), one.max(other));
        let cut = self.chance.happens(self.faults.partition);
        let span = self
            .chance
            .between(Duration::ZERO, self.faults.partition_max);
        if cut {
            self.cuts.insert(pair, now + span);
        }
        self.cuts.get(&pair).is_some_and(|until| *until > now)
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
