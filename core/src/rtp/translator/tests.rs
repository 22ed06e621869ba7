use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::*;
use crate::rng::Rng;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::{Header, Outgoing, Packet};
use crate::rtp::rtcp::{
    ApplicationDefined, Compound, CompoundWriter, Feedback, FeedbackPacket, ReportBlock,
    RtcpPacket, SdesItem, SdesKind, SenderInfo,
};
use crate::time::Instant;

mod control;
mod data;
mod loops;

/// The source most tests have, in cloud 0, and who hears it, in cloud 1.
const ALICE: u32 = 17;
const BOB: u32 = 45;

const NEW_TYPE: PayloadType = PayloadType::from_octet(97);

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn at(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

/// A translator of two clouds, with this for what goes from cloud 0 to cloud 1.
fn translator(translation: Translation) -> Translator {
    let mut translator = Translator::new(TranslatorLimits::default());
    translator.set_translation(0, 1, translation);
    translator
}

fn data_of(ssrc: u32, sequence: u16, timestamp: u32, csrc: &[u32], payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(timestamp),
        ssrc: Ssrc::new(ssrc),
    };
    let csrc: Vec<Ssrc> = csrc.iter().copied().map(Ssrc::new).collect();
    let outgoing = Outgoing {
        csrc: &csrc,
        ..Outgoing::new(header, payload)
    };
    let mut bytes = vec![0; outgoing.size()];
    outgoing.write(&mut bytes).unwrap();
    bytes
}

fn data(sequence: u16) -> Vec<u8> {
    data_of(
        ALICE,
        sequence,
        u32::from(sequence).wrapping_mul(160),
        &[],
        &[7; 160],
    )
}

/// What one packet of Alice's becomes in cloud 1, forwarded one by one.
fn forwarded(translator: &mut Translator, bytes: &[u8]) -> Vec<u8> {
    let incoming = translator.receive(ms(0), 0, at(1, 4000), bytes).unwrap();
    let mut out = vec![0; 1500];
    let size = translator.forward(1, &incoming, &mut out).unwrap();
    out.truncate(size);
    out
}

/// Sends a payload in the place of a packet of Alice's.
fn sent(translator: &mut Translator, bytes: &[u8], piece: Piece<'_>) -> Vec<u8> {
    let incoming = translator.receive(ms(0), 0, at(1, 4000), bytes).unwrap();
    let mut out = vec![0; 1500];
    let size = translator
        .send(1, &incoming.place, &piece, &mut out)
        .unwrap();
    out.truncate(size);
    out
}

const fn piece(place: u8, payload: &[u8]) -> Piece<'_> {
    Piece {
        place,
        after: 0,
        marker: false,
        payload,
    }
}

/// An RTCP packet put together by this.
fn compound(write: impl FnOnce(&mut CompoundWriter<'_>)) -> Vec<u8> {
    let mut bytes = vec![0; 1500];
    let mut writer = CompoundWriter::reduced_size(&mut bytes);
    write(&mut writer);
    let size = writer.finish().unwrap();
    bytes.truncate(size);
    bytes
}

fn ssrc(number: u32) -> Ssrc {
    Ssrc::new(number)
}

fn item(kind: SdesKind, text: &[u8]) -> SdesItem<'_> {
    SdesItem { kind, text }
}

const INFO: SenderInfo = SenderInfo {
    ntp: 0x1234_5678_9abc_def0,
    timestamp: Timestamp::new(3200),
    packets: 900,
    octets: 90_000,
};

fn block(of: u32) -> ReportBlock {
    ReportBlock {
        ssrc: ssrc(of),
        fraction_lost: 25,
        cumulative_lost: 6,
        extended_highest_sequence: 104,
        jitter: 80,
        lsr: 0x5678_9abc,
        dlsr: 0x1_0000,
    }
}

/// What of an RTCP packet from one cloud comes out in another.
fn carried(
    translator: &mut Translator,
    from: (usize, SocketAddr),
    to: usize,
    bytes: &[u8],
) -> Vec<u8> {
    let control = translator.receive_rtcp(ms(0), from.0, from.1, bytes);
    let mut out = vec![0; 1500];
    let size = translator
        .send_rtcp(to, &control.unwrap(), &mut out)
        .unwrap();
    out.truncate(size);
    out
}

fn from_alice(translator: &mut Translator, bytes: &[u8]) -> Vec<u8> {
    carried(translator, (0, at(1, 4001)), 1, bytes)
}

fn from_bob(translator: &mut Translator, bytes: &[u8]) -> Vec<u8> {
    carried(translator, (1, at(2, 4001)), 0, bytes)
}

/// The blocks of the first report.
fn blocks(bytes: &[u8]) -> Vec<ReportBlock> {
    match Compound::parse(bytes).unwrap().packets().next().unwrap() {
        RtcpPacket::SenderReport(report) => report.blocks().collect(),
        RtcpPacket::ReceiverReport(report) => report.blocks().collect(),
        other => panic!("{other:?}"),
    }
}

fn info(bytes: &[u8]) -> SenderInfo {
    match Compound::parse(bytes).unwrap().packets().next().unwrap() {
        RtcpPacket::SenderReport(report) => report.info(),
        other => panic!("{other:?}"),
    }
}
