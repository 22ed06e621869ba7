//! One participant of one RTP session (RFC 3550 §6, §8): who else there is, what is heard from
//! them, when to report, and how to leave.
//!
//! Media packets are handed in and out by direct calls on the caller's slices ([`Session::receive`],
//! [`Session::send`]); reports and deadlines go through the [`Machine`] contract.
//!
//! ```text
//!   new ──▶ Idle ── join ──▶ Member ── leave ──▶ Leaving ── BYE sent, or none owed ──▶ Ended
//!                             │  ▲     (50 members or fewer: at once; more: §6.3.7 back-off)
//!                             └──┘ reports at tn; own SSRC heard elsewhere: BYE, another SSRC
//! ```

mod config;
mod conflict;
mod control_in;
mod control_out;
mod event;
mod feedback;
mod member;
mod mid;
mod receive;
mod send;
mod watch;

pub use config::SessionConfig;
pub use event::{RemoteReport, SessionEvent};
pub use feedback::SessionFeedback;
pub(in crate::rtp) use member::AFTER_GOODBYE;
pub use member::MemberView;
pub use mid::SessionMid;
pub use receive::Received;
pub use send::{Media, SendError};

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;

use self::conflict::Conflicts;
use self::feedback::Exchange;
use self::member::Members;
use self::mid::Label;
use super::circuit_breaker::CircuitBreaker;
use super::drops::{DropReason, Drops};
use super::interval::{Bandwidth, Schedule};
use super::number::{SequenceNumber, Ssrc, Timestamp};
use crate::machine::{FlowId, Input, Machine, Output};
use crate::rng::Rng;
use crate::time::{Instant, WallClock};

/// Events kept for a caller who does not ask; one more is dropped.
const EVENTS: usize = 32;

/// One participant of one RTP session.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    rng: Rng,
    now: Instant,
    clock: WallClock,
    state: State,
    ssrc: Ssrc,
    sequence: SequenceNumber,
    sent: Sent,
    members: Members,
    conflicts: Conflicts,
    /// Watches what becomes of what is sent, from the first packet on.
    breaker: Option<CircuitBreaker>,
    /// Where reports go.
    route: Option<Route>,
    /// Octets that protection adds to a report.
    report_overhead: usize,
    /// An SSRC given up, after a collision most likely, whose BYE is still to be sent.
    abandoned: Option<Ssrc>,
    /// Members and senders at this end besides this participant.
    beside: (u32, u32),
    /// The identification-tag, if what is sent has one.
    label: Option<Box<Label>>,
    /// If feedback was agreed on.
    feedback: Option<Box<dyn Exchange>>,
    events: VecDeque<SessionEvent>,
    drops: Drops,
}

#[derive(Debug)]
enum State {
    Idle,
    Member(Schedule),
    Leaving {
        /// `None`: the BYE goes out at once.
        back_off: Option<Schedule>,
        reason: Vec<u8>,
    },
    Ended,
}

/// The socket and the address that reports go through and to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Route {
    flow: FlowId,
    to: SocketAddr,
}

/// What we sent, for sender reports.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    packets: u32,
    octets: u32,
    /// The media clock: this timestamp was sampled at this instant.
    clock: Option<(Instant, Timestamp)>,
    last: Option<Instant>,
    since_report: bool,
    since_previous_report: bool,
    reports: u32,
    /// Packets and octets, headers included, since the last report on them.
    unreported: (u32, u64),
    /// Whether RTP or RTCP ever went out under this SSRC: only then may a BYE (§6.3.7).
    anything: bool,
}

impl Session {
    /// A participant that has not joined yet. `rng` decides SSRC and first sequence number.
    #[must_use]
    pub fn new(config: SessionConfig, mut rng: Rng) -> Self {
        let ssrc = Ssrc::new(rng.next_u32());
        let sequence = first_sequence(&mut rng);
        Self {
            members: Members::new(config.max_members),
            config,
            rng,
            now: Instant::ZERO,
            clock: WallClock::default(),
            state: State::Idle,
            ssrc,
            sequence,
            sent: Sent::default(),
            conflicts: Conflicts::default(),
            breaker: None,
            route: None,
            report_overhead: 0,
            abandoned: None,
            beside: (0, 0),
            label: None,
            feedback: None,
            events: VecDeque::with_capacity(EVENTS),
            drops: Drops::default(),
        }
    }

    /// Joins: from now on reports are due (§6.3.2). Joining twice changes nothing.
    pub fn join(&mut self, now: Instant) {
        self.advance(now);
        if matches!(self.state, State::Idle) {
            let size = self.first_report_size();
            let schedule = Schedule::join(self.now, self.config.bandwidth, size, &mut self.rng);
            self.state = State::Member(schedule);
            self.update_counts();
        }
    }

    /// Says where reports go: out of which socket, to which address.
    pub fn set_route(&mut self, flow: FlowId, to: SocketAddr) {
        self.route = Some(Route { flow, to });
    }

    /// Says how much reports may take from now on (RFC 3556).
    pub fn set_bandwidth(&mut self, now: Instant, bandwidth: Bandwidth) {
        self.advance(now);
        self.config.bandwidth = bandwidth;
        if let State::Member(schedule) = &mut self.state {
            schedule.set_bandwidth(self.now, bandwidth, &mut self.rng);
        }
    }

    /// Says how many octets protection adds to each report, ours or theirs: they count for the
    /// bandwidth (RFC 3711 §3.4).
    pub fn set_report_overhead(&mut self, octets: usize) {
        self.report_overhead = octets;
    }

    /// Forgets which addresses the members came from, because signalling has moved them: the next
    /// packet of each shows the new one, and is no collision (§8.2).
    pub fn forget_addresses(&mut self) {
        self.members.forget_addresses();
        if let Some(label) = &mut self.label {
            label.restart();
        }
    }

    /// Leaves, telling the others why unless `reason` is empty (§6.3.7). A participant that never
    /// sent anything leaves without a word.
    pub fn leave(&mut self, now: Instant, reason: &[u8]) {
        self.advance(now);
        let reason = reason.get(..reason.len().min(255)).unwrap_or(&[]).to_vec();
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Idle => self.report_event(SessionEvent::Left),
            State::Member(mut schedule) => {
                if !self.sent.anything {
                    self.report_event(SessionEvent::Left);
                    return;
                }
                let back_off = if schedule.members() > super::interval::IMMEDIATE_BYE_MEMBERS {
                    let size = self.goodbye_size(&reason);
                    schedule.leave(self.now, size, &mut self.rng);
                    Some(schedule)
                } else {
                    None
                };
                self.state = State::Leaving { back_off, reason };
            }
            state @ (State::Leaving { .. } | State::Ended) => self.state = state,
        }
    }

    /// The identifier this participant sends under; a collision changes it (§8.2).
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// Whether the session is over: left, and everything owed was sent.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Data packets and payload octets sent under the present SSRC.
    #[must_use]
    pub const fn sent(&self) -> (u32, u32) {
        (self.sent.packets, self.sent.octets)
    }

    /// How many members are known to be valid, this one included.
    #[must_use]
    pub fn member_count(&self) -> u32 {
        self.members.valid_count().saturating_add(1)
    }

    /// What is known of another member.
    #[must_use]
    pub fn member(&self, ssrc: Ssrc) -> Option<MemberView<'_>> {
        self.members.view(ssrc, self.config.clock_rate)
    }

    /// What was dropped, and why.
    #[must_use]
    pub const fn drops(&self) -> &Drops {
        &self.drops
    }

    /// The next event, for callers that do not run the machine.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    /// When [`Session::poll_rtcp`] has something to send, or a timer to look at.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Idle | State::Ended => None,
            State::Member(_) if self.abandoned.is_some() => Some(self.now),
            State::Member(schedule) => {
                let early = self.feedback.as_ref().and_then(|it| it.early_due());
                match (schedule.deadline(), early) {
                    (Some(regular), Some(early)) => Some(regular.min(early)),
                    (regular, early) => regular.or(early),
                }
            }
            State::Leaving { back_off, .. } => match back_off {
                Some(schedule) => schedule.deadline(),
                None => Some(self.now),
            },
        }
    }

    /// Time never runs backwards in here (P6).
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    fn drop_for<T>(&mut self, reason: DropReason) -> Result<T, DropReason> {
        self.drops.add(reason);
        Err(reason)
    }

    fn report_event(&mut self, event: SessionEvent) {
        if self.events.len() < EVENTS {
            self.events.push_back(event);
        }
    }

    fn we_sent(&self) -> bool {
        match (&self.state, self.sent.last) {
            (State::Member(schedule), Some(last)) => {
                self.now.saturating_duration_since(last) <= schedule.sender_timeout()
            }
            _ => false,
        }
    }

    /// Tells the schedule how many there are.
    fn update_counts(&mut self) {
        let we_sent = self.we_sent();
        let (repeats, _) = self.repeating();
        let (members_beside, senders_beside) = self.beside;
        let members = self.members.valid_count().saturating_add(1);
        let members = members.saturating_add(repeats);
        let members = members.saturating_add(members_beside);
        let senders = self.sender_count().saturating_add(senders_beside);
        if let State::Member(schedule) = &mut self.state {
            schedule.set_counts(members, senders, we_sent);
            if we_sent {
                schedule.resume(self.now, &mut self.rng);
            }
        }
    }

    /// How many are known to send data, this one and its stream of what is sent again included.
    pub(in crate::rtp) fn sender_count(&self) -> u32 {
        let (_, repeating) = self.repeating();
        self.members
            .sender_count()
            .saturating_add(u32::from(self.we_sent()))
            .saturating_add(repeating)
    }

    /// Says how many other participants of the session there are at this end, and how many senders
    /// it is that only those have heard: each SSRC is a participant of its own (RFC 8108 §5.1).
    pub(in crate::rtp) fn set_beside(&mut self, now: Instant, members: u32, senders: u32) {
        self.advance(now);
        if self.beside != (members, senders) {
            self.beside = (members, senders);
            self.update_counts();
        }
    }

    /// Another participant at this end sent a report of so many octets, which counts for the average
    /// as if it had come (RFC 8108 §5.1).
    pub(in crate::rtp) fn reported_beside(&mut self, octets: usize) {
        let size = self.size_on_network(octets);
        if let State::Member(schedule) = &mut self.state {
            schedule.received(size);
        }
    }

    /// Size of a report as §6.2 counts it: with the headers of UDP and IP, and protected.
    fn size_on_network(&self, octets: usize) -> usize {
        let below = match self.route {
            Some(Route {
                to: SocketAddr::V6(_),
                ..
            }) => 48,
            Some(_) | None => 28,
        };
        octets
            .saturating_add(self.report_overhead)
            .saturating_add(below)
    }
}

/// Random, but in the lower half: a receiver that has to guess the cycle count of an encrypted
/// stream is spared a wrap in the first minutes (RFC 3711 §3.3.1 counts on it).
fn first_sequence(rng: &mut Rng) -> SequenceNumber {
    SequenceNumber::new((rng.next_u32() & 0x7fff) as u16)
}

impl Machine for Session {
    type Event = SessionEvent;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.advance(now);
        match input {
            Input::WallClock { unix } => self.clock.set(self.now, unix),
            Input::Datagram {
                flow,
                source,
                bytes,
            } if self.route.is_some_and(|route| route.flow == flow) => {
                // The reason was counted; there is nobody to tell.
                let _ = self.receive_rtcp(now, source, bytes);
            }
            Input::Timeout
            | Input::Resolved { .. }
            | Input::Bound { .. }
            | Input::Connected { .. }
            | Input::Datagram { .. }
            | Input::Stream { .. }
            | Input::Closed { .. } => {}
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<SessionEvent> {
        if self.poll_rtcp(self.now, bytes) {
            if let Some(Route { flow, to }) = self.route {
                return Output::Transmit { flow, to };
            }
        }
        if let Some(event) = self.events.pop_front() {
            return Output::Event(event);
        }
        Output::Wait(self.deadline())
    }
}

#[cfg(test)]
mod tests;
