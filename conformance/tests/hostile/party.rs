//! A user agent and a server to be fed with whatever comes.

use std::net::SocketAddr;
use std::time::Duration;

use offhook::sip::auth::Account;
use offhook::sip::endpoint::{Endpoint, EndpointConfig, TransactionUser};
use offhook::sip::message::Message;
use offhook::sip::server::{Server, ServerConfig, ServerEndpoint};
use offhook::sip::ua::{UserAgent, UserAgentConfig, UserAgentEndpoint};
use offhook::{FlowId, Input, Instant, Limits, Machine, Output, Transport};

pub(crate) const HERE: &str = "192.0.2.1:5060";
pub(crate) const THERE: &str = "192.0.2.2:5060";

pub(crate) fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

/// An endpoint with a socket and a connection, and its clock.
pub(crate) struct Party<U: TransactionUser> {
    pub(crate) endpoint: Endpoint<U>,
    pub(crate) now: Instant,
    /// Whether it closed the connection.
    pub(crate) is_closed: bool,
}

const SOCKET: u32 = 0;
const CONNECTION: u32 = 1;

impl<U: TransactionUser> Party<U> {
    fn new(endpoint: Endpoint<U>) -> Self {
        let mut party = Self {
            endpoint,
            now: Instant::ZERO,
            is_closed: false,
        };
        party.input(Input::Bound {
            flow: FlowId::from_driver(SOCKET),
            transport: Transport::Udp,
            local: at(HERE),
        });
        party.connect();
        party
    }

    /// A peer connects, anew if it was sent away before.
    pub(crate) fn connect(&mut self) {
        self.is_closed = false;
        self.input(Input::Connected {
            flow: FlowId::from_driver(CONNECTION),
            transport: Transport::Tcp,
            local: at(HERE),
            peer: at(THERE),
            identity: None,
        });
    }

    /// Hands something in, a millisecond later; what went out.
    pub(crate) fn input(&mut self, input: Input<'_>) -> Vec<Vec<u8>> {
        self.now += Duration::from_millis(1);
        self.endpoint.handle_input(self.now, input);
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Vec<Vec<u8>> {
        let (mut sent, mut bytes) = (Vec::new(), Vec::new());
        loop {
            match self.endpoint.poll_output(&mut bytes) {
                Output::Transmit { .. } => sent.push(bytes.clone()),
                Output::Close { .. } => self.is_closed = true,
                Output::Event(_) | Output::Connect { .. } | Output::Resolve { .. } => {}
                Output::Wait(_) => break,
            }
        }
        assert_eq!(self.endpoint.check(), Ok(()));
        sent
    }

    pub(crate) fn datagram(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.input(Input::Datagram {
            flow: FlowId::from_driver(SOCKET),
            source: at(THERE),
            bytes,
        })
    }

    pub(crate) fn stream(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.input(Input::Stream {
            flow: FlowId::from_driver(CONNECTION),
            bytes,
        })
    }

    /// The status of the only answer to a datagram; none if there is none.
    pub(crate) fn answer(&mut self, bytes: &[u8]) -> Option<u16> {
        let sent = self.datagram(bytes);
        let mut statuses = sent.iter().filter_map(|bytes| {
            let message = Message::parse(bytes, &Limits::default()).unwrap();
            message.status().map(|status| status.as_u16())
        });
        let (first, second) = (statuses.next(), statuses.next());
        assert!(
            second.is_none() || first == Some(100),
            "{first:?}, {second:?}"
        );
        second.or(first)
    }

    /// Lets all transactions end.
    pub(crate) fn settle(&mut self) {
        for _ in 0..100 {
            self.now += Duration::from_secs(10);
            self.input(Input::Timeout);
        }
    }
}

pub(crate) fn phone() -> Party<UserAgent> {
    phone_with(|_| ())
}

pub(crate) fn phone_with(set: impl FnOnce(&mut UserAgentConfig)) -> Party<UserAgent> {
    let mut config = UserAgentConfig::new("sip:b@example.com");
    config.accounts = vec![Account::new("b", "secret").in_realm("example.com")];
    set(&mut config);
    let agent = UserAgent::new(config);
    let endpoint: UserAgentEndpoint = Endpoint::new(EndpointConfig::default(), agent, [1; 32]);
    Party::new(endpoint)
}

pub(crate) fn server_with(set: impl FnOnce(&mut ServerConfig)) -> Party<Server> {
    let mut config = ServerConfig::new("example.com");
    set(&mut config);
    let server = Server::new(config, &Limits::default(), [2; 32]);
    let endpoint: ServerEndpoint = Endpoint::new(EndpointConfig::default(), server, [2; 32]);
    Party::new(endpoint)
}

pub(crate) fn server() -> Party<Server> {
    server_with(|_| ())
}
