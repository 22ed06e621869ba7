//! A phone that answers every call, on nothing but `std`: one socket, one thread, blocking reads.

use std::io::Read;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use offhook::sdp::LocalMedia;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{UaEvent, UserAgent, UserAgentConfig};
use offhook::{CloseReason, FlowId, Input, Instant, Machine, Output, Transport};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = std::env::args().nth(1);
    let socket = UdpSocket::bind(argument.as_deref().unwrap_or("127.0.0.1:5070"))?;
    let local = socket.local_addr()?;
    let media = LocalMedia::audio(SocketAddr::new(local.ip(), 40_000));
    let (mut seed, mut bytes, mut packet) = ([0; 32], Vec::new(), vec![0; 65_535]);
    std::fs::File::open("/dev/urandom")?.read_exact(&mut seed)?;
    let user = UserAgent::new(UserAgentConfig::new(&format!("sip:phone@{local}")));
    let mut phone = Endpoint::new(EndpointConfig::default(), user, seed);

    let start = std::time::Instant::now();
    let now = || Instant::ZERO + start.elapsed();
    let (flow, transport) = (FlowId::from_driver(0), Transport::Udp);
    #[rustfmt::skip]
    phone.handle_input(now(), Input::Bound { flow, transport, local });
    println!("listening on udp {local}");
    loop {
        let deadline = match phone.poll_output(&mut bytes) {
            Output::Transmit { to, .. } if socket.send_to(&bytes, to).is_ok() => continue,
            Output::Transmit { flow, .. } | Output::Connect { flow, .. } => {
                let reason = CloseReason::Unreachable;
                phone.handle_input(now(), Input::Closed { flow, reason });
                continue;
            }
            Output::Event(UaEvent::Incoming { call, .. }) => {
                phone.accept(now(), call, media.clone())?;
                continue;
            }
            // It calls nobody, by name or otherwise.
            Output::Event(_) | Output::Close { .. } | Output::Resolve { .. } => continue,
            Output::Wait(deadline) => deadline,
        };
        let wait = deadline.map(|at| at.saturating_duration_since(now()));
        // To `std`, a wait of nothing is an error.
        socket.set_read_timeout(wait.map(|wait| wait.max(Duration::from_millis(1))))?;
        // Nothing came in time, or an earlier packet did not arrive: the timers know what to do.
        if let Ok((length, source)) = socket.recv_from(&mut packet) {
            let bytes = &packet[..length];
            #[rustfmt::skip]
            phone.handle_input(now(), Input::Datagram { flow, source, bytes });
        }
        phone.handle_input(now(), Input::Timeout);
    }
}
