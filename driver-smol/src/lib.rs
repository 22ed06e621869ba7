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
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use async_io::Timer;
use offhook::{FlowId, Machine};

pub use crate::ciphers::RustCrypto;
use crate::hub::{Hub, Step, Until};
pub use crate::hub::{MachineId, Stats, StreamLimits};
pub use crate::listen::Listening;
pub use crate::multicast::Group;
pub use crate::names::NameService;
use crate::signals::{News, Signals};
use crate::sockets::Sockets;
pub use crate::tls::{ClientCertificates, TlsClient, TlsClientFiles, TlsServer, TlsServerFiles};

/// 32 bytes of entropy of the system's, to seed a machine with.
///
/// # Errors
/// The system has none to give.
pub fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}

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

    /// Takes a machine in and tells it the world's time.
    pub fn add(&mut self, machine: M) -> MachineId {
        self.hub.add(machine)
    }

    /// Gives a machine back and closes its sockets. `None` if it is not there.
    pub fn remove(&mut self, id: MachineId) -> Option<M> {
        self.hub.remove(id)
    }

    /// A machine, to be asked.
    #[must_use]
    pub fn machine(&self, id: MachineId) -> Option<&M> {
        self.hub.machine(id)
    }

    /// A machine, to be commanded; what it then has to send leaves with the next
    /// [`Driver::next_event`].
    pub fn machine_mut(&mut self, id: MachineId) -> Option<&mut M> {
        self.hub.machine_mut(id)
    }

    /// Binds a datagram socket for a machine, and tells it. Gives the flow and the address bound,
    /// which differs from `address` where that left the port to the system.
    ///
    /// # Errors
    /// What the system says, such as [`io::ErrorKind::AddrInUse`], with the address in the text;
    /// [`io::ErrorKind::NotFound`] if there is no such machine.
    pub fn bind_udp(
        &mut self,
        id: MachineId,
        address: SocketAddr,
    ) -> io::Result<(FlowId, SocketAddr)> {
        self.bind_datagrams(id, address, false)
    }

    /// As [`Driver::bind_udp`]; and where `address` is that of all interfaces, each address of this
    /// host at which a datagram comes in is a flow of its own, told with
    /// [`Input::Bound`](offhook::Input::Bound) before the first: what is sent on it leaves from
    /// there, so that an answer comes from where the question went (RFC 3581 §4). What is sent on
    /// the flow given here leaves from where the system likes.
    ///
    /// Linux and Android tell; on other systems this is [`Driver::bind_udp`].
    ///
    /// # Errors
    /// As of [`Driver::bind_udp`].
    pub fn bind_udp_apart(
        &mut self,
        id: MachineId,
        address: SocketAddr,
    ) -> io::Result<(FlowId, SocketAddr)> {
        self.bind_datagrams(id, address, address.ip().is_unspecified())
    }

    fn bind_datagrams(
        &mut self,
        id: MachineId,
        address: SocketAddr,
        apart: bool,
    ) -> io::Result<(FlowId, SocketAddr)> {
        let (socket, local) = socket::bind(address, apart)?;
        let flow = self
            .hub
            .attach(id, local, apart, |net, token| net.datagrams(socket, token))?;
        Ok((flow, local))
    }

    /// Lets a machine hear what is sent to a group at the port its socket is bound to.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::NotFound`] if the flow is no datagram socket of the
    /// machine.
    pub fn join(&mut self, id: MachineId, flow: FlowId, group: Group) -> io::Result<()> {
        group.join(&self.hub.settings(id, flow)?)
    }

    /// Undoes [`Driver::join`].
    ///
    /// # Errors
    /// As of [`Driver::join`].
    pub fn leave(&mut self, id: MachineId, flow: FlowId, group: Group) -> io::Result<()> {
        group.leave(&self.hub.settings(id, flow)?)
    }

    /// Sends what a machine has for groups on the interface of this one, to live for `hops` hops;
    /// until then it is the system's interface, and one hop.
    ///
    /// # Errors
    /// As of [`Driver::join`].
    pub fn send_to_groups(
        &mut self,
        id: MachineId,
        flow: FlowId,
        group: Group,
        hops: u8,
    ) -> io::Result<()> {
        group.send_on(hops, &self.hub.settings(id, flow)?)
    }

    /// Listens for connections for a machine, and tells it; each that comes in is a flow of its
    /// own. Gives the flow that closes the listener, and the address, as [`Driver::bind_udp`].
    ///
    /// # Errors
    /// As of [`Driver::bind_udp`].
    pub fn listen_tcp(
        &mut self,
        id: MachineId,
        address: SocketAddr,
    ) -> io::Result<(FlowId, SocketAddr)> {
        self.listen(id, address, Listening::Tcp)
    }

    /// As [`Driver::listen_tcp`], for connections that carry what `listening` says.
    ///
    /// # Errors
    /// As of [`Driver::bind_udp`].
    pub fn listen(
        &mut self,
        id: MachineId,
        address: SocketAddr,
        listening: Listening,
    ) -> io::Result<(FlowId, SocketAddr)> {
        let (socket, local) = socket::listen(address)?;
        let flow = self
            .hub
            .attach_listener(id, local, listening, |net, token| {
                net.listener(socket, token)
            })?;
        Ok((flow, local))
    }

    /// Sets how connections that machines ask for under TLS begin, from now on. Without it there
    /// are none: they are unreachable.
    pub fn set_tls_client(&mut self, client: TlsClient) {
        self.hub.tls = Some(client);
    }

    /// Sets what names are looked up with, for every machine there is and will be; sockets for it
    /// are bound once a name is asked for that needs them. Without it each question fails at once.
    ///
    /// # Errors
    /// The system has no entropy to give.
    pub fn set_name_service(&mut self, names: NameService) -> io::Result<()> {
        let seed = seed()?;
        self.hub.set_name_service(names, seed, Sockets::datagrams);
        Ok(())
    }

    /// Sets the bounds of connections, for those to come and those there are.
    pub fn set_stream_limits(&mut self, limits: StreamLimits) {
        self.hub.limits = limits;
    }

    /// The time as the machines know it: the `now` of every command.
    #[must_use]
    pub fn now(&self) -> offhook::Instant {
        self.hub.clock.now()
    }

    /// What was sent, received and lost so far.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.hub.stats
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
