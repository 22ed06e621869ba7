//! Groups: joined and left on an interface that is chosen, and spoken to with a number of hops.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use offhook::FlowId;

use super::datagrams::expect_datagram;
use super::{Bench, Peer, loopback};

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 7);
/// Nobody's default.
const HOPS: u8 = 7;

/// Who is in no group hears nothing, nor does who has left one; in between it is told what was said as
/// of any other datagram. Both interfaces are the one that was named: elsewhere they would miss each
/// other, and the other end of a wire sees which it was, and the hops.
pub(crate) fn a_group_is_heard_between_joining_and_leaving<B: Bench>() {
    let mut bench = B::new();
    let speaker = bench.add(Peer::default());
    let listener = bench.add(Peer::default());
    let (from, speaks_at) = bench.bind(speaker, loopback(false)).expect("a port");
    let any = SocketAddr::from(([0, 0, 0, 0], 0));
    let (at, bound) = bench.bind(listener, any).expect("a port");
    let to = SocketAddr::from((GROUP, bound.port()));
    let spoken = bench.speak(speaker, from, GROUP, HOPS);
    let joined = spoken.and_then(|()| bench.join(listener, at, GROUP));
    if !cfg!(target_os = "linux") && joined.is_err() {
        // No groups on this machine.
        return;
    }
    joined.expect("a group on the loopback interface");
    bench.leave(listener, at, GROUP).expect("joined before");
    bench.peer(speaker).send(to, b"to nobody yet");
    assert_silent(&mut bench);
    bench.join(listener, at, GROUP).expect("left before");
    bench.peer(speaker).send(to, b"to all");
    let source = expect_datagram(&mut bench, listener, b"to all");
    assert_eq!(source, speaks_at);
    bench.leave(listener, at, GROUP).expect("joined before");
    bench.peer(speaker).send(to, b"to nobody");
    assert_silent(&mut bench);
    #[cfg(target_os = "linux")]
    assert_path(&mut bench, speaker);
    let unknown = FlowId::from_driver(9);
    let nobody = bench.join(speaker, unknown, GROUP).expect_err("no flow");
    assert_eq!(nobody.kind(), io::ErrorKind::NotFound);
}

fn assert_silent<B: Bench>(bench: &mut B) {
    let moment = Instant::now() + Duration::from_millis(20);
    assert_eq!(bench.next(Some(moment)), None);
}

/// A socket that is nobody's machine looks on which interface a datagram came, and after how many hops.
#[cfg(target_os = "linux")]
fn assert_path<B: Bench>(bench: &mut B, speaker: B::Id) {
    use std::io::IoSliceMut;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd as _;

    use nix::net::if_::if_nametoindex;
    use nix::sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt,
    };

    let socket = UdpSocket::bind("0.0.0.0:0").expect("a port");
    let loopback = Ipv4Addr::LOCALHOST;
    socket
        .join_multicast_v4(&GROUP, &loopback)
        .expect("a group");
    let patience = Some(Duration::from_secs(5));
    socket.set_read_timeout(patience).expect("a patience");
    setsockopt(&socket, sockopt::Ipv4RecvTtl, &true).expect("told the hops");
    setsockopt(&socket, sockopt::Ipv4PacketInfo, &true).expect("told the interface");
    let port = socket.local_addr().expect("bound").port();
    bench
        .peer(speaker)
        .send((GROUP, port).into(), b"to a looker-on");
    assert_silent(bench);
    let (mut bytes, mut notes) = ([0; 64], nix::cmsg_space!(libc::in_pktinfo, i32));
    let mut pieces = [IoSliceMut::new(&mut bytes)];
    let (fd, flags) = (socket.as_raw_fd(), MsgFlags::empty());
    let taken = recvmsg::<SockaddrIn>(fd, &mut pieces, Some(&mut notes), flags);
    let taken = taken.expect("a datagram");
    assert_eq!(taken.bytes, b"to a looker-on".len());
    let (mut interface, mut hops) = (None, None);
    for note in taken.cmsgs().expect("whole") {
        match note {
            ControlMessageOwned::Ipv4PacketInfo(info) => {
                interface = u32::try_from(info.ipi_ifindex).ok();
            }
            ControlMessageOwned::Ipv4Ttl(ttl) => hops = Some(ttl),
            _ => {}
        }
    }
    assert_eq!(hops, Some(i32::from(HOPS)));
    assert_eq!(interface, if_nametoindex("lo").ok());
}
