use super::*;
use alloc::vec::Vec;

// shows: S063
#[test]
fn payloads_are_whole_blocks_of_80_octets() {
    for size in 0..400 {
        let is_whole = Dv::unpack(&[0; 400][..size]).is_some();
        assert_eq!(is_whole, size > 0 && size % 80 == 0, "{size}");
    }
    let block = |first| {
        let mut block = [first; 80];
        block[79] = 7;
        block
    };
    let blocks = [0x1f, 0x3f, 0x5f, 0x7f, 0x9f, 0xbf].map(block);
    let slices = blocks.each_ref().map(<[u8; 80]>::as_slice);
    let mut out = [0; 480];
    assert_eq!(Dv::pack(&slices, &mut out), Some(480));
    let payload = Dv::unpack(&out).unwrap();
    assert!(payload.blocks().map(|(_, block)| block).eq(slices));
    assert!(payload.blocks().map(|(section, _)| section).eq([
        DifSection::Header,
        DifSection::Subcode,
        DifSection::VideoAuxiliary,
        DifSection::Audio,
        DifSection::Video,
        DifSection::Reserved,
    ]));
    assert_eq!(Dv::pack(&slices, &mut out[..479]), None);
    assert_eq!(Dv::pack(&[&[0; 79]], &mut out), None);
    assert_eq!(Dv::pack(&[&[0; 81]], &mut out), None);
    assert_eq!(Dv::pack(&[], &mut out), None);
}

// shows: S063
#[test]
fn a_picture_is_divided_between_blocks() {
    let picture: Vec<u8> = (0..80 * 35_usize).map(|n| (n / 80) as u8).collect();
    let packets: Vec<_> = Dv::packetise(&picture, 1400).unwrap().collect();
    // 17 blocks are 1360 octets.
    let sizes: Vec<_> = packets
        .iter()
        .map(|(payload, _)| payload.blocks().len())
        .collect();
    assert_eq!(sizes, [17, 17, 1]);
    assert!(
        packets
            .iter()
            .map(|(_, marker)| *marker)
            .eq([false, false, true])
    );
    let back: Vec<u8> = packets
        .iter()
        .flat_map(|(payload, _)| payload.octets)
        .copied()
        .collect();
    assert_eq!(back, picture);
    assert!(Dv::packetise(&picture, 79).is_none());
    assert!(Dv::packetise(&picture[1..], 1400).is_none());
}
