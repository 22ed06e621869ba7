//! Our Contact (RFC 3261 §8.1.1.8): where the other side reaches this very user agent.

use alloc::string::String;

use super::call::{Cx, Leg};
use super::config::UserAgentConfig;
use crate::machine::FlowId;
use crate::sip::endpoint::Stack;
use crate::sip::transport::transport_parameter;
use crate::sip::uri::SipUri;

/// Our Contact in the dialog of `leg`.
pub(super) fn of_leg<H>(cx: &Cx<'_, H>, leg: &Leg) -> String {
    let secure = leg.dialog.is_secure();
    let is_there = cx.stack.flow(leg.fallback.flow).is_some();
    let gone = (!is_there).then_some(leg.fallback);
    let instead = gone.and_then(|it| cx.links.registered.flow_instead(cx.identity, it));
    uri(cx, instead.unwrap_or(leg.fallback).flow, secure)
}

/// Our Contact in a dialog, for what leaves by `flow`: the URI of this very device if there is one
/// (RFC 5627 §4.4), else its address, with the wish that what is sent there comes over the same
/// flow (RFC 5626 §4.3).
pub(super) fn uri<H>(cx: &Cx<'_, H>, flow: FlowId, secure: bool) -> String {
    if cx.config.instance.is_none() {
        return local_uri(cx.stack, cx.config, flow, secure);
    }
    let now = cx.stack.now();
    if let Some(gruu) = cx.links.registered.gruu(cx.identity, now, secure) {
        return gruu.into_owned();
    }
    let mut contact = local_uri(cx.stack, cx.config, flow, secure);
    contact.push_str(";ob");
    contact
}

/// The user of our address-of-record at the address of `flow` (RFC 3261 §8.1.1.8).
pub(super) fn local_uri(
    stack: &Stack,
    config: &UserAgentConfig,
    flow: FlowId,
    secure: bool,
) -> String {
    let mut uri = String::with_capacity(config.aor.len().saturating_add(64));
    uri.push_str(if secure { "sips:" } else { "sip:" });
    if let Some(user) = user_of(&config.aor) {
        uri.push_str(user);
        uri.push('@');
    }
    let Some(flow) = stack.flow(flow) else {
        uri.push_str("invalid");
        return uri;
    };
    flow.sent_by().push_to(&mut uri);
    uri.push_str(transport_parameter(flow.transport(), secure));
    uri
}

/// The user part of a SIP URI, as written.
pub(super) fn user_of(uri: &str) -> Option<&str> {
    SipUri::user_in(uri)
}
