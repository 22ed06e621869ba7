//! A device that gets another address in the middle of things (RFC 3261 §10.2, §12.2, §14.1; the
//! flow of RFC 3665 §3.7).

use alloc::vec::Vec;

use core::net::SocketAddr;
use core::time::Duration;

use super::edges::{EP1, Edges};
use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, in_dialog, plan};
use crate::machine::{FlowId, Input, Machine, Transport};
use crate::sip::message::StatusCode;
use crate::sip::ua::{EndReason, RegistrationHandle, Stage, UaEvent};

fn at(n: u8) -> core::net::IpAddr {
    address(n).ip()
}

/// Alice is registered for an hour with a puppet that binds no flows.
fn registered() -> (Net, Sent, RegistrationHandle) {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    let handle = alice.register(now, "sip:192.0.2.9", hour).unwrap();
    let register = net.puppet_receives("REGISTER");
    let ok = response(&register, "200 OK", "r", "Expires: 3600\r\n", "");
    net.inject(address(9), address(1), &ok);
    net.run_ms(20);
    (net, register, handle)
}

/// RFC 3665 §3.7: one end of a call moves. The dialog stays what it is, both ends agree on where the
/// media are, and what the other end sends next finds it there.
#[test]
fn a_call_moves_with_the_device() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    let dialog = net
        .at(0)
        .0
        .user()
        .call(a)
        .unwrap()
        .dialog()
        .unwrap()
        .id()
        .clone();
    super::puppets::forget_events(&mut net);
    net.rebind(0, address(11));
    net.run_ms(100);
    let reinvite = net.sent("INVITE").last().copied().unwrap().clone();
    assert_eq!(reinvite.from, address(11));
    assert_eq!(reinvite.field("Contact"), "<sip:alice@192.0.2.11:5060>");
    assert!(reinvite.body().contains("c=IN IP4 192.0.2.11"));
    assert!(reinvite.body().contains("m=audio 4000"));
    assert_eq!(
        net.at(0).0.user().call(a).unwrap().dialog().unwrap().id(),
        &dialog
    );
    let ours = net.expect(0, plan);
    assert_eq!(ours.local, SocketAddr::from(([192, 0, 2, 11], 4000)));
    let theirs = net.expect(1, plan);
    let destination = SocketAddr::from(([192, 0, 2, 11], 4000));
    assert_eq!(theirs.rtp_destination(), Some(destination));
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    net.run_ms(100);
    let bye = net.sent("BYE").pop().unwrap();
    assert_eq!(
        (bye.to, bye.request_uri()),
        (address(11), "sip:alice@192.0.2.11:5060")
    );
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// The end that was called moves likewise, and the end that holds goes on holding.
#[test]
fn the_callee_moves_and_a_hold_stays_one() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(100);
    net.rebind(1, address(12));
    net.run_ms(100);
    let reinvite = net.sent("INVITE").last().copied().unwrap().clone();
    assert_eq!(reinvite.from, address(12));
    assert!(reinvite.body().contains("a=sendonly"));
    assert!(reinvite.body().contains("c=IN IP4 192.0.2.12"));
    assert!(net.at(1).0.user().call(b).unwrap().is_held());
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("BYE").pop().unwrap().to, address(12));
    net.assert_idle();
}

/// A change that is under way when the address goes is made again from the new one, and the call
/// goes on.
#[test]
fn a_hold_under_way_is_sent_again_from_the_new_address() {
    let mut net = Net::pair();
    let (a, _) = net.established();
    net.lose_next("INVITE");
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.run_ms(5);
    net.rebind(0, address(11));
    net.run_ms(100);
    let hold = net.sent("INVITE").last().copied().unwrap().clone();
    assert_eq!(hold.from, address(11));
    assert!(hold.body().contains("a=sendonly") && hold.body().contains("192.0.2.11"));
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    assert_eq!(
        net.at(0).0.user().call(a).unwrap().stage(),
        Stage::Established
    );
}

/// Twice in a row, the second time before the first is told.
#[test]
fn a_device_may_move_twice_at_once() {
    let mut net = Net::pair();
    let (_, b) = net.established();
    net.rebind(0, address(11));
    net.run_ms(1);
    net.rebind(0, address(13));
    net.run_ms(200);
    let theirs: Vec<_> = core::iter::from_fn(|| net.nodes[1].events.pop_front())
        .filter_map(|event| plan(&event))
        .collect();
    let destination = SocketAddr::from(([192, 0, 2, 13], 4000));
    assert_eq!(theirs.last().unwrap().rtp_destination(), Some(destination));
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    net.run_ms(100);
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
}

/// §14.1: a far end that will not have it leaves the session as it was, and we are told.
#[test]
fn a_far_end_may_refuse_the_move() {
    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    net.rebind(0, address(11));
    let reinvite = net.puppet_receives("INVITE");
    assert_eq!(reinvite.field("Call-ID"), invite.field("Call-ID"));
    let refusal = response(&reinvite, "488 Not Acceptable Here", "t", "", "");
    net.inject(address(9), address(11), &refusal);
    net.run_ms(50);
    let status = StatusCode::NOT_ACCEPTABLE_HERE;
    let refused = net.expect(0, |event| match event {
        UaEvent::ChangeRefused { call, status, .. } => Some((*call, *status)),
        _ => None,
    });
    assert_eq!(refused, (a, status));
    // What comes in the dialog is still answered, from where we are.
    let bye = in_dialog(&invite, "BYE", 9, "", "");
    net.inject(address(9), address(11), &bye);
    net.puppet_receives("200 BYE");
    net.assert_idle();
}

/// What has nothing to do with the address that is gone stays as it is.
#[test]
fn another_address_is_nothing_to_a_call() {
    let (mut net, _, _) = registered();
    call_to_puppet(&mut net);
    net.forget();
    let (alice, now) = net.at(0);
    alice.local_address_changed(now, at(77), at(78));
    net.run_secs(10);
    assert!(net.labels().is_empty());
}

/// §13.3.1.4, §18.2.2: a call that rings is answered from the new address.
#[test]
fn a_call_that_rings_is_answered_from_the_new_address() {
    let mut net = Net::pair();
    let (_, b) = net.ringing();
    net.rebind(1, address(12));
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(12)).unwrap();
    net.run_ms(100);
    let success = net.sent("200 INVITE").pop().unwrap();
    assert_eq!(success.field("Contact"), "<sip:bob@192.0.2.12:5060>");
    assert_eq!(net.sent("ACK").pop().unwrap().to, address(12));
}

/// Its answer would go to the address that is gone (§18.2.2), so that nobody waits for it.
#[test]
fn a_call_nobody_has_answered_ends() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    net.puppet_receives("INVITE");
    net.rebind(0, address(11));
    assert_eq!(net.ended(0), EndReason::Unreachable);
    net.assert_idle();
}

/// §10.2, §10.2.2: the new Contact is registered and the old one removed, in one REGISTER with the
/// same Call-ID and the next CSeq.
#[test]
fn a_registration_moves_and_takes_the_old_binding_away() {
    let (mut net, first, handle) = registered();
    net.rebind(0, address(11));
    let again = net.puppet_receives("REGISTER");
    assert_eq!(again.from, address(11));
    assert_eq!(again.field("Call-ID"), first.field("Call-ID"));
    assert_eq!(again.cseq(), first.cseq() + 1);
    assert_eq!(
        again.field("Contact"),
        "<sip:alice@192.0.2.11:5060>;expires=3600, <sip:alice@192.0.2.1:5060>;expires=0"
    );
    let contact = "Contact: <sip:alice@192.0.2.11:5060>;expires=100\r\n";
    let ok = response(&again, "200 OK", "r", contact, "");
    net.inject(address(9), address(11), &ok);
    net.run_ms(20);
    // Once it is gone, it is not removed again.
    let refresh = net.puppet_receives("REGISTER");
    assert_eq!(
        refresh.field("Contact"),
        "<sip:alice@192.0.2.11:5060>;expires=3600"
    );
    let (alice, now) = net.at(0);
    assert!(alice.user().registration(handle).is_some());
    alice.unregister(now, handle).unwrap();
}

/// §10.2: a REGISTER under way ends with the address it went from; the next one has the new Contact,
/// and nobody is told of a failure.
#[test]
fn a_registration_under_way_begins_again_at_once() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    let handle = alice.register(now, "sip:192.0.2.9", hour).unwrap();
    net.puppet_receives("REGISTER");
    net.rebind(0, address(11));
    let again = net.puppet_receives("REGISTER");
    assert_eq!(
        again.field("Contact"),
        "<sip:alice@192.0.2.11:5060>;expires=3600"
    );
    let ok = response(&again, "200 OK", "r", "Expires: 3600\r\n", "");
    net.inject(address(9), address(11), &ok);
    net.run_ms(20);
    let registered = UaEvent::Registered {
        registration: handle,
        reg_id: 1,
        expires: hour,
    };
    assert_eq!(net.nodes[0].events, [registered]);
}

/// RFC 5626 §4.5: of a registration that had failed, the wait is over as well.
#[test]
fn a_registration_that_waits_tries_at_once_from_the_new_address() {
    let (mut net, ..) = registered();
    net.unreachable.push(address(9));
    net.run_secs(3600 - 90);
    net.run_secs(1);
    net.forget();
    net.run_secs(20);
    assert!(net.sent("REGISTER").is_empty());
    net.unreachable.clear();
    net.rebind(0, address(11));
    net.puppet_receives("REGISTER");
}

// Pain 16 of the field: network change, reconnect, re-register.
/// RFC 5626 §4.3, §4.5: of a device that is registered over flows, these are made anew first, under
/// the same reg-ids; then its calls follow over them.
#[test]
fn pain_16_a_network_change_moves_flows_and_then_calls() {
    let (mut edges, _) = Edges::both();
    let (agent, now) = (&mut edges.agent, edges.now);
    let call = agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    let invite = edges.receives("INVITE");
    let more =
        "Record-Route: <sip:3yJEbr@ep1.example.com;lr>\r\nContact: <sip:alice@a.example>\r\n";
    let success = response(&invite.1, "200 OK", "t", more, &sdp(9, "sendrecv"));
    edges.inject(EP1, &success);
    edges.receives("ACK");
    let (old, new) = (at(2), at(3));
    edges.local = SocketAddr::new(new, 40_000);
    for (n, transport) in [(10, Transport::Udp), (11, Transport::Tcp)] {
        let bound = Input::Bound {
            flow: FlowId::from_driver(n),
            transport,
            local: address(3),
        };
        edges.agent.handle_input(edges.now, bound);
    }
    edges.agent.local_address_changed(edges.now, old, new);
    let registers = [edges.receives("REGISTER"), edges.receives("REGISTER")];
    for (register, reg_id) in registers.iter().zip([";reg-id=1", ";reg-id=2"]) {
        let contact = register.1.field("Contact");
        assert!(
            contact.starts_with("<sip:bob@192.0.2.3:5060;transport=tcp;ob>"),
            "{contact}"
        );
        // The registrar replaces the old one, as instance and reg-id are the same (§6).
        assert!(contact.ends_with(reg_id), "{contact}");
    }
    assert!(edges.is_quiet(), "the call waits for a flow");
    edges.bind(&registers[0]);
    let reinvite = edges.receives("INVITE");
    assert_eq!(reinvite.0, EP1);
    assert_eq!(reinvite.1.field("Call-ID"), invite.1.field("Call-ID"));
    assert!(reinvite.1.field("Contact").contains("192.0.2.3"));
    assert!(reinvite.1.body().contains("c=IN IP4 192.0.2.3"));
    let success = response(&reinvite.1, "200 OK", "t", more, &sdp(9, "sendrecv"));
    edges.inject(EP1, &success);
    assert_eq!(edges.receives("ACK").0, EP1);
    let stage = edges.agent.user().call(call).unwrap().stage();
    assert_eq!(stage, Stage::Established);
}
