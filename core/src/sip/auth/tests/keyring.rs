//! Credentials that are kept for later (RFC 3261 §22.2, §22.3).

use super::*;
use crate::rng::Rng;

/// What a client has that was challenged for a request to `to`, and accepted if that is so.
fn client(name: HeaderName, to: &str, is_accepted: bool) -> ClientAuth {
    let challenge = format!("Digest realm=\"example.com\", nonce=\"{to}\", qop=\"auth\"");
    let text = |status: &str, more: &str| {
        format!(
            "SIP/2.0 {status}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
             From: <sip:a@example.com>;tag=1\r\nTo: <{to}>;tag=2\r\nCall-ID: 1\r\n\
             CSeq: 1 INVITE\r\n{more}Content-Length: 0\r\n\r\n"
        )
    };
    let parse = |text: String| Message::parse(text.as_bytes(), &Limits::default()).unwrap();
    let refusal = parse(text(
        "401 No",
        &format!("{}: {challenge}\r\n", name.as_str()),
    ));
    let accounts = [Account::new("alice", "wonder")];
    let mut rng = Rng::from_seed([1; 32]);
    let mut client = ClientAuth::new();
    client
        .receive_challenges(&refusal, &accounts, &mut rng)
        .unwrap();
    assert_eq!(client.credentials(&REGISTER).len(), 1);
    if is_accepted {
        client.receive_success(&parse(text("200 OK", "")), &mut rng);
    }
    client
}

const SERVER: HeaderName = HeaderName::WwwAuthenticate;
const PROXY: HeaderName = HeaderName::ProxyAuthenticate;

#[test]
fn the_oldest_makes_room() {
    let mut ring = Keyring::new();
    let uri = |n: u32| format!("sip:{n}@example.com");
    for n in 0..100 {
        ring.keep(client(SERVER, &uri(n), true), None);
    }
    let found = (0..100).map(|n| ring.take(&uri(n), None).is_some());
    let found: Vec<bool> = found.collect();
    assert_eq!(found.iter().filter(|it| **it).count(), 32);
    assert!(found[..68].iter().all(|it| !it));
}

/// One of each realm, the newest; each once.
#[test]
fn what_is_taken_is_gone() {
    let mut ring = Keyring::new();
    let to = "sip:bob@example.com";
    for _ in 0..2 {
        ring.keep(client(SERVER, to, true), None);
    }
    ring.keep(client(PROXY, to, true), Some("example.com"));
    let mut first = ring.take(to, Some("example.com")).unwrap();
    let mut names: Vec<HeaderName> = Vec::new();
    for field in first.credentials(&REGISTER) {
        assert!(field.value.contains("nc=00000002"), "{}", field.value);
        names.push(field.name);
    }
    assert_eq!(
        names,
        [HeaderName::ProxyAuthorization, HeaderName::Authorization]
    );
    let mut second = ring.take(to, Some("example.com")).unwrap();
    assert_eq!(second.credentials(&REGISTER).len(), 1);
    assert!(ring.take(to, Some("example.com")).is_none());
}

#[test]
fn what_nobody_has_accepted_is_not_kept() {
    let mut ring = Keyring::new();
    let to = "sip:bob@example.com";
    ring.keep(client(SERVER, to, false), None);
    assert!(ring.take(to, None).is_none());
    // Nor what was accepted once, and lent, and not accepted again.
    ring.keep(client(SERVER, to, true), None);
    let mut lent = ring.take(to, None).unwrap();
    lent.credentials(&REGISTER);
    ring.keep(lent, None);
    assert!(ring.take(to, None).is_none());
}

/// §22.3: the realm is that of the outbound proxy both when they are kept and when they are used.
#[test]
fn a_proxys_credentials_need_its_realm() {
    let to = "sip:bob@example.com";
    for (kept, used, is_there) in [
        (None, Some("example.com"), false),
        (Some("example.com"), None, false),
        (Some("example.org"), Some("example.org"), false),
        (Some("example.com"), Some("example.com"), true),
    ] {
        let mut ring = Keyring::new();
        ring.keep(client(PROXY, to, true), kept);
        let found = ring.take("sip:carol@example.com", used);
        assert_eq!(found.is_some(), is_there, "{kept:?} {used:?}");
    }
}
