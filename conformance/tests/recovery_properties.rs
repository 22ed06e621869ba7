//! What is repaired is not heard: with any losses that redundant data, parity or retransmissions
//! can repair, and with any order of arrival within the bound, the sound is the same bit by bit.

use offhook::rtp::audio::{
    AudioConfig, AudioDirection, AudioEvent, AudioPlan, AudioStream, Retransmissions,
};
use offhook::rtp::interval::Bandwidth;
use offhook::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook::rtp::packet::{Header, Outgoing, Packet};
use offhook::rtp::payload::fec::{Protection, protect};
use offhook::rtp::payload::g711::Law;
use offhook::rtp::payload::red::{Block, Redundant};
use offhook::rtp::payload::rtx::Retransmission;
use offhook::rtp::playout::{Playout, PlayoutConfig, Sound};
use offhook::rtp::repair::Repair;
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};
use proptest::collection::vec;
use proptest::prelude::*;
use std::net::SocketAddr;
use std::time::Duration;

const LAW: Law = Law::A;
/// Packets of a run.
const COUNT: u32 = 40;
const FIRST: u32 = 0xffff_f000;
/// When the first packet is sent, and how long the way is.
const START: u64 = 1_000;
const WAY: u64 = 13;

/// What is to be said: twenty milliseconds, loud or so quiet that a buffer might stretch them.
#[derive(Clone, Debug)]
struct Frame {
    octets: Vec<u8>,
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let frame = (any::<u8>(), prop_oneof![4 => Just(true), 1 => Just(false)]);
    vec(frame, COUNT as usize).prop_map(|frames| {
        let octets = |(seed, loud): (u8, bool)| {
            let sample = |n: u32| {
                let wild = n.wrapping_add(u32::from(seed)).wrapping_mul(2_654_435_761) >> 17;
                let wild = wild as i16;
                LAW.encode(if loud { wild | 0x1000 } else { wild % 64 })
            };
            Frame {
                octets: (0..160).map(sample).collect(),
            }
        };
        frames.into_iter().map(octets).collect()
    })
}

fn timestamp(n: u32) -> Timestamp {
    Timestamp::new(FIRST.wrapping_add(n * 160))
}

fn header(n: u32, number: u8) -> Header {
    Header {
        marker: false,
        payload_type: PayloadType::new(number).unwrap(),
        sequence: SequenceNumber::new((0xfff0 + n) as u16),
        timestamp: timestamp(n),
        ssrc: Ssrc::new(7),
    }
}

fn packet(header: Header, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 12 + payload.len()];
    Outgoing::new(header, payload).write(&mut out).unwrap();
    out
}

fn sent_at(n: u32) -> u64 {
    START + u64::from(n) * 20
}

/// A buffer whose ticks are run as time passes, and what it played.
struct Listener {
    playout: Playout,
    tick: u64,
    played: Vec<i16>,
}

impl Listener {
    fn new(repair: Duration) -> Self {
        let mut playout = Playout::new(PlayoutConfig::telephone());
        playout.set_repair_time(repair);
        Self {
            playout,
            tick: START / 20,
            played: Vec::new(),
        }
    }

    fn run_to(&mut self, millis: u64) {
        while self.tick * 20 <= millis {
            let mut frame = [7; 160];
            let at = Instant::from_millis(self.tick * 20);
            self.playout.pull(at, &mut frame);
            self.played.extend_from_slice(&frame);
            self.tick += 1;
        }
    }

    fn hear(&mut self, millis: u64, n: u32, octets: &[u8]) {
        self.run_to(millis);
        let sound = Sound::Speech(LAW, octets);
        let now = Instant::from_millis(millis);
        let _ = self.playout.push(now, 0xfff0 + n, timestamp(n), sound);
    }

    fn hear_repair(&mut self, sequence: u32, timestamp: Timestamp, octets: &[u8]) {
        let sound = Sound::Speech(LAW, octets);
        let _ = self.playout.push_repair(sequence, timestamp, sound);
    }

    fn end(mut self) -> Vec<i16> {
        self.run_to(sent_at(COUNT) + 1_000);
        self.played
    }
}

/// What is heard if nothing is lost.
fn whole(frames: &[Frame], repair: Duration) -> Vec<i16> {
    let mut listener = Listener::new(repair);
    for (n, frame) in (0..).zip(frames) {
        listener.hear(sent_at(n) + WAY, n, &frame.octets);
    }
    listener.end()
}

/// Cuts runs of losses down to what can be repaired, and lets the last packets through.
fn shortened(mut lost: Vec<bool>, most: usize) -> Vec<bool> {
    let mut run = 0;
    let end = lost.len() - most;
    for (n, one) in lost.iter_mut().enumerate() {
        *one &= run < most && n < end;
        run = if *one { run + 1 } else { 0 };
    }
    lost
}

fn losses() -> impl Strategy<Value = Vec<bool>> {
    vec(any::<bool>(), COUNT as usize)
}

const RTX: u8 = 97;

fn party(host: u8, seed: u32) -> AudioStream {
    let mut stream = AudioStream::new(AudioConfig::new("anybody"), [seed as u8 ^ host; 32]);
    let address = |host: u8, port| SocketAddr::from(([192, 0, 2, host], port));
    for n in 0..2 {
        let input = Input::Bound {
            flow: FlowId::from_driver(n),
            transport: Transport::Udp,
            local: address(host, 4000 + n as u16),
        };
        stream.handle_input(Instant::ZERO, input);
    }
    let formats = [(PayloadType::new(RTX).unwrap(), PayloadType::PCMA)];
    let again = Some(Retransmissions::new(&formats, Duration::from_millis(350)));
    let plan = AudioPlan {
        send_retransmission: again,
        receive_retransmission: again,
        // So that each loss can be told of soon.
        bandwidth: Some(Bandwidth::of_session(2_000_000)),
        ..AudioPlan::new(LAW, address(3 - host, 4000), AudioDirection::SendRecv)
    };
    stream.set_plan(Instant::ZERO, plan);
    stream
}

/// What the second of two streams hears of the first, how many packets it had back, and whether the
/// first has been told to stop by its circuit breaker (RFC 8083), after which it sends nothing again.
fn talk(seed: u32, way: u64, lost: &[bool]) -> (Vec<i16>, u64, bool) {
    let mut ends = [party(1, seed), party(2, seed)];
    let said: Vec<i16> = (0..COUNT * 160)
        .map(|n| (n.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 17) as i16 | 0x1000)
        .collect();
    let mut under_way: Vec<(u64, usize, FlowId, Vec<u8>)> = Vec::new();
    let (mut heard, mut sent, mut bytes) = (Vec::new(), 0, Vec::new());
    let (mut left, mut is_broken) = (&said[..], false);
    for now in 0..sent_at(COUNT) - START + 1_000 {
        let taken = ends[0].push_capture(left);
        left = &left[taken..];
        let (due, rest) = under_way.into_iter().partition(|(at, ..)| *at <= now);
        under_way = rest;
        let due: Vec<_> = due;
        for (_, to, flow, bytes) in due {
            let port = if flow == FlowId::from_driver(0) {
                4000
            } else {
                4001
            };
            let input = Input::Datagram {
                flow,
                source: SocketAddr::from(([192, 0, 2, 2 - to as u8], port)),
                bytes: &bytes,
            };
            ends[to].handle_input(Instant::from_millis(now), input);
        }
        for (me, end) in ends.iter_mut().enumerate() {
            end.handle_input(Instant::from_millis(now), Input::Timeout);
            loop {
                match end.poll_output(&mut bytes) {
                    Output::Transmit { flow, .. } => {
                        let is_media = me == 0
                            && Packet::parse(&bytes).is_ok_and(|it| it.payload_type().as_u8() == 8);
                        let is_lost = is_media && lost.get(sent) == Some(&true);
                        sent += usize::from(is_media);
                        if !is_lost {
                            under_way.push((now + way, 1 - me, flow, bytes.clone()));
                        }
                    }
                    Output::Event(AudioEvent::CircuitBroken(_)) => is_broken |= me == 0,
                    Output::Wait(_) => break,
                    _ => {}
                }
            }
        }
        let mut pcm = [0; 800];
        let count = ends[1].take_playout(&mut pcm);
        heard.extend_from_slice(&pcm[..count]);
    }
    (heard, ends[1].report().repaired, is_broken)
}

proptest! {
    // shows: S076
    #[test]
    fn redundant_data_repairs_every_run_it_is_as_long_as(
        frames in frames(),
        lost in losses(),
        generations in 1_usize..=4,
    ) {
        let lost = shortened(lost, generations);
        let repair = Duration::from_millis(20 * generations as u64);
        let mut listener = Listener::new(repair);
        let primary = PayloadType::new(8).unwrap();
        for n in 0..frames.len() {
            let blocks = (n.saturating_sub(generations)..n).map(|before| Block {
                payload_type: primary,
                offset: (n - before) as u16 * 160,
                payload: &frames[before].octets,
            });
            let mut payload = [0; 900];
            let size = Redundant::pack(blocks, primary, &frames[n].octets, &mut payload).unwrap();
            if lost[n] {
                continue;
            }
            let n = n as u32;
            let red = Redundant::unpack(&payload[..size]).unwrap();
            listener.run_to(sent_at(n) + WAY);
            for (back, block) in (1..=red.redundant().len() as u32).rev().zip(red.redundant()) {
                let when = block.timestamp(timestamp(n), 0);
                listener.hear_repair((0xfff0 + n).wrapping_sub(back), when, block.payload);
            }
            listener.hear(sent_at(n) + WAY, n, red.primary());
        }
        let repaired = listener.playout.stats().repaired;
        prop_assert_eq!(listener.end(), whole(&frames, repair));
        prop_assert_eq!(repaired, lost.iter().filter(|lost| **lost).count() as u64);
    }

    // shows: S078
    #[test]
    fn parity_repairs_any_one_of_a_group(
        frames in frames(),
        size in 2_usize..=6,
        lost in vec(proptest::option::of(0_usize..6), COUNT as usize),
    ) {
        let repair = Duration::from_millis(20 * size as u64);
        let mut listener = Listener::new(repair);
        let mut kept = Repair::new(64, 400);
        let mut count = 0;
        for (group, frames_of) in frames.chunks(size).enumerate() {
            let packets: Vec<_> = frames_of
                .iter()
                .enumerate()
                .map(|(at, frame)| packet(header((group * size + at) as u32, 8), &frame.octets))
                .collect();
            let gone = lost[group].filter(|gone| *gone < packets.len());
            count += usize::from(gone.is_some());
            for (at, bytes) in packets.iter().enumerate().filter(|(at, _)| Some(*at) != gone) {
                let n = (group * size + at) as u32;
                listener.hear(sent_at(n) + WAY, n, &frames_of[at].octets);
                kept.push(bytes);
            }
            let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
            let mut fec = [0; 400];
            let octets = protect(&[Protection::of(&all)], &mut fec).unwrap();
            listener.run_to(sent_at((group * size + packets.len()) as u32 - 1) + WAY);
            kept.push_fec(&fec[..octets]);
            while let Some(bytes) = kept.poll() {
                let packet = Packet::parse(bytes).unwrap();
                let (sequence, when) = (packet.sequence().as_u16(), packet.timestamp());
                prop_assert_eq!(bytes, &packets[gone.unwrap()][..]);
                let extended = 0xfff0 + (u32::from(sequence).wrapping_sub(0xfff0) & 0xffff);
                listener.hear_repair(extended, when, packet.payload());
            }
        }
        let repaired = listener.playout.stats().repaired;
        prop_assert_eq!(listener.end(), whole(&frames, repair));
        prop_assert_eq!(repaired, count as u64);
    }

    /// Rows and columns of sixteen packets, each with its parity: what one cannot repair the other
    /// may, in however many steps.
    #[test]
    fn parity_repairs_whatever_rows_and_columns_can(
        frames in frames(),
        lost in losses(),
    ) {
        const BLOCK: usize = 16;
        let repair = Duration::from_millis(20 * BLOCK as u64);
        let mut listener = Listener::new(repair);
        let mut kept = Repair::new(64, 400);
        let mut count = 0;
        for (block, frames_of) in frames.chunks(BLOCK).enumerate() {
            let first = block * BLOCK;
            let packets: Vec<_> = (first..)
                .zip(frames_of)
                .map(|(n, frame)| packet(header(n as u32, 8), &frame.octets))
                .collect();
            let groups: Vec<Vec<usize>> = (0..packets.len() / 4)
                .map(|row| (row * 4..row * 4 + 4).collect())
                .chain((0..4).map(|column| (column..packets.len()).step_by(4).collect()))
                .collect();
            // What is in no group that lacks it alone, after all that could be had back, comes.
            let mut left: Vec<bool> = lost[first..][..packets.len()].to_vec();
            let mut gone = left.clone();
            while let Some(one) = groups.iter().find_map(|group| {
                let mut missing = group.iter().filter(|at| left[**at]);
                missing.next().filter(|_| missing.next().is_none())
            }) {
                left[*one] = false;
            }
            gone.iter_mut().zip(left).for_each(|(gone, stuck)| *gone &= !stuck);
            count += gone.iter().filter(|gone| **gone).count();
            for (at, bytes) in packets.iter().enumerate().filter(|(at, _)| !gone[*at]) {
                let n = (first + at) as u32;
                listener.hear(sent_at(n) + WAY, n, &frames_of[at].octets);
                kept.push(bytes);
            }
            listener.run_to(sent_at((first + packets.len()) as u32 - 1) + WAY);
            for group in groups {
                let all: Vec<&[u8]> = group.iter().map(|at| &packets[*at][..]).collect();
                let mut fec = [0; 400];
                let octets = protect(&[Protection::of(&all)], &mut fec).unwrap();
                kept.push_fec(&fec[..octets]);
                while let Some(bytes) = kept.poll() {
                    let packet = Packet::parse(bytes).unwrap();
                    let extended = 0xfff0 + (u32::from(packet.sequence().as_u16()).wrapping_sub(0xfff0) & 0xffff);
                    prop_assert_eq!(bytes, &packets[extended as usize - 0xfff0 - first][..]);
                    listener.hear_repair(extended, packet.timestamp(), packet.payload());
                }
            }
        }
        let repaired = listener.playout.stats().repaired;
        prop_assert_eq!(listener.end(), whole(&frames, repair));
        prop_assert_eq!(repaired, count as u64);
    }

    // shows: S079
    #[test]
    fn retransmissions_repair_whatever_comes_back_in_time(
        frames in frames(),
        lost in losses(),
        trip in 20_u64..150,
    ) {
        let repair = Duration::from_millis(trip + 20);
        let mut listener = Listener::new(repair);
        let mut due: Vec<(u64, Vec<u8>)> = Vec::new();
        for (n, frame) in (0..).zip(&frames) {
            let now = sent_at(n) + WAY;
            // The very first has to come, or nobody knows that it should have.
            let original = packet(header(n, 8), &frame.octets);
            if lost[n as usize] && n > 0 {
                let lost = Packet::parse(&original).unwrap();
                let mut payload = [0; 200];
                let size = Retransmission::of(&lost).pack(&mut payload).unwrap();
                let again = Header { sequence: SequenceNumber::new(n as u16), ..header(n, 97) };
                due.push((now + trip, packet(again, &payload[..size])));
            } else {
                listener.hear(now, n, &frame.octets);
            }
            while due.first().is_some_and(|(at, _)| *at < now + 20) {
                let (at, bytes) = due.remove(0);
                listener.run_to(at);
                let packet = Packet::parse(&bytes).unwrap();
                let read = Retransmission::unpack(packet.payload()).unwrap();
                let extended = 0xfff0 + (u32::from(read.original.as_u16()).wrapping_sub(0xfff0) & 0xffff);
                listener.hear_repair(extended, packet.timestamp(), read.payload);
            }
        }
        for (at, bytes) in due {
            listener.run_to(at);
            let packet = Packet::parse(&bytes).unwrap();
            let read = Retransmission::unpack(packet.payload()).unwrap();
            let extended = 0xfff0 + (u32::from(read.original.as_u16()).wrapping_sub(0xfff0) & 0xffff);
            listener.hear_repair(extended, packet.timestamp(), read.payload);
        }
        prop_assert_eq!(listener.end(), whole(&frames, repair));
    }

    /// Two whole streams, with requests by the rules of RFC 4585 §3.5 and the bounds of RFC 4588 §7:
    /// whatever is lost, as long as no run of losses is longer than the wait bears and not more of
    /// it than may be sent again. Reports come that often here that a few losses in a row may look
    /// like congestion, and then nothing is sent again.
    // shows: S079
    #[test]
    fn what_two_streams_send_again_is_not_heard(
        seed in any::<u32>(),
        lost in losses(),
        way in 0_u64..40,
    ) {
        let mut lost = shortened(lost, 3);
        // The first two make the source believed, and the burst is eight.
        lost.iter_mut().take(2).for_each(|one| *one = false);
        lost.iter_mut().filter(|one| **one).skip(8).for_each(|one| *one = false);
        let (whole, none, _) = talk(seed, way, &[]);
        let (heard, repaired, is_broken) = talk(seed, way, &lost);
        prop_assert_eq!(none, 0);
        prop_assume!(!is_broken);
        prop_assert_eq!(heard, whole);
        prop_assert_eq!(repaired, lost.iter().filter(|lost| **lost).count() as u64);
    }

    // shows: S032
    #[test]
    fn any_order_within_the_bound_sounds_the_same(
        frames in frames(),
        delays in vec(0_u64..38, COUNT as usize),
    ) {
        // The least delay is 40 ms: whoever comes within it is in time. One packet that comes
        // without a delay of its own says what the others' are.
        let mut arrivals: Vec<(u64, u32)> = (0..COUNT)
            .map(|n| (sent_at(n) + WAY + if n == 0 { 0 } else { delays[n as usize] }, n))
            .collect();
        arrivals.sort_unstable();
        let mut listener = Listener::new(Duration::ZERO);
        for (at, n) in arrivals {
            listener.hear(at, n, &frames[n as usize].octets);
        }
        prop_assert_eq!(listener.end(), whole(&frames, Duration::ZERO));
    }
}
