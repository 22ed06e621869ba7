//! From what arrives to what the user is told: one pass up.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::stack::Stack;
use super::user::TuEvent;
use crate::machine::FlowId;
use crate::sip::message::{HeaderName, Message, Method, ResponseBuilder, StatusCode};
use crate::sip::overload::Verdict;
use crate::sip::transaction::{
    ClientHandle, ClientUp, Failure, Matched, ServerHandle, ServerUp, TimerKey,
};
use crate::sip::transport::{
    DropReason, FlowState, Framing, Heard, Received, Sender, Source, StreamItem, Target, receive,
    request_via, response_path, response_via,
};
use crate::time::Instant;

/// What one look into a stream brought.
#[derive(Debug)]
pub(super) enum StreamStep {
    Event(Option<TuEvent>),
    Opened,
    /// The first keep-alive over it was answered.
    Alive,
    Empty,
    Ended,
}

/// Whether a refusal says when to come again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Again {
    NotSaid,
    Later,
}

impl Stack {
    /// Moves the clock; it never goes back (P6).
    pub(super) fn advance(&mut self, now: Instant) {
        self.cx.now = self.cx.now.max(now);
        self.cx.transport.advance(self.cx.now);
    }

    /// The next deadline that has come.
    pub(super) fn pop_due(&mut self) -> Option<TimerKey> {
        self.arm_transport();
        let key = self.cx.timers.pop_due(self.cx.now)?;
        match key {
            TimerKey::User(_) => self.user_timers = self.user_timers.saturating_sub(1),
            TimerKey::Transport(timer) => {
                self.transport_timers.remove(&timer);
            }
            TimerKey::Client(..) | TimerKey::Server(..) | TimerKey::Location(_) => {}
        }
        Some(key)
    }

    /// Arms and disarms what the transport layer has asked for: there is one queue for everyone.
    fn arm_transport(&mut self) {
        for (timer, wanted) in self.cx.transport.take_deadlines() {
            let armed = wanted.map(|at| self.cx.timers.arm(at, TimerKey::Transport(timer)));
            let before = match armed {
                Some(id) => self.transport_timers.insert(timer, id),
                None => self.transport_timers.remove(&timer),
            };
            if let Some(id) = before {
                self.cx.timers.cancel(id);
            }
        }
    }

    /// Holds the tables against their indexes and against the timers.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let searches = self.check_locations()?;
        let transactions = self.clients.check()? + self.servers.check()?;
        let transport = self.transport_timers.len();
        let running = transactions + searches + self.user_timers + transport;
        if running != self.cx.timers.len() {
            return Err("timers are armed that nobody owns, or owned that are not armed");
        }
        self.cx.transport.check()
    }

    /// Takes a datagram.
    pub(super) fn on_datagram(
        &mut self,
        flow: FlowId,
        address: SocketAddr,
        bytes: &[u8],
    ) -> Option<TuEvent> {
        let Some(found) = self.cx.transport.flow(flow) else {
            self.cx.transport.stats.count(DropReason::UnknownFlow);
            return None;
        };
        let source = Source {
            flow,
            address,
            transport: found.transport(),
        };
        self.on_message(source, bytes)
    }

    /// Takes one whole message.
    pub(super) fn on_message(&mut self, source: Source, bytes: &[u8]) -> Option<TuEvent> {
        match receive(&mut self.cx.transport, &self.limits, source.address, bytes) {
            Received::Request(request) => self.on_request(source, request),
            Received::Response(response) => self.on_response(response),
            Received::Refused(request, status) => {
                self.refuse(&request, source, status, Again::NotSaid);
                None
            }
            Received::Dropped => None,
        }
    }

    /// The source of what comes in on a connection, and its framing, which is to be given back.
    pub(super) fn open_stream(&mut self, flow: FlowId) -> Option<(Source, Framing)> {
        let Some(found) = self.cx.transport.flow(flow) else {
            self.cx.transport.stats.count(DropReason::UnknownFlow);
            return None;
        };
        let source = Source {
            flow,
            address: found.peer()?,
            transport: found.transport(),
        };
        Some((source, self.cx.transport.take_framing(flow)?))
    }

    /// The next thing in a stream; none when the rest is not here yet.
    pub(super) fn next_in_stream(&mut self, source: Source, framing: &mut Framing) -> StreamStep {
        let transport = &mut self.cx.transport;
        let Some(item) = framing.next(&self.limits, &mut transport.rng) else {
            return StreamStep::Empty;
        };
        match item {
            StreamItem::Message(bytes) => {
                transport.on_stream_message(source.flow);
                StreamStep::Event(self.on_message(source, bytes))
            }
            StreamItem::Crlfs(count) => match transport.on_crlfs(source.flow, count) {
                Heard::Alive(..) => StreamStep::Alive,
                Heard::Nothing | Heard::Lost(_) => StreamStep::Event(None),
            },
            StreamItem::Send(bytes) => {
                transport.send_bare(source.flow, bytes);
                // What asks for a Pong has said something whole; half a handshake has not.
                if transport
                    .flow(source.flow)
                    .is_some_and(|flow| flow.state() == FlowState::Open)
                {
                    transport.on_whole(source.flow);
                }
                StreamStep::Event(None)
            }
            StreamItem::Open => {
                transport.open(source.flow);
                StreamStep::Opened
            }
            StreamItem::Alive => {
                transport.on_whole(source.flow);
                StreamStep::Event(None)
            }
            StreamItem::Ended(reason) => {
                if let Some(reason) = reason {
                    transport.stats.count(reason);
                }
                StreamStep::Ended
            }
        }
    }

    /// Takes a timer of a transaction; one of the user is for the caller.
    pub(super) fn on_transaction_timer(&mut self, key: TimerKey) -> Option<TuEvent> {
        match key {
            TimerKey::Client(me, timer) => {
                let up = self.clients.on_timer(&mut self.cx, me, timer)?;
                self.client_event(me, up, None)
            }
            TimerKey::Server(me, timer) => {
                let up = self.servers.on_timer(&mut self.cx, me, timer)?;
                self.server_event(me, up, None)
            }
            TimerKey::User(_) | TimerKey::Transport(_) | TimerKey::Location(_) => None,
        }
    }

    /// The transactions a lost flow takes along, in the order of their places.
    pub(super) fn casualties(&self, flow: FlowId) -> Vec<Sender> {
        let clients = self.clients.on_flow(flow);
        let servers = self.servers.on_flow(flow);
        let clients = clients.map(|me| Sender::Client(me.to_raw()));
        clients
            .chain(servers.map(|me| Sender::Server(me.to_raw())))
            .collect()
    }

    /// Tells one transaction that what it sent did not leave (§17.1.4, §17.2.4, §18.4).
    pub(super) fn on_transport_error(&mut self, sender: Sender) -> Option<TuEvent> {
        match sender {
            Sender::Client((index, generation)) => {
                let me = ClientHandle::from_raw(index, generation);
                if self.retry_over_udp(me) {
                    return None;
                }
                let up = self.clients.on_transport_error(&mut self.cx, me)?;
                self.client_event(me, up, None)
            }
            Sender::Server((index, generation)) => {
                let me = ServerHandle::from_raw(index, generation);
                let up = self.servers.on_transport_error(me)?;
                self.server_event(me, up, None)
            }
            Sender::Nobody => None,
        }
    }

    fn on_request(&mut self, source: Source, request: Arc<Message>) -> Option<TuEvent> {
        let via = request_via(&mut self.cx.transport, &request)?;
        self.cx.transport.note_alias(source, &via);
        let branch_key = self.keys.server(&via);
        let path = response_path(&via, source);
        match self.servers.matching(&self.keys, &request, branch_key) {
            Matched::Transaction(me) if request.method() == Method::Ack => {
                self.on_ack(me, source, request)
            }
            Matched::Transaction(me) => {
                self.cx.transport.stats.count(DropReason::RequestCopy);
                let up = self.servers.on_request(&mut self.cx, me)?;
                self.server_event(me, up, None)
            }
            // §17.1.1: only an INVITE is acknowledged.
            Matched::AckOfNothing => {
                self.cx.transport.stats.count(DropReason::UnexpectedAck);
                None
            }
            // §17.1.1.3, §8.2.7: for what was refused without a transaction.
            Matched::New if self.is_ack_of_refusal(&request) => {
                self.cx.transport.stats.count(DropReason::AbsorbedAck);
                None
            }
            Matched::New if request.method() == Method::Ack => Some(TuEvent::Ack {
                request,
                source,
                transaction: None,
            }),
            Matched::New => self.on_new_request(source, path, branch_key, request),
        }
    }

    fn on_new_request(
        &mut self,
        source: Source,
        path: Target,
        branch_key: Option<u64>,
        request: Arc<Message>,
    ) -> Option<TuEvent> {
        let started = match self.admit(&request, source) {
            Verdict::Admitted => {
                let (copy, keys) = (Arc::clone(&request), &self.keys);
                let servers = &mut self.servers;
                let started = servers.start(&mut self.cx, keys, copy, branch_key, source, path);
                started.ok_or(DropReason::Overload)
            }
            Verdict::Throttled => Err(DropReason::Throttled),
            Verdict::Full => Err(DropReason::Overload),
        };
        match started {
            Ok(transaction) => Some(TuEvent::Request {
                transaction,
                request,
                source,
            }),
            Err(reason) => {
                self.cx.transport.stats.count(reason);
                // §21.5.4: a server that is overloaded says when to come again, and keeps nothing.
                // RFC 7339 §5.10.2: for a rate it says no time, or all would be back at once.
                let is_rate = reason == DropReason::Throttled;
                let again = if is_rate && self.overload.is_spoken {
                    Again::NotSaid
                } else {
                    Again::Later
                };
                self.refuse(&request, source, StatusCode::SERVICE_UNAVAILABLE, again);
                None
            }
        }
    }

    fn on_ack(
        &mut self,
        me: ServerHandle,
        source: Source,
        request: Arc<Message>,
    ) -> Option<TuEvent> {
        let Some(up) = self.servers.on_ack(&mut self.cx, me) else {
            self.cx.transport.stats.count(DropReason::AbsorbedAck);
            return None;
        };
        self.server_event(me, up, Some((source, request)))
    }

    fn on_response(&mut self, response: Arc<Message>) -> Option<TuEvent> {
        let via = response_via(&mut self.cx.transport, &response)?;
        let Some(me) = self.clients.matching(&self.keys, &via, &response) else {
            self.cx.transport.stats.count(DropReason::StrayResponse);
            return Some(TuEvent::StrayResponse { response });
        };
        self.heed(me, &response);
        let Some(up) = self.clients.on_response(&mut self.cx, me, &response) else {
            self.cx.transport.stats.count(DropReason::ResponseCopy);
            return None;
        };
        self.client_event(me, up, Some(response))
    }

    fn client_event(
        &mut self,
        transaction: ClientHandle,
        up: ClientUp,
        response: Option<Arc<Message>>,
    ) -> Option<TuEvent> {
        Some(match up {
            ClientUp::Response => TuEvent::Response {
                transaction,
                response: response?,
            },
            ClientUp::Failed(reason) => {
                let failures = &mut self.cx.transport.stats.client_failures;
                *failures = failures.wrapping_add(1);
                TuEvent::ClientFailed {
                    transaction,
                    reason,
                }
            }
            ClientUp::Terminated => TuEvent::ClientTerminated { transaction },
        })
    }

    fn server_event(
        &mut self,
        transaction: ServerHandle,
        up: ServerUp,
        ack: Option<(Source, Arc<Message>)>,
    ) -> Option<TuEvent> {
        Some(match up {
            ServerUp::Ack => {
                let (source, request) = ack?;
                TuEvent::Ack {
                    request,
                    source,
                    transaction: Some(transaction),
                }
            }
            ServerUp::Failed(reason) => {
                if reason == Failure::Timeout {
                    let failures = &mut self.cx.transport.stats.server_failures;
                    *failures = failures.wrapping_add(1);
                }
                TuEvent::ServerFailed {
                    transaction,
                    reason,
                }
            }
            ServerUp::Terminated => TuEvent::ServerTerminated { transaction },
        })
    }

    fn is_ack_of_refusal(&self, request: &Message) -> bool {
        let stats = &self.cx.transport.stats;
        let refused = stats.dropped(DropReason::Overload) + stats.dropped(DropReason::Throttled);
        request.method() == Method::Ack
            && refused > 0
            && request
                .to()
                .is_ok_and(|to| to.tag == Some(&*self.refusal_tag(request)))
    }

    /// The To tag of a refusal; an ACK has the one of what it is for.
    fn refusal_tag(&self, request: &Message) -> Box<str> {
        let tag = self.keys.origin(request, request.method()).unwrap_or(0);
        alloc::format!("{tag:016x}").into()
    }

    /// Answers without a transaction, and so that a copy of the request gets the same answer:
    /// the To tag is a keyed hash of what the copies share (§8.2.7).
    fn refuse(&mut self, request: &Message, source: Source, status: StatusCode, again: Again) {
        let tag = self.refusal_tag(request);
        let mut builder = ResponseBuilder::to(request, status);
        builder.to_tag(&tag);
        if again == Again::Later {
            builder.field(HeaderName::RetryAfter, &self.limits.retry_after_secs);
        }
        if status != StatusCode::SERVICE_UNAVAILABLE {
            let answered = &mut self.cx.transport.stats.malformed_answered;
            *answered = answered.wrapping_add(1);
        }
        if let Ok(response) = builder.finish() {
            self.respond_statelessly(request, source, response);
        }
    }
}
