//! Sockets that are watched by mio's selector.

use std::io::{self, Read as _, Write as _};
use std::net::{self, IpAddr, Shutdown, SocketAddr};

use mio::event::Source;
use mio::net::{TcpListener, TcpStream, UdpSocket};
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use crate::net::{DatagramSocket, Net, Path, Socket, StreamSocket};
use crate::socket;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::{batch::Batch, net::Shape, packets};

/// Puts sockets under the watch of one selector.
pub(crate) struct Sockets {
    registry: Registry,
}

impl Sockets {
    pub(crate) const fn new(registry: Registry) -> Self {
        Self { registry }
    }

    pub(crate) fn datagrams(&self, socket: net::UdpSocket, token: usize) -> io::Result<UdpSocket> {
        self.watched(UdpSocket::from_std(socket), token)
    }

    pub(crate) fn listener(
        &self,
        socket: net::TcpListener,
        token: usize,
    ) -> io::Result<TcpListener> {
        self.watched(TcpListener::from_std(socket), token)
    }

    fn stream(&self, socket: net::TcpStream, token: usize) -> io::Result<TcpStream> {
        self.watched(TcpStream::from_std(socket), token)
    }

    fn watched<S: Source>(&self, mut socket: S, token: usize) -> io::Result<S> {
        let reads = Interest::READABLE;
        self.registry.register(&mut socket, Token(token), reads)?;
        Ok(socket)
    }

    /// Watches for writes too, or no longer.
    pub(crate) fn watch_writes(
        &self,
        socket: Socket<'_, Self>,
        token: usize,
        writes: bool,
    ) -> io::Result<()> {
        let interest = if writes {
            Interest::READABLE | Interest::WRITABLE
        } else {
            Interest::READABLE
        };
        let source: &mut dyn Source = match socket {
            Socket::Datagrams(socket) => socket,
            Socket::Stream(socket) => socket,
            Socket::Listener(socket) => socket,
        };
        self.registry.reregister(source, Token(token), interest)
    }
}

impl Net for Sockets {
    type Datagrams = UdpSocket;
    type Stream = TcpStream;
    type Listener = TcpListener;

    fn connect(
        &self,
        from: Option<IpAddr>,
        peer: SocketAddr,
        token: usize,
    ) -> io::Result<TcpStream> {
        self.stream(socket::connect(from, peer)?, token)
    }

    fn accept(&self, listener: &TcpListener, token: usize) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = listener.accept()?;
        let stream = net::TcpStream::from(stream);
        socket::accepted(&stream)?;
        Ok((self.stream(stream, token)?, peer))
    }
}

impl DatagramSocket for UdpSocket {
    fn receive_one(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn receive(&self, shape: Shape, batch: &mut Batch, at_most: usize) -> io::Result<bool> {
        packets::receive(self, shape, batch, at_most)
    }

    fn send(&self, bytes: &[u8], path: Path) -> io::Result<usize> {
        match path.from {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Some(from) => packets::send(self, bytes, from, path.to),
            _ => self.send_to(bytes, path.to),
        }
    }

    fn settings(&self) -> io::Result<SockRef<'_>> {
        Ok(SockRef::from(self))
    }
}

impl StreamSocket for TcpStream {
    fn is_connected(&self) -> io::Result<bool> {
        socket::is_connected(self.take_error(), || self.peer_addr())
    }

    fn local(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut stream = self;
        stream.read(buffer)
    }

    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut stream = self;
        stream.write(bytes)
    }

    fn finish(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}
