//! Overload control at both ends of a hop (RFC 7339, RFC 7415), and the caps of a server.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::time::Duration;

use super::{FLOW, Node, first_words, outgoing};
use crate::limits::Limits;
use crate::machine::{Input, Machine};
use crate::sip::endpoint::{DropReason, EndpointConfig, OverloadPolicy, SendError};
use crate::sip::header::Via;
use crate::sip::message::{Message, Method};
use crate::time::{Instant, UnixTime};

const HERE: &str = "192.0.2.1:5060";
const THERE: &str = "192.0.2.9:5060";
const OFFER: &str = ";oc;oc-algo=\"loss,rate\"";

fn policy(is_spoken: bool, rate: u32) -> EndpointConfig {
    EndpointConfig {
        overload: OverloadPolicy {
            is_spoken,
            requests_per_second: NonZeroU32::new(rate),
            ..OverloadPolicy::default()
        },
        ..EndpointConfig::default()
    }
}

fn request(method: &str, uri: &str, to_tag: &str, via: &str, number: u32, rest: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{number}{via}\r\n\
         Via: SIP/2.0/UDP 192.0.2.77:5060;branch=z9hG4bKfar;oc=7\r\n\
         From: <sip:alice@example.com>;tag=1\r\n\
         To: <sip:bob@example.com>{to_tag}\r\n\
         Call-ID: {number}\r\n\
         CSeq: 1 {method}\r\n{rest}Content-Length: 0\r\n\r\n"
    )
}

/// A server that has taken on all it takes at once.
fn busy(config: EndpointConfig, now: Instant) -> Node {
    let mut node = Node::new(HERE, config);
    node.endpoint.user.answers.insert("OPTIONS", [200].into());
    for number in 0.. {
        let text = request("OPTIONS", "sip:bob@192.0.2.1", "", "", number, "");
        let sent = node.receive(now, THERE, text.as_bytes());
        if first_words(&sent[0]) == "503" {
            return node;
        }
        assert!(number < 1000, "it takes on everything");
    }
    node
}

fn status(node: &mut Node, now: Instant, text: &str) -> String {
    let sent = node.receive(now, THERE, text.as_bytes());
    sent.first().map_or(String::new(), |text| first_words(text))
}

const NOW: Instant = Instant::from_millis(1000);

/// RFC 7339 §5.10.1.
#[test]
fn under_overload_new_requests_go_before_those_of_what_is_under_way() {
    let mut node = busy(policy(true, 10), NOW);
    let plain = "sip:bob@192.0.2.1";
    let new = request("INVITE", plain, "", "", 2000, "");
    assert_eq!(status(&mut node, NOW, &new), "503");
    let kept = [
        request("BYE", plain, ";tag=2", "", 2001, ""),
        request("INVITE", plain, ";tag=2", "", 2002, ""),
        request("PRACK", plain, ";tag=2", "", 2003, ""),
        request("CANCEL", plain, "", "", 2004, ""),
        request("INVITE", "urn:service:sos.fire", "", "", 2005, ""),
        request(
            "INVITE",
            plain,
            "",
            "",
            2006,
            "Resource-Priority: dsn.flash, WPS.3\r\n",
        ),
    ];
    for text in &kept {
        assert_eq!(status(&mut node, NOW, text), "", "{text}");
    }
    let stats = node.endpoint.stats();
    assert_eq!(stats.dropped(DropReason::Throttled), 2);
    let low = request(
        "INVITE",
        plain,
        "",
        "",
        2007,
        "Resource-Priority: dsn.routine\r\n",
    );
    assert_eq!(
        status(&mut node, NOW, &low),
        "503",
        "a namespace nobody has named"
    );
    // Without end there is nothing but what is urgent.
    for number in 3000..3100 {
        let text = request("BYE", plain, ";tag=2", "", number, "");
        node.receive(NOW, THERE, text.as_bytes());
    }
    let bye = request("BYE", plain, ";tag=2", "", 4000, "");
    assert_eq!(status(&mut node, NOW, &bye), "503");
    let sos = request("INVITE", "urn:service:sos", "", "", 4001, "");
    assert_eq!(status(&mut node, NOW, &sos), "");
}

/// RFC 7339 §5.10.2; RFC 3261 §21.5.4 for who does not speak it.
#[test]
fn a_throttled_request_is_told_when_to_come_again_only_where_oc_is_not_spoken() {
    for (is_spoken, has_retry_after) in [(true, false), (false, true)] {
        let mut node = busy(policy(is_spoken, 10), NOW);
        let text = request("INVITE", "sip:bob@192.0.2.1", "", "", 2000, "");
        let sent = node.receive(NOW, THERE, text.as_bytes());
        assert_eq!(first_words(&sent[0]), "503");
        assert_eq!(sent[0].contains("Retry-After: 5\r\n"), has_retry_after);
        assert_eq!(node.receive(NOW, THERE, text.as_bytes()), sent, "§8.2.7");
        // §17.1.1.3: its ACK is nobody's business.
        let (_, tag) = sent[0].split_once("<sip:bob@example.com>;tag=").unwrap();
        let tag = format!(";tag={}", tag.split('\r').next().unwrap());
        let ack = request("ACK", "sip:bob@192.0.2.1", &tag, "", 2000, "");
        assert_eq!(status(&mut node, NOW, &ack), "");
        assert_eq!(node.endpoint.stats().dropped(DropReason::AbsorbedAck), 1);
        assert!(!node.log().contains(&"ack"));
        // And the rate comes back with the time.
        let later = NOW + Duration::from_secs(1);
        assert_eq!(status(&mut node, later, &text), "");
    }
}

fn top_via(text: &str) -> String {
    let rows = text
        .split("\r\n")
        .filter_map(|row| row.strip_prefix("Via: "));
    rows.map(String::from).next().unwrap()
}

/// RFC 7339 §5.1, §5.7: supported, and nothing to be held back.
#[test]
fn a_server_at_ease_says_that_it_knows_overload_control() {
    let mut node = Node::new(HERE, policy(true, 10));
    node.endpoint.user.answers.insert("OPTIONS", [200].into());
    let text = request(
        "OPTIONS",
        "sip:bob@192.0.2.1",
        "",
        &format!("{OFFER};x=1"),
        1,
        "",
    );
    let sent = node.receive(NOW, THERE, text.as_bytes());
    let via = top_via(&sent[0]);
    let start = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1;x=1;oc=0;oc-algo=\"loss\"";
    assert_eq!(via, format!("{start};oc-validity=0;oc-seq=1.00000"));
    // §5.2: to the client of this hop alone.
    assert!(sent[0].contains("branch=z9hG4bKfar;oc=7\r\n"));
    let unasked = request("OPTIONS", "sip:bob@192.0.2.1", "", "", 2, "");
    let sent = node.receive(NOW, THERE, unasked.as_bytes());
    assert!(!top_via(&sent[0]).contains("oc"));
}

#[test]
fn a_server_that_does_not_speak_it_leaves_the_offer_as_it_is() {
    let mut node = Node::new(HERE, policy(false, 10));
    node.endpoint.user.answers.insert("OPTIONS", [200].into());
    let text = request("OPTIONS", "sip:bob@192.0.2.1", "", OFFER, 1, "");
    let sent = node.receive(NOW, THERE, text.as_bytes());
    assert!(top_via(&sent[0]).ends_with(OFFER));
}

/// RFC 7339 §5.2, §7.1, §4.4.
#[test]
fn an_overloaded_server_tells_a_client_that_heeds_how_much_to_hold_back() {
    let unix = Input::WallClock {
        unix: UnixTime::from_nanos(1_282_321_615_782_000_000),
    };
    let mut node = busy(policy(true, 10), NOW);
    node.endpoint.handle_input(NOW, unix);
    // Ninety more within the window of what are two.
    for number in 2000..2090 {
        let text = request("OPTIONS", "sip:bob@192.0.2.1", "", "", number, "");
        node.receive(NOW, THERE, text.as_bytes());
    }
    let later = NOW + Duration::from_millis(200);
    let text = request("BYE", "sip:bob@192.0.2.1", ";tag=2", OFFER, 3000, "");
    node.endpoint.user.answers.insert("BYE", [200].into());
    let sent = node.receive(later, THERE, text.as_bytes());
    let via = top_via(&sent[0]);
    let via = Via::parse(via.as_bytes()).unwrap();
    let told = via.overload().unwrap();
    assert!(
        told.limit.is_some_and(|loss| (95..=99).contains(&loss)),
        "{told:?}"
    );
    assert_eq!(told.algorithms().collect::<Vec<_>>(), ["loss"]);
    assert!(told.is_in_force());
    assert_eq!(told.sequence.unwrap().as_str(), "1282321615.98200");
    // Nothing comes any more: by and by it wants nothing held back.
    let at_ease = later + Duration::from_secs(10);
    for number in 4000..4020 {
        let at = at_ease + Duration::from_millis(210) * number;
        let text = request("BYE", "sip:bob@192.0.2.1", ";tag=2", OFFER, number, "");
        node.receive(at, THERE, text.as_bytes());
    }
    let text = request("BYE", "sip:bob@192.0.2.1", ";tag=2", OFFER, 5000, "");
    let sent = node.receive(at_ease + Duration::from_secs(1000), THERE, text.as_bytes());
    assert!(top_via(&sent[0]).contains(";oc=0;oc-algo=\"loss\";oc-validity=0;"));
}

/// Asks once, gets `answer` in its Via, and tries a thousand more: how many leave.
fn after(answer: &str, method: Method<'_>) -> usize {
    let mut node = Node::new(HERE, policy(true, 0));
    wish(&mut node, NOW, answer);
    sent_of_a_thousand(&mut node, NOW, method)
}

/// Lets the server at `THERE` answer a request with `answer` in the Via.
fn wish(node: &mut Node, now: Instant, answer: &str) {
    node.send(now, Method::Bye, &format!("sip:{THERE}"));
    let (_, text) = node.drain(now).pop().unwrap();
    assert!(top_via(&text).ends_with(OFFER), "§4.1, §4.2: {text}");
    let message = Message::parse(text.as_bytes(), &Limits::default()).unwrap();
    let via = top_via(&text).replace(OFFER, answer);
    let response = format!(
        "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: <sip:a@example.com>;tag=1\r\n\
         To: <sip:a@example.com>;tag=2\r\nCall-ID: {}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
        message.call_id().unwrap(),
    );
    node.receive(now, THERE, response.as_bytes());
    assert_eq!(node.endpoint.user.responses.len(), 1, "{response}");
    node.endpoint.user.responses.clear();
}

fn sent_of_a_thousand(node: &mut Node, now: Instant, method: Method<'_>) -> usize {
    (0..1000).filter(|_| try_to_send(node, now, method)).count()
}

fn try_to_send(node: &mut Node, now: Instant, method: Method<'_>) -> bool {
    let to = format!("sip:{THERE}");
    let request = outgoing(method, &to);
    let sent = node.endpoint.command(now, |_, stack, _| {
        let target = stack.select(&to).unwrap();
        stack.request(&request, target)
    });
    assert!(matches!(sent, Ok(_) | Err(SendError::HeldBack)), "{sent:?}");
    sent.is_ok()
}

/// RFC 7339 §7.2: of all requests, those that begin something first.
#[test]
fn a_client_holds_back_the_share_it_was_asked_to() {
    let loss = |percent| format!(";oc={percent};oc-algo=\"loss\";oc-validity=500;oc-seq=1.1");
    for (percent, new, ongoing) in [
        (0, 1.0, 1.0),
        (40, 0.5, 1.0),
        (60, 0.25, 1.0),
        (80, 0.0, 1.0),
        (90, 0.0, 0.5),
        (100, 0.0, 0.0),
    ] {
        let mut node = Node::new(HERE, policy(true, 0));
        wish(&mut node, NOW, &loss(percent));
        // Four of five requests are new.
        let mut sent = [0.0; 2];
        for round in 0..5000 {
            let (place, method) = match round % 5 {
                0 => (1, Method::Bye),
                _ => (0, Method::Options),
            };
            if try_to_send(&mut node, NOW, method) {
                sent[place] += 1.0;
            }
        }
        let is_near = |share: f64, wanted: f64| (share - wanted).abs() < 0.05;
        assert!(
            is_near(sent[0] / 4000.0, new) && is_near(sent[1] / 1000.0, ongoing),
            "oc={percent}: {sent:?}"
        );
    }
}

/// §7.2: the mix is taken from what is sent.
#[test]
fn where_all_requests_are_alike_each_is_held_back_as_often() {
    let loss = ";oc=90;oc-algo=\"loss\";oc-validity=500;oc-seq=1.1";
    for method in [Method::Options, Method::Bye] {
        let sent = after(loss, method);
        assert!((60..150).contains(&sent), "{sent} of 1000, 100 expected");
    }
}

#[test]
fn only_what_is_understood_is_heeded() {
    for none in [
        "",
        OFFER,
        ";oc-validity=500",
        ";oc=50;oc-algo=\"A\";oc-validity=500;oc-seq=1.1",
        ";oc=50;oc-algo=\"loss,rate\";oc-validity=500;oc-seq=1.1",
        ";oc=101;oc-algo=\"loss\";oc-validity=500;oc-seq=1.1",
        ";oc=50;oc-algo=\"loss\";oc-validity=0;oc-seq=1.1",
    ] {
        assert_eq!(after(none, Method::Options), 1000, "{none}");
    }
}

/// RFC 7415 §3.5.
#[test]
fn a_client_keeps_to_the_rate_it_was_given() {
    let rate = ";oc=10;oc-algo=\"rate\";oc-validity=60000;oc-seq=1.1";
    let mut node = Node::new(HERE, policy(true, 0));
    wish(&mut node, NOW, rate);
    // What may come at once (§3.5.2: five intervals), and then one each interval.
    assert_eq!(sent_of_a_thousand(&mut node, NOW, Method::Options), 6);
    let mut sent = 0;
    for millis in 1..=10_000 {
        let now = NOW + Duration::from_millis(millis);
        sent += usize::from(try_to_send(&mut node, now, Method::Options));
    }
    assert_eq!(sent, 100);
    // There is room yet for what is under way.
    let now = NOW + Duration::from_millis(10_000);
    assert_eq!(sent_of_a_thousand(&mut node, now, Method::Bye), 5);
    // Another server is another matter (RFC 7339 §5.4).
    let elsewhere = "sip:192.0.2.10";
    let request = outgoing(Method::Options, elsewhere);
    let sent = node.endpoint.command(now, |_, stack, _| {
        let target = stack.select(elsewhere).unwrap();
        stack.request(&request, target).is_ok()
    });
    assert!(sent);
    let none = ";oc=0;oc-algo=\"rate\";oc-validity=500;oc-seq=1.1";
    assert_eq!(after(none, Method::Bye), 0);
}

/// RFC 7339 §4.3, §5.7.
#[test]
fn a_wish_is_over_when_its_validity_is_or_when_the_server_says_so() {
    let loss = ";oc=80;oc-algo=\"loss\";oc-seq=5.1";
    let mut node = Node::new(HERE, policy(true, 0));
    wish(&mut node, NOW, loss);
    assert!(!try_to_send(
        &mut node,
        NOW + Duration::from_millis(499),
        Method::Options
    ));
    assert!(try_to_send(
        &mut node,
        NOW + Duration::from_millis(500),
        Method::Options
    ));

    let mut node = Node::new(HERE, policy(true, 0));
    wish(&mut node, NOW, loss);
    wish(
        &mut node,
        NOW,
        ";oc=80;oc-algo=\"loss\";oc-validity=0;oc-seq=5.2",
    );
    assert!(try_to_send(&mut node, NOW, Method::Options));
    // §4.4: what was on its way meanwhile changes nothing.
    wish(&mut node, NOW, loss);
    assert!(try_to_send(&mut node, NOW, Method::Options));
}

/// RFC 7339 §4.4, §5.4.
#[test]
fn of_two_wishes_the_one_with_the_higher_number_stands() {
    let told = |percent: u32, sequence: &str| {
        format!(";oc={percent};oc-algo=\"loss\";oc-validity=500;oc-seq={sequence}")
    };
    for (second, counts) in [
        ("100.5", true),
        ("101.0", true),
        ("100.4", false),
        ("100.39999", false),
        ("99.9", false),
        // So much less that the server has begun anew.
        ("1.0", true),
    ] {
        let mut node = Node::new(HERE, policy(true, 0));
        wish(&mut node, NOW, &told(80, "100.4"));
        wish(&mut node, NOW, &told(0, second));
        assert_eq!(
            try_to_send(&mut node, NOW, Method::Options),
            counts,
            "{second}"
        );
    }
}

#[test]
fn no_more_servers_are_remembered_than_there_is_room_for() {
    let config = EndpointConfig {
        limits: Limits {
            overloaded_servers: 0,
            ..Limits::default()
        },
        ..policy(true, 0)
    };
    let mut node = Node::new(HERE, config);
    wish(&mut node, NOW, ";oc=80;oc-algo=\"loss\";oc-seq=5.1");
    assert!(try_to_send(&mut node, NOW, Method::Options));
}

/// §21.5.4: the last places are not for everyone.
#[test]
fn the_table_keeps_places_for_what_is_under_way() {
    let config = EndpointConfig {
        limits: Limits {
            server_transactions: 100,
            ..Limits::default()
        },
        ..EndpointConfig::default()
    };
    let mut node = Node::new(HERE, config);
    let mut fill = |method: &str, uri: &str, tag: &str, first: u32| {
        (first..first + 200)
            .take_while(|number| {
                let text = request(method, uri, tag, "", *number, "");
                let sent = node.receive(NOW, THERE, text.as_bytes());
                let is_refused = sent.first().is_some_and(|text| first_words(text) == "503");
                assert!(!is_refused || sent[0].contains("Retry-After: 5\r\n"));
                !is_refused
            })
            .count()
    };
    assert_eq!(fill("OPTIONS", "sip:bob@192.0.2.1", "", 0), 90);
    assert_eq!(fill("BYE", "sip:bob@192.0.2.1", ";tag=2", 1000), 8);
    assert_eq!(fill("INVITE", "urn:service:sos", "", 2000), 2);
    assert_eq!(node.endpoint.stats().dropped(DropReason::Overload), 3);
}

#[test]
fn no_address_takes_all_places() {
    let config = EndpointConfig {
        limits: Limits {
            server_transactions_per_source: 2,
            ..Limits::default()
        },
        ..EndpointConfig::default()
    };
    let mut node = Node::new(HERE, config);
    node.endpoint.user.answers.insert("OPTIONS", [200].into());
    let ask = |node: &mut Node, source: &str, number| {
        let text = request("OPTIONS", "sip:bob@192.0.2.1", "", "", number, "");
        let sent = node.receive(NOW, source, text.as_bytes());
        first_words(&sent[0])
    };
    assert_eq!(ask(&mut node, THERE, 1), "200");
    assert_eq!(ask(&mut node, "192.0.2.9:9999", 2), "200");
    assert_eq!(ask(&mut node, "192.0.2.9:7777", 3), "503");
    assert_eq!(ask(&mut node, "192.0.2.8:5060", 4), "200");
    // Timer J: what it had is over.
    let later = NOW + Duration::from_secs(33);
    node.endpoint.handle_input(later, Input::Timeout);
    node.drain(later);
    let text = request("OPTIONS", "sip:bob@192.0.2.1", "", "", 5, "");
    let source = THERE.parse().unwrap();
    let bytes = text.as_bytes();
    node.endpoint.handle_input(
        later,
        Input::Datagram {
            flow: FLOW,
            source,
            bytes,
        },
    );
    let (_, sent) = node.drain(later).pop().unwrap();
    assert_eq!(first_words(&sent), "200");
}

/// Their transactions would be compared one by one with every further request.
#[test]
fn no_branch_and_no_call_takes_a_place_without_end() {
    let same_branch = |number: u32| {
        request("OPTIONS", "sip:bob@192.0.2.1", "", "", number, "")
            .replacen(&format!("z9hG4bK{number}\r"), "z9hG4bKsame\r", 1)
            .replacen(
                "SIP/2.0/UDP 192.0.2.9:5060",
                &format!("SIP/2.0/UDP h{number}:5060"),
                1,
            )
    };
    let same_call = |number: u32| {
        request("OPTIONS", "sip:bob@192.0.2.1", "", "", number, "").replacen(
            &format!("Call-ID: {number}"),
            "Call-ID: same",
            1,
        )
    };
    for text in [&same_branch as &dyn Fn(u32) -> String, &same_call] {
        let mut node = Node::new(HERE, EndpointConfig::default());
        let refused = (0..100).filter(|number| {
            let sent = node.receive(NOW, THERE, text(*number).as_bytes());
            !sent.is_empty()
        });
        assert_eq!(refused.count(), 36);
        assert_eq!(node.endpoint.stats().dropped(DropReason::Overload), 36);
    }
}
