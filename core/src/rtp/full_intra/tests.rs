use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::rtp::number::Ssrc;
use crate::rtp::rtcp::{Compound, CompoundWriter, Feedback, FeedbackPacket, FullIntra, RtcpPacket};
use crate::time::Instant;

const VIDEO: Ssrc = Ssrc::new(1);
const OTHER_VIDEO: Ssrc = Ssrc::new(2);
const VIEWER: Ssrc = Ssrc::new(11);
const OTHER_VIEWER: Ssrc = Ssrc::new(12);
const ROUND_TRIP: Duration = Duration::from_millis(100);

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn due(requester: &mut FullIntraRequester, millis: u64) -> Vec<(u32, u8)> {
    let mut entries = Vec::new();
    requester.due(at(millis), ROUND_TRIP, &mut entries);
    let pairs = entries
        .iter()
        .map(|entry| (entry.ssrc.as_u32(), entry.number));
    pairs.collect()
}

/// What arrives when these entries are sent: §4.3.1.2 has the source of media set to 0.
fn command(
    responder: &mut FullIntraResponder,
    millis: u64,
    sender: Ssrc,
    entries: &[FullIntra],
) -> bool {
    let mut bytes = vec![0; 200];
    let packet = FeedbackPacket {
        sender,
        media_source: Ssrc::new(0),
        feedback: Feedback::FullIntra(entries.into()),
    };
    let mut writer = CompoundWriter::reduced_size(&mut bytes);
    let size = writer.feedback(&packet).finish().unwrap();
    let compound = Compound::parse_reduced_size(&bytes[..size]).unwrap();
    let mut asks = false;
    for packet in compound.packets() {
        asks |= responder.handle(at(millis), &packet, ROUND_TRIP);
    }
    asks
}

fn fir(ssrc: Ssrc, number: u8) -> FullIntra {
    FullIntra { ssrc, number }
}

/// §4.3.1.1: one more for a new command, the same for a repetition; one number space for each
/// target. §3.5.1.1: one command at a time.
#[test]
fn a_repetition_has_the_number_of_the_command() {
    let mut requester = FullIntraRequester::new(8, 255);
    assert!(requester.command(VIDEO));
    assert_eq!(due(&mut requester, 0), [(1, 255)]);
    // Another need, before the picture is there, is the same command.
    assert!(requester.command(VIDEO));
    assert_eq!(due(&mut requester, 99), []);
    assert_eq!(due(&mut requester, 100), [(1, 255)]);
    assert!(requester.command(OTHER_VIDEO));
    assert_eq!(due(&mut requester, 150), [(2, 255)]);
    assert_eq!(due(&mut requester, 300), [(1, 255), (2, 255)]);

    requester.refreshed(VIDEO);
    assert_eq!(due(&mut requester, 400), [(2, 255)]);
    assert!(requester.command(VIDEO));
    assert_eq!(due(&mut requester, 450), [(1, 0)]);
    assert_eq!(due(&mut requester, 550), [(1, 0), (2, 255)]);
    requester.forget(OTHER_VIDEO);
    assert_eq!(due(&mut requester, 700), [(1, 0)]);
}

/// §4.3.1.3: where feedback waits for the next regular packet, each of those repeats it.
#[test]
fn every_regular_packet_repeats_what_was_not_obeyed() {
    let mut requester = FullIntraRequester::new(8, 7);
    requester.command(VIDEO);
    let mut entries = Vec::new();
    for _ in 0..3 {
        requester.due(at(5), Duration::ZERO, &mut entries);
    }
    assert_eq!(entries, [fir(VIDEO, 7); 3]);
}

#[test]
fn the_senders_commanded_are_bounded() {
    let mut requester = FullIntraRequester::new(1, 0);
    assert!(requester.command(VIDEO));
    assert!(!requester.command(OTHER_VIDEO));
    assert!(requester.command(VIDEO));
    assert_eq!(due(&mut requester, 0), [(1, 0)]);
}

/// The whole of it, and what H.261 once had instead.
// shows: S081
#[test]
fn a_command_is_obeyed_once_loss_commands_nothing_and_what_h261_had_is_ignored() {
    let mut responder = FullIntraResponder::new(VIDEO, 8);
    // Behind a report, as they were.
    let mut obsolete = vec![0x80, 201, 0, 1, 0, 0, 0, 11];
    for packet_type in [192, 193] {
        obsolete.extend([0x80, packet_type, 0, 2, 0, 0, 0, 1, 0, 1, 0, 0]);
    }
    let compound = Compound::parse(&obsolete).unwrap();
    assert_eq!(compound.packets().count(), 3);
    for packet in compound.packets().skip(1) {
        assert!(matches!(packet, RtcpPacket::Obsolete(_)));
        assert!(!responder.handle(at(0), &packet, ROUND_TRIP));
    }

    let mut requester = FullIntraRequester::new(8, 3);
    assert_eq!(requester.lost(VIDEO), Some(Feedback::PictureLoss));
    assert_eq!(due(&mut requester, 0), [], "loss commands nothing");
    requester.command(VIDEO);
    assert_eq!(requester.lost(VIDEO), None, "a whole picture comes anyway");
    let mut asked = 0;
    for millis in (0..500).step_by(100) {
        let mut entries = Vec::new();
        requester.due(at(millis), ROUND_TRIP, &mut entries);
        assert_eq!(entries, [fir(VIDEO, 3)]);
        asked += u32::from(command(&mut responder, millis + 50, VIEWER, &entries));
    }
    assert_eq!(asked, 1, "four repetitions are of the same number");
    responder.refresh_sent(at(500));
    requester.refreshed(VIDEO);
    assert_eq!(due(&mut requester, 600), []);
    requester.command(VIDEO);
    assert_eq!(due(&mut requester, 2000), [(1, 4)]);
    assert!(command(&mut responder, 2050, VIEWER, &[fir(VIDEO, 4)]));
}

/// §4.3.1.1: each entry names whom it is for.
#[test]
fn a_command_for_another_is_not_obeyed() {
    let mut responder = FullIntraResponder::new(VIDEO, 8);
    assert!(!command(&mut responder, 0, VIEWER, &[fir(OTHER_VIDEO, 1)]));
    let both = [fir(OTHER_VIDEO, 1), fir(VIDEO, 9)];
    assert!(command(&mut responder, 0, VIEWER, &both));
}

/// §3.5.1.1: a repetition two round trips after the picture says that it did not arrive.
#[test]
fn a_command_that_is_repeated_long_after_the_picture_is_obeyed_again() {
    let mut responder = FullIntraResponder::new(VIDEO, 8);
    assert!(command(&mut responder, 0, VIEWER, &[fir(VIDEO, 1)]));
    responder.refresh_sent(at(20));
    for millis in [50, 120, 220] {
        assert!(!command(&mut responder, millis, VIEWER, &[fir(VIDEO, 1)]));
    }
    assert!(command(&mut responder, 221, VIEWER, &[fir(VIDEO, 1)]));
    assert!(!command(&mut responder, 300, VIEWER, &[fir(VIDEO, 1)]));
}

/// §3.5.1: the command of another may have crossed the picture; a second one has not.
#[test]
fn a_command_right_after_a_picture_awaits_its_repetition() {
    let mut responder = FullIntraResponder::new(VIDEO, 8);
    assert!(command(&mut responder, 0, VIEWER, &[fir(VIDEO, 1)]));
    // While the encoder works, it works for all.
    assert!(!command(&mut responder, 5, OTHER_VIEWER, &[fir(VIDEO, 1)]));
    responder.refresh_sent(at(20));
    assert!(!command(&mut responder, 60, OTHER_VIEWER, &[fir(VIDEO, 2)]));
    assert!(command(&mut responder, 160, OTHER_VIEWER, &[fir(VIDEO, 2)]));
    responder.refresh_sent(at(170));
    assert!(!command(
        &mut responder,
        260,
        OTHER_VIEWER,
        &[fir(VIDEO, 2)]
    ));
}

#[test]
fn a_copy_that_was_overtaken_commands_nothing() {
    let mut responder = FullIntraResponder::new(VIDEO, 8);
    assert!(command(&mut responder, 0, VIEWER, &[fir(VIDEO, 255)]));
    responder.refresh_sent(at(10));
    assert!(command(&mut responder, 1000, VIEWER, &[fir(VIDEO, 0)]));
    responder.refresh_sent(at(1010));
    assert!(!command(&mut responder, 2000, VIEWER, &[fir(VIDEO, 255)]));
    // One that began anew is obeyed, wherever it begins.
    assert!(command(&mut responder, 3000, VIEWER, &[fir(VIDEO, 100)]));
}

#[test]
fn the_requesters_are_bounded() {
    let mut responder = FullIntraResponder::new(VIDEO, 2);
    for number in 0..1000 {
        let millis = u64::from(number) * 1000;
        let viewer = Ssrc::new(100 + number);
        assert!(command(&mut responder, millis, viewer, &[fir(VIDEO, 1)]));
        responder.refresh_sent(at(millis + 1));
        assert!(responder.known() <= 2);
    }
}
