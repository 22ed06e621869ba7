//! Messages and URIs at the user agent: what it makes of their syntax (RFC 3261 §7, §8.2, §19.1.5).

use super::net::{Net, address, media, response, sdp};
use crate::sdp::{DescriptionLimits, SessionDescription, Tolerance};
use crate::sip::endpoint::DropReason;
use crate::sip::message::{Message, Rule};
use crate::sip::ua::{RequestError, UaEvent, UserAgentConfig};

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

fn bob() -> Net {
    Net::new([UserAgentConfig::new("sip:bob@example.org")])
}

/// A request from a puppet, with these rows behind those that each has.
fn request(first_line: &str, method: &str, rows: &str, body: &str) -> String {
    format!(
        "{first_line}\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{}{method}\r\n\
         From: <sip:jo@tzi.example>;tag=jo\r\n\
         To: <sip:bob@example.org>\r\n\
         Call-ID: {}@192.0.2.9\r\n\
         CSeq: 2 {method}\r\n\
         Contact: sip:jo@192.0.2.9\r\n\
         {rows}\r\n{body}",
        rows.len(),
        rows.len()
    )
}

const INVITE: &str = "INVITE sip:bob@192.0.2.1 SIP/2.0";

/// The faults of the tutorial's example: the length is that of neither line end, the type is
/// misspelt, the connection stands behind the time, no Max-Forwards, and payload type 1 is reserved.
// shows: S129
#[test]
fn an_example_with_five_faults_is_refused_and_taken_once_they_are_gone() {
    let body = "v=0\r\n\
                o=jo 75638353 98543585 IN IP4 192.0.2.9\r\n\
                s=SIP phone call 1\r\n\
                t=0 0\r\n\
                c=IN IP4 192.0.2.9\r\n\
                m=audio 47920 RTP/AVP 0 1 5 8\r\n";
    assert_eq!(body.len(), 124);
    assert_eq!(body.replace("\r\n", "\n").len(), 118);
    let rows = "Content-Type: applicaton/sdp\r\nContent-Length: 117\r\n";
    let text = request(INVITE, "INVITE", rows, body);
    // §18.3: of a datagram, the body is what the length says.
    let message = Message::parse(text.as_bytes(), &crate::Limits::default()).unwrap();
    assert_eq!(message.body(), body.get(..117).unwrap().as_bytes());
    let mut missing = Vec::new();
    message.validate(|finding| {
        if finding.rule == Rule::Missing {
            missing.push(finding.name.as_str());
        }
    });
    assert_eq!(missing, ["Max-Forwards"]);

    let mut net = bob();
    net.inject(address(9), address(1), &text);
    let refusal = net.puppet_receives("415 INVITE");
    assert!(refusal.field("Accept").starts_with("application/sdp,"));

    // RFC 8866 §5: the order of lines is a fault to a strict reader; ours puts up with it.
    let strict = |body: &str| {
        let limits = DescriptionLimits::default();
        SessionDescription::parse_with(body.as_bytes(), &Tolerance::STRICT, &limits).is_ok()
    };
    assert!(!strict(body));

    let (time, connection) = ("t=0 0\r\n", "c=IN IP4 192.0.2.9\r\n");
    let body = body
        .replace(time, "")
        .replace(connection, &format!("{connection}{time}"))
        .replace("0 1 5 8", "0 5 8");
    assert!(strict(&body));
    let rows = rows
        .replace("applicaton", "application")
        .replace("117", "122");
    let rows = format!("Max-Forwards: 70\r\n{rows}");
    net.inject(
        address(9),
        address(1),
        &request(INVITE, "INVITE", &rows, &body),
    );
    net.run_ms(20);
    let call = net.incoming(0);
    let (endpoint, now) = net.at(0);
    endpoint.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    assert!(success.body().contains("m=audio 4000 RTP/AVP 0"));
}

/// §18.1.2, §18.3: the tutorial's response is two bytes short, and its Via has no branch.
// shows: S130
#[test]
fn a_response_that_is_short_or_has_no_branch_is_dropped() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:jo@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let body = "v=0\r\n\
                o=jo 75638353 98543585 IN IP4 192.0.2.9\r\n\
                s=SIP phone calls\r\n\
                c=IN IP4 192.0.2.9\r\n\
                t=0 0\r\n\
                m=audio 47920 RTP/AVP 0 8\r\n";
    assert_eq!(body.len(), 119);
    let more = "Contact: <sip:jo@192.0.2.9>\r\n";
    let good = response(&invite, "200 OK", "jo", more, body);
    let dropped = |net: &Net, reason| net.nodes[0].endpoint.stats().dropped(reason);

    let short = good.replace("Content-Length: 119", "Content-Length: 121");
    assert_ne!(short, good);
    net.inject(address(9), address(1), &short);
    net.run_ms(20);
    assert_eq!(dropped(&net, DropReason::MalformedResponse), 1);

    let branch = format!(";branch={}", invite.branch());
    let no_branch = good.replace(&branch, "");
    assert_ne!(no_branch, good);
    net.inject(address(9), address(1), &no_branch);
    net.run_ms(20);
    let matched = [DropReason::ForeignVia, DropReason::StrayResponse].map(|why| dropped(&net, why));
    assert_eq!(matched.iter().sum::<u64>(), 1);
    assert!(net.sent("ACK").is_empty());
    assert!(!net.saw(0, &UaEvent::Answered { call }));

    net.inject(address(9), address(1), &good);
    net.run_ms(20);
    assert!(net.saw(0, &UaEvent::Answered { call }));
    assert_eq!(net.sent("ACK").len(), 1);
}

/// §8.2.1: names of before RFC 2543 are methods like any that we do not serve.
// shows: S084
#[test]
fn methods_of_the_first_drafts_get_405_and_what_is_allowed() {
    let mut net = bob();
    for method in ["CAPABILITY", "CONNECTED", "UNREGISTER"] {
        let first_line = format!("{method} sip:bob@192.0.2.1 SIP/2.0");
        let text = request(&first_line, method, "Content-Length: 0\r\n", "");
        net.inject(address(9), address(1), &text);
        let refusal = net.puppet_receives(&format!("405 {method}"));
        assert_eq!(
            refusal.field("Allow"),
            "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, MESSAGE, NOTIFY"
        );
    }
    net.assert_idle();
}

/// §8.2.2.1: a scheme that is not understood is answered 416, and what is no SIP URI 400.
// shows: S148 S085
#[test]
fn an_unknown_scheme_is_416_and_the_slashes_of_the_first_drafts_are_400() {
    let mut net = bob();
    for (uri, status) in [
        ("h323:user@example.com", "416"),
        ("H323:@gatekeeper.example.com:1720", "416"),
        ("http://example.com/", "416"),
        ("sip://jo@192.0.2.1", "400"),
        ("sips://192.0.2.1", "400"),
    ] {
        let first_line = format!("OPTIONS {uri} SIP/2.0");
        let text = request(&first_line, "OPTIONS", "Content-Length: 0\r\n", "");
        let text = text.replace("z9hG4bK", &format!("z9hG4bK{}", uri.len()));
        net.inject(address(9), address(1), &text);
        net.puppet_receives(&format!("{status} OPTIONS"));
    }
    net.assert_idle();
}

/// §23.3, RFC 5621 §4.2, §5: a signature that we do not verify hides nothing.
// shows: S265
#[test]
fn a_description_is_found_in_a_multipart_and_under_a_signature() {
    let sdp = sdp(9, "sendrecv");
    let part = |kind: &str, content: &str| format!("Content-Type: {kind}\r\n\r\n{content}\r\n");
    let multipart = |boundary: &str, parts: &[String]| {
        let mut body = String::new();
        for part in parts {
            body.push_str(&format!("--{boundary}\r\n{part}"));
        }
        body + &format!("--{boundary}--\r\n")
    };
    let signature = part("application/pkcs7-signature; name=smime.p7s", "c2lnbmVk");
    let description = part("application/sdp", &sdp);
    let text = format!(
        "Content-Disposition: x;handling=optional\r\n{}",
        part("text/plain", "hi")
    );
    let mixed = multipart("in", &[text, description.clone()]);
    let signed_mixed = part("multipart/mixed;boundary=in", &mixed);
    let signed =
        "multipart/signed;protocol=\"application/pkcs7-signature\";micalg=sha1;boundary=out";
    let bodies = [
        (
            "multipart/mixed;boundary=out",
            [description.clone()].to_vec(),
        ),
        (signed, [description, signature.clone()].to_vec()),
        (signed, [signed_mixed, signature.clone()].to_vec()),
    ];
    for (kind, parts) in bodies {
        let mut net = bob();
        let body = multipart("out", &parts);
        let rows = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        net.inject(
            address(9),
            address(1),
            &request(INVITE, "INVITE", &rows, &body),
        );
        net.run_ms(20);
        let call = net.incoming(0);
        let (endpoint, now) = net.at(0);
        endpoint.accept(now, call, media(1)).unwrap();
        let success = net.puppet_receives("200 INVITE");
        assert_eq!(success.field("Content-Type"), "application/sdp");
        assert!(success.body().contains("m=audio 4000 RTP/AVP 0"), "{kind}");
    }
    // RFC 5621 §8.4: what is signed has to be understood as well as what is not.
    let mut net = bob();
    let body = multipart("out", &[part("application/unheard-of", "x"), signature]);
    let rows = format!(
        "Content-Type: {signed}\r\nContent-Length: {}\r\n",
        body.len()
    );
    net.inject(
        address(9),
        address(1),
        &request(INVITE, "INVITE", &rows, &body),
    );
    net.puppet_receives("415 INVITE");
    // And a multipart that is none is no good request.
    let rows = "Content-Type: multipart/mixed\r\nContent-Length: 2\r\n";
    net.inject(
        address(9),
        address(1),
        &request(INVITE, "INVITE", rows, "hi"),
    );
    net.puppet_receives("400 INVITE");
}

/// §19.1.5, table 1.
// shows: S143
#[test]
fn a_call_to_a_uri_with_headers_has_those_that_do_no_harm() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let uri = "sip:sales@192.0.2.9;method=INVITE;x=y?Subject=gw%20c2661&Call-ID=forged%40192.0.2.9\
               &From=%3Csip:mallory%40example.com%3E&CSeq=7%20INVITE&Via=SIP/2.0/UDP%20h\
               &Route=%3Csip:192.0.2.66%3E&Record-Route=%3Csip:192.0.2.66%3E&Contact=%3Csip:m%40h%3E\
               &Max-Forwards=1&Expires=1&X-Card=blue&body=v%3D0";
    let (alice, now) = net.at(0);
    alice.invite(now, uri, media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.request_uri(), "sip:sales@192.0.2.9;x=y");
    assert_eq!(invite.field("To"), "<sip:sales@192.0.2.9;x=y>");
    assert_eq!(invite.fields("Subject"), ["gw c2661"]);
    assert_eq!(invite.fields("X-Card"), ["blue"]);
    assert_ne!(invite.field("Call-ID"), "forged@192.0.2.9");
    assert!(
        invite
            .field("From")
            .starts_with("<sip:alice@example.org>;tag=")
    );
    assert_eq!(invite.fields("CSeq"), ["1 INVITE"]);
    assert_eq!(invite.fields("Via").len(), 1);
    assert!(invite.fields("Route").is_empty());
    assert!(invite.fields("Record-Route").is_empty());
    assert_eq!(invite.fields("Contact"), ["<sip:alice@192.0.2.1:5060>"]);
    assert_eq!(invite.fields("Max-Forwards"), ["70"]);
    assert_eq!(invite.fields("Expires"), ["180"]);
    assert!(invite.body().starts_with("v=0\r\n"));

    // §19.1.5: no request that is not valid, is another than was asked for, or is beyond us.
    for uri in [
        "sip:b@192.0.2.9;method=BYE",
        "sip:b@192.0.2.9;method=a%20b",
        "sip:b@192.0.2.9?Subject=a%0D%0AX:%20b",
        "sip:b@192.0.2.9?Subject=a&Subject=b",
        "sip:b@192.0.2.9?To=%3Csip:c%40d%3E%3Btag%3D1",
        "sip:b@192.0.2.9?Replaces=nonsense",
        "sip:b@192.0.2.9?Require=replaces",
        "sip:b@192.0.2.9?Subject",
        "tel:+1-201-555-0123",
        "h323:user@example.com",
    ] {
        let (alice, now) = net.at(0);
        let refused = alice.invite(now, uri, media(1));
        assert_eq!(refused, Err(RequestError::BadUri.into()), "{uri}");
        let (alice, now) = net.at(0);
        assert!(alice.options(now, uri).is_err(), "{uri}");
    }
    let (alice, now) = net.at(0);
    let uri = "sip:b@192.0.2.9;method=OPTIONS?to=%3Csip:c%40example.com%3E";
    alice.options(now, uri).unwrap();
    let options = net.puppet_receives("OPTIONS");
    assert_eq!(options.field("To"), "<sip:c@example.com>");
}
