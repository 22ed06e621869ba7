//! RFC 3264 §8.3.2: formats that change, and the numbers they have.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::net::{Net, Sent, address, media};
use super::super::puppets::forget_events;
use super::{streams, talking};
use crate::sdp::{Codec, LocalMedia};
use crate::sip::message::StatusCode;
use crate::sip::ua::UaEvent;

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
