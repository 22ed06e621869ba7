//! Datagram sockets: one for all peers, so that an error about one of them closes nothing.

use std::io::{self, ErrorKind};
use std::mem;
use std::net::{IpAddr, SocketAddr};

use offhook::{CloseReason, FlowId, Input, Instant, Machine, Transport};
use socket2::SockRef;

use super::machines::{MachineId, handle};
use super::place::{Place, Source};
use super::{Hub, Turn};
use crate::net::{DatagramSocket, Net, Path, Shape};
use crate::outbox::{Outbox, Sent};

/// Unknown errors in a row after which a socket is given up.
pub(super) const STRIKES: u32 = 64;
/// Addresses of one socket that are flows of their own; what comes in at one more is the socket's.
pub(super) const ADDRESSES: usize = 64;

/// A bound datagram socket.
pub(crate) struct Datagrams<S> {
    pub(crate) socket: S,
    pub(super) local: SocketAddr,
    shape: Shape,
    /// The flow of each address at which something came in, where they are told apart.
    addresses: Vec<(IpAddr, FlowId)>,
    /// It had no more when it was read last, and has not been heard of since.
    is_drained: bool,
    pub(super) outbox: Outbox,
    strikes: u32,
}

impl<S> Datagrams<S> {
    fn new(socket: S, local: SocketAddr, apart: bool) -> Self {
        Self {
            socket,
            local,
            shape: Shape {
                is_ipv6: local.is_ipv6(),
                is_told_apart: apart,
            },
            addresses: Vec::new(),
            is_drained: false,
            outbox: Outbox::default(),
            strikes: 0,
        }
    }

    /// The selector speaks of it.
    pub(super) fn on_readable(&mut self) {
        self.is_drained = false;
    }

    /// The address that is a flow of its own by this name.
    fn address_of(&self, flow: FlowId) -> Option<IpAddr> {
        let mut addresses = self.addresses.iter();
        let (address, _) = addresses.find(|(_, known)| *known == flow)?;
        Some(*address)
    }
}

impl<M: Machine, N: Net> Hub<M, N> {
    /// Gives a socket to a machine, which is told so. With `apart` its addresses are flows of
    /// their own.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such machine; what `open` says of its token.
    pub(crate) fn attach(
        &mut self,
        id: MachineId,
        local: SocketAddr,
        apart: bool,
        open: impl FnOnce(&N, usize) -> io::Result<N::Datagrams>,
    ) -> io::Result<FlowId> {
        self.attach_bound(id, Transport::Udp, local, |net, token| {
            let socket = open(net, token)?;
            Ok(Source::Datagrams(Datagrams::new(socket, local, apart)))
        })
    }

    /// What is set seldom on the datagram socket of a flow.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the flow is none.
    pub(crate) fn settings(&self, id: MachineId, flow: FlowId) -> io::Result<SockRef<'_>> {
        let slot = self.machines.get(handle(id));
        let token = slot.and_then(|slot| slot.flows.get(&flow));
        match token.and_then(|token| Some(&self.places.get(*token)?.source)) {
            Some(Source::Datagrams(bound)) => bound.socket.settings(),
            Some(Source::Connection(_) | Source::Listener(_)) | None => Err(io::Error::new(
                ErrorKind::NotFound,
                "no such datagram socket",
            )),
        }
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

    /// Sends the lent bytes as one datagram, from the address that is the flow.
    pub(super) fn transmit_datagram(&mut self, token: usize, flow: FlowId, to: SocketAddr) {
        let Some(Place {
            owner,
            source: Source::Datagrams(bound),
            ..
        }) = self.places.get_mut(token)
        else {
            return;
        };
        let id = *owner;
        let from = bound.address_of(flow);
        let (socket, was_blocked) = (&bound.socket, !bound.outbox.is_empty());
        let attempt = |bytes: &[u8], path| socket.send(bytes, path);
        match bound.outbox.send(&self.bytes, Path { from, to }, attempt) {
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
            |bytes, path| socket.send(bytes, path),
            |path, result| match result {
                Ok(()) => stats.sent += 1,
                Err(error) => stats.refuse(path.to, &error),
            },
        );
        if bound.outbox.is_empty() {
            self.turned.push(token);
        }
    }

    /// Takes the next datagram, and with it, if there is none in hand, as many as there are but
    /// for those beyond the budget.
    pub(super) fn receive_datagram(&mut self, token: usize, budget: usize) -> Turn {
        let Some(place) = self.places.get_mut(token) else {
            return Turn::Over;
        };
        let id = place.owner;
        let Source::Datagrams(bound) = &mut place.source else {
            return Turn::Over;
        };
        if self.batch.is_empty() {
            if mem::take(&mut bound.is_drained) {
                return Turn::Over;
            }
            let (socket, shape) = (&bound.socket, bound.shape);
            match socket.receive(shape, &mut self.batch, budget) {
                Ok(is_drained) => bound.is_drained = is_drained,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Over,
                Err(error) => {
                    self.on_receive_error(token, &error);
                    return Turn::Again;
                }
            }
            bound.strikes = 0;
            self.in_hand = token;
        }
        let Some(arrival) = self.batch.peek() else {
            return Turn::Over;
        };
        self.stats.received += 1;
        let now = self.clock.now();
        let flow = self.flow_hit(token, now, arrival.hit);
        let bytes = self.batch.take();
        if let (Some(flow), Some(slot)) = (flow, self.machines.get_mut(handle(id))) {
            let input = Input::Datagram {
                flow,
                source: arrival.source,
                bytes,
            };
            slot.machine.handle_input(now, input);
        }
        self.queue(id);
        self.touch(id);
        Turn::Told
    }

    /// The flow of what came in at an address; a machine is told of a new one.
    fn flow_hit(&mut self, token: usize, now: Instant, hit: Option<IpAddr>) -> Option<FlowId> {
        let place = self.places.get_mut(token)?;
        let Source::Datagrams(bound) = &mut place.source else {
            return None;
        };
        let Some(address) = hit.filter(|_| bound.shape.is_told_apart) else {
            return Some(place.flow);
        };
        let mut known = bound.addresses.iter();
        if let Some((_, flow)) = known.find(|(known, _)| *known == address) {
            return Some(*flow);
        }
        if bound.addresses.len() >= ADDRESSES {
            return Some(place.flow);
        }
        let id = place.owner;
        let slot = self.machines.get_mut(handle(id))?;
        let flow = slot.mint();
        slot.flows.insert(flow, token);
        bound.addresses.push((address, flow));
        let local = SocketAddr::new(address, bound.local.port());
        let input = Input::Bound {
            flow,
            transport: Transport::Udp,
            local,
        };
        self.deliver(id, now, input);
        Some(flow)
    }

    /// A flow is closed: if it is one address of a socket, what comes in there is the socket's
    /// from now on. Whether it is.
    pub(super) fn close_address(&mut self, token: usize, flow: FlowId) -> bool {
        let Some(place) = self.places.get_mut(token) else {
            return false;
        };
        let Source::Datagrams(bound) = &mut place.source else {
            return false;
        };
        if flow == place.flow {
            return false;
        }
        let mut addresses = bound.addresses.iter_mut();
        match addresses.find(|(_, known)| *known == flow) {
            Some((_, known)) => {
                *known = place.flow;
                true
            }
            None => false,
        }
    }

    /// A socket is closed: the flows that its addresses were, which end with it.
    pub(super) fn addresses_closed(&mut self, id: MachineId, token: usize) -> Vec<FlowId> {
        let Some(place) = self.places.get(token) else {
            return Vec::new();
        };
        let (flow, Source::Datagrams(bound)) = (place.flow, &place.source) else {
            return Vec::new();
        };
        let mut flows: Vec<_> = bound.addresses.iter().map(|(_, flow)| *flow).collect();
        flows.retain(|known| *known != flow);
        if let Some(slot) = self.machines.get_mut(handle(id)) {
            for flow in &flows {
                slot.flows.remove(flow);
            }
        }
        flows
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
