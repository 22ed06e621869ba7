//! The servers that have asked for less (RFC 7339 §5.4).

use alloc::collections::BTreeMap;
use core::net::SocketAddr;

use super::category::Category;
use super::control::Control;
use crate::rng::Rng;
use crate::sip::header::Overload;
use crate::time::Instant;

/// What is held back, by the address and port of the server (§5.4).
pub(crate) struct Throttle {
    servers: BTreeMap<SocketAddr, Control>,
    capacity: usize,
}

impl Throttle {
    /// Nobody has asked for anything; at most `capacity` servers are remembered.
    pub(crate) const fn new(capacity: usize) -> Self {
        Self {
            servers: BTreeMap::new(),
            capacity,
        }
    }

    /// Takes what the response of a server says.
    pub(crate) fn on_response(&mut self, now: Instant, server: SocketAddr, wish: &Overload<'_>) {
        self.forget_if_over(now, server);
        if let Some(control) = self.servers.get_mut(&server) {
            control.update(now, wish);
        } else if let Some(control) = Control::new(now, wish) {
            self.make_room(now);
            if self.servers.len() < self.capacity {
                self.servers.insert(server, control);
            }
        }
    }

    /// Whether a request may go to a server (§5.5).
    pub(crate) fn admits(
        &mut self,
        now: Instant,
        server: SocketAddr,
        category: Category,
        rng: &mut Rng,
    ) -> bool {
        self.forget_if_over(now, server);
        match self.servers.get_mut(&server) {
            Some(control) => control.admits(now, category, rng),
            None => true,
        }
    }

    /// §5.7: a wish ends by itself.
    fn forget_if_over(&mut self, now: Instant, server: SocketAddr) {
        let control = self.servers.get(&server);
        if control.is_some_and(|control| control.until() <= now) {
            self.servers.remove(&server);
        }
    }

    /// The wishes that are over make room, and then the one that will be over first.
    fn make_room(&mut self, now: Instant) {
        if self.servers.len() < self.capacity {
            return;
        }
        self.servers.retain(|_, control| control.until() > now);
        if self.servers.len() < self.capacity {
            return;
        }
        let ends_first = self
            .servers
            .iter()
            .min_by_key(|(_, control)| control.until());
        if let Some((server, _)) = ends_first {
            let server = *server;
            self.servers.remove(&server);
        }
    }
}
