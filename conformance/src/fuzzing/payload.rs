//! Payload formats (RFC 3551 §4.5 and those after it): what is read is written back, whichever
//! format the bytes are taken for.

use offhook::rtp::payload::adpcm::Adpcm;
use offhook::rtp::payload::adu::{Adu, Adus};
use offhook::rtp::payload::amr::{self, Amr, AmrCodec, AmrFormat, AmrLayout};
use offhook::rtp::payload::bmpeg::BundledMpeg;
use offhook::rtp::payload::bt656::Bt656;
use offhook::rtp::payload::celb::CelB;
use offhook::rtp::payload::codec::Codec;
use offhook::rtp::payload::dat12::Dat12;
use offhook::rtp::payload::depacketiser::{Entry, Payload};
use offhook::rtp::payload::dv::Dv;
use offhook::rtp::payload::dvi4::{self, Dvi4, Vdvi};
use offhook::rtp::payload::frames::{Frames, Framing};
use offhook::rtp::payload::g711::Law;
use offhook::rtp::payload::g726::G726;
use offhook::rtp::payload::g7221::{G7221, G7221Format};
use offhook::rtp::payload::h261::{self, H261};
use offhook::rtp::payload::h263::H263;
use offhook::rtp::payload::h263_plus::H263Plus;
use offhook::rtp::payload::jpeg::Jpeg;
use offhook::rtp::payload::linear::{Linear, Width};
use offhook::rtp::payload::mpeg_audio::MpegAudio;
use offhook::rtp::payload::mpeg_video::MpegVideo;
use offhook::rtp::payload::mpeg4_visual::Mpeg4Visual;
use offhook::rtp::payload::pointer::Pointer;
use offhook::rtp::payload::qcelp::Qcelp;
use offhook::rtp::payload::{g723, g728, g729, gsm, latm, lpc};

/// A payload that is unpacked is packed again, and then unpacks to the same.
macro_rules! comes_back {
    ($format:ident, $bytes:expr, $out:expr) => {
        if let Some(payload) = $format::unpack($bytes) {
            let _ = payload.entry();
            let size = payload.pack($out).expect("what was unpacked packs");
            assert!(size <= $bytes.len());
            assert_eq!($format::unpack(&$out[..size]), Some(payload));
        }
    };
}

/// Any bytes, taken for a payload of each format.
pub fn payload(bytes: &[u8]) {
    // Room for what grows by two zeros.
    let out = &mut vec![0; bytes.len() + 2][..];
    video(bytes, out);
    comes_back!(MpegAudio, bytes, out);
    if let Some(pointer) = Pointer::unpack(bytes) {
        assert_eq!(Pointer::unpack(&pointer.pack()), Some(pointer));
    }
    framed::<g723::G723>(bytes, out);
    framed::<g728::G728>(bytes, out);
    framed::<g729::G729>(bytes, out);
    framed::<g729::G729D>(bytes, out);
    framed::<g729::G729E>(bytes, out);
    framed::<gsm::Gsm>(bytes, out);
    framed::<gsm::GsmEfr>(bytes, out);
    framed::<lpc::Lpc>(bytes, out);
    bundles(bytes, out);
    samples(bytes, out);
    all_amr(bytes, out);
}

fn video(bytes: &[u8], out: &mut [u8]) {
    comes_back!(H263Plus, bytes, out);
    comes_back!(Jpeg, bytes, out);
    comes_back!(BundledMpeg, bytes, out);
    comes_back!(CelB, bytes, out);
    comes_back!(Bt656, bytes, out);
    comes_back!(Mpeg4Visual, bytes, out);
    if let Some(payload) = H263Plus::unpack(bytes) {
        assert_eq!(payload.restore(out), Some(payload.restored()));
    }
    // These are read although a field is not zero that must be; what is sent has it zero.
    if let Some(payload) = MpegVideo::unpack(bytes) {
        if let Some(size) = payload.pack(out) {
            assert_eq!(MpegVideo::unpack(&out[..size]), Some(payload));
        }
    }
    if let Some(payload) = H261::unpack(bytes) {
        if let Some(size) = payload.pack(out) {
            assert_eq!(H261::unpack(&out[..size]), Some(payload));
        }
        assert!(payload.append(3, out).is_some_and(|bits| bits > 3));
    }
    if let Some(payload) = H263::unpack(bytes) {
        assert!(payload.append(3, out).is_some_and(|bits| bits > 3));
        assert_ne!(payload.entry(), Entry::Inside);
    }
    if let Some(payload) = Dv::unpack(bytes) {
        assert!(payload.blocks().all(|(_, block)| block.len() == 80));
    }
    // A picture in packets is the same picture.
    let points: Vec<_> = h261::group_starts(bytes).take(64).collect();
    if let Some(packets) = h261::packetise(bytes, bytes.len() * 8, &points, bytes.len() / 2 + 4) {
        let bits = packets.fold(0, |bits, (payload, _)| payload.append(bits, out).unwrap());
        assert_eq!(bits, bytes.len() * 8);
        assert_eq!(out[..bytes.len()], *bytes);
    }
}

fn framed<F: Framing>(bytes: &[u8], out: &mut [u8]) {
    let Some(frames) = Frames::<F>::unpack(bytes) else {
        return;
    };
    let packed = Frames::<F>::pack(frames.iter().map(|frame| frame.octets), out);
    assert_eq!(packed, Some(bytes.len()));
    assert_eq!(&out[..bytes.len()], bytes);
}

fn bundles(bytes: &[u8], out: &mut [u8]) {
    if let Some(payload) = Qcelp::unpack(bytes) {
        let frames: Vec<&[u8]> = payload.frames().map(|frame| frame.octets).collect();
        assert!((1..=10).contains(&frames.len()));
        // An erasure is never sent.
        if let Some(size) = Qcelp::pack(payload.interleave, &frames, out) {
            assert_eq!(Qcelp::unpack(&out[..size]), Some(payload));
        }
    }
    if let Some(payload) = Adus::unpack(bytes) {
        let whole = payload.iter().filter(Adu::is_whole).count();
        assert!(whole <= bytes.len());
        let octets: usize = payload.iter().map(|adu| adu.octets.len()).sum();
        assert!(octets < bytes.len());
    }
    let format = G7221Format::new(16_400, 32_000).expect("a multiple of 400");
    if let Some(payload) = G7221::unpack(format, bytes) {
        assert_eq!(payload.frames().len() * format.frame_octets(), bytes.len());
    }
    if let Some(frames) = latm::frames(bytes) {
        let size = latm::pack(frames, out).expect("it was no longer");
        assert_eq!(&out[..size], bytes);
    }
}

fn samples(bytes: &[u8], out: &mut [u8]) {
    let mut sound = vec![0; bytes.len() * 4];
    for (width, channels) in [
        (Width::L8, 1),
        (Width::L16, 2),
        (Width::L20, 1),
        (Width::L24, 1),
    ] {
        let format = Linear::new(width, channels);
        let mut wide = vec![0; bytes.len()];
        if let Some(count) = format.unpack(bytes, &mut wide) {
            let size = format.pack(&wide[..count], out).expect("it was no longer");
            assert_eq!(size, bytes.len());
            let mut again = vec![0; bytes.len()];
            assert_eq!(format.unpack(&out[..size], &mut again), Some(count));
            assert_eq!(again, wide);
        }
    }
    let codecs: [&mut dyn Codec; 5] = [
        &mut Law::Mu,
        &mut Law::A,
        &mut Dat12::new(1),
        &mut Dvi4::default(),
        &mut Vdvi::default(),
    ];
    for codec in codecs {
        if let Some(count) = codec.decode(bytes, &mut sound) {
            let most = codec.most_octets(count);
            let mut payload = vec![0; most];
            let size = codec.encode(&sound[..count], &mut payload);
            assert!(size.is_some_and(|size| size <= most));
        }
    }
    if let Some((state, codes)) = dvi4::unpack(bytes) {
        assert!(Adpcm::new(state.predicted(), state.index()) == Some(state));
        assert_eq!(codes.len() + 4, bytes.len());
    }
    for rate in [G726::Rate16, G726::Rate24, G726::Rate32, G726::Rate40] {
        let codewords: Vec<u8> = rate.unpack(bytes).collect();
        if let Some(size) = rate.pack(&codewords, out) {
            assert_eq!(out[..size], bytes[..size]);
        }
    }
}

fn all_amr(bytes: &[u8], out: &mut [u8]) {
    let flag = |bits: u8, bit: u8| bits & bit != 0;
    let aligned = (0..8).map(|bits| AmrLayout::OctetAligned {
        has_crc: flag(bits, 1),
        is_sorted: flag(bits, 2),
        is_interleaved: flag(bits, 4),
    });
    for layout in aligned.chain([AmrLayout::BandwidthEfficient]) {
        for (codec, channels) in [(AmrCodec::Narrowband, 1), (AmrCodec::Wideband, 2)] {
            let format = AmrFormat {
                codec,
                channels,
                layout,
            };
            let Some(payload) = Amr::unpack(format, bytes) else {
                continue;
            };
            let octets: Vec<Vec<u8>> = payload
                .frames()
                .take(64)
                .map(|frame| frame.octets().collect())
                .collect();
            if octets.len() > 63 {
                continue;
            }
            let frames: Vec<_> = payload
                .frames()
                .zip(&octets)
                .map(|(frame, octets)| (frame.kind, frame.is_good, octets.as_slice()))
                .collect();
            let interleave = payload.interleave().unwrap_or_default();
            let request = payload.mode_request();
            let size = amr::pack(format, request, interleave, &frames, out);
            assert_eq!(size, Some(bytes.len()));
            let again = Amr::unpack(format, &out[..bytes.len()]).expect("our own payload");
            assert_eq!(
                (again.mode_request(), again.interleave()),
                (request, payload.interleave())
            );
            let same = again
                .frames()
                .zip(&frames)
                .all(|(frame, (kind, is_good, octets))| {
                    frame.kind == *kind
                        && frame.is_good == *is_good
                        && frame.octets().eq(octets.iter().copied())
                });
            assert!(same, "{format:?}");
        }
    }
}
