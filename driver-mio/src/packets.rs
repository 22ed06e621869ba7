//! What Linux and Android do with datagrams beyond what all systems do: hand over several at once,
//! say which of our addresses each was sent to, and send from one that is named
//! (RFC 3542 §6.1 and §6.2 for IPv6; `IP_PKTINFO` is its like for IPv4).
//!
//! What is sent goes one by one, though `sendmmsg` exists: a machine hears of a datagram that could
//! not be sent before its next is polled, and each datagram of a batch costs as much (see the example
//! `batched_send` of the mio driver).

use std::array;
use std::cell::RefCell;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};

use nix::cmsg_space;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6,
    SockaddrLike, recvmmsg, sendmsg, setsockopt, sockopt,
};

use crate::batch::{Arrival, BATCH, Batch, LONGEST};
use crate::net::Shape;

/// What the system writes beside the datagrams.
///
/// The system leaves in it how much it wrote, which is the room of the next time: so each kind of
/// socket has its own. It holds pointers into itself, and so cannot go with a driver from thread to
/// thread; nothing stays in it between two calls.
struct Room {
    v4: MultiHeaders<SockaddrIn>,
    v6: MultiHeaders<SockaddrIn6>,
    v4_told_apart: MultiHeaders<SockaddrIn>,
    v6_told_apart: MultiHeaders<SockaddrIn6>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::new(Room {
        v4: MultiHeaders::preallocate(BATCH, None),
        v6: MultiHeaders::preallocate(BATCH, None),
        v4_told_apart: MultiHeaders::preallocate(BATCH, Some(cmsg_space!(libc::in_pktinfo))),
        v6_told_apart: MultiHeaders::preallocate(BATCH, Some(cmsg_space!(libc::in6_pktinfo))),
    });
}

/// Has the system say of each datagram which address it was sent to.
///
/// # Errors
/// What the system says.
pub(crate) fn tell_addresses_apart(socket: &impl AsFd, is_ipv6: bool) -> io::Result<()> {
    if is_ipv6 {
        setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true)?;
    } else {
        setsockopt(socket, sockopt::Ipv4PacketInfo, &true)?;
    }
    Ok(())
}

/// Fills the batch with at most so many datagrams; true if there are no more for now.
///
/// # Errors
/// What the system says; [`io::ErrorKind::WouldBlock`] if there is none.
pub(crate) fn receive(
    socket: &impl AsRawFd,
    shape: Shape,
    batch: &mut Batch,
    at_most: usize,
) -> io::Result<bool> {
    ROOM.with_borrow_mut(|room| match (shape.is_ipv6, shape.is_told_apart) {
        (false, false) => fill(socket, &mut room.v4, batch, at_most),
        (true, false) => fill(socket, &mut room.v6, batch, at_most),
        (false, true) => fill(socket, &mut room.v4_told_apart, batch, at_most),
        (true, true) => fill(socket, &mut room.v6_told_apart, batch, at_most),
    })
}

fn fill<S: SockaddrLike + Copy + Into<SocketAddr>>(
    socket: &impl AsRawFd,
    headers: &mut MultiHeaders<S>,
    batch: &mut Batch,
    at_most: usize,
) -> io::Result<bool> {
    let asked = at_most.min(BATCH);
    let filled = batch.fill(|arrivals, bytes| {
        let mut pieces = bytes.chunks_exact_mut(LONGEST);
        let mut slices: [_; BATCH] =
            array::from_fn(|_| [IoSliceMut::new(pieces.next().unwrap_or_default())]);
        let slices = slices.iter_mut().take(asked);
        let flags = MsgFlags::MSG_DONTWAIT;
        let taken = recvmmsg(socket.as_raw_fd(), headers, slices, flags, None)?;
        let mut filled = 0;
        for (arrival, taken) in arrivals.iter_mut().zip(taken) {
            let mut notes = taken.cmsgs().into_iter().flatten();
            *arrival = Arrival {
                source: taken.address.map_or(arrival.source, Into::into),
                hit: notes.find_map(|note| address_hit(&note)),
                length: taken.bytes,
            };
            filled += 1;
        }
        Ok(filled)
    })?;
    // The system stops early at an error too, but has told the selector of it.
    Ok(filled < asked)
}

/// The address of ours that a datagram was sent to; none for a group or everyone, from whom
/// nothing can be sent.
fn address_hit(note: &ControlMessageOwned) -> Option<IpAddr> {
    match note {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            let is_ours = info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
            let hit = Ipv4Addr::from(info.ipi_addr.s_addr.to_ne_bytes());
            is_ours.then_some(hit.into())
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            let hit = Ipv6Addr::from(info.ipi6_addr.s6_addr);
            (!hit.is_multicast()).then_some(hit.into())
        }
        _ => None,
    }
}

/// Sends a datagram from an address of ours.
///
/// # Errors
/// What the system says; [`io::ErrorKind::InvalidInput`] if the two are not of one family.
pub(crate) fn send(
    socket: &impl AsRawFd,
    bytes: &[u8],
    from: IpAddr,
    to: SocketAddr,
) -> io::Result<usize> {
    let (fd, bytes, flags) = (socket.as_raw_fd(), [IoSlice::new(bytes)], MsgFlags::empty());
    let sent = match (from, to) {
        (IpAddr::V4(from), SocketAddr::V4(to)) => {
            let address = |ip: Ipv4Addr| libc::in_addr {
                s_addr: u32::from_ne_bytes(ip.octets()),
            };
            let info = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: address(from),
                ipi_addr: address(Ipv4Addr::UNSPECIFIED),
            };
            let notes = [ControlMessage::Ipv4PacketInfo(&info)];
            sendmsg(fd, &bytes, &notes, flags, Some(&SockaddrIn::from(to)))
        }
        (IpAddr::V6(from), SocketAddr::V6(to)) => {
            let info = libc::in6_pktinfo {
                ipi6_addr: libc::in6_addr {
                    s6_addr: from.octets(),
                },
                ipi6_ifindex: 0,
            };
            let notes = [ControlMessage::Ipv6PacketInfo(&info)];
            sendmsg(fd, &bytes, &notes, flags, Some(&SockaddrIn6::from(to)))
        }
        (IpAddr::V4(_), SocketAddr::V6(_)) | (IpAddr::V6(_), SocketAddr::V4(_)) => {
            return Err(io::ErrorKind::InvalidInput.into());
        }
    };
    Ok(sent?)
}
