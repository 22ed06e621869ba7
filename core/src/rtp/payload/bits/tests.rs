use super::*;

#[test]
fn fields_across_octets_come_back() {
    let fields = [
        (5, 3),
        (0, 1),
        (0x1ff, 9),
        (0xdead_beef, 32),
        (1, 1),
        (0x1234, 13),
    ];
    let mut out = [0xff; 8];
    let mut writer = BitWriter::new(&mut out);
    for (value, width) in fields {
        writer.put(value, width).unwrap();
    }
    assert_eq!((writer.bits(), writer.octets()), (59, 8));
    // What is left of the last octet is zero: 5 bits.
    assert_eq!(writer.put(0, 6), None);
    writer.align().unwrap();
    assert_eq!(out[7] & 0x1f, 0);
    let mut reader = BitReader::new(&out);
    for (value, width) in fields {
        assert_eq!(
            reader.take(width),
            Some(value & ((1_u64 << width) - 1) as u32)
        );
    }
    assert_eq!((reader.position(), reader.left()), (59, 5));
    assert_eq!(reader.take(6), None);
    reader.skip(5).unwrap();
    assert_eq!(reader.take(1), None);
    assert_eq!(reader.take(0), Some(0));
}

#[test]
fn a_part_is_copied_to_wherever_the_last_one_ended() {
    let mut out = [0; 3];
    let mut writer = BitWriter::new(&mut out);
    writer
        .copy(&mut BitReader::within(&[0b1010_1100, 0b1111_0000], 2, 12))
        .unwrap();
    writer
        .copy(&mut BitReader::within(&[0b0011_0101], 5, 8))
        .unwrap();
    assert_eq!(writer.bits(), 13);
    assert_eq!(out, [0b1011_0011, 0b1110_1000, 0]);
    // More than there is.
    assert_eq!(BitReader::within(&[1], 3, 99).left(), 5);
    assert_eq!(BitReader::within(&[1], 30, 99).left(), 0);
}
