//! What protects and what repeats other payloads (RFC 2198, RFC 5109, RFC 2733, RFC 4588), and what
//! is told beside speech (RFC 4733).

use offhook::Instant;
use offhook::rtp::event::EventReceiver;
use offhook::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook::rtp::packet::{Header, Outgoing, Packet};
use offhook::rtp::payload::fec::{Fec, Protection, protect};
use offhook::rtp::payload::red::Redundant;
use offhook::rtp::payload::rtx::Retransmission;
use offhook::rtp::payload::telephone_event::{TelephoneEvent, events};
use offhook::rtp::payload::tone::Tone;
use offhook::rtp::repair::Repair;

/// Packets kept while repairing, and how long they may be.
const KEPT: usize = 8;
const LONGEST: usize = 256;

/// Any bytes, taken for redundant data, parity of either kind, a retransmission, and for a stream of
/// all of them.
pub fn repair(bytes: &[u8]) {
    redundant(bytes);
    for fec in [Fec::unpack(bytes), Fec::unpack_rfc2733(bytes)] {
        fec.iter().for_each(|fec| parity(fec, bytes.len()));
    }
    if let Some(again) = Retransmission::unpack(bytes) {
        let mut out = vec![0; bytes.len()];
        assert_eq!(again.pack(&mut out), Some(bytes.len()));
        assert_eq!(out, bytes);
        assert_eq!(again.pack(&mut out[1..]), None);
    }
    stream(bytes);
    protected(bytes);
}

fn redundant(bytes: &[u8]) {
    let Some(payload) = Redundant::unpack(bytes) else {
        return;
    };
    let blocks: Vec<_> = payload.redundant().collect();
    let octets: usize = blocks.iter().map(|block| block.payload.len()).sum();
    let headers = blocks.len() * 4 + 1;
    assert_eq!(headers + octets + payload.primary().len(), bytes.len());
    let mut out = vec![0; bytes.len()];
    let (kind, primary) = (payload.primary_type(), payload.primary());
    let size = Redundant::pack(blocks.into_iter(), kind, primary, &mut out);
    assert_eq!(size, Some(bytes.len()));
    assert_eq!(out, bytes);
}

fn parity(fec: &Fec<'_>, length: usize) {
    let mut end = 0;
    for level in fec.levels() {
        // §8.2: a level begins where the one below it ends.
        assert_eq!(level.start, end);
        end += level.payload.len();
        assert!(fec.protected(level.mask).count() <= 48);
    }
    assert!(end < length);
    // With everything there nothing is missing, and with nothing there one packet is if it is the
    // only one.
    assert_eq!(fec.missing(|_| true), None);
    let lowest = fec.levels().next().expect("a lowest level");
    let only = fec.protected(lowest.mask).count() == 1;
    assert_eq!(fec.missing(|_| false).is_some(), only);
}

/// Octets cut into packets and parity, by a length in front of each: whatever comes out is a packet
/// of the source that was told, and nothing comes without end.
fn stream(mut bytes: &[u8]) {
    let mut repair = Repair::new(KEPT, LONGEST);
    while let Some((&[kind, length], rest)) = bytes.split_first_chunk::<2>() {
        let (piece, rest) = rest.split_at(usize::from(length).min(rest.len()));
        bytes = rest;
        match kind & 3 {
            0 => repair.push_fec(piece),
            1 => repair.push_rfc2733(piece),
            _ => repair.push(piece),
        }
        let mut count = 0;
        while let Some(packet) = repair.poll() {
            assert!(packet.len() <= LONGEST);
            assert!(Packet::parse(packet).is_ok());
            count += 1;
            assert!(
                count <= 48,
                "one packet gives back no more than a mask names"
            );
        }
    }
}

/// The octets as payloads of four packets of uneven lengths, protected as a whole: each of them is
/// had back from the others.
fn protected(bytes: &[u8]) {
    let Some((&shape, rest)) = bytes.split_first() else {
        return;
    };
    let rest = &rest[..rest.len().min(2 * LONGEST)];
    let cut = rest.len() * usize::from(shape & 0x0f) / 16;
    let (front, back) = rest.split_at(cut);
    let payloads = [front, back, rest, &[]];
    let packets: Vec<Vec<u8>> = (0..)
        .zip(payloads)
        .map(|(n, payload)| packet(n, payload))
        .collect();
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let mut fec = vec![0; rest.len() + 64];
    let size = protect(&[Protection::of(&all)], &mut fec).expect("it fits");
    let lost = usize::from(shape >> 6);
    let mut repair = Repair::new(KEPT, rest.len() + 64);
    for (n, packet) in packets.iter().enumerate() {
        if n != lost {
            repair.push(packet);
        }
    }
    repair.push_fec(&fec[..size]);
    assert_eq!(repair.poll(), Some(&packets[lost][..]));
    assert_eq!(repair.poll(), None);
}

fn packet(n: u16, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: n & 1 == 0,
        payload_type: PayloadType::PCMA,
        sequence: SequenceNumber::new(n.wrapping_sub(2)),
        timestamp: Timestamp::new(u32::from(n).wrapping_mul(160)),
        ssrc: Ssrc::new(7),
    };
    let mut out = vec![0; payload.len() + 12];
    Outgoing::new(header, payload)
        .write(&mut out)
        .expect("it fits");
    out
}

/// Any bytes, taken for telephone events and for a tone; and for a stream of reports, each with how
/// much later it comes and which event it belongs to: every event that ends has begun.
pub fn signals(bytes: &[u8]) {
    let mut at = 0_u32;
    for (began, event) in events(bytes) {
        assert_eq!(began, at);
        at += u32::from(event.duration);
        let again = TelephoneEvent::unpack(&event.to_octets()).expect("four octets");
        assert_eq!(
            (again.code, again.end, again.duration),
            (event.code, event.end, event.duration)
        );
        assert!(again.volume == event.volume || again.volume == 0);
    }
    if let Some((tone, frequencies)) = Tone::unpack(bytes) {
        let frequencies: Vec<u16> = frequencies.collect();
        let mut out = vec![0; bytes.len()];
        let size = tone
            .pack(&frequencies, &mut out)
            .expect("what was read is written");
        let (again, read) = Tone::unpack(&out[..size]).expect("our own");
        assert_eq!(again, tone);
        assert!(read.eq(frequencies));
    }
    reports(bytes);
}

fn reports(bytes: &[u8]) {
    use offhook::rtp::event::EventNews::{Began, Ended};
    let mut receiver = EventReceiver::new(8_000);
    let (mut now, mut timestamp) = (1_000, 0_u32);
    let mut lasting = None;
    for report in bytes.chunks(6) {
        let (&later, report) = report.split_first().expect("not empty");
        let (&step, payload) = report.split_first().unwrap_or((&0, &[]));
        now += u64::from(later);
        timestamp = timestamp.wrapping_add(u32::from(step) << 4);
        receiver.receive(
            Instant::from_millis(now),
            Timestamp::new(timestamp),
            payload,
        );
        receiver.tick(Instant::from_millis(now));
        while let Some(news) = receiver.poll_news() {
            match news {
                Began {
                    code, timestamp, ..
                } => {
                    assert_eq!(lasting.replace((code, timestamp)), None);
                }
                Ended {
                    code, timestamp, ..
                } => {
                    assert_eq!(lasting.take(), Some((code, timestamp)));
                }
            }
        }
    }
}
