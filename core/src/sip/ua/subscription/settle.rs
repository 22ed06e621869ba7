//! What a subscription of ours does when its state allows: sends what is to be sent, begins anew,
//! sets its timer, goes.

use core::mem;

use super::{Opening, Subscription, SubscriptionEnd, SubscriptionHandle, What, Wish};
use crate::sip::endpoint::{Events, Stack};
use crate::sip::event::{Subscriber, SubscriberDue, SubscriberEnd};
use crate::sip::message::{Method, StatusCode};
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::{Cx, Kind};
use crate::sip::ua::draft::Draft;
use crate::sip::ua::errors::InDialogError;
use crate::sip::ua::event_dialog::Place;
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::identity::config_of;
use crate::sip::ua::links::{ClientUse, Usage};
use crate::sip::ua::standalone::Standalone;
use crate::time::Instant;

impl UserAgent {
    /// Lets `act` change a subscription, then does what its new state allows, and forgets it if it
    /// is over: the one place where subscriptions go.
    pub(in crate::sip::ua) fn with_subscription<R>(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: SubscriptionHandle,
        act: impl FnOnce(&mut Subscription, &mut Cx<'_, SubscriptionHandle>) -> R,
    ) -> Option<R> {
        let result = self.on_subscription(stack, events, me, act)?;
        self.settle_subscription(stack, events, me);
        Some(result)
    }

    fn on_subscription<R>(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: SubscriptionHandle,
        act: impl FnOnce(&mut Subscription, &mut Cx<'_, SubscriptionHandle>) -> R,
    ) -> Option<R> {
        let subscription = self.subscriptions.get_mut(me)?;
        let mut cx = Cx {
            me,
            identity: subscription.identity,
            config: config_of(&self.config, &self.others, subscription.identity),
            links: &mut self.links,
            stack,
            events,
        };
        Some(act(subscription, &mut cx))
    }

    pub(super) fn settle_subscription(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: SubscriptionHandle,
    ) {
        self.on_subscription(stack, events, me, Subscription::look_up_hop);
        self.send_wish(stack, events, me);
        let Some(it) = self.subscriptions.get_mut(me) else {
            return;
        };
        if let Some(timer) = it.timer.take() {
            stack.disarm(timer);
        }
        if !it.is_terminated() {
            if let Some(due) = it.due_at() {
                let after = due.saturating_duration_since(stack.now());
                it.timer = Some(stack.arm(after, Kind::Subscription.of(me)));
            }
            return;
        }
        self.on_subscription(stack, events, me, Subscription::unlink);
        let shared = self
            .subscriptions
            .remove(me)
            .and_then(|it| it.place.shared());
        if let Some((call, _)) = shared {
            // Its dialog may have been kept for this.
            self.with_call(stack, events, call, |_, _| {});
        }
    }

    /// Sends what is to be sent, if the last is answered.
    fn send_wish(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: SubscriptionHandle,
    ) {
        let Some(it) = self.subscriptions.get_mut(me) else {
            return;
        };
        let is_ready = it.opening.is_none() && it.under_way.is_none() && !it.is_over;
        if !is_ready || matches!(it.place, Place::None) {
            return;
        }
        let Some(wish) = it.wish.take() else {
            return;
        };
        if self.send_for(stack, events, me, wish).is_err() {
            self.on_subscription(stack, events, me, |it, cx| {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                it.take_answer(cx, wish, (status, None), (None, None));
            });
        }
    }

    /// Sends in its dialog what a wish is for.
    pub(super) fn send_for(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: SubscriptionHandle,
        wish: Wish,
    ) -> Result<(), InDialogError> {
        let it = self.subscriptions.get_mut(me).ok_or(InDialogError::Stale)?;
        let (request, identity) = (it.request(wish), it.identity);
        let mut place = mem::replace(&mut it.place, Place::None);
        let used = (identity, ClientUse::Subscribe(me));
        let sent = self.send_event_request(stack, events, used, &mut place, &request);
        let it = self.subscriptions.get_mut(me).ok_or(InDialogError::Stale)?;
        it.place = place;
        let transaction = sent?;
        let cseq = stack.sent_request(transaction);
        let cseq = cseq.and_then(|it| it.cseq().ok());
        if let (Wish::Refer, Some(cseq)) = (wish, cseq) {
            it.cseq = cseq.number;
        }
        it.under_way = Some((transaction, wish));
        let (now, timer_n) = (stack.now(), stack.timings().t1 * 64);
        match wish {
            Wish::Leave => it.machine.sent_last(now, timer_n),
            Wish::Refresh | Wish::Refer => it.machine.sent(now, timer_n),
        }
        Ok(())
    }
}

impl Subscription {
    /// When it has something to do. One that is over may wait for other forks still.
    pub(super) fn due_at(&self) -> Option<Instant> {
        let forks_until = self.forks_until.filter(|_| self.is_over);
        let due = [self.machine.due_at(), self.retry_at, forks_until];
        due.into_iter().flatten().min()
    }

    /// Acts on its timer.
    pub(in crate::sip::ua) fn on_timer(&mut self, cx: &mut Cx<'_, SubscriptionHandle>) {
        let now = cx.stack.now();
        self.timer = None;
        while let Some(due) = self.machine.on_time(now) {
            match due {
                // RFC 3515 §2.4.7: nobody is obliged to.
                SubscriberDue::Refresh if self.is_referral() => {}
                SubscriberDue::Refresh => {
                    self.wish.get_or_insert(Wish::Refresh);
                }
                SubscriberDue::End(end) => self.end(cx, end, (None, None)),
            }
        }
        if self.is_over && self.forks_until.is_some_and(|until| until <= now) {
            self.forks_until = None;
        }
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
            self.begin_anew(cx);
        }
    }

    /// §4.1.2.2: an unrelated SUBSCRIBE, with a Call-ID and a tag of its own.
    pub(super) fn begin_anew(&mut self, cx: &mut Cx<'_, SubscriptionHandle>) {
        let What::Subscribe(subscribe) = &self.what else {
            return;
        };
        let subscribe = subscribe.clone();
        self.unlink(cx);
        let draft = Draft::new(cx.stack, cx.config, Method::Subscribe, &self.to);
        let Ok(draft) = draft else {
            // Only what was restored can be of a URI that nobody can be asked at.
            self.finish(cx, SubscriptionEnd::Unreachable);
            return;
        };
        let now = cx.stack.now();
        self.began = now;
        self.machine = Subscriber::new(now, cx.stack.timings().t1 * 64);
        self.is_forked = false;
        self.under_way = None;
        self.cseq = draft.cseq;
        self.local_tag = draft.from_tag.clone();
        self.call_id = draft.call_id.clone();
        let entry = cx.links.subscribers.entry(self.local_tag.clone());
        entry.or_default().push(cx.me);
        let opening = Standalone::new(self.identity, draft, subscribe);
        self.opening = Some(Opening::Subscribe(alloc::boxed::Box::new(opening)));
        if self.open(cx).is_err() {
            self.opening = None;
            let refused = SubscriberEnd::Refused(StatusCode::SERVICE_UNAVAILABLE);
            self.end(cx, refused, (None, None));
        }
    }

    /// Looks its next hop up, if that is new.
    fn look_up_hop(&mut self, cx: &mut Cx<'_, SubscriptionHandle>) {
        if let Some(own) = self.place.own_mut().filter(|_| !self.is_over) {
            own.look_up(cx, ClientUse::Subscribe(cx.me));
        }
    }

    /// Takes it out of the tables by which NOTIFYs find it, and lets its dialog go.
    pub(super) fn unlink(&mut self, cx: &mut Cx<'_, SubscriptionHandle>) {
        if let Place::Own(own) = &mut self.place {
            own.close(cx);
            self.place = Place::None;
        }
        if let Some((call, leg)) = self.place.shared() {
            let usage = Usage::Subscription(cx.me);
            cx.links.usages.remove(&(call, leg, usage));
            return;
        }
        if let Some(those) = cx.links.subscribers.get_mut(&self.local_tag) {
            those.retain(|it| *it != cx.me);
            if those.is_empty() {
                cx.links.subscribers.remove(&self.local_tag);
            }
        }
    }
}
