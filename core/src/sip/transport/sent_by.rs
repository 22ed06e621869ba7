//! What a Via says of its sender: a host and perhaps a port (RFC 3261 §18.1.1, §20.42).

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::fmt;
use core::net::{IpAddr, SocketAddr};

use crate::sip::uri::{Host, HostPort};
use crate::text::push_decimal;

/// The sent-by of a Via we write, or compare with one that arrived.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SentBy {
    host: String,
    /// What `host` says, if that is an address.
    address: Option<IpAddr>,
    port: Option<u16>,
}

impl SentBy {
    /// The sent-by that `host` or `host:port` writes; an IPv6 address stands in brackets.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let split = text
            .rsplit_once(':')
            .filter(|(host, _)| !host.contains(':') || host.ends_with(']'))
            .and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = match split {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        Self {
            host: host.to_owned(),
            address: Host::parse(host).and_then(|host| host.ip()),
            port,
        }
    }

    /// The sent-by of a socket bound to `address`.
    #[must_use]
    pub fn from_address(address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => alloc::format!("[{ip}]"),
        };
        Self {
            host,
            address: Some(address.ip()),
            port: Some(address.port()),
        }
    }

    /// The host; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, unless it is the transport's own.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// As it is written in a header field.
    #[must_use]
    pub fn host_port(&self) -> HostPort<'_> {
        HostPort {
            host: match self.address {
                Some(address) => Host::Ip(address),
                None => Host::Name(&self.host),
            },
            port: self.port,
        }
    }

    /// Appends it as it is written in a header field.
    pub(crate) fn push_to(&self, out: &mut String) {
        out.push_str(&self.host);
        if let Some(port) = self.port {
            out.push(':');
            push_decimal(port.into(), out);
        }
    }

    /// Whether `other`, as read from a Via, says the same: no port means `default_port`.
    #[must_use]
    pub fn matches(&self, other: HostPort<'_>, default_port: u16) -> bool {
        self.port.unwrap_or(default_port) == other.port.unwrap_or(default_port)
            && self.host_port().host.is_same(&other.host)
    }
}

impl fmt::Display for SentBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_and_without_a_port() {
        for text in [
            "pbx.example.com",
            "192.0.2.1:5070",
            "[2001:db8::1]",
            "[2001:db8::1]:5070",
        ] {
            let sent_by = SentBy::from_text(text);
            assert_eq!(sent_by.to_string(), text);
            let mut pushed = String::from("SIP/2.0/UDP ");
            sent_by.push_to(&mut pushed);
            assert_eq!(pushed.strip_prefix("SIP/2.0/UDP "), Some(text));
        }
        assert_eq!(SentBy::from_text("[2001:db8::1]:5070").port(), Some(5070));
        assert_eq!(SentBy::from_text("[2001:db8::1]").port(), None);
        let named = SentBy::from_text("pbx.example.com:5070");
        assert_eq!(
            (named.host(), named.port()),
            ("pbx.example.com", Some(5070))
        );
    }

    #[test]
    fn no_port_is_the_default_one_and_case_does_not_matter() {
        let ours = SentBy::from_text("PBX.example.com");
        let theirs = |text| HostPort::parse(text).unwrap();
        assert!(ours.matches(theirs("pbx.EXAMPLE.com:5060"), 5060));
        assert!(!ours.matches(theirs("pbx.example.com:5061"), 5060));
        assert!(!ours.matches(theirs("pbx.example.org"), 5060));
    }

    #[test]
    fn an_ipv6_address_is_the_same_however_it_is_written() {
        let ours = SentBy::from_text("[2001:db8::1]:5060");
        assert!(ours.matches(HostPort::parse("[2001:DB8:0:0::1]").unwrap(), 5060));
    }
}
