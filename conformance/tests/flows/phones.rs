//! Alice and Bob as phones of ours, and what they do.

use offhook::Transport;
use offhook::sdp::{Codec, LocalMedia};
use offhook::sip::auth::Account;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{
    CallHandle, EndReason, UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint,
};

use super::hosts::Host;
use super::stage::{PASSWORD, Stage, play};

pub(crate) type Phone = Stage<UserAgentEndpoint>;

/// What somebody does with their phone.
pub(crate) type Act = fn(&mut Phone);

/// The phone of Alice or Bob in RFC 3665, which sends what it asks for by these servers.
pub(crate) fn phone(
    party: &str,
    over: Transport,
    hosts: &'static [Host],
    routes: &[&str],
) -> Phone {
    let mut config = UserAgentConfig::new(match party {
        "Alice" => "sip:alice@atlanta.example.com",
        _ => "sip:bob@biloxi.example.com",
    });
    let user = party.to_lowercase();
    config.accounts.push(Account::new(user, PASSWORD));
    config.outbound_proxies = routes.iter().map(|route| (*route).to_owned()).collect();
    phone_with(config, party, over, hosts)
}

/// A phone with these settings.
pub(crate) fn phone_with(
    config: UserAgentConfig,
    party: &str,
    over: Transport,
    hosts: &'static [Host],
) -> Phone {
    let mut transports = EndpointConfig::default();
    if over.is_secure() {
        transports.transports = vec![over];
    }
    let agent = Endpoint::new(transports, UserAgent::new(config), [1; 32]);
    Stage::new(agent, party, over, hosts)
}

/// Plays a flow of RFC 3665, in which somebody does something before some of the messages.
pub(crate) fn plays(phone: Phone, section: &str, does: &[(&str, Act)]) -> Phone {
    plays_in(3665, phone, section, does)
}

/// Plays a flow of any RFC.
pub(crate) fn plays_in(rfc: u16, mut phone: Phone, section: &str, does: &[(&str, Act)]) -> Phone {
    play(&mut phone, (rfc, section), |at, phone| {
        for (_, act) in does.iter().filter(|(before, _)| at == *before) {
            act(phone);
        }
    });
    phone
}

pub(crate) fn media(phone: &Phone) -> LocalMedia {
    LocalMedia {
        codecs: vec![Codec::PCMU],
        ptime_ms: None,
        ..LocalMedia::audio(phone.address(4000))
    }
}

pub(crate) fn call(phone: &mut Phone, to: &str) {
    let (now, media) = (phone.now, media(phone));
    phone.machine.invite(now, to, media).expect("an INVITE");
}

pub(crate) fn call_bob(phone: &mut Phone) {
    call(phone, "sip:bob@biloxi.example.com");
}

/// The one call there is.
pub(crate) fn the_call(phone: &Phone) -> CallHandle {
    phone.machine.user().calls().next().expect("a call")
}

pub(crate) fn ring(phone: &mut Phone) {
    let (now, call) = (phone.now, the_call(phone));
    phone.machine.ring(now, call).expect("it rings");
}

pub(crate) fn accept(phone: &mut Phone) {
    let (now, call, media) = (phone.now, the_call(phone), media(phone));
    phone.machine.accept(now, call, media).expect("an answer");
}

/// Ends the call, or gives it up.
pub(crate) fn hang_up(phone: &mut Phone) {
    let (now, call) = (phone.now, the_call(phone));
    phone.machine.hang_up(now, call).expect("an end");
}

pub(crate) fn end(phone: &Phone) -> EndReason {
    let mut events = phone.events.iter();
    let end = events.find_map(|event| match event {
        UaEvent::Ended { reason, .. } => Some(*reason),
        _ => None,
    });
    end.expect("an end")
}
