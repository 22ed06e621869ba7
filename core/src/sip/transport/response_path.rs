//! Where a response goes (RFC 3261 §18.2.2, RFC 3581 §4).

use core::net::{IpAddr, SocketAddr};

use super::{Source, Target, default_port};
use crate::machine::Transport;
use crate::sip::header::{Rport, Via};

/// Where the response to a request with this top Via goes, which came from `source` and has
/// received and rport filled in. It leaves on the flow the request came on, so that it comes from
/// the address the request went to.
pub(crate) fn response_path(via: &Via<'_>, source: Source) -> Target {
    let to = |address| Target {
        flow: source.flow,
        address,
        transport: source.transport,
    };
    // §18.2.2: over a connection, back over that connection.
    if source.transport.is_reliable() {
        return to(source.address);
    }
    let port = sent_by_port(via, source.transport);
    // §18.2.2: maddr says where, if it is an address; names need RFC 3263.
    if let Some(ip) = via.maddr.and_then(|host| host.ip()) {
        return to(SocketAddr::new(ip, port));
    }
    match (via.received, via.rport) {
        // RFC 3581 §4: back through the hole the request came through.
        (Some(ip), Rport::Filled(port)) => to(with_ip(source.address, ip, port)),
        // §18.2.2: to the address it came from, at the port it names.
        (Some(ip), Rport::Absent | Rport::Requested) => to(with_ip(source.address, ip, port)),
        // §18.2.2: to sent-by, which is the address it came from, or it would have been marked.
        (None, Rport::Absent | Rport::Requested | Rport::Filled(_)) => {
            let ip = via.sent_by.host.ip().unwrap_or(source.address.ip());
            to(with_ip(source.address, ip, port))
        }
    }
}

/// Where to open a connection for a response whose own is gone (§18.2.2).
pub(crate) fn reopen_at(via: &Via<'_>, source: Source) -> SocketAddr {
    let ip = via.received.unwrap_or(source.address.ip());
    with_ip(source.address, ip, sent_by_port(via, source.transport))
}

fn sent_by_port(via: &Via<'_>, transport: Transport) -> u16 {
    via.sent_by.port.unwrap_or(default_port(transport))
}

/// `ip` and `port`; if that is where `source` is, with its scope, which a Via cannot say.
fn with_ip(source: SocketAddr, ip: IpAddr, port: u16) -> SocketAddr {
    if source.ip() != ip {
        return SocketAddr::new(ip, port);
    }
    let mut address = source;
    address.set_port(port);
    address
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::*;
    use crate::machine::FlowId;

    fn path(via: &str, source: &str, transport: Transport) -> SocketAddr {
        let via = Via::parse(via.as_bytes()).unwrap();
        let source = Source {
            flow: FlowId::from_driver(0),
            address: source.parse().unwrap(),
            transport,
        };
        response_path(&via, source).address
    }

    fn udp(via: &str) -> String {
        path(via, "192.0.2.1:9988", Transport::Udp).to_string()
    }

    /// The example of RFC 3581 §6.
    #[test]
    fn received_and_rport_lead_back_through_the_nat() {
        let via = "SIP/2.0/UDP 10.1.1.1:4540;received=192.0.2.1;rport=9988;branch=z9hG4bKkjshdyff";
        assert_eq!(udp(via), "192.0.2.1:9988");
    }

    #[test]
    fn received_alone_takes_the_port_of_sent_by() {
        assert_eq!(
            udp("SIP/2.0/UDP a.example:4540;received=192.0.2.1"),
            "192.0.2.1:4540"
        );
        assert_eq!(
            udp("SIP/2.0/UDP a.example;received=192.0.2.1"),
            "192.0.2.1:5060"
        );
    }

    #[test]
    fn without_received_sent_by_decides() {
        assert_eq!(udp("SIP/2.0/UDP 192.0.2.1:5070"), "192.0.2.1:5070");
    }

    #[test]
    fn maddr_goes_before_received() {
        let via = "SIP/2.0/UDP 10.0.0.1:5070;maddr=192.0.2.200;received=192.0.2.1;rport=9988";
        assert_eq!(udp(via), "192.0.2.200:5070");
    }

    #[test]
    fn over_a_connection_nothing_but_the_connection_counts() {
        let via = "SIP/2.0/TCP 10.0.0.1:5070;maddr=192.0.2.200;received=192.0.2.1;rport=1";
        let to = path(via, "192.0.2.1:9988", Transport::Tcp);
        assert_eq!(to.to_string(), "192.0.2.1:9988");
    }

    #[test]
    fn the_scope_of_a_link_local_address_is_kept() {
        let source = SocketAddr::V6(core::net::SocketAddrV6::new(
            "fe80::1".parse().unwrap(),
            9988,
            0,
            7,
        ));
        let via = Via::parse(b"SIP/2.0/UDP [fe80::1];received=fe80::1;rport=9988").unwrap();
        let source = Source {
            flow: FlowId::from_driver(0),
            address: source,
            transport: Transport::Udp,
        };
        assert_eq!(response_path(&via, source).address, source.address);
    }
}
