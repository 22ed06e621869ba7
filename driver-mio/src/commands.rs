//! What an application asks a driver for, machine by machine; both drivers share this file.

use std::io;
use std::net::SocketAddr;

use offhook::{FlowId, Machine};

use crate::hub::{MachineId, Stats, StreamLimits};
use crate::listen::Listening;
use crate::multicast::Group;
use crate::names::NameService;
use crate::sockets::Sockets;
use crate::tls::TlsClient;
use crate::{Driver, socket};

/// 32 bytes of entropy of the system's, to seed a machine with.
///
/// # Errors
/// The system has none to give.
pub fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}

impl<M: Machine> Driver<M> {
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
}
