//! URIs that lead to this very device (RFC 5627).

use alloc::string::String;
use alloc::vec::Vec;

use super::edges::{EP1, EP2, Edges, INSTANCE, OUTBOUND, bob};
use super::net::{Sent, media, response, sdp};
use crate::sip::ua::{GruuUse, InstanceId, RegistrationHandle, UaEvent, UserAgentConfig};

const PUBLIC: &str = "sip:bob@example.com;gr=urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF";
const TEMPORARY: &str = "sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr";

/// The device of one proxy, which uses its GRUUs like this.
fn device(gruu: GruuUse) -> UserAgentConfig {
    let mut config = bob();
    config.outbound_proxies.truncate(1);
    config.gruu = gruu;
    config
}

/// What a registrar says that gives these, in what stands behind the Contact.
fn granting(request: &Sent, gruus: &[(&str, &str)]) -> String {
    let mut more = alloc::format!("{OUTBOUND}Contact: {}", request.field("Contact"));
    for (name, uri) in gruus {
        more.push_str(&alloc::format!(";{name}=\"{uri}\""));
    }
    more.push_str("\r\n");
    more
}

fn registered(config: UserAgentConfig, gruus: &[(&str, &str)]) -> (Edges, RegistrationHandle) {
    let mut edges = Edges::new(config);
    let handle = edges.register();
    let register = edges.receives("REGISTER");
    let more = granting(&register.1, gruus);
    edges.answer(&register, "200 OK", &more);
    (edges, handle)
}

/// The Contact of a call to this URI.
fn contact_of_a_call(edges: &mut Edges, to: &str) -> String {
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.invite(now, to, media(2)).unwrap();
    edges.receives("INVITE").1.field("Contact").into()
}

/// §4.1, §4.2, §4.4: what is asked for, what is learned, and what stands in Contact then.
#[test]
fn the_public_gruu_is_the_contact_of_a_call() {
    let both = [("pub-gruu", PUBLIC), ("temp-gruu", TEMPORARY)];
    let mut edges = Edges::new(device(GruuUse::Public));
    let handle = edges.register();
    let register = edges.receives("REGISTER");
    assert!(register.1.fields("Supported")[1].ends_with("gruu"));
    let contact = register.1.field("Contact");
    assert!(contact.contains(&alloc::format!("+sip.instance=\"<{INSTANCE}>\"")));
    assert!(!contact.contains("-gruu"));
    // Before there is one, the address of the flow.
    let before = contact_of_a_call(&mut edges, "sip:alice@a.example");
    assert_eq!(before, "<sip:bob@192.0.2.2:5060;transport=tcp;ob>");
    let more = granting(&register.1, &both);
    edges.answer(&register, "200 OK", &more);
    let contact = contact_of_a_call(&mut edges, "sip:alice@a.example");
    assert_eq!(contact, alloc::format!("<{PUBLIC}>"));
    let registration = edges.agent.user().registration(handle).unwrap();
    assert_eq!(registration.pub_gruu(), Some(PUBLIC));
    assert_eq!(registration.temp_gruus().collect::<Vec<_>>(), [TEMPORARY]);
}

/// §4.4: also in the responses to a call that comes, and in what refreshes the target later.
#[test]
fn the_gruu_is_the_contact_of_an_answer_and_of_a_change() {
    let (mut edges, _) = registered(device(GruuUse::Public), &[("pub-gruu", PUBLIC)]);
    let body = sdp(9, "sendrecv");
    let invite = alloc::format!(
        "INVITE sip:bob@192.0.2.2:5060;transport=tcp;ob SIP/2.0\r\n\
         Via: SIP/2.0/TCP 192.0.2.21;branch=z9hG4bKi\r\nMax-Forwards: 70\r\n\
         From: <sip:alice@a.example>;tag=a\r\nTo: <sip:bob@example.com>\r\nCall-ID: i\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:alice@a.example>\r\nRecord-Route: <sip:192.0.2.21;lr>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    edges.inject(EP1, &invite);
    let call = edges.expect(|event| match event {
        UaEvent::Incoming { call, .. } => Some(*call),
        _ => None,
    });
    let gruu = alloc::format!("<{PUBLIC}>");
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.ring(now, call).unwrap();
    assert_eq!(edges.receives("180 INVITE").1.field("Contact"), gruu);
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.accept(now, call, media(2)).unwrap();
    let (_, success) = edges.receives("200 INVITE");
    assert_eq!(success.field("Contact"), gruu);
    let ack = alloc::format!(
        "ACK {PUBLIC} SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.21;branch=z9hG4bKk\r\n\
         From: <sip:alice@a.example>;tag=a\r\nTo: {}\r\nCall-ID: i\r\nCSeq: 1 ACK\r\n\
         Content-Length: 0\r\n\r\n",
        success.field("To")
    );
    edges.inject(EP1, &ack);
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.hold(now, call).unwrap();
    assert_eq!(edges.receives("INVITE").1.field("Contact"), gruu);
}

/// §4.4, §10.3: who wants to tell nothing of the user takes the newest temporary one.
#[test]
fn a_private_device_takes_the_newest_temporary_gruu() {
    let both = [("pub-gruu", PUBLIC), ("temp-gruu", TEMPORARY)];
    let (mut edges, handle) = registered(device(GruuUse::Temporary), &both);
    let contact = contact_of_a_call(&mut edges, "sip:alice@a.example");
    assert_eq!(contact, alloc::format!("<{TEMPORARY}>"));
    edges.run_secs(3600 - 90);
    let refresh = edges.receives("REGISTER");
    let newer = TEMPORARY.replace("7hs", "8it");
    let more = granting(&refresh.1, &[("temp-gruu", &newer)]);
    edges.answer(&refresh, "200 OK", &more);
    let contact = contact_of_a_call(&mut edges, "sip:alice@a.example");
    assert_eq!(contact, alloc::format!("<{newer}>"));
    // §4.2: the Call-ID has stayed, and so the older one still leads here.
    let registration = edges.agent.user().registration(handle).unwrap();
    let known: Vec<_> = registration.temp_gruus().collect();
    assert_eq!(known, [TEMPORARY, &newer]);
    assert_eq!(registration.pub_gruu(), Some(PUBLIC));
}

/// §4.2: as many as are remembered, and no more.
#[test]
fn temporary_gruus_do_not_grow_for_ever() {
    let (mut edges, handle) = registered(device(GruuUse::Public), &[]);
    for n in 0..50 {
        edges.run_secs(3600 - 90);
        let refresh = edges.receives("REGISTER");
        let uri = alloc::format!("sip:t{n}@example.com;gr");
        let more = granting(&refresh.1, &[("temp-gruu", &uri)]);
        edges.answer(&refresh, "200 OK", &more);
    }
    let registration = edges.agent.user().registration(handle).unwrap();
    assert_eq!(registration.temp_gruus().count(), 8);
    assert_eq!(
        registration.temp_gruus().last(),
        Some("sip:t49@example.com;gr")
    );
}

/// §4.2: a failed refresh takes nothing back; §4.4: a registration that has run out does.
#[test]
fn a_gruu_lives_as_long_as_the_registration() {
    let (mut edges, _) = registered(device(GruuUse::Public), &[("pub-gruu", PUBLIC)]);
    edges.run_secs(3600 - 90);
    let refresh = edges.receives("REGISTER");
    edges.answer(&refresh, "503 Service Unavailable", "Retry-After: 500\r\n");
    let contact = contact_of_a_call(&mut edges, "sip:alice@a.example");
    assert_eq!(contact, alloc::format!("<{PUBLIC}>"));
    edges.run_secs(91);
    let contact = contact_of_a_call(&mut edges, "sip:alice@a.example");
    assert_eq!(contact, "<sip:bob@192.0.2.2:5060;transport=tcp;ob>");
}

/// §4.2: while one flow stands, the URIs of the device do.
#[test]
fn a_gruu_outlives_one_of_two_flows() {
    let mut edges = Edges::new(bob());
    edges.register();
    let first = edges.receives("REGISTER");
    let more = granting(&first.1, &[("pub-gruu", PUBLIC)]);
    edges.answer(&first, "200 OK", &more);
    let second = edges.receives("REGISTER");
    edges.bind(&second);
    edges.down.push(super::net::address(EP1));
    edges.crash(EP1);
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    let invite = edges.receives("INVITE");
    assert_eq!(invite.0, EP2);
    assert_eq!(invite.1.field("Contact"), alloc::format!("<{PUBLIC}>"));
}

/// RFC 5630 §5.1.1.4: each GRUU is there as SIP and as SIPS, whichever the registrar has written.
#[test]
fn a_secure_call_has_a_secure_gruu() {
    for given in [PUBLIC.into(), PUBLIC.replacen("sip:", "sips:", 1)] {
        let (mut edges, _) = registered(device(GruuUse::Public), &[("pub-gruu", &given)]);
        let contact = contact_of_a_call(&mut edges, "sips:alice@a.example");
        assert_eq!(
            contact,
            alloc::format!("<{}>", PUBLIC.replacen("sip:", "sips:", 1))
        );
        let contact = contact_of_a_call(&mut edges, "sip:alice@a.example");
        assert_eq!(contact, alloc::format!("<{PUBLIC}>"));
    }
}

/// What is no GRUU is not taken for one (§4.5: it has `gr`), nor is that of another device.
#[test]
fn what_is_no_gruu_of_ours_is_not_used() {
    let local = "<sip:bob@192.0.2.2:5060;transport=tcp;ob>";
    for bad in [
        "sip:bob@example.com",
        "mailto:bob@example.com",
        "sip:b c;gr",
        "",
    ] {
        let (mut edges, _) = registered(device(GruuUse::Public), &[("pub-gruu", bad)]);
        let contact = contact_of_a_call(&mut edges, "sip:alice@a.example");
        assert_eq!(contact, local, "{bad}");
    }
    let mut edges = Edges::new(device(GruuUse::Public));
    edges.register();
    let register = edges.receives("REGISTER");
    let other = granting(&register.1, &[("pub-gruu", PUBLIC)]);
    let other = other
        .replace(INSTANCE, "urn:uuid:1")
        .replace("reg-id=1", "reg-id=2");
    let other = other.replace("192.0.2.2", "192.0.2.3");
    edges.answer(&register, "200 OK", &other);
    assert_eq!(contact_of_a_call(&mut edges, "sip:alice@a.example"), local);
}

/// A device that wants none does not ask for any (§4.1), and uses none.
#[test]
fn a_device_may_do_without() {
    let mut edges = Edges::new(device(GruuUse::Never));
    edges.register();
    let register = edges.receives("REGISTER");
    assert_eq!(register.1.fields("Supported")[1], "path, outbound");
    let contact = register.1.field("Contact");
    assert!(
        contact.starts_with("<sip:bob@192.0.2.2:5060;transport=tcp>;"),
        "{contact}"
    );
    let more = granting(&register.1, &[("pub-gruu", PUBLIC)]);
    edges.answer(&register, "200 OK", &more);
    let contact = contact_of_a_call(&mut edges, "sip:alice@a.example");
    assert_eq!(contact, "<sip:bob@192.0.2.2:5060;transport=tcp;ob>");
}

/// A call to a GRUU keeps its parameters (§4.2, §4.5), and a target that is one is used as it is.
#[test]
fn a_gruu_of_somebody_else_is_left_alone() {
    let (mut edges, _) = registered(device(GruuUse::Public), &[]);
    let (agent, now) = (&mut edges.agent, edges.now);
    let alice = "sip:alice@a.example;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    let call = agent.invite(now, alice, media(2)).unwrap();
    let invite = edges.receives("INVITE");
    assert_eq!(invite.1.request_uri(), alice);
    let more = alloc::format!("Contact: <{alice}>\r\n");
    let success = response(&invite.1, "200 OK", "t", &more, &sdp(9, "sendrecv"));
    edges.inject(EP1, &success);
    assert_eq!(edges.receives("ACK").1.request_uri(), alice);
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.hang_up(now, call).unwrap();
    assert_eq!(edges.receives("BYE").1.request_uri(), alice);
}

/// RFC 5626 §4.1: the same device is the same instance each time it starts.
#[test]
fn the_instance_is_what_the_application_has_kept() {
    let first = registered(device(GruuUse::Public), &[]).0;
    let again = registered(device(GruuUse::Public), &[]).0;
    let instance = |edges: &Edges| edges.agent.user().config().instance.clone();
    assert_eq!(instance(&first), instance(&again));
    assert_eq!(instance(&first), InstanceId::from_urn(INSTANCE));
}

/// An INVITE of a puppet's to Bob, by way of a proxy.
fn invite(more: &str) -> String {
    let body = sdp(9, "sendrecv");
    alloc::format!(
        "INVITE sip:bob@192.0.2.2:5060;transport=tcp;ob SIP/2.0\r\n\
         Via: SIP/2.0/TCP 192.0.2.21;branch=z9hG4bKi\r\nMax-Forwards: 70\r\n\
         From: <sip:alice@a.example>;tag=a\r\nTo: <sip:bob@example.com>\r\nCall-ID: i\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:alice@a.example>\r\nRecord-Route: <sip:192.0.2.21;lr>\r\n\
         {more}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Whether Supported lists both extensions of a device.
fn is_device(sent: &Sent) -> bool {
    let rows = sent.fields("Supported");
    let listed: Vec<&str> = rows.iter().flat_map(|row| row.split(", ")).collect();
    let lists = |tag: &str| listed.iter().filter(|it| **it == tag).count() == 1;
    lists("outbound") && lists("gruu")
}

/// RFC 5627 §4.4: "in requests and responses"; RFC 5626 §4.3: in requests that are no REGISTER.
#[test]
fn a_device_says_what_it_supports_inside_a_dialog_and_in_answers() {
    let (mut edges, _) = registered(device(GruuUse::Public), &[("pub-gruu", PUBLIC)]);
    edges.inject(EP1, &invite(""));
    let call = edges.expect(|event| match event {
        UaEvent::Incoming { call, .. } => Some(*call),
        _ => None,
    });
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.ring(now, call).unwrap();
    assert!(is_device(&edges.receives("180 INVITE").1));
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.accept(now, call, media(2)).unwrap();
    let (_, success) = edges.receives("200 INVITE");
    assert!(is_device(&success));
    let ack = alloc::format!(
        "ACK {PUBLIC} SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.21;branch=z9hG4bKk\r\n\
         From: <sip:alice@a.example>;tag=a\r\nTo: {}\r\nCall-ID: i\r\nCSeq: 1 ACK\r\n\
         Content-Length: 0\r\n\r\n",
        success.field("To")
    );
    edges.inject(EP1, &ack);
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.hold(now, call).unwrap();
    assert!(is_device(&edges.receives("INVITE").1));
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.options(now, "sip:alice@a.example").unwrap();
    assert!(is_device(&edges.receives("OPTIONS").1));
}

/// RFC 3261 §8.2.2.3: what a device has may be required of it, and of nothing else.
#[test]
fn a_caller_may_require_what_a_device_has() {
    let more = "Require: gruu, outbound\r\n";
    let (mut edges, _) = registered(device(GruuUse::Public), &[("pub-gruu", PUBLIC)]);
    edges.inject(EP1, &invite(more));
    edges.expect(|event| matches!(event, UaEvent::Incoming { .. }).then_some(()));
    let mut config = device(GruuUse::Public);
    config.instance = None;
    let (mut edges, _) = registered(config, &[]);
    edges.inject(EP1, &invite(more));
    let (_, refusal) = edges.receives("420 INVITE");
    assert_eq!(refusal.field("Unsupported"), "gruu, outbound");
    assert!(!is_device(&refusal));
}
