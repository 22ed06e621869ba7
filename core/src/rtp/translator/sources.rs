//! Whose packets come from where: third-party collisions and loops (RFC 3550 §8.2).

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::numbers::Numbers;
use crate::rtp::number::Ssrc;
use crate::time::Instant;

/// Clouds one translator connects at most.
pub(super) const MOST_CLOUDS: usize = 8;
/// Octets of a CNAME at most (§6.5).
const CNAME: usize = 255;

/// Why a packet goes nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// There is no such cloud.
    NoCloud,
    /// It is no RTP, or no RTCP.
    Malformed,
    /// A source in it is known from another address or cloud: it came around, or another has taken
    /// the same SSRC (§8.2). The one that was heard first goes on.
    Looped,
    /// The same, and by its CNAME it is another.
    Collided,
    /// Its source is new, and as many are known as there may be.
    NoRoom,
}

/// Which of the two streams of a participant a packet belongs to: their ports may differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Channel {
    Data,
    Control,
}

/// Where a packet came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Origin {
    pub(super) cloud: usize,
    pub(super) channel: Channel,
    pub(super) address: SocketAddr,
}

/// What a source was sent as in one cloud.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    pub(super) packets: u32,
    pub(super) octets: u32,
    /// Whether anything of it was sent there since its last goodbye.
    pub(super) is_known: bool,
}

/// One source, SSRC or CSRC.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) ssrc: Ssrc,
    pub(super) cloud: usize,
    data: Option<SocketAddr>,
    control: Option<SocketAddr>,
    heard: Instant,
    /// It has said goodbye.
    left: bool,
    cname: [u8; CNAME],
    cname_octets: usize,
    pub(super) numbers: Numbers,
    pub(super) sent: [Sent; MOST_CLOUDS],
}

impl Known {
    fn new(ssrc: Ssrc, now: Instant, origin: Origin) -> Self {
        let mut known = Self {
            ssrc,
            cloud: origin.cloud,
            data: None,
            control: None,
            heard: now,
            left: false,
            cname: [0; CNAME],
            cname_octets: 0,
            numbers: Numbers::default(),
            sent: [Sent::default(); MOST_CLOUDS],
        };
        *known.address(origin.channel) = Some(origin.address);
        known
    }

    fn address(&mut self, channel: Channel) -> &mut Option<SocketAddr> {
        match channel {
            Channel::Data => &mut self.data,
            Channel::Control => &mut self.control,
        }
    }

    /// What it calls itself, if it has said so.
    pub(super) fn cname(&self) -> Option<&[u8]> {
        let text = self.cname.get(..self.cname_octets)?;
        (!text.is_empty()).then_some(text)
    }

    fn is_silent(&self, now: Instant, timeout: Duration) -> bool {
        let silent = now.saturating_duration_since(self.heard);
        // Its goodbye has to be forwarded before it is forgotten.
        (self.left && !silent.is_zero()) || silent > timeout
    }

    /// Notes that something of it goes to a cloud.
    pub(super) fn sent(&mut self, cloud: usize) -> Option<&mut Sent> {
        let sent = self.sent.get_mut(cloud)?;
        sent.is_known = true;
        Some(sent)
    }
}

/// All of them, by their identifiers.
#[derive(Debug)]
pub(super) struct Sources {
    most: usize,
    timeout: Duration,
    list: Vec<Known>,
    pub(super) loops: u64,
    pub(super) collisions: u64,
}

impl Sources {
    pub(super) fn new(most: usize, timeout: Duration) -> Self {
        Self {
            most,
            timeout,
            list: Vec::with_capacity(most),
            loops: 0,
            collisions: 0,
        }
    }

    fn find(&self, ssrc: Ssrc) -> Result<usize, usize> {
        self.list.binary_search_by_key(&ssrc, |known| known.ssrc)
    }

    pub(super) fn get(&self, ssrc: Ssrc) -> Option<&Known> {
        self.list.get(self.find(ssrc).ok()?)
    }

    pub(super) fn get_mut(&mut self, ssrc: Ssrc) -> Option<&mut Known> {
        let at = self.find(ssrc).ok()?;
        self.list.get_mut(at)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Known> {
        self.list.iter_mut()
    }

    /// Whether this is where a source's packets come from.
    pub(super) fn is_of(&self, ssrc: Ssrc, origin: Origin) -> bool {
        let known = self.get(ssrc);
        known.is_some_and(|known| {
            let address = match origin.channel {
                Channel::Data => known.data,
                Channel::Control => known.control,
            };
            known.cloud == origin.cloud && address == Some(origin.address)
        })
    }

    /// §8.2: each SSRC and CSRC of a data packet, and each element of a control packet that has an
    /// SSRC of its own, is looked up; those of report blocks are not, for they say whom the reporter
    /// hears. `cname` is that of an SDES chunk.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        origin: Origin,
        ssrc: Ssrc,
        cname: Option<&[u8]>,
    ) -> Result<&mut Known, Refusal> {
        let at = match self.find(ssrc) {
            // "create a new entry storing the data or control source transport address"
            Err(at) => self.insert(at, Known::new(ssrc, now, origin), now)?,
            Ok(at) => at,
        };
        let timeout = self.timeout;
        let known = self.list.get_mut(at).ok_or(Refusal::NoRoom)?;
        // "created on receipt of a control packet and this is the first data packet or vice versa:
        // store the source transport address from this packet"
        let stored = *known.address(origin.channel);
        let is_address = stored.is_none_or(|address| address == origin.address);
        let is_its = known.cloud == origin.cloud && is_address;
        if !is_its && known.is_silent(now, timeout) {
            // "removed when an RTCP BYE packet is received, or after no packets have arrived for a
            // relatively long time"
            *known = Known::new(ssrc, now, origin);
        } else if !is_its {
            // "if it differs from the CNAME in the table entry count a third-party collision, else
            // count a third-party loop"
            let differs = cname.is_some_and(|text| known.cname().is_some_and(|own| own != text));
            return Err(match differs {
                true => {
                    self.collisions = self.collisions.saturating_add(1);
                    Refusal::Collided
                }
                false => {
                    self.loops = self.loops.saturating_add(1);
                    Refusal::Looped
                }
            });
        }
        *known.address(origin.channel) = Some(origin.address);
        known.heard = now;
        known.left = false;
        if let Some(text) = cname.filter(|text| !text.is_empty()) {
            // Beyond another translator all have one address: there only the CNAME tells two apart.
            // It is forwarded all the same, for those who collide have to see it (§7.2).
            if known.cname().is_some_and(|own| own != text) {
                self.collisions = self.collisions.saturating_add(1);
            } else if let Some(place) = known.cname.get_mut(..text.len()) {
                place.copy_from_slice(text);
                known.cname_octets = text.len();
            }
        }
        Ok(known)
    }

    /// "removed when an RTCP BYE packet is received with the corresponding SSRC identifier and
    /// validated by a matching source transport address": as soon as another may have its place.
    pub(super) fn leave(&mut self, ssrc: Ssrc) {
        if let Some(known) = self.get_mut(ssrc) {
            known.left = true;
        }
    }

    /// Forgets those that have left, and those that were silent for long.
    pub(super) fn expire(&mut self, now: Instant) {
        let timeout = self.timeout;
        self.list.retain(|known| !known.is_silent(now, timeout));
    }

    fn insert(&mut self, at: usize, known: Known, now: Instant) -> Result<usize, Refusal> {
        let ssrc = known.ssrc;
        let mut at = at;
        if self.list.len() >= self.most {
            self.expire(now);
            at = self.find(ssrc).unwrap_or_else(|at| at);
        }
        if self.list.len() >= self.most {
            return Err(Refusal::NoRoom);
        }
        self.list.insert(at, known);
        Ok(at)
    }
}
