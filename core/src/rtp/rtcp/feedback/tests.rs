use alloc::vec;
use alloc::vec::Vec;

use super::super::entries::Entry;
use super::super::{Compound, CompoundWriter, Obsolete, RtcpError, RtcpPacket, RtcpWriteError};
use super::*;
use crate::rtp::number::{PayloadType, SequenceNumber};

const US: Ssrc = Ssrc::new(0x0102_0304);
const THEM: Ssrc = Ssrc::new(0xa1a2_a3a4);

fn write(feedback: Feedback<'_>) -> Result<Vec<u8>, RtcpWriteError> {
    let mut out = vec![0; 400];
    let packet = FeedbackPacket {
        sender: US,
        media_source: THEM,
        feedback,
    };
    let size = CompoundWriter::reduced_size(&mut out)
        .feedback(&packet)
        .finish()?;
    out.truncate(size);
    Ok(out)
}

/// Written, its octets are these behind the two identifiers; read again, it is the same.
#[track_caller]
fn is(feedback: Feedback<'_>, kind: [u8; 2], information: &[u8]) {
    let bytes = write(feedback).unwrap();
    assert_eq!([bytes[0], bytes[1]], kind);
    assert_eq!(usize::from(bytes[3]), bytes.len() / 4 - 1, "length");
    assert_eq!(bytes[4..12], [1, 2, 3, 4, 0xa1, 0xa2, 0xa3, 0xa4]);
    assert_eq!(bytes[12..], *information);
    let compound = Compound::parse_reduced_size(&bytes).unwrap();
    let packets: Vec<_> = compound.packets().collect();
    let [RtcpPacket::Feedback(packet)] = packets[..] else {
        panic!("{packets:?}");
    };
    assert_eq!((packet.sender, packet.media_source), (US, THEM));
    assert_eq!(packet.feedback, feedback);
}

/// RFC 4585 §6.2.1, Figure 4.
#[test]
fn a_nack_names_a_packet_and_the_sixteen_behind_it() {
    let nack = Nack {
        packet: SequenceNumber::new(0xfffe),
        following: 0x8003,
    };
    let entries = [nack];
    is(
        Feedback::GenericNack(entries[..].into()),
        [0x81, 205],
        &[0xff, 0xfe, 0x80, 0x03],
    );
    let packets: Vec<_> = nack.packets().map(SequenceNumber::as_u16).collect();
    assert_eq!(packets, [0xfffe, 0xffff, 0, 14]);
}

#[test]
fn missing_packets_make_as_few_entries_as_they_can() {
    let missing = [65_530, 65_531, 65_535, 10, 10, 11, 27, 28, 500].map(SequenceNumber::new);
    let entries: Vec<_> = Nack::collect(missing).collect();
    let first: Vec<_> = entries.iter().map(|entry| entry.packet.as_u16()).collect();
    assert_eq!(first, [65_530, 11, 28, 500]);
    let mut all: Vec<_> = entries.iter().flat_map(|entry| entry.packets()).collect();
    let mut wanted = missing.to_vec();
    wanted.dedup();
    all.dedup();
    assert_eq!(all, wanted);
}

/// RFC 4585 §6.3.1.2: no information at all.
#[test]
fn a_picture_loss_says_nothing_else() {
    is(Feedback::PictureLoss, [0x81, 206], &[]);
    let mut bytes = write(Feedback::PictureLoss).unwrap();
    bytes.extend([0; 4]);
    bytes[3] = 3;
    let parsed = Compound::parse_reduced_size(&bytes).map(|_| ());
    assert_eq!(parsed, Err(RtcpError::Feedback));
}

/// RFC 4585 §6.3.2.2, Figure 6: 13, 13 and 6 bits.
#[test]
fn a_lost_slice_is_three_numbers_in_a_word() {
    let slices = [Slice {
        first: 0x1001,
        number: 0x0802,
        picture: 0x21,
    }];
    let word = (0x1001_u32 << 19 | 0x0802 << 6 | 0x21).to_be_bytes();
    is(Feedback::SliceLoss(slices[..].into()), [0x82, 206], &word);
}

/// RFC 4585 §6.3.3.2, Figure 7: the bits that fill the last word are counted and zero.
#[test]
fn a_reference_picture_is_filled_up_to_a_word() {
    let payload_type = PayloadType::new(98).unwrap();
    let reference = |string, unused| {
        Feedback::ReferencePicture(ReferencePicture {
            payload_type,
            string,
            unused,
        })
    };
    is(
        reference(&[0xab, 0xc0], 4),
        [0x83, 206],
        &[4, 98, 0xab, 0xc0],
    );
    is(
        reference(&[0xab, 0xcd, 0xe0], 5),
        [0x83, 206],
        &[29, 98, 0xab, 0xcd, 0xe0, 0, 0, 0],
    );
    is(
        reference(&[1, 2, 3, 4, 5, 6], 0),
        [0x83, 206],
        &[0, 98, 1, 2, 3, 4, 5, 6],
    );
    // What fills the word is written as zeros whatever stood there.
    let bytes = write(reference(&[0xab, 0xcf], 4)).unwrap();
    assert_eq!(bytes[12..], [4, 98, 0xab, 0xc0]);
    // More bits to leave away than there are, or a whole word of them.
    for information in [[17, 98, 1, 2], [32, 98, 1, 2]] {
        let mut bytes = write(Feedback::PictureLoss).unwrap();
        bytes[0] = 0x83;
        bytes[3] = 3;
        bytes.extend(information);
        assert!(
            Compound::parse_reduced_size(&bytes).is_err(),
            "{information:?}"
        );
    }
}

/// RFC 5104 §4.2.1.1, Figure 2: 6 bits of exponent, 17 of mantissa, 9 of overhead.
#[test]
fn a_bit_rate_is_a_mantissa_and_an_exponent() {
    let limit = |max_total, overhead| BitRate {
        ssrc: Ssrc::new(0x0a0b_0c0d),
        max_total,
        overhead,
    };
    let limits = [limit(35_000, 40)];
    let word = (35_000_u32 << 9 | 40).to_be_bytes();
    let information = [[0x0a, 0x0b, 0x0c, 0x0d], word].concat();
    is(
        Feedback::MaxBitRateRequest(limits[..].into()),
        [0x83, 205],
        &information,
    );
    is(
        Feedback::MaxBitRateNotification(limits[..].into()),
        [0x84, 205],
        &information,
    );
    // 2^17 no longer fits the mantissa; what is lost is lost below.
    for (rate, said) in [(131_071, 131_071), (131_072, 131_072), (131_073, 131_072)] {
        let read = BitRate::from_words(limit(rate, 0x1ff).to_words());
        assert_eq!((read.max_total, read.overhead), (said, 0x1ff));
    }
    let words = limit(u64::MAX, 0).to_words();
    assert!(BitRate::from_words(words).max_total > u64::MAX - (1 << 47));
    // No limit, which is what is too large for 64 bits, stays none when it is passed on.
    assert_eq!(BitRate::from_words(words).max_total, u64::MAX);
    // The largest that can be said is more than anybody can send.
    assert_eq!(BitRate::from_words([0, 0xffff_fe00, 0]).max_total, u64::MAX);
    // 2^63, which has one bit only.
    assert_eq!(
        BitRate::from_words([0, 63 << 26 | 1 << 9, 0]).max_total,
        1 << 63
    );
}

/// RFC 5104 §4.2.2: when nobody limits the sender any more, the list is empty. All others need an
/// entry (RFC 4585 §6.1).
#[test]
fn only_a_notification_of_limits_may_be_empty() {
    is(
        Feedback::MaxBitRateNotification((&[][..]).into()),
        [0x84, 205],
        &[],
    );
    let nothing: [Feedback<'_>; 6] = [
        Feedback::GenericNack((&[][..]).into()),
        Feedback::MaxBitRateRequest((&[][..]).into()),
        Feedback::SliceLoss((&[][..]).into()),
        Feedback::FullIntra((&[][..]).into()),
        Feedback::TradeOffRequest((&[][..]).into()),
        Feedback::VideoBackChannel((&[][..]).into()),
    ];
    for feedback in nothing {
        assert_eq!(write(feedback), Err(RtcpWriteError::Empty), "{feedback:?}");
        let (packet_type, format) = feedback.kind();
        let bytes = [0x80 | format, packet_type, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        let parsed = Compound::parse_reduced_size(&bytes).map(|_| ());
        assert_eq!(parsed, Err(RtcpError::Feedback), "{feedback:?}");
    }
}

/// RFC 5104 §4.3.1.1, Figure 4, and §4.3.2.1, Figure 5.
#[test]
fn commands_carry_a_number_and_trade_offs_an_index() {
    let commands = [
        FullIntra {
            ssrc: THEM,
            number: 7,
        },
        FullIntra {
            ssrc: US,
            number: 0xff,
        },
    ];
    let information = [
        0xa1, 0xa2, 0xa3, 0xa4, 7, 0, 0, 0, 1, 2, 3, 4, 0xff, 0, 0, 0,
    ];
    is(
        Feedback::FullIntra(commands[..].into()),
        [0x84, 206],
        &information,
    );
    let trade = [TradeOff {
        ssrc: THEM,
        number: 9,
        index: 31,
    }];
    let information = [0xa1, 0xa2, 0xa3, 0xa4, 9, 0, 0, 31];
    is(
        Feedback::TradeOffRequest(trade[..].into()),
        [0x85, 206],
        &information,
    );
    is(
        Feedback::TradeOffNotification(trade[..].into()),
        [0x86, 206],
        &information,
    );
    // Reserved bits are ignored.
    assert_eq!(TradeOff::from_words([1, 0x09ff_ffff, 0]).index, 31);
    assert_eq!(FullIntra::from_words([1, 0x09ff_ffff, 0]).number, 9);
}

/// RFC 5104 §4.3.4.1, Figure 7.
#[test]
fn messages_of_the_back_channel_are_filled_up_one_by_one() {
    let payload_type = PayloadType::new(99).unwrap();
    let one = |message, number| BackChannel {
        ssrc: THEM,
        number,
        payload_type,
        message,
    };
    let messages = [one(&[1, 2, 3, 4, 5], 1), one(&[6; 4], 2)];
    let information = [
        0xa1, 0xa2, 0xa3, 0xa4, 1, 99, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, //
        0xa1, 0xa2, 0xa3, 0xa4, 2, 99, 0, 4, 6, 6, 6, 6,
    ];
    is(
        Feedback::VideoBackChannel(messages[..].into()),
        [0x87, 206],
        &information,
    );
    // A length beyond the packet.
    let mut bytes = write(Feedback::VideoBackChannel(messages[..].into())).unwrap();
    bytes[35] = 5;
    assert!(Compound::parse_reduced_size(&bytes).is_err());
}

#[test]
fn what_is_not_known_is_kept_as_it_is() {
    is(
        Feedback::Application(&[1, 2, 3, 4]),
        [0x8f, 206],
        &[1, 2, 3, 4],
    );
    let other = Feedback::OtherTransport {
        format: 15,
        information: &[0; 8],
    };
    is(other, [0x8f, 205], &[0; 8]);
    let other = Feedback::OtherPayload {
        format: 20,
        information: &[],
    };
    is(other, [0x94, 206], &[]);
    assert_eq!(
        write(Feedback::Application(&[1, 2, 3])),
        Err(RtcpWriteError::Unaligned)
    );
}

/// RFC 5506 §4: without a report in front only where it was agreed on, and then for feedback.
#[test]
fn feedback_alone_is_for_those_who_agreed_on_it() {
    let bytes = write(Feedback::PictureLoss).unwrap();
    assert_eq!(
        Compound::parse(&bytes).map(|_| ()),
        Err(RtcpError::FirstType)
    );
    assert!(Compound::parse_reduced_size(&bytes).is_ok());
    // A BYE or an SDES alone is no feedback.
    let goodbye = [0x81, 203, 0, 1, 0, 0, 0, 1];
    let parsed = Compound::parse_reduced_size(&goodbye).map(|_| ());
    assert_eq!(parsed, Err(RtcpError::FirstType));
    // A writer of whole compounds does not let it through either.
    let mut out = [0; 64];
    let packet = FeedbackPacket {
        sender: US,
        media_source: THEM,
        feedback: Feedback::PictureLoss,
    };
    let written = CompoundWriter::new(&mut out).feedback(&packet).finish();
    assert_eq!(written, Err(RtcpWriteError::ReportFirst));
}

/// RFC 4587 §7.1 forbids the control packets of RFC 2032; who still sends them is not broken.
#[test]
fn control_packets_of_old_h261_are_recognised() {
    let report = [0x80, 201, 0, 1, 0, 0, 0, 1];
    let old = [
        0x80, 192, 0, 1, 0, 0, 0, 1, 0x80, 193, 0, 2, 0, 0, 0, 1, 0, 5, 0, 0,
    ];
    let bytes = [&report[..], &old].concat();
    let compound = Compound::parse(&bytes).unwrap();
    let kinds: Vec<_> = compound
        .packets()
        .filter_map(|packet| match packet {
            RtcpPacket::Obsolete(kind) => Some(kind),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [Obsolete::FullIntra, Obsolete::Nack]);
}

#[test]
fn no_feedback_is_cut_short_unnoticed() {
    for packet_type in [205, 206] {
        for format in 0..32 {
            for words in 0..6_u8 {
                let mut bytes = vec![0x80 | format, packet_type, 0, words];
                bytes.extend((0..words * 4).map(|octet| octet.wrapping_mul(37)));
                // Whatever is let through can be walked.
                if let Ok(compound) = Compound::parse_reduced_size(&bytes) {
                    assert_eq!(compound.packets().count(), 1);
                    assert!(words >= 2);
                }
            }
        }
    }
}
