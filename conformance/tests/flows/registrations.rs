//! RFC 3665 §2: registration.

use std::time::Duration;

use offhook::Limits;
use offhook::Transport;
use offhook::sip::auth::{Account, Algorithm};
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::message::StatusCode;
use offhook::sip::server::{Server, ServerConfig};
use offhook::sip::ua::{
    RegistrationFailure, UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint,
};

use super::stage::{Host, PASSWORD, Stage, play};

const HOSTS: &[Host] = &[
    Host {
        party: "Bob",
        names: &["client.biloxi.example.com"],
        number: 201,
    },
    Host {
        party: "SIP Server",
        names: &["ss2.biloxi.example.com", "biloxi.example.com"],
        number: 222,
    },
];

fn transports() -> EndpointConfig {
    EndpointConfig {
        transports: vec![Transport::Tls],
        ..EndpointConfig::default()
    }
}

/// Bob's phone.
fn phone(password: &str) -> Stage<UserAgentEndpoint> {
    let mut config = UserAgentConfig::new("sips:bob@biloxi.example.com");
    config.accounts.push(Account::new("bob", password));
    let agent = Endpoint::new(transports(), UserAgent::new(config), [1; 32]);
    Stage::new(agent, "Bob", Transport::Tls, HOSTS)
}

/// The server, whose users are of a realm with another domain's name.
fn server() -> Stage<Endpoint<Server>> {
    let mut config = ServerConfig::new("biloxi.example.com");
    config.domains.push("ss2.biloxi.example.com".into());
    config.realm = "atlanta.example.com".into();
    config.algorithms = vec![Algorithm::MD5];
    config.add_user("bob", PASSWORD);
    let server = Server::new(config, &Limits::default(), [2; 32]);
    let server = Endpoint::new(EndpointConfig::default(), server, [3; 32]);
    Stage::new(server, "SIP Server", Transport::Tls, HOSTS)
}

fn register<'a>(label: &'a str) -> impl FnMut(&str, &mut Stage<UserAgentEndpoint>) + 'a {
    move |at, stage| {
        if at == label {
            let (now, hour) = (stage.now, Duration::from_secs(3600));
            let registrar = "sips:ss2.biloxi.example.com";
            stage
                .machine
                .register(now, registrar, hour)
                .expect("a registration");
        }
    }
}

/// RFC 3665 §2.1, Bob's side: the challenge is answered, and he is registered for an hour.
#[test]
fn a_new_registration_as_bob() {
    let mut bob = phone(PASSWORD);
    play(&mut bob, (3665, "2.1"), "Bob", register("2.1 F1"));
    let hour = Duration::from_secs(3600);
    assert!(matches!(
        bob.events.pop_front(),
        Some(UaEvent::Registered { expires, .. }) if expires == hour
    ));
}

/// RFC 3665 §2.1, the server's side.
#[test]
fn a_new_registration_as_the_server() {
    let mut server = server();
    play(&mut server, (3665, "2.1"), "SIP Server", |_, _| {});
}

/// RFC 3665 §2.5 as Bob: the password is wrong, and he is not asked for it again and again.
#[test]
fn a_wrong_password_as_bob() {
    let mut bob = phone("wrong");
    play(&mut bob, (3665, "2.5"), "Bob", register("2.5 F1"));
    let event = bob.events.pop_front();
    let Some(UaEvent::RegistrationFailed {
        status,
        reason,
        retry_in,
        ..
    }) = event
    else {
        panic!("no failure: {event:?}");
    };
    assert_eq!(status, Some(StatusCode::UNAUTHORIZED));
    assert_eq!(
        (reason, retry_in),
        (RegistrationFailure::WrongPassword, None)
    );
}

/// RFC 3665 §2.5 as the server: Bob is challenged once more.
#[test]
fn a_wrong_password_as_the_server() {
    let mut server = server();
    server.misremembers = true;
    play(&mut server, (3665, "2.5"), "SIP Server", |_, _| {});
}

/// RFC 3665 §2.2, §2.3 and §2.4 as the server: a second contact, both looked up, and both removed.
#[test]
fn the_list_of_contacts_as_the_server() {
    let mut server = server();
    play(&mut server, (3665, "2.1"), "SIP Server", |_, _| {});
    for section in ["2.2", "2.3", "2.4"] {
        server.names.begin_anew(section);
        let register = ("REGISTER", "sips:biloxi.example.com");
        server.was_asked("Bob", register, Transport::Tls);
        play(&mut server, (3665, section), "SIP Server", |_, _| {});
    }
}
