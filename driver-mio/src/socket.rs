//! Opening sockets that do not block, on every system in the same way.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

/// What a socket should be able to hold while the driver is busy, where the system allows it.
const RECEIVE_BUFFER: usize = 1 << 20;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// Binds `address` for datagrams, where port 0 lets the system choose, and gives the address
/// bound. With `apart`, the system tells which address each datagram was sent to, if it can.
///
/// # Errors
/// What the system says, with the address in front of it.
pub(crate) fn bind(address: SocketAddr, apart: bool) -> io::Result<(UdpSocket, SocketAddr)> {
    let open = || {
        let socket = open(address, Type::DGRAM, Protocol::UDP)?;
        if apart {
            tell_addresses_apart(&socket, address.is_ipv6())?;
        }
        // A smaller buffer loses more when many datagrams come at once, but it works.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.bind(&address.into())?;
        let socket = UdpSocket::from(socket);
        let local = socket.local_addr()?;
        Ok((socket, local))
    };
    open().map_err(|error| named("bind udp", address, &error))
}

/// Listens for connections at `address`, as [`bind`] binds it.
///
/// # Errors
/// What the system says, with the address in front of it.
pub(crate) fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let open = || {
        let socket = open(address, Type::STREAM, Protocol::TCP)?;
        // Elsewhere than on unix it would allow a second listener, and there the port is free at
        // once anyhow.
        if cfg!(unix) {
            socket.set_reuse_address(true)?;
        }
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let socket = TcpListener::from(socket);
        let local = socket.local_addr()?;
        Ok((socket, local))
    };
    open().map_err(|error| named("listen on tcp", address, &error))
}

/// Begins to connect to `peer`, from the address `from` if that is given.
///
/// # Errors
/// What the system says of it at once.
pub(crate) fn connect(from: Option<IpAddr>, peer: SocketAddr) -> io::Result<TcpStream> {
    let socket = open(peer, Type::STREAM, Protocol::TCP)?;
    if let Some(from) = from {
        socket.bind(&SocketAddr::new(from, 0).into())?;
    }
    match socket.connect(&peer.into()) {
        Err(error) if !is_in_progress(&error) => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let stream = TcpStream::from(socket);
    prefer_now(&stream);
    Ok(stream)
}

/// Makes ready a connection that was accepted.
///
/// # Errors
/// The system refuses.
pub(crate) fn accepted(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    prefer_now(stream);
    Ok(())
}

/// Messages are written whole: to wait for more of them to fill a segment only delays them.
fn prefer_now(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

/// Whether a connection is up: not yet, or an error if it never will be. `error` is what the
/// socket has to say.
///
/// # Errors
/// Why it could not be opened.
pub(crate) fn is_connected(
    error: io::Result<Option<io::Error>>,
    peer: impl FnOnce() -> io::Result<SocketAddr>,
) -> io::Result<bool> {
    if let Some(error) = error? {
        return Err(error);
    }
    match peer() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}

/// An IPv6 socket carries IPv6 alone, on every system: otherwise `[::]` would take the port of
/// `0.0.0.0` too, and IPv4 peers would appear under mapped addresses nobody else knows them by.
fn open(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::packets::tell_addresses_apart;

/// Other systems tell too, in ways of their own that are not made use of.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn tell_addresses_apart(_: &Socket, _: bool) -> io::Result<()> {
    Ok(())
}

fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::EINPROGRESS) {
        return true;
    }
    error.kind() == ErrorKind::WouldBlock
}

fn named(what: &str, address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot {what} {address}: {error}"))
}
