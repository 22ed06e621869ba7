//! Services, message by message as RFC 5359 prints them where it does.

use std::fs;
use std::path::Path;

use offhook::sdp::Direction;
use offhook::sip::message::StatusCode;
use offhook::sip::ua::EndReason;

use super::{Played, assert_ended, assert_talk, direction, field, kind, only, play};
use crate::services;

/// The messages of a flow of RFC 5359 as it prints them.
fn printed(section: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/rfc5359");
    let paths = (1..).map(|number| folder.join(format!("{section}-F{number}.sip")));
    let texts = paths.map_while(|path| fs::read_to_string(path).ok());
    let kinds = texts.map(|text| kind(&text));
    kinds.filter(|it| !it.starts_with("100 ")).collect()
}

/// What was said in all moments of a service, without who said it.
fn kinds(played: &Played, service: &str) -> Vec<String> {
    let moments = played.0.moments().iter().map(|moment| moment.when);
    let moments = moments.filter(|when| when.starts_with(service));
    let said = moments.flat_map(|when| played.said(when));
    said.map(|it| it.split_once(": ").unwrap().1.to_owned())
        .collect()
}

#[test]
pub(super) fn calls_are_held() {
    let played = play(services::supplementary);
    // Message by message, and each with the direction it has there (RFC 5359 §2.1).
    let printed = printed("2.1");
    assert_eq!(printed.len(), 24);
    assert_eq!(kinds(&played, "call hold: "), printed);

    let [alice, bob] = played.both("call hold: Bob holds Alice");
    assert_talk(alice, bob);
    assert!(bob.holds && !alice.holds);
    assert_eq!(
        (direction(alice), direction(bob)),
        (Direction::RecvOnly, Direction::SendOnly)
    );
    assert!(only(&alice.plans).is_held_by_peer());
    let [alice, bob] = played.both("call hold: Bob has her back");
    assert_talk(alice, bob);
    assert!(!bob.holds);
    assert_eq!(direction(alice), Direction::SendRecv);
    let [alice, bob] = played.both("call hold: Alice has hung up");
    assert_ended(alice, EndReason::HungUp);
    assert_ended(bob, EndReason::RemoteHungUp);
}

#[test]
pub(super) fn somebody_else_is_consulted_meanwhile() {
    let played = play(services::supplementary);
    let printed = printed("2.2");
    assert_eq!(kinds(&played, "consultation hold: "), printed);

    // The call that is held is the second of both; Bob's third is with Carol.
    let asks = "consultation hold: Bob asks Carol";
    let thanks = "consultation hold: Bob has thanked Carol";
    for when in ["consultation hold: Bob holds Alice", asks, thanks] {
        let [alice, bob] = ["alice", "bob"].map(|phone| played.view(when, phone, 1));
        assert_talk(alice, bob);
        assert!(bob.holds);
        assert_eq!(
            (direction(alice), direction(bob)),
            (Direction::RecvOnly, Direction::SendOnly)
        );
    }
    let [bob, carol] = [("bob", 2), ("carol", 0)];
    let with_carol = played.view(asks, bob.0, bob.1);
    assert_talk(with_carol, played.view(asks, carol.0, carol.1));
    assert_eq!(direction(with_carol), Direction::SendRecv);
    assert_ended(played.view(thanks, bob.0, bob.1), EndReason::HungUp);
    assert_ended(
        played.view(thanks, carol.0, carol.1),
        EndReason::RemoteHungUp,
    );
    let back = "consultation hold: Bob has Alice back";
    let [alice, bob] = ["alice", "bob"].map(|phone| played.view(back, phone, 1));
    assert_talk(alice, bob);
    assert_eq!(direction(alice), Direction::SendRecv);
    let end = "consultation hold: Alice has hung up";
    assert_ended(played.view(end, "alice", 1), EndReason::HungUp);
    assert_ended(played.view(end, "bob", 1), EndReason::RemoteHungUp);
}

#[test]
pub(super) fn a_caller_is_sent_on() {
    let played = play(services::supplementary);
    let sent_on = "forwarding: Bob has sent Alice to Carol";
    assert_eq!(
        played.said(sent_on),
        [
            "alice > server: INVITE",
            "server > bob: INVITE",
            "bob > server: 302 INVITE",
            "server > bob: ACK",
            "server > alice: 302 INVITE",
            "alice > server: ACK",
            "alice > server: INVITE",
            "server > carol: INVITE"
        ]
    );
    let redirection = &played.messages(sent_on, "302 INVITE")[1];
    assert_eq!(
        field(redirection, "Contact"),
        Some("<sip:carol@example.com>")
    );
    let again = &played.messages(sent_on, "INVITE")[2];
    assert!(again.starts_with("INVITE sip:carol@example.com SIP/2.0"));
    let moved = EndReason::Refused(StatusCode::MOVED_TEMPORARILY);
    assert_ended(played.view(sent_on, "bob", 3), moved);
    let answered = "forwarding: Carol has answered";
    let [alice, carol] = [("alice", 2), ("carol", 1)];
    assert_talk(
        played.view(answered, alice.0, alice.1),
        played.view(answered, carol.0, carol.1),
    );
}
