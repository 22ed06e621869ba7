//! RFC 3261 §16.3, §16.5, §16.6: what is forwarded, where, and what is not.

use super::*;

/// One contact for bob, and an INVITE to bob on its way there.
fn invited(extra: &str) -> (Net, Message) {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", extra);
    let invite = net.request(BOB, "INVITE");
    (net, invite)
}

// shows: S108
#[test]
fn step_1_everything_it_does_not_concern_stays_byte_by_byte_and_in_order() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let body = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\n\r\n\0\u{1}binary\u{7f}";
    let invite = format!(
        "INVITE sip:bob@example.com SIP/2.0\r\n\
         v: SIP/2.0/UDP {ALICE};branch=z9hG4bKtop , SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKlower\r\n\
         Max-Forwards:70\r\n\
         X-Odd  :   kept ,  as\r\n\t it , came\r\n\
         f: Alice<sip:alice@example.com>;tag=a\r\n\
         t:<sip:bob@example.com>\r\n\
         i: untouched@192.0.2.10\r\n\
         CSeq:   0001   INVITE\r\n\
         Date: not a date at all\r\n\
         x-odd: second\r\n\
         m: <sip:alice@192.0.2.10>\r\n\
         c: application/sdp\r\n\
         l: {}\r\n\r\n{body}",
        body.len()
    );
    net.input(Input::Datagram {
        flow: FlowId::from_driver(0),
        source: ALICE.parse().unwrap(),
        bytes: invite.as_bytes(),
    });
    let copy = net.request(BOB, "INVITE");
    assert_eq!(copy.body(), body.as_bytes());
    // The rows that a proxy may touch are left out; of the others nothing may have changed.
    let untouched = |text: &str| {
        let rows = text.split("\r\n\r\n").next().unwrap().split("\r\n").skip(1);
        let ours = ["v:", "Via:", "Max-", "Record-Route:"];
        let rows = rows.filter(|row| !ours.iter().any(|name| row.starts_with(name)));
        rows.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(untouched(&text(&copy)), untouched(&invite));
    let vias: Vec<_> = copy.vias().map(|via| via.unwrap()).collect();
    let branches: Vec<_> = vias.iter().map(|via| via.branch.unwrap()).collect();
    assert_eq!(branches[1..], ["z9hG4bKtop", "z9hG4bKlower"]);
}

/// Sends a message with a body of this type in the place of none.
fn send_with_body(net: &mut Net, source: &str, message: &str, kind: &str, body: &str) {
    let rows = message.trim().lines().map(str::trim);
    let mut text: String = rows
        .filter(|row| !row.starts_with("Content-Length:"))
        .map(|row| format!("{row}\r\n"))
        .collect();
    let length = body.len();
    text.push_str(&format!(
        "Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
    ));
    net.input(Input::Datagram {
        flow: FlowId::from_driver(0),
        source: source.parse().unwrap(),
        bytes: text.as_bytes(),
    });
}

/// §13.1: what a body means is for its two ends. Neither the transactions nor the proxy look into it,
/// whatever it says it is, in whatever direction.
// shows: S120
#[test]
fn a_body_of_any_type_passes_through() {
    let body = "\0\u{1}v=1\r\n--none\r\n\r\nno description of any session\u{7f}";
    for kind in [
        "application/sdp",
        "application/unheard-of;v=2",
        "multipart/mixed;boundary=none-of-it",
        "Text/Plain",
    ] {
        let mut net = Net::open();
        net.register("bob", "<sip:bob@192.0.2.20>");
        let asked = request(ALICE, "INVITE", "sip:bob@example.com", 77, "");
        send_with_body(&mut net, ALICE, &asked, kind, body);
        let invite = net.request(BOB, "INVITE");
        assert_eq!(invite.body(), body.as_bytes(), "{kind}");
        assert_eq!(value(&invite, HeaderName::ContentType), kind);
        for status in [183, 488] {
            let answer = response_to(&invite, status, "b", "");
            send_with_body(&mut net, BOB, &answer, kind, body);
            let response = net.response(ALICE, status);
            assert_eq!(response.body(), body.as_bytes(), "{kind}");
            assert_eq!(value(&response, HeaderName::ContentType), kind);
        }
    }
}

#[test]
fn steps_2_and_3_the_target_becomes_the_request_uri_and_a_hop_is_counted() {
    let (_, invite) = invited("");
    assert_eq!(invite.request_uri(), Some("sip:bob@192.0.2.20"));
    assert_eq!(value(&invite, HeaderName::MaxForwards), "69");
}

#[test]
fn step_2_what_no_request_uri_may_have_is_left_out() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20;method=INVITE;x=y?Subject=hi>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invite = net.request(BOB, "INVITE");
    assert_eq!(invite.request_uri(), Some("sip:bob@192.0.2.20;x=y"));
}

#[test]
fn step_3_a_request_without_max_forwards_gets_70() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let asked = request(ALICE, "MESSAGE", "sip:bob@example.com", 1, "");
    net.send(ALICE, &asked.replace("Max-Forwards: 70\n", ""));
    let copy = net.request(BOB, "MESSAGE");
    assert_eq!(value(&copy, HeaderName::MaxForwards), "70");
}

// shows: S192
#[test]
fn step_4_the_own_record_route_comes_first_has_lr_and_leads_back_here() {
    let (mut net, invite) = invited("Record-Route: <sip:192.0.2.77;lr>");
    let routes: Vec<_> = invite.record_routes().map(|one| one.unwrap().uri).collect();
    assert_eq!(routes.len(), 2);
    assert_eq!(routes[1], "sip:192.0.2.77;lr");
    let own = crate::sip::uri::Uri::parse(routes[0]).unwrap();
    let own = own.sip().unwrap();
    assert!(own.is_loose_router() && !own.secure);
    assert_eq!(own.transport(), None);
    assert!(routes[0].starts_with(&format!("sip:{SERVER};")));
    // A BYE that follows it arrives here, and goes on from here.
    let route = format!("Route: <{}>", routes[0]);
    let dialog = format!(
        "{route}\nTo: <sip:bob@example.com>;tag=b\nCall-ID: {}",
        invite.call_id().unwrap()
    );
    net.ask(ALICE, "BYE", "sip:bob@192.0.2.20", &dialog);
    net.request(BOB, "BYE");
}

#[test]
fn step_4_without_record_routing_none_is_added() {
    let mut config = ServerConfig::new("example.com");
    config.record_route = false;
    let mut net = Net::new(config);
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invite = net.request(BOB, "INVITE");
    assert!(values(&invite, HeaderName::RecordRoute).is_empty());
}

// shows: S183
#[test]
fn step_8_the_response_goes_back_the_way_the_request_came() {
    let (mut net, invite) = invited("");
    let via = invite.top_via().unwrap();
    assert_eq!(via.branch.unwrap().get(..7), Some("z9hG4bK"));
    net.answer(BOB, &invite, 180, "b", "");
    let ringing = net.response(ALICE, 180);
    let vias: Vec<_> = ringing.vias().map(|via| via.unwrap()).collect();
    assert_eq!(vias.len(), 1, "the own Via is off");
    assert_eq!(vias[0].branch, Some("z9hG4bKtest2"));
    // What follows may take another way: past the server, straight to bob.
    net.answer(BOB, &invite, 200, "b", "Contact: <sip:bob@192.0.2.20>");
    let ok = net.response(ALICE, 200);
    assert_eq!(value(&ok, HeaderName::Contact), "<sip:bob@192.0.2.20>");
}

#[test]
fn a_copy_of_the_request_is_absorbed_and_a_lost_copy_downstream_sent_again() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let first = net.request(BOB, "INVITE");
    net.send(ALICE, &asked);
    net.quiet();
    net.pass(Duration::from_millis(200));
    net.response(ALICE, 100);
    net.pass(Duration::from_millis(300));
    let again = net.request(BOB, "INVITE");
    assert_eq!(again.as_bytes(), first.as_bytes());
    net.send(ALICE, &asked);
    net.response(ALICE, 100);
    net.quiet();
}

#[test]
fn item_1_mandatory_fields_must_be_readable_and_nothing_else_must() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "Max-Forwards: many");
    net.response(ALICE, 400);
    net.ask(ALICE, "INVITE", "sip:bob@example.com:port", "");
    net.response(ALICE, 400);
    net.ask(
        ALICE,
        "INVITE",
        "sip:bob@example.com",
        "Expires: never\nContact: ???",
    );
    net.request(BOB, "INVITE");
}

#[test]
fn item_1_an_unknown_method_is_no_reason_to_refuse() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "NOVELTY", "sip:bob@example.com", "");
    let copy = net.request(BOB, "NOVELTY");
    net.answer(BOB, &copy, 299, "b", "");
    net.response(ALICE, 299);
    net.ends_idle();
}

#[test]
fn item_2_an_unknown_scheme_is_416() {
    let mut net = Net::open();
    for uri in [
        "nobodyKnowsThisScheme:totallyopaque",
        "tel:+12125551212",
        "http://example.com",
    ] {
        net.ask(ALICE, "OPTIONS", uri, "");
        net.response(ALICE, 416);
    }
}

#[test]
fn item_3_no_hop_left_is_483() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "Max-Forwards: 0");
    net.response(ALICE, 483);
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "Max-Forwards: 1");
    let invite = net.request(BOB, "INVITE");
    assert_eq!(value(&invite, HeaderName::MaxForwards), "0");
}

#[test]
fn item_5_an_unknown_proxy_require_is_420_by_name() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let rows = "Proxy-Require: foo, bar\nRequire: only-for-the-uas";
    net.ask(ALICE, "INVITE", "sip:bob@example.com", rows);
    let bad = net.response(ALICE, 420);
    assert_eq!(value(&bad, HeaderName::Unsupported), "foo, bar");
    net.send(
        ALICE,
        &format!(
            "ACK sip:bob@example.com SIP/2.0
        Via: {}
        From: <sip:alice@example.com>;tag=a73kszlfl
        To: {}
        Call-ID: call-2@{ALICE}
        CSeq: 2 ACK
        Max-Forwards: 70",
            value(&bad, HeaderName::Via),
            value(&bad, HeaderName::To)
        ),
    );
    net.ask(
        ALICE,
        "INVITE",
        "sip:bob@example.com",
        "Require: only-for-the-uas",
    );
    net.request(BOB, "INVITE");
}

// shows: S182
#[test]
fn item_4_a_loop_is_482_and_a_spiral_goes_on() {
    let mut net = Net::open();
    // bob is at a place that sends everything straight back here, under another name or not.
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.register("carol", "<sip:carol@192.0.2.22>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let there = net.request(BOB, "INVITE");
    let back = |uri: &str, branch: &str, via: &Message, method: &str| {
        let rows = text(via).replacen("sip:bob@192.0.2.20 ", &format!("{uri} "), 1);
        let rows = rows.replacen(
            "Via:",
            &format!("Via: SIP/2.0/UDP {BOB};branch={branch}\nVia:"),
            1,
        );
        rows.replace("INVITE", method)
    };
    // Another Request-URI than the first time: a spiral.
    net.send(
        BOB,
        &back("sip:carol@example.com", "z9hG4bKspiral", &there, "INVITE"),
    );
    let spiral = net.request(BOB3, "INVITE");
    assert_eq!(spiral.vias().count(), 4);
    // The same again: a loop.
    net.send(
        BOB,
        &back("sip:bob@example.com", "z9hG4bKloop", &there, "INVITE"),
    );
    net.response(BOB, 482);
    // The mark does not depend on the method.
    net.send(
        BOB,
        &back("sip:bob@example.com", "z9hG4bKmethod", &there, "MESSAGE"),
    );
    net.response(BOB, 482);
    // Two users at each other's place chase no request round for ever.
    let mut net = Net::open();
    net.register("bob", "<sip:carol@192.0.2.1>");
    net.register("carol", "<sip:bob@192.0.2.1>");
    net.ask(ALICE, "MESSAGE", "sip:bob@example.com", "");
    for _ in 0..10 {
        let Some(at) = net
            .sent
            .iter()
            .position(|(to, _)| *to == SERVER.parse().unwrap())
        else {
            break;
        };
        let (_, looping) = net.sent.remove(at).unwrap();
        net.send(SERVER, &text(&looping));
    }
    net.response(ALICE, 482);
}

#[test]
fn item_6_merged_requests_are_not_an_error_for_a_proxy() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    net.request(BOB, "INVITE");
    net.send(ALICE, &asked.replace("z9hG4bKtest2", "z9hG4bKother"));
    net.request(BOB, "INVITE");
}

#[test]
fn nobody_registered_is_480_and_nobody_known_is_404() {
    let mut config = ServerConfig::new("example.com");
    config.add_user("bob", "zanzibar").authenticate = false;
    let mut net = Net::new(config);
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    net.response(ALICE, 480);
    net.ask(ALICE, "INVITE", "sip:nobody@example.com", "");
    net.response(ALICE, 404);
    net.ask(ALICE, "INVITE", "sip:example.com", "");
    net.response(ALICE, 404);
    assert!(matches!(
        net.events.first(),
        Some(ServerEvent::Refused { status, .. }) if status.as_u16() == 480
    ));
}

#[test]
fn the_own_address_stands_for_the_domain() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    for uri in [
        "sip:bob@192.0.2.1",
        "sip:bob@192.0.2.1:5060;transport=udp",
        "sip:%62ob@example.com:5060",
    ] {
        net.ask(ALICE, "MESSAGE", uri, "");
        net.request(BOB, "MESSAGE");
    }
    net.ask(ALICE, "MESSAGE", "sip:bob@192.0.2.1:5070", "");
    net.response(ALICE, 403);
}

#[test]
fn options_for_the_server_itself_is_answered() {
    let mut net = Net::open();
    net.ask(ALICE, "OPTIONS", "sip:example.com", "");
    let ok = net.response(ALICE, 200);
    assert_eq!(value(&ok, HeaderName::Allow), "OPTIONS, REGISTER");
    net.ask(ALICE, "OPTIONS", "sip:192.0.2.1:5060", "");
    net.response(ALICE, 200);
    net.ask(ALICE, "OPTIONS", "sip:example.com", "Require: magic");
    net.response(ALICE, 420);
}

/// RFC 3327 §5.4.
#[test]
fn the_path_of_a_binding_is_the_route_of_its_requests() {
    let mut net = Net::open();
    let rows = "REGISTER sip:example.com SIP/2.0
         Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKpath
         Max-Forwards: 70
         From: <sip:bob@example.com>;tag=reg
         To: <sip:bob@example.com>
         Call-ID: path
         CSeq: 1 REGISTER
         Supported: path
         Path: <sip:192.0.2.31;lr>,<sip:192.0.2.32;lr>
         Contact: <sip:bob@10.0.0.1>";
    net.send(ALICE, rows);
    net.response(ALICE, 200);
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invite = net.request("192.0.2.31:5060", "INVITE");
    assert_eq!(invite.request_uri(), Some("sip:bob@10.0.0.1"));
    let routes: Vec<_> = invite.routes().map(|one| one.unwrap().uri).collect();
    assert_eq!(routes, ["sip:192.0.2.31;lr", "sip:192.0.2.32;lr"]);
}

/// The mode in which a load generator measures it: everything goes to one place.
#[test]
fn with_a_next_hop_every_first_request_goes_there_and_the_rest_by_its_route() {
    let mut config = ServerConfig::new("example.com");
    config.next_hop = Some(format!("sip:{BOB}"));
    let mut net = Net::new(config);
    net.ask(
        ALICE,
        "INVITE",
        "sip:service@192.0.2.1:5060",
        "From: <sip:a@192.0.2.10>;tag=x",
    );
    let invite = net.request(BOB, "INVITE");
    assert_eq!(invite.request_uri(), Some("sip:service@192.0.2.1:5060"));
    net.answer(BOB, &invite, 200, "b", "Contact: <sip:service@192.0.2.20>");
    let ok = net.response(ALICE, 200);
    let route = values(&ok, HeaderName::RecordRoute);
    let call_id = invite.call_id().unwrap();
    let rows = format!(
        "Route: {}\nTo: <sip:s@x.invalid>;tag=b\nCall-ID: {call_id}",
        route[0]
    );
    net.ask(ALICE, "ACK", "sip:service@192.0.2.20", &rows);
    let ack = net.request(BOB, "ACK");
    assert!(values(&ack, HeaderName::Route).is_empty());
    net.ask(BOB, "BYE", "sip:a@192.0.2.10", &rows);
    net.request(ALICE, "BYE");
}

#[test]
fn what_was_done_is_told() {
    let (mut net, invite) = invited("");
    net.events.clear();
    net.answer(BOB, &invite, 486, "b", "");
    let told: Vec<String> = net.events.iter().map(ToString::to_string).collect();
    let line = "INVITE sip:alice@example.com -> sip:bob@example.com answered 486";
    assert_eq!(told, [line]);
}
