use super::*;
use crate::rtp::number::{Ssrc, Timestamp};
use alloc::vec;
use alloc::vec::Vec;

const US: Ssrc = Ssrc::new(0x0102_0304);
const THEM: Ssrc = Ssrc::new(0xa1a2_a3a4);

fn cname(text: &[u8]) -> SdesItem<'_> {
    SdesItem {
        kind: SdesKind::Cname,
        text,
    }
}

fn info() -> SenderInfo {
    SenderInfo {
        ntp: 0xb44d_b705_2000_0000,
        timestamp: Timestamp::new(0x1000),
        packets: 7,
        octets: 1120,
    }
}

fn block(ssrc: u32) -> ReportBlock {
    ReportBlock {
        ssrc: Ssrc::new(ssrc),
        fraction_lost: 64,
        cumulative_lost: -2,
        extended_highest_sequence: 0x0001_ffff,
        jitter: 99,
        lsr: 0xb705_2000,
        dlsr: 0x0005_4000,
    }
}

fn compound(build: impl FnOnce(&mut CompoundWriter<'_>)) -> Vec<u8> {
    let mut out = vec![0; 1500];
    let mut writer = CompoundWriter::new(&mut out);
    build(&mut writer);
    let size = writer.finish().unwrap();
    out.truncate(size);
    out
}

/// RFC 3550 Figure 2.
// shows: S045
#[test]
fn the_round_trip_of_figure_2_is_6_125_s() {
    assert_eq!(info().middle_ntp(), 0xb705_2000);
    let delay = round_trip(0xb710_8000, &block(1)).unwrap();
    assert_eq!(delay, 0x0006_2000);
    assert_eq!(f64::from(delay) / 65536.0, 6.125);
}

// shows: S035
#[test]
fn sound_and_picture_meet_on_the_sender_s_clock() {
    // Reports of one sender on its two streams, sent 250 ms apart; both clocks wrap nearby.
    let audio = SenderInfo {
        ntp: 0xb44d_b705_2000_0000,
        timestamp: Timestamp::new(0xffff_ff00),
        ..info()
    };
    let video = SenderInfo {
        ntp: 0xb44d_b705_6000_0000,
        timestamp: Timestamp::new(10),
        ..info()
    };
    for millis in [-5_000_i64, -250, 0, 20, 40, 3_333, 60_000] {
        // The same moment, that long after the report on the audio, on either stream's clock.
        let heard = audio.timestamp.wrapping_add((millis * 8) as u32);
        let seen = video.timestamp.wrapping_add(((millis - 250) * 90) as u32);
        let heard = audio.ntp_of(heard, 8_000);
        let seen = video.ntp_of(seen, 90_000);
        let tick = (1 << 32) / 90_000;
        assert!(heard.abs_diff(seen) <= tick, "{millis}");
        let exact = i128::from(audio.ntp) + (i128::from(millis) << 32) / 1000;
        assert!((i128::from(heard) - exact).abs() <= 1, "{millis}");
    }
    assert_eq!(audio.ntp_of(Timestamp::new(1), 0), audio.ntp);
}

#[test]
fn no_round_trip_without_a_sender_report_or_with_a_clock_that_stepped() {
    let none = ReportBlock { lsr: 0, ..block(1) };
    assert_eq!(round_trip(0xb710_8000, &none), None);
    assert_eq!(round_trip(0xb705_2000, &block(1)), None);
    // The middle of the NTP timestamp wraps every 18 hours.
    let old = ReportBlock {
        lsr: 0xffff_0000,
        dlsr: 0x8000,
        ..block(1)
    };
    assert_eq!(round_trip(0x0000_8000, &old), Some(0x0001_0000));
}

// shows: S046
#[test]
fn a_compound_packet_begins_with_a_report_and_has_a_cname_padded_to_the_word() {
    let bytes = compound(|w| {
        w.report(US, Some(&info()), &[block(1), block(2)])
            .source_description(US, [cname(b"alice@a")])
            .goodbye(&[US], b"done");
    });
    assert_eq!(&bytes[..2], [0x82, 200]);
    assert_eq!(bytes.len() % 4, 0);
    let parsed: Vec<_> = Compound::parse(&bytes).unwrap().packets().collect();
    let [
        RtcpPacket::SenderReport(report),
        RtcpPacket::SourceDescription(description),
        RtcpPacket::Goodbye(goodbye),
    ] = parsed.as_slice()
    else {
        panic!("{parsed:?}")
    };
    assert_eq!((report.ssrc(), report.info()), (US, info()));
    let blocks: Vec<_> = report.blocks().collect();
    assert_eq!(blocks, [block(1), block(2)]);
    let chunk = description.chunks().next().unwrap();
    assert_eq!((chunk.ssrc(), chunk.cname()), (US, Some(&b"alice@a"[..])));
    assert_eq!(goodbye.sources().collect::<Vec<_>>(), [US]);
    assert_eq!(goodbye.reason(), Some(&b"done"[..]));

    let mut out = [0; 100];
    let no_report = CompoundWriter::new(&mut out)
        .source_description(US, [cname(b"a")])
        .finish();
    assert_eq!(no_report, Err(RtcpWriteError::ReportFirst));
    let no_cname = CompoundWriter::new(&mut out)
        .report(US, None, &[])
        .goodbye(&[US], b"")
        .finish();
    assert_eq!(no_cname, Err(RtcpWriteError::MissingCname));
}

/// A.4: the list always ends with a null, and a whole word of them if it filled its words.
#[test]
fn source_descriptions_of_every_length_end_on_a_word() {
    for length in 0..=255 {
        let text = vec![b'x'; length];
        let bytes = compound(|w| {
            w.report(US, None, &[])
                .source_description(US, [cname(&text)]);
        });
        let size = 8 + 4 + 4 + (2 + length + 1).div_ceil(4) * 4;
        assert_eq!(bytes.len(), size, "{length}");
        let packets: Vec<_> = Compound::parse(&bytes).unwrap().packets().collect();
        let RtcpPacket::SourceDescription(description) = packets[1] else {
            panic!()
        };
        assert_eq!(
            description.chunks().next().unwrap().cname(),
            Some(&text[..])
        );
    }
}

/// §6.6: a reason that ends on a word is not null-terminated; others are filled.
#[test]
fn reasons_of_every_length_come_back() {
    for length in 1..=255 {
        let text = vec![b'r'; length];
        let bytes = compound(|w| {
            w.report(US, None, &[])
                .source_description(US, [cname(b"a")])
                .goodbye(&[US, THEM], &text);
        });
        let last = Compound::parse(&bytes).unwrap().packets().last();
        let Some(RtcpPacket::Goodbye(goodbye)) = last else {
            panic!()
        };
        assert_eq!(goodbye.reason(), Some(&text[..]));
        assert_eq!(goodbye.sources().collect::<Vec<_>>(), [US, THEM]);
    }
}

#[test]
fn all_sdes_items_are_told_apart() {
    let mut private = vec![3];
    private.extend_from_slice(b"keyvalue");
    let items: Vec<SdesItem<'_>> = (1..=9)
        .map(|number| SdesItem {
            kind: SdesKind::from_u8(number).unwrap(),
            text: if number == 8 { &private } else { b"text" },
        })
        .collect();
    let bytes = compound(|w| {
        w.report(US, None, &[])
            .source_description(US, items.iter().copied());
    });
    let last = Compound::parse(&bytes).unwrap().packets().last();
    let Some(RtcpPacket::SourceDescription(description)) = last else {
        panic!()
    };
    let read: Vec<_> = description.chunks().next().unwrap().items().collect();
    assert_eq!(read, items);
    assert_eq!(read[7].private(), Some((&b"key"[..], &b"value"[..])));
    assert_eq!(read[8].kind, SdesKind::Other(9));
    assert_eq!(SdesKind::from_u8(0), None);
    let broken = SdesItem {
        kind: SdesKind::Priv,
        text: &[200, 1],
    };
    assert_eq!(broken.private(), None);
}

/// §6.1: more than 31 sources take further RRs behind the first report.
#[test]
fn more_than_31_blocks_are_stacked() {
    let blocks: Vec<_> = (0..40).map(block).collect();
    let bytes = compound(|w| {
        w.report(US, Some(&info()), &blocks)
            .source_description(US, [cname(b"a")]);
    });
    let packets: Vec<_> = Compound::parse(&bytes).unwrap().packets().collect();
    let [
        RtcpPacket::SenderReport(first),
        RtcpPacket::ReceiverReport(second),
        RtcpPacket::SourceDescription(_),
    ] = packets.as_slice()
    else {
        panic!("{packets:?}")
    };
    assert_eq!((first.blocks().len(), second.blocks().len()), (31, 9));
    let read: Vec<_> = first.blocks().chain(second.blocks()).collect();
    assert_eq!(read, blocks);
}

#[test]
fn application_packets_come_back() {
    let app = ApplicationDefined {
        subtype: 5,
        ssrc: US,
        name: *b"test",
        data: &[1, 2, 3, 4],
    };
    let bytes = compound(|w| {
        w.report(US, None, &[])
            .source_description(US, [cname(b"a")])
            .application(&app);
    });
    let last = Compound::parse(&bytes).unwrap().packets().last();
    let Some(RtcpPacket::ApplicationDefined(read)) = last else {
        panic!()
    };
    assert_eq!(read, app);
    let mut out = [0; 100];
    let odd = ApplicationDefined { data: &[1], ..app };
    let error = CompoundWriter::new(&mut out)
        .report(US, None, &[])
        .application(&odd)
        .finish();
    assert_eq!(error, Err(RtcpWriteError::Unaligned));
}

#[test]
fn writing_stops_at_the_first_thing_that_does_not_fit() {
    let text = [b'x'; 256];
    for size in 0..40 {
        let mut out = vec![0; size];
        let result = CompoundWriter::new(&mut out)
            .report(US, None, &[block(1)])
            .source_description(US, [cname(b"a")])
            .finish();
        assert_eq!(result, Err(RtcpWriteError::BufferTooSmall), "{size}");
    }
    let mut out = [0; 1000];
    let long = CompoundWriter::new(&mut out)
        .report(US, None, &[])
        .source_description(US, [cname(&text)])
        .finish();
    assert_eq!(long, Err(RtcpWriteError::TextTooLong));
    let many = CompoundWriter::new(&mut out)
        .report(US, None, &[])
        .source_description(US, [cname(b"a")])
        .goodbye(&[US; 32], b"")
        .finish();
    assert_eq!(many, Err(RtcpWriteError::TooManySources));
}

#[test]
fn cumulative_loss_is_24_bits_with_sign() {
    for (lost, written) in [
        (0, 0),
        (-1, -1),
        (0x7f_ffff, 0x7f_ffff),
        (0x80_0000, 0x7f_ffff),
        (-0x80_0000, -0x80_0000),
        (-0x80_0001, -0x80_0000),
    ] {
        let sent = ReportBlock {
            cumulative_lost: lost,
            ..block(1)
        };
        let bytes = compound(|w| {
            w.report(US, None, &[sent])
                .source_description(US, [cname(b"a")]);
        });
        let first = Compound::parse(&bytes).unwrap().packets().next();
        let Some(RtcpPacket::ReceiverReport(report)) = first else {
            panic!()
        };
        assert_eq!(report.blocks().next().unwrap().cumulative_lost, written);
    }
}

fn error(bytes: &[u8]) -> Option<RtcpError> {
    Compound::parse(bytes).err()
}

/// A.2, and the lengths of hostile packets.
#[test]
fn compounds_that_do_not_hold_together_are_refused() {
    let rr = [0x80, 201, 0, 1, 1, 2, 3, 4];
    let after_rr = |more: &[u8]| error(&[&rr[..], more].concat());
    assert_eq!(error(&rr), None);
    for length in 0..4 {
        assert_eq!(error(&rr[..length]), Some(RtcpError::Short));
    }
    for length in 4..8 {
        assert_eq!(error(&rr[..length]), Some(RtcpError::Length));
    }
    let changed = |at: usize, octet: u8| {
        let mut bytes = rr;
        bytes[at] = octet;
        error(&bytes)
    };
    assert_eq!(changed(0, 0x40), Some(RtcpError::Version));
    assert_eq!(changed(1, 202), Some(RtcpError::FirstType));
    assert_eq!(changed(0, 0xa0), Some(RtcpError::PaddingPlace));
    assert_eq!(changed(2, 0xff), Some(RtcpError::Length));
    assert_eq!(changed(3, 0), Some(RtcpError::ReportBlocks));
    // A count of 31 in eight octets.
    assert_eq!(changed(0, 0x9f), Some(RtcpError::ReportBlocks));
    // An SR without its sender's section.
    assert_eq!(changed(1, 200), Some(RtcpError::ReportBlocks));
    // Octets left over, a second packet cut short, and one of another version.
    assert_eq!(after_rr(&[0x80]), Some(RtcpError::Length));
    assert_eq!(after_rr(&[0x80, 203, 0, 1]), Some(RtcpError::Length));
    assert_eq!(after_rr(&[0x40, 203, 0, 0]), Some(RtcpError::Version));
    // BYE: more sources than octets; a reason of 255 octets in three.
    assert_eq!(after_rr(&[0x81, 203, 0, 0]), Some(RtcpError::Goodbye));
    assert_eq!(
        after_rr(&[0x80, 203, 0, 1, 255, 1, 2, 3]),
        Some(RtcpError::Goodbye)
    );
    // SDES: no end, an item past the end, a chunk missing.
    let chunk = [0x81, 202, 0, 2, 1, 2, 3, 4, 1, 2, b'a', b'b'];
    assert_eq!(after_rr(&chunk), Some(RtcpError::Sdes));
    let item = [0x81, 202, 0, 2, 1, 2, 3, 4, 1, 200, b'a', 0];
    assert_eq!(after_rr(&item), Some(RtcpError::Sdes));
    assert_eq!(after_rr(&[0x9f, 202, 0, 0]), Some(RtcpError::Sdes));
    // APP without a name.
    let app = [0x80, 204, 0, 1, 1, 2, 3, 4];
    assert_eq!(after_rr(&app), Some(RtcpError::Application));
    // Padding on a packet in the middle, of no octets, of an odd count, of more than there is.
    let bye = [0xa0, 203, 0, 1, 0, 0, 0, 4];
    assert_eq!(after_rr(&bye), None);
    let middle = [&bye[..], &[0x80, 203, 0, 0]].concat();
    assert_eq!(after_rr(&middle), Some(RtcpError::PaddingPlace));
    for count in [0, 3, 8, 255] {
        let mut bye = bye;
        bye[7] = count;
        assert_eq!(after_rr(&bye), Some(RtcpError::PaddingCount), "{count}");
    }
    assert_eq!(after_rr(&[0xa0, 203, 0, 0]), Some(RtcpError::PaddingCount));
}

#[test]
fn unknown_types_are_passed_over() {
    let rr = [0x80, 201, 0, 1, 1, 2, 3, 4];
    // IJ, RSI and some nobody has assigned.
    for packet_type in [194, 195, 208, 209, 223] {
        let bytes = [&rr[..], &[0x81, packet_type, 0, 1, 9, 9, 9, 9], &rr].concat();
        let packets: Vec<_> = Compound::parse(&bytes).unwrap().packets().collect();
        assert_eq!(packets.len(), 3);
        assert!(matches!(packets[1], RtcpPacket::Unknown { body, .. } if body == [9; 4]));
    }
}

#[test]
fn profile_extensions_of_reports_are_kept_apart() {
    let bytes = [0x80, 201, 0, 3, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 6, 6];
    let first = Compound::parse(&bytes).unwrap().packets().next();
    let Some(RtcpPacket::ReceiverReport(report)) = first else {
        panic!()
    };
    assert_eq!(report.extension(), [5, 5, 5, 5, 6, 6, 6, 6]);
    assert_eq!(report.blocks().len(), 0);
}

/// RFC 5761 §4: what shares a port is told apart by the second octet.
#[test]
fn rtcp_is_told_from_rtp() {
    for second in 0..=255_u8 {
        let payload_type = crate::rtp::PayloadType::from_octet(second);
        let marked = second & 0x80 != 0;
        let expected = marked && !payload_type.is_allowed_with_rtcp_mux();
        assert_eq!(is_rtcp(&[0x80, second, 0, 0]), expected, "{second}");
    }
    assert!(!is_rtcp(&[0x80]));
}

#[test]
fn any_bytes_are_read_without_panic() {
    let mut rng = crate::Rng::from_seed([2; 32]);
    let mut good = 0;
    for _ in 0..50_000 {
        let words = usize::try_from(rng.below(12)).unwrap() + 1;
        let mut bytes = vec![0; words * 4];
        rng.fill(&mut bytes);
        // A believable first word, so that the checks behind it are reached.
        bytes[0] = (bytes[0] & 0x01) | 0x80;
        bytes[1] = 200 + (bytes[1] & 1);
        bytes[2] = 0;
        bytes[3] = if words > 8 { bytes[3] % 16 } else { 1 };
        if let Some(second) = bytes.get_mut(8..12) {
            second[0] = (second[0] & 0x23) | 0x80;
            second[1] = 200 + second[1] % 8;
            second[2] = 0;
            second[3] = u8::try_from(words - 3).unwrap_or(0);
        }
        let Ok(compound) = Compound::parse(&bytes) else {
            continue;
        };
        good += 1;
        for packet in compound.packets() {
            match packet {
                RtcpPacket::SenderReport(report) => drop(report.blocks().count()),
                RtcpPacket::ReceiverReport(report) => drop(report.blocks().count()),
                RtcpPacket::SourceDescription(description) => {
                    let items = description.chunks().map(|chunk| chunk.items().count());
                    let _ = items.sum::<usize>();
                }
                RtcpPacket::Goodbye(goodbye) => drop(goodbye.sources().count()),
                RtcpPacket::Feedback(packet) => {
                    let mut size = 0;
                    packet.feedback.write(&mut |octets| size += octets.len());
                    assert!(size < bytes.len());
                }
                RtcpPacket::Extended(report) => {
                    for block in report.blocks() {
                        let mut size = 0;
                        block.write(&mut |octets| size += octets.len());
                        assert!(size < bytes.len());
                    }
                }
                RtcpPacket::ApplicationDefined(_)
                | RtcpPacket::Obsolete(_)
                | RtcpPacket::Unknown { .. } => {}
            }
        }
    }
    assert!(good > 500, "{good}");
}
