//! Data (RFC 3550 §7.1).

use super::*;

fn header(bytes: &[u8]) -> Header {
    Packet::parse(bytes).unwrap().header()
}

/// "Some kinds of translators will pass through the data untouched": octet by octet, with padding and
/// extension.
#[test]
fn data_go_through_untouched() {
    let mut translator = translator(Translation::unchanged());
    let mut bytes = data_of(ALICE, 7, 1120, &[1, 2], &[3; 20]);
    bytes[0] |= 0x20;
    bytes.extend_from_slice(&[9, 9, 3]);
    assert_eq!(forwarded(&mut translator, &bytes), bytes);
}

/// "Forwards RTP packets with their SSRC identifier intact"; "MAY change the encoding of the data and
/// thus the RTP data payload type and timestamp".
#[test]
fn the_names_stay_and_type_and_time_are_those_of_the_other_encoding() {
    let translation = Translation::unchanged()
        .with_payload_type(PayloadType::PCMU, NEW_TYPE)
        .with_encoding()
        .with_clock_rates(8000, 48_000);
    let mut translator = translator(translation);
    let first = data_of(ALICE, 65_535, u32::MAX - 79, &[1, 2], &[7; 160]);
    let second = data_of(ALICE, 0, 80, &[1], &[7; 160]);
    let other = data_of(ALICE, 1, 240, &[], &[7; 160]);
    let out = sent(&mut translator, &first, piece(0, &[1; 60]));
    let packet = Packet::parse(&out).unwrap();
    assert_eq!(
        packet.header(),
        Header {
            payload_type: NEW_TYPE,
            ..header(&first)
        }
    );
    assert!(packet.csrc().eq([1, 2].map(Ssrc::new)));
    assert_eq!(packet.payload(), [1; 60]);
    // 160 ticks of the one clock are 960 of the other, across the end of both.
    let second = header(&sent(&mut translator, &second, piece(0, &[2; 61])));
    assert_eq!(second.timestamp.as_u32(), (u32::MAX - 79).wrapping_add(960));
    assert_eq!(second.sequence.as_u16(), 0);
    // What is sent as it came has the type and the time all the same.
    let other = header(&forwarded(&mut translator, &other));
    assert_eq!(other.payload_type, NEW_TYPE);
    assert_eq!(other.timestamp.as_u32(), (u32::MAX - 79).wrapping_add(1920));
}

/// "If multiple data packets are re-encoded into one, or vice versa, a translator MUST assign new
/// sequence numbers to the outgoing packets. Losses in the incoming packet stream may induce
/// corresponding gaps in the outgoing sequence numbers."
#[test]
fn packets_that_are_put_together_have_numbers_of_their_own() {
    let mut one_of_two = translator(Translation::unchanged().with_packets(2, 1));
    let mut numbers = Vec::new();
    for sequence in [100, 101, 102, 104, 107, 108] {
        let bytes = data(sequence);
        let incoming = one_of_two
            .receive(ms(0), 0, at(1, 4000), &bytes)
            .expect("it is taken");
        let group = one_of_two.group(1, &incoming.place).unwrap();
        assert_eq!((group.incoming, group.outgoing), (2, 1));
        assert_eq!(u16::from(group.place), sequence % 2);
        let mut out = [0; 200];
        let refused = one_of_two.forward(1, &incoming, &mut out);
        assert_eq!(refused, Err(TranslateError::Regrouped));
        let sent = one_of_two.send(1, &incoming.place, &piece(0, b"x"), &mut out);
        numbers.push(header(&out[..sent.unwrap()]).sequence.as_u16());
    }
    // 105 and 106 lie in two groups; of one more none came.
    assert_eq!(numbers, [100, 100, 101, 102, 103, 104]);

    let mut two_of_one = translator(Translation::unchanged().with_packets(1, 2));
    let mut numbers = Vec::new();
    for sequence in [65_535, 0, 2] {
        for place in 0..2 {
            let piece = Piece {
                after: u32::from(place) * 80,
                ..piece(place, b"x")
            };
            let out = header(&sent(&mut two_of_one, &data(sequence), piece));
            numbers.push((out.sequence.as_u16(), out.timestamp.as_u32()));
        }
    }
    let time = |n: u32| n.wrapping_mul(160);
    let expected = [
        (65_535, time(65_535)),
        (0, time(65_535) + 80),
        (1, 0),
        (2, 80),
        (5, 320),
        (6, 400),
    ];
    assert_eq!(numbers, expected);
}

#[test]
fn there_is_no_way_into_the_same_cloud_or_one_that_is_not_there() {
    let mut translator = translator(Translation::unchanged());
    let bytes = data(1);
    let incoming = translator.receive(ms(0), 0, at(1, 4000), &bytes).unwrap();
    let mut out = [0; 200];
    for to in [0, 2, usize::MAX] {
        let refused = translator.forward(to, &incoming, &mut out);
        assert_eq!(refused, Err(TranslateError::NoCloud));
        assert_eq!(translator.group(to, &incoming.place), None);
    }
    let refused = translator.receive(ms(0), 2, at(1, 4000), &bytes);
    assert_eq!(refused.unwrap_err(), Refusal::NoCloud);
    let refused = translator.receive(ms(0), 0, at(1, 4000), b"no RTP");
    assert_eq!(refused.unwrap_err(), Refusal::Malformed);
}

/// Whatever the order, whatever is lost, and wherever the numbers wrap: every packet keeps its SSRC,
/// later ones have later numbers and times, and those of one group lie side by side.
#[test]
fn numbers_rise_with_those_they_are_made_of() {
    let mut rng = Rng::from_seed([6; 32]);
    for (here, there) in [(1, 1), (2, 1), (3, 1), (1, 2), (3, 2), (2, 3), (5, 4)] {
        for _ in 0..20 {
            let translation = Translation::unchanged()
                .with_packets(here, there)
                .with_clock_rates(8000, 48_000);
            let mut translator = translator(translation);
            let (begin, time) = (rng.next_u32() as u16, rng.next_u32());
            let mut seen: Vec<(i64, Vec<i64>, i64)> = Vec::new();
            let mut order: Vec<u16> = (0..400).filter(|_| rng.below(5) > 0).collect();
            for _ in 0..200 {
                let one = rng.below(order.len() as u64) as usize;
                let other = (one + rng.below(8) as usize).min(order.len() - 1);
                order.swap(one, other);
            }
            let (mut number, mut ticks) = (None, None);
            for n in order {
                let timestamp = time.wrapping_add(u32::from(n) * 160);
                let bytes = data_of(ALICE, begin.wrapping_add(n), timestamp, &[], b"x");
                let incoming = translator.receive(ms(0), 0, at(1, 4000), &bytes).unwrap();
                let mut out = [0; 100];
                let mut numbers = Vec::new();
                let mut when = 0;
                for place in 0..there {
                    let size = translator.send(1, &incoming.place, &piece(place, b"x"), &mut out);
                    let header = header(&out[..size.unwrap()]);
                    assert_eq!(header.ssrc, ssrc(ALICE));
                    // Unwrapped here in another way: all lie within some hundreds.
                    let base = *number.get_or_insert(header.sequence);
                    let after = header.sequence.distance_from(base) as i16;
                    numbers.push(i64::from(after));
                    let base = *ticks.get_or_insert(header.timestamp);
                    when = i64::from(header.timestamp.ticks_since(base));
                }
                seen.push((n.into(), numbers, when));
            }
            seen.sort_unstable();
            for pair in seen.windows(2) {
                let [(n, before, when), (m, after, then)] = pair else {
                    panic!("two")
                };
                assert_eq!(then - when, (m - n) * 960);
                let is_same_group = before == after;
                assert!(is_same_group || before.last() < after.first());
                assert!(!is_same_group || m - n < i64::from(here));
            }
            for (_, numbers, _) in &seen {
                let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
                assert_eq!(last - first, i64::from(there) - 1);
            }
        }
    }
}

#[test]
fn a_long_call_drifts_by_not_one_tick() {
    let mut translator = translator(Translation::unchanged().with_clock_rates(8000, 44_100));
    // Days of sound, an hour at once.
    for hour in 0..200_u64 {
        let timestamp = (hour * 3600 * 8000) as u32;
        let bytes = data_of(ALICE, hour as u16, timestamp, &[], b"x");
        let out = header(&forwarded(&mut translator, &bytes));
        assert_eq!(out.timestamp.as_u32(), (hour * 3600 * 44_100) as u32);
    }
}
