//! Bodies of parts (RFC 2046 §5.1, RFC 5621) and fragments of messages (RFC 3420).

use offhook::Limits;
use offhook::sip::body::{Boundary, MultipartBuilder, Part, Parts, SipFragment, understood_parts};
use offhook::sip::header::MediaType;
use offhook::sip::message::HeaderName;

/// The value of a Content-Type up to the first line feed, and a body behind it.
pub fn multipart(bytes: &[u8]) {
    let feed = bytes.iter().position(|byte| *byte == b'\n');
    let (value, body) = bytes.split_at(feed.unwrap_or(bytes.len()));
    let content = body.get(1..).unwrap_or_default();
    let header = [b"Content-Type: ", value, b"\r\n"].concat();
    let whole = Part {
        header: &header,
        content,
    };
    let limits = Limits::default();
    for is_known in [true, false] {
        if let Ok(parts) = understood_parts(whole, &limits, |_| is_known) {
            assert!(parts.len() <= limits.body_parts + 1);
        }
    }
    look_at(&whole);
    let Ok(content_type) = MediaType::parse(value) else {
        return;
    };
    let Ok(boundary) = Boundary::of(&content_type) else {
        return;
    };
    let parts: Result<Vec<_>, _> = Parts::new(content, boundary, &limits).collect();
    let Ok(parts) = parts else {
        return;
    };
    assert!((1..=limits.body_parts).contains(&parts.len()));
    parts.iter().for_each(look_at);
    print_again(&parts, boundary, &limits);
}

fn look_at(part: &Part<'_>) {
    let _ = (part.content_type(), part.disposition(), part.content_id());
    assert!(part.fields().count() <= part.header.len());
    assert!(part.content_codings().count() <= part.header.len());
    if let Ok(decoded) = part.decoded() {
        // No coding of ours makes anything longer than it came.
        assert!(decoded.len() <= part.content.len());
    }
}

/// Parts that are written as one body are read as the same parts.
fn print_again(parts: &[Part<'_>], boundary: Boundary, limits: &Limits) {
    let mut builder = MultipartBuilder::new(boundary);
    for part in parts {
        builder.part(&[(HeaderName::ContentType, "text/plain")], part.content);
    }
    let Ok((content_type, body)) = builder.finish("mixed") else {
        return;
    };
    let content_type = MediaType::parse(content_type.as_bytes()).expect("a media type");
    assert_eq!(Boundary::of(&content_type), Ok(boundary));
    let again: Vec<Part<'_>> = Parts::new(&body, boundary, limits)
        .collect::<Result<_, _>>()
        .expect("our own parts");
    let contents = |parts: &[Part<'_>]| -> Vec<Vec<u8>> {
        parts.iter().map(|part| part.content.to_vec()).collect()
    };
    assert_eq!(contents(&again), contents(parts));
}

/// A fragment: what is found in it is no more than what came.
pub fn fragment(bytes: &[u8]) {
    let Ok(fragment) = SipFragment::parse(bytes, &Limits::default()) else {
        return;
    };
    let _ = (fragment.kind(), fragment.status());
    let octets: usize = fragment
        .rows()
        .map(|row| row.name_bytes.len() + row.value.len())
        .sum();
    assert!(octets + fragment.body().len() <= bytes.len());
}
