//! Where a URI leads when it says so in numbers (RFC 3263 §4.1, §4.2).

use core::fmt;
use core::net::SocketAddr;

use super::default_port;
use crate::machine::Transport;
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
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed uri",
            Self::NotSip => "the uri is not reached by sip",
            Self::UnknownTransport => "unknown transport",
            Self::NeedsResolution => "the host is a name that has to be looked up first",
            Self::NoFlow => "no socket is bound that could reach the address",
            Self::TooManyFlows => "the limit of flows is reached",
        })
    }
}

impl core::error::Error for SelectError {}

/// The transport and address of a SIP URI whose host is numeric.
pub(crate) fn locate(uri: &str) -> Result<(Transport, SocketAddr), SelectError> {
    let sip = match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) => sip,
        Ok(Uri::Tel(_) | Uri::Other { .. }) => return Err(SelectError::NotSip),
        Err(_) => return Err(SelectError::Malformed),
    };
    let named = match sip.transport() {
        Some(name) => Some(transport_named(name).ok_or(SelectError::UnknownTransport)?),
        None => None,
    };
    // RFC 3263 §4.1: a numeric host without a transport means UDP, or TLS for SIPS, where a
    // transport names what is below TLS (RFC 3261 §26.2.2).
    let transport = match (sip.secure, named) {
        (false, named) => named.unwrap_or(Transport::Udp),
        (true, None | Some(Transport::Tcp | Transport::Tls)) => Transport::Tls,
        (true, Some(Transport::Ws | Transport::Wss)) => Transport::Wss,
        (true, Some(Transport::Udp)) => return Err(SelectError::UnknownTransport),
    };
    // RFC 3263 §4: TARGET is maddr if there is one.
    let target: Host<'_> = sip.maddr().unwrap_or(sip.host);
    let ip = target.ip().ok_or(SelectError::NeedsResolution)?;
    let port = sip.port.unwrap_or(default_port(transport));
    Ok((transport, SocketAddr::new(ip, port)))
}

/// The domain a URI is about, which need not be where it leads: who answers for it has to be able
/// to prove so (RFC 5922 §7.3).
pub(crate) fn domain_of(uri: &str) -> Option<Host<'_>> {
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) => Some(sip.host),
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => None,
    }
}

fn transport_named(name: &str) -> Option<Transport> {
    let known = [
        ("udp", Transport::Udp),
        ("tcp", Transport::Tcp),
        ("tls", Transport::Tls),
        ("ws", Transport::Ws),
        ("wss", Transport::Wss),
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
        locate(uri).map(|(transport, address)| (transport, alloc::format!("{address}")))
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
            located("sip:192.0.2.1;transport=sctp"),
            Err(SelectError::UnknownTransport)
        );
        assert!(located("sip:").is_err());
    }
}
