//! RFC 3261 §19.1.1, §19.1.3: what a SIP URI is made of.

use super::*;

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
