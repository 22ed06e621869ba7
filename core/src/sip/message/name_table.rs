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

const SLOTS: usize = 512;

/// Indexes into [`CANONICAL`]; each name stands at its hash or in one of the slots that follow.
static INDEX: [u8; SLOTS] = index();

const EMPTY: u8 = u8::MAX;

/// Mixes the length with the first, the third and the last letter, without their case.
const fn hash(length: usize, first: u8, third: u8, last: u8) -> usize {
    let mixed = (length as u32)
        .wrapping_mul(37)
        .wrapping_add(((first | 0x20) as u32).wrapping_mul(101))
        .wrapping_add(((third | 0x20) as u32).wrapping_mul(59))
        .wrapping_add(((last | 0x20) as u32).wrapping_mul(13));
    mixed as usize % SLOTS
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, bounded by the loop"
)]
const fn index() -> [u8; SLOTS] {
    let mut index = [EMPTY; SLOTS];
    let mut name: u8 = 0;
    while (name as usize) < CANONICAL.len() {
        let text = CANONICAL[name as usize].1.as_bytes();
        let third = if text.len() > 2 { text[2] } else { 0 };
        let mut slot = hash(text.len(), text[0], third, text[text.len() - 1]);
        while index[slot] != EMPTY {
            slot = (slot + 1) % SLOTS;
        }
        index[slot] = name;
        name += 1;
    }
    index
}

/// The name that `bytes` spell.
pub(super) fn find(bytes: &[u8]) -> HeaderName {
    let (first, third, last) = match bytes {
        [letter] => {
            let place = usize::from((letter | 0x20).wrapping_sub(b'a'));
            return match letter {
                b'a'..=b'z' | b'A'..=b'Z' => COMPACT.get(place).copied().unwrap_or_default(),
                _ => HeaderName::Other,
            };
        }
        [first, last] => (*first, 0, *last),
        [first, _, last] => (*first, *last, *last),
        [first, _, third, .., last] => (*first, *third, *last),
        [] => return HeaderName::Other,
    };
    let mut slot = hash(bytes.len(), first, third, last);
    while let Some((name, text)) = INDEX
        .get(slot)
        .and_then(|place| CANONICAL.get(usize::from(*place)))
    {
        if text.as_bytes().eq_ignore_ascii_case(bytes) {
            return *name;
        }
        slot = slot.wrapping_add(1) % SLOTS;
    }
    HeaderName::Other
}
