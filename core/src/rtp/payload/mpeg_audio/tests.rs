use super::*;
use crate::rtp::payload::assembly::Assembly;
use alloc::vec::Vec;

// shows: S053
#[test]
fn the_audio_header_comes_back() {
    let payload = MpegAudio {
        offset: 0x1234,
        data: &[7, 8, 9],
    };
    let mut out = [0xee; 8];
    // RFC 2250 §3.5.
    assert_eq!(payload.pack(&mut out), Some(7));
    assert_eq!(out, [0, 0, 0x12, 0x34, 7, 8, 9, 0xee]);
    out[0] = 0xff;
    assert_eq!(MpegAudio::unpack(&out[..7]), Some(payload));
    assert_eq!(payload.pack(&mut out[..6]), None);
    assert_eq!(MpegAudio::unpack(&[0; 3]), None);
}

#[test]
fn a_frame_in_fragments_is_put_together() {
    // §3.2: layer II at 384 kbit/s in packets of 500 octets straddles three.
    let frame: Vec<u8> = (0..1253).map(|n| n as u8).collect();
    let fragments: Vec<_> = MpegAudio::fragments(&frame, 500).unwrap().collect();
    assert!(fragments.iter().map(|part| part.offset).eq([0, 496, 992]));
    assert!(fragments.iter().map(MpegAudio::entry).eq([
        Entry::Refresh,
        Entry::Inside,
        Entry::Inside
    ]));
    let mut unit = [0; 1253];
    let mut assembly = Assembly::new();
    for part in fragments {
        assembly.place(part.offset.into(), part.data, &mut unit);
    }
    assert!(assembly.is_whole());
    assert_eq!(unit[..assembly.size()], frame);
    assert!(MpegAudio::fragments(&frame, 4).is_none());
    assert!(MpegAudio::fragments(&[0; 0x1_0001], 500).is_none());
}
