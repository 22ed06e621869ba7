use super::*;
use crate::rtp::number::{PayloadType, Timestamp};
use crate::rtp::payload::red::Redundant;
use crate::time::Instant;
use alloc::string::String;
use alloc::vec::Vec;

const T140: PayloadType = PayloadType::from_octet(98);
const RED: PayloadType = PayloadType::from_octet(100);

fn format(generations: u8) -> TextFormat {
    TextFormat {
        payload_type: T140,
        redundancy: (generations > 0).then_some((RED, generations)),
    }
}

/// What is sent of some text typed at certain times.
fn sent(generations: u8, typed: &[(u64, &str)]) -> Vec<(u64, TextPacket, Vec<u8>)> {
    let mut sender = TextSender::new(format(generations));
    let mut packets = Vec::new();
    for now in 0..20_000 {
        for (_, text) in typed.iter().filter(|(at, _)| *at == now) {
            assert_eq!(sender.push(text), text.len());
        }
        let mut out = [0; 4096];
        let at = Timestamp::new(now as u32);
        if let Some(packet) = sender.poll(Instant::from_millis(now), at, &mut out) {
            packets.push((now, packet, out[..packet.size].to_vec()));
        }
    }
    packets
}

fn heard(generations: u8, packets: &[(u64, TextPacket, Vec<u8>)], lost: &[usize]) -> String {
    let mut receiver = TextReceiver::new(format(generations));
    let mut text = String::new();
    for (n, (now, packet, payload)) in packets.iter().enumerate() {
        let now = Instant::from_millis(*now);
        receiver.tick(now, &mut text);
        if !lost.contains(&n) {
            let sequence = 70_000 + n as u32;
            receiver.receive(now, sequence, packet.payload_type, payload, &mut text);
        }
    }
    receiver.tick(Instant::from_millis(100_000), &mut text);
    text
}

/// RFC 4103 §5.1, §5.2: at once, then every 300 ms, until everything was said three times.
#[test]
fn text_is_sent_at_once_and_twice_again() {
    let packets = sent(2, &[(100, "\u{feff}Hé"), (250, "y"), (9_000, "!")]);
    let times: Vec<_> = packets
        .iter()
        .map(|(now, packet, _)| (*now, packet.marker))
        .collect();
    let expected = [
        (100, true),
        (400, false),
        (700, false),
        (1000, false),
        (9000, true),
        (9300, false),
        (9600, false),
    ];
    assert_eq!(times[..4], expected[..4]);
    assert!(times.contains(&(9000, true)));
    let read = Redundant::unpack(&packets[3].2).unwrap();
    let blocks: Vec<_> = read
        .redundant()
        .map(|block| (block.offset, block.payload))
        .collect();
    assert_eq!(blocks, [(600, &b"y"[..]), (300, b"")]);
    assert_eq!(heard(2, &packets, &[]), "Héy!");
}

/// RFC 4103 §4.2, §5.3: two in a row are had back; three lose a block, and that is marked.
// shows: S069
#[test]
fn what_redundancy_cannot_repair_is_marked() {
    let typed: Vec<_> = (0..8).map(|n| (n * 300, "ab")).collect();
    let packets = sent(2, &typed);
    assert_eq!(heard(2, &packets, &[]), "abababababababab");
    for first in 1..6 {
        assert_eq!(heard(2, &packets, &[first, first + 1]), "abababababababab");
    }
    assert_eq!(heard(2, &packets, &[2, 3, 4]), "abab\u{fffd}ababababab");
    let packets = sent(0, &typed);
    assert_eq!(heard(0, &packets, &[3]), "ababab\u{fffd}abababab");
}

/// RFC 4103 §5.4.
#[test]
fn what_comes_late_is_put_in_its_place_for_a_second() {
    let mut receiver = TextReceiver::new(format(0));
    let mut text = String::new();
    let mut take = |now, number, payload: &[u8], text: &mut String| {
        receiver.receive(Instant::from_millis(now), number, T140, payload, text);
    };
    take(0, 1, b"a", &mut text);
    take(10, 3, b"c", &mut text);
    take(500, 2, b"b", &mut text);
    take(510, 2, b"b", &mut text);
    assert_eq!(text, "abc");
    take(600, 5, b"e", &mut text);
    take(1599, 6, b"f", &mut text);
    assert_eq!(text, "abc");
    take(1600, 7, b"g", &mut text);
    take(1700, 4, b"d", &mut text);
    assert_eq!(text, "abc\u{fffd}efg");
}

#[test]
fn characters_are_not_cut() {
    let long: String = core::iter::repeat_n('€', 400).collect();
    let packets = sent(1, &[(0, &long)]);
    for (_, _, payload) in &packets {
        let read = Redundant::unpack(payload).unwrap();
        assert!(core::str::from_utf8(read.primary()).is_ok());
    }
    assert_eq!(heard(1, &packets, &[]), long);
}
