use super::*;
use alloc::string::String;
use alloc::vec::Vec;

const EFFICIENT: AmrFormat = AmrFormat {
    codec: AmrCodec::Narrowband,
    channels: 1,
    layout: AmrLayout::BandwidthEfficient,
};

const fn aligned(channels: u8, crc: bool, sorted: bool, interleaved: bool) -> AmrFormat {
    AmrFormat {
        codec: AmrCodec::Narrowband,
        channels,
        layout: AmrLayout::OctetAligned {
            has_crc: crc,
            is_sorted: sorted,
            is_interleaved: interleaved,
        },
    }
}

/// Bits of a frame that are different for each seed, as 0s and 1s.
fn bits(seed: u32, count: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let bit = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state & 0x8000_0000 == 0 { '0' } else { '1' }
    };
    (0..count).map(bit).collect()
}

/// Octets of a string of 0s and 1s, spaces left out, zeros behind it.
fn octets(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits
        .bytes()
        .filter(|bit| *bit != b' ')
        .map(|bit| bit - b'0')
        .collect();
    let octet = |part: &[u8]| (0..8).fold(0, |o, n| o << 1 | part.get(n).copied().unwrap_or(0));
    bits.chunks(8).map(octet).collect()
}

/// Frames of these types, good ones, made of these bits.
type Made = Vec<(FrameType, bool, Vec<u8>)>;

fn made(codec: AmrCodec, frames: &[(u8, &str)]) -> Made {
    let frame = |(kind, bits): &(u8, &str)| {
        let kind = FrameType::new(codec, *kind).unwrap();
        assert_eq!(kind.bits(), bits.len());
        (kind, true, octets(bits))
    };
    frames.iter().map(frame).collect()
}

/// Packs frames and compares the payload, then unpacks it and compares the frames.
fn both_ways(
    format: AmrFormat,
    request: Option<u8>,
    interleave: Interleave,
    frames: &Made,
    payload: &[u8],
) {
    let slices: Vec<_> = frames
        .iter()
        .map(|(kind, good, o)| (*kind, *good, &o[..]))
        .collect();
    let mut out = alloc::vec![0xee; payload.len()];
    assert_eq!(
        pack(format, request, interleave, &slices, &mut out),
        Some(payload.len())
    );
    assert_eq!(out, payload);
    let short = payload.len() - 1;
    assert_eq!(
        pack(format, request, interleave, &slices, &mut out[..short]),
        None
    );
    let amr = Amr::unpack(format, payload).unwrap();
    assert_eq!(amr.mode_request(), request);
    let back: Made = amr
        .frames()
        .map(|frame| (frame.kind, frame.is_good, frame.octets().collect()))
        .collect();
    assert_eq!(&back, frames);
    // §4.5.1: neither longer nor shorter.
    assert_eq!(Amr::unpack(format, &payload[..short]), None);
    assert_eq!(Amr::unpack(format, &[payload, &[0]].concat()), None);
}

// shows: S067
#[test]
fn one_frame_of_7_4_kbit() {
    // RFC 4867 §4.3.5.1.
    let d = bits(1, 148);
    let frames = made(AmrCodec::Narrowband, &[(4, &d)]);
    let payload = octets(&alloc::format!("1111 0 0100 1 {d} 00"));
    assert_eq!(payload.len(), 20);
    both_ways(EFFICIENT, None, Interleave::default(), &frames, &payload);
}

// shows: S067
#[test]
fn four_wideband_frames_of_which_one_is_empty() {
    // RFC 4867 §4.3.5.2.
    let (d, g, h) = (bits(1, 132), bits(2, 40), bits(3, 177));
    let frames = made(AmrCodec::Wideband, &[(0, &d), (9, &g), (15, ""), (1, &h)]);
    let contents = "1 0000 1 1 1001 1 1 1111 1 0 0001 1";
    let payload = octets(&alloc::format!("0001 {contents} {d}{g}{h} 0000000"));
    assert_eq!(payload.len(), 48);
    let format = AmrFormat {
        codec: AmrCodec::Wideband,
        ..EFFICIENT
    };
    both_ways(format, Some(1), Interleave::default(), &frames, &payload);
    let amr = Amr::unpack(format, &payload).unwrap();
    assert!(amr.frames().map(|frame| frame.ticks).eq([0, 320, 640, 960]));
}

// shows: S067
#[test]
fn three_frame_blocks_of_two_channels() {
    // RFC 4867 §4.3.5.3.
    let d: Vec<String> = (0..6).map(|n| bits(n, 148)).collect();
    let list: Vec<(u8, &str)> = d.iter().map(|d| (4, d.as_str())).collect();
    let frames = made(AmrCodec::Narrowband, &list);
    let contents = "1 0100 1".repeat(5) + "0 0100 1";
    let payload = octets(&alloc::format!("1111 {contents} {}", d.concat()));
    assert_eq!(payload.len(), 116);
    let format = AmrFormat {
        channels: 2,
        ..EFFICIENT
    };
    both_ways(format, None, Interleave::default(), &frames, &payload);
    let amr = Amr::unpack(format, &payload).unwrap();
    let places = amr.frames().map(|frame| (frame.ticks, frame.channel));
    assert!(places.eq([(0, 0), (0, 1), (160, 0), (160, 1), (320, 0), (320, 1)]));
    // Six frames are not the same number for each of four channels.
    assert_eq!(
        Amr::unpack(
            AmrFormat {
                channels: 4,
                ..EFFICIENT
            },
            &payload
        ),
        None
    );
}

// shows: S067
#[test]
fn two_octet_aligned_frames() {
    // RFC 4867 §4.4.5.1.
    let (f1, f2) = (bits(1, 159), bits(2, 159));
    let frames = made(AmrCodec::Narrowband, &[(5, &f1), (5, &f2)]);
    let payload = octets(&alloc::format!(
        "0110 0000 1 0101 1 00 0 0101 1 00 {f1} 0 {f2} 0"
    ));
    assert_eq!(payload.len(), 43);
    let format = aligned(1, false, false, false);
    both_ways(format, Some(6), Interleave::default(), &frames, &payload);
    // Reserved bits and padding are ignored.
    let mut dirty = payload.clone();
    (dirty[0], dirty[1], dirty[42]) = (0x6f, dirty[1] | 3, dirty[42] | 1);
    let amr = Amr::unpack(format, &dirty).unwrap();
    assert!(
        amr.frames()
            .map(|frame| frame.octets().collect::<Vec<u8>>())
            .eq([octets(&f1), octets(&f2)])
    );
}

/// The checksum of §4.4.2.1, bit by bit as written there.
fn crc(bits: &str, count: usize) -> String {
    let mut register = [0_u8; 8];
    for bit in bits.bytes().take(count) {
        let sum = register[7] ^ (bit - b'0');
        register.rotate_right(1);
        register[0] = 0;
        if sum == 1 {
            for (cell, tap) in register.iter_mut().zip([1, 0, 1, 1, 1, 0, 0, 0]) {
                *cell ^= tap;
            }
        }
    }
    register
        .map(|cell| char::from(b'0' + cell))
        .iter()
        .collect()
}

// shows: S067
#[test]
fn two_channels_with_checksums_interleaving_and_robust_sorting() {
    // RFC 4867 §4.4.5.2.
    let f: Vec<String> = (1..5).map(|n| bits(n, 159)).collect();
    let list: Vec<(u8, &str)> = f.iter().map(|f| (5, f.as_str())).collect();
    let frames = made(AmrCodec::Narrowband, &list);
    let mut text = String::from("0110 0000 0001 0000");
    text += &("1 0101 1 00".repeat(3) + "0 0101 1 00");
    // 75 bits of class A.
    text.extend(f.iter().map(|f| crc(f, 75)));
    // The first octets of all frames, then the second ones.
    let whole: Vec<Vec<u8>> = f.iter().map(|f| octets(f)).collect();
    let sorted = (0..20).flat_map(|at| whole.iter().map(move |frame| frame[at]));
    let payload: Vec<u8> = octets(&text).into_iter().chain(sorted).collect();
    assert_eq!(payload.len(), 2 + 4 + 4 + 80);
    let format = aligned(2, true, true, true);
    let place = Interleave { last: 1, index: 0 };
    both_ways(format, Some(6), place, &frames, &payload);
    let amr = Amr::unpack(format, &payload).unwrap();
    assert_eq!(amr.interleave(), Some(place));
    // The second frame-block is #3.
    let places = amr.frames().map(|frame| (frame.ticks, frame.channel));
    assert!(places.eq([(0, 0), (0, 1), (320, 0), (320, 1)]));

    // A damaged bit of class A clears Q, one of class B does not.
    let sorted = |frame: usize, bit: usize| 10 + (bit / 8) * 4 + frame;
    for (bit, is_good) in [(0, false), (74, false), (75, true), (158, true)] {
        let mut damaged = payload.clone();
        damaged[sorted(2, bit)] ^= 0x80 >> (bit % 8);
        let amr = Amr::unpack(format, &damaged).unwrap();
        let good = amr.frames().map(|frame| frame.is_good);
        assert!(good.eq([true, true, is_good, true]), "{bit}");
    }
}

#[test]
fn sorting_skips_frames_that_have_ended() {
    let (long, short) = (bits(1, 244), bits(2, 39));
    let frames = made(AmrCodec::Narrowband, &[(8, &short), (15, ""), (7, &long)]);
    let (s, l) = (octets(&short), octets(&long));
    let mut payload = octets("1111 0000 1 1000 1 00 1 1111 1 00 0 0111 1 00");
    // No checksum for what is not there.
    payload.extend(octets(&(crc(&short, 39) + &crc(&long, 81))));
    for (at, octet) in l.iter().enumerate() {
        payload.extend(s.get(at));
        payload.push(*octet);
    }
    both_ways(
        aligned(1, true, true, false),
        None,
        Interleave::default(),
        &frames,
        &payload,
    );
}

/// §4.4.1 and the figure of §4.4.2: nine frame-blocks in three packets.
#[test]
fn an_interleaving_group_takes_every_third_frame_block() {
    let format = aligned(1, false, false, true);
    let mut times = Vec::new();
    for index in 0..3 {
        let place = Interleave { last: 2, index };
        let blocks: Vec<usize> = place.places(3).collect();
        assert_eq!(blocks, [0, 3, 6].map(|block| block + usize::from(index)));
        let texts: Vec<String> = blocks.iter().map(|block| bits(*block as u32, 95)).collect();
        let list: Vec<(u8, &str)> = texts.iter().map(|bits| (0, bits.as_str())).collect();
        let frames = made(AmrCodec::Narrowband, &list);
        let slices: Vec<_> = frames
            .iter()
            .map(|(kind, good, o)| (*kind, *good, &o[..]))
            .collect();
        let mut out = [0; 41];
        assert_eq!(pack(format, None, place, &slices, &mut out), Some(41));
        let amr = Amr::unpack(format, &out).unwrap();
        // The timestamp is that of the packet's first frame-block.
        let first = u32::from(index) * 160;
        times.extend(
            amr.frames()
                .map(|frame| (first + frame.ticks, frame.octets().collect())),
        );
    }
    times.sort();
    let expected: Vec<(u32, Vec<u8>)> = (0..9)
        .map(|block| (block * 160, octets(&bits(block, 95))))
        .collect();
    assert_eq!(times, expected);
    // ILP beyond ILL.
    assert_eq!(Amr::unpack(format, &[0xf0, 0x12, 0x7c]), None);
    assert!(Amr::unpack(format, &[0xf0, 0x11, 0x7c]).is_some());
    let past = Interleave { last: 1, index: 2 };
    assert_eq!(
        pack(
            format,
            None,
            past,
            &[(FrameType::NO_DATA, true, &[])],
            &mut [0; 9]
        ),
        None
    );
}

#[test]
fn unknown_frames_discard_the_packet_and_unknown_requests_are_ignored() {
    for kind in 9..15 {
        let payload = octets(&alloc::format!("1111 0 {kind:04b} 1"));
        assert_eq!(Amr::unpack(EFFICIENT, &payload), None, "{kind}");
    }
    let wide = AmrFormat {
        codec: AmrCodec::Wideband,
        ..EFFICIENT
    };
    for kind in 10..14 {
        let payload = octets(&alloc::format!("1111 0 {kind:04b} 1"));
        assert_eq!(Amr::unpack(wide, &payload), None, "{kind}");
    }
    assert!(Amr::unpack(wide, &octets("1111 0 1110 1")).is_some());
    for request in 0..16 {
        let payload = octets(&alloc::format!("{request:04b} 0 1111 1"));
        let asked = |format| Amr::unpack(format, &payload).unwrap().mode_request();
        assert_eq!(asked(EFFICIENT), (request < 8).then_some(request));
        assert_eq!(asked(wide), (request < 9).then_some(request));
    }
    let none = (FrameType::NO_DATA, true, &[][..]);
    let place = Interleave::default();
    assert_eq!(pack(EFFICIENT, Some(8), place, &[none], &mut [0; 9]), None);
    assert_eq!(pack(EFFICIENT, None, place, &[], &mut [0; 9]), None);
    let lost = (FrameType::SPEECH_LOST, true, &[][..]);
    assert_eq!(pack(EFFICIENT, None, place, &[lost], &mut [0; 9]), None);
    assert_eq!(pack(wide, None, place, &[lost], &mut [0; 9]), Some(2));
    assert_eq!(Amr::unpack(EFFICIENT, &[]), None);
}
