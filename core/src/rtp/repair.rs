//! Packets that were lost, had back from what protects them (RFC 5109 §9), as long as they are of
//! use.
//!
//! All memory is taken at the start. What comes is kept as it came, RTP header included, so that a
//! packet that is had back is the one that was sent, octet by octet.

use alloc::vec::Vec;

use super::number::{SequenceNumber, Ssrc};
use super::packet::Packet;
use super::payload::fec::{Fec, Recovered};

/// Protecting packets kept: those of one packet each are needed when the lost one would be.
const FECS: usize = 8;

/// The last packets of one source, and what protects them.
#[derive(Debug)]
pub struct Repair {
    ssrc: Option<Ssrc>,
    /// Octets of the longest packet that is kept.
    longest: usize,
    /// By the number's remainder.
    packets: Vec<Kept>,
    fecs: Vec<Protecting>,
    /// The next of `fecs` to be replaced.
    oldest: usize,
    /// Where a packet is put together.
    scratch: Vec<u8>,
}

/// A packet, or none if empty.
#[derive(Debug)]
struct Kept {
    sequence: SequenceNumber,
    octets: Vec<u8>,
}

/// What protects others, or nothing if empty.
#[derive(Debug)]
struct Protecting {
    /// RFC 2733, RTP header included.
    is_old: bool,
    octets: Vec<u8>,
}

impl Protecting {
    fn read(&self) -> Option<Fec<'_>> {
        if self.is_old {
            Fec::unpack_rfc2733(&self.octets)
        } else {
            Fec::unpack(&self.octets)
        }
    }
}

impl Repair {
    /// Keeps so many packets of so many octets each. Longer ones are not kept, nor had back.
    #[must_use]
    pub fn new(packets: usize, octets: usize) -> Self {
        let kept = (0..packets.max(1)).map(|_| Kept {
            sequence: SequenceNumber::new(0),
            octets: Vec::with_capacity(octets),
        });
        let protecting = (0..FECS).map(|_| Protecting {
            is_old: false,
            octets: Vec::with_capacity(octets),
        });
        Self {
            ssrc: None,
            longest: octets,
            packets: kept.collect(),
            fecs: protecting.collect(),
            oldest: 0,
            scratch: alloc::vec![0; octets],
        }
    }

    /// Takes a packet of the stream that is protected: after SRTP, before anything else
    /// (RFC 3711 §10). One of another source begins anew.
    pub fn push(&mut self, bytes: &[u8]) {
        let Ok(packet) = Packet::parse(bytes) else {
            return;
        };
        let ssrc = packet.ssrc();
        if self.ssrc.replace(ssrc).is_some_and(|before| before != ssrc) {
            self.clear();
        }
        self.keep(packet.sequence(), bytes);
    }

    /// Takes the payload of a packet that protects others, or a block of redundant data that does.
    pub fn push_fec(&mut self, payload: &[u8]) {
        self.keep_fec(false, payload);
    }

    /// Takes a packet that protects others as RFC 2733 has it, RTP header included.
    pub fn push_rfc2733(&mut self, packet: &[u8]) {
        self.keep_fec(true, packet);
    }

    /// Has a lost packet back, if one can be had: RTP header included, to be taken as if it had
    /// come. To be called until there is none.
    pub fn poll(&mut self) -> Option<&[u8]> {
        let ssrc = self.ssrc?;
        // Lent to itself, so that packets can be read meanwhile.
        let mut scratch = core::mem::take(&mut self.scratch);
        let mut all = 0..self.fecs.len();
        let found = all.find_map(|at| self.recover(at, ssrc, &mut scratch));
        if let Some((missing, size)) = found {
            self.keep(missing, scratch.get(..size).unwrap_or(&[]));
        }
        self.scratch = scratch;
        self.packet_of(found?.0)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.packets.iter_mut().for_each(|kept| kept.octets.clear());
        self.fecs.iter_mut().for_each(|fec| fec.octets.clear());
    }

    fn keep(&mut self, sequence: SequenceNumber, bytes: &[u8]) {
        let at = self.place_of(sequence);
        if let Some(kept) = self.packets.get_mut(at) {
            kept.octets.clear();
            if bytes.len() <= self.longest {
                kept.sequence = sequence;
                kept.octets.extend_from_slice(bytes);
            }
        }
    }

    fn keep_fec(&mut self, is_old: bool, octets: &[u8]) {
        if octets.len() > self.longest {
            return;
        }
        if let Some(place) = self.fecs.get_mut(self.oldest) {
            place.is_old = is_old;
            place.octets.clear();
            place.octets.extend_from_slice(octets);
        }
        let next = self.oldest.wrapping_add(1);
        self.oldest = if next < self.fecs.len() { next } else { 0 };
    }

    fn place_of(&self, sequence: SequenceNumber) -> usize {
        let number = usize::from(sequence.as_u16());
        number.checked_rem(self.packets.len()).unwrap_or(0)
    }

    /// Whether a packet's place belongs to a later one already.
    fn is_past(&self, sequence: SequenceNumber) -> bool {
        let kept = self.packets.get(self.place_of(sequence));
        kept.is_some_and(|kept| {
            let behind = kept.sequence.distance_from(sequence);
            !kept.octets.is_empty() && behind != 0 && behind < 0x8000
        })
    }

    fn packet_of(&self, sequence: SequenceNumber) -> Option<&[u8]> {
        let kept = self.packets.get(self.place_of(sequence))?;
        let is_there = kept.sequence == sequence && !kept.octets.is_empty();
        is_there.then_some(kept.octets.as_slice())
    }

    /// What one protecting packet gives back, with what the others know of it if it is not whole.
    fn recover(&self, at: usize, ssrc: Ssrc, out: &mut [u8]) -> Option<(SequenceNumber, usize)> {
        let fec = self.fecs.get(at)?.read()?;
        let packet_of = |sequence| self.packet_of(sequence);
        let missing = fec.missing(|sequence| packet_of(sequence).is_some())?;
        // What protects outlives what is protected: one that has made room for a later one was there.
        if self.is_past(missing) {
            return None;
        }
        let mut recovered = fec.recover(missing, ssrc, packet_of, out)?;
        if !recovered.is_whole() {
            recovered = self.complete(missing, recovered, out);
        }
        let whole = recovered.is_whole().then_some(recovered.size)?;
        // What does not add up was made of something else.
        Packet::parse(out.get(..whole)?).ok()?;
        Some((missing, whole))
    }

    /// Fills in what other packets protect at higher levels.
    fn complete(
        &self,
        missing: SequenceNumber,
        mut recovered: Recovered,
        out: &mut [u8],
    ) -> Recovered {
        for fec in self.fecs.iter().filter_map(Protecting::read) {
            for level in 1..fec.levels().count() {
                let packet_of = |sequence| self.packet_of(sequence);
                let more = fec.recover_level(level, missing, packet_of, out, recovered);
                recovered = more.unwrap_or(recovered);
            }
        }
        recovered
    }
}

#[cfg(test)]
mod tests;
