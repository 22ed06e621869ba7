//! The NOTIFYs of others (RFC 6665 §4.1.3, §4.4.1; RFC 3515 §2.4.4 to §2.4.7).
//!
//! | it | answer |
//! |---|---|
//! | belongs to a subscription of ours | 200 |
//! | comes from another fork of our SUBSCRIBE, in time | 200, and there is one more subscription; or 481 |
//! | is of a type we did not ask for | 415 |
//! | has no Event or one of no subscription of the dialog | 489 |
//! | belongs to none | 481 |

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Notification, Subscription, SubscriptionHandle, What};
use crate::Limits;
use crate::sip::body::SipFragment;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Events, Stack, Target};
use crate::sip::event::{SubscriberEnd, SubscriberState};
use crate::sip::header::{Event, MediaType, SubscriptionState};
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::{CallHandle, Cx, LegId};
use crate::sip::ua::draft::{is_secure, seconds};
use crate::sip::ua::event_dialog::{EventDialog, Place, content_type};
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::links::Usage;
use crate::sip::ua::refer::SIPFRAG;
use crate::sip::ua::requests::{Refusal, Request, respond};

/// How long a subscription lasts where neither end says (RFC 6665 §4.2.2 has the notifier say).
const UNSAID: Duration = Duration::from_secs(600);

/// What of a NOTIFY decides about it.
struct Notice<'a> {
    event: Event<'a>,
    state: SubscriptionState<'a>,
    remote_tag: &'a str,
    call_id: &'a str,
}

impl<'a> Notice<'a> {
    fn of(message: &'a Message) -> Result<Self, Refusal> {
        let field = |name, missing: StatusCode| message.field(name).ok_or(missing);
        let event = field(HeaderName::Event, StatusCode::BAD_EVENT)?;
        let state = field(HeaderName::SubscriptionState, StatusCode::BAD_REQUEST)?;
        Ok(Self {
            event: Event::parse(event)?,
            state: SubscriptionState::parse(state)?,
            remote_tag: message.from()?.tag.unwrap_or_default(),
            call_id: message.call_id()?,
        })
    }
}

impl UserAgent {
    /// Takes a NOTIFY to a tag of ours that is of no call.
    pub(in crate::sip::ua) fn on_notify(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        tag: &str,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        let notice = Notice::of(message)?;
        let none = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        let ours = self.links.subscribers.get(tag).ok_or(none)?.clone();
        let in_dialog = |me: &SubscriptionHandle| {
            let it = self.subscriptions.get(*me)?;
            let id = it.place.own()?.dialog.id();
            let is_it = *id.remote_tag == *notice.remote_tag && *id.call_id == *notice.call_id;
            is_it.then_some(*me)
        };
        let me = match ours.iter().find_map(in_dialog) {
            Some(me) => {
                self.check_notice(me, &notice)?.check_type(message)?;
                me
            }
            None => self.new_usage(stack, events, &ours, (request, &notice))?,
        };
        let source = request.source;
        let it = self.subscriptions.get_mut(me).ok_or(none)?;
        if let Some(own) = it.place.own_mut() {
            // §12.2.2 of RFC 3261: a number that is not higher is out of order.
            let is_new = own.dialog.remote_seq() == Some(message.cseq()?.number) && !it.is_seen;
            if !is_new && own.dialog.receive_sequence(message.cseq()?.number).is_err() {
                return Err(StatusCode::SERVER_INTERNAL_ERROR.into());
            }
            own.refresh(stack, message, source.into());
        }
        it.is_seen = true;
        self.take_notice(stack, events, me, (request, &notice.state));
        Ok(())
    }

    /// Takes a NOTIFY in the dialog of a call, whose sequence was looked at.
    pub(in crate::sip::ua) fn on_notify_in_call(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        (call, leg): (CallHandle, LegId),
    ) -> Result<(), Refusal> {
        let notice = Notice::of(&request.message)?;
        let here = self.links.usages_of(call, leg);
        let subscriptions = here.filter_map(|usage| match usage {
            Usage::Subscription(me) => Some(me),
            Usage::Watcher(_) => None,
        });
        let ours: Vec<_> = subscriptions
            .filter_map(|me| Some((me, self.subscriptions.get(me)?)))
            .filter(|(_, it)| it.event() == notice.event.event_type.0)
            .map(|(me, it)| (me, it.cseq, it.is_first_refer))
            .collect();
        if ours.is_empty() && notice.event.event_type.0 != crate::sip::ua::refer::PACKAGE {
            return Err(StatusCode::BAD_EVENT.into());
        }
        let id = notice.event.id.map(str::parse::<u32>);
        let found = match id {
            Some(Ok(id)) => ours.iter().find(|(_, cseq, _)| *cseq == id),
            Some(Err(_)) => None,
            // RFC 3515 §2.4.6: to the first REFER in a dialog it need not say; one that never says
            // can only mean the one there is.
            None => match ours.as_slice() {
                [only] => Some(only),
                several => several.iter().find(|(_, _, is_first)| *is_first),
            },
        };
        let none = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        let me = found.map(|(me, ..)| *me).ok_or(none)?;
        let it = self.subscriptions.get(me).ok_or(none)?;
        it.check_type(&request.message)?;
        self.take_notice(stack, events, me, (request, &notice.state));
        Ok(())
    }

    /// §4.1.3: whether a NOTIFY in the dialog of a subscription is for that.
    fn check_notice(
        &self,
        me: SubscriptionHandle,
        notice: &Notice<'_>,
    ) -> Result<&Subscription, Refusal> {
        let none = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        let it = self.subscriptions.get(me).ok_or(none)?;
        if it.event() != notice.event.event_type.0 {
            return Err(StatusCode::BAD_EVENT.into());
        }
        if it.is_terminated() || it.retry_at.is_some() || !it.is_id(notice.event.id) {
            return Err(none.into());
        }
        Ok(it)
    }

    /// §4.4.1: a NOTIFY of a notifier that has not notified yet makes a dialog, of the SUBSCRIBE that
    /// waits for one or, of another fork, of a subscription more.
    fn new_usage(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        ours: &[SubscriptionHandle],
        (request, notice): (&Request, &Notice<'_>),
    ) -> Result<SubscriptionHandle, Refusal> {
        let none = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        let message = &*request.message;
        let opened = ours.iter().find_map(|me| {
            let it = self.subscriptions.get(*me)?;
            let is_it = *it.call_id == *notice.call_id && !it.is_forked;
            is_it.then_some(*me)
        });
        let first = opened.ok_or(none)?;
        let it = self.subscriptions.get(first).ok_or(none)?;
        if it.event() != notice.event.event_type.0 {
            return Err(StatusCode::BAD_EVENT.into());
        }
        // §4.1.2.4: after Timer N nobody new is waited for.
        let in_time = it.forks_until.is_some_and(|until| stack.now() < until);
        if !in_time || !it.is_id(notice.event.id) {
            return Err(none.into());
        }
        let is_more = !matches!(it.place, Place::None);
        if is_more && !it.takes_forks() {
            return Err(none.into());
        }
        // §4.4.1: one that is refused makes no dialog.
        it.check_type(message)?;
        let dialog = Dialog::of_notify(message, it.opening_cseq(), is_secure(&it.to));
        let dialog = dialog.map_err(|_| StatusCode::BAD_REQUEST)?;
        let fallback = Target::from(request.source);
        let me = if is_more {
            let fork = it.fork(stack);
            let me = self.add_subscription(stack, fork);
            let me = me.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
            events.push(UaEvent::SubscriptionForked {
                subscription: me,
                first,
            });
            me
        } else {
            first
        };
        self.with_subscription(stack, events, me, |it, _| {
            it.place = Place::Own(Box::new(EventDialog::new(dialog, fallback)));
            it.is_seen = false;
        });
        Ok(me)
    }

    /// Answers a NOTIFY that is in order, and acts on it.
    fn take_notice(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: SubscriptionHandle,
        (request, state): (&Request, &SubscriptionState<'_>),
    ) {
        let message = &*request.message;
        let Some(it) = self.subscriptions.get(me) else {
            return;
        };
        let (config, tag) = (self.config_of(it.identity), it.local_tag.clone());
        let transaction = request.transaction;
        respond(
            stack,
            config,
            transaction,
            message,
            StatusCode::OK,
            &tag,
            |_| {},
        );
        self.with_subscription(stack, events, me, |it, cx| {
            it.on_notice(cx, state, message);
        });
    }
}

impl Subscription {
    /// Whether an `id` of Event is that of this subscription (RFC 6665 §8.2.1). Outside calls a
    /// dialog has one subscription only, and RFC 3515 has the NOTIFYs to a REFER carry its CSeq.
    fn is_id(&self, id: Option<&str>) -> bool {
        match (id, &self.what) {
            (None, _) => true,
            (Some(_), What::Subscribe(_)) => false,
            (Some(id), What::Refer(_)) => id.parse() == Ok(self.opening_cseq()),
        }
    }

    /// RFC 3261 §8.2.3: a body of a type that was not asked for is refused.
    fn check_type(&self, message: &Message) -> Result<(), Refusal> {
        if message.body().is_empty() {
            return Ok(());
        }
        let accept: &[String] = match &self.what {
            What::Subscribe(subscribe) => &subscribe.accept,
            What::Refer(_) => &[],
        };
        let value = message.field(HeaderName::ContentType).unwrap_or_default();
        let kind = MediaType::parse(value).map_err(|_| StatusCode::BAD_REQUEST)?;
        let is_it = |range: &str| {
            MediaType::parse(range.as_bytes())
                .is_ok_and(|range| range.accepts(kind.kind, kind.subtype))
        };
        let (is_taken, taken) = match &self.what {
            What::Refer(_) => (is_it(SIPFRAG), SIPFRAG.into()),
            What::Subscribe(_) if accept.is_empty() => (true, String::new()),
            What::Subscribe(_) => (accept.iter().any(|range| is_it(range)), accept.join(", ")),
        };
        if is_taken {
            return Ok(());
        }
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Err(Refusal::with(status, HeaderName::Accept, taken.as_bytes()))
    }

    /// A subscription more, for another notifier that our SUBSCRIBE has reached.
    fn fork(&self, stack: &Stack) -> Self {
        let what = match &self.what {
            What::Subscribe(it) => What::Subscribe(it.clone()),
            What::Refer(it) => What::Refer(it.clone()),
        };
        let timer_n = stack.timings().t1 * 64;
        let ids = (&*self.local_tag, &*self.call_id);
        let mut fork = Self::new(self.identity, stack.now(), (what, &self.to), ids, timer_n);
        fork.cseq = self.opening_cseq();
        fork.is_forked = true;
        fork.forks_until = None;
        fork
    }

    fn on_notice(
        &mut self,
        cx: &mut Cx<'_, SubscriptionHandle>,
        state: &SubscriptionState<'_>,
        message: &Message,
    ) {
        let now = cx.stack.now();
        let end = self.machine.notified(now, state);
        if end.is_none() && self.machine.expires_at().is_none() {
            let asked = match &self.what {
                What::Subscribe(it) => Duration::from_secs(seconds(it.expires).into()),
                What::Refer(_) => UNSAID,
            };
            self.machine.assume(now, asked);
        }
        // It was left before anybody had notified.
        if self.is_leaving && end.is_none() && !self.machine.is_ending() {
            self.wish = Some(super::Wish::Leave);
        }
        if self.is_referral() {
            self.tell_progress(cx, state, message);
        } else {
            let notification = Notification {
                state: match end {
                    Some(_) => SubscriberState::Terminated,
                    None => self.machine.state(),
                },
                reason: state.reason.map(String::from),
                content_type: content_type(message),
                body: message.body().into(),
            };
            cx.events.push(UaEvent::Notified {
                subscription: cx.me,
                notification: Box::new(notification),
            });
        }
        if let Some(end @ SubscriberEnd::Terminated(_)) = end {
            self.end(cx, end, (None, None));
        }
    }

    /// Whether every notifier that it has reached makes a subscription.
    pub(super) const fn takes_forks(&self) -> bool {
        match &self.what {
            What::Subscribe(subscribe) => subscribe.takes_forks,
            // A REFER that forks is followed by each (RFC 3515 §2.4.4 knows of one).
            What::Refer(_) => false,
        }
    }

    /// Whether the state was asked for once, and no more.
    pub(super) fn asked_once(&self) -> bool {
        matches!(&self.what, What::Subscribe(it) if it.expires.is_zero())
    }

    /// RFC 3515 §2.4.5: the status that the body of the NOTIFY begins with.
    fn tell_progress(
        &self,
        cx: &mut Cx<'_, SubscriptionHandle>,
        state: &SubscriptionState<'_>,
        message: &Message,
    ) {
        let limits: &Limits = cx.stack.limits();
        let fragment = SipFragment::parse(message.body(), limits);
        let status = fragment.ok().and_then(|it| it.status());
        if let Some(status) = status {
            cx.events.push(UaEvent::ReferProgress {
                subscription: cx.me,
                status,
                is_over: state.state == crate::sip::header::Substate::Terminated,
            });
        }
    }
}
