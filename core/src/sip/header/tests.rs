use super::*;
use crate::UnixTime;
use crate::sip::message::Method;
use crate::sip::uri::{Host, HostPort};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

macro_rules! round_trips {
    ($type:ty, $texts:expr) => {
        for text in $texts {
            let first = <$type>::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            let mut written = Vec::new();
            first.write(&mut written);
            let again = <$type>::parse(&written).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert_eq!(first, again);
            let mut rewritten = Vec::new();
            again.write(&mut rewritten);
            assert_eq!(written, rewritten);
            assert!(!written.iter().any(|b| matches!(b, b'\r' | b'\n')));
        }
    };
}

macro_rules! refused {
    ($type:ty, $texts:expr) => {
        for text in $texts {
            assert!(<$type>::parse(text.as_bytes()).is_err(), "{text:?}");
        }
    };
}

#[test]
fn via_round_trips_and_refuses() {
    round_trips!(
        Via<'_>,
        [
            "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds",
            "SIP / 2.0 / UDP first.example.com: 4000;ttl=16\r\n ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
            "sip/2.0/tcp [2001:db8::9:255]:5060;received=[2001:db8::9:1];rport;x=\"a b\";y",
            "SIP/2.0/UNKNOWN t5.example.com;rport=5061;received=192.0.2.1",
        ]
    );
    refused!(
        Via<'_>,
        [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ",
            "SIP/2.0/UDPhost",
            "SIP/2.0 host",
            "SIP/3.0/UDP host",
            "HTTP/1.1/TCP host",
            "SIP/2.0/UDP host:",
            "SIP/2.0/UDP host:65536",
            "SIP/2.0/UDP [::1",
            "SIP/2.0/UDP host;branch",
            "SIP/2.0/UDP host;branch=",
            "SIP/2.0/UDP host;branch=a;BRANCH=b",
            "SIP/2.0/UDP host;received=name.example",
            "SIP/2.0/UDP host;ttl=256",
            "SIP/2.0/UDP host;rport=65536",
            "SIP/2.0/UDP host;;,;,,",
            "SIP/2.0/UDP host, SIP/2.0/UDP host",
        ]
    );
}

// RFC 5118 §4.5 prints received with and without brackets.
#[test]
fn received_is_accepted_with_brackets_and_written_without() {
    let via = Via::parse(b"SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255]").unwrap();
    let bare = Via::parse(b"SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255").unwrap();
    assert_eq!(via, bare);
    assert!(via.to_text().ends_with("received=2001:db8::9:255"));
}

#[test]
fn the_magic_cookie_marks_a_branch_of_rfc_3261() {
    let branch = |text: &'static str| Via::parse(text.as_bytes()).unwrap().rfc3261_branch();
    assert_eq!(branch("SIP/2.0/UDP h;branch=z9hG4bK1"), Some("z9hG4bK1"));
    assert_eq!(branch("SIP/2.0/UDP h;branch=1z9hG4bK"), None);
    assert_eq!(branch("SIP/2.0/UDP h"), None);
}

#[test]
fn addresses_round_trip_and_refuse() {
    round_trips!(
        FromTo<'_>,
        [
            "sip:bob@example.com",
            "sip:bob@example.com;tag=a",
            "<sip:bob@example.com;transport=tcp>;tag=a;x",
            "Bob <sip:bob@example.com>",
            "Mr.  Bob Smith\r\n <sip:bob@example.com> ; tag =\r\n\ta ; y = \"q\\\"\"",
            "\"\" <sip:bob@example.com>",
            "\"a, <b>; \\\"c\\\" \\\\\" <sip:bob@example.com>;tag=1",
            "\"\u{4e2d}\u{6587}\" <sip:bob@example.com>",
            "tel:+1-201-555-0123;tag=9",
            "<urn:service:sos>",
        ]
    );
    refused!(
        FromTo<'_>,
        [
            "",
            "<>",
            "<sip:a@b",
            "sip:a@b>",
            "<sip:a@b>>",
            "\"Bob <sip:a@b>",
            "\"Bob\" sip:a@b",
            "Bob sip:a@b",
            "Bell, Alexander <sip:a@b>",
            "< sip:a@b>",
            "<sip:a@b >",
            "<sip:a b@c>",
            "<sip:a@b>;tag",
            "<sip:a@b>;tag=",
            "<sip:a@b>;tag=a;tag=b",
            "<sip:a@b>;tag=\"a\"",
            "<sip:a@b>;;tag=a",
            "<sip:a@b>;",
            "<sip:a@b>,<sip:c@d>",
            "sip:a@b?Route=x",
        ]
    );
}

#[test]
fn a_fold_in_a_display_name_is_written_as_a_space() {
    let folded = FromTo::parse(b"\"Mr.\r\n  Bob\" <sip:bob@example.com>").unwrap();
    assert_eq!(folded.to_text(), "\"Mr. Bob\" <sip:bob@example.com>");
}

// RFC 3261 §20, §20.10; RFC 8217 §3.
// shows: S150
#[test]
fn without_brackets_parameters_belong_to_the_header_field() {
    let bare = Contact::parse(b"sip:alice@example.com;methods=INVITE;expires=60").unwrap();
    let bare = bare.address().unwrap();
    assert_eq!(bare.uri, "sip:alice@example.com");
    assert_eq!(
        bare.params.get("methods").unwrap().value.unwrap().text(),
        "INVITE"
    );
    assert_eq!(bare.expires, Some(60));
    let inside = Contact::parse(b"<sip:alice@example.com;methods=INVITE>;expires=60").unwrap();
    let inside = inside.address().unwrap();
    assert_eq!(inside.uri, "sip:alice@example.com;methods=INVITE");
    assert!(inside.params.is_empty());
    // What we write has brackets, whatever is in the URI.
    for uri in [
        "sip:a,b@example.com",
        "sip:a@example.com;x",
        "sip:a@example.com?x=y",
        "sip:a@b.c",
    ] {
        let written = NameAddr::new(uri).to_text();
        assert_eq!(written, alloc::format!("<{uri}>"));
        assert_eq!(NameAddr::parse(written.as_bytes()).unwrap().uri, uri);
    }
}

#[test]
fn contacts_round_trip_and_refuse() {
    round_trips!(
        Contact<'_>,
        [
            "*",
            " * ",
            "<sip:a@b>",
            "* <sip:a@b>",
            "\"Mr. Watson\" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600",
            "<sip:a@b>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\";reg-id=1",
            "<sip:a@b>;q=1.000;expires=0",
            "<sip:a@b>;q=0.",
            "<sip:a@b>;q=0.05",
        ]
    );
    refused!(
        Contact<'_>,
        [
            "",
            "**",
            "*;expires=0",
            "<sip:a@b>;q=1.001",
            "<sip:a@b>;q=2",
            "<sip:a@b>;q=.",
            "<sip:a@b>;q=0.1234",
            "<sip:a@b>;q=1.0000",
            "<sip:a@b>;q",
            "<sip:a@b>;expires=1;expires=2",
        ]
    );
}

#[test]
fn an_unreadable_expires_parameter_counts_as_an_hour() {
    for text in [
        "<sip:a@b>;expires=abc",
        "<sip:a@b>;expires",
        "<sip:a@b>;expires=\"60\"",
    ] {
        let contact = Contact::parse(text.as_bytes()).unwrap();
        assert_eq!(contact.address().unwrap().expires, Some(3600), "{text}");
    }
    let contact = Contact::parse(b"<sip:a@b>;expires=99999999999").unwrap();
    assert_eq!(contact.address().unwrap().expires, Some(u32::MAX));
}

#[test]
fn every_qvalue_round_trips() {
    for thousandths in 0..=1000 {
        let q = QValue::from_thousandths(thousandths).unwrap();
        let mut out = Vec::new();
        q.write(&mut out);
        assert_eq!(QValue::parse(&String::from_utf8(out).unwrap()), Some(q));
    }
    assert_eq!(QValue::from_thousandths(1001), None);
}

#[test]
fn cseq_stays_below_two_to_the_31() {
    round_trips!(
        CSeq<'_>,
        [
            "0 ACK",
            "2147483647 INVITE",
            "0009  \r\n\tInViTe",
            "1 NEWMETHOD"
        ]
    );
    refused!(
        CSeq<'_>,
        [
            "",
            "1",
            "1 ",
            "INVITE",
            "INVITE 1",
            "2147483648 INVITE",
            "4294967296 INVITE",
            "36893488147419103232 INVITE",
            "-1 INVITE",
            "1INVITE",
            "1 INV/ITE",
            "1 INVITE x"
        ]
    );
    assert_eq!(
        CSeq::parse(b"1 invite").unwrap().method,
        Method::Other("invite")
    );
}

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
            "399 [::1]:5060 \"x\""
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
