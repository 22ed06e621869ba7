use super::*;

/// A format whose payload is one octet that says what it is; 9 breaks the rules.
#[derive(Debug, PartialEq)]
struct Toy(u8);

impl Toy {
    fn unpack(payload: &[u8]) -> Option<Self> {
        payload
            .first()
            .filter(|octet| **octet != 9)
            .map(|octet| Self(*octet))
    }
}

impl Payload for Toy {
    fn entry(&self) -> Entry {
        [Entry::Inside, Entry::Part, Entry::Intra, Entry::Refresh][usize::from(self.0)]
    }
}

const INSIDE: u8 = 0;
const PART: u8 = 1;
const INTRA: u8 = 2;
const REFRESH: u8 = 3;

/// What comes of packets with these numbers and contents.
fn run<const N: usize>(packets: [(u16, u8); N]) -> [Option<(u16, Dependency)>; N] {
    let mut depacketiser = Depacketiser::new();
    packets.map(|(sequence, octet)| {
        let found = depacketiser.follow(SequenceNumber::new(sequence), Toy::unpack(&[octet]))?;
        assert_eq!(found.payload, Toy(octet));
        Some((found.missing, found.dependency))
    })
}

use Dependency::{BeginningLost, Met, ReferenceLost};

#[test]
fn it_starts_at_any_packet() {
    assert_eq!(
        run([
            (7, INSIDE),
            (8, PART),
            (9, INSIDE),
            (10, REFRESH),
            (11, PART)
        ]),
        [
            Some((0, BeginningLost)),
            Some((0, ReferenceLost)),
            Some((0, ReferenceLost)),
            Some((0, Met)),
            Some((0, Met)),
        ]
    );
}

#[test]
fn a_loss_is_reported_until_the_next_refresh() {
    assert_eq!(
        run([
            (65_535, REFRESH),
            (0, INSIDE),
            (3, INSIDE),
            (4, PART),
            (5, INTRA),
            (6, INSIDE),
            (7, PART),
            (8, REFRESH),
            (9, PART),
        ]),
        [
            Some((0, Met)),
            Some((0, Met)),
            Some((2, BeginningLost)),
            Some((0, ReferenceLost)),
            Some((0, Met)),
            Some((0, Met)),
            // The part beside the intra one is still missing.
            Some((0, ReferenceLost)),
            Some((0, Met)),
            Some((0, Met)),
        ]
    );
}

#[test]
fn what_cannot_be_read_is_missing_and_what_is_late_is_left_out() {
    assert_eq!(
        run([
            (1, REFRESH),
            (2, 9),
            (3, INSIDE),
            (3, INSIDE),
            (2, REFRESH),
            (4, REFRESH)
        ]),
        [
            Some((0, Met)),
            None,
            Some((1, BeginningLost)),
            None,
            None,
            Some((0, Met)),
        ]
    );
}

/// Begins at every packet, and loses every packet, of a stream whose first one refreshes all.
fn every_start_and_every_loss<'p, P: Payload>(
    name: &str,
    unpack: impl Fn(&'p [u8]) -> Option<P>,
    packets: &'p [&'p [u8]],
) {
    let entry = |n: usize| {
        unpack(packets[n])
            .map(|payload| payload.entry())
            .expect(name)
    };
    let expected = |entry| match entry {
        Entry::Inside => BeginningLost,
        Entry::Part => ReferenceLost,
        Entry::Intra | Entry::Refresh => Met,
    };
    let follow = |depacketiser: &mut Depacketiser, n: usize| {
        let sequence = 65_534_u16.wrapping_add(n as u16);
        let found = depacketiser.follow(SequenceNumber::new(sequence), unpack(packets[n]));
        let found = found.expect(name);
        (found.missing, found.dependency)
    };
    for first in 0..packets.len() {
        let mut depacketiser = Depacketiser::new();
        let found = follow(&mut depacketiser, first);
        assert_eq!(
            found,
            (0, expected(entry(first))),
            "{name}: begins at {first}"
        );
    }
    for lost in 1..packets.len() - 1 {
        let mut depacketiser = Depacketiser::new();
        for n in (0..packets.len()).filter(|n| *n != lost) {
            let found = follow(&mut depacketiser, n);
            if n == lost + 1 {
                assert_eq!(found, (1, expected(entry(n))), "{name}: lost {lost}");
            }
        }
    }
    // With nothing lost everything is there, once something refreshed it.
    let mut depacketiser = Depacketiser::new();
    for n in 0..packets.len() {
        let found = follow(&mut depacketiser, n);
        assert!(
            entry(0) != Entry::Refresh || found == (0, Met),
            "{name}: {n}"
        );
    }
}

// shows: S072
#[test]
fn every_format_can_start_at_any_packet_and_reports_what_was_lost() {
    use crate::rtp::payload::{adu::Adus, frames::Frames};
    use crate::rtp::payload::{amr, bmpeg, bt656, celb, dv, g722, g723, g729, g7221, gsm};
    use crate::rtp::payload::{h261, h263, h263_plus, jpeg, mpeg_audio, mpeg_video, mpeg4_visual};
    use crate::rtp::payload::{pointer, qcelp};
    let check = every_start_and_every_loss::<Frames<'_, g729::G729>>;
    check("G729", Frames::unpack, &[&[0; 10], &[0; 22], &[0; 2]]);
    let check = every_start_and_every_loss::<Frames<'_, g723::G723>>;
    check("G723", Frames::unpack, &[&[0; 24], &[1; 20], &[2; 4]]);
    let check = every_start_and_every_loss::<Frames<'_, gsm::Gsm>>;
    check(
        "GSM",
        Frames::unpack,
        &[&[0xd0; 33], &[0xd1; 66], &[0xd2; 33]],
    );
    every_start_and_every_loss("G722", |p| Some(g722::G722::unpack(p)), &[&[1], &[2], &[3]]);
    every_start_and_every_loss("QCELP", qcelp::Qcelp::unpack, &[&[0, 0], &[8, 0], &[9, 0]]);
    every_start_and_every_loss(
        "pointer",
        pointer::Pointer::unpack,
        &[&[0; 4], &[1; 4], &[2; 4]],
    );
    let format = g7221::G7221Format::new(24_000, 16_000).unwrap();
    let unpack = |p| g7221::G7221::unpack(format, p);
    every_start_and_every_loss("G7221", unpack, &[&[0; 60], &[1; 60], &[2; 120]]);
    let format = amr::AmrFormat {
        codec: amr::AmrCodec::Narrowband,
        channels: 1,
        layout: amr::AmrLayout::BandwidthEfficient,
    };
    let none = &[0xf7, 0xc0][..];
    every_start_and_every_loss("AMR", |p| amr::Amr::unpack(format, p), &[none, none, none]);
    // An ADU in three packets, and one that is whole.
    let adus: &[&[u8]] = &[&[9, 1, 2, 3], &[0x89, 4, 5, 6], &[0x89, 7, 8, 9], &[1, 2]];
    every_start_and_every_loss("mpa-robust", Adus::unpack, adus);
    let audio: &[&[u8]] = &[
        &[0, 0, 0, 0, 1],
        &[0, 0, 0, 1, 1],
        &[0, 0, 0, 2, 1],
        &[0, 0, 0, 0, 1],
    ];
    every_start_and_every_loss("MPA", mpeg_audio::MpegAudio::unpack, audio);
    // I picture, slices inside of it, P picture.
    let video: &[&[u8]] = &[
        &[0, 0, 0x10 | 1, 0, 0, 0, 1, 0],
        &[0, 0, 1, 0, 7],
        &[0, 0, 0x10 | 1, 0, 0, 0, 1, 5],
        &[0, 0, 0x10 | 2, 0, 0, 0, 1, 0],
    ];
    every_start_and_every_loss("MPV", mpeg_video::MpegVideo::unpack, video);
    let bundled: &[&[u8]] = &[
        &[0, 0, 0, 0, 0, 0, 1, 0],
        &[0, 0, 0, 0, 7],
        &[0x40, 0, 0, 0, 7],
    ];
    every_start_and_every_loss("BMPEG", bmpeg::BundledMpeg::unpack, bundled);
    // All of a stream that says so is intra; any other refers to pictures before.
    let h261: &[&[u8]] = &[&[2, 0, 0, 0, 7], &[2, 0x10, 0, 0, 7], &[2, 0x20, 0, 0, 7]];
    every_start_and_every_loss("H261, intra", h261::H261::unpack, h261);
    let h261: &[&[u8]] = &[&[1, 0, 0, 0, 7], &[1, 0x10, 0, 0, 7], &[1, 0x20, 0, 0, 7]];
    every_start_and_every_loss("H261", h261::H261::unpack, h261);
    let h263: &[&[u8]] = &[
        &[0, 0, 0, 0, 0, 0, 0x80, 2],
        &[0, 0, 0, 0, 7],
        &[0, 0x10, 0, 0, 7],
    ];
    every_start_and_every_loss("H263", h263::H263::unpack, h263);
    let plus: &[&[u8]] = &[&[4, 0, 0x80, 6, 8], &[0, 0, 7], &[4, 0, 0x84], &[0, 0, 7]];
    every_start_and_every_loss("H263-1998", h263_plus::H263Plus::unpack, plus);
    let jpeg: &[&[u8]] = &[
        &[0, 0, 0, 0, 1, 50, 1, 1, 7],
        &[0, 0, 0, 1, 1, 50, 1, 1, 7],
        &[0, 0, 0, 2, 1, 50, 1, 1, 7],
        &[0, 0, 0, 0, 1, 50, 1, 1, 7],
    ];
    every_start_and_every_loss("JPEG", jpeg::Jpeg::unpack, jpeg);
    let visual: &[&[u8]] = &[
        &[0, 0, 1, 0xb6, 0],
        &[7, 7],
        &[0, 0, 0x80, 1],
        &[0, 0, 1, 0xb6, 0x40],
    ];
    every_start_and_every_loss("MP4V-ES", mpeg4_visual::Mpeg4Visual::unpack, visual);
    every_start_and_every_loss("DV", dv::Dv::unpack, &[&[0; 80], &[0; 160], &[0; 80]]);
    let lines: &[&[u8]] = &[&[0, 0, 8, 0, 1, 2, 3, 4], &[0, 0, 16, 0], &[0, 0, 24, 0]];
    every_start_and_every_loss("BT656", bt656::Bt656::unpack, lines);
    every_start_and_every_loss("CelB", celb::CelB::unpack, &[&[0; 9], &[0; 8], &[0; 12]]);
}
