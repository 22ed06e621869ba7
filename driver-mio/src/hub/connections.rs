//! Connections: how one comes up, carries bytes both ways, and goes.
//!
//! ```text
//!  Output::Connect ─▶ Connecting ──▶ Handshaking ──▶ Open ──▶ Closing ──▶ gone
//!                         │      accepted ─▲  │        │ └──────────────▶ gone
//!                         └───────────────────┴────────┴─ error, too late ─▶ gone
//! ```
//!
//! A machine hears `Connected` on the way to Open and `Closed` on the way out of it, or of what
//! comes before; Closing is the driver's own: what waits is sent, then it says it is done, and
//! reads on until the other end is too, because a system that closes a stream with bytes unread
//! takes back what was sent before. Each stage but Open has an end, however silent the other side.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use offhook::timers::TimerId;
use offhook::{CloseReason, FlowId, Input, Machine, ServerName, Transport};

use super::machines::{MachineId, handle};
use super::place::{Place, Source};
use super::{Due, Hub, Turn};
use crate::net::{Net, StreamSocket};
use crate::pipe::{Pipe, Poured};

/// One connection.
pub(crate) struct Connection<S> {
    pub(crate) pipe: Pipe<S>,
    pub(super) stage: Stage,
    pub(super) transport: Transport,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    /// It came in, and is counted.
    pub(super) accepted: bool,
    /// When the stage ends whatever happens.
    pub(super) patience: Option<TimerId<Due>>,
}

/// How far a connection has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// The system is opening it.
    Connecting,
    /// It is open, but not yet fit for the machine's bytes.
    Handshaking,
    /// The machine's.
    Open,
    /// The machine has done with it; what waits is still to be sent.
    Closing {
        /// The other end has finished, and is not waited for.
        alone: bool,
        /// It was said that nothing follows.
        finished: bool,
    },
}

impl<S: StreamSocket> Connection<S> {
    /// Whether it wants to hear that the socket takes bytes.
    pub(super) fn is_blocked(&self) -> bool {
        match self.stage {
            Stage::Connecting => true,
            // What waits is not to go before hands are shaken.
            Stage::Handshaking => self.pipe.has_records(),
            Stage::Open | Stage::Closing { .. } => !self.pipe.is_empty(),
        }
    }
}

impl<M: Machine, N: Net> Hub<M, N> {
    /// Opens a connection a machine asked for.
    pub(super) fn connect(
        &mut self,
        id: MachineId,
        flow: FlowId,
        peer: SocketAddr,
        transport: Transport,
        server_name: Option<&ServerName>,
    ) {
        let session = match transport {
            Transport::Tcp | Transport::Ws => Ok(None),
            Transport::Tls | Transport::Wss => match &self.tls {
                Some(client) => client.connect(server_name, peer).map(Some),
                None => Err(ErrorKind::Unsupported.into()),
            },
            Transport::Udp | Transport::Sctp | Transport::TlsSctp => {
                Err(ErrorKind::Unsupported.into())
            }
        };
        // A machine that asks twice by one name means the last.
        let before = self.slot_mut(id).and_then(|slot| slot.flows.remove(&flow));
        if let Some(before) = before {
            self.leave(before);
        }
        let token = self.places.next_token();
        let from = self.address_towards(id, peer.ip());
        let opened = session.and_then(|session| {
            let socket = self.net.connect(from, peer, token)?;
            Ok((socket, session))
        });
        let Ok((socket, session)) = opened else {
            self.stats.failed += 1;
            self.close(id, flow, CloseReason::Unreachable);
            return;
        };
        let connection = Connection {
            pipe: Pipe::new(socket, session),
            stage: Stage::Connecting,
            transport,
            local: peer,
            peer,
            accepted: false,
            patience: None,
        };
        let token = self.occupy(Place {
            owner: id,
            flow,
            readable: false,
            source: Source::Connection(connection),
        });
        self.wait_at_most(token, self.limits.opening);
        self.turned.push(token);
    }

    /// The address a machine is bound to from which `peer` can be reached: a connection leaves from
    /// there, or from wherever the system likes if there is none.
    fn address_towards(&self, id: MachineId, peer: IpAddr) -> Option<IpAddr> {
        let slot = self.machines.get(handle(id))?;
        let tokens = slot.flows.values();
        let bound = tokens.filter_map(|token| self.places.get(*token)?.source.bound_to());
        bound.map(|local| local.ip()).find(|local| {
            !local.is_unspecified()
                && local.is_ipv4() == peer.is_ipv4()
                && local.is_loopback() == peer.is_loopback()
        })
    }

    /// Lets the stage a connection is in end after `span`.
    pub(super) fn wait_at_most(&mut self, token: usize, span: Duration) {
        let at = self.clock.now() + span;
        if let Some(connection) = self.places.connection_mut(token) {
            let timer = self.timers.arm(at, Due::Place(token));
            if let Some(before) = connection.patience.replace(timer) {
                self.timers.cancel(before);
            }
        }
    }

    /// A connecting socket has something to say: that it is up, or why not.
    pub(super) fn on_connecting(&mut self, token: usize) {
        let Some(connection) = self.places.connection_mut(token) else {
            return;
        };
        match connection.pipe.socket.is_connected() {
            Ok(false) => {}
            Ok(true) => {
                if let Ok(local) = connection.pipe.socket.local() {
                    connection.local = local;
                }
                connection.stage = Stage::Handshaking;
                self.wait_at_most(token, self.limits.opening);
                self.turned.push(token);
                self.shake_hands(token);
            }
            Err(_) => self.lose(token, CloseReason::Unreachable),
        }
    }

    /// Goes on with what comes before the machine's bytes, and tells it when that is done.
    pub(super) fn shake_hands(&mut self, token: usize) {
        let Some(place) = self.places.get_mut(token) else {
            return;
        };
        let (id, flow) = (place.owner, place.flow);
        let Source::Connection(connection) = &mut place.source else {
            return;
        };
        let shaken = connection.pipe.shake_hands();
        // Its records may wait for the socket now or no longer, and so may what was not to go
        // before hands were shaken.
        self.turned.push(token);
        match shaken {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => return self.lose(token, CloseReason::Unreachable),
        }
        connection.stage = Stage::Open;
        let identity = connection.pipe.identity();
        let (transport, local, peer) = (connection.transport, connection.local, connection.peer);
        let count = if connection.accepted {
            &mut self.stats.accepted
        } else {
            &mut self.stats.connected
        };
        *count += 1;
        if let Some(timer) = connection.patience.take() {
            self.timers.cancel(timer);
        }
        let now = self.clock.now();
        let input = Input::Connected {
            flow,
            transport,
            local,
            peer,
            identity: identity.as_ref(),
        };
        self.deliver(id, now, input);
        // What waits was written while the connection came up, and so was what is to be read.
        self.on_writable(token);
        self.on_readable(token);
    }

    /// Sends the lent bytes on a connection.
    pub(super) fn transmit_stream(&mut self, token: usize) {
        let bound = self.limits.parked_bytes;
        let Some(connection) = self.places.connection_mut(token) else {
            return;
        };
        let was_blocked = connection.is_blocked();
        let poured = match connection.stage {
            Stage::Connecting | Stage::Handshaking => connection.pipe.park(&self.bytes, bound),
            Stage::Open => connection.pipe.send(&self.bytes, bound),
            // Its flow is gone from the machine's table already.
            Stage::Closing { .. } => return,
        };
        let is_blocked = connection.is_blocked();
        match poured {
            Poured::Gone => self.stats.sent += 1,
            Poured::Parked => self.stats.parked += 1,
            Poured::Overflow => {
                self.stats.dropped += 1;
                self.lose(token, CloseReason::Reset);
            }
            Poured::Broken => self.lose(token, CloseReason::Reset),
        }
        if was_blocked != is_blocked {
            self.turned.push(token);
        }
    }

    /// The socket takes bytes again, or has come up, or has failed to.
    pub(super) fn flush_stream(&mut self, token: usize) {
        let Some(connection) = self.places.connection_mut(token) else {
            return;
        };
        match connection.stage {
            Stage::Connecting => return self.on_connecting(token),
            Stage::Handshaking => return self.shake_hands(token),
            Stage::Open | Stage::Closing { .. } => {}
        }
        if connection.pipe.is_empty() {
            return;
        }
        let flushed = connection.pipe.flush();
        let is_blocked = connection.is_blocked();
        match flushed {
            Ok(()) => self.after_flush(token),
            Err(_) => self.lose(token, CloseReason::Reset),
        }
        if !is_blocked {
            self.turned.push(token);
        }
    }

    /// Takes the next bytes of a stream.
    pub(super) fn receive_stream(&mut self, token: usize) -> Turn {
        let Some(place) = self.places.get_mut(token) else {
            return Turn::Over;
        };
        let (id, flow) = (place.owner, place.flow);
        let Source::Connection(connection) = &mut place.source else {
            return Turn::Over;
        };
        let was_blocked = connection.is_blocked();
        let stage = connection.stage;
        let received = match stage {
            // Whether it is up is learnt from its being writable.
            Stage::Connecting => return Turn::Over,
            Stage::Handshaking => return self.read_handshake(token),
            Stage::Open => connection.pipe.receive(&mut self.buffer),
            Stage::Closing { .. } => connection.pipe.discard(&mut self.buffer),
        };
        if was_blocked != connection.is_blocked() {
            self.turned.push(token);
        }
        match received {
            Ok(0) => {
                self.on_finished(token);
                Turn::Told
            }
            Ok(length) if stage == Stage::Open => {
                self.stats.received += 1;
                let now = self.clock.now();
                let bytes = self.buffer.get(..length).unwrap_or_default();
                if let Some(slot) = self.machines.get_mut(handle(id)) {
                    slot.machine
                        .handle_input(now, Input::Stream { flow, bytes });
                }
                self.queue(id);
                self.touch(id);
                Turn::Told
            }
            // Too late for the machine.
            Ok(_) => Turn::Again,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Turn::Over,
            Err(error) if error.kind() == ErrorKind::Interrupted => Turn::Again,
            Err(_) => {
                self.lose(token, CloseReason::Reset);
                Turn::Told
            }
        }
    }

    fn read_handshake(&mut self, token: usize) -> Turn {
        self.shake_hands(token);
        let connection = self.places.connection_mut(token);
        match connection.map(|connection| connection.stage) {
            Some(Stage::Handshaking) => Turn::Over,
            Some(Stage::Connecting | Stage::Open | Stage::Closing { .. }) | None => Turn::Told,
        }
    }

    /// The stage of a connection has lasted long enough.
    pub(super) fn on_impatience(&mut self, token: usize) {
        if let Some(connection) = self.places.connection_mut(token) {
            connection.patience = None;
            self.lose(token, CloseReason::Unreachable);
        }
    }

    /// The other end has finished: the machine is told, and what waits is still sent.
    fn on_finished(&mut self, token: usize) {
        let Some(place) = self.places.get_mut(token) else {
            return;
        };
        let (id, flow) = (place.owner, place.flow);
        let Source::Connection(connection) = &mut place.source else {
            return;
        };
        match connection.stage {
            Stage::Connecting | Stage::Handshaking => self.lose(token, CloseReason::Unreachable),
            Stage::Open => {
                self.close(id, flow, CloseReason::Finished);
            }
            Stage::Closing { finished, .. } => {
                connection.stage = Stage::Closing {
                    alone: true,
                    finished,
                };
                self.after_flush(token);
            }
        }
    }

    /// The machine has done with a connection: what waits is sent, then it goes. `alone` if the
    /// other end has finished already.
    pub(super) fn begin_closing(&mut self, token: usize, alone: bool) {
        let Some(connection) = self.places.connection_mut(token) else {
            return;
        };
        match connection.stage {
            // What it has to say has nowhere to go.
            Stage::Connecting | Stage::Handshaking => self.vacate(token),
            Stage::Open => {
                connection.stage = Stage::Closing {
                    alone,
                    finished: false,
                };
                self.wait_at_most(token, self.limits.closing);
                self.after_flush(token);
            }
            Stage::Closing { .. } => {}
        }
    }

    /// Says that nothing follows once nothing waits any more, and lets go once both ends have.
    fn after_flush(&mut self, token: usize) {
        let Some(connection) = self.places.connection_mut(token) else {
            return;
        };
        let Stage::Closing { alone, finished } = connection.stage else {
            return;
        };
        if !connection.pipe.is_empty() {
            return;
        }
        let said = if finished {
            Ok(true)
        } else {
            connection.pipe.finish()
        };
        match said {
            Ok(true) if !alone => {
                connection.stage = Stage::Closing {
                    alone,
                    finished: true,
                };
            }
            // It is said once what waits now is gone.
            Ok(false) => self.turned.push(token),
            Ok(true) | Err(_) => self.vacate(token),
        }
    }

    /// A connection is lost: at once, and its machine is told unless it has done with it.
    fn lose(&mut self, token: usize, reason: CloseReason) {
        let Some(place) = self.places.get(token) else {
            return;
        };
        let (id, flow) = (place.owner, place.flow);
        let Source::Connection(connection) = &place.source else {
            return;
        };
        let (stage, accepted) = (connection.stage, connection.accepted);
        self.vacate(token);
        let reason = match stage {
            Stage::Connecting | Stage::Handshaking => {
                self.stats.failed += 1;
                CloseReason::Unreachable
            }
            Stage::Open => reason,
            Stage::Closing { .. } => return,
        };
        if let Some(slot) = self.slot_mut(id) {
            slot.flows.remove(&flow);
        }
        // Of one that came in and never was, the machine knows nothing.
        if stage == Stage::Open || !accepted {
            let now = self.clock.now();
            self.deliver(id, now, Input::Closed { flow, reason });
        }
    }
}
