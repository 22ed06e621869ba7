//! RFC 3261 §19.1.4: which URIs are the same.

use super::*;

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
fn many_parameters_cost_no_more_than_their_length() {
    let many: String = (0..20_000).map(|n| format!(";p{n}=x")).collect();
    let text = format!("sip:a@b.com{many}");
    assert!(same(&text, &text));
    assert!(Uri::parse(&format!("{text};P77")).is_err());
}
