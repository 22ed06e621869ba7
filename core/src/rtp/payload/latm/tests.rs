use super::*;
use alloc::vec::Vec;

/// An element of two frames, and packets of at most 200 octets.
fn element() -> (Vec<u8>, Vec<(Vec<u8>, bool)>) {
    let (first, second): (Vec<u8>, Vec<u8>) =
        ((0..300).map(|n| n as u8).collect(), [7; 100].into());
    let mut element = alloc::vec![0; 500];
    let size = pack([&first[..], &second], &mut element).unwrap();
    assert_eq!(size, 2 + 300 + 1 + 100);
    element.truncate(size);
    let packets = packetise(&element, 200).unwrap();
    let packets = packets
        .map(|(payload, marker)| (payload.to_vec(), marker))
        .collect();
    (element, packets)
}

// shows: S062
#[test]
fn frames_behind_their_lengths_come_back() {
    let lengths = [0, 1, 254, 255, 256, 510, 1_000];
    let made: Vec<Vec<u8>> = lengths.iter().map(|n| alloc::vec![*n as u8; *n]).collect();
    let mut out = [0; 3_000];
    let size = pack(made.iter().map(Vec::as_slice), &mut out).unwrap();
    assert!(
        frames(&out[..size])
            .unwrap()
            .eq(made.iter().map(Vec::as_slice))
    );
    assert_eq!(out[..2], [0, 1]);
    assert_eq!(
        pack(made.iter().map(Vec::as_slice), &mut out[..size - 1]),
        None
    );
    assert!(frames(&out[..size - 1]).is_none());
    // 255 is written as 255 and 0.
    let size = pack([&[1; 255][..]], &mut out).unwrap();
    assert_eq!((size, &out[..3]), (257, &[255, 0, 1][..]));
    assert!(frames(&[255]).is_none());
}

// shows: S062
#[test]
fn an_element_of_several_packets_is_put_together_unless_one_is_lost() {
    use LatmPiece::{Element, Late, Lost, Part};
    let (element, packets) = element();
    assert!(
        packets
            .iter()
            .map(|(_, marker)| *marker)
            .eq([false, false, true])
    );
    let run = |numbers: &[u16]| {
        let mut assembler = LatmAssembler::new();
        let mut room = [0; 403];
        let push = |n: &u16| {
            let (payload, marker) = &packets[usize::from(n % 3)];
            let found = assembler.push(SequenceNumber::new(*n), *marker, payload, &mut room);
            if found == Element(403) {
                assert_eq!(room[..], element);
            }
            found
        };
        numbers.iter().map(push).collect::<Vec<_>>()
    };
    // Where the first one belongs nobody knows.
    let all = run(&[0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(all, [Lost, Lost, Lost, Part, Part, Element(403), Part]);
    assert_eq!(
        run(&[2, 3, 4, 4, 3, 5]),
        [Lost, Part, Part, Late, Late, Element(403)]
    );
    for lost in 3..6 {
        let numbers: Vec<u16> = (2..12).filter(|n| *n != lost).collect();
        let found = run(&numbers);
        assert!(!found[..3].contains(&Element(403)));
        // The one after is whole, unless the marker before it was lost.
        assert!(found.contains(&Element(403)));
        assert_eq!(
            found.iter().filter(|piece| **piece == Element(403)).count(),
            { if lost == 5 { 1 } else { 2 } }
        );
    }
}

#[test]
fn an_element_without_room_is_lost() {
    let (_, packets) = element();
    let mut assembler = LatmAssembler::new();
    assembler.push(SequenceNumber::new(9), true, &[], &mut []);
    for ((payload, marker), n) in packets.iter().zip(10..) {
        let found = assembler.push(SequenceNumber::new(n), *marker, payload, &mut [0; 402]);
        let expected = if *marker {
            LatmPiece::Lost
        } else {
            LatmPiece::Part
        };
        assert_eq!(found, expected);
    }
    assert!(packetise(&[], 100).is_none());
    assert!(packetise(&[1], 0).is_none());
}
