//! Requests inside a dialog (RFC 3261 §12.2.1): where they go, and what every re-INVITE, UPDATE, INFO,
//! PRACK and BYE of ours carries.

use alloc::string::String;
use alloc::vec::Vec;

use super::call::{Call, CallHandle, Cx, Leg, LegId, LegState};
use super::contact;
use super::draft;
use super::errors::InDialogError;
use super::events::UaEvent;
use super::hop::{self, Hop};
use super::links::ClientUse;
use super::outcome::Outcome;
use super::standalone::Content;
use crate::sip::auth::AuthorizationHeader;
use crate::sip::endpoint::{SelectError, Target};
use crate::sip::header::NameAddr;
use crate::sip::message::{HeaderName, Method, OutgoingRequest, RequestBuilder};
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

/// A request that is written and may be sent.
struct Composed {
    request: OutgoingRequest,
    target: Target,
    credentials: Vec<AuthorizationHeader>,
}

/// Something of ours that is said inside a dialog and changes nothing in it, until its final answer.
pub(super) struct Saying<C> {
    pub(super) transaction: ClientHandle,
    /// Kept for a repetition.
    pub(super) content: C,
}

impl Call {
    /// Sends the next request in the dialog of a leg, with what `add` adds.
    pub(super) fn send_in_dialog(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        request: &InDialog<'_>,
        add: impl FnOnce(&mut RequestBuilder),
    ) -> Result<Sent, InDialogError> {
        let composed = self.compose(cx, id, request, add)?;
        self.transmit(cx, id, request.used, composed)
    }

    /// Writes the next request in the dialog of a leg.
    fn compose(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        request: &InDialog<'_>,
        add: impl FnOnce(&mut RequestBuilder),
    ) -> Result<Composed, InDialogError> {
        let InDialog { method, body, .. } = *request;
        let leg = self.leg_mut(id).ok_or(InDialogError::NoDialog)?;
        let target = locate(cx, leg)?;
        let credentials = self.credentials(id, method, body);
        let leg = self.leg_mut(id).ok_or(InDialogError::NoDialog)?;
        let mut builder = leg.dialog.request(method);
        let is_target_refresh = matches!(method, Method::Invite | Method::Update);
        if is_target_refresh {
            let secure = leg.dialog.is_secure();
            let contact = contact::uri(cx, target.flow, secure);
            builder
                .field(HeaderName::Contact, &NameAddr::new(&contact))
                .field(HeaderName::Allow, draft::allow(cx.config));
        }
        // RFC 4028 §7.1: in every request.
        leg.peer.extensions.write(&mut builder);
        if let Some(supported) = draft::more_support(cx.config) {
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
        Ok(Composed {
            request: builder.finish()?,
            target,
            credentials,
        })
    }

    fn transmit(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        used: ClientUse,
        composed: Composed,
    ) -> Result<Sent, InDialogError> {
        let Composed {
            request,
            target,
            credentials,
        } = composed;
        let transaction = cx.stack.request(&request, target)?;
        cx.links.clients.insert(transaction, used);
        let leg = self.leg_mut(id).ok_or(InDialogError::NoDialog)?;
        Ok(Sent {
            transaction,
            target,
            cseq: leg.dialog.local_seq().unwrap_or(0),
            credentials,
        })
    }

    /// Sends a request of a subscription that shares the dialog of a leg; unlike others it may be
    /// sent when the call is over (RFC 5057 §4.1).
    pub(super) fn send_event_request(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        request: &InDialog<'_>,
        fields: &[(HeaderName, String)],
    ) -> Result<ClientHandle, InDialogError> {
        let leg = self.leg_mut(id).ok_or(InDialogError::NoDialog)?;
        // RFC 6665 §4.1.2.2, §4.2.2, RFC 3515 §2.2: all are target refresh requests, or begin as one.
        let contact = contact::of_leg(cx, leg);
        let sent = self.send_in_dialog(cx, id, request, |builder| {
            builder.field(HeaderName::Contact, &NameAddr::new(&contact));
            for (name, value) in fields {
                builder.field(*name, value.as_str());
            }
        })?;
        Ok(sent.transaction)
    }

    /// The dialog the application talks through, if anything may be said in it.
    pub(super) fn talking_leg(&self) -> Result<&Leg, InDialogError> {
        let leg = self.legs.first().ok_or(InDialogError::NoDialog)?;
        match leg.state {
            LegState::Early | LegState::Confirmed => Ok(leg),
            LegState::Terminated | LegState::Mortal(_) => Err(InDialogError::NoDialog),
        }
    }

    /// Says something in the dialog of a leg.
    pub(super) fn say<C: Content>(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        used: ClientUse,
        content: C,
    ) -> Result<Saying<C>, InDialogError> {
        let (content_type, body) = content.body();
        let request = InDialog {
            method: C::METHOD,
            used,
            content_type,
            body,
        };
        let composed = self.compose(cx, id, &request, |builder| content.write(builder))?;
        content.check(&composed.request, cx.stack, composed.target.flow)?;
        let Sent { transaction, .. } = self.transmit(cx, id, used, composed)?;
        Ok(Saying {
            transaction,
            content,
        })
    }

    /// Acts on the final answer to something that was said, or on the lack of one: says it once more
    /// if the answer tells how, or else tells the application with `event`. What was wrong with the
    /// request leaves the call; that there is no call any more ends it (RFC 5057 §5.1).
    pub(super) fn on_said<C: Content>(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        (id, used): (LegId, ClientUse),
        mut content: C,
        outcome: Outcome<'_>,
        event: impl FnOnce(CallHandle, Outcome<'_>) -> UaEvent,
    ) -> Option<Saying<C>> {
        if let Some(response) = outcome.message() {
            let is_improved = self.is_improved(cx, id, response) || content.repair(response);
            let again = is_improved.then(|| self.say(cx, id, used, content));
            if let Some(Ok(again)) = again {
                return Some(again);
            }
        }
        if self.is_live() {
            cx.events.push(event(cx.me, outcome));
        }
        self.on_failed_in_dialog(C::METHOD, outcome);
        None
    }
}

/// Where to send the next request of a dialog: where its route set or target says. When that is a
/// name that was not or could not be looked up, to the outbound proxy, which can (§8.1.2), or else, as
/// that is a name too or there is none, to where the messages of the dialog went or came from.
pub(super) fn locate<H>(cx: &mut Cx<'_, H>, leg: &mut Leg) -> Result<Target, SelectError> {
    let next_hop = hop::next_hop(&leg.dialog);
    locate_at(cx, &mut leg.hop, &next_hop, leg.fallback)
}

/// The same for any dialog: its next hop, what is known of that, and where its messages came from.
pub(super) fn locate_at<H>(
    cx: &mut Cx<'_, H>,
    hop: &mut Hop,
    next_hop: &str,
    fallback: Target,
) -> Result<Target, SelectError> {
    if let Some(target) = hop.target(cx.stack) {
        return target;
    }
    match cx.stack.select(next_hop) {
        Err(SelectError::NeedsResolution) => {}
        selected => return selected,
    }
    // RFC 5626 §4.3: over the flow it has always used, which may have been replaced meanwhile.
    let instead = cx.links.registered.flow_instead(cx.identity, fallback);
    if let Some(flow) = instead {
        let is_there = cx.stack.flow(fallback.flow).is_some();
        return Ok(if is_there { fallback } else { flow });
    }
    let proxy = cx.config.outbound_proxies.first();
    match proxy.map(|uri| cx.stack.select(uri)) {
        Some(Err(SelectError::NeedsResolution)) | None => reopen(cx, fallback),
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
