//! The whole scenario: both register with a server, and call through it.

use alloc::boxed::Box;
use core::time::Duration;

use offhook::Limits;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::server::{Server, ServerConfig, ServerEndpoint};

use crate::network::Enter;
use crate::party::Party;
use crate::{Failure, Owner, Report, SERVER, Scenario};

/// Both register with digest, Alice calls Bob by his address-of-record, both unregister.
///
/// `enter` is called before each step with the owner of what that step allocates.
pub fn run(enter: Enter<'_>) -> Result<Report, Failure> {
    let mut scenario = Scenario::new(enter);
    enter(Owner::Server);
    let mut config = ServerConfig::new("example.org");
    config.add_user("alice", "secret");
    config.add_user("bob", "secret");
    // Every transaction of both phones passes here, and stays for half a minute.
    let limits = Limits {
        server_transactions: 32,
        client_transactions: 32,
        ..Limits::small()
    };
    let user = Server::new(config, &limits, [9; 32]);
    let endpoint = EndpointConfig {
        limits,
        ..EndpointConfig::default()
    };
    let server = ServerEndpoint::new(endpoint, user, [Owner::Server as u8; 32]);
    let party = Party::Server(Box::new(server));
    scenario.network.add(enter, Owner::Server, party, &[SERVER]);

    let phones = [scenario.alice.phone, scenario.bob.phone];
    let mut registrations = [None; 2];
    for (registration, phone) in registrations.iter_mut().zip(phones) {
        let registered = scenario.phone_does(enter, phone, |phone, now| {
            phone.register(now, "sip:example.org", Duration::from_secs(600))
        })?;
        *registration = Some(registered.map_err(|_| "the registration is refused")?);
    }
    scenario.until(enter, "nobody registers", |alice, bob| {
        alice.registered && bob.registered
    })?;
    scenario.call(enter, "sip:bob@example.org")?;
    for (registration, phone) in registrations.into_iter().zip(phones) {
        let Some(registration) = registration else {
            continue;
        };
        let removed = scenario.phone_does(enter, phone, |phone, now| {
            phone.unregister(now, registration)
        })?;
        removed.map_err(|_| "the registration is gone")?;
    }
    scenario.until(enter, "the registrations stay", |alice, bob| {
        !alice.registered && !bob.registered
    })?;
    scenario.end(enter)
}
