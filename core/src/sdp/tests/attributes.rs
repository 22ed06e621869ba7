//! RFC 8866 §6: attributes of a session and of a stream.

use super::*;

/// RFC 8866 §5: values whose bytes are not UTF-8 stay what they are; only words have to be text.
#[test]
fn free_text_of_another_character_set_is_kept() {
    let mut sdp = wire("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=Caf?\nc=IN IP4 192.0.2.1\nt=0 0");
    sdp.extend_from_slice(b"a=charset:ISO-8859-1\r\na=keywds:\xe9t\xe9\r\n");
    let at = sdp.iter().position(|byte| *byte == b'?').unwrap();
    sdp[at] = 0xe9;
    let session = strict(&sdp).unwrap();
    assert_eq!(session.session_name, b"Caf\xe9");
    let words = session.attribute("keywds").unwrap();
    assert_eq!(
        (words.value.as_deref(), words.text()),
        (Some(&b"\xe9t\xe9"[..]), None)
    );
    assert_eq!(session.to_bytes(), sdp);
    let mut bent = sdp.clone();
    bent[at + 8] = 0xe9;
    assert_eq!(strict(&bent), Err(SdpErrorKind::Malformed(b'c')));
}

/// RFC 8866 §6.7: at the media, else at the session, else both ways.
#[test]
fn directions_are_inherited() {
    let sdp = wire(
        "v=0
        o=jdoe 3724395000 3724395001 IN IP6 2001:db8::1
        s=-
        c=IN IP6 2001:db8::1
        t=0 0
        a=inactive
        m=audio 49170 RTP/AVP 0
        a=sendrecv
        m=audio 49180 RTP/AVP 0
        m=video 51372 RTP/AVP 99
        a=rtpmap:99 h263-1998/90000",
    );
    let session = strict(&sdp).unwrap();
    let directions = session.media.iter().map(|media| media.direction(&session));
    let directions: Vec<_> = directions.collect();
    let expected = [
        Direction::SendRecv,
        Direction::Inactive,
        Direction::Inactive,
    ];
    assert_eq!(directions, expected);
}

#[test]
fn attributes_of_a_stream() {
    let sdp = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49170 RTP/AVP 8 96 97 x 300
        a=rtpmap:8 PCMA/8000
        a=rtpmap:96 L16/16000/2
        a=rtpmap:97 AMR/8000
        a=fmtp:97 octet-align=1; mode-set=0,2
        a=ptime:2.5
        a=maxptime:40
        a=rtcp:53020 IN IP4 126.16.64.4
        a=never-heard-of-it:1
        a=sendonly",
    );
    let session = SessionDescription::parse(&sdp).unwrap();
    let media = &session.media[0];
    assert_eq!(media.payload_types().collect::<Vec<_>>(), [8, 96, 97]);
    assert_eq!(media.rtp_map(96).unwrap().channels, 2);
    assert_eq!(
        media.codec(8),
        Some(Codec {
            name: "PCMA".into(),
            ..Codec::PCMA
        })
    );
    assert_eq!(media.rtp_map(0).unwrap().name, "PCMU");
    assert_eq!(media.mapped(0), None);
    assert_eq!((media.ptime_ms(), media.maxptime_ms()), (Some(2), Some(40)));
    let rtcp: SocketAddr = "126.16.64.4:53020".parse().unwrap();
    assert_eq!(media.rtcp_address(&session), Some(rtcp));
    assert_eq!(media.direction(&session), Direction::SendOnly);
}
