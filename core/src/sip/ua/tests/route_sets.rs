//! The examples of RFC 3261 §16.12.1, as the user agents at their ends see them: what the callee copies
//! and follows in order, and the caller follows in reverse. What the proxies do is tested with them.

use alloc::format;
use alloc::vec::Vec;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::alone;
use crate::dns::{Name, Record, RecordData};
use crate::sip::ua::UserAgentConfig;

/// Every host of the examples is at 192.0.2.9, but for those that are the next hop, at 192.0.2.7.
fn zone(next: &str, others: &[&str]) -> Vec<Record> {
    let record = |name: &str, n: u8| Record {
        name: Name::parse(name).unwrap(),
        ttl: 300,
        data: RecordData::A([192, 0, 2, n].into()),
    };
    let mut zone = Vec::from([record(next, 7)]);
    zone.extend(others.iter().map(|name| record(name, 9)));
    zone
}

/// U2 is invited with these rows, accepts and hangs up: its 200 and its BYE.
fn callee(next: &str, invite: &str, rows: &str) -> (Sent, Sent) {
    let mut net = Net::new([UserAgentConfig::new("sip:callee@domain.com")]);
    net.zone = Some(zone(next, &["u1.example.com", "u1.leftprivatespace.com"]));
    let body = sdp(9, "sendrecv");
    let request = format!(
        "INVITE {invite} SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKu1\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:caller@u1.example.com>;tag=u1\r\n\
         To: <sip:callee@domain.com>\r\n\
         Call-ID: u1\r\n\
         CSeq: 1 INVITE\r\n\
         {rows}\
         Content-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    net.inject(address(9), address(1), &request);
    net.run_ms(20);
    let call = net.incoming(0);
    let (u2, now) = net.at(0);
    u2.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    let ack = format!(
        "ACK sip:callee@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKack\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:caller@u1.example.com>;tag=u1\r\n\
         To: {}\r\nCall-ID: u1\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
        success.field("To")
    );
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    let (u2, now) = net.at(0);
    u2.hang_up(now, call).unwrap();
    (success, net.puppet_receives("BYE"))
}

/// U1 calls, gets a 200 with these rows, and hangs up: its ACK and its BYE.
fn caller(next: &str, rows: &str) -> [Sent; 2] {
    let mut net = alone();
    net.zone = Some(zone(next, &["u2.domain.com", "u2.rightprivatespace.com"]));
    let (u1, now) = net.at(0);
    let call = u1.invite(now, "sip:callee@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let success = response(&invite, "200 OK", "u2", rows, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    let ack = net.puppet_receives("ACK");
    let (u1, now) = net.at(0);
    u1.hang_up(now, call).unwrap();
    [ack, net.puppet_receives("BYE")]
}

const P1: &str = "<sip:p1.example.com;lr>";
const P2: &str = "<sip:p2.domain.com;lr>";

/// §16.12.1.1, the trapezoid.
fn trapezoid() {
    let records = format!("Record-Route: {P2}\r\nRecord-Route: {P1}\r\n");
    let rows = format!("Contact: sip:caller@u1.example.com\r\n{records}");
    let (success, bye) = callee("p2.domain.com", "sip:callee@u2.domain.com", &rows);
    assert_eq!(success.fields("Record-Route"), [P2, P1]);
    assert_eq!(bye.request_uri(), "sip:caller@u1.example.com");
    assert_eq!(bye.fields("Route"), [P2, P1]);
    assert_eq!(bye.to, address(7));
    let rows = format!("Contact: sip:callee@u2.domain.com\r\n{records}");
    for sent in caller("p1.example.com", &rows) {
        assert_eq!(sent.request_uri(), "sip:callee@u2.domain.com");
        assert_eq!(sent.fields("Route"), [P1, P2]);
        assert_eq!(sent.to, address(7));
    }
}

/// §16.12.1.2: a strict router in the middle; and, what U1 would have to do if it were the first.
fn strict_router() {
    let all = [
        "<sip:p4.domain.com;lr>",
        "<sip:p3.middle.com>",
        "<sip:p2.example.com;lr>",
        P1,
    ];
    let records: alloc::string::String = all
        .iter()
        .map(|one| format!("Record-Route: {one}\r\n"))
        .collect();
    let rows = format!("Contact: sip:caller@u1.example.com\r\n{records}");
    let (success, bye) = callee("p4.domain.com", "sip:callee@u2.domain.com", &rows);
    assert_eq!(success.fields("Record-Route"), all);
    assert_eq!(bye.request_uri(), "sip:caller@u1.example.com");
    assert_eq!(bye.fields("Route"), all);
    assert_eq!(bye.to, address(7));
    // As P4 sends it on.
    let rows = "Contact: sip:caller@u1.example.com\r\n\
        Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>, <sip:p3.middle.com>\r\n";
    for sent in caller("p3.middle.com", rows) {
        assert_eq!(sent.request_uri(), "sip:p3.middle.com");
        let routes = ["<sip:p2.example.com;lr>", P1, "<sip:caller@u1.example.com>"];
        assert_eq!(sent.fields("Route"), routes);
        assert_eq!(sent.to, address(7));
    }
}

/// §16.12.1.3: each end has the name of the gateway that means something to it.
fn gateway() {
    let right = "<sip:gateway.rightprivatespace.com;lr>";
    let rows =
        format!("Contact: <sip:caller@u1.leftprivatespace.com>\r\nRecord-Route: {right}\r\n");
    let invite = "sip:callee@rightprivatespace.com";
    let (success, bye) = callee("gateway.rightprivatespace.com", invite, &rows);
    assert_eq!(success.fields("Record-Route"), [right]);
    assert_eq!(bye.request_uri(), "sip:caller@u1.leftprivatespace.com");
    assert_eq!(bye.fields("Route"), [right]);
    let left = "<sip:gateway.leftprivatespace.com;lr>";
    let rows =
        format!("Contact: <sip:callee@u2.rightprivatespace.com>\r\nRecord-Route: {left}\r\n");
    for sent in caller("gateway.leftprivatespace.com", &rows) {
        assert_eq!(sent.request_uri(), "sip:callee@u2.rightprivatespace.com");
        assert_eq!(sent.fields("Route"), [left]);
        assert_eq!(sent.to, address(7));
    }
}

/// §12.1.1, §12.1.2, §16.12.1.
// shows: S194
#[test]
fn the_examples_of_16_12_1() {
    trapezoid();
    strict_router();
    gateway();
}
