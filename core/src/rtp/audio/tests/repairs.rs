//! Redundant data of speech (RFC 2198).

use super::events::carry;
use super::*;
use crate::rtp::number::SequenceNumber;
use crate::rtp::payload::fec::Fec;
use crate::rtp::payload::red::Redundant;

const RED: PayloadType = PayloadType::from_octet(121);

const PARITY: PayloadType = PayloadType::from_octet(100);

fn with(host: u8, generations: u8, parity: Option<Parity>) -> AudioPlan {
    let redundancy = Some(Redundancy {
        payload_type: RED,
        generations,
        events: false,
        parity,
    });
    AudioPlan {
        send_redundancy: redundancy,
        receive_redundancy: redundancy,
        ..plan(host, AudioDirection::SendRecv)
    }
}

/// What is heard of a second of speech, and all that was sent.
fn heard(generations: u8, keep: impl FnMut(usize) -> bool) -> (Vec<i16>, Vec<Vec<u8>>, u64) {
    heard_with(generations, None, keep)
}

fn heard_with(
    generations: u8,
    parity: Option<Parity>,
    keep: impl FnMut(usize) -> bool,
) -> (Vec<i16>, Vec<Vec<u8>>, u64) {
    let mut alice = stream(1, AudioConfig::new("alice@a"));
    let mut bob = stream(2, AudioConfig::new("bob@b"));
    alice.set_plan(ms(0), with(2, generations, parity));
    bob.set_plan(ms(0), with(1, generations, parity));
    assert_eq!(alice.push_capture(&wave(4000, 3)), 4000);
    let heard = carry(&mut alice, &mut bob, 0..900, keep);
    (heard.pcm, heard.sent, bob.report().lost)
}

#[test]
fn every_packet_holds_the_ones_before_it() {
    let (_, sent, _) = heard(2, |_| true);
    let packets: Vec<_> = sent.iter().map(|b| Packet::parse(b).unwrap()).collect();
    assert_eq!(packets[0].payload_type(), PayloadType::PCMA);
    for (n, packet) in packets.iter().enumerate().skip(1) {
        assert_eq!(packet.payload_type(), RED);
        let redundant = Redundant::unpack(packet.payload()).unwrap();
        assert_eq!(redundant.primary_type(), PayloadType::PCMA);
        assert_eq!(redundant.redundant().len(), n.min(2));
        for (back, block) in redundant.redundant().enumerate() {
            let before = &packets[n - n.min(2) + back];
            assert_eq!(block.timestamp(packet.timestamp(), 0), before.timestamp());
            let primary = Redundant::unpack(before.payload())
                .filter(|_| before.payload_type() == RED)
                .map_or(before.payload(), |one| one.primary());
            assert_eq!(block.payload, primary);
        }
    }
}

/// Any pattern of losses of which none is longer than the redundancy sounds as if nothing had been
/// lost, from the first sample to the last.
// shows: S076
#[test]
fn what_redundancy_can_repair_is_not_heard() {
    for generations in [1_u8, 2, 4] {
        let (whole, _, lost) = heard(generations, |_| true);
        assert_eq!(lost, 0);
        assert!(contains(&whole, &wave(4000, 3)));
        let span = usize::from(generations);
        // The first two make the source believed (RFC 3550 A.1); from then on as many are lost in
        // a row as can be, at every place.
        for first in 0..=span {
            let keep = |n: usize| n < 2 || (n + first) % (span + 1) == 0;
            let (pcm, _, lost) = heard(generations, keep);
            assert!(lost > 5);
            assert_eq!(pcm, whole, "{generations} {first}");
        }
    }
}

/// RFC 5109 §14.2: the block is about the packets as they would be without redundant data.
#[test]
fn parity_goes_along_with_the_packet_behind_its_group() {
    let parity = Some(Parity::new(PARITY, 4));
    let (_, sent, _) = heard_with(0, parity, |_| true);
    let packets: Vec<_> = sent.iter().map(|b| Packet::parse(b).unwrap()).collect();
    let mut blocks = 0;
    for (n, packet) in packets.iter().enumerate() {
        if n == 0 || n % 4 != 0 {
            assert_eq!(packet.payload_type(), PayloadType::PCMA, "{n}");
            continue;
        }
        assert_eq!(packet.payload_type(), RED);
        let redundant = Redundant::unpack(packet.payload()).unwrap();
        let block = redundant.redundant().next().unwrap();
        assert_eq!((redundant.redundant().len(), block.offset), (1, 0));
        assert_eq!(block.payload_type, PARITY);
        let fec = Fec::unpack(block.payload).unwrap();
        let first = packets[n - 4].sequence();
        let group = (0..4).map(|at| SequenceNumber::new(first.as_u16().wrapping_add(at)));
        assert!(fec.protected(fec.levels().next().unwrap().mask).eq(group));
        // The exclusive or of four speech payloads, the first of each second group from within.
        let speech = |packet: &Packet<'_>| match Redundant::unpack(packet.payload()) {
            Some(one) if packet.payload_type() == RED => one.primary().to_vec(),
            _ => packet.payload().to_vec(),
        };
        let mut sum = vec![0; 160];
        for packet in &packets[n - 4..n] {
            sum.iter_mut()
                .zip(speech(packet))
                .for_each(|(sum, octet)| *sum ^= octet);
        }
        assert_eq!(fec.levels().next().unwrap().payload, sum);
        blocks += 1;
    }
    assert!(blocks > 5);
}

/// One packet of each group is lost, at every place: nobody hears it.
// shows: S078
#[test]
fn what_parity_can_repair_is_not_heard() {
    for (generations, packets) in [(0_u8, 2_u8), (0, 4), (0, 10), (1, 4)] {
        let parity = Some(Parity::new(PARITY, packets));
        let (whole, _, lost) = heard_with(generations, parity, |_| true);
        assert_eq!(lost, 0);
        assert!(contains(&whole, &wave(4000, 3)));
        let size = usize::from(packets);
        for place in 0..size {
            // The first of a group holds the parity of the one before, which must be whole then.
            let every = if place == 0 { size * 2 } else { size };
            let keep = |n: usize| n < size || n % every != place;
            let (pcm, _, lost) = heard_with(generations, parity, keep);
            assert!(lost >= 1);
            let differ = pcm.iter().zip(&whole).position(|(a, b)| a != b);
            assert_eq!(differ, None, "{generations} {packets} {place}");
            assert_eq!(pcm.len(), whole.len());
        }
    }
}

/// More than it can repair is covered as ever, and what comes twice is played once.
#[test]
fn what_parity_cannot_repair_is_a_loss_like_any_other() {
    let parity = Some(Parity::new(PARITY, 4));
    let mut alice = stream(1, AudioConfig::new("alice@a"));
    let mut bob = stream(2, AudioConfig::new("bob@b"));
    alice.set_plan(ms(0), with(2, 0, parity));
    bob.set_plan(ms(0), with(1, 0, parity));
    assert_eq!(alice.push_capture(&wave(4000, 3)), 4000);
    carry(&mut alice, &mut bob, 0..900, |n| !matches!(n, 9 | 10));
    let report = bob.report();
    assert_eq!(report.lost, 2);
    assert!(report.concealed >= Duration::from_millis(30));
}

/// Nobody should send parity by itself in the stream it protects; it repairs all the same.
#[test]
fn parity_by_itself_repairs_too() {
    let (whole, ..) = heard_with(0, Some(Parity::new(PARITY, 4)), |_| true);
    for place in [2, 3] {
        let mut alice = stream(1, AudioConfig::new("alice@a"));
        let mut bob = stream(2, AudioConfig::new("bob@b"));
        alice.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
        bob.set_plan(ms(0), with(1, 0, Some(Parity::new(PARITY, 4))));
        assert_eq!(alice.push_capture(&wave(4000, 3)), 4000);
        let (mut group, mut pcm, mut sent) = (Vec::new(), Vec::new(), 0_u16);
        for now in 0..900 {
            for mut bytes in timeout(&mut alice, ms(now)).rtp {
                // Numbered anew, as there are others in between.
                bytes[2..4].copy_from_slice(&(sent + sent / 4).to_be_bytes());
                if sent % 4 != place {
                    receive_from(&mut bob, ms(now), address(1, 4000), &bytes);
                }
                sent += 1;
                group.push(bytes);
                if group.len() == 4 {
                    let all: Vec<&[u8]> = group.iter().map(Vec::as_slice).collect();
                    let mut payload = [0; 300];
                    let levels = [crate::rtp::payload::fec::Protection::of(&all)];
                    let size = crate::rtp::payload::fec::protect(&levels, &mut payload).unwrap();
                    let last = Packet::parse(all[3]).unwrap();
                    let header = Header {
                        payload_type: PARITY,
                        sequence: last.sequence().next(),
                        ..last.header()
                    };
                    let mut out = [0; 400];
                    let size = Outgoing::new(header, &payload[..size])
                        .write(&mut out)
                        .unwrap();
                    receive_from(&mut bob, ms(now), address(1, 4000), &out[..size]);
                    group.clear();
                }
            }
            timeout(&mut bob, ms(now));
            let mut heard = [0; 800];
            let count = bob.take_playout(&mut heard);
            pcm.extend_from_slice(&heard[..count]);
        }
        assert_eq!(bob.report().lost, u64::from(sent / 4));
        let differ = pcm.iter().zip(&whole).position(|(a, b)| a != b);
        assert_eq!((differ, pcm.len()), (None, whole.len()));
    }
}
