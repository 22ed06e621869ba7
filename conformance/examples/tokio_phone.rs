//! A phone that answers every call, on tokio, a runtime that offhook has no driver for.

use std::net::SocketAddr;

use offhook::sdp::LocalMedia;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint};
use offhook::{CloseReason, FlowId, Input, Instant, Machine, Output, Transport};
use tokio::net::UdpSocket;
use tokio::time::{Instant as Clock, timeout_at};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct Phone {
    endpoint: UserAgentEndpoint,
    socket: UdpSocket,
    media: LocalMedia,
    start: Clock,
}

impl Phone {
    fn tell(&mut self, input: Input<'_>) {
        let now = Instant::ZERO + self.start.elapsed();
        self.endpoint.handle_input(now, input);
    }

    /// Does what the endpoint wants done, and says until when it then waits.
    async fn drain(&mut self, bytes: &mut Vec<u8>) -> Result<Option<Instant>> {
        let reason = CloseReason::Unreachable;
        loop {
            match self.endpoint.poll_output(bytes) {
                Output::Transmit { flow, to } => {
                    if self.socket.send_to(bytes, to).await.is_err() {
                        self.tell(Input::Closed { flow, reason });
                    }
                }
                Output::Connect { flow, .. } => self.tell(Input::Closed { flow, reason }),
                Output::Event(UaEvent::Incoming { call, .. }) => {
                    let now = Instant::ZERO + self.start.elapsed();
                    self.endpoint.accept(now, call, self.media.clone())?;
                }
                // It calls nobody, by name or otherwise.
                Output::Event(_) | Output::Close { .. } | Output::Resolve { .. } => {}
                Output::Wait(deadline) => return Ok(deadline),
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let argument = std::env::args().nth(1);
    let socket = UdpSocket::bind(argument.as_deref().unwrap_or("127.0.0.1:5070")).await?;
    let local = socket.local_addr()?;
    let user = UserAgent::new(UserAgentConfig::new(&format!("sip:phone@{local}")));
    let endpoint = Endpoint::new(EndpointConfig::default(), user, offhook_mio::seed()?);
    let media = LocalMedia::audio(SocketAddr::new(local.ip(), 40_000));
    let (flow, transport, start) = (FlowId::from_driver(0), Transport::Udp, Clock::now());
    #[rustfmt::skip]
    let mut phone = Phone { endpoint, socket, media, start };
    #[rustfmt::skip]
    phone.tell(Input::Bound { flow, transport, local });
    println!("listening on udp {local}");
    let (mut bytes, mut packet) = (Vec::new(), vec![0; 65_535]);
    loop {
        let forever = Instant::from_nanos(u64::MAX >> 1);
        let deadline = phone.drain(&mut bytes).await?.unwrap_or(forever);
        let until = start + deadline.saturating_duration_since(Instant::ZERO);
        if let Ok(Ok((n, source))) = timeout_at(until, phone.socket.recv_from(&mut packet)).await {
            let bytes = &packet[..n];
            #[rustfmt::skip]
            phone.tell(Input::Datagram { flow, source, bytes });
        }
        phone.tell(Input::Timeout);
    }
}
