//! Phones that know a server, which knows where everybody is.

use std::time::Duration;

use offhook::sdp::attribute::CryptoSuite;
use offhook::sdp::{LocalCrypto, LocalMedia};
use offhook::sip::auth::Account;
use offhook::sip::ua::{RegistrationHandle, UserAgentConfig};

use super::stage::{DOMAIN, Outcome, Stage, Who};

/// Where the server is, which comes second.
pub(crate) const SERVER_URI: &str = "sip:192.0.2.2";
const SECURE_SERVER_URI: &str = "sips:192.0.2.2";

const AN_HOUR: Duration = Duration::from_secs(3600);

/// Somebody registers.
pub(crate) fn register(stage: &mut Stage, who: Who) -> Outcome<RegistrationHandle> {
    let registrar = format!("sip:{DOMAIN}");
    stage.tell(who, |agent, now| agent.register(now, &registrar, AN_HOUR))
}

pub(crate) fn locate(stage: &mut Stage) -> Outcome {
    let through = |config: &mut UserAgentConfig| {
        config.outbound_proxies.push(SERVER_URI.to_owned());
    };
    let alice = stage.phone("alice", through);
    stage.server(|_| {});
    let bob = stage.phone("bob", through);
    let uri = format!("sip:bob@{DOMAIN}");

    stage.invite(alice, &uri, stage.audio(alice))?;
    stage.look("Bob is nowhere");

    let registration = register(stage, bob)?;
    stage.look("Bob has registered");

    stage.invite(alice, &uri, stage.audio(alice))?;
    let call = stage.incoming(bob)?;
    stage.accept(bob, call)?;
    stage.look("Bob has been found");

    stage.tell(bob, |agent, now| agent.unregister(now, registration))?;
    stage.look("Bob has left, and still talks");
    stage.invite(alice, &uri, stage.audio(alice))?;
    stage.look("nobody else finds him");
    Ok(())
}

pub(crate) fn secure(stage: &mut Stage) -> Outcome {
    let knows = |name: &'static str, password: &'static str| {
        move |config: &mut UserAgentConfig| {
            config.aor = format!("sips:{name}@{DOMAIN}");
            config.outbound_proxies.push(SECURE_SERVER_URI.to_owned());
            config.accounts.push(Account::new(name, password));
        }
    };
    let alice = stage.phone("alice", knows("alice", "wonder"));
    stage.server(|config| {
        config
            .add_user("alice", "wonder")
            .add_user("bob", "builder");
    });
    let bob = stage.phone("bob", knows("bob", "builder"));
    let mallory = stage.phone("mallory", knows("bob", "a guess"));
    let registrar = format!("sips:{DOMAIN}");

    stage.tell(mallory, |agent, now| {
        agent.register(now, &registrar, AN_HOUR)
    })?;
    stage.look("Mallory has said that he is Bob");
    stage.tell(bob, |agent, now| agent.register(now, &registrar, AN_HOUR))?;
    stage.look("Bob has said so, and knows the password");

    let uri = format!("sips:bob@{DOMAIN}");
    let protected = |media: LocalMedia| media.secured(vec![suite()]);
    stage.invite(alice, &uri, protected(stage.audio(alice)))?;
    let call = stage.incoming(bob)?;
    let media = protected(stage.audio(bob));
    stage.tell(bob, |agent, now| agent.accept(now, call, media))?;
    stage.look("Alice has shown her password, and both have keys");
    Ok(())
}

fn suite() -> LocalCrypto {
    LocalCrypto::new(CryptoSuite::AesCm128HmacSha1Tag80)
}
