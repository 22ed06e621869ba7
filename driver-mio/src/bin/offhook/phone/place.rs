//! Where the phone is, who it is, and where its requests go.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use offhook_mio::MachineId;

use crate::failure::Failure;
use crate::node::Driver;
use crate::options::{PhoneOptions, resolve};

const SIP_PORT: u16 = 5060;

/// Addresses and names, decided before anything is sent.
pub(crate) struct Place {
    /// Where it receives.
    pub(crate) local: SocketAddr,
    /// Who it is.
    pub(crate) aor: String,
    /// The user part of that.
    pub(crate) user: String,
    /// Where requests outside a dialog go, if not straight to the address in the URI.
    pub(crate) next_hop: Option<SocketAddr>,
    /// The Request-URI of a REGISTER.
    pub(crate) registrar_uri: String,
    chosen_port: bool,
}

impl Place {
    /// Decides from the command line; names are looked up with the system's resolver.
    pub(crate) fn find(options: &PhoneOptions) -> Result<Self, Failure> {
        let home = options.aor.as_deref().map(split).transpose()?;
        let registrar = match (options.register, options.registrar, &home) {
            (false, _, _) => None,
            (true, Some(address), _) => Some(address),
            (true, None, Some((_, host))) => Some(resolve(host)?),
            (true, None, None) => {
                return Err(Failure::usage(
                    "--register needs an address, or --aor to take it from",
                ));
            }
        };
        let next_hop = match (options.proxy.or(registrar), &options.call) {
            (Some(address), _) => Some(address),
            (None, Some(uri)) => named_host(uri)?,
            (None, None) => None,
        };
        let peer = next_hop.or_else(|| {
            let (_, host) = split(options.call.as_deref()?).ok()?;
            resolve(&host).ok()
        });
        let local = match options.listen {
            Some(address) if !address.ip().is_unspecified() => address,
            Some(address) => SocketAddr::new(route_to(peer, address.is_ipv6()), address.port()),
            None => SocketAddr::new(route_to(peer, false), SIP_PORT),
        };
        // A port that the system will pick is not known yet: the address alone must do.
        let here = match local.port() {
            0 => SocketAddr::new(local.ip(), SIP_PORT),
            _ => local,
        };
        let (user, host) = home.unwrap_or_else(|| ("offhook".to_owned(), here.to_string()));
        Ok(Self {
            local,
            aor: options
                .aor
                .clone()
                .unwrap_or_else(|| format!("sip:{user}@{host}")),
            user,
            next_hop,
            registrar_uri: format!("sip:{host}"),
            chosen_port: options.listen.is_some(),
        })
    }

    /// Binds the socket; with no port asked for, any free one will do when 5060 is taken.
    pub(crate) fn bind(mut self, driver: &mut Driver, id: MachineId) -> Result<Self, Failure> {
        let bound = match driver.bind_udp(id, self.local) {
            Err(error) if !self.chosen_port && error.kind() == std::io::ErrorKind::AddrInUse => {
                driver.bind_udp(id, SocketAddr::new(self.local.ip(), 0))
            }
            other => other,
        };
        let (_, local) = bound.map_err(|error| Failure::bind(self.local, &error))?;
        self.local = local;
        Ok(self)
    }
}

/// User and `host[:port]` of a SIP URI.
fn split(uri: &str) -> Result<(String, String), Failure> {
    let wrong = || Failure::usage(format!("{uri:?} is no SIP URI: write it as sip:USER@HOST"));
    let (scheme, rest) = uri.split_once(':').ok_or_else(wrong)?;
    if !scheme.eq_ignore_ascii_case("sip") {
        return Err(wrong());
    }
    let bare = rest.split([';', '?']).next().unwrap_or_default();
    let (user, host) = bare.rsplit_once('@').unwrap_or(("offhook", bare));
    if host.is_empty() || user.is_empty() {
        return Err(wrong());
    }
    Ok((user.to_owned(), host.to_owned()))
}

/// The address of the host in a URI if it is a name; the core itself sends to numbers.
fn named_host(uri: &str) -> Result<Option<SocketAddr>, Failure> {
    let (_, host) = split(uri)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_number = host.parse::<SocketAddr>().is_ok() || bare.parse::<IpAddr>().is_ok();
    if is_number {
        Ok(None)
    } else {
        resolve(&host).map(Some)
    }
}

/// The address of ours that packets to `peer` leave from. Nothing is sent to find out.
fn route_to(peer: Option<SocketAddr>, v6: bool) -> IpAddr {
    let (any, loopback, elsewhere): (IpAddr, IpAddr, SocketAddr) =
        match peer.map_or(v6, |p| p.is_ipv6()) {
            true => (
                Ipv6Addr::UNSPECIFIED.into(),
                Ipv6Addr::LOCALHOST.into(),
                // An address of documentation (RFC 3849): it stands for the default route.
                SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], SIP_PORT)),
            ),
            false => (
                Ipv4Addr::UNSPECIFIED.into(),
                Ipv4Addr::LOCALHOST.into(),
                // An address of documentation (RFC 5737): it stands for the default route.
                SocketAddr::from(([192, 0, 2, 1], SIP_PORT)),
            ),
        };
    let socket = UdpSocket::bind((any, 0));
    let route = socket.and_then(|socket| {
        socket.connect(peer.unwrap_or(elsewhere))?;
        socket.local_addr()
    });
    route.map_or(loopback, |address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_host_of_a_uri() {
        let (user, host) = split("sip:bob@127.0.0.1:5070;transport=udp").unwrap();
        assert_eq!((user.as_str(), host.as_str()), ("bob", "127.0.0.1:5070"));
        assert!(split("bob").is_err());
        assert!(split("mailto:bob@example.com").is_err());
        assert!(split("sip:bob@").is_err());
    }

    #[test]
    fn a_number_needs_no_look_up() {
        assert_eq!(named_host("sip:bob@127.0.0.1:5070").unwrap(), None);
        assert_eq!(named_host("sip:bob@[::1]").unwrap(), None);
        assert!(named_host("sip:bob@localhost:5071").unwrap().is_some());
    }

    #[test]
    fn loopback_is_reached_from_loopback() {
        let peer = "127.0.0.1:5060".parse().unwrap();
        assert_eq!(route_to(Some(peer), false), IpAddr::from([127, 0, 0, 1]));
    }
}
