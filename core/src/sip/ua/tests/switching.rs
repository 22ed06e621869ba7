//! What the tutorial's rows on changes in a session ask for, shown by whole calls: the sessions of
//! RFC 4317 §3 and §4 and RFC 5359 §2.1 between user agents, and sound that goes on while a port or an
//! address changes (RFC 3665 §3.7; RFC 3264 §8.3.1).

use alloc::string::String;
use alloc::vec::Vec;

use core::net::SocketAddr;

use super::net::{Net, address, media};
use super::puppets::{forget_events, plan};
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::rtp::audio::{AudioConfig, AudioDirection, AudioPlan, AudioStream};
use crate::rtp::payload::g711::Law;
use crate::sdp::{Codec, Direction, LocalMedia, MediaKind, MediaPlan};
use crate::sip::ua::{CallHandle, EndReason, UaEvent};

fn ilbc() -> Codec {
    Codec::audio("iLBC", 8000)
}

fn voice(host: u8, port: u16, codecs: &[Codec]) -> LocalMedia {
    let at = SocketAddr::from(([192, 0, 2, host], port));
    LocalMedia::rtp(MediaKind::Audio, at, codecs.to_vec())
}

fn tones(host: u8, port: u16, direction: Direction) -> LocalMedia {
    LocalMedia {
        direction,
        ..voice(host, port, &[Codec::TELEPHONE_EVENT])
    }
}

fn picture(host: u8, port: u16) -> LocalMedia {
    LocalMedia {
        kind: MediaKind::Video,
        ..voice(host, port, &[Codec::audio("H261", 90000)])
    }
}

/// Alice calls Bob with these media each.
fn call(ours: Vec<LocalMedia>, theirs: Vec<LocalMedia>) -> (Net, [CallHandle; 2]) {
    let mut net = Net::pair();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.2", ours).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.accept(now, b, theirs).unwrap();
    net.run_ms(50);
    forget_events(&mut net);
    net.forget();
    (net, [a, b])
}

/// The streams of one end: where the other receives, the format, and what is done.
fn streams(net: &Net, node: usize, call: CallHandle) -> Vec<(SocketAddr, String, Direction)> {
    let call = net.nodes[node].endpoint.user().call(call).unwrap();
    let plans = call.plans().map(|(_, plan)| plan);
    plans
        .map(|plan| (plan.remote, String::from(&*plan.codec.name), plan.direction))
        .collect()
}

fn at(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

/// RFC 4317 §4.1: a second audio stream is added by the callee, for a media server; §4.2: video by the
/// caller; §4.3: video is deleted by the callee.
#[test]
fn streams_are_added_and_deleted_as_printed() {
    let pcmu_ilbc = [Codec::PCMU, ilbc()];
    let ours = Vec::from([
        voice(1, 49170, &pcmu_ilbc),
        tones(1, 49172, Direction::SendOnly),
    ]);
    let (mut net, [a, b]) = call(ours[..1].to_vec(), Vec::from([voice(2, 49170, &[ilbc()])]));
    // She takes tones once they are asked for.
    let (alice, now) = net.at(0);
    alice.modify_session(now, a, ours).unwrap();
    net.run_ms(80);
    let (bob, now) = net.at(1);
    let server = tones(6, 48282, Direction::RecvOnly);
    assert_eq!(bob.add_stream(now, b, server), Ok(1));
    net.run_ms(80);
    let own = |port, name: &str, direction| (at(2, port), String::from(name), direction);
    let expected = [
        own(49170, "iLBC", Direction::SendRecv),
        (at(6, 48282), "telephone-event".into(), Direction::SendOnly),
    ];
    assert_eq!(streams(&net, 0, a), expected);

    let pcmu = [Codec::PCMU];
    let theirs = [voice(2, 49172, &pcmu), picture(2, 49168)];
    let (mut net, [a, _]) = call(Vec::from([voice(1, 49170, &pcmu)]), theirs.to_vec());
    let (alice, now) = net.at(0);
    assert_eq!(alice.add_stream(now, a, picture(1, 49172)), Ok(1));
    net.run_ms(80);
    let expected = [
        own(49172, "PCMU", Direction::SendRecv),
        own(49168, "H261", Direction::SendRecv),
    ];
    assert_eq!(streams(&net, 0, a), expected);

    let ours = Vec::from([voice(1, 49170, &[ilbc()]), picture(1, 51372)]);
    let theirs = Vec::from([voice(2, 49174, &[ilbc()]), picture(2, 49170)]);
    let (mut net, [a, b]) = call(ours, theirs);
    assert_eq!(streams(&net, 0, a).len(), 2);
    let (bob, now) = net.at(1);
    bob.remove_stream(now, b, 1).unwrap();
    net.run_ms(80);
    let expected = [own(49174, "iLBC", Direction::SendRecv)];
    assert_eq!(streams(&net, 0, a), expected);
    for label in ["INVITE", "200 INVITE"] {
        let body = net.sent(label).pop().unwrap().body();
        assert!(body.contains("m=video 0 RTP/AVP 31"), "{label}: {body}");
    }
}

/// Sound at one end of a call, with a pair of sockets at a time.
struct Sound {
    stream: AudioStream,
    /// The sockets it has had, by their addresses: RTP at the even ones.
    sockets: Vec<SocketAddr>,
}

fn flow(number: usize) -> FlowId {
    FlowId::from_driver(u32::try_from(number).unwrap())
}

impl Sound {
    fn new(seed: u8) -> Self {
        Self {
            stream: AudioStream::new(AudioConfig::new("sound"), [seed; 32]),
            sockets: Vec::new(),
        }
    }

    /// Binds a pair of sockets there.
    fn bind(&mut self, net: &Net, rtp: SocketAddr) {
        let rtcp = SocketAddr::new(rtp.ip(), rtp.port() + 1);
        for local in [rtp, rtcp] {
            let bound = Input::Bound {
                flow: flow(self.sockets.len()),
                transport: Transport::Udp,
                local,
            };
            self.stream.handle_input(net.now, bound);
            self.sockets.push(local);
        }
    }

    fn agree(&mut self, net: &Net, plan: &MediaPlan) {
        let mut agreed = AudioPlan::new(Law::Mu, plan.remote, AudioDirection::SendRecv);
        agreed.remote_rtcp = plan.remote_rtcp;
        self.stream.set_plan(net.now, agreed);
    }
}

/// A second of sound in both directions. What is sent to no socket is lost; how many were.
fn talk(net: &mut Net, sounds: &mut [Sound; 2]) -> usize {
    let mut lost = 0;
    let mut bytes = Vec::new();
    for _ in 0..100 {
        net.run_ms(10);
        let mut flying = Vec::new();
        for (node, sound) in sounds.iter_mut().enumerate() {
            sound.stream.push_capture(&[500; 80]);
            sound.stream.handle_input(net.now, Input::Timeout);
            loop {
                match sound.stream.poll_output(&mut bytes) {
                    Output::Transmit { flow: from, to } => {
                        let from = (0..8).find(|n| flow(*n) == from).unwrap();
                        flying.push((1 - node, sound.sockets[from], to, bytes.clone()));
                    }
                    Output::Wait(_) => break,
                    Output::Event(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        for (node, source, to, bytes) in flying {
            let sound = &mut sounds[node];
            let Some(socket) = sound.sockets.iter().position(|local| *local == to) else {
                lost += 1;
                continue;
            };
            let (flow, bytes) = (flow(socket), &bytes[..]);
            let datagram = Input::Datagram {
                flow,
                source,
                bytes,
            };
            sound.stream.handle_input(net.now, datagram);
        }
    }
    lost
}

/// RFC 3665 §3.1: INVITE, 200, ACK, two seconds of sound both ways, BYE, and nothing is left of it.
// shows: S004
#[test]
fn a_whole_call_with_sound() {
    let mut net = Net::pair();
    let calls = net.established();
    let calls = [calls.0, calls.1];
    let mut sounds = [Sound::new(1), Sound::new(2)];
    for (node, sound) in sounds.iter_mut().enumerate() {
        let plan = net.expect(node, plan);
        sound.bind(&net, plan.local);
        sound.agree(&net, &plan);
    }
    for _ in 0..2 {
        assert_eq!(talk(&mut net, &mut sounds), 0);
    }
    for sound in &mut sounds {
        let report = sound.stream.report();
        assert_eq!(report.lost, 0);
        // Fifty packets a second.
        assert!(report.received >= 98, "{}", report.received);
        // What nobody takes is not kept for ever: the last half second is.
        let mut heard = Vec::from([0; 16000]);
        let count = sound.stream.take_playout(&mut heard);
        let loud = heard.iter().take(count).filter(|it| **it > 400).count();
        assert!(count >= 4000 && loud * 10 >= count * 9, "{loud} of {count}");
    }
    let (alice, now) = net.at(0);
    alice.hang_up(now, calls[0]).unwrap();
    for sound in &mut sounds {
        sound.stream.leave(net.now);
    }
    talk(&mut net, &mut sounds);
    assert!(sounds.iter().all(|sound| sound.stream.is_ended()));
    let flow: Vec<String> = net.labels();
    let flow: Vec<&str> = flow.iter().map(|label| &**label).collect();
    let expected = [
        "1 INVITE",
        "2 100 INVITE",
        "2 180 INVITE",
        "2 200 INVITE",
        "1 ACK",
        "1 BYE",
        "2 200 BYE",
    ];
    let told: Vec<&str> = expected
        .into_iter()
        .filter(|label| *label != "2 100 INVITE" || flow.contains(label))
        .collect();
    assert_eq!(flow, told);
    assert_eq!(net.ended(0), EndReason::HungUp);
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// RFC 3264 §8.3.1, RFC 3665 §3.7: Alice moves her sound to another port, and Bob to another address.
/// While the re-INVITE is on its way the old sockets are still heard; afterwards the new ones are, and
/// only then are the old ones done with. The dialog is the same, as are both SSRCs, and not a packet is
/// missing.
// shows: S246 S479
#[test]
fn a_session_moves_and_nothing_of_it_is_lost() {
    let (mut net, calls) = call(Vec::from([media(1)]), Vec::from([media(2)]));
    let mut sounds = [Sound::new(1), Sound::new(2)];
    let agreed = |net: &Net, node: usize| {
        let call = net.nodes[node].endpoint.user().call(calls[node]).unwrap();
        call.plans().next().unwrap().1.clone()
    };
    let dialog = |net: &Net, node: usize| {
        let call = net.nodes[node].endpoint.user().call(calls[node]).unwrap();
        call.dialog().unwrap().id().clone()
    };
    let dialogs = [dialog(&net, 0), dialog(&net, 1)];
    let ssrcs = [sounds[0].stream.ssrc(), sounds[1].stream.ssrc()];
    for (node, sound) in sounds.iter_mut().enumerate() {
        let plan = agreed(&net, node);
        sound.bind(&net, plan.local);
        sound.agree(&net, &plan);
    }
    assert_eq!(talk(&mut net, &mut sounds), 0);

    for (node, local) in [(0, at(1, 5000)), (1, at(12, 6000))] {
        // The new sockets are there before they are told of.
        let sound = &mut sounds[node];
        sound.bind(&net, local);
        let (rtp, rtcp) = (sound.sockets.len() - 2, sound.sockets.len() - 1);
        sound.stream.move_to(flow(rtp), Some(flow(rtcp)));
        net.lose_next("INVITE");
        if node == 0 {
            let mut moved = media(1);
            moved.address = local;
            let (alice, now) = net.at(0);
            alice.modify_stream(now, calls[0], 0, moved).unwrap();
        } else {
            // RFC 3665 §3.7: not the port alone. What is bound to the old address is heard meanwhile.
            let (bob, now) = net.at(1);
            let mut moved = media(2);
            moved.address = local;
            bob.modify_session(now, calls[1], moved).unwrap();
        }
        // The re-INVITE is lost and sent again; whatever is said meanwhile goes to the old place.
        assert_eq!(talk(&mut net, &mut sounds), 0);
        assert!(sounds[node].stream.previous_flow().is_some());
        net.run_ms(100);
        assert_eq!(net.sent("INVITE").len() % 2, 0, "each was sent twice");
        let plans = [net.expect(0, plan), net.expect(1, plan)];
        assert!(plans[node].previous_local.is_some());
        assert_eq!(plans[1 - node].remote, local);
        for (sound, plan) in sounds.iter_mut().zip(&plans) {
            sound.agree(&net, plan);
        }
        assert_eq!(talk(&mut net, &mut sounds), 0);
        assert_eq!(sounds[node].stream.previous_flow(), None);
    }
    for sound in &sounds {
        let report = sound.stream.report();
        assert_eq!(report.lost, 0);
        assert!(report.received >= 240, "{}", report.received);
    }
    assert_eq!([sounds[0].stream.ssrc(), sounds[1].stream.ssrc()], ssrcs);
    assert_eq!([dialog(&net, 0), dialog(&net, 1)], dialogs);
    // And the signalling of a device that moves as a whole goes the same way (RFC 3665 §3.7).
    net.rebind(1, address(12));
    net.run_ms(100);
    assert_eq!([dialog(&net, 0), dialog(&net, 1)], dialogs);
    let (alice, now) = net.at(0);
    alice.hang_up(now, calls[0]).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("BYE").pop().unwrap().to, address(12));
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
}

/// Hold and retrieval. RFC 5359 §2.1: Bob holds by sendonly, which Alice answers recvonly, and
/// retrieves. RFC 4317 §3.2: of two streams each is held by itself. §3.1: an answer puts on hold at
/// once, and an offer takes off. And by `a=inactive`, in both directions, nothing is sent at all.
// shows: S377
#[test]
fn hold_and_retrieve() {
    let (mut net, [a, b]) = call(Vec::from([media(1)]), Vec::from([media(2)]));
    let marks = |net: &Net| {
        let mark = |label| {
            let body = net.sent(label).pop().unwrap().body();
            let mark = body.lines().rfind(|line| {
                matches!(
                    *line,
                    "a=sendonly" | "a=recvonly" | "a=inactive" | "a=sendrecv"
                )
            });
            String::from(mark.unwrap())
        };
        [mark("INVITE"), mark("200 INVITE")]
    };
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(80);
    assert_eq!(marks(&net), ["a=sendonly", "a=recvonly"]);
    assert!(net.saw(0, &UaEvent::RemoteHold { call: a }));
    let (bob, now) = net.at(1);
    bob.resume(now, b).unwrap();
    net.run_ms(80);
    assert_eq!(marks(&net), ["a=sendrecv", "a=sendrecv"]);
    assert!(net.saw(0, &UaEvent::RemoteResumed { call: a }));
    // Without music, as Bob neither sends nor receives.
    let mut quiet = media(2);
    quiet.direction = Direction::Inactive;
    let (bob, now) = net.at(1);
    bob.modify_stream(now, b, 0, quiet).unwrap();
    net.run_ms(80);
    assert_eq!(marks(&net), ["a=inactive", "a=inactive"]);
    assert!(net.saw(0, &UaEvent::RemoteHold { call: a }));
    for (node, call) in [(0, a), (1, b)] {
        let call = net.nodes[node].endpoint.user().call(call).unwrap();
        assert_eq!(call.plans().next().unwrap().1.rtp_destination(), None);
    }
    let (bob, now) = net.at(1);
    bob.modify_stream(now, b, 0, media(2)).unwrap();
    net.run_ms(80);
    assert_eq!(marks(&net), ["a=sendrecv", "a=sendrecv"]);
    assert!(net.saw(0, &UaEvent::RemoteResumed { call: a }));

    // RFC 4317 §3.1.
    let mut held = voice(2, 49172, &[ilbc()]);
    held.direction = Direction::SendOnly;
    let ours = Vec::from([voice(1, 49170, &[Codec::PCMU, ilbc()])]);
    let (mut net, [a, b]) = call(ours, Vec::from([held]));
    let directions = |net: &Net, node, call| -> Vec<Direction> {
        let streams = streams(net, node, call);
        streams.into_iter().map(|(_, _, it)| it).collect()
    };
    assert_eq!(directions(&net, 0, a), [Direction::RecvOnly]);
    let (bob, now) = net.at(1);
    bob.modify_session(now, b, voice(2, 49170, &[ilbc()]))
        .unwrap();
    net.run_ms(80);
    assert_eq!(directions(&net, 0, a), [Direction::SendRecv]);
    assert_eq!(streams(&net, 0, a)[0].0, at(2, 49170));

    // RFC 4317 §3.2.
    let both = |host, sound: &[Codec], mark| [voice(host, 49170, sound), tones(host, 49172, mark)];
    let ours = both(1, &[Codec::PCMU, ilbc()], Direction::SendOnly).to_vec();
    let theirs = both(2, &[ilbc()], Direction::RecvOnly);
    let (mut net, [a, b]) = call(ours, theirs.to_vec());
    let [mut held, tones] = theirs;
    held.direction = Direction::SendOnly;
    let (bob, now) = net.at(1);
    bob.modify_session(now, b, [held, tones]).unwrap();
    net.run_ms(80);
    let each = [Direction::RecvOnly, Direction::SendOnly];
    assert_eq!(directions(&net, 0, a), each);
    let (bob, now) = net.at(1);
    bob.modify_stream(now, b, 0, voice(2, 49170, &[ilbc()]))
        .unwrap();
    net.run_ms(80);
    let each = [Direction::SendRecv, Direction::SendOnly];
    assert_eq!(directions(&net, 0, a), each);
}
