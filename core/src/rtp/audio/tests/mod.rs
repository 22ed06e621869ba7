//! Audio streams at both ends of a way, or at one end with packets made by hand at the other.

mod beat;
mod events;
mod holds;
mod pauses;
mod repairs;
mod reports;
mod retransmissions;
mod secure;
mod sources;
mod speech;

use super::*;
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::rtp::drops::DropReason;
use crate::rtp::interval::Bandwidth;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::{Header, Outgoing, Packet};
use crate::rtp::payload::g711::Law;
use crate::rtp::rtcp::{Compound, RtcpPacket};
use crate::time::{Instant, UnixTime};
use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

const RTP: FlowId = FlowId::from_driver(0);
const RTCP: FlowId = FlowId::from_driver(1);

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

fn stream(host: u8, config: AudioConfig) -> AudioStream {
    let mut stream = AudioStream::new(config, [host; 32]);
    for (flow, port) in [(RTP, 4000), (RTCP, 4001)] {
        let bound = Input::Bound {
            flow,
            transport: Transport::Udp,
            local: address(host, port),
        };
        stream.handle_input(Instant::ZERO, bound);
    }
    let unix = UnixTime::from_nanos(1_700_000_000_000_000_000);
    stream.handle_input(Instant::ZERO, Input::WallClock { unix });
    stream
}

fn plan(host: u8, direction: AudioDirection) -> AudioPlan {
    AudioPlan::new(Law::A, address(host, 4000), direction)
}

/// What a stream put out: datagrams and events.
#[derive(Default)]
struct Out {
    rtp: Vec<Vec<u8>>,
    rtcp: Vec<Vec<u8>>,
    events: Vec<AudioEvent>,
    wait: Option<Instant>,
}

fn drain(stream: &mut AudioStream, out: &mut Out) {
    let mut bytes = Vec::new();
    loop {
        match stream.poll_output(&mut bytes) {
            Output::Transmit { flow: RTP, .. } => out.rtp.push(bytes.clone()),
            Output::Transmit { .. } => out.rtcp.push(bytes.clone()),
            Output::Event(event) => out.events.push(event),
            Output::Wait(wait) => {
                out.wait = wait;
                return;
            }
            Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => panic!(),
        }
    }
}

fn timeout(stream: &mut AudioStream, now: Instant) -> Out {
    let mut out = Out::default();
    stream.handle_input(now, Input::Timeout);
    drain(stream, &mut out);
    out
}

/// Sleeps from deadline to deadline until `end`.
fn run(stream: &mut AudioStream, end: Instant) -> Out {
    let mut out = Out::default();
    drain(stream, &mut out);
    while let Some(at) = out.wait.filter(|at| *at <= end) {
        stream.handle_input(at, Input::Timeout);
        drain(stream, &mut out);
        assert!(out.wait.is_none_or(|wait| wait > at), "P2");
    }
    out
}

/// Two streams and the way between them.
struct Pair {
    streams: [AudioStream; 2],
    heard: [Vec<i16>; 2],
    events: [Vec<AudioEvent>; 2],
    packets: [usize; 2],
    now: u64,
}

impl Pair {
    fn new() -> Self {
        let alice = stream(1, AudioConfig::new("alice@a"));
        let bob = stream(2, AudioConfig::new("bob@b"));
        Self {
            streams: [alice, bob],
            heard: [Vec::new(), Vec::new()],
            events: [Vec::new(), Vec::new()],
            packets: [0, 0],
            now: 0,
        }
    }

    fn connect(&mut self, directions: [AudioDirection; 2]) {
        for (n, direction) in directions.into_iter().enumerate() {
            let other = if n == 0 { 2 } else { 1 };
            self.streams[n].set_plan(ms(self.now), plan(other, direction));
        }
    }

    /// Runs both in steps of a millisecond; the way takes none.
    fn run(&mut self, millis: u64) {
        let end = self.now + millis;
        while self.now < end {
            self.now += 1;
            for me in 0..2 {
                let mut out = timeout(&mut self.streams[me], ms(self.now));
                self.events[me].append(&mut out.events);
                self.packets[me] += out.rtp.len();
                let from = if me == 0 { 1 } else { 2 };
                let other = &mut self.streams[1 - me];
                for (flow, port, datagrams) in [(RTP, 4000, out.rtp), (RTCP, 4001, out.rtcp)] {
                    for bytes in &datagrams {
                        let source = address(from, port);
                        let input = Input::Datagram {
                            flow,
                            source,
                            bytes,
                        };
                        other.handle_input(ms(self.now), input);
                    }
                }
                let mut pcm = [0; 800];
                let count = self.streams[me].take_playout(&mut pcm);
                self.heard[me].extend_from_slice(&pcm[..count]);
            }
        }
    }
}

/// A wave that survives G.711 unchanged.
fn wave(len: usize, seed: u32) -> Vec<i16> {
    (0..len)
        .map(|n| {
            let n = u32::try_from(n).unwrap().wrapping_add(seed);
            let sample = (n.wrapping_mul(2_654_435_761) >> 17) as i16;
            Law::A.decode(Law::A.encode(sample | 0x400))
        })
        .collect()
}

fn contains(heard: &[i16], said: &[i16]) -> bool {
    heard.windows(said.len()).any(|window| window == said)
}

fn packet(seq: u16, pcm: &[i16]) -> Vec<u8> {
    packet_of(seq, u32::from(seq) * 160, PayloadType::PCMA, 0xb0b, pcm)
}

fn packet_of(
    seq: u16,
    timestamp: u32,
    payload_type: PayloadType,
    ssrc: u32,
    pcm: &[i16],
) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type,
        sequence: SequenceNumber::new(seq),
        timestamp: Timestamp::new(timestamp),
        ssrc: Ssrc::new(ssrc),
    };
    let payload: Vec<u8> = pcm.iter().take(160).map(|s| Law::A.encode(*s)).collect();
    let outgoing = Outgoing::new(header, &payload);
    let mut out = vec![0; outgoing.size()];
    let _ = outgoing.write(&mut out).unwrap();
    out
}

fn receive(stream: &mut AudioStream, now: Instant, bytes: &[u8]) {
    receive_from(stream, now, address(2, 4000), bytes);
}

fn receive_from(stream: &mut AudioStream, now: Instant, source: SocketAddr, bytes: &[u8]) {
    let input = Input::Datagram {
        flow: RTP,
        source,
        bytes,
    };
    stream.handle_input(now, input);
}
