//! What is between phones.

use std::time::Duration;

use offhook::dns::{Name, RecordData, Srv};
use offhook::sip::auth::Account;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::ua::UaEvent;
use offhook::{CloseReason, Input, Machine, Transport};

use super::net::{Net, alice, at, ms, sdp};
use super::text::fields;

const HOUR: Duration = Duration::from_secs(3600);

/// 8. A connection that was there was not used, one that was dead was, and what went over it said in its
/// Via that it was a datagram.
#[test]
fn pain_08_connections_that_are_dead_or_not_used_again() {
    let mut config = alice();
    config
        .outbound_proxies
        .push("sip:192.0.2.9;transport=tcp".into());
    let mut net = Net::new([config]);
    let (phone, now) = net.phone(0);
    phone
        .register(now, "sip:example.org", HOUR)
        .expect("a registration");
    let register = net.hears("REGISTER");
    net.answers(&register, "200 OK", ("r", "Expires: 3600\r\n"));
    net.call("sip:bob@example.org");
    let invite = net.hears("INVITE");
    for request in [&register, &invite] {
        assert_eq!(request.over, Transport::Tcp);
        assert!(request.field("Via").starts_with("SIP/2.0/TCP "));
        assert!(request.field("Contact").contains("transport=tcp"));
    }
    assert_eq!(net.connects, 1);
    net.answers(&invite, "486 Busy Here", ("b", ""));
    net.run(ms(100));
    // It breaks: nobody writes to it any more, and whoever calls us finds us all the same.
    let (_, flow, _) = net.wires.remove(0);
    let reason = CloseReason::Reset;
    let (phone, now) = net.phone(0);
    phone.handle_input(now, Input::Closed { flow, reason });
    let again = net.hears("REGISTER");
    assert_eq!((again.over, net.connects), (Transport::Tcp, 2));
    net.answers(&again, "200 OK", ("r", "Expires: 3600\r\n"));
    net.run(ms(100));
    net.call("sip:bob@example.org");
    net.hears("INVITE");
    assert_eq!(net.connects, 2);
}

fn srv(priority: u16, target: &str) -> RecordData {
    RecordData::Srv(Srv {
        priority,
        weight: 0,
        port: 5060,
        target: Name::parse(target).expect("a name"),
    })
}

/// 9. One server that was down took all calls with it, or one bad call the calls after it.
#[test]
fn pain_09_servers_that_are_down() {
    let mut net = Net::new([alice()]);
    let zone = [
        ("_sip._udp.example.org", srv(1, "a.example.org")),
        ("_sip._udp.example.org", srv(2, "b.example.org")),
        ("a.example.org", RecordData::A([192, 0, 2, 8].into())),
        ("b.example.org", RecordData::A([192, 0, 2, 9].into())),
    ];
    net.zone.extend(zone);
    // One that has had enough, one that is silent: the next is tried, with a transaction of its own.
    for status in [Some("503 Service Unavailable"), None] {
        net.call("sip:bob@example.org");
        let first = net.hears("INVITE");
        assert_eq!(first.to, at(8), "each call begins with the first");
        if let Some(status) = status {
            net.answers(&first, status, ("a", ""));
        }
        let second = loop {
            let invite = net.hears("INVITE");
            if invite.to != at(8) {
                break invite;
            }
        };
        assert_eq!(
            (second.to, second.field("CSeq")),
            (at(9), first.field("CSeq"))
        );
        assert_ne!(second.field("Via"), first.field("Via"));
        net.answers(&second, "486 Busy Here", ("b", ""));
        net.run(Duration::from_secs(40));
    }
    // And whoever can be reached is, whatever became of the others.
    net.call("sip:carol@192.0.2.7");
    assert_eq!(net.hears("INVITE").to, at(7));
}

/// 10. Of several challenges the wrong one was answered, or none, or the first for ever.
#[test]
fn pain_10_several_challenges_and_sha_256() {
    let challenge = |name: &str, realm: &str, algorithm: &str| {
        format!(
            "{name}: Digest realm=\"{realm}\", nonce=\"n-{realm}\", qop=\"auth\", {algorithm}\r\n"
        )
    };
    let mut config = alice();
    config.accounts.push(Account::new("alice", "wonder"));
    let mut net = Net::new([config]);
    let call = net.call("sip:bob@192.0.2.9");
    let first = net.hears("INVITE");
    let of_proxy = |algorithm: &str| challenge("Proxy-Authenticate", "proxy", algorithm);
    let of_bob = |algorithm: &str| challenge("WWW-Authenticate", "bob", algorithm);
    // One nobody knows, and two of which the first is the better (RFC 8760 §2.4).
    let proxy = [
        of_proxy("algorithm=SHA-4096"),
        of_proxy("algorithm=SHA-256"),
        of_proxy("algorithm=MD5"),
    ];
    net.answers(
        &first,
        "407 Proxy Authentication Required",
        ("p", &proxy.concat()),
    );
    let second = net.hears("INVITE");
    let shown = fields(&second.text, "Proxy-Authorization");
    assert!(
        shown.len() == 1 && shown[0].contains("algorithm=SHA-256"),
        "{shown:?}"
    );
    // Behind it another asks, in the old way (RFC 2617): now both are answered.
    net.answers(&second, "401 Unauthorized", ("q", &of_bob("algorithm=MD5")));
    let third = net.hears("INVITE");
    let shown = fields(&third.text, "Proxy-Authorization");
    assert!(
        shown.len() == 1 && shown[0].contains("realm=\"proxy\""),
        "{shown:?}"
    );
    let shown = fields(&third.text, "Authorization");
    assert!(
        shown.len() == 1 && shown[0].contains("algorithm=MD5"),
        "{shown:?}"
    );
    assert!(third.field("CSeq").starts_with("3 "));
    // What was wrong is not tried again (RFC 3261 §22.1).
    let wrong = challenge("WWW-Authenticate", "bob", "algorithm=MD5").replace("n-bob", "n-2");
    net.answers(&third, "401 Unauthorized", ("q", &wrong));
    net.run(Duration::from_secs(40));
    assert_eq!(
        net.ended(0),
        Some(offhook::sip::ua::EndReason::WrongPassword)
    );
    let cseqs = net
        .sent("INVITE")
        .into_iter()
        .map(|invite| invite.field("CSeq").to_owned());
    assert_eq!(cseqs.collect::<std::collections::BTreeSet<_>>().len(), 3);
    assert!(net.phone(0).0.user().call(call).is_none());
}

/// 13. Messages that were right were refused: folded over lines, with short names, from a telephone.
#[test]
fn pain_13_valid_messages_that_are_refused() {
    let mut net = Net::new([alice()]);
    let body = sdp("192.0.2.9", "");
    let invite = format!(
        "INVITE sip:alice@192.0.2.1 SIP/2.0\r\n\
         v:  SIP / 2.0 / UDP 192.0.2.9:5060\r\n ;branch=z9hG4bKfold\r\n\
         MAX-FORWARDS:70\r\n\
         f: \"+1 201\"\r\n\t<tel:+1-201-555-0123;phone-context=example.org>;\r\n tag=tel\r\n\
         t: sip:alice@example.org\r\n\
         i: f0lded\r\ncseq: 0009 INVITE\r\n\
         m: <sip:+12015550123@192.0.2.9;user=phone>\r\n\
         c: application/sdp\r\nl: {}\r\n\r\n{body}",
        body.len()
    );
    net.says(at(9), at(1), &invite);
    net.run(ms(50));
    let from = net.told(0, |event| match event {
        UaEvent::Incoming { from, .. } => Some(from.clone()),
        _ => None,
    });
    assert_eq!(
        from.as_deref(),
        Some("tel:+1-201-555-0123;phone-context=example.org")
    );
    let call = net.incoming(0);
    net.accepts(0, call);
    let ok = net.hears("200 INVITE");
    assert!(ok.text.contains("tag=tel"), "{}", ok.text);
    net.run(Duration::from_secs(1));
    net.hangs_up(0, call);
    let ack = "ACK sip:alice@192.0.2.1 SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKack\r\n";
    let to = ok.field("To");
    let ack = format!(
        "{ack}f: <tel:+1-201-555-0123;phone-context=example.org>;tag=tel\r\nt: {to}\r\n\
         i: f0lded\r\ncseq: 9 ACK\r\nmax-forwards: 70\r\nl: 0\r\n\r\n"
    );
    net.says(at(9), at(1), &ack);
    let bye = net.hears("BYE");
    assert!(
        bye.text
            .starts_with("BYE sip:+12015550123@192.0.2.9;user=phone SIP/2.0")
    );
    assert!(
        bye.field("To")
            .contains("tel:+1-201-555-0123;phone-context=example.org")
    );
}

/// 15. What was too long for a datagram was lost on the way, or went over a connection that nobody
/// wanted: which of them is for whoever runs it to say.
#[test]
fn pain_15_requests_too_long_for_a_datagram() {
    let long = || {
        let mut config = alice();
        config.display_name = Some("A".repeat(1400));
        config
    };
    // RFC 3261 §18.1.1: a connection.
    let mut net = Net::new([long()]);
    net.call("sip:bob@192.0.2.9");
    let invite = net.hears("INVITE");
    assert_eq!(invite.over, Transport::Tcp);
    assert!(invite.field("Via").starts_with("SIP/2.0/TCP "));
    // To whom none can be had, a datagram after all.
    let mut net = Net::new([long()]);
    net.deaf.push(at(9));
    net.call("sip:bob@192.0.2.9");
    let invite = net.hears("INVITE");
    assert_eq!((invite.over, net.connects), (Transport::Udp, 1));
    assert!(invite.field("Via").starts_with("SIP/2.0/UDP "));
    // Where the path is known to carry it, a datagram at once.
    let mut settings = EndpointConfig::default();
    settings.transport.datagram_request_bytes = 8000;
    let mut net = Net::with(settings, [long()]);
    net.call("sip:bob@192.0.2.9");
    let invite = net.hears("INVITE");
    assert_eq!((invite.over, net.connects), (Transport::Udp, 0));
}

/// 16. After a change of the network nobody was registered any more, and calls were dumb.
#[test]
fn pain_16_a_network_that_changes() {
    let mut net = Net::new([alice()]);
    let (phone, now) = net.phone(0);
    phone
        .register(now, "sip:192.0.2.8", HOUR)
        .expect("a registration");
    let register = net.hears("REGISTER");
    let bound = format!("Contact: {};expires=3600\r\n", register.field("Contact"));
    net.answers(&register, "200 OK", ("r", &bound));
    let a = net.call("sip:bob@192.0.2.9");
    let invite = net.hears("INVITE");
    let contact = ("b", "Contact: <sip:bob@192.0.2.9>\r\n");
    net.answers_with(&invite, "200 OK", contact, &sdp("192.0.2.9", ""));
    net.hears("ACK");
    // From the one network to the other.
    net.bind(0, at(101));
    let (phone, now) = net.phone(0);
    phone.local_address_changed(now, at(1).ip(), at(101).ip());
    let again = net.hears("REGISTER");
    assert_eq!(
        (again.from, again.field("Call-ID")),
        (at(101), register.field("Call-ID"))
    );
    // The new place is bound, and the one that is gone is not (RFC 3261 §10.2.2).
    assert!(again.field("Contact").contains("192.0.2.101"));
    assert!(
        again.text.contains("192.0.2.1:5060>;expires=0"),
        "{}",
        again.text
    );
    let bound = "Contact: <sip:alice@192.0.2.101:5060>;expires=3600\r\n";
    net.answers(&again, "200 OK", ("r", bound));
    let moved = net.hears("INVITE");
    assert_eq!(
        (moved.from, moved.field("Call-ID")),
        (at(101), invite.field("Call-ID"))
    );
    assert!(moved.field("To").ends_with(";tag=b"));
    assert!(moved.field("Contact").contains("192.0.2.101"));
    assert!(moved.text.contains("c=IN IP4 192.0.2.101\r\n"));
    net.answers_with(
        &moved,
        "200 OK",
        contact,
        &sdp("192.0.2.9", "").replace("1 1", "1 2"),
    );
    net.hears("ACK");
    net.hangs_up(0, a);
    assert_eq!(net.hears("BYE").from, at(101));
}
