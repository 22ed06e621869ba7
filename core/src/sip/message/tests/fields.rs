//! Every header field that has a name here has a grammar that is held against it, and a place.

use super::*;
use crate::sip::message::name_table::CANONICAL;
use crate::sip::message::{Presence, presence};
use alloc::format;

const DIGEST: &str =
    "Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"sip:d\", response=\"0123\"";
const UUID: &str = "ab30317f1a784dc48ff824d0d3715d86";

/// A field, a value that it may have, and one that it may not.
const VALUES: [(HeaderName, &str, &str); 116] = [
    (HeaderName::Accept, "application/sdp;level=1", "application"),
    (HeaderName::AcceptEncoding, "gzip;q=0.5", "gzip;q=2"),
    (HeaderName::AcceptLanguage, "en-gb;q=0.8", "-en"),
    (
        HeaderName::AlertInfo,
        "<http://www.example.com/moo.wav>",
        "http://www.example.com/moo.wav",
    ),
    (HeaderName::Allow, "INVITE", "INVITE;x"),
    (
        HeaderName::AuthenticationInfo,
        "nextnonce=\"47364c23432d2e131a5fb210812c\"",
        "nextnonce=\"4736",
    ),
    (HeaderName::Authorization, DIGEST, "Digest username=\"a\""),
    (HeaderName::CallId, "f81d4fae@foo.bar.com", "a b"),
    (
        HeaderName::CallInfo,
        "<http://www.example.com/alice/>;purpose=info",
        "info",
    ),
    (
        HeaderName::Contact,
        "<sip:a@b.com>;q=0.1",
        "<sip:a@b.com>;q=7",
    ),
    (
        HeaderName::ContentDisposition,
        "session",
        "session;handling",
    ),
    (HeaderName::ContentEncoding, "gzip", ""),
    (HeaderName::ContentLanguage, "fr", "1"),
    (HeaderName::ContentLength, "0", "x"),
    (HeaderName::ContentType, "application/sdp", "application/"),
    (HeaderName::CSeq, "4711 INVITE", "INVITE"),
    (
        HeaderName::Date,
        "Sat, 13 Nov 2010 23:29:00 GMT",
        "Sat, 13 Nov 2010 23:29:00 CET",
    ),
    (HeaderName::ErrorInfo, "<sip:busy@example.com>", "sip:busy"),
    (HeaderName::Expires, "5", "5 minutes"),
    (HeaderName::From, "A. <sip:a@b.com>;tag=1", "<sip:a@b.com"),
    (HeaderName::InReplyTo, "70710@saturn.bell-tel.com", ""),
    (HeaderName::MaxForwards, "6", "256"),
    (HeaderName::MinExpires, "60", "-1"),
    (HeaderName::MimeVersion, "1.0", "one"),
    (HeaderName::Organization, "Boxes by Bob", "a\u{1}b"),
    (HeaderName::Priority, "emergency", "very urgent"),
    (
        HeaderName::ProxyAuthenticate,
        "Digest realm=\"a\", nonce=\"b\"",
        "Digest realm=\"a\"",
    ),
    (HeaderName::ProxyAuthorization, DIGEST, "Digest"),
    (HeaderName::ProxyRequire, "foo", "\"foo\""),
    (HeaderName::RecordRoute, "<sip:p.example.com;lr>", "<>"),
    (HeaderName::ReplyTo, "Bob <sip:bob@biloxi.com>", "Bob"),
    (HeaderName::Require, "100rel", ""),
    (HeaderName::RetryAfter, "120 (I'm in a meeting)", "soon"),
    (HeaderName::Route, "<sip:p.example.com;lr>", "<sip:>"),
    (HeaderName::Server, "HomeServer v2", "(open"),
    (HeaderName::Subject, "Need more boxes", "a\u{7f}"),
    (HeaderName::Supported, "100rel", "100 rel"),
    (HeaderName::Timestamp, "54.21 0.5", ".5"),
    (HeaderName::To, "<sip:a@b.com>;tag=1", "sip:a@b.com?x=y"),
    (HeaderName::Unsupported, "foo", "foo bar"),
    (HeaderName::UserAgent, "Softphone/Beta1.5", "a/"),
    (
        HeaderName::Via,
        "SIP/2.0/UDP a.example.com;branch=z9hG4bK1",
        "SIP/2.0 a.example.com",
    ),
    (
        HeaderName::Warning,
        "307 isi.edu \"no\"",
        "30 isi.edu \"no\"",
    ),
    (
        HeaderName::WwwAuthenticate,
        "Digest realm=\"a\", nonce=\"b\"",
        "Digest realm=\"a\" nonce=\"b\"",
    ),
    (HeaderName::AcceptContact, "*;audio;require", "audio"),
    (HeaderName::AcceptResourcePriority, "dsn.flash", "dsn"),
    (HeaderName::AllowEvents, "presence.winfo", "presence."),
    (HeaderName::AnswerMode, "Auto;require", ""),
    (
        HeaderName::ContentId,
        "<target123@atlanta.example.com>",
        "target123@atlanta.example.com",
    ),
    (HeaderName::Event, "presence;id=1", ".winfo"),
    (HeaderName::FeatureCaps, "*;+g.a=\"<b>\"", "*;audio"),
    (HeaderName::FlowTimer, "120", "x"),
    (
        HeaderName::Geolocation,
        "<cid:alice@atlanta.example.com>",
        "cid:alice@atlanta.example.com",
    ),
    (HeaderName::GeolocationError, "100;code=\"no\"", "1000"),
    (HeaderName::GeolocationRouting, "yes", "y e s"),
    (
        HeaderName::HistoryInfo,
        "<sip:bob@biloxi.example.com>;index=1.1;rc=1",
        "<sip:bob@biloxi.example.com>",
    ),
    (
        HeaderName::Identity,
        "a.b.c;info=<https://b.example/c>;alg=ES256",
        "\"not base64!\"",
    ),
    (
        HeaderName::IdentityInfo,
        "<https://example.com/example.cer>;alg=rsa-sha1",
        "https://vancouver.example.com/cert",
    ),
    (HeaderName::InfoPackage, "foo;x=y", "foo bar"),
    (HeaderName::Join, "a@b;from-tag=1;to-tag=2", "a@b"),
    (HeaderName::MaxBreadth, "60", "many"),
    (HeaderName::MinSe, "90;x", "x"),
    (
        HeaderName::PAccessNetworkInfo,
        "3GPP-UTRAN-TDD;utran-cell-id-3gpp=234151D0FCE11",
        "3GPP-UTRAN-TDD;cgi-3gpp",
    ),
    (HeaderName::PAnswerState, "Unconfirmed", "not yet"),
    (HeaderName::PAssertedIdentity, "tel:+14085264000", ""),
    (
        HeaderName::PAssertedService,
        "urn:urn-7:3gpp-service.exampletelephony.version1",
        "urn:service:sos",
    ),
    (HeaderName::PAssociatedUri, "<sip:a@b.com>", "<sip:a@b.com"),
    (HeaderName::PCalledPartyId, "<sip:a@b.com>", "a b"),
    (
        HeaderName::PChargingFunctionAddresses,
        "ccf=192.0.8.1;ecf=192.0.8.3",
        "ccf",
    ),
    (
        HeaderName::PChargingVector,
        "icid-value=1234bc9876e;icid-generated-at=192.0.6.8",
        "orig-ioi=home1.net",
    ),
    (
        HeaderName::PDcsBillingInfo,
        "0123ABcd/00ff@rks.example.com:1813;charge=\"tel:+1\"",
        "0123/rks.example.com",
    ),
    (
        HeaderName::PDcsLaes,
        "df.example.com:1813;bcid=0aF",
        "df.example.com;bcid=x",
    ),
    (HeaderName::PDcsOsps, "BLV", "BLV;x"),
    (
        HeaderName::PDcsRedirect,
        "\"sip:a@b.com\";count=1",
        "<sip:a@b.com>;count=1",
    ),
    (
        HeaderName::PDcsTracePartyId,
        "<sip:+12345678912@domain.com;user=phone>;timestamp=3434688831.2327",
        "<sip:+12345678912@domain.com>;timestamp=now",
    ),
    (HeaderName::PEarlyMedia, "sendrecv", "send recv"),
    (
        HeaderName::PMediaAuthorization,
        "0123456789abcdefABCDEF",
        "xyz",
    ),
    (
        HeaderName::PPreferredIdentity,
        "\"A\" <sip:a@b.com>",
        "\"A\"",
    ),
    (
        HeaderName::PPreferredService,
        "urn:urn-7:3gpp-service.exampletelephony.version1",
        "urn:urn-7:",
    ),
    (
        HeaderName::PPrivateNetworkIndication,
        "example.com",
        "192.0.2.1",
    ),
    (
        HeaderName::PProfileKey,
        "<sip:chatroom-!.*!@example.com>",
        "<sip:chatroom",
    ),
    (
        HeaderName::PRefusedUriList,
        "sip:friends-list@example.net;members=\"cid:an3bt8jf03@example.net\"",
        "sip:friends-list@example.net;members=\"an3bt8jf03@example.net\"",
    ),
    (
        HeaderName::PServedUser,
        "<sip:a@b.com>;sescase=orig",
        "<sip:a@b.com>;sescase=x",
    ),
    (
        HeaderName::PUserDatabase,
        "<aaa://host.example.com;transport=tcp>",
        "<sip:host.example.com>",
    ),
    (
        HeaderName::PVisitedNetworkId,
        "\"Visited network number 1\"",
        "a b",
    ),
    (
        HeaderName::Path,
        "<sip:p3.example.com;lr>",
        "p3.example.com",
    ),
    (HeaderName::PermissionMissing, "sip:C@example.com", ""),
    (
        HeaderName::PolicyContact,
        "<sips:host@policy.example.com>;non-cacheable",
        "sips:host@policy.example.com",
    ),
    (
        HeaderName::PolicyId,
        "sip:policy@example.com;token=a",
        "<sip:policy@example.com>",
    ),
    (HeaderName::PrivAnswerMode, "Auto", "Auto;require=yes"),
    (HeaderName::Privacy, "id;critical", "id,critical"),
    (HeaderName::RAck, "776656 1 INVITE", "776656 1"),
    (HeaderName::Reason, "Q.850;cause=16", "Q.850 16"),
    (HeaderName::RecvInfo, "foo", "foo;"),
    (
        HeaderName::ReferEventsAt,
        "<sips:vPT3izGmo8NTxaPADRZvEAY22BKx@example.com;gr>",
        "sip:wsXa9mkHtPcGu8@example.com",
    ),
    (HeaderName::ReferSub, "false", "perhaps"),
    (
        HeaderName::ReferTo,
        "sip:alice@atlanta.example.com",
        "alice",
    ),
    (
        HeaderName::ReferredBy,
        "<sip:r@ref.example>",
        "<sip:r@ref.example>;cid=x",
    ),
    (
        HeaderName::RejectContact,
        "*;mobility=\"fixed\"",
        ";mobility",
    ),
    (
        HeaderName::Replaces,
        "a@b;from-tag=1;to-tag=2",
        "a@b;to-tag=1",
    ),
    (HeaderName::RequestDisposition, "no-fork", "forks"),
    (HeaderName::ResourcePriority, "wps.3", "wps"),
    (HeaderName::RSeq, "988789", "0"),
    (HeaderName::SecurityClient, "tls;q=0.1", "tls;q=x"),
    (HeaderName::SecurityServer, "digest;d-qop=auth", ""),
    (HeaderName::SecurityVerify, "ipsec-ike", "ipsec ike"),
    (HeaderName::ServiceRoute, "<sip:p2.example.com;lr>", "<a>"),
    (HeaderName::SessionExpires, "4000;refresher=uac", "soon"),
    (HeaderName::SessionId, UUID, "0"),
    (HeaderName::SipETag, "12345", "1 2"),
    (HeaderName::SipIfMatch, "12345", ""),
    (HeaderName::SubscriptionState, "active;expires=600", ""),
    (HeaderName::SuppressIfMatch, "b4cf7", ""),
    (
        HeaderName::TargetDialog,
        "a@b;local-tag=1;remote-tag=2",
        "a@b",
    ),
    (
        HeaderName::TriggerConsent,
        "sip:123@relay.example.com;target-uri=\"sip:friends@relay.example.com\"",
        "sip:123@relay.example.com;target-uri=x",
    ),
    (
        HeaderName::UserToUser,
        "56a390f3d2b7310023a2;encoding=hex;purpose=foo;content=bar",
        "56a390f3d2b7310023a;encoding=hex",
    ),
];

/// Fields about which no table of an RFC says where they may stand, and why there is no row.
const PLACED_NOWHERE: [(HeaderName, &str); 15] = [
    (
        HeaderName::FeatureCaps,
        "RFC 6809 §4.2.1 puts it by what its sender is",
    ),
    (
        HeaderName::GeolocationRouting,
        "RFC 6442 §4.2 puts it beside a Geolocation",
    ),
    (HeaderName::Identity, "RFC 8224 §4.1 signs any request"),
    (
        HeaderName::IdentityInfo,
        "obsolete with RFC 4474, in any request",
    ),
    (
        HeaderName::PAssertedService,
        "RFC 6050 is of no trust domain but its own",
    ),
    (
        HeaderName::PMediaAuthorization,
        "RFC 3313 is of one access network only",
    ),
    (HeaderName::PPreferredService, "as P-Asserted-Service"),
    (
        HeaderName::PPrivateNetworkIndication,
        "RFC 7316 §6 puts it into what starts a dialog or stands alone",
    ),
    (
        HeaderName::PProfileKey,
        "RFC 5002 §3 puts it between two proxies of a network",
    ),
    (
        HeaderName::PRefusedUriList,
        "RFC 5318 §4 leaves open which response refuses",
    ),
    (
        HeaderName::PServedUser,
        "RFC 5502 §4 puts it into what starts a dialog or stands alone",
    ),
    (
        HeaderName::PUserDatabase,
        "RFC 4457 §2 puts it between two proxies of a network",
    ),
    (
        HeaderName::PermissionMissing,
        "RFC 5360 §5.9.2 says where it should be and not where it may",
    ),
    (
        HeaderName::Reason,
        "RFC 6432 §2 has taken back what RFC 3326 §2 allowed",
    ),
    (HeaderName::Other, "nobody knows it"),
];

/// The start line and the method of a message in which the field may stand: where it may not, its
/// value is ignored.
fn message_for(name: HeaderName) -> (String, &'static str) {
    let methods = [
        "INVITE",
        "REGISTER",
        "SUBSCRIBE",
        "NOTIFY",
        "PUBLISH",
        "REFER",
        "MESSAGE",
        "INFO",
        "PRACK",
    ];
    let statuses = [
        None,
        Some(200),
        Some(183),
        Some(401),
        Some(407),
        Some(405),
        Some(420),
    ]
    .into_iter()
    .chain([423, 424, 428, 435, 470, 489, 494, 503].map(Some));
    for status in statuses {
        for method in methods {
            let parsed = Method::parse(method.as_bytes()).unwrap();
            let code = status.map(|status| StatusCode::new(status).unwrap());
            if presence(name, &parsed, code) != Presence::NotApplicable {
                let line = match status {
                    None => format!("{method} sip:bob@biloxi.com SIP/2.0\r\n"),
                    Some(status) => format!("SIP/2.0 {status} Whatever\r\n"),
                };
                return (line, method);
            }
        }
    }
    panic!("{} may stand nowhere", name.as_str());
}

/// What is wrong with the value of one row, in a message that is in order otherwise.
fn faults(name: HeaderName, value: &str) -> Vec<Rule> {
    let (mut text, method) = message_for(name);
    let cseq = format!("4711 {method}");
    let rows = [
        (HeaderName::Via, "SIP/2.0/UDP a.example.com;branch=z9hG4bK1"),
        (HeaderName::From, "<sip:a@b.com>;tag=1"),
        (HeaderName::To, "<sip:c@d.com>"),
        (HeaderName::CallId, "a@b"),
        (HeaderName::CSeq, cseq.as_str()),
    ];
    for (other, value) in rows {
        if other != name {
            text.push_str(&format!("{}: {value}\r\n", other.as_str()));
        }
    }
    text.push_str(&format!("{}: {value}\r\n\r\n", name.as_str()));
    let limits = Limits::default();
    let mut scratch = Scratch::new();
    let mut found = Vec::new();
    match MessageView::parse_faulty(text.as_bytes(), &limits, &mut scratch) {
        Ok((view, fault)) => {
            // Framing needs the length, and finds its faults itself.
            if fault.is_some() && name == HeaderName::ContentLength {
                found.push(Rule::Value(HeaderErrorKind::Number));
            }
            view.validate(|finding| {
                let is_of_value = matches!(finding.rule, Rule::Value(_) | Rule::Uri(_));
                if finding.name == name && is_of_value {
                    found.push(finding.rule);
                }
            });
        }
        Err(fault) => panic!("{}: {fault}", name.as_str()),
    }
    found
}

// shows: S132
#[test]
fn every_field_is_held_against_its_grammar() {
    for ((name, spelling), (tested, good, bad)) in CANONICAL.iter().zip(&VALUES) {
        assert_eq!(name, tested, "the order of the table");
        assert_eq!(faults(*name, good), [], "{spelling}: {good}");
        assert!(!faults(*name, bad).is_empty(), "{spelling}: {bad}");
    }
}

// RFC 3261 §7.3.1: rows are the same as one row with commas if the grammar is a list, and only then.
#[test]
fn only_lists_are_taken_with_commas() {
    let takes_commas = [
        // Free text, and what has commas of its own.
        HeaderName::Organization,
        HeaderName::Subject,
        HeaderName::AuthenticationInfo,
        HeaderName::Identity,
    ];
    for (name, good, _) in VALUES {
        let is_taken = faults(name, &format!("{good}, {good}")).is_empty();
        if !takes_commas.contains(&name) {
            assert_eq!(is_taken, name.is_list(), "{}", name.as_str());
        }
    }
}

#[test]
fn every_field_has_its_place_or_a_reason_to_have_none() {
    let methods = [
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Invite,
        Method::Options,
        Method::Register,
        Method::Prack,
        Method::Subscribe,
        Method::Notify,
        Method::Update,
        Method::Info,
        Method::Message,
        Method::Refer,
        Method::Publish,
    ];
    for (name, spelling) in CANONICAL {
        let is_placed = methods
            .iter()
            .any(|method| presence(name, method, None) != Presence::Unknown);
        let reason = PLACED_NOWHERE.iter().find(|(other, _)| *other == name);
        assert_eq!(is_placed, reason.is_none(), "{spelling}: {reason:?}");
    }
}
