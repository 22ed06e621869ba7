//! Connections in a world: how one is asked for, carries bytes, and ends.

use std::net::SocketAddr;
use std::time::Duration;

use offhook::trace::Packet;
use offhook::{CloseReason, FlowId, Input, PeerIdentity, Transport};

use super::links::{LinkId, Side};
use super::network::Passage;
use super::promise::Violation;
use super::subject::Subject;
use super::world::{Arriving, CellId, World};

/// How long who asks for a connection waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl<S: Subject> World<S> {
    /// A connection that was asked for reaches whoever listens there.
    pub(super) fn on_asked(&mut self, id: LinkId) -> Result<(), Violation> {
        let Some(link) = self.links.get(id) else {
            return Ok(());
        };
        let (transport, to) = (link.transport, link.to);
        let Some(from) = link.end(Side::Asking).map(|end| end.address) else {
            return Ok(());
        };
        let listener = self.listeners.get(&(transport, to)).copied();
        let asked = listener.map_or(u64::MAX, |cell| cell.0 as u64);
        let refused = self.network.refuses(self.now, asked);
        let listener = listener.filter(|_| !refused).and_then(|cell| {
            let found = self.cells.get_mut(cell.0)?.as_mut()?;
            found.listens(transport, to).then(|| (cell, found.mint()))
        });
        let back = self.network.reach(self.now, to, from);
        let up = listener.is_some();
        self.schedule(back, Arriving::Answered(id, up));
        let Some((cell, flow)) = listener else {
            return Ok(());
        };
        self.links.take(id, (cell, flow), self.now);
        if let Some(end) = self
            .links
            .get_mut(id)
            .and_then(|link| link.end_mut(Side::Asking))
        {
            end.last = back;
        }
        self.connected(cell, flow, transport, (to, from), None)
    }

    /// And who asked is told what came of it.
    pub(super) fn on_answered(&mut self, id: LinkId, up: bool) -> Result<(), Violation> {
        let Some(link) = self.links.get(id) else {
            return Ok(());
        };
        let (transport, to, identity) = (link.transport, link.to, link.identity());
        let Some(end) = link.end(Side::Asking).copied().filter(|end| end.open) else {
            return Ok(());
        };
        if up {
            let identity = identity.as_ref();
            return self.connected(end.cell, end.flow, transport, (end.address, to), identity);
        }
        self.moods.harm(self.now);
        self.links.close(id, Side::Asking);
        let (flow, reason) = (end.flow, CloseReason::Unreachable);
        self.input(end.cell, Input::Closed { flow, reason })
    }

    fn connected(
        &mut self,
        cell: CellId,
        flow: FlowId,
        transport: Transport,
        (local, peer): (SocketAddr, SocketAddr),
        identity: Option<&PeerIdentity>,
    ) -> Result<(), Violation> {
        let input = Input::Connected {
            flow,
            transport,
            local,
            peer,
            identity,
        };
        self.input(cell, input)
    }

    pub(super) fn on_ended(
        &mut self,
        id: LinkId,
        side: Side,
        reason: CloseReason,
    ) -> Result<(), Violation> {
        let end = self.links.get(id).and_then(|link| link.end(side)).copied();
        let Some(end) = end.filter(|_| self.links.close(id, side)) else {
            return Ok(());
        };
        let flow = end.flow;
        self.input(end.cell, Input::Closed { flow, reason })
    }

    /// One end leaves a connection: the other hears of it after all that is on its way there.
    pub(super) fn part(&mut self, id: LinkId, side: Side, reason: CloseReason) {
        let Some(link) = self.links.get(id) else {
            return;
        };
        let (from, to) = (link.end(side).copied(), link.end(side.other()).copied());
        self.links.close(id, side);
        if let (Some(from), Some(to)) = (from, to) {
            let at = self.network.reach(self.now, from.address, to.address);
            let at = at.max(to.last);
            self.schedule(at, Arriving::Ended(id, side.other(), reason));
        }
    }

    pub(super) fn connect(
        &mut self,
        id: CellId,
        flow: FlowId,
        peer: SocketAddr,
        transport: Transport,
    ) {
        let Some(cell) = self.cells.get(id.0).and_then(Option::as_ref) else {
            return;
        };
        let (name, home) = (cell.name().to_owned(), cell.home(peer));
        // Nobody can leave from nowhere; whoever tries gets no answer but that.
        let host = home.unwrap_or(peer.ip());
        let asking = (id, flow);
        let (link, address) = self.links.ask(asking, host, transport, peer, self.now);
        self.transcript.name(&name, address);
        let at = self.network.reach(self.now, address, peer);
        if home.is_none() || at > self.now + PATIENCE {
            let at = self.now + PATIENCE;
            self.schedule(at, Arriving::Answered(link, false));
        } else {
            self.schedule(at, Arriving::Asked(link));
        }
    }

    pub(super) fn write(&mut self, id: CellId, flow: FlowId, bytes: Vec<u8>) {
        let Some((id, side)) = self.links.at(id, flow) else {
            return;
        };
        let Some(link) = self.links.get_mut(id) else {
            return;
        };
        let other = side.other();
        let (Some(from), Some(to)) = (link.end(side).copied(), link.end(other).copied()) else {
            return;
        };
        if link.broken || !to.open {
            self.moods.harm(self.now);
        }
        if link.broken {
            return;
        }
        let transport = link.transport;
        let passage = self
            .network
            .stream(self.now, from.address, to.address, &bytes);
        if self.record {
            self.transcript.push(Packet {
                at: self.now,
                transport,
                source: from.address,
                destination: to.address,
                lost: matches!(passage, Passage::Reset(..)) || !to.open,
                length: bytes.len(),
                bytes,
            });
        }
        let (parts, breaks) = match passage {
            Passage::Parts(parts) => (parts, None),
            Passage::Reset(parts, at) => (parts, Some(at)),
        };
        let mut last = to.last;
        for (at, part) in parts {
            last = last.max(at);
            self.schedule(last, Arriving::Bytes(id, other, part));
        }
        let link = self.links.get_mut(id);
        if let Some(link) = link {
            link.broken = breaks.is_some();
            if let Some(end) = link.end_mut(other) {
                end.last = last;
            }
        }
        if let Some(at) = breaks {
            let at = at.max(last);
            self.moods.harm(at);
            for side in [Side::Asking, Side::Asked] {
                self.schedule(at, Arriving::Ended(id, side, CloseReason::Reset));
            }
        }
    }
}

#[cfg(test)]
mod tests;
