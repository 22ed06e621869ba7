//! The state of one dialog and the requests written from it (RFC 3261 §12.1, §12.2).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::fmt;

use crate::sip::dialog::{DialogId, RouteSet};
use crate::sip::header::{CSeq, FromTo, HeaderError};
use crate::sip::message::{HeaderName, Message, Method, RequestBuilder};
use crate::sip::uri::is_sips;

/// How far a dialog has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DialogState {
    /// Created by a provisional response; a final one other than 2xx ends it.
    Early,
    /// Created or confirmed by a 2xx.
    Confirmed,
}

/// One dialog, seen from one end.
#[derive(Clone, Debug)]
pub struct Dialog {
    pub(super) id: DialogId,
    pub(super) state: DialogState,
    pub(super) local_uri: Box<str>,
    pub(super) remote_uri: Box<str>,
    pub(super) remote_target: Box<str>,
    pub(super) route_set: RouteSet,
    pub(super) local_seq: Option<u32>,
    pub(super) remote_seq: Option<u32>,
    pub(super) secure: bool,
    pub(super) call_id_is_ours: bool,
}

/// Why a message does not create a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DialogError {
    /// A header field it takes is missing or malformed.
    Header(HeaderError),
    /// There is no Contact to send requests to (RFC 3261 §8.1.1.8).
    NoContact,
}

impl From<HeaderError> for DialogError {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl fmt::Display for DialogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(error) => error.fmt(f),
            Self::NoContact => f.write_str("no contact to send requests to"),
        }
    }
}

impl core::error::Error for DialogError {}

/// The CSeq of a request is not higher than the last one of its dialog (RFC 3261 §12.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfOrder;

impl Dialog {
    /// The dialog that a response of ours to `request` creates (RFC 3261 §12.1.1); `local_tag` is
    /// the To tag of that response, and `secure` says whether a SIPS URI was called.
    ///
    /// # Errors
    /// When `request` lacks a Contact or another mandatory header field.
    pub fn of_request(
        request: &Message,
        local_tag: &str,
        secure: bool,
    ) -> Result<Self, DialogError> {
        let from = request.from()?;
        let remote_target = contact(request)?.ok_or(DialogError::NoContact)?;
        let route_set = RouteSet::of_request(request)?;
        // §12.1.1: also if the way back begins with one: the top Record-Route, else the Contact.
        let secure = secure || is_sips(route_set.uris().next().unwrap_or(&remote_target));
        Ok(Self {
            id: DialogId {
                call_id: request.call_id()?.into(),
                local_tag: local_tag.into(),
                remote_tag: from.tag.unwrap_or_default().into(),
            },
            state: DialogState::Early,
            local_uri: request.to()?.uri.into(),
            remote_uri: from.uri.into(),
            remote_target,
            route_set,
            local_seq: None,
            remote_seq: Some(request.cseq()?.number),
            secure,
            call_id_is_ours: false,
        })
    }

    /// The dialog that a NOTIFY creates at the subscriber (RFC 6665 §4.4.1): its route set and its
    /// target are those of the NOTIFY, and the last request of ours in it was the SUBSCRIBE with CSeq
    /// number `local_seq`.
    ///
    /// # Errors
    /// When `notify` lacks a Contact or another mandatory header field.
    pub fn of_notify(notify: &Message, local_seq: u32, secure: bool) -> Result<Self, DialogError> {
        let local_tag = notify.to()?.tag.unwrap_or_default();
        let mut dialog = Self::of_request(notify, local_tag, secure)?;
        dialog.state = DialogState::Confirmed;
        dialog.local_seq = Some(local_seq);
        dialog.call_id_is_ours = true;
        Ok(dialog)
    }

    /// The dialog that `response` to a request of ours creates (RFC 3261 §12.1.2), early for a
    /// provisional response and confirmed for a 2xx.
    ///
    /// A response without Contact, which many send before the call is answered, leaves the URI of
    /// To as the target until a 2xx names a better one.
    ///
    /// # Errors
    /// When `response` lacks a mandatory header field, or one of them is malformed.
    pub fn of_response(response: &Message, secure: bool) -> Result<Self, DialogError> {
        let (from, to) = (response.from()?, response.to()?);
        let remote_uri: Box<str> = to.uri.into();
        let is_success = response.status().is_some_and(|status| status.is_success());
        Ok(Self {
            id: DialogId {
                call_id: response.call_id()?.into(),
                local_tag: from.tag.unwrap_or_default().into(),
                remote_tag: to.tag.unwrap_or_default().into(),
            },
            state: if is_success {
                DialogState::Confirmed
            } else {
                DialogState::Early
            },
            local_uri: from.uri.into(),
            remote_target: contact(response)?.unwrap_or_else(|| remote_uri.clone()),
            remote_uri,
            route_set: RouteSet::of_response(response)?,
            local_seq: Some(response.cseq()?.number),
            remote_seq: None,
            secure,
            call_id_is_ours: true,
        })
    }

    /// Confirms the dialog by a 2xx we received: only the route set is computed anew, because a
    /// peer that knows RFC 2543 only may not have put Record-Route into its provisional responses
    /// (RFC 3261 §13.2.2.4), and the target follows the 2xx (RFC 6141 §4.7, §4.9).
    ///
    /// # Errors
    /// When Record-Route is malformed; the dialog is then confirmed with the route set it had.
    pub fn confirm_by(&mut self, response: &Message) -> Result<(), DialogError> {
        self.confirm();
        self.refresh_target(response);
        self.route_set = RouteSet::of_response(response)?;
        Ok(())
    }

    /// Confirms the dialog by a 2xx we sent.
    pub fn confirm(&mut self) {
        self.state = DialogState::Confirmed;
    }

    /// Takes the remote target from the Contact of a target refresh request that we accept, or of
    /// the 2xx to one of ours (RFC 3261 §12.2; RFC 6141 §4.6, §4.7). Without a usable Contact the
    /// target stays.
    pub fn refresh_target(&mut self, message: &Message) {
        if let Ok(Some(target)) = contact(message) {
            self.remote_target = target;
        }
    }

    /// Takes the peer's address from the From of a request that we accept (RFC 4916 §4.4.2); our next
    /// requests have it in To. The dialog stays the same, as only the tags name it.
    pub fn set_remote_uri(&mut self, uri: &str) {
        self.remote_uri = uri.into();
    }

    /// Takes another address of our own, which our next requests have in From (RFC 4916 §4.4.1).
    pub fn set_local_uri(&mut self, uri: &str) {
        self.local_uri = uri.into();
    }

    /// Takes note of the CSeq number of a request received in the dialog (RFC 3261 §12.2.2). Gaps
    /// are in order: a proxy may have challenged the requests between.
    ///
    /// # Errors
    /// When the number is not higher than the last one; the request is then answered 500.
    pub fn receive_sequence(&mut self, number: u32) -> Result<(), OutOfOrder> {
        match self.remote_seq {
            Some(last) if number <= last => Err(OutOfOrder),
            Some(_) | None => {
                self.remote_seq = Some(number);
                Ok(())
            }
        }
    }

    /// Begins the next request: Request-URI, Max-Forwards, Route, From, To, Call-ID and a CSeq one
    /// higher than the last (RFC 3261 §12.2.1.1).
    pub fn request(&mut self, method: Method<'_>) -> RequestBuilder {
        let number = self.next_seq();
        self.local_seq = Some(number);
        self.begin(method, number)
    }

    /// Begins the ACK for the 2xx to the INVITE with CSeq number `invite` (RFC 3261 §13.2.2.4).
    #[must_use]
    pub fn ack(&self, invite: u32) -> RequestBuilder {
        self.begin(Method::Ack, invite)
    }

    fn begin(&self, method: Method<'_>, number: u32) -> RequestBuilder {
        let routing = self.route_set.apply(&self.remote_target);
        let mut builder = RequestBuilder::new(method, &routing.request_uri);
        builder.field(HeaderName::MaxForwards, &70_u32);
        for route in &routing.routes {
            builder.field(HeaderName::Route, route.as_str());
        }
        builder
            .field(
                HeaderName::From,
                &tagged(&self.local_uri, &self.id.local_tag),
            )
            .field(
                HeaderName::To,
                &tagged(&self.remote_uri, &self.id.remote_tag),
            )
            .field(HeaderName::CallId, &*self.id.call_id)
            .field(HeaderName::CSeq, &CSeq { number, method });
        builder
    }

    /// The URI to send the next request to (RFC 3261 §8.1.2).
    #[must_use]
    pub fn next_hop(&self) -> &str {
        self.route_set.next_hop(&self.remote_target)
    }

    /// The Request-URI the next request has.
    #[must_use]
    pub fn request_uri(&self) -> Cow<'_, str> {
        self.route_set.apply(&self.remote_target).request_uri
    }

    /// The name of the dialog.
    #[must_use]
    pub fn id(&self) -> &DialogId {
        &self.id
    }

    /// How far it has come.
    #[must_use]
    pub fn state(&self) -> DialogState {
        self.state
    }

    /// The peer's address, as From or To named it.
    #[must_use]
    pub fn remote_uri(&self) -> &str {
        &self.remote_uri
    }

    /// Our address, as From or To named it.
    #[must_use]
    pub fn local_uri(&self) -> &str {
        &self.local_uri
    }

    /// Where the peer wants its requests.
    #[must_use]
    pub fn remote_target(&self) -> &str {
        &self.remote_target
    }

    /// The servers requests pass on their way.
    #[must_use]
    pub fn route_set(&self) -> &RouteSet {
        &self.route_set
    }

    /// The CSeq number of our last request, if there was one.
    #[must_use]
    pub fn local_seq(&self) -> Option<u32> {
        self.local_seq
    }

    /// The CSeq number of the next request.
    #[must_use]
    pub fn next_seq(&self) -> u32 {
        // The first number of an end that has sent no request yet is free; below 2**31, so that
        // it never has to wrap (§8.1.1.5).
        self.local_seq.map_or(1, |last| last.wrapping_add(1))
    }

    /// The CSeq number of the peer's last request, if there was one.
    #[must_use]
    pub fn remote_seq(&self) -> Option<u32> {
        self.remote_seq
    }

    /// Whether Contact has to be a SIPS URI (RFC 3261 §12.1).
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether we generated the Call-ID, which decides who waits longer after a 491
    /// (RFC 3261 §14.1).
    #[must_use]
    pub fn owns_call_id(&self) -> bool {
        self.call_id_is_ours
    }
}

/// The URI of the first Contact, if there is one.
fn contact(message: &Message) -> Result<Option<Box<str>>, DialogError> {
    match message.contacts().next() {
        None => Ok(None),
        Some(contact) => Ok(contact?.uri().map(Box::from)),
    }
}

/// A From or To value; the null tag is left out (RFC 3261 §12.2.1.1).
fn tagged<'a>(uri: &'a str, tag: &'a str) -> FromTo<'a> {
    FromTo::new(uri, Some(tag).filter(|tag| !tag.is_empty()))
}

#[cfg(test)]
mod tests;
