//! Datagram sockets: one for all peers, so that an error about one of them closes nothing.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use offhook::{CloseReason, FlowId, Input, Machine, Transport};

use super::machines::{MachineId, handle};
use super::place::{Place, Source};
use super::{Hub, Turn};
use crate::net::{DatagramSocket, Net};
use crate::outbox::{Outbox, Sent};

/// Unknown errors in a row after which a socket is given up.
pub(super) const STRIKES: u32 = 64;

/// A bound datagram socket.
pub(crate) struct Datagrams<S> {
    pub(crate) socket: S,
    pub(super) local: SocketAddr,
    pub(super) outbox: Outbox,
    strikes: u32,
}

impl<M: Machine, N: Net> Hub<M, N> {
    /// Gives a socket to a machine, which is told so.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such machine; what `open` says of its token.
    pub(crate) fn attach(
        &mut self,
        id: MachineId,
        local: SocketAddr,
        open: impl FnOnce(&N, usize) -> io::Result<N::Datagrams>,
    ) -> io::Result<FlowId> {
        self.attach_bound(id, Transport::Udp, local, |net, token| {
            Ok(Source::Datagrams(Datagrams {
                socket: open(net, token)?,
                local,
                outbox: Outbox::default(),
                strikes: 0,
            }))
        })
    }

    /// Puts a bound socket in the table and tells its machine.
    pub(super) fn attach_bound(
        &mut self,
        id: MachineId,
        transport: Transport,
        local: SocketAddr,
        open: impl FnOnce(&N, usize) -> io::Result<Source<N>>,
    ) -> io::Result<FlowId> {
        let no_machine = || io::Error::new(ErrorKind::NotFound, "no such machine");
        self.machines.get(handle(id)).ok_or_else(no_machine)?;
        let source = open(&self.net, self.places.next_token())?;
        let slot = self.slot_mut(id).ok_or_else(no_machine)?;
        let flow = slot.mint();
        let token = self.occupy(Place {
            owner: id,
            flow,
            readable: false,
            source,
        });
        let now = self.clock.now();
        let input = Input::Bound {
            flow,
            transport,
            local,
        };
        self.deliver(id, now, input);
        self.on_readable(token);
        Ok(flow)
    }

    /// Sends the lent bytes as one datagram.
    pub(super) fn transmit_datagram(&mut self, token: usize, to: SocketAddr) {
        let Some(Place {
            owner,
            flow,
            source: Source::Datagrams(bound),
            ..
        }) = self.places.get_mut(token)
        else {
            return;
        };
        let (id, flow) = (*owner, *flow);
        let (socket, was_blocked) = (&bound.socket, !bound.outbox.is_empty());
        let attempt = |bytes: &[u8], to| socket.send(bytes, to);
        match bound.outbox.send(&self.bytes, to, attempt) {
            Sent::Gone => self.stats.sent += 1,
            Sent::Parked => {
                self.stats.parked += 1;
                if !was_blocked {
                    self.turned.push(token);
                }
            }
            Sent::Dropped => self.stats.dropped += 1,
            Sent::Failed(error) => {
                self.stats.refuse(to, &error);
                // Told before the machine is polled again, this means the datagram it has just
                // given, and that one destination; the socket stays.
                let now = self.clock.now();
                let reason = CloseReason::Unreachable;
                self.deliver(id, now, Input::Closed { flow, reason });
            }
        }
    }

    /// Sends the datagrams that wait, as far as the socket takes them.
    pub(super) fn flush_datagrams(&mut self, token: usize) {
        let Some(Place {
            source: Source::Datagrams(bound),
            ..
        }) = self.places.get_mut(token)
        else {
            return;
        };
        if bound.outbox.is_empty() {
            return;
        }
        let (socket, stats) = (&bound.socket, &mut self.stats);
        bound.outbox.flush(
            |bytes, to| socket.send(bytes, to),
            |to, result| match result {
                Ok(()) => stats.sent += 1,
                Err(error) => stats.refuse(to, &error),
            },
        );
        if bound.outbox.is_empty() {
            self.turned.push(token);
        }
    }

    /// Takes the next datagram.
    pub(super) fn receive_datagram(&mut self, token: usize) -> Turn {
        let Some(Place {
            owner,
            flow,
            source: Source::Datagrams(bound),
            ..
        }) = self.places.get_mut(token)
        else {
            return Turn::Over;
        };
        match bound.socket.receive(&mut self.buffer) {
            Ok((length, source)) => {
                bound.strikes = 0;
                self.stats.received += 1;
                let (id, flow) = (*owner, *flow);
                let now = self.clock.now();
                let bytes = self.buffer.get(..length).unwrap_or_default();
                if let Some(slot) = self.machines.get_mut(handle(id)) {
                    let input = Input::Datagram {
                        flow,
                        source,
                        bytes,
                    };
                    slot.machine.handle_input(now, input);
                }
                self.queue(id);
                self.touch(id);
                Turn::Told
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Turn::Over,
            Err(error) => {
                self.on_receive_error(token, &error);
                Turn::Again
            }
        }
    }

    fn on_receive_error(&mut self, token: usize, error: &io::Error) {
        if error.kind() == ErrorKind::Interrupted {
            return;
        }
        self.stats.receive_errors += 1;
        if is_about_a_peer(error.kind()) {
            return;
        }
        let Some(Place {
            owner,
            flow,
            source: Source::Datagrams(bound),
            ..
        }) = self.places.get_mut(token)
        else {
            return;
        };
        bound.strikes += 1;
        if bound.strikes >= STRIKES {
            let (id, flow) = (*owner, *flow);
            self.close(id, flow, CloseReason::Reset);
        }
    }
}

/// Whether an error on a shared socket is the network's answer to something sent to one peer.
fn is_about_a_peer(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
    )
}
