//! Connections between machines: who is at which end, and how far each has come.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use offhook::{FlowId, Instant, PeerIdentity, Transport};

use super::world::CellId;

/// The first port connections leave from.
const PORTS: u16 = 49_152;

/// Names one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LinkId(u64);

/// Which end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Who asked for it.
    Asking,
    /// Who was asked.
    Asked,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Asking => Self::Asked,
            Self::Asked => Self::Asking,
        }
    }
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) cell: CellId,
    pub(super) flow: FlowId,
    pub(super) address: SocketAddr,
    /// It has not closed, and was not told that the other has.
    pub(super) open: bool,
    /// When the last of what is on its way here arrives: nothing overtakes it.
    pub(super) last: Instant,
}

/// One connection.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) transport: Transport,
    pub(super) to: SocketAddr,
    asking: End,
    asked: Option<End>,
    /// Nothing passes any more.
    pub(super) broken: bool,
}

impl Link {
    pub(super) const fn end(&self, side: Side) -> Option<&End> {
        match side {
            Side::Asking => Some(&self.asking),
            Side::Asked => self.asked.as_ref(),
        }
    }

    pub(super) const fn end_mut(&mut self, side: Side) -> Option<&mut End> {
        match side {
            Side::Asking => Some(&mut self.asking),
            Side::Asked => self.asked.as_mut(),
        }
    }

    /// What the certificate of who was asked says, under TLS: that it is who is at that address.
    pub(super) fn identity(&self) -> Option<PeerIdentity> {
        let host = match self.to.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        self.transport.is_secure().then(|| PeerIdentity {
            uris: vec![format!("sip:{host}")],
            is_verified: true,
            ..PeerIdentity::default()
        })
    }
}

/// Every connection there is.
#[derive(Default)]
pub(super) struct Links {
    links: BTreeMap<LinkId, Link>,
    ends: BTreeMap<(CellId, FlowId), (LinkId, Side)>,
    next: u64,
}

impl Links {
    pub(super) const fn new() -> Self {
        Self {
            links: BTreeMap::new(),
            ends: BTreeMap::new(),
            next: 0,
        }
    }

    /// Somebody at `host` asks for a connection; gives it and the address it leaves from.
    pub(super) fn ask(
        &mut self,
        (cell, flow): (CellId, FlowId),
        host: IpAddr,
        transport: Transport,
        to: SocketAddr,
        now: Instant,
    ) -> (LinkId, SocketAddr) {
        let id = LinkId(self.next);
        let offset = u16::try_from(self.next % 10_000).unwrap_or(0);
        self.next += 1;
        let address = SocketAddr::new(host, PORTS + offset);
        let asking = End {
            cell,
            flow,
            address,
            open: true,
            last: now,
        };
        let link = Link {
            transport,
            to,
            asking,
            asked: None,
            broken: false,
        };
        self.links.insert(id, link);
        self.ends.insert((cell, flow), (id, Side::Asking));
        (id, address)
    }

    /// Who was asked has taken it.
    pub(super) fn take(&mut self, id: LinkId, (cell, flow): (CellId, FlowId), now: Instant) {
        if let Some(link) = self.links.get_mut(&id) {
            link.asked = Some(End {
                cell,
                flow,
                address: link.to,
                open: true,
                last: now,
            });
            self.ends.insert((cell, flow), (id, Side::Asked));
        }
    }

    pub(super) fn get(&self, id: LinkId) -> Option<&Link> {
        self.links.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: LinkId) -> Option<&mut Link> {
        self.links.get_mut(&id)
    }

    /// The connection a flow of a machine is an end of.
    pub(super) fn at(&self, cell: CellId, flow: FlowId) -> Option<(LinkId, Side)> {
        self.ends.get(&(cell, flow)).copied()
    }

    /// The connections a machine has.
    pub(super) fn of(&self, cell: CellId) -> Vec<(LinkId, Side)> {
        let all = self.ends.iter().filter(|((of, _), _)| *of == cell);
        all.map(|(_, end)| *end).collect()
    }

    /// An end is closed; with both, the connection is forgotten. True if it was open.
    pub(super) fn close(&mut self, id: LinkId, side: Side) -> bool {
        let Some(link) = self.links.get_mut(&id) else {
            return false;
        };
        let Some(end) = link.end_mut(side) else {
            return false;
        };
        let was_open = std::mem::replace(&mut end.open, false);
        let key = (end.cell, end.flow);
        self.ends.remove(&key);
        let open = |side| link.end(side).is_some_and(|end| end.open);
        if !open(Side::Asking) && !open(Side::Asked) {
            self.links.remove(&id);
        }
        was_open
    }
}
