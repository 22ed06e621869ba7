use super::*;
use alloc::vec::Vec;

/// A plane behind its configuration, with two more video packets, and where they begin.
fn plane(coding_type: u8) -> (Vec<u8>, [usize; 4]) {
    let mut plane = alloc::vec![0, 0, 1, 0xb0, 0xf5, 0, 0, 1, 0x20, 9, 9];
    let mut parts = [0; 4];
    parts[1] = plane.len();
    plane.extend([0, 0, 1, 0xb6, coding_type << 6 | 0x15]);
    plane.extend([7; 30]);
    parts[2] = plane.len();
    plane.extend([0, 0, 0x80, 5]);
    plane.extend([7; 100]);
    parts[3] = plane.len();
    plane.extend([0, 0, 0x02, 5, 5]);
    (plane, parts)
}

// shows: S062
#[test]
fn a_plane_is_divided_between_video_packets_and_comes_back() {
    let (plane, parts) = plane(0);
    for most in [20, 47, 60, 1_400] {
        let packets: Vec<_> = Mpeg4Visual::packetise(&plane, &parts, most)
            .unwrap()
            .collect();
        let mut back: Vec<u8> = Vec::new();
        for (payload, _) in &packets {
            let mut out = alloc::vec![0; most];
            let size = payload.pack(&mut out).unwrap();
            back.extend(Mpeg4Visual::unpack(&out[..size]).unwrap().data);
        }
        assert_eq!(back, plane);
        let markers: Vec<bool> = packets.iter().map(|(_, marker)| *marker).collect();
        let (last, others) = markers.split_last().unwrap();
        assert!(*last && !others.contains(&true));
        // A header is never cut: it is at the front of a payload or wholly within one.
        for part in parts {
            let mut start = 0;
            let cut = packets.iter().any(|(payload, _)| {
                start += payload.data.len();
                part < start && start < part + 5
            });
            assert!(!cut, "{most}: {part}");
        }
    }
    use Mpeg4Start::{Configuration, VideoPacket};
    let packets = Mpeg4Visual::packetise(&plane, &parts, 60).unwrap();
    let starts: Vec<_> = packets.map(|(payload, _)| payload.start()).collect();
    assert_eq!(
        starts,
        [
            Some(Configuration),
            Some(VideoPacket),
            None,
            Some(VideoPacket)
        ]
    );
    assert!(Mpeg4Visual::packetise(&plane, &parts[1..], 60).is_none());
    assert!(Mpeg4Visual::packetise(&plane, &parts, 0).is_none());
    assert!(Mpeg4Visual::packetise(&plane[..9], &parts, 60).is_none());
    assert_eq!(Mpeg4Visual::unpack(&[]), None);
}

#[test]
fn a_decoder_begins_at_headers() {
    let entry = |data: &[u8]| Mpeg4Visual::unpack(data).unwrap().entry();
    assert_eq!(entry(&plane(0).0), Entry::Refresh);
    assert_eq!(entry(&plane(1).0), Entry::Part);
    assert_eq!(entry(&[0, 0, 1, 0xb6, 0x15]), Entry::Refresh);
    assert_eq!(entry(&[0, 0, 1, 0xb6, 0x55]), Entry::Part);
    assert_eq!(entry(&[0, 0, 1, 0xb3, 0x15]), Entry::Intra);
    assert_eq!(entry(&[0, 0, 0x80, 1]), Entry::Part);
    assert_eq!(entry(&[7, 0, 1, 0xb6, 0]), Entry::Inside);
}
