//! The table of sockets: whose each is, and what it carries.

use std::net::SocketAddr;

use offhook::FlowId;

use super::connections::Connection;
use super::datagrams::Datagrams;
use super::listeners::Listener;
use super::machines::MachineId;
use crate::net::Net;

/// One socket and whose it is.
pub(crate) struct Place<N: Net> {
    pub(crate) owner: MachineId,
    pub(crate) flow: FlowId,
    /// Stands in the queue of those that may be read.
    pub(crate) readable: bool,
    pub(crate) source: Source<N>,
}

/// The three kinds of sockets.
pub(crate) enum Source<N: Net> {
    Datagrams(Datagrams<N::Datagrams>),
    Connection(Connection<N::Stream>),
    Listener(Listener<N::Listener>),
}

/// The sockets by their tokens.
pub(crate) struct Places<N: Net> {
    places: Vec<Option<Place<N>>>,
    free: Vec<usize>,
}

impl<N: Net> Source<N> {
    /// The address it is bound to, which a connection is not by itself.
    pub(crate) const fn bound_to(&self) -> Option<SocketAddr> {
        match self {
            Self::Datagrams(bound) => Some(bound.local),
            Self::Listener(listener) => Some(listener.local),
            Self::Connection(_) => None,
        }
    }
}

impl<N: Net> Places<N> {
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    /// The token the next socket will have.
    pub(crate) fn next_token(&self) -> usize {
        self.free.last().copied().unwrap_or(self.places.len())
    }

    /// Puts a socket in the table, at [`Places::next_token`].
    pub(crate) fn insert(&mut self, place: Place<N>) -> usize {
        let token = self.free.pop().unwrap_or(self.places.len());
        match self.places.get_mut(token) {
            Some(empty) => *empty = Some(place),
            None => self.places.push(Some(place)),
        }
        token
    }

    pub(crate) fn get(&self, token: usize) -> Option<&Place<N>> {
        self.places.get(token)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, token: usize) -> Option<&mut Place<N>> {
        self.places.get_mut(token)?.as_mut()
    }

    pub(crate) fn connection_mut(&mut self, token: usize) -> Option<&mut Connection<N::Stream>> {
        match &mut self.get_mut(token)?.source {
            Source::Connection(connection) => Some(connection),
            Source::Datagrams(_) | Source::Listener(_) => None,
        }
    }

    pub(crate) fn remove(&mut self, token: usize) -> Option<Place<N>> {
        let place = self.places.get_mut(token)?.take()?;
        self.free.push(token);
        Some(place)
    }
}
