//! RFC 3261 §14.1, RFC 6141 §4.4, RFC 6337 §4.3: what has to wait for what, and what goes together.

use alloc::vec::Vec;
use core::net::SocketAddr;

use super::super::net::{Net, address, media, response, sdp};
use super::super::puppets::{alone, in_dialog};
use super::{
    ALLOWS, agreed, call_to_updater, described, picture, places, progress, settle, streams, talking,
};
use crate::sdp::MediaKind;
use crate::sip::ua::{ModifyError, Stage, UaEvent};

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
