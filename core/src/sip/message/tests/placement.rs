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
        (HeaderName::AlertInfo, Method::Invite, status(181), Optional),
        (
            HeaderName::AlertInfo,
            Method::Invite,
            status(100),
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

/// Tables 2 and 3 of RFC 3261 §20, without the column for proxies: the field, where, and ACK, BYE,
/// CANCEL, INVITE, OPTIONS, REGISTER. RFC 7462 §4.1 has put 101-199 where 180 was.
const TABLES: &str = "\
    Accept|R|- o - o m* o\n\
    Accept|2xx|- - - o m* o\n\
    Accept|415|- c - c c c\n\
    Accept-Encoding|R|- o - o o o\n\
    Accept-Encoding|2xx|- - - o m* o\n\
    Accept-Encoding|415|- c - c c c\n\
    Accept-Language|R|- o - o o o\n\
    Accept-Language|2xx|- - - o m* o\n\
    Accept-Language|415|- c - c c c\n\
    Alert-Info|R|- - - o - -\n\
    Alert-Info|101-199|- - - o - -\n\
    Allow|R|- o - o o o\n\
    Allow|2xx|- o - m* m* o\n\
    Allow|r|- o - o o o\n\
    Allow|405|- m - m m m\n\
    Authentication-Info|2xx|- o - o o o\n\
    Authorization|R|o o o o o o\n\
    Call-ID|c|m m m m m m\n\
    Call-Info||- - - o o o\n\
    Contact|R|o - - m o o\n\
    Contact|1xx|- - - o - -\n\
    Contact|2xx|- - - m o o\n\
    Contact|3xx|- o - o o o\n\
    Contact|485|- o - o o o\n\
    Content-Disposition||o o - o o o\n\
    Content-Encoding||o o - o o o\n\
    Content-Language||o o - o o o\n\
    Content-Length||t t t t t t\n\
    Content-Type||* * - * * *\n\
    CSeq|c|m m m m m m\n\
    Date||o o o o o o\n\
    Error-Info|300-699|- o o o o o\n\
    Expires||- - - o - o\n\
    From|c|m m m m m m\n\
    In-Reply-To|R|- - - o - -\n\
    Max-Forwards|R|m m m m m m\n\
    Min-Expires|423|- - - - - m\n\
    MIME-Version||o o - o o o\n\
    Organization||- - - o o o\n\
    Priority|R|- - - o - -\n\
    Proxy-Authenticate|407|- m - m m m\n\
    Proxy-Authenticate|401|- o o o o o\n\
    Proxy-Authorization|R|o o - o o o\n\
    Proxy-Require|R|- o - o o o\n\
    Record-Route|R|o o o o o -\n\
    Record-Route|2xx,18x|- o o o o -\n\
    Reply-To||- - - o - -\n\
    Require||- c - c c c\n\
    Retry-After|404,413,480,486|- o o o o o\n\
    Retry-After|500,503|- o o o o o\n\
    Retry-After|600,603|- o o o o o\n\
    Route|R|c c c c c c\n\
    Server|r|- o o o o o\n\
    Subject|R|- - - o - -\n\
    Supported|R|- o o m* o o\n\
    Supported|2xx|- o o m* m* o\n\
    Timestamp||o o o o o o\n\
    To|c|m m m m m m\n\
    Unsupported|420|- m - m m m\n\
    User-Agent||o o o o o o\n\
    Via|R|m m m m m m\n\
    Via|rc|m m m m m m\n\
    Warning|r|- o o o o o\n\
    WWW-Authenticate|401|- m - m m m\n\
    WWW-Authenticate|407|- o - o o o";

/// Whether a row with this in its second column is for a message: zero is a request.
fn is_for(place: &str, status: u16) -> bool {
    place.split(',').any(|place| match place {
        "" | "c" => true,
        "R" => status == 0,
        "r" | "rc" => status > 0,
        "300-699" => status >= 300,
        "101-199" => (101..200).contains(&status),
        "18x" => status / 10 == 18,
        class if class.ends_with("xx") => class.starts_with(&(status / 100).to_string()),
        code => code == status.to_string(),
    })
}

// Every cell of both tables, for every status; and the extensions' tables change none of them.
// shows: S133
#[test]
fn every_cell_of_tables_2_and_3_is_kept() {
    let methods = [
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Invite,
        Method::Options,
        Method::Register,
    ];
    let rows: Vec<(HeaderName, &str, Vec<&str>)> = TABLES
        .lines()
        .map(|row| {
            let mut parts = row.split('|');
            let mut part = || parts.next().unwrap();
            let name = HeaderName::from_bytes(part().as_bytes());
            (name, part(), part().split(' ').collect())
        })
        .collect();
    let mut names: Vec<_> = rows.iter().map(|row| row.0).collect();
    names.dedup();
    assert_eq!((rows.len(), names.len()), (65, 44));
    for (column, method) in methods.iter().enumerate() {
        for code in core::iter::once(0).chain(100..700) {
            for name in &names {
                let cells = rows
                    .iter()
                    .filter(|row| row.0 == *name && is_for(row.1, code));
                let says = cells.map(|row| match row.2[column] {
                    "m" => Presence::Mandatory,
                    "m*" => Presence::Expected,
                    "-" => Presence::NotApplicable,
                    _ => Presence::Optional,
                });
                let expected = says.max().unwrap_or(Presence::NotApplicable);
                let found = presence(*name, method, status(code));
                assert_eq!(found, expected, "{} in {method:?} {code}", name.as_str());
            }
        }
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
