//! RFC 3665 §2: registration.

use std::time::Duration;

use offhook::Transport::Tls;
use offhook::sip::auth::Account;
use offhook::sip::message::StatusCode;
use offhook::sip::ua::{
    Binding, Identity, QueryHandle, RegistrationFailure, RequestError, UaEvent, UserAgentConfig,
};

use super::hosts::EVERYONE;
use super::phones::{Phone, phone_with};
use super::servers::{ServerStage, config};
use super::stage::{PASSWORD, play};

const REGISTRAR: &str = "sips:ss2.biloxi.example.com";

/// Bob's phone.
fn phone(password: &str) -> Phone {
    let mut config = UserAgentConfig::new("sips:bob@biloxi.example.com");
    config.accounts.push(Account::new("bob", password));
    phone_with(config, "Bob", Tls, EVERYONE)
}

/// The server, whose users are of a realm with another domain's name.
fn server() -> ServerStage {
    let mut config = config("biloxi.example.com");
    config.domains.push("ss2.biloxi.example.com".into());
    config.realm = "atlanta.example.com".into();
    config.add_user("bob", PASSWORD);
    super::servers::server(config, "SIP Server", Tls, EVERYONE)
}

fn register(at: &str, bob: &mut Phone) {
    if at == "F1" {
        let (now, hour) = (bob.now, Duration::from_secs(3600));
        let registration = bob.machine.register(now, REGISTRAR, hour);
        registration.expect("a registration");
    }
}

/// Bob, who was asked for his password when he registered, asks something of the registrar: how it
/// answers.
fn asks(
    section: &str,
    mut ask: impl FnMut(&mut Phone) -> Result<QueryHandle, RequestError>,
) -> Vec<Binding> {
    let mut bob = phone(PASSWORD);
    play(&mut bob, (3665, "2.1"), |at, bob| {
        if at == "F1" {
            bind(bob, BOUND[0]).expect("a REGISTER");
        }
    });
    bob.events.clear();
    bob.names.begin_anew();
    play(&mut bob, (3665, section), |at, bob| {
        if at == "F1" {
            ask(bob).expect("a REGISTER");
        }
    });
    match bob.events.pop_front() {
        Some(UaEvent::BindingsAnswered {
            status, bindings, ..
        }) => {
            assert_eq!(status, Some(StatusCode::OK));
            bindings
        }
        other => panic!("no answer: {other:?}"),
    }
}

fn bind(bob: &mut Phone, uri: &str) -> Result<QueryHandle, RequestError> {
    let hour = Duration::from_secs(3600);
    let first = Identity::FIRST;
    bob.machine.bind(bob.now, first, REGISTRAR, (uri, hour))
}

fn uris(bindings: &[Binding]) -> Vec<&str> {
    bindings.iter().map(|binding| &*binding.uri).collect()
}

/// What is printed as bound in §2.2 and §2.3, where Bob's phone goes by its address.
const BOUND: [&str; 2] = ["sips:bob@192.0.2.201", "mailto:bob@biloxi.example.com"];

/// RFC 3665 §2.1, Bob's side: the challenge is answered, and he is registered for an hour.
#[test]
fn a_new_registration_as_bob() {
    let mut bob = phone(PASSWORD);
    play(&mut bob, (3665, "2.1"), register);
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
    play(&mut server, (3665, "2.1"), |_, _| {});
}

/// RFC 3665 §2.2 as Bob: mail finds him as well.
#[test]
fn one_more_contact_as_bob() {
    let bindings = asks("2.2", |bob| bind(bob, BOUND[1]));
    assert_eq!(uris(&bindings), BOUND);
    let longest = bindings.iter().map(|binding| binding.expires).max();
    assert_eq!(longest, Some(Some(u32::MAX)));
}

/// RFC 3665 §2.3 as Bob: he asks where he is found.
#[test]
fn the_list_of_contacts_as_bob() {
    let bindings = asks("2.3", |bob| {
        bob.machine
            .fetch_bindings(bob.now, Identity::FIRST, REGISTRAR)
    });
    assert_eq!(uris(&bindings), BOUND);
}

/// RFC 3665 §2.4 as Bob: he is found nowhere any more.
#[test]
fn no_contact_as_bob() {
    let bindings = asks("2.4", |bob| {
        bob.machine
            .remove_all_bindings(bob.now, Identity::FIRST, REGISTRAR)
    });
    assert_eq!(uris(&bindings), [""; 0]);
}

/// RFC 3665 §2.5 as Bob: the password is wrong, and he is not asked for it again and again.
#[test]
fn a_wrong_password_as_bob() {
    let mut bob = phone("wrong");
    play(&mut bob, (3665, "2.5"), register);
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
    play(&mut server, (3665, "2.5"), |_, _| {});
}

/// RFC 3665 §2.2, §2.3 and §2.4 as the server: a second contact, both looked up, and both removed.
#[test]
fn the_list_of_contacts_as_the_server() {
    let mut server = server();
    play(&mut server, (3665, "2.1"), |_, _| {});
    for section in ["2.2", "2.3", "2.4"] {
        server.names.begin_anew();
        server.names.tell_apart(section);
        let register = ("REGISTER", "sips:biloxi.example.com");
        server.was_asked("Bob", register, Tls);
        play(&mut server, (3665, section), |_, _| {});
    }
}
