use super::*;
use crate::rtp::Timestamp;
use crate::rtp::packet::{Element, Extension, Header, Outgoing};
use crate::rtp::rtcp::{
    ApplicationDefined, BitRate, CompoundWriter, Entries, FullIntra, Nack, ReportBlock, RunLength,
    SdesItem, SenderInfo, Slice, TradeOff,
};
use alloc::vec;

const LINGER: Duration = Duration::from_secs(10);
const NOW: Instant = Instant::ZERO;
const US: Ssrc = Ssrc::new(0x0d);
const OUR_VIDEO: Ssrc = Ssrc::new(0x0e);

fn type_of(number: u8) -> PayloadType {
    PayloadType::new(number).unwrap()
}

fn section(mid: &str, types: &[u8], outgoing: Ssrc) -> BundleSection {
    BundleSection {
        mid: mid.as_bytes().into(),
        payload_types: types.iter().copied().map(type_of).collect(),
        incoming: Vec::new(),
        outgoing: vec![outgoing],
    }
}

/// Audio with 0 and 96, video with 32 and 96.
fn sections() -> Vec<BundleSection> {
    vec![
        section("foo", &[0, 96], US),
        section("bar", &[32, 96], OUR_VIDEO),
    ]
}

fn bundle() -> Bundle {
    Bundle::new(sections(), Some(1), LINGER)
}

fn packet<'o>(
    (ssrc, sequence, number): (u32, u16, u8),
    mid: Option<&str>,
    csrc: &[Ssrc],
    out: &'o mut [u8],
) -> Packet<'o> {
    let mut extension = [0; 64];
    let mid = mid.map(|mid| {
        let data = mid.as_bytes();
        Extension::pack(0xbede, &[Element { id: 1, data }], &mut extension).unwrap()
    });
    let header = Header {
        marker: false,
        payload_type: type_of(number),
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(0),
        ssrc: Ssrc::new(ssrc),
    };
    let outgoing = Outgoing {
        csrc,
        extension: mid,
        ..Outgoing::new(header, b"media")
    };
    let count = outgoing.write(out).unwrap();
    Packet::parse(&out[..count]).unwrap()
}

#[track_caller]
fn rtp(
    bundle: &mut Bundle,
    what: (u32, u16, u8),
    mid: Option<&str>,
    expected: Result<usize, Unassociated>,
) {
    let mut out = [0; 200];
    let packet = packet(what, mid, &[], &mut out);
    assert_eq!(bundle.rtp(NOW, &packet), expected);
}

fn rtcp(
    bundle: &mut Bundle,
    now: Instant,
    write: impl FnOnce(&mut CompoundWriter<'_>),
) -> Vec<Vec<usize>> {
    let mut out = [0; 600];
    let mut writer = CompoundWriter::reduced_size(&mut out);
    write(&mut writer);
    let count = writer.finish().unwrap();
    let compound = Compound::parse(&out[..count]).unwrap();
    bundle.rtcp(now, &compound);
    let sections = |packet| {
        let all = 0..bundle.sections().len();
        all.filter(|section| bundle.is_for(*section, &packet))
            .collect()
    };
    compound.packets().map(sections).collect()
}

fn report(writer: &mut CompoundWriter<'_>, from: u32, about: &[Ssrc]) {
    let block = |ssrc: &Ssrc| ReportBlock {
        ssrc: *ssrc,
        fraction_lost: 0,
        cumulative_lost: 0,
        extended_highest_sequence: 0,
        jitter: 0,
        lsr: 0,
        dlsr: 0,
    };
    let blocks: Vec<ReportBlock> = about.iter().map(block).collect();
    writer.report(Ssrc::new(from), None, &blocks);
}

/// SDES with a MID for each source.
fn mids(writer: &mut CompoundWriter<'_>, all: &[(u32, &str)]) {
    for (ssrc, mid) in all {
        let item = SdesItem {
            kind: SdesKind::Mid,
            text: mid.as_bytes(),
        };
        writer.source_description(Ssrc::new(*ssrc), [item]);
    }
}

/// RFC 9143 §9.2: the MID of a packet says where it belongs, and its SSRC from then on.
#[test]
fn streams_are_told_apart_by_mid() {
    let mut bundle = bundle();
    // 96 stands in both sections.
    rtp(&mut bundle, (1, 10, 96), Some("bar"), Ok(1));
    rtp(&mut bundle, (1, 11, 96), None, Ok(1));
    rtp(&mut bundle, (1, 12, 32), None, Ok(1));
    rtp(&mut bundle, (2, 500, 96), Some("foo"), Ok(0));
    rtp(&mut bundle, (2, 501, 0), None, Ok(0));
    // The payload type of another section: not decoded, and no move.
    let wrong = Err(Unassociated::PayloadType);
    rtp(&mut bundle, (1, 13, 0), None, wrong);
    rtp(&mut bundle, (3, 1, 0), Some("bar"), wrong);
    rtp(&mut bundle, (1, 14, 32), None, Ok(1));
    // Without such an extension there is no MID in it.
    let mut without = Bundle::new(sections(), None, LINGER);
    rtp(&mut without, (1, 10, 0), Some("bar"), Ok(0));
}

/// RFC 9143 §9.2, RFC 7941 §4.2.6: a later packet moves the stream, one that comes late does not.
#[test]
fn a_mid_counts_from_its_packet_on() {
    let mut bundle = bundle();
    rtp(&mut bundle, (1, 0xfffe, 96), Some("foo"), Ok(0));
    rtp(&mut bundle, (1, 3, 96), Some("bar"), Ok(1));
    rtp(&mut bundle, (1, 0xffff, 96), Some("foo"), Ok(1));
    rtp(&mut bundle, (1, 2, 96), Some("foo"), Ok(1));
    rtp(&mut bundle, (1, 3, 96), Some("foo"), Ok(1));
    rtp(&mut bundle, (1, 4, 96), Some("foo"), Ok(0));
    // Half the numbers and more on, the order is still known.
    for step in 1..6_u16 {
        let sequence = 4_u16.wrapping_add(step.wrapping_mul(30_000));
        rtp(&mut bundle, (1, sequence, 96), None, Ok(0));
    }
    rtp(&mut bundle, (1, 30_000, 96), Some("bar"), Ok(1));
}

/// RFC 9143 §9.2: a stream that names a section which is not here is not decoded, whatever its
/// payload type; until it names another.
#[test]
fn an_unknown_mid_is_for_no_section() {
    let mut bundle = bundle();
    let unknown = Err(Unassociated::UnknownMid);
    rtp(&mut bundle, (1, 1, 0), Some("zen"), unknown);
    rtp(&mut bundle, (1, 2, 0), None, unknown);
    rtp(&mut bundle, (1, 3, 0), Some("foo"), Ok(0));
    rtp(&mut bundle, (1, 4, 0), Some("zen"), unknown);
    // When there is such a section, the stream is its own.
    let mut more = sections();
    more.insert(0, section("zen", &[0], Ssrc::new(0x0f)));
    bundle.set_sections(more);
    rtp(&mut bundle, (1, 5, 0), None, Ok(0));
}

/// RFC 9143 §9.2: without MID by a payload type that is unique, and for good.
#[test]
fn streams_are_told_apart_by_payload_type() {
    let mut bundle = bundle();
    let unknown = Err(Unassociated::UnknownStream);
    rtp(&mut bundle, (1, 1, 96), None, unknown);
    rtp(&mut bundle, (1, 2, 5), None, unknown);
    rtp(&mut bundle, (1, 3, 32), None, Ok(1));
    rtp(&mut bundle, (1, 4, 96), None, Ok(1));
    rtp(&mut bundle, (1, 5, 0), None, Err(Unassociated::PayloadType));
    rtp(&mut bundle, (2, 1, 0), None, Ok(0));
}

/// RFC 9143 §9.2, RFC 5576: what the peer has announced is known before the first packet.
#[test]
fn announced_sources_are_known() {
    let mut sections = sections();
    sections[1].incoming.push(Ssrc::new(7));
    let mut bundle = Bundle::new(sections, Some(1), LINGER);
    rtp(&mut bundle, (7, 1, 96), None, Ok(1));
    // But the stream itself knows best.
    rtp(&mut bundle, (7, 2, 96), Some("foo"), Ok(0));
}

/// RFC 9143 §9.2: the tables follow the sections.
#[test]
fn sections_come_and_go() {
    let mut bundle = bundle();
    rtp(&mut bundle, (1, 1, 96), Some("bar"), Ok(1));
    rtp(&mut bundle, (2, 1, 32), None, Ok(1));
    rtp(&mut bundle, (3, 1, 0), None, Ok(0));
    let mut turned = sections();
    turned.reverse();
    bundle.set_sections(turned);
    rtp(&mut bundle, (1, 2, 96), None, Ok(0));
    rtp(&mut bundle, (2, 2, 96), None, Ok(0));
    rtp(&mut bundle, (3, 2, 96), None, Ok(1));
    bundle.set_sections(sections().split_off(1));
    rtp(
        &mut bundle,
        (3, 3, 0),
        None,
        Err(Unassociated::UnknownStream),
    );
    // In one section alone the number is unique.
    rtp(&mut bundle, (3, 4, 96), None, Ok(0));
    assert_eq!(bundle.sections()[0].mid[..], *b"bar");
}

/// RFC 9143 §9.2: a copy for the section of each contributing source.
#[test]
fn contributing_sources_have_their_sections() {
    let mut bundle = bundle();
    rtp(&mut bundle, (1, 1, 96), Some("bar"), Ok(1));
    rtp(&mut bundle, (2, 1, 96), Some("foo"), Ok(0));
    let csrc = [Ssrc::new(1), Ssrc::new(2), Ssrc::new(1), Ssrc::new(9)];
    let mut out = [0; 200];
    let mixed = packet((3, 1, 0), None, &csrc, &mut out);
    assert!(bundle.has_contributor(0, &mixed) && bundle.has_contributor(1, &mixed));
    let alone = packet((3, 2, 0), None, &csrc[..1], &mut out);
    assert!(!bundle.has_contributor(0, &alone) && bundle.has_contributor(1, &alone));
}

/// RFC 9143 §9.2: SDES items say the same as header extensions, and first of all in their compound.
#[test]
fn reports_go_by_their_sources() {
    let mut bundle = bundle();
    // A report without media before it: what is said in the SDES behind it counts already.
    let routed = rtcp(&mut bundle, NOW, |writer| {
        writer.report(
            Ssrc::new(1),
            Some(&SenderInfo {
                ntp: 0,
                timestamp: Timestamp::new(0),
                packets: 0,
                octets: 0,
            }),
            &[],
        );
        mids(writer, &[(1, "bar")]);
    });
    assert_eq!(routed, [[1], [1]]);
    rtp(&mut bundle, (1, 7, 96), None, Ok(1));
    // An SDES is newer than what came before it; an unknown name says nothing.
    let routed = rtcp(&mut bundle, NOW, |writer| {
        report(writer, 1, &[US, OUR_VIDEO, Ssrc::new(99)]);
        mids(writer, &[(1, "foo"), (2, "zen")]);
    });
    assert_eq!(routed[0], [0, 1]);
    assert_eq!(
        routed.iter().skip(1).flatten().copied().collect::<Vec<_>>(),
        [0]
    );
    rtp(&mut bundle, (1, 7, 96), Some("bar"), Ok(0));
    rtp(&mut bundle, (1, 8, 96), Some("bar"), Ok(1));
    // A receiver's report is for those it is about, and for nobody if that is nobody.
    assert_eq!(
        rtcp(&mut bundle, NOW, |writer| report(writer, 1, &[OUR_VIDEO])),
        [[1]]
    );
    assert_eq!(
        rtcp(&mut bundle, NOW, |writer| report(writer, 1, &[])),
        [[0; 0]]
    );
}

/// RFC 9143 §9.2, RFC 3550 §6.2.1: after a BYE late packets are still taken, and then the source is
/// one like any.
#[test]
fn a_source_that_left_is_forgotten_after_a_while() {
    let mut bundle = bundle();
    rtp(&mut bundle, (1, 1, 96), Some("bar"), Ok(1));
    let routed = rtcp(&mut bundle, NOW, |writer| {
        report(writer, 1, &[]);
        writer.goodbye(&[Ssrc::new(1), Ssrc::new(2)], b"");
    });
    assert_eq!(routed, [vec![], vec![1]]);
    let mut out = [0; 200];
    let late = packet((1, 2, 96), None, &[], &mut out);
    let [before, after] = [9_999, 10_000].map(Instant::from_millis);
    assert_eq!(bundle.rtp(before, &late), Ok(1));
    assert_eq!(bundle.rtp(after, &late), Err(Unassociated::UnknownStream));
    rtp(&mut bundle, (3, 1, 0), None, Ok(0));
    rtcp(&mut bundle, NOW, |writer| {
        report(writer, 3, &[]);
        writer.goodbye(&[Ssrc::new(3)], b"");
    });
    rtcp(&mut bundle, after, |writer| report(writer, 9, &[]));
    assert_eq!(bundle.sources.len(), 0);
}

/// RFC 9143 §9.2: feedback is for the stream of ours it is about; what answers ours, for the one of
/// the peer's.
#[test]
fn feedback_goes_by_its_targets() {
    let mut bundle = bundle();
    rtp(&mut bundle, (1, 1, 96), Some("bar"), Ok(1));
    let theirs = Ssrc::new(1);
    let rate = |ssrc| BitRate {
        ssrc,
        max_total: 1000,
        overhead: 40,
    };
    let trade = |ssrc| TradeOff {
        ssrc,
        number: 1,
        index: 2,
    };
    let intra = |ssrc| FullIntra { ssrc, number: 1 };
    let nothing: [usize; 0] = [];
    let nack = [Nack {
        packet: SequenceNumber::new(1),
        following: 0,
    }];
    let slice = [Slice {
        first: 1,
        number: 1,
        picture: 1,
    }];
    let about = |source: Ssrc, feedback: Feedback<'_>, bundle: &mut Bundle| {
        let packet = FeedbackPacket {
            sender: theirs,
            media_source: source,
            feedback,
        };
        let routed = rtcp(bundle, NOW, |writer| {
            report(writer, 1, &[]);
            writer.feedback(&packet);
        });
        routed[1].clone()
    };
    let other = |source| Feedback::OtherPayload {
        format: 15,
        information: source,
    };
    for (feedback, both) in [
        (Feedback::GenericNack(Entries::from(&nack[..])), [0, 1]),
        (Feedback::PictureLoss, [0, 1]),
        (Feedback::SliceLoss(Entries::from(&slice[..])), [0, 1]),
        (other(&[0; 4]), [0, 1]),
    ] {
        assert_eq!(about(US, feedback, &mut bundle), both[..1]);
        assert_eq!(about(OUR_VIDEO, feedback, &mut bundle), both[1..]);
        assert_eq!(about(theirs, feedback, &mut bundle), nothing);
    }
    let none = Ssrc::new(0);
    // Requests name streams of ours, notifications those of the peer's.
    let rates = [rate(OUR_VIDEO), rate(US)];
    let asked = Feedback::MaxBitRateRequest(Entries::from(&rates[..]));
    assert_eq!(about(none, asked, &mut bundle), [0, 1]);
    let told = Feedback::MaxBitRateNotification(Entries::from(&rates[..]));
    assert_eq!(about(none, told, &mut bundle), nothing);
    let rates = [rate(theirs)];
    let asked = Feedback::MaxBitRateRequest(Entries::from(&rates[..]));
    assert_eq!(about(US, asked, &mut bundle), nothing);
    let told = Feedback::MaxBitRateNotification(Entries::from(&rates[..]));
    assert_eq!(about(none, told, &mut bundle), [1]);
    let ours = [trade(US)];
    let asked = Feedback::TradeOffRequest(Entries::from(&ours[..]));
    assert_eq!(about(none, asked, &mut bundle), [0]);
    let trades = [trade(theirs)];
    let told = Feedback::TradeOffNotification(Entries::from(&trades[..]));
    assert_eq!(about(US, told, &mut bundle), [1]);
    let intras = [intra(OUR_VIDEO)];
    let asked = Feedback::FullIntra(Entries::from(&intras[..]));
    assert_eq!(about(US, asked, &mut bundle), [1]);
}

/// RFC 9143 §9.2: extended reports go by the streams of ours their blocks are about, and by who
/// reports; what only an application understands goes nowhere.
#[test]
fn extended_reports_go_by_their_blocks() {
    let mut bundle = bundle();
    rtp(&mut bundle, (1, 1, 96), Some("bar"), Ok(1));
    let chunks = [0x4001];
    let about = |source| ExtendedReportBlock::LossRle(RunLength::new(source, 0, 1, 2, &chunks));
    let mut sent = |from: u32, blocks: &[ExtendedReportBlock<'_>]| {
        let routed = rtcp(&mut bundle, NOW, |writer| {
            report(writer, from, &[]);
            writer.extended_report(Ssrc::new(from), blocks);
            writer.application(&ApplicationDefined {
                subtype: 0,
                ssrc: US,
                name: *b"none",
                data: &[],
            });
        });
        assert_eq!(routed[2], []);
        routed[1].clone()
    };
    assert_eq!(sent(9, &[about(US)]), [0]);
    assert_eq!(sent(9, &[about(US), about(OUR_VIDEO)]), [0, 1]);
    assert_eq!(sent(1, &[about(US)]), [0, 1]);
    assert_eq!(sent(1, &[ExtendedReportBlock::ReferenceTime(5)]), [1]);
    assert_eq!(sent(9, &[ExtendedReportBlock::ReferenceTime(5)]), []);
}

/// However many sources there are, so many are remembered, and none that tells nothing.
#[test]
fn the_tables_are_bounded() {
    let mut bundle = bundle();
    for ssrc in 0..5000 {
        rtp(
            &mut bundle,
            (ssrc, 1, 5),
            None,
            Err(Unassociated::UnknownStream),
        );
    }
    assert_eq!(bundle.sources.len(), 0);
    for ssrc in 0..5000 {
        rtp(&mut bundle, (ssrc, 1, 96), Some("bar"), Ok(1));
    }
    assert_eq!(bundle.sources.len(), MOST_SOURCES);
    // The others by themselves.
    rtp(
        &mut bundle,
        (9000, 1, 96),
        None,
        Err(Unassociated::UnknownStream),
    );
    rtp(&mut bundle, (9000, 1, 32), None, Ok(1));
    rtp(
        &mut bundle,
        (9000, 1, 32),
        Some("foo"),
        Err(Unassociated::PayloadType),
    );
    rtp(
        &mut bundle,
        (9000, 1, 0),
        Some("zen"),
        Err(Unassociated::UnknownMid),
    );
    rtp(&mut bundle, (7, 2, 96), None, Ok(1));
}
