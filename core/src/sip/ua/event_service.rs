//! What others may subscribe to and ask for (RFC 6665 §4.2, RFC 3515), and the way from the layers below
//! to whatever has to do with subscriptions. That is linked only where it is named: by the settings that
//! serve events, or by a command that subscribes, refers, or takes one up again.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::UserAgent;
use super::admission::Served;
use super::call::{CallHandle, Kind, LegId};
use super::events::UaEvent;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Refusal, Request};
use super::subscription::Subscription;
use super::watcher::{Watcher, WatcherHandle};
use crate::arena::Handle;
use crate::sip::endpoint::{Events, LocationHandle, SelectError, Stack, Way};
use crate::sip::message::{HeaderName, StatusCode};
use crate::sip::transaction::{ClientHandle, UserTimer};

/// What others may subscribe to and ask for.
#[derive(Clone)]
pub struct EventService {
    /// The event packages that others may subscribe to (RFC 6665 §4.4.4), such as `presence`; each
    /// SUBSCRIBE is told to the application ([`UaEvent::SubscriptionRequested`]).
    pub packages: Vec<String>,
    /// The shortest subscription that is granted, unless it is a question (RFC 6665 §4.2.1.1); one
    /// hour at most.
    pub shortest: Duration,
    /// The longest subscription that is granted: who asks for more gets this.
    pub longest: Duration,
    /// Whether others may ask us to call somebody (RFC 3515): each REFER is told to the application
    /// ([`UaEvent::Referred`]).
    pub takes_referrals: bool,
    pub(super) handlers: &'static Handlers,
}

impl EventService {
    /// Subscriptions to these packages, from a minute to an hour.
    #[must_use]
    pub fn new<'a>(packages: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            packages: packages.into_iter().map(String::from).collect(),
            shortest: Duration::from_secs(60),
            longest: Duration::from_secs(3600),
            takes_referrals: false,
            handlers: &HANDLERS,
        }
    }

    /// No packages, but REFER.
    #[must_use]
    pub fn referrals() -> Self {
        Self {
            takes_referrals: true,
            ..Self::new([])
        }
    }
}

impl fmt::Debug for EventService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventService")
            .field("packages", &self.packages)
            .field("shortest", &self.shortest)
            .field("longest", &self.longest)
            .field("takes_referrals", &self.takes_referrals)
            .finish_non_exhaustive()
    }
}

/// Where a request of a subscription has come.
#[derive(Clone, Copy)]
pub(super) enum Arrival<'a> {
    /// Outside any dialog.
    Outside,
    /// To a tag of ours that is of no call.
    To(&'a str),
    /// In the dialog of a call, whose sequence was looked at.
    InCall(CallHandle, LegId),
}

/// The entrances.
pub(super) struct Handlers {
    request:
        fn(&mut UserAgent, &mut Stack, &mut Events<UaEvent>, Entered<'_>) -> Result<(), Refusal>,
    timer: fn(&mut UserAgent, &mut Stack, &mut Events<UaEvent>, UserTimer),
    outcome: fn(&mut UserAgent, &mut Stack, &mut Events<UaEvent>, Became<'_>),
    located: fn(&mut UserAgent, &mut Stack, &mut Events<UaEvent>, Found),
    referral: fn(&mut UserAgent, &mut Stack, &mut Events<UaEvent>, (WatcherHandle, StatusCode)),
}

type Entered<'a> = (&'a Request, Served, Arrival<'a>);
type Became<'a> = (ClientUse, ClientHandle, Outcome<'a>);
type Found = (ClientUse, LocationHandle, Result<Way, SelectError>);

pub(super) static HANDLERS: Handlers = Handlers {
    request: UserAgent::take_event_request,
    timer: UserAgent::take_event_timer,
    outcome: UserAgent::take_event_outcome,
    located: UserAgent::take_event_located,
    referral: UserAgent::tell_referrer,
};

impl UserAgent {
    /// Takes a SUBSCRIBE, NOTIFY or REFER.
    pub(super) fn on_event_request(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        entered: Entered<'_>,
    ) -> Result<(), Refusal> {
        match (self.handlers, entered.1) {
            (Some(handlers), _) => (handlers.request)(self, stack, events, entered),
            // RFC 6665 §4.2.1.1, §8.3.2: there is no package at all.
            (None, Served::Subscribe) if matches!(entered.2, Arrival::Outside) => Err(
                Refusal::with(StatusCode::BAD_EVENT, HeaderName::AllowEvents, b""),
            ),
            (None, _) => Err(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST.into()),
        }
    }

    /// Acts on a timer of a subscription.
    pub(super) fn on_event_timer(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        timer: UserTimer,
    ) {
        if let Some(handlers) = self.handlers {
            (handlers.timer)(self, stack, events, timer);
        }
    }

    /// Acts on what became of a SUBSCRIBE, REFER or NOTIFY of ours.
    pub(super) fn on_event_outcome(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        became: Became<'_>,
    ) {
        if let Some(handlers) = self.handlers {
            (handlers.outcome)(self, stack, events, became);
        }
    }

    /// Takes what came of a search for the server of one.
    pub(super) fn on_event_located(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        found: Found,
    ) {
        if let Some(handlers) = self.handlers {
            (handlers.located)(self, stack, events, found);
        }
    }

    /// Tells whoever has asked for a call how that goes.
    pub(super) fn on_referral_told(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        told: (WatcherHandle, StatusCode),
    ) {
        if let Some(handlers) = self.handlers {
            (handlers.referral)(self, stack, events, told);
        }
    }

    fn take_event_request(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        (request, served, arrival): Entered<'_>,
    ) -> Result<(), Refusal> {
        match (served, arrival) {
            (Served::Subscribe, Arrival::Outside) => self.on_subscribe(stack, events, request),
            (Served::Subscribe, Arrival::To(tag)) => {
                self.on_resubscribe(stack, events, request, tag)
            }
            (Served::Subscribe, Arrival::InCall(call, leg)) => {
                self.on_resubscribe_in_call(stack, events, request, (call, leg))
            }
            (Served::Notify, Arrival::To(tag)) => self.on_notify(stack, events, request, tag),
            (Served::Notify, Arrival::InCall(call, leg)) => {
                self.on_notify_in_call(stack, events, request, (call, leg))
            }
            (Served::Refer, Arrival::Outside) => self.on_refer(stack, events, request, None),
            (Served::Refer, Arrival::InCall(call, leg)) => {
                self.on_refer(stack, events, request, Some((call, leg)))
            }
            // RFC 6665 §4.1.3: one that names no dialog; and the rest is of calls.
            (_, _) => Err(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST.into()),
        }
    }

    fn take_event_timer(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        timer: UserTimer,
    ) {
        if timer.kind == Kind::Watcher as u16 {
            let me = Handle::from_raw(timer.index, timer.generation);
            self.with_watcher(stack, events, me, Watcher::on_timer);
        } else {
            let me = Handle::from_raw(timer.index, timer.generation);
            self.with_subscription(stack, events, me, Subscription::on_timer);
        }
    }

    fn take_event_outcome(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        (used, transaction, outcome): Became<'_>,
    ) {
        match used {
            ClientUse::Subscribe(me) => {
                self.on_subscribe_outcome(stack, events, (me, transaction), outcome);
            }
            ClientUse::Notify(me) => {
                self.on_notify_outcome(stack, events, (me, transaction), outcome);
            }
            // They are of calls and the like.
            _ => {}
        }
    }

    fn take_event_located(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        (used, location, found): Found,
    ) {
        match used {
            ClientUse::Subscribe(me) => {
                self.on_subscription_located(stack, events, me, (location, found));
            }
            ClientUse::Notify(me) => self.on_watcher_located(me, location, found),
            // They are of calls and the like.
            _ => {}
        }
    }
}
