//! Every typed header field: `parse(write(x)) == x`, alone and in a comma list.
//!
//! A new type is one more row of [`FIELDS`]; a test misses the row of a type that is exported
//! without one.

use std::cell::OnceCell;
use std::fmt::Debug;

use offhook::Limits;
use offhook::sip::header::{
    AcceptContact, AcceptEncoding, AcceptLanguage, AccessNetwork, AnswerMode, AnswerState,
    AuthenticationInfo, BillingInfo, CSeq, CallId, Challenge, ChargingFunctions, ChargingVector,
    CommaList, Contact, ContentDisposition, ContentId, Credentials, Date, DeltaSeconds, Directive,
    EarlyMedia, Element, EntityTag, Event, EventType, FeatureCaps, FeatureSet, FromTo,
    GeolocationError, GeolocationRouting, HistoryEntry, Identity, IdentityInfo, Join, LanguageTag,
    List, MaxBreadth, MaxForwards, MediaAuthorization, MediaType, MimeVersion, MinSe, NameAddr,
    OperatorService, PolicyContact, PolicyId, Priority, Privacy, PrivateNetwork, Product, Products,
    RAck, RSeq, Reason, ReferSub, ReferredBy, RefusedUriList, Replaces, ResourcePriority,
    RetryAfter, SecurityMechanism, ServedUser, ServiceId, SessionExpires, SessionId, Signature,
    SubscriptionState, SuppressIfMatch, Surveillance, SurveillanceRedirect, TargetDialog, Text,
    Timestamp, Token, TokenWithParams, TracePartyId, TriggerConsent, UriReference, UserDatabase,
    UserToUser, Value, Via, VisitedNetwork, Warning, whole,
};
use offhook::sip::message::{Message, Method};

/// Room for what a check writes, so that it lives as long as what was read.
#[derive(Debug, Default)]
pub struct Room {
    one: OnceCell<Vec<u8>>,
    list: OnceCell<Vec<u8>>,
}

/// Reads a value, writes it, reads that, and panics unless both are the same. What was written, if
/// there was a value to be read.
pub type Check = for<'a> fn(&'a [u8], &'a Room) -> Option<&'a [u8]>;

/// One type of value.
#[derive(Clone, Copy)]
pub struct Field {
    /// The name of the type.
    pub name: &'static str,
    /// A regular expression of values, with the names of [`PIECES`] between `{` and `}`.
    pub pattern: &'static str,
    /// What is made of one.
    pub check: Check,
}

/// What many values are made of: its name in a pattern, and its own pattern.
pub const PIECES: [(&str, &str); 11] = [
    ("address", "{display}<{uri}>"),
    (
        "params",
        "(;x[a-z]{1,4}[0-9](=({token}|{quoted}|\\[2001:db8::[1-9]\\]))?){0,3}",
    ),
    ("display", "({token} |{token} {token} |{quoted} ?)?"),
    (
        "uri",
        "(sips?:([a-z0-9_.!~*'()&=+$,;?-]{1,6}@)?{host}(:[1-9][0-9]{0,3})?(;lr|;[a-z]{1,5}=[a-z0-9]{1,5})?|tel:\\+[0-9]{3,9}|urn:[a-z]{2,5}:[a-z.]{1,5})",
    ),
    (
        "host",
        "(([a-z][a-z0-9]{0,5}\\.){0,2}[a-z][a-z0-9]{0,5}|192\\.0\\.2\\.[1-9]|\\[2001:db8::[1-9a-f]\\])",
    ),
    ("q", "(;q=(0(\\.[0-9]{1,3})?|1(\\.0{1,3})?))?"),
    ("token", "[-a-zA-Z0-9.!%*_+`'~]{1,9}"),
    ("word", "[-a-zA-Z0-9.!%*_+`'~()<>:\\\\\"/\\[\\]?{}]{1,9}"),
    ("quoted", "\"([ !#-\\[\\]-~äß€]|\\\\[!-~]){0,8}\""),
    (
        "comment",
        "\\(([ !-'*-\\[\\]-~é]|\\\\[()\\\\]|\\([a-z ]{0,5}\\)){0,5}\\)",
    ),
    ("number", "(0|[1-9][0-9]{0,8})"),
];

impl Field {
    /// The pattern with its pieces filled in.
    #[must_use]
    pub fn regex(&self) -> String {
        // Pieces hold only pieces that stand behind them in the table.
        let fill = |text: String, (name, pattern): &(&str, &str)| {
            text.replace(&format!("{{{name}}}"), pattern)
        };
        PIECES.iter().fold(self.pattern.to_owned(), fill)
    }
}

fn written<T: Value + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    value.write(&mut out);
    out
}

/// The part of a check that does not depend on how a type is read. A fold in `bytes` is written as a
/// space, so what was read with one is compared as it is written.
fn same<'a, T: Value + PartialEq + Debug>(
    bytes: &'a [u8],
    room: &'a OnceCell<Vec<u8>>,
    read: impl Fn(&'a [u8]) -> Option<T>,
) -> Option<&'a [u8]> {
    let first = read(bytes)?;
    let text = room.get_or_init(|| written(&first));
    let shown = String::from_utf8_lossy(text);
    assert!(!text.contains(&b'\n'), "a line end in `{shown}`");
    let again = read(text).unwrap_or_else(|| panic!("`{shown}` cannot be read again: {first:?}"));
    if !bytes.contains(&b'\n') {
        assert_eq!(again, first, "`{shown}`");
    }
    assert_eq!(
        &written(&again),
        text,
        "`{shown}` changes when written again"
    );
    Some(text)
}

/// One value, and as many as a comma list of them holds.
fn comes_back<'a, T>(bytes: &'a [u8], room: &'a Room) -> Option<&'a [u8]>
where
    T: Element<'a> + Value + PartialEq + Debug,
{
    let read_list = |bytes| List::new(bytes).collect::<Result<Vec<T>, _>>();
    if let Ok(list) = read_list(bytes) {
        let text = room.list.get_or_init(|| written(&CommaList(&list)));
        let shown = String::from_utf8_lossy(text);
        let again = read_list(text).unwrap_or_else(|error| panic!("`{shown}`: {error}"));
        if !bytes.contains(&b'\n') {
            assert_eq!(again, list, "`{shown}`");
        }
        assert_eq!(&written(&CommaList(&again)), text, "`{shown}`");
    }
    same(bytes, &room.one, |bytes| whole::<T>(bytes).ok())
}

fn challenge<'a>(bytes: &'a [u8], room: &'a Room) -> Option<&'a [u8]> {
    same(bytes, &room.one, |bytes| Challenge::parse(bytes).ok()?)
}

fn credentials<'a>(bytes: &'a [u8], room: &'a Room) -> Option<&'a [u8]> {
    same(bytes, &room.one, |bytes| Credentials::parse(bytes).ok()?)
}

fn authentication_info<'a>(bytes: &'a [u8], room: &'a Room) -> Option<&'a [u8]> {
    same(bytes, &room.one, |bytes| {
        AuthenticationInfo::parse(bytes).ok()
    })
}

/// The first octet selects the type, the rest is the value as it stands in a message: a line break
/// in it is a fold, or there is no such message.
pub fn field(bytes: &[u8]) {
    let Some((selector, value)) = bytes.split_first() else {
        return;
    };
    let field = FIELDS[usize::from(*selector) % FIELDS.len()];
    let message = [b"OPTIONS sip:a SIP/2.0\r\nX: ", value, b"\r\n\r\n"].concat();
    let Ok(message) = Message::parse(&message, &Limits::default()) else {
        return;
    };
    let Some(row) = message.rows().next() else {
        return;
    };
    // RFC 3261 §25.1: a backslash cannot stand for a line break, and does for a space.
    if row
        .value
        .windows(2)
        .any(|pair| matches!(pair, b"\\\r" | b"\\\n"))
    {
        return;
    }
    // RFC 3261 §7.3.1: a fold means a space.
    let unfolded = written(row.value);
    let (here, there) = (Room::default(), Room::default());
    assert_eq!(
        (field.check)(row.value, &here),
        (field.check)(&unfolded, &there),
        "{}: a fold makes a difference in {:?}",
        field.name,
        String::from_utf8_lossy(row.value)
    );
}

const fn row(name: &'static str, pattern: &'static str, check: Check) -> Field {
    Field {
        name,
        pattern,
        check,
    }
}

/// Every type of value. New ones go to the end: the corpus selects by number.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    row("Via", "(SIP|sip) ?/ ?2\\.0/(UDP|TCP|TLS|SCTP) {host}(:[1-9][0-9]{0,3})?(;branch=z9hG4bK[a-z0-9.]{1,10})?(;rport(=[1-9][0-9]{0,3})?)?(;received=(192\\.0\\.2\\.[1-9]|2001:db8::[1-9]))?(;maddr={host})?(;ttl=[1-9])?{params}",
        |text, room| comes_back::<Via<'_>>(text, room)),
    row("FromTo", "{address}(;tag={token})?{params}", |text, room| comes_back::<FromTo<'_>>(text, room)),
    row("Contact", "(\\*|{address}{q}(;expires={number})?{params})", |text, room| comes_back::<Contact<'_>>(text, room)),
    row("NameAddr", "{address}{params}", |text, room| comes_back::<NameAddr<'_>>(text, room)),
    row("CSeq", "{number}(  ?|\t|\r\n ){token}", |text, room| comes_back::<CSeq<'_>>(text, room)),
    row("CallId", "{word}(@{word})?", |text, room| comes_back::<CallId<'_>>(text, room)),
    row("AcceptEncoding", "{token}{q}{params}", |text, room| comes_back::<AcceptEncoding<'_>>(text, room)),
    row("AcceptLanguage", "(\\*|[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,2}){q}{params}", |text, room| comes_back::<AcceptLanguage<'_>>(text, room)),
    row("LanguageTag", "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,2}", |text, room| comes_back::<LanguageTag<'_>>(text, room)),
    row("AnswerMode", "{token}(;require)?{params}", |text, room| comes_back::<AnswerMode<'_>>(text, room)),
    row("AcceptContact", "\\*(;require)?(;explicit)?{params}", |text, room| comes_back::<AcceptContact<'_>>(text, room)),
    row("FeatureSet", "\\*{params}", |text, room| comes_back::<FeatureSet<'_>>(text, room)),
    row("Directive", "(proxy|redirect|(no-)?(cancel|fork|recurse|queue)|parallel|Sequential)", |text, room| comes_back::<Directive>(text, room)),
    row("Challenge", "Digest realm={quoted}, ?nonce={quoted}(, opaque={quoted})?(,domain={quoted})?(, algorithm={token})?(, stale=(true|FALSE))?(, qop=\"auth(,auth-int)?\")?(, userhash=(true|false))?(, x={token})?", challenge),
    row("Credentials", "digest username={quoted}, realm={quoted}, nonce={quoted},uri={quoted}, response=\"[0-9a-f]{32}\"(, algorithm={token})?(, cnonce={quoted})?(, opaque={quoted})?(, qop=auth)?(, nc=[0-9a-f]{8})?(, userhash=true)?", credentials),
    row("AuthenticationInfo", "(nextnonce={quoted}, qop=auth|rspauth=\"[0-9a-f]{32}\", cnonce={quoted}, nc=[0-9a-f]{8})", authentication_info),
    row("TriggerConsent", "sip:[a-z]{1,5}@{host}(;target-uri={quoted})?{params}", |text, room| comes_back::<TriggerConsent<'_>>(text, room)),
    row("Date", "(Sat, 13 Nov 2010 23:29:00|Thu, 01 Jan 1970 00:0[0-9]:0[0-9]|Thu, 29 Feb 2024 [01][0-9]:[0-5][0-9]:[0-5][0-9]) GMT", |text, room| comes_back::<Date>(text, room)),
    row("EntityTag", "{token}", |text, room| comes_back::<EntityTag<'_>>(text, room)),
    row("SuppressIfMatch", "(\\*|[a-z0-9.]{1,9})", |text, room| comes_back::<SuppressIfMatch<'_>>(text, room)),
    row("Event", "[a-z]{1,8}(\\.[a-z]{1,6}){0,2}(;id={token})?{params}", |text, room| comes_back::<Event<'_>>(text, room)),
    row("EventType", "[a-z]{1,8}(\\.[a-z]{1,6}){0,2}", |text, room| comes_back::<EventType<'_>>(text, room)),
    row("SubscriptionState", "(active|Pending|terminated|{token})(;reason={token})?(;expires={number})?(;retry-after={number})?{params}", |text, room| comes_back::<SubscriptionState<'_>>(text, room)),
    row("GeolocationError", "[1-9][0-9]{0,2}(;code={quoted})?{params}", |text, room| comes_back::<GeolocationError<'_>>(text, room)),
    row("GeolocationRouting", "(yes|No|{token})", |text, room| comes_back::<GeolocationRouting<'_>>(text, room)),
    row("HistoryEntry", "{address};index=[1-9](\\.[1-9]){0,3}(;(rc|mp|np)=[1-9](\\.[1-9])?)?{params}", |text, room| comes_back::<HistoryEntry<'_>>(text, room)),
    row("Identity", "(\\.\\.)?[-a-zA-Z0-9+/_.]{1,20};info=<https:[a-z/.]{1,9}>(;alg=ES256)?(;ppt=(shaken|\"shaken\"))?{params}", |text, room| comes_back::<Identity<'_>>(text, room)),
    row("MediaType", "{token}/{token}{q}{params}", |text, room| comes_back::<MediaType<'_>>(text, room)),
    row("ContentDisposition", "{token}(;handling=(optional|required|{token}))?{params}", |text, room| comes_back::<ContentDisposition<'_>>(text, room)),
    row("DeltaSeconds", "[0-9]{1,12}", |text, room| comes_back::<DeltaSeconds>(text, room)),
    row("MaxForwards", "(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])", |text, room| comes_back::<MaxForwards>(text, room)),
    row("MaxBreadth", "{number}", |text, room| comes_back::<MaxBreadth>(text, room)),
    row("MimeVersion", "{number}\\.{number}", |text, room| comes_back::<MimeVersion>(text, room)),
    row("Privacy", "{token}( ?; ?{token}){0,3}", |text, room| comes_back::<Privacy<'_>>(text, room)),
    row("ChargingVector", "icid-value=({token}|{quoted})(;icid-generated-at={host})?(;orig-ioi={token})?(;term-ioi={quoted})?{params}", |text, room| comes_back::<ChargingVector<'_>>(text, room)),
    row("VisitedNetwork", "({token}|{quoted}){params}", |text, room| comes_back::<VisitedNetwork<'_>>(text, room)),
    row("ServedUser", "{address}(;sescase=(orig|term))?(;regstate=(reg|UNREG))?{params}", |text, room| comes_back::<ServedUser<'_>>(text, room)),
    row("Product", "({token}(/{token})?|{comment})", |text, room| comes_back::<Product<'_>>(text, room)),
    row("Products", "({token}(/{token})?|{comment})( ({token}(/{token})?|{comment})){0,3}", |text, room| comes_back::<Products<'_>>(text, room)),
    row("Reason", "{token}(;cause=[1-9][0-9]{0,2})?(;text={quoted})?{params}", |text, room| comes_back::<Reason<'_>>(text, room)),
    row("Warning", "[1-9][0-9]{2} {host}(:[1-9][0-9]{0,3})? {quoted}", |text, room| comes_back::<Warning<'_>>(text, room)),
    row("ReferSub", "(true|False){params}", |text, room| comes_back::<ReferSub<'_>>(text, room)),
    row("ReferredBy", "{address}(;cid=\"[a-z0-9]{1,5}@[a-z0-9.]{1,5}\")?{params}", |text, room| comes_back::<ReferredBy<'_>>(text, room)),
    row("RAck", "{number} {number}  ?{token}", |text, room| comes_back::<RAck<'_>>(text, room)),
    row("RSeq", "[1-9][0-9]{0,8}", |text, room| comes_back::<RSeq>(text, room)),
    row("Replaces", "{word}(@{word})?;(to-tag={token};from-tag|from-tag={token};to-tag)={token}(;early-only)?{params}", |text, room| comes_back::<Replaces<'_>>(text, room)),
    row("Join", "{word}(@{word})?;to-tag={token};from-tag={token}{params}", |text, room| comes_back::<Join<'_>>(text, room)),
    row("TargetDialog", "{word}(@{word})?;remote-tag={token};local-tag={token}{params}", |text, room| comes_back::<TargetDialog<'_>>(text, room)),
    row("Priority", "(emergency|Urgent|normal|non-urgent|{token})", |text, room| comes_back::<Priority<'_>>(text, room)),
    row("ResourcePriority", "[-a-zA-Z0-9!%*_+`'~]{1,9}\\.[-a-zA-Z0-9!%*_+`'~]{1,9}", |text, room| comes_back::<ResourcePriority<'_>>(text, room)),
    row("RetryAfter", "{number} ?({comment})?(;duration={number})?{params}", |text, room| comes_back::<RetryAfter<'_>>(text, room)),
    row("SecurityMechanism", "{token}{q}(;d-alg={token})?(;d-qop={token})?(;d-ver=\"[0-9a-f]{32}\")?{params}", |text, room| comes_back::<SecurityMechanism<'_>>(text, room)),
    row("SessionId", "[0-9a-f]{32}(;remote=[0-9a-f]{32})?{params}", |text, room| comes_back::<SessionId<'_>>(text, room)),
    row("SessionExpires", "{number}(;refresher=(uac|UAS))?{params}", |text, room| comes_back::<SessionExpires<'_>>(text, room)),
    row("MinSe", "{number}{params}", |text, room| comes_back::<MinSe<'_>>(text, room)),
    row("Text", "([!-~é€]{1,6}([ \t]{1,2}|\r\n )){0,3}[!-~é]{1,6}", |text, room| comes_back::<Text<'_>>(text, room)),
    row("Timestamp", "[0-9]{1,9}(\\.[0-9]{0,5})?( [0-9]{0,3}(\\.[0-9]{0,5})?)?", |text, room| comes_back::<Timestamp<'_>>(text, room)),
    row("Token", "{token}", |text, room| comes_back::<Token<'_>>(text, room)),
    row("TokenWithParams", "{token}{params}", |text, room| comes_back::<TokenWithParams<'_>>(text, room)),
    row("UriReference", "<{uri}>{params}", |text, room| comes_back::<UriReference<'_>>(text, room)),
    row("Method", "{token}", |text, room| comes_back::<Method<'_>>(text, room)),
    row("ChargingFunctions", "(ccf|ecf|ccf-2|ecf-2)={host}(;x={token})?", |text, room| comes_back::<ChargingFunctions<'_>>(text, room)),
    row("AccessNetwork", "(3GPP-UTRAN-TDD|IEEE-802\\.11b|ADSL|DOCSIS)(;utran-cell-id-3gpp={token})?(;i-wlan-node-id={quoted})?(;network-provided)?{params}", |text, room| comes_back::<AccessNetwork<'_>>(text, room)),
    row("PrivateNetwork", "[a-z]{1,6}\\.example{params}", |text, room| comes_back::<PrivateNetwork<'_>>(text, room)),
    row("UserDatabase", "<(aaa|AAAS)://[a-z]{1,5}\\.example(;transport=tcp)?>{params}", |text, room| comes_back::<UserDatabase<'_>>(text, room)),
    row("UserToUser", "([0-9a-f]{2}){1,8}(;encoding=hex)?(;purpose={token})?(;content={token})?", |text, room| comes_back::<UserToUser<'_>>(text, room)),
    row("EarlyMedia", "(sendonly|recvonly|inactive|supported|gated|x)", |text, room| comes_back::<EarlyMedia<'_>>(text, room)),
    row("AnswerState", "(Unconfirmed|confirmed|other){params}", |text, room| comes_back::<AnswerState<'_>>(text, room)),
    row("ServiceId", "(urn:urn-7|URN:URN-7):[a-z0-9]{1,5}(\\.[a-z0-9]{1,5}){0,2}", |text, room| comes_back::<ServiceId<'_>>(text, room)),
    row("MediaAuthorization", "([0-9a-fA-F]{2}){1,12}", |text, room| comes_back::<MediaAuthorization<'_>>(text, room)),
    row("PolicyContact", "<(sips:[a-z]{1,4}@{host}|http://{host})>(;non-cacheable)?{params}", |text, room| comes_back::<PolicyContact<'_>>(text, room)),
    row("PolicyId", "(sip:[a-z]{1,3}@{host}(;token={token})?|http://{host}/b)", |text, room| comes_back::<PolicyId<'_>>(text, room)),
    row("RefusedUriList", "({display}<sip:[a-z]{1,5}@{host}>)(;members=\"cid:[a-z0-9]{1,5}@{host}\")?{params}", |text, room| comes_back::<RefusedUriList<'_>>(text, room)),
    row("FeatureCaps", "\\*(;\\+g\\.[a-z]{1,4}(=\"(<[a-z ]{0,4}>|#=[0-9]{1,3}|[0-9a-z]{1,3})\")?)?", |text, room| comes_back::<FeatureCaps<'_>>(text, room)),
    row("ContentId", "<[a-z0-9]{1,6}@([a-z0-9]{1,6}\\.)?[a-z]{1,4}>", |text, room| comes_back::<ContentId<'_>>(text, room)),
    row("BillingInfo", "[0-9a-f]{1,8}/[0-9a-f]{1,4}@{host}(:[1-9][0-9]{0,3})?(;charge=\"tel:\\+[0-9]{1,5}\")?(;rksgroup={token})?", |text, room| comes_back::<BillingInfo<'_>>(text, room)),
    row("Surveillance", "{host}(:[1-9][0-9]{0,3})?(;content={host}(:[1-9])?)?(;cccid=[0-9a-f]{8})?", |text, room| comes_back::<Surveillance<'_>>(text, room)),
    row("SurveillanceRedirect", "\"sip:[a-z]{1,3}@{host}\"(;redirector-uri=\"tel:\\+[0-9]{1,5}\")?(;count=[1-9])?{params}", |text, room| comes_back::<SurveillanceRedirect<'_>>(text, room)),
    row("TracePartyId", "{display}<tel:\\+[0-9]{1,9}>(;timestamp=[1-9][0-9]{0,5}(\\.[0-9]{1,4})?)?{params}", |text, room| comes_back::<TracePartyId<'_>>(text, room)),
    row("OperatorService", "({token})", |text, room| comes_back::<OperatorService<'_>>(text, room)),
    row("IdentityInfo", "<https?:[a-z/.]{1,9}>(;alg={token})?", |text, room| comes_back::<IdentityInfo<'_>>(text, room)),
    row("Signature", "\"[a-zA-Z0-9+/]{4,8}\"", |text, room| comes_back::<Signature<'_>>(text, room)),
];
