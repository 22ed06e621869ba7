//! Recordings of any kind as samples: WAV files, and rtpdumps of G.711.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use offhook::rtp::payload::g711::Law;
use offhook::rtp::{Packet, PayloadType, Ssrc, Timestamp};

use crate::failure::Failure;
use crate::rtpdump::{Reader, is_rtpdump};
use crate::wav;

/// A timestamp so much further than the one before (10 s) is of another count, not of a long silence.
const JUMP: i32 = 10 * wav::RATE as i32;
/// More than this (six hours) is no recording of a call.
const LONGEST: usize = 6 * 3600 * wav::RATE as usize;

/// Reads `path` as 8 kHz mono samples, whichever its content says it is.
pub(crate) fn read(path: &Path) -> Result<Vec<i16>, Failure> {
    let cannot = |why: String| Failure::local(format!("cannot play {}: {why}", path.display()));
    let mut start = Vec::new();
    let Ok(file) = File::open(path) else {
        // What WAV files are read with says why, and what to give.
        return wav::read(path);
    };
    let mut source = BufReader::new(file);
    let begun = source.by_ref().take(4).read_to_end(&mut start);
    begun.map_err(|error| cannot(error.to_string()))?;
    match start.first_chunk::<4>().copied() {
        Some(start) if is_rtpdump(start) => {
            let samples = speech(start, source).map_err(|error| cannot(error.to_string()))?;
            if samples.is_empty() {
                return Err(cannot("the rtpdump holds no G.711".into()));
            }
            Ok(samples)
        }
        Some(_) | None => wav::read(path),
    }
}

/// The samples of one source, each at the place its timestamp gives it.
#[derive(Default)]
struct Track {
    packets: usize,
    samples: Vec<i16>,
    /// The timestamp of the packet before, and where its samples stand.
    before: Option<(Timestamp, usize)>,
}

impl Track {
    fn take(&mut self, timestamp: Timestamp, law: Law, octets: &[u8]) {
        let place = match self.before {
            None => Some(0),
            Some((before, place)) => match timestamp.ticks_since(before) {
                after if (-JUMP..JUMP).contains(&after) => {
                    place.checked_add_signed(isize::try_from(after).unwrap_or(0))
                }
                _ => Some(self.samples.len()),
            },
        };
        // What came before all others but was sent first of all has no place: it is left out.
        let Some(place) = place.filter(|place| *place < LONGEST) else {
            return;
        };
        let end = place + octets.len();
        if self.samples.len() < end {
            self.samples.resize(end, 0);
        }
        law.unpack(octets, &mut self.samples[place..end]);
        self.packets += 1;
        self.before = Some((timestamp, place));
    }
}

/// What the source that sent most of an rtpdump said, silence where packets are missing.
fn speech(start: [u8; 4], source: impl Read) -> io::Result<Vec<i16>> {
    let mut reader = Reader::open(start, source)?;
    let mut tracks: BTreeMap<Ssrc, Track> = BTreeMap::new();
    while let Some(recorded) = reader.next_packet()? {
        let Ok(packet) = Packet::parse(&recorded.bytes) else {
            continue;
        };
        let law = match packet.payload_type() {
            PayloadType::PCMU => Law::Mu,
            PayloadType::PCMA => Law::A,
            _ => continue,
        };
        let track = tracks.entry(packet.ssrc()).or_default();
        track.take(packet.timestamp(), law, packet.payload());
    }
    let longest = tracks.into_values().max_by_key(|track| track.packets);
    Ok(longest.unwrap_or_default().samples)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rtpdump::{Session, Writer};

    fn packet(number: u8, ssrc: u8, timestamp: u32, octet: u8) -> Vec<u8> {
        let mut packet = vec![0x80, number, 0, 0];
        packet.extend(timestamp.to_be_bytes());
        packet.extend([0, 0, 0, ssrc]);
        packet.extend([octet; 160]);
        packet
    }

    fn played(packets: &[Vec<u8>]) -> Vec<i16> {
        let nobody = "127.0.0.1:4000".parse().unwrap();
        let session = Session {
            start: Duration::ZERO,
            source: nobody,
            destination: nobody,
        };
        let mut writer = Writer::begin(Vec::new(), &session).unwrap();
        for packet in packets {
            writer.packet(Duration::ZERO, packet).unwrap();
        }
        let file = writer.finish().unwrap();
        let (start, rest) = file.split_first_chunk::<4>().unwrap();
        speech(*start, rest).unwrap()
    }

    #[test]
    fn samples_stand_where_their_timestamps_say() {
        let loud = Law::Mu.decode(0x10);
        let low = Law::A.decode(0x10);
        let samples = played(&[
            packet(0, 1, 1000, 0x10),
            // Two packets are missing, and these came in another order.
            packet(8, 1, 1640, 0x10),
            packet(0, 1, 1480, 0x10),
            // An event, and another source.
            packet(101, 1, 1640, 0),
            packet(0, 2, 0, 0x20),
        ]);
        assert_eq!(samples.len(), 800);
        let pieces: Vec<&[i16]> = samples.chunks(160).collect();
        assert_eq!(pieces[0], [loud; 160]);
        assert_eq!((pieces[1], pieces[2]), (&[0; 160][..], &[0; 160][..]));
        assert_eq!((pieces[3], pieces[4]), (&[loud; 160][..], &[low; 160][..]));
    }

    #[test]
    fn timestamps_that_jump_leave_no_silence_behind() {
        let samples = played(&[packet(0, 1, 0, 1), packet(0, 1, 3_000_000_000, 1)]);
        assert_eq!(samples.len(), 320);
    }
}
