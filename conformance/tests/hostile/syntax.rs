//! Checklist B4, parts 1 to 6: where a message starts and ends, and its lines.

use offhook::Limits;
use offhook::sip::message::{
    Forward, Frame, HeaderName, Message, ParseErrorKind, Policy, StreamFramer,
};
use offhook_conformance::fuzzing;

use super::party::{phone, server};
use super::{counting, fault, refusal, replaced, request_with, vectors};

/// The first frame of a stream that has all of `bytes`.
fn frame(bytes: &[u8]) -> Result<Option<usize>, ParseErrorKind> {
    let mut framer = StreamFramer::new();
    framer.push(bytes);
    match framer.next_frame(&Limits::default()) {
        Ok(Some(Frame::Message(message))) => Ok(Some(message.len())),
        Ok(Some(Frame::Crlf)) => Ok(Some(2)),
        Ok(None) => Ok(None),
        Err(error) => Err(error.kind),
    }
}

// A stream waits for the rest. A datagram has no rest: without its empty line or with half its body
// it is refused (RFC 3261 §18.3).
#[test]
fn b4_01_every_prefix_of_every_valid_message() {
    let (mut phone, mut server) = (phone(), server());
    for (name, bytes) in vectors::valid() {
        let message = Message::parse(&bytes, &Limits::default()).unwrap();
        let has_length = message.field(HeaderName::ContentLength).is_some();
        let header = bytes.len() - message.body().len();
        for end in 0..bytes.len() {
            let prefix = &bytes[..end];
            let parsed = Message::parse(prefix, &Limits::default());
            assert!(
                parsed.is_err() || !has_length && end >= header,
                "{name}: {end}"
            );
            if let Err(error) = parsed {
                assert!(error.at as usize <= end, "{name}: {end}: {error}");
            }
            if has_length {
                assert_eq!(frame(prefix), Ok(None), "{name}: {end}");
            }
            phone.datagram(prefix);
            server.datagram(prefix);
        }
        if has_length {
            assert_eq!(frame(&bytes), Ok(Some(bytes.len())), "{name}");
        }
        phone.settle();
        server.settle();
    }
}

#[test]
fn b4_02_every_byte_replaced_by_nul_cr_lf_tab_and_high_bytes() {
    let small = |(name, bytes): &(String, Vec<u8>)| bytes.len() < 900 && !name.contains("big");
    let mut phone = phone();
    for (name, bytes) in vectors::valid().into_iter().filter(small) {
        let rows = Message::parse(&bytes, &Limits::default())
            .unwrap()
            .rows()
            .count();
        for at in 0..bytes.len() {
            for byte in [0, b'\r', b'\n', b'\t', 0x7f, 0x80, 0xff] {
                let mut bent = bytes.clone();
                bent[at] = byte;
                if let Ok(message) = Message::parse(&bent, &Limits::default()) {
                    // No row appears out of nothing: strictly, one byte ends no line.
                    assert!(message.rows().count() <= rows, "{name}: {at}: {byte}");
                    let _ = message.fatal_finding();
                }
                if at % 16 == usize::from(byte) % 16 {
                    fuzzing::datagram(&bent);
                    phone.datagram(&bent);
                }
            }
        }
        phone.settle();
    }
}

#[test]
fn b4_03_line_ends_of_every_kind_and_a_megabyte_of_keep_alive() {
    let good = request_with("Content-Length: 0\r\n");
    let text = String::from_utf8(good.clone()).unwrap();
    let feeds = text.replace("\r\n", "\n").into_bytes();
    let returns = text.replace("\r\n", "\r").into_bytes();
    let mixed = text.replacen("\r\n", "\n", 3).into_bytes();
    for bad in [&feeds, &returns, &mixed] {
        assert!(matches!(refusal(bad), None | Some(400)));
        assert!(Message::parse(bad, &Limits::default()).is_err());
    }
    // Leniently LF alone ends a line; CR alone never does.
    let lenient = |bytes: &[u8]| {
        let message = Message::parse_with(bytes, &Limits::default(), Policy::LENIENT);
        message.map(|message| message.as_bytes().to_vec())
    };
    assert_eq!(lenient(&feeds), Ok(good.clone()));
    assert_eq!(lenient(&mixed), Ok(good.clone()));
    assert!(lenient(&returns).is_err());
    // RFC 3261 §7.5: line ends before a start line are skipped.
    let late = [&b"\r\n".repeat(1000)[..], &good].concat();
    assert_eq!(refusal(&late), None);
    let kept = Message::parse(&late, &Limits::default()).unwrap();
    assert_eq!(kept.as_bytes(), &good[..]);

    let keep_alive = b"\r\n".repeat(512 * 1024);
    assert_eq!(fault(&keep_alive), Some(ParseErrorKind::MessageTooLong));
    let mut framer = StreamFramer::new();
    let most = counting::peak(|| {
        for chunk in keep_alive.chunks(1460) {
            framer.push(chunk);
            while let Some(frame) = framer.next_frame(&Limits::default()).unwrap() {
                assert_eq!(frame, Frame::Crlf);
            }
        }
        framer.push(&good);
    });
    assert!(most < 16 * 1024, "{most} octets for line ends");
    assert!(framer.next_frame(&Limits::default()).unwrap().is_some());
    let mut server = server();
    let mut sent = 0;
    for chunk in keep_alive.chunks(64 * 1024) {
        sent += server.stream(chunk).iter().map(Vec::len).sum::<usize>();
    }
    assert!(sent <= keep_alive.len() / 2, "{sent} octets for line ends");
    assert!(!server.stream(&good).is_empty(), "it still listens");
}

#[test]
fn b4_04_names_of_every_shape_and_headers_of_every_size() {
    // RFC 3261 §25.1: HCOLON has white space before the colon, nothing else.
    for row in ["Subject : x\r\n", "Subject\t : x\r\n"] {
        let bytes = request_with(row);
        assert_eq!(refusal(&bytes), None);
        let message = Message::parse(&bytes, &Limits::default()).unwrap();
        assert_eq!(message.field(HeaderName::Subject), Some(&b"x"[..]));
    }
    for row in [
        "Subject\x01: x\r\n",
        "Sub ject: x\r\n",
        ": x\r\n",
        " : x\r\n",
        "x\r\n",
        "\u{e9}: x\r\n",
    ] {
        let bytes = request_with(row);
        let is_fold = row.starts_with(' ');
        assert!(is_fold || refusal(&bytes) == Some(400), "{row:?}");
    }
    let wide = Limits {
        message_bytes: 1 << 24,
        header_fields: 1 << 17,
        ..Limits::default()
    };
    for length in [65_000, 65_535, 65_536, 70_000, 131_072] {
        let name = "n".repeat(length);
        let bytes = request_with(&format!("{name}: value\r\n"));
        // Read whole or refused, never cut.
        if let Ok(message) = Message::parse(&bytes, &wide) {
            let row = message.rows().last().unwrap();
            assert_eq!((row.name_bytes.len(), row.value), (length, &b"value"[..]));
        }
        let is_too_long = bytes.len() > Limits::default().message_bytes;
        assert_eq!(
            Message::parse(&bytes, &Limits::default()).is_err(),
            is_too_long
        );
    }
    let many = request_with(&"X: y\r\n".repeat(100_000));
    let error = Message::parse(
        &many,
        &Limits {
            message_bytes: 1 << 24,
            ..Limits::default()
        },
    );
    assert_eq!(error.unwrap_err().kind, ParseErrorKind::TooManyFields);
    let most = counting::peak(|| assert!(Message::parse(&many, &Limits::default()).is_err()));
    assert!(most < 64 * 1024, "{most} octets for what is refused");
    assert_eq!(
        Message::parse(&many, &wide).unwrap().rows().count(),
        100_006
    );
    let few = request_with(&"X: y\r\n".repeat(600));
    assert_eq!(phone().answer(&few), Some(400));

    let one = "SIP/2.0/UDP 192.0.2.3;branch=z9hG4bKy, ";
    let line = format!(
        "Via: {}SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx",
        one.repeat(10_000)
    );
    let vias = replaced("Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx", &line);
    let message = Message::parse(&vias, &wide).unwrap();
    assert_eq!(message.vias().filter(Result::is_ok).count(), 10_001);
    let routes = request_with(&format!(
        "Content-Length: 0\r\nRoute: {}<sip:last;lr>\r\n",
        "<sip:p;lr>,".repeat(10_000)
    ));
    let message = Message::parse(&routes, &wide).unwrap();
    assert_eq!(message.routes().count(), 10_001);
    let most = counting::peak(|| {
        let popped = Forward::request(&message).pop_route().finish().unwrap();
        assert!(popped.bytes_without_via() < routes.len());
    });
    assert!(
        most < 4 * routes.len(),
        "{most} octets to take one of {}",
        routes.len()
    );
}

// RFC 3261 §7.3.1: a fold is white space and changes nothing; a line that starts in column 0 is the
// next row.
#[test]
fn b4_05_folds_on_every_row_and_to_column_zero() {
    for (name, bytes) in vectors::valid() {
        let limits = Limits::default();
        let message = Message::parse(&bytes, &limits).unwrap();
        let places: Vec<usize> = message
            .rows()
            .map(|row| row.value.as_ptr().addr() - message.as_bytes().as_ptr().addr())
            .collect();
        let unfolded = |message: &Message| -> Vec<Vec<u8>> {
            let words = |value: &[u8]| {
                let text = String::from_utf8_lossy(value).into_owned();
                text.split_ascii_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .into_bytes()
            };
            message.rows().map(|row| words(row.value)).collect()
        };
        for at in places {
            let mut folded = bytes.clone();
            folded.splice(at..at, *b"\r\n \r\n\t");
            let again = Message::parse(&folded, &limits).unwrap();
            assert_eq!(unfolded(&again), unfolded(&message), "{name}: {at}");
            assert_eq!(
                again.fatal_finding().is_some(),
                message.fatal_finding().is_some()
            );
            assert_eq!(again.top_via(), message.top_via());
            assert_eq!((again.from(), again.to()), (message.from(), message.to()));
            assert_eq!(
                (again.cseq(), again.call_id()),
                (message.cseq(), message.call_id())
            );
            fuzzing::datagram(&folded);
            let mut column_zero = bytes.clone();
            column_zero.splice(at..at, *b"\r\n");
            if let Ok(message) = Message::parse(&column_zero, &limits) {
                let glued = unfolded(&message);
                assert_ne!(glued, unfolded(&again), "{name}: {at}: glued over column 0");
            }
        }
    }
}

// RFC 3261 §18.3, §20.14.
#[test]
fn b4_06_content_lengths_that_lie() {
    let no_number = ["-1", "+1", "0x10", "1 1", "", "1,1"].map(|length| (length, 400));
    // RFC 3261 §21.4.11: what is a number and more than any body is too large.
    let huge = [
        "2147483648",
        "4294967296",
        "9223372036854775808",
        "18446744073709551616",
    ];
    let huge = huge.map(|length| (length, 413));
    let mut phone = phone();
    for (length, status) in no_number.into_iter().chain(huge) {
        let branch = format!("branch=z9hG4bK{status}{}", length.len());
        let bytes = replaced("Content-Length: 0", &format!("Content-Length: {length}"));
        let text = String::from_utf8(bytes).unwrap();
        let bytes = text.replace("branch=z9hG4bKx", &branch).into_bytes();
        assert_eq!(refusal(&bytes), Some(status), "{length}");
        let most = counting::peak(|| assert!(frame(&bytes).is_err(), "{length}"));
        assert!(most < 64 * 1024, "{length} took {most} octets");
        assert_eq!(phone.answer(&bytes), Some(status), "{length}");
        phone.connect();
        phone.stream(&bytes);
        assert!(phone.is_closed, "{length} on a stream");
    }
    let two = request_with("Content-Length: 0\r\nl: 1\r\n");
    assert_eq!(fault(&two), Some(ParseErrorKind::ContentLengthConflict));
    assert!(frame(&two).is_err());
    // Without one a datagram ends where it ends, and a stream cannot go on.
    let none = request_with("");
    assert_eq!(refusal(&none), None);
    assert_eq!(frame(&none), Err(ParseErrorKind::NoContentLength));
}
