use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Debug;

use super::*;
use crate::sdp::{Direction, MediaDescription, RtpMap, SessionDescription};

mod capabilities;
mod formats;
mod security;
mod streams;

/// What a value means, after it was seen to be written as it was read.
fn same<'a, T: TypedAttribute<'a> + Debug>(value: &'a str) -> T {
    let read = T::parse(value).unwrap_or_else(|| panic!("{}:{value} is refused", T::NAME));
    assert_eq!(read.to_text(), value);
    let attribute = read.to_attribute();
    assert_eq!((attribute.name, attribute.text()), (T::NAME, Some(value)));
    read
}

/// Values that have to be refused.
fn refused<'a, T: TypedAttribute<'a> + Debug>(values: &[&'a str]) {
    for value in values {
        let read = T::parse(value);
        assert!(read.is_none(), "{}:{value} is read as {read:?}", T::NAME);
    }
}

/// A description with these lines after its first ones.
fn description(lines: &str) -> String {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n";
    let lines = lines.lines().map(str::trim_start);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    format!("{head}{}\n", lines.join("\n"))
}

/// RFC 8866 §5.13: what is not understood is ignored, and so is what breaks its own rules.
#[test]
fn what_is_malformed_is_passed_over_and_stays_in_the_description() {
    let text = description(
        "m=audio 5000 RTP/AVP 0
        a=ptime:soon
        a=ptime
        a=ptime:30
        a=rtcp-mux:1
        a=crypto:1 UNHEARD_OF",
    );
    let session = SessionDescription::parse(text.as_bytes()).unwrap();
    let media = &session.media[0];
    let times: Vec<Ptime> = media.typed().collect();
    assert_eq!(times, [Ptime(Decimal::from_whole(30))]);
    assert_eq!(media.typed::<Crypto<'_>>().count(), 0);
    // A property is one without a value.
    assert!(!media.has(Property::RtcpMux));
    assert_eq!(media.attributes.len(), 5);
    assert!(session.to_bytes().ends_with(b"a=crypto:1 UNHEARD_OF\r\n"));
}

/// RFC 8866 §6.12, RFC 4145 §4, RFC 8122 §5: what a stream says stands instead of what the session
/// says.
#[test]
fn a_stream_overrides_the_session() {
    let text = description(
        "a=lang:de
        a=lang:en
        a=setup:passive
        a=bundle-only
        m=audio 5000 RTP/AVP 0
        a=lang:fr
        m=audio 5002 RTP/AVP 0",
    );
    let session = SessionDescription::parse(text.as_bytes()).unwrap();
    let languages = |media: &MediaDescription<'_>| {
        let languages = media.typed_in::<Lang<'_>>(&session);
        languages.map(|one| one.0.to_string()).collect::<Vec<_>>()
    };
    let [first, second] = session.media.as_slice() else {
        panic!("two streams");
    };
    assert_eq!(languages(first), ["fr"]);
    assert_eq!(languages(second), ["de", "en"]);
    assert_eq!(
        first.typed_in::<Setup>(&session).next(),
        Some(Setup::Passive)
    );
    assert_eq!(session.typed::<Setup>().count(), 1);
    assert!(session.has(Property::BundleOnly) && !first.has(Property::BundleOnly));
}
