//! Features in Contact and its like (RFC 3840 §9, RFC 6809 §6), and the parameters that extensions
//! put into Contact and Via.

use super::*;

fn address(text: &'static str) -> ContactAddress<'static> {
    *Contact::parse(text.as_bytes()).unwrap().address().unwrap()
}

// RFC 3840 §5 and §9.
// shows: S334
#[test]
fn features_of_a_contact() {
    let contact = address(
        "<sip:u1@h.example.com>;audio;video=\"TRUE\";methods=\"INVITE,!BYE\";x=y;expires=1\
         ;+sip.Message=\"FALSE\";priority=\"#>=5.50,#=-2,#1:3\";description=\"<PC, \\\"Tom\\\">\"",
    );
    let names: Vec<_> = contact.params.features().map(|f| f.name).collect();
    assert_eq!(
        names,
        [
            "audio",
            "video",
            "methods",
            "sip.Message",
            "priority",
            "description"
        ]
    );
    let value = |name: &str| contact.params.feature(name).unwrap().value;
    assert_eq!(value("AUDIO"), FeatureValue::True);
    assert!(value("audio").is_true() && value("video").is_true());
    assert!(!value("sip.message").is_true() && !value("methods").is_true());
    let FeatureValue::OneOf(methods) = value("methods") else {
        panic!("a list");
    };
    let methods: Vec<_> = methods.iter().collect();
    let token = |is_negated, name| TagValue {
        is_negated,
        kind: TagKind::Token(name),
    };
    assert_eq!(methods, [token(false, "INVITE"), token(true, "BYE")]);
    let FeatureValue::OneOf(ranges) = value("priority") else {
        panic!("a list");
    };
    let holds = |number: &str| {
        let number = Decimal::parse(number).unwrap();
        ranges.iter().any(|range| range.kind.holds(number))
    };
    for inside in [
        "5.5",
        "+5.5000",
        "1000000000000000000000",
        "-2.0",
        "1",
        "2.5",
        "3.0",
    ] {
        assert!(holds(inside), "{inside}");
    }
    for outside in ["5.49999", "-5.5", "-2.00001", "0", "-0", "0.999", "3.01"] {
        assert!(!holds(outside), "{outside}");
    }
    let text = FeatureValue::Text(b"PC, \\\"Tom\\\"");
    assert_eq!(value("description"), text);
    // RFC 3840 §10: these stand without a plus sign.
    for tag in [
        "audio",
        "application",
        "data",
        "control",
        "video",
        "text",
        "automata",
        "class",
        "duplex",
        "mobility",
        "description",
        "events",
        "priority",
        "methods",
        "extensions",
        "schemes",
        "actor",
        "isfocus",
    ] {
        let text = alloc::format!("<sip:a@b>;{tag};x=y");
        let Contact::Address(contact) = Contact::parse(text.as_bytes()).unwrap() else {
            panic!("an address");
        };
        let names: Vec<_> = contact.params.features().map(|f| f.name).collect();
        assert_eq!(names, [tag]);
    }
    // What is no feature of that name, or has a value that no feature has.
    let odd = address(
        "<sip:a@b>;audio=x;class=\"a b\";+1=\"x\";data=\"\";text=\"#5\";foo;type=\"<a<b>\"",
    );
    assert_eq!(odd.params.features().count(), 0);
    assert_eq!(odd.params.iter().count(), 7);
}

// RFC 6809 §6.
#[test]
fn features_of_proxies() {
    round_trips!(
        FeatureCaps<'_>,
        [
            "*",
            "*;+g.a;+g.b=\"<text>\"",
            "* ; +g.x = \"1,!2\"",
            "*;+a=\"#=1\""
        ]
    );
    refused!(
        FeatureCaps<'_>,
        [
            "",
            "+g.a",
            "*;audio",
            "*;+g.a=b",
            "*;+g.a=\"a b\"",
            "*;x=y",
            "*;+1"
        ]
    );
}

// RFC 5626 §4.1, §4.2, §11; RFC 5627 §5.3, §9.
#[test]
fn instances_flows_and_gruus() {
    let contact = address(
        "<sip:callee@192.0.2.1>\
         ;pub-gruu=\"sip:callee@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"\
         ;temp-gruu=\"sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr\"\
         ;+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\"\
         ;reg-id=1;expires=3600",
    );
    assert_eq!(
        contact.instance(),
        Some("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    );
    assert_eq!(contact.reg_id(), Some(1));
    let public = contact.pub_gruu().unwrap();
    let Ok(crate::sip::uri::Uri::Sip(public)) = crate::sip::uri::Uri::parse(&public) else {
        panic!("a SIP URI");
    };
    assert_eq!(public.gr(), contact.instance());
    assert!(contact.temp_gruu().unwrap().ends_with(";gr"));
    for text in [
        "<sip:a@b>;reg-id=0",
        "<sip:a@b>;reg-id=2147483648",
        "<sip:a@b>;reg-id=x;pub-gruu=x",
        "<sip:a@b>;+sip.instance=\"urn:uuid:f81d4fae\"",
    ] {
        let contact = address(text);
        assert_eq!(
            (contact.reg_id(), contact.instance()),
            (None, None),
            "{text}"
        );
        assert_eq!(contact.pub_gruu(), None);
    }
}

// RFC 7339 §5 prints the values; RFC 7415 §4.
#[test]
fn overload_control_in_a_via() {
    let via =
        |params: &str| String::from("SIP/2.0/TLS p1.example.net;branch=z9hG4bK2d4790.1") + params;
    let read = |params: &str| {
        let text = via(params);
        let via = Via::parse(text.as_bytes()).unwrap();
        via.overload().map(|overload| {
            let names: Vec<_> = overload.algorithms().map(String::from).collect();
            let sequence = overload.sequence.map(|s| String::from(s.as_str()));
            (
                overload.limit,
                names,
                overload.validity,
                sequence,
                overload.is_in_force(),
            )
        })
    };
    let names = |names: &[&str]| names.iter().map(|n| String::from(*n)).collect::<Vec<_>>();
    let millis = Duration::from_millis;
    assert_eq!(
        read(";oc;oc-algo=\"loss,A\""),
        Some((None, names(&["loss", "A"]), millis(500), None, false))
    );
    assert_eq!(
        read(";oc=20;oc-algo=\"loss\";oc-validity=500;oc-seq=1282321615.782"),
        Some((
            Some(20),
            names(&["loss"]),
            millis(500),
            Some("1282321615.782".into()),
            true
        ))
    );
    assert_eq!(
        read(";oc=150;oc-algo=\"rate\";oc-validity=1000"),
        Some((Some(150), names(&["rate"]), millis(1000), None, true))
    );
    let stopped = read(";oc=0;oc-algo=\"loss\";oc-validity=0;oc-seq=1282321892.439");
    assert!(stopped.is_some_and(|(.., is_in_force)| !is_in_force));
    for malformed in [
        "",
        ";oc=x",
        ";oc;oc-algo=loss",
        ";oc=1;oc-validity",
        ";oc=1;oc-seq=1",
        ";oc=1;oc-seq=1.123456",
    ] {
        assert_eq!(read(malformed), None, "{malformed}");
    }
}

// RFC 6223 §4, RFC 5923 §5, RFC 3486 §5, RFC 5049 §9.1.
#[test]
fn what_else_extensions_put_into_a_via() {
    let text = "SIP/2.0/UDP a.example.com;branch=z9hG4bK87a7;keep=30;alias;comp=sigcomp\
         ;sigcomp-id=\"urn:uuid:0C67446E-F1A1-11D9-94D3-000A95A0E128\"";
    let via = Via::parse(text.as_bytes()).unwrap();
    assert_eq!(via.keep(), Some(Some(30)));
    assert!(via.has_alias());
    assert_eq!(via.comp(), Some("sigcomp"));
    assert!(via.sigcomp_id().unwrap().starts_with("urn:uuid:"));
    let via = Via::parse(b"SIP/2.0/UDP a.example.com;keep").unwrap();
    assert_eq!((via.keep(), via.has_alias()), (Some(None), false));
    assert_eq!((via.comp(), via.sigcomp_id()), (None, None));
}
