//! A machine in a box with a window: what passes its door is kept.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::packet::Packet;
use super::transcript::Transcript;
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::time::Instant;

/// Packets a tap keeps unless told otherwise.
const PACKETS: usize = 1_000_000;

/// Any machine, and the packets that passed its door.
///
/// It is itself a [`Machine`], so drivers need not know of it. Commands go to the machine inside.
///
/// ```
/// use offhook::trace::{Tap, Transcript};
/// use offhook::{Input, Instant, Machine, Output};
///
/// struct Silent;
/// impl Machine for Silent {
///     type Event = ();
///     fn handle_input(&mut self, _: Instant, _: Input<'_>) {}
///     fn poll_output(&mut self, _: &mut Vec<u8>) -> Output<()> {
///         Output::Wait(None)
///     }
/// }
///
/// let mut phone = Tap::new("phone", Silent);
/// phone.handle_input(Instant::ZERO, Input::Timeout);
/// let transcript = Transcript::from_records([phone.records()]);
/// assert!(transcript.packets().is_empty());
/// ```
pub struct Tap<M> {
    machine: M,
    records: Records,
}

/// What one [`Tap`] kept.
#[derive(Clone, Debug)]
pub struct Records {
    name: String,
    now: Instant,
    media_bytes: usize,
    limit: usize,
    missed: u64,
    flows: BTreeMap<FlowId, (Transport, SocketAddr)>,
    addresses: Vec<SocketAddr>,
    packets: Vec<(Passing, Packet)>,
}

/// Which way a packet passed the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// Out of the machine.
    Sent,
    /// Into it.
    Received,
}

impl<M> Tap<M> {
    /// A box around `machine`, called `name` in ladders.
    #[must_use]
    pub fn new(name: &str, machine: M) -> Self {
        Self {
            machine,
            records: Records {
                name: name.to_owned(),
                now: Instant::ZERO,
                media_bytes: usize::MAX,
                limit: PACKETS,
                missed: 0,
                flows: BTreeMap::new(),
                addresses: Vec::new(),
                packets: Vec::new(),
            },
        }
    }

    /// Keeps only the first `bytes` of each media packet; 12 are enough for a ladder.
    #[must_use]
    pub fn with_media_bytes(mut self, bytes: usize) -> Self {
        self.records.media_bytes = bytes;
        self
    }

    /// Keeps at most `packets`; later ones are only counted.
    #[must_use]
    pub fn with_limit(mut self, packets: usize) -> Self {
        self.records.limit = packets;
        self
    }

    /// The machine inside.
    #[must_use]
    pub const fn machine(&self) -> &M {
        &self.machine
    }

    /// The machine inside, for a command at `now`: what it sends because of it is kept with that
    /// time.
    pub fn machine_mut(&mut self, now: Instant) -> &mut M {
        self.records.now = self.records.now.max(now);
        &mut self.machine
    }

    /// Takes the machine out and leaves what was kept.
    #[must_use]
    pub fn into_parts(self) -> (M, Records) {
        (self.machine, self.records)
    }

    /// What was kept so far.
    #[must_use]
    pub const fn records(&self) -> &Records {
        &self.records
    }
}

impl Records {
    /// What the tapped machine is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The addresses the machine was bound to, in order.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What it sent and received, in order.
    #[must_use]
    pub fn packets(&self) -> &[(Passing, Packet)] {
        &self.packets
    }

    /// How many packets came after the limit was reached.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }

    fn open(&mut self, flow: FlowId, transport: Transport, local: SocketAddr) {
        self.flows.insert(flow, (transport, local));
        if !self.addresses.contains(&local) {
            self.addresses.push(local);
        }
    }

    fn keep(&mut self, flow: FlowId, peer: SocketAddr, passing: Passing, bytes: &[u8]) {
        if self.packets.len() >= self.limit {
            self.missed = self.missed.saturating_add(1);
            return;
        }
        let Some(&(transport, local)) = self.flows.get(&flow) else {
            return;
        };
        let (source, destination) = match passing {
            Passing::Sent => (local, peer),
            Passing::Received => (peer, local),
        };
        let mut packet = Packet {
            at: self.now,
            transport,
            source,
            destination,
            lost: false,
            length: bytes.len(),
            bytes: Vec::new(),
        };
        packet.bytes = bytes.iter().take(1).copied().collect();
        let kept = if packet.is_text() {
            bytes.len()
        } else {
            self.media_bytes
        };
        packet.bytes = bytes.iter().take(kept).copied().collect();
        self.packets.push((passing, packet));
    }
}

impl<M: Machine> Machine for Tap<M> {
    type Event = M::Event;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        let records = &mut self.records;
        records.now = records.now.max(now);
        match &input {
            Input::Bound {
                flow,
                transport,
                local,
            } => records.open(*flow, *transport, *local),
            Input::Connected {
                flow,
                transport,
                local,
                peer: _,
                identity: _,
            } => records.open(*flow, *transport, *local),
            Input::Datagram {
                flow,
                source,
                bytes,
            } => records.keep(*flow, *source, Passing::Received, bytes),
            // A stream's bytes are packets only to its reader; the sender's tap has them whole.
            Input::Stream { .. } => {}
            Input::Closed { flow, reason: _ } => {
                records.flows.remove(flow);
            }
            Input::Timeout | Input::Resolved { .. } | Input::WallClock { .. } => {}
        }
        self.machine.handle_input(now, input);
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Self::Event> {
        let output = self.machine.poll_output(bytes);
        if let Output::Transmit { flow, to } = &output {
            self.records.keep(*flow, *to, Passing::Sent, bytes);
        }
        output
    }
}

impl Transcript {
    /// One transcript of what several taps kept, in the order of time.
    ///
    /// Every packet a tapped machine sent is in it, and of the received ones those that no tapped
    /// machine sent: each packet stands once. The taps must have been fed from one clock.
    #[must_use]
    pub fn from_records<'r>(records: impl IntoIterator<Item = &'r Records>) -> Self {
        let records: Vec<&Records> = records.into_iter().collect();
        let mut transcript = Self::new();
        for tap in &records {
            for address in &tap.addresses {
                transcript.name(&tap.name, *address);
            }
        }
        let ours = |address| records.iter().any(|tap| tap.addresses.contains(address));
        for tap in &records {
            for (passing, packet) in &tap.packets {
                if *passing == Passing::Sent || !ours(&packet.source) {
                    transcript.push(packet.clone());
                }
            }
        }
        transcript.sort();
        transcript
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends back what it is sent.
    struct Echo(Vec<(FlowId, SocketAddr, Vec<u8>)>);

    impl Machine for Echo {
        type Event = ();

        fn handle_input(&mut self, _: Instant, input: Input<'_>) {
            if let Input::Datagram {
                flow,
                source,
                bytes,
            } = input
            {
                self.0.push((flow, source, bytes.to_vec()));
            }
        }

        fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<()> {
            let Some((flow, to, echo)) = self.0.pop() else {
                return Output::Wait(None);
            };
            bytes.clear();
            bytes.extend_from_slice(&echo);
            Output::Transmit { flow, to }
        }
    }

    fn tapped(media: &[u8]) -> Tap<Echo> {
        let mut tap = Tap::new("echo", Echo(Vec::new())).with_media_bytes(4);
        let flow = FlowId::from_driver(0);
        let local = "192.0.2.1:5060".parse().unwrap();
        let source = "192.0.2.2:9".parse().unwrap();
        tap.handle_input(
            Instant::ZERO,
            Input::Bound {
                flow,
                transport: Transport::Udp,
                local,
            },
        );
        for (millis, bytes) in [(1, &b"HELLO"[..]), (2, media)] {
            tap.handle_input(
                Instant::from_millis(millis),
                Input::Datagram {
                    flow,
                    source,
                    bytes,
                },
            );
            while !matches!(tap.poll_output(&mut Vec::new()), Output::Wait(_)) {}
        }
        tap
    }

    #[test]
    fn what_passes_is_kept_and_media_is_cut() {
        let tap = tapped(&[0x80; 20]);
        let kept = tap.records().packets();
        let ways: Vec<_> = kept.iter().map(|(passing, _)| *passing).collect();
        let (sent, received) = (Passing::Sent, Passing::Received);
        assert_eq!(ways, [received, sent, received, sent]);
        assert_eq!(kept[1].1.bytes, b"HELLO");
        assert_eq!((kept[3].1.bytes.len(), kept[3].1.length), (4, 20));
        assert_eq!(kept[0].1.destination, kept[1].1.source);
    }

    #[test]
    fn a_stranger_s_packets_stand_once_and_before_their_echo() {
        let tap = tapped(&[0x80; 20]);
        let transcript = Transcript::from_records([tap.records()]);
        let names: Vec<_> = transcript
            .packets()
            .iter()
            .map(|packet| transcript.name_of(packet.source).into_owned())
            .collect();
        assert_eq!(names, ["192.0.2.2:9", "echo", "192.0.2.2:9", "echo"]);
    }

    #[test]
    fn beyond_the_limit_packets_are_only_counted() {
        let mut tap = tapped(&[0x80; 20]).with_limit(4);
        tap.handle_input(
            Instant::from_millis(3),
            Input::Datagram {
                flow: FlowId::from_driver(0),
                source: "192.0.2.2:9".parse().unwrap(),
                bytes: b"MORE",
            },
        );
        assert_eq!(tap.records().packets().len(), 4);
        assert_eq!(tap.records().missed(), 1);
    }
}
