//! Runs [`offhook`] machines on async-io: sockets and a clock, one task, nothing else.
//!
//! A [`Driver`] holds any number of machines of one type (for several types, an enum that is a
//! machine itself), binds sockets, opens connections for them, secured ones too, looks names up
//! ([`NameService`]), and turns one round again and again: drain, wait, receive, time out. It takes
//! no decision about what is in a packet, runs on any executor, and does what its sister on mio does.
//!
//! ```no_run
//! # use offhook::{Input, Instant, Machine, Output};
//! # struct Echo;
//! # impl Machine for Echo {
//! #     type Event = ();
//! #     fn handle_input(&mut self, _: Instant, _: Input<'_>) {}
//! #     fn poll_output(&mut self, _: &mut Vec<u8>) -> Output<()> { Output::Wait(None) }
//! # }
//! # smol::block_on(async {
//! let mut driver = offhook_smol::Driver::new()?;
//! let id = driver.add(Echo);
//! let (_flow, _local) = driver.bind_udp(id, "127.0.0.1:5000".parse().unwrap())?;
//! while let Some((_id, _event)) = driver.next_event(None).await? {
//!     // React by a command: driver.machine_mut(id) …
//! }
//! # Ok::<(), std::io::Error>(())
//! # });
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
mod signals;
mod socket;
mod sockets;
mod tls;

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use async_io::Timer;
use offhook::Machine;

pub use crate::ciphers::RustCrypto;
pub use crate::commands::seed;
use crate::hub::{Hub, Step, Until};
pub use crate::hub::{MachineId, Stats, StreamLimits};
pub use crate::listen::Listening;
pub use crate::multicast::Group;
pub use crate::names::NameService;
use crate::signals::{News, Signals};
use crate::sockets::Sockets;
pub use crate::tls::{ClientCertificates, TlsClient, TlsClientFiles, TlsServer, TlsServerFiles};

/// Machines, their sockets and a clock, in one task.
pub struct Driver<M: Machine> {
    hub: Hub<M, Sockets>,
    signals: Arc<Signals>,
    timer: Timer,
    /// What `timer` is set to: no later than there is something to do.
    timer_at: Option<Instant>,
}

/// Makes [`Driver::next_event`] return from another task or thread.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Signals>);

impl Waker {
    /// Makes the current or the next [`Driver::next_event`] return `None` once it has nothing
    /// else to tell.
    ///
    /// # Errors
    /// None here; the sister driver has to ask the system.
    pub fn wake(&self) -> io::Result<()> {
        self.0.interrupt();
        Ok(())
    }
}

impl<M: Machine> Driver<M> {
    /// A driver without machines.
    ///
    /// # Errors
    /// None here; the sister driver has to ask the system.
    pub fn new() -> io::Result<Self> {
        let signals = Arc::<Signals>::default();
        Ok(Self {
            hub: Hub::new(Sockets::new(Arc::clone(&signals))),
            signals,
            timer: Timer::never(),
            timer_at: None,
        })
    }

    /// A handle by which other tasks and threads interrupt [`Driver::next_event`].
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.signals))
    }

    /// Runs the machines until one has an event; `None` when the deadline has come or a
    /// [`Waker`] was used. Without a deadline it may run for ever.
    ///
    /// The future may be dropped at any time, and nothing is lost: it can lose a race and be
    /// asked for anew.
    ///
    /// # Errors
    /// The selector failed.
    pub async fn next_event(
        &mut self,
        deadline: Option<Instant>,
    ) -> io::Result<Option<(MachineId, M::Event)>> {
        let mut waited = false;
        loop {
            let until = match self.hub.step() {
                Step::Event(id, event) => return Ok(Some((id, event))),
                Step::Wait(until) => until,
            };
            if waited {
                let is_late = deadline.is_some_and(|deadline| deadline <= Instant::now());
                if self.signals.was_interrupted() || is_late {
                    return Ok(None);
                }
            }
            self.wait(until, deadline).await?;
            waited = true;
            self.hub.begin_round();
        }
    }

    async fn wait(&mut self, until: Until, deadline: Option<Instant>) -> io::Result<()> {
        self.watch()?;
        let machines = match until {
            Until::Now => {
                // The other tasks of this executor have their turn, however busy the sockets.
                yield_once().await;
                return self.read_news();
            }
            Until::Deadline(at) => self.hub.clock.revert(at),
            Until::Forever => None,
        };
        let at = match (machines, deadline) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        // One that is set too early costs a look, and to move it with every packet costs more.
        if let Some(at) = at.filter(|at| self.timer_at.is_none_or(|set| *at < set)) {
            self.timer.set_at(at);
            self.timer_at = Some(at);
        }
        let (signals, timer, timer_at) = (&self.signals, &mut self.timer, &mut self.timer_at);
        poll_fn(|context| {
            // The task is named before the look, so that nothing falls between the two.
            signals.listen(context.waker());
            if signals.has_news() {
                return Poll::Ready(());
            }
            if Pin::new(&mut *timer).poll(context).is_ready() {
                *timer_at = None;
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
        self.read_news()
    }

    /// Asks to be told of the sockets that have come to block.
    fn watch(&mut self) -> io::Result<()> {
        while let Some(token) = self.signals.next_unwatched() {
            if let Some((_, socket)) = self.hub.socket_mut(token) {
                socket.watch_reads()?;
            }
        }
        while let Some(token) = self.hub.next_turned() {
            self.watch_writes(token)?;
        }
        Ok(())
    }

    fn watch_writes(&mut self, token: usize) -> io::Result<()> {
        while self.hub.is_blocked(token) {
            match self.hub.socket_mut(token) {
                Some((_, socket)) if socket.watch_writes()? => self.hub.on_writable(token),
                Some(_) | None => break,
            }
        }
        Ok(())
    }

    fn read_news(&mut self) -> io::Result<()> {
        while let Some(news) = self.signals.next_news() {
            match news {
                News::Readable(token) => self.hub.on_readable(token),
                News::Writable(token) => {
                    self.hub.on_writable(token);
                    self.watch_writes(token)?;
                }
            }
        }
        Ok(())
    }
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl<M: Machine> fmt::Debug for Driver<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Driver");
        debug
            .field("stats", &self.hub.stats)
            .finish_non_exhaustive()
    }
}
