//! Where the phone is, who it is, and where its requests go.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use offhook::Transport;
use offhook::sip::transport::server_location::{Capabilities, Family, NextHop};
use offhook::sip::transport::transport_parameter;
use offhook_mio::{MachineId, NameService};

use crate::failure::Failure;
use crate::ground::Ground;
use crate::names::first_server;
use crate::node::Driver;
use crate::options::{AccountOptions, PhoneOptions, port_of, transport_in, uri_at};

/// Addresses and names, decided before anything is sent.
pub(crate) struct Place {
    /// Where it receives, or would.
    pub(crate) local: SocketAddr,
    /// Whether anybody can connect there; what it has opened itself it is reached on.
    pub(crate) listens: bool,
    /// What it speaks over where a URI does not say.
    pub(crate) transport: Transport,
    listen_over: Transport,
    chosen_port: bool,
    /// Whom it wants to reach, if its address is the one that leads there; not if an address was
    /// chosen.
    route: Option<Route>,
    /// Who it is: at least one.
    pub(crate) homes: Vec<Home>,
}

/// Where one of its addresses-of-record is at home.
pub(crate) struct Home {
    /// Who it is.
    pub(crate) aor: String,
    /// The user part of that.
    pub(crate) user: String,
    /// What requests outside a dialog go through, if they do not go straight to whom they are for.
    pub(crate) proxy: Option<String>,
    /// The Request-URI of a REGISTER.
    pub(crate) registrar_uri: String,
}

/// User and host of an account as far as it names them, and the server its requests go through.
type Known = (Option<(String, String)>, Option<String>);

/// What the command line says of an account.
fn known(account: &AccountOptions, over: Transport) -> Result<Known, Failure> {
    let home = account.aor.as_deref().map(split).transpose()?;
    let registrar = match (account.register, &account.registrar, &home) {
        (false, _, _) => None,
        (true, Some(host), _) => Some(uri_at(host, over)?),
        (true, None, Some((_, host))) => Some(uri_at(host, over)?),
        (true, None, None) => {
            return Err(Failure::usage(
                "--register needs an address, or --aor to take it from",
            ));
        }
    };
    let proxy = account.proxy.as_deref();
    let proxy = proxy.map(|host| uri_at(host, over)).transpose()?;
    Ok((home, proxy.or(registrar)))
}

impl Home {
    fn new((home, proxy): Known, aor: Option<&str>, here: SocketAddr) -> Self {
        let (user, host) = home.unwrap_or_else(|| ("offhook".to_owned(), here.to_string()));
        Self {
            aor: aor.map_or_else(|| format!("sip:{user}@{host}"), str::to_owned),
            user,
            proxy,
            registrar_uri: format!("sip:{host}"),
        }
    }
}

impl Place {
    /// Decides from the command line. Where names lead is for the user agent to find; here they
    /// are looked up only to learn which address of ours leads there, if that was not said.
    pub(crate) fn find(options: &PhoneOptions, names: &NameService) -> Result<Self, Failure> {
        let over = options.transport;
        let accounts = options.accounts.iter();
        let homes: Result<Vec<Known>, Failure> = accounts.map(|it| known(it, over)).collect();
        let homes = homes?;
        let proxy = homes.iter().find_map(|(_, proxy)| proxy.as_deref());
        let port = port_of(over);
        let (local, route) = match options.listen {
            Some(address) if !address.ip().is_unspecified() => (address, None),
            other => {
                let peer = match proxy.or(options.call.as_deref()) {
                    Some(uri) => at_first(uri, options, names)?,
                    None => None,
                };
                let v6 = other.is_some_and(|address| address.is_ipv6());
                let port = other.map_or(port, |address| address.port());
                let route = Route { peer, v6 };
                let ip = route.source().unwrap_or(route.loopback());
                (SocketAddr::new(ip, port), Some(route))
            }
        };
        // A port that the system will pick is not known yet: the address alone must do.
        let here = match local.port() {
            0 => SocketAddr::new(local.ip(), port),
            _ => local,
        };
        let aors = options
            .accounts
            .iter()
            .map(|account| account.aor.as_deref());
        let homes = homes.into_iter().zip(aors);
        Ok(Self {
            local,
            listens: false,
            transport: over,
            listen_over: options.listen_over,
            chosen_port: options.listen.is_some(),
            route,
            homes: homes.map(|(it, aor)| Home::new(it, aor, here)).collect(),
        })
    }

    /// Binds the socket; with no port asked for, any free one will do when 5060 is taken.
    pub(crate) fn bind(
        mut self,
        ground: &Ground,
        driver: &mut Driver,
        id: MachineId,
    ) -> Result<Self, Failure> {
        self.listens = match self.listen_over {
            Transport::Udp | Transport::Tcp => true,
            // A phone that shows no certificate calls under TLS, and is not called.
            Transport::Tls => ground.has_papers(),
            // Nobody connects to a WebSocket client (RFC 7118 §5.3): it listens if it is told to.
            Transport::Ws => self.chosen_port,
            Transport::Wss => self.chosen_port && ground.has_papers(),
            // The driver has no such sockets.
            Transport::Sctp | Transport::TlsSctp => false,
        };
        self.open(ground, driver, id, self.local.ip())?;
        Ok(self)
    }

    /// Opens what it listens on at an address of ours, and is there from now on.
    pub(crate) fn open(
        &mut self,
        ground: &Ground,
        driver: &mut Driver,
        id: MachineId,
        ip: IpAddr,
    ) -> Result<(), Failure> {
        let wanted = SocketAddr::new(ip, self.local.port());
        if !self.listens {
            self.local = wanted;
            return Ok(());
        }
        let over = Some(self.listen_over);
        let bound = match ground.open(driver, id, over, wanted) {
            Err(error) if !self.chosen_port && error.kind() == std::io::ErrorKind::AddrInUse => {
                ground.open(driver, id, over, SocketAddr::new(ip, 0))
            }
            other => other,
        };
        self.local = bound.map_err(|error| Failure::bind(wanted, &error))?;
        if self.listen_over == Transport::Udp {
            // RFC 3261 §18.2.1: what listens over UDP listens over TCP at the same port. Another
            // program may have that; calls over UDP go on all the same.
            let _ = ground.open(driver, id, Some(Transport::Tcp), self.local);
        }
        Ok(())
    }

    /// Whether its address is the one that leads outside, whichever that is.
    pub(crate) const fn may_move(&self) -> bool {
        self.route.is_some()
    }

    /// The address that leads outside now; none while nothing does.
    pub(crate) fn here(&self) -> Option<IpAddr> {
        let ip = self.route.as_ref()?.source()?;
        // Without a network the system may name the loopback, which is no place to move to.
        (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
    }

    /// `uri` with what it goes over from a home, if it leads nowhere else and does not say itself.
    pub(crate) fn over(&self, home: &Home, uri: &str) -> String {
        let plain = split(uri).is_ok() && !uri.contains(';') && !uri.contains('?');
        let over = match transport_in(uri) {
            Some(_) => "",
            None => transport_parameter(self.transport, false),
        };
        if !plain || home.proxy.is_some() {
            return uri.to_owned();
        }
        match (self.transport, uri.split_once(':')) {
            // RFC 7118 §5.2: one name for both; the scheme tells them apart.
            (Transport::Wss, Some((_, rest))) => format!("sips:{rest}{over}"),
            (_, Some(_) | None) => format!("{uri}{over}"),
        }
    }
}

/// User and `host[:port]` of a SIP URI.
fn split(uri: &str) -> Result<(String, String), Failure> {
    let wrong = || Failure::usage(format!("{uri:?} is no SIP URI: write it as sip:USER@HOST"));
    let (scheme, rest) = uri.split_once(':').ok_or_else(wrong)?;
    if !["sip", "sips"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return Err(wrong());
    }
    let bare = rest.split([';', '?']).next().unwrap_or_default();
    let (user, host) = bare.rsplit_once('@').unwrap_or(("offhook", bare));
    if host.is_empty() || user.is_empty() {
        return Err(wrong());
    }
    Ok((user.to_owned(), host.to_owned()))
}

/// What a phone can speak over, what it prefers first.
pub(crate) fn transports(options: &PhoneOptions) -> Vec<Transport> {
    let mut transports = match options.transport {
        Transport::Udp => vec![Transport::Udp, Transport::Tcp],
        only => vec![only],
    };
    let asked = options.call.as_deref().and_then(transport_in);
    let trusted = (!options.trusted.is_empty()).then_some(Transport::Tls);
    for over in asked.into_iter().chain(trusted) {
        if !transports.contains(&over) {
            transports.push(over);
        }
    }
    transports
}

/// What it can do, before it has a socket.
fn capabilities(options: &PhoneOptions) -> Capabilities {
    Capabilities {
        transports: transports(options),
        families: match options.listen {
            Some(SocketAddr::V4(_)) => vec![Family::V4],
            Some(SocketAddr::V6(_)) => vec![Family::V6],
            None => vec![Family::V4, Family::V6],
        },
    }
}

/// Where the first message to a URI goes. What is no way at all is told by the user agent, that
/// of a name which leads nowhere here.
fn at_first(
    uri: &str,
    options: &PhoneOptions,
    names: &NameService,
) -> Result<Option<SocketAddr>, Failure> {
    let Ok(next_hop) = NextHop::of_uri(uri) else {
        return Ok(None);
    };
    match next_hop.address() {
        Some((_, address)) => Ok(Some(address)),
        None => first_server(uri, &capabilities(options), names.clone()).map(Some),
    }
}

/// The way to whom it wants to reach.
struct Route {
    /// Nobody for the default route.
    peer: Option<SocketAddr>,
    /// Which default route.
    v6: bool,
}

impl Route {
    fn is_v6(&self) -> bool {
        self.peer.map_or(self.v6, |peer| peer.is_ipv6())
    }

    fn loopback(&self) -> IpAddr {
        match self.is_v6() {
            true => Ipv6Addr::LOCALHOST.into(),
            false => Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// The address of ours that packets on it leave from, if there is a way. Nothing is sent to find
    /// out.
    fn source(&self) -> Option<IpAddr> {
        let (any, elsewhere): (IpAddr, SocketAddr) = match self.is_v6() {
            true => (
                Ipv6Addr::UNSPECIFIED.into(),
                // An address of documentation (RFC 3849): it stands for the default route.
                SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 5060)),
            ),
            false => (
                Ipv4Addr::UNSPECIFIED.into(),
                // An address of documentation (RFC 5737): it stands for the default route.
                SocketAddr::from(([192, 0, 2, 1], 5060)),
            ),
        };
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect(self.peer.unwrap_or(elsewhere)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    }
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
    fn loopback_is_reached_from_loopback() {
        let peer = "127.0.0.1:5060".parse().ok();
        let route = Route { peer, v6: false };
        assert_eq!(route.source(), Some(IpAddr::from([127, 0, 0, 1])));
    }
}
