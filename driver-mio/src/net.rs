//! What the round needs of sockets; each driver brings its own, which tell its selector.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::SockRef;

use crate::batch::{Arrival, Batch};

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

/// What is to be known of a datagram socket to receive from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub(crate) is_ipv6: bool,
    /// The system says of each datagram which address it was sent to.
    pub(crate) is_told_apart: bool,
}

/// From where a datagram goes, and where to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Path {
    /// An address of ours; none leaves it to the system.
    pub(crate) from: Option<IpAddr>,
    pub(crate) to: SocketAddr,
}

/// A datagram socket that does not block.
pub(crate) trait DatagramSocket {
    fn receive_one(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    fn send(&self, bytes: &[u8], path: Path) -> io::Result<usize>;
    /// The socket, for what is set on it seldom.
    fn settings(&self) -> io::Result<SockRef<'_>>;

    /// Fills the batch with at most so many datagrams; true if there are known to be no more for
    /// now.
    fn receive(&self, _: Shape, batch: &mut Batch, _at_most: usize) -> io::Result<bool> {
        batch.fill(|arrivals, bytes| {
            let (length, source) = self.receive_one(bytes)?;
            let hit = None;
            let arrival = Arrival {
                source,
                hit,
                length,
            };
            arrivals
                .iter_mut()
                .take(1)
                .for_each(|first| *first = arrival);
            Ok(1)
        })?;
        Ok(false)
    }
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
