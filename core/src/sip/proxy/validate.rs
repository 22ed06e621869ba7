//! Whether a request may be handled at all (RFC 3261 §16.3, RFC 5393 §4.2.2).

use alloc::string::String;
use alloc::vec::Vec;

use super::RoutePlan;
use crate::sip::message::{HeaderName, Message, Method, StatusCode};
use crate::sip::uri::Uri;

/// A response the server makes itself, and what it must say besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Further header fields of the response.
    pub(crate) fields: Vec<(HeaderName, String)>,
}

impl From<StatusCode> for Answer {
    fn from(status: StatusCode) -> Self {
        Self {
            status,
            fields: Vec::new(),
        }
    }
}

/// Checks that the Request-URI can be understood (§16.3 items 1 and 2). The transport layer lets no
/// request through whose Via, From, To, Call-ID or CSeq cannot be read; anything else in it is
/// between its ends.
pub(crate) fn validate(request: &Message) -> Result<(), Answer> {
    // Without a gateway at hand only SIP URIs lead anywhere.
    match Uri::parse(request.request_uri().unwrap_or_default()) {
        Ok(Uri::Sip(_)) => Ok(()),
        Ok(Uri::Tel(_) | Uri::Other { .. }) => Err(StatusCode::UNSUPPORTED_URI_SCHEME.into()),
        Err(_) => Err(StatusCode::BAD_REQUEST.into()),
    }
}

/// Checks whether the request may go on (§16.3 items 3 to 5).
pub(crate) fn validate_forwarding(request: &Message, plan: &RoutePlan) -> Result<(), Answer> {
    // Item 3: absent is no limit.
    match request.max_forwards() {
        Ok(Some(0)) => return Err(StatusCode::TOO_MANY_HOPS.into()),
        Ok(Some(_) | None) => {}
        Err(_) => return Err(StatusCode::BAD_REQUEST.into()),
    }
    plan.check_flow()?;
    if has_looped(request, plan) {
        return Err(StatusCode::LOOP_DETECTED.into());
    }
    // Item 5: this proxy has no extension that a client could ask for. §8.2.2.3: whatever an ACK or
    // a CANCEL asks for is what its INVITE asked for.
    let required = match request.method() {
        Method::Ack | Method::Cancel => Vec::new(),
        _ => option_tags(request, HeaderName::ProxyRequire),
    };
    if !required.is_empty() {
        return Err(Answer {
            status: StatusCode::BAD_EXTENSION,
            fields: alloc::vec![(HeaderName::Unsupported, required.join(", "))],
        });
    }
    Ok(())
}

/// RFC 5393 §4.2.2: a request that bears the mark this proxy would give it now was here before,
/// and nothing that decides its way has changed since: it would go round for ever.
///
/// Only this proxy's key makes the mark, so it is looked for in the Via values as they are: nothing
/// is assumed of what others wrote there (RFC 5393 §4.2.4).
fn has_looped(request: &Message, plan: &RoutePlan) -> bool {
    let mark = plan.loop_mark();
    request
        .fields(HeaderName::Via)
        .any(|via| via.windows(mark.len()).any(|part| part == mark.as_bytes()))
}

/// The option tags of every row of a header field.
pub(crate) fn option_tags(request: &Message, name: HeaderName) -> Vec<&str> {
    request
        .fields(name)
        .filter_map(|row| core::str::from_utf8(row).ok())
        .flat_map(|row| row.split(','))
        .map(|tag| tag.trim_matches([' ', '\t', '\r', '\n']))
        .filter(|tag| !tag.is_empty())
        .collect()
}
