//! Keys within redundant data (RFC 2198, RFC 4733 §2.5.1.4 and §5).

use super::*;
use crate::rtp::payload::red::{Block, Redundant};

const EVENTS: u8 = 101;
const RED: u8 = 121;

fn kind(number: u8) -> PayloadType {
    PayloadType::new(number).unwrap()
}

fn told(path: &mut Path, number: u8, name: &str) {
    path.0.announce(Announcement {
        address: bob(),
        payload_type: kind(number),
        name: name.into(),
        clock_rate: 8000,
    });
}

fn report(key: char, end: bool, duration: u16) -> [u8; 4] {
    let code = EventCode::of_key(key).unwrap();
    let event = TelephoneEvent {
        code,
        end,
        volume: 10,
        duration,
    };
    event.to_octets()
}

/// The payload of redundant data: blocks of a type, so many ticks old, then the primary one.
fn red(blocks: &[(u8, u16, &[u8])], primary_type: u8, primary: &[u8]) -> Vec<u8> {
    let blocks = blocks.iter().map(|(number, offset, payload)| Block {
        payload_type: kind(*number),
        offset: *offset,
        payload,
    });
    let mut out = vec![0; 1200];
    let size = Redundant::pack(blocks, kind(primary_type), primary, &mut out).unwrap();
    out.truncate(size);
    out
}

/// Two keys right after each other as §2.5.1.4 has them sent: what is sent again of the first goes
/// along with what is new of the second, and so does what is sent again of the second with the third.
/// Payload type, timestamp, payload.
fn keys_in_a_row() -> Vec<(u8, u32, Vec<u8>)> {
    let (one, two, three) = (8000, 8800, 9600);
    let end = |key| report(key, true, 800);
    let last = (EVENTS, 800, &end('1')[..]);
    let second = (EVENTS, 800, &end('2')[..]);
    let oldest = (EVENTS, 1600, &end('1')[..]);
    vec![
        (EVENTS, one, report('1', false, 400).to_vec()),
        (EVENTS, one, end('1').to_vec()),
        (RED, two, red(&[last], EVENTS, &report('2', false, 400))),
        (RED, two, red(&[last], EVENTS, &end('2'))),
        (
            RED,
            three,
            red(&[oldest, second], EVENTS, &report('3', false, 400)),
        ),
        (RED, three, red(&[second], EVENTS, &end('3'))),
        (EVENTS, three, end('3').to_vec()),
        (EVENTS, three, end('3').to_vec()),
    ]
}

/// A second of speech, and then those of the packets of which the bit is set.
fn after_speech(path: &mut Path, packets: &[(u8, u32, Vec<u8>)], which: u32) {
    path.steady(0..50);
    for (n, (number, timestamp, payload)) in packets.iter().enumerate() {
        if which & (1 << n) != 0 {
            let sequence = 50 + u16::try_from(n).unwrap();
            let at = Instant::from_millis(1050 + n as u64 * 50);
            let packet = bytes(*number, sequence, *timestamp, payload);
            path.0.observe(at, alice(), bob(), &packet);
        }
    }
}

/// Whatever is lost: a key is told once if it is in any packet that came, as a report of its own or as
/// a block of redundant data.
#[test]
fn each_key_is_told_once_with_any_packets_lost_if_one_has_it() {
    let packets = keys_in_a_row();
    // In which packets each key is.
    let keys = [('1', 0b0001_1111), ('2', 0b0011_1100), ('3', 0b1111_0000)];
    for which in 0..256 {
        let mut path = Path::new();
        told(&mut path, EVENTS, "telephone-event");
        told(&mut path, RED, "red");
        after_speech(&mut path, &packets, which);
        let came = keys.iter().filter(|(_, of)| which & of != 0);
        let expected: alloc::string::String = came.map(|(key, _)| *key).collect();
        assert_eq!(path.report().dtmf, expected, "{which:08b}");
    }
}

/// The same in any order: by then it is not known which key was first, but each is there once.
#[test]
fn each_key_is_told_once_whatever_order_the_packets_come_in() {
    let mut rng = Rng::from_seed([3; 32]);
    for _ in 0..200 {
        let mut path = Path::new();
        told(&mut path, EVENTS, "telephone-event");
        told(&mut path, RED, "Red");
        path.steady(0..50);
        let mut packets: Vec<_> = (50_u16..).zip(keys_in_a_row()).collect();
        let mut at = 1050;
        while !packets.is_empty() {
            let n = rng.below(packets.len() as u64) as usize;
            let (sequence, (number, timestamp, payload)) = packets.remove(n);
            let packet = bytes(number, sequence, timestamp, &payload);
            path.0
                .observe(Instant::from_millis(at), alice(), bob(), &packet);
            at += 20;
        }
        let mut keys: Vec<char> = path.report().dtmf.chars().collect();
        keys.sort_unstable();
        assert_eq!(keys, ['1', '2', '3']);
    }
}

#[test]
fn how_long_a_key_lasted_is_told_by_a_redundant_block_as_well() {
    let mut path = Path::new();
    told(&mut path, EVENTS, "telephone-event");
    told(&mut path, RED, "red");
    // The end of the first key is only in the packet that begins the second.
    after_speech(&mut path, &keys_in_a_row(), 0b0000_0101);
    let events = path.0.streams()[0].events();
    let first = &events[0];
    assert_eq!(first.code.key(), Some('1'));
    assert_eq!(first.duration, Some(Duration::from_millis(100)));
}

/// RFC 4733 §5, Figure 5: sound in the primary block, of which the timestamp advances, and the event
/// as one level of redundancy, of which the offset grows along.
#[test]
fn keys_beside_sound_in_the_same_packets_are_told_and_the_sound_is_measured() {
    let mut path = Path::new();
    told(&mut path, EVENTS, "telephone-event");
    told(&mut path, RED, "red");
    let began = 30;
    for n in 0..100_u16 {
        let primary = [0xff; 160];
        let lasted = n.saturating_sub(began) * 160;
        let payload = match n {
            30..=45 => {
                let event = report('5', n >= 43, lasted.clamp(160, 13 * 160));
                red(&[(EVENTS, lasted, &event)], 0, &primary)
            }
            _ => red(&[], 0, &primary),
        };
        let at = Instant::from_millis(u64::from(n) * 20);
        let packet = bytes(RED, n, u32::from(n) * 160, &payload);
        path.0.observe(at, alice(), bob(), &packet);
    }
    let report = path.report();
    assert_eq!(report.dtmf, "5");
    assert_eq!(
        (report.name.as_deref(), report.packet),
        (Some("red"), Some(Duration::from_millis(20)))
    );
    assert_eq!(report.most_jitter, Duration::ZERO);
    assert_eq!(report.payload_types, [(kind(RED), 100)]);
}

/// Nor is what a primary block lags behind its event's beginning jitter (RFC 4733 §2.1).
#[test]
fn events_in_the_primary_block_are_no_jitter() {
    let mut path = Path::new();
    told(&mut path, EVENTS, "telephone-event");
    told(&mut path, RED, "red");
    after_speech(&mut path, &keys_in_a_row(), u32::MAX);
    let report = path.report();
    assert_eq!(report.most_jitter, Duration::ZERO);
    assert_eq!(report.payload_type, PayloadType::PCMU);
}

/// A file of packets without a description: the blocks are told by what they look like, as reports of
/// their own are.
#[test]
fn redundant_data_that_nobody_announced_is_read_as_well() {
    let mut path = Path::new();
    // The end of the second key is lost but for what goes along with the third.
    after_speech(&mut path, &keys_in_a_row(), 0b1111_0111);
    assert_eq!(path.report().dtmf, "123");
    // Nothing but redundant data: events beside sound.
    let mut path = Path::new();
    for n in 0..60_u16 {
        let lasted = n.saturating_sub(20) * 160;
        let event = report('*', n >= 35, lasted.clamp(160, 15 * 160));
        let payload = match n {
            20..=37 => red(&[(EVENTS, lasted, &event)], 0, &[0xff; 160]),
            _ => red(&[(0, 160, &[0xff; 40])], 0, &[0xff; 160]),
        };
        let at = Instant::from_millis(u64::from(n) * 20);
        let packet = bytes(RED, n, u32::from(n) * 160, &payload);
        path.0.observe(at, alice(), bob(), &packet);
    }
    assert_eq!(path.report().dtmf, "*");
}

/// What is named something else is not looked into, whatever it looks like.
#[test]
fn what_is_no_redundant_data_holds_no_keys() {
    let mut path = Path::new();
    told(&mut path, EVENTS, "telephone-event");
    told(&mut path, RED, "opus");
    path.steady(0..50);
    for (n, (number, timestamp, payload)) in (50..).zip(keys_in_a_row()) {
        if number == RED {
            let packet = bytes(RED, n, timestamp, &payload);
            path.0
                .observe(Instant::from_millis(1100), alice(), bob(), &packet);
        }
    }
    assert_eq!(path.report().dtmf, "");
    assert_eq!(path.report().payload_types.len(), 2);
}

/// Sound that nobody announced and that may be read as redundant data now and then.
#[test]
fn sound_that_looks_like_redundant_data_holds_no_keys() {
    let mut rng = Rng::from_seed([4; 32]);
    let mut path = Path::new();
    for n in 0..20_000_u16 {
        let mut payload = [0; 40];
        payload.fill_with(|| rng.next_u32() as u8);
        // A block header that fits, of a block as long as a report.
        payload[..5].copy_from_slice(&[0x80 | 97, 0, 0, 4, 98]);
        let at = Instant::from_millis(u64::from(n) * 20);
        let packet = bytes(96, n, u32::from(n) * 160, &payload);
        path.0.observe(at, alice(), bob(), &packet);
    }
    assert_eq!(path.report().dtmf, "");
    assert_eq!(path.report().payload_types, [(kind(96), 20_000)]);
}

/// Packets that wait until their source is believed keep reports, redundant ones included.
#[test]
fn a_key_in_the_first_packets_of_a_stream_is_told() {
    let mut path = Path::new();
    told(&mut path, EVENTS, "telephone-event");
    told(&mut path, RED, "red");
    let end = |key| report(key, true, 800);
    let blocks = [(EVENTS, 1600, &end('1')[..]), (EVENTS, 800, &end('2')[..])];
    let payloads = [
        red(&blocks, EVENTS, &report('3', false, 400)),
        red(&blocks[1..], EVENTS, &end('3')),
    ];
    for (n, payload) in (0_u16..).zip(payloads) {
        let packet = bytes(RED, n, 9600, &payload);
        path.0
            .observe(Instant::from_millis(50), alice(), bob(), &packet);
    }
    let report = path.report();
    assert_eq!((report.dtmf.as_str(), report.packets), ("123", 2));
}
