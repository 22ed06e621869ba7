//! What a message says beside its status or its method: why (RFC 3326; RFC 3261 §20.43), when to come
//! back (§20.33), and what would have been taken instead (§21.4).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::draft;
use super::reason::Reason;
use crate::sip::header::{self, RetryAfter};
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::text::unquote;

/// How many values of one header field are handed on.
const LIMIT: usize = 16;

/// What a far end, or a server on the way, said beside a status. What it did not say is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Details {
    /// After which time it is worth while to try again (RFC 3261 §20.33).
    pub retry_after: Option<Duration>,
    /// For how long from then on; `None` for as long as you like.
    pub retry_duration: Option<Duration>,
    /// What was not to its liking (RFC 3261 §20.43), such as with a 488 or 606.
    pub warnings: Vec<Warning>,
    /// Why it was sent, each of another protocol (RFC 3326 §2).
    pub reasons: Vec<Reason>,
    /// Where else to try: the URIs of a redirection that was not followed (RFC 3261 §21.3), or those
    /// a 485 has to choose from.
    pub contacts: Vec<String>,
    /// The media types that a 415 would have taken (RFC 3261 §21.4.13), as they stand there.
    pub accepted_types: Vec<String>,
    /// The codings that it would have taken.
    pub accepted_codings: Vec<String>,
    /// The languages that it would have taken.
    pub accepted_languages: Vec<String>,
    /// The extensions a 420 does not know, or a 421 needs (RFC 3261 §21.4.15, §21.4.16).
    pub extensions: Vec<String>,
    /// The security mechanisms a 494 offers, as they stand there (RFC 3329 §2.2).
    pub security: Vec<String>,
}

/// A warning about a request (RFC 3261 §20.43).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// Three digits; 3xx are those of SIP.
    pub code: u16,
    /// Who warns: a host, perhaps with its port, or a pseudonym.
    pub agent: String,
    /// For people.
    pub text: String,
}

impl Details {
    /// What a response says beside its status, or a request that ends a call beside its method;
    /// nothing if that was all.
    pub(super) fn of(message: &Message) -> Option<Box<Self>> {
        let details = match message.status() {
            Some(status) if status.as_u16() >= 300 => Self::of_response(message, status),
            Some(_) | None => Self {
                reasons: Reason::of(message),
                ..Self::default()
            },
        };
        (details != Self::default()).then(|| Box::new(details))
    }

    fn of_response(response: &Message, status: StatusCode) -> Self {
        let mut details = Self {
            warnings: warnings(response),
            reasons: Reason::of(response),
            ..Self::default()
        };
        if let Some(found) = retry_after(response) {
            details.retry_after = Some(Duration::from_secs(found.seconds.into()));
            details.retry_duration = found.duration.map(|secs| Duration::from_secs(secs.into()));
        }
        let list = |name| list(response, name);
        match status {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                details.accepted_types = list(HeaderName::Accept);
                details.accepted_codings = list(HeaderName::AcceptEncoding);
                details.accepted_languages = list(HeaderName::AcceptLanguage);
            }
            StatusCode::BAD_EXTENSION => details.extensions = list(HeaderName::Unsupported),
            StatusCode::EXTENSION_REQUIRED => details.extensions = list(HeaderName::Require),
            StatusCode::SECURITY_AGREEMENT_REQUIRED => {
                details.security = list(HeaderName::SecurityServer);
            }
            StatusCode::AMBIGUOUS => details.contacts = contacts(response),
            redirection if redirection.as_u16() < 400 => details.contacts = contacts(response),
            _ => {}
        }
        details
    }
}

/// When a response says to come back.
pub(super) fn retry_after(response: &Message) -> Option<RetryAfter<'_>> {
    let value = response.field(HeaderName::RetryAfter)?;
    RetryAfter::parse(value).ok()
}

fn warnings(response: &Message) -> Vec<Warning> {
    let values = response.elements::<header::Warning<'_>>(HeaderName::Warning);
    let values = values.filter_map(Result::ok).take(LIMIT);
    values
        .map(|it| Warning {
            code: it.code,
            agent: it.agent.into(),
            text: unquote(it.text).into_owned(),
        })
        .collect()
}

fn contacts(response: &Message) -> Vec<String> {
    let uris = response.contacts().filter_map(Result::ok);
    let uris = uris.filter_map(|contact| contact.uri().map(ToString::to_string));
    uris.take(LIMIT).collect()
}

/// The values of a list, as they stand there.
fn list(response: &Message, name: HeaderName) -> Vec<String> {
    let mut values = draft::methods(response.fields(name));
    values.truncate(LIMIT);
    values
}
