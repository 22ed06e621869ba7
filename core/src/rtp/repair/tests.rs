use super::*;
use crate::rtp::number::{PayloadType, Timestamp};
use crate::rtp::packet::{Header, Outgoing};
use crate::rtp::payload::fec::{Protection, protect};

fn packet(sequence: u16, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: sequence % 3 == 0,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(u32::from(sequence) * 160),
        ssrc: Ssrc::new(ssrc),
    };
    let mut out = alloc::vec![0; 12 + payload.len()];
    Outgoing::new(header, payload).write(&mut out).unwrap();
    out
}

fn group(first: u16) -> Vec<Vec<u8>> {
    (0..4)
        .map(|n| {
            let sequence = first.wrapping_add(n);
            let payload: Vec<u8> = (0..40 + n).map(|at| (at ^ sequence) as u8).collect();
            packet(sequence, 7, &payload)
        })
        .collect()
}

fn fec_of(packets: &[&[u8]]) -> Vec<u8> {
    let mut out = [0; 200];
    let size = protect(&[Protection::of(packets)], &mut out).unwrap();
    out[..size].to_vec()
}

fn all(packets: &[Vec<u8>]) -> Vec<&[u8]> {
    packets.iter().map(Vec::as_slice).collect()
}

// shows: S078
#[test]
fn one_of_four_is_had_back_whichever_comes_last() {
    for first in [5, 0xfffe] {
        let packets = group(first);
        let fec = fec_of(&all(&packets));
        for lost in 0..4 {
            for fec_at in 0..4 {
                let mut repair = Repair::new(64, 200);
                let others = packets.iter().enumerate().filter(|(n, _)| *n != lost);
                for (turn, (_, bytes)) in others.enumerate() {
                    assert_eq!(repair.poll(), None);
                    if turn == fec_at {
                        repair.push_fec(&fec);
                    }
                    repair.push(bytes);
                }
                if fec_at == 3 {
                    assert_eq!(repair.poll(), None);
                    repair.push_fec(&fec);
                }
                assert_eq!(repair.poll(), Some(&packets[lost][..]));
                assert_eq!(repair.poll(), None);
            }
        }
    }
}

/// RFC 2733 §8.2: what is had back helps to have others back.
#[test]
fn one_repair_leads_to_another() {
    let packets = group(9);
    let whole = all(&packets);
    let mut repair = Repair::new(64, 200);
    repair.push(whole[0]);
    repair.push(whole[3]);
    // 1 and 2 are lost; all four together cannot help before the first two have.
    repair.push_fec(&fec_of(&whole));
    assert_eq!(repair.poll(), None);
    repair.push_fec(&fec_of(&whole[..2]));
    assert_eq!(repair.poll(), Some(whole[1]));
    assert_eq!(repair.poll(), Some(whole[2]));
    assert_eq!(repair.poll(), None);
}

/// RFC 5109 §9.2: the levels of several packets together.
#[test]
fn levels_of_several_packets_make_one_whole() {
    let packets = group(9);
    let whole = all(&packets);
    let low = |packets| Protection {
        packets,
        length: 10,
    };
    let mut out = [0; 200];
    let size = protect(&[low(&whole[..2])], &mut out).unwrap();
    let mut repair = Repair::new(64, 200);
    repair.push_fec(&out[..size]);
    for bytes in &whole[1..] {
        repair.push(bytes);
    }
    // Ten octets of it are known by now.
    assert_eq!(repair.poll(), None);
    let high = Protection {
        packets: &whole,
        length: 40,
    };
    let size = protect(&[low(&whole[2..]), high], &mut out).unwrap();
    repair.push_fec(&out[..size]);
    assert_eq!(repair.poll(), Some(whole[0]));
}

#[test]
fn another_source_begins_anew() {
    let packets = group(9);
    let whole = all(&packets);
    let mut repair = Repair::new(64, 200);
    repair.push_fec(&fec_of(&whole));
    whole[1..].iter().for_each(|bytes| repair.push(bytes));
    repair.push(&packet(9, 8, b"other"));
    assert_eq!(repair.poll(), None);
    // Nor is anything that is no packet taken.
    repair.push(b"no");
    repair.push_fec(b"no");
    repair.push_rfc2733(b"no");
    assert_eq!(repair.poll(), None);
}

#[test]
fn what_is_too_long_or_too_old_is_not_had_back() {
    let packets = group(9);
    let whole = all(&packets);
    let mut repair = Repair::new(64, 54);
    repair.push_fec(&fec_of(&whole));
    whole[1..].iter().for_each(|bytes| repair.push(bytes));
    assert_eq!(repair.poll(), None);
    // Eight later ones push the first protecting packet out.
    let mut repair = Repair::new(64, 200);
    repair.push_fec(&fec_of(&whole));
    for n in 0..8_u16 {
        repair.push_fec(&fec_of(&[
            &packet(1000 + n, 7, b"a"),
            &packet(1010 + n, 7, b"b"),
        ]));
    }
    whole[1..].iter().for_each(|bytes| repair.push(bytes));
    assert_eq!(repair.poll(), None);
}

/// What protects is kept longer than the packets it protects: one that was there, and has made room
/// for a later one, is not had back in its place.
#[test]
fn what_has_made_room_for_a_later_packet_stays_away() {
    let mut repair = Repair::new(4, 200);
    let packets = group(0xfffe);
    packets.iter().for_each(|bytes| repair.push(bytes));
    repair.push_fec(&fec_of(&all(&packets)));
    assert_eq!(repair.poll(), None);
    // Into the place of the first one.
    let later = packet(2, 7, b"later");
    repair.push(&later);
    assert_eq!(repair.poll(), None);
    // And it is still there to have another back.
    let lost = packet(3, 7, b"lost");
    repair.push_fec(&fec_of(&[&later, &lost]));
    assert_eq!(repair.poll(), Some(&lost[..]));
}
