//! The fields of operators' networks, and others of few RFCs, with the examples that those print.

use super::*;

// RFC 7315 §4.5, §4.6, §5.5, §5.6.
#[test]
fn charging() {
    round_trips!(
        ChargingVector<'_>,
        [
            "icid-value=1234bc9876e;\r\n icid-generated-at=192.0.6.8;\r\n orig-ioi=home1.net",
            "icid-value=\"a;b\";term-ioi=\"x y\";transit-ioi=\"operatorA.1, void\"",
            "ICID-Value=1;related-icid=2;related-icid-generated-at=[2001:db8::1]",
        ]
    );
    refused!(
        ChargingVector<'_>,
        [
            "",
            "icid-value",
            "icid-value=",
            "orig-ioi=home1.net;icid-value=1",
            "icid-value=1;icid-value=2",
            "icid-value=1;orig-ioi",
            "icid-value=1;icid-generated-at=\"a\"",
            "icid-value=1,icid-value=2",
        ]
    );
    let vector = ChargingVector::parse(b"icid-value=a;orig-ioi=home1.net;x=y").unwrap();
    assert_eq!(vector.icid.plain(), Some("a"));
    assert_eq!(vector.originating_operator.unwrap().text(), "home1.net");
    round_trips!(
        ChargingFunctions<'_>,
        [
            "ccf=192.0.8.1; ecf=192.0.8.3",
            "ccf-2=192.0.8.2; ecf-2=192.0.8.4",
            "ccf=\"aaa://a.example\";x",
            "other",
        ]
    );
    refused!(
        ChargingFunctions<'_>,
        ["", ";ccf=a", "ccf", "x;ecf", "ccf=a,ecf=b"]
    );
    let functions = ChargingFunctions::parse(b"ccf=a;ecf=b").unwrap();
    let names: Vec<_> = functions.iter().map(|address| address.name).collect();
    assert_eq!(names, ["ccf", "ecf"]);
}

// RFC 7315 §4.3, §4.4, §5.3, §5.4; RFC 7316 §7.
#[test]
fn networks() {
    round_trips!(
        AccessNetwork<'_>,
        [
            "3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11",
            "IEEE-802.11b;i-wlan-node-id=\"0 1\";network-provided",
            "ADSL2+;dsl-location=x;local-time-zone=\"UTC+01:00\"",
            "DOCSIS",
        ]
    );
    refused!(
        AccessNetwork<'_>,
        [
            "",
            "\"ADSL\"",
            "ADSL;dsl-location",
            "ADSL;network-provided=yes",
            "ADSL;network-provided;network-provided",
            "ADSL,VDSL",
        ]
    );
    let network = AccessNetwork::parse(b"3GPP2;ci-3gpp2=\"1\";NETWORK-provided").unwrap();
    assert!(network.is_network_provided);
    assert_eq!(network.cell().unwrap().text(), "1");
    round_trips!(
        VisitedNetwork<'_>,
        ["other.net", "\"Visited network number 1\"", "a;x=\"y\""]
    );
    refused!(VisitedNetwork<'_>, ["", "\"x", "a b", ";x"]);
    round_trips!(PrivateNetwork<'_>, ["example.com", "a.example;x=y"]);
    refused!(
        PrivateNetwork<'_>,
        ["", "192.0.2.1", "-a", "a..b", "a b", "[::1]"]
    );
}

// RFC 5502 §6, RFC 5002 §5, RFC 4457 §4.
#[test]
fn served_users() {
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
    round_trips!(NameAddr<'_>, ["<sip:chatroom-!.*!@example.com>"]);
    round_trips!(
        UserDatabase<'_>,
        [
            "<aaa://host.example.com;transport=tcp>",
            "<AAAS://h.example>;x"
        ]
    );
    refused!(
        UserDatabase<'_>,
        [
            "",
            "aaa://host.example.com",
            "<aaa:host>",
            "<aaa://>",
            "<http://host.example.com>"
        ]
    );
}

// RFC 7433 §4.
#[test]
fn data_of_users() {
    round_trips!(
        UserToUser<'_>,
        [
            "56a390f3d2b7310023a2;encoding=hex;purpose=foo;content=bar",
            "342342ef34;encoding=hex",
            "\"00ff\";Encoding=HEX",
            "\"any text\";x=y",
            "token",
        ]
    );
    refused!(
        UserToUser<'_>,
        [
            "",
            "a b",
            "123;encoding=hex",
            "xx;encoding=hex",
            "12;encoding",
            "12;encoding=\"hex\"",
            "12;purpose=a;purpose=a",
        ]
    );
    let data = |text: &'static str| UserToUser::parse(text.as_bytes()).unwrap().bytes();
    assert_eq!(data("00fF;encoding=hex"), Some([0, 255].to_vec()));
    assert_eq!(data("\"00fF\";encoding=hex"), Some([0, 255].to_vec()));
    assert_eq!(data("00ff"), None);
}

// RFC 5009 §9, RFC 4964 §7.
#[test]
fn early_media_and_early_answers() {
    let directions: Vec<_> = List::<EarlyMedia<'_>>::new(b"SendRecv, gated,own")
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        directions,
        [
            EarlyMedia::SendRecv,
            EarlyMedia::Gated,
            EarlyMedia::Other("own")
        ]
    );
    round_trips!(
        EarlyMedia<'_>,
        ["sendonly", "recvonly", "inactive", "supported", "x"]
    );
    refused!(EarlyMedia<'_>, ["", "send recv", "sendrecv;x"]);
    round_trips!(AnswerState<'_>, ["Unconfirmed", "confirmed;x=y", "other"]);
    refused!(AnswerState<'_>, ["", "a b", "\"Confirmed\""]);
    let state = AnswerState::parse(b"CONFIRMED").unwrap();
    assert_eq!(state.answer, AnswerType::Confirmed);
}

// RFC 6050 §4, RFC 3313 §5.
#[test]
fn services_and_authorizations() {
    round_trips!(
        ServiceId<'_>,
        [
            "urn:urn-7:3gpp-service.exampletelephony.version1",
            "URN:URN-7:a",
        ]
    );
    refused!(
        ServiceId<'_>,
        [
            "",
            "urn:urn-7:",
            "urn:urn-7:a..b",
            "urn:urn-7:a.",
            "urn:urn-7:a_b",
            "urn:urn-7:abcdefghijklmnopqrstuvwxyz01",
            "<urn:urn-7:a>",
            "urn:service:sos",
        ]
    );
    let service = ServiceId::parse(b"urn:urn-7:3gpp-service.ims").unwrap();
    assert!(service.is_within("3GPP-service") && service.is_within("3gpp-service.ims"));
    assert!(!service.is_within("3gpp") && !service.is_within("3gpp-service.ims.x"));
    round_trips!(MediaAuthorization<'_>, ["0123456789abcdefABCDEF"]);
    refused!(MediaAuthorization<'_>, ["", "g", "\"0\"", "0 1", "0;x"]);
}

// RFC 6794 §4.4.5, RFC 5318 §5.
#[test]
fn policies_and_refused_lists() {
    round_trips!(
        PolicyContact<'_>,
        [
            "<sips:host@policy.example.com>;non-cacheable",
            "<http://a.example>;alt-uri=b.example;x",
        ]
    );
    refused!(
        PolicyContact<'_>,
        [
            "",
            "sip:a@b.com",
            "<sip:a@b.com>;non-cacheable=1",
            "<sip:a@b.com>;alt-uri",
            "<sip:a@b.com>;alt-uri=192.0.2.1",
        ]
    );
    round_trips!(
        PolicyId<'_>,
        ["sip:a@b.com;token=x;y=z", "http://a.example/b"]
    );
    refused!(
        PolicyId<'_>,
        ["", "<sip:a@b.com>", "A <sip:a@b.com>", "sip:a@b.com;token"]
    );
    round_trips!(
        RefusedUriList<'_>,
        [
            "sip:friends-list@example.net;members=\"cid:an3bt8jf03@example.net\"",
            "L <sip:colleagues-list@example.net>;x",
        ]
    );
    // The RFC's own example has brackets where its grammar has quotes.
    refused!(
        RefusedUriList<'_>,
        [
            "",
            "sip:friends-list@example.net;members=<cid:an3bt8jf03@example.net>",
            "sip:a@b.com;members=\"a@b\"",
            "sip:a@b.com;members",
        ]
    );
}

// RFC 5503 §5 to §8.
#[test]
fn cable_operators() {
    round_trips!(
        TracePartyId<'_>,
        [
            "<sip:+12345678912@domain.com;user=phone>;\r\n timestamp=3434688831.2327",
            "<tel:+1>;timestamp=1;x",
            "A <sip:a@b.com>",
        ]
    );
    refused!(
        TracePartyId<'_>,
        [
            "",
            "<tel:+1>;timestamp=1.",
            "<tel:+1>;timestamp=.1",
            "<tel:+1>;timestamp"
        ]
    );
    round_trips!(OperatorService<'_>, ["BLV", "ei", "RING", "other"]);
    refused!(OperatorService<'_>, ["", "BLV EI"]);
    assert_eq!(
        OperatorService::parse(b"EI"),
        Ok(OperatorService::EmergencyInterrupt)
    );
    round_trips!(
        BillingInfo<'_>,
        [
            "0123ABcd/00ff@rks.example.com;charge=\"tel:+1\";rksgroup=a",
            "1 / 2@[2001:db8::1]:1813;jip=\"1;jip-context=+1\"",
        ]
    );
    refused!(
        BillingInfo<'_>,
        [
            "",
            "/1@a",
            "1/@a",
            "1/2",
            "1/2@",
            "0123456789abcdef0123456789abcdef0123456789abcdef0/1@a",
            "1/0123456789abcdef0@a",
            "1/2@a;charge=tel",
        ]
    );
    round_trips!(
        Surveillance<'_>,
        [
            "df.example.com:1813;content=[::1]:9;cccid=01234567;bcid=0",
            "192.0.2.1",
        ]
    );
    refused!(
        Surveillance<'_>,
        [
            "",
            "a:x",
            "a;content",
            "a;cccid=012345678",
            "a;bcid=g",
            "a b"
        ]
    );
    round_trips!(
        SurveillanceRedirect<'_>,
        [
            "\"sip:a@b.com\";redirector-uri=\"tel:+1\";count=2",
            "\"tel:+1\";x"
        ]
    );
    refused!(
        SurveillanceRedirect<'_>,
        ["", "sip:a@b.com", "\"a\";count=x", "\"a\";redirector-uri=b"]
    );
}

// RFC 8262 §3.2, RFC 4474 §9 as RFC 4916 §6 prints it.
#[test]
fn names_of_bodies_and_old_signatures() {
    round_trips!(
        ContentId<'_>,
        [
            "<target123@atlanta.example.com>",
            "<cn35t8jf02@example.com>",
            "<a/b@[1:2]>",
        ]
    );
    refused!(
        ContentId<'_>,
        [
            "", "a@b", "<ab>", "<a@b", "<a@b@c>", "<.a@b>", "<a b@c>", "<@b>", "<a@[>", "<a@b> c"
        ]
    );
    let id = ContentId::parse(b"<foo%25@bar.net>").unwrap();
    assert!(id.is_referred_to("CID:foo%2525@bar.net"));
    assert!(!id.is_referred_to("cid:foo%25@bar.net") && !id.is_referred_to("foo"));
    round_trips!(
        IdentityInfo<'_>,
        [
            "<https://example.com/example.cer>;alg=rsa-sha1",
            "<http://a>;x"
        ]
    );
    refused!(
        IdentityInfo<'_>,
        [
            "",
            "https://example.com/cert",
            "<https://a>;alg",
            "<https://a>;alg=\"x\""
        ]
    );
    round_trips!(
        Signature<'_>,
        ["\"ZYNBbHC00VMZr2kZt6VmCvPonWJMGvQTBDqghoWeLxJfzB2a1pxAr3VgrB0SsSAa\""]
    );
    refused!(Signature<'_>, ["", "\"\"", "abc", "\"a b\"", "\"a"]);
}
