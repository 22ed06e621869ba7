//! Several addresses-of-record in one user agent (RFC 3261 §10.2, RFC 5627 §4.4.1).

use alloc::string::String;

use core::time::Duration;

use super::net::{Net, address, media, response};
use super::puppets::from_caller;
use crate::sip::auth::Account;
use crate::sip::ua::{Identity, UaEvent, UserAgentConfig};

/// Alice is the first identity and Bob of another domain the second.
fn both() -> (Net, Identity) {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let mut bob = UserAgentConfig::new("sip:bob@example.net");
    bob.display_name = Some("Bob".into());
    bob.accounts.push(Account::new("bob", "builder"));
    bob.outbound_proxies.push("sip:192.0.2.9".into());
    let (agent, now) = net.at(0);
    let bob = agent.add_identity(now, bob).unwrap();
    (net, bob)
}

fn called(request_uri: &str, to: &str) -> Identity {
    let (mut net, _) = both();
    let invite = from_caller("INVITE", 1, "", "", "");
    let invite = invite.replacen(
        "INVITE sip:bob@192.0.2.1",
        &["INVITE ", request_uri].concat(),
        1,
    );
    let invite = invite.replacen("<sip:bob@example.org>", &["<", to, ">"].concat(), 1);
    net.inject(address(9), address(1), &invite);
    net.run_ms(30);
    let call = net.incoming(0);
    let agent = net.at(0).0.user();
    agent.call(call).unwrap().identity()
}

/// §10.2, §8.1.1.3: what stands in To, From and Contact, the way it takes and the password are of
/// the identity that registers.
#[test]
fn each_identity_registers_with_its_own_settings() {
    let (mut net, bob) = both();
    let (agent, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    agent.register(now, "sip:192.0.2.9", hour).unwrap();
    let alice = net.puppet_receives("REGISTER");
    assert_eq!(alice.field("To"), "<sip:alice@example.org>");
    let (agent, now) = net.at(0);
    let second = agent
        .register_as(now, bob, "sip:example.net", hour)
        .unwrap();
    let register = net.puppet_receives("REGISTER");
    assert_eq!(register.field("To"), "<sip:bob@example.net>");
    assert!(
        register
            .field("From")
            .starts_with("\"Bob\" <sip:bob@example.net>;tag=")
    );
    assert!(
        register
            .field("Contact")
            .starts_with("<sip:bob@192.0.2.1:5060>")
    );
    assert_eq!(register.field("Route"), "<sip:192.0.2.9;lr>");
    let challenge = "WWW-Authenticate: Digest realm=\"example.net\", nonce=\"1\", qop=\"auth\"\r\n";
    let answer = response(&register, "401 Unauthorized", "r", challenge, "");
    net.inject(address(9), address(1), &answer);
    let again = net.puppet_receives("REGISTER");
    assert!(again.field("Authorization").contains("username=\"bob\""));
    let answer = response(&again, "200 OK", "r", "Expires: 600\r\n", "");
    net.inject(address(9), address(1), &answer);
    net.run_ms(30);
    let expires = Duration::from_secs(600);
    let registered = |event: &UaEvent| match event {
        UaEvent::Registered {
            registration,
            expires,
            ..
        } => Some((*registration, *expires)),
        _ => None,
    };
    assert_eq!(net.expect(0, registered), (second, expires));
}

#[test]
fn each_identity_calls_and_asks_as_itself() {
    let (mut net, bob) = both();
    let (agent, now) = net.at(0);
    let call = agent
        .invite_as(now, bob, "sip:carol@192.0.2.8", media(1))
        .unwrap();
    assert_eq!(agent.user().call(call).unwrap().identity(), bob);
    let (invite, proxy) = (net.puppet_receives("INVITE"), address(9));
    assert!(
        invite
            .field("From")
            .starts_with("\"Bob\" <sip:bob@example.net>")
    );
    assert!(invite.field("Contact").starts_with("<sip:bob@192.0.2.1"));
    assert_eq!(invite.to, proxy);
    let (agent, now) = net.at(0);
    agent.options_as(now, bob, "sip:carol@192.0.2.8").unwrap();
    let options = net.puppet_receives("OPTIONS");
    assert!(options.field("From").contains("<sip:bob@example.net>"));
    let (agent, now) = net.at(0);
    agent.options(now, "sip:carol@192.0.2.8").unwrap();
    let options = net.puppet_receives("OPTIONS");
    assert!(options.field("From").contains("<sip:alice@example.org>"));
}

/// RFC 5627 §4.4.1: the Request-URI tells who was called, else To does; the answer is that
/// identity's.
#[test]
fn a_call_is_for_the_identity_it_names() {
    let alice = Identity::FIRST;
    let (_, bob) = both();
    assert_eq!(called("sip:bob@192.0.2.1", "sip:bob@example.net"), bob);
    assert_eq!(called("sip:bob@example.net", "sip:alice@example.org"), bob);
    assert_eq!(
        called("sip:alice@example.org", "sip:bob@example.net"),
        alice
    );
    assert_eq!(called("sip:x@192.0.2.1", "sips:BOB@example.net"), alice);
    assert_eq!(called("sip:x@192.0.2.1", "sips:bob@EXAMPLE.net"), bob);
    assert_eq!(called("sip:bob@192.0.2.1", "tel:+1"), bob);
    assert_eq!(called("sip:x@192.0.2.1", "sip:y@example.net"), alice);
}

#[test]
fn the_answer_to_a_call_is_of_the_identity_that_was_called() {
    let (mut net, bob) = both();
    let invite = from_caller("INVITE", 1, "", "", "");
    let invite = invite.replace("bob@example.org", "bob@example.net");
    net.inject(address(9), address(1), &invite);
    net.run_ms(30);
    let call = net.incoming(0);
    let (agent, now) = net.at(0);
    agent.ring(now, call).unwrap();
    assert_eq!(
        agent.user().config_of(bob).aor,
        String::from("sip:bob@example.net")
    );
    let ringing = net.puppet_receives("180 INVITE");
    assert!(ringing.field("Contact").starts_with("<sip:bob@192.0.2.1"));
}
