//! What is saved when, and what is not taken back: what comes in broken, and what does not fit here.

use core::time::Duration;

use super::edges::{Edges, bob};
use super::net::{Net, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, from_caller};
use crate::Limits;
use crate::sdp::offer_answer::SavedSessionError;
use crate::sip::dialog::SavedDialogError;
use crate::sip::endpoint::{Endpoint, EndpointConfig, SelectError};
use crate::sip::ua::{
    CallError, RestoreError, SavedCall, SavedRegistration, Stage, StaleHandle, UserAgent,
    UserAgentConfig,
};
use crate::time::Instant;

const NOW: Duration = Duration::ZERO;
const HOUR: Duration = Duration::from_secs(3600);

fn alice() -> UserAgentConfig {
    UserAgentConfig::new("sip:alice@example.org")
}

fn saved_call() -> (Net, SavedCall) {
    let mut net = alone();
    let (_, call) = call_to_puppet(&mut net);
    let (agent, now) = net.at(0);
    let saved = agent.save_call(now, call).unwrap();
    (net, saved)
}

/// Two flows of Bob's.
fn saved_registration() -> SavedRegistration {
    let (mut edges, handle) = Edges::both();
    edges.agent.save_registration(edges.now, handle).unwrap()
}

/// A call is saved once both ends have said yes and know it (§13.3.1.4), and not while it ends.
#[test]
fn only_a_call_that_stands_is_saved() {
    let mut net = Net::pair();
    let (a, b) = net.ringing();
    let save = |net: &mut Net, node, call| {
        let (agent, now) = net.at(node);
        agent.save_call(now, call).map(|_| ())
    };
    let wrong = |stage| Err(CallError::WrongState(stage));
    assert_eq!(save(&mut net, 0, a), wrong(Stage::Calling));
    assert_eq!(save(&mut net, 1, b), wrong(Stage::Offered));
    net.lose(|sent| sent.label() == "ACK");
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(50);
    assert_eq!(save(&mut net, 0, a), Ok(()));
    assert_eq!(save(&mut net, 1, b), wrong(Stage::Established));
    net.lose_nothing_more();
    net.run_secs(2);
    assert_eq!(save(&mut net, 1, b), Ok(()));
    net.lose(|sent| sent.label() == "BYE");
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    assert!(matches!(
        save(&mut net, 1, b),
        Err(CallError::WrongState(Stage::Ending(_)))
    ));
    net.assert_idle();
    assert_eq!(save(&mut net, 1, b), Err(CallError::Stale));
}

#[test]
fn a_registration_that_is_removed_is_not_saved() {
    let mut net = alone();
    let (agent, now) = net.at(0);
    let handle = agent.register(now, "sip:192.0.2.9", HOUR).unwrap();
    let saved = agent.save_registration(now, handle).unwrap();
    assert_eq!((saved.flows[0].cseq, &saved.flows[0].binding), (1, &None));
    agent.unregister(now, handle).unwrap();
    assert_eq!(agent.save_registration(now, handle), Err(StaleHandle));
}

/// Saving changes nothing, and says twice the same.
#[test]
fn what_is_restored_is_what_was_saved() {
    let (mut net, saved) = saved_call();
    net.restart(0, alice(), address(1));
    let (agent, now) = net.at(0);
    let call = agent.restore_call(now, &saved, NOW).unwrap();
    assert_eq!(agent.save_call(now, call).unwrap(), saved);
    let saved = saved_registration();
    let mut edges = Edges::new(bob());
    let (agent, now) = (&mut edges.agent, edges.now);
    let handle = agent.restore_registration(now, &saved, NOW).unwrap();
    let again = agent.save_registration(now, handle).unwrap();
    let counted_on = |mut saved: SavedRegistration| {
        for flow in &mut saved.flows {
            flow.cseq += 1;
        }
        saved
    };
    assert_eq!(again, counted_on(saved));
}

#[test]
fn a_call_that_does_not_hold_together_is_refused() {
    use RestoreError as E;
    let (mut net, whole) = saved_call();
    net.restart(0, alice(), address(1));
    let mut fault = |change: &dyn Fn(&mut SavedCall)| {
        let mut broken = whole.clone();
        change(&mut broken);
        let (agent, now) = net.at(0);
        let error = agent.restore_call(now, &broken, NOW).unwrap_err();
        assert_eq!(agent.user().live_calls(), 0);
        error
    };
    let dialog = E::Dialog;
    assert_eq!(
        fault(&|it| it.address_of_record = "sip:eve@example.org".into()),
        E::UnknownIdentity
    );
    for call_id in ["", "a b", "a@", "x\r\nEvil: 1"] {
        let error = fault(&|it| it.dialog.id.call_id = call_id.into());
        assert_eq!(error, dialog(SavedDialogError::CallId));
    }
    for tag in ["", "a b", "a;x=1", "a\r\n"] {
        let error = fault(&|it| it.dialog.id.local_tag = tag.into());
        assert_eq!(error, dialog(SavedDialogError::Tag));
    }
    let error = fault(&|it| it.dialog.id.remote_tag = "a,b".into());
    assert_eq!(error, dialog(SavedDialogError::Tag));
    for uri in ["", "bob", "sip:", "sip:a@b>\r\nEvil: 1"] {
        let uri_fault = dialog(SavedDialogError::Uri);
        assert_eq!(fault(&|it| it.dialog.local_uri = uri.into()), uri_fault);
        assert_eq!(fault(&|it| it.dialog.remote_uri = uri.into()), uri_fault);
        assert_eq!(fault(&|it| it.dialog.remote_target = uri.into()), uri_fault);
        let add = |it: &mut SavedCall| it.dialog.route_set.push(uri.into());
        assert_eq!(fault(&add), uri_fault);
    }
    for number in [1 << 31, u32::MAX] {
        let sequence = dialog(SavedDialogError::Sequence);
        assert_eq!(fault(&|it| it.dialog.local_seq = Some(number)), sequence);
        assert_eq!(fault(&|it| it.dialog.remote_seq = Some(number)), sequence);
    }
    let error = fault(&|it| it.session.plans.clear());
    assert_eq!(error, E::Session(SavedSessionError::Plans));
    // It is whole after all.
    let (agent, now) = net.at(0);
    agent.restore_call(now, &whole, NOW).unwrap();
    assert_eq!(agent.restore_call(now, &whole, NOW), Err(E::AlreadyThere));
}

#[test]
fn a_registration_that_does_not_hold_together_is_refused() {
    use RestoreError as E;
    let whole = saved_registration();
    let mut edges = Edges::new(bob());
    let mut fault = |change: &dyn Fn(&mut SavedRegistration)| {
        let mut broken = whole.clone();
        change(&mut broken);
        let error = edges.agent.restore_registration(edges.now, &broken, NOW);
        let error = error.unwrap_err();
        assert!(edges.is_quiet() && edges.agent.is_idle());
        error
    };
    assert_eq!(
        fault(&|it| it.address_of_record = "sip:eve@example.org".into()),
        E::UnknownIdentity
    );
    for uri in ["", "registrar", "tel:+1", "sip:a b"] {
        assert_eq!(fault(&|it| it.registrar = uri.into()), E::Uri);
        assert_eq!(fault(&|it| it.service_route = [uri.into()].into()), E::Uri);
        assert_eq!(fault(&|it| it.pub_gruu = Some(uri.into())), E::Uri);
        assert_eq!(fault(&|it| it.temp_gruus = [uri.into()].into()), E::Uri);
        let contact = |it: &mut SavedRegistration| {
            it.flows[1].binding.as_mut().unwrap().contact = uri.into();
        };
        assert_eq!(fault(&contact), E::Uri);
        let path = |it: &mut SavedRegistration| {
            it.flows[0].binding.as_mut().unwrap().path = [uri.into()].into();
        };
        assert_eq!(fault(&path), E::Uri);
    }
    assert_eq!(fault(&|it| it.flows[0].call_id = "a b".into()), E::CallId);
    let twice = |it: &mut SavedRegistration| it.flows[1].call_id = it.flows[0].call_id.clone();
    assert_eq!(fault(&twice), E::CallId);
    for number in [(1 << 31) - 1, 1 << 31, u32::MAX] {
        assert_eq!(fault(&|it| it.flows[1].cseq = number), E::Sequence);
    }
    assert_eq!(fault(&|it| it.flows.truncate(1)), E::Flows);
    assert_eq!(fault(&|it| it.flows.clear()), E::Flows);
    let none = |it: &mut SavedRegistration| {
        for flow in &mut it.flows {
            flow.is_refused = true;
        }
    };
    assert_eq!(fault(&none), E::Flows);
    let (agent, now) = (&mut edges.agent, edges.now);
    agent.restore_registration(now, &whole, NOW).unwrap();
    assert_eq!(
        agent.restore_registration(now, &whole, NOW),
        Err(E::AlreadyThere)
    );
}

/// Limits are those of calls that come in, and without a socket there is no way anywhere.
#[test]
fn a_call_that_does_not_fit_here_is_refused() {
    let (_, saved) = saved_call();
    let now = Instant::from_millis(1);
    let agent = |limits| {
        let config = EndpointConfig {
            limits,
            ..EndpointConfig::default()
        };
        Endpoint::new(config, UserAgent::new(alice()), [9; 32])
    };
    let mut without_sockets = agent(Limits::default());
    assert_eq!(
        without_sockets.restore_call(now, &saved, NOW),
        Err(RestoreError::NoWay(SelectError::NoFlow))
    );
    assert!(without_sockets.is_idle());
    let mut full = agent(Limits {
        calls: 0,
        ..Limits::default()
    });
    assert_eq!(
        full.restore_call(now, &saved, NOW),
        Err(RestoreError::LimitReached)
    );
}

/// A remaining time beyond all reason is no more than the whole, and one that is gone is none.
#[test]
fn remaining_times_are_within_reason() {
    let mut net = alone();
    let more = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n";
    let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
    let invite = invite.replace("bob@", "alice@");
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let call = net.incoming(0);
    let (agent, now) = net.at(0);
    agent.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    let ack = from_caller("ACK", 1, success.tag("To"), "", "");
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    let (agent, now) = net.at(0);
    let mut saved = agent.save_call(now, call).unwrap();
    let timer = saved.session_timer.as_mut().unwrap();
    assert_eq!((timer.interval.as_secs(), timer.we_refresh), (90, false));
    timer.remaining = Duration::MAX;
    net.restart(0, alice(), address(1));
    let (agent, now) = net.at(0);
    agent.restore_call(now, &saved, NOW).unwrap();
    let bye = net.puppet_receives("BYE");
    // RFC 4028 §10: a third of 90 s before the end.
    assert_eq!(bye.at.saturating_duration_since(now).as_secs(), 60);
    net.inject(
        address(9),
        address(1),
        &response(&bye, "200 OK", "f", "", ""),
    );
    net.run_ms(20);
    net.assert_idle();
}
