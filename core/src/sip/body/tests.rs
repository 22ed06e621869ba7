//! Multipart bodies against RFC 2046 §5.1 and RFC 5621; fragments of messages are in `conformance`.

use super::*;
use crate::sip::header::{MediaType, Token};
use crate::sip::message::{HeaderName, StatusCode};
use crate::{Limits, Rng};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

fn boundary(text: &str) -> Boundary {
    Boundary::parse(text.as_bytes()).unwrap()
}

fn contents(body: &[u8], name: &str) -> Result<Vec<String>, BodyErrorKind> {
    Parts::new(body, boundary(name), &Limits::default())
        .map(|part| part.map(|part| String::from_utf8_lossy(part.content).into_owned()))
        .collect::<Result<_, _>>()
        .map_err(|error: BodyError| error.kind)
}

#[test]
fn boundaries() {
    for fine in [
        "a",
        "gc0pJq0M:08jU534c0p",
        "a b",
        "'()+_,-./:=?",
        &"x".repeat(70),
    ] {
        assert_eq!(boundary(fine).as_str(), fine);
    }
    for wrong in [
        "",
        "a ",
        " ",
        "a\"b",
        "a;b",
        "a\r\nb",
        "\u{e9}",
        &"x".repeat(71),
    ] {
        assert_eq!(Boundary::parse(wrong.as_bytes()), None, "{wrong:?}");
    }
    let of = |text: &'static str| Boundary::of(&MediaType::parse(text.as_bytes()).unwrap());
    assert_eq!(
        of("multipart/mixed;boundary=\"a:b\"").unwrap(),
        boundary("a:b")
    );
    assert_eq!(
        of("multipart/mixed; Boundary=\"a\\b\"").unwrap(),
        boundary("ab")
    );
    assert_eq!(
        of("multipart/mixed").unwrap_err().kind,
        BodyErrorKind::Boundary
    );
    let mut rng = Rng::from_seed([7; 32]);
    let (one, two) = (Boundary::random(&mut rng), Boundary::random(&mut rng));
    assert_eq!(one.as_str().len(), 32);
    assert_ne!(one, two);
}

// The example of RFC 2046 §5.1.1, and the rules around it.
#[test]
fn parts_stand_between_delimiter_lines() {
    let body = b"This is the preamble.  It is to be ignored.\r\n\
        --simple boundary\r\n\r\n\
        This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.\r\n\
        --simple boundary\r\nContent-type: text/plain; charset=us-ascii\r\n\r\n\
        This DOES end with a linebreak.\r\n\r\n\
        --simple boundary--\r\n\r\nThis is the epilogue.\r\n--simple boundary\r\n";
    let texts = contents(body, "simple boundary").unwrap();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].ends_with("NOT end with a linebreak."));
    assert!(texts[1].ends_with("DOES end with a linebreak.\r\n"));
    let types: Vec<_> = Parts::new(body, boundary("simple boundary"), &Limits::default())
        .map(|part| part.unwrap().content_type().unwrap().params.is_empty())
        .collect();
    assert_eq!(types, [true, false]);
    let cases: [(&[u8], &[&str]); 6] = [
        (b"--b\r\n\r\n1\r\n--b--", &["1"]),
        (b"--b \t\r\n\r\n1\r\n--b--  ", &["1"]),
        (b"--b\r\n\r\n\r\n--b--\r\n", &[""]),
        (b"--b\r\n--b--\r\n", &[""]),
        (
            b"--b\r\n\r\n--bb\r\n--b-\r\n --b\r\n--b--",
            &["--bb\r\n--b-\r\n --b"],
        ),
        (
            b"--b\r\n\r\nlone\n--b--\r--b--\r\n--b--",
            &["lone\n--b--\r--b--"],
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(
            contents(body, "b").unwrap(),
            expected,
            "{:?}",
            String::from_utf8_lossy(body)
        );
    }
    for wrong in [
        &b""[..],
        b"b",
        b"--b--",
        b"--b",
        b"--b\r\n",
        b"--b\r\n\r\n1",
        b"--b\r\n\r\n1--b--",
    ] {
        assert_eq!(
            contents(wrong, "b"),
            Err(BodyErrorKind::Delimiter),
            "{wrong:?}"
        );
    }
    for wrong in [
        &b"--b\r\nno colon\r\n\r\n1\r\n--b--"[..],
        b"--b\r\n: x\r\n\r\n\r\n--b--",
    ] {
        assert_eq!(contents(wrong, "b"), Err(BodyErrorKind::Field), "{wrong:?}");
    }
}

#[test]
fn what_a_part_says_of_itself() {
    let body = b"--b\r\nc: application/sdp\r\nContent-ID:\r\n <a@b>\r\n\
        Content-Transfer-Encoding: BASE64\r\ne: gzip, X-Compress, br\r\n\
        Content-Disposition: session\r\n ;handling=optional\r\n\r\naGVs\r\nbG8=\r\n--b--";
    let part = Parts::new(body, boundary("b"), &Limits::default())
        .next()
        .unwrap()
        .unwrap();
    assert!(part.content_type().unwrap().is("application", "sdp"));
    assert_eq!(part.content_id(), Some(&b"a@b"[..]));
    assert_eq!(&*part.decoded().unwrap(), b"hello");
    assert!(part.disposition().unwrap().is_optional);
    assert_eq!(part.fields().count(), 5);
    let codings: Vec<_> = part.content_codings().collect();
    let other = ContentCoding::Other(Token("br"));
    assert_eq!(
        codings,
        [ContentCoding::Gzip, ContentCoding::Compress, other]
    );
    let plain = Part {
        header: b"",
        content: b"x",
    };
    assert_eq!(plain.disposition().unwrap().kind, "render");
    let sdp = Part {
        header: b"Content-Type: application/sdp\r\n",
        content: b"x",
    };
    assert_eq!(sdp.disposition().unwrap().kind, "session");
}

#[test]
fn transfer_encodings_are_undone() {
    let decode = |name, text: &'static [u8]| {
        let decoded = TransferEncoding::from_token(Token(name)).decode(text);
        decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    assert_eq!(decode("Binary", b"\x01=").as_deref(), Some("\x01="));
    assert_eq!(decode("base64", b"aGVs bG8=\r\n").as_deref(), Some("hello"));
    assert_eq!(decode("base64", b"aGV"), None);
    let quoted = b"Now's the time =\r\nfor =3d all=20 \t\r\nfolk";
    assert_eq!(
        decode("quoted-printable", quoted).as_deref(),
        Some("Now's the time for = all \r\nfolk")
    );
    assert_eq!(decode("quoted-printable", b"a=3"), None);
    assert_eq!(decode("quoted-printable", b"a=zz"), None);
    assert_eq!(decode("uuencode", b"a"), None);
}

fn part(content_type: &str, disposition: &str, content: &str) -> String {
    let lines = ["Content-Type: ", content_type, "\r\n", disposition, "\r\n"];
    format!("{}{content}\r\n", lines.concat())
}

const OPTIONAL: &str = "Content-Disposition: render;handling=optional\r\n";
const REQUIRED: &str = "Content-Disposition: render;handling=required\r\n";

/// What is understood of a multipart of that subtype by who knows text only.
fn understood(subtype: &str, header: &str, parts: &[String]) -> Result<Vec<String>, BodyErrorKind> {
    let body: String = parts.iter().map(|part| format!("--b\r\n{part}")).collect();
    let body = format!("{body}--b--\r\n");
    let header = format!("Content-Type: multipart/{subtype};boundary=b\r\n{header}");
    let whole = Part {
        header: header.as_bytes(),
        content: body.as_bytes(),
    };
    let is_known = |part: &Part<'_>| part.content_type().is_ok_and(|t| t.accepts_text());
    understood_parts(whole, &Limits::default(), is_known)
        .map(|parts| {
            let text = |part: &Part<'_>| String::from_utf8_lossy(part.content).into_owned();
            parts.iter().map(text).collect()
        })
        .map_err(|error| error.kind)
}

trait AcceptsText {
    fn accepts_text(&self) -> bool;
}

impl AcceptsText for MediaType<'_> {
    fn accepts_text(&self) -> bool {
        self.kind == "text"
    }
}

// RFC 5621 §8.2, §8.4; RFC 3204 §4.
#[test]
fn an_unknown_part_counts_if_its_handling_is_required() {
    let text = part("text/plain", "", "1");
    let optional = part("image/gif", OPTIONAL, "gif");
    let required = part("image/gif", REQUIRED, "gif");
    let silent = part("image/gif", "", "gif");
    let one = |parts: &[String]| understood("mixed", "", parts);
    assert_eq!(one(&[text.clone(), optional.clone()]).unwrap(), ["1"]);
    assert_eq!(
        one(&[text.clone(), required.clone()]),
        Err(BodyErrorKind::Unsupported)
    );
    assert_eq!(
        one(&[silent, text.clone()]),
        Err(BodyErrorKind::Unsupported)
    );
    assert_eq!(
        understood("unheard-of", "", &[text.clone(), optional]).unwrap(),
        ["1"]
    );
    // A required part of an optional whole voids the whole, not the message.
    let whole = understood("mixed", OPTIONAL, &[text.clone(), required.clone()]);
    assert_eq!(whole.unwrap(), Vec::<String>::new());
    assert_eq!(
        BodyErrorKind::Unsupported.response(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    // Of an alternative the last that is known, whatever the parts say of their handling.
    let html = part("text/html", "", "2");
    let best = understood("alternative", "", &[text, html.clone(), required.clone()]);
    assert_eq!(best.unwrap(), ["2"]);
    let none = understood("alternative", "", &[required]);
    assert_eq!(none, Err(BodyErrorKind::Unsupported));
    let nested =
        format!("Content-Type: multipart/alternative;boundary=bb\r\n\r\n--bb\r\n{html}--bb--\r\n");
    assert_eq!(understood("mixed", "", &[nested]).unwrap(), ["2"]);
}

#[test]
fn parts_are_bounded_in_number_and_depth() {
    let many = |count: usize| format!("{}--b--", "--b\r\n\r\nx\r\n".repeat(count));
    assert_eq!(contents(many(64).as_bytes(), "b").unwrap().len(), 64);
    assert_eq!(
        contents(many(65).as_bytes(), "b"),
        Err(BodyErrorKind::TooManyParts)
    );
    let nested = |depth: usize| {
        (0..depth).fold(part("text/plain", "", "x"), |inner, level| {
            let start = format!("Content-Type: multipart/mixed;boundary=n{level}\r\n\r\n");
            format!("{start}--n{level}\r\n{inner}--n{level}--\r\n")
        })
    };
    assert_eq!(understood("mixed", "", &[nested(7)]).unwrap(), ["x"]);
    assert_eq!(
        understood("mixed", "", &[nested(8)]),
        Err(BodyErrorKind::TooDeep)
    );
    assert_eq!(
        understood("mixed", "", &[nested(500)]),
        Err(BodyErrorKind::TooDeep)
    );
    let long = [b"\r\n--".repeat(15_000), b"--b\r\n".repeat(10)].concat();
    assert!(contents(&long, "b").is_err());
}

#[test]
fn what_is_written_is_read_again() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut builder = MultipartBuilder::new(Boundary::random(&mut rng));
    let parts: [&[u8]; 4] = [b"", b"v=0\r\n", b"--", b"\0\xff\r\n\r\n--x\r\n"];
    for content in parts {
        builder.part(&[(HeaderName::ContentType, "application/sdp")], content);
    }
    let (content_type, body) = builder.finish("mixed").unwrap();
    let media_type = MediaType::parse(content_type.as_bytes()).unwrap();
    assert!(media_type.is("multipart", "mixed"));
    let boundary_read = Boundary::of(&media_type).unwrap();
    let read: Vec<_> = Parts::new(&body, boundary_read, &Limits::default())
        .map(|part| part.unwrap().content)
        .collect();
    assert_eq!(read, parts);
}

#[test]
fn nothing_invalid_is_written() {
    let build = |value: &str, content: &[u8]| {
        let mut builder = MultipartBuilder::new(boundary("b"));
        builder.part(&[(HeaderName::ContentType, value)], content);
        builder.finish("mixed").map(|_| ())
    };
    assert_eq!(build("a/b", b"x--b"), Ok(()));
    assert_eq!(build("a/b", b"--b"), Err(MultipartError::Boundary));
    assert_eq!(
        build("a/b", b"x\r\n--b--\r\n"),
        Err(MultipartError::Boundary)
    );
    assert_eq!(build("a/b", b"x\n--bc"), Err(MultipartError::Boundary));
    assert_eq!(build("a/b\r\nX: y", b"x"), Err(MultipartError::LineBreak));
    let empty = MultipartBuilder::new(boundary("b"));
    assert_eq!(empty.clone().finish("mixed"), Err(MultipartError::Empty));
    let mut builder = empty;
    assert!(builder.part(&[], b"").clone().finish("mixed\r\n").is_err());
}

#[test]
fn fragments_without_a_start_line_or_anything() {
    let limits = Limits::default();
    let parse = |text: &'static str| SipFragment::parse(text.as_bytes(), &limits);
    let trying = parse("SIP/2.0 100 Trying").unwrap();
    assert_eq!(trying.status(), Some(StatusCode::TRYING));
    let fields = parse("To: <sip:a@b>\r\nCall-ID: x").unwrap();
    assert!(fields.kind().is_none() && fields.status().is_none());
    assert_eq!(fields.rows().count(), 2);
    assert!(parse("").is_ok());
    assert!(parse("\r\nbody without a type").is_err());
    let with_body = parse("Content-Type: text/plain\r\n\r\nHi").unwrap();
    assert_eq!(with_body.body(), b"Hi");
}
