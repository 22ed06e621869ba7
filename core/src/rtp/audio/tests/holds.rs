//! Calls on hold (RFC 3264 §8.4).

use super::*;

/// What comes while we do not receive is not heard, and not missing either; what was lost before is.
#[test]
fn what_comes_during_a_hold_is_not_lost() {
    let mut pair = Pair::new();
    pair.connect([AudioDirection::SendRecv; 2]);
    pair.run(400);
    // Bob holds, and for a while Alice does not know.
    pair.streams[1].set_plan(ms(400), plan(1, AudioDirection::SendOnly));
    pair.run(60);
    pair.streams[0].set_plan(ms(460), plan(2, AudioDirection::RecvOnly));
    pair.run(1_000);
    // Alice goes on before Bob does.
    pair.streams[0].set_plan(ms(1_460), plan(2, AudioDirection::SendRecv));
    pair.run(40);
    pair.streams[1].set_plan(ms(1_500), plan(1, AudioDirection::SendRecv));
    let said = wave(1600, 7);
    assert_eq!(pair.streams[0].push_capture(&said), 1600);
    pair.run(600);
    let bob = &pair.streams[1];
    assert_eq!(bob.dropped(DropReason::NotReceiving), 5);
    let report = bob.report();
    assert_eq!((report.lost, report.late), (0, 0));
    assert_eq!(report.received, pair.packets[0] as u64);
    assert!(contains(&pair.heard[1], &said));
}

#[test]
fn on_hold_media_stops_and_reports_go_on() {
    for (ours, theirs) in [
        (AudioDirection::SendOnly, AudioDirection::RecvOnly),
        (AudioDirection::Inactive, AudioDirection::Inactive),
    ] {
        let mut pair = Pair::new();
        pair.connect([AudioDirection::SendRecv; 2]);
        pair.run(2_000);
        let before = pair.packets;
        pair.connect([ours, theirs]);
        pair.events = [Vec::new(), Vec::new()];
        pair.run(60_000);
        assert_eq!(pair.packets[0] > before[0], ours.sends());
        assert_eq!(pair.packets[1], before[1]);
        // RTCP flows on: each still hears reports of the other, about what was sent before.
        let later = |ssrc| {
            let view = |s: &AudioStream| s.session.member(ssrc).map(|m| m.cname.is_some());
            view(&pair.streams[1])
        };
        assert_eq!(later(pair.streams[0].ssrc()), Some(true));
        // After it, everything is as before, under the same names.
        let names = [pair.streams[0].ssrc(), pair.streams[1].ssrc()];
        pair.connect([AudioDirection::SendRecv; 2]);
        let said = wave(1600, 77);
        assert_eq!(pair.streams[1].push_capture(&said), 1600);
        pair.run(1_000);
        assert!(contains(&pair.heard[0], &said));
        assert_eq!(names, [pair.streams[0].ssrc(), pair.streams[1].ssrc()]);
        let lost = pair.streams[0].report().lost;
        assert_eq!(lost, 0, "a hold is no loss");
    }
}

/// What the microphone hears during hold is not sent after it.
#[test]
fn captured_samples_are_thrown_away_on_hold() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::RecvOnly));
    assert_eq!(stream.push_capture(&[5000; 1600]), 1600);
    let out = run(&mut stream, ms(300));
    assert_eq!(out.rtp.len(), 0);
    assert_eq!(stream.capture_len(), 0);
}
