//! Messages in a stream (RFC 3261 §7.5, §18.3).

use super::*;

const BYE: &str = "BYE sip:a@b.com SIP/2.0\r\nTo: x\r\nContent-Length: 5\r\n\r\nhello";

fn frames(framer: &mut StreamFramer) -> Result<Vec<String>, ParseErrorKind> {
    let mut found = Vec::new();
    let limits = Limits::default();
    while let Some(frame) = framer.next_frame(&limits).map_err(|error| error.kind)? {
        found.push(match frame {
            Frame::Message(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Frame::Crlf => String::from("\r\n"),
        });
    }
    Ok(found)
}

#[test]
fn messages_are_cut_apart_however_the_stream_arrives() {
    let stream = alloc::format!("{BYE}\r\n\r\n{BYE}{BYE}");
    let expected = [BYE, "\r\n", "\r\n", BYE, BYE];
    for size in [1, 2, 3, 7, 50, 1000] {
        let mut framer = StreamFramer::new();
        let mut found = Vec::new();
        for chunk in stream.as_bytes().chunks(size) {
            framer.push(chunk);
            found.extend(frames(&mut framer).unwrap());
        }
        assert_eq!(found, expected, "{size}");
        assert_eq!(framer.waiting(), 0);
    }
}

#[test]
fn a_message_of_a_stream_says_its_length() {
    for (text, kind) in [
        (
            "BYE sip:a@b.com SIP/2.0\r\nTo: x\r\n\r\n",
            ParseErrorKind::NoContentLength,
        ),
        (
            "BYE sip:a@b.com SIP/2.0\r\nl: -1\r\n\r\n",
            ParseErrorKind::ContentLength,
        ),
        (
            "BYE sip:a@b.com SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n",
            ParseErrorKind::ContentLengthConflict,
        ),
        (
            "BYE sip:a@b.com SIP/2.0\r\nl: 4294967296\r\n\r\n",
            ParseErrorKind::BodyTooLong,
        ),
        (
            "BYE sip:a@b.com SIP/2.0\r\nno colon\r\n\r\n",
            ParseErrorKind::FieldName,
        ),
        ("garbage\r\n\r\n", ParseErrorKind::StartLine),
    ] {
        let mut framer = StreamFramer::new();
        framer.push(text.as_bytes());
        assert_eq!(frames(&mut framer), Err(kind), "{text:?}");
        // The stream has lost its step and stays so.
        framer.push(BYE.as_bytes());
        assert_eq!(frames(&mut framer), Err(kind));
        assert_eq!(framer.waiting(), 0);
    }
}

#[test]
fn a_message_with_another_fault_is_cut_out_and_the_stream_goes_on() {
    let wrong = "BYE sip:a@b.com SIP/7.0\r\nContent-Length: 5\r\n\r\nhello";
    let mut framer = StreamFramer::new();
    framer.push(alloc::format!("{wrong}{BYE}").as_bytes());
    assert_eq!(frames(&mut framer).unwrap(), [wrong, BYE]);
}

// A peer that says nothing of how long a body is must not have it read as the next message, whatever
// else is wrong with the first.
#[test]
fn a_fault_in_the_start_line_hides_none_in_the_length() {
    for length in ["Content-Length: x\r\n", "Content-Length: 1\r\nl: 2\r\n", ""] {
        let mut framer = StreamFramer::new();
        let hidden = "OPTIONS sip:hidden SIP/2.0\r\nContent-Length: 0\r\n\r\n";
        for start in [
            "OPTIONS sip:\"a SIP/2.0",
            "OPTIONS sip:a SIP/7.0",
            "OPTIONS sip:a",
        ] {
            framer.push(alloc::format!("{start}\r\n{length}\r\n{hidden}").as_bytes());
            assert!(frames(&mut framer).is_err(), "{start}, {length}");
        }
    }
}

#[test]
fn what_never_ends_is_cut_off_at_the_limit() {
    let mut framer = StreamFramer::new();
    framer.push(b"BYE sip:a@b.com SIP/2.0\r\n");
    let mut pushed = 0;
    let fault = loop {
        framer.push(&[b'x'; 1000]);
        pushed += 1000;
        match frames(&mut framer) {
            Ok(found) => assert_eq!(found.len(), 0),
            Err(kind) => break kind,
        }
        assert!(pushed < 100_000);
    };
    assert_eq!(fault, ParseErrorKind::MessageTooLong);
    let mut framer = StreamFramer::new();
    for _ in 0..1000 {
        framer.push(&b"\r\n".repeat(500));
        assert_eq!(frames(&mut framer).unwrap().len(), 500);
    }
    assert_eq!(framer.waiting(), 0);
}
