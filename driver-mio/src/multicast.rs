//! Groups that a datagram socket hears and speaks to (RFC 1112, RFC 3493 §5.2).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use socket2::SockRef;

/// A group on one interface.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    /// For IPv4: the interface by its address, or whichever the system likes if that is
    /// unspecified.
    V4(Ipv4Addr, Ipv4Addr),
    /// For IPv6: the interface by its index, or whichever the system likes if that is 0.
    V6(Ipv6Addr, u32),
}

impl Group {
    pub(crate) fn join(self, socket: &SockRef<'_>) -> io::Result<()> {
        match self {
            Self::V4(group, interface) => socket.join_multicast_v4(&group, &interface),
            Self::V6(group, interface) => socket.join_multicast_v6(&group, interface),
        }
    }

    pub(crate) fn leave(self, socket: &SockRef<'_>) -> io::Result<()> {
        match self {
            Self::V4(group, interface) => socket.leave_multicast_v4(&group, &interface),
            Self::V6(group, interface) => socket.leave_multicast_v6(&group, interface),
        }
    }

    /// Lets what is sent to any group leave on this interface, and live for so many hops.
    pub(crate) fn send_on(self, hops: u8, socket: &SockRef<'_>) -> io::Result<()> {
        match self {
            Self::V4(_, interface) => {
                socket.set_multicast_if_v4(&interface)?;
                socket.set_multicast_ttl_v4(hops.into())
            }
            Self::V6(_, interface) => {
                socket.set_multicast_if_v6(interface)?;
                socket.set_multicast_hops_v6(hops.into())
            }
        }
    }
}
