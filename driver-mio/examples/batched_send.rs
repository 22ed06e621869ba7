//! What it would gain to send several datagrams with one call (`sendmmsg`): the driver does not.
//!
//! A machine is told of a datagram that could not be sent before its next is polled, so that it
//! takes the next server at once (RFC 3261 §8.1.3.1, RFC 3263 §4.3): a driver that collected
//! several first could not. This sends the same datagrams to a socket of its own, one call each
//! and several with one, in turns, and prints the time of the system's work for each.
//!
//! ```sh
//! cargo run --release -p offhook-mio --example batched_send
//! ```

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    for batch in [1, 2, 4, 8, 16] {
        let [alone, together] = linux::compare(batch)?;
        println!(
            "{batch:2} at a time: {alone:.2} us each with a call each, {together:.2} us with one"
        );
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux sends several datagrams with one call");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, IoSlice};
    use std::net::{SocketAddr, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant};

    use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};

    /// As long as a short answer of SIP.
    const LENGTH: usize = 500;
    /// Of each kind, in turns, so that whatever else the machine does falls on both.
    const DATAGRAMS: usize = 64_000;

    /// Microseconds for each datagram: with a call each, and `batch` with one call.
    pub(crate) fn compare(batch: usize) -> io::Result<[f64; 2]> {
        let [from, to] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0"));
        let (from, to) = (from?, to?);
        to.set_nonblocking(true)?;
        let SocketAddr::V4(address) = to.local_addr()? else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let bytes = [0; LENGTH];
        let slices = vec![[IoSlice::new(&bytes)]; batch];
        let addresses = vec![Some(SockaddrIn::from(address)); batch];
        let mut headers = MultiHeaders::preallocate(batch, None);
        let mut spent = [Duration::ZERO; 2];
        let rounds = DATAGRAMS / batch;
        for _ in 0..rounds {
            let start = Instant::now();
            for _ in 0..batch {
                from.send_to(&bytes, address)?;
            }
            spent[0] += start.elapsed();
            take_all(&to);
            let start = Instant::now();
            let (fd, flags) = (from.as_raw_fd(), MsgFlags::empty());
            sendmmsg(fd, &mut headers, &slices, &addresses, [], flags)?;
            spent[1] += start.elapsed();
            take_all(&to);
        }
        let datagrams = u32::try_from(rounds * batch).unwrap_or(u32::MAX);
        Ok(spent.map(|spent| spent.as_secs_f64() * 1e6 / f64::from(datagrams)))
    }

    fn take_all(socket: &UdpSocket) {
        let mut bytes = [0; LENGTH];
        while socket.recv(&mut bytes).is_ok() {}
    }
}
