//! Binding datagram sockets, and the two things done with one.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

/// What a socket should be able to hold while the driver is busy, where the system allows it.
const RECEIVE_BUFFER: usize = 1 << 20;

/// A datagram socket that does not block.
pub(crate) trait DatagramSocket {
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<usize>;
}

/// Binds `address`, where port 0 lets the system choose, and gives the address bound.
///
/// An IPv6 socket carries IPv6 alone, on every system: otherwise `[::]` would take the port of
/// `0.0.0.0` too, and IPv4 peers would appear under mapped addresses nobody else knows them by.
///
/// # Errors
/// What the system says, with the address in front of it.
pub(crate) fn bind(address: SocketAddr) -> io::Result<(UdpSocket, SocketAddr)> {
    let open = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        // A smaller buffer loses more when many datagrams come at once, but it works.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.bind(&address.into())?;
        let socket = UdpSocket::from(socket);
        let local = socket.local_addr()?;
        Ok((socket, local))
    };
    open().map_err(|error: io::Error| {
        io::Error::new(error.kind(), format!("cannot bind udp {address}: {error}"))
    })
}
