//! Lists, media types, dates, reasons, and values that try to break out.

use super::*;

// shows: S289
#[test]
fn option_tags_are_compared_without_case_and_without_a_prefix() {
    let tags: Vec<_> = List::<Token<'_>>::new(b"100rel , Replaces,\r\n timer")
        .map(Result::unwrap)
        .collect();
    assert_eq!(tags, [Token("100REL"), Token("replaces"), Token("TIMER")]);
    assert_ne!(Token("org.ietf.timer"), Token("timer"));
    assert_eq!(List::<Token<'_>>::new(b"").count(), 0);
    assert!(List::<Token<'_>>::new(b"a,,b").any(|tag| tag.is_err()));
    assert!(List::<Token<'_>>::new(b"a,").any(|tag| tag.is_err()));
    let methods = CommaList(&[Method::Invite, Method::Other("invite")]).to_text();
    assert_eq!(methods, "INVITE, invite");
}

#[test]
fn media_types_and_dispositions() {
    round_trips!(
        MediaType<'_>,
        [
            "application/sdp",
            "text/*;q=0.3",
            "*/*",
            "multipart/mixed ; boundary=\"a b\"",
            "a / b"
        ]
    );
    refused!(
        MediaType<'_>,
        [
            "",
            "application",
            "application/",
            "/sdp",
            "a/b/c",
            "a/b;q=x"
        ]
    );
    let sdp = MediaType::parse(b"Application/SDP;charset=utf-8").unwrap();
    assert!(sdp.is("application", "sdp"));
    assert!(
        MediaType::parse(b"application/*")
            .unwrap()
            .accepts("application", "sdp")
    );
    assert!(
        !MediaType::parse(b"*/*;q=0")
            .unwrap()
            .accepts("application", "sdp")
    );
    round_trips!(
        ContentDisposition<'_>,
        [
            "session",
            "session;handling=optional",
            "render;handling=required;x=y"
        ]
    );
    assert!(
        !ContentDisposition::parse(b"session;handling=other")
            .unwrap()
            .is_optional
    );
}

// The examples of RFC 3261 §20.33.
#[test]
fn retry_after_with_comment_and_duration() {
    round_trips!(
        RetryAfter<'_>,
        [
            "18000;duration=3600",
            "120 (I'm in a meeting)",
            "5(a (nested) \\) comment);x",
            "0"
        ]
    );
    refused!(
        RetryAfter<'_>,
        [
            "",
            "-1",
            "soon",
            "5 (open",
            "5 (a) (b)",
            "5;duration=x",
            "5 \\"
        ]
    );
    let wild = RetryAfter {
        comment: Some(b") \r\nX: y ("),
        ..RetryAfter::new(1)
    };
    let written = wild.to_text();
    assert!(RetryAfter::parse(written.replace(['\r', '\n'], "").as_bytes()).is_ok());
}

#[test]
fn reasons_and_warnings() {
    round_trips!(
        Reason<'_>,
        [
            "SIP ;cause=200 ;text=\"Call completed elsewhere\"",
            "Q.850;cause=16",
            "preemption"
        ]
    );
    refused!(
        Reason<'_>,
        [
            "",
            "SIP;cause",
            "SIP;cause=x",
            "SIP;text=x",
            "SIP;cause=1;cause=2"
        ]
    );
    round_trips!(
        Warning<'_>,
        [
            "307 isi.edu \"Session parameter 'foo' not understood\"",
            "399 [::1]:5060 \"x\"",
            "061 a \"x\"",
            "000 a \"\""
        ]
    );
    refused!(
        Warning<'_>,
        ["", "37 a \"x\"", "3700 a \"x\"", "370 a x", "370 \"x\""]
    );
}

#[test]
fn dates_are_rfc_1123_in_gmt() {
    round_trips!(
        Date,
        [
            "Sat, 13 Nov 2010 23:29:00 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Tue, 29 Feb 2000 12:00:01 GMT"
        ]
    );
    refused!(
        Date,
        [
            "",
            "Fri, 01 Jan 2010 16:00:00 EST",
            "Fri, 1 Jan 2010 16:00:00 GMT",
            "fri, 01 jan 2010 16:00:00 gmt",
            "Fri, 32 Jan 2010 16:00:00 GMT",
            "Mon, 29 Feb 2100 00:00:00 GMT",
            "Fri, 01 Jan 2010 24:00:00 GMT",
            "Fri, 01 Jan 10 16:00:00 GMT",
            "Thu, 31 Dec 1969 23:59:59 GMT",
            "60",
        ]
    );
    // Every day of 430 years, each one after the last.
    let day = Duration::from_secs(86_400);
    let mut time = UnixTime::default();
    for _ in 0..157_000 {
        let date = Date::new(time);
        let text = date.to_text();
        assert_eq!(Date::parse(text.as_bytes()), Ok(date), "{text}");
        time = time.saturating_add(day);
    }
    let text = "Sat, 13 Nov 2010 23:29:00 GMT";
    assert_eq!(Date::parse(text.as_bytes()).unwrap().to_text(), text);
    // §7.3.1: a fold means a space, and more than one space is none.
    let folded = text
        .replacen(", ", ",\r\n  ", 1)
        .replace(" GMT", " \r\n\tGMT");
    assert_eq!(Date::parse(folded.as_bytes()), Date::parse(text.as_bytes()));
    assert!(Date::parse(text.replacen(", ", ",  ", 1).as_bytes()).is_err());
    assert_eq!(
        Date::parse(text.as_bytes()).unwrap().time().as_secs(),
        1_289_690_940
    );
}

#[test]
fn what_an_application_puts_in_cannot_break_out() {
    let bad = FromTo {
        display: Some(b"a\" <sip:evil@x>;tag=b\\"),
        ..FromTo::new("sip:a@b", Some("t"))
    };
    let written = bad.to_text();
    let again = FromTo::parse(written.as_bytes()).unwrap();
    assert_eq!((again.uri, again.tag), ("sip:a@b", Some("t")));
    let params = Params::parse(b";a=1;b=\"x\\\"y\";c").unwrap();
    assert_eq!(params.get("B").unwrap().value.unwrap().text(), "x\"y");
    for wrong in [&b"a=1"[..], b";", b";a=", b";a b", b";a=\"x", b";a=<x>"] {
        assert!(Params::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_via_made_here_asks_for_rport() {
    let sent_by = HostPort {
        host: Host::Name("host.example.com"),
        port: None,
    };
    let via = Via::new("UDP", sent_by, "z9hG4bKx");
    assert_eq!(
        via.to_text(),
        "SIP/2.0/UDP host.example.com;branch=z9hG4bKx;rport"
    );
}

// Nothing here may take longer than its length says, or deeper than the stack.
#[test]
fn long_values_are_taken_in_one_pass() {
    let long = alloc::format!("1 {}", "(".repeat(60_000));
    assert!(RetryAfter::parse(long.as_bytes()).is_err());
    let many = alloc::format!("<sip:a@b>{}", ";x".repeat(30_000));
    assert_eq!(
        NameAddr::parse(many.as_bytes())
            .unwrap()
            .params
            .iter()
            .count(),
        30_000
    );
    let list = "<sip:a@b>,".repeat(6_000);
    let all: Vec<_> = List::<NameAddr<'_>>::new(list.as_bytes()).collect();
    assert_eq!(all.iter().filter(|route| route.is_ok()).count(), 6_000);
    assert!(all.last().unwrap().is_err());
}
