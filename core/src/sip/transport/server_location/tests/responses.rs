//! RFC 3263 §5: responses.

use super::*;

/// RFC 3263 §5.
#[test]
fn responses_go_by_the_sent_by() {
    let mut zone = published();
    zone.address("client.example.com", "192.0.2.9");
    let mut by_via = |via: &str| -> Vec<String> {
        let via = Via::parse(via.as_bytes()).unwrap();
        let next_hop = NextHop::of_via(&via).unwrap();
        let can = capabilities(&ALL);
        let location = ServerLocation::new(&next_hop, &can, SrvOrder::Fixed).unwrap();
        let (found, _) = zone.walk(location);
        found.iter().map(shown).collect()
    };
    // A number is itself; a name with a port has addresses; one without has services first.
    for (via, expected) in [
        (
            "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1",
            "Udp 192.0.2.7:5060",
        ),
        (
            "SIP/2.0/TLS 192.0.2.7;branch=z9hG4bK1",
            "Tls 192.0.2.7:5061",
        ),
        (
            "SIP/2.0/TCP client.example.com:99;branch=z9hG4bK1",
            "Tcp 192.0.2.9:99",
        ),
        (
            "SIP/2.0/UDP client.example.com;branch=z9hG4bK1",
            "Udp 192.0.2.9:5060",
        ),
        (
            "SIP/2.0/TLS example.com;branch=z9hG4bK1",
            "Tls 192.0.2.3:5061",
        ),
    ] {
        assert_eq!(by_via(via), [expected], "{via}");
    }
    let tcp = by_via("SIP/2.0/TCP example.com;branch=z9hG4bK1");
    assert_eq!(tcp, ["Tcp 192.0.2.2:5060", "Tcp 192.0.2.1:5060"]);
    assert!(!zone.asked.iter().any(|asked| asked.ends_with("Naptr")));
    assert!(
        zone.asked
            .contains(&"_sip._udp.client.example.com Srv".to_string())
    );
}
