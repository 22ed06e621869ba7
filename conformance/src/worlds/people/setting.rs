//! How a world of people is laid out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use offhook::Transport;

use crate::sim::{Chance, transport_name};
use crate::worlds::node::DOMAIN;

/// The longest subscription that anybody grants, and the shortest.
pub const LONGEST: Duration = Duration::from_secs(60);
const SHORTEST: Duration = Duration::from_secs(5);

/// How a world of people is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// How many people with phones.
    pub phones: usize,
    /// Whether everybody has a second phone, which is called too.
    pub second_phones: bool,
    /// Whether there is a server between them.
    pub server: bool,
    /// Whether the server asks for passwords.
    pub passwords: bool,
    /// What everybody speaks over.
    pub over: Transport,
    /// Whether the hosts have IPv6 addresses.
    pub v6: bool,
    /// Whether phones have tables for two calls only.
    pub small_phones: bool,
    /// Whether the server has tables for a handful of transactions only.
    pub small_server: bool,
    /// What the streams and the patience of each phone are drawn from, if they are not all alike.
    pub variety: Option<u64>,
    /// Whether others may subscribe to the state of a phone, and ask it to call somebody.
    pub watched: bool,
}

/// What a phone may bring to a call. Every two have a format in common.
const STREAMS: [&str; 7] = [
    "PCMU",
    "PCMU,event",
    "PCMA,PCMU,event",
    "L16,PCMU,event",
    "PCMU,PCMA,event/H261",
    "speex,PCMU/VP8,H261",
    "event,L16,PCMA,PCMU/H261/PCMU",
];

impl Setting {
    /// The same with IPv6 addresses, now and then.
    #[must_use]
    pub fn with_any_address(self, chance: &mut Chance) -> Self {
        let v6 = chance.happens(300);
        Self { v6, ..self }
    }

    pub(super) fn address(self, host: usize, port: u16) -> SocketAddr {
        let last = u8::try_from(host).unwrap_or(0);
        let ip: IpAddr = if self.v6 {
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into()).into()
        } else {
            Ipv4Addr::new(192, 0, 2, last).into()
        };
        SocketAddr::new(ip, port)
    }

    pub(super) fn server_address(self) -> SocketAddr {
        self.address(9, 5060)
    }

    /// How the phone of that number, counted from zero, is built for a user.
    pub(super) fn phone(self, number: usize, user: &str, seed: u64) -> String {
        let media = self.address(number + 1, 4000);
        let mut description = format!("phone user={user} seed={seed} media={media}");
        match self.variety {
            Some(seed) => {
                let mut chance = Chance::new(seed, 16 + number as u64);
                let ring = chance.pick(&[20, 70]);
                let session = chance.pick(&[0, 90, 90, 120, 1800]);
                let streams = chance.pick(&STREAMS);
                description.push_str(&format!(" ring={ring} session={session} streams={streams}"));
            }
            None => description.push_str(" ring=20"),
        }
        if self.server {
            let server = self.server_address();
            description.push_str(&format!(" proxy={server}"));
        }
        description.push_str(&self.over_at(self.address(number + 1, 5060)));
        if self.passwords {
            description.push_str(&format!(" password=secret-{user}"));
        }
        if self.watched {
            let (shortest, longest) = (SHORTEST.as_secs(), LONGEST.as_secs());
            let watched = format!(" shortest={shortest} longest={longest}");
            description.push_str(&watched);
        }
        if self.small_phones {
            description.push_str(" limits=small");
        }
        description
    }

    /// How the server is built for these users.
    pub(super) fn server(self, users: &[&str], seed: u64) -> String {
        let mut description = format!("server seed={seed}");
        if self.passwords {
            let users = users.iter().map(|name| format!("{name}:secret-{name}"));
            let users: Vec<String> = users.collect();
            description.push_str(&format!(" users={}", users.join(",")));
        }
        description.push_str(&self.over_at(self.server_address()));
        if self.small_server {
            description.push_str(" limits=small");
        }
        description
    }

    /// What is spoken, and where somebody listens for it if that is not taken for granted.
    fn over_at(self, address: SocketAddr) -> String {
        let over = transport_name(self.over);
        match self.over {
            Transport::Udp => String::new(),
            Transport::Tcp | Transport::Tls | Transport::Sctp | Transport::TlsSctp => {
                format!(" over={over}")
            }
            Transport::Ws | Transport::Wss => format!(" over={over} listens={address}"),
        }
    }

    /// The URI that calls a user, whose phone has that number.
    pub fn uri(self, number: usize, user: &str) -> String {
        let secure = self.over == Transport::Wss;
        // A transport of `ws` means WSS in a SIPS URI only (RFC 7118).
        let scheme = if secure { "sips" } else { "sip" };
        if self.server {
            return format!("{scheme}:{user}@{DOMAIN}");
        }
        let address = self.address(number + 1, 5060);
        let over = match self.over {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            Transport::Sctp => ";transport=sctp",
            Transport::TlsSctp => ";transport=tls-sctp",
            Transport::Ws | Transport::Wss => ";transport=ws",
        };
        format!("{scheme}:{user}@{address}{over}")
    }
}
