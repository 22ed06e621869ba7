//! The translator itself, and what it does with data (RFC 3550 §7.1).

use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use super::sources::{Channel, MOST_CLOUDS, Origin, Refusal, Sources};
use super::translation::Translation;
use crate::rtp::number::{SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::{BufferTooSmall, Header, Outgoing, Packet, WriteError};
use crate::rtp::rtcp::RtcpWriteError;
use crate::time::Instant;

/// CSRCs of a packet (§5.1).
const MOST_CSRCS: usize = 15;

/// What a translator has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TranslatorLimits {
    /// Clouds it connects: 2 to 8.
    pub clouds: usize,
    /// Sources in all of them, CSRCs included. What comes of further ones goes nowhere.
    pub sources: usize,
    /// How long a source may be silent until another may have its name and its place: five intervals
    /// between its reports, and more than a minute if nobody knows better (§6.2.1).
    pub silent_for: Duration,
    /// Whether feedback may come without a report before it (RFC 5506).
    pub reduced_size: bool,
}

impl Default for TranslatorLimits {
    fn default() -> Self {
        Self {
            clouds: 2,
            sources: 64,
            silent_for: Duration::from_secs(70),
            reduced_size: false,
        }
    }
}

/// Connects clouds, which are counted from 0.
#[derive(Debug)]
pub struct Translator {
    pub(super) limits: TranslatorLimits,
    /// From each cloud into each.
    pub(super) translations: Vec<Translation>,
    pub(super) sources: Sources,
}

/// A data packet that may go on.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// As it came.
    pub packet: Packet<'a>,
    /// Where it stands, to be kept while what it goes into is put together.
    pub place: Place,
    bytes: &'a [u8],
}

/// Where a packet stands in all that its source sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    cloud: usize,
    header: Header,
    csrc: [Ssrc; MOST_CSRCS],
    csrcs: usize,
    /// The first number and time there were of the source, and how much later these are.
    first: (u16, u32),
    number: i64,
    ticks: i64,
}

/// The packets that others are made of, each time as many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Group {
    /// Counts the groups of a source; the first packet that came is in group 0.
    pub number: i64,
    /// Which of its packets it is, from 0.
    pub place: u8,
    /// How many packets go into it.
    pub incoming: u8,
    /// How many come out of it.
    pub outgoing: u8,
}

/// What was made of a packet or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'p> {
    /// Which of the packets of its group it is, from 0.
    pub place: u8,
    /// How many ticks, there, its payload begins after the packet named.
    pub after: u32,
    /// M.
    pub marker: bool,
    /// Its payload.
    pub payload: &'p [u8],
}

/// Why something cannot be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TranslateError {
    /// There is no such cloud, or it is the one it came from.
    NoCloud,
    /// Packets are not forwarded one by one into this cloud: [`Translator::send`] is for those.
    Regrouped,
    /// The data packet cannot be written.
    Data(WriteError),
    /// The control packet cannot be written.
    Control(RtcpWriteError),
}

impl fmt::Display for TranslateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCloud => f.write_str("no other cloud of this number"),
            Self::Regrouped => f.write_str("packets are grouped anew on this way"),
            Self::Data(error) => error.fmt(f),
            Self::Control(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TranslateError {}

impl Place {
    /// Whose it is.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.header.ssrc
    }

    /// The cloud it came from.
    #[must_use]
    pub const fn cloud(&self) -> usize {
        self.cloud
    }

    /// Where a packet of this place stands in another cloud.
    fn header(&self, way: &Translation, place: u8, after: u32) -> Header {
        let (first_number, first_time) = self.first;
        let (group, _) = way.group(self.number);
        let number = way.number(group, place);
        let ticks = way.ticks(self.ticks);
        Header {
            payload_type: way.payload_type(self.header.payload_type),
            sequence: SequenceNumber::new(first_number.wrapping_add(number as u16)),
            timestamp: Timestamp::new(first_time.wrapping_add(ticks as u32)).wrapping_add(after),
            ..self.header
        }
    }
}

impl Translator {
    /// Connects so many clouds; data and reports go through as they are until something else is said.
    #[must_use]
    pub fn new(limits: TranslatorLimits) -> Self {
        let limits = TranslatorLimits {
            clouds: limits.clouds.clamp(2, MOST_CLOUDS),
            ..limits
        };
        let ways = limits.clouds.saturating_mul(limits.clouds);
        Self {
            limits,
            translations: alloc::vec![Translation::unchanged(); ways],
            sources: Sources::new(limits.sources, limits.silent_for),
        }
    }

    /// Says what becomes of the data of one cloud in another, before any of them are sent there.
    pub fn set_translation(&mut self, from: usize, to: usize, translation: Translation) {
        let at = self.way_at(from, to);
        if let Some(place) = at.and_then(|at| self.translations.get_mut(at)) {
            *place = translation;
        }
    }

    /// How often a packet came around, or from two that have one SSRC (§8.2: the optional counter).
    #[must_use]
    pub const fn loops(&self) -> u64 {
        self.sources.loops
    }

    /// How often two had one SSRC by their CNAMEs (§8.2).
    #[must_use]
    pub const fn collisions(&self) -> u64 {
        self.sources.collisions
    }

    /// Forgets the sources that have left, and those that were silent for long. That is done as well
    /// when there is no room for another.
    pub fn expire(&mut self, now: Instant) {
        self.sources.expire(now);
    }

    /// Takes a data packet that came in a cloud.
    ///
    /// # Errors
    /// [`Refusal`]: it is not to be forwarded.
    pub fn receive<'a>(
        &mut self,
        now: Instant,
        cloud: usize,
        from: SocketAddr,
        bytes: &'a [u8],
    ) -> Result<Incoming<'a>, Refusal> {
        let origin = self.origin(cloud, Channel::Data, from)?;
        let packet = Packet::parse(bytes).map_err(|_| Refusal::Malformed)?;
        let mut csrc = [Ssrc::new(0); MOST_CSRCS];
        let csrcs = packet.csrc().len();
        for (place, source) in csrc.iter_mut().zip(packet.csrc()) {
            *place = source;
            match self.sources.admit(now, origin, source, None) {
                // §8.2: a mixer that closes a loop shows a source as SSRC and as CSRC. One that
                // cannot be watched for want of room harms no other.
                Ok(_) | Err(Refusal::NoRoom) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let known = self.sources.admit(now, origin, packet.ssrc(), None)?;
        let number = known.numbers.take_sequence(packet.sequence());
        let ticks = known.numbers.take_time(packet.timestamp());
        let first = (
            known.numbers.first_sequence().unwrap_or_default(),
            known.numbers.first_time().unwrap_or_default(),
        );
        let place = Place {
            cloud,
            header: packet.header(),
            csrc,
            csrcs,
            first,
            number,
            ticks,
        };
        Ok(Incoming {
            packet,
            place,
            bytes,
        })
    }

    /// Which packets go together with this one into others of a cloud.
    #[must_use]
    pub fn group(&self, to: usize, place: &Place) -> Option<Group> {
        let way = self.way(place.cloud, to)?;
        let (number, within) = way.group(place.number);
        let (incoming, outgoing) = way.packets();
        Some(Group {
            number,
            place: within,
            incoming,
            outgoing,
        })
    }

    /// Writes a packet as it goes into another cloud, with the payload it came with, and says how
    /// long it is.
    ///
    /// # Errors
    /// [`TranslateError`].
    pub fn forward(
        &mut self,
        to: usize,
        incoming: &Incoming<'_>,
        out: &mut [u8],
    ) -> Result<usize, TranslateError> {
        let place = &incoming.place;
        let way = self.way(place.cloud, to).ok_or(TranslateError::NoCloud)?;
        if !way.keeps_numbers() {
            return Err(TranslateError::Regrouped);
        }
        // §7.1: "forwards RTP packets with their SSRC identifier intact"; some "pass through the data
        // untouched, but others MAY change the encoding of the data and thus the RTP data payload
        // type and timestamp".
        let packet = &incoming.packet;
        let size = if way.keeps_data() {
            let needed = incoming.bytes.len();
            let error = WriteError::Buffer(BufferTooSmall { needed });
            let out = out.get_mut(..needed).ok_or(TranslateError::Data(error))?;
            out.copy_from_slice(incoming.bytes);
            needed
        } else {
            let outgoing = Outgoing {
                header: place.header(way, 0, 0),
                csrc: place.csrc.get(..place.csrcs).unwrap_or_default(),
                extension: packet.extension(),
                payload: packet.payload(),
                padding: packet.padding(),
            };
            outgoing.write(out).map_err(TranslateError::Data)?
        };
        self.count(to, place.ssrc(), packet.payload().len());
        Ok(size)
    }

    /// Writes a packet that was made of this one, or of several of which this is the first that came,
    /// and says how long it is.
    ///
    /// §7.1: packets that were combined or split have numbers of their own, which follow from those
    /// they are made of: where none of a group came, a gap is left.
    ///
    /// # Errors
    /// [`TranslateError`].
    pub fn send(
        &mut self,
        to: usize,
        place: &Place,
        piece: &Piece<'_>,
        out: &mut [u8],
    ) -> Result<usize, TranslateError> {
        let way = self.way(place.cloud, to).ok_or(TranslateError::NoCloud)?;
        let header = Header {
            marker: piece.marker,
            ..place.header(way, piece.place, piece.after)
        };
        let outgoing = Outgoing {
            csrc: place.csrc.get(..place.csrcs).unwrap_or_default(),
            ..Outgoing::new(header, piece.payload)
        };
        let size = outgoing.write(out).map_err(TranslateError::Data)?;
        self.count(to, place.ssrc(), piece.payload.len());
        Ok(size)
    }

    /// A packet with so many octets of payload goes into a cloud (§6.4.1: without header and padding;
    /// both counts wrap around).
    fn count(&mut self, to: usize, ssrc: Ssrc, octets: usize) {
        let known = self.sources.get_mut(ssrc);
        if let Some(sent) = known.and_then(|known| known.sent(to)) {
            sent.packets = sent.packets.wrapping_add(1);
            sent.octets = sent.octets.wrapping_add(octets as u32);
        }
    }

    pub(super) fn origin(
        &self,
        cloud: usize,
        channel: Channel,
        address: SocketAddr,
    ) -> Result<Origin, Refusal> {
        let origin = Origin {
            cloud,
            channel,
            address,
        };
        let is_one = cloud < self.limits.clouds;
        is_one.then_some(origin).ok_or(Refusal::NoCloud)
    }

    fn way_at(&self, from: usize, to: usize) -> Option<usize> {
        let clouds = self.limits.clouds;
        let is_way = from != to && from < clouds && to < clouds;
        let at = from.saturating_mul(clouds).saturating_add(to);
        is_way.then_some(at)
    }

    /// What becomes of one cloud's data in another; nothing of a cloud's own.
    pub(super) fn way(&self, from: usize, to: usize) -> Option<&Translation> {
        self.translations.get(self.way_at(from, to)?)
    }
}
