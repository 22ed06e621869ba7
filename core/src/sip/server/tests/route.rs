//! RFC 3261 §16.4, §16.6 step 6, §16.12: the Route, read and written.

use alloc::vec;

use super::*;
use crate::peer::PeerIdentity;
use crate::sip::uri::Uri;

/// A call from alice to bob that is up: what the INVITE was, and the Record-Route of the server.
fn call(net: &mut Net) -> (Message, String) {
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invite = net.request(BOB, "INVITE");
    net.answer(BOB, &invite, 200, "b", "Contact: <sip:bob@192.0.2.20>");
    let ok = net.response(ALICE, 200);
    let route = values(&ok, HeaderName::RecordRoute).remove(0);
    (invite, route)
}

fn in_dialog(invite: &Message, rows: &str) -> String {
    let call_id = invite.call_id().unwrap();
    format!("{rows}\nTo: <sip:bob@example.com>;tag=b\nCall-ID: {call_id}")
}

fn routes(message: &Message) -> Vec<String> {
    let uris = message.routes().map(|one| one.unwrap().uri.to_string());
    uris.collect()
}

// shows: S195
#[test]
fn a_loose_router_takes_itself_out_and_keeps_the_request_uri() {
    let mut net = Net::open();
    let (invite, own) = call(&mut net);
    // The ACK and the BYE of the dialog, both ways, and a re-INVITE.
    let rows = in_dialog(&invite, &format!("Route: {own}"));
    net.ask(ALICE, "ACK", "sip:bob@192.0.2.20;x=1", &rows);
    let ack = net.request(BOB, "ACK");
    assert_eq!(ack.request_uri(), Some("sip:bob@192.0.2.20;x=1"));
    assert!(routes(&ack).is_empty());
    assert_eq!(value(&ack, HeaderName::MaxForwards), "69");
    assert_eq!(ack.vias().count(), 2);
    net.ask(BOB, "INVITE", "sip:alice@192.0.2.10", &rows);
    net.request(ALICE, "INVITE");
    // Others behind it in the Route come next, whatever the Request-URI says.
    let rows = in_dialog(
        &invite,
        &format!("Route: {own}, <sip:192.0.2.50;lr>\nRoute: <sip:192.0.2.51;lr>"),
    );
    net.ask(ALICE, "BYE", "sip:bob@192.0.2.20", &rows);
    let bye = net.request("192.0.2.50:5060", "BYE");
    assert_eq!(bye.request_uri(), Some("sip:bob@192.0.2.20"));
    assert_eq!(routes(&bye), ["sip:192.0.2.50;lr", "sip:192.0.2.51;lr"]);
    // Strict routers, both ways: see the two tests below.
    before_a_strict_router();
    behind_a_strict_router();
}

/// §16.12.1.2, P4: the next hop is a strict router, so it finds itself in the Request-URI.
fn before_a_strict_router() {
    let mut net = Net::open();
    let (invite, own) = call(&mut net);
    let route = format!(
        "Route: {own}\nRoute: <sip:192.0.2.53>\nRoute: <sip:192.0.2.52;lr>\nRoute: <sip:192.0.2.51;lr>"
    );
    net.ask(
        BOB,
        "BYE",
        "sip:caller@192.0.2.10",
        &in_dialog(&invite, &route),
    );
    let bye = net.request("192.0.2.53:5060", "BYE");
    assert_eq!(bye.request_uri(), Some("sip:192.0.2.53"));
    assert_eq!(
        routes(&bye),
        [
            "sip:192.0.2.52;lr",
            "sip:192.0.2.51;lr",
            "sip:caller@192.0.2.10"
        ]
    );
}

/// §16.12.1.2, P2: the hop before was a strict router, so we find ourselves in the Request-URI.
fn behind_a_strict_router() {
    let mut net = Net::open();
    let (invite, own) = call(&mut net);
    let uri = own.trim_matches(['<', '>']).to_string();
    let route = "Route: <sip:192.0.2.51;lr>\nRoute: <sip:caller@192.0.2.10>";
    net.ask(BOB, "BYE", &uri, &in_dialog(&invite, route));
    let bye = net.request("192.0.2.51:5060", "BYE");
    assert_eq!(bye.request_uri(), Some("sip:caller@192.0.2.10"));
    assert_eq!(routes(&bye), ["sip:192.0.2.51;lr"]);
    // And when it was the last stop.
    net.ask(
        BOB,
        "BYE",
        &uri,
        &in_dialog(&invite, "Route: <sip:caller@192.0.2.10>"),
    );
    let bye = net.request(ALICE, "BYE");
    assert_eq!(bye.request_uri(), Some("sip:caller@192.0.2.10"));
    assert!(routes(&bye).is_empty());
}

// shows: S178 S198
#[test]
fn the_next_hop_is_decided_by_route_lr_maddr_and_domain() {
    // (Route, Request-URI) -> who gets it, with which Request-URI and Route.
    let table: &[(&str, &str, &str, &str, &[&str])] = &[
        // Own domain: the location service.
        ("", "sip:bob@example.com", BOB, "sip:bob@192.0.2.20", &[]),
        // Foreign domain: as it is.
        (
            "",
            "sip:x@192.0.2.60",
            "192.0.2.60:5060",
            "sip:x@192.0.2.60",
            &[],
        ),
        (
            "",
            "sip:x@192.0.2.60:5090",
            "192.0.2.60:5090",
            "sip:x@192.0.2.60:5090",
            &[],
        ),
        // The own stop is taken out, by address and by name.
        (
            "<sip:192.0.2.1;lr>",
            "sip:bob@example.com",
            BOB,
            "sip:bob@192.0.2.20",
            &[],
        ),
        (
            "<sip:example.com;lr>",
            "sip:x@192.0.2.60",
            "192.0.2.60:5060",
            "sip:x@192.0.2.60",
            &[],
        ),
        // A first stop of others stays, and decides.
        (
            "<sip:192.0.2.70;lr>",
            "sip:x@192.0.2.60",
            "192.0.2.70:5060",
            "sip:x@192.0.2.60",
            &["sip:192.0.2.70;lr"],
        ),
        (
            "<sip:192.0.2.70;lr>",
            "sip:bob@example.com",
            "192.0.2.70:5060",
            "sip:bob@192.0.2.20",
            &["sip:192.0.2.70;lr"],
        ),
        // Only the first stop is looked at: the own one behind it is for the next round.
        (
            "<sip:192.0.2.70;lr>,<sip:192.0.2.1;lr>",
            "sip:x@192.0.2.60",
            "192.0.2.70:5060",
            "sip:x@192.0.2.60",
            &["sip:192.0.2.70;lr", "sip:192.0.2.1;lr"],
        ),
        // A strict router finds itself in the Request-URI.
        (
            "<sip:192.0.2.71>",
            "sip:x@192.0.2.60",
            "192.0.2.71:5060",
            "sip:192.0.2.71",
            &["sip:x@192.0.2.60"],
        ),
        // maddr: the own one is taken out with its port and transport, another is where it goes.
        (
            "",
            "sip:bob@example.com:5060;maddr=192.0.2.1;transport=udp;a=b",
            BOB,
            "sip:bob@192.0.2.20",
            &[],
        ),
        (
            "",
            "sip:x@192.0.2.60;maddr=192.0.2.1;transport=udp;a=b",
            "192.0.2.60:5060",
            "sip:x@192.0.2.60;a=b",
            &[],
        ),
        (
            "",
            "sip:x@192.0.2.60;maddr=192.0.2.61",
            "192.0.2.61:5060",
            "sip:x@192.0.2.60;maddr=192.0.2.61",
            &[],
        ),
    ];
    for (route, uri, peer, request_uri, left) in table {
        let mut config = ServerConfig::new("example.com");
        config.relay = true;
        let mut net = Net::new(config);
        net.register("bob", "<sip:bob@192.0.2.20>");
        let rows = if route.is_empty() {
            String::new()
        } else {
            format!("Route: {route}")
        };
        net.ask(ALICE, "MESSAGE", uri, &rows);
        let copy = net.request(peer, "MESSAGE");
        assert_eq!(copy.request_uri(), Some(*request_uri), "{route} {uri}");
        assert_eq!(routes(&copy), *left, "{route} {uri}");
        net.quiet();
    }
}

// shows: S193
#[test]
fn two_sockets_record_two_routes_and_are_left_by_both() {
    let mut net = Net::open();
    net.input(Input::Bound {
        flow: FlowId::from_driver(1),
        transport: Transport::Udp,
        local: "[2001:db8::1]:5060".parse().unwrap(),
    });
    net.register("bob", "<sip:bob@[2001:db8::20]>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invite = net.request("[2001:db8::20]:5060", "INVITE");
    let recorded = invite
        .record_routes()
        .map(|one| one.unwrap().uri.to_string());
    let recorded: Vec<_> = recorded.collect();
    assert!(recorded[0].starts_with("sip:[2001:db8::1]:5060;lr"));
    assert!(recorded[1].starts_with("sip:192.0.2.1:5060;lr"));
    let route = format!("Route: <{}>, <{}>", recorded[1], recorded[0]);
    net.ask(
        ALICE,
        "BYE",
        "sip:bob@[2001:db8::20]",
        &in_dialog(&invite, &route),
    );
    let bye = net.request("[2001:db8::20]:5060", "BYE");
    assert!(routes(&bye).is_empty(), "both stops are reached at once");
}

/// Carries what `from` sends to `at` over to the server there; gives the requests it carried.
fn carry(from: &mut Net, at: &str, to: &mut Net, source: &str) -> usize {
    let mut carried = 0;
    while let Some(place) = from.sent.iter().position(|(to, _)| to.to_string() == at) {
        let (_, message) = from.sent.remove(place).unwrap();
        to.send(source, &text(&message));
        carried += 1;
    }
    carried
}

// shows: S197
#[test]
fn a_preloaded_route_is_visited_stop_by_stop() {
    const FIRST: &str = "192.0.2.1:5060";
    const SECOND: &str = "192.0.2.2:5060";
    let mut config = ServerConfig::new("first.example");
    config.relay = true;
    let mut first = Net::at(FIRST, config, Limits::default());
    let mut config = ServerConfig::new("second.example");
    config.relay = true;
    let mut second = Net::at(SECOND, config, Limits::default());
    let rows = "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>";
    first.ask(ALICE, "INVITE", "sip:x@192.0.2.60", rows);
    first.pass(Duration::ZERO);
    assert_eq!(carry(&mut first, SECOND, &mut second, FIRST), 1);
    let invite = second.request("192.0.2.60:5060", "INVITE");
    assert_eq!(invite.request_uri(), Some("sip:x@192.0.2.60"));
    assert!(routes(&invite).is_empty());
    assert_eq!(invite.vias().count(), 3);
    let recorded: Vec<_> = invite.record_routes().map(|one| one.unwrap().uri).collect();
    assert!(recorded[0].starts_with("sip:192.0.2.2:"));
    assert!(recorded[1].starts_with("sip:192.0.2.1:"));
    // And back: each takes its own Via off, both stay in the route of what follows.
    second.answer(
        "192.0.2.60:5060",
        &invite,
        200,
        "x",
        "Contact: <sip:x@192.0.2.60>",
    );
    assert_eq!(carry(&mut second, FIRST, &mut first, SECOND), 1);
    let ok = first.response(ALICE, 200);
    assert_eq!(ok.vias().count(), 1);
    let mut route: Vec<_> = ok
        .record_routes()
        .map(|one| one.unwrap().uri.to_string())
        .collect();
    route.reverse();
    let rows = format!(
        "Route: <{}>, <{}>\nTo: <sip:bob@example.com>;tag=x\nCall-ID: {}",
        route[0],
        route[1],
        invite.call_id().unwrap()
    );
    first.ask(ALICE, "BYE", "sip:x@192.0.2.60", &rows);
    assert_eq!(carry(&mut first, SECOND, &mut second, FIRST), 1);
    let bye = second.request("192.0.2.60:5060", "BYE");
    assert!(routes(&bye).is_empty());
}

// shows: S192
#[test]
fn where_tls_begins_the_own_record_route_is_there_and_sips_downstream() {
    let mut config = ServerConfig::new("example.com");
    config.record_route = false;
    let mut net = Net::new(config);
    net.register("bob", "<sips:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let (flow, peer, transport) = net.connecting.remove(0);
    assert_eq!(transport, Transport::Tls);
    assert_eq!(peer, "192.0.2.20:5061".parse().unwrap());
    let identity = PeerIdentity {
        uris: vec!["sip:192.0.2.20".into()],
        is_verified: true,
        ..PeerIdentity::default()
    };
    net.input(Input::Connected {
        flow,
        transport,
        local: "192.0.2.1:40000".parse().unwrap(),
        peer,
        identity: Some(&identity),
    });
    let invite = net.request("192.0.2.20:5061", "INVITE");
    let recorded: Vec<_> = invite.record_routes().map(|one| one.unwrap().uri).collect();
    assert!(recorded[0].starts_with("sips:192.0.2.1"), "{recorded:?}");
    assert!(
        recorded[1].starts_with("sip:192.0.2.1:5060;lr"),
        "{recorded:?}"
    );
    // And where it ends it is there too, and not sips on either side: nobody has asked for that, and
    // whoever speaks TLS need not know the scheme (§16.6 step 4, RFC 5630 §3.1.3).
    net.register("carol", "<sip:carol@192.0.2.22>");
    let asked = request("192.0.2.20:5061", "INVITE", "sip:carol@example.com", 99, "")
        .replace("SIP/2.0/UDP", "SIP/2.0/TLS");
    let lines: Vec<_> = asked.lines().map(str::trim).collect();
    let bytes = format!("{}\r\n\r\n", lines.join("\r\n"));
    net.input(Input::Stream {
        flow,
        bytes: bytes.as_bytes(),
    });
    let invite = net.request(BOB3, "INVITE");
    let recorded: Vec<_> = invite.record_routes().map(|one| one.unwrap().uri).collect();
    assert!(
        recorded[0].starts_with("sip:192.0.2.1:5060;lr"),
        "{recorded:?}"
    );
    assert!(
        recorded[1].starts_with("sip:192.0.2.1:5061;transport=tls;lr"),
        "{recorded:?}"
    );
}

/// RFC 5626 §5.3.1: 430 for a connection that is gone, 403 for a number this server never gave out.
#[test]
fn a_route_that_names_a_connection_leads_there_or_nowhere() {
    let mut net = Net::open();
    let (invite, _) = call(&mut net);
    let to = |flow: u32, mark: &str| {
        let route = format!("Route: <sip:192.0.2.1:5060;transport=ws;lr;flow={flow};mark={mark}>");
        in_dialog(&invite, &route)
    };
    let open = FlowId::from_driver(7);
    net.input(Input::Connected {
        flow: open,
        transport: Transport::Ws,
        local: SERVER.parse().unwrap(),
        peer: "192.0.2.30:40000".parse().unwrap(),
        identity: None,
    });
    let gone = FlowId::from_driver(8).as_u32();
    for (flow, mark, status) in [
        (gone, "0", 430),
        (open.as_u32(), "0", 403),
        (open.as_u32(), "x", 403),
    ] {
        net.ask(ALICE, "BYE", "sip:bob@h.invalid", &to(flow, mark));
        net.response(ALICE, status);
    }
}

// shows: S116
#[test]
fn what_asks_for_sips_does_not_go_on_in_clear() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sips:bob@example.com", "");
    let refused = net.response(ALICE, 480);
    let warning = "380 example.com \"SIPS Not Allowed\"";
    assert_eq!(value(&refused, HeaderName::Warning), warning);
    net.quiet();
    assert!(net.connecting.is_empty());
    net.register("bob", "<sip:bob@192.0.2.20>, <sips:bob@192.0.2.21>");
    net.ask(ALICE, "INVITE", "sips:bob@example.com", "");
    let (_, peer, transport) = net.connecting.remove(0);
    assert_eq!((peer.port(), transport), (5061, Transport::Tls));
    net.quiet();
}

// shows: S139
#[test]
fn an_maddr_is_where_a_request_goes_and_the_proxy_there_takes_it_out() {
    let mut config = ServerConfig::new("example.com");
    config.relay = true;
    let mut net = Net::new(config);
    net.register("john", "<sip:john@192.0.2.20>");
    // The host has no case; the address is that of the server, and the domain is one it serves.
    net.ask(ALICE, "MESSAGE", "sip:john@Example.COM;maddr=192.0.2.1", "");
    let copy = net.request(BOB, "MESSAGE");
    assert_eq!(copy.request_uri(), Some("sip:john@192.0.2.20"));
    // A domain of others: what is left is looked at again (§16.4).
    net.ask(ALICE, "MESSAGE", "sip:john@192.0.2.60;maddr=192.0.2.1", "");
    let copy = net.request("192.0.2.60:5060", "MESSAGE");
    assert_eq!(copy.request_uri(), Some("sip:john@192.0.2.60"));
    // An maddr of others is for them, port and all (§16.5, RFC 3263 §4).
    let uri = "sip:john@Example.COM:5090;maddr=192.0.2.61";
    net.ask(ALICE, "MESSAGE", uri, "");
    let copy = net.request("192.0.2.61:5090", "MESSAGE");
    assert_eq!(copy.request_uri(), Some(uri));
    // And a URI with one is not the URI without (§19.1.4).
    let parsed = |text| Uri::parse(text).unwrap();
    let john = parsed("sip:john@Example.COM;maddr=10.0.0.1");
    assert!(john.equivalent(&parsed("sip:john@example.com;maddr=10.0.0.1")));
    assert!(!john.equivalent(&parsed("sip:john@example.com")));
}
