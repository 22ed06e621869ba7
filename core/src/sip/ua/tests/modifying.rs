//! Sessions that are modified in the middle of a call (RFC 3264 §8; RFC 3261 §14; RFC 6141): streams
//! that come, go and change, from either end.

use alloc::string::String;
use alloc::vec::Vec;

use core::net::SocketAddr;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, forget_events, from_caller, in_dialog, plan};
use crate::sdp::{Codec, Direction, LocalMedia, MediaKind, MediaPlan};
use crate::sip::message::StatusCode;
use crate::sip::ua::{CallHandle, ModifyError, Stage, UaEvent, UserAgentConfig};

fn picture(n: u8) -> LocalMedia {
    let codecs = Vec::from([Codec::audio("H261", 90000)]);
    LocalMedia::rtp(MediaKind::Video, ([192, 0, 2, n], 6000).into(), codecs)
}

/// Alice calls Bob, who would take a picture as well.
fn talking() -> (Net, [CallHandle; 2]) {
    let mut net = Net::pair();
    let (a, b) = net.ringing();
    let (bob, now) = net.at(1);
    bob.accept(now, b, [media(2), picture(2)]).unwrap();
    net.run_ms(50);
    settle(&mut net);
    (net, [a, b])
}

/// Forgets what was said and told so far.
fn settle(net: &mut Net) {
    forget_events(net);
    net.forget();
}

/// The `m=` lines of a description, as far as the port.
fn places(sent: &Sent) -> Vec<String> {
    let lines = sent.body().lines().filter(|line| line.starts_with("m="));
    let words = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    lines.map(words).collect()
}

/// The streams of a call by their places, which both ends have to see alike.
fn streams(net: &Net, calls: [CallHandle; 2]) -> Vec<(usize, usize, MediaKind)> {
    let plans = |node: usize| -> Vec<(usize, MediaPlan)> {
        let call = net.nodes[node].endpoint.user().call(calls[node]).unwrap();
        call.plans().map(|(at, plan)| (at, plan.clone())).collect()
    };
    let (ours, theirs) = (plans(0), plans(1));
    assert_eq!(ours.len(), theirs.len());
    let both = ours.iter().zip(&theirs);
    both.map(|((at, one), (there, other))| {
        assert_eq!((one.remote, other.remote), (other.local, one.local));
        assert_eq!(one.direction, other.direction.reversed());
        assert!(one.codec.matches(&other.codec));
        assert_eq!(one.kind, other.kind);
        (*at, *there, one.kind)
    })
    .collect()
}

fn agreed(stream: usize) -> impl Fn(&UaEvent) -> Option<MediaPlan> {
    move |event| match event {
        UaEvent::StreamAgreed {
            stream: at, plan, ..
        } if *at == stream => Some(plan.clone()),
        _ => None,
    }
}

/// §8.1, §8.2: the caller adds a stream, the callee removes it, and the caller takes its place again;
/// then all of it from the other end. No place is ever lost, and each end is told of what the other
/// has done.
#[test]
fn a_stream_is_added_removed_and_its_place_used_again() {
    for adder in [0, 1] {
        let (mut net, calls) = talking();
        let remover = 1 - adder;
        let n = u8::try_from(adder + 1).unwrap();
        let (agent, now) = net.at(adder);
        let at = agent.add_stream(now, calls[adder], picture(n)).unwrap();
        // Bob has brought a picture already, and nobody has seen it.
        assert_eq!(at, 1);
        if adder == 1 {
            // Of Alice's two streams there is one: she has no media for the other.
            net.run_ms(80);
            assert_eq!(
                places(net.sent("INVITE")[0]),
                ["m=audio 4000", "m=video 6000"]
            );
            assert_eq!(
                places(net.sent("200 INVITE")[0]),
                ["m=audio 4000", "m=video 0"]
            );
            let refused = UaEvent::StreamRefused {
                call: calls[0],
                kind: MediaKind::Video,
            };
            assert!(net.saw(0, &refused));
            let lost = UaEvent::StreamRemoved {
                call: calls[1],
                stream: 1,
            };
            assert!(net.saw(1, &lost));
            let (alice, now) = net.at(0);
            assert_eq!(alice.add_stream(now, calls[0], picture(1)), Ok(1));
        }
        net.run_ms(80);
        let offer = *net.sent("INVITE").last().unwrap();
        assert_eq!(places(offer), ["m=audio 4000", "m=video 6000"]);
        let both = [(0, 0, MediaKind::Audio), (1, 1, MediaKind::Video)];
        assert_eq!(streams(&net, calls), both);
        for node in [0, 1] {
            let seen = net.expect(node, agreed(1));
            assert_eq!(seen.kind, MediaKind::Video);
        }
        let done = UaEvent::ModifyDone { call: calls[0] };
        assert!(net.saw(0, &done));

        settle(&mut net);
        let (agent, now) = net.at(remover);
        agent.remove_stream(now, calls[remover], 1).unwrap();
        net.run_ms(80);
        for label in ["INVITE", "200 INVITE"] {
            assert_eq!(places(net.sent(label)[0]), ["m=audio 4000", "m=video 0"]);
        }
        assert_eq!(streams(&net, calls), [(0, 0, MediaKind::Audio)]);
        for (node, call) in calls.into_iter().enumerate() {
            assert_eq!(net.expect(node, plan).kind, MediaKind::Audio);
            assert!(net.saw(node, &UaEvent::StreamRemoved { call, stream: 1 }));
        }

        settle(&mut net);
        // A second voice is another stream, below all that there were; the picture gets its place back.
        let mut second = media(n);
        second.address.set_port(4002);
        let (agent, now) = net.at(adder);
        assert_eq!(agent.add_stream(now, calls[adder], second), Ok(2));
        assert_eq!(agent.add_stream(now, calls[adder], picture(n)), Ok(1));
        net.run_ms(200);
        let offer = net.sent("INVITE").pop().unwrap();
        assert_eq!(
            places(offer),
            ["m=audio 4000", "m=video 6000", "m=audio 4002"]
        );
        let answer = places(net.sent("200 INVITE").pop().unwrap());
        assert_eq!(answer.len(), 3);
        assert_eq!(answer[2], "m=audio 0");
        let (agent, now) = net.at(0);
        agent.hang_up(now, calls[0]).unwrap();
        net.assert_idle();
    }
}

/// §8.2: with every stream gone the call is still there, and so are the places.
#[test]
fn a_call_without_any_stream_goes_on() {
    let (mut net, calls) = talking();
    let (alice, now) = net.at(0);
    alice.remove_stream(now, calls[0], 0).unwrap();
    net.run_ms(80);
    assert_eq!(streams(&net, calls), []);
    for (node, call) in calls.into_iter().enumerate() {
        assert!(net.saw(node, &UaEvent::StreamRemoved { call, stream: 0 }));
        let stage = net.nodes[node].endpoint.user().call(call).unwrap().stage();
        assert_eq!(stage, Stage::Established);
    }
    // Even an offer that is asked for has none; nobody has hung up for that.
    settle(&mut net);
    let (alice, now) = net.at(0);
    alice.modify_stream(now, calls[0], 0, media(1)).unwrap();
    net.run_ms(80);
    assert_eq!(streams(&net, calls), [(0, 0, MediaKind::Audio)]);
    assert_eq!(places(net.sent("INVITE")[0]), ["m=audio 4000"]);
    assert_eq!(
        net.expect(1, plan).rtp_destination(),
        Some(media(1).address)
    );
}

/// The dynamic payload types of the first stream in a description: number and name.
fn numbers(sent: &Sent) -> Vec<(u8, String)> {
    let maps = sent
        .body()
        .lines()
        .filter_map(|line| line.strip_prefix("a=rtpmap:"));
    let map = |line: &str| {
        let (number, name) = line.split_once(' ').unwrap();
        (number.parse().unwrap(), String::from(name))
    };
    maps.map(map).filter(|(number, _)| *number >= 96).collect()
}

/// §8.3.2: the formats change back and forth, by either end, and no number ever means anything else
/// than it has meant.
#[test]
fn formats_change_and_numbers_keep_their_meaning() {
    let codecs = |names: &[(&'static str, u32)]| -> Vec<Codec> {
        let codec = |(name, rate): &(&'static str, u32)| Codec::audio(name, *rate);
        names.iter().map(codec).collect()
    };
    let voice = |n: u8, names: &[(&'static str, u32)]| LocalMedia {
        codecs: codecs(names),
        ..media(n)
    };
    let all = [("opus", 48000), ("speex", 16000), ("iLBC", 8000)];
    let mut net = Net::pair();
    let (alice, now) = net.at(0);
    let first = voice(1, &all[..1]);
    let a = alice.invite(now, "sip:bob@192.0.2.2", first).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.accept(now, b, voice(2, &all)).unwrap();
    net.run_ms(50);
    let calls = [a, b];
    let mut meant: [Vec<(u8, String)>; 2] = [Vec::new(), Vec::new()];
    for (node, names, used) in [
        (0, &all[1..2], "speex"),
        (1, &all[..2], "speex"),
        (0, &all[..], "opus"),
        (1, &all[2..], "iLBC"),
        (0, &all[..1], "opus"),
    ] {
        let n = u8::try_from(node + 1).unwrap();
        if node == 0 && used == "opus" && names.len() == 1 {
            // Bob speaks all of them again.
            let (bob, now) = net.at(1);
            bob.modify_session(now, b, voice(2, &all)).unwrap();
            net.run_ms(80);
        }
        forget_events(&mut net);
        let (agent, now) = net.at(node);
        agent
            .modify_session(now, calls[node], voice(n, names))
            .unwrap();
        net.run_ms(80);
        let done = UaEvent::ModifyDone { call: calls[node] };
        assert!(net.saw(node, &done), "{used}");
        let call = net.nodes[0].endpoint.user().call(a).unwrap();
        assert_eq!(call.plans().next().unwrap().1.codec.name, used);
        assert_eq!(streams(&net, calls).len(), 1);
    }
    for sent in net.log.iter().filter(|sent| sent.body().starts_with("v=0")) {
        let of = usize::from(sent.from == address(2));
        for (number, name) in numbers(sent) {
            let known = meant[of].iter().find(|(other, _)| *other == number);
            assert!(known.is_none_or(|(_, other)| *other == name), "{number}");
            meant[of].push((number, name));
        }
    }
    assert!(meant.iter().all(|meant| meant.len() > 3));
}

/// §8.3.2: of a stream whose numbers are all given away no format is left to offer: the session stays
/// as it is, and that is told.
#[test]
fn numbers_may_run_out() {
    let (mut net, [a, _]) = talking();
    for round in 0..8_u32 {
        let rates = (1..20).map(|rate| 1000 * (20 * round + rate));
        let mut voice = media(1);
        voice.codecs = rates.map(|rate| Codec::audio("L16", rate)).collect();
        voice.codecs.truncate(if round == 7 { 1 } else { 19 });
        if round < 7 {
            voice.codecs.push(Codec::PCMU);
        }
        let (alice, now) = net.at(0);
        alice.modify_stream(now, a, 0, voice).unwrap();
        net.run_ms(80);
    }
    let refused = net.expect(0, |event| match event {
        UaEvent::ChangeRefused { status, .. } => Some(*status),
        _ => None,
    });
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    let offers = net.sent("INVITE");
    assert_eq!(offers.len(), 7);
    let empty = |sent: &&&Sent| sent.body().lines().any(|line| line.ends_with("RTP/AVP"));
    assert_eq!(offers.iter().filter(empty).count(), 0);
}

/// RFC 3261 §14.1: both add a stream at once. Each is told 491, waits as long as its end has to, and
/// both streams are there in the end.
#[test]
fn both_ends_modify_at_once() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    let calls = [a, b];
    settle(&mut net);
    for (node, call) in calls.into_iter().enumerate() {
        let n = u8::try_from(node + 1).unwrap();
        let (agent, now) = net.at(node);
        assert_eq!(agent.add_stream(now, call, picture(n)), Ok(1));
    }
    net.run_secs(10);
    assert_eq!(net.sent("491 INVITE").len(), 2);
    let both = [(0, 0, MediaKind::Audio), (1, 1, MediaKind::Video)];
    assert_eq!(streams(&net, calls), both);
    for (node, call) in calls.into_iter().enumerate() {
        assert!(net.saw(node, &UaEvent::ModifyDone { call }));
    }
}

/// Whatever is asked for before its turn comes goes in one offer: a stream more, one less, and hold.
#[test]
fn what_waits_goes_together() {
    let (mut net, [a, b]) = talking();
    let (alice, now) = net.at(0);
    alice.add_stream(now, a, picture(1)).unwrap();
    // Under way; what follows has to wait for its answer.
    alice.hold(now, a).unwrap();
    assert_eq!(alice.add_stream(now, a, picture(1)), Ok(2));
    alice.remove_stream(now, a, 1).unwrap();
    assert_eq!(alice.user().call(a).unwrap().media().len(), 3);
    net.run_ms(200);
    let offers: Vec<_> = net.sent("INVITE").into_iter().map(places).collect();
    assert_eq!(
        offers,
        [
            Vec::from(["m=audio 4000", "m=video 6000"]),
            Vec::from(["m=audio 4000", "m=video 0", "m=video 6000"]),
        ]
    );
    assert!(net.sent("INVITE")[1].body().contains("a=sendonly"));
    assert!(net.saw(1, &UaEvent::RemoteHold { call: b }));
    assert!(net.nodes[0].endpoint.user().call(a).unwrap().is_held());
    // A later modification holds on.
    settle(&mut net);
    let (alice, now) = net.at(0);
    alice.modify_stream(now, a, 0, media(1)).unwrap();
    net.run_ms(80);
    assert!(net.sent("INVITE")[0].body().contains("a=sendonly"));
    assert!(net.saw(0, &UaEvent::ModifyDone { call: a }));
}

/// RFC 3261 §14.1, RFC 6141 §3.1 (Figure 1): a refusal leaves the session as it was, and what comes
/// next begins there; the version goes on from the last description the far end has seen.
#[test]
fn a_refused_modification_leaves_no_trace() {
    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    let before: Vec<LocalMedia> = net.at(0).0.user().call(a).unwrap().media().to_vec();
    let (alice, now) = net.at(0);
    alice.add_stream(now, a, picture(1)).unwrap();
    let reinvite = net.puppet_receives("INVITE");
    let refusal = response(&reinvite, "488 Not Acceptable Here", "t", "", "");
    net.inject(address(9), address(1), &refusal);
    net.run_ms(50);
    let refused = UaEvent::ChangeRefused {
        call: a,
        status: StatusCode::NOT_ACCEPTABLE_HERE,
        details: None,
    };
    assert!(net.saw(0, &refused));
    let call = net.at(0).0.user().call(a).unwrap();
    assert_eq!(call.media(), before);
    assert_eq!(call.plans().count(), 1);
    let update = in_dialog(&invite, "UPDATE", 1, "", &sdp(8, "sendrecv"));
    net.inject(address(9), address(1), &update);
    let answer = net.puppet_receives("200 UPDATE");
    assert_eq!(places(&answer), ["m=audio 4000"]);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    assert_eq!(places(&net.puppet_receives("INVITE")), ["m=audio 4000"]);
}

/// RFC 6141 §3.1 (Figure 2): of one offer one change is taken and the other is not.
#[test]
fn a_far_end_may_take_part_of_it() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    settle(&mut net);
    let mut moved = media(1);
    moved.address.set_port(4444);
    let (alice, now) = net.at(0);
    alice
        .modify_session(now, a, [moved.clone(), picture(1)])
        .unwrap();
    net.run_ms(80);
    assert_eq!(streams(&net, [a, b]), [(0, 0, MediaKind::Audio)]);
    assert_eq!(net.expect(1, plan).rtp_destination(), Some(moved.address));
    assert!(net.saw(
        1,
        &UaEvent::StreamRefused {
            call: b,
            kind: MediaKind::Video
        }
    ));
    // §8.3.1: what is on its way to the old port is still heard there.
    let ours = net.expect(0, plan);
    assert_eq!(ours.previous_local, Some(media(1).address));
    assert!(net.saw(0, &UaEvent::StreamRemoved { call: a, stream: 1 }));
    assert!(net.saw(0, &UaEvent::ModifyDone { call: a }));
}

/// RFC 3311 §5.1: before the call is answered it is an UPDATE, and each end may send one.
#[test]
fn an_early_session_is_modified_by_update() {
    let mut net = Net::pair();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    assert_eq!(
        alice.add_stream(now, a, picture(1)),
        Err(ModifyError::WrongState(Stage::Calling))
    );
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.begin_early_session(now, b, [media(2), picture(2)])
        .unwrap();
    net.run_ms(50);
    settle(&mut net);
    let (alice, now) = net.at(0);
    alice.add_stream(now, a, picture(1)).unwrap();
    net.run_ms(50);
    assert_eq!(
        places(net.sent("200 UPDATE")[0]),
        ["m=audio 4000", "m=video 6000"]
    );
    assert_eq!(net.expect(1, agreed(1)).kind, MediaKind::Video);
    assert!(net.saw(0, &UaEvent::ModifyDone { call: a }));
    let (bob, now) = net.at(1);
    bob.remove_stream(now, b, 0).unwrap();
    net.run_ms(50);
    assert!(net.saw(0, &UaEvent::StreamRemoved { call: a, stream: 0 }));
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(50);
    assert_eq!(net.sent("200 INVITE")[0].body(), "");
    assert_eq!(streams(&net, [a, b]), [(1, 1, MediaKind::Video)]);
}

/// What cannot be done is not begun.
#[test]
fn modifications_that_cannot_be() {
    let (mut net, [a, _]) = talking();
    let (alice, now) = net.at(0);
    assert_eq!(alice.remove_stream(now, a, 1), Err(ModifyError::NoStream));
    let other = alice.modify_stream(now, a, 7, picture(1));
    assert_eq!(other, Err(ModifyError::NoStream));
    let mute = LocalMedia {
        codecs: Vec::new(),
        ..media(1)
    };
    let unusable = Err(ModifyError::UnusableMedia);
    assert_eq!(alice.modify_session(now, a, mute.clone()), unusable);
    assert_eq!(
        alice.add_stream(now, a, mute),
        Err(ModifyError::UnusableMedia)
    );
    net.run_ms(50);
    assert!(net.sent("INVITE").is_empty());
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    let ending = alice.remove_stream(now, a, 0);
    assert!(matches!(
        ending,
        Err(ModifyError::WrongState(Stage::Ending(_)))
    ));
    net.assert_idle();
    let (alice, now) = net.at(0);
    assert_eq!(alice.remove_stream(now, a, 0), Err(ModifyError::Stale));
}

/// RFC 6141 §4.4: who moves while a modification waits says where it is first, and by itself; the
/// modification follows, from there.
#[test]
fn a_move_goes_before_a_modification() {
    let (mut net, calls) = talking();
    net.lose_next("INVITE");
    let (alice, now) = net.at(0);
    alice.add_stream(now, calls[0], picture(1)).unwrap();
    net.run_ms(5);
    net.forget();
    net.rebind(0, address(11));
    net.run_ms(200);
    let offers: Vec<_> = net.sent("INVITE").into_iter().map(places).collect();
    assert_eq!(offers[0], ["m=audio 4000"]);
    assert_eq!(offers[1], ["m=audio 4000", "m=video 6000"]);
    assert_eq!(offers.len(), 2);
    let both = [(0, 0, MediaKind::Audio), (1, 1, MediaKind::Video)];
    assert_eq!(streams(&net, calls), both);
    let seen = net.expect(1, agreed(1));
    assert_eq!(seen.remote, SocketAddr::from(([192, 0, 2, 11], 6000)));
}

/// A puppet's description with sound and picture: ports, formats and further lines of each.
fn described(version: u32, audio: &str, video: &str) -> String {
    alloc::format!(
        "v=0\r\no=- 1 {version} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
         m=audio {audio}\r\nm=video {video}\r\n"
    )
}

const ALLOWS: &str = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, ACK, BYE, PRACK, UPDATE\r\n";

/// Alice has called a puppet that takes UPDATE: its INVITE, and the call.
fn call_to_updater(net: &mut Net, local: Vec<LocalMedia>, answer: &str) -> (Sent, CallHandle) {
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", local).unwrap();
    let invite = net.puppet_receives("INVITE");
    let answer = response(&invite, "200 OK", "t", ALLOWS, answer);
    net.inject(address(9), address(1), &answer);
    net.puppet_receives("ACK");
    forget_events(net);
    (invite, a)
}

/// The puppet answers a re-INVITE with a reliable 183, and gets its PRACK.
fn progress(net: &mut Net, reinvite: &Sent, answer: &str) {
    let more = alloc::format!("{ALLOWS}Require: 100rel\r\nRSeq: 1\r\n");
    let text = response(reinvite, "183 Session Progress", "t", &more, answer);
    net.inject(address(9), address(1), &text);
    let prack = net.puppet_receives("PRACK");
    let text = response(&prack, "200 OK", "t", "", "");
    net.inject(address(9), address(1), &text);
    net.run_ms(30);
}

/// RFC 6141 §3.6 (Figure 4), with us as the one that sends the re-INVITE: a format and a stream are
/// added, the first format is removed by an UPDATE within the re-INVITE, and the far end takes all of
/// it back by another UPDATE and a 2xx.
#[test]
fn the_example_of_reverting_by_update() {
    let voice = |names: &[Codec]| {
        let mut voice = media(1);
        voice.address.set_port(30000);
        voice.codecs = names.to_vec();
        voice
    };
    let gsm = Codec::audio("GSM", 8000);
    let mut net = alone();
    let audio = "31000 RTP/AVP 0";
    let answer = described(1, audio, "0 RTP/AVP 31").replace("m=video 0 RTP/AVP 31\r\n", "");
    let local = Vec::from([voice(&[Codec::PCMU])]);
    let (invite, a) = call_to_updater(&mut net, local, &answer);
    let mut video = picture(1);
    video.address.set_port(30002);
    // (4) SDP3.
    let both = [voice(&[Codec::PCMU, gsm.clone()]), video.clone()];
    let (alice, now) = net.at(0);
    alice.modify_session(now, a, both).unwrap();
    let reinvite = net.puppet_receives("INVITE");
    let formats = |sent: &Sent| -> Vec<String> {
        let lines = sent.body().lines().filter(|line| line.starts_with("m="));
        lines.map(String::from).collect()
    };
    let video_line = "m=video 30002 RTP/AVP 31";
    assert_eq!(
        formats(&reinvite),
        ["m=audio 30000 RTP/AVP 0 3", video_line]
    );
    // (5) SDP4.
    let held = "31002 RTP/AVP 31\r\nc=IN IP4 0.0.0.0";
    progress(
        &mut net,
        &reinvite,
        &described(2, "31000 RTP/AVP 0 3", held),
    );
    assert!(net.saw(0, &UaEvent::ModifyDone { call: a }));
    assert_eq!(net.expect(0, plan).codec.name, "PCMU");
    assert_eq!(net.expect(0, agreed(1)).rtp_destination(), None);
    // (6), (7): SDP5 and SDP6, while the re-INVITE has no final response.
    let (alice, now) = net.at(0);
    alice
        .modify_stream(now, a, 0, voice(core::slice::from_ref(&gsm)))
        .unwrap();
    let update = net.puppet_receives("UPDATE");
    assert_eq!(formats(&update), ["m=audio 30000 RTP/AVP 3", video_line]);
    let answer = described(3, "31000 RTP/AVP 3", held);
    let text = response(&update, "200 OK", "t", ALLOWS, &answer);
    net.inject(address(9), address(1), &text);
    net.run_ms(30);
    assert!(net.saw(0, &UaEvent::ModifyDone { call: a }));
    assert_eq!(net.expect(0, plan).codec.name, "GSM");
    // (8), (9): SDP7 and SDP8. It is ours to take the old format back; it was named by us before.
    let offer = described(4, audio, "0 RTP/AVP 31");
    let text = in_dialog(&invite, "UPDATE", 5, "", &offer);
    net.inject(address(9), address(1), &text);
    let refused = net.puppet_receives("488 UPDATE");
    assert_eq!(refused.body(), "", "nothing of it is spoken any more");
    // Whoever still speaks it takes it.
    let (alice, now) = net.at(0);
    alice
        .modify_stream(now, a, 0, voice(&[gsm, Codec::PCMU]))
        .unwrap();
    let update = net.puppet_receives("UPDATE");
    let answer = described(4, "31000 RTP/AVP 3", held);
    let text = response(&update, "200 OK", "t", ALLOWS, &answer);
    net.inject(address(9), address(1), &text);
    net.run_ms(30);
    let offer = described(5, audio, "0 RTP/AVP 31");
    let text = in_dialog(&invite, "UPDATE", 6, "", &offer);
    net.inject(address(9), address(1), &text);
    let answered = net.puppet_receives("200 UPDATE");
    assert_eq!(
        formats(&answered),
        ["m=audio 30000 RTP/AVP 0", "m=video 0 RTP/AVP 31"]
    );
    assert!(net.saw(0, &UaEvent::StreamRemoved { call: a, stream: 1 }));
    // (10), (11).
    let text = response(&reinvite, "200 OK", "t", ALLOWS, "");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("ACK");
    let call = net.at(0).0.user().call(a).unwrap();
    let plans: Vec<_> = call
        .plans()
        .map(|(_, plan)| plan.codec.name.clone())
        .collect();
    assert_eq!(plans, ["PCMU"]);
}

/// RFC 6141 §3.7 (Figure 5) and §3.4: a refusal of the re-INVITE comes late, when its change is
/// executed and the far end has changed the session again. It undoes what it refuses, and an offer of
/// what was before brings both ends together: the far end's hold is still there in the answer.
#[test]
fn the_example_of_a_late_refusal() {
    let mut net = alone();
    let mut sound = media(1);
    sound.address.set_port(20000);
    let mut still = picture(1);
    still.address.set_port(20002);
    still.direction = Direction::Inactive;
    let video = "30002 RTP/AVP 31\r\na=inactive";
    let audio = "30000 RTP/AVP 0";
    let answer = described(1, audio, video);
    let local = Vec::from([sound.clone(), still.clone()]);
    let (invite, a) = call_to_updater(&mut net, local, &answer);
    // (1) SDP1.
    let mut moving = still.clone();
    moving.direction = Direction::SendRecv;
    let (alice, now) = net.at(0);
    alice.modify_stream(now, a, 1, moving).unwrap();
    let reinvite = net.puppet_receives("INVITE");
    assert!(reinvite.body().ends_with("a=sendrecv\r\n"));
    // (4) SDP2.
    let taken = described(2, audio, "30002 RTP/AVP 31\r\na=recvonly");
    progress(&mut net, &reinvite, &taken);
    assert_eq!(net.expect(0, agreed(1)).direction, Direction::SendOnly);
    // (9), (10): SDP3 and SDP4.
    let held = described(3, "30000 RTP/AVP 0\r\na=recvonly", video);
    let text = in_dialog(&invite, "UPDATE", 5, "", &held);
    net.inject(address(9), address(1), &text);
    let answered = net.puppet_receives("200 UPDATE");
    assert!(answered.body().contains("a=sendonly\r\nm=video"));
    assert!(answered.body().ends_with("a=inactive\r\n"));
    // (7): the refusal is here, and what it undoes is offered.
    forget_events(&mut net);
    let text = response(&reinvite, "488 Not Acceptable Here", "t", "", "");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("ACK");
    let again = net.puppet_receives("INVITE");
    assert!(again.body().contains("a=sendrecv\r\nm=video"));
    assert!(again.body().ends_with("a=inactive\r\n"));
    let refused = UaEvent::ChangeRefused {
        call: a,
        status: StatusCode::NOT_ACCEPTABLE_HERE,
        details: None,
    };
    assert!(net.saw(0, &refused));
    let text = response(
        &again,
        "200 OK",
        "t",
        ALLOWS,
        &held.replace("1 3 IN", "1 4 IN"),
    );
    net.inject(address(9), address(1), &text);
    net.puppet_receives("ACK");
    assert_eq!(net.expect(0, plan).direction, Direction::SendOnly);
    assert_eq!(net.expect(0, agreed(1)).direction, Direction::Inactive);
    let call = net.at(0).0.user().call(a).unwrap();
    assert_eq!(call.stage(), Stage::Established);
    assert_eq!(call.media(), [sound, still]);
}

/// RFC 6337 §4.3 (UAS-UcI, Figure 16): with an offer of ours in an UPDATE a re-INVITE is too early, also
/// one that offers nothing.
#[test]
fn a_re_invite_without_an_offer_meets_our_update() {
    let mut net = alone();
    let (invite, a) = call_to_updater(&mut net, Vec::from([media(1)]), &sdp(9, "sendrecv"));
    let (alice, now) = net.at(0);
    alice.add_stream(now, a, picture(1)).unwrap();
    let reinvite = net.puppet_receives("INVITE");
    let answer = described(2, "5000 RTP/AVP 0", "5002 RTP/AVP 31");
    progress(&mut net, &reinvite, &answer);
    let (alice, now) = net.at(0);
    alice.remove_stream(now, a, 1).unwrap();
    let update = net.puppet_receives("UPDATE");
    let text = response(&reinvite, "200 OK", "t", ALLOWS, "");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("ACK");
    let text = in_dialog(&invite, "INVITE", 7, "", "");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("491 INVITE");
    let answer = described(3, "5000 RTP/AVP 0", "0 RTP/AVP 31");
    let text = response(&update, "200 OK", "t", ALLOWS, &answer);
    net.inject(address(9), address(1), &text);
    net.run_ms(30);
    assert!(net.saw(0, &UaEvent::StreamRemoved { call: a, stream: 1 }));
    let text = in_dialog(&invite, "INVITE", 8, "", "");
    net.inject(address(9), address(1), &text);
    let offer = net.puppet_receives("200 INVITE");
    assert_eq!(places(&offer), ["m=audio 4000", "m=video 0"]);
}

/// RFC 6337 §4.3 (UAC-IU): no UPDATE with an offer before the PRACK has its answer.
#[test]
fn an_update_waits_for_the_answer_to_the_prack() {
    let mut net = alone();
    let (_, a) = call_to_updater(&mut net, Vec::from([media(1)]), &sdp(9, "sendrecv"));
    let (alice, now) = net.at(0);
    alice.add_stream(now, a, picture(1)).unwrap();
    let reinvite = net.puppet_receives("INVITE");
    let more = alloc::format!("{ALLOWS}Require: 100rel\r\nRSeq: 1\r\n");
    let answer = described(2, "5000 RTP/AVP 0", "5002 RTP/AVP 31");
    let text = response(&reinvite, "183 Session Progress", "t", &more, &answer);
    net.inject(address(9), address(1), &text);
    let prack = net.puppet_receives("PRACK");
    let (alice, now) = net.at(0);
    alice.remove_stream(now, a, 1).unwrap();
    net.run_ms(200);
    assert!(net.sent("UPDATE").is_empty());
    let text = response(&prack, "200 OK", "t", "", "");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("UPDATE");
}

/// A caller that removes and adds what we answer with: a puppet's re-INVITE in a place that was closed.
#[test]
fn a_far_end_uses_a_place_again() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let both = described(1, "5000 RTP/AVP 0", "5002 RTP/AVP 31");
    net.inject(
        address(9),
        address(1),
        &from_caller("INVITE", 1, "", "", &both),
    );
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, b, [media(1), picture(1)]).unwrap();
    let success = net.puppet_receives("200 INVITE");
    let tag = success.tag("To");
    net.inject(address(9), address(1), &from_caller("ACK", 1, tag, "", ""));
    net.run_ms(20);
    for (cseq, video, port) in [(2, "0 RTP/AVP 31", 0), (3, "5004 RTP/AVP 31", 6000)] {
        forget_events(&mut net);
        let offer = described(cseq, "5000 RTP/AVP 0", video);
        let text = from_caller("INVITE", cseq, tag, "", &offer);
        net.inject(address(9), address(1), &text);
        let answer = net.puppet_receives("200 INVITE");
        let line = alloc::format!("m=video {port}");
        assert_eq!(places(&answer), ["m=audio 4000", line.as_str()]);
        let text = from_caller("ACK", cseq, tag, "", "");
        net.inject(address(9), address(1), &text);
        net.run_ms(20);
        let gone = UaEvent::StreamRemoved { call: b, stream: 1 };
        assert_eq!(net.saw(0, &gone), port == 0);
    }
    let (_, plan) = net.at(0).0.user().call(b).unwrap().plans().nth(1).unwrap();
    assert_eq!(plan.remote, SocketAddr::from(([192, 0, 2, 9], 5004)));
}
