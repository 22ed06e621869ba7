//! The message/sipfrag parts that RFC 3420 §3 prints, and the multipart message of RFC 4475.

use std::path::PathBuf;

use offhook::Limits;
use offhook::sip::body::{Boundary, Part, Parts, SipFragment, understood_parts};
use offhook::sip::message::{HeaderName, Message};

fn folder(rfc: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(rfc)
}

// RFC 3420 §3.1, §3.2. Eight are printed as invalid; a page ends within the sixth.
// shows: S091
#[test]
fn the_printed_fragments_are_told_apart() {
    let (mut valid, mut invalid) = (0, 0);
    for entry in std::fs::read_dir(folder("rfc3420")).expect("the vectors") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let bytes = std::fs::read(&path).expect("a vector");
        let fragment = SipFragment::parse(&bytes, &Limits::default());
        if name.starts_with("valid-") {
            valid += 1;
            assert!(fragment.is_ok(), "{name}: {fragment:?}");
        } else {
            invalid += 1;
            assert!(fragment.is_err(), "{name}: {fragment:?}");
        }
    }
    assert_eq!((valid, invalid), (7, 8));
}

#[test]
fn a_fragment_has_the_parts_it_has() {
    let read = |name: &str| {
        let bytes = std::fs::read(folder("rfc3420").join(name)).expect("a vector");
        SipFragment::parse(&bytes, &Limits::default()).expect("valid")
    };
    assert_eq!(
        read("valid-2.sipfrag").status().map(|s| s.as_u16()),
        Some(603)
    );
    let fields_only = read("valid-5.sipfrag");
    assert!(fields_only.kind().is_none());
    assert_eq!(fields_only.rows().count(), 6);
    let body_only = read("valid-7.sipfrag");
    assert_eq!(body_only.body(), b"Hi There!\r\n");
}

// RFC 4475 §3.1.1.11; RFC 5621 §8.4.
// shows: S134
#[test]
fn the_binary_multipart_is_taken_apart_and_its_parts_are_handled() {
    let bytes = std::fs::read(folder("rfc4475").join("mpart01.dat")).expect("a vector");
    let limits = Limits::default();
    let message = Message::parse(&bytes, &limits).expect("well formed");
    let content_type = message.content_type().expect("readable").expect("there");
    let boundary = Boundary::of(&content_type).expect("a boundary");
    let parts: Vec<Part<'_>> = Parts::new(message.body(), boundary, &limits)
        .collect::<Result<_, _>>()
        .expect("parts");
    assert_eq!(parts.len(), 2);
    let text = parts[0].content_type().expect("readable");
    assert!(text.is("text", "plain"));
    assert_eq!(parts[0].content, b"Hello");
    let signature = parts[1].content_type().expect("readable");
    assert!(signature.is("application", "octet-stream"));
    assert!(parts[1].content.iter().any(|byte| *byte >= 0x80));
    let header = format!(
        "Content-Type: {}\r\n",
        String::from_utf8_lossy(message.field(HeaderName::ContentType).expect("there"))
    );
    let whole = Part {
        header: header.as_bytes(),
        content: message.body(),
    };
    let knows_text = |part: &Part<'_>| part.content_type().is_ok_and(|t| t.kind == "text");
    // It says nothing of its handling, so that counts as required; said to be optional, it is
    // left out.
    let refused = understood_parts(whole, &limits, knows_text).expect_err("required");
    assert_eq!(refused.kind.response().as_u16(), 415);
    let marker = b"application/octet-stream\r\n";
    let at = find(message.body(), marker) + marker.len();
    let (before, after) = message.body().split_at(at);
    let optional = b"Content-Disposition: attachment;handling=optional\r\n";
    let content = [before, optional, after].concat();
    let known = Part {
        header: header.as_bytes(),
        content: &content,
    };
    let known = understood_parts(known, &limits, knows_text).expect("optional");
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].content, b"Hello");
    let all = understood_parts(whole, &limits, |_| true).expect("both");
    assert_eq!(all.len(), 2);
}

fn find(text: &[u8], part: &[u8]) -> usize {
    text.windows(part.len())
        .position(|window| window == part)
        .expect("there")
}
