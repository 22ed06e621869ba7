//! RFC 6141 §3: modifications that are refused, taken in part, or taken back.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::net::{Net, Sent, address, media, response, sdp};
use super::super::puppets::{alone, call_to_puppet, forget_events, in_dialog, plan};
use super::{
    ALLOWS, agreed, call_to_updater, described, picture, places, progress, settle, streams, talking,
};
use crate::sdp::{Codec, Direction, LocalMedia, MediaKind};
use crate::sip::message::StatusCode;
use crate::sip::ua::{ModifyError, Stage, UaEvent};

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
