//! Sockets that are watched by async-io's reactor.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;

use async_io::Async;
use socket2::SockRef;

use crate::net::{DatagramSocket, Net, Path, Socket, StreamSocket};
use crate::signals::{Signals, Watched};
use crate::socket;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::{batch::Batch, net::Shape, packets};

/// Puts sockets under watch, on behalf of one driver.
pub(crate) struct Sockets {
    signals: Arc<Signals>,
}

impl Sockets {
    pub(crate) const fn new(signals: Arc<Signals>) -> Self {
        Self { signals }
    }

    pub(crate) fn datagrams(
        &self,
        socket: UdpSocket,
        token: usize,
    ) -> io::Result<Watched<UdpSocket>> {
        let socket = Async::new_nonblocking(socket)?;
        Ok(Watched::new(socket, &self.signals, token))
    }

    pub(crate) fn listener(
        &self,
        socket: TcpListener,
        token: usize,
    ) -> io::Result<Watched<TcpListener>> {
        let socket = Async::new_nonblocking(socket)?;
        Ok(Watched::new(socket, &self.signals, token))
    }

    fn stream(&self, socket: TcpStream, token: usize) -> io::Result<Watched<TcpStream>> {
        let socket = Async::new_nonblocking(socket)?;
        Ok(Watched::new(socket, &self.signals, token))
    }
}

impl Net for Sockets {
    type Datagrams = Watched<UdpSocket>;
    type Stream = Watched<TcpStream>;
    type Listener = Watched<TcpListener>;

    fn connect(
        &self,
        from: Option<IpAddr>,
        peer: SocketAddr,
        token: usize,
    ) -> io::Result<Self::Stream> {
        self.stream(socket::connect(from, peer)?, token)
    }

    fn accept(
        &self,
        listener: &Self::Listener,
        token: usize,
    ) -> io::Result<(Self::Stream, SocketAddr)> {
        let (stream, peer) = listener.read(TcpListener::accept)?;
        socket::accepted(&stream)?;
        Ok((self.stream(stream, token)?, peer))
    }
}

impl Socket<'_, Sockets> {
    /// As [`Watched::watch_reads`].
    pub(crate) fn watch_reads(&self) -> io::Result<()> {
        match self {
            Self::Datagrams(socket) => socket.watch_reads(),
            Self::Stream(socket) => socket.watch_reads(),
            Self::Listener(socket) => socket.watch_reads(),
        }
    }

    /// As [`Watched::watch_writes`].
    pub(crate) fn watch_writes(&self) -> io::Result<bool> {
        match self {
            Self::Datagrams(socket) => socket.watch_writes(),
            Self::Stream(socket) => socket.watch_writes(),
            Self::Listener(socket) => socket.watch_writes(),
        }
    }
}

impl DatagramSocket for Watched<UdpSocket> {
    fn receive_one(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.read(|socket| socket.recv_from(buffer))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn receive(&self, shape: Shape, batch: &mut Batch, at_most: usize) -> io::Result<bool> {
        let is_drained = self.read(|socket| packets::receive(socket, shape, batch, at_most))?;
        if is_drained {
            self.watch_later();
        }
        Ok(is_drained)
    }

    fn send(&self, bytes: &[u8], path: Path) -> io::Result<usize> {
        match path.from {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Some(from) => packets::send(self.socket(), bytes, from, path.to),
            _ => self.socket().send_to(bytes, path.to),
        }
    }

    fn settings(&self) -> io::Result<SockRef<'_>> {
        Ok(SockRef::from(self.socket()))
    }
}

impl StreamSocket for Watched<TcpStream> {
    fn is_connected(&self) -> io::Result<bool> {
        let socket = self.socket();
        socket::is_connected(socket.take_error(), || socket.peer_addr())
    }

    fn local(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(|mut socket| socket.read(buffer))
    }

    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut socket = self.socket();
        socket.write(bytes)
    }

    fn finish(&self) -> io::Result<()> {
        self.socket().shutdown(Shutdown::Write)
    }
}
