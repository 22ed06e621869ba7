//! Sessions that are modified in the middle of a call (RFC 3264 §8; RFC 3261 §14; RFC 6141): streams
//! that come, go and change, from either end.

mod additions;
mod formats;
mod order;
mod refusals;

use alloc::string::String;
use alloc::vec::Vec;

use super::net::{Net, Sent, address, media, response};
use super::puppets::forget_events;
use crate::sdp::{Codec, LocalMedia, MediaKind, MediaPlan};
use crate::sip::ua::{CallHandle, UaEvent};

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
