//! Requests inside a dialog (RFC 3261 §12.2.1): where they go, and what every re-INVITE, UPDATE, INFO,
//! PRACK and BYE of ours carries.

use alloc::vec::Vec;

use super::call::{Call, CallHandle, Cx, Leg, LegId};
use super::draft;
use super::errors::InfoError;
use super::links::ClientUse;
use super::message;
use crate::sip::auth::AuthorizationHeader;
use crate::sip::endpoint::{SelectError, Target};
use crate::sip::header::NameAddr;
use crate::sip::message::{HeaderName, Method, RequestBuilder};
use crate::sip::transaction::ClientHandle;

/// A request to be sent in a dialog.
pub(super) struct InDialog<'a> {
    pub(super) method: Method<'static>,
    /// What its answer is for.
    pub(super) used: ClientUse,
    /// The type of `body`.
    pub(super) content_type: &'a str,
    /// What it carries; empty for nothing.
    pub(super) body: &'a [u8],
}

/// A request that is on its way.
pub(super) struct Sent {
    pub(super) transaction: ClientHandle,
    pub(super) target: Target,
    pub(super) cseq: u32,
    pub(super) credentials: Vec<AuthorizationHeader>,
}

impl Call {
    /// Sends the next request in the dialog of a leg, with what `add` adds. Of all of them the
    /// application is told only why an INFO was not sent, so that is what the error says.
    pub(super) fn send_in_dialog(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        request: &InDialog<'_>,
        add: impl FnOnce(&mut RequestBuilder),
    ) -> Result<Sent, InfoError> {
        let InDialog { method, body, .. } = *request;
        let leg = self.leg_mut(id).ok_or(InfoError::NoDialog)?;
        let target = locate(cx, leg)?;
        let credentials = self.credentials(id, method, body);
        let leg = self.leg_mut(id).ok_or(InfoError::NoDialog)?;
        let mut builder = leg.dialog.request(method);
        let is_target_refresh = matches!(method, Method::Invite | Method::Update);
        if is_target_refresh {
            let secure = leg.dialog.is_secure();
            let contact = draft::contact_uri(cx, target.flow, secure);
            builder
                .field(HeaderName::Contact, &NameAddr::new(&contact))
                .field(HeaderName::Allow, draft::ALLOW);
        }
        // RFC 4028 §7.1: in every request.
        leg.peer.extensions.write(&mut builder);
        if let Some(supported) = draft::device_support(cx.config) {
            builder.field(HeaderName::Supported, supported);
        }
        if is_target_refresh {
            leg.refresh(&mut builder);
        }
        add(&mut builder);
        draft::sign(&mut builder, cx.config, &credentials);
        if !body.is_empty() {
            builder.body(request.content_type, body);
        }
        let outgoing = builder.finish()?;
        if method == Method::Message {
            message::check_size(&outgoing, cx.stack, target.flow)?;
        }
        let transaction = cx.stack.request(&outgoing, target)?;
        cx.links.clients.insert(transaction, request.used);
        Ok(Sent {
            transaction,
            target,
            cseq: leg.dialog.local_seq().unwrap_or(0),
            credentials,
        })
    }
}

/// Where to send the next request of a dialog: where its route set or target says. When that is a
/// name that was not or could not be looked up, to the outbound proxy, which can (§8.1.2), or else, as
/// that is a name too or there is none, to where the messages of the dialog went or came from.
pub(super) fn locate<H>(cx: &mut Cx<'_, H>, leg: &mut Leg) -> Result<Target, SelectError> {
    if let Some(target) = leg.hop.target(cx.stack) {
        return target;
    }
    match cx.stack.select(&leg.next_hop()) {
        Err(SelectError::NeedsResolution) => {}
        selected => return selected,
    }
    // RFC 5626 §4.3: over the flow it has always used, which may have been replaced meanwhile.
    let instead = cx.links.registered.flow_instead(cx.identity, leg.fallback);
    if let Some(flow) = instead {
        let is_there = cx.stack.flow(leg.fallback.flow).is_some();
        return Ok(if is_there { leg.fallback } else { flow });
    }
    let proxy = cx.config.outbound_proxies.first();
    match proxy.map(|uri| cx.stack.select(uri)) {
        Some(Err(SelectError::NeedsResolution)) | None => reopen(cx, leg.fallback),
        Some(selected) => selected,
    }
}

/// The same place once more: the socket or the connection to it may be gone, its address is not.
/// Under TLS the address alone does not say whom to expect there.
pub(super) fn reopen<H>(cx: &mut Cx<'_, H>, target: Target) -> Result<Target, SelectError> {
    if cx.stack.flow(target.flow).is_some() || target.transport.is_secure() {
        return Ok(target);
    }
    cx.stack.target(target.transport, target.address)
}
