//! RFC 3264 §8.1, §8.2: streams that come and go, and the places they leave.

use core::net::SocketAddr;

use super::super::net::{Net, address, media};
use super::super::puppets::{forget_events, from_caller, plan};
use super::{agreed, described, picture, places, settle, streams, talking};
use crate::sdp::MediaKind;
use crate::sip::ua::{Stage, UaEvent, UserAgentConfig};

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
