//! RTP seen from beside the path: which packets are streams, and how each fared (RFC 3550 §5.1, §6.4,
//! A.1, A.3, A.8).
//!
//! ```text
//!   (time, addresses, bytes) ─▶ RTCP? ─▶ what it says of the streams there are
//!                                │ no
//!                                ▼
//!               A.1 checks ─▶ candidate ── enough packets in a row ──▶ stream ─▶ counts, jitter,
//!                               │   ▲                                            loss over time, keys
//!                               └───┘ far from the numbers before: starts over
//! ```
//!
//! An observer is told nothing by anybody: it may be [announced](Observer::announce) what a session
//! description says of an address, and finds streams without that as well; then it wants to see more
//! of them first. The packets a stream showed itself with are counted too. Telephone events
//! (RFC 4733) are found in packets of their own and within redundant data (RFC 2198).
//!
//! ```
//! use offhook::Instant;
//! use offhook::rtp::observer::{Observation, Observer};
//!
//! let mut observer = Observer::default();
//! let (alice, bob) = ("192.0.2.1:4000".parse().unwrap(), "192.0.2.2:4000".parse().unwrap());
//! for n in 0..50_u8 {
//!     let mut packet = [0; 172];
//!     // PCMU; its sequence number, its timestamp, its source.
//!     packet[..4].copy_from_slice(&[0x80, 0, 0, n]);
//!     packet[4..8].copy_from_slice(&(u32::from(n) * 160).to_be_bytes());
//!     packet[11] = 7;
//!     if n != 20 {
//!         let at = Instant::from_millis(u64::from(n) * 20);
//!         let seen = observer.observe(at, alice, bob, &packet);
//!         assert!(matches!(seen, Observation::Candidate | Observation::Media));
//!     }
//! }
//! let report = observer.streams()[0].report();
//! assert_eq!((report.packets, report.lost, report.name.as_deref()), (49, 1, Some("PCMU")));
//! ```

mod arrivals;
mod candidate;
mod control;
mod format;
mod intervals;
mod keys;
mod report;
mod stream;
mod timing;

pub use control::Heard;
pub use format::{Announcement, StreamFormat};
pub use intervals::Interval;
pub use keys::ObservedEvent;
pub use report::StreamReport;
pub use stream::{ObservedStream, StreamId};

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::SocketAddr;

use self::candidate::{Candidate, Progress, Seen};
use self::format::Formats;
use super::packet::Packet;
use super::rtcp::{Compound, is_rtcp};
use crate::time::Instant;

/// How much an observer keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObserverLimits {
    /// Streams; packets of further ones are only counted.
    pub streams: usize,
    /// Sources that have not shown themselves to be streams; for more, the one that was silent for
    /// longest is forgotten.
    pub candidates: usize,
    /// Addresses that were announced; further ones are as if they had not been.
    pub announcements: usize,
}

impl Default for ObserverLimits {
    fn default() -> Self {
        Self {
            streams: 1024,
            candidates: 1024,
            announcements: 4096,
        }
    }
}

/// What a datagram was taken for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Observation {
    /// A packet of a stream.
    Media,
    /// It may be one: its source has yet to send more.
    Candidate,
    /// A compound RTCP packet.
    Control,
    /// A packet of a stream for which there was no room.
    NoRoom,
    /// Neither.
    Other,
}

/// Finds the streams among datagrams.
#[derive(Debug, Default)]
pub struct Observer {
    limits: ObserverLimits,
    formats: Formats,
    candidates: BTreeMap<StreamId, Candidate>,
    /// Where each stream stands in `streams`.
    places: BTreeMap<StreamId, usize>,
    streams: Vec<ObservedStream>,
    no_room: u64,
}

impl Observer {
    /// An observer that keeps no more than this.
    #[must_use]
    pub fn new(limits: ObserverLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Learns what payload types mean in packets to an address, which is what a session description
    /// says (RFC 3264 §5.1); in packets from there it is a guess, for where nothing is said of the
    /// other side. A later announcement for the same address and payload type replaces the earlier.
    pub fn announce(&mut self, announcement: Announcement) {
        self.formats
            .announce(announcement, self.limits.announcements);
    }

    /// Takes one datagram. Times may not lie before those of earlier calls; those that do are taken
    /// for now.
    pub fn observe(
        &mut self,
        at: Instant,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
    ) -> Observation {
        if is_rtcp(bytes) {
            let Ok(compound) = Compound::parse(bytes) else {
                return Observation::Other;
            };
            for stream in &mut self.streams {
                stream.hear(at, source.ip(), &compound);
            }
            return Observation::Control;
        }
        let Ok(packet) = Packet::parse(bytes) else {
            return Observation::Other;
        };
        let id = StreamId {
            source,
            destination,
            ssrc: packet.ssrc(),
        };
        if let Some(stream) = self
            .places
            .get(&id)
            .and_then(|at| self.streams.get_mut(*at))
        {
            let seen = Seen::of(at, &packet);
            stream.take(&seen, packet.payload(), &self.formats);
            return Observation::Media;
        }
        self.consider(at, id, &packet)
    }

    /// The streams found so far, in the order they were found.
    #[must_use]
    pub fn streams(&self) -> &[ObservedStream] {
        &self.streams
    }

    /// Packets of streams for which there was no room.
    #[must_use]
    pub const fn no_room(&self) -> u64 {
        self.no_room
    }

    /// A packet of a source that is no stream yet.
    fn consider(&mut self, at: Instant, id: StreamId, packet: &Packet<'_>) -> Observation {
        let is_announced = self.formats.knows(&id);
        if !self.candidates.contains_key(&id) {
            self.make_room_for_candidate();
        }
        let candidate = self.candidates.entry(id).or_default();
        match candidate.take(at, packet, is_announced) {
            Progress::Waiting => Observation::Candidate,
            Progress::Believed => self.begin(id),
        }
    }

    fn begin(&mut self, id: StreamId) -> Observation {
        let Some(candidate) = self.candidates.remove(&id) else {
            return Observation::Other;
        };
        if self.streams.len() >= self.limits.streams {
            let packets = u64::try_from(candidate.packets().len()).unwrap_or(u64::MAX);
            self.no_room = self.no_room.saturating_add(packets);
            return Observation::NoRoom;
        }
        let Some(mut stream) = ObservedStream::begin(id, candidate.packets()) else {
            return Observation::Other;
        };
        for held in candidate.packets() {
            stream.take(&held.seen, &held.payload, &self.formats);
        }
        self.places.insert(id, self.streams.len());
        self.streams.push(stream);
        Observation::Media
    }

    fn make_room_for_candidate(&mut self) {
        if self.candidates.len() >= self.limits.candidates.max(1) {
            let quiet = self.candidates.iter().min_by_key(|(_, one)| one.last());
            if let Some(quiet) = quiet.map(|(id, _)| *id) {
                self.candidates.remove(&quiet);
            }
        }
    }
}

#[cfg(test)]
mod tests;
