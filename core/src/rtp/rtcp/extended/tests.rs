use alloc::vec;
use alloc::vec::Vec;

use super::super::{Compound, CompoundWriter, RtcpError, RtcpPacket};
use super::*;
use crate::rtp::number::Timestamp;

const US: Ssrc = Ssrc::new(0x0102_0304);
const THEM: Ssrc = Ssrc::new(0xa1a2_a3a4);

fn write(blocks: &[ExtendedReportBlock<'_>]) -> Vec<u8> {
    let mut out = vec![0; 1200];
    let size = CompoundWriter::reduced_size(&mut out)
        .extended_report(US, blocks)
        .finish()
        .unwrap();
    out.truncate(size);
    out
}

/// Written, the octets of the block are these; read again, it is the same.
#[track_caller]
fn is(block: ExtendedReportBlock<'_>, octets: &[u8]) {
    let bytes = write(&[block]);
    assert_eq!(bytes[..2], [0x80, 207]);
    assert_eq!(usize::from(bytes[3]), bytes.len() / 4 - 1, "length");
    assert_eq!(bytes[8..], *octets);
    let compound = Compound::parse_reduced_size(&bytes).unwrap();
    let Some(RtcpPacket::Extended(report)) = compound.packets().next() else {
        panic!("no extended report");
    };
    assert_eq!(report.ssrc(), US);
    assert!(report.blocks().eq([block]));
}

/// The trace of 45 packets in RFC 3611 §4.1, of which the 22nd, the 24th and, in its second form,
/// the 44th are lost.
fn trace(second_form: bool) -> Vec<bool> {
    let lost = |place| place == 22 || place == 24 || second_form && place == 44;
    (1..=45).map(|place| !lost(place)).collect()
}

/// The two ways to write it that §4.1 shows, and ours.
// shows: S082
#[test]
fn the_trace_of_the_rfc_is_read_however_it_is_written() {
    let vector = |bits: &str| {
        let bits: u16 = bits
            .bytes()
            .fold(0, |bits, bit| bits << 1 | u16::from(bit == b'1'));
        0x8000 | bits
    };
    let run = |bit: u16, length: u16| bit << 14 | length;
    let ours: Vec<u16> = encode(trace(false)).collect();
    let ways = [
        vec![
            vector("111111111111111"),
            vector("111111010111111"),
            vector("111111111111111"),
        ],
        vec![run(1, 21), vector("010111111111111"), run(1, 9)],
        ours.clone(),
    ];
    for chunks in ways {
        let block = RunLength::new(THEM, 0, 13_821, 13_866, &chunks);
        let bytes = write(&[ExtendedReportBlock::LossRle(block)]);
        let compound = Compound::parse_reduced_size(&bytes).unwrap();
        let Some(RtcpPacket::Extended(report)) = compound.packets().next() else {
            panic!("no extended report");
        };
        let Some(ExtendedReportBlock::LossRle(read)) = report.blocks().next() else {
            panic!("no losses");
        };
        assert!(read.trace().map(|(_, came)| came).eq(trace(false)));
        assert!(read.trace().map(|(number, _)| number).eq(13_821..13_866));
    }
    // Ours is the RFC's second way: it is the shorter one where runs are long.
    assert_eq!(ours, [run(1, 21), vector("010111111111111"), run(1, 9)]);
    // The second form, whose last vector runs beyond the trace.
    let chunks = [
        run(1, 21),
        vector("010111111111111"),
        vector("111111101000000"),
    ];
    let block = RunLength::new(THEM, 0, 13_821, 13_866, &chunks);
    assert!(block.trace().map(|(_, came)| came).eq(trace(true)));
}

/// The thinned form of the same trace in §4.1: T = 2 leaves eleven of its numbers.
#[test]
fn thinning_leaves_every_fourth_number() {
    let chunks = [0x8000 | 0b111_1101_1110_0000];
    let block = RunLength::new(THEM, 2, 13_821, 13_866, &chunks);
    let numbers: Vec<_> = block.trace().map(|(number, _)| number).collect();
    let wanted: Vec<u16> = (13_824..=13_864).step_by(4).collect();
    assert_eq!(numbers, wanted);
    let full = trace(true);
    for (number, came) in block.trace() {
        assert_eq!(came, full[usize::from(number - 13_821)], "{number}");
    }
    // Across the wrap, and with nothing left of the range.
    let block = RunLength::new(THEM, 15, 0x7fff, 0x8001, &[0x4001]);
    assert!(block.trace().eq([(0x8000, true)]));
    let block = RunLength::new(THEM, 4, 65_530, 1, &[0x4001]);
    assert!(block.trace().eq([(0, true)]));
    let block = RunLength::new(THEM, 4, 1, 15, &[0x4001]);
    assert_eq!(block.trace().count(), 0);
}

#[test]
fn every_trace_survives() {
    // All of up to 17 events, and long runs about the longest chunk.
    let mut traces: Vec<Vec<bool>> = vec![];
    for length in 0..=17_u32 {
        traces.extend(
            (0..1_u32 << length)
                .step_by(1 + (length > 12) as usize * 7)
                .map(|bits| {
                    (0..length)
                        .map(|place| bits >> place & 1 == 1)
                        .collect::<Vec<_>>()
                }),
        );
    }
    for length in [16_382, 16_383, 16_384, 33_000] {
        traces.push(vec![true; length]);
        let mut trace = vec![false; length];
        trace.push(true);
        traces.push(trace);
    }
    for trace in traces {
        let chunks: Vec<u16> = encode(trace.iter().copied()).collect();
        assert!(chunks.iter().all(|chunk| *chunk != 0));
        let end = 65_000_u16.wrapping_add(trace.len() as u16);
        let block = RunLength::new(THEM, 0, 65_000, end, &chunks);
        assert!(
            block
                .trace()
                .map(|(_, came)| came)
                .eq(trace.iter().copied())
        );
    }
}

/// §4.1: a null chunk ends an odd number of chunks.
#[test]
fn a_null_chunk_fills_the_word() {
    let head = [1, 3, 0, 3, 0xa1, 0xa2, 0xa3, 0xa4, 0, 8, 0, 24];
    let block = RunLength::new(THEM, 3, 8, 24, &[0x4002]);
    is(
        ExtendedReportBlock::LossRle(block),
        &[&head[..], &[0x40, 2, 0, 0]].concat(),
    );
    let block = RunLength::new(THEM, 3, 8, 24, &[0x4001, 0x0001]);
    let head = [2, 3, 0, 3, 0xa1, 0xa2, 0xa3, 0xa4, 0, 8, 0, 24];
    is(
        ExtendedReportBlock::DuplicateRle(block),
        &[&head[..], &[0x40, 1, 0, 1]].concat(),
    );
}

#[test]
fn receipt_times_and_reference_times_keep_their_values() {
    let times = [1, 0xffff_ffff].map(Timestamp::new);
    let block = ReceiptTimes::new(THEM, 1, 10, 14, &times);
    let octets = [
        3, 1, 0, 4, 0xa1, 0xa2, 0xa3, 0xa4, 0, 10, 0, 14, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff,
    ];
    is(ExtendedReportBlock::ReceiptTimes(block), &octets);
    let octets = [4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8];
    is(
        ExtendedReportBlock::ReferenceTime(0x0102_0304_0506_0708),
        &octets,
    );
}

/// §4.5, by the numbers of RFC 3550 Figure 2.
#[test]
fn a_receiver_learns_its_round_trip() {
    let answer = DelaySinceReport {
        receiver: US,
        last: 0xb705_2000,
        delay: 0x0005_4000,
    };
    let answers = [answer];
    let octets = [5, 0, 0, 3, 1, 2, 3, 4, 0xb7, 5, 0x20, 0, 0, 5, 0x40, 0];
    is(
        ExtendedReportBlock::DelaysSinceReport(answers[..].into()),
        &octets,
    );
    assert_eq!(answer.round_trip(0xb710_8000), Some(0x0006_2000));
    let none = DelaySinceReport { last: 0, ..answer };
    assert_eq!(none.round_trip(0xb710_8000), None);
    assert_eq!(answer.round_trip(0xb705_2000), None);
}

/// §4.6: flags say what is there, and what is not there is zero.
#[test]
fn a_summary_tells_what_its_flags_say() {
    let summary = StatisticsSummary {
        source: THEM,
        begin: 1,
        end: 2,
        lost: Some(3),
        duplicates: None,
        jitter: Some(Spread {
            min: 4,
            max: 5,
            mean: 6,
            deviation: 7,
        }),
        hops: Some(HopCounts::HopLimit(Spread {
            min: 8,
            max: 9,
            mean: 10,
            deviation: 11,
        })),
    };
    let mut octets = [
        6, 0xb0, 0, 9, 0xa1, 0xa2, 0xa3, 0xa4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0,
        0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 8, 9, 10, 11,
    ];
    is(ExtendedReportBlock::StatisticsSummary(summary), &octets);
    let nothing = StatisticsSummary {
        lost: None,
        jitter: None,
        hops: None,
        ..summary
    };
    let bytes = write(&[ExtendedReportBlock::StatisticsSummary(nothing)]);
    assert_eq!(bytes[9], 0);
    assert!(bytes[20..].iter().all(|octet| *octet == 0));
    // A value where no report is said to be: the block is ignored.
    octets[1] = 0x30;
    let block = ExtendedReportBlock::parse(6, octets[1], &octets[4..]);
    assert!(matches!(
        block,
        ExtendedReportBlock::Unknown { block_type: 6, .. }
    ));
    // ToH of 3 must not be used.
    let block = ExtendedReportBlock::parse(6, 0xb8, &octets[4..]);
    assert!(matches!(block, ExtendedReportBlock::Unknown { .. }));
}

fn metrics() -> VoipMetrics {
    VoipMetrics {
        source: THEM,
        loss_rate: 12,
        discard_rate: 12,
        burst_density: 84,
        gap_density: 10,
        burst_duration: 120,
        gap_duration: 520,
        round_trip_delay: 91,
        end_system_delay: 60,
        signal_level: Some(-18),
        noise_level: None,
        residual_echo_return_loss: Some(45),
        gap_threshold: 16,
        r_factor: Some(90),
        external_r_factor: None,
        listening_quality: Some(42),
        conversational_quality: None,
        concealment: Concealment::Standard,
        jitter_buffer: JitterBuffer {
            adaptive: Some(true),
            rate: 5,
            nominal: 40,
            maximum: 80,
            absolute_maximum: 0xffff,
        },
    }
}

/// §4.7, the figure.
// shows: S031 S082
#[test]
fn voip_metrics_carry_delays_and_everything_else() {
    let octets = [
        7, 0, 0, 8, 0xa1, 0xa2, 0xa3, 0xa4, 12, 12, 84, 10, 0, 120, 2, 8, 0, 91, 0, 60, 0xee, 127,
        45, 16, 90, 127, 42, 127, 0xf5, 0, 0, 40, 0, 80, 0xff, 0xff,
    ];
    is(ExtendedReportBlock::VoipMetrics(metrics()), &octets);
    // §4.7.5: values that must not be sent are ignored; §4.7.6: Gmin is not zero.
    let mut contents: [u8; 32] = octets[4..].try_into().unwrap();
    contents[20] = 101;
    contents[22] = 9;
    let read = VoipMetrics::parse(&contents).unwrap();
    assert_eq!((read.r_factor, read.listening_quality), (None, None));
    contents[19] = 0;
    assert_eq!(VoipMetrics::parse(&contents), None);
}

#[test]
fn unknown_blocks_are_passed_over() {
    let unknown = ExtendedReportBlock::Unknown {
        block_type: 200,
        type_specific: 9,
        contents: &[1, 2, 3, 4],
    };
    is(unknown, &[200, 9, 0, 1, 1, 2, 3, 4]);
    let bytes = write(&[unknown, ExtendedReportBlock::ReferenceTime(1)]);
    let compound = Compound::parse_reduced_size(&bytes).unwrap();
    let Some(RtcpPacket::Extended(report)) = compound.packets().next() else {
        panic!("no extended report");
    };
    assert!(
        report
            .blocks()
            .eq([unknown, ExtendedReportBlock::ReferenceTime(1)])
    );
    // A block longer than the packet.
    let mut bytes = write(&[unknown]);
    bytes[11] = 2;
    let parsed = Compound::parse_reduced_size(&bytes).map(|_| ());
    assert_eq!(parsed, Err(RtcpError::Extended));
}
