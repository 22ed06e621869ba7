//! The servers of the flows as servers of ours.

use offhook::sip::auth::Algorithm;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::server::{Server, ServerConfig};
use offhook::{Limits, Transport};

use super::hosts::Host;
use super::stage::Stage;

pub(crate) type ServerStage = Stage<Endpoint<Server>>;

/// The settings of one for a domain, which challenges as those of the RFC do: with MD5 alone.
pub(crate) fn config(domain: &str) -> ServerConfig {
    let mut config = ServerConfig::new(domain);
    config.algorithms = vec![Algorithm::MD5];
    config
}

pub(crate) fn server(
    config: ServerConfig,
    party: &str,
    over: Transport,
    hosts: &'static [Host],
) -> ServerStage {
    let server = Server::new(config, &Limits::default(), [2; 32]);
    let mut transports = EndpointConfig::default();
    if over.is_secure() {
        transports.transports = vec![over];
    }
    let endpoint = Endpoint::new(transports, server, [3; 32]);
    Stage::new(endpoint, party, over, hosts)
}
