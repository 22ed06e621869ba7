use super::*;
use alloc::format;
use alloc::string::{String, ToString};
use core::net::IpAddr;

fn sip(text: &str) -> SipUri<'_> {
    match Uri::parse(text) {
        Ok(Uri::Sip(uri)) => uri,
        other => panic!("{text}: {other:?}"),
    }
}

fn same(a: &str, b: &str) -> bool {
    let a = Uri::parse(a).unwrap_or_else(|e| panic!("{a}: {e}"));
    let b = Uri::parse(b).unwrap_or_else(|e| panic!("{b}: {e}"));
    assert_eq!(a.equivalent(&b), b.equivalent(&a), "{a} {b}");
    a.equivalent(&b)
}

// The eight examples of RFC 3261 §19.1.3.
#[test]
fn the_examples_of_section_19_1_3_have_the_components_it_says() {
    let uri = sip("sip:alice:secretword@atlanta.com;transport=tcp");
    assert_eq!(
        (uri.user, uri.password),
        (Some("alice"), Some("secretword"))
    );
    assert_eq!(uri.host, Host::Name("atlanta.com"));
    assert_eq!(uri.transport(), Some("tcp"));
    let uri = sip("sips:alice@atlanta.com?subject=project%20x&priority=urgent");
    assert!(uri.secure);
    let headers: alloc::vec::Vec<_> = uri.headers.iter().collect();
    assert_eq!(
        headers,
        [("subject", "project%20x"), ("priority", "urgent")]
    );
    let uri = sip("sip:+1-212-555-1212:1234@gateway.com;user=phone");
    assert_eq!(uri.user, Some("+1-212-555-1212"));
    assert!(uri.is_phone());
    let uri = sip("sip:alice@192.0.2.4");
    assert_eq!(uri.host, Host::Ip("192.0.2.4".parse().unwrap()));
    let uri = sip("sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com");
    assert_eq!(
        (uri.user, uri.params.get("method")),
        (None, Some("REGISTER"))
    );
    let uri = sip("sip:alice;day=tuesday@atlanta.com");
    assert_eq!(uri.user, Some("alice;day=tuesday"));
    assert_eq!(sip("sip:alice@atlanta.com").port, None);
    assert_eq!(sip("sips:1212@gateway.com").user, Some("1212"));
    for text in [
        "sip:alice:secretword@atlanta.com;transport=tcp",
        "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@[2001:db8::10]:5070;lr;x=y",
    ] {
        assert_eq!(sip(text).to_string(), text);
    }
}

/// A URI, its user, host and port, and its parameters and headers.
type Parts = (
    &'static str,
    Option<&'static str>,
    &'static str,
    &'static str,
    &'static str,
);

// Those of RFC 3261 §19.1.3, which the test above takes further apart, and those of the tutorial.
// shows: S135
#[test]
fn published_uris_have_the_components_that_are_listed() {
    let cases: [Parts; 20] = [
        (
            "sip:alice@atlanta.com",
            Some("alice"),
            "atlanta.com",
            "",
            "",
        ),
        (
            "sip:alice:secretword@atlanta.com;transport=tcp",
            Some("alice"),
            "atlanta.com",
            "transport=tcp",
            "",
        ),
        (
            "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
            Some("alice"),
            "atlanta.com",
            "",
            "subject=project%20x&priority=urgent",
        ),
        (
            "sip:+1-212-555-1212:1234@gateway.com;user=phone",
            Some("+1-212-555-1212"),
            "gateway.com",
            "user=phone",
            "",
        ),
        ("sips:1212@gateway.com", Some("1212"), "gateway.com", "", ""),
        ("sip:alice@192.0.2.4", Some("alice"), "192.0.2.4", "", ""),
        (
            "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
            None,
            "atlanta.com",
            "method=REGISTER",
            "to=alice%40atlanta.com",
        ),
        (
            "sip:alice;day=tuesday@atlanta.com",
            Some("alice;day=tuesday"),
            "atlanta.com",
            "",
            "",
        ),
        ("sip:tzi.org", None, "tzi.org", "", ""),
        ("sip:192.168.42.1", None, "192.168.42.1", "", ""),
        (
            "sip:jo@192.168.42.1:5060",
            Some("jo"),
            "192.168.42.1:5060",
            "",
            "",
        ),
        (
            "sip:jo@192.168.42.1:12780",
            Some("jo"),
            "192.168.42.1:12780",
            "",
            "",
        ),
        (
            "sip:john@Example.COM;maddr=10.0.0.1",
            Some("john"),
            "Example.COM",
            "maddr=10.0.0.1",
            "",
        ),
        (
            "sip:+1555123456@tel-gw.example.com;user=phone",
            Some("+1555123456"),
            "tel-gw.example.com",
            "user=phone",
            "",
        ),
        ("sips:jo@example.com", Some("jo"), "example.com", "", ""),
        (
            "sip:voicemail.reply=ab1x817m@media-engine;msgid=78",
            Some("voicemail.reply=ab1x817m"),
            "media-engine",
            "msgid=78",
            "",
        ),
        (
            "sip:sip%3Ajo%40192.168.42.5%3Bmaddr=134.102.3.99@example.com",
            Some("sip%3Ajo%40192.168.42.5%3Bmaddr=134.102.3.99"),
            "example.com",
            "",
            "",
        ),
        (
            "sip:sales@warehouse.com;method=INVITE?Subject=gw%20c2661&Call-ID=239%40h",
            Some("sales"),
            "warehouse.com",
            "method=INVITE",
            "Subject=gw%20c2661&Call-ID=239%40h",
        ),
        (
            "sip:jo@example.com?Replaces=abcd%40example.com%3Bx",
            Some("jo"),
            "example.com",
            "",
            "Replaces=abcd%40example.com%3Bx",
        ),
        // RFC 5954.
        (
            "sip:bob@[2001:db8::9:1]:5070;lr",
            Some("bob"),
            "[2001:db8::9:1]:5070",
            "lr",
            "",
        ),
    ];
    for (text, user, host, params, headers) in cases {
        let uri = sip(text);
        assert_eq!(uri.secure, text.starts_with("sips:"), "{text}");
        assert_eq!(uri.user, user, "{text}");
        let mut written = alloc::vec::Vec::new();
        uri.host_port().write(&mut written);
        assert_eq!(written, host.as_bytes(), "{text}");
        assert_eq!(uri.params.as_str(), params, "{text}");
        assert_eq!(uri.headers.as_str(), headers, "{text}");
        let has_password = text.contains("secretword") || text.contains(":1234@");
        assert_eq!(uri.password.is_some(), has_password, "{text}");
        assert_eq!(uri.to_string(), text);
    }
}

// The cases of RFC 3261 §19.1.4 and RFC 5954 §4.2.
// shows: S146
#[test]
fn equality_has_every_published_case() {
    let equal = [
        [
            "sip:%61lice@atlanta.com;transport=TCP",
            "sip:alice@AtLanTa.CoM;Transport=tcp",
        ],
        ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
        ["sip:carol@chicago.com", "sip:carol@chicago.com;security=on"],
        [
            "sip:carol@chicago.com;newparam=5",
            "sip:carol@chicago.com;security=on",
        ],
        [
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ],
        [
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ],
        ["sip:bob@[::ffff:192.0.2.128]", "sip:bob@[::ffff:c000:280]"],
        ["sip:bob@[2001:db8::9:1]", "sip:bob@[2001:db8::9:01]"],
        [
            "sip:bob@[0:0:0:0:0:FFFF:129.144.52.38]",
            "sip:bob@[::FFFF:129.144.52.38]",
        ],
    ];
    for [a, b] in equal {
        assert!(same(a, b), "{a} {b}");
    }
    let different = [
        [
            "SIP:ALICE@AtLanTa.CoM;Transport=udp",
            "sip:alice@AtLanTa.CoM;Transport=UDP",
        ],
        ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
        ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
        [
            "sip:bob@biloxi.com",
            "sip:bob@biloxi.com:6000;transport=tcp",
        ],
        [
            "sip:carol@chicago.com",
            "sip:carol@chicago.com?Subject=next%20meeting",
        ],
        ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"],
        // Not transitive: both equal sip:carol@chicago.com.
        [
            "sip:carol@chicago.com;security=on",
            "sip:carol@chicago.com;security=off",
        ],
        ["sip:a@b.com", "sips:a@b.com"],
        ["sip:a@b.com;maddr=192.0.2.1", "sip:a@b.com"],
        ["sip:a@b.com;user=ip", "sip:a@b.com"],
        ["sip:a@b.com;ttl=1", "sip:a@b.com"],
        ["sip:a@b.com;method=INVITE", "sip:a@b.com"],
        ["sip:a:p@b.com", "sip:a@b.com"],
        ["sip:a@b.com", "sip:b.com"],
        // An escaped reserved character is not the plain one.
        ["sip:a%3Bb@b.com", "sip:a;b@b.com"],
    ];
    for [a, b] in different {
        assert!(!same(a, b), "{a} {b}");
    }
}

// shows: S138
#[test]
fn a_port_that_is_said_differs_from_one_that_is_not() {
    for text in [
        "sip:tzi.org",
        "sip:192.168.42.1",
        "sip:192.168.42.1:5060",
        "sip:j@x.org:12780",
    ] {
        assert_eq!(sip(text).to_string(), text);
    }
    assert!(!same("sip:jo@example.com", "sip:jo@example.com:5060"));
}

// shows: S142
#[test]
fn a_uri_may_stand_in_a_user_part() {
    let text = "sip:sip%3Ajo%40192.168.42.5%3Bmaddr=134.102.3.99@example.com";
    let user = sip(text).unescaped_user().unwrap().into_owned();
    let user = String::from_utf8(user).unwrap();
    assert_eq!(user, "sip:jo@192.168.42.5;maddr=134.102.3.99");
    // A semicolon may stand in a user part, so escaping again needs to escape only the rest.
    assert_eq!(
        escape_user(&user).replace(';', "%3B"),
        sip(text).user.unwrap()
    );
    assert!(same(
        text,
        &format!("sip:{}@example.com", sip(text).user.unwrap())
    ));
}

// shows: S137
#[test]
fn a_user_part_is_opaque() {
    let uri = sip("sip:voicemail.reply=ab1x817m@media-engine;msgid=78");
    assert_eq!(uri.user, Some("voicemail.reply=ab1x817m"));
    assert_eq!(uri.params.get("msgid"), Some("78"));
}

#[test]
fn malformed_uris_are_refused() {
    for text in [
        "",
        "sip",
        "sip:",
        "sip:@",
        "sip:@example.com",
        "sip:a@",
        "sip:a b@example.com",
        "sip:a@exa mple.com",
        "sip:a@example.com:",
        "sip:a@example.com:65536",
        "sip:a@example.com:5060x",
        "sip:a@444.555.666.777",
        "sip:a@1.2.3",
        "sip:a@[::1",
        "sip:a@[1.2.3.4]",
        "sip:a@[fe80::1%25eth0]",
        "sip:a@[::1]x",
        "sip:a@exa%6dple.com",
        "sip:a@example.com;",
        "sip:a@example.com;;lr",
        "sip:a@example.com;lr;LR",
        "sip:a@example.com;lr;%6Cr",
        "sip:a@example.com;=x",
        "sip:a@example.com;x=",
        "sip:a@example.com?",
        "sip:a@example.com?x",
        "sip:a@example.com?x=y&",
        "sip:a@example.com?=y",
        "sip:a%@example.com",
        "sip:a%4@example.com",
        "sip:a%zz@example.com",
        "sip:a@example.com?x=a@b",
        "sip://jo@x.com",
        "1sip:x",
        ":x",
        "sip:a@-example.com",
        "sip:a@example-.com",
        "sip:a@example..com",
        "sip:ä@example.com",
        "http:",
        "http:a b",
        "tel:",
        "tel:abcg",
        "tel:+",
        "tel:+-",
        "tel:7042",
        "tel:+1;",
        "tel:7042;phone-context=",
        "tel:+1;ext=abc",
        "tel:+1;a=1;A=2",
        // RFC 3966 §5.3: at most one of the two.
        "tel:+1;ext=12;isub=a",
        "tel:+1;ext=-",
        "tel:+1;ext",
        "tel:+1;isub",
        "tel:+1;a_b=1",
        "tel:7;phone-context=1.2.3.4",
    ] {
        assert!(Uri::parse(text).is_err(), "{text}");
    }
}

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

#[test]
fn the_address_of_record_has_one_spelling() {
    let key = |text| sip(text).address_of_record();
    assert_eq!(
        key("sip:%61lice:pw@Atlanta.COM;transport=tcp?a=b"),
        "sip:alice@atlanta.com"
    );
    assert_eq!(
        key("sips:alice@atlanta.com:5061"),
        "sips:alice@atlanta.com:5061"
    );
    assert_eq!(key("sip:j%40s0n@x.com"), "sip:j@s0n@x.com");
    assert_ne!(key("sip:%25ff@x.com"), key("sip:%ff@x.com"));
    assert_ne!(key("sip:Alice@x.com"), key("sip:alice@x.com"));
}

#[test]
fn hosts_are_names_or_addresses() {
    let ip = |text: &str| Host::parse(text).and_then(|host| host.ip());
    let six: IpAddr = "2001:db8::1".parse().unwrap();
    assert_eq!(ip("[2001:db8::1]"), Some(six));
    assert_eq!(ip("2001:db8::1"), Some(six));
    assert_eq!(ip("192.0.2.1"), Some("192.0.2.1".parse().unwrap()));
    for name in [
        "a",
        "example.com",
        "example.com.",
        "1.example",
        "xn--e1a",
        "under_score.x",
    ] {
        assert_eq!(Host::parse(name), Some(Host::Name(name)), "{name}");
    }
    for wrong in [
        "", ".", "a..b", "-a", "a.-b", "a-.b", "a-", "1", "1.2", "01.2.3.4", "a b",
    ] {
        assert_eq!(Host::parse(wrong), None, "{wrong}");
    }
    let mut out = alloc::vec::Vec::new();
    HostPort::parse("[2001:DB8:0::1]:5060")
        .unwrap()
        .write(&mut out);
    assert_eq!(out, b"[2001:db8::1]:5060");
}

#[test]
fn many_parameters_cost_no_more_than_their_length() {
    let many: String = (0..20_000).map(|n| format!(";p{n}=x")).collect();
    let text = format!("sip:a@b.com{many}");
    assert!(same(&text, &text));
    assert!(Uri::parse(&format!("{text};P77")).is_err());
}

/// RFC 5954 §4.1, as strict as the parser of the standard library.
#[test]
fn four_numbers_in_range_are_an_address_and_nothing_else_is() {
    for text in [
        "0.0.0.0",
        "192.0.2.1",
        "255.255.255.255",
        "255.255.255.256",
        "1.2.3.999",
        "1.2.3.1000",
        "1.2.3.65537",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.4.",
        "1..2.3",
        "1.2.3.",
        "01.2.3.4",
        "1.2.3.00",
        "1.2.3.-4",
        "1.2.3.4a",
        "1.2.3.a4",
    ] {
        let address = Host::parse(text).and_then(|host| host.ip());
        assert_eq!(address, text.parse().ok(), "{text}");
    }
}
