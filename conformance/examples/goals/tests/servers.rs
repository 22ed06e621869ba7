//! Phones and a server: located, secured.

use std::error::Error;

use offhook::Transport;
use offhook::rtp::srtp::{Protection, ReceiveContext, SendContext};
use offhook::sdp::AgreedCrypto;
use offhook::sip::message::StatusCode;
use offhook::sip::ua::{EndReason, RegistrationFailure, UaEvent};
use offhook_mio::RustCrypto;

use super::{assert_ended, assert_talk, field, only, play, text};
use crate::servers;

#[test]
pub(super) fn a_user_is_located() {
    let played = play(servers::locate);
    let nowhere = "Bob is nowhere";
    let unavailable = [
        "alice > server: INVITE",
        "server > alice: 480 INVITE",
        "alice > server: ACK",
    ];
    assert_eq!(played.said(nowhere), unavailable);
    let away = EndReason::Rejected(StatusCode::TEMPORARILY_UNAVAILABLE);
    assert_ended(played.view(nowhere, "alice", 0), away);
    assert!(played.moment(nowhere).bindings.is_empty());

    let registered = "Bob has registered";
    assert_eq!(
        played.said(registered),
        ["bob > server: REGISTER", "server > bob: 200 REGISTER"]
    );
    let contact = "sip:bob@192.0.2.3:5060";
    let bound = [("bob@example.com".to_owned(), contact.to_owned())];
    assert_eq!(played.moment(registered).bindings, bound);

    // RFC 3261 §16.6 step 2: what is forwarded is for where he is, and still to who he is.
    let found = "Bob has been found";
    let invites = played.messages(found, "INVITE");
    let for_whom = invites.iter().map(|it| it.lines().next().unwrap());
    assert_eq!(
        for_whom.collect::<Vec<_>>(),
        [
            "INVITE sip:bob@example.com SIP/2.0",
            &format!("INVITE {contact} SIP/2.0")
        ]
    );
    assert!(
        invites
            .iter()
            .all(|it| field(it, "To") == Some("<sip:bob@example.com>"))
    );
    let [alice, bob] = [("alice", 1), ("bob", 0)];
    assert_talk(
        played.view(found, alice.0, alice.1),
        played.view(found, bob.0, bob.1),
    );

    let left = "Bob has left, and still talks";
    assert!(played.moment(left).bindings.is_empty());
    assert_talk(
        played.view(left, alice.0, alice.1),
        played.view(left, bob.0, bob.1),
    );
    let nobody = "nobody else finds him";
    assert_eq!(played.said(nobody), unavailable);
    assert_ended(played.view(nobody, "alice", 2), away);
}

/// Who was challenged for it, and what the answer was computed with.
fn assert_challenged(challenge: &str, header: &str, again: &str, credentials: &str) {
    let challenge = field(challenge, header).unwrap();
    assert!(challenge.starts_with("Digest "), "{challenge}");
    assert!(challenge.contains("algorithm=SHA-256"), "{challenge}");
    let credentials = field(again, credentials).unwrap();
    assert!(credentials.contains("algorithm=SHA-256"), "{credentials}");
    let response = credentials.split_once(" response=\"").unwrap().1;
    let digits = response.split_once('"').unwrap().0;
    assert_eq!(digits.len(), 64, "{credentials}");
}

#[test]
pub(super) fn it_is_secured() {
    let played = play(servers::secure);
    // RFC 3261 §26.3.2.1: not a word of it outside TLS, and no password inside.
    let packets = played.0.transcript().packets();
    assert!(packets.iter().all(|it| it.transport == Transport::Tls));
    for secret in ["wonder", "builder", "a guess"] {
        assert!(packets.iter().all(|it| !text(it).contains(secret)));
    }

    // Who does not know it binds nothing in Bob's name, whatever he tries.
    let mallory = "Mallory has said that he is Bob";
    assert_eq!(
        played.said(mallory),
        [
            "mallory > server: REGISTER",
            "server > mallory: 401 REGISTER",
            "mallory > server: REGISTER",
            "server > mallory: 401 REGISTER"
        ]
    );
    assert!(played.moment(mallory).bindings.is_empty());
    let wrong = played.0.events_of("mallory").iter().any(|event| {
        matches!(
            event,
            UaEvent::RegistrationFailed {
                reason: RegistrationFailure::WrongPassword,
                ..
            }
        )
    });
    assert!(wrong, "Mallory's phone knows what is wrong");

    // Who does is refused before he has shown it, and then bound.
    let bob = "Bob has said so, and knows the password";
    let registers = played.messages(bob, "REGISTER");
    assert_eq!(registers.len(), 2);
    assert_eq!(field(&registers[0], "Authorization"), None);
    let challenge = &played.messages(bob, "401 REGISTER")[0];
    let header = "WWW-Authenticate";
    assert_challenged(challenge, header, &registers[1], "Authorization");
    assert_eq!(played.said(bob)[3], "server > bob: 200 REGISTER");
    let bound = ("bob@example.com", "sips:bob@192.0.2.3:5061");
    assert_eq!(
        played.moment(bob).bindings,
        [(bound.0.to_owned(), bound.1.to_owned())]
    );

    // RFC 3261 §22.3: nothing goes on to Bob before Alice has shown hers.
    let call = "Alice has shown her password, and both have keys";
    assert_eq!(
        played.said(call)[..5],
        [
            "alice > server: INVITE",
            "server > alice: 407 INVITE",
            "alice > server: ACK",
            "alice > server: INVITE",
            "server > bob: INVITE"
        ]
    );
    let invites = played.messages(call, "INVITE");
    assert_eq!(field(&invites[0], "Proxy-Authorization"), None);
    let challenge = &played.messages(call, "407 INVITE")[0];
    let header = "Proxy-Authenticate";
    assert_challenged(challenge, header, &invites[1], "Proxy-Authorization");
    let [alice, bob] = played.both(call);
    assert_talk(alice, bob);
    let [ours, theirs] = [alice, bob].map(|view| only(&view.plans).crypto.clone().unwrap());
    assert_sound_is_secret(&ours, &theirs).unwrap();
    assert_sound_is_secret(&theirs, &ours).unwrap();
}

/// What one end sends with its keys the other one hears with its own, and nobody else (RFC 3711 §3.3).
fn assert_sound_is_secret(from: &AgreedCrypto, to: &AgreedCrypto) -> Result<(), Box<dyn Error>> {
    let mut packet = vec![0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4];
    packet.extend([0x55; 160]);
    let sent = Protection::of_sent(from).unwrap();
    let mut send = SendContext::new(&RustCrypto, sent.policy, sent.keys)?;
    let mut wire = packet.clone();
    wire.resize(packet.len() + send.media_overhead(), 0);
    let length = send.protect_rtp(&mut wire, packet.len())?;
    wire.truncate(length);
    assert!(!wire.windows(4).any(|octets| octets == [0x55; 4]));
    let hears = |agreed| -> Result<_, Box<dyn Error>> {
        let received = Protection::of_received(agreed).unwrap();
        let mut receive = ReceiveContext::new(&RustCrypto, received.policy, received.keys)?;
        let mut heard = wire.clone();
        let length = receive.unprotect_rtp(&mut heard);
        Ok(length.map(|length| heard[..length].to_vec()))
    };
    assert_eq!(hears(to)?, Ok(packet));
    // Each direction has a key of its own (RFC 4568 §6.1).
    assert!(hears(from)?.is_err());
    Ok(())
}
