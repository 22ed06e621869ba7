//! Whether a request may be handled at all (RFC 3261 §16.3, RFC 5393 §4.2.2).

use alloc::string::String;
use alloc::vec::Vec;

use super::RoutePlan;
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::uri::Uri;

/// Why a request is turned down, and what the response must say besides.
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

/// Checks what forwarding needs, and only that: anything else in the request is between its ends
/// (§16.3 item 1).
pub(crate) fn validate(request: &Message) -> Result<(), Answer> {
    // Item 1.
    let well_formed = request.top_via().is_ok()
        && request.from().is_ok()
        && request.to().is_ok()
        && request.call_id().is_ok()
        && request.cseq().is_ok();
    if !well_formed {
        return Err(StatusCode::BAD_REQUEST.into());
    }
    // Item 2: without a gateway at hand only SIP URIs lead anywhere.
    match Uri::parse(request.request_uri().unwrap_or_default()) {
        Ok(Uri::Sip(_)) => {}
        Ok(Uri::Tel(_) | Uri::Other { .. }) => {
            return Err(StatusCode::UNSUPPORTED_URI_SCHEME.into());
        }
        Err(_) => return Err(StatusCode::BAD_REQUEST.into()),
    }
    // Item 3: absent is no limit.
    match request.max_forwards() {
        Ok(Some(0)) => return Err(StatusCode::TOO_MANY_HOPS.into()),
        Ok(Some(_) | None) => {}
        Err(_) => return Err(StatusCode::BAD_REQUEST.into()),
    }
    // Item 5: this proxy has no extension that a client could ask for.
    let required = option_tags(request, HeaderName::ProxyRequire);
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
pub(crate) fn has_looped(request: &Message, plan: &RoutePlan) -> bool {
    let mark = plan.loop_suffix();
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
