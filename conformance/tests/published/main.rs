//! The SIP messages that the RFCs print: each is read, each of its header fields is written and read
//! again, and what is wrong with some of them is told.
//!
//! No digest in them is real (RFC 3665 §1.3 and others say so), so none is recomputed.

mod traps;
mod typed;

use std::collections::BTreeMap;
use std::path::PathBuf;

use offhook::Limits;
use offhook::sip::header::{Value, Via};
use offhook::sip::message::{
    Deviation, Forward, HeaderName, Message, ParseError, ParseErrorKind, Policy, Rule,
};

use traps::{ABSENT_OR_MISPLACED, LENGTH_TOO_LONG, TRAPS};
use typed::{Typed, round_trip};

/// How many messages each RFC prints. RFC 6665 prints none.
const PRINTED: [(u16, usize); 11] = [
    (3261, 52),
    (3515, 12),
    (3665, 181),
    (3666, 191),
    (3891, 10),
    (3903, 14),
    (3911, 14),
    (4028, 7),
    (5359, 324),
    (5589, 38),
    (6665, 0),
];

/// All messages by RFC, section and label.
fn printed() -> BTreeMap<String, String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut messages = BTreeMap::new();
    for (rfc, count) in PRINTED {
        let folder = root.join(format!("rfc{rfc}"));
        let mut found = 0;
        // A folder without files does not exist.
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "sip") {
                continue;
            }
            let label = path.file_stem().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(&path).expect("ASCII");
            messages.insert(format!("rfc{rfc}/{label}"), text);
            found += 1;
        }
        assert_eq!(found, count, "messages of RFC {rfc}");
    }
    messages
}

/// RFC 3903, RFC 5359 and RFC 5589 print this.
const OPEN_LENGTH: &str = "Content-Length: ...";

/// A message with the length of what is printed as its body, where the RFC leaves the length open,
/// leaves the body out, or miscounts.
fn with_length(name: &str, text: &str) -> String {
    let (header, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let is_wrong = text.contains(OPEN_LENGTH) || LENGTH_TOO_LONG.contains(&name);
    let mut rows = header.lines();
    match rows.find(|row| is_wrong && row.starts_with("Content-Length: ")) {
        Some(row) => text.replacen(row, &format!("Content-Length: {}", body.len()), 1),
        None => text.to_owned(),
    }
}

fn parse(text: &str) -> Result<Message, ParseError> {
    Message::parse(text.as_bytes(), &Limits::default())
}

/// The printed messages that can be read, once their length is right.
fn readable() -> impl Iterator<Item = (String, Message)> {
    printed().into_iter().filter_map(|(name, text)| {
        let message = parse(&with_length(&name, &text)).ok()?;
        Some((name, message))
    })
}

/// What is wrong with a message that it needs, or that is malformed; the byte where it cannot be
/// read on.
fn faults(text: &str) -> Vec<String> {
    let message = match parse(text) {
        Ok(message) => message,
        Err(error) => return vec![error.to_string()],
    };
    let mut faults = Vec::new();
    message.validate(|finding| {
        let is_absence = matches!(finding.rule, Rule::Missing | Rule::NotApplicable);
        if finding.is_fatal || !is_absence {
            faults.push(format!("{} {}", name_of(finding.name), finding.rule));
        }
    });
    for row in message.rows() {
        // Credentials are not looked into before they are needed.
        if let (0, Typed::Refused(error)) = (faults.len(), round_trip(&row)) {
            faults.push(format!("{} {}", name_of(row.name), error));
        }
    }
    faults
}

fn name_of(name: HeaderName) -> &'static str {
    match name {
        HeaderName::Other => "first line",
        name => name.as_str(),
    }
}

#[test]
fn every_printed_message_is_well_formed_but_for_those_that_are_named() {
    let mut traps: BTreeMap<_, _> = TRAPS.iter().map(|(name, told, _)| (*name, *told)).collect();
    assert_eq!(traps.len(), TRAPS.len(), "a name that stands twice");
    for (name, text) in printed() {
        let told = faults(&with_length(&name, &text)).join(", ");
        let expected = traps.remove(name.as_str()).unwrap_or_default();
        assert_eq!(told, expected, "{name}");
    }
    assert!(traps.is_empty(), "not printed: {traps:?}");
}

// RFC 3261 §18.3, §20.14.
#[test]
fn a_length_that_is_open_or_too_long_is_refused_and_one_too_short_cuts_the_body() {
    let (mut open, mut too_long, mut too_short) = (0, Vec::new(), Vec::new());
    for (name, text) in printed() {
        let printed_body = text
            .split_once("\r\n\r\n")
            .map_or(0, |(_, body)| body.len());
        match parse(&text) {
            Err(error) if error.kind == ParseErrorKind::ContentLength => {
                assert!(text.contains(OPEN_LENGTH), "{name}");
                open += 1;
            }
            Err(error) if error.kind == ParseErrorKind::BodyTruncated => too_long.push(name),
            Ok(message) if message.body().len() < printed_body => {
                // Without a length a datagram's body is all there is.
                assert!(message.field(HeaderName::ContentLength).is_some(), "{name}");
                too_short.push(name);
            }
            Ok(_) | Err(_) => {}
        }
    }
    assert_eq!(open, 156);
    too_long.sort();
    let mut expected = LENGTH_TOO_LONG.to_vec();
    expected.sort_unstable();
    assert_eq!(too_long, expected);
    assert_eq!(too_short, ["rfc3261/23.4.2-1", "rfc3261/23.4.3-1"]);
}

// DESIGN §5: parse(write(x)) == x.
#[test]
fn every_typed_field_of_a_printed_message_means_the_same_once_written() {
    let (mut rows, mut values) = (0, 0);
    for (name, message) in readable() {
        for row in message.rows() {
            let field = String::from_utf8_lossy(row.name_bytes);
            rows += 1;
            match round_trip(&row) {
                Typed::Same(count) => values += count,
                // A type refuses nothing that is not told of above.
                Typed::Refused(_) => {
                    assert!(
                        TRAPS.iter().any(|(trap, ..)| *trap == name),
                        "{name} {field}"
                    );
                }
                // A slip in RFC 5359.
                Typed::Untyped => assert_eq!(field, "Max-Forward", "{name}"),
                Typed::Changed(how) => panic!("{name} {field}: {how}"),
            }
        }
    }
    assert_eq!((rows, values), (6736, 7763));
}

// RFC 3261 §16.6, §16.7: what a proxy does not touch leaves as it came.
#[test]
fn a_printed_message_is_forwarded_as_it_came_but_for_the_top_via() {
    let via = Via::parse(b"SIP/2.0/UDP proxy.example.net;branch=z9hG4bK1").expect("a Via");
    let mut forwarded = 0;
    for (name, message) in readable() {
        let rows = |message: &Message| -> Vec<(Vec<u8>, Vec<u8>)> {
            let rows = message.rows();
            rows.map(|row| (row.name_bytes.to_vec(), row.value.to_vec()))
                .collect()
        };
        let mut expected = rows(&message);
        let bytes = if message.is_request() {
            let request = Forward::request(&message).finish().expect("copied");
            expected.insert(0, (b"Via".to_vec(), via.to_text().into_bytes()));
            if message.field(HeaderName::ContentLength).is_none() {
                let length = message.body().len().to_string().into_bytes();
                expected.push((b"Content-Length".to_vec(), length));
            }
            request.with_via(&via)
        } else if message.top_via().is_ok() {
            let top = message.rows().position(|row| row.name == HeaderName::Via);
            expected.remove(top.expect("a Via"));
            Forward::response(&message).expect("a Via").into_bytes()
        } else {
            continue;
        };
        let again = Message::parse(&bytes, &Limits::default()).expect("well formed");
        assert_eq!(rows(&again), expected, "{name}");
        assert_eq!(again.kind(), message.kind(), "{name}");
        assert_eq!(again.body(), message.body(), "{name}");
        forwarded += 1;
    }
    assert_eq!(forwarded, 788);
}

// RFC 3261 §20 tables 2 and 3: what is missed is done without, and what is misplaced is ignored.
#[test]
fn fields_that_are_missing_or_misplaced_in_printed_messages_are_told_and_cost_nothing() {
    let mut counts = BTreeMap::new();
    for (name, message) in readable() {
        let rfc = name.split('/').next().expect("a folder").to_owned();
        message.validate(|finding| {
            let is_absence = matches!(finding.rule, Rule::Missing | Rule::NotApplicable);
            if is_absence && !finding.is_fatal {
                let what = format!("{} {}", finding.name.as_str(), finding.rule);
                *counts.entry((rfc.clone(), what)).or_insert(0) += 1;
            }
        });
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|((rfc, what), count)| (rfc.as_str(), what.as_str(), *count))
        .collect();
    assert_eq!(counts, ABSENT_OR_MISPLACED);
}

// RFC 4475 §3.1.2.9: the extra space may be let pass.
#[test]
fn a_reader_that_lets_spaces_pass_reads_the_first_lines_with_two() {
    // RFC 3666 §3.7 F3 miscounts as well.
    let policy = Policy::STRICT
        .with(Deviation::StartLineSpaces)
        .with(Deviation::LengthBeyondDatagram);
    let messages = printed();
    let traps = TRAPS
        .iter()
        .filter(|(.., why)| why.starts_with("two spaces"));
    let mut read = 0;
    for (name, ..) in traps {
        let text = with_length(name, &messages[*name]);
        let message = Message::parse_with(text.as_bytes(), &Limits::default(), policy);
        let message = message.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(message.fatal_finding(), None, "{name}");
        read += 1;
    }
    assert_eq!(read, 18);
}
