//! What the RFCs of payload formats print, octet by octet: RFC 4733 §5, RFC 2198 §7, RFC 5109 §10.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use offhook::rtp::event::{EventReport, EventSender};
use offhook::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook::rtp::packet::{Header, Outgoing, Packet};
use offhook::rtp::payload::fec::{Fec, Protection, Recovered, protect};
use offhook::rtp::payload::red::{Block, Redundant};
use offhook::rtp::payload::rtx::Retransmission;
use offhook::rtp::payload::telephone_event::{EventCode, EventKind, TelephoneEvent};
use offhook::rtp::payload::tone::Tone;
use offhook::sdp::SessionDescription;
use offhook::sdp::attribute::FormatParameters;

fn vector(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn lines(name: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(vector(name)).unwrap();
    text.lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

/// The numbers of a table, without what happened: they are all of a packet but its text.
fn numbers(name: &str) -> Vec<Vec<u32>> {
    let number = |field: &String| field.parse().unwrap();
    lines(name)
        .iter()
        .map(|row| [&row[..1], &row[2..]].concat().iter().map(number).collect())
        .collect()
}

fn key(key: char) -> EventCode {
    EventCode::of_key(key).unwrap()
}

fn at(ticks: u32) -> Timestamp {
    Timestamp::new(ticks)
}

fn payload_type(number: u8) -> PayloadType {
    PayloadType::new(number).unwrap()
}

/// RFC 4733 §5: "911", of 200, 250 and 220 ms, in packets of 50 ms from the beginning of each. The
/// gateway that detects the digits reports before it notices that one ended in that very instant.
fn dialled() -> Vec<(u32, u32, EventReport)> {
    let presses = [('9', 0, 1600), ('1', 7040, 2000), ('1', 11_200, 1760)];
    let mut sender = EventSender::default();
    let (mut sent, mut sequence) = (Vec::new(), 0);
    for (digit, began, lasted) in presses {
        sender.begin(at(began), key(digit), 20);
        let ended = began + lasted;
        for now in (began + 400..=ended + 1200).step_by(400) {
            if now > ended {
                sender.end(at(ended));
            }
            sender.turn(at(now), |report| {
                sequence += 1;
                sent.push((now / 8, sequence, report));
            });
        }
        assert!(!sender.is_busy());
    }
    sent
}

// shows: S073 S075
#[test]
fn the_911_of_rfc_4733_is_reported_as_its_table_5_has_it() {
    let rows = numbers("rfc4733/table-5.tsv");
    assert_eq!(rows.len(), 14);
    let sent: BTreeMap<u32, Vec<u32>> = dialled()
        .iter()
        .map(|(millis, sequence, report)| {
            // As octets, so that it is the wire that is compared.
            let event = TelephoneEvent::unpack(&report.event.to_octets()).unwrap();
            let code = u32::from(event.code.as_u8());
            let row = vec![
                *millis,
                u32::from(report.marker),
                report.timestamp.as_u32(),
                *sequence,
                code,
                u32::from(event.duration),
                u32::from(event.end),
            ];
            (*sequence, row)
        })
        .collect();
    assert_eq!(sent.len(), 20, "the table's numbers end with 20");
    for row in rows {
        assert_eq!(sent[&row[3]], row);
    }
    // The rows the table leaves out: M only on the first of each digit, E only on the last, and
    // the duration grows by a packet.
    let markers: Vec<_> = sent.values().filter(|row| row[1] == 1).collect();
    assert_eq!(
        markers.iter().map(|row| row[3]).collect::<Vec<_>>(),
        [1, 7, 14]
    );
    for sequence in [8, 9, 10, 15, 16, 17] {
        let (before, row) = (&sent[&(sequence - 1)], &sent[&sequence]);
        assert_eq!((row[5], row[6]), (before[5] + 400, 0));
    }
    // The final report, three times: E stays set once it is.
    for finals in [4..=6, 11..=13, 18..=20] {
        let rows: Vec<_> = finals.map(|sequence| &sent[&sequence]).collect();
        assert!(rows.iter().all(|row| row[5] == rows[0][5]));
        assert!(rows.is_sorted_by_key(|row| row[6]));
        assert_eq!((rows[1][6], rows[2][6]), (1, 1));
    }
}

// shows: S074
#[test]
fn the_911_of_rfc_4733_as_tones_is_its_table_6() {
    let rows = numbers("rfc4733/table-6.tsv");
    assert_eq!(rows.len(), 7);
    let mut sent = BTreeMap::new();
    for (digit, began, lasted) in [('9', 0, 1600_u32), ('1', 7040, 2000), ('1', 11_200, 1760)] {
        let (low, high) = key(digit).frequencies().unwrap();
        for before in (0..lasted).step_by(400) {
            let tone = Tone {
                modulation: 0,
                thirds: false,
                volume: 20,
                duration: u16::try_from(lasted - before).unwrap().min(400),
            };
            let mut payload = [0; 8];
            assert_eq!(tone.pack(&[low, high], &mut payload), Some(8));
            let (again, frequencies) = Tone::unpack(&payload).unwrap();
            assert_eq!(again, tone);
            let sequence = u32::try_from(sent.len()).unwrap() + 1;
            let start = began + before;
            let row = [
                (start + 400) / 8,
                u32::from(before == 0),
                start,
                sequence,
                u32::from(again.duration),
            ];
            let frequencies = frequencies.map(u32::from);
            sent.insert(
                sequence,
                row.into_iter().chain(frequencies).collect::<Vec<_>>(),
            );
        }
    }
    for row in rows {
        assert_eq!(sent[&row[3]], row);
    }
}

/// The header of the packets of the figures of RFC 4733 §5.
fn figure_header(number: u8, sequence: u16, timestamp: u32) -> Header {
    Header {
        marker: false,
        payload_type: payload_type(number),
        sequence: SequenceNumber::new(sequence),
        timestamp: at(timestamp),
        ssrc: Ssrc::new(0x005_234a8),
    }
}

fn written(header: Header, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 12 + payload.len()];
    Outgoing::new(header, payload).write(&mut out).unwrap();
    out
}

// shows: S073 S074 S075
#[test]
fn packet_14_of_rfc_4733_is_its_figures_3_to_5() {
    let (_, sequence, report) = dialled()[17];
    assert_eq!(sequence, 18);
    let event = report.event.to_octets();
    let packet = written(figure_header(100, 18, report.timestamp.as_u32()), &event);
    assert_eq!(packet, vector("rfc4733/figure-3.bin"));

    let tone = Tone {
        modulation: 0,
        thirds: false,
        volume: 20,
        duration: 160,
    };
    let mut octets = [0; 8];
    tone.pack(&[697, 1209], &mut octets).unwrap();
    let packet = written(figure_header(101, 14, 12_800), &octets);
    assert_eq!(packet, vector("rfc4733/figure-4.bin"));

    let redundant = Block {
        payload_type: payload_type(100),
        offset: 1600,
        payload: &event,
    };
    let mut payload = [0; 17];
    let blocks = [redundant].into_iter();
    let size = Redundant::pack(blocks, payload_type(101), &octets, &mut payload).unwrap();
    let packet = written(figure_header(102, 18, 12_800), &payload[..size]);
    assert_eq!(packet, vector("rfc4733/figure-5.bin"));

    // And read again.
    let figure = vector("rfc4733/figure-5.bin");
    let packet = Packet::parse(&figure).unwrap();
    let read = Redundant::unpack(packet.payload()).unwrap();
    let block = read.redundant().next().unwrap();
    assert_eq!(block, redundant);
    assert_eq!(block.timestamp(packet.timestamp(), 0), report.timestamp);
    assert_eq!(TelephoneEvent::unpack(block.payload), Some(report.event));
    assert_eq!(
        (read.primary_type().as_u8(), read.primary()),
        (101, &octets[..])
    );
}

/// Every number of the registries, and no other but the keys (RFC 4733 §7.3).
// shows: S073
#[test]
fn events_are_those_that_are_registered() {
    let mut registered: BTreeSet<u8> = (0..=15).collect();
    for row in lines("rfc4733/events.tsv") {
        let code: u8 = row[0].parse().unwrap();
        assert!(registered.insert(code), "{code} twice");
        let event = EventCode::new(code);
        let is_state = row[1].contains("state");
        assert_eq!(event.kind() == Some(EventKind::State), is_state, "{row:?}");
        // Where the registry counts, or gives the bits, the name does the same.
        let count = row[1]
            .rsplit([' ', '"', '\''])
            .find(|word| !word.is_empty());
        let ours = event.to_string();
        if is_state || row[1].starts_with("MFC") || row[1].contains("R1 digit") {
            assert_eq!(ours.rsplit(' ').next(), count, "{row:?}");
        }
    }
    let known = (0..=u8::MAX).filter(|code| EventCode::new(*code).kind().is_some());
    assert_eq!(known.collect::<BTreeSet<_>>(), registered);
}

/// The octets of a layout's fields, by what `value` says of each name.
fn laid_out(fields: &[Vec<String>], value: impl Fn(&str) -> u32) -> Vec<u8> {
    let mut bits = String::new();
    for field in fields {
        let Ok(width) = field[0].parse::<usize>() else {
            break;
        };
        let value = value(&field[1]);
        bits += &format!("{value:0width$b}");
    }
    let octet = |at: usize| u8::from_str_radix(&bits[at..at + 8], 2).unwrap();
    (0..bits.len()).step_by(8).map(octet).collect()
}

/// RFC 2198 §7: DVI4 with LPC behind it. It prints neither numbers nor sound; its fields are filled
/// with some, in the widths and the order it prints.
// shows: S076
#[test]
fn the_packet_of_rfc_2198_is_laid_out_as_printed() {
    let fields = lines("rfc2198/7-1.layout");
    let data: Vec<_> = fields.iter().filter(|field| field[0] == "*").collect();
    let octets = |at: usize| data[at][2].parse::<usize>().unwrap();
    assert_eq!((octets(0), octets(1)), (14, 84));
    let lpc: Vec<u8> = (0..14).map(|n| 0x40 | n).collect();
    let dvi: Vec<u8> = (0..84).map(|n| 0x80 | n).collect();
    let value = |name: &str| match name {
        "V=2" => 2,
        "PT" => 121,
        "sequence number of primary" => 0x1234,
        "timestamp of primary encoding" => 0xdead_beef,
        "synchronization source (SSRC) identifier" => 0x5234a8,
        // Both hold 20 ms at 8 kHz.
        "timestamp offset" => 160,
        "block length" => 14,
        "block PT=7" => 7,
        "block PT=5" => 5,
        "1" => 1,
        "P" | "X" | "CC=0" | "M" | "0" => 0,
        other => panic!("{other}"),
    };
    let expected = [laid_out(&fields, value), lpc.clone(), dvi.clone()].concat();
    assert_eq!(expected.len(), 12 + 4 + 1 + 14 + 84);

    let block = Block {
        payload_type: payload_type(7),
        offset: 160,
        payload: &lpc,
    };
    let mut payload = [0; 103];
    let size = Redundant::pack([block].into_iter(), payload_type(5), &dvi, &mut payload);
    let header = figure_header(121, 0x1234, 0xdead_beef);
    assert_eq!(written(header, &payload[..size.unwrap()]), expected);

    let packet = Packet::parse(&expected).unwrap();
    let read = Redundant::unpack(packet.payload()).unwrap();
    assert!(read.redundant().eq([block]));
    assert_eq!((read.primary_type().as_u8(), read.primary()), (5, &dvi[..]));
}

/// The packets of RFC 5109 §10: numbers, timestamps and lengths as told there, payload of our own.
fn protected() -> Vec<Vec<u8>> {
    let packets = [
        (11, 200, true),
        (18, 140, false),
        (11, 100, true),
        (18, 340, false),
    ];
    packets
        .into_iter()
        .zip(0_u16..)
        .map(|((number, length, marker), n)| {
            let header = Header {
                marker,
                payload_type: payload_type(number),
                sequence: SequenceNumber::new(8 + n),
                timestamp: at(3 + 2 * u32::from(n)),
                ssrc: Ssrc::new(2),
            };
            let octet = |at: u16| (at.wrapping_mul(31) ^ n.wrapping_mul(77)) as u8 | 1;
            let payload: Vec<u8> = (0..length).map(octet).collect();
            written(header, &payload)
        })
        .collect()
}

fn fec_of(levels: &[(&[&[u8]], u16)]) -> Vec<u8> {
    let levels: Vec<_> = levels
        .iter()
        .map(|(packets, length)| Protection {
            packets,
            length: *length,
        })
        .collect();
    let mut out = [0; 1500];
    let size = protect(&levels, &mut out).unwrap();
    out[..size].to_vec()
}

/// Of the packets, all but those that are lost.
fn left<'p>(
    packets: &'p [Vec<u8>],
    lost: &'p [usize],
) -> impl Fn(SequenceNumber) -> Option<&'p [u8]> + Clone {
    move |number| {
        let at = usize::from(number.as_u16().checked_sub(8)?);
        let packet = packets.get(at).filter(|_| !lost.contains(&at))?;
        Some(packet.as_slice())
    }
}

fn sequence(at: usize) -> SequenceNumber {
    SequenceNumber::new(8 + u16::try_from(at).unwrap())
}

// shows: S078
#[test]
fn one_level_over_four_packets_is_rfc_5109_section_10_1() {
    let packets = protected();
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let fec = fec_of(&[(&all, 340)]);
    let printed = [
        vector("rfc5109/figure-8.bin"),
        vector("rfc5109/figure-9.bin"),
    ]
    .concat();
    assert_eq!(fec[..14], printed);
    assert_eq!(fec.len(), 14 + 340);
    assert_eq!(Protection::of(&all).length, 340);
    let header = Header {
        marker: false,
        payload_type: payload_type(127),
        sequence: SequenceNumber::new(1),
        timestamp: at(9),
        ssrc: Ssrc::new(2),
    };
    assert_eq!(written(header, &fec)[..12], vector("rfc5109/figure-7.bin"));

    let read = Fec::unpack(&fec).unwrap();
    let level = read.levels().next().unwrap();
    assert!(read.protected(level.mask).eq((0..4).map(sequence)));
    for lost in 0..4 {
        let gone = [lost];
        let has = left(&packets, &gone);
        assert_eq!(
            read.missing(|number| has(number).is_some()),
            Some(sequence(lost))
        );
        let mut out = [0xaa; 400];
        let recovered = read
            .recover(sequence(lost), Ssrc::new(2), has, &mut out)
            .unwrap();
        assert!(recovered.is_whole());
        assert_eq!(out[..recovered.size], packets[lost]);
    }
}

/// The two packets are printed with M recovered from four packets, though each is made of two of
/// which one is marked: M recovery is 1 XOR 0 for each, by §8.1, where 0 is printed. Nothing else
/// differs.
// shows: S078
#[test]
fn two_levels_are_rfc_5109_section_10_2_but_for_the_marker_it_gets_wrong() {
    let packets = protected();
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let one = fec_of(&[(&all[..2], 70)]);
    let two = fec_of(&[(&all[2..], 70), (&all, 90)]);
    let mut first = [
        vector("rfc5109/figure-12.bin"),
        vector("rfc5109/figure-13.bin"),
    ]
    .concat();
    first[1] |= 0x80;
    assert_eq!(one[..14], first);
    assert_eq!(one.len(), 14 + 70);

    // The second names 8 as its base, for that is its lowest packet at any level (§7.3).
    let mut second = [
        vector("rfc5109/figure-15.bin"),
        vector("rfc5109/figure-16.bin"),
    ]
    .concat();
    second[1] |= 0x80;
    assert_eq!(two[..14], second);
    assert_eq!(two[84..88], vector("rfc5109/figure-17.bin"));
    assert_eq!(two.len(), 14 + 70 + 4 + 90);

    let (one, two) = (Fec::unpack(&one).unwrap(), Fec::unpack(&two).unwrap());
    let levels: Vec<_> = two
        .levels()
        .map(|level| (level.start, level.payload.len()))
        .collect();
    assert_eq!(levels, [(0, 70), (70, 90)]);
    // A comes back to the end of level 0 with the first packet, to that of level 1 with both.
    let gone = [0];
    let has = left(&packets, &gone);
    let mut out = [0; 400];
    let recovered = one
        .recover(sequence(0), Ssrc::new(2), has.clone(), &mut out)
        .unwrap();
    assert_eq!(
        recovered,
        Recovered {
            size: 212,
            known: 82
        }
    );
    let more = two
        .recover_level(1, sequence(0), has, &mut out, recovered)
        .unwrap();
    assert_eq!(
        more,
        Recovered {
            size: 212,
            known: 172
        }
    );
    assert_eq!(out[..172], packets[0][..172]);
    // C is shorter than both levels and comes back whole from the second packet alone.
    let gone = [2];
    let mut out = [0xaa; 400];
    let has = left(&packets, &gone);
    let recovered = two
        .recover(sequence(2), Ssrc::new(2), has, &mut out)
        .unwrap();
    assert!(recovered.is_whole());
    assert_eq!(out[..recovered.size], packets[2]);
    // One of A and B, and one of C and D: level 0 of both comes back.
    let gone = [1, 3];
    for (fec, lost) in [(one, 1), (two, 3)] {
        let mut out = [0xaa; 400];
        let has = left(&packets, &gone);
        let recovered = fec
            .recover(sequence(lost), Ssrc::new(2), has, &mut out)
            .unwrap();
        assert_eq!(recovered.known, 82);
        assert_eq!(out[..82], packets[lost][..82]);
    }
}

/// RFC 5109 §10.3: the same four packets, as primary blocks; what protects them is the redundant
/// block of the fifth.
// shows: S078
#[test]
fn protection_as_redundant_data_is_rfc_5109_section_10_3() {
    let lengths = [200, 140, 100, 340, 160];
    let fifth: Vec<u8> = vec![0x55; lengths[4]];
    // The virtual packets: the RED header with the primary's payload type, and so without M.
    let packets: Vec<_> = protected()
        .into_iter()
        .map(|mut packet| {
            packet[1] = 11;
            packet
        })
        .collect();
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let fec = fec_of(&[(&all, 340)]);
    let printed = [
        vector("rfc5109/figure-8.bin"),
        vector("rfc5109/figure-9.bin"),
    ]
    .concat();
    assert_eq!(fec[..14], printed);
    let block = Block {
        payload_type: payload_type(127),
        offset: 0,
        payload: &fec,
    };
    let mut payload = [0; 600];
    let size = Redundant::pack([block].into_iter(), payload_type(11), &fifth, &mut payload);
    let payload = &payload[..size.unwrap()];
    assert_eq!(payload[..4], vector("rfc5109/figure-22.bin"));
    assert_eq!(payload[4..5], vector("rfc5109/figure-20.bin"));
    assert_eq!(payload.len(), 4 + 1 + 354 + 160);

    let read = Redundant::unpack(payload).unwrap();
    let read = Fec::unpack(read.redundant().next().unwrap().payload).unwrap();
    for lost in 0..4 {
        let gone = [lost];
        let mut out = [0; 400];
        let has = left(&packets, &gone);
        let recovered = read
            .recover(sequence(lost), Ssrc::new(2), has, &mut out)
            .unwrap();
        assert_eq!(out[..recovered.size], packets[lost]);
    }
}

/// The tutorial's drawing: G.711 with the GSM frame of the packet before behind it. Whichever
/// packet is lost, its sound is in the next one.
// shows: S076
#[test]
fn a_lost_packet_is_had_back_from_the_gsm_behind_the_next() {
    let pcm = |n: u8| [n; 160];
    // RFC 3551 §4.5.8.1: 33 octets, 0xD in front.
    let gsm = |n: u8| [[0xd0; 1].as_slice(), &[n; 32]].concat();
    let red = payload_type(96);
    let packets: Vec<_> = (0..10_u8)
        .map(|n| {
            let before = n.checked_sub(1).map(gsm);
            let blocks = before.as_deref().map(|payload| Block {
                payload_type: payload_type(3),
                offset: 160,
                payload,
            });
            let mut payload = [0; 256];
            let size = Redundant::pack(blocks.into_iter(), payload_type(0), &pcm(n), &mut payload);
            let header = Header {
                timestamp: at(u32::MAX - 500).wrapping_add(160 * u32::from(n)),
                ..figure_header(red.as_u8(), u16::from(n), 0)
            };
            written(header, &payload[..size.unwrap()])
        })
        .collect();
    // All but the last, which has none behind it.
    for lost in 0..9 {
        let mut heard = BTreeMap::new();
        for (n, packet) in packets.iter().enumerate().filter(|(n, _)| *n != lost) {
            let packet = Packet::parse(packet).unwrap();
            let read = Redundant::unpack(packet.payload()).unwrap();
            for block in read.redundant() {
                let when = block.timestamp(packet.timestamp(), 0).as_u32();
                let sound = (block.payload_type.as_u8(), block.payload.to_vec());
                heard.entry(when).or_insert(sound);
            }
            // The primary is better than what was said of it: it takes its place.
            let sound = (read.primary_type().as_u8(), read.primary().to_vec());
            assert_eq!(sound.1, pcm(u8::try_from(n).unwrap()));
            heard.insert(packet.timestamp().as_u32(), sound);
        }
        assert_eq!(heard.len(), 10);
        for n in 0..10_u8 {
            let when = at(u32::MAX - 500).wrapping_add(160 * u32::from(n));
            let expected = if usize::from(n) == lost {
                (3, gsm(n))
            } else {
                (0, pcm(n).to_vec())
            };
            assert_eq!(heard[&when.as_u32()], expected);
        }
    }
}

/// RFC 4588 §4, §8.1: the number of the original in front of its payload; `apt` says what the
/// payload is.
// shows: S079
#[test]
fn a_retransmission_belongs_to_the_payload_type_that_apt_names() {
    let description = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVPF 0 8 98 99\r\na=rtpmap:98 rtx/8000\r\na=fmtp:98 apt=0;rtx-time=3000\r\n\
        a=rtpmap:99 rtx/8000\r\na=fmtp:99 apt=8\r\n";
    let session = SessionDescription::parse(description.as_bytes()).unwrap();
    let apt = |number: u8| {
        let parameters = session.media[0].format_parameters(number)?;
        let apt = FormatParameters(parameters).number("apt")?;
        PayloadType::new(u8::try_from(apt).ok()?)
    };
    assert_eq!(
        (apt(0), apt(98), apt(99)),
        (None, PayloadType::new(0), PayloadType::new(8))
    );
    for (retransmission, original) in [(98, 0), (99, 8)] {
        let lost = Header {
            marker: true,
            ..figure_header(original, 0xffff, 160)
        };
        let whole = written(lost, b"what was said");
        let packet = Packet::parse(&whole).unwrap();
        let mut payload = [0; 32];
        let size = Retransmission::of(&packet).pack(&mut payload).unwrap();
        assert_eq!(&payload[..2], [0xff, 0xff]);
        let again = Header {
            payload_type: payload_type(retransmission),
            sequence: SequenceNumber::new(7),
            ssrc: Ssrc::new(1),
            ..lost
        };
        let sent = written(again, &payload[..size]);

        let packet = Packet::parse(&sent).unwrap();
        let read = Retransmission::unpack(packet.payload()).unwrap();
        let kind = apt(packet.payload_type().as_u8()).unwrap();
        let header = read.original_header(packet.header(), kind, lost.ssrc);
        assert_eq!(written(header, read.payload), whole);
    }
}
