use super::*;
use crate::rng::Rng;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::Packet;
use crate::rtp::rtcp::{Compound, CompoundWriter, RtcpPacket};
use crate::rtp::session::{Media, SessionConfig, SessionFeedback};
use crate::time::Instant;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

const PEER: Ssrc = Ssrc::new(0xb0b);

fn bob() -> SocketAddr {
    "192.0.2.2:4000".parse().unwrap()
}

fn session(mid: Option<SessionMid>) -> Session {
    let config = SessionConfig::telephone("alice@example.com");
    let mut session = Session::new(config, Rng::from_seed([4; 32]));
    session.join(Instant::ZERO);
    session.set_mid(mid);
    session
}

fn media(payload: &[u8]) -> Media<'_> {
    Media {
        marker: false,
        payload_type: PayloadType::PCMU,
        timestamp: Timestamp::new(0),
        sampled: Instant::ZERO,
        payload,
    }
}

/// The number of a packet that is sent, and the MID in it.
fn send(session: &mut Session, number: u8) -> (SequenceNumber, Option<Vec<u8>>) {
    let mut out = [0; 500];
    let header = session.header_size();
    let size = session.send(Instant::ZERO, &media(b"media"), &mut out);
    let size = size.unwrap();
    assert_eq!(size, header + 5);
    let packet = Packet::parse(&out[..size]).unwrap();
    assert_eq!(packet.payload(), b"media");
    let mid = packet.extension().map(|extension| {
        let elements: Vec<_> = extension.elements().collect();
        assert_eq!((elements.len(), elements[0].id), (1, number));
        elements[0].data.to_vec()
    });
    (packet.sequence(), mid)
}

/// Bob says which is the highest number he has heard.
fn report(session: &mut Session, highest: SequenceNumber) {
    let block = ReportBlock {
        ssrc: session.ssrc(),
        fraction_lost: 0,
        cumulative_lost: 0,
        // Two cycles on, which tells nothing here.
        extended_highest_sequence: 0x2_0000 | u32::from(highest.as_u16()),
        jitter: 0,
        lsr: 0,
        dlsr: 0,
    };
    let mut out = [0; 200];
    let size = CompoundWriter::reduced_size(&mut out)
        .report(PEER, None, &[block])
        .finish()
        .unwrap();
    session
        .receive_rtcp(Instant::ZERO, bob(), &out[..size])
        .unwrap();
}

/// RFC 9143 §15, RFC 7941: every packet says it, until one that does has arrived.
#[test]
fn packets_have_it_until_one_is_known_to_have_arrived() {
    let foo = Some(b"foo".to_vec());
    let mut session = session(None);
    let (before, mid) = send(&mut session, 3);
    assert_eq!((mid, session.header_size()), (None, 12));
    session.set_mid(SessionMid::new(b"foo", Some(3)));
    // A report on what had none says nothing.
    report(&mut session, before);
    let (first, mid) = send(&mut session, 3);
    assert_eq!(mid, foo);
    report(&mut session, before);
    assert_eq!(send(&mut session, 3).1, foo);
    // The same again changes nothing.
    session.set_mid(SessionMid::new(b"foo", Some(3)));
    report(&mut session, first);
    assert_eq!(send(&mut session, 3).1, None);
    // Another name, or another place of the peer's, has to be said anew.
    session.set_mid(SessionMid::new(b"bar", Some(3)));
    let (latest, mid) = send(&mut session, 3);
    assert_eq!(mid, Some(b"bar".to_vec()));
    report(&mut session, latest);
    assert_eq!(send(&mut session, 3).1, None);
    session.forget_addresses();
    assert_eq!(send(&mut session, 3).1, Some(b"bar".to_vec()));
    session.set_mid(None);
    assert_eq!(send(&mut session, 3).1, None);
}

/// RFC 9143 §15: whenever the SSRC changes.
#[test]
fn another_ssrc_says_it_anew() {
    let mut session = session(SessionMid::new(b"foo", Some(3)));
    let (first, _) = send(&mut session, 3);
    report(&mut session, first);
    assert_eq!(send(&mut session, 3).1, None);
    let mut out = [0; 100];
    let size = session.send(Instant::ZERO, &media(b"media"), &mut out);
    let size = size.unwrap();
    let before = session.ssrc();
    // Our own SSRC from elsewhere (RFC 3550 §8.2).
    assert!(session.receive(Instant::ZERO, bob(), &out[..size]).is_err());
    assert_ne!(session.ssrc(), before);
    assert_eq!(send(&mut session, 3).1, Some(b"foo".to_vec()));
}

/// RFC 8285 §4.1.2, §4.2, §4.3: one byte where that does, and else two.
#[test]
fn a_tag_is_said_in_the_shorter_form_that_can() {
    for (length, number, profile) in [
        (1, 1, 0xbede_u16),
        (16, 14, 0xbede),
        (17, 14, 0x1000),
        (16, 15, 0x1000),
        (255, 255, 0x1000),
    ] {
        let tag = [b'a'; 255];
        let mid = SessionMid::new(&tag[..length], Some(number)).unwrap();
        let mut session = session(Some(mid));
        let mut out = [0; 500];
        let size = session.send(Instant::ZERO, &media(b"x"), &mut out);
        let packet = Packet::parse(&out[..size.unwrap()]).unwrap();
        assert_eq!(packet.extension().unwrap().profile, profile);
        assert_eq!(send(&mut session, number).1, Some(tag[..length].to_vec()));
    }
    assert_eq!(SessionMid::new(b"", None), None);
    assert_eq!(SessionMid::new(&[b'a'; 256], None), None);
    assert_eq!(SessionMid::new(b"foo", Some(0)), None);
}

/// The MIDs in the next report, with whose they are.
fn reported(session: &mut Session) -> Vec<(Ssrc, Vec<u8>)> {
    let mut bytes = Vec::new();
    while !session.poll_rtcp(session.deadline().unwrap(), &mut bytes) {}
    let mut found = Vec::new();
    for packet in Compound::parse(&bytes).unwrap().packets() {
        if let RtcpPacket::SourceDescription(description) = packet {
            for chunk in description.chunks() {
                assert!(chunk.cname().is_some());
                let items = chunk.items().filter(|item| item.kind == SdesKind::Mid);
                found.extend(items.map(|item| (chunk.ssrc(), item.text.to_vec())));
            }
        }
    }
    found
}

/// RFC 9143 §15.1: reports have it as well, and always.
#[test]
fn every_regular_report_has_it() {
    let mut plain = session(None);
    assert_eq!(reported(&mut plain), []);
    let mut session = session(SessionMid::new(b"foo", None));
    assert_eq!(send(&mut session, 0).1, None);
    for _ in 0..3 {
        let ours = session.ssrc();
        assert_eq!(reported(&mut session), [(ours, b"foo".to_vec())]);
    }
}

/// RFC 9143 §9.2: the stream of what is sent again is of the same section.
#[test]
fn what_is_sent_again_has_it() {
    let mut session = session(SessionMid::new(b"foo", Some(3)));
    let feedback = SessionFeedback::new(Duration::from_millis(100), Duration::ZERO);
    session.set_feedback(Instant::ZERO, Some(feedback));
    let (sequence, _) = send(&mut session, 3);
    report(&mut session, sequence);
    let again = PayloadType::new(99).unwrap();
    let mut out = [0; 100];
    let size = session.retransmit(Instant::ZERO, sequence, &media(b"media"), again, &mut out);
    let packet = Packet::parse(&out[..size.unwrap()]).unwrap();
    assert_eq!(Some(packet.ssrc()), session.retransmission_ssrc());
    let element = packet.extension().unwrap().elements().next().unwrap();
    assert_eq!((element.id, element.data), (3, &b"foo"[..]));
    assert_eq!(&packet.payload()[2..], b"media");
    let (ours, other) = (session.ssrc(), packet.ssrc());
    let foo = b"foo".to_vec();
    assert_eq!(reported(&mut session), [(ours, foo.clone()), (other, foo)]);
}
