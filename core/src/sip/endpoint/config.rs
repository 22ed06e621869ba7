//! What an endpoint is told once, when it is made.

use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::Limits;
use crate::machine::Transport;
use crate::sip::overload::OverloadPolicy;
use crate::sip::transaction::Timings;
use crate::sip::transport::TransportPolicy;

/// The settings of the layers below the transaction user.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// Every bound.
    pub limits: Limits,
    /// T1, T2, T4 and their company.
    pub timings: Timings,
    /// What the transport layer does where it has a choice.
    pub transport: TransportPolicy,
    /// What to write as `host` or `host:port` in the Via of requests, per transport (RFC 3261
    /// §18.1.1). Without an entry the address the flow is bound to is written, which is of no use
    /// to the other side if that is the unspecified address.
    pub advertised: Vec<(Transport, String)>,
    /// What the driver carries, the preferred first: servers are looked for that speak one of
    /// these (RFC 3263 §4.1). A URI that names a transport and an address is not held to it.
    pub transports: Vec<Transport>,
    /// What is done about too much work, here and at the neighbours (RFC 7339).
    pub overload: OverloadPolicy,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timings: Timings::default(),
            transport: TransportPolicy::default(),
            advertised: Vec::new(),
            transports: [Transport::Udp, Transport::Tcp].into(),
            overload: OverloadPolicy::default(),
        }
    }
}
