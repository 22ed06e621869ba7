//! Runs [`offhook`] machines on mio: sockets and a clock, one thread, nothing else.
//!
//! A [`Driver`] holds any number of machines of one type (for several types, an enum that is a
//! machine itself), binds sockets, opens connections for them, secured ones too, looks names up
//! ([`NameService`]), and turns one round again and again: drain, wait, receive, time out. It takes
//! no decision about what is in a packet.
//!
//! ```no_run
//! # use offhook::{Input, Instant, Machine, Output};
//! # struct Echo;
//! # impl Machine for Echo {
//! #     type Event = ();
//! #     fn handle_input(&mut self, _: Instant, _: Input<'_>) {}
//! #     fn poll_output(&mut self, _: &mut Vec<u8>) -> Output<()> { Output::Wait(None) }
//! # }
//! let mut driver = offhook_mio::Driver::new()?;
//! let id = driver.add(Echo);
//! let (_flow, _local) = driver.bind_udp(id, "127.0.0.1:5000".parse().unwrap())?;
//! while let Some((_id, _event)) = driver.next_event(None)? {
//!     // React by a command: driver.machine_mut(id) …
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod batch;
mod ciphers;
mod clock;
mod commands;
mod hub;
mod listen;
mod multicast;
mod names;
mod net;
mod outbox;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod packets;
mod pipe;
mod socket;
mod sockets;
mod tls;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use offhook::Machine;

pub use crate::ciphers::RustCrypto;
pub use crate::commands::seed;
use crate::hub::{Hub, Step, Until};
pub use crate::hub::{MachineId, Stats, StreamLimits};
pub use crate::listen::Listening;
pub use crate::multicast::Group;
pub use crate::names::NameService;
use crate::sockets::Sockets;
pub use crate::tls::{ClientCertificates, TlsClient, TlsClientFiles, TlsServer, TlsServerFiles};

const WAKE: Token = Token(usize::MAX);
const EVENTS_AT_ONCE: usize = 1024;

/// Machines, their sockets and a clock, in one thread.
pub struct Driver<M: Machine> {
    hub: Hub<M, Sockets>,
    poll: Poll,
    events: Events,
    waker: Arc<mio::Waker>,
    woken: bool,
}

/// Makes [`Driver::next_event`] return from another thread.
#[derive(Clone, Debug)]
pub struct Waker(Arc<mio::Waker>);

impl Waker {
    /// Makes the current or the next [`Driver::next_event`] return `None` once it has nothing
    /// else to tell.
    ///
    /// # Errors
    /// The system refused; the driver may be gone.
    pub fn wake(&self) -> io::Result<()> {
        self.0.wake()
    }
}

impl<M: Machine> Driver<M> {
    /// A driver without machines.
    ///
    /// # Errors
    /// The system has no selector to give.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(mio::Waker::new(poll.registry(), WAKE)?);
        let sockets = Sockets::new(poll.registry().try_clone()?);
        Ok(Self {
            hub: Hub::new(sockets),
            poll,
            events: Events::with_capacity(EVENTS_AT_ONCE),
            waker,
            woken: false,
        })
    }

    /// A handle by which other threads interrupt [`Driver::next_event`].
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.waker))
    }

    /// Runs the machines until one has an event; `None` when the deadline has come or a
    /// [`Waker`] was used. Without a deadline it may run for ever.
    ///
    /// # Errors
    /// The selector failed.
    pub fn next_event(
        &mut self,
        deadline: Option<Instant>,
    ) -> io::Result<Option<(MachineId, M::Event)>> {
        let mut waited = false;
        loop {
            let until = match self.hub.step() {
                Step::Event(id, event) => return Ok(Some((id, event))),
                Step::Wait(until) => until,
            };
            let is_late = deadline.is_some_and(|deadline| deadline <= Instant::now());
            if waited && (self.woken || is_late) {
                self.woken = false;
                return Ok(None);
            }
            self.wait(until, deadline)?;
            waited = true;
            self.hub.begin_round();
        }
    }

    fn wait(&mut self, until: Until, deadline: Option<Instant>) -> io::Result<()> {
        while let Some(token) = self.hub.next_turned() {
            let writes = self.hub.is_blocked(token);
            if let Some((sockets, socket)) = self.hub.socket_mut(token) {
                sockets.watch_writes(socket, token, writes)?;
            }
        }
        let now = self.hub.clock.now();
        let machines = match until {
            Until::Now => Some(Duration::ZERO),
            Until::Deadline(at) => Some(at.saturating_duration_since(now)),
            Until::Forever => None,
        };
        let own = deadline.map(|at| self.hub.clock.convert(at).saturating_duration_since(now));
        let timeout = match (machines, own) {
            _ if self.woken => Some(Duration::ZERO),
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        match self.poll.poll(&mut self.events, timeout.map(round_up)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            Err(_) => self.events.clear(),
            Ok(()) => {}
        }
        for event in &self.events {
            if event.token() == WAKE {
                self.woken = true;
                continue;
            }
            if event.is_writable() {
                self.hub.on_writable(event.token().0);
            }
            // An error is fetched by receiving, like a packet.
            if event.is_readable() || event.is_error() || event.is_read_closed() {
                self.hub.on_readable(event.token().0);
            }
        }
        Ok(())
    }
}

/// Whole milliseconds, which is what selectors count in: a wait cut short would end just before
/// the deadline and spin until it.
fn round_up(timeout: Duration) -> Duration {
    let millis = timeout.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

impl<M: Machine> fmt::Debug for Driver<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Driver");
        debug
            .field("stats", &self.hub.stats)
            .finish_non_exhaustive()
    }
}
