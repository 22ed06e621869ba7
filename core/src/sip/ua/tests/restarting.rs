//! Programs that start anew in the middle of a call or a registration (RFC 3261 §10.2, §12; RFC 3264
//! §8; RFC 4028 §10; RFC 5626 §4.2): the far end notices nothing.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use core::net::SocketAddr;
use core::time::Duration;

use super::edges::{EP1, EP2, Edges, INSTANCE, bob};
use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, in_dialog, plan};
use crate::dns::{Name, Record, RecordData};
use crate::sip::ua::{
    CallHandle, EndReason, Identity, RegistrationHandle, SavedCall, SavedRegistration, Stage,
    UaEvent, UserAgentConfig,
};
use crate::time::Instant;

const NOW: Duration = Duration::ZERO;
const HOUR: Duration = Duration::from_secs(3600);

fn alice() -> UserAgentConfig {
    UserAgentConfig::new("sip:alice@example.org")
}

fn save(net: &mut Net, node: usize, call: CallHandle) -> SavedCall {
    let (agent, now) = net.at(node);
    agent.save_call(now, call).unwrap()
}

/// The program of a node starts anew where it was, `away` later, and goes on with its call.
fn restart(net: &mut Net, node: usize, call: CallHandle, away: Duration) -> CallHandle {
    let saved = save(net, node, call);
    let agent = net.at(node).0;
    let config = agent.user().config().clone();
    net.restart(node, config, net.nodes[node].address);
    net.now += away;
    let (agent, now) = net.at(node);
    agent.restore_call(now, &saved, away).unwrap()
}

fn version(sent: &Sent) -> u64 {
    let origin = sent.body().lines().find(|line| line.starts_with("o="));
    let mut words = origin.unwrap().split(' ');
    words.nth(2).unwrap().parse().unwrap()
}

/// §12.2.1.1, RFC 3264 §8: the end that began it goes on with its tags, the next CSeq number and the
/// next version, and is told nothing new.
#[test]
fn a_caller_goes_on_after_a_restart() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    let invite = net.sent("INVITE").pop().unwrap().clone();
    let success = net.sent("200 INVITE").pop().unwrap().clone();
    let before = net.at(0).0.user().call(a).unwrap().plans().count();
    let a = restart(&mut net, 0, a, NOW);
    net.forget();
    net.run_secs(10);
    assert!(net.labels().is_empty() && net.nodes[0].events.is_empty());
    let call = net.at(0).0.user().call(a).unwrap();
    assert_eq!(call.stage(), Stage::Established);
    assert_eq!((call.plans().count(), before), (1, 1));
    let (agent, now) = net.at(0);
    agent.hold(now, a).unwrap();
    net.run_ms(100);
    let hold = net.sent("INVITE").pop().unwrap().clone();
    assert_eq!(hold.field("From"), invite.field("From"));
    assert_eq!(hold.field("To"), success.field("To"));
    assert_eq!(hold.field("Call-ID"), invite.field("Call-ID"));
    assert_eq!(hold.field("Contact"), invite.field("Contact"));
    assert_eq!(hold.cseq(), invite.cseq() + 1);
    assert_eq!(version(&hold), version(&invite) + 1);
    assert!(hold.body().contains("a=sendonly"));
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    assert!(net.saw(1, &UaEvent::RemoteHold { call: b }));
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    net.run_ms(100);
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// The end that was called goes on likewise, and both may restart.
#[test]
fn both_ends_go_on_after_a_restart() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    net.run_secs(1);
    let success = net.sent("200 INVITE").pop().unwrap().clone();
    let (a, b) = (
        restart(&mut net, 0, a, NOW),
        restart(&mut net, 1, b, Duration::from_secs(5)),
    );
    net.forget();
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(100);
    let hold = net.sent("INVITE").pop().unwrap().clone();
    assert_eq!(hold.field("From"), success.field("To"));
    assert_eq!(version(&hold), version(&success) + 1);
    assert!(net.saw(0, &UaEvent::RemoteHold { call: a }));
    // Who holds is kept as well, at either end.
    let (a, b) = (restart(&mut net, 0, a, NOW), restart(&mut net, 1, b, NOW));
    assert!(net.at(1).0.user().call(b).unwrap().is_held());
    let (bob, now) = net.at(1);
    bob.resume(now, b).unwrap();
    net.run_ms(100);
    assert!(net.saw(1, &UaEvent::ResumeDone { call: b }));
    assert!(net.saw(0, &UaEvent::RemoteResumed { call: a }));
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("200 BYE").len(), 1);
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// Alice has called a puppet through these proxies, which has answered with this Contact.
fn routed(record_route: &str, contact: &str) -> (Net, Sent, CallHandle) {
    let mut net = alone();
    let (agent, now) = net.at(0);
    let call = agent.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = alloc::format!("Record-Route: {record_route}\r\nContact: {contact}\r\n");
    let success = response(&invite, "200 OK", "t", &more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.puppet_receives("ACK");
    (net, invite, call)
}

/// §12.2.1.1: the route set and the remote target are those of before, the latter as the far end has
/// changed it since.
#[test]
fn requests_take_the_way_they_took() {
    let route = "<sip:192.0.2.8;lr>, <sip:192.0.2.7;lr>";
    let (mut net, invite, call) = routed(route, "<sip:first@192.0.2.9>");
    let other = in_dialog(&invite, "UPDATE", 7, "", "");
    let other = other.replace("<sip:bob@192.0.2.9>", "<sip:second@192.0.2.9:5090>");
    net.inject(address(9), address(1), &other);
    net.puppet_receives("200 UPDATE");
    let call = restart(&mut net, 0, call, NOW);
    let (agent, now) = net.at(0);
    agent.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.to, address(7));
    assert_eq!(bye.request_uri(), "sip:second@192.0.2.9:5090");
    let routes = bye.fields("Route");
    assert_eq!(routes, ["<sip:192.0.2.7;lr>", "<sip:192.0.2.8;lr>"]);
}

/// §12.2.2: what the far end has sent before the restart is not taken again, and what comes next is.
#[test]
fn the_far_ends_sequence_is_kept() {
    let (mut net, invite, call) = routed("<sip:192.0.2.9;lr>", "<sip:bob@192.0.2.9>");
    net.inject(
        address(9),
        address(1),
        &in_dialog(&invite, "OPTIONS", 7, "", ""),
    );
    net.puppet_receives("200 OPTIONS");
    restart(&mut net, 0, call, NOW);
    net.inject(
        address(9),
        address(1),
        &in_dialog(&invite, "INFO", 7, "", ""),
    );
    net.puppet_receives("500 INFO");
    net.inject(
        address(9),
        address(1),
        &in_dialog(&invite, "BYE", 8, "", ""),
    );
    net.puppet_receives("200 BYE");
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
}

/// A next hop that is a name is looked up again (RFC 3263 §4), before anything has to go there.
#[test]
fn a_next_hop_that_is_a_name_is_looked_up() {
    let zone = || {
        let ip = core::net::Ipv4Addr::new(192, 0, 2, 5);
        Vec::from([Record {
            name: Name::parse("edge.example.net").unwrap(),
            ttl: 60,
            data: RecordData::A(ip),
        }])
    };
    let mut net = alone();
    net.zone = Some(zone());
    let (agent, now) = net.at(0);
    let call = agent.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@edge.example.net:5070>\r\n";
    let success = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    assert_eq!(net.puppet_receives("ACK").to.port(), 5070);
    let call = restart(&mut net, 0, call, NOW);
    net.run_ms(10);
    let (agent, now) = net.at(0);
    agent.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.to, SocketAddr::from(([192, 0, 2, 5], 5070)));
}

/// A program that comes back at another address tells the far end of its Contact and its media
/// (§14.1).
#[test]
fn a_call_is_told_of_another_address() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    let saved = save(&mut net, 0, a);
    net.restart(0, alice(), address(11));
    let (agent, now) = net.at(0);
    let a = agent.restore_call(now, &saved, NOW).unwrap();
    net.run_ms(100);
    let reinvite = net.sent("INVITE").pop().unwrap().clone();
    assert_eq!(reinvite.from, address(11));
    assert_eq!(reinvite.field("Contact"), "<sip:alice@192.0.2.11:5060>");
    assert!(reinvite.body().contains("c=IN IP4 192.0.2.11"));
    assert!(reinvite.body().contains("m=audio 4000"));
    let ours = net.expect(0, plan);
    assert_eq!(ours.local, SocketAddr::from(([192, 0, 2, 11], 4000)));
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("BYE").pop().unwrap().to, address(11));
    let ended = UaEvent::Ended {
        call: a,
        reason: EndReason::RemoteHungUp,
        details: None,
    };
    assert!(net.saw(0, &ended));
}

/// Alice has called a puppet that wants the session refreshed every so often, by whom it says.
fn timed(refresher: &str) -> (Net, CallHandle) {
    let mut net = alone();
    let (agent, now) = net.at(0);
    let call = agent.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = alloc::format!(
        "Contact: <sip:bob@192.0.2.9>\r\nAllow: UPDATE\r\nSupported: timer\r\nRequire: timer\r\n\
         Session-Expires: 300;refresher={refresher}\r\n"
    );
    let success = response(&invite, "200 OK", "t", &more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.puppet_receives("ACK");
    (net, call)
}

/// Whole seconds, to the nearest.
fn seconds_from(since: Instant, sent: &Sent) -> u128 {
    let waited = sent.at.saturating_duration_since(since);
    (waited.as_millis() + 500) / 1000
}

/// RFC 4028 §10: what was left of the session interval counts, less the time nobody was here.
#[test]
fn a_session_timer_goes_on() {
    // The refresh at half of 300 s; 100 have gone, and 30 more meanwhile.
    for (away, waits) in [(30, 20), (49, 1), (50, 0), (120, 0)] {
        let (mut net, call) = timed("uac");
        net.run_secs(100);
        let call = restart(&mut net, 0, call, Duration::from_secs(away));
        let since = net.now;
        let update = net.puppet_receives("UPDATE");
        let waited = seconds_from(since, &update);
        assert_eq!(waited, waits, "away for {away}");
        assert_eq!(update.field("Session-Expires"), "300;refresher=uac");
        let more = "Session-Expires: 300;refresher=uac\r\nRequire: timer\r\n";
        net.inject(
            address(9),
            address(1),
            &response(&update, "200 OK", "t", more, ""),
        );
        net.run_ms(20);
        assert!(net.saw(0, &UaEvent::SessionRefreshed { call }));
    }
}

/// RFC 4028 §10: 32 s before its end a session is given up that the far end has not refreshed.
#[test]
fn a_session_that_ran_out_meanwhile_ends() {
    for (away, waits) in [(100, 68), (168, 0), (1000, 0)] {
        let (mut net, call) = timed("uas");
        net.run_secs(100);
        restart(&mut net, 0, call, Duration::from_secs(away));
        let since = net.now;
        let bye = net.puppet_receives("BYE");
        let waited = seconds_from(since, &bye);
        assert_eq!(waited, waits, "away for {away}");
        net.inject(
            address(9),
            address(1),
            &response(&bye, "200 OK", "t", "", ""),
        );
        net.run_ms(20);
        assert_eq!(net.ended(0), EndReason::SessionExpired);
    }
}

/// §12.1.2, §8.1.1.8: a dialog that is secure stays so.
#[test]
fn a_secure_dialog_stays_secure() {
    let mut config = alice();
    config.outbound_proxies.push("sips:192.0.2.9".into());
    let mut net = Net::new([config]);
    let (agent, now) = net.at(0);
    let call = agent.invite(now, "sip:bob@example.com", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = "Contact: <sip:bob@192.0.2.8>\r\nRecord-Route: <sips:192.0.2.9;lr>\r\n";
    let success = response(&invite, "200 OK", "t", more, &sdp(9, "sendrecv"));
    net.inject(invite.to, address(1), &success);
    net.puppet_receives("ACK");
    let call = restart(&mut net, 0, call, NOW);
    let (agent, now) = net.at(0);
    agent.hold(now, call).unwrap();
    let hold = net.puppet_receives("INVITE");
    assert_eq!(hold.to.port(), 5061);
    assert_eq!(hold.field("Contact"), invite.field("Contact"));
    assert!(hold.field("Contact").starts_with("<sips:alice@"));
}

/// A call belongs to the identity it was of, wherever that stands among them now.
#[test]
fn a_call_finds_its_identity() {
    let other = UserAgentConfig::new("sip:work@example.net");
    let mut net = alone();
    let (agent, now) = net.at(0);
    let work = agent.add_identity(now, other.clone()).unwrap();
    let call = agent.invite_as(now, work, "sip:bob@192.0.2.9", media(1));
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let success = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.puppet_receives("ACK");
    let saved = save(&mut net, 0, call.unwrap());
    assert_eq!(saved.address_of_record, "sip:work@example.net");
    net.restart(0, other, address(1));
    let (agent, now) = net.at(0);
    let call = agent.restore_call(now, &saved, NOW).unwrap();
    assert_eq!(agent.user().call(call).unwrap().identity(), Identity::FIRST);
    agent.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert!(bye.field("From").starts_with("<sip:work@example.net>"));
}

fn registered(config: UserAgentConfig, more: &str) -> (Net, Sent, RegistrationHandle) {
    let mut net = Net::new([config]);
    let (agent, now) = net.at(0);
    let handle = agent.register(now, "sip:192.0.2.9", HOUR).unwrap();
    let register = net.puppet_receives("REGISTER");
    let more = alloc::format!("Expires: 1800\r\n{more}");
    let ok = response(&register, "200 OK", "r", &more, "");
    net.inject(address(9), address(1), &ok);
    net.run_ms(20);
    (net, register, handle)
}

fn save_registration(net: &mut Net, handle: RegistrationHandle) -> SavedRegistration {
    let (agent, now) = net.at(0);
    agent.save_registration(now, handle).unwrap()
}

/// §10.2: the same Call-ID and Contact, the next CSeq number; and so it is removed in the end.
#[test]
fn a_registration_goes_on_after_a_restart() {
    let (mut net, first, handle) = registered(alice(), "");
    net.run_secs(60);
    let saved = save_registration(&mut net, handle);
    net.restart(0, alice(), address(1));
    let (agent, now) = net.at(0);
    let handle = agent.restore_registration(now, &saved, NOW).unwrap();
    let again = net.puppet_receives("REGISTER");
    assert_eq!(again.request_uri(), first.request_uri());
    assert_eq!(again.field("Call-ID"), first.field("Call-ID"));
    assert_eq!(again.field("Contact"), first.field("Contact"));
    assert_eq!(again.cseq(), first.cseq() + 1);
    let ok = response(&again, "200 OK", "r", "Expires: 100\r\n", "");
    net.inject(address(9), address(1), &ok);
    net.run_ms(20);
    let registered = UaEvent::Registered {
        registration: handle,
        reg_id: 1,
        expires: Duration::from_secs(100),
    };
    assert!(net.saw(0, &registered));
    let refresh = net.puppet_receives("REGISTER");
    assert_eq!(refresh.cseq(), first.cseq() + 2);
    let ok = response(&refresh, "200 OK", "r", "Expires: 1800\r\n", "");
    net.inject(address(9), address(1), &ok);
    net.run_ms(20);
    let (agent, now) = net.at(0);
    agent.unregister(now, handle).unwrap();
    let last = net.puppet_receives("REGISTER");
    assert_eq!(last.field("Call-ID"), first.field("Call-ID"));
    assert_eq!(last.cseq(), first.cseq() + 3);
    assert_eq!(last.field("Expires"), "0");
}

/// §10.2.2: whoever wants out at once, before anything is answered, gets out with what was bound.
#[test]
fn a_registration_is_removed_right_after_a_restart() {
    let (mut net, first, handle) = registered(alice(), "");
    let saved = save_registration(&mut net, handle);
    net.restart(0, alice(), address(1));
    let (agent, now) = net.at(0);
    let handle = agent.restore_registration(now, &saved, NOW).unwrap();
    agent.unregister(now, handle).unwrap();
    let again = net.puppet_receives("REGISTER");
    let ok = response(&again, "200 OK", "r", "Expires: 1800\r\n", "");
    net.inject(address(9), address(1), &ok);
    let last = net.puppet_receives("REGISTER");
    assert_eq!(
        (last.cseq(), last.field("Contact")),
        (first.cseq() + 2, "<sip:alice@192.0.2.1:5060>;expires=0")
    );
    let ok = response(&last, "200 OK", "r", "", "");
    net.inject(address(9), address(1), &ok);
    net.run_ms(20);
    assert!(net.saw(
        0,
        &UaEvent::Unregistered {
            registration: handle
        }
    ));
    net.assert_idle();
}

/// §10.2.2: back at another address, the old binding is removed while it stands, and only then.
#[test]
fn a_binding_elsewhere_is_removed() {
    for (away, is_left) in [(100, true), (1800, false)] {
        let (mut net, _, handle) = registered(alice(), "");
        let saved = save_registration(&mut net, handle);
        net.restart(0, alice(), address(11));
        let (agent, now) = net.at(0);
        let away = Duration::from_secs(away);
        agent.restore_registration(now, &saved, away).unwrap();
        let again = net.puppet_receives("REGISTER");
        let contact = again.field("Contact");
        assert!(contact.starts_with("<sip:alice@192.0.2.11:5060>;expires=3600"));
        let old = ", <sip:alice@192.0.2.1:5060>;expires=0";
        assert_eq!(contact.ends_with(old), is_left, "{contact}");
    }
}

/// RFC 3608 §6.1: the way to our services is taken as long as the binding it came with stands,
/// whether or not the registrar has answered again.
#[test]
fn a_service_route_is_taken_until_its_time_is_up() {
    for (away, routes) in [(100, "<sip:192.0.2.8;lr>"), (1800, "")] {
        let (mut net, _, handle) = registered(alice(), "Service-Route: <sip:192.0.2.8;lr>\r\n");
        let saved = save_registration(&mut net, handle);
        net.restart(0, alice(), address(1));
        let (agent, now) = net.at(0);
        let away = Duration::from_secs(away);
        agent.restore_registration(now, &saved, away).unwrap();
        agent.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
        let invite = net.puppet_receives("INVITE");
        assert_eq!(invite.field("Route"), routes);
    }
}

/// RFC 5626 §4.2.1: each flow comes back under the reg-id, instance and Call-ID it had, all at once
/// since the registrar is known to bind flows; RFC 5627 §4.4: the GRUU is the Contact meanwhile.
#[test]
fn flows_come_back_under_their_reg_ids() {
    const GRUU: &str = "sip:bob@example.com;gr=urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF";
    let mut edges = Edges::new(bob());
    let handle = edges.register();
    let mut before = Vec::new();
    for _ in 0..2 {
        let register = edges.receives("REGISTER");
        let contact = register.1.field("Contact").to_string();
        let more =
            alloc::format!("Require: outbound\r\nContact: {contact};pub-gruu=\"{GRUU}\"\r\n");
        edges.answer(&register, "200 OK", &more);
        before.push(register.1);
    }
    let saved = edges.agent.save_registration(edges.now, handle).unwrap();
    assert_eq!(saved.binds_flows, Some(true));
    edges.restart(bob());
    let (agent, now) = (&mut edges.agent, edges.now);
    let handle = agent.restore_registration(now, &saved, NOW).unwrap();
    let registration = agent.user().registration(handle).unwrap();
    assert_eq!(registration.pub_gruu(), Some(GRUU));
    let again = [edges.receives("REGISTER"), edges.receives("REGISTER")];
    assert_eq!(again.each_ref().map(|(edge, _)| *edge), [EP1, EP2]);
    for ((_, now), then) in again.iter().zip(&before) {
        assert_eq!(now.field("Call-ID"), then.field("Call-ID"));
        assert_eq!(now.field("Contact"), then.field("Contact"));
        assert!(now.field("Contact").contains(INSTANCE));
        assert_eq!(now.cseq(), then.cseq() + 1);
    }
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    let contact: String = edges.receives("INVITE").1.field("Contact").into();
    assert_eq!(contact, alloc::format!("<{GRUU}>"));
}

/// A flow that was refused for good is not asked for again.
#[test]
fn a_flow_that_was_refused_stays_so() {
    let mut edges = Edges::new(bob());
    let handle = edges.register();
    let first = edges.receives("REGISTER");
    edges.bind(&first);
    let second = edges.receives("REGISTER");
    edges.answer(&second, "403 Forbidden", "");
    let saved = edges.agent.save_registration(edges.now, handle).unwrap();
    let refused: Vec<bool> = saved.flows.iter().map(|flow| flow.is_refused).collect();
    assert_eq!(refused, [false, true]);
    edges.restart(bob());
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.restore_registration(now, &saved, NOW).unwrap();
    assert_eq!(edges.receives("REGISTER").0, EP1);
    edges.run_secs(600);
    let others = edges.sent.iter().filter(|sent| sent.to == address(EP2));
    assert_eq!(others.count(), 0);
}

/// A call of a device that registers over flows goes over the one that is new (RFC 5626 §4.3).
#[test]
fn a_call_goes_on_over_the_flow_that_is_new() {
    let (mut edges, registration) = Edges::both();
    let (agent, now) = (&mut edges.agent, edges.now);
    let call = agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    let invite = edges.receives("INVITE");
    let more =
        "Record-Route: <sip:3yJEbr@ep1.example.com;lr>\r\nContact: <sip:alice@a.example>\r\n";
    let success = response(&invite.1, "200 OK", "t", more, &sdp(9, "sendrecv"));
    edges.inject(EP1, &success);
    edges.receives("ACK");
    let (agent, now) = (&mut edges.agent, edges.now);
    let saved = (
        agent.save_registration(now, registration).unwrap(),
        agent.save_call(now, call).unwrap(),
    );
    edges.restart(bob());
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.restore_registration(now, &saved.0, NOW).unwrap();
    let call = agent.restore_call(now, &saved.1, NOW).unwrap();
    for _ in 0..2 {
        let register = edges.receives("REGISTER");
        edges.bind(&register);
    }
    assert!(edges.is_quiet(), "nothing has changed for the far end");
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.hang_up(now, call).unwrap();
    let bye = edges.receives("BYE");
    assert_eq!(bye.0, EP1);
    assert_eq!(bye.1.field("Call-ID"), invite.1.field("Call-ID"));
    assert_eq!(bye.1.field("Route"), "<sip:3yJEbr@ep1.example.com;lr>");
}
