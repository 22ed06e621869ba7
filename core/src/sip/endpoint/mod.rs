//! Where the layers meet: transport, transactions and one transaction user (RFC 3261 §5).
//!
//! ```text
//!   Input ─▶ transport ─▶ transaction ─▶ user ─▶ Output::Event
//!               ◀── transmit ◀── respond, request ◀── its reaction, or a command
//! ```
//!
//! Up is a return: for one message or timer each layer returns at most one thing. Down is a call on
//! the [`Stack`], which the user is lent while it reacts.

mod config;
mod dispatch;
mod errors;
mod load;
mod location;
mod size;
mod stack;
#[cfg(test)]
mod tests;
mod user;

pub use config::EndpointConfig;
pub use errors::SendError;
pub use location::{Located, Location, LocationHandle, Servers, Way};
pub use stack::{Stack, StackTimer};
pub use user::{Events, FlowChange, TransactionUser, TuEvent};

pub use super::overload::OverloadPolicy;
pub use super::transaction::{
    ClientHandle, Failure, RespondError, ServerHandle, Timings, UserTimer,
};
pub use super::transport::{
    BackOff, DropReason, Flow, KeepAlive, KeepAliveError, SelectError, Source, Stats, Target,
    TransportPolicy,
};

use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use self::dispatch::StreamStep;
use super::transaction::TimerKey;
use super::transport::{Effect, Heard, Lost, Opened};
use crate::machine::{FlowId, Input, Machine, Output};
use crate::stun::is_stun;
use crate::time::Instant;

/// Transport, transactions and one transaction user as one [`Machine`].
///
/// A user that says 200 to everything, asked over a socket that is not there:
///
/// ```
/// use offhook::sip::endpoint::*;
/// use offhook::sip::message::{ResponseBuilder, StatusCode};
/// use offhook::{FlowId, Input, Instant, Machine, Output, Transport};
///
/// struct Agreeable;
///
/// impl TransactionUser for Agreeable {
///     type Event = ();
///     fn on_event(&mut self, stack: &mut Stack, event: TuEvent, events: &mut Events<()>) {
///         if let TuEvent::Request { transaction, request, .. } = event {
///             let mut builder = ResponseBuilder::to(&request, StatusCode::OK);
///             let tag = stack.new_tag();
///             if let Ok(response) = builder.to_tag(&tag).finish() {
///                 let _ = stack.respond(transaction, response);
///             }
///             events.push(());
///         }
///     }
///     fn on_timer(&mut self, _: &mut Stack, _: UserTimer, _: &mut Events<()>) {}
///     fn on_flow(&mut self, _: &mut Stack, _: FlowId, _: FlowChange, _: &mut Events<()>) {}
///     fn is_idle(&self) -> bool { true }
///     fn check(&self, _: &Stack) -> Result<(), &'static str> { Ok(()) }
/// }
///
/// let (now, flow) = (Instant::ZERO, FlowId::from_driver(0));
/// let local = "192.0.2.2:5060".parse().unwrap();
/// let mut endpoint = Endpoint::new(EndpointConfig::default(), Agreeable, [1; 32]);
/// endpoint.handle_input(now, Input::Bound { flow, transport: Transport::Udp, local });
///
/// let bytes = b"OPTIONS sip:192.0.2.2 SIP/2.0\r\n\
///     Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n\
///     From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n\
///     Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
/// let source = "192.0.2.1:5060".parse().unwrap();
/// endpoint.handle_input(now, Input::Datagram { flow, source, bytes });
///
/// let mut lent = Vec::new();
/// assert_eq!(endpoint.poll_output(&mut lent), Output::Transmit { flow, to: source });
/// assert!(lent.starts_with(b"SIP/2.0 200 OK\r\n"));
/// assert_eq!(endpoint.poll_output(&mut lent), Output::Event(()));
/// assert!(matches!(endpoint.poll_output(&mut lent), Output::Wait(Some(_))));
/// ```
pub struct Endpoint<U: TransactionUser> {
    stack: Stack,
    user: U,
    events: Events<U::Event>,
}

impl<U: TransactionUser> Endpoint<U> {
    /// An endpoint without a flow yet. Everything random in it comes from `seed`.
    #[must_use]
    pub fn new(config: EndpointConfig, user: U, seed: [u8; 32]) -> Self {
        Self {
            stack: Stack::new(config, seed),
            user,
            events: Events::new(),
        }
    }

    /// The transaction user.
    #[must_use]
    pub const fn user(&self) -> &U {
        &self.user
    }

    /// Transport and transactions.
    #[must_use]
    pub const fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The counters.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        self.stack.stats()
    }

    /// Runs a command of the user at `now`: what it sends and arms takes effect as if it had
    /// reacted to a message.
    pub fn command<R>(
        &mut self,
        now: Instant,
        command: impl FnOnce(&mut U, &mut Stack, &mut Events<U::Event>) -> R,
    ) -> R {
        self.stack.advance(now);
        let answer = command(&mut self.user, &mut self.stack, &mut self.events);
        self.fire_due();
        answer
    }

    /// Closes every socket and connection at a local address that is no more; what was under way over
    /// them has failed.
    pub fn close_address(&mut self, now: Instant, local: IpAddr) {
        self.stack.advance(now);
        for flow in self.stack.cx.transport.flows_at(local) {
            self.stack.close_flow(flow);
            self.on_lost(Lost::Flow(flow));
        }
        self.fire_due();
    }

    /// Whether every table is empty, those of bindings excepted.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.stack.transaction_count() == (0, 0)
            && self.stack.locations.is_empty()
            && self.user.is_idle()
    }

    /// Holds the tables against each other; for the simulator, after every step.
    ///
    /// # Errors
    /// The invariant that does not hold.
    #[doc(hidden)]
    pub fn check(&self) -> Result<(), &'static str> {
        self.stack.check()?;
        self.user.check(&self.stack)
    }

    fn tell(&mut self, event: Option<TuEvent>) {
        if let Some(event) = event {
            self.user.on_event(&mut self.stack, event, &mut self.events);
        }
    }

    fn on_opened(&mut self, flow: FlowId, opened: bool) {
        if opened {
            let change = FlowChange::Opened;
            self.user
                .on_flow(&mut self.stack, flow, change, &mut self.events);
        }
    }

    fn on_alive(&mut self, flow: FlowId, peer: SocketAddr) {
        let change = FlowChange::Alive(peer);
        self.user
            .on_flow(&mut self.stack, flow, change, &mut self.events);
    }

    fn on_lost(&mut self, lost: Lost) {
        match lost {
            Lost::Path(flow, address) => {
                let change = FlowChange::Failed(address);
                self.user
                    .on_flow(&mut self.stack, flow, change, &mut self.events);
            }
            Lost::Message(sender) => {
                let event = self.stack.on_transport_error(sender);
                self.tell(event);
            }
            Lost::Flow(flow) => {
                let change = FlowChange::Closed;
                self.user
                    .on_flow(&mut self.stack, flow, change, &mut self.events);
                for casualty in self.stack.casualties(flow) {
                    let event = self.stack.on_transport_error(casualty);
                    self.tell(event);
                }
            }
        }
    }

    fn on_stream(&mut self, flow: FlowId, bytes: &[u8]) {
        let Some((source, mut framing)) = self.stack.open_stream(flow) else {
            return;
        };
        framing.push(bytes);
        loop {
            match self.stack.next_in_stream(source, &mut framing) {
                StreamStep::Event(event) => self.tell(event),
                StreamStep::Opened => self.on_opened(flow, true),
                StreamStep::Alive => self.on_alive(flow, source.address),
                StreamStep::Empty => break,
                StreamStep::Ended => {
                    // §18.3: where one message ends is not known any more, or the other side has
                    // said that nothing comes.
                    self.stack.cx.transport.hang_up(flow);
                    self.on_lost(Lost::Flow(flow));
                    return;
                }
            }
        }
        self.stack.cx.transport.return_framing(flow, framing);
    }

    /// Fires what is due, in order, until nothing is: a timer of zero fires in the step that set
    /// it (P2).
    fn fire_due(&mut self) {
        while let Some(key) = self.stack.pop_due() {
            match key {
                TimerKey::User(timer) => {
                    self.user.on_timer(&mut self.stack, timer, &mut self.events);
                }
                TimerKey::Transport(timer) => {
                    if let Some(lost) = self.stack.cx.transport.on_timer(timer) {
                        self.on_lost(lost);
                    }
                }
                TimerKey::Location((index, generation)) => {
                    let location = LocationHandle::from_raw(index, generation);
                    let event = self.stack.on_location_timeout(location);
                    self.tell(event);
                }
                TimerKey::Client(..) | TimerKey::Server(..) => {
                    let event = self.stack.on_transaction_timer(key);
                    self.tell(event);
                }
            }
        }
    }
}

impl<U: TransactionUser> Machine for Endpoint<U> {
    type Event = U::Event;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.stack.advance(now);
        match input {
            Input::Timeout => {}
            Input::Bound {
                flow,
                transport,
                local,
            } => {
                let opened = self.stack.cx.transport.on_bound(flow, transport, local);
                self.on_opened(flow, opened);
            }
            Input::Connected {
                flow,
                transport,
                local,
                peer,
                identity,
            } => {
                let layer = &mut self.stack.cx.transport;
                match layer.on_connected(flow, transport, local, peer, identity) {
                    Opened::Yes => self.on_opened(flow, true),
                    Opened::NotYet | Opened::TooMany => {}
                    // RFC 5922 §7.3: closed at once; whatever waited for it has failed.
                    Opened::WrongIdentity => {
                        self.stack.close_flow(flow);
                        self.on_lost(Lost::Flow(flow));
                    }
                }
            }
            Input::Datagram {
                flow,
                source,
                bytes,
            } if is_stun(bytes) => {
                // RFC 5626 §8: both on one port, told apart by the first byte and the cookie.
                match self.stack.cx.transport.on_stun(flow, source, bytes) {
                    Heard::Nothing => {}
                    Heard::Alive(flow, peer) => self.on_alive(flow, peer),
                    Heard::Lost(lost) => self.on_lost(lost),
                }
            }
            Input::Datagram {
                flow,
                source,
                bytes,
            } => {
                let event = self.stack.on_datagram(flow, source, bytes);
                self.tell(event);
            }
            Input::Stream { flow, bytes } => self.on_stream(flow, bytes),
            Input::Closed { flow, reason } => {
                if let Some(lost) = self.stack.cx.transport.on_closed(flow, reason) {
                    self.on_lost(lost);
                }
            }
            Input::Resolved { query, answer } => {
                let event = self.stack.on_resolved(query, answer);
                self.tell(event);
            }
            Input::WallClock { unix } => self.stack.wall.set(self.stack.cx.now, unix),
        }
        self.fire_due();
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<U::Event> {
        match self.stack.cx.transport.pop_effect(bytes) {
            Some(Effect::Transmit { flow, to, .. }) => Output::Transmit { flow, to },
            Some(Effect::Connect {
                flow,
                peer,
                transport,
                server_name,
            }) => Output::Connect {
                flow,
                peer,
                transport,
                server_name,
            },
            Some(Effect::Close { flow }) => Output::Close { flow },
            Some(Effect::Resolve { query, question }) => Output::Resolve { query, question },
            None => match self.events.pop() {
                Some(event) => Output::Event(event),
                None => Output::Wait(self.stack.cx.timers.next()),
            },
        }
    }
}
