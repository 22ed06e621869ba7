//! A dialog that a subscription is alone in (RFC 6665 §4.4.1, §4.5), and the place of one: such a
//! dialog, or that of a call, which RFC 3515 shares.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::UserAgent;
use super::authorize;
use super::call::{CallHandle, Cx, LegId};
use super::contact;
use super::draft;
use super::errors::InDialogError;
use super::events::UaEvent;
use super::extensions::Extensions;
use super::hop::{self, Hop};
use super::identity::{Identity, config_of};
use super::in_dialog::{self, InDialog};
use super::links::ClientUse;
use crate::sip::auth::{ClientAuth, ProtectedRequest};
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Events, LocationHandle, SelectError, Stack, Target, Way};
use crate::sip::header::NameAddr;
use crate::sip::message::{HeaderName, Message, Method};
use crate::sip::transaction::ClientHandle;

/// A dialog without a call.
pub(super) struct EventDialog {
    pub(super) dialog: Dialog,
    /// Where to send when the next hop is a name: where its messages came from.
    pub(super) fallback: Target,
    hop: Hop,
    auth: Option<Box<ClientAuth>>,
    extensions: Extensions,
}

/// Where the dialog of a subscription is.
pub(super) enum Place {
    /// Nowhere yet: it comes with the first NOTIFY (RFC 6665 §4.4.1).
    None,
    /// It has one of its own.
    Own(Box<EventDialog>),
    /// It shares that of a leg of a call.
    Call(CallHandle, LegId),
}

/// A request to be sent in such a dialog, once nothing else of the subscription is under way.
pub(super) struct EventRequest {
    pub(super) method: Method<'static>,
    pub(super) fields: Vec<(HeaderName, String)>,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

impl EventDialog {
    pub(super) fn new(dialog: Dialog, fallback: Target) -> Self {
        Self {
            dialog,
            fallback,
            hop: Hop::New,
            auth: None,
            extensions: Extensions::default(),
        }
    }

    /// Takes the target that a request of the far end names (RFC 3261 §12.2.2), and where it came
    /// from if nothing else leads there.
    pub(super) fn refresh(&mut self, stack: &Stack, message: &Message, source: Target) {
        self.dialog.refresh_target(message);
        self.hop.has_moved(&self.dialog);
        // RFC 5626 §4.5: the connection has been replaced.
        if stack.flow(self.fallback.flow).is_none() {
            self.fallback = source;
        }
    }

    /// Looks its next hop up, if it is new and a name.
    pub(super) fn look_up<H>(&mut self, cx: &mut Cx<'_, H>, used: ClientUse) {
        hop::look_up_for(cx, &mut self.hop, &self.dialog, used);
    }

    /// Takes what came of a search for its next hop.
    pub(super) fn on_located(&mut self, location: LocationHandle, found: Result<Way, SelectError>) {
        self.hop.on_located(location, found);
    }

    fn send<H>(
        &mut self,
        cx: &mut Cx<'_, H>,
        used: ClientUse,
        request: &EventRequest,
    ) -> Result<ClientHandle, InDialogError> {
        let next_hop = hop::next_hop(&self.dialog).into_owned();
        let target = in_dialog::locate_at(cx, &mut self.hop, &next_hop, self.fallback)?;
        if self.auth.is_none() {
            let kept = authorize::take_credentials(cx, self.dialog.remote_uri());
            self.auth = kept.map(Box::new);
        }
        let credentials = self.auth.as_mut().map_or_else(Vec::new, |auth| {
            auth.credentials(&ProtectedRequest {
                method: request.method,
                request_uri: &self.dialog.request_uri(),
                cseq: self.dialog.next_seq(),
                body: &request.body,
            })
        });
        let mut builder = self.dialog.request(request.method);
        // RFC 6665 §4.1.2.2, §4.2.2: both are target refresh requests.
        let contact = contact::uri(cx, target.flow, self.dialog.is_secure());
        builder
            .field(HeaderName::Contact, &NameAddr::new(&contact))
            .field(HeaderName::Allow, draft::allow(cx.config));
        self.extensions.write(&mut builder);
        if let Some(supported) = draft::more_support(cx.config) {
            builder.field(HeaderName::Supported, supported);
        }
        for (name, value) in &request.fields {
            builder.field(*name, value.as_str());
        }
        draft::sign(&mut builder, cx.config, &credentials);
        if !request.body.is_empty() {
            builder.body(&request.content_type, &request.body);
        }
        let transaction = cx.stack.request(&builder.finish()?, target)?;
        cx.links.clients.insert(transaction, used);
        Ok(transaction)
    }

    /// Takes note of what the refusal of a request asks for; `false` if that is nothing new.
    fn is_improved<H>(&mut self, cx: &mut Cx<'_, H>, refusal: &Message) -> bool {
        if !authorize::is_challenge(refusal) {
            return self.extensions.learn(refusal);
        }
        let auth = self.auth.get_or_insert_default();
        authorize::receive_challenges(auth, cx, refusal).is_ok()
    }

    /// Lets its credentials be of use to others.
    pub(super) fn close<H>(&mut self, cx: &mut Cx<'_, H>) {
        if let Some(auth) = self.auth.take() {
            authorize::keep_credentials(cx, *auth);
        }
    }
}

impl Place {
    /// The dialog it is alone in.
    pub(super) fn own(&self) -> Option<&EventDialog> {
        match self {
            Self::Own(own) => Some(own),
            Self::None | Self::Call(..) => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn own_mut(&mut self) -> Option<&mut EventDialog> {
        match self {
            Self::Own(own) => Some(own),
            Self::None | Self::Call(..) => None,
        }
    }

    /// The leg of a call whose dialog it shares.
    pub(super) const fn shared(&self) -> Option<(CallHandle, LegId)> {
        match self {
            Self::Call(call, leg) => Some((*call, *leg)),
            Self::None | Self::Own(_) => None,
        }
    }
}

/// The media type of what a request carries; empty without one.
pub(super) fn content_type(message: &Message) -> String {
    let value = message.field(HeaderName::ContentType);
    String::from_utf8_lossy(value.unwrap_or_default().trim_ascii()).into_owned()
}

impl UserAgent {
    /// Sends a request in the dialog of a subscription.
    pub(super) fn send_event_request(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        (identity, used): (Identity, ClientUse),
        place: &mut Place,
        request: &EventRequest,
    ) -> Result<ClientHandle, InDialogError> {
        match place {
            Place::None => Err(InDialogError::NoDialog),
            Place::Own(own) => own.send(&mut self.lend(stack, events, identity), used, request),
            Place::Call(call, leg) => {
                let sent = self.with_call(stack, events, *call, |call, cx| {
                    let in_dialog = InDialog {
                        method: request.method,
                        used,
                        content_type: &request.content_type,
                        body: &request.body,
                    };
                    call.send_event_request(cx, *leg, &in_dialog, &request.fields)
                });
                sent.unwrap_or(Err(InDialogError::Stale))
            }
        }
    }

    /// What a dialog of its own is lent.
    fn lend<'a>(
        &'a mut self,
        stack: &'a mut Stack,
        events: &'a mut Events<UaEvent>,
        identity: Identity,
    ) -> Cx<'a, ()> {
        Cx {
            me: (),
            identity,
            config: config_of(&self.config, &self.others, identity),
            links: &mut self.links,
            stack,
            events,
        }
    }

    /// Takes note of what a response to such a request says to the dialog: `true` if it is to be
    /// sent again in another way.
    pub(super) fn is_event_request_improved(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        identity: Identity,
        place: &mut Place,
        response: &Message,
    ) -> bool {
        let is_success = response.status().is_some_and(|it| it.is_success());
        match place {
            Place::None => false,
            Place::Own(own) if is_success => {
                if let Some(auth) = &mut own.auth {
                    auth.receive_success(response, stack.rng());
                }
                own.dialog.refresh_target(response);
                own.hop.has_moved(&own.dialog);
                false
            }
            Place::Own(own) => own.is_improved(&mut self.lend(stack, events, identity), response),
            Place::Call(call, leg) => {
                let improved = self.with_call(stack, events, *call, |call, cx| {
                    if is_success {
                        call.receive_success(response, cx.stack.rng());
                        return false;
                    }
                    let is_improved = call.is_improved(cx, *leg, response);
                    if !is_improved {
                        call.on_event_request_failed(response);
                    }
                    is_improved
                });
                improved == Some(true)
            }
        }
    }
}
