//! RFC 4733 §5: a number that is dialled, as events and as tones.

use std::collections::{BTreeMap, BTreeSet};

use offhook::rtp::event::{EventReport, EventSender};
use offhook::rtp::packet::Packet;
use offhook::rtp::payload::red::{Block, Redundant};
use offhook::rtp::payload::telephone_event::{EventCode, EventKind, TelephoneEvent};
use offhook::rtp::payload::tone::Tone;

use super::{at, figure_header, lines, payload_type, vector, written};

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
