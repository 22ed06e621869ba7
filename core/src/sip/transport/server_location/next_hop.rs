//! What a URI or a Via says of where to send to, and where that is if it says so in numbers
//! (RFC 3263 §4, §5).

use core::fmt;
use core::net::SocketAddr;

use super::Exhausted;
use crate::machine::Transport;
use crate::sip::header::Via;
use crate::sip::transport::default_port;
use crate::sip::uri::{Host, Uri};

/// Why there is nowhere to send to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SelectError {
    /// It is no URI.
    Malformed,
    /// It is a URI that is not reached by SIP.
    NotSip,
    /// It names a transport that is not known here.
    UnknownTransport,
    /// Its host is a name, which has to be looked up first.
    NeedsResolution,
    /// No socket of that transport and address family is bound.
    NoFlow,
    /// One more connection is beyond the limit of flows.
    TooManyFlows,
    /// One more search in the DNS is beyond the limit of client transactions.
    TooManyLookups,
    /// The DNS leads to no server.
    NotLocated(Exhausted),
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Malformed => "malformed uri",
            Self::NotSip => "the uri is not reached by sip",
            Self::UnknownTransport => "unknown transport",
            Self::NeedsResolution => "the host is a name that has to be looked up first",
            Self::NoFlow => "no socket is bound that could reach the address",
            Self::TooManyFlows => "the limit of flows is reached",
            Self::TooManyLookups => "the limit of searches is reached",
            Self::NotLocated(why) => return why.fmt(f),
        };
        f.write_str(text)
    }
}

impl core::error::Error for SelectError {}

/// What a URI or a Via says of where to send to: all that RFC 3263 begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextHop<'a> {
    /// Whether nothing but TLS will do: the URI is SIPS.
    pub secure: bool,
    /// The transport, if one is named.
    pub transport: Option<Transport>,
    /// What RFC 3263 §4 calls TARGET.
    pub host: Host<'a>,
    /// The port, if one is named.
    pub port: Option<u16>,
}

impl<'a> NextHop<'a> {
    /// Where a request to this URI goes (RFC 3263 §4).
    ///
    /// # Errors
    /// It is no SIP or SIPS URI, or names a transport that is unknown or not below SIPS.
    pub fn of_uri(uri: &'a str) -> Result<Self, SelectError> {
        let sip = match Uri::parse(uri) {
            Ok(Uri::Sip(sip)) => sip,
            Ok(Uri::Tel(_) | Uri::Other { .. }) => return Err(SelectError::NotSip),
            Err(_) => return Err(SelectError::Malformed),
        };
        let named = match sip.transport() {
            Some(name) => Some(transport_named(name).ok_or(SelectError::UnknownTransport)?),
            None => None,
        };
        // RFC 3261 §26.2.2: in a SIPS URI, a transport names what is below TLS.
        let transport = match (sip.secure, named) {
            (false, named) => named,
            (true, None) => None,
            (true, Some(Transport::Tcp | Transport::Tls)) => Some(Transport::Tls),
            (true, Some(Transport::Ws | Transport::Wss)) => Some(Transport::Wss),
            (true, Some(Transport::Sctp | Transport::TlsSctp)) => Some(Transport::TlsSctp),
            (true, Some(Transport::Udp)) => return Err(SelectError::UnknownTransport),
        };
        Ok(Self {
            secure: sip.secure,
            transport,
            // RFC 3263 §4: TARGET is maddr if there is one.
            host: sip.maddr().unwrap_or(sip.host),
            port: sip.port,
        })
    }

    /// Where a response with this top Via goes once the connection it belongs to, or the address
    /// it came from, has failed (RFC 3263 §5).
    ///
    /// # Errors
    /// The Via names a transport that is unknown.
    pub fn of_via(via: &Via<'a>) -> Result<Self, SelectError> {
        let transport = transport_named(via.transport).ok_or(SelectError::UnknownTransport)?;
        Ok(Self {
            secure: transport.is_secure(),
            transport: Some(transport),
            host: via.sent_by.host,
            port: via.sent_by.port,
        })
    }

    /// The transport when neither the next hop nor the DNS names one: UDP, or TLS for SIPS
    /// (RFC 3263 §4.1).
    #[must_use]
    pub fn transport_or_default(&self) -> Transport {
        let default = if self.secure {
            Transport::Tls
        } else {
            Transport::Udp
        };
        self.transport.unwrap_or(default)
    }

    /// Transport and address, if the host is numeric (RFC 3263 §4.1, §4.2).
    #[must_use]
    pub fn address(&self) -> Option<(Transport, SocketAddr)> {
        let transport = self.transport_or_default();
        let port = self.port.unwrap_or(default_port(transport));
        Some((transport, SocketAddr::new(self.host.ip()?, port)))
    }
}

fn transport_named(name: &str) -> Option<Transport> {
    let known = [
        ("udp", Transport::Udp),
        ("tcp", Transport::Tcp),
        ("tls", Transport::Tls),
        ("ws", Transport::Ws),
        ("wss", Transport::Wss),
        ("sctp", Transport::Sctp),
        // RFC 4168 §4.
        ("tls-sctp", Transport::TlsSctp),
    ];
    known
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, transport)| *transport)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(uri: &str) -> Result<(Transport, alloc::string::String), SelectError> {
        let address = NextHop::of_uri(uri)?.address();
        let (transport, address) = address.ok_or(SelectError::NeedsResolution)?;
        Ok((transport, alloc::format!("{address}")))
    }

    fn leads(uri: &str, transport: Transport, address: &str) {
        assert_eq!(located(uri), Ok((transport, address.into())), "{uri}");
    }

    #[test]
    fn ports_are_5060_and_5061_unless_one_is_named() {
        leads("sip:bob@192.0.2.1", Transport::Udp, "192.0.2.1:5060");
        leads(
            "sip:192.0.2.1;transport=tcp",
            Transport::Tcp,
            "192.0.2.1:5060",
        );
        leads("sips:bob@192.0.2.1", Transport::Tls, "192.0.2.1:5061");
        leads(
            "sip:192.0.2.1;transport=tls",
            Transport::Tls,
            "192.0.2.1:5061",
        );
        leads("sip:bob@192.0.2.1:5090", Transport::Udp, "192.0.2.1:5090");
        leads("sips:bob@192.0.2.1:5090", Transport::Tls, "192.0.2.1:5090");
    }

    // shows: S162
    #[test]
    fn numbers_need_no_look_up_and_names_do() {
        leads(
            "sip:bob@[2001:db8::1]",
            Transport::Udp,
            "[2001:db8::1]:5060",
        );
        assert_eq!(
            located("sip:bob@example.com"),
            Err(SelectError::NeedsResolution)
        );
    }

    #[test]
    fn maddr_goes_before_the_host() {
        leads(
            "sip:john@Example.COM;maddr=10.0.0.1",
            Transport::Udp,
            "10.0.0.1:5060",
        );
    }

    // shows: S116
    #[test]
    fn sips_means_tls_below_whatever_is_named() {
        leads(
            "sips:192.0.2.1;transport=tcp",
            Transport::Tls,
            "192.0.2.1:5061",
        );
        assert_eq!(
            located("sips:192.0.2.1;transport=udp"),
            Err(SelectError::UnknownTransport)
        );
    }

    #[test]
    fn what_is_not_reached_by_sip() {
        assert_eq!(located("tel:+15551234"), Err(SelectError::NotSip));
        assert_eq!(located("mailto:bob@192.0.2.1"), Err(SelectError::NotSip));
        assert_eq!(
            located("sip:192.0.2.1;transport=dccp"),
            Err(SelectError::UnknownTransport)
        );
        assert!(located("sip:").is_err());
    }
}
