//! Calls that are made, answered, given up and ended (RFC 3261 §9, §13, §15; RFC 5407).

use super::net::{Net, address, media, response, sdp};
use crate::sip::endpoint::{EndpointConfig, SelectError};
use crate::sip::message::StatusCode;
use crate::sip::ua::{
    CallError, EndReason, InviteError, RequestError, Stage, UaEvent, UserAgentConfig,
};

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

/// RFC 3665 §3.1, without its proxies.
// shows: S151
#[test]
fn a_direct_call_is_six_messages() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    let alice = net.at(0).0.user().call(a).unwrap();
    assert_eq!(alice.stage(), Stage::Established);
    let (theirs, ours) = (
        net.at(1)
            .0
            .user()
            .call(b)
            .unwrap()
            .dialog()
            .unwrap()
            .id()
            .clone(),
        net.at(0)
            .0
            .user()
            .call(a)
            .unwrap()
            .dialog()
            .unwrap()
            .id()
            .clone(),
    );
    assert_eq!(ours.call_id, theirs.call_id);
    assert_eq!(ours.local_tag, theirs.remote_tag);
    assert_eq!(ours.remote_tag, theirs.local_tag);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(50);
    assert_eq!(
        net.labels(),
        [
            "1 INVITE",
            "2 180 INVITE",
            "2 200 INVITE",
            "1 ACK",
            "1 BYE",
            "2 200 BYE",
        ]
    );
    assert_eq!(net.ended(0), EndReason::HungUp);
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
    net.assert_idle();
}

#[test]
fn both_sides_learn_the_same_media() {
    let mut net = Net::pair();
    net.established();
    let plan = |event: &UaEvent| match event {
        UaEvent::MediaAgreed { plan, .. } => Some(plan.clone()),
        _ => None,
    };
    let (a, b) = (net.expect(0, plan), net.expect(1, plan));
    assert_eq!(a.codec, b.codec);
    assert_eq!((a.local, a.remote), (b.remote, b.local));
}

/// RFC 3261 §8.1.1: the six header fields no request may lack, and what an INVITE adds (§13.2.1).
// shows: S105
#[test]
fn a_request_has_its_mandatory_header_fields() {
    let mut net = Net::pair();
    net.ringing();
    let sent = net.sent("INVITE");
    let invite = sent.first().unwrap();
    for name in ["Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq"] {
        assert_eq!(invite.fields(name).len(), 1, "{name}");
    }
    assert_eq!(invite.field("Max-Forwards"), "70");
    assert_eq!(invite.tag("To"), "");
    assert!(invite.tag("From").len() >= 8);
    assert!(invite.branch().starts_with("z9hG4bK"));
    assert_eq!(invite.fields("Contact"), ["<sip:alice@192.0.2.1:5060>"]);
    assert_eq!(invite.fields("Allow").len(), 1);
    assert_eq!(invite.fields("Supported").len(), 1);
    assert_eq!(invite.field("Content-Type"), "application/sdp");
}

/// §8.2.6.2: one tag for all answers, of at least 32 random bits; §12.1.1: a Contact.
#[test]
fn all_answers_of_a_callee_have_one_to_tag_and_a_contact() {
    let mut net = Net::pair();
    net.established();
    let ringing = net.sent("180 INVITE")[0].clone();
    let success = net.sent("200 INVITE")[0].clone();
    assert_eq!(ringing.tag("To"), success.tag("To"));
    assert!(success.tag("To").len() >= 8);
    for one in [&ringing, &success] {
        assert_eq!(one.field("Contact"), "<sip:bob@192.0.2.2:5060>");
    }
    assert_eq!(success.fields("Allow").len(), 1);
    assert_eq!(success.fields("Supported").len(), 1);
}

/// RFC 3665 §3.9: the transaction acknowledges a refusal, in the branch of the INVITE.
// shows: S154
#[test]
fn the_callee_declines() {
    let mut net = Net::pair();
    let (_, b) = net.ringing();
    let (bob, now) = net.at(1);
    bob.reject(now, b, StatusCode::BUSY_HERE).unwrap();
    net.run_ms(50);
    assert_eq!(
        net.labels()[2..],
        ["2 486 INVITE", "1 ACK"].map(alloc::string::String::from)
    );
    assert_eq!(net.sent("ACK")[0].branch(), net.sent("INVITE")[0].branch());
    assert_eq!(net.ended(0), EndReason::Rejected(StatusCode::BUSY_HERE));
    assert_eq!(net.ended(1), EndReason::Refused(StatusCode::BUSY_HERE));
    net.assert_idle();
}

#[test]
fn hanging_up_on_an_incoming_call_declines_it() {
    let mut net = Net::pair();
    let (_, b) = net.ringing();
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    net.run_ms(50);
    assert_eq!(net.ended(0), EndReason::Rejected(StatusCode::DECLINE));
    // §15: who is called says no BYE in a dialog that is still early.
    assert!(net.sent("BYE").is_empty());
    let (bob, now) = net.at(1);
    assert_eq!(bob.hang_up(now, b), Err(CallError::Stale));
    net.assert_idle();
}

/// RFC 3665 §3.8.
// shows: S155
#[test]
fn the_caller_gives_up_while_it_rings() {
    let mut net = Net::pair();
    let (a, _) = net.ringing();
    net.forget();
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(50);
    let labels = net.labels();
    assert_eq!(
        labels,
        ["1 CANCEL", "2 200 CANCEL", "2 487 INVITE", "1 ACK"]
    );
    let (cancel, answers) = (net.sent("CANCEL")[0], net.sent("200 CANCEL")[0]);
    assert_eq!(cancel.fields("Via").len(), 1);
    assert_eq!(cancel.branch(), net.sent("ACK")[0].branch());
    assert_eq!(cancel.fields("Require").len(), 0);
    assert_eq!(answers.tag("To"), net.sent("487 INVITE")[0].tag("To"));
    assert_eq!(net.ended(0), EndReason::Cancelled);
    assert_eq!(net.ended(1), EndReason::RemoteCancelled);
    net.assert_idle();
}

/// §9.1: no CANCEL before a provisional response.
#[test]
fn a_cancel_waits_for_the_first_provisional_response() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(400);
    assert!(net.sent("CANCEL").is_empty());
    let trying = response(&invite, "100 Trying", "", "", "");
    net.inject(address(9), address(1), &trying);
    net.run_ms(30);
    assert_eq!(net.sent("CANCEL").len(), 1);
    let cancel = net.puppet_receives("CANCEL");
    net.inject(
        address(9),
        address(1),
        &response(&cancel, "200 OK", "t", "", ""),
    );
    let terminated = response(&invite, "487 Request Terminated", "t", "", "");
    net.inject(address(9), address(1), &terminated);
    net.run_ms(30);
    assert_eq!(net.ended(0), EndReason::Cancelled);
    net.assert_idle();
    // §15: there never was a dialog that a BYE could end.
    assert!(net.sent("BYE").is_empty());
}

/// §9.1: a peer that answers the CANCEL and never the INVITE does not keep it for ever.
#[test]
fn a_cancelled_invite_without_final_response_ends_after_64_t1() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let ringing = response(&invite, "180 Ringing", "t", "", "");
    net.inject(address(9), address(1), &ringing);
    net.run_ms(50);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    let cancel = net.puppet_receives("CANCEL");
    net.inject(
        address(9),
        address(1),
        &response(&cancel, "200 OK", "t", "", ""),
    );
    net.run_secs(31);
    assert!(net.at(0).0.user().call(a).is_some());
    net.run_secs(2);
    assert_eq!(net.ended(0), EndReason::Cancelled);
    net.assert_idle();
}

/// A provisional response and then silence: no timer of the transaction ends that (§17.1.1.2), so
/// the user agent's own limit does.
#[test]
fn an_invite_that_rings_into_the_void_is_cancelled_at_the_limit() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.ring_limit = Duration::from_secs(60);
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let ringing = response(&invite, "180 Ringing", "t", "", "");
    net.inject(address(9), address(1), &ringing);
    net.run_secs(59);
    assert!(net.sent("CANCEL").is_empty());
    net.run_secs(2);
    assert!(!net.sent("CANCEL").is_empty());
    net.run_secs(33);
    assert_eq!(net.ended(0), EndReason::Unanswered);
    net.assert_idle();
}

/// §8.1.3.1: an INVITE nobody answers acts as if a 408 had come.
#[test]
fn nobody_there() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    net.run_secs(33);
    assert_eq!(net.ended(0), EndReason::TimedOut);
    assert_eq!(net.sent("INVITE").len(), 7);
    net.assert_idle();
}

/// §8.1.3.2: an unknown 1xx is a 183, an unknown final response the x00 of its class.
// shows: S313
#[test]
fn unknown_responses_are_taken_by_their_class() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let progress = response(&invite, "155 Update Request", "t", contact, "");
    net.inject(address(9), address(1), &progress);
    net.run_ms(20);
    let dialog = net.at(0).0.user().call(a).unwrap().dialog();
    assert_eq!(&*dialog.unwrap().id().remote_tag, "t");
    let refusal = response(&invite, "499 Never Heard Of", "t", "", "");
    net.inject(address(9), address(1), &refusal);
    net.run_ms(20);
    let unknown = StatusCode::new(499).unwrap();
    assert_eq!(net.ended(0), EndReason::Rejected(unknown));
    net.assert_idle();
}

/// §15.1.1: whatever becomes of the BYE, the call is over.
#[test]
fn a_bye_that_nobody_answers_ends_the_call_all_the_same() {
    let mut net = Net::pair();
    let (a, _) = net.established();
    net.lose(|sent| sent.label() == "BYE");
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_secs(33);
    assert_eq!(net.ended(0), EndReason::HungUp);
    net.lose_nothing_more();
    // Bob finds out when he says something himself.
    let calls: Vec<_> = net.at(1).0.user().calls().collect();
    let (bob, now) = net.at(1);
    bob.hold(now, calls[0]).unwrap();
    net.run_ms(100);
    assert_eq!(net.ended(1), EndReason::DialogLost);
    net.assert_idle();
}

/// A second call beside the first is a call of its own.
// shows: S378
#[test]
fn two_calls_at_once() {
    let mut net = Net::pair();
    let (_, first) = net.established();
    let (_, second) = net.established();
    assert_ne!(first, second);
    let (bob, now) = net.at(1);
    bob.hang_up(now, first).unwrap();
    net.run_ms(50);
    let bob = net.at(1).0.user();
    assert_eq!(bob.live_calls(), 1);
    assert_eq!(bob.call(second).unwrap().stage(), Stage::Established);
}

/// §8.1.2: what goes to an outbound proxy goes there whatever the Request-URI says, and names it
/// in Route (§8.1.1.1).
#[test]
fn initial_requests_go_to_the_outbound_proxy() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies = vec![format!("sip:{}", address(9))];
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@example.com", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.request_uri(), "sip:bob@example.com");
    assert_eq!(invite.field("Route"), "<sip:192.0.2.9:5060;lr>");
    let (alice, now) = net.at(0);
    alice.options(now, "sip:bob@example.com").unwrap();
    let options = net.puppet_receives("OPTIONS");
    assert_eq!(options.field("Route"), "<sip:192.0.2.9:5060;lr>");
    // The target is a name: the ACK goes to the proxy, which can look it up.
    let contact = "Contact: <sip:bob@host.example.com>\r\n";
    let success = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    let ack = net.puppet_receives("ACK");
    assert_eq!(ack.request_uri(), "sip:bob@host.example.com");
    assert!(ack.fields("Route").is_empty());
}

/// RFC 3665 §3.6, RFC 3261 §8.1.3.4: same Call-ID, To and From, the next CSeq, a new branch, and
/// no URI twice, in the order of their q.
// shows: S167
#[test]
fn a_redirected_call_tries_each_place_once() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (alice, now) = net.at(0);
    let to = "sip:bob@192.0.2.9";
    let a = alice.invite(now, to, media(1)).unwrap();
    let first = net.puppet_receives("INVITE");
    let elsewhere = "Contact: <sip:bob@192.0.2.7?Subject=x>;q=0.2, <sip:bob@192.0.2.9>\r\n\
        Contact: <sip:bob@192.0.2.8;method=BYE>;q=0.7, <mailto:bob@example.org>\r\n";
    let moved = response(&first, "302 Moved Temporarily", "t", elsewhere, "");
    net.inject(address(9), address(1), &moved);
    let second = net.puppet_receives("INVITE");
    assert_eq!(second.request_uri(), "sip:bob@192.0.2.8");
    assert_eq!(second.to, address(8));
    for name in ["Call-ID", "From", "To"] {
        assert_eq!(second.field(name), first.field(name));
    }
    assert_eq!(second.cseq(), first.cseq() + 1);
    assert_ne!(second.branch(), first.branch());
    assert_eq!(second.body(), first.body());
    // Back to where it came from, and to the one that is still to come: nothing new.
    let back = "Contact: <sip:bob@192.0.2.9>, <sip:bob@192.0.2.7>\r\n";
    let moved = response(&second, "301 Moved", "u", back, "");
    net.inject(address(8), address(1), &moved);
    let third = net.puppet_receives("INVITE");
    assert_eq!(third.request_uri(), "sip:bob@192.0.2.7");
    let busy = response(&third, "486 Busy Here", "v", "", "");
    net.inject(address(7), address(1), &busy);
    net.run_ms(50);
    assert_eq!(net.sent("INVITE").len(), 3);
    assert_eq!(net.ended(0), EndReason::Rejected(StatusCode::BUSY_HERE));
    assert!(net.at(0).0.user().call(a).is_none());
    net.assert_idle();
}

#[test]
fn a_callee_redirects() {
    let mut net = Net::new(
        [
            "sip:alice@example.org",
            "sip:bob@example.org",
            "sip:bob@home",
        ]
        .map(UserAgentConfig::new),
    );
    let (_, b) = net.ringing();
    let (bob, now) = net.at(1);
    bob.redirect(now, b, &["sip:bob@192.0.2.3"]).unwrap();
    net.run_ms(50);
    let elsewhere = net.incoming(2);
    let (home, now) = net.at(2);
    home.accept(now, elsewhere, media(3)).unwrap();
    net.run_ms(50);
    let plan = net.expect(0, |event| match event {
        UaEvent::MediaAgreed { plan, .. } => Some(plan.clone()),
        _ => None,
    });
    assert_eq!(plan.remote, ([192, 0, 2, 3], 4000).into());
    assert_eq!(
        net.ended(1),
        EndReason::Refused(StatusCode::MOVED_TEMPORARILY)
    );
}

/// §8.1.1.8: what stands in Contact is where we want to be reached, not where we are bound.
#[test]
fn contact_is_the_advertised_address() {
    let config = EndpointConfig {
        advertised: [(crate::Transport::Udp, "phone.example.org".into())].into(),
        ..EndpointConfig::default()
    };
    let mut user = UserAgentConfig::new("sip:alice@example.org");
    user.display_name = Some("Alice \"the\" \\ One".into());
    let mut net = Net::with([(user, config)]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.field("Contact"), "<sip:alice@phone.example.org>");
    let from = invite.field("From");
    let expected = "\"Alice \\\"the\\\" \\\\ One\" <sip:alice@example.org>;tag=";
    assert!(from.starts_with(expected), "{from}");
}

/// §8.1.2: an outbound proxy that is only the next hop.
#[test]
fn an_outbound_proxy_need_not_stand_in_route() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies = vec![format!("sip:{}", address(9))];
    config.preload_route = false;
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@example.com", media(1)).unwrap();
    assert!(net.puppet_receives("INVITE").fields("Route").is_empty());
}

/// The command says so, and nothing is left of it.
#[test]
fn what_cannot_be_sent_is_refused_at_once() {
    let mut net = Net::pair();
    let (alice, now) = net.at(0);
    let refused = [
        alice
            .invite(now, "sips:bob@example.com", media(1))
            .unwrap_err(),
        alice.invite(now, "tel:+1234", media(1)).unwrap_err(),
        alice.invite(now, "bob", media(1)).unwrap_err(),
    ];
    let expected = [
        // Nothing here carries TLS.
        RequestError::NoWay(SelectError::UnknownTransport),
        RequestError::BadUri,
        RequestError::BadUri,
    ];
    assert_eq!(refused, expected.map(InviteError::Request));
    net.assert_idle();
}

/// §13.3.1: the callee may find that the invitation has expired before the caller does.
#[test]
fn an_invitation_that_expires_at_the_far_end_was_not_answered() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let expired = response(&invite, "487 Request Terminated", "t", "", "");
    net.inject(address(9), address(1), &expired);
    net.puppet_receives("ACK");
    assert_eq!(net.ended(0), EndReason::Unanswered);
    assert!(net.sent("CANCEL").is_empty());
    net.assert_idle();
}
