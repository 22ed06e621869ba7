//! What is refused before anything is done about it (RFC 3261 §8.2.1 to §8.2.3): methods we do not
//! serve, extensions we have not or cannot do without, bodies we cannot read.

use alloc::string::String;
use alloc::vec::Vec;

use super::body;
use super::config::UserAgentConfig;
use super::draft;
use super::refer;
use super::requests::Refusal;
use crate::Limits;
use crate::sip::body::{ContentCoding, Part, understood_parts};
use crate::sip::message::{HeaderName, Message, Method, StatusCode};

/// The methods that begin something here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Served {
    Invite,
    Bye,
    Options,
    Info,
    Prack,
    Update,
    Message,
    Subscribe,
    Notify,
    Refer,
}

/// §8.2.1: 405 for a method that exists and we do not have, 501 (§21.5.2) for one nobody here has
/// heard of.
pub(super) fn served<'c>(
    method: Method<'_>,
    config: impl Fn() -> &'c UserAgentConfig,
) -> Result<Served, Refusal> {
    let refused = |status| {
        let allow = draft::allow(config());
        Err(Refusal::with(status, HeaderName::Allow, allow.as_bytes()))
    };
    match method {
        Method::Invite => Ok(Served::Invite),
        Method::Bye => Ok(Served::Bye),
        Method::Options => Ok(Served::Options),
        Method::Info => Ok(Served::Info),
        Method::Prack => Ok(Served::Prack),
        Method::Update => Ok(Served::Update),
        Method::Message => Ok(Served::Message),
        // RFC 6665 §4.2.1.1: it is the package that is refused, and not the method.
        Method::Subscribe => Ok(Served::Subscribe),
        Method::Notify => Ok(Served::Notify),
        Method::Refer if config().takes_referrals() => Ok(Served::Refer),
        // CANCEL was answered before, and ACK has no transaction to come in.
        Method::Ack | Method::Cancel | Method::Register | Method::Refer | Method::Publish => {
            refused(StatusCode::METHOD_NOT_ALLOWED)
        }
        // Drafts before RFC 2543 had them: names we know, and shall never serve.
        Method::Other("CAPABILITY" | "CONNECTED" | "UNREGISTER") => {
            refused(StatusCode::METHOD_NOT_ALLOWED)
        }
        Method::Other(_) => refused(StatusCode::NOT_IMPLEMENTED),
    }
}

/// What whoever follows a REFER has besides (RFC 4488 §4, RFC 4538 §6).
const REFERRALS: [&str; 2] = [refer::NO_SUBSCRIPTION, "tdialog"];

/// §8.2.2.3: what is required and we have not is too much; Unsupported lists it. What there
/// is besides is known of the settings, which are those of whoever is asked.
pub(super) fn check_require<'c>(
    message: &Message,
    config: impl Fn() -> &'c UserAgentConfig,
) -> Result<(), Refusal> {
    let mut unknown = Vec::new();
    for value in message.fields(HeaderName::Require) {
        for tag in value.split(|byte| *byte == b',') {
            let tag = tag.trim_ascii();
            let is_tag = |known: &&str| tag.eq_ignore_ascii_case(known.as_bytes());
            let is_more = || {
                let has = |(tags, has): (&[&str], bool)| has && tags.iter().any(is_tag);
                let config = config();
                has((&draft::DEVICE_EXTENSIONS, config.instance.is_some()))
                    || has((&[draft::FROM_CHANGE], config.connected_identity))
                    || has((&REFERRALS, config.takes_referrals()))
            };
            if tag.is_empty() || draft::EXTENSIONS.iter().any(is_tag) || is_more() {
                continue;
            }
            if !unknown.is_empty() {
                unknown.extend_from_slice(b", ");
            }
            unknown.extend_from_slice(tag);
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Refusal::with(
        StatusCode::BAD_EXTENSION,
        HeaderName::Unsupported,
        &unknown,
    ))
}

/// §21.4.16: what we cannot do without is named in Require.
pub(super) fn check_support(message: &Message, config: &UserAgentConfig) -> Result<(), Refusal> {
    if config.required_of_callers.is_empty() {
        return Ok(());
    }
    let is_missing = |tag: &&str| {
        let lists = [HeaderName::Supported, HeaderName::Require];
        !lists.iter().any(|name| message.lists(*name, tag))
    };
    let required = config.required_of_callers.iter().map(String::as_str);
    let missing: Vec<&str> = required.filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let status = StatusCode::EXTENSION_REQUIRED;
    let missing = missing.join(", ");
    Err(Refusal::with(
        status,
        HeaderName::Require,
        missing.as_bytes(),
    ))
}

/// §8.2.3: the session description that an INVITE and its kin may carry.
pub(super) fn check_session(message: &Message, limits: &Limits) -> Result<(), Refusal> {
    if message.body().is_empty() || body::is_bare_session(message) {
        return Ok(());
    }
    match check_body(message, limits, body::ACCEPT, body::is_understood) {
        Ok(_) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// §8.2.3, RFC 5621 §8.4: a body, or a required part of one, of a type or coding we cannot read is
/// refused, and `accepted` are the types we can. What of it is for us otherwise.
pub(super) fn check_body<'a>(
    message: &'a Message,
    limits: &Limits,
    accepted: &str,
    is_known: impl Fn(&Part<'a>) -> bool,
) -> Result<Vec<Part<'a>>, Refusal> {
    let body = Part::of(message);
    let error = match understood_parts(body, limits, is_known) {
        Ok(parts) => return Ok(parts),
        Err(error) => error,
    };
    let status = error.kind.response();
    if status != StatusCode::UNSUPPORTED_MEDIA_TYPE {
        return Err(status.into());
    }
    let mut codings = body.content_codings();
    let (name, accepted) = if codings.any(|coding| coding != ContentCoding::Identity) {
        (HeaderName::AcceptEncoding, "identity")
    } else {
        (HeaderName::Accept, accepted)
    };
    Err(Refusal::with(status, name, accepted.as_bytes()))
}
