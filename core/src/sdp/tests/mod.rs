mod attributes;
mod connections;
mod fields;
mod times;
mod tolerance;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::*;

fn wire(listing: &str) -> Vec<u8> {
    let lines = listing.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty());
    let lines = lines.flat_map(|line| [line, "\r\n"]);
    lines.collect::<String>().into_bytes()
}

fn strict(sdp: &[u8]) -> Result<SessionDescription<'_>, SdpErrorKind> {
    let limits = DescriptionLimits::default();
    let parsed = SessionDescription::parse_with(sdp, &Tolerance::STRICT, &limits);
    parsed.map_err(|error| error.kind)
}

/// The example of RFC 8866 §5.
const EXAMPLE: &str = "v=0
    o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1
    s=Call to John Smith
    i=SDP Offer #1
    u=http://www.jdoe.example.com/home.html
    e=Jane Doe <jane@jdoe.example.com>
    p=+1 617 555-6011
    c=IN IP4 198.51.100.1
    t=0 0
    m=audio 49170 RTP/AVP 0
    m=audio 49180 RTP/AVP 0
    m=video 51372 RTP/AVP 99
    c=IN IP6 2001:db8::2
    a=rtpmap:99 h263-1998/90000";

// shows: S016 S026
#[test]
fn the_example_of_the_standard_survives_byte_for_byte() {
    let sdp = wire(EXAMPLE);
    let session = strict(&sdp).unwrap();
    assert_eq!(session.to_bytes(), sdp);
    assert_eq!(session.origin.username, b"jdoe");
    assert_eq!(session.session_name, b"Call to John Smith");
    let [audio, _, video] = session.media.as_slice() else {
        panic!("three sections");
    };
    let address: SocketAddr = "198.51.100.1:49170".parse().unwrap();
    assert_eq!(audio.rtp_address(&session), Some(address));
    let address: SocketAddr = "[2001:db8::2]:51372".parse().unwrap();
    assert_eq!(video.rtp_address(&session), Some(address));
    assert_eq!(video.rtp_map(99).unwrap().name, "h263-1998");
    // The same through the entry for files and mail parts of that type (§8.1), also with bare
    // newlines and without the last one.
    assert_eq!(MEDIA_TYPE, "application/sdp");
    let file: String = EXAMPLE.replace("\n    ", "\n");
    assert_eq!(SessionDescription::parse(file.as_bytes()), Ok(session));
}

/// RFC 8866 §5: the order is fixed.
// shows: S017
#[test]
fn any_other_order_of_lines_is_an_error_unless_tolerated() {
    let sdp = wire(EXAMPLE);
    let lines: Vec<&[u8]> = sdp.split_inclusive(|byte| *byte == b'\n').collect();
    let session = strict(&sdp).unwrap();
    // Every pair of neighbours before the first m=, save v=, which makes it SDP at all.
    for at in 1..8 {
        let mut swapped = lines.clone();
        swapped.swap(at, at + 1);
        let swapped = swapped.concat();
        assert!(
            matches!(strict(&swapped), Err(SdpErrorKind::Misplaced(_))),
            "{at}"
        );
        assert_eq!(
            SessionDescription::parse(&swapped),
            Ok(session.clone()),
            "{at}"
        );
    }
    let mut late = lines.clone();
    late.swap(12, 13);
    assert_eq!(strict(&late.concat()), Err(SdpErrorKind::Misplaced(b'c')));
    let mut first = lines;
    first.swap(0, 1);
    let first = first.concat();
    let error = SessionDescription::parse(&first).map_err(|error| error.kind);
    assert_eq!(error, Err(SdpErrorKind::Missing(b'v')));
}
