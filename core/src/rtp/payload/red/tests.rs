use super::*;
use alloc::vec::Vec;

fn block(number: u8, offset: u16, payload: &[u8]) -> Block<'_> {
    Block {
        payload_type: PayloadType::from_octet(number),
        offset,
        payload,
    }
}

fn packed(redundant: &[Block<'_>], primary: &[u8]) -> Option<Vec<u8>> {
    let mut out = alloc::vec![0xaa; 4000];
    let primary_type = PayloadType::from_octet(5);
    let size = Redundant::pack(redundant.iter().copied(), primary_type, primary, &mut out)?;
    assert!(out[size..].iter().all(|octet| *octet == 0xaa));
    out.truncate(size);
    Some(out)
}

#[test]
fn fields_at_their_limits_come_back() {
    let long = [7; MOST_LENGTH];
    let blocks = [
        block(127, MOST_OFFSET, &long),
        block(0, 0, &[]),
        block(96, 1, &[9]),
    ];
    let payload = packed(&blocks, b"primary").unwrap();
    assert_eq!(payload.len(), 12 + 1 + MOST_LENGTH + 1 + 7);
    let read = Redundant::unpack(&payload).unwrap();
    assert_eq!(read.redundant().collect::<Vec<_>>(), blocks);
    assert_eq!(read.primary_type().as_u8(), 5);
    assert_eq!(read.primary(), b"primary");
}

/// RFC 2198 §3: 14 bits of offset and 10 of length are all there is.
#[test]
fn a_block_too_old_or_too_long_is_not_written() {
    let long = [7; MOST_LENGTH + 1];
    assert_eq!(packed(&[block(0, 0, &long)], b""), None);
    assert_eq!(packed(&[block(0, MOST_OFFSET + 1, b"")], b""), None);
    let mut short = [0; 5];
    let one = [block(0, 160, b"x")];
    let kind = PayloadType::PCMU;
    assert_eq!(
        Redundant::pack(one.into_iter(), kind, b"", &mut short),
        None
    );
}

#[test]
fn a_payload_without_redundancy_has_a_header_of_one_octet() {
    assert_eq!(packed(&[], b"abc").unwrap(), b"\x05abc");
    let read = Redundant::unpack(b"\x05").unwrap();
    assert_eq!((read.redundant().len(), read.primary()), (0, &b""[..]));
}

#[test]
fn headers_without_an_end_and_blocks_past_the_end_are_refused() {
    assert_eq!(Redundant::unpack(b""), None);
    // No last header; one that is cut off; and a block of two octets of which one is there.
    assert_eq!(Redundant::unpack(&[0x85, 0, 0, 0]), None);
    assert_eq!(Redundant::unpack(&[0x85, 0, 0]), None);
    assert_eq!(Redundant::unpack(&[0x85, 0, 0, 2, 5, 1]), None);
    assert!(Redundant::unpack(&[0x85, 0, 0, 2, 5, 1, 2]).is_some());
    // Cut off anywhere in front of the primary payload, it is not one.
    let whole = packed(&[block(7, 160, b"12"), block(7, 320, b"3")], b"").unwrap();
    for end in 0..whole.len() {
        assert_eq!(Redundant::unpack(&whole[..end]), None, "{end}");
    }
}

/// RFC 2198 §3: the offset is subtracted; RFC 6354 §3: the shift is added.
#[test]
fn an_offset_counts_backwards_and_a_shift_forwards() {
    let at = |ticks| Timestamp::new(ticks);
    assert_eq!(block(0, 160, b"").timestamp(at(1000), 0), at(840));
    assert_eq!(block(0, 160, b"").timestamp(at(0), 0), at(u32::MAX - 159));
    // RFC 6354 §5: 5.1 s ahead, "0" as the offset is what is usually sent.
    assert_eq!(block(5, 0, b"").timestamp(at(1000), 40_800), at(41_800));
    assert_eq!(block(5, 160, b"").timestamp(at(u32::MAX), 161), at(0));
}
