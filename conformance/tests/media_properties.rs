//! Properties of RTP and RTCP packets and of URIs: what is written is read back, and no bytes make
//! a parser panic.

use offhook::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook::rtp::packet::{Extension, Header, Outgoing, Packet};
use offhook::rtp::rtcp::SenderInfo;
use offhook::rtp::rtcp::{Compound, CompoundWriter, ReportBlock, RtcpPacket, SdesItem, SdesKind};
use proptest::collection::vec;
use proptest::prelude::*;

fn header() -> impl Strategy<Value = Header> {
    // 64 to 95 would read as RTCP (RFC 5761 §4).
    let payload_type = prop_oneof![0_u8..64, 96_u8..128];
    (
        any::<bool>(),
        payload_type,
        any::<u16>(),
        any::<u32>(),
        any::<u32>(),
    )
        .prop_map(|(marker, payload_type, sequence, timestamp, ssrc)| Header {
            marker,
            payload_type: PayloadType::from_octet(payload_type),
            sequence: SequenceNumber::new(sequence),
            timestamp: Timestamp::new(timestamp),
            ssrc: Ssrc::new(ssrc),
        })
}

fn block() -> impl Strategy<Value = ReportBlock> {
    let numbers = (
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
    );
    (numbers, any::<u8>(), -0x80_0000_i32..0x80_0000).prop_map(
        |((ssrc, highest, jitter, lsr, dlsr), fraction_lost, cumulative_lost)| ReportBlock {
            ssrc: Ssrc::new(ssrc),
            fraction_lost,
            cumulative_lost,
            extended_highest_sequence: highest,
            jitter,
            lsr,
            dlsr,
        },
    )
}

proptest! {
    #[test]
    fn a_data_packet_comes_back(
        header in header(),
        csrc in vec(any::<u32>(), 0..=15),
        extension in proptest::option::of((any::<u16>(), vec(any::<[u8; 4]>(), 0..6))),
        payload in vec(any::<u8>(), 0..200),
        padding in prop_oneof![Just(0_u8), any::<u8>()],
    ) {
        let csrc: Vec<Ssrc> = csrc.into_iter().map(Ssrc::new).collect();
        let words = extension.map(|(profile, words)| (profile, words.concat()));
        let extension = words.as_ref().map(|(profile, data)| Extension { profile: *profile, data });
        let outgoing = Outgoing { header, csrc: &csrc, extension, payload: &payload, padding };
        let mut out = vec![0xaa; outgoing.size()];
        prop_assert_eq!(outgoing.write(&mut out), Ok(out.len()));
        let packet = Packet::parse(&out).unwrap();
        prop_assert_eq!(packet.header(), header);
        prop_assert!(packet.csrc().eq(csrc.iter().copied()));
        prop_assert_eq!(packet.extension(), extension);
        prop_assert_eq!(packet.payload(), &payload[..]);
        prop_assert_eq!(packet.padding(), padding);
        let mut short = vec![0; out.len() - 1];
        prop_assert!(outgoing.write(&mut short).is_err());
    }

    #[test]
    fn reports_come_back(
        sender in proptest::option::of(any::<(u64, u32, u32, u32)>()),
        ssrc in any::<u32>(),
        blocks in vec(block(), 0..40),
        cname in "[ -~]{1,40}",
        reason in "[ -~]{0,40}",
    ) {
        let ssrc = Ssrc::new(ssrc);
        let info = sender.map(|(ntp, timestamp, packets, octets)| SenderInfo {
            ntp,
            timestamp: Timestamp::new(timestamp),
            packets,
            octets,
        });
        let mut out = [0; 1500];
        let mut writer = CompoundWriter::new(&mut out);
        let item = SdesItem { kind: SdesKind::Cname, text: cname.as_bytes() };
        let length = writer
            .report(ssrc, info.as_ref(), &blocks)
            .source_description(ssrc, [item])
            .goodbye(&[ssrc], reason.as_bytes())
            .finish()
            .unwrap();
        prop_assert_eq!(length % 4, 0);
        let mut found = Vec::new();
        let mut byes = 0;
        for packet in Compound::parse(&out[..length]).unwrap().packets() {
            match packet {
                RtcpPacket::SenderReport(report) => {
                    prop_assert_eq!(Some(report.info()), info);
                    found.extend(report.blocks());
                }
                RtcpPacket::ReceiverReport(report) => found.extend(report.blocks()),
                RtcpPacket::SourceDescription(description) => {
                    let cnames: Vec<_> = description.chunks().map(|c| c.cname()).collect();
                    prop_assert_eq!(cnames, vec![Some(cname.as_bytes())]);
                }
                RtcpPacket::Goodbye(bye) => {
                    byes += 1;
                    prop_assert!(bye.sources().eq([ssrc]));
                    prop_assert_eq!(bye.reason().unwrap_or_default(), reason.as_bytes());
                }
                _ => prop_assert!(false, "a packet nobody wrote"),
            }
        }
        prop_assert_eq!(found, blocks);
        prop_assert_eq!(byes, 1);
    }

    #[test]
    fn no_bytes_make_the_media_parsers_panic(
        flags in prop_oneof![Just(0x80_u8), Just(0x90), Just(0xb2), Just(0x81), any::<u8>()],
        kind in prop_oneof![200_u8..205, any::<u8>()],
        rest in vec(any::<u8>(), 0..120),
        fits in any::<bool>(),
    ) {
        let mut bytes = vec![flags, kind];
        if fits {
            // A length that adds up reaches the contents.
            let words = u16::try_from(rest.len() / 4).unwrap();
            bytes.extend_from_slice(&words.to_be_bytes());
            bytes.extend_from_slice(&rest[..rest.len() / 4 * 4]);
        } else {
            bytes.extend_from_slice(&rest);
        }
        if let Ok(packet) = Packet::parse(&bytes) {
            let parts = 12 + packet.csrc().len() * 4 + packet.payload().len();
            prop_assert!(parts + usize::from(packet.padding()) <= bytes.len());
            let elements = packet.extension().map(|extension| extension.elements().count());
            prop_assert!(elements.unwrap_or(0) <= bytes.len());
        }
        if let Ok(compound) = Compound::parse(&bytes) {
            prop_assert!(compound.packets().count() >= 1);
        }
    }
}
