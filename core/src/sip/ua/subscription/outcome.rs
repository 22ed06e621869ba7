//! What became of a SUBSCRIBE or REFER of ours (RFC 6665 §4.1.2; RFC 3515 §2.4.2, RFC 4488 §4).

use alloc::boxed::Box;
use core::mem;
use core::time::Duration;

use super::{Opening, Subscription, SubscriptionEnd, SubscriptionHandle, What, Wish};
use crate::sip::endpoint::{Events, LocationHandle, SelectError, Stack, Way};
use crate::sip::event::SubscriberEnd;
use crate::sip::message::StatusCode;
use crate::sip::transaction::ClientHandle;
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::Cx;
use crate::sip::ua::details::Details;
use crate::sip::ua::draft::seconds;
use crate::sip::ua::event_dialog::Place;
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::links::ClientUse;
use crate::sip::ua::outcome::Outcome;
use crate::sip::ua::refer;

impl UserAgent {
    /// Acts on what became of a SUBSCRIBE or REFER.
    pub(in crate::sip::ua) fn on_subscribe_outcome(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        (me, transaction): (SubscriptionHandle, ClientHandle),
        outcome: Outcome<'_>,
    ) {
        if outcome.status().is_provisional() {
            return;
        }
        let Some(it) = self.subscriptions.get_mut(me) else {
            return;
        };
        if it.opening.is_some() {
            if !it.is_opened_by(transaction) {
                // It was begun anew since.
                return;
            }
            self.with_subscription(stack, events, me, |it, cx| {
                if it.is_over {
                    // Nobody asks again, whatever the answer asks for.
                    it.opening = None;
                }
                let used = ClientUse::Subscribe(cx.me);
                let over = match &mut it.opening {
                    Some(Opening::Subscribe(opening)) => opening.on_outcome(cx, used, outcome),
                    Some(Opening::Refer(opening)) => opening.on_outcome(cx, used, outcome),
                    None => return,
                };
                it.on_opened(cx, over);
            });
            return;
        }
        let Some((_, wish)) = it.under_way.take_if(|(sent, _)| *sent == transaction) else {
            return;
        };
        if let Some(response) = outcome.message() {
            let identity = it.identity;
            let is_longer = match &mut it.what {
                What::Subscribe(subscribe) => subscribe.lengthen(response),
                What::Refer(_) => false,
            };
            let mut place = mem::replace(&mut it.place, Place::None);
            let is_improved =
                self.is_event_request_improved(stack, events, identity, &mut place, response);
            let Some(it) = self.subscriptions.get_mut(me) else {
                return;
            };
            it.place = place;
            if (is_improved || is_longer) && !it.is_over {
                // What has been wished meanwhile says at least as much.
                it.wish.get_or_insert(wish);
                self.settle_subscription(stack, events, me);
                return;
            }
        }
        self.with_subscription(stack, events, me, |it, cx| {
            it.on_answered(cx, wish, outcome)
        });
    }

    /// Takes what came of a search for a server: of the first request, or of the dialog's.
    pub(in crate::sip::ua) fn on_subscription_located(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: SubscriptionHandle,
        (location, found): (LocationHandle, Result<Way, SelectError>),
    ) {
        self.with_subscription(stack, events, me, |it, cx| {
            let used = ClientUse::Subscribe(cx.me);
            let over = match (&mut it.opening, &mut it.place) {
                (Some(Opening::Subscribe(opening)), _) if opening.awaits(location) => {
                    opening.on_located(cx, used, location, found)
                }
                (Some(Opening::Refer(opening)), _) if opening.awaits(location) => {
                    opening.on_located(cx, used, location, found)
                }
                (_, Place::Own(own)) => return own.on_located(location, found),
                (_, Place::None | Place::Call(..)) => return,
            };
            it.on_opened(cx, over);
        });
    }
}

impl Subscription {
    /// The first request was sent again, or is over.
    fn on_opened(&mut self, cx: &mut Cx<'_, SubscriptionHandle>, over: Option<Outcome<'_>>) {
        let Some(outcome) = over else {
            let timer_n = cx.stack.timings().t1 * 64;
            self.note_opening(cx.stack.now(), timer_n);
            return;
        };
        self.cseq = self.opening_cseq();
        let wish = match self.opening.take() {
            Some(Opening::Subscribe(opening)) => {
                self.what = What::Subscribe(opening.into_content());
                Wish::Refresh
            }
            Some(Opening::Refer(_)) => Wish::Refer,
            None => return,
        };
        self.on_answered(cx, wish, outcome);
    }

    /// Whether the request that opens it was sent in this transaction last.
    fn is_opened_by(&self, transaction: ClientHandle) -> bool {
        match &self.opening {
            Some(Opening::Subscribe(opening)) => opening.is_sent_in(transaction),
            Some(Opening::Refer(opening)) => opening.is_sent_in(transaction),
            None => false,
        }
    }

    /// The CSeq number of the request that opened it, as it was sent last.
    pub(super) fn opening_cseq(&self) -> u32 {
        match &self.opening {
            Some(Opening::Subscribe(opening)) => opening.cseq(),
            Some(Opening::Refer(opening)) => opening.cseq(),
            None => self.cseq,
        }
    }

    /// Acts on the final answer to a request, or on the lack of one.
    fn on_answered(
        &mut self,
        cx: &mut Cx<'_, SubscriptionHandle>,
        wish: Wish,
        outcome: Outcome<'_>,
    ) {
        if wish == Wish::Refer && !self.is_over {
            cx.events.push(UaEvent::ReferAnswered {
                subscription: cx.me,
                status: outcome.reported(),
                details: outcome.details(),
            });
            let success = outcome.message().filter(|_| outcome.status().is_success());
            // RFC 4488 §4: it says so itself that it makes none.
            if success.is_some_and(refer::is_unwatched) {
                self.finish(cx, SubscriptionEnd::NotMade);
                return;
            }
        }
        let expires = outcome.message().and_then(|it| it.expires().ok().flatten());
        let told = (outcome.reported(), outcome.details());
        self.take_answer(cx, wish, (outcome.status(), expires), told);
    }

    pub(super) fn take_answer(
        &mut self,
        cx: &mut Cx<'_, SubscriptionHandle>,
        wish: Wish,
        (status, expires): (StatusCode, Option<u32>),
        told: (Option<StatusCode>, Option<Box<Details>>),
    ) {
        if self.is_over {
            return;
        }
        // RFC 6665 §4.1.2.1: who does not say grants what was asked for.
        let granted = match (&self.what, wish) {
            (What::Subscribe(it), Wish::Refresh) => expires.or(Some(seconds(it.expires))),
            (What::Subscribe(_) | What::Refer(_), _) => None,
        };
        let end = self.machine.answered(cx.stack.now(), status, granted);
        if status.is_success() {
            let secs = granted.filter(|_| wish == Wish::Refresh && !self.is_leaving);
            if let Some(secs) = secs {
                cx.events.push(UaEvent::Subscribed {
                    subscription: cx.me,
                    expires: Duration::from_secs(secs.into()),
                });
            }
            return;
        }
        // Nobody is there to end it, then.
        let lost = (wish == Wish::Leave).then_some(SubscriberEnd::Unnotified);
        if let Some(end) = end.filter(|_| lost.is_none()).or(lost) {
            self.end(cx, end, told);
        }
    }

    /// It is over for good.
    pub(super) fn finish(&mut self, cx: &mut Cx<'_, SubscriptionHandle>, reason: SubscriptionEnd) {
        self.machine.terminate();
        self.wish = None;
        self.forks_until = None;
        self.is_over = true;
        cx.events.push(UaEvent::SubscriptionEnded {
            subscription: cx.me,
            reason,
            retry_in: None,
            details: None,
        });
    }
}
