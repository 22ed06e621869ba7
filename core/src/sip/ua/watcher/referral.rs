//! Following a REFER (RFC 3515 §2.4.2 to §2.4.7): contacting whom we were asked to contact, and
//! telling how it goes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{EventState, Watcher, WatcherEnd, WatcherError, WatcherHandle};
use crate::sdp::LocalMedia;
use crate::sip::endpoint::{Endpoint, Events, Stack};
use crate::sip::message::{HeaderName, Method, StatusCode};
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::{Call, CallHandle, Cx, Stage};
use crate::sip::ua::commands;
use crate::sip::ua::draft::Draft;
use crate::sip::ua::errors::RequestError;
use crate::sip::ua::events::{EndReason, UaEvent};
use crate::sip::ua::refer::SIPFRAG;
use crate::time::Instant;

impl Endpoint<UserAgent> {
    /// Follows a REFER: calls whom it names, with what it asks for (Replaces, such as), and who asked
    /// (RFC 3892 §2.2). Whoever asked is told how the call goes, until it is answered or fails.
    ///
    /// # Errors
    /// When it is no REFER or followed already, asks for something else than a call, or the call
    /// could not be begun; it can still be refused then.
    pub fn follow_referral(
        &mut self,
        now: Instant,
        referral: WatcherHandle,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Result<CallHandle, WatcherError> {
        let media = media.into();
        self.command(now, |user, stack, events| {
            user.follow_referral(stack, events, referral, media)
        })
    }

    /// Accepts a REFER that is followed by the application itself, as one to a URI that is no SIP
    /// URI: 200, and a NOTIFY of `100 Trying`. [`report_referral`](Self::report_referral) tells the
    /// rest.
    ///
    /// # Errors
    /// When it is no REFER, or followed already.
    pub fn accept_referral(
        &mut self,
        now: Instant,
        referral: WatcherHandle,
    ) -> Result<(), WatcherError> {
        self.on_watcher(now, referral, Watcher::follow)
    }

    /// Tells whoever asked how it goes, in terms of SIP (§2.4.5); a final status is the end.
    ///
    /// # Errors
    /// When it was not accepted, or its end was told.
    pub fn report_referral(
        &mut self,
        now: Instant,
        referral: WatcherHandle,
        status: StatusCode,
    ) -> Result<(), WatcherError> {
        self.on_watcher(now, referral, |it, _| it.report(status))
    }
}

impl UserAgent {
    fn follow_referral(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: WatcherHandle,
        media: Vec<LocalMedia>,
    ) -> Result<CallHandle, WatcherError> {
        let it = self.watchers.get(me).ok_or(WatcherError::Stale)?;
        let identity = it.identity;
        let referral = it.referral.as_ref().ok_or(WatcherError::NotACall)?;
        if it.is_followed() || it.ending.is_some() {
            return Err(WatcherError::WrongState);
        }
        let config = self.config_of(identity);
        let draft = Draft::new(stack, config, Method::Invite, &referral.refer_to);
        let mut draft = draft.map_err(|error| match error {
            RequestError::BadUri => WatcherError::NotACall,
            error => error.into(),
        })?;
        // RFC 3892 §2.2: as it was.
        if let Some(value) = &referral.referred_by {
            draft.ask(HeaderName::ReferredBy, value.as_bytes());
        }
        let session = commands::offered(stack, media);
        let (negotiation, session) = session.map_err(WatcherError::Invite)?;
        let call = self.invite_with(stack, events, identity, (draft, negotiation, session));
        let call = call.map_err(WatcherError::Invite)?;
        if let Some(it) = self.calls.get_mut(call) {
            it.referral = Some(me);
        }
        self.with_watcher(stack, events, me, |it, cx| it.follow(cx));
        // It may be over already.
        self.with_call(stack, events, call, |_, _| {});
        Ok(call)
    }

    /// Tells whoever has asked for a call how that goes.
    pub(in crate::sip::ua) fn tell_referrer(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        (referral, status): (WatcherHandle, StatusCode),
    ) {
        // Whoever does not listen any more has left.
        let _ = self.with_watcher(stack, events, referral, |it, _| it.report(status));
    }
}

impl Watcher {
    /// Whether it is being followed.
    fn is_followed(&self) -> bool {
        self.machine.state() == crate::sip::event::NotifierState::Active
    }

    fn follow(&mut self, cx: &mut Cx<'_, WatcherHandle>) -> Result<(), WatcherError> {
        if !self.is_referral() || self.is_followed() || self.ending.is_some() {
            return Err(WatcherError::WrongState);
        }
        self.accept(cx, true, Some(fragment(StatusCode::TRYING)));
        Ok(())
    }

    fn report(&mut self, status: StatusCode) -> Result<(), WatcherError> {
        if !self.is_referral() || self.asked.is_some() || self.ending.is_some() {
            return Err(WatcherError::WrongState);
        }
        // §2.4.5: each says all there is to say, and so takes the place of what was not sent yet.
        self.waiting.clear();
        self.tell(fragment(status));
        if !status.is_provisional() {
            // §2.4.7.
            self.leave(WatcherEnd::Reported, "noresource", None);
        }
        Ok(())
    }
}

impl Call {
    /// How it goes, for whoever has asked for it, if that is decided now.
    pub(in crate::sip::ua) fn take_referral(&mut self) -> Option<(WatcherHandle, StatusCode)> {
        let status = match self.stage {
            Stage::Calling | Stage::Offered => return None,
            Stage::Established => StatusCode::OK,
            Stage::Ending(reason) => status_of(reason),
            // It is told on the way there.
            Stage::Ended => StatusCode::REQUEST_TERMINATED,
        };
        Some((self.referral.take()?, status))
    }
}

/// The status that says how a call has failed.
fn status_of(reason: EndReason) -> StatusCode {
    match reason {
        EndReason::Rejected(status) | EndReason::Refused(status) => status,
        EndReason::TimedOut => StatusCode::REQUEST_TIMEOUT,
        EndReason::WrongPassword => StatusCode::FORBIDDEN,
        EndReason::NoCommonMedia => StatusCode::NOT_ACCEPTABLE_HERE,
        EndReason::Unreachable | EndReason::NotLocated(_) => StatusCode::SERVICE_UNAVAILABLE,
        EndReason::HungUp
        | EndReason::RemoteHungUp
        | EndReason::Cancelled
        | EndReason::RemoteCancelled
        | EndReason::Unanswered
        | EndReason::Unacknowledged
        | EndReason::DialogLost
        | EndReason::SessionExpired => StatusCode::REQUEST_TERMINATED,
    }
}

/// §2.4.5: a Status-Line, which is the least there is to say.
pub(super) fn fragment(status: StatusCode) -> EventState {
    let line = format!("SIP/2.0 {} {}\r\n", status.as_u16(), status.reason());
    EventState {
        content_type: String::from(SIPFRAG),
        body: line.into_bytes(),
    }
}
