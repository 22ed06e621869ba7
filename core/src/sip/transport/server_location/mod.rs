//! Where a SIP server is: transport, address and port, from a URI and what the DNS says (RFC 3263,
//! RFC 2782; RFC 7984 for two address families).
//!
//! ```text
//!            numeric ────────────────────────────────────────────────▶ one destination
//!   next hop ─ port ──────────────────────────────────┐
//!      │   └── transport ──────────────┐              │
//!      ▼                               ▼              ▼
//!  ┌───────┐  named, or        ┌──────────┐ servers ┌───────────┐
//!  │ Naptr │ ─────────────────▶│ Services │ ───────▶│ Addresses │ ─▶ destinations ┐
//!  └───────┘  those we support └──────────┘ or the  └───────────┘                 │
//!                                           domain    ▲   next server, once those │
//!                                                     └─── are used up ───────────┘
//! ```
//!
//! The machine asks nobody itself: it says which questions it has, and is told the answers, in
//! whatever order they come. What it takes for a server's addresses is looked up when it is that
//! server's turn, and not before.

mod next_hop;
mod service;
mod srv_order;
#[cfg(test)]
mod tests;

pub use next_hop::{NextHop, SelectError};
pub use srv_order::SrvOrder;

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};

use self::service::Service;
use super::default_port;
use crate::dns::{Answer, LookupFailure, Name, Question, RecordData, RecordKind, Srv};
use crate::machine::Transport;
use crate::sip::uri::Host;

/// Servers of one service that are tried, the preferred ones.
const SERVERS_MAX: usize = 32;
/// Addresses of one server and family that are tried.
const ADDRESSES_MAX: usize = 16;

/// What we can do, what we prefer first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Transports.
    pub transports: Vec<Transport>,
    /// Address families. Both are tried of a server that has both (RFC 7984 §3.1).
    pub families: Vec<Family>,
}

impl Capabilities {
    /// The place of a transport in our order, if we support it.
    fn rank(&self, transport: Transport) -> Option<usize> {
        let mut transports = self.transports.iter();
        transports.position(|supported| *supported == transport)
    }
}

/// An address family.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The records with its addresses.
    const fn kind(self) -> RecordKind {
        match self {
            Self::V4 => RecordKind::A,
            Self::V6 => RecordKind::Aaaa,
        }
    }
}

/// Where a message may be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    /// Over what.
    pub transport: Transport,
    /// Address and port.
    pub address: SocketAddr,
    /// The name whose address it is: the target of the SRV record, or the domain itself. Under TLS
    /// it has to be valid for the certificate beside the domain (RFC 3263 §4.1).
    pub server: Option<Name>,
    /// Seconds until the records that led here have to be asked for again; without an end if
    /// there were none.
    pub ttl: Option<u32>,
}

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Try this. If that fails, the same request with another branch, which is a new transaction,
    /// goes to whatever comes next (RFC 3263 §4.3).
    Destination(Destination),
    /// An answer has to come first.
    Waiting,
    /// There is nothing more.
    Exhausted(Exhausted),
}

/// Why there is nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Exhausted {
    /// Every destination there was has been given out.
    UsedUp,
    /// The domain says that it does not offer the service (RFC 2782: a target of ".").
    NotOffered,
    /// Nothing of all that was asked for exists.
    NotFound,
    /// Some of it might exist: that could not be found out.
    LookupFailed(LookupFailure),
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UsedUp => f.write_str("every server was tried"),
            Self::NotOffered => f.write_str("the domain does not offer the service"),
            Self::NotFound => f.write_str("the domain has no server"),
            Self::LookupFailed(why) => write!(f, "the servers could not be looked up: {why}"),
        }
    }
}

impl core::error::Error for Exhausted {}

/// Finds the servers of one next hop, in the order in which they are to be tried.
///
/// ```
/// use offhook::dns::{Answer, Record, RecordData, RecordKind};
/// use offhook::sip::transport::server_location::*;
/// use offhook::Transport;
///
/// let can = Capabilities { transports: vec![Transport::Udp], families: vec![Family::V4] };
/// let next_hop = NextHop::of_uri("sip:alice@proxy.example.com:5070").unwrap();
/// let mut location = ServerLocation::new(&next_hop, &can, SrvOrder::Fixed).unwrap();
///
/// assert_eq!(location.next_destination(), Next::Waiting);
/// let question = location.poll_query().unwrap();
/// assert_eq!(question.kind, RecordKind::A);
/// let data = RecordData::A("192.0.2.7".parse().unwrap());
/// let record = Record { name: question.name.clone(), ttl: 60, data };
/// location.on_answer(&question, &Answer::Records([record].into()));
///
/// let Next::Destination(destination) = location.next_destination() else { panic!() };
/// assert_eq!(destination.address.to_string(), "192.0.2.7:5070");
/// assert_eq!(location.next_destination(), Next::Exhausted(Exhausted::UsedUp));
/// ```
#[derive(Clone, Debug)]
pub struct ServerLocation {
    secure: bool,
    /// The transport if nothing else decides.
    transport: Transport,
    /// TARGET, if it is a name.
    domain: Option<Name>,
    capabilities: Capabilities,
    order: SrvOrder,
    state: State,
    queries: VecDeque<Question>,
    /// Servers whose turn is still to come.
    servers: VecDeque<Server>,
    destinations: VecDeque<Destination>,
    given_out: bool,
    /// Something that could not be found out.
    failure: Option<LookupFailure>,
}

#[derive(Clone, Debug)]
enum State {
    /// The rules of the domain are asked for.
    Naptr,
    /// The servers of its services are.
    Services(Vec<(Service, Option<Found>)>),
    /// The addresses of a server are, one answer for each family.
    Addresses {
        server: Server,
        found: Vec<(Family, Option<Addresses>)>,
    },
    /// Nothing is asked for: it is for whoever wants a destination to go on.
    Settled,
    /// The domain does not offer the service.
    NotOffered,
}

/// The SRV records of a service with their TTLs.
type Found = Vec<(Srv, u32)>;

/// The addresses of a server with their TTLs.
type Addresses = Vec<(IpAddr, u32)>;

/// A host that serves.
#[derive(Clone, Debug)]
struct Server {
    transport: Transport,
    name: Name,
    port: u16,
    ttl: u32,
}

impl ServerLocation {
    /// Begins to look for the servers of `next_hop`.
    ///
    /// # Errors
    /// The transport it names, or SIPS, is beyond what we can do, or its host is no name of the
    /// DNS.
    pub fn new(
        next_hop: &NextHop<'_>,
        capabilities: &Capabilities,
        order: SrvOrder,
    ) -> Result<Self, SelectError> {
        let mut location = Self {
            secure: next_hop.secure,
            transport: usable_transport(next_hop, capabilities)?,
            domain: None,
            capabilities: capabilities.clone(),
            order,
            state: State::Settled,
            queries: VecDeque::new(),
            servers: VecDeque::new(),
            destinations: VecDeque::new(),
            given_out: false,
            failure: None,
        };
        match next_hop.host {
            // §4.2: a numeric address is where it is.
            Host::Ip(ip) => {
                let port = next_hop.port.unwrap_or(default_port(location.transport));
                location.destinations.push_back(Destination {
                    transport: location.transport,
                    address: SocketAddr::new(ip, port),
                    server: None,
                    ttl: None,
                });
            }
            Host::Name(name) => {
                let domain = Name::parse(name).map_err(|_| SelectError::Malformed)?;
                location.begin(next_hop, domain)?;
            }
        }
        Ok(location)
    }

    /// The name that is looked up, unless it is an address: under TLS the certificate has to be
    /// valid for it (RFC 3263 §4.1, RFC 5922 §7.2).
    #[must_use]
    pub const fn domain(&self) -> Option<&Name> {
        self.domain.as_ref()
    }

    /// The next question to be asked, each of them once.
    pub fn poll_query(&mut self) -> Option<Question> {
        self.queries.pop_front()
    }

    /// Takes the answer to a question. One that is not open is ignored.
    pub fn on_answer(&mut self, question: &Question, answer: &Answer) {
        match answer {
            Answer::Failed(failure) => self.failure = self.failure.or(Some(*failure)),
            Answer::Records(_) | Answer::NoData { .. } | Answer::NoSuchName { .. } => {}
        }
        match &mut self.state {
            State::Naptr => {
                if question.kind == RecordKind::Naptr
                    && self.domain.as_ref() == Some(&question.name)
                {
                    self.on_naptr(answer);
                }
            }
            State::Services(services) => {
                let asked = |service: &Service| {
                    question.kind == RecordKind::Srv && service.name == question.name
                };
                for (service, found) in services.iter_mut() {
                    if asked(service) && found.is_none() {
                        *found = Some(srv_records(answer, service.ttl));
                    }
                }
                self.on_service_answered();
            }
            State::Addresses { server, found } => {
                for (family, addresses) in found.iter_mut() {
                    if question.kind == family.kind() && question.name == server.name {
                        *addresses = Some(addresses_in(answer, server.ttl));
                    }
                }
                self.on_address_answered();
            }
            State::Settled | State::NotOffered => {}
        }
    }

    /// The next destination to be tried, the preferred one first.
    pub fn next_destination(&mut self) -> Next {
        if self.destinations.is_empty() && matches!(self.state, State::Settled) {
            self.ask_for_next_server();
        }
        if let Some(destination) = self.destinations.pop_front() {
            self.given_out = true;
            return Next::Destination(destination);
        }
        match self.state {
            State::Naptr | State::Services(_) | State::Addresses { .. } => Next::Waiting,
            State::NotOffered => Next::Exhausted(Exhausted::NotOffered),
            State::Settled if self.given_out => Next::Exhausted(Exhausted::UsedUp),
            State::Settled => Next::Exhausted(match self.failure {
                Some(failure) => Exhausted::LookupFailed(failure),
                None => Exhausted::NotFound,
            }),
        }
    }

    /// Decides what is asked for first.
    fn begin(&mut self, next_hop: &NextHop<'_>, domain: Name) -> Result<(), SelectError> {
        self.domain = Some(domain.clone());
        if let Some(port) = next_hop.port {
            // §4.1, §4.2: a port that is named goes with the host that is named, and neither
            // NAPTR nor SRV records are asked for.
            self.servers.push_back(Server {
                transport: self.transport,
                name: domain,
                port,
                ttl: u32::MAX,
            });
            self.ask_for_next_server();
        } else if next_hop.transport.is_some() {
            // §4.2: a transport that is named makes NAPTR records needless.
            let service = Service::of(&domain, self.transport);
            let service = service.map_err(|_| SelectError::Malformed)?;
            self.ask_for_services(vec![service]);
        } else {
            self.state = State::Naptr;
            self.queries.push_back(Question {
                name: domain,
                kind: RecordKind::Naptr,
            });
        }
        Ok(())
    }

    /// §4.1: the services the domain names, or, where it names none we can use, those we could.
    fn on_naptr(&mut self, answer: &Answer) {
        let named = service::named(answer, self.secure, &self.capabilities);
        if let Some(first) = named.first() {
            self.transport = first.transport;
            return self.ask_for_services(named);
        }
        let domain = self.domain.clone().unwrap_or_else(Name::root);
        let supported = service::supported(&domain, self.secure, &self.capabilities);
        // A domain too long for a service in front of it can have none.
        self.ask_for_services(supported.unwrap_or_default());
    }

    fn ask_for_services(&mut self, services: Vec<Service>) {
        for service in &services {
            self.queries.push_back(Question {
                name: service.name.clone(),
                kind: RecordKind::Srv,
            });
        }
        let open = services.into_iter().map(|service| (service, None));
        self.state = State::Services(open.collect());
        self.on_service_answered();
    }

    /// Once all services are answered, lines their servers up.
    fn on_service_answered(&mut self) {
        let State::Services(services) = &mut self.state else {
            return;
        };
        if services.iter().any(|(_, found)| found.is_none()) {
            return;
        }
        let services = core::mem::take(services);
        self.state = State::Settled;
        let mut exist = false;
        for (service, found) in services {
            let found = found.unwrap_or_default();
            exist |= !found.is_empty();
            let ordered = srv_order::in_order(found, &mut self.order);
            // RFC 2782: the root for a target says that there is no such service.
            let serving = ordered.into_iter().filter(|(srv, _)| !srv.target.is_root());
            let servers = serving.take(SERVERS_MAX).map(|(srv, ttl)| Server {
                transport: service.transport,
                name: srv.target,
                port: srv.port,
                ttl,
            });
            self.servers.extend(servers);
        }
        if !exist {
            // §4.2: without SRV records, the addresses of the domain and the default port.
            self.servers.extend(self.domain.clone().map(|name| Server {
                transport: self.transport,
                name,
                port: default_port(self.transport),
                ttl: u32::MAX,
            }));
        } else if self.servers.is_empty() {
            self.state = State::NotOffered;
            return;
        }
        self.ask_for_next_server();
    }

    fn ask_for_next_server(&mut self) {
        let Some(server) = self.servers.pop_front() else {
            return;
        };
        let mut found = Vec::new();
        for family in &self.capabilities.families {
            self.queries.push_back(Question {
                name: server.name.clone(),
                kind: family.kind(),
            });
            found.push((*family, None));
        }
        self.state = State::Addresses { server, found };
        self.on_address_answered();
    }

    /// Once all families are answered, lines the addresses up, or goes on to the next server.
    fn on_address_answered(&mut self) {
        let State::Addresses { server, found } = &mut self.state else {
            return;
        };
        if found.iter().any(|(_, addresses)| addresses.is_none()) {
            return;
        }
        // RFC 7984 §4: families in our order, and never those of two servers in between.
        for (_, addresses) in found {
            let mut addresses = addresses.take().unwrap_or_default();
            if let SrvOrder::Fixed = self.order {
                addresses.sort_unstable();
            }
            for (ip, ttl) in addresses.into_iter().take(ADDRESSES_MAX) {
                self.destinations.push_back(Destination {
                    transport: server.transport,
                    address: SocketAddr::new(ip, server.port),
                    server: Some(server.name.clone()),
                    ttl: Some(ttl),
                });
            }
        }
        self.state = State::Settled;
        if self.destinations.is_empty() {
            self.ask_for_next_server();
        }
    }
}

/// The transport if the DNS does not decide (§4.1): the one that is named, or else UDP for SIP and
/// TLS for SIPS; or, for whoever has neither, the first of what they have that will do.
fn usable_transport(
    next_hop: &NextHop<'_>,
    capabilities: &Capabilities,
) -> Result<Transport, SelectError> {
    let usual = next_hop.transport_or_default();
    if capabilities.rank(usual).is_some() {
        return Ok(usual);
    }
    let mut transports = capabilities.transports.iter();
    let first = transports.find(|transport| transport.is_secure() || !next_hop.secure);
    match first {
        Some(first) if next_hop.transport.is_none() => Ok(*first),
        Some(_) | None => Err(SelectError::UnknownTransport),
    }
}

/// The SRV records of an answer, with TTLs that are not beyond `ttl`.
fn srv_records(answer: &Answer, ttl: u32) -> Found {
    let records = answer.records().iter();
    let srv = records.filter_map(|record| match &record.data {
        RecordData::Srv(srv) => Some((srv.clone(), record.ttl.min(ttl))),
        RecordData::A(_)
        | RecordData::Aaaa(_)
        | RecordData::Cname(_)
        | RecordData::Soa(_)
        | RecordData::Naptr(_) => None,
    });
    srv.collect()
}

/// The addresses of an answer, with TTLs that are not beyond `ttl`.
fn addresses_in(answer: &Answer, ttl: u32) -> Addresses {
    let records = answer.records().iter();
    let addresses = records.filter_map(|record| {
        let ip = match &record.data {
            RecordData::A(ip) => IpAddr::V4(*ip),
            RecordData::Aaaa(ip) => IpAddr::V6(*ip),
            RecordData::Cname(_)
            | RecordData::Soa(_)
            | RecordData::Srv(_)
            | RecordData::Naptr(_) => return None,
        };
        Some((ip, record.ttl.min(ttl)))
    });
    addresses.collect()
}
