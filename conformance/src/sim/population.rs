//! Machines come to a world and leave it.

use std::net::SocketAddr;

use offhook::{CloseReason, Transport};

use super::cell::Cell;
use super::promise::Violation;
use super::subject::Subject;
use super::world::{CellId, World};

impl<S: Subject> World<S> {
    /// Adds a machine, tells it the wall clock and binds its sockets.
    ///
    /// # Errors
    /// A promise broken on the way.
    ///
    /// # Panics
    /// On a description that stands for no machine.
    pub fn add(
        &mut self,
        name: &str,
        description: &str,
        addresses: &[SocketAddr],
    ) -> Result<CellId, Violation> {
        let cell = Cell::new(name, description, self.record);
        let mut cell = cell
            .unwrap_or_else(|wrong| panic!("cannot build {name} from `{description}`: {wrong}"));
        if !self.twins {
            cell.part_from_twin();
        }
        self.cells.push(Some(cell));
        let id = CellId(self.cells.len() - 1);
        self.tell_wall_clock(id, 0)?;
        for address in addresses {
            self.transcript.name(name, *address);
            self.places.insert(*address, id);
            let now = self.now;
            if let Some(cell) = self.cells[id.0].as_mut() {
                let outcomes = cell.bind(now, Transport::Udp, *address)?;
                cell.look()?;
                self.take(id, outcomes);
            }
        }
        Ok(id)
    }

    /// Keeps the place of a machine that does not come.
    pub fn add_nobody(&mut self) -> CellId {
        self.cells.push(None);
        CellId(self.cells.len() - 1)
    }

    /// Lets a machine listen for connections.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn listen(
        &mut self,
        id: CellId,
        transport: Transport,
        address: SocketAddr,
    ) -> Result<(), Violation> {
        let Some(cell) = self.cells.get_mut(id.0).and_then(Option::as_mut) else {
            return Ok(());
        };
        let now = cell.clock(self.now);
        self.transcript.name(cell.name(), address);
        self.listeners.insert((transport, address), id);
        let outcomes = cell.bind(now, transport, address)?;
        cell.look()?;
        self.take(id, outcomes);
        Ok(())
    }

    /// Takes a machine away without a word, as a crash does; its system breaks its connections.
    /// Its address stays empty.
    pub fn kill(&mut self, id: CellId) -> Option<Cell<S>> {
        self.moods.harm(self.now);
        self.places.retain(|_, place| *place != id);
        self.listeners.retain(|_, place| *place != id);
        for (link, side) in self.links.of(id) {
            self.part(link, side, CloseReason::Reset);
        }
        self.cells.get_mut(id.0)?.take()
    }

    /// A machine stops dead and comes back where it was, as `description` has it, with nothing of
    /// what it knew.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn restart(&mut self, id: CellId, description: &str) -> Result<CellId, Violation> {
        let here = |place: &&CellId| **place == id;
        let places = self.places.iter().filter(|(_, place)| here(place));
        let places: Vec<SocketAddr> = places.map(|(address, _)| *address).collect();
        let listeners = self.listeners.iter().filter(|(_, place)| here(place));
        let listeners: Vec<_> = listeners.map(|(listener, _)| *listener).collect();
        let name = self.cell(id).map_or("", Cell::name).to_owned();
        self.kill(id);
        let again = self.add(&name, description, &places)?;
        for (transport, address) in listeners {
            self.listen(again, transport, address)?;
        }
        Ok(again)
    }
}
