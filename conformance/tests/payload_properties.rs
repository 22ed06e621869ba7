//! Properties of payload formats: whatever is packed is unpacked the same, whatever the loss what
//! comes out of an assembler is what was sent, and no bytes make a depacketiser panic.

use offhook::rtp::number::SequenceNumber;
use offhook::rtp::payload::adu::{self, AduAssembler, Adus};
use offhook::rtp::payload::amr::{self, Amr, AmrCodec, AmrFormat, AmrLayout, FrameType};
use offhook::rtp::payload::codec::Codec;
use offhook::rtp::payload::depacketiser::Depacketiser;
use offhook::rtp::payload::dvi4::{Dvi4, Vdvi};
use offhook::rtp::payload::h263_plus::H263Plus;
use offhook::rtp::payload::interleave::Interleave;
use offhook::rtp::payload::jpeg::{Jpeg, JpegAssembler};
use offhook::rtp::payload::latm::{self, LatmAssembler, LatmPiece};
use offhook::rtp::payload::linear::{Linear, Width};
use offhook_conformance::fuzzing::payload;
use proptest::collection::vec;
use proptest::prelude::*;

fn layout() -> impl Strategy<Value = AmrLayout> {
    prop_oneof![
        Just(AmrLayout::BandwidthEfficient),
        any::<(bool, bool, bool)>().prop_map(|(has_crc, is_sorted, is_interleaved)| {
            AmrLayout::OctetAligned {
                has_crc,
                is_sorted,
                is_interleaved,
            }
        })
    ]
}

/// A frame of this type whose octets begin with those of `filling`, unused bits zero.
fn frame(codec: AmrCodec, number: u8, filling: &[u8]) -> (FrameType, Vec<u8>) {
    let kind = FrameType::new(codec, number).unwrap_or(FrameType::NO_DATA);
    let mut octets: Vec<u8> = filling
        .iter()
        .copied()
        .cycle()
        .take(kind.octets())
        .collect();
    if let Some(last) = octets.last_mut() {
        let unused = kind.octets() * 8 - kind.bits();
        *last = *last >> unused << unused;
    }
    (kind, octets)
}

proptest! {
    #[test]
    fn amr_comes_back_in_every_layout(
        layout in layout(),
        is_wide in any::<bool>(),
        channels in 1_u8..4,
        blocks in 1_usize..5,
        numbers in vec(0_u8..16, 12),
        filling in vec(any::<u8>(), 1..70),
        quality in vec(any::<bool>(), 12),
        (last, index) in (0_u8..16).prop_flat_map(|last| (Just(last), 0..=last)),
        request in proptest::option::of(0_u8..8),
    ) {
        let codec = if is_wide { AmrCodec::Wideband } else { AmrCodec::Narrowband };
        let format = AmrFormat { codec, channels, layout };
        let count = blocks * usize::from(channels);
        let made: Vec<_> = numbers[..count].iter().map(|n| frame(codec, *n, &filling)).collect();
        let frames: Vec<_> = made
            .iter()
            .zip(&quality)
            .map(|((kind, octets), good)| (*kind, *good, octets.as_slice()))
            .collect();
        let interleave = Interleave { last, index };
        let mut out = [0; 1_000];
        let size = amr::pack(format, request, interleave, &frames, &mut out).unwrap();
        let back = Amr::unpack(format, &out[..size]).unwrap();
        prop_assert_eq!(back.mode_request(), request);
        let is_interleaved =
            matches!(layout, AmrLayout::OctetAligned { is_interleaved: true, .. });
        prop_assert_eq!(back.interleave(), is_interleaved.then_some(interleave));
        let step = if is_interleaved { u32::from(last) + 1 } else { 1 };
        prop_assert_eq!(back.frames().count(), count);
        for (n, (frame, (kind, good, octets))) in back.frames().zip(&frames).enumerate() {
            prop_assert_eq!((frame.kind, frame.is_good), (*kind, *good));
            prop_assert!(frame.octets().eq(octets.iter().copied()));
            let block = (n / usize::from(channels)) as u32 * step;
            prop_assert_eq!(frame.ticks, block * codec.frame_ticks());
        }
        prop_assert!(amr::pack(format, request, interleave, &frames, &mut out[..size - 1]).is_none());
    }

    #[test]
    fn linear_samples_come_back(
        width in prop::sample::select(vec![Width::L8, Width::L16, Width::L20, Width::L24]),
        samples in vec(-0x80_0000_i32..0x80_0000, 0..50),
    ) {
        let cut: Vec<i32> = samples.iter().map(|s| s >> (24 - width.bits())).collect();
        let format = Linear::new(width, 1);
        let mut out = [0; 200];
        let size = format.pack(&cut, &mut out).unwrap();
        let mut back = vec![0; cut.len()];
        prop_assert_eq!(format.unpack(&out[..size], &mut back), Some(cut.len()));
        prop_assert_eq!(back, cut);
    }

    /// Both carry the same codes, and a decoder follows its encoder over any number of packets.
    #[test]
    fn adpcm_sounds_the_same_in_both_packings(
        packets in vec(vec(any::<i16>(), 1..40), 1..6),
    ) {
        let (mut fixed, mut variable) = (Dvi4::default(), Vdvi::default());
        for packet in packets {
            let samples: Vec<i16> = packet.iter().flat_map(|sample| [*sample, *sample]).collect();
            let mut sound = [[0; 80]; 2];
            let codecs: [&mut dyn Codec; 2] = [&mut fixed, &mut variable];
            for (codec, sound) in codecs.into_iter().zip(&mut sound) {
                let mut payload = [0; 84];
                let size = codec.encode(&samples, &mut payload).unwrap();
                prop_assert_eq!(codec.decode(&payload[..size], sound), Some(samples.len()));
            }
            prop_assert_eq!(sound[0], sound[1]);
        }
    }

    /// Whatever is lost, what an assembler gives out was sent; and with nothing lost, all of it.
    #[test]
    fn what_was_put_together_was_sent(
        units in vec(vec(any::<u8>(), 70..400), 1..6),
        most in 20_usize..200,
        start in any::<u16>(),
        losses in vec(prop::bool::weighted(0.2), 200),
    ) {
        let mut sequence = SequenceNumber::new(start);
        let mut lost = losses.into_iter();
        let (mut scans, mut elements, mut adus) = (vec![], vec![], vec![]);
        let (mut jpeg_in, mut adu_in) = (Depacketiser::new(), Depacketiser::new());
        let (mut jpeg, mut audio) = (JpegAssembler::new(), LatmAssembler::new());
        let mut adu = AduAssembler::new();
        let (mut scan, mut element, mut unit) = ([0; 400], [0; 400], [0; 400]);
        let (mut any_lost, mut one_lost) = (false, vec![]);
        for data in &units {
            let picture = Jpeg {
                type_specific: 0, offset: 0, kind: 1, q: 50, width: 4, height: 4,
                restart: None, tables: None, data,
            };
            let header = picture.header_octets();
            let scans_of = picture.fragments(most + header).unwrap();
            let parts = latm::packetise(data, most).unwrap();
            let fragments = adu::fragments(data, most + 2).unwrap();
            let mut is_lost = false;
            for (((payload, marker), (part, _)), fragment) in scans_of.zip(parts).zip(fragments) {
                let number = sequence;
                sequence = sequence.next();
                if lost.next().unwrap_or(false) {
                    is_lost = true;
                    continue;
                }
                let unpacked = jpeg_in.follow(number, Some(payload)).unwrap();
                if let Some(size) = jpeg.push(&unpacked, marker, &mut scan) {
                    scans.push(scan[..size].to_vec());
                }
                let piece = audio.push(number, marker, part, &mut element);
                if let LatmPiece::Element(size) = piece {
                    elements.push(element[..size].to_vec());
                }
                let mut packet = vec![0; fragment.octets.len() + 2];
                let header = fragment.descriptor.pack(&mut packet).unwrap();
                packet[header..][..fragment.octets.len()].copy_from_slice(fragment.octets);
                packet.truncate(header + fragment.octets.len());
                let unpacked = adu_in.follow(number, Adus::unpack(&packet)).unwrap();
                if let Some(size) = adu.push(&unpacked, &mut unit) {
                    adus.push(unit[..size].to_vec());
                } else if fragment.is_whole() {
                    adus.push(fragment.octets.to_vec());
                }
            }
            any_lost |= is_lost;
            one_lost.push(is_lost);
        }
        let expected: Vec<Vec<u8>> = units
            .iter()
            .zip(&one_lost)
            .filter(|(_, is_lost)| !**is_lost)
            .map(|(unit, _)| unit.clone())
            .collect();
        prop_assert_eq!(&scans, &expected);
        prop_assert_eq!(&adus, &expected);
        // Where an element begins only the packet before says: fewer, and none before a marker.
        prop_assert!(elements.iter().all(|element| expected.contains(element)));
        if !any_lost {
            prop_assert_eq!(&elements[..], &expected[1..]);
        }
    }

    #[test]
    fn a_picture_in_segments_comes_back(
        segments in vec(vec(1_u8..=255, 1..300), 1..6),
        most in 3_usize..200,
    ) {
        let mut picture = vec![];
        let mut parts = vec![];
        for segment in &segments {
            parts.push(picture.len());
            picture.extend([0, 0]);
            picture.extend(segment);
        }
        let mut back = vec![];
        let mut markers = vec![];
        for (payload, marker) in H263Plus::packetise(&picture, &parts, most).unwrap() {
            let mut out = vec![0; most];
            let size = payload.pack(&mut out).unwrap();
            let again = H263Plus::unpack(&out[..size]).unwrap();
            let mut restored = vec![0; again.restored()];
            again.restore(&mut restored).unwrap();
            back.extend(restored);
            markers.push(marker);
        }
        prop_assert_eq!(back, picture);
        prop_assert_eq!(markers.iter().position(|marker| *marker), Some(markers.len() - 1));
    }

    #[test]
    fn no_bytes_make_a_depacketiser_panic(
        first in prop_oneof![any::<u8>(), Just(0_u8), Just(0xf0), Just(0xd0)],
        rest in vec(prop_oneof![any::<u8>(), Just(0_u8)], 0..160),
    ) {
        payload(&[&[first], &rest[..]].concat());
    }
}
