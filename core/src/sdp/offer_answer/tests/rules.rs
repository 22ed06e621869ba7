//! Rules of RFC 3264 that no other test holds.

use super::*;

/// §5.1: whatever the direction, it is marked, and §8.4: the port is that of the stream, never zero.
#[test]
fn each_direction_is_marked_and_keeps_its_port() {
    for direction in Direction::ALL {
        let (mut caller, _) = call();
        let marked = LocalMedia {
            direction,
            ..alice()
        };
        let offer = text(&caller.create_offer(marked).unwrap());
        assert_eq!(lines(&offer, "m=")[0].split(' ').nth(1), Some("49170"));
        let mark = format!("a={}", direction.as_str());
        let marks = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];
        let found: Vec<&str> = offer.lines().filter(|line| marks.contains(line)).collect();
        assert_eq!(found, [mark.as_str()]);
    }
}

/// §5.1, §6.1: of what both can do, the format that the offer prefers.
#[test]
fn the_format_preferred_by_the_offer_is_used() {
    for (codecs, first) in [
        ([Codec::PCMA, Codec::PCMU], Codec::PCMA),
        ([Codec::PCMU, Codec::PCMA], Codec::PCMU),
    ] {
        let local = with_codecs(alice(), &codecs);
        let (mut caller, mut callee) = (negotiation(&local), negotiation(&bob()));
        let offer = caller.create_offer(local.clone()).unwrap();
        callee.receive_offer(&offer).unwrap();
        let answer = callee.create_answer(bob()).unwrap();
        caller.receive_answer(&answer).unwrap();
        assert_eq!(callee.plan().unwrap().codec, first);
        assert_eq!(caller.plan().unwrap().codec, first);
    }
}

/// §6: an answer is another's description and says so in its origin.
#[test]
fn an_answer_has_an_origin_of_its_own() {
    let (mut caller, mut callee) = (negotiation(&alice()), negotiation(&bob()));
    let offer = text(&caller.create_offer(alice()).unwrap());
    callee.receive_offer(offer.as_bytes()).unwrap();
    let answer = text(&callee.create_answer(bob()).unwrap());
    assert_ne!(lines(&offer, "o="), lines(&answer, "o="));
}

/// §7: the interval that the answer asks for is the one to send with; §8.3.1: and the port it names is
/// where to, after each change.
#[test]
fn what_an_answer_asks_for_is_heeded_after_each_change() {
    let (mut caller, _) = call();
    for (port, ptime) in [(5000, 40), (6000, 30)] {
        caller.create_reoffer(false).unwrap();
        let answer = wire(&format!(
            "v=0\no=- 1 {port} IN IP4 192.0.2.2\ns=-\nc=IN IP4 192.0.2.2\nt=0 0\n\
             m=audio {port} RTP/AVP 0\na=ptime:{ptime}"
        ));
        caller.receive_answer(&answer).unwrap();
        let plan = caller.plan().unwrap();
        assert_eq!(plan.remote.port(), port);
        assert_eq!(plan.ptime_ms, ptime);
    }
}
