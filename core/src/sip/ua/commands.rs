//! What the application may ask for: methods of the endpoint, named by the verbs of RFC 3261,
//! `now` first.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::UserAgent;
use super::call::{Call, CallHandle, Role, Stage};
use super::config::UserAgentConfig;
use super::draft::{Draft, seconds};
use super::errors::{
    AcceptError, CallError, InDialogError, InviteError, RegisterError, RequestError, StaleHandle,
};
use super::events::EndReason;
use super::identity::Identity;
use super::info::Info;
use super::invite_client::Session;
use super::options::{Query, QueryHandle};
use super::reason::{self, Reason};
use super::redirect;
use super::registration::{Fetch, Registration, RegistrationHandle};
use super::secure;
use crate::sdp::offer_answer::{LocalMedia, Negotiation};
use crate::sip::endpoint::{Endpoint, Events, Stack};
use crate::sip::message::{HeaderName, Method, StatusCode};
use crate::time::Instant;

/// A user agent with the layers below it: what a driver runs.
pub type UserAgentEndpoint = Endpoint<UserAgent>;

impl Endpoint<UserAgent> {
    /// Registers our address-of-record at `registrar`, such as `sip:example.org`, and keeps it
    /// registered until [`unregister`](Self::unregister) (RFC 3261 §10.2).
    ///
    /// # Errors
    /// When no REGISTER could be sent; there is no registration then.
    pub fn register(
        &mut self,
        now: Instant,
        registrar: &str,
        expires: Duration,
    ) -> Result<RegistrationHandle, RegisterError> {
        self.register_as(now, Identity::FIRST, registrar, expires)
    }

    /// Registers the address-of-record of `identity`; the rest is as of
    /// [`register`](Self::register).
    ///
    /// # Errors
    /// As of [`register`](Self::register).
    pub fn register_as(
        &mut self,
        now: Instant,
        identity: Identity,
        registrar: &str,
        expires: Duration,
    ) -> Result<RegistrationHandle, RegisterError> {
        self.command(now, |user, stack, events| {
            user.register(stack, events, identity, registrar, expires)
        })
    }

    /// Removes our binding (RFC 3261 §10.2.2).
    ///
    /// # Errors
    /// When there is no such registration.
    pub fn unregister(
        &mut self,
        now: Instant,
        registration: RegistrationHandle,
    ) -> Result<(), StaleHandle> {
        self.command(now, |user, stack, events| {
            user.with_registration(stack, events, registration, |it, cx| it.unregister(cx))
                .ok_or(StaleHandle)
        })
    }

    /// Calls `to`, a SIP URI, offering `media` (RFC 3261 §13.2).
    ///
    /// # Errors
    /// When no INVITE could be sent; there is no call then.
    pub fn invite(
        &mut self,
        now: Instant,
        to: &str,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Result<CallHandle, InviteError> {
        self.invite_as(now, Identity::FIRST, to, media)
    }

    /// Calls `to` as `identity`; the rest is as of [`invite`](Self::invite).
    ///
    /// # Errors
    /// As of [`invite`](Self::invite).
    pub fn invite_as(
        &mut self,
        now: Instant,
        identity: Identity,
        to: &str,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Result<CallHandle, InviteError> {
        let media = media.into();
        self.command(now, |user, stack, events| {
            let (negotiation, session) = offered(stack, media)?;
            user.invite(stack, events, identity, (to, negotiation, session))
        })
    }

    /// Calls `to` without an offer: the far end describes its media first, and `media` is what it is
    /// answered with (RFC 3261 §13.2.1).
    ///
    /// # Errors
    /// As [`invite`](Self::invite).
    pub fn invite_without_offer(
        &mut self,
        now: Instant,
        to: &str,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Result<CallHandle, InviteError> {
        self.invite_without_offer_as(now, Identity::FIRST, to, media)
    }

    /// Calls `to` without an offer as `identity`.
    ///
    /// # Errors
    /// As [`invite`](Self::invite).
    pub fn invite_without_offer_as(
        &mut self,
        now: Instant,
        identity: Identity,
        to: &str,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Result<CallHandle, InviteError> {
        let media = media.into();
        self.command(now, |user, stack, events| {
            let negotiation = negotiation(stack, &media);
            let session = Session::Late(media);
            user.invite(stack, events, identity, (to, negotiation, session))
        })
    }

    /// Tells the caller that we ring (RFC 3261 §13.3.1.1).
    ///
    /// # Errors
    /// When the call does not wait for an answer.
    pub fn ring(&mut self, now: Instant, call: CallHandle) -> Result<(), CallError> {
        self.on_call(now, call, |call, cx| {
            if call.ring(cx) {
                Ok(())
            } else {
                Err(CallError::WrongState(call.stage))
            }
        })
    }

    /// Answers a call with `media` (RFC 3261 §13.3.1.4).
    ///
    /// # Errors
    /// When the call does not wait for an answer, or the media do not do.
    pub fn accept(
        &mut self,
        now: Instant,
        call: CallHandle,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Result<(), AcceptError> {
        let media = media.into();
        self.command(now, |user, stack, events| {
            user.with_call(stack, events, call, |call, cx| call.accept(cx, media))
                .unwrap_or(Err(AcceptError::NotRinging))
        })
    }

    /// Describes `media` to the caller before the call is answered, so that it hears us already:
    /// a 183, sent reliably if the caller takes that (RFC 3262 §5). [`accept`](Self::accept) then
    /// keeps what is agreed, whatever media it is given.
    ///
    /// # Errors
    /// When the call does not wait for an answer, or the media do not do; it rings on.
    pub fn begin_early_session(
        &mut self,
        now: Instant,
        call: CallHandle,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Result<(), AcceptError> {
        let media = media.into();
        self.command(now, |user, stack, events| {
            user.with_call(stack, events, call, |call, cx| {
                call.begin_early_session(cx, media)
            })
            .unwrap_or(Err(AcceptError::NotRinging))
        })
    }

    /// Refuses a call (RFC 3261 §13.3.1.3), such as with 486 or 603.
    ///
    /// # Errors
    /// When the call does not wait for an answer, or `status` is below 300.
    pub fn reject(
        &mut self,
        now: Instant,
        call: CallHandle,
        status: StatusCode,
    ) -> Result<(), CallError> {
        if status.is_provisional() || status.is_success() {
            return Err(CallError::NotARefusal);
        }
        self.on_call(now, call, |call, cx| {
            if call.incoming.is_none() {
                return Err(CallError::WrongState(call.stage));
            }
            call.end(EndReason::Refused(status));
            call.refuse(cx, status);
            Ok(())
        })
    }

    /// Sends the caller elsewhere with a 302 (RFC 3261 §13.3.1.2).
    ///
    /// # Errors
    /// When the call does not wait for an answer.
    pub fn redirect(
        &mut self,
        now: Instant,
        call: CallHandle,
        to: &[&str],
    ) -> Result<(), CallError> {
        self.on_call(now, call, |call, cx| {
            if call.incoming.is_none() {
                return Err(CallError::WrongState(call.stage));
            }
            let status = StatusCode::MOVED_TEMPORARILY;
            let contacts = redirect::contacts(to);
            call.end(EndReason::Refused(status));
            call.refuse_with(cx, status, |response| {
                response.field(HeaderName::Contact, contacts.as_str());
            });
            Ok(())
        })
    }

    /// Ends a call, however far it has come: CANCEL while it is unanswered (RFC 3261 §9), 603 to
    /// one that waits for our answer, BYE afterwards (§15). [`UaEvent::Ended`] says when it is
    /// over.
    ///
    /// [`UaEvent::Ended`]: super::UaEvent::Ended
    ///
    /// # Errors
    /// When the call is over or ending already.
    pub fn hang_up(&mut self, now: Instant, call: CallHandle) -> Result<(), CallError> {
        self.on_call(now, call, Call::hang_up)
    }

    /// As [`hang_up`](Self::hang_up), and tells the far end why, in its CANCEL or BYE (RFC 3326): a
    /// [`Reason`] for each of some protocols. A call that waits for our answer is refused without.
    ///
    /// # Errors
    /// As `hang_up`; [`CallError::BadReason`] if they cannot stand together.
    pub fn hang_up_because(
        &mut self,
        now: Instant,
        call: CallHandle,
        reasons: &[Reason],
    ) -> Result<(), CallError> {
        let reason = reason::value(reasons).ok_or(CallError::BadReason)?;
        self.on_call(now, call, |call, cx| {
            let given = Some(reason).filter(|reason| !reason.is_empty());
            let before = core::mem::replace(&mut call.reason, given);
            let result = call.hang_up(cx);
            if result.is_err() {
                call.reason = before;
            }
            result
        })
    }

    /// Puts the far end on hold (RFC 3264 §8.4), as soon as nothing else is being negotiated. Before
    /// the call is answered that takes an early session and a far end that takes UPDATE (RFC 3311).
    /// [`UaEvent::HoldDone`] or [`UaEvent::ChangeRefused`] says what came of it.
    ///
    /// [`UaEvent::HoldDone`]: super::UaEvent::HoldDone
    /// [`UaEvent::ChangeRefused`]: super::UaEvent::ChangeRefused
    ///
    /// # Errors
    /// When there is no session to change.
    pub fn hold(&mut self, now: Instant, call: CallHandle) -> Result<(), CallError> {
        self.change(now, call, true)
    }

    /// Takes the far end off hold, as [`hold`](Self::hold) puts it on.
    ///
    /// # Errors
    /// When the call is not established.
    pub fn resume(&mut self, now: Instant, call: CallHandle) -> Result<(), CallError> {
        self.change(now, call, false)
    }

    /// Says something to the far end's application, without changing the call (RFC 6086 §4.2.1).
    /// [`UaEvent::InfoAnswered`] is the answer.
    ///
    /// [`UaEvent::InfoAnswered`]: super::UaEvent::InfoAnswered
    ///
    /// # Errors
    /// When the far end does not take that, or the INFO could not be sent.
    pub fn info(
        &mut self,
        now: Instant,
        call: CallHandle,
        info: Info,
    ) -> Result<(), InDialogError> {
        self.command(now, |user, stack, events| {
            user.with_call(stack, events, call, |call, cx| call.send_info(cx, info))
                .unwrap_or(Err(InDialogError::Stale))
        })
    }

    /// Asks `uri` what it can do (RFC 3261 §11.1); [`UaEvent::OptionsAnswered`] is the answer.
    ///
    /// [`UaEvent::OptionsAnswered`]: super::UaEvent::OptionsAnswered
    ///
    /// # Errors
    /// When no OPTIONS could be sent.
    pub fn options(&mut self, now: Instant, uri: &str) -> Result<QueryHandle, RequestError> {
        self.options_as(now, Identity::FIRST, uri)
    }

    /// Asks `uri` what it can do, as `identity`.
    ///
    /// # Errors
    /// As of [`options`](Self::options).
    pub fn options_as(
        &mut self,
        now: Instant,
        identity: Identity,
        uri: &str,
    ) -> Result<QueryHandle, RequestError> {
        self.command(now, |user, stack, events| {
            user.options(stack, events, identity, uri)
        })
    }

    /// Asks `registrar` which bindings the address-of-record of `identity` has (RFC 3261 §10.2.3);
    /// [`UaEvent::BindingsAnswered`] is the answer.
    ///
    /// [`UaEvent::BindingsAnswered`]: super::UaEvent::BindingsAnswered
    ///
    /// # Errors
    /// When no REGISTER could be sent.
    pub fn fetch_bindings(
        &mut self,
        now: Instant,
        identity: Identity,
        registrar: &str,
    ) -> Result<QueryHandle, RequestError> {
        self.command(now, |user, stack, events| {
            user.bindings(stack, events, (identity, registrar), Fetch::List)
        })
    }

    /// Removes all bindings of the address-of-record of `identity` at `registrar`, those of other
    /// devices too (RFC 3261 §10.2.2); [`UaEvent::BindingsAnswered`] is the answer. A registration
    /// of our own does not know of it: end that with [`unregister`](Self::unregister) before.
    ///
    /// [`UaEvent::BindingsAnswered`]: super::UaEvent::BindingsAnswered
    ///
    /// # Errors
    /// When no REGISTER could be sent.
    pub fn remove_all_bindings(
        &mut self,
        now: Instant,
        identity: Identity,
        registrar: &str,
    ) -> Result<QueryHandle, RequestError> {
        self.command(now, |user, stack, events| {
            user.bindings(stack, events, (identity, registrar), Fetch::RemoveAll)
        })
    }

    /// Binds the address-of-record of `identity` at `registrar` to `uri` as well, which may be a mail
    /// address, a telephone or anything else (RFC 3261 §10.2.1), or removes that binding after no
    /// time; [`UaEvent::BindingsAnswered`] is the answer. It is not refreshed: where this device is
    /// reached, [`register`](Self::register) says.
    ///
    /// [`UaEvent::BindingsAnswered`]: super::UaEvent::BindingsAnswered
    ///
    /// # Errors
    /// When no REGISTER could be sent.
    pub fn bind(
        &mut self,
        now: Instant,
        identity: Identity,
        registrar: &str,
        (uri, expires): (&str, Duration),
    ) -> Result<QueryHandle, RequestError> {
        let fetch = Fetch::bind(uri, seconds(expires))?;
        self.command(now, |user, stack, events| {
            user.bindings(stack, events, (identity, registrar), fetch)
        })
    }

    /// Takes on another address-of-record, with settings of its own. None beyond 65,536.
    pub fn add_identity(&mut self, now: Instant, config: UserAgentConfig) -> Option<Identity> {
        self.command(now, |user, _, _| user.add_identity(config))
    }

    fn change(&mut self, now: Instant, call: CallHandle, hold: bool) -> Result<(), CallError> {
        self.on_call(now, call, |call, _| match call.stage {
            Stage::Established => {
                call.change.want(hold);
                Ok(())
            }
            Stage::Calling | Stage::Offered if call.is_changeable_early() => {
                call.change.want(hold);
                Ok(())
            }
            Stage::Calling | Stage::Offered | Stage::Ending(_) => {
                Err(CallError::WrongState(call.stage))
            }
            Stage::Ended => Err(CallError::Stale),
        })
    }

    fn on_call(
        &mut self,
        now: Instant,
        call: CallHandle,
        act: impl FnOnce(&mut Call, &mut super::call::Cx<'_, CallHandle>) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        self.command(now, |user, stack, events| {
            user.with_call(stack, events, call, act)
                .unwrap_or(Err(CallError::Stale))
        })
    }
}

/// A session that offers `media`.
pub(super) fn offered(
    stack: &mut Stack,
    media: Vec<LocalMedia>,
) -> Result<(Box<Negotiation>, Session), InviteError> {
    let mut negotiation = negotiation(stack, &media);
    let offer = negotiation.create_offer(media);
    let offer = offer.map_err(|_| InviteError::UnusableMedia)?;
    Ok((negotiation, Session::Offered(offer.into())))
}

/// A session with nothing in it yet.
fn negotiation(stack: &mut Stack, media: &[LocalMedia]) -> Box<Negotiation> {
    Box::new(secure::negotiation(stack.rng(), media))
}

impl UserAgent {
    fn invite(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<super::UaEvent>,
        identity: Identity,
        (to, negotiation, session): (&str, Box<Negotiation>, Session),
    ) -> Result<CallHandle, InviteError> {
        if self.is_busy(stack) {
            return Err(RequestError::LimitReached.into());
        }
        let draft = Draft::new(stack, self.config_of(identity), Method::Invite, to)?;
        self.invite_with(stack, events, identity, (draft, negotiation, session))
    }

    /// Calls with an INVITE that is drafted already.
    pub(super) fn invite_with(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<super::UaEvent>,
        identity: Identity,
        (draft, negotiation, session): (Draft, Box<Negotiation>, Session),
    ) -> Result<CallHandle, InviteError> {
        if self.is_busy(stack) {
            return Err(RequestError::LimitReached.into());
        }
        let tag = draft.from_tag.clone();
        let mut call = Call::new(Role::Caller, &tag);
        call.identity = identity;
        let handle = self
            .calls
            .insert(call)
            .map_err(|_| RequestError::LimitReached)?;
        self.links.by_tag.insert(tag.clone(), handle);
        self.live = self.live.saturating_add(1);
        let sent = self.with_call(stack, events, handle, |call, cx| {
            call.send_initial(cx, draft, negotiation, session)
        });
        if let Some(Err(error)) = sent {
            self.calls.remove(handle);
            self.links.by_tag.remove(&tag);
            self.live = self.live.saturating_sub(1);
            return Err(error);
        }
        Ok(handle)
    }

    fn register(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<super::UaEvent>,
        identity: Identity,
        registrar: &str,
        expires: Duration,
    ) -> Result<RegistrationHandle, RegisterError> {
        let config = self.config_of(identity);
        let registration = Registration::new(stack, config, identity, registrar, expires)?;
        let handle = self
            .registrations
            .insert(registration)
            .map_err(|_| RequestError::LimitReached)?;
        let sent = self.with_registration(stack, events, handle, |registration, cx| {
            let started = registration.start(cx);
            registration.publish(cx);
            started
        });
        // One that could not begin is over, and forgotten already.
        if let Some(Err(error)) = sent {
            return Err(error);
        }
        Ok(handle)
    }

    fn options(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<super::UaEvent>,
        identity: Identity,
        uri: &str,
    ) -> Result<QueryHandle, RequestError> {
        let draft = Draft::new(stack, self.config_of(identity), Method::Options, uri)?;
        self.ask(stack, events, Query::new(identity, draft))
    }

    fn bindings(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<super::UaEvent>,
        (identity, registrar): (Identity, &str),
        fetch: Fetch,
    ) -> Result<QueryHandle, RequestError> {
        let draft = Draft::registering(stack, self.config_of(identity), registrar)?;
        let query = Query::of_bindings(identity, draft, fetch);
        self.ask(stack, events, query)
    }

    fn ask(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<super::UaEvent>,
        query: Query,
    ) -> Result<QueryHandle, RequestError> {
        let handle = self
            .queries
            .insert(query)
            .map_err(|_| RequestError::LimitReached)?;
        let sent = self.with_query(stack, events, handle, |query, cx| query.send(cx));
        if let Some(Err(error)) = sent {
            self.queries.remove(handle);
            return Err(error);
        }
        Ok(handle)
    }
}
