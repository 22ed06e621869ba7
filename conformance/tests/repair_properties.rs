//! Round trips of what protects, repeats and asks for packets: redundant data, parity,
//! retransmissions, telephone events, feedback and extended reports.

use offhook::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook::rtp::packet::{Header, Outgoing};
use offhook::rtp::payload::fec::{Fec, Protection, protect};
use offhook::rtp::payload::red::{Block, MOST_OFFSET, Redundant};
use offhook::rtp::payload::rtx::Retransmission;
use offhook::rtp::payload::telephone_event::{EventCode, TelephoneEvent, events};
use offhook::rtp::payload::tone::Tone;
use offhook::rtp::rtcp::{
    BackChannel, BackChannels, BitRate, Compound, CompoundWriter, DelaySinceReport, Entries,
    ExtendedReportBlock, Feedback, FeedbackPacket, FullIntra, Nack, ReceiptTimes, RtcpPacket,
    RunLength, Slice, Spread, StatisticsSummary, TradeOff, encode,
};
use offhook_conformance::fuzzing::{repair, signals};
use proptest::collection::vec;
use proptest::prelude::*;

fn octets(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..most)
}

fn payload_type() -> impl Strategy<Value = PayloadType> {
    (0_u8..128).prop_map(PayloadType::from_octet)
}

fn ssrc() -> impl Strategy<Value = Ssrc> {
    any::<u32>().prop_map(Ssrc::new)
}

/// Packets of one stream in a row, with everything of a header that parity covers.
fn packets(count: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let one = (
        any::<bool>(),
        payload_type(),
        any::<u32>(),
        vec(any::<u32>(), 0..4),
        octets(40),
        0_u8..9,
    );
    (any::<u16>(), vec(one, count)).prop_map(|(first, packets)| {
        let mut all = Vec::new();
        for (n, (marker, payload_type, timestamp, csrc, payload, padding)) in (0..).zip(packets) {
            let csrc: Vec<Ssrc> = csrc.into_iter().map(Ssrc::new).collect();
            let header = Header {
                marker,
                payload_type,
                sequence: SequenceNumber::new(first.wrapping_add(n)),
                timestamp: Timestamp::new(timestamp),
                ssrc: Ssrc::new(7),
            };
            let outgoing = Outgoing {
                header,
                csrc: &csrc,
                extension: None,
                payload: &payload,
                padding,
            };
            let mut out = vec![0; outgoing.size()];
            outgoing.write(&mut out).unwrap();
            all.push(out);
        }
        all
    })
}

fn sequence_of(packet: &[u8]) -> SequenceNumber {
    SequenceNumber::new(u16::from_be_bytes([packet[2], packet[3]]))
}

/// What RFC 2733 §6 makes of packets that have neither sources nor an extension.
fn old_parity(packets: &[&[u8]], base: u16) -> Vec<u8> {
    let longest = packets.iter().map(|packet| packet.len()).max().unwrap() - 12;
    let (mut head, mut lengths, mut mask) = ([0; 12], 0_u16, 0_u32);
    let mut sum = vec![0; longest];
    for packet in packets {
        (0..12).for_each(|at| head[at] ^= packet[at]);
        lengths ^= packet.len() as u16 - 12;
        mask |= 1 << sequence_of(packet).as_u16().wrapping_sub(base);
        sum.iter_mut()
            .zip(&packet[12..])
            .for_each(|(sum, octet)| *sum ^= octet);
    }
    // Version 2; P, X, CC and M are those recovered; a payload type and numbers of its own.
    let mut out = vec![
        0x80 | (head[0] & 0x3f),
        (head[1] & 0x80) | 100,
        0,
        1,
        0,
        0,
        0,
        2,
        0,
        0,
        0,
        3,
    ];
    out.extend(base.to_be_bytes());
    out.extend(lengths.to_be_bytes());
    out.extend((u32::from(head[1] & 0x7f) << 24 | mask).to_be_bytes());
    out.extend(&head[4..8]);
    out.extend(sum);
    out
}

fn feedback_comes_back(feedback: Feedback<'_>) -> Result<(), TestCaseError> {
    let packet = FeedbackPacket {
        sender: Ssrc::new(1),
        media_source: Ssrc::new(2),
        feedback,
    };
    let mut out = [0; 4_000];
    let size = CompoundWriter::reduced_size(&mut out)
        .feedback(&packet)
        .finish()
        .unwrap();
    let compound = Compound::parse_reduced_size(&out[..size]).unwrap();
    match compound.packets().next() {
        Some(RtcpPacket::Feedback(again)) => prop_assert_eq!(again, packet),
        other => prop_assert!(false, "{:?}", other),
    }
    prop_assert_eq!(compound.packets().count(), 1);
    Ok(())
}

/// The packet of a number, as if one of them had been lost.
fn without<'p>(
    all: &[&'p [u8]],
    missing: SequenceNumber,
    number: SequenceNumber,
) -> Option<&'p [u8]> {
    let mut all = all.iter().copied();
    all.find(|packet| sequence_of(packet) == number && number != missing)
}

/// The whole packet that parity gives back for one that is missing.
fn had_back(fec: &Fec<'_>, all: &[&[u8]], missing: SequenceNumber) -> Vec<u8> {
    let mut out = [0; 200];
    let others = |number| without(all, missing, number);
    let recovered = fec
        .recover(missing, Ssrc::new(7), others, &mut out)
        .unwrap();
    assert!(recovered.is_whole());
    out[..recovered.size].to_vec()
}

proptest! {
    #[test]
    fn redundant_data_comes_back(
        blocks in vec((payload_type(), 0..=MOST_OFFSET, octets(60)), 0..6),
        primary_type in payload_type(),
        primary in octets(100),
    ) {
        let blocks: Vec<Block<'_>> = blocks
            .iter()
            .map(|(kind, offset, payload)| Block { payload_type: *kind, offset: *offset, payload })
            .collect();
        let mut out = [0; 600];
        let size = Redundant::pack(blocks.iter().copied(), primary_type, &primary, &mut out).unwrap();
        let back = Redundant::unpack(&out[..size]).unwrap();
        prop_assert_eq!((back.primary_type(), back.primary()), (primary_type, &primary[..]));
        prop_assert!(back.redundant().eq(blocks.iter().copied()));
        let mut short = vec![0; size - 1];
        prop_assert!(Redundant::pack(blocks.into_iter(), primary_type, &primary, &mut short).is_none());
    }

    #[test]
    fn parity_gives_any_one_packet_back(
        packets in packets(6),
        count in 1_usize..=6,
        lost in any::<prop::sample::Index>(),
    ) {
        let packets = &packets[..count];
        let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let mut fec = [0; 200];
        let size = protect(&[Protection::of(&all)], &mut fec).unwrap();
        let fec = Fec::unpack(&fec[..size]).unwrap();
        let lost = &packets[lost.index(count)];
        let missing = sequence_of(lost);
        prop_assert_eq!(fec.missing(|number| number != missing), Some(missing));
        prop_assert_eq!(had_back(&fec, &all, missing), &lost[..]);
    }

    /// RFC 5109 §7: the front of all packets at the lowest level, what is behind it in pairs.
    #[test]
    fn levels_give_their_parts_back(
        packets in packets(4),
        front in 1_u16..30,
        lost in 0_usize..4,
    ) {
        let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let behind = |pair: &[&[u8]]| {
            let longest = pair.iter().map(|packet| packet.len()).max().unwrap();
            (longest as u16 - 12).saturating_sub(front)
        };
        let half = lost / 2 * 2;
        let pair = &all[half..half + 2];
        let levels = [
            Protection { packets: &all, length: front },
            Protection { packets: pair, length: behind(pair) },
        ];
        let mut fec = [0; 200];
        let size = protect(&levels, &mut fec).unwrap();
        let fec = Fec::unpack(&fec[..size]).unwrap();
        prop_assert_eq!(fec.levels().count(), 2);
        let missing = sequence_of(all[lost]);
        prop_assert_eq!(had_back(&fec, &all, missing), all[lost]);
        // Without a packet of the other pair the lowest level gives nothing.
        let other = sequence_of(all[(half + 2) % 4]);
        let mut out = [0; 200];
        let fewer = |number| without(&all, missing, number).filter(|_| number != other);
        prop_assert!(fec.recover(missing, Ssrc::new(7), fewer, &mut out).is_none());
    }

    #[test]
    fn parity_as_it_was_before_gives_any_one_packet_back(
        payloads in vec(octets(60), 1..8),
        first in any::<u16>(),
        lost in any::<prop::sample::Index>(),
    ) {
        let packets: Vec<Vec<u8>> = (0..).zip(&payloads).map(|(n, payload)| {
            let header = Header {
                marker: n % 3 == 0,
                payload_type: PayloadType::from_octet(n as u8 * 9),
                sequence: SequenceNumber::new(first.wrapping_add(n)),
                timestamp: Timestamp::new(u32::from(n).wrapping_mul(0x3141_5926)),
                ssrc: Ssrc::new(7),
            };
            let mut out = vec![0; payload.len() + 12];
            Outgoing::new(header, payload).write(&mut out).unwrap();
            out
        }).collect();
        let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let octets = old_parity(&all, first);
        let fec = Fec::unpack_rfc2733(&octets).unwrap();
        let lost = lost.get(&all);
        let missing = sequence_of(lost);
        prop_assert_eq!(had_back(&fec, &all, missing), *lost);
    }

    #[test]
    fn a_retransmission_comes_back(original in any::<u16>(), payload in octets(100)) {
        let again = Retransmission { original: SequenceNumber::new(original), payload: &payload };
        let mut out = [0; 102];
        let size = again.pack(&mut out).unwrap();
        prop_assert_eq!(size, payload.len() + 2);
        prop_assert_eq!(Retransmission::unpack(&out[..size]), Some(again));
    }

    #[test]
    fn telephone_events_and_tones_come_back(
        several in vec((any::<u8>(), any::<bool>(), 0_u8..64, any::<u16>()), 1..6),
        tone in (0_u16..512, any::<bool>(), 0_u8..64, 1..=u16::MAX),
        frequencies in vec(0_u16..4096, 0..6),
    ) {
        let mut out = Vec::new();
        let mut began = 0;
        let mut expected = Vec::new();
        for (code, end, volume, duration) in several {
            let code = EventCode::new(code);
            let volume = if code.has_volume() { volume } else { 0 };
            let event = TelephoneEvent { code, end, volume, duration };
            out.extend(event.to_octets());
            expected.push((began, event));
            began += u32::from(duration);
        }
        prop_assert!(events(&out).eq(expected));
        let (modulation, thirds, volume, duration) = tone;
        let tone = Tone { modulation, thirds, volume, duration };
        let mut out = [0; 16];
        let size = tone.pack(&frequencies, &mut out).unwrap();
        let (again, read) = Tone::unpack(&out[..size]).unwrap();
        prop_assert_eq!(again, tone);
        prop_assert!(read.eq(frequencies));
    }

    #[test]
    fn lists_of_feedback_come_back(
        numbers in vec(any::<(u32, u32, u16, u8)>(), 1..20),
        message in octets(30),
    ) {
        let nacks: Vec<_> = numbers
            .iter()
            .map(|(_, _, following, n)| Nack { packet: SequenceNumber::new(u16::from(*n) << 5), following: *following })
            .collect();
        feedback_comes_back(Feedback::GenericNack(Entries::from(&nacks[..])))?;
        // What 17 bits and an exponent hold is not rounded.
        let rates: Vec<_> = numbers
            .iter()
            .map(|(ssrc, rate, overhead, shift)| BitRate {
                ssrc: Ssrc::new(*ssrc),
                max_total: u64::from(*rate & 0x1_ffff) << (shift % 40),
                overhead: overhead & 0x1ff,
            })
            .collect();
        feedback_comes_back(Feedback::MaxBitRateRequest(Entries::from(&rates[..])))?;
        feedback_comes_back(Feedback::MaxBitRateNotification(Entries::from(&rates[..])))?;
        feedback_comes_back(Feedback::MaxBitRateNotification(Entries::from(&rates[..0])))?;
        let slices: Vec<_> = numbers
            .iter()
            .map(|(a, b, _, c)| Slice { first: *a as u16 & 0x1fff, number: *b as u16 & 0x1fff, picture: c & 0x3f })
            .collect();
        feedback_comes_back(Feedback::SliceLoss(Entries::from(&slices[..])))?;
        let intra: Vec<_> = numbers
            .iter()
            .map(|(ssrc, _, _, number)| FullIntra { ssrc: Ssrc::new(*ssrc), number: *number })
            .collect();
        feedback_comes_back(Feedback::FullIntra(Entries::from(&intra[..])))?;
        let trades: Vec<_> = numbers
            .iter()
            .map(|(ssrc, index, _, number)| TradeOff { ssrc: Ssrc::new(*ssrc), number: *number, index: *index as u8 & 0x1f })
            .collect();
        feedback_comes_back(Feedback::TradeOffRequest(Entries::from(&trades[..])))?;
        feedback_comes_back(Feedback::TradeOffNotification(Entries::from(&trades[..])))?;
        let back: Vec<_> = numbers
            .iter()
            .map(|(ssrc, _, _, number)| BackChannel {
                ssrc: Ssrc::new(*ssrc),
                number: *number,
                payload_type: PayloadType::from_octet(*number),
                message: &message,
            })
            .collect();
        feedback_comes_back(Feedback::VideoBackChannel(BackChannels::from(&back[..])))?;
        feedback_comes_back(Feedback::PictureLoss)?;
    }

    /// What is missing is what is asked for again, in however many entries.
    #[test]
    fn a_nack_names_what_is_missing(gaps in vec(1_u16..40, 1..50), first in any::<u16>()) {
        let mut number = first;
        let missing: Vec<_> = gaps.iter().map(|gap| {
            number = number.wrapping_add(*gap);
            SequenceNumber::new(number)
        }).collect();
        let entries: Vec<Nack> = Nack::collect(missing.iter().copied()).collect();
        prop_assert!(entries.iter().flat_map(|entry| entry.packets()).eq(missing));
    }

    #[test]
    fn extended_reports_come_back(
        source in ssrc(),
        begin in any::<u16>(),
        came in vec(any::<bool>(), 1..200),
        times in vec(any::<u32>(), 0..20),
        ntp in any::<u64>(),
        delays in vec(any::<(u32, u32, u32)>(), 0..8),
        counts in any::<(u32, u32, u32, u32)>(),
    ) {
        let end = begin.wrapping_add(came.len() as u16);
        let chunks: Vec<u16> = encode(came.iter().copied()).collect();
        let runs = RunLength::new(source, 0, begin, end, &chunks);
        let times: Vec<_> = times.into_iter().map(Timestamp::new).collect();
        let delays: Vec<_> = delays
            .into_iter()
            .map(|(ssrc, last, delay)| DelaySinceReport { receiver: Ssrc::new(ssrc), last, delay })
            .collect();
        let (min, max, mean, deviation) = counts;
        let summary = StatisticsSummary {
            source, begin, end,
            lost: Some(min), duplicates: None,
            jitter: Some(Spread { min, max, mean, deviation }), hops: None,
        };
        let blocks = [
            ExtendedReportBlock::LossRle(runs),
            ExtendedReportBlock::DuplicateRle(runs),
            ExtendedReportBlock::ReceiptTimes(ReceiptTimes::new(source, 0, begin, end, &times)),
            ExtendedReportBlock::ReferenceTime(ntp),
            ExtendedReportBlock::DelaysSinceReport(Entries::from(&delays[..])),
            ExtendedReportBlock::StatisticsSummary(summary),
        ];
        let mut out = [0; 2_000];
        let size = CompoundWriter::reduced_size(&mut out).extended_report(source, &blocks).finish().unwrap();
        let compound = Compound::parse_reduced_size(&out[..size]).unwrap();
        let Some(RtcpPacket::Extended(again)) = compound.packets().next() else {
            return Err(TestCaseError::fail("no extended report"));
        };
        prop_assert_eq!(again.ssrc(), source);
        prop_assert!(again.blocks().eq(blocks));
        let Some(ExtendedReportBlock::LossRle(runs)) = again.blocks().next() else {
            return Err(TestCaseError::fail("no trace"));
        };
        let expected = (0..).zip(came).map(|(n, came)| (begin.wrapping_add(n), came));
        prop_assert!(runs.trace().eq(expected));
    }

    #[test]
    fn no_bytes_make_a_repairer_or_a_receiver_of_events_panic(bytes in octets(300)) {
        repair(&bytes);
        signals(&bytes);
    }
}
