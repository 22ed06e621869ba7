//! Listeners: where connections come in, up to a bound.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use offhook::timers::TimerId;
use offhook::{FlowId, Machine};

use super::connections::{Connection, Stage};
use super::machines::MachineId;
use super::place::{Place, Source};
use super::{Due, Hub, Turn};
use crate::listen::Listening;
use crate::net::{Net, StreamSocket as _};
use crate::pipe::Pipe;

/// How long a listener rests when the system has nothing left to accept with.
const REST: Duration = Duration::from_millis(100);

/// Where connections come in.
pub(crate) struct Listener<L> {
    pub(crate) socket: L,
    pub(super) local: SocketAddr,
    listening: Listening,
    pub(super) rest: Option<TimerId<Due>>,
}

impl<M: Machine, N: Net> Hub<M, N> {
    /// Gives a listener to a machine, which is told so.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such machine; what `open` says of its token.
    pub(crate) fn attach_listener(
        &mut self,
        id: MachineId,
        local: SocketAddr,
        listening: Listening,
        open: impl FnOnce(&N, usize) -> io::Result<N::Listener>,
    ) -> io::Result<FlowId> {
        self.attach_bound(id, listening.transport(), local, |net, token| {
            Ok(Source::Listener(Listener {
                socket: open(net, token)?,
                local,
                listening,
                rest: None,
            }))
        })
    }

    /// Takes the next connection that came in.
    pub(super) fn accept(&mut self, token: usize) -> Turn {
        let next_token = self.places.next_token();
        let Some(Place {
            owner,
            source: Source::Listener(listener),
            ..
        }) = self.places.get_mut(token)
        else {
            return Turn::Over;
        };
        let owner = *owner;
        match self.net.accept(&listener.socket, next_token) {
            Ok((socket, peer)) => {
                let (local, listening) = (listener.local, listener.listening.clone());
                self.welcome(owner, socket, (local, peer), listening)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Turn::Over,
            // It was gone before it was taken.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted
                        | ErrorKind::ConnectionReset
                        | ErrorKind::Interrupted
                ) =>
            {
                Turn::Again
            }
            Err(_) => {
                // No descriptors, no memory: asking again at once would ask for ever.
                let at = self.clock.now() + REST;
                let timer = self.timers.arm(at, Due::Place(token));
                if let Some(before) = listener.rest.replace(timer) {
                    self.timers.cancel(before);
                }
                Turn::Over
            }
        }
    }

    fn welcome(
        &mut self,
        owner: MachineId,
        socket: N::Stream,
        (local, peer): (SocketAddr, SocketAddr),
        listening: Listening,
    ) -> Turn {
        if self.accepted >= self.limits.accepted {
            self.stats.turned_away += 1;
            return Turn::Again;
        }
        let Ok(session) = listening.session() else {
            self.stats.failed += 1;
            return Turn::Again;
        };
        let local = socket.local().unwrap_or(local);
        let Some(slot) = self.slot_mut(owner) else {
            return Turn::Over;
        };
        let flow = slot.mint();
        let transport = listening.transport();
        let connection = Connection {
            pipe: Pipe::new(socket, session),
            stage: Stage::Handshaking,
            transport,
            local,
            peer,
            accepted: true,
            patience: None,
        };
        self.accepted += 1;
        let token = self.occupy(Place {
            owner,
            flow,
            readable: false,
            source: Source::Connection(connection),
        });
        self.wait_at_most(token, self.limits.opening);
        self.shake_hands(token);
        Turn::Told
    }
}
