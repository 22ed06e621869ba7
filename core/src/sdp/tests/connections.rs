//! RFC 8866 §5.7: where the media go.

use super::*;

/// The connection lines of RFC 5118 §4.6 and §4.8, an IPv4-mapped address among them.
// shows: S250
#[test]
fn ipv6_connection_lines() {
    let head = "v=0\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\ns=-\nt=0 0\n";
    for (line, address) in [
        ("c=IN IP6 2001:db8::20", Some("2001:db8::20")),
        ("c=IN IP4 192.0.2.1", Some("192.0.2.1")),
        ("c=IN IP6 ::ffff:192.0.2.2", Some("::ffff:192.0.2.2")),
        ("c=IN IP4 2001:db8::20", None),
        ("c=IN IP6 192.0.2.1", None),
        ("c=IN IP4 host.example.com", None),
        ("c=ATM NSAP 47.0005", None),
    ] {
        let sdp = wire(&format!("{head}{line}"));
        let session = SessionDescription::parse(&sdp).unwrap();
        let expected = address.map(|text| text.parse().unwrap());
        assert_eq!(session.connection.unwrap().ip(), expected, "{line}");
    }
}

/// RFC 8866 §5.7.
#[test]
fn multicast_needs_its_time_to_live_and_only_where_it_belongs() {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=video 49170/2 RTP/AVP 31\n";
    let read = |line: &str| {
        let sdp = wire(&format!("{head}{line}"));
        let session = strict(&sdp).map_err(|_| ())?;
        assert_eq!(session.to_bytes(), sdp);
        let connection = session.media[0].connections[0];
        Ok((connection.ttl, connection.count))
    };
    assert_eq!(read("c=IN IP4 233.252.0.1/127"), Ok((Some(127), None)));
    assert_eq!(read("c=IN IP4 233.252.0.1/127/3"), Ok((Some(127), Some(3))));
    assert_eq!(read("c=IN IP6 ff00::db8:0:101/3"), Ok((None, Some(3))));
    assert_eq!(read("c=IN IP6 ff00::db8:0:101"), Ok((None, None)));
    for wrong in [
        "c=IN IP4 233.252.0.1",
        "c=IN IP4 233.252.0.1/256",
        "c=IN IP4 233.252.0.1/127/0",
        "c=IN IP6 ff00::1/127/3",
        "c=IN IP4 192.0.2.1/127",
        "c=IN IP4 192.0.2.1 x",
        "c=IN IP4",
        "c=IN IP4 ",
    ] {
        assert_eq!(read(wrong), Err(()), "{wrong}");
    }
    let session_level =
        wire("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 233.252.0.1/127/3\nt=0 0");
    assert!(SessionDescription::parse(&session_level).is_err());
}

/// RFC 8866 §5.7 and §5.14: what a count of groups, several lines, and a count of ports stand for.
#[test]
fn layers_have_an_address_and_a_port_each() {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=video 49170/2 RTP/AVP 31\n";
    let layers = |lines: &str| {
        let sdp = wire(&format!("{head}{lines}"));
        let session = strict(&sdp).unwrap();
        let layers: Vec<_> = session.media[0].rtp_addresses(&session).collect();
        layers
            .iter()
            .map(|one| format!("{one}"))
            .collect::<Vec<_>>()
    };
    let two = ["233.252.0.1:49170", "233.252.0.2:49172"];
    assert_eq!(layers("c=IN IP4 233.252.0.1/127/2"), two);
    assert_eq!(
        layers("c=IN IP4 233.252.0.1/127\nc=IN IP4 233.252.0.2/127"),
        two
    );
    assert_eq!(
        layers("c=IN IP6 ff00::db8:0:101\nc=IN IP6 ff00::db8:0:102"),
        ["[ff00::db8:0:101]:49170", "[ff00::db8:0:102]:49172"]
    );
    // One address and several ports: the layers of a stream to one host.
    assert_eq!(
        layers("c=IN IP4 192.0.2.1"),
        ["192.0.2.1:49170", "192.0.2.1:49172"]
    );
    let top = Connection {
        count: Some(9),
        ..Connection::to_ip([255, 255, 255, 254].into(), "255.255.255.254")
    };
    assert_eq!(
        top.addresses().count(),
        2,
        "no address lies beyond the last"
    );
}
