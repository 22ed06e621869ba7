//! Two phones: created, modified, terminated, negotiated.

use offhook::sdp::Direction;
use offhook::sip::message::StatusCode;
use offhook::sip::ua::{EndReason, Stage};

use super::{assert_ended, assert_talk, direction, only, play};
use crate::sessions;

#[test]
pub(super) fn a_session_is_created() {
    let played = play(sessions::create);
    let ringing = "Bob's phone rings";
    assert_eq!(
        played.said(ringing),
        ["alice > bob: INVITE", "bob > alice: 180 INVITE"]
    );
    let [alice, bob] = played.both(ringing);
    assert_eq!(alice.stage, Some(Stage::Calling));
    assert_eq!(bob.stage, Some(Stage::Offered));
    assert!(alice.plans.is_empty() && bob.plans.is_empty());
    let answered = "Bob has answered";
    assert_eq!(
        played.said(answered),
        ["bob > alice: 200 INVITE", "alice > bob: ACK"]
    );
    let [alice, bob] = played.both(answered);
    assert_talk(alice, bob);
    assert_eq!(direction(alice), Direction::SendRecv);
}

#[test]
pub(super) fn a_session_is_modified() {
    let played = play(sessions::modify);
    let early = "Bob is heard, and has not answered yet";
    let moved = "Alice listens elsewhere";
    assert_eq!(
        played.said(early),
        [
            "alice > bob: INVITE",
            "bob > alice: 183 INVITE",
            "alice > bob: PRACK",
            "bob > alice: 200 PRACK"
        ]
    );
    assert_eq!(
        played.said(moved),
        ["alice > bob: UPDATE", "bob > alice: 200 UPDATE"]
    );
    let [alice, bob] = played.both(moved);
    assert_eq!(alice.stage, Some(Stage::Calling));
    assert_eq!(bob.stage, Some(Stage::Offered));
    let remote = |when| only(&played.both(when)[1].plans).remote.to_string();
    assert_eq!(remote(early), "192.0.2.1:4000");
    assert_eq!(remote(moved), "192.0.2.99:5000");
    let [alice, bob] = played.both("Bob has answered");
    assert_talk(alice, bob);
    assert_eq!(only(&bob.plans).remote.to_string(), "192.0.2.99:5000");

    let again = "Alice listens elsewhere again";
    assert_eq!(
        played.said(again),
        [
            "alice > bob: INVITE",
            "bob > alice: 200 INVITE",
            "alice > bob: ACK"
        ]
    );
    assert_eq!(remote(again), "192.0.2.99:6000");
    let [alice, bob] = played.both(again);
    assert_talk(alice, bob);
    // It is the same session: one dialog from the first response on.
    let dialogs = played.0.moments().iter().flat_map(|it| &it.views);
    let calls = dialogs.filter(|view| view.phone == "alice");
    for call in calls {
        assert_eq!((call.call, &call.dialog), (alice.call, &alice.dialog));
    }
}

#[test]
pub(super) fn a_session_is_terminated() {
    let played = play(sessions::terminate);
    let [alice, bob] = played.both("they talk");
    assert_talk(alice, bob);
    let hung_up = "Bob has hung up";
    assert_eq!(
        played.said(hung_up),
        ["bob > alice: BYE", "alice > bob: 200 BYE"]
    );
    let [alice, bob] = played.both(hung_up);
    assert_ended(alice, EndReason::RemoteHungUp);
    assert_ended(bob, EndReason::HungUp);

    let refused = "Bob has refused the second call";
    assert_eq!(
        played.said(refused),
        [
            "alice > bob: INVITE",
            "bob > alice: 486 INVITE",
            "alice > bob: ACK"
        ]
    );
    let busy = StatusCode::BUSY_HERE;
    assert_ended(played.view(refused, "alice", 1), EndReason::Rejected(busy));
    assert_ended(played.view(refused, "bob", 1), EndReason::Refused(busy));

    let given_up = "Alice has given up the third";
    assert_eq!(
        played.said(given_up),
        [
            "alice > bob: INVITE",
            "bob > alice: 180 INVITE",
            "alice > bob: CANCEL",
            "bob > alice: 200 CANCEL",
            "bob > alice: 487 INVITE",
            "alice > bob: ACK"
        ]
    );
    assert_ended(played.view(given_up, "alice", 2), EndReason::Cancelled);
    assert_ended(played.view(given_up, "bob", 2), EndReason::RemoteCancelled);
    played.assert_nothing_left();
}

#[test]
pub(super) fn a_session_is_negotiated() {
    let played = play(sessions::negotiate);
    let agreed = "Bob has A-law alone";
    let media = |is| {
        let messages = played.messages(agreed, is);
        let [message] = &messages[..] else {
            panic!("not one {is}");
        };
        let line = message.lines().find(|line| line.starts_with("m="));
        line.unwrap().to_owned()
    };
    // µ-law, A-law and key presses are offered, and one of them is answered.
    assert!(media("INVITE").starts_with("m=audio 4000 RTP/AVP 0 8 "));
    assert_eq!(media("200 INVITE"), "m=audio 4000 RTP/AVP 8");
    let [alice, bob] = played.both(agreed);
    assert_talk(alice, bob);
    for view in [alice, bob] {
        let plan = only(&view.plans);
        assert_eq!(plan.codec.name, "PCMA");
        assert_eq!((plan.send_payload_type, plan.receive_payload_type), (8, 8));
        assert_eq!(plan.telephone_event, None);
    }

    let nothing = "they have no codec in common";
    assert_eq!(
        played.said(nothing),
        [
            "alice > bob: INVITE",
            "bob > alice: 488 INVITE",
            "alice > bob: ACK"
        ]
    );
    let refusal = StatusCode::NOT_ACCEPTABLE_HERE;
    assert_ended(
        played.view(nothing, "alice", 1),
        EndReason::Rejected(refusal),
    );
    assert_ended(played.view(nothing, "bob", 1), EndReason::NoCommonMedia);
    played.assert_nothing_left();
}
