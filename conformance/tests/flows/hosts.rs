//! The hosts of the RFCs.

use std::net::IpAddr;

/// A host of the RFC.
pub(crate) struct Host {
    /// Who it is in the flow.
    pub(crate) party: &'static str,
    /// Its names, and the domains it serves.
    pub(crate) names: &'static [&'static str],
    /// The last number of its address, 192.0.2.x.
    pub(crate) number: u8,
}

impl Host {
    pub(crate) fn ip(&self) -> IpAddr {
        [192, 0, 2, self.number].into()
    }
}

const fn host(party: &'static str, names: &'static [&'static str], number: u8) -> Host {
    Host {
        party,
        names,
        number,
    }
}

const ALICE: Host = host("Alice", &["client.atlanta.example.com"], 101);

/// RFC 3665: those of most flows.
pub(crate) const EVERYONE: &[Host] = &[
    ALICE,
    host(
        "Proxy 1",
        &["ss1.atlanta.example.com", "atlanta.example.com"],
        111,
    ),
    host(
        "Proxy 2",
        &["ss2.biloxi.example.com", "biloxi.example.com"],
        222,
    ),
    host("Bob", &["client.biloxi.example.com"], 201),
    // §2: what is a proxy in §3.
    host(
        "SIP Server",
        &["ss2.biloxi.example.com", "biloxi.example.com"],
        222,
    ),
    // §3.5: a gateway of the application layer between Alice and the world.
    host("SIP ALG", &["alg1.atlanta.example.com"], 128),
    // §3.7: Bob, after he has moved.
    host("Bob elsewhere", &["client.chicago.example.com"], 100),
];

/// RFC 3665 §3.1: there is nobody between them.
pub(crate) const DIRECT: &[Host] = &[
    ALICE,
    host(
        "Bob",
        &["client.biloxi.example.com", "biloxi.example.com"],
        201,
    ),
];

/// RFC 3665 §3.6: Bob's domain says where he is.
pub(crate) const REDIRECT: &[Host] = &[
    ALICE,
    host(
        "Redirect Server",
        &["rs1.biloxi.example.com", "biloxi.example.com"],
        199,
    ),
    host(
        "Proxy 3",
        &["ss3.chicago.example.com", "chicago.example.com"],
        233,
    ),
    host("Bob", &["client.chicago.example.com"], 100),
];

/// RFC 3261 §24.
pub(crate) const RFC_3261: &[Host] = &[
    host("Alice", &["pc33.atlanta.com"], 1),
    host(
        "atlanta.com proxy",
        &["bigbox3.site3.atlanta.com", "atlanta.com"],
        2,
    ),
    host(
        "biloxi.com proxy",
        &["server10.biloxi.com", "biloxi.com"],
        3,
    ),
    host("Bob", &["bobspc.biloxi.com"], 4),
    host("Registrar", &["registrar.biloxi.com"], 3),
];

const A_PROXY: Host = host("Proxy 1", &["ss1.a.example.com"], 111);
const A_ALICE: Host = host("Alice", &["client.a.example.com"], 101);
const B_BOB: Host = host("Bob", &["client.b.example.com", "b.example.com"], 100);

/// RFC 3666: those of most flows. The Contact of NGW 1 is in the domain behind the proxy, which knows
/// where that leads.
pub(crate) const GATEWAYS: &[Host] = &[
    A_ALICE,
    A_PROXY,
    host("NGW 1", &["ngw1.a.example.com", "a.example.com"], 103),
    host("GW 1", &["gw1.a.example.com"], 201),
    host("GW 2", &["gw2.a.example.com"], 202),
    host("GW 3", &["gw3.a.example.com"], 203),
    B_BOB,
];

/// RFC 3666 §2.3: that of NGW 2 is.
pub(crate) const OVERFLOW: &[Host] = &[
    A_ALICE,
    A_PROXY,
    host("NGW 1", &["ngw1.a.example.com"], 103),
    host("NGW 2", &["ngw2.a.example.com", "a.example.com"], 104),
    B_BOB,
];

/// RFC 3666 §2.4: Bob's domain has a proxy.
pub(crate) const ENUM: &[Host] = &[
    A_ALICE,
    host("Proxy 3", &["ss3.b.example.com", "b.example.com"], 233),
    host("Bob", &["client.b.example.com"], 100),
];
