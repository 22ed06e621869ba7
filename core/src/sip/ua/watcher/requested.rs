//! SUBSCRIBE, first and again (RFC 6665 §4.2.1).
//!
//! | it | answer |
//! |---|---|
//! | names no package we have | 489, and those we have |
//! | names `refer` | 403 (RFC 3515 §2.4.4) |
//! | asks for less time than we grant, and less than an hour | 423, and how much it has to be |
//! | is for nobody we know a subscription of | 481 |
//! | is for another one in the same dialog | 403 |
//! | else | what the application says, within a second; or 200, to be authorised later |

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::ToString as _;
use core::time::Duration;

use super::{Asked, EventState, SubscriptionRequest, Watcher, WatcherHandle};
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Events, Stack, Target};
use crate::sip::event::Notifier;
use crate::sip::header::Event;
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::{CallHandle, LegId};
use crate::sip::ua::config::UserAgentConfig;
use crate::sip::ua::draft::{self, is_secure, seconds};
use crate::sip::ua::event_dialog::{EventDialog, Place, content_type};
use crate::sip::ua::event_service::HANDLERS;
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::links::Usage;
use crate::sip::ua::refer;
use crate::sip::ua::requests::{Refusal, Request, come_back};

/// How long the application may take to answer: a user takes longer, and nobody may wait for a user
/// (§4.2.1.1).
pub(super) const DECISION: Duration = Duration::from_secs(1);
/// §4.2.1.1: who asks for an hour never asks for too little.
const HOUR: u32 = 3600;

/// §8.3.2: the package is none of ours, which are these.
fn bad_event(config: &UserAgentConfig) -> Refusal {
    let packages = config.packages().join(", ");
    let (status, name) = (StatusCode::BAD_EVENT, HeaderName::AllowEvents);
    Refusal::with(status, name, packages.as_bytes())
}

/// Whether a package is one of ours.
fn known(package: &str, config: &UserAgentConfig) -> Result<(), Refusal> {
    let is_ours = config.packages().iter().any(|one| one == package);
    is_ours.then_some(()).ok_or_else(|| bad_event(config))
}

/// The Event of a SUBSCRIBE. §4.2.3: without one it is of PINT, which we have not.
fn event_of<'a>(message: &'a Message, config: &UserAgentConfig) -> Result<Event<'a>, Refusal> {
    let mut values = message.fields(HeaderName::Event);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(Event::parse(value)?),
        // §8.4: it stands once, or nobody knows what is meant.
        (Some(_), Some(_)) => Err(StatusCode::BAD_REQUEST.into()),
        (None, _) => Err(bad_event(config)),
    }
}

/// §4.2.1.1: for how many seconds.
fn granted(message: &Message, config: &UserAgentConfig) -> Result<u32, Refusal> {
    let (shortest, longest) = match &config.events {
        Some(events) => (events.shortest, seconds(events.longest)),
        None => (Duration::ZERO, HOUR),
    };
    let asked = message.expires()?.unwrap_or(longest);
    let least = seconds(shortest).min(HOUR);
    if asked > 0 && asked < least {
        let status = StatusCode::INTERVAL_TOO_BRIEF;
        let least = least.to_string();
        return Err(Refusal::with(
            status,
            HeaderName::MinExpires,
            least.as_bytes(),
        ));
    }
    Ok(asked.min(longest))
}

impl UserAgent {
    /// Takes a SUBSCRIBE that begins a subscription.
    pub(in crate::sip::ua) fn on_subscribe(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        let identity = self.called(message);
        let config = self.config_of(identity);
        let event = event_of(message, config)?;
        let name = event.event_type.0;
        if name == refer::PACKAGE {
            return Err(StatusCode::FORBIDDEN.into());
        }
        known(name, config)?;
        let secs = granted(message, config)?;
        let asked = SubscriptionRequest {
            identity,
            from: message.from()?.uri.into(),
            to: message.request_uri().unwrap_or_default().into(),
            event: name.into(),
            expires: Duration::from_secs(secs.into()),
            accept: draft::methods(message.fields(HeaderName::Accept)),
            content_type: content_type(message),
            body: message.body().into(),
        };
        let watcher = Watcher {
            event: name.into(),
            id: event.id.map(Box::from),
            ..self.watcher(stack, request, secs)?
        };
        let me = self.add_watcher(stack, watcher)?;
        events.push(UaEvent::SubscriptionRequested {
            watcher: me,
            request: Box::new(asked),
        });
        self.settle_watcher(stack, events, me);
        Ok(())
    }

    /// Somebody who watches in a dialog that this request begins.
    pub(super) fn watcher(
        &self,
        stack: &mut Stack,
        request: &Request,
        secs: u32,
    ) -> Result<Watcher, Refusal> {
        let message = &*request.message;
        let tag = stack.new_tag();
        let called = message.request_uri().unwrap_or_default();
        let dialog = Dialog::of_request(message, &tag, is_secure(called));
        let mut dialog = dialog.map_err(|_| StatusCode::BAD_REQUEST)?;
        dialog.confirm();
        let fallback = Target::from(request.source);
        let now = stack.now();
        Ok(Watcher {
            identity: self.called(message),
            machine: Notifier::new(now, secs),
            event: Box::default(),
            id: None,
            from: message.from()?.uri.into(),
            place: Place::Own(Box::new(EventDialog::new(dialog, fallback))),
            local_tag: tag.into(),
            asked: Some(Asked {
                transaction: request.transaction,
                until: now + DECISION,
                secs,
            }),
            referral: None,
            latest: EventState::default(),
            waiting: VecDeque::new(),
            under_way: None,
            timer: None,
            ending: None,
            is_over: false,
        })
    }

    /// Takes somebody into the tables; 503 if they are full.
    pub(super) fn add_watcher(
        &mut self,
        stack: &mut Stack,
        watcher: Watcher,
    ) -> Result<WatcherHandle, Refusal> {
        if self.watchers.len() >= stack.limits().subscriptions {
            let secs = format!("{}", stack.limits().retry_after_secs);
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(Refusal::with(
                status,
                HeaderName::RetryAfter,
                secs.as_bytes(),
            ));
        }
        self.handlers = Some(&HANDLERS);
        let shared = watcher.place.shared();
        let tag = watcher.local_tag.clone();
        let me = self.watchers.insert(watcher);
        let me = me.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        match shared {
            Some((call, leg)) => {
                self.links.usages.insert((call, leg, Usage::Watcher(me)));
            }
            None => {
                self.links.watchers.insert(tag, me);
            }
        }
        Ok(me)
    }

    /// Takes a SUBSCRIBE to a tag of ours that is of no call.
    pub(in crate::sip::ua) fn on_resubscribe(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        tag: &str,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        let none = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        let me = *self.links.watchers.get(tag).ok_or(none)?;
        let event = event_of(message, &self.config)?;
        let it = self.watchers.get_mut(me).ok_or(none)?;
        let (from, call_id) = (message.from()?, message.call_id()?);
        let own = it.place.own_mut().ok_or(none)?;
        let id = own.dialog.id();
        if *id.remote_tag != *from.tag.unwrap_or_default() || *id.call_id != *call_id {
            return Err(none.into());
        }
        if own.dialog.receive_sequence(message.cseq()?.number).is_err() {
            return Err(StatusCode::SERVER_INTERNAL_ERROR.into());
        }
        own.refresh(stack, message, request.source.into());
        let (is_over, identity) = (it.is_over || it.ending.is_some(), it.identity);
        if !it.is_named(&event) {
            // §4.5.2: no dialog is shared; and what is not there is not there in it either.
            known(event.event_type.0, self.config_of(identity))?;
            return Err(StatusCode::FORBIDDEN.into());
        }
        if is_over {
            return Err(none.into());
        }
        self.refresh_watcher(stack, events, me, request)
    }

    /// Takes a SUBSCRIBE in the dialog of a call, whose sequence was looked at: of one who has sent a
    /// REFER in it (RFC 3515 §2.4.4).
    pub(in crate::sip::ua) fn on_resubscribe_in_call(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        (call, leg): (CallHandle, LegId),
    ) -> Result<(), Refusal> {
        let event = event_of(&request.message, &self.config)?;
        let found = self
            .links
            .usages_of(call, leg)
            .find_map(|usage| match usage {
                Usage::Watcher(me) => {
                    let it = self.watchers.get(me)?;
                    // Who has sent one REFER in the dialog may not say which.
                    let is_any = event.id.is_none() && event.event_type.0 == refer::PACKAGE;
                    let is_it = it.is_named(&event) || (is_any && it.is_referral());
                    (is_it && !it.is_over && it.ending.is_none()).then_some(me)
                }
                Usage::Subscription(_) => None,
            });
        let Some(me) = found else {
            // RFC 3515 §2.4.4: nothing but REFER makes one.
            return Err(match event.event_type.0 {
                refer::PACKAGE => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_EVENT,
            }
            .into());
        };
        self.refresh_watcher(stack, events, me, request)
    }

    fn refresh_watcher(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: WatcherHandle,
        request: &Request,
    ) -> Result<(), Refusal> {
        let none = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        let it = self.watchers.get(me).ok_or(none)?;
        if it.asked.is_some() {
            // It has no answer yet itself.
            return Err(come_back(stack));
        }
        let secs = granted(&request.message, self.config_of(it.identity))?;
        self.with_watcher(stack, events, me, |it, cx| {
            it.accept_for(cx, request.transaction, secs);
            it.machine.refresh(cx.stack.now(), secs);
            if secs == 0 {
                it.ending = Some(super::WatcherEnd::Left);
            }
            it.tell_again();
        });
        Ok(())
    }
}
