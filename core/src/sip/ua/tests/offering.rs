//! Where offers and answers stand (RFC 6337 §2.2): its six patterns walked through, and what stands
//! elsewhere.

use alloc::string::String;
use alloc::vec::Vec;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, forget_events, from_caller, in_dialog, plan};
use crate::sdp::{Codec, Direction, LocalMedia, MediaKind};
use crate::sip::ua::UserAgentConfig;

/// RFC 6337 §2.2, Table 1: what carries an offer, and what its answer.
const PATTERNS: [(&str, &str); 6] = [
    ("INVITE", "200 INVITE"),
    ("200 INVITE", "ACK"),
    ("INVITE", "1xx-rel"),
    ("1xx-rel", "PRACK"),
    ("PRACK", "200 PRACK"),
    ("UPDATE", "200 UPDATE"),
];

/// What a description is, by where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Offer,
    Answer,
    /// §3.1.1: in an unreliable response, before the answer.
    Preview,
    /// §3.1.1: the answer once more in the same transaction.
    Copy,
    /// No pattern has one there.
    Misplaced,
}

/// What carries a message's description, in the words of the table.
fn carrier(sent: &Sent) -> String {
    let label = sent.label();
    match label.split_once(' ') {
        Some((status, "INVITE")) if status.starts_with('1') => {
            match sent.field("Require").contains("100rel") {
                true => "1xx-rel".into(),
                false => "1xx".into(),
            }
        }
        _ => label,
    }
}

/// The role of every description on the wire, copies of messages apart.
fn roles(log: &[Sent]) -> Vec<(String, Role)> {
    let mut roles = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut open: Option<(String, core::net::SocketAddr)> = None;
    // The INVITE that offered, once that offer is answered.
    let mut answered: Option<core::net::SocketAddr> = None;
    for sent in log {
        if seen.contains(&&*sent.text) {
            continue;
        }
        seen.push(&sent.text);
        let carrier = carrier(sent);
        let refused = carrier
            .split_once(' ')
            .is_some_and(|(status, _)| status >= "300");
        if refused {
            open = None;
        }
        if sent.body().is_empty() || refused {
            continue;
        }
        let role = match &open {
            Some((offer, from)) if *from != sent.from => {
                let pair = (&**offer, &*carrier);
                match PATTERNS.contains(&pair) {
                    true => Role::Answer,
                    false if pair == ("INVITE", "1xx") => Role::Preview,
                    false => Role::Misplaced,
                }
            }
            None if answered == Some(sent.to)
                && matches!(&*carrier, "1xx" | "1xx-rel" | "200 INVITE") =>
            {
                Role::Copy
            }
            None if PATTERNS.iter().any(|(offer, _)| *offer == carrier) => Role::Offer,
            Some(_) | None => Role::Misplaced,
        };
        match role {
            Role::Offer => open = Some((carrier.clone(), sent.from)),
            Role::Answer => {
                answered = open
                    .take()
                    .filter(|(it, _)| it == "INVITE")
                    .map(|(_, from)| from);
            }
            Role::Preview | Role::Copy | Role::Misplaced => {}
        }
        roles.push((carrier, role));
    }
    roles
}

fn pattern(number: usize) -> [(String, Role); 2] {
    let (offer, answer) = PATTERNS[number - 1];
    [(offer.into(), Role::Offer), (answer.into(), Role::Answer)]
}

/// Both have the same session, each from its own side.
fn assert_agreed(net: &Net, calls: [crate::sip::ua::CallHandle; 2]) {
    let plan = |node: usize| {
        let user = net.nodes[node].endpoint.user();
        user.call(calls[node])
            .unwrap()
            .plans()
            .next()
            .unwrap()
            .1
            .clone()
    };
    let (one, other) = (plan(0), plan(1));
    assert_eq!((one.remote, other.remote), (other.local, one.local));
    assert_eq!(one.direction, other.direction.reversed());
    assert_eq!(one.codec, other.codec);
}

/// Patterns 1 to 4: who offers, and whether the callee says something before it accepts.
// shows: S234 S249
#[test]
fn the_patterns_of_an_invite() {
    for (number, offers, early) in [
        (1, true, false),
        (2, false, false),
        (3, true, true),
        (4, false, true),
    ] {
        let mut net = Net::pair();
        let (alice, now) = net.at(0);
        let a = match offers {
            true => alice.invite(now, "sip:bob@192.0.2.2", media(1)),
            false => alice.invite_without_offer(now, "sip:bob@192.0.2.2", media(1)),
        };
        net.run_ms(50);
        let b = net.incoming(1);
        if early {
            let (bob, now) = net.at(1);
            bob.begin_early_session(now, b, media(2)).unwrap();
            net.run_ms(50);
            assert_eq!(roles(&net.log), pattern(number), "before it is accepted");
        }
        let (bob, now) = net.at(1);
        bob.accept(now, b, media(2)).unwrap();
        net.run_ms(50);
        assert_eq!(roles(&net.log), pattern(number));
        let calls = [a.unwrap(), b];
        assert_agreed(&net, calls);
        // Pattern 1 within the dialog: the callee holds, and resumes.
        for (on_hold, direction) in [(true, Direction::RecvOnly), (false, Direction::SendRecv)] {
            net.log.clear();
            forget_events(&mut net);
            let (bob, now) = net.at(1);
            match on_hold {
                true => bob.hold(now, b).unwrap(),
                false => bob.resume(now, b).unwrap(),
            }
            net.run_ms(80);
            assert_eq!(roles(&net.log), pattern(1));
            assert_eq!(net.expect(0, plan).direction, direction);
            assert_agreed(&net, calls);
        }
    }
}

/// Pattern 5 needs a caller that offers in PRACK, as none of ours does; patterns 3 and 6 come first and
/// last in the same early dialog. Several exchanges before the call is answered, and the 2xx and its ACK
/// are without one.
// shows: S249
#[test]
fn the_patterns_of_an_early_dialog() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let more = "Supported: 100rel\r\nAllow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\r\n";
    let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, b, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    let tag = progress.tag("To");
    let rack = alloc::format!("RAck: {} 1 INVITE\r\n", progress.field("RSeq"));
    let held = sdp(9, "sendonly").replace("o=- 1 1", "o=- 1 2");
    let prack = from_caller("PRACK", 2, tag, &rack, &held);
    net.inject(address(9), address(1), &prack);
    net.puppet_receives("200 PRACK");
    let again = sdp(9, "sendrecv").replace("o=- 1 1", "o=- 1 3");
    let update = from_caller("UPDATE", 3, tag, "", &again);
    net.inject(address(9), address(1), &update);
    net.puppet_receives("200 UPDATE");
    let (bob, now) = net.at(0);
    bob.accept(now, b, media(1)).unwrap();
    assert_eq!(net.puppet_receives("200 INVITE").body(), "");
    let expected = [pattern(3), pattern(5), pattern(6)].concat();
    assert_eq!(roles(&net.log), expected);
    let user = net.nodes[0].endpoint.user();
    let (_, plan) = user.call(b).unwrap().plans().next().unwrap();
    assert_eq!(plan.direction, Direction::SendRecv);
}

/// Pattern 6 between two of ours, and Table 2 for it and for pattern 1: 488, and all is as it was.
// shows: S249
#[test]
fn an_update_and_what_rejects_it() {
    let mut net = Net::pair();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.begin_early_session(now, b, media(2)).unwrap();
    net.run_ms(50);
    net.log.clear();
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.run_ms(50);
    assert_eq!(roles(&net.log), pattern(6));
    assert_agreed(&net, [a, b]);

    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    let before = net.expect(0, plan);
    let video = sdp(9, "sendrecv").replace("audio 5000 RTP/AVP 0", "video 5000 RTP/AVP 31");
    for (cseq, method) in [(2, "INVITE"), (3, "UPDATE")] {
        let offer = in_dialog(&invite, method, cseq, "", &video);
        net.inject(address(9), address(1), &offer);
        let refusal = net.puppet_receives(&alloc::format!("488 {method}"));
        assert!(refusal.field("Warning").starts_with("399 "));
        let user = net.nodes[0].endpoint.user();
        let (_, plan) = user.call(a).unwrap().plans().next().unwrap();
        assert_eq!(*plan, before);
    }
}

/// §3.1.1: after the answer in a reliable response, what else the INVITE's responses describe says
/// nothing; nor does a description where no pattern has one.
// shows: S249
#[test]
fn descriptions_elsewhere_are_told_apart_and_change_nothing() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let reliable = alloc::format!("{contact}Require: 100rel\r\nRSeq: 1\r\n");
    let say = |net: &mut Net, status: &str, more: &str, host: u8| {
        let text = response(&invite, status, "t", more, &sdp(host, "sendrecv"));
        net.inject(address(9), address(1), &text);
        net.run_ms(20);
    };
    say(&mut net, "183 Session Progress", contact, 9);
    say(&mut net, "183 Session Progress", &reliable, 9);
    net.puppet_receives("PRACK");
    // Two copies that differ from the answer.
    say(&mut net, "180 Ringing", contact, 7);
    say(&mut net, "200 OK", contact, 8);
    net.puppet_receives("ACK");
    for (cseq, method) in [(2, "INFO"), (3, "BYE")] {
        let user = net.nodes[0].endpoint.user();
        let (_, plan) = user.call(a).unwrap().plans().next().unwrap();
        assert_eq!(
            plan.remote,
            ([192, 0, 2, 9], 5000).into(),
            "before the {method}"
        );
        let text = in_dialog(&invite, method, cseq, "", &sdp(7, "sendrecv"));
        net.inject(address(9), address(1), &text);
        net.run_ms(20);
    }
    let of = |carrier: &str, role| (String::from(carrier), role);
    let puppet = net
        .log
        .iter()
        .filter(|sent| !sent.body().is_empty())
        .count();
    assert!(puppet >= 7, "what the puppet says is in the log too");
    assert_eq!(
        roles(&net.log),
        [
            of("INVITE", Role::Offer),
            of("1xx", Role::Preview),
            of("1xx-rel", Role::Answer),
            of("1xx", Role::Copy),
            of("200 INVITE", Role::Copy),
            of("INFO", Role::Misplaced),
            of("BYE", Role::Misplaced),
        ]
    );
}

/// Sound and picture in one call: the events tell of the sound, the call of both; and OPTIONS tells
/// what would be had, with port 0 and the status an INVITE would get (RFC 3264 §9, RFC 3261 §11.2).
// shows: S233
#[test]
fn a_call_has_several_streams_and_options_describes_them() {
    let picture = |n: u8| {
        let codecs = Vec::from([Codec::audio("H261", 90000)]);
        LocalMedia::rtp(MediaKind::Video, ([192, 0, 2, n], 6000).into(), codecs)
    };
    let mut config = UserAgentConfig::new("sip:bob@example.org");
    config.capabilities = [media(2), picture(2)].to_vec();
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org"), config]);
    let (alice, now) = net.at(0);
    alice.options(now, "sip:bob@192.0.2.2").unwrap();
    net.run_ms(50);
    let described = net.sent("200 OPTIONS")[0].body();
    let lines: Vec<&str> = described
        .lines()
        .filter(|line| line.starts_with("m="))
        .collect();
    assert_eq!(lines, ["m=audio 0 RTP/AVP 0 8 96", "m=video 0 RTP/AVP 31"]);

    let (alice, now) = net.at(0);
    let both = [media(1), picture(1)];
    let a = alice.invite(now, "sip:bob@192.0.2.2", both).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.accept(now, b, [picture(2), media(2)]).unwrap();
    net.run_ms(50);
    assert_eq!(net.expect(0, plan).kind, MediaKind::Audio);
    let kinds = |node: usize, call| -> Vec<(usize, MediaKind)> {
        let user = net.nodes[node].endpoint.user();
        let plans = user.call(call).unwrap().plans();
        plans.map(|(at, plan)| (at, plan.kind)).collect()
    };
    assert_eq!(kinds(0, a), [(0, MediaKind::Audio), (1, MediaKind::Video)]);
    assert_eq!(kinds(1, b), [(1, MediaKind::Audio), (0, MediaKind::Video)]);
}
