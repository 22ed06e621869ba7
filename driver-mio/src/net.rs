//! What the round needs of sockets; each driver brings its own, which tell its selector.

use std::io;
use std::net::{IpAddr, SocketAddr};

/// A driver's kind of sockets. `token` is the name by which news of a socket comes back.
pub(crate) trait Net {
    type Datagrams: DatagramSocket;
    type Stream: StreamSocket;
    type Listener;

    /// Begins to connect, from an address if one is given; the socket becomes writable when that
    /// is decided.
    fn connect(
        &self,
        from: Option<IpAddr>,
        peer: SocketAddr,
        token: usize,
    ) -> io::Result<Self::Stream>;

    /// Takes the next connection that came in.
    fn accept(
        &self,
        listener: &Self::Listener,
        token: usize,
    ) -> io::Result<(Self::Stream, SocketAddr)>;
}

/// A socket, for a driver that has to tell its selector something about it.
pub(crate) enum Socket<'a, N: Net + ?Sized> {
    Datagrams(&'a mut N::Datagrams),
    Stream(&'a mut N::Stream),
    Listener(&'a mut N::Listener),
}

/// A datagram socket that does not block.
pub(crate) trait DatagramSocket {
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<usize>;
}

/// A stream that does not block.
pub(crate) trait StreamSocket {
    /// Whether the connection is up: not yet, or an error if it never will be.
    fn is_connected(&self) -> io::Result<bool>;
    fn local(&self) -> io::Result<SocketAddr>;
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize>;
    fn send(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Says that nothing more will be written.
    fn finish(&self) -> io::Result<()>;
}
