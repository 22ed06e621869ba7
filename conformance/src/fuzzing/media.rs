//! Session descriptions (RFC 8866), RTP and RTCP (RFC 3550).

use offhook::rtp::packet::{Outgoing, Packet};
use offhook::rtp::rtcp::{Compound, RtcpPacket, is_rtcp};
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

/// A compound of reports: every part of every packet.
pub fn rtcp(bytes: &[u8]) {
    let _ = is_rtcp(bytes);
    let Ok(compound) = Compound::parse(bytes) else {
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
            RtcpPacket::Unknown { body, .. } => body.len(),
        };
        assert!(parts <= bytes.len());
    }
}
