//! RFC 8866 §5.6, §5.8 and §5.12: who to ask, how much it takes, and keys, which are obsolete.

use super::*;

/// RFC 8866 §5.8, RFC 3890, RFC 3556.
// shows: S019
#[test]
fn bandwidth_of_every_kind() {
    let sdp = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        b=CT:128
        b=X-YZ:anything
        b=NEW:7
        t=0 0
        m=audio 5000 RTP/AVP 0
        b=AS:64
        b=TIAS:50780
        b=RS:800
        b=RR:2400",
    );
    let session = strict(&sdp).unwrap();
    let media = &session.media[0];
    for (kind, value) in [
        (BandwidthKind::ConferenceTotal, 128),
        (BandwidthKind::ApplicationSpecific, 64),
        (BandwidthKind::TransportIndependent, 50_780),
        (BandwidthKind::RtcpSenders, 800),
        (BandwidthKind::RtcpReceivers, 2400),
        (BandwidthKind::Other("NEW"), 7),
    ] {
        assert_eq!(media.bandwidth(&session, kind), Some(value), "{kind:?}");
    }
    assert_eq!(session.bandwidths.len(), 2);
    let broken = wire("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nb=AS:many");
    assert!(SessionDescription::parse(&broken).is_err());
}

/// RFC 8866 §5.6: neither form of the standard, as in the tutorial's radio session.
// shows: S240
#[test]
fn a_contact_of_no_known_form_is_kept_only_when_tolerated() {
    let sdp = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        e=UO Multicasters multicast@lists.example.edu
        c=IN IP4 192.0.2.1
        t=0 0",
    );
    assert_eq!(strict(&sdp), Err(SdpErrorKind::Malformed(b'e')));
    let session = SessionDescription::parse(&sdp).unwrap();
    assert_eq!(
        session.emails,
        [b"UO Multicasters multicast@lists.example.edu"]
    );
    assert_eq!(Contact::email(session.emails[0]), None);
}

/// RFC 8866 §9: the forms of `k=`; once in each section.
#[test]
fn keys_have_a_form_and_stand_once() {
    let base = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n";
    let read = |lines: &str| strict(&wire(&format!("{base}{lines}"))).map(|_| ());
    for right in [
        "prompt",
        "clear:x y",
        "base64:",
        "base64:AAA=",
        "uri:http://h.example/k",
    ] {
        assert_eq!(read(&format!("k={right}")), Ok(()), "{right}");
    }
    for wrong in [
        "",
        "Prompt",
        "clear",
        "clear:",
        "base64:AAA",
        "base64:A=AA",
        "uri:",
        "x:y",
    ] {
        let malformed = Err(SdpErrorKind::Malformed(b'k'));
        assert_eq!(read(&format!("k={wrong}")), malformed, "{wrong}");
    }
    assert_eq!(read("k=prompt\nm=audio 1 RTP/AVP 0\nk=prompt"), Ok(()));
    assert_eq!(
        read("k=prompt\nk=prompt"),
        Err(SdpErrorKind::Misplaced(b'k'))
    );
    assert_eq!(read("a=x\nk=prompt"), Err(SdpErrorKind::Misplaced(b'k')));
}

/// RFC 8866 §5.12: a key in a description is thrown away, at either level.
// shows: S268
#[test]
fn keys_are_discarded() {
    let with = wire(
        "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nk=prompt\nm=audio 1 RTP/AVP 0\nk=clear:secret\na=ptime:20",
    );
    let written = strict(&with).unwrap().to_bytes();
    let text = String::from_utf8(written).unwrap();
    assert!(!text.contains("k=") && !text.contains("secret"));
    assert!(text.ends_with("m=audio 1 RTP/AVP 0\r\na=ptime:20\r\n"));
}
