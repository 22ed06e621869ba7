//! Checklist B4, part 29: what leaves, whatever an application or a peer wants it to be.

use std::time::Duration;

use offhook::Limits;
use offhook::sdp::LocalMedia;
use offhook::sip::header::Via;
use offhook::sip::message::{
    Forward, HeaderName, Message, Method, RequestBuilder, ResponseBuilder, StatusCode,
};

use super::party::{THERE, at, phone, phone_with, server_with};
use super::{request, request_with};

const EVIL: [&str; 6] = [
    "a\r\nX: y",
    "a\nX: y",
    "a\rX: y",
    "a\0b",
    "\r\n\r\nbody",
    "a\r\n",
];

/// Whether each of these messages frames, and has no row that nobody meant.
fn is_whole(sent: &[Vec<u8>]) {
    for bytes in sent {
        let message = Message::parse(bytes, &Limits::default()).unwrap();
        assert!(
            message.field_named("X").is_none(),
            "{}",
            String::from_utf8_lossy(bytes)
        );
        assert_eq!(message.as_bytes(), &bytes[..]);
        let mut octets = message.rows().flat_map(|row| row.value);
        assert!(octets.all(|byte| !b"\r\n\0".contains(byte)));
    }
}

fn refused_by_builders(evil: &str) {
    let request = request_with("");
    let request = Message::parse(&request, &Limits::default()).unwrap();
    let base = || {
        let mut builder = RequestBuilder::new(Method::Options, "sip:b@192.0.2.1");
        builder
            .field(HeaderName::From, "<sip:a@example.com>;tag=1")
            .field(HeaderName::To, "<sip:b@example.com>")
            .field(HeaderName::CallId, "c")
            .field(HeaderName::CSeq, "1 OPTIONS");
        builder
    };
    assert!(base().finish().is_ok());
    assert!(
        RequestBuilder::new(Method::Other(evil), "sip:b")
            .finish()
            .is_err()
    );
    assert!(RequestBuilder::new(Method::Options, evil).finish().is_err());
    assert!(
        base().field(HeaderName::Subject, evil).finish().is_err(),
        "{evil:?}"
    );
    assert!(base().field_named("X-Y", evil.as_bytes()).finish().is_err());
    assert!(base().field_named(evil, b"x").finish().is_err());
    assert!(base().body(evil, b"x").finish().is_err());
    let answer = || ResponseBuilder::to(&request, StatusCode::OK);
    assert!(answer().finish().is_ok());
    assert!(answer().reason(evil).finish().is_err());
    assert!(answer().to_tag(evil).finish().is_err());
    assert!(answer().field(HeaderName::Server, evil).finish().is_err());
    let forward = || Forward::request(&request);
    assert!(forward().finish().is_ok());
    assert!(forward().request_uri(evil).finish().is_err());
    assert!(forward().push_record_route(evil).finish().is_err());
    assert!(forward().push_route(evil).finish().is_err());
    assert!(forward().append_route(evil).finish().is_err());
    assert!(forward().add(HeaderName::Subject, evil).finish().is_err());
    assert!(
        forward()
            .replace(HeaderName::Subject, evil)
            .finish()
            .is_err()
    );
    // The stack's own Via loses what would break its line.
    let via = Via::new(
        "UDP",
        Via::parse(b"SIP/2.0/UDP h;branch=1").unwrap().sent_by,
        evil,
    );
    is_whole(&[base().finish().unwrap().with_via(&via)]);
}

fn refused_by_commands(evil: &str) {
    let media = || LocalMedia::audio(at("192.0.2.1:4000"));
    let uri = format!("sip:{evil}@192.0.2.2");
    let mut phone = phone();
    let now = phone.now;
    assert!(
        phone.endpoint.invite(now, &uri, media()).is_err(),
        "{evil:?}"
    );
    assert!(phone.endpoint.options(now, &uri).is_err());
    assert!(
        phone
            .endpoint
            .register(now, &uri, Duration::from_secs(60))
            .is_err()
    );
    assert!(phone.drain().is_empty(), "nothing leaves");
    // Settings come from the same application: refused, or made harmless.
    for set in [0, 1, 2] {
        let mut phone = phone_with(|config| match set {
            0 => config.display_name = Some(evil.to_owned()),
            1 => config.user_agent = evil.to_owned(),
            _ => config.aor = uri.clone(),
        });
        let now = phone.now;
        let _ = phone.endpoint.invite(now, "sip:b@192.0.2.2", media());
        let _ = phone.endpoint.options(now, "sip:b@192.0.2.2");
        is_whole(&phone.drain());
        let asked = request_with("Content-Length: 0\r\n");
        is_whole(&phone.datagram(&asked));
    }
}

// RFC 3261 §7.3.1, §25.1.
#[test]
fn b4_29_no_application_string_breaks_a_line() {
    for evil in EVIL {
        refused_by_builders(evil);
        refused_by_commands(evil);
    }
}

// RFC 3261 §22.1, §26.3.2.1: who has not shown a password learns nothing of who has one.
#[test]
fn b4_29_whether_a_user_exists_is_told_to_no_stranger() {
    let answer_to = |user: &str| {
        let mut server = server_with(|config| {
            config.add_user("known", "secret");
        });
        let register = String::from_utf8(request("REGISTER", "sip:example.com", "")).unwrap();
        let register = register.replace("sip:b@", &format!("sip:{user}@"));
        let mut sent = server.datagram(register.as_bytes());
        // Someone who does not know the password either way.
        let credentials = format!(
            "Authorization: Digest username=\"{user}\", realm=\"example.com\", nonce=\"x\", \
             uri=\"sip:example.com\", response=\"{}\", qop=auth, cnonce=\"c\", nc=00000001\r\n\r\n",
            "0".repeat(32)
        );
        let tried = register
            .replace("z9hG4bKx", "z9hG4bKy")
            .replace("CSeq: 7", "CSeq: 8");
        let tried = format!("{}{credentials}", tried.strip_suffix("\r\n").unwrap());
        sent.extend(server.datagram(tried.as_bytes()));
        let text: Vec<String> = sent
            .iter()
            .map(|bytes| String::from_utf8_lossy(bytes).replace(user, "someone"))
            .collect();
        assert!(
            text.iter().all(|text| text.starts_with("SIP/2.0 401 ")),
            "{text:?}"
        );
        assert_eq!(text.len(), 2);
        text
    };
    assert_eq!(answer_to("known"), answer_to("nobody"));
}

/// The answer to a REGISTER that challenges it.
fn challenge(register: &[u8], rows: &str) -> Vec<u8> {
    let register = Message::parse(register, &Limits::default()).unwrap();
    let mut builder = ResponseBuilder::to(&register, StatusCode::UNAUTHORIZED);
    builder.to_tag("t").field(HeaderName::WwwAuthenticate, rows);
    builder.finish().unwrap().into_bytes()
}

// RFC 3261 §22.2: a password is for its realm.
#[test]
fn b4_29_no_digest_for_a_realm_that_is_not_ours() {
    for (realm, is_answered) in [
        ("example.com", true),
        ("example.org", false),
        ("EXAMPLE.COM", false),
        ("example.com.evil", false),
        ("", false),
    ] {
        let mut phone = phone_with(|config| {
            config.outbound_proxies.push(format!("sip:{}", at(THERE)));
        });
        let now = phone.now;
        let expires = Duration::from_secs(60);
        phone
            .endpoint
            .register(now, "sip:example.com", expires)
            .unwrap();
        let sent = phone.drain();
        let value = format!("Digest realm=\"{realm}\", nonce=\"n\", qop=\"auth\", algorithm=MD5");
        let again = phone.datagram(&challenge(&sent[0], &value));
        let has_digest = again.iter().any(|bytes| {
            let message = Message::parse(bytes, &Limits::default()).unwrap();
            message.field(HeaderName::Authorization).is_some()
        });
        assert_eq!(has_digest, is_answered, "{realm}");
    }
}
