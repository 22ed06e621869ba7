//! The fields of the extensions, with the examples of the RFCs that define them.

use super::*;

// RFC 3262 §7.1, §7.2.
#[test]
fn reliable_provisional_responses() {
    round_trips!(RSeq, ["988789", "1", "4294967295"]);
    refused!(RSeq, ["", "0", "4294967296", "-1", "1 2", "x"]);
    round_trips!(RAck<'_>, ["776656 1 INVITE", "1\r\n  2\tOTHER"]);
    refused!(
        RAck<'_>,
        [
            "",
            "1",
            "1 2",
            "1 INVITE",
            "12INVITE",
            "1 2 INVITE x",
            "1 99999999999 INVITE"
        ]
    );
    let ack = RAck::parse(b"776656 1 INVITE").unwrap();
    assert_eq!((ack.response, ack.sequence), (776_656, 1));
    assert_eq!(ack.method, Method::Invite);
}

// RFC 6665 §8.2, §8.4.
#[test]
fn events_and_subscription_states() {
    round_trips!(
        Event<'_>,
        [
            "presence",
            "presence.winfo.winfo",
            "refer;id=93809824",
            "dialog;call-id=\"a b\";x"
        ]
    );
    refused!(
        Event<'_>,
        [
            "",
            ".winfo",
            "presence.",
            "a..b",
            "refer;id",
            "refer;id=\"1\"",
            "refer;id=1;id=2",
            "a b"
        ]
    );
    let event = |text: &'static str| Event::parse(text.as_bytes()).unwrap();
    assert!(event("refer;id=1;x=1").is_same_subscription(&event("refer;id=1;x=2")));
    assert!(!event("refer;id=a").is_same_subscription(&event("refer;id=A")));
    assert!(!event("refer").is_same_subscription(&event("Refer")));
    assert!(!event("refer").is_same_subscription(&event("refer;id=1")));
    let packages: Vec<_> = List::<EventType<'_>>::new(b"spirits-INDPs, refer ,a.b")
        .map(|package| package.unwrap().0)
        .collect();
    assert_eq!(packages, ["spirits-INDPs", "refer", "a.b"]);
    round_trips!(
        SubscriptionState<'_>,
        [
            "active;expires=600",
            "Terminated ; reason=timeout",
            "terminated;reason=probation;retry-after=10;x=y",
            "waiting",
        ]
    );
    refused!(
        SubscriptionState<'_>,
        [
            "",
            "active;expires",
            "active;expires=x",
            ";reason=x",
            "active;expires=1;expires=2"
        ]
    );
    let state = SubscriptionState::parse(b"PENDING;expires=99999999999").unwrap();
    assert_eq!(
        (state.state, state.expires),
        (Substate::Pending, Some(u32::MAX))
    );
}

// RFC 3515 §2.1, RFC 3892 §3, RFC 4488 §4.
#[test]
fn references_and_referrers() {
    round_trips!(
        NameAddr<'_>,
        [
            "sip:alice@atlanta.example.com",
            "<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3B\
             to-tag%3D12345%3Bfrom-tag%3D5FFE-3994>",
            "http://www.ietf.org",
        ]
    );
    round_trips!(
        ReferredBy<'_>,
        [
            "<sip:referror@referror.example>;cid=\"20398823.2UWQFN309shb3@referror.example\"",
            "sip:r@ref.example",
            "R <sip:r@ref.example>;x=1",
        ]
    );
    refused!(
        ReferredBy<'_>,
        [
            "",
            "<sip:r@ref.example>;cid=a@b",
            "<sip:r@ref.example>;cid=\"ab\"",
            "<sip:r@ref.example>;cid=\"@b\"",
            "<sip:r@ref.example>;cid=\"a@b\";cid=\"a@b\"",
        ]
    );
    round_trips!(ReferSub<'_>, ["true", "FALSE;x=y"]);
    refused!(ReferSub<'_>, ["", "yes", "false true"]);
}

// RFC 3891 §6.1, RFC 3911 §7.1, RFC 4538 §7.
#[test]
fn other_dialogs() {
    round_trips!(
        Replaces<'_>,
        [
            "98732@sip.example.com\r\n  ;from-tag=r33th4x0r\r\n  ;to-tag=ff87ff",
            "12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only",
            "87134@171.161.34.23;to-tag=24796;from-tag=0;x=\"y\"",
        ]
    );
    refused!(
        Replaces<'_>,
        [
            "",
            "a@b",
            "a@b;to-tag=1",
            "a@b;from-tag=1",
            "a@b;to-tag=1;from-tag=2;to-tag=3",
            "a@b;to-tag=1;from-tag=2;early-only=1",
            "a@;to-tag=1;from-tag=2",
            "a@b@c;to-tag=1;from-tag=2",
            "a b;to-tag=1;from-tag=2",
            "a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2",
        ]
    );
    round_trips!(
        Join<'_>,
        [
            "12adf2f34456gs5;to-tag=12345;from-tag=54321",
            "87134@192.0.2.23;from-tag=0;to-tag=24796"
        ]
    );
    refused!(Join<'_>, ["a@b;to-tag=1", "a@b;to-tag=1;to-tag=2"]);
    round_trips!(
        TargetDialog<'_>,
        ["fa77as7dad8-sd98ajzz@host.example.com ;local-tag=kkaz- ;remote-tag=6544"]
    );
    refused!(
        TargetDialog<'_>,
        ["a@b;local-tag=1", "a;to-tag=1;from-tag=2"]
    );
    let calls = List::<CallId<'_>>::new(b"70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com");
    assert_eq!(calls.map(Result::unwrap).count(), 2);
}

// RFC 4028 §4, §5.
#[test]
fn session_timers() {
    round_trips!(
        SessionExpires<'_>,
        ["4000", "3600;refresher=uac", "90 ; REFRESHER = UAS;x"]
    );
    refused!(
        SessionExpires<'_>,
        [
            "",
            "x",
            "90;refresher",
            "90;refresher=both",
            "90;refresher=uac;refresher=uac",
            "-90"
        ]
    );
    round_trips!(MinSe<'_>, ["90", "3600;x=y"]);
    refused!(MinSe<'_>, ["", "90 s", "90,91"]);
    let session = SessionExpires::parse(b"4294967296;refresher=UAS").unwrap();
    assert_eq!(session, SessionExpires::new(u32::MAX, Some(Refresher::Uas)));
}

// RFC 3323 §4.2, RFC 3325 §9, RFC 8224 §4.
#[test]
fn who_is_calling_and_what_is_kept_from_whom() {
    round_trips!(
        Privacy<'_>,
        ["id", "header;user;critical", "user ; ID;\r\n session"]
    );
    refused!(
        Privacy<'_>,
        ["", ";id", "id;", "id;;user", "id,user", "id=1"]
    );
    let privacy = Privacy::parse(b"user; ID").unwrap();
    assert!(privacy.contains("id") && !privacy.contains("critical"));
    assert_eq!(privacy, Privacy::parse(b"USER;id").unwrap());
    let asserted = b"\"Cullen Jennings\" <sip:fluffy@cisco.com>, tel:+14085264000";
    assert_eq!(
        List::<NameAddr<'_>>::new(asserted)
            .map(Result::unwrap)
            .count(),
        2
    );
    round_trips!(
        Identity<'_>,
        [
            "eyJhbGciOiJFUzI1NiJ9.eyJpYXQiOjE0NDMyMDgzNDV9.4bbH_C1t;\
             info=<https://biloxi.example.org/biloxi.cert>",
            "..sv5CTo05KqpSmtHt3dcEiO/1CWTSZtnG3iV+1nmurLXV/HmtyNS7Ltrg9dlxkWzo;\r\n \
             info=<https://biloxi.example.org/biloxi.cer>;alg=ES256;ppt=shaken;x",
        ]
    );
    refused!(
        Identity<'_>,
        [
            "",
            ";info=<https://a.example>",
            "abc",
            "abc;alg=ES256",
            "abc;info=\"https://a.example\"",
            "abc;info=<a>",
            "abc;info=<https://a.example",
            "abc;info=<https://a.example>;info=<https://a.example>",
            "a\"c;info=<https://a.example>",
        ]
    );
    let identity = Identity::parse(b"..a;info=<https://a.example>;ppt=\"shaken\"").unwrap();
    assert!(identity.is_compact());
    assert_eq!(identity.ppt, Some("shaken"));
}

// RFC 3903 §11.3, RFC 5839 §7.
#[test]
fn versions_of_published_state() {
    round_trips!(EntityTag<'_>, ["dx200xyz", "*"]);
    refused!(EntityTag<'_>, ["", "\"a\"", "a b", "a;b"]);
    assert_ne!(EntityTag("a"), EntityTag("A"));
    round_trips!(SuppressIfMatch<'_>, ["*", "b4cf7"]);
    assert_eq!(SuppressIfMatch::parse(b"*"), Ok(SuppressIfMatch::Any));
}

// RFC 3841 §9, RFC 6809 §6.
#[test]
fn preferences_of_callers() {
    round_trips!(
        AcceptContact<'_>,
        [
            "*;audio;require",
            "*;video;explicit;methods=\"INVITE,BYE\"",
            "*",
            "* ; +sip.instance=\"<urn:uuid:x>\" ; EXPLICIT ; require",
        ]
    );
    refused!(
        AcceptContact<'_>,
        ["", "audio", "*;require;require", "*;require=1", "**", "*,*"]
    );
    let all: Vec<_> = List::<AcceptContact<'_>>::new(b"*;audio;require,*;video;explicit")
        .map(Result::unwrap)
        .collect();
    assert!(all[0].is_required && !all[0].is_explicit && all[1].is_explicit);
    round_trips!(
        FeatureSet<'_>,
        [
            "*;actor=\"msg-taker\";video",
            "*;+g.oma.sip-im;+sip.607",
            "*;language=\"<a,b>\""
        ]
    );
    refused!(FeatureSet<'_>, ["", "x;y", "*;;"]);
    let wanted: Vec<_> = List::<Directive>::new(b"proxy, no-recurse,SEQUENTIAL , no-queue")
        .map(Result::unwrap)
        .collect();
    let expected = [
        Directive::Proxy,
        Directive::NoRecurse,
        Directive::Sequential,
        Directive::NoQueue,
    ];
    assert_eq!(wanted, expected);
    for (directive, text) in Directive::ALL {
        assert_eq!(Directive::parse(text.as_bytes()), Ok(directive));
        assert_eq!(directive.to_text(), text);
    }
    refused!(Directive, ["", "noqueue", "fork;x"]);
}

// RFC 3329 §2.2, §4.
#[test]
fn security_mechanisms() {
    round_trips!(
        SecurityMechanism<'_>,
        [
            "tls",
            "ipsec-ike;q=0.1",
            "digest;d-alg=MD5;d-qop=auth;d-ver=\"0123456789abcdef0123456789abcdef\";q=1.000",
            "ipsec-3gpp; alg=hmac-sha-1-96; spi=1111111111; port1=5062",
        ]
    );
    refused!(
        SecurityMechanism<'_>,
        [
            "",
            "tls;q=1.1",
            "tls;q",
            "digest;d-ver=0123456789abcdef0123456789abcdef",
            "digest;d-ver=\"0123456789ABCDEF0123456789abcdef\"",
            "digest;d-ver=\"0123\"",
            "digest;d-alg=\"MD5\"",
            "tls;q=0.1;q=0.2",
        ]
    );
}

// RFC 7044 §5, §5.1.
#[test]
fn history() {
    round_trips!(
        HistoryEntry<'_>,
        [
            "<sip:bob@biloxi.example.com>;index=1",
            "<sip:bob@192.0.2.3?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1",
            "Bob <sip:bob@biloxi.example.com;cause=480>;mp=1.10;index=1.2;x=\"y\"",
            "<tel:+1>;index=0.0;np=0",
        ]
    );
    refused!(
        HistoryEntry<'_>,
        [
            "",
            "<sip:b@b>",
            "sip:b@b;index=1",
            "<sip:b@b>;index=1.",
            "<sip:b@b>;index=01",
            "<sip:b@b>;index=a",
            "<sip:b@b>;index=1;index=2",
            "<sip:b@b>;index=1.1;rc=1;mp=1",
            "<sip:b@b>;index=1;rc",
        ]
    );
    let entry = HistoryEntry::parse(b"<sip:b@b>;index=1.1;mp=1").unwrap();
    assert_eq!(entry.source, Some((Retarget::Mapped, "1")));
}

// RFC 4412 §3.1, RFC 3261 §20.26.
#[test]
fn priorities() {
    let accepted = b"dsn.flash-override,\r\n dsn.flash, dsn.routine";
    let accepted: Vec<_> = List::<ResourcePriority<'_>>::new(accepted)
        .map(|value| value.unwrap().priority)
        .collect();
    assert_eq!(accepted, ["flash-override", "flash", "routine"]);
    round_trips!(ResourcePriority<'_>, ["dsn.flash", "wps.3"]);
    refused!(
        ResourcePriority<'_>,
        ["", "dsn", "dsn.", ".flash", "a.b.c", "dsn flash"]
    );
    round_trips!(Priority<'_>, ["emergency", "non-urgent", "fun"]);
    assert_eq!(Priority::parse(b"Emergency"), Ok(Priority::Emergency));
    refused!(Priority<'_>, ["", "very urgent"]);
}

// RFC 6442 §4; RFC 3261 §20.4, §20.9, §20.18; RFC 7462 §8; RFC 7463 §7; RFC 7614 §4.8.
#[test]
fn uris_in_brackets() {
    round_trips!(
        UriReference<'_>,
        [
            "<cid:alice123@atlanta.example.com>",
            "<http://www.example.com/sounds/moo.wav>",
            "<urn:alert:service:call-waiting>",
            "<urn:alert:service:normal>;appearance=1",
            "<http://wwww.example.com/alice/photo.jpg> ;purpose=icon",
            "<sips:vPT3izGmo8NTxaPADRZvEAY22BKx@example.com;gr>",
        ]
    );
    refused!(
        UriReference<'_>,
        [
            "",
            "<>",
            "sip:a@b",
            "<moo.wav>",
            "<:x>",
            "<sip:a@b",
            "<sip:a b>",
            "A <sip:a@b>",
            "<a:b>;"
        ]
    );
    let info = UriReference::parse(b"<http://a.example/p>;Purpose=icon").unwrap();
    assert_eq!(info.purpose(), Some("icon"));
    let alert = UriReference::parse(b"<urn:alert:service:normal>;appearance=1").unwrap();
    assert_eq!(alert.uri, "urn:alert:service:normal");
    let appearance = alert.params.get("appearance").and_then(|it| it.value);
    assert_eq!(appearance, Some(ParamValue::Plain("1")));
    round_trips!(GeolocationRouting<'_>, ["yes", "no", "maybe"]);
    assert_eq!(
        GeolocationRouting::parse(b"YES"),
        Ok(GeolocationRouting::Yes)
    );
    round_trips!(
        GeolocationError<'_>,
        [
            "100;code=\"Cannot Process Location\"",
            "5",
            "201 ; code = \"x\";y"
        ]
    );
    refused!(
        GeolocationError<'_>,
        ["", "1000", "x", "100;code=x", "100;code"]
    );
}

// RFC 3261 §20.2, §20.3, §20.13, §20.24, §20.35, §20.38.
#[test]
fn the_rest_of_section_20() {
    round_trips!(Timestamp<'_>, ["54", "54.", "54.123 0.5", "1.2\t.5", "1 ."]);
    refused!(Timestamp<'_>, ["", ".5", "x", "1 2 3", "1,2", "-1"]);
    assert_eq!(Timestamp::parse(b"54.321  ").unwrap().delay, None);
    round_trips!(
        Products<'_>,
        [
            "HomeServer v2",
            "Softphone/Beta1.5",
            "A / 1.0\r\n (a (nested\\)) comment) B",
            "(only a comment)",
        ]
    );
    refused!(Products<'_>, ["", "a/", "/1", "a (b", "a, b", "a\"b\""]);
    let words: Vec<_> = Products::parse(b"X/1 (c)").unwrap().iter().collect();
    let name = Product::Named {
        name: "X",
        version: Some("1"),
    };
    assert_eq!(words, [name, Product::Comment(b"c")]);
    round_trips!(AcceptEncoding<'_>, ["gzip", "*;q=0", "identity; q=0.5;x=y"]);
    refused!(AcceptEncoding<'_>, ["", "gzip;q=2", "gz ip"]);
    round_trips!(AcceptLanguage<'_>, ["da", "en-gb;q=0.8", "*", "es-419"]);
    refused!(
        AcceptLanguage<'_>,
        ["", "-en", "en-", "abcdefghi", "e1", "**", "en;q=x"]
    );
    let accepts = |range: &'static str, language| {
        AcceptLanguage::parse(range.as_bytes())
            .unwrap()
            .accepts(language)
    };
    assert!(accepts("en", "EN-gb") && accepts("*", "da") && accepts("en-gb", "en-gb"));
    assert!(!accepts("en", "eng") && !accepts("en-gb", "en") && !accepts("en;q=0", "en"));
    assert_eq!(LanguageTag("FR"), LanguageTag::parse(b"fr").unwrap());
    round_trips!(MimeVersion, ["1.0", "2.13"]);
    refused!(MimeVersion, ["", "1", "1.", ".0", "1. 0", "1.0.0"]);
    assert_eq!(MimeVersion::parse(b"1.0"), Ok(MimeVersion::ONE));
    round_trips!(
        Text<'_>,
        [
            "Boxes by Bob",
            "Need more\r\n   boxes",
            "",
            "\u{4e2d}\u{6587} \"x"
        ]
    );
    assert!(Text::parse(b"a\0b").is_err() && Text::parse(b"\xff").is_err());
}

// RFC 3261 §20.19, §20.22; RFC 5393 §5.8.
#[test]
fn numbers() {
    round_trips!(DeltaSeconds, ["0", "7200", "4294967295"]);
    assert_eq!(
        DeltaSeconds::parse(b"99999999999999999999999"),
        Ok(DeltaSeconds(u32::MAX))
    );
    refused!(DeltaSeconds, ["", "1.0", "+1", "1 h", "x"]);
    round_trips!(MaxForwards, ["0", "70", "255"]);
    refused!(MaxForwards, ["", "256", "-1"]);
    round_trips!(MaxBreadth, ["0", "60"]);
}

// RFC 7989 §5, RFC 5373 §2, RFC 5360 §5.11.2, RFC 5502 §6.
#[test]
fn fields_of_single_extensions() {
    round_trips!(
        SessionId<'_>,
        [
            "ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000",
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "f81d4fae7dec11d0a76500a0c91e6bf6;x",
        ]
    );
    refused!(
        SessionId<'_>,
        [
            "",
            "ab30317f1a784dc48ff824d0d3715d8",
            "AB30317f1a784dc48ff824d0d3715d86",
            "ab30317f1a784dc48ff824d0d3715d86;remote=1",
        ]
    );
    round_trips!(AnswerMode<'_>, ["Auto;require", "manual", "Other;x=y"]);
    refused!(
        AnswerMode<'_>,
        ["", "Auto;require=1", "Auto;require;require"]
    );
    round_trips!(
        TriggerConsent<'_>,
        [
            "sip:123@relay.example.com\r\n ;target-uri=\"sip:friends@relay.example.com\"",
            "sips:a@b",
        ]
    );
    refused!(
        TriggerConsent<'_>,
        ["", "<sip:a@b>", "A <sip:a@b>", "sip:a@b;target-uri=x"]
    );
    round_trips!(
        ServedUser<'_>,
        [
            "<sip:user@example.com>; sescase=orig; regstate=reg",
            "sip:u@e;regstate=UNREG;x"
        ]
    );
    refused!(
        ServedUser<'_>,
        ["", "<sip:a@b>;sescase=both", "<sip:a@b>;regstate"]
    );
}

// Nothing here may take longer than its length says.
#[test]
fn long_values_of_the_extensions_are_taken_in_one_pass() {
    let long = |start: &str, part: &str| {
        let mut text = String::from(start);
        text.push_str(&part.repeat(60_000 / part.len()));
        text
    };
    assert!(Privacy::parse(long("a", ";a").as_bytes()).is_ok());
    assert!(Event::parse(long("a", ".a").as_bytes()).is_ok());
    assert!(Products::parse(long("a", " (").as_bytes()).is_err());
    assert!(Products::parse(long("a", " b/1 ()").as_bytes()).is_ok());
    assert!(HistoryEntry::parse(long("<sip:a@b>;index=1", ".1").as_bytes()).is_ok());
    assert!(AcceptContact::parse(long("*", ";a=\"b\"").as_bytes()).is_ok());
    assert!(Identity::parse(long("", "a").as_bytes()).is_err());
    assert!(LanguageTag::parse(long("a", "-a").as_bytes()).is_ok());
}
