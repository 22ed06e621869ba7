//! Media, packet by packet, over the packets the peers were measured with; and whole audio streams.

use std::hint::black_box;
use std::net::SocketAddr;

use offhook::rtp::audio::{AudioConfig, AudioDirection, AudioPlan, AudioStream};
use offhook::rtp::packet::{Header, Outgoing, Packet};
use offhook::rtp::payload::g711::Law;
use offhook::rtp::playout::{Playout, PlayoutConfig, Sound};
use offhook::rtp::rtcp::{Compound, RtcpPacket};
use offhook::rtp::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};

use crate::harness::Bench;

const RTP: &[u8] = include_bytes!("../../vectors/messages/rtp.bin");
const RTP_EXT: &[u8] = include_bytes!("../../vectors/messages/rtp_ext.bin");
const RTCP: &[u8] = include_bytes!("../../vectors/messages/rtcp.bin");

/// The cases the peers have too go by the peers' names.
pub(crate) fn run(bench: &mut Bench) {
    for (name, bytes) in [("rtp", RTP), ("rtp_ext", RTP_EXT)] {
        bench.case(&format!("rtp_parse/{name}"), || {
            if let Ok(packet) = Packet::parse(black_box(bytes)) {
                let numbers = (packet.payload_type(), packet.sequence());
                let rest = (packet.timestamp(), packet.ssrc(), packet.payload());
                black_box((numbers, rest));
            }
        });
    }
    let payload = &RTP[12..];
    let mut out = [0; 1500];
    bench.case("rtp_write/rtp", || {
        let header = Header {
            marker: false,
            payload_type: PayloadType::PCMU,
            sequence: SequenceNumber::new(black_box(4711)),
            timestamp: Timestamp::new(black_box(15_840)),
            ssrc: Ssrc::new(0x1122_3344),
        };
        if let Ok(size) = Outgoing::new(header, black_box(payload)).write(&mut out) {
            black_box(&out[..size]);
        }
    });
    bench.case("rtcp_parse/rtcp", || {
        if let Ok(compound) = Compound::parse(black_box(RTCP)) {
            compound.packets().for_each(|packet| read(&packet));
        }
    });
    let mut samples = [0; 160];
    bench.case("g711/decode_20ms", || {
        black_box(Law::Mu.unpack(black_box(payload), &mut samples));
    });
    let mut octets = [0; 160];
    bench.case("g711/encode_20ms", || {
        black_box(Law::Mu.pack(black_box(&samples), &mut octets));
    });
    playout(bench, payload);
    let mut pair = Pair::new();
    bench.case("audio/20ms_both_ends", || pair.step());
}

/// A frame of 20 ms through the playout buffer: a packet comes and what came 40 ms before is played;
/// and a frame that has to be covered, for every packet from then on is lost.
fn playout(bench: &mut Bench, payload: &[u8]) {
    let mut samples = [0; 160];
    let new = || (Playout::new(PlayoutConfig::telephone()), 0);
    let push = |(playout, number): &mut (Playout, u32)| {
        let now = Instant::from_millis(u64::from(*number) * 20);
        let timestamp = Timestamp::new(number.wrapping_mul(160));
        let sound = Sound::Speech(Law::Mu, black_box(payload));
        black_box(playout.push(now, *number, timestamp, sound));
        *number += 1;
        now
    };
    bench.case_from("playout/push_pull", new, |state| {
        let now = push(state);
        state.0.pull(now, &mut samples);
        black_box(&samples);
    });
    let begun = || {
        let mut state = new();
        for _ in 0..50 {
            let now = push(&mut state);
            state.0.pull(now, &mut [0; 160]);
        }
        state
    };
    bench.case_from("playout/pull_lost", begun, |(playout, number)| {
        playout.pull(Instant::from_millis(u64::from(*number) * 20), &mut samples);
        *number += 1;
        black_box(&samples);
    });
}

fn read(packet: &RtcpPacket<'_>) {
    match packet {
        RtcpPacket::SenderReport(report) => {
            black_box((report.ssrc(), report.info()));
            for block in report.blocks() {
                black_box(block);
            }
        }
        RtcpPacket::SourceDescription(description) => {
            for item in description.chunks().flat_map(|chunk| chunk.items()) {
                black_box(item.text);
            }
        }
        RtcpPacket::Goodbye(goodbye) => goodbye.sources().for_each(|ssrc| {
            black_box(ssrc);
        }),
        other => {
            black_box(other);
        }
    }
}

/// Two audio streams that hear each other: 20 ms of a call, with everything in it but sockets.
struct Pair {
    ends: [AudioStream; 2],
    wires: [Vec<u8>; 2],
    now: u64,
}

impl Pair {
    fn new() -> Self {
        let address = |n: u8| SocketAddr::from(([192, 0, 2, n], 4000));
        let end = |me: u8, other: u8| {
            let mut end = AudioStream::new(AudioConfig::new("bench"), [me; 32]);
            for n in 0..2 {
                let input = Input::Bound {
                    flow: FlowId::from_driver(n),
                    transport: Transport::Udp,
                    local: address(me),
                };
                end.handle_input(Instant::ZERO, input);
            }
            let plan = AudioPlan::new(Law::A, address(other), AudioDirection::SendRecv);
            end.set_plan(Instant::ZERO, plan);
            end
        };
        Self {
            ends: [end(1, 2), end(2, 1)],
            wires: [Vec::with_capacity(1500), Vec::with_capacity(1500)],
            now: 0,
        }
    }

    fn step(&mut self) {
        self.now += 20;
        let now = Instant::from_millis(self.now);
        let speech = [1000; 160];
        for me in 0..2 {
            self.ends[me].push_capture(&speech);
            self.ends[me].handle_input(now, Input::Timeout);
            let other = 1 - me;
            loop {
                match self.ends[me].poll_output(&mut self.wires[me]) {
                    Output::Transmit { flow, .. } => {
                        let source = SocketAddr::from(([192, 0, 2, me as u8 + 1], 4000));
                        let input = Input::Datagram {
                            flow,
                            source,
                            bytes: &self.wires[me],
                        };
                        self.ends[other].handle_input(now, input);
                    }
                    Output::Wait(_) => break,
                    _ => {}
                }
            }
            let mut heard = [0; 320];
            black_box(self.ends[me].take_playout(&mut heard));
        }
    }
}
