//! Keep-alives we send, and what they tell (RFC 5626 §4.4).
//!
//! ```text
//!               due                          ┌──── again, later and later
//!   Waiting ──────────▶ Pinged, or Asked ────┘
//!      ▲                  │           │ no answer, a refusal, another address
//!      └── the answer ────┘           ▼
//!                                   failed: the connection is closed, or the user is told
//! ```
//!
//! On a connection the question is a double CRLF and the answer a single one (§4.4.1); from a
//! datagram socket it is a STUN Binding request, whose answer says from which address we are seen
//! (§4.4.2). The one is never sent over the other.

use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use super::Target;
use super::back_off::between;
use super::layer::{Heard, Lost, TransportLayer, TransportTimer};
use super::queue::Payload;
use super::stats::DropReason;
use crate::machine::FlowId;
use crate::rng::Rng;
use crate::stun::{AttributeType, Class, Message, TransactionId, Writer};

/// How long a pong may take (§4.4.1).
const PONG_WAIT: Duration = Duration::from_secs(10);
/// The first wait for a STUN response (RFC 8489 §6.2.1).
const RTO: Duration = Duration::from_millis(500);
/// How often a STUN request is sent in all (RFC 8489 §6.2.1).
const REQUESTS: u8 = 7;
/// How long after the last of them the response may take: 16 times the first wait (RFC 8489
/// §6.2.1).
const LAST_WAIT: Duration = Duration::from_secs(8);

/// The question on a connection.
const PING: &[u8] = b"\r\n\r\n";
/// The answer to it.
const PONG: &[u8] = b"\r\n";

/// What a STUN response to us may hold and must be understood.
const UNDERSTOOD: [AttributeType; 2] = [
    AttributeType::MAPPED_ADDRESS,
    AttributeType::XOR_MAPPED_ADDRESS,
];
/// What a STUN request to us may hold and must be understood; no credentials are asked for here.
const SERVED: [AttributeType; 5] = [
    AttributeType::USERNAME,
    AttributeType::MESSAGE_INTEGRITY,
    AttributeType::MESSAGE_INTEGRITY_SHA256,
    AttributeType::REALM,
    AttributeType::NONCE,
];

/// How far apart keep-alives are: each interval is drawn anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeepAlive {
    least: Duration,
    longest: Duration,
}

impl KeepAlive {
    /// On a connection, of a device that has power (§4.4.1).
    pub const CONNECTION: Self = Self::seconds(95, 120);
    /// On a connection, of a device that runs on a battery (§4.4.1).
    pub const CONNECTION_ON_BATTERY: Self = Self::seconds(672, 840);
    /// From a datagram socket (§4.4.2).
    pub const DATAGRAM: Self = Self::seconds(24, 29);

    const fn seconds(least: u64, longest: u64) -> Self {
        Self {
            least: Duration::from_secs(least),
            longest: Duration::from_secs(longest),
        }
    }

    /// As a server wants it that sent this Flow-Timer: 80 to 100 per cent of it (§4.4). At least a
    /// second apart, whatever it says.
    #[must_use]
    pub fn from_flow_timer(secs: u32) -> Self {
        let longest = Duration::from_secs(u64::from(secs.max(1)));
        Self {
            least: longest.saturating_mul(4) / 5,
            longest,
        }
    }

    /// The next interval.
    fn interval(&self, rng: &mut Rng) -> Duration {
        between(self.least, self.longest, rng)
    }
}

/// Why a path is not kept alive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeepAliveError {
    /// The flow is gone.
    NoFlow,
    /// The limit of keep-alives is reached.
    TooMany,
}

impl fmt::Display for KeepAliveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoFlow => "the flow is gone",
            Self::TooMany => "the limit of keep-alives is reached",
        })
    }
}

impl core::error::Error for KeepAliveError {}

/// One path that is kept alive.
#[derive(Debug)]
pub(super) struct Keeper {
    interval: KeepAlive,
    state: State,
    /// Whether it was ever answered for.
    is_answered: bool,
    /// The address we are seen from, once we know it.
    mapped: Option<SocketAddr>,
}

#[derive(Debug)]
enum State {
    Waiting,
    Pinged,
    Asked {
        id: TransactionId,
        /// How often the request was sent.
        sent: u8,
    },
}

impl TransportLayer {
    /// Begins to keep a path alive, or goes on at another pace. The first question is asked after
    /// one interval: whoever asks for this has just been answered.
    pub(crate) fn keep_alive(
        &mut self,
        target: Target,
        interval: KeepAlive,
    ) -> Result<(), KeepAliveError> {
        let flow = self.flow(target.flow).ok_or(KeepAliveError::NoFlow)?;
        let key = (target.flow, flow.peer().unwrap_or(target.address));
        let (is_answered, mapped) = match self.keepers.get(&key) {
            Some(keeper) => (keeper.is_answered, keeper.mapped),
            None if self.keepers.len() >= self.limits.keep_alives => {
                return Err(KeepAliveError::TooMany);
            }
            None => (false, None),
        };
        let keeper = Keeper {
            interval,
            state: State::Waiting,
            is_answered,
            mapped,
        };
        self.keepers.insert(key, keeper);
        let first = interval.interval(&mut self.rng);
        self.arm_keeper(key, first);
        Ok(())
    }

    /// Stops keeping a path alive.
    pub(crate) fn stop_keep_alive(&mut self, target: Target) {
        if let Some(flow) = self.flow(target.flow) {
            let key = (target.flow, flow.peer().unwrap_or(target.address));
            self.drop_keeper(key);
        }
    }

    /// Forgets the paths of a flow that is gone.
    pub(super) fn drop_keepers(&mut self, flow: FlowId) {
        let first = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let keys = self.keepers.range((flow, first)..);
        let keys: Vec<(FlowId, SocketAddr)> = keys
            .map(|(key, _)| *key)
            .take_while(|(of, _)| *of == flow)
            .collect();
        for key in keys {
            self.drop_keeper(key);
        }
    }

    fn drop_keeper(&mut self, key: (FlowId, SocketAddr)) {
        if self.keepers.remove(&key).is_some() {
            self.want_deadline(TransportTimer::KeepAlive(key.0, key.1), None);
        }
    }

    fn arm_keeper(&mut self, key: (FlowId, SocketAddr), after: Duration) {
        let at = self.now + after;
        self.want_deadline(TransportTimer::KeepAlive(key.0, key.1), Some(at));
    }

    /// The timer of a path: time to ask, to ask again, or to give it up.
    pub(super) fn on_keeper(&mut self, key: (FlowId, SocketAddr)) -> Option<Lost> {
        let is_stream = self.flow(key.0)?.peer().is_some();
        let keeper = self.keepers.get_mut(&key)?;
        match keeper.state {
            State::Waiting if is_stream => {
                keeper.state = State::Pinged;
                self.send_between(key.0, PING);
                self.arm_keeper(key, PONG_WAIT);
                None
            }
            State::Waiting => {
                let mut id = [0; 12];
                self.rng.fill(&mut id);
                self.ask(key, TransactionId(id), 1);
                None
            }
            State::Asked { id, sent } if sent < REQUESTS => {
                self.ask(key, id, sent.saturating_add(1));
                None
            }
            // §4.4.1, §4.4.2: nobody answers.
            State::Pinged | State::Asked { .. } => self.fail(key),
        }
    }

    fn ask(&mut self, key: (FlowId, SocketAddr), id: TransactionId, sent: u8) {
        // RFC 8489 §6.2.1: twice as long each time, but for the last.
        let wait = if sent < REQUESTS {
            RTO.saturating_mul(1 << sent.saturating_sub(1).min(7))
        } else {
            LAST_WAIT
        };
        if let Some(keeper) = self.keepers.get_mut(&key) {
            keeper.state = State::Asked { id, sent };
        }
        let mut request = Vec::new();
        Writer::new(&mut request, Class::Request, id).finish();
        self.push_transmit(key.0, key.1, Payload::Bytes(request.into()), None);
        self.arm_keeper(key, wait);
    }

    /// The path was answered for.
    fn on_answer(&mut self, key: (FlowId, SocketAddr), mapped: Option<SocketAddr>) -> Heard {
        let Some(keeper) = self.keepers.get_mut(&key) else {
            return Heard::Nothing;
        };
        keeper.state = State::Waiting;
        let was_answered = core::mem::replace(&mut keeper.is_answered, true);
        keeper.mapped = mapped.or(keeper.mapped);
        let interval = keeper.interval;
        let next = interval.interval(&mut self.rng);
        self.arm_keeper(key, next);
        if was_answered {
            Heard::Nothing
        } else {
            Heard::Alive(key.0, key.1)
        }
    }

    fn fail(&mut self, key: (FlowId, SocketAddr)) -> Option<Lost> {
        self.stats.count(DropReason::FlowFailed);
        self.drop_keeper(key);
        if self.flow(key.0)?.peer().is_some() {
            self.close(key.0);
            Some(Lost::Flow(key.0))
        } else {
            Some(Lost::Path(key.0, key.1))
        }
    }

    /// Line ends came between the messages of a connection: the answer we wait for, or a question.
    pub(crate) fn on_crlfs(&mut self, id: FlowId, count: u8) -> Heard {
        for _ in 0..count {
            self.stats.count(DropReason::KeepAlive);
        }
        self.on_whole(id);
        let mut heard = Heard::Nothing;
        let Some(peer) = self.flow(id).and_then(super::Flow::peer) else {
            return heard;
        };
        let mut count = count;
        let key = (id, peer);
        let is_awaited = self
            .keepers
            .get(&key)
            .is_some_and(|keeper| matches!(keeper.state, State::Pinged));
        if is_awaited && count > 0 {
            count = count.saturating_sub(1);
            if let Some(flow) = self.flows.get_mut(&id) {
                flow.crlfs = 0;
            }
            heard = self.on_answer(key, None);
        }
        let Some(flow) = self.flows.get_mut(&id) else {
            return heard;
        };
        flow.crlfs = flow.crlfs.saturating_add(count);
        if flow.crlfs >= 2 {
            flow.crlfs = 0;
            // §5.4: at once. A megabyte of questions that came together gets one answer.
            if !core::mem::replace(&mut flow.has_ponged, true) {
                self.send_between(id, PONG);
            }
        }
        heard
    }

    /// Sends line ends between two messages.
    fn send_between(&mut self, id: FlowId, line_ends: &'static [u8]) {
        let now = self.now;
        let Some(flow) = self.flows.get_mut(&id) else {
            return;
        };
        if let Some(watch) = &mut flow.watch {
            watch.on_sent(now);
        }
        if let Some(peer) = flow.peer {
            let frame = flow.frame();
            self.push_transmit(id, peer, Payload::Bytes(line_ends.into()), frame);
        }
    }

    /// A STUN message came on the port of SIP (§8).
    pub(crate) fn on_stun(&mut self, flow: FlowId, source: SocketAddr, bytes: &[u8]) -> Heard {
        let is_ours = self.flow(flow).is_some_and(|flow| flow.peer().is_none());
        let message = Message::parse(bytes).ok().filter(|_| is_ours);
        let Some(message) = message else {
            self.stats.count(DropReason::Stun);
            return Heard::Nothing;
        };
        match message.class() {
            Class::Request => {
                self.answer_binding(flow, source, &message);
                Heard::Nothing
            }
            // RFC 8489 §6.3.2: having arrived is all it is for.
            Class::Indication => {
                self.stats.count(DropReason::KeepAlive);
                Heard::Nothing
            }
            Class::Success | Class::Error => {
                let key = self.asked_on(flow, source);
                self.on_binding_response(key, &message)
            }
        }
    }

    /// What was asked on a socket bound to all addresses is answered at one of them.
    fn asked_on(&self, flow: FlowId, source: SocketAddr) -> (FlowId, SocketAddr) {
        let own = (flow, source);
        let socket = self.flow(flow).and_then(|flow| flow.socket);
        match socket {
            Some(socket) if !self.keepers.contains_key(&own) => (socket, source),
            Some(_) | None => own,
        }
    }

    /// RFC 8489 §6.3.1: where it came from, or what was not understood.
    fn answer_binding(&mut self, flow: FlowId, source: SocketAddr, request: &Message<'_>) {
        let unknown: Vec<AttributeType> = request.unknown_required(&SERVED).collect();
        let id = request.transaction_id();
        let mut response = Vec::new();
        let mut writer = if unknown.is_empty() {
            let mut writer = Writer::new(&mut response, Class::Success, id);
            writer.xor_mapped_address(source);
            writer
        } else {
            let mut writer = Writer::new(&mut response, Class::Error, id);
            writer
                .error_code(420, "Unknown Attribute")
                .unknown_attributes(unknown);
            writer
        };
        if request.has_fingerprint() {
            writer.finish_with_fingerprint();
        } else {
            writer.finish();
        }
        self.push_transmit(flow, source, Payload::Bytes(response.into()), None);
    }

    fn on_binding_response(&mut self, key: (FlowId, SocketAddr), response: &Message<'_>) -> Heard {
        // Only whom we asked, and what we asked: the rest is forged or late.
        let keeper = self.keepers.get(&key).filter(|keeper| match keeper.state {
            State::Asked { id, .. } => id == response.transaction_id(),
            State::Waiting | State::Pinged => false,
        });
        let Some(keeper) = keeper else {
            self.stats.count(DropReason::Stun);
            return Heard::Nothing;
        };
        let is_understood = response.unknown_required(&UNDERSTOOD).next().is_none();
        let mapped = match response.class() {
            Class::Success if is_understood => response.mapped_address().ok().flatten(),
            Class::Success | Class::Error | Class::Request | Class::Indication => None,
        };
        match mapped {
            // §4.4.2: seen from elsewhere, the way back that the server knows is gone.
            Some(mapped) if keeper.mapped.is_none_or(|before| before == mapped) => {
                self.on_answer(key, Some(mapped))
            }
            Some(_) | None => self.fail(key).map_or(Heard::Nothing, Heard::Lost),
        }
    }
}
