//! Telephone numbers (RFC 3966), services (RFC 5031), UUIDs (RFC 4122), and schemes nobody here knows.

use super::*;

// shows: S147
#[test]
fn telephone_numbers_are_compared_by_their_digits() {
    for text in [
        "tel:+1-201-555-0123",
        "tel:7042;phone-context=example.com",
        "tel:863-1234;phone-context=+1-914-555",
        "tel:+1-555-12345678",
        "tel:7595;phone-context=+49421218",
    ] {
        let uri = Uri::parse(text).unwrap();
        assert!(matches!(uri, Uri::Tel(_)), "{text}");
        assert_eq!(uri.to_string(), text);
    }
    assert!(same("tel:+1-201-555-0123", "tel:+1(201)555.0123"));
    assert!(same("tel:+1;ext=1-2;x=A", "tel:+1;x=a;EXT=12"));
    assert!(same("tel:+1;isub=A%2F", "tel:+1;ISUB=a%2f"));
    assert!(!same("tel:+1;isub=1", "tel:+1;ext=1"));
    assert!(!same(
        "tel:7;phone-context=a.example",
        "tel:7;phone-context=+1"
    ));
    assert!(same(
        "tel:7;phone-context=Example.com",
        "TEL:7;phone-context=example.COM"
    ));
    assert!(same("tel:7;phone-context=+1-9", "tel:7;phone-context=+19"));
    assert!(!same("tel:7;phone-context=+19", "tel:7;phone-context=+18"));
    assert!(!same("tel:+1;a=1", "tel:+1"));
    assert!(!same("tel:+12", "tel:12;phone-context=+1"));
}

// The example of RFC 3261 §19.1.6.
// shows: S140
#[test]
fn a_telephone_number_becomes_a_user_part_and_comes_back() {
    let to_sip = |text: &str| match Uri::parse(text) {
        Ok(Uri::Tel(tel)) => tel.to_sip("foo.com", false),
        other => panic!("{other:?}"),
    };
    for text in [
        "tel:+358-555-1234567;postd=pp22",
        "tel:+358-555-1234567;POSTD=PP22",
    ] {
        assert_eq!(
            to_sip(text),
            "sip:+358-555-1234567;postd=pp22@foo.com;user=phone"
        );
    }
    for text in [
        "tel:+358-555-1234567;tsp=a.b;phone-context=+5",
        "tel:+358-555-1234567;phone-context=+5;tsp=a.b",
    ] {
        let user = to_sip(text);
        assert_eq!(
            user,
            "sip:+358-555-1234567;phone-context=+5;tsp=a.b@foo.com;user=phone"
        );
        assert!(same(&sip(&user).to_tel().unwrap(), text));
    }
    let hash = to_sip("tel:*21#;phone-context=example.com");
    assert_eq!(
        hash,
        "sip:*21%23;phone-context=example.com@foo.com;user=phone"
    );
    assert_eq!(
        sip(&hash).to_tel().unwrap(),
        "tel:*21#;phone-context=example.com"
    );
    assert_eq!(sip("sip:alice@foo.com;user=phone").to_tel(), None);
}

#[test]
fn other_schemes_are_kept_whole() {
    for text in [
        "h323:user@example.com",
        "urn:service:sos",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "im:a@b.com",
        "im:fred@example.com?To=x",
        "pres:fred@example.com",
        "mailto:watson@x.com?subject=a%20b",
        "http://www.example.com:80/a;b?c=d&e#f",
        "https://[2001:db8::1]/",
        "data:text/plain;base64,SGk=",
        "cid:foo%25@bar.net",
        "aaa://host.example.com;transport=tcp",
        "soap.beep+x-1:what/ever",
    ] {
        let uri = Uri::parse(text).unwrap();
        assert!(matches!(uri, Uri::Other { .. }));
        assert!(uri.sip().is_none());
        assert_eq!(uri.to_string(), text);
        assert!(same(text, text));
        let (scheme, rest) = text.split_once(':').unwrap();
        assert!(same(&format!("{}:{rest}", scheme.to_uppercase()), text));
        assert!(!same(&format!("x:{rest}"), text));
    }
    assert!(!same("http://a.example/A", "http://a.example/a"));
}

// RFC 5031 §3 and §4; RFC 2141 §5.
#[test]
fn services_are_compared_without_regard_to_case() {
    fn service(text: &str) -> Option<alloc::string::String> {
        let uri = Uri::parse(text).unwrap();
        ServiceUrn::from_uri(&uri).map(|service| service.to_string())
    }
    for text in [
        "urn:service:sos",
        "urn:service:sos.animal-control",
        "urn:service:counseling.mental-health",
        "urn:service:a1.2.b-3",
        "urn:service:abcdefghijklmnopqrstuvwxyz1",
    ] {
        assert_eq!(service(text).as_deref(), Some(text));
    }
    for text in [
        "urn:service:",
        "urn:service:.sos",
        "urn:service:sos.",
        "urn:service:sos..fire",
        "urn:service:-sos",
        "urn:service:sos.fire-",
        "urn:service:sos/fire",
        "urn:service:abcdefghijklmnopqrstuvwxyz12",
        "urn:services:sos",
        "url:service:sos",
        "sip:service:sos@example.com",
    ] {
        assert_eq!(service(text), None, "{text}");
    }
    assert!(same("URN:Service:SOS.Fire", "urn:service:sos.fire"));
    assert!(!same("urn:service:sos", "urn:service:sos.fire"));
    assert!(same("urn:FOO:a123", "URN:foo:a123"));
    assert!(!same("urn:foo:A123", "urn:foo:a123"));
    let fire = ServiceUrn::parse("sos.Fire").unwrap();
    assert!(fire.is_within("SOS") && fire.is_within("sos.fire"));
    assert!(!fire.is_within("so") && !fire.is_within("sos.fire.forest"));
    assert_eq!(Some(fire), ServiceUrn::parse("SOS.fire"));
}

#[test]
fn uuids_have_one_value_and_two_spellings() {
    let text = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    let uuid = |text: &str| UuidUrn::from_uri(&Uri::parse(text).unwrap());
    let one = uuid(text).unwrap();
    assert_eq!(one.0[..4], [0xf8, 0x1d, 0x4f, 0xae]);
    assert_eq!(one.to_string(), text);
    let upper = "URN:UUID:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6";
    assert_eq!(uuid(upper), Some(one));
    assert!(same(upper, text));
    for text in [
        "urn:uuid:f81d4fae7dec11d0a76500a0c91e6bf6",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bfg",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6-",
        "urn:oid:1.2.3",
        "tel:+1",
    ] {
        assert_eq!(uuid(text), None, "{text}");
    }
}
