//! Who is connected (RFC 4916): the identity of either end, told to the other in From when it is not who
//! was called, or changes during a call.
//!
//! ```text
//!   INVITE, from-change ──▶ given by the application ── reliable 1xx, PRACK ──▶ UPDATE, early
//!             │                        └──────── not before it is answered ──▶ UPDATE
//!             └──── answered, ACK ──▶ our address-of-record ─────────────────▶ UPDATE
//! ```
//!
//! None of it is done, and no header field read for it, unless the settings ask for it.

use alloc::string::String;

use super::UserAgent;
use super::call::{Call, CallHandle, Cx, LegId, Stage};
use super::change::Teller;
use super::errors::{InDialogError, RequestError};
use super::events::UaEvent;
use crate::sip::endpoint::Endpoint;
use crate::sip::message::Message;
use crate::sip::uri::Uri;
use crate::time::Instant;

impl Endpoint<UserAgent> {
    /// Says that we are somebody else in a call from now on (RFC 4916 §4.3): `uri` stands in From of
    /// all our requests in it. An UPDATE tells the far end at once, or whatever else is to be sent to
    /// change the session. [`UaEvent::IdentityDone`] or [`UaEvent::ChangeRefused`] says what came of
    /// it; that it was refused changes nothing of what we say (§4.4.1).
    ///
    /// Who is called may say who that is before answering (§4.2). The caller is told in the early dialog
    /// if it takes UPDATE and has acknowledged a reliable response, such as that of
    /// [`begin_early_session`](Self::begin_early_session); else once the call is answered, and in either
    /// case instead of our address-of-record.
    ///
    /// # Errors
    /// When the call is neither established nor waits for our answer, or the far end has not said that
    /// it takes that.
    pub fn change_identity(
        &mut self,
        now: Instant,
        call: CallHandle,
        uri: &str,
    ) -> Result<(), InDialogError> {
        self.command(now, |user, stack, events| {
            user.with_call(stack, events, call, |call, cx| {
                call.change_identity(cx, uri)
            })
            .unwrap_or(Err(InDialogError::Stale))
        })
    }
}

impl Call {
    fn change_identity(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        uri: &str,
    ) -> Result<(), InDialogError> {
        if !matches!(Uri::parse(uri), Ok(Uri::Sip(_) | Uri::Tel(_))) {
            return Err(RequestError::BadUri.into());
        }
        let id = self.talking_leg()?.id;
        let is_answered = match self.stage {
            Stage::Offered => false,
            Stage::Established => true,
            // §4.2 speaks of who is called, §4.3 of an established dialog.
            Stage::Calling | Stage::Ending(_) | Stage::Ended => {
                return Err(InDialogError::NoDialog);
            }
        };
        if !self.identify(cx, id, uri, Teller::Application) {
            return Err(InDialogError::IdentityNotTaken);
        }
        self.change.is_identity_given |= !is_answered;
        Ok(())
    }

    /// §4.2: who has answered a call says who that is, also if it is who was called, so that somebody
    /// on the way can vouch for it. What the application has given before was said in the early dialog,
    /// or is still to be said.
    pub(super) fn say_who_answered(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId) {
        if !self.change.is_identity_given {
            self.identify(cx, id, &cx.config.aor, Teller::Answer);
        }
    }

    /// Of several who rang one has answered: says who that is, if the application was told of anybody
    /// before, who may be another.
    pub(super) fn tell_who_answered(&mut self, cx: &mut Cx<'_, CallHandle>) {
        if !self.has_forked() || !self.is_peer_identified {
            return;
        }
        let Some(leg) = self.legs.first() else {
            return;
        };
        cx.events.push(UaEvent::PeerIdentified {
            call: cx.me,
            from: leg.dialog.remote_uri().into(),
            display_name: None,
        });
    }

    /// Takes an identity and has it told, to a far end that has said it takes that; `false` if not.
    fn identify(&mut self, cx: &Cx<'_, CallHandle>, id: LegId, uri: &str, teller: Teller) -> bool {
        if !cx.config.connected_identity {
            return false;
        }
        let leg = self.leg_mut(id).filter(|leg| leg.peer.takes_from_change);
        let Some(leg) = leg else {
            return false;
        };
        leg.dialog.set_local_uri(uri);
        self.change.want_identity(teller);
        true
    }

    /// §4.4.2: what a request in a dialog, that is accepted, says of who has sent it. Our next requests
    /// have it in To.
    pub(super) fn learn_identity(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        request: &Message,
    ) {
        if !cx.config.connected_identity {
            return;
        }
        let (Some(leg), Ok(from)) = (self.leg_mut(id), request.from()) else {
            return;
        };
        if from.uri == leg.dialog.remote_uri() {
            return;
        }
        leg.dialog.set_remote_uri(from.uri);
        self.is_peer_identified = true;
        let display_name = from
            .display
            .and_then(|name| core::str::from_utf8(name).ok());
        cx.events.push(UaEvent::PeerIdentified {
            call: cx.me,
            from: from.uri.into(),
            display_name: display_name.map(String::from),
        });
    }

    /// Says that a 2xx to a request with our identity has come.
    pub(super) fn tell_identified(&mut self, cx: &mut Cx<'_, CallHandle>) {
        if self.change.identified() {
            cx.events.push(UaEvent::IdentityDone { call: cx.me });
        }
    }
}
