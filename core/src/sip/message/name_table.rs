//! The spellings of header field names, and a hash table over them made by the compiler.

use super::name::HeaderName;

/// Every name as its RFC spells it, in the order of the enum.
pub(super) static CANONICAL: [(HeaderName, &str); 116] = [
    (HeaderName::Accept, "Accept"),
    (HeaderName::AcceptEncoding, "Accept-Encoding"),
    (HeaderName::AcceptLanguage, "Accept-Language"),
    (HeaderName::AlertInfo, "Alert-Info"),
    (HeaderName::Allow, "Allow"),
    (HeaderName::AuthenticationInfo, "Authentication-Info"),
    (HeaderName::Authorization, "Authorization"),
    (HeaderName::CallId, "Call-ID"),
    (HeaderName::CallInfo, "Call-Info"),
    (HeaderName::Contact, "Contact"),
    (HeaderName::ContentDisposition, "Content-Disposition"),
    (HeaderName::ContentEncoding, "Content-Encoding"),
    (HeaderName::ContentLanguage, "Content-Language"),
    (HeaderName::ContentLength, "Content-Length"),
    (HeaderName::ContentType, "Content-Type"),
    (HeaderName::CSeq, "CSeq"),
    (HeaderName::Date, "Date"),
    (HeaderName::ErrorInfo, "Error-Info"),
    (HeaderName::Expires, "Expires"),
    (HeaderName::From, "From"),
    (HeaderName::InReplyTo, "In-Reply-To"),
    (HeaderName::MaxForwards, "Max-Forwards"),
    (HeaderName::MinExpires, "Min-Expires"),
    (HeaderName::MimeVersion, "MIME-Version"),
    (HeaderName::Organization, "Organization"),
    (HeaderName::Priority, "Priority"),
    (HeaderName::ProxyAuthenticate, "Proxy-Authenticate"),
    (HeaderName::ProxyAuthorization, "Proxy-Authorization"),
    (HeaderName::ProxyRequire, "Proxy-Require"),
    (HeaderName::RecordRoute, "Record-Route"),
    (HeaderName::ReplyTo, "Reply-To"),
    (HeaderName::Require, "Require"),
    (HeaderName::RetryAfter, "Retry-After"),
    (HeaderName::Route, "Route"),
    (HeaderName::Server, "Server"),
    (HeaderName::Subject, "Subject"),
    (HeaderName::Supported, "Supported"),
    (HeaderName::Timestamp, "Timestamp"),
    (HeaderName::To, "To"),
    (HeaderName::Unsupported, "Unsupported"),
    (HeaderName::UserAgent, "User-Agent"),
    (HeaderName::Via, "Via"),
    (HeaderName::Warning, "Warning"),
    (HeaderName::WwwAuthenticate, "WWW-Authenticate"),
    (HeaderName::AcceptContact, "Accept-Contact"),
    (
        HeaderName::AcceptResourcePriority,
        "Accept-Resource-Priority",
    ),
    (HeaderName::AllowEvents, "Allow-Events"),
    (HeaderName::AnswerMode, "Answer-Mode"),
    (HeaderName::ContentId, "Content-ID"),
    (HeaderName::Event, "Event"),
    (HeaderName::FeatureCaps, "Feature-Caps"),
    (HeaderName::FlowTimer, "Flow-Timer"),
    (HeaderName::Geolocation, "Geolocation"),
    (HeaderName::GeolocationError, "Geolocation-Error"),
    (HeaderName::GeolocationRouting, "Geolocation-Routing"),
    (HeaderName::HistoryInfo, "History-Info"),
    (HeaderName::Identity, "Identity"),
    (HeaderName::IdentityInfo, "Identity-Info"),
    (HeaderName::InfoPackage, "Info-Package"),
    (HeaderName::Join, "Join"),
    (HeaderName::MaxBreadth, "Max-Breadth"),
    (HeaderName::MinSe, "Min-SE"),
    (HeaderName::PAccessNetworkInfo, "P-Access-Network-Info"),
    (HeaderName::PAnswerState, "P-Answer-State"),
    (HeaderName::PAssertedIdentity, "P-Asserted-Identity"),
    (HeaderName::PAssertedService, "P-Asserted-Service"),
    (HeaderName::PAssociatedUri, "P-Associated-URI"),
    (HeaderName::PCalledPartyId, "P-Called-Party-ID"),
    (
        HeaderName::PChargingFunctionAddresses,
        "P-Charging-Function-Addresses",
    ),
    (HeaderName::PChargingVector, "P-Charging-Vector"),
    (HeaderName::PDcsBillingInfo, "P-DCS-Billing-Info"),
    (HeaderName::PDcsLaes, "P-DCS-LAES"),
    (HeaderName::PDcsOsps, "P-DCS-OSPS"),
    (HeaderName::PDcsRedirect, "P-DCS-Redirect"),
    (HeaderName::PDcsTracePartyId, "P-DCS-Trace-Party-ID"),
    (HeaderName::PEarlyMedia, "P-Early-Media"),
    (HeaderName::PMediaAuthorization, "P-Media-Authorization"),
    (HeaderName::PPreferredIdentity, "P-Preferred-Identity"),
    (HeaderName::PPreferredService, "P-Preferred-Service"),
    (
        HeaderName::PPrivateNetworkIndication,
        "P-Private-Network-Indication",
    ),
    (HeaderName::PProfileKey, "P-Profile-Key"),
    (HeaderName::PRefusedUriList, "P-Refused-URI-List"),
    (HeaderName::PServedUser, "P-Served-User"),
    (HeaderName::PUserDatabase, "P-User-Database"),
    (HeaderName::PVisitedNetworkId, "P-Visited-Network-ID"),
    (HeaderName::Path, "Path"),
    (HeaderName::PermissionMissing, "Permission-Missing"),
    (HeaderName::PolicyContact, "Policy-Contact"),
    (HeaderName::PolicyId, "Policy-ID"),
    (HeaderName::PrivAnswerMode, "Priv-Answer-Mode"),
    (HeaderName::Privacy, "Privacy"),
    (HeaderName::RAck, "RAck"),
    (HeaderName::Reason, "Reason"),
    (HeaderName::RecvInfo, "Recv-Info"),
    (HeaderName::ReferEventsAt, "Refer-Events-At"),
    (HeaderName::ReferSub, "Refer-Sub"),
    (HeaderName::ReferTo, "Refer-To"),
    (HeaderName::ReferredBy, "Referred-By"),
    (HeaderName::RejectContact, "Reject-Contact"),
    (HeaderName::Replaces, "Replaces"),
    (HeaderName::RequestDisposition, "Request-Disposition"),
    (HeaderName::ResourcePriority, "Resource-Priority"),
    (HeaderName::RSeq, "RSeq"),
    (HeaderName::SecurityClient, "Security-Client"),
    (HeaderName::SecurityServer, "Security-Server"),
    (HeaderName::SecurityVerify, "Security-Verify"),
    (HeaderName::ServiceRoute, "Service-Route"),
    (HeaderName::SessionExpires, "Session-Expires"),
    (HeaderName::SessionId, "Session-ID"),
    (HeaderName::SipETag, "SIP-ETag"),
    (HeaderName::SipIfMatch, "SIP-If-Match"),
    (HeaderName::SubscriptionState, "Subscription-State"),
    (HeaderName::SuppressIfMatch, "Suppress-If-Match"),
    (HeaderName::TargetDialog, "Target-Dialog"),
    (HeaderName::TriggerConsent, "Trigger-Consent"),
    (HeaderName::UserToUser, "User-to-User"),
];

/// The compact forms (RFC 3261 §7.3.3 and the IANA registry of header fields), indexed by letter.
static COMPACT: [HeaderName; 26] = [
    HeaderName::AcceptContact,      // a
    HeaderName::ReferredBy,         // b
    HeaderName::ContentType,        // c
    HeaderName::RequestDisposition, // d
    HeaderName::ContentEncoding,    // e
    HeaderName::From,               // f
    HeaderName::Other,              // g
    HeaderName::Other,              // h
    HeaderName::CallId,             // i
    HeaderName::RejectContact,      // j
    HeaderName::Supported,          // k
    HeaderName::ContentLength,      // l
    HeaderName::Contact,            // m
    HeaderName::IdentityInfo,       // n
    HeaderName::Event,              // o
    HeaderName::Other,              // p
    HeaderName::Other,              // q
    HeaderName::ReferTo,            // r
    HeaderName::Subject,            // s
    HeaderName::To,                 // t
    HeaderName::AllowEvents,        // u
    HeaderName::Via,                // v
    HeaderName::Other,              // w
    HeaderName::SessionExpires,     // x
    HeaderName::Identity,           // y
    HeaderName::Other,              // z
];

/// A name as numbers: compared in two steps, whatever its case was.
#[derive(Clone, Copy)]
struct Spelling {
    /// The first eight letters in lower case, zeros behind a shorter name.
    first: u64,
    /// The last eight letters in lower case; those of a shorter name as in `first`.
    last: u64,
    length: u8,
    name: HeaderName,
}

const SLOTS: usize = 512;
const EMPTY: u8 = u8::MAX;

const SPELLINGS_AT_BUILD: [Spelling; CANONICAL.len()] = spellings();
static SPELLINGS: [Spelling; CANONICAL.len()] = SPELLINGS_AT_BUILD;

/// Places in [`CANONICAL`]; each name stands at its hash or in one of the slots that follow.
static INDEX: [u8; SLOTS] = index();

/// Puts ASCII capitals into lower case, all eight at once, and leaves every other byte alone.
const fn lower(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let low = word & (ONES * 0x7f);
    // The high bit of each byte says: at least `A`, and more than `Z`.
    let from_a = low.wrapping_add(ONES * (0x80 - b'A' as u64));
    let beyond_z = low.wrapping_add(ONES * (0x7f - b'Z' as u64));
    let capitals = (from_a ^ beyond_z) & !word & (ONES << 7);
    word | (capitals >> 2)
}

const fn hash(first: u64, last: u64) -> usize {
    let mixed = (first ^ last.rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 55) as usize
}

/// Eight bytes of `text` from `start`, in lower case, zeros behind its end.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, bounded by the loop"
)]
const fn word_of(text: &[u8], start: usize) -> u64 {
    let mut word = 0;
    let mut at = 0;
    while at < 8 && start + at < text.len() {
        word |= (text[start + at] as u64) << (8 * at);
        at += 1;
    }
    lower(word)
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, bounded by the loop"
)]
const fn spellings() -> [Spelling; CANONICAL.len()] {
    let mut spellings = [Spelling {
        first: 0,
        last: 0,
        length: 0,
        name: HeaderName::Other,
    }; CANONICAL.len()];
    let mut name = 0;
    while name < CANONICAL.len() {
        let text = CANONICAL[name].1.as_bytes();
        spellings[name] = Spelling {
            first: word_of(text, 0),
            last: word_of(text, text.len().saturating_sub(8)),
            length: text.len() as u8,
            name: CANONICAL[name].0,
        };
        name += 1;
    }
    spellings
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, bounded by the loop"
)]
const fn index() -> [u8; SLOTS] {
    let mut index = [EMPTY; SLOTS];
    let mut name: u8 = 0;
    while (name as usize) < CANONICAL.len() {
        let spelling = SPELLINGS_AT_BUILD[name as usize];
        let mut slot = hash(spelling.first, spelling.last);
        while index[slot] != EMPTY {
            slot = (slot + 1) % SLOTS;
        }
        index[slot] = name;
        name += 1;
    }
    index
}

/// The name that the first `length` bytes of `text` spell. What follows them is only read, so that
/// a short name is one load too.
#[inline]
pub(super) fn find(text: &[u8], length: usize) -> HeaderName {
    let Some(chunk) = text.first_chunk::<8>().filter(|_| length >= 2) else {
        return uncommon(text, length);
    };
    let word = u64::from_le_bytes(*chunk);
    if length < 8 {
        let word = lower(word & !(u64::MAX << (8 * (length as u32 & 7))));
        return look_up(length, word, word).map_or(HeaderName::Other, |found| found.name);
    }
    let end = text.get(..length).and_then(|name| name.last_chunk::<8>());
    let last = end.map_or(0, |end| lower(u64::from_le_bytes(*end)));
    match look_up(length, lower(word), last) {
        Some(found) if length <= 16 || is_same_between(text, found.name.as_str(), length) => {
            found.name
        }
        _ => HeaderName::Other,
    }
}

/// A compact form, or a name with fewer than eight bytes in it and behind it.
#[cold]
fn uncommon(text: &[u8], length: usize) -> HeaderName {
    match text.get(..length) {
        Some([letter @ (b'a'..=b'z' | b'A'..=b'Z')]) => {
            let place = usize::from((letter | 0x20).wrapping_sub(b'a'));
            COMPACT.get(place).copied().unwrap_or_default()
        }
        Some(name @ [_, _, ..]) => {
            let word = word_of(name, 0);
            look_up(length, word, word).map_or(HeaderName::Other, |found| found.name)
        }
        _ => HeaderName::Other,
    }
}

/// The only name with this length, start and end. (No two differ only between.)
#[inline]
fn look_up(length: usize, first: u64, last: u64) -> Option<&'static Spelling> {
    let mut slot = hash(first, last);
    loop {
        let spelling = SPELLINGS.get(usize::from(*INDEX.get(slot)?))?;
        if spelling.first == first
            && spelling.last == last
            && usize::from(spelling.length) == length
        {
            return Some(spelling);
        }
        slot = slot.wrapping_add(1) % SLOTS;
    }
}

/// Whether a long name has the same letters between its first and last eight.
#[cold]
fn is_same_between(text: &[u8], canonical: &str, length: usize) -> bool {
    let between = 8..length.saturating_sub(8);
    match (text.get(between.clone()), canonical.as_bytes().get(between)) {
        (Some(ours), Some(theirs)) => ours.eq_ignore_ascii_case(theirs),
        _ => false,
    }
}
