//! RFC 3550: a session, and what its one far end and some strangers send it.

mod collisions;
mod feedback;
mod goodbyes;
mod members;
mod noise;
mod reports;

use super::*;
use crate::rtp::interval::Bandwidth;
use crate::rtp::number::PayloadType;
use crate::rtp::packet::{Header, Outgoing, Packet};
use crate::rtp::rtcp::{
    Compound, CompoundWriter, ReportBlock, RtcpPacket, SdesItem, SdesKind, SenderInfo,
};
use alloc::vec;
use core::time::Duration;

const FLOW: FlowId = FlowId::from_driver(1);
const PEER: Ssrc = Ssrc::new(0xb0b);

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn bob() -> SocketAddr {
    address("192.0.2.2:4000")
}

fn bob_rtcp() -> SocketAddr {
    address("192.0.2.2:4001")
}

fn eve() -> SocketAddr {
    address("198.51.100.9:666")
}

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn session() -> Session {
    let config = SessionConfig::telephone("alice@example.com");
    let mut session = Session::new(config, Rng::from_seed([4; 32]));
    session.set_route(FLOW, bob_rtcp());
    session.join(Instant::ZERO);
    session
}

fn packet(ssrc: Ssrc, seq: u16, timestamp: u32) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(seq),
        timestamp: Timestamp::new(timestamp),
        ssrc,
    };
    let mut out = vec![0; 172];
    let _ = Outgoing::new(header, &[0xff; 160]).write(&mut out).unwrap();
    out
}

/// Hears packets `seqs` of `PEER`, one every 20 ms from `start` on.
fn hear(session: &mut Session, start: u64, seqs: impl IntoIterator<Item = u16>) {
    for (n, seq) in seqs.into_iter().enumerate() {
        let now = ms(start + n as u64 * 20);
        let bytes = packet(PEER, seq, u32::from(seq) * 160);
        session.receive(now, bob(), &bytes).unwrap();
    }
}

fn send(session: &mut Session, now: Instant, timestamp: u32) -> Vec<u8> {
    let media = Media {
        marker: false,
        payload_type: PayloadType::PCMU,
        timestamp: Timestamp::new(timestamp),
        sampled: now,
        payload: &[0xff; 160],
    };
    let mut out = vec![0; 172];
    assert_eq!(session.send(now, &media, &mut out), Ok(172));
    out
}

fn cname(text: &[u8]) -> SdesItem<'_> {
    SdesItem {
        kind: SdesKind::Cname,
        text,
    }
}

fn report(ssrc: Ssrc, info: Option<&SenderInfo>, blocks: &[ReportBlock]) -> Vec<u8> {
    let mut out = vec![0; 1000];
    let size = CompoundWriter::new(&mut out)
        .report(ssrc, info, blocks)
        .source_description(ssrc, [cname(b"bob@example.org")])
        .finish();
    out.truncate(size.unwrap());
    out
}

fn goodbye(ssrc: Ssrc) -> Vec<u8> {
    let mut out = vec![0; 1000];
    let size = CompoundWriter::new(&mut out)
        .report(ssrc, None, &[])
        .source_description(ssrc, [cname(b"bob@example.org")])
        .goodbye(&[ssrc], b"")
        .finish();
    out.truncate(size.unwrap());
    out
}

/// Turns the machine until `end`; the compound packets it sent and the events it told.
fn run(session: &mut Session, end: Instant) -> (Vec<(Instant, Vec<u8>)>, Vec<SessionEvent>) {
    let (mut sent, mut events) = (Vec::new(), Vec::new());
    let mut bytes = Vec::new();
    let mut now = session.now;
    loop {
        match session.poll_output(&mut bytes) {
            Output::Transmit { flow, to } => {
                assert_eq!((flow, to), (FLOW, bob_rtcp()));
                sent.push((now, bytes.clone()));
            }
            Output::Event(event) => events.push(event),
            Output::Wait(Some(at)) if at <= end => {
                assert!(at > now, "P2");
                now = at;
                session.handle_input(now, Input::Timeout);
            }
            Output::Wait(_) => return (sent, events),
            Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => panic!(),
        }
    }
}
