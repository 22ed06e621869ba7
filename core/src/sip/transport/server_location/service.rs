//! Which services of a domain are asked for: those its NAPTR records name, or those we could use
//! (RFC 3263 §4.1, §4.2; RFC 3403 §4.1; RFC 4168 §6; RFC 7118 §5.5).

use alloc::vec::Vec;

use super::Capabilities;
use crate::dns::{Answer, DnsError, Name, Naptr, RecordData};
use crate::machine::Transport;

/// Services of one domain that are looked up.
const SERVICES_MAX: usize = 8;

/// What may stand in the services field, and the transport it stands for (RFC 3263 §9, RFC 4168
/// §8, RFC 7118 §10.2). TLS over UDP is not among them: no transport here is meant.
const SERVICE_FIELDS: [(&str, Transport); 7] = [
    ("SIP+D2U", Transport::Udp),
    ("SIP+D2T", Transport::Tcp),
    ("SIPS+D2T", Transport::Tls),
    ("SIP+D2W", Transport::Ws),
    ("SIPS+D2W", Transport::Wss),
    ("SIP+D2S", Transport::Sctp),
    ("SIPS+D2S", Transport::TlsSctp),
];

/// A name that has SRV records, and the transport they are about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Service {
    pub(super) transport: Transport,
    pub(super) name: Name,
    /// The TTL of the record that named it.
    pub(super) ttl: u32,
}

impl Service {
    /// The service of `domain` over a transport.
    pub(super) fn of(domain: &Name, transport: Transport) -> Result<Self, DnsError> {
        let (service, protocol) = match transport {
            Transport::Udp => ("_sip", "_udp"),
            Transport::Tcp => ("_sip", "_tcp"),
            Transport::Tls => ("_sips", "_tcp"),
            Transport::Ws => ("_sip", "_ws"),
            Transport::Wss => ("_sips", "_ws"),
            Transport::Sctp => ("_sip", "_sctp"),
            Transport::TlsSctp => ("_sips", "_sctp"),
        };
        Ok(Self {
            transport,
            name: domain.under(&[service, protocol])?,
            ttl: u32::MAX,
        })
    }
}

/// The services that NAPTR records name, the preferred one first.
pub(super) fn named(answer: &Answer, secure: bool, capabilities: &Capabilities) -> Vec<Service> {
    let mut usable: Vec<(u16, u16, usize, Service)> = Vec::new();
    for record in answer.records() {
        let RecordData::Naptr(naptr) = &record.data else {
            continue;
        };
        let Some(transport) = usable_transport(naptr, secure) else {
            continue;
        };
        // RFC 3263 §4.1: X has to be a transport we support; among records a domain prefers
        // equally, what we prefer decides.
        let Some(rank) = capabilities.rank(transport) else {
            continue;
        };
        let service = Service {
            transport,
            name: naptr.replacement.clone(),
            ttl: record.ttl,
        };
        usable.push((naptr.order, naptr.preference, rank, service));
    }
    usable.sort_by(|a, b| (a.0, a.1, a.2, &a.3.name).cmp(&(b.0, b.1, b.2, &b.3.name)));
    // RFC 3403 §4.1: once a record fits, those of another order are out of the question; those of
    // the same order stand by.
    let order = usable.first().map(|(order, ..)| *order);
    let mut services: Vec<Service> = Vec::new();
    for (_, _, _, service) in usable.into_iter().filter(|it| Some(it.0) == order) {
        let same =
            |other: &Service| (other.transport, &other.name) == (service.transport, &service.name);
        if services.len() < SERVICES_MAX && !services.iter().any(same) {
            services.push(service);
        }
    }
    services
}

/// The transport of a record that leads to SRV records, if it does.
fn usable_transport(naptr: &Naptr, secure: bool) -> Option<Transport> {
    // RFC 3263 §4.1: the expression is empty and the replacement is a name of SRV records, which
    // is what the flag says. A record that leads to more rules is none of this application, so
    // that there is no chain of them to follow, and no loop.
    let leads_to_srv = naptr.flags.is_same("s")
        && naptr.regexp.as_bytes().is_empty()
        && !naptr.replacement.is_root();
    let mut fields = SERVICE_FIELDS.iter();
    let (_, transport) = fields.find(|(field, _)| naptr.services.is_same(field))?;
    // RFC 3263 §4.1: for a SIPS URI every service that is not SIPS is discarded. The converse does
    // not hold.
    let secure_enough = !secure || transport.is_secure();
    (leads_to_srv && secure_enough).then_some(*transport)
}

/// The services we could use, in our order, for a domain without NAPTR records: `_sip` for SIP,
/// `_sips` for SIPS (RFC 3263 §4.1).
pub(super) fn supported(
    domain: &Name,
    secure: bool,
    capabilities: &Capabilities,
) -> Result<Vec<Service>, DnsError> {
    let in_clear = |transport: &Transport| {
        matches!(transport, Transport::Udp | Transport::Tcp | Transport::Sctp)
    };
    // RFC 3263 §4.2: `_sips` for a SIP URI too, if the client wishes to use TLS; one that can do
    // nothing else does.
    let over_tls = secure || !capabilities.transports.iter().any(in_clear);
    let wanted = |transport: &&Transport| match transport {
        Transport::Udp | Transport::Tcp | Transport::Sctp => !over_tls,
        Transport::Tls | Transport::TlsSctp => over_tls,
        // Found by their NAPTR records or by name only: a web server is not guessed at.
        Transport::Ws | Transport::Wss => false,
    };
    let transports = capabilities.transports.iter().filter(wanted);
    transports
        .map(|transport| Service::of(domain, *transport))
        .collect()
}
