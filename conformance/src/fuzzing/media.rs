//! Session descriptions (RFC 8866), RTP and RTCP (RFC 3550).

use offhook::rtp::packet::{Outgoing, Packet};
use offhook::rtp::rtcp::{
    Compound, CompoundWriter, ExtendedReport, ExtendedReportBlock, FeedbackPacket, RtcpPacket,
    RunLength, encode, is_rtcp,
};
use offhook::sdp::{DescriptionLimits, SessionDescription, Tolerance};

use super::attributes::attribute;

/// A description: what is read is written back, and strict readers know no more than lenient ones.
pub fn session_description(bytes: &[u8]) {
    let limits = DescriptionLimits::default();
    let strict = SessionDescription::parse_with(bytes, &Tolerance::STRICT, &limits);
    let lenient = SessionDescription::parse(bytes);
    if let Ok(strict) = &strict {
        assert_eq!(lenient.as_ref(), Ok(strict), "strict is a part of lenient");
        // What we write, the strictest reader takes.
        let again = strict.to_bytes();
        let again = SessionDescription::parse_with(&again, &Tolerance::STRICT, &limits);
        assert_eq!(again.as_ref(), Ok(strict));
    }
    let Ok(session) = lenient else {
        return;
    };
    let written = session.to_bytes();
    let again = SessionDescription::parse(&written);
    let shown = String::from_utf8_lossy(&written);
    assert_eq!(again.as_ref(), Ok(&session), "{shown}");
    assert!(session.media.len() <= limits.media);
    let levels = session.media.iter().map(|media| &media.attributes);
    for attributes in std::iter::once(&session.attributes).chain(levels) {
        attributes.iter().for_each(attribute);
    }
    for media in &session.media {
        assert!(media.formats.len() <= limits.formats);
        let _ = (media.direction(&session), media.connection(&session));
        let _ = (media.rtp_address(&session), media.rtcp_address(&session));
        let _ = (media.ptime_ms(), media.maxptime_ms());
        let _ = media.rtp_addresses(&session).take(100).count();
        for payload_type in media.payload_types() {
            let _ = (media.mapped(payload_type), media.codec(payload_type));
            let _ = media.format_parameters(payload_type);
        }
    }
    for time in &session.times {
        for repeat in &time.repeats {
            let _ = time.occurrences(repeat).take(100).count();
        }
    }
}

/// A packet of media: what is read of it is written back.
pub fn rtp(bytes: &[u8]) {
    let Ok(packet) = Packet::parse(bytes) else {
        return;
    };
    let csrc: Vec<_> = packet.csrc().collect();
    let extension = packet.extension();
    if let Some(extension) = extension {
        assert!(extension.elements().count() <= extension.data.len());
    }
    let outgoing = Outgoing {
        header: packet.header(),
        csrc: &csrc,
        extension,
        payload: packet.payload(),
        padding: packet.padding(),
    };
    assert_eq!(outgoing.size(), bytes.len());
    let mut written = vec![0; bytes.len()];
    assert_eq!(outgoing.write(&mut written), Ok(bytes.len()));
    let again = Packet::parse(&written).expect("our own packet");
    assert_eq!(again.header(), packet.header());
    assert!(again.csrc().eq(packet.csrc()));
    assert_eq!(again.payload(), packet.payload());
    let data = |packet: &Packet<'_>| {
        packet
            .extension()
            .map(|one| (one.profile, one.data.to_vec()))
    };
    assert_eq!(data(&again), data(&packet));
}

/// Feedback says the same when it is written and read again; how long it was then.
fn feedback_again(packet: &FeedbackPacket<'_>, room: usize) -> usize {
    let mut written = vec![0; room];
    let mut writer = CompoundWriter::reduced_size(&mut written);
    let size = writer
        .feedback(packet)
        .finish()
        .expect("it fits where it was");
    let again = Compound::parse_reduced_size(&written[..size]).expect("our own packet");
    match again.packets().next() {
        Some(RtcpPacket::Feedback(again)) => assert_eq!(again, *packet),
        other => panic!("feedback became {other:?}"),
    }
    size
}

/// The same for an extended report; traces are walked.
fn extended_again(report: &ExtendedReport<'_>, room: usize) -> usize {
    let blocks: Vec<_> = report.blocks().collect();
    // A run-length block may be written with a null chunk that was missing.
    let mut written = vec![0; room + blocks.len() * 4];
    let mut writer = CompoundWriter::reduced_size(&mut written);
    let size = writer.extended_report(report.ssrc(), &blocks).finish();
    let size = size.expect("it fits where it was");
    let again = Compound::parse_reduced_size(&written[..size]).expect("our own packet");
    match again.packets().next() {
        Some(RtcpPacket::Extended(again)) => assert!(again.blocks().eq(blocks.iter().copied())),
        other => panic!("an extended report became {other:?}"),
    }
    for block in blocks {
        if let ExtendedReportBlock::LossRle(runs) | ExtendedReportBlock::DuplicateRle(runs) = block
        {
            let length = usize::from(runs.end.wrapping_sub(runs.begin));
            assert!(runs.trace().count() <= length);
            let chunks: Vec<u16> = encode(runs.trace().map(|(_, came)| came)).collect();
            let ours = RunLength::new(runs.source, runs.thinning, runs.begin, runs.end, &chunks);
            let mut trace = ours.trace();
            assert!(runs.trace().all(|event| trace.next() == Some(event)));
            // Chunks that end before their range does: the zeros that fill our last one go on in it.
            assert!(trace.all(|(_, came)| !came));
        }
    }
    report.blocks().count()
}

/// A compound of reports: every part of every packet.
pub fn rtcp(bytes: &[u8]) {
    let _ = is_rtcp(bytes);
    // What is good with a report in front is good where none is needed.
    let Ok(compound) = Compound::parse_reduced_size(bytes) else {
        assert!(Compound::parse(bytes).is_err());
        return;
    };
    assert_eq!(compound.as_bytes(), bytes);
    let packets = compound.packets();
    assert!((1..=bytes.len() / 4).contains(&packets.count()));
    for packet in compound.packets() {
        let parts = match packet {
            RtcpPacket::SenderReport(report) => {
                let _ = report.info().ntp_of(report.info().timestamp, 8000);
                report.blocks().count() + report.extension().len()
            }
            RtcpPacket::ReceiverReport(report) => {
                report.blocks().count() + report.extension().len()
            }
            RtcpPacket::SourceDescription(description) => {
                let items = description.chunks().flat_map(|chunk| chunk.items());
                items.map(|item| item.text.len()).sum()
            }
            RtcpPacket::Goodbye(bye) => bye.sources().count() + bye.reason().map_or(0, <[u8]>::len),
            RtcpPacket::ApplicationDefined(app) => app.data.len(),
            RtcpPacket::Feedback(packet) => feedback_again(&packet, bytes.len()),
            RtcpPacket::Extended(report) => extended_again(&report, bytes.len()),
            RtcpPacket::Obsolete(_) => 0,
            RtcpPacket::Unknown { body, .. } => body.len(),
        };
        assert!(parts <= bytes.len());
    }
}
