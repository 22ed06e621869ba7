use super::*;
use crate::rtp::number::SequenceNumber;
use crate::rtp::payload::depacketiser::Depacketiser;
use alloc::vec::Vec;

// shows: S055
#[test]
fn descriptors_of_one_and_two_octets_come_back() {
    for size in 0..=AduDescriptor::MOST {
        for is_continued in [false, true] {
            let descriptor = AduDescriptor { is_continued, size };
            let mut out = [0; 3];
            let octets = descriptor.pack(&mut out).unwrap();
            assert_eq!(octets, if size < 64 { 1 } else { 2 });
            assert_eq!(
                AduDescriptor::unpack(&out),
                Some((descriptor, &out[octets..]))
            );
            assert_eq!(descriptor.pack(&mut out[..octets - 1]), None);
        }
    }
    // RFC 5219 §4.2: C, T, size.
    let mut out = [0; 2];
    AduDescriptor {
        is_continued: true,
        size: 0x1234,
    }
    .pack(&mut out)
    .unwrap();
    assert_eq!(out, [0b1101_0010, 0x34]);
    // Two octets for a small size are as good.
    let small = AduDescriptor {
        is_continued: false,
        size: 5,
    };
    assert_eq!(AduDescriptor::unpack(&[0x40, 5]), Some((small, &[][..])));
    assert_eq!(AduDescriptor::unpack(&[0x40]), None);
    let large = AduDescriptor {
        is_continued: false,
        size: 0x4000,
    };
    assert_eq!(large.pack(&mut out), None);
}

#[test]
fn as_many_whole_adus_as_fit_share_a_packet() {
    let (a, b, c) = ([1; 10], [2; 70], [3; 5]);
    let mut out = [0; 87];
    assert_eq!(Adus::pack(&[&a, &b, &c], &mut out), (2, 83));
    let payload = Adus::unpack(&out[..83]).unwrap();
    assert!(payload.iter().all(|adu| adu.is_whole()));
    assert!(payload.iter().map(|adu| adu.octets).eq([&a[..], &b]));
    assert_eq!(payload.entry(), Entry::Refresh);
    assert_eq!(Adus::pack(&[&[0; 90]], &mut out), (0, 0));
    // A fragment is alone: the second of these is cut off, or continued.
    assert_eq!(Adus::unpack(&[1, 9, 3, 9, 9]), None);
    assert_eq!(Adus::unpack(&[1, 9, 0x81, 9]), None);
    assert_eq!(Adus::unpack(&[0x81, 9, 9]), None);
    assert_eq!(Adus::unpack(&[]), None);
}

fn packet(adu: &Adu<'_>) -> Vec<u8> {
    let mut out = [0; 2];
    let header = adu.descriptor.pack(&mut out).unwrap();
    [&out[..header], adu.octets].concat()
}

// shows: S055
#[test]
fn an_adu_of_several_packets_is_put_together_unless_one_is_lost() {
    let adu: Vec<u8> = (0..250).map(|n| n as u8).collect();
    let packets: Vec<Vec<u8>> = fragments(&adu, 102)
        .unwrap()
        .map(|part| packet(&part))
        .collect();
    assert_eq!(
        packets.iter().map(Vec::len).collect::<Vec<_>>(),
        [102, 102, 52]
    );
    // C is 0 in the first one only, and each has the size of the whole.
    let heads: Vec<_> = packets
        .iter()
        .map(|packet| [packet[0], packet[1]])
        .collect();
    assert_eq!(heads, [[0x40, 250], [0xc0, 250], [0xc0, 250]]);
    for lost in [None, Some(0), Some(1), Some(2)] {
        let mut depacketiser = Depacketiser::new();
        let mut assembler = AduAssembler::new();
        let mut unit = [0; 300];
        let mut ends = Vec::new();
        // Twice, so that what was lost the first time does not harm the second.
        for (n, packet) in packets.iter().chain(&packets).enumerate() {
            if Some(n) != lost {
                let sequence = SequenceNumber::new(n as u16);
                let unpacked = depacketiser.follow(sequence, Adus::unpack(packet)).unwrap();
                if let Some(size) = assembler.push(&unpacked, &mut unit) {
                    assert_eq!(unit[..size], adu);
                    ends.push(n);
                }
            }
        }
        assert_eq!(ends, if lost.is_none() { &[2, 5][..] } else { &[5] });
    }
    assert!(fragments(&adu, 2).is_none());
    assert!(fragments(&[0; 0x4000], 1_000).is_none());
}

#[test]
fn an_adu_larger_than_its_room_is_given_up() {
    let adu = [7; 250];
    let mut depacketiser = Depacketiser::new();
    let mut assembler = AduAssembler::new();
    for (part, n) in fragments(&adu, 102).unwrap().zip(0..) {
        let packet = packet(&part);
        let payload = Adus::unpack(&packet);
        let unpacked = depacketiser
            .follow(SequenceNumber::new(n), payload)
            .unwrap();
        assert_eq!(assembler.push(&unpacked, &mut [0; 249]), None);
    }
}

// shows: S055
#[test]
fn cycles_come_back_in_order() {
    // RFC 5219 §7: the order 1,3,5,7,0,2,4,6, of which one is lost.
    let order = [1, 3, 5, 7, 0, 2, 4, 6];
    let sent = (0..16_usize).map(|n| {
        let (cycle, index) = (n / 8, order[n % 8]);
        let mut adu = [0xff, 0xfb, 0x90, (cycle * 8 + index) as u8];
        let number = InterleavingSequence {
            index: index as u8,
            cycle: cycle as u8,
        };
        number.put(&mut adu).unwrap();
        adu
    });
    let mut slots: [Option<[u8; 4]>; 256] = [None; 256];
    let mut last: Option<InterleavingSequence> = None;
    let mut released = Vec::new();
    for mut adu in sent.filter(|adu| adu[3] != 5) {
        assert_eq!(adu[1] & 0x1f, 0x1b);
        let number = InterleavingSequence::take(&mut adu).unwrap();
        if last.is_some_and(|last| number.begins_cycle(last)) {
            released.extend(slots.iter_mut().filter_map(Option::take));
        }
        slots[usize::from(number.index)] = Some(adu);
        last = Some(number);
    }
    let expected = [0, 1, 2, 3, 4, 6, 7].map(|n| [0xff, 0xfb, 0x90, n]);
    assert_eq!(released, expected);
    // Without interleaving all numbers are the same, and nothing waits.
    let mut plain = [0xff, 0xfb, 0, 0];
    let number = InterleavingSequence::take(&mut plain).unwrap();
    assert_eq!(
        number,
        InterleavingSequence {
            index: 255,
            cycle: 7
        }
    );
    assert!(number.begins_cycle(number));
    assert_eq!(plain, [0xff, 0xfb, 0, 0]);
    assert_eq!(InterleavingSequence::take(&mut [0xff]), None);
    assert_eq!(number.put(&mut [0xff]), None);
}
