//! Client-initiated connections (RFC 5626): the flows of a device, how they fail, and what goes over
//! them. The tests with the numbers of messages follow §9.

use alloc::vec::Vec;

use core::time::Duration;

use super::edges::{EP1, EP2, Edges, INSTANCE, OUTBOUND, bob};
use super::net::{address, media, response, sdp};
use crate::machine::CloseReason;
use crate::sip::endpoint::BackOff;
use crate::sip::message::StatusCode;
use crate::sip::ua::{EndReason, RegistrationFailure, UaEvent};

/// Failure, status, and the wait until the next try.
type Failure = (u32, RegistrationFailure, Option<StatusCode>, Option<u64>);

fn failure(edges: &mut Edges) -> Failure {
    edges.expect(|event| match event {
        UaEvent::RegistrationFailed {
            reg_id,
            reason,
            status,
            retry_in,
            ..
        } => Some((
            *reg_id,
            *reason,
            *status,
            retry_in.map(|wait| wait.as_secs()),
        )),
        _ => None,
    })
}

fn bound(edges: &mut Edges) -> u32 {
    edges.expect(|event| match event {
        UaEvent::Registered { reg_id, .. } => Some(*reg_id),
        _ => None,
    })
}

/// §9.2, messages 9 to 20; §4.2.1: a flow for each proxy, each with a Call-ID and a reg-id of its
/// own, and all with the instance.
#[test]
fn section_9_2_a_flow_is_registered_through_each_proxy() {
    let mut edges = Edges::new(bob());
    let handle = edges.register();
    let first = edges.receives("REGISTER");
    assert_eq!(first.0, EP1);
    let message = &first.1;
    assert_eq!(message.request_uri(), "sip:example.com");
    assert_eq!(message.fields("Supported")[1], "path, outbound, gruu");
    assert_eq!(message.field("Route"), "<sip:192.0.2.21;transport=tcp;lr>");
    let contact = alloc::format!(
        "<sip:bob@192.0.2.2:5060;transport=tcp;ob>;expires=3600;+sip.instance=\"<{INSTANCE}>\";reg-id=1"
    );
    assert_eq!(message.field("Contact"), contact);
    assert!(edges.is_quiet(), "the second waits for the first");
    let path = "Path: <sip:VskztcQ@ep1.example.com;lr;ob>\r\n";
    let more = alloc::format!("{OUTBOUND}{path}Contact: {contact}\r\n");
    edges.answer(&first, "200 OK", &more);
    assert_eq!(bound(&mut edges), 1);
    let second = edges.receives("REGISTER");
    assert_eq!(second.0, EP2);
    assert_ne!(second.1.field("Call-ID"), message.field("Call-ID"));
    assert_eq!(second.1.field("Route"), "<sip:192.0.2.22;transport=tcp;lr>");
    let other = contact.replace("reg-id=1", "reg-id=2");
    assert_eq!(second.1.field("Contact"), other);
    // Message 16: both Contacts are the same URI, and reg-id tells them apart.
    let more = alloc::format!(
        "{OUTBOUND}Contact: {contact}\r\nContact: {}\r\n",
        other.replace("3600", "1200")
    );
    edges.answer(&second, "200 OK", &more);
    let expires = edges.expect(|event| match event {
        UaEvent::Registered {
            reg_id: 2, expires, ..
        } => Some(expires.as_secs()),
        _ => None,
    });
    assert_eq!(expires, 1200);
    let registration = edges.agent.user().registration(handle).unwrap();
    let flows: Vec<_> = registration.flows().collect();
    assert!(
        flows
            .iter()
            .all(|flow| flow.is_registered() && flow.is_outbound())
    );
    let path: Vec<_> = flows[0].path().collect();
    assert_eq!(path, ["sip:VskztcQ@ep1.example.com;lr;ob"]);
    // Messages 17 to 20.
    edges.run_secs(120);
    let asked: Vec<_> = edges.pings.iter().map(|(_, to)| *to).collect();
    assert!(asked.contains(&address(EP1)) && asked.contains(&address(EP2)));
}

/// §9.4, messages 35 to 41: a keep-alive tells that a flow is dead; it is registered again through
/// the same proxy, with the same reg-id and Call-ID, while the other goes on.
#[test]
fn section_9_4_a_flow_that_is_dead_is_replaced() {
    let mut edges = Edges::new(bob());
    edges.register();
    let first = edges.receives("REGISTER");
    edges.bind(&first);
    let second = edges.receives("REGISTER");
    edges.bind(&second);
    edges.run_secs(121);
    assert!(edges.is_quiet());
    edges.pongs = false;
    let before = edges.flow_to(EP1);
    // The ping to one proxy is left alone, the other's is answered by hand.
    for _ in 0..200 {
        edges.run_secs(1);
        for (_, to) in core::mem::take(&mut edges.pings) {
            if to == address(EP2) {
                edges.inject(EP2, "\r\n");
            }
        }
        if !edges.sent.is_empty() {
            break;
        }
    }
    let again = edges.receives("REGISTER");
    assert_eq!(again.0, EP1);
    assert_ne!(edges.flow_to(EP1), before);
    assert_eq!(again.1.field("Call-ID"), first.1.field("Call-ID"));
    assert_eq!(again.1.field("Contact"), first.1.field("Contact"));
    assert_eq!(again.1.cseq(), 2);
    edges.bind(&again);
    assert!(edges.is_quiet());
}

/// §4.4: as often as the edge proxy asks, at 80 to 100 per cent of that time.
#[test]
fn the_flow_timer_of_the_proxy_says_how_often() {
    let mut edges = Edges::new(bob());
    edges.register();
    let first = edges.receives("REGISTER");
    let more = alloc::format!("{OUTBOUND}Flow-Timer: 50\r\n");
    edges.answer(&first, "200 OK", &more);
    let start = edges.now;
    edges.run_secs(500);
    let mut last = start;
    let mine: Vec<_> = edges
        .pings
        .iter()
        .filter(|it| it.1 == address(EP1))
        .collect();
    assert!(mine.len() >= 10, "{mine:?}");
    for (at, _) in mine {
        let gap = at.saturating_duration_since(last).as_secs_f32();
        assert!((40.0..=50.0).contains(&gap), "{gap}");
        last = *at;
    }
}

/// §4.4: nothing is sent to keep a flow alive unless the other side has said that it knows how.
#[test]
fn a_registrar_that_binds_no_flows_gets_no_keep_alives() {
    for (more, says, pings) in [
        ("", false, 0),
        ("Path: <sip:ep1.example.com;lr;ob>\r\n", false, 1),
        (
            "Path: <sip:ep1.example.com;lr;ob>, <sip:ep0.example.com;lr>\r\n",
            false,
            0,
        ),
        ("", true, 1),
    ] {
        let mut config = bob();
        config.outbound_proxies.truncate(1);
        config.keeps_alive = says;
        let mut edges = Edges::new(config);
        edges.register();
        let first = edges.receives("REGISTER");
        edges.answer(&first, "200 OK", more);
        edges.run_secs(121);
        assert_eq!(edges.pings.len(), pings, "{more} {says}");
    }
}

/// §4.2.1: without flows there is one binding, and the next proxy takes over when it fails.
#[test]
fn without_outbound_there_is_one_binding_that_moves_when_it_fails() {
    let mut edges = Edges::new(bob());
    let handle = edges.register();
    let first = edges.receives("REGISTER");
    edges.answer(&first, "200 OK", "Expires: 3600\r\n");
    assert_eq!(bound(&mut edges), 1);
    edges.run_secs(100);
    assert!(edges.is_quiet(), "nothing goes through the second proxy");
    edges.down.push(address(EP1));
    edges.crash(EP1);
    let second = edges.receives("REGISTER");
    assert_eq!(second.0, EP2);
    edges.answer(&second, "200 OK", "Expires: 3600\r\n");
    assert_eq!(bound(&mut edges), 2);
    edges.run_secs(1000);
    assert!(edges.is_quiet(), "and then nothing through the first");
    let agent = &mut edges.agent;
    agent.unregister(edges.now, handle).unwrap();
    let removal = edges.receives("REGISTER");
    assert_eq!(removal.0, EP2);
    edges.answer(&removal, "200 OK", "");
    let gone = UaEvent::Unregistered {
        registration: handle,
    };
    assert!(edges.events.contains(&gone));
    edges.run_secs(120);
    assert!(edges.agent.is_idle());
}

/// §4.2.1, §11.6: the first hop knows no flows; the next may, and if none does it is done without.
#[test]
fn a_first_hop_that_lacks_outbound_leads_to_the_next_and_at_last_to_none() {
    let lacks = "439 First Hop Lacks Outbound Support";
    let mut edges = Edges::new(bob());
    edges.register();
    let first = edges.receives("REGISTER");
    edges.answer(&first, lacks, "");
    let second = edges.receives("REGISTER");
    assert_eq!(second.0, EP2);
    edges.answer(&second, lacks, "");
    let plain = edges.receives("REGISTER");
    assert_eq!(plain.0, EP1);
    assert!(!plain.1.field("Contact").contains("reg-id"));
    assert_eq!(plain.1.fields("Supported")[1], "path, gruu");
    edges.answer(&plain, "200 OK", "");
    assert_eq!(bound(&mut edges), 1);
    // Where another proxy does know them, that one is enough.
    let mut edges = Edges::new(bob());
    edges.register();
    let first = edges.receives("REGISTER");
    edges.answer(&first, lacks, "");
    let second = edges.receives("REGISTER");
    edges.bind(&second);
    assert_eq!(bound(&mut edges), 2);
    edges.run_secs(60);
    assert!(edges.is_quiet());
    // One that says so when there is a flow already is given up.
    let mut edges = Edges::new(bob());
    edges.register();
    let first = edges.receives("REGISTER");
    edges.run_secs(3);
    let second = edges.receives("REGISTER");
    edges.bind(&second);
    edges.answer(&first, lacks, "");
    let lacking = RegistrationFailure::LacksOutbound;
    let status = StatusCode::FIRST_HOP_LACKS_OUTBOUND_SUPPORT;
    assert_eq!(failure(&mut edges), (1, lacking, Some(status), None));
    assert!(edges.is_quiet());
}

/// §4.5 and Appendix A: the wait grows with the failures, and is longer while another flow works.
#[test]
fn appendix_a_waits_grow_from_their_base_and_depend_on_the_other_flows() {
    let table = BackOff::default();
    for other_works in [false, true] {
        let mut edges = Edges::new(bob());
        edges.down.push(address(EP1));
        if !other_works {
            edges.down.push(address(EP2));
        }
        edges.register();
        if other_works {
            let second = edges.receives("REGISTER");
            assert_eq!(second.0, EP2);
            edges.bind(&second);
        }
        for failures in 1..=7 {
            let wait = loop {
                edges.run_secs(0);
                let found = edges.events.iter().position(|event| {
                    matches!(event, UaEvent::RegistrationFailed { reg_id: 1, .. })
                });
                match found.and_then(|at| edges.events.remove(at)) {
                    Some(UaEvent::RegistrationFailed { retry_in, .. }) => break retry_in.unwrap(),
                    _ => edges.run_secs(1),
                }
                while let Some(at) = edges.sent.iter().position(|it| it.to == address(EP2)) {
                    let request = edges.sent.remove(at).unwrap();
                    edges.bind(&(EP2, request));
                }
            };
            // The first failure comes before the other flow is bound.
            let all_failed = !other_works || failures == 1;
            let (least, longest) = table.bounds(failures, all_failed);
            assert!((least..=longest).contains(&wait), "{failures}: {wait:?}");
        }
    }
}

/// §4.5: a flow that was registered, and over which no keep-alive was ever answered, has failed as
/// one that could not be formed; one that has worked is replaced at once.
#[test]
fn a_flow_that_never_proved_to_work_is_replaced_after_a_while() {
    let (mut edges, _) = Edges::both();
    edges.crash(EP1);
    let (reg_id, reason, status, wait) = failure(&mut edges);
    assert_eq!((reg_id, reason), (1, RegistrationFailure::Unreachable));
    assert_eq!(status, None);
    assert!((90..=180).contains(&wait.unwrap()), "{wait:?}");
    assert!(edges.is_quiet());
    edges.run_secs(wait.unwrap() + 1);
    let again = edges.receives("REGISTER");
    edges.bind(&again);
    edges.run_secs(121);
    edges.crash(EP1);
    let again = edges.receives("REGISTER");
    assert_eq!(again.0, EP1);
}

/// §4.2.1: the registrar says when to come back; at once is meant as it is said, once.
#[test]
fn retry_after_is_honoured() {
    let busy = "503 Service Unavailable";
    let mut config = bob();
    config.outbound_proxies.truncate(1);
    let mut edges = Edges::new(config);
    edges.register();
    let first = edges.receives("REGISTER");
    edges.answer(&first, busy, "Retry-After: 0\r\n");
    edges.run_secs(0);
    assert!(edges.is_quiet());
    edges.run(Duration::from_millis(1));
    let again = edges.receives("REGISTER");
    edges.answer(&again, busy, "Retry-After: 0\r\n");
    failure(&mut edges);
    let (.., wait) = failure(&mut edges);
    assert!(wait.unwrap() >= 60);
    edges.run_secs(wait.unwrap() + 1);
    let again = edges.receives("REGISTER");
    edges.answer(&again, busy, "Retry-After: 5000 (lunch)\r\n");
    assert_eq!(failure(&mut edges).3, Some(5000));
}

/// §4.2.2: a refresh goes over the flow it refreshes; a refusal that may pass leaves that alone.
#[test]
fn a_refresh_goes_over_its_flow_and_a_busy_registrar_does_not_end_it() {
    let (mut edges, _) = Edges::both();
    let flows = [edges.flow_to(EP1), edges.flow_to(EP2)];
    edges.run_secs(3600 - 90);
    for _ in 0..2 {
        let refresh = edges.receives("REGISTER");
        assert_eq!(refresh.1.cseq(), 2);
        edges.answer(&refresh, "503 Service Unavailable", "Retry-After: 1\r\n");
    }
    assert_eq!([edges.flow_to(EP1), edges.flow_to(EP2)], flows);
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    assert_eq!(edges.receives("INVITE").0, EP1);
}

/// §9.5, messages 42 to 50; §4.3: a call goes over a flow that works, with `ob` in its Contact.
#[test]
fn section_9_5_a_call_goes_over_a_flow() {
    let (mut edges, _) = Edges::both();
    let (agent, now) = (&mut edges.agent, edges.now);
    let call = agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    let invite = edges.receives("INVITE");
    assert_eq!(invite.0, EP1);
    assert_eq!(invite.1.request_uri(), "sip:alice@a.example");
    assert_eq!(invite.1.field("Route"), "<sip:192.0.2.21;transport=tcp;lr>");
    assert_eq!(invite.1.fields("Supported")[1], "outbound, gruu");
    let contact = "<sip:bob@192.0.2.2:5060;transport=tcp;ob>";
    assert_eq!(invite.1.field("Contact"), contact);
    let more =
        "Record-Route: <sip:3yJEbr@ep1.example.com;lr>\r\nContact: <sip:alice@a.example>\r\n";
    let success = response(&invite.1, "200 OK", "plqus8", more, &sdp(9, "sendrecv"));
    edges.inject(EP1, &success);
    let ack = edges.receives("ACK");
    assert_eq!((ack.0, ack.1.request_uri()), (EP1, "sip:alice@a.example"));
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.hang_up(now, call).unwrap();
    let bye = edges.receives("BYE");
    assert_eq!(bye.0, EP1);
    assert_eq!(bye.1.field("Route"), "<sip:3yJEbr@ep1.example.com;lr>");
}

/// §4.3: when a flow fails, requests go over another; what is under way is sent there as well.
#[test]
fn a_call_goes_over_the_other_flow_when_the_first_has_failed() {
    let (mut edges, _) = Edges::both();
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    let first = edges.receives("INVITE");
    assert_eq!(first.0, EP1);
    edges.crash(EP1);
    let second = edges.receives("INVITE");
    assert_eq!(second.0, EP2);
    assert_eq!(second.1.field("Call-ID"), first.1.field("Call-ID"));
    assert_eq!(second.1.field("Route"), "<sip:192.0.2.22;transport=tcp;lr>");
    assert_ne!(second.1.branch(), first.1.branch());
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.options(now, "sip:alice@a.example").unwrap();
    assert_eq!(edges.receives("OPTIONS").0, EP2);
}

/// §4.3, §4.5: within a call, too, requests follow the flow that has replaced the old one.
#[test]
fn a_call_survives_the_flow_it_began_on() {
    let (mut edges, _) = Edges::both();
    edges.run_secs(121);
    let (agent, now) = (&mut edges.agent, edges.now);
    let call = agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    let invite = edges.receives("INVITE");
    let more =
        "Record-Route: <sip:3yJEbr@ep1.example.com;lr>\r\nContact: <sip:alice@a.example>\r\n";
    let success = response(&invite.1, "200 OK", "t", more, &sdp(9, "sendrecv"));
    edges.inject(EP1, &success);
    edges.receives("ACK");
    edges.crash(EP1);
    let again = edges.receives("REGISTER");
    edges.bind(&again);
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.hold(now, call).unwrap();
    let hold = edges.receives("INVITE");
    assert_eq!(hold.0, EP1);
    let contact = "<sip:bob@192.0.2.2:5060;transport=tcp;ob>";
    assert_eq!(hold.1.field("Contact"), contact);
    edges.answer(&hold, "491 Request Pending", "");
    edges.receives("ACK");
    // What comes over the new flow is answered with a Contact on it.
    let body = sdp(9, "sendrecv");
    let text = alloc::format!(
        "INVITE sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.21;branch=z9hG4bKo\r\n\
         From: {};tag=t\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 7 INVITE\r\n\
         Contact: <sip:alice@a.example>\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        invite.1.field("To"),
        invite.1.field("From"),
        invite.1.field("Call-ID"),
        body.len(),
    );
    edges.inject(EP1, &text);
    let (_, answer) = edges.receives("200 INVITE");
    assert_eq!(answer.field("Contact"), contact);
}

/// §11.5: nobody should send a 430 to an endpoint; it is a refusal like 400.
#[test]
fn a_430_ends_a_call_as_any_refusal_does() {
    let (mut edges, _) = Edges::both();
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.invite(now, "sip:alice@a.example", media(2)).unwrap();
    let invite = edges.receives("INVITE");
    edges.answer(&invite, "430 Flow Failed", "");
    let ended = edges.expect(|event| match event {
        UaEvent::Ended { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(ended, EndReason::Rejected(StatusCode::FLOW_FAILED));
    edges.receives("ACK");
    assert!(edges.is_quiet());
}

/// The first proxy is silent: the second is not kept waiting for its time-out.
#[test]
fn a_silent_proxy_does_not_hold_up_the_other() {
    let mut edges = Edges::new(bob());
    edges.register();
    let first = edges.receives("REGISTER");
    edges.run_secs(1);
    assert!(edges.is_quiet());
    edges.run_secs(2);
    let second = edges.receives("REGISTER");
    assert_eq!((first.0, second.0), (EP1, EP2));
    edges.bind(&second);
    assert_eq!(bound(&mut edges), 2);
    edges.run_secs(32);
    assert_eq!(failure(&mut edges).0, 1);
}

/// A wrong password is wrong through every proxy, and is not tried through the next.
#[test]
fn a_wrong_password_is_tried_once() {
    let challenge = "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"1\", qop=\"auth\"\r\n";
    let mut edges = Edges::new(bob());
    let handle = edges.register();
    let first = edges.receives("REGISTER");
    edges.answer(&first, "401 Unauthorized", challenge);
    assert_eq!(failure(&mut edges).1, RegistrationFailure::WrongPassword);
    assert!(edges.is_quiet());
    assert!(edges.agent.user().registration(handle).is_none());
}

/// Each flow is removed over its own way, with its own reg-id (§4.2.2).
#[test]
fn unregistering_removes_every_flow() {
    let (mut edges, handle) = Edges::both();
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.unregister(now, handle).unwrap();
    for (edge, reg_id) in [(EP1, ";reg-id=1"), (EP2, ";reg-id=2")] {
        let removal = edges.receives("REGISTER");
        assert_eq!(removal.0, edge);
        let contact = removal.1.field("Contact");
        assert!(
            contact.contains(";expires=0;") && contact.ends_with(reg_id),
            "{contact}"
        );
        edges.answer(&removal, "200 OK", "");
    }
    let gone = UaEvent::Unregistered {
        registration: handle,
    };
    assert_eq!(edges.events.iter().filter(|it| **it == gone).count(), 1);
    edges.run_secs(200);
    assert!(edges.pings.is_empty());
    assert!(edges.agent.is_idle());
}

/// A connection that nobody answers on at all is no reason to forget the registration.
#[test]
fn both_proxies_down_and_up_again() {
    let (mut edges, handle) = Edges::both();
    edges.down = [address(EP1), address(EP2)].to_vec();
    edges.crash(EP1);
    edges.crash(EP2);
    let registration = edges.agent.user().registration(handle).unwrap();
    assert!(!registration.is_registered());
    edges.run(Duration::from_secs(400));
    edges.down.clear();
    for _ in 0..1800 {
        edges.run_secs(1);
        while let Some(register) = edges.sent.pop_front() {
            let edge = if register.to == address(EP1) {
                EP1
            } else {
                EP2
            };
            edges.bind(&(edge, register));
        }
    }
    let registration = edges.agent.user().registration(handle).unwrap();
    assert!(registration.flows().all(|flow| flow.is_registered()));
    let flow = edges.flow_to(EP1);
    edges.close(flow, CloseReason::Finished);
}
