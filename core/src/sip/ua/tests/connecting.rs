//! Who is connected (RFC 4916). The Identity header fields of its examples (RFC 4474) are the business
//! of a server on the way, and are neither made nor read here.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{forget_events, in_dialog};
use crate::sip::ua::{CallHandle, InDialogError, RequestError, UaEvent, UserAgentConfig};

fn telling(aor: &str) -> UserAgentConfig {
    UserAgentConfig {
        connected_identity: true,
        ..UserAgentConfig::new(aor)
    }
}

/// Alice at 192.0.2.1, and Carol, whom the URI of Bob leads to, at 192.0.2.2.
fn pair() -> Net {
    Net::new([
        telling("sip:alice@example.com"),
        telling("sip:carol@example.com"),
    ])
}

/// The requests and final responses, without the ringing.
fn labels(net: &Net) -> Vec<String> {
    let all = net.labels().into_iter();
    all.filter(|it| !it.contains(" 100 ") && !it.contains(" 180 "))
        .collect()
}

fn identified(event: &UaEvent) -> Option<String> {
    match event {
        UaEvent::PeerIdentified { from, .. } => Some(from.clone()),
        _ => None,
    }
}

fn uri(value: &str) -> &str {
    let (_, rest) = value.split_once('<').unwrap();
    rest.split_once('>').unwrap().0
}

/// Alice has called Bob, whom a puppet plays that can do what `more` says: its INVITE, and the call.
fn called(net: &mut Net, more: &str) -> (Sent, CallHandle) {
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = format!("Contact: <sip:xyz@192.0.2.9>\r\n{more}");
    let answer = response(&invite, "200 OK", "t", &more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &answer);
    net.puppet_receives("ACK");
    forget_events(net);
    net.forget();
    (invite, a)
}

const ABLE: &str = "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE\r\nSupported: from-change\r\n";

/// A request in that dialog from whoever the puppet is now.
fn from(invite: &Sent, who: &str, method: &str, cseq: u32) -> String {
    let request = in_dialog(invite, method, cseq, "", "");
    let old = format!("From: {};tag=t", invite.field("To"));
    assert!(request.contains(&old));
    request.replace(&old, &format!("From: {who};tag=t"))
}

fn assert_nobody_identified(net: &mut Net) {
    net.drain();
    let events = &net.nodes[0].events;
    assert!(events.iter().all(|event| identified(event).is_none()));
}

/// Alice hangs up: to whom.
fn hangs_up(net: &mut Net, call: CallHandle) -> String {
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    net.puppet_receives("BYE").field("To").to_string()
}

/// RFC 4916 §5.1, both ends: Carol answers what was for Bob, and says so in an UPDATE once she has the
/// ACK; from then on it is her that Alice speaks to. Nothing but the tags names the dialog.
#[test]
fn who_answered_is_told() {
    let mut net = pair();
    let (a, b) = net.established();
    net.run_ms(200);
    let flow = [
        "1 INVITE",
        "2 200 INVITE",
        "1 ACK",
        "2 UPDATE",
        "1 200 UPDATE",
    ];
    assert_eq!(labels(&net), flow);
    let has = |sent: &Sent| sent.fields("Supported").join(", ").contains("from-change");
    let invite = net.sent("INVITE")[0].clone();
    assert!(has(&invite) && has(net.sent("200 INVITE")[0]));
    let update = net.sent("UPDATE")[0].clone();
    assert_eq!(uri(update.field("From")), "sip:carol@example.com");
    assert_eq!(uri(update.field("To")), "sip:alice@example.com");
    assert_eq!(update.tag("From"), net.sent("200 INVITE")[0].tag("To"));
    assert_eq!(update.body(), "");
    assert_eq!(net.expect(0, identified), "sip:carol@example.com");
    net.drain();
    assert!(
        net.nodes[1]
            .events
            .iter()
            .all(|it| identified(it).is_none())
    );

    // §4.4.1: so it stays in the requests of both.
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.run_ms(200);
    let hold = net.sent("INVITE").last().copied().cloned().unwrap();
    assert_eq!(uri(hold.field("To")), "sip:carol@example.com");
    assert_eq!(uri(hold.field("From")), "sip:alice@example.com");
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    let (carol, now) = net.at(1);
    carol.hang_up(now, b).unwrap();
    net.run_ms(200);
    assert_eq!(
        uri(net.sent("BYE")[0].field("From")),
        "sip:carol@example.com"
    );
    net.assert_idle();
}

/// RFC 4916 §5.2: the far end becomes somebody else, twice: in an UPDATE, and in a re-INVITE without
/// an offer, as of a third party that connects Alice with Carol. The example writes `Bob` for the
/// `bob` of its INVITE, which is another user (RFC 3261 §19.1.4), and so another identity.
#[test]
fn the_far_end_changes() {
    let mut net = Net::new([telling("sip:alice@example.com")]);
    let (invite, a) = called(&mut net, ABLE);
    let update = from(&invite, "Bob <sip:Bob@192.0.2.9>", "UPDATE", 2);
    net.inject(address(9), address(1), &update);
    let answer = net.puppet_receives("200 UPDATE");
    // What is answered has the words of the request.
    assert_eq!(answer.field("From"), "Bob <sip:Bob@192.0.2.9>;tag=t");
    assert_eq!(
        net.expect(0, |event| match event {
            UaEvent::PeerIdentified {
                call,
                from,
                display_name,
            } => Some((*call, from.clone(), display_name.clone())),
            _ => None,
        }),
        (a, "sip:Bob@192.0.2.9".to_string(), Some("Bob".to_string()))
    );
    let again = from(&invite, "Bob <sip:Bob@192.0.2.9>", "UPDATE", 3);
    net.inject(address(9), address(1), &again);
    net.puppet_receives("200 UPDATE");
    assert_nobody_identified(&mut net);

    let reinvite = from(&invite, "Carol <sip:Carol@example.com>", "INVITE", 4);
    net.inject(address(9), address(1), &reinvite);
    let offer = net.puppet_receives("200 INVITE");
    assert!(offer.body().contains("m=audio"));
    assert_eq!(net.expect(0, identified), "sip:Carol@example.com");
    let ack = in_dialog(&invite, "ACK", 4, "", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &ack);
    net.run_ms(50);
    assert_eq!(hangs_up(&mut net, a), "<sip:Carol@example.com>;tag=t");
}

/// RFC 4916 §4.4.2: what is refused says nothing of who it is from.
#[test]
fn a_refused_request_identifies_nobody() {
    let mut net = Net::new([telling("sip:alice@example.com")]);
    let (invite, a) = called(&mut net, ABLE);
    let update = from(&invite, "<sip:carol@example.com>", "UPDATE", 2);
    let refused = update.replace(
        "Content-Length: 0\r\n\r\n",
        "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=x",
    );
    net.inject(address(9), address(1), &refused);
    net.run_ms(50);
    let labels = net.labels();
    assert!(labels.iter().all(|it| !it.contains(" 200 ")), "{labels:?}");
    assert_nobody_identified(&mut net);
    assert_eq!(
        hangs_up(&mut net, a),
        format!("{};tag=t", invite.field("To"))
    );
}

/// RFC 4916 §4.3: we become somebody else, and say so, if the far end has said that it takes that.
#[test]
fn we_change() {
    let mut net = pair();
    let (a, b) = net.established();
    net.run_ms(200);
    let (alice, now) = net.at(0);
    alice
        .change_identity(now, a, "sip:dave@example.com")
        .unwrap();
    net.run_ms(200);
    assert!(net.saw(0, &UaEvent::IdentityDone { call: a }));
    assert_eq!(net.expect(1, identified), "sip:dave@example.com");
    let update = net.sent("UPDATE").last().copied().cloned().unwrap();
    assert_eq!(uri(update.field("From")), "sip:dave@example.com");
    let (carol, now) = net.at(1);
    carol.hold(now, b).unwrap();
    net.run_ms(200);
    let hold = net.sent("INVITE").last().copied().cloned().unwrap();
    assert_eq!(uri(hold.field("To")), "sip:dave@example.com");
    // What is under way has the old one still, so that another request follows; one that changes the
    // session is a re-INVITE, and there is no UPDATE besides.
    for (change, uri, follows) in [
        (None, "sip:erin@example.com", "UPDATE"),
        (Some(true), "sip:faye@example.com", "INVITE"),
    ] {
        forget_events(&mut net);
        net.forget();
        let (alice, now) = net.at(0);
        match change {
            None => alice.hold(now, a).unwrap(),
            Some(_) => alice.resume(now, a).unwrap(),
        }
        alice.change_identity(now, a, uri).unwrap();
        if change.is_some() {
            alice.hold(now, a).unwrap();
        }
        net.run_secs(10);
        assert!(net.saw(0, &UaEvent::IdentityDone { call: a }));
        assert_eq!(net.expect(1, identified), uri);
        let requests = net.labels().into_iter().filter(|it| it.starts_with("1 "));
        let requests: Vec<String> = requests.filter(|it| !it.contains("ACK")).collect();
        assert_eq!(requests, ["1 INVITE", &format!("1 {follows}")]);
    }

    let (alice, now) = net.at(0);
    let error = alice.change_identity(now, a, "nobody at all");
    assert_eq!(error, Err(InDialogError::Request(RequestError::BadUri)));
}

/// RFC 4916 §4.3, §4.4.1: a far end that takes no UPDATE has it in a re-INVITE; a 428 leaves the call
/// as it is, and what we say of us, too.
#[test]
fn it_is_said_however_the_far_end_takes_it() {
    let mut net = Net::new([telling("sip:alice@example.com")]);
    let (_, a) = called(
        &mut net,
        "Allow: INVITE, ACK, BYE\r\nSupported: from-change\r\n",
    );
    let (alice, now) = net.at(0);
    alice
        .change_identity(now, a, "sip:dave@example.com")
        .unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(uri(invite.field("From")), "sip:dave@example.com");
    let contact = "Contact: <sip:xyz@192.0.2.9>\r\n";
    let answer = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &answer);
    net.run_ms(50);
    assert!(net.saw(0, &UaEvent::IdentityDone { call: a }));

    let mut net = Net::new([telling("sip:alice@example.com")]);
    let (_, a) = called(&mut net, ABLE);
    let (alice, now) = net.at(0);
    alice
        .change_identity(now, a, "sip:dave@example.com")
        .unwrap();
    let update = net.puppet_receives("UPDATE");
    let refusal = response(&update, "428 Use Identity Header", "t", "", "");
    net.inject(address(9), address(1), &refusal);
    net.run_ms(50);
    let status = net.expect(0, |event| match event {
        UaEvent::ChangeRefused { status, .. } => Some(status.as_u16()),
        _ => None,
    });
    assert_eq!(status, 428);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    assert_eq!(
        uri(net.puppet_receives("BYE").field("From")),
        "sip:dave@example.com"
    );
}

/// RFC 4916 §4.2, §4.3: nothing is said to who has not said `from-change`; nor, unless the settings
/// ask for it, by us, and then From is what it was in RFC 3261 §12.2.
#[test]
fn nothing_is_said_unless_both_ask_for_it() {
    let mut net = Net::new([telling("sip:alice@example.com")]);
    let (_, a) = called(
        &mut net,
        "Allow: INVITE, ACK, BYE, UPDATE\r\nSupported: timer\r\n",
    );
    let (alice, now) = net.at(0);
    let error = alice.change_identity(now, a, "sip:dave@example.com");
    assert_eq!(error, Err(InDialogError::IdentityNotTaken));

    let mut net = Net::pair();
    let (a, _) = net.established();
    net.run_ms(200);
    assert!(net.sent("UPDATE").is_empty());
    let has = |sent: &Sent| sent.fields("Supported").join(", ").contains("from-change");
    assert!(!has(net.sent("INVITE")[0]) && !has(net.sent("200 INVITE")[0]));
    let (alice, now) = net.at(0);
    let error = alice.change_identity(now, a, "sip:dave@example.com");
    assert_eq!(error, Err(InDialogError::IdentityNotTaken));

    let mut net = super::puppets::alone();
    let (invite, a) = called(&mut net, ABLE);
    let update = from(&invite, "<sip:carol@example.com>", "UPDATE", 2);
    net.inject(address(9), address(1), &update);
    net.puppet_receives("200 UPDATE");
    assert_nobody_identified(&mut net);
    assert_eq!(
        hangs_up(&mut net, a),
        format!("{};tag=t", invite.field("To"))
    );
}

/// RFC 3261 §8.2.2.3: what we have may be required, and what we have not may not.
#[test]
fn it_may_be_required_where_it_is_had() {
    for (config, label) in [
        (telling("sip:alice@example.org"), "200 UPDATE"),
        (UserAgentConfig::new("sip:alice@example.org"), "420 UPDATE"),
    ] {
        let mut net = Net::new([config]);
        let (invite, _) = called(&mut net, ABLE);
        let update = in_dialog(&invite, "UPDATE", 2, "Require: from-change\r\n", "");
        net.inject(address(9), address(1), &update);
        net.puppet_receives(label);
    }
}
