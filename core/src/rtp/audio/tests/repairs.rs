//! Redundant data of speech (RFC 2198).

use super::events::carry;
use super::*;
use crate::rtp::payload::red::Redundant;

const RED: PayloadType = PayloadType::from_octet(121);

fn with_redundancy(host: u8, generations: u8) -> AudioPlan {
    let redundancy = Some(Redundancy {
        payload_type: RED,
        generations,
        events: false,
    });
    AudioPlan {
        send_redundancy: redundancy,
        receive_redundancy: redundancy,
        ..plan(host, AudioDirection::SendRecv)
    }
}

/// What is heard of a second of speech, and all that was sent.
fn heard(generations: u8, keep: impl FnMut(usize) -> bool) -> (Vec<i16>, Vec<Vec<u8>>, u64) {
    let mut alice = stream(1, AudioConfig::new("alice@a"));
    let mut bob = stream(2, AudioConfig::new("bob@b"));
    alice.set_plan(ms(0), with_redundancy(2, generations));
    bob.set_plan(ms(0), with_redundancy(1, generations));
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
