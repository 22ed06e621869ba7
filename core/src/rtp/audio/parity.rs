//! Parity within redundant data (RFC 5109 §14.2).
//!
//! What is protected are not the packets as they go out, but those they would be without redundant
//! data: the header with the payload type of the main codec, and its payload. Each group of packets
//! is protected by a block that goes along with the packet behind it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::rtp::number::{PayloadType, Ssrc};
use crate::rtp::packet::{FIXED_HEADER, Header, Outgoing, Packet};
use crate::rtp::payload::fec::{Protection, protect};
use crate::rtp::payload::red::MOST_LENGTH;
use crate::rtp::repair::Repair;

/// Packets kept besides two groups, for those that come in another order.
const REORDERED: usize = 16;

/// Parity to be sent, or that may arrive, within redundant data.
#[derive(Clone, Copy, Debug)]
pub struct Parity {
    payload_type: PayloadType,
    packets: u8,
    /// Makes what does the work. Named here alone, so that a program that never agrees on parity
    /// does not have it linked.
    make: fn(&Self) -> Box<dyn Mender>,
}

impl Parity {
    /// The most packets of a group.
    pub const MOST_PACKETS: u8 = 16;

    /// Parity as this payload type, a block for so many packets: 1 to
    /// [`Parity::MOST_PACKETS`]. Where it arrives, so many packets' time is waited for it.
    #[must_use]
    pub fn new(payload_type: PayloadType, packets: u8) -> Self {
        Self {
            payload_type,
            packets: packets.clamp(1, Self::MOST_PACKETS),
            make: |parity| Box::new(Works::new(usize::from(parity.packets))),
        }
    }

    /// The number of the blocks.
    #[must_use]
    pub const fn payload_type(&self) -> PayloadType {
        self.payload_type
    }

    /// Packets of a group.
    #[must_use]
    pub const fn packets(&self) -> u8 {
        self.packets
    }

    pub(super) fn make(&self) -> Box<dyn Mender> {
        (self.make)(self)
    }
}

impl PartialEq for Parity {
    fn eq(&self, other: &Self) -> bool {
        (self.payload_type, self.packets) == (other.payload_type, other.packets)
    }
}

impl Eq for Parity {}

/// Both ends of parity, of which each stream has one for each direction.
pub(super) trait Mender: fmt::Debug + Send + Sync {
    /// A packet went out under this header, with this payload of the main codec.
    fn sent(&mut self, header: Header, payload: &[u8]);
    /// The block that is to go along with the next packet, once.
    fn take_block(&mut self) -> Option<&[u8]>;
    /// A packet came, with this of the main codec.
    fn received(&mut self, packet: &Packet<'_>, main: PayloadType, payload: &[u8]);
    /// A block came.
    fn received_block(&mut self, block: &[u8]);
    /// A packet that was lost, if one can be had back; to be called until there is none.
    fn restored(&mut self) -> Option<&[u8]>;
}

/// All memory is taken at the start.
#[derive(Debug)]
struct Works {
    /// The packets of the group that goes out; those behind `count` are of the one before.
    group: Vec<Vec<u8>>,
    count: usize,
    block: Vec<u8>,
    /// Octets of the block that waits, or none.
    ready: usize,
    repair: Repair,
    scratch: Vec<u8>,
}

/// The longest packet that a block can protect.
const LONGEST: usize = FIXED_HEADER + MOST_LENGTH;

impl Works {
    fn new(packets: usize) -> Self {
        let kept = packets.saturating_mul(2).saturating_add(REORDERED);
        let place = || Vec::with_capacity(LONGEST);
        Self {
            group: (0..packets).map(|_| place()).collect(),
            count: 0,
            block: alloc::vec![0; MOST_LENGTH],
            ready: 0,
            repair: Repair::new(kept, LONGEST),
            scratch: place(),
        }
    }

    fn protect(&mut self) {
        self.count = 0;
        let mut all: [&[u8]; Parity::MOST_PACKETS as usize] = [&[]; Parity::MOST_PACKETS as usize];
        for (place, packet) in all.iter_mut().zip(&self.group) {
            *place = packet;
        }
        let all = all.get(..self.group.len()).unwrap_or(&[]);
        // None if they are too far apart, or too long for a block: then they go unprotected.
        let size = protect(&[Protection::of(all)], &mut self.block);
        self.ready = size.unwrap_or(0);
    }
}

impl Mender for Works {
    fn sent(&mut self, header: Header, payload: &[u8]) {
        let Some(place) = self.group.get_mut(self.count) else {
            return;
        };
        if !write(Outgoing::new(header, payload), place) {
            self.count = 0;
            return;
        }
        self.count = self.count.saturating_add(1);
        if self.count >= self.group.len() {
            self.protect();
        }
    }

    fn take_block(&mut self) -> Option<&[u8]> {
        let size = core::mem::take(&mut self.ready);
        self.block.get(..size).filter(|block| !block.is_empty())
    }

    fn received(&mut self, packet: &Packet<'_>, main: PayloadType, payload: &[u8]) {
        let mut sources = [Ssrc::new(0); 15];
        let count = packet.csrc().len();
        for (place, source) in sources.iter_mut().zip(packet.csrc()) {
            *place = source;
        }
        let outgoing = Outgoing {
            header: Header {
                payload_type: main,
                ..packet.header()
            },
            csrc: sources.get(..count).unwrap_or(&[]),
            extension: packet.extension(),
            payload,
            padding: packet.padding(),
        };
        if write(outgoing, &mut self.scratch) {
            self.repair.push(&self.scratch);
        }
    }

    fn received_block(&mut self, block: &[u8]) {
        self.repair.push_fec(block);
    }

    fn restored(&mut self) -> Option<&[u8]> {
        self.repair.poll()
    }
}

/// Writes a packet into a place that is as large as it will ever be; whether it fits.
fn write(outgoing: Outgoing<'_>, place: &mut Vec<u8>) -> bool {
    let size = outgoing.size();
    if size > LONGEST {
        return false;
    }
    place.clear();
    place.resize(size, 0);
    outgoing.write(place).is_ok()
}
