//! Tables 2 and 3 of RFC 3261 §20, as they are printed, against what the core holds.

use std::collections::BTreeSet;
use std::path::PathBuf;

use offhook::Limits;
use offhook::sip::message::{HeaderName, Message, Method, Presence, Rule, StatusCode, presence};

/// The columns of the tables.
const METHODS: [Method<'static>; 6] = [
    Method::Ack,
    Method::Bye,
    Method::Cancel,
    Method::Invite,
    Method::Options,
    Method::Register,
];

/// A row of the tables.
struct Printed {
    name: HeaderName,
    place: String,
    columns: Vec<Presence>,
}

fn printed() -> Vec<Printed> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/rfc3261/tables-2-3.tsv");
    let text = std::fs::read_to_string(path).expect("the tables");
    let rows = text.lines().map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let columns = cells[2..].iter().map(|cell| match *cell {
            "-" => Presence::NotApplicable,
            "m" => Presence::Mandatory,
            "m*" => Presence::Expected,
            "o" | "c" | "t" | "*" => Presence::Optional,
            other => panic!("{other} in {line}"),
        });
        Printed {
            name: HeaderName::from_bytes(cells[0].as_bytes()),
            place: match (cells[0], cells[1]) {
                // RFC 7462 §4.1: Alert-Info is for every provisional response but 100.
                ("Alert-Info", "180") => "101-199".to_owned(),
                (_, place) => place.to_owned(),
            },
            columns: columns.collect(),
        }
    });
    rows.collect()
}

/// Whether a row with this `where` is about a request (`None`) or a response with this status.
fn covers(place: &str, status: Option<u16>) -> bool {
    match (place, status) {
        ("" | "c" | "c(1)", _) => true,
        ("R", status) => status.is_none(),
        ("r" | "rc", status) => status.is_some(),
        (_, None) => false,
        (codes, Some(status)) => codes.split(',').any(|code| {
            let (from, to) = code.split_once('-').unwrap_or((code, code));
            let (from, to) = (from.replace('x', "0"), to.replace('x', "9"));
            let code = |text: String| text.parse::<u16>().expect("a status code");
            (code(from)..=code(to)).contains(&status)
        }),
    }
}

// shows: S133
#[test]
fn the_core_holds_what_the_tables_say_for_every_field_method_and_status() {
    let rows = printed();
    let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!((rows.len(), names.len()), (65, 44));
    assert!(!names.contains(&HeaderName::Other));
    let statuses = (100..700).map(Some);
    let (mut entries, mut differ) = (0, Vec::new());
    for status in [None].into_iter().chain(statuses) {
        for (column, method) in METHODS.iter().enumerate() {
            for name in &names {
                let covering = rows
                    .iter()
                    .filter(|row| row.name == *name && covers(&row.place, status));
                // A place that no row of the field has is not for the field.
                let expected = covering.map(|row| row.columns[column]).max();
                let expected = expected.unwrap_or(Presence::NotApplicable);
                let found = presence(*name, method, status.and_then(StatusCode::new));
                entries += 1;
                if found != expected {
                    differ.push(format!("{} {method} {status:?}: {found:?}", name.as_str()));
                }
            }
        }
    }
    assert_eq!(entries, 44 * 6 * 601);
    assert!(differ.is_empty(), "{differ:#?}");
}

// RFC 3261 §7.3.2, §20: whatever stands in a field that does not belong there, it is ignored.
// shows: S133
#[test]
fn a_field_of_another_category_is_ignored_however_malformed() {
    let names: BTreeSet<_> = printed().iter().map(|row| row.name).collect();
    let mut ignored = 0;
    for method in &METHODS {
        let status_lines = [None, Some(180), Some(200), Some(404)];
        for status in status_lines {
            let code = status.and_then(StatusCode::new);
            let first_line = match status {
                None => format!("{method} sip:bob@example.com SIP/2.0"),
                Some(status) => format!("SIP/2.0 {status} "),
            };
            let misplaced = names
                .iter()
                .filter(|name| presence(**name, method, code) == Presence::NotApplicable);
            for name in misplaced {
                let row = format!("{}: ,;=<\"\r\n", name.as_str());
                let text = format!(
                    "{first_line}\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nTo: <sip:b@h>;tag=1\r\n\
                     From: <sip:a@h>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\n{row}{row}\r\n"
                );
                let message = Message::parse(text.as_bytes(), &Limits::default());
                let message = message.unwrap_or_else(|error| panic!("{text}{error}"));
                assert_eq!(message.fatal_finding(), None, "{text}");
                let mut told = Vec::new();
                message.validate(|finding| {
                    if finding.name == *name {
                        told.push(finding.rule);
                    }
                });
                assert_eq!(told, [Rule::NotApplicable; 2], "{text}");
                ignored += 1;
            }
        }
    }
    assert_eq!(ignored, 544);
}
