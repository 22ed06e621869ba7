//! Requests that are refused (RFC 3261 §8.2, §12.2.2).

use super::net::{Net, address, media, sdp};
use crate::limits::Limits;
use crate::sip::endpoint::EndpointConfig;
use crate::sip::ua::{AcceptError, EndReason, UaEvent, UserAgentConfig};

use alloc::format;
use alloc::string::String;

const BOB: &str = "sip:bob@example.org";

fn bob() -> Net {
    Net::new([UserAgentConfig::new(BOB)])
}

/// A request from a puppet, outside a dialog. Rows are taken from `more` first.
fn request(method: &str, uri: &str, branch: &str, more: &str, body: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{branch}\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:carol@example.com>;tag=carol\r\n\
         To: <sip:bob@example.org>\r\n\
         Call-ID: c1\r\n\
         CSeq: 10 {method}\r\n\
         Contact: <sip:carol@192.0.2.9>\r\n\
         {more}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

const URI: &str = "sip:bob@192.0.2.1";
const SDP: &str = "Content-Type: application/sdp\r\n";

/// §8.2.1, §21.5.2.
// shows: S286
#[test]
fn methods_we_have_not_are_refused_and_unknown_fields_are_not() {
    let mut net = bob();
    net.inject(address(9), address(1), &request("REFER", URI, "a", "", ""));
    let refusal = net.puppet_receives("405 REFER");
    assert_eq!(
        refusal.field("Allow"),
        "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, MESSAGE, NOTIFY"
    );
    assert!(!refusal.tag("To").is_empty());
    net.inject(address(9), address(1), &request("DANCE", URI, "b", "", ""));
    net.puppet_receives("501 DANCE");
    let unknown = "X-Mood: grumpy\r\n";
    net.inject(
        address(9),
        address(1),
        &request("OPTIONS", URI, "c", unknown, ""),
    );
    net.puppet_receives("200 OPTIONS");
    net.assert_idle();
}

/// §8.2.2.3: all options that are required and not known, and only those.
#[test]
fn required_extensions_we_have_not_are_listed() {
    let mut net = bob();
    let more = format!("Require: nothingSIP, everything\r\nRequire: more\r\n{SDP}");
    let body = sdp(9, "sendrecv");
    net.inject(
        address(9),
        address(1),
        &request("INVITE", URI, "a", &more, &body),
    );
    let refusal = net.puppet_receives("420 INVITE");
    assert_eq!(refusal.field("Unsupported"), "nothingSIP, everything, more");
    // Proxy-Require is for proxies.
    let more = format!("Proxy-Require: nothingSIP\r\n{SDP}");
    let text = request("INVITE", URI, "b", &more, &body).replace("c1", "c2");
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
    net.incoming(0);
}

/// RFC 4475 §3.3.5 (bext01), and §8.2.2.3: Require is nothing to a CANCEL or an ACK.
// shows: S287
#[test]
fn require_is_for_requests_that_can_be_refused() {
    let mut net = bob();
    let more = "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis\r\n\
        Require: nothingSupportsThis, nothingSupportsThisEither\r\n";
    let text = request("OPTIONS", URI, "o", more, "");
    net.inject(address(9), address(1), &text);
    let refusal = net.puppet_receives("420 OPTIONS");
    assert_eq!(
        refusal.fields("Unsupported"),
        ["nothingSupportsThis, nothingSupportsThisEither"]
    );
    let require = "Require: nothingSupportsThis\r\n";
    let cancelled = request("INVITE", URI, "c", "", "").replace("c1", "c2");
    net.inject(address(9), address(1), &cancelled);
    let text = request("CANCEL", URI, "c", require, "").replace("c1", "c2");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("200 CANCEL");
    assert_eq!(net.ended(0), EndReason::RemoteCancelled);
    let body = sdp(9, "sendrecv");
    let text = request("INVITE", URI, "i", SDP, &body).replace("c1", "c3");
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
    let call = net.incoming(0);
    let (endpoint, now) = net.at(0);
    endpoint.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    let to = format!("example.org>;tag={}", success.tag("To"));
    let text = request("ACK", URI, "k", require, "")
        .replace("c1", "c3")
        .replace("example.org>", &to);
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
    assert!(net.saw(0, &UaEvent::Answered { call }));
}

/// §8.2.3: the answer says what would have been taken; a body that may be ignored is.
#[test]
fn bodies_we_cannot_read_are_refused() {
    let mut net = bob();
    let kind = "Content-Type: application/unheard-of\r\n";
    net.inject(
        address(9),
        address(1),
        &request("INVITE", URI, "a", kind, "x"),
    );
    let refusal = net.puppet_receives("415 INVITE");
    let accepted = "application/sdp, multipart/mixed, multipart/alternative, multipart/signed";
    assert_eq!(refusal.field("Accept"), accepted);
    let coded = format!("{SDP}Content-Encoding: gzip\r\n");
    let text = request("INVITE", URI, "b", &coded, "x").replace("c1", "c2");
    net.inject(address(9), address(1), &text);
    let refusal = net.puppet_receives("415 INVITE");
    assert_eq!(refusal.field("Accept-Encoding"), "identity");
    let optional = format!("{kind}Content-Disposition: render;handling=optional\r\n");
    let text = request("INVITE", URI, "c", &optional, "x").replace("c1", "c3");
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
    net.incoming(0);
}

/// §13.3.1.3: an offer that cannot be read, and one that has nothing for us.
#[test]
fn offers_we_cannot_take_are_refused() {
    let mut net = bob();
    net.inject(
        address(9),
        address(1),
        &request("INVITE", URI, "a", SDP, "v=1"),
    );
    let refusal = net.puppet_receives("488 INVITE");
    assert!(!refusal.field("Warning").is_empty());
    let body = sdp(9, "sendrecv").replace("AVP 0", "AVP 96");
    let text = request("INVITE", URI, "b", SDP, &body).replace("c1", "c2");
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
    let call = net.incoming(0);
    let (endpoint, now) = net.at(0);
    let refused = endpoint.accept(now, call, media(1));
    assert_eq!(refused, Err(AcceptError::NoCommonMedia));
    net.puppet_receives("488 INVITE");
    assert_eq!(net.ended(0), EndReason::NoCommonMedia);
    net.assert_idle();
}

/// §8.2.2.1.
#[test]
fn uris_that_are_not_sip_are_refused() {
    let mut net = bob();
    let text = request("OPTIONS", "soap.beep://192.168.0.103:3002", "a", "", "");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("416 OPTIONS");
    // To may be of any scheme.
    let text = request("OPTIONS", URI, "b", "", "")
        .replace("sip:bob@example.org", "tel:+1")
        .replace("c1", "c2");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("200 OPTIONS");
}

/// §8.2.2.2: the same request by another way; but only if To has no tag.
// shows: S181
#[test]
fn a_merged_request_is_a_loop() {
    let mut net = bob();
    let body = sdp(9, "sendrecv");
    for branch in ["a", "b"] {
        let text = request("INVITE", URI, branch, SDP, &body);
        net.inject(address(9), address(1), &text);
    }
    let refusal = net.puppet_receives("482 INVITE");
    assert_eq!(refusal.branch(), "z9hG4bKb");
    assert_eq!(net.at(0).0.user().live_calls(), 1);
    let call = net.incoming(0);
    let (endpoint, now) = net.at(0);
    endpoint.ring(now, call).unwrap();
    let tag = String::from(net.puppet_receives("180 INVITE").tag("To"));
    let inside = format!("To: <sip:bob@example.org>;tag={tag}");
    let text =
        request("INVITE", URI, "c", SDP, &body).replace("To: <sip:bob@example.org>", &inside);
    net.inject(address(9), address(1), &text);
    // Not 482: the number is out of order.
    net.puppet_receives("500 INVITE");
}

/// §12.2.2.
#[test]
fn a_request_for_an_unknown_dialog_is_answered_481() {
    let mut net = bob();
    for method in ["BYE", "INVITE", "OPTIONS"] {
        let text =
            request(method, URI, method, "", "").replace("example.org>", "example.org>;tag=x");
        net.inject(address(9), address(1), &text);
        net.puppet_receives(&format!("481 {method}"));
    }
    // A BYE without tag belongs to no dialog either (§15.1.2), a CANCEL to no transaction (§9.2).
    let text = request("BYE", URI, "z", "", "").replace("c1", "c2");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("481 BYE");
    net.inject(address(9), address(1), &request("CANCEL", URI, "y", "", ""));
    net.puppet_receives("481 CANCEL");
    net.assert_idle();
}

/// §14.2: a second INVITE in a dialog before the final response to the first.
#[test]
fn a_second_invite_before_the_first_is_answered_is_told_to_come_back() {
    let mut net = bob();
    let body = sdp(9, "sendrecv");
    net.inject(
        address(9),
        address(1),
        &request("INVITE", URI, "a", SDP, &body),
    );
    net.run_ms(20);
    let call = net.incoming(0);
    let (endpoint, now) = net.at(0);
    endpoint.ring(now, call).unwrap();
    let tag = String::from(net.puppet_receives("180 INVITE").tag("To"));
    let text = request("INVITE", URI, "b", SDP, &body)
        .replace("example.org>", &format!("example.org>;tag={tag}"))
        .replace("CSeq: 10", "CSeq: 11");
    net.inject(address(9), address(1), &text);
    let refusal = net.puppet_receives("500 INVITE");
    let secs: u32 = refusal.field("Retry-After").parse().unwrap();
    assert!(secs <= 10);
    let (endpoint, now) = net.at(0);
    endpoint.accept(now, call, media(1)).unwrap();
    net.puppet_receives("200 INVITE");
}

/// §21.4.18 and §11.2: OPTIONS is answered as an INVITE would be.
#[test]
fn a_phone_without_room_is_busy() {
    let config = EndpointConfig {
        limits: Limits {
            calls: 1,
            ..Limits::default()
        },
        ..EndpointConfig::default()
    };
    let mut net = Net::with([(UserAgentConfig::new(BOB), config)]);
    net.inject(
        address(9),
        address(1),
        &request("OPTIONS", URI, "o", "", ""),
    );
    net.puppet_receives("200 OPTIONS");
    let body = sdp(9, "sendrecv");
    net.inject(
        address(9),
        address(1),
        &request("INVITE", URI, "a", SDP, &body),
    );
    net.run_ms(20);
    let first = net.incoming(0);
    let text = request("INVITE", URI, "b", SDP, &body).replace("c1", "c2");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("486 INVITE");
    let text = request("OPTIONS", URI, "p", "", "").replace("c1", "c3");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("486 OPTIONS");
    let (endpoint, now) = net.at(0);
    assert!(endpoint.invite(now, "sip:x@192.0.2.9", media(1)).is_err());
    endpoint.hang_up(now, first).unwrap();
    net.run_ms(20);
    let (endpoint, now) = net.at(0);
    assert!(endpoint.invite(now, "sip:x@192.0.2.9", media(1)).is_ok());
}

/// §8.2: the method first, then the header fields, then the body.
// shows: S106
#[test]
fn what_is_wrong_first_is_what_is_answered() {
    let mut net = bob();
    let all = "Require: nothing\r\nContent-Type: x/y\r\n";
    net.inject(
        address(9),
        address(1),
        &request("DANCE", "x:y", "a", all, "b"),
    );
    net.puppet_receives("501 DANCE");
    net.inject(
        address(9),
        address(1),
        &request("INVITE", "x:y", "b", all, "b"),
    );
    net.puppet_receives("416 INVITE");
    let text = request("INVITE", URI, "c", all, "b").replace("c1", "c3");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("420 INVITE");
    let kind = "Content-Type: x/y\r\n";
    let text = request("INVITE", URI, "d", kind, "b").replace("c1", "c4");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("415 INVITE");
    let text = request("INVITE", URI, "e", "", "")
        .replace("c1", "c5")
        .replace("Contact", "X-Contact");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("400 INVITE");
}

/// §11.2: what a 200 to OPTIONS should have, a description of our media included, which is none
/// that could be taken for an offer (RFC 3264 §9).
#[test]
fn options_says_what_we_can() {
    let mut net = bob();
    let text = request("OPTIONS", URI, "o", "Accept: application/sdp\r\n", "");
    net.inject(address(9), address(1), &text);
    let answer = net.puppet_receives("200 OPTIONS");
    for name in [
        "Allow",
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Supported",
        "Contact",
    ] {
        assert_eq!(answer.fields(name).len(), 1, "{name}");
    }
    assert!(answer.body().contains("m=audio 0 RTP/AVP 0 8"));
    let text = request("OPTIONS", URI, "p", "Accept: text/plain\r\n", "").replace("c1", "c2");
    net.inject(address(9), address(1), &text);
    assert_eq!(net.puppet_receives("200 OPTIONS").body(), "");
}
