//! Where a header field may stand and where it must: tables 2 and 3 of RFC 3261 §20, with the
//! columns and rows of RFC 3262, 3265, 3311, 3323, 3325, 3327, 3329, 3428, 3515, 3608, 3841, 3891,
//! 3892, 3903, 3911, 4028, 4244, 4412, 4488, 4538, 4964, 5009, 5503, 6086 and 6794; and as rows what
//! these say in words: RFC 5360 §5.11, 5373 §3, 5393 §5.3, 5626 §5.4, 5839 §6, 7433 §4.1, 7614 §4.8,
//! 7976 §3, 7989 §6 and 8262 §3.3.
//!
//! What no table says counts as allowed: a method or a field of another extension is never wrong
//! here. Three entries of RFC 6086 are left out, since they say what no other RFC keeps to: that
//! every INVITE has a Recv-Info, that an INFO has no Max-Breadth (RFC 5393 §5.3.3 has proxies put
//! one in), and that only a request has a Reason (RFC 6432 §2).

use super::{HeaderName, Method};

/// Whether a field stands in a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Presence {
    /// No table says.
    Unknown,
    /// It must not be there, and whoever finds it there ignores it.
    NotApplicable,
    /// It may be there, or has to under some condition: `o`, `c`, `t`, `*`.
    Optional,
    /// It should be there, and its reader does without it: `m*`.
    Expected,
    /// It must be there.
    Mandatory,
}

/// From and to which status code; zero is a request.
type Where = &'static [(u16, u16)];

const R: Where = &[(0, 0)];
const ANY_RESPONSE: Where = &[(100, 699)];
const ALL: Where = &[(0, 699)];
const BUT_100: Where = &[(0, 0), (101, 699)];

struct Row {
    name: HeaderName,
    place: Where,
    /// A [`Presence`] in three bits for each method of [`column`].
    presences: u64,
}

/// A row as the RFCs print it: one column each for ACK, BYE, CANCEL, INVITE, OPTIONS, REGISTER,
/// PRACK, SUBSCRIBE, NOTIFY, UPDATE, INFO, MESSAGE, REFER and PUBLISH; a dot where no table says.
const fn row(name: HeaderName, place: Where, columns: &str) -> Row {
    let mut presences = 0;
    let mut shift = 0;
    let mut rest = columns.as_bytes();
    loop {
        let (presence, after) = match rest {
            [b' ', after @ ..] => {
                rest = after;
                continue;
            }
            [b'm', b'*', after @ ..] => (3, after),
            [b'm', after @ ..] => (4, after),
            [b'o' | b'c' | b't' | b'*', after @ ..] => (2, after),
            [b'-', after @ ..] => (1, after),
            [_, after @ ..] => (0, after),
            [] => {
                return Row {
                    name,
                    place,
                    presences,
                };
            }
        };
        presences |= presence << shift;
        shift += 3;
        rest = after;
    }
}

const COLUMNS: usize = 14;

/// Which column of the rows is a method's.
const fn column(method: &Method<'_>) -> Option<u32> {
    Some(match method {
        Method::Ack => 0,
        Method::Bye => 1,
        Method::Cancel => 2,
        Method::Invite => 3,
        Method::Options => 4,
        Method::Register => 5,
        Method::Prack => 6,
        Method::Subscribe => 7,
        Method::Notify => 8,
        Method::Update => 9,
        Method::Info => 10,
        Method::Message => 11,
        Method::Refer => 12,
        Method::Publish => 13,
        Method::Other(_) => return None,
    })
}

/// All rows, in the order of [`HeaderName`].
#[rustfmt::skip]
static TABLE: [Row; 155] = [
    row(HeaderName::Accept, R, "-  o  -  o  m* o  o  o  o  o  o  -  o  o"),
    row(HeaderName::Accept, &[(200, 299)], "-  -  -  o  m* o  -  -  -  o  .  -  -  -"),
    row(HeaderName::Accept, &[(415, 415)], "-  c  -  c  c  c  c  o  o  c  o  m* c  m*"),
    row(HeaderName::AcceptEncoding, R, "-  o  -  o  o  o  o  o  o  o  o  -  o  o"),
    row(HeaderName::AcceptEncoding, &[(200, 299)], "-  -  -  o  m* o  -  -  -  o  o  -  -  -"),
    row(HeaderName::AcceptEncoding, &[(415, 415)], "-  c  -  c  c  c  c  o  o  c  c  m* c  m*"),
    row(HeaderName::AcceptLanguage, R, "-  o  -  o  o  o  o  o  o  o  o  -  o  o"),
    row(HeaderName::AcceptLanguage, &[(200, 299)], "-  -  -  o  m* o  -  -  -  o  o  -  -  -"),
    row(HeaderName::AcceptLanguage, &[(415, 415)], "-  c  -  c  c  c  c  o  o  c  o  m* c  m*"),
    row(HeaderName::AlertInfo, R, "-  -  -  o  -  -  -  -  -  .  .  -  .  ."),
    // RFC 7462 §4.1: 180 was but the first.
    row(HeaderName::AlertInfo, &[(101, 199)], "-  -  -  o  -  -  -  -  -  .  .  -  .  ."),
    row(HeaderName::AlertInfo, ALL, ".  .  .  .  .  .  .  .  .  -  -  .  -  -"),
    row(HeaderName::Allow, R, "-  o  -  o  o  o  o  o  o  o  o  o  .  o"),
    row(HeaderName::Allow, &[(200, 299)], "-  o  -  m* m* o  o  o  o  o  .  o  .  ."),
    row(HeaderName::Allow, ANY_RESPONSE, "-  o  -  o  o  o  o  o  o  o  o  o  .  o"),
    row(HeaderName::Allow, &[(405, 405)], "-  m  -  m  m  m  m  m  m  m  m  m  m  m"),
    row(HeaderName::Allow, ALL, ".  .  .  .  .  .  .  .  .  .  .  .  o  ."),
    row(HeaderName::AuthenticationInfo, &[(200, 299)], "-  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::Authorization, R, "o  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::CallId, ALL, "m  m  m  m  m  m  m  m  m  m  m  m  m  m"),
    row(HeaderName::CallInfo, ALL, "-  -  -  o  o  o  -  .  .  o  o  o  -  o"),
    row(HeaderName::Contact, R, "o  -  -  m  o  o  -  m  m  m  .  -  m  -"),
    row(HeaderName::Contact, &[(100, 199)], "-  -  -  o  -  -  -  o  o  o  .  -  -  -"),
    row(HeaderName::Contact, &[(200, 299)], "-  -  -  m  o  o  -  m  o  m  .  -  m  -"),
    row(HeaderName::Contact, &[(300, 399)], "-  o  -  o  o  o  o  m  m  o  .  o  .  o"),
    row(HeaderName::Contact, &[(485, 485)], "-  o  -  o  o  o  o  o  o  o  .  o  .  o"),
    row(HeaderName::Contact, ALL, ".  .  .  .  .  .  .  .  .  .  -  .  .  ."),
    row(HeaderName::Contact, &[(300, 699)], ".  .  .  .  .  .  .  .  .  .  .  .  o  ."),
    row(HeaderName::ContentDisposition, ALL, "o  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::ContentEncoding, ALL, "o  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::ContentLanguage, ALL, "o  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::ContentLength, ALL, "t  t  t  t  t  t  t  t  t  t  o  t  o  t"),
    row(HeaderName::ContentType, ALL, "*  *  -  *  *  *  *  *  *  *  *  *  *  *"),
    row(HeaderName::CSeq, ALL, "m  m  m  m  m  m  m  m  m  m  m  m  m  m"),
    row(HeaderName::Date, ALL, "o  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::ErrorInfo, &[(300, 699)], "-  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::Expires, ALL, "-  -  -  o  -  o  -  o  -  -  -  o  .  o"),
    row(HeaderName::Expires, &[(200, 299)], ".  .  .  .  .  .  .  m  -  .  .  .  .  m"),
    row(HeaderName::Expires, R, ".  .  .  .  .  .  .  .  .  .  .  .  o  ."),
    row(HeaderName::From, ALL, "m  m  m  m  m  m  m  m  m  m  m  m  m  m"),
    row(HeaderName::InReplyTo, R, "-  -  -  o  -  -  -  -  -  .  .  o  .  -"),
    row(HeaderName::InReplyTo, ALL, ".  .  .  .  .  .  .  .  .  -  .  .  -  ."),
    row(HeaderName::MaxForwards, R, "m  m  m  m  m  m  m  m  m  m  o  m  m  m"),
    row(HeaderName::MinExpires, &[(423, 423)], "-  -  -  -  -  m  -  m  -  .  .  .  .  m"),
    row(HeaderName::MinExpires, ALL, ".  .  .  .  .  .  .  .  .  -  -  .  -  ."),
    row(HeaderName::MimeVersion, ALL, "o  o  -  o  o  o  o  o  o  o  o  .  o  o"),
    row(HeaderName::Organization, ALL, "-  -  -  o  o  o  -  o  -  o  -  o  o  o"),
    row(HeaderName::Priority, R, "-  -  -  o  -  -  -  o  -  .  -  o  -  o"),
    row(HeaderName::Priority, ALL, ".  .  .  .  .  .  .  .  .  -  .  .  .  ."),
    row(HeaderName::ProxyAuthenticate, &[(407, 407)], "-  m  -  m  m  m  m  m  m  m  m  m  m  m"),
    row(HeaderName::ProxyAuthenticate, &[(401, 401)], "-  o  o  o  o  o  o  .  .  o  o  o  o  o"),
    row(HeaderName::ProxyAuthorization, R, "o  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::ProxyRequire, R, "-  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::RecordRoute, R, "o  o  o  o  o  -  o  o  o  o  o  .  o  ."),
    row(HeaderName::RecordRoute, &[(200, 299), (180, 189)], "-  o  o  o  o  -  o  .  .  o  o  .  o  ."),
    row(HeaderName::RecordRoute, ALL, ".  .  .  .  .  .  .  .  .  .  .  -  .  -"),
    row(HeaderName::RecordRoute, &[(200, 299), (401, 401), (484, 484)], ".  .  .  .  .  .  .  o  o  .  .  .  .  ."),
    row(HeaderName::ReplyTo, ALL, "-  -  -  o  -  -  -  -  -  -  .  o  -  -"),
    row(HeaderName::Require, ALL, "-  c  -  c  c  c  c  o  o  c  o  c  c  o"),
    row(HeaderName::RetryAfter, &[(404, 404), (413, 413), (480, 480), (486, 486)], "-  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::RetryAfter, &[(500, 500), (503, 503)], "-  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::RetryAfter, &[(600, 600), (603, 603)], "-  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::RetryAfter, R, ".  .  .  .  .  .  .  .  .  .  -  .  .  ."),
    row(HeaderName::Route, R, "c  c  c  c  c  c  c  c  c  c  o  o  c  c"),
    row(HeaderName::Server, ANY_RESPONSE, "-  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::Subject, R, "-  -  -  o  -  -  -  -  -  .  o  o  -  o"),
    row(HeaderName::Subject, ALL, ".  .  .  .  .  .  .  .  .  -  .  .  .  ."),
    row(HeaderName::Supported, R, "-  o  o  m* o  o  o  o  o  o  o  .  .  o"),
    row(HeaderName::Supported, &[(200, 299)], "-  o  o  m* m* o  o  o  o  o  o  .  .  o"),
    row(HeaderName::Supported, ALL, ".  .  .  .  .  .  .  .  .  .  .  .  o  ."),
    row(HeaderName::Timestamp, ALL, "o  o  o  o  o  o  o  o  o  o  .  o  o  o"),
    row(HeaderName::To, ALL, "m  m  m  m  m  m  m  m  m  m  .  m  m  m"),
    row(HeaderName::Unsupported, &[(420, 420)], "-  m  -  m  m  m  m  o  o  m  .  o  o  o"),
    row(HeaderName::UserAgent, ALL, "o  o  o  o  o  o  o  o  o  o  .  o  o  o"),
    row(HeaderName::Via, ALL, "m  m  m  m  m  m  m  m  m  m  .  m  m  m"),
    row(HeaderName::Warning, ANY_RESPONSE, "-  o  o  o  o  o  o  o  o  o  .  o  o  o"),
    row(HeaderName::Warning, R, ".  .  .  .  .  .  .  -  o  .  .  .  .  ."),
    row(HeaderName::WwwAuthenticate, &[(401, 401)], "-  m  -  m  m  m  m  m  m  m  .  m  m  m"),
    row(HeaderName::WwwAuthenticate, &[(407, 407)], "-  o  -  o  o  o  .  .  .  o  .  o  o  o"),
    row(HeaderName::AcceptContact, R, "o  o  o  o  o  -  o  o  o  o  o  o  o  ."),
    row(HeaderName::AcceptResourcePriority, &[(200, 299), (417, 417)], ".  .  .  .  .  .  .  .  .  .  o  .  .  ."),
    row(HeaderName::AcceptResourcePriority, &[(200, 200)], "-  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::AcceptResourcePriority, &[(417, 417)], "-  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::AllowEvents, ALL, ".  .  .  .  .  .  .  .  .  -  .  .  .  ."),
    row(HeaderName::AllowEvents, R, "o  o  -  o  o  o  o  o  o  .  .  .  .  o"),
    row(HeaderName::AllowEvents, &[(489, 489)], "-  -  -  -  -  -  -  m  m  .  .  .  .  m"),
    row(HeaderName::AllowEvents, &[(200, 299)], "-  o  -  o  o  o  o  o  o  .  .  .  .  ."),
    row(HeaderName::AnswerMode, &[(0, 0), (200, 200)], "-  -  -  o  -  -  -  -  -  -  -  -  -  -"),
    row(HeaderName::ContentId, ALL, "o  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::Event, ALL, ".  .  .  .  .  .  .  .  .  -  .  .  .  ."),
    row(HeaderName::Event, R, "-  -  -  -  -  -  -  m  m  .  .  .  .  m"),
    row(HeaderName::FlowTimer, &[(200, 299)], "-  -  -  -  -  o  -  -  -  -  -  -  -  -"),
    row(HeaderName::Geolocation, R, ".  .  .  .  .  .  .  .  .  .  o  .  .  ."),
    row(HeaderName::GeolocationError, ANY_RESPONSE, ".  .  .  .  .  .  .  .  .  .  o  .  .  ."),
    row(HeaderName::HistoryInfo, ALL, "-  -  -  o  o  o  -  o  o  -  -  o  o  o"),
    row(HeaderName::InfoPackage, R, "-  -  -  -  -  -  -  -  -  -  m* -  -  ."),
    row(HeaderName::Join, R, "-  -  -  o  -  -  -  -  -  -  -  -  -  -"),
    row(HeaderName::MaxBreadth, R, "o  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::MinSe, R, "-  -  -  o  -  -  -  -  -  o  .  .  .  ."),
    row(HeaderName::MinSe, &[(422, 422)], "-  -  -  m  -  -  -  -  -  m  .  .  .  ."),
    row(HeaderName::PAccessNetworkInfo, BUT_100, "o  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::PAnswerState, &[(180, 189), (200, 299)], "-  -  -  o  -  -  .  -  .  .  .  .  .  ."),
    row(HeaderName::PAnswerState, R, ".  .  .  .  .  .  -  .  -  -  -  -  -  -"),
    row(HeaderName::PAssertedIdentity, ALL, "-  o  -  o  o  -  -  o  o  -  -  .  o  ."),
    row(HeaderName::PAssociatedUri, &[(200, 299)], "-  -  -  -  -  o  -  -  -  -  -  -  -  -"),
    row(HeaderName::PCalledPartyId, R, "-  -  -  o  o  -  -  o  -  -  -  o  o  o"),
    row(HeaderName::PChargingFunctionAddresses, BUT_100, "-  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::PChargingVector, BUT_100, "o  o  -  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::PDcsBillingInfo, ALL, "-  -  -  o  -  -  -  -  -  -  -  -  -  -"),
    row(HeaderName::PDcsLaes, ALL, "-  -  -  o  -  -  -  -  -  -  -  -  -  -"),
    row(HeaderName::PDcsOsps, R, "-  -  -  o  -  -  -  -  -  o  -  -  -  -"),
    row(HeaderName::PDcsRedirect, ALL, "-  -  -  o  -  -  -  -  -  -  -  -  -  -"),
    row(HeaderName::PDcsTracePartyId, R, "-  -  -  o  -  -  -  -  -  -  -  -  -  -"),
    row(HeaderName::PEarlyMedia, R, "-  -  -  o  -  -  o  .  .  o  .  .  .  ."),
    row(HeaderName::PEarlyMedia, &[(180, 189)], "-  -  -  o  -  -  -  .  .  -  .  .  .  ."),
    row(HeaderName::PEarlyMedia, &[(200, 299)], "-  -  -  -  -  -  o  .  .  o  .  .  .  ."),
    row(HeaderName::PPreferredIdentity, ALL, "-  o  -  o  o  -  -  o  o  -  -  .  o  ."),
    row(HeaderName::PVisitedNetworkId, R, "-  -  -  o  o  o  -  o  -  -  -  o  o  o"),
    row(HeaderName::Path, R, "-  -  -  -  -  o  .  .  .  .  .  .  .  ."),
    row(HeaderName::Path, &[(200, 299)], "-  -  -  -  -  o  .  .  .  .  .  .  .  ."),
    row(HeaderName::PolicyContact, &[(0, 0), (488, 488)], "-  -  -  c  -  -  c  -  -  c  -  -  -  -"),
    row(HeaderName::PolicyId, R, "-  -  -  c  -  -  c  -  -  c  -  -  -  -"),
    row(HeaderName::PrivAnswerMode, &[(0, 0), (200, 200)], "-  -  -  o  -  -  -  -  -  -  -  -  -  -"),
    row(HeaderName::Privacy, ALL, "o  o  o  o  o  o  o  o  o  o  o  o  .  ."),
    row(HeaderName::RAck, R, "-  -  -  -  -  -  m  -  -  -  .  .  .  ."),
    row(HeaderName::RecvInfo, R, "-  -  -  o  -  o  o  -  -  o  -  -  -  ."),
    row(HeaderName::RecvInfo, &[(100, 199)], "-  -  -  o  -  -  -  -  -  -  -  -  -  ."),
    row(HeaderName::RecvInfo, &[(469, 469)], "-  -  -  -  -  -  -  -  -  -  m* -  -  ."),
    row(HeaderName::RecvInfo, ANY_RESPONSE, "-  -  -  o  -  -  o  -  -  o  -  -  -  ."),
    row(HeaderName::RecvInfo, &[(200, 299)], ".  .  .  .  .  .  .  -  -  .  .  .  -  ."),
    row(HeaderName::ReferEventsAt, &[(200, 299)], "-  -  -  -  -  -  -  -  -  -  -  -  o  -"),
    row(HeaderName::ReferSub, &[(0, 0), (200, 299)], "-  -  -  -  -  -  -  -  -  -  -  -  o  -"),
    row(HeaderName::ReferTo, R, "-  -  -  -  -  -  -  -  -  -  -  -  m  -"),
    row(HeaderName::ReferredBy, R, "-  o  -  o  o  o  .  .  .  .  o  .  .  ."),
    row(HeaderName::RejectContact, R, "o  o  o  o  o  -  o  o  o  o  o  o  o  ."),
    row(HeaderName::Replaces, R, "-  -  -  o  -  -  -  -  -  -  -  -  -  -"),
    row(HeaderName::RequestDisposition, R, "o  o  o  o  o  o  o  o  o  o  o  o  o  ."),
    row(HeaderName::ResourcePriority, R, "o  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::RSeq, &[(100, 199)], "-  -  -  o  -  -  -  o  o  .  .  .  .  ."),
    row(HeaderName::RSeq, ALL, ".  .  .  .  .  .  .  .  .  -  .  .  .  ."),
    row(HeaderName::SecurityClient, R, "-  o  -  o  o  o  -  o  o  o  o  o  .  ."),
    row(HeaderName::SecurityServer, &[(421, 421), (494, 494)], "-  o  -  o  o  o  -  o  o  o  o  o  .  ."),
    row(HeaderName::SecurityVerify, R, "-  o  -  o  o  o  -  o  o  o  o  o  .  ."),
    row(HeaderName::ServiceRoute, &[(200, 299)], "-  -  -  -  -  o  -  .  .  .  .  .  .  ."),
    row(HeaderName::SessionExpires, R, "-  -  -  o  -  -  -  -  -  o  .  .  .  ."),
    row(HeaderName::SessionExpires, &[(200, 299)], "-  -  -  o  -  -  -  -  -  o  .  .  .  ."),
    row(HeaderName::SessionId, ALL, "o  o  o  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::SipETag, &[(200, 299)], "-  -  -  -  -  -  -  -  -  -  -  -  -  m"),
    row(HeaderName::SipIfMatch, R, "-  -  -  -  -  -  -  -  -  -  -  -  -  o"),
    row(HeaderName::SubscriptionState, ALL, ".  .  .  .  .  .  .  .  .  -  .  .  .  ."),
    row(HeaderName::SubscriptionState, R, "-  -  -  -  -  -  -  -  m  .  .  .  .  ."),
    row(HeaderName::SuppressIfMatch, R, ".  .  .  .  .  .  .  o  .  .  .  .  .  ."),
    row(HeaderName::TargetDialog, R, "-  -  -  o  -  -  -  o  -  -  -  -  o  -"),
    row(HeaderName::TriggerConsent, R, ".  o  .  o  o  o  o  o  o  o  o  o  o  o"),
    row(HeaderName::UserToUser, BUT_100, "-  o  -  o  -  -  -  -  -  -  -  -  -  -"),
];

impl Row {
    const fn presence(&self, column: u32) -> Presence {
        match (self.presences >> column.wrapping_mul(3)) & 7 {
            1 => Presence::NotApplicable,
            2 => Presence::Optional,
            3 => Presence::Expected,
            4 => Presence::Mandatory,
            _ => Presence::Unknown,
        }
    }

    fn covers(&self, status: u16) -> bool {
        self.place
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&status))
    }
}

/// For each name where its rows start in [`TABLE`], and so where those of the name before it end.
static STARTS: [u8; HeaderName::Other as usize + 2] = starts();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, bounded by the loops"
)]
const fn starts() -> [u8; HeaderName::Other as usize + 2] {
    let mut starts = [0; HeaderName::Other as usize + 2];
    let mut name = 0;
    let mut place: u8 = 0;
    while name < starts.len() {
        while (place as usize) < TABLE.len() && (TABLE[place as usize].name as usize) < name {
            place += 1;
        }
        starts[name] = place;
        name += 1;
    }
    starts
}

/// For each column the names that must stand in some message of that method.
static MANDATORY: [Names; COLUMNS] = mandatory();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, bounded by the loops"
)]
const fn mandatory() -> [Names; COLUMNS] {
    let mut mandatory = [Names::NONE; COLUMNS];
    let mut place = 0;
    while place < TABLE.len() {
        let mut column = 0;
        while column < COLUMNS {
            if matches!(TABLE[place].presence(column as u32), Presence::Mandatory) {
                mandatory[column] = mandatory[column].with(TABLE[place].name);
            }
            column += 1;
        }
        place += 1;
    }
    mandatory
}

/// A set of names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Names(u128);

impl Names {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn with(self, name: HeaderName) -> Self {
        const { assert!((HeaderName::Other as u32) < u128::BITS) };
        Self(self.0 | 1 << name as u32)
    }

    pub(super) fn contains(self, name: HeaderName) -> bool {
        // One half is chosen and shifted, which is cheaper than to shift both.
        let name = name as u32;
        let half = if name < u64::BITS {
            self.0
        } else {
            self.0 >> u64::BITS
        };
        half as u64 >> (name % u64::BITS) & 1 != 0
    }
}

/// The tables as one message sees them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    column: Option<u32>,
    /// The status code, zero in a request.
    status: u16,
}

impl Placement {
    pub(super) fn of(method: &Method<'_>, status: Option<super::StatusCode>) -> Self {
        Self {
            column: column(method),
            status: status.map_or(0, super::StatusCode::as_u16),
        }
    }

    pub(super) fn presence(self, name: HeaderName) -> Presence {
        let Some(column) = self.column else {
            return Presence::Unknown;
        };
        let mut found = Presence::Unknown;
        for row in rows_of(name) {
            let says = row.presence(column);
            // A field whose rows are all for other messages is not for this one.
            let says = match says {
                Presence::Unknown => continue,
                _ if row.covers(self.status) => says,
                _ => Presence::NotApplicable,
            };
            found = found.max(says);
        }
        found
    }

    /// The fields that must stand in such a message and are not in `seen`.
    pub(super) fn missing(self, seen: Names) -> impl Iterator<Item = HeaderName> {
        let column = self
            .column
            .and_then(|column| MANDATORY.get(column as usize));
        let mut left = column.map_or(0, |names| names.0 & !seen.0);
        core::iter::from_fn(move || {
            let lowest = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            rows_of_place(lowest as usize).first().map(|row| row.name)
        })
        .filter(move |name| self.presence(*name) == Presence::Mandatory)
    }
}

fn rows_of(name: HeaderName) -> &'static [Row] {
    rows_of_place(name as usize)
}

/// The rows of the name with this place in [`HeaderName`].
fn rows_of_place(place: usize) -> &'static [Row] {
    let Some([start, end]) = STARTS.get(place..).and_then(|starts| starts.first_chunk()) else {
        return &[];
    };
    TABLE
        .get(usize::from(*start)..usize::from(*end))
        .unwrap_or_default()
}

/// Whether `name` stands in a request, or in a response with `status` to one.
///
/// # Example
/// ```
/// use offhook::sip::message::{HeaderName, Method, Presence, presence};
///
/// assert_eq!(presence(HeaderName::RAck, &Method::Prack, None), Presence::Mandatory);
/// assert_eq!(presence(HeaderName::RAck, &Method::Invite, None), Presence::NotApplicable);
/// ```
#[must_use]
pub fn presence(
    name: HeaderName,
    method: &Method<'_>,
    status: Option<super::StatusCode>,
) -> Presence {
    Placement::of(method, status).presence(name)
}
