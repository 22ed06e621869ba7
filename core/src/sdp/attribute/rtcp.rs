//! Where RTCP goes: `rtcp` (RFC 3605 §2.1).

use core::fmt;
use core::net::{IpAddr, SocketAddr};

use super::TypedAttribute;
use crate::sdp::session::Connection;
use crate::sdp::token::{digits, is_non_ws, is_token};

/// `rtcp`: the port RTCP is received on, and perhaps another address. Media level.
///
/// Only where the port is not the one after the RTP port, or the address is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtcpAddress<'a> {
    /// The port; not zero.
    pub port: u16,
    /// The address, if it is not that of the `c=` line. Neither multicast nor with a count.
    pub connection: Option<Connection<'a>>,
}

impl RtcpAddress<'_> {
    /// The whole address beside that of RTP; `None` if it is a name, or of another network.
    #[must_use]
    pub fn beside(&self, rtp: IpAddr) -> Option<SocketAddr> {
        let ip = match &self.connection {
            Some(connection) => connection.ip()?,
            None => rtp,
        };
        Some(SocketAddr::new(ip, self.port))
    }
}

impl<'a> TypedAttribute<'a> for RtcpAddress<'a> {
    const NAME: &'static str = "rtcp";

    fn parse(value: &'a str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let port = u16::try_from(digits(words.next()?)?).ok();
        let mut token = || words.next().filter(|word| is_token(word));
        let connection = match token() {
            None => None,
            Some(network_type) => Some(Connection {
                network_type,
                address_type: token()?,
                address: words.next().filter(|word| is_non_ws(word.as_bytes()))?,
                ttl: None,
                count: None,
            }),
        };
        let address = Self {
            port: port.filter(|port| *port != 0)?,
            connection,
        };
        words.next().is_none().then_some(address)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.port)?;
        if let Some(one) = &self.connection {
            let (network, family) = (one.network_type, one.address_type);
            write!(f, " {network} {family} {}", one.address)?;
        }
        Ok(())
    }
}
