//! Tables 2 and 3 of RFC 3261 §20 and what extends them: which fields belong where.

use super::*;
use crate::sip::message::{Presence, presence};

fn status(code: u16) -> Option<StatusCode> {
    StatusCode::new(code)
}

#[test]
fn the_tables_say_where_a_field_may_stand() {
    use Presence::{Expected, Mandatory, NotApplicable, Optional, Unknown};
    let cases = [
        (HeaderName::MaxForwards, Method::Invite, None, Mandatory),
        (
            HeaderName::MaxForwards,
            Method::Invite,
            status(200),
            NotApplicable,
        ),
        (HeaderName::Contact, Method::Invite, None, Mandatory),
        (HeaderName::Contact, Method::Invite, status(183), Optional),
        (HeaderName::Contact, Method::Bye, None, NotApplicable),
        (HeaderName::Contact, Method::Update, status(200), Mandatory),
        (HeaderName::Supported, Method::Invite, None, Expected),
        (HeaderName::AlertInfo, Method::Invite, status(180), Optional),
        (
            HeaderName::AlertInfo,
            Method::Invite,
            status(181),
            NotApplicable,
        ),
        (
            HeaderName::RecordRoute,
            Method::Invite,
            status(183),
            Optional,
        ),
        (
            HeaderName::RecordRoute,
            Method::Register,
            None,
            NotApplicable,
        ),
        (
            HeaderName::WwwAuthenticate,
            Method::Register,
            status(401),
            Mandatory,
        ),
        (
            HeaderName::MinExpires,
            Method::Register,
            status(423),
            Mandatory,
        ),
        (HeaderName::Allow, Method::Refer, status(405), Mandatory),
        (HeaderName::RAck, Method::Prack, None, Mandatory),
        (HeaderName::RSeq, Method::Invite, status(180), Optional),
        (HeaderName::RSeq, Method::Invite, status(200), NotApplicable),
        (HeaderName::Event, Method::Subscribe, None, Mandatory),
        (
            HeaderName::SubscriptionState,
            Method::Notify,
            None,
            Mandatory,
        ),
        (HeaderName::ReferTo, Method::Refer, None, Mandatory),
        (HeaderName::ReferTo, Method::Invite, None, NotApplicable),
        (HeaderName::SipETag, Method::Publish, status(200), Mandatory),
        (HeaderName::MinSe, Method::Invite, status(422), Mandatory),
        (HeaderName::Path, Method::Register, None, Optional),
        (HeaderName::Path, Method::Invite, None, NotApplicable),
        (HeaderName::RecvInfo, Method::Invite, None, Optional),
        (HeaderName::Via, Method::Ack, None, Mandatory),
        (HeaderName::ContentType, Method::Cancel, None, NotApplicable),
        (HeaderName::Contact, Method::Other("NEW"), None, Unknown),
        (HeaderName::Reason, Method::Bye, None, Unknown),
        (HeaderName::Other, Method::Invite, None, Unknown),
    ];
    for (name, method, status, expected) in cases {
        let found = presence(name, &method, status);
        assert_eq!(
            found,
            expected,
            "{} in {method:?} {status:?}",
            name.as_str()
        );
    }
}

// RFC 3261 §20: what does not apply is ignored, and so costs no message.
#[test]
fn a_misplaced_field_and_a_missing_one_are_told_and_cost_nothing() {
    let text = INVITE.replace("Subject: ", "RAck: 1 1 INVITE\r\nSubject: ");
    let text = text.replace("Max-Forwards: 70\r\n", "");
    let message = Message::parse(text.as_bytes(), &Limits::default()).unwrap();
    let mut found = Vec::new();
    message.validate(|finding| found.push((finding.rule, finding.name, finding.is_fatal)));
    let expected = [
        (Rule::NotApplicable, HeaderName::RAck, false),
        (Rule::Missing, HeaderName::MaxForwards, false),
    ];
    assert_eq!(found, expected);
    assert_eq!(message.fatal_finding(), None);
}

#[test]
fn a_malformed_field_of_an_extension_is_told() {
    for (row, name) in [
        ("x: never", HeaderName::SessionExpires),
        ("Replaces: a@b;to-tag=1", HeaderName::Replaces),
        ("a: audio", HeaderName::AcceptContact),
        ("User-Agent: (open", HeaderName::UserAgent),
        ("Alert-Info: http://a.example", HeaderName::AlertInfo),
        ("Privacy: id,user", HeaderName::Privacy),
        ("b: <sip:a@b>;cid=x", HeaderName::ReferredBy),
        ("In-Reply-To:", HeaderName::InReplyTo),
    ] {
        let text = INVITE.replace("Subject: ", &alloc::format!("{row}\r\nSubject: "));
        let message = Message::parse(text.as_bytes(), &Limits::default()).unwrap();
        let mut found = Vec::new();
        message.validate(|finding| {
            if matches!(finding.rule, Rule::Value(_)) {
                found.push((finding.name, finding.is_fatal));
            }
        });
        assert_eq!(found, [(name, false)], "{row}");
    }
}
