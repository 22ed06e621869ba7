//! What the application may ask of subscriptions (RFC 6665 §4.1.2; RFC 3515 §2.4.1).

use alloc::boxed::Box;
use alloc::format;
use core::mem;

use super::{Subscribe, Subscription, SubscriptionHandle, What, Wish};
use crate::sip::endpoint::{Endpoint, Events, Stack};
use crate::sip::header::EventType;
use crate::sip::message::{BuildError, HeaderName, Method};
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::{CallHandle, LegState};
use crate::sip::ua::draft::Draft;
use crate::sip::ua::errors::{InDialogError, RequestError, StaleHandle};
use crate::sip::ua::event_dialog::Place;
use crate::sip::ua::event_service::HANDLERS;
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::identity::{Identity, config_of};
use crate::sip::ua::links::Usage;
use crate::sip::ua::refer::Refer;
use crate::sip::uri::Uri;
use crate::time::Instant;

impl Endpoint<UserAgent> {
    /// Subscribes to an event of `to`, a SIP URI (RFC 6665 §4.1.2.1), and goes on doing so until it
    /// is left. [`UaEvent::Notified`] tells the state of the resource, and
    /// [`UaEvent::SubscriptionEnded`] that there is no subscription.
    ///
    /// # Errors
    /// When no SUBSCRIBE could be sent.
    pub fn subscribe(
        &mut self,
        now: Instant,
        to: &str,
        subscribe: Subscribe,
    ) -> Result<SubscriptionHandle, RequestError> {
        self.subscribe_as(now, Identity::FIRST, to, subscribe)
    }

    /// Subscribes to an event of `to` as `identity`.
    ///
    /// # Errors
    /// As of [`subscribe`](Self::subscribe).
    pub fn subscribe_as(
        &mut self,
        now: Instant,
        identity: Identity,
        to: &str,
        subscribe: Subscribe,
    ) -> Result<SubscriptionHandle, RequestError> {
        self.command(now, |user, stack, events| {
            // RFC 6665 §8.4: another would be refused at best.
            let event = EventType::parse(subscribe.event.as_bytes());
            event.map_err(|_| BuildError::Malformed(HeaderName::Event))?;
            let draft = Draft::new(stack, user.config_of(identity), Method::Subscribe, to)?;
            user.open_subscription(stack, events, identity, (What::Subscribe(subscribe), draft))
        })
    }

    /// Asks for the state as it is now, in a subscription that goes on (RFC 6665 §4.4.3).
    ///
    /// # Errors
    /// When it is over, or being left.
    pub fn refresh_subscription(
        &mut self,
        now: Instant,
        subscription: SubscriptionHandle,
    ) -> Result<(), StaleHandle> {
        self.command(now, |user, stack, events| {
            let done = user.with_subscription(stack, events, subscription, |it, _| {
                let may = !it.is_over && !it.is_leaving;
                if may && it.retry_at.is_none() {
                    it.wish.get_or_insert(Wish::Refresh);
                }
                may
            });
            done.filter(|done| *done).map(|_| ()).ok_or(StaleHandle)
        })
    }

    /// Ends a subscription (RFC 6665 §4.1.2.3); [`UaEvent::SubscriptionEnded`] comes after the last
    /// NOTIFY, or when none comes. What a REFER has asked for goes on (RFC 3515 §2.4.4).
    ///
    /// # Errors
    /// When it is over, or being left.
    pub fn leave_subscription(
        &mut self,
        now: Instant,
        subscription: SubscriptionHandle,
    ) -> Result<(), StaleHandle> {
        self.command(now, |user, stack, events| {
            user.with_subscription(stack, events, subscription, Subscription::leave)
                .unwrap_or(Err(StaleHandle))
        })
    }

    /// Asks the far end of a call to contact somebody, such as to transfer the call to them (RFC 3515
    /// §2.4.1). It stays as it is: whoever transfers it hangs up once that has worked.
    /// [`UaEvent::ReferAnswered`] says whether it does, [`UaEvent::ReferProgress`] how it goes.
    ///
    /// A far end that has a URI of its own device is asked outside the dialog (RFC 7647 §4).
    ///
    /// # Errors
    /// When there is nobody to ask, or no REFER could be sent.
    pub fn refer(
        &mut self,
        now: Instant,
        call: CallHandle,
        refer: Refer,
    ) -> Result<SubscriptionHandle, InDialogError> {
        self.command(now, |user, stack, events| {
            user.refer_in_call(stack, events, call, refer)
        })
    }

    /// Asks `to`, a SIP URI, to contact somebody, outside any call.
    ///
    /// # Errors
    /// When no REFER could be sent.
    pub fn refer_outside(
        &mut self,
        now: Instant,
        identity: Identity,
        to: &str,
        refer: Refer,
    ) -> Result<SubscriptionHandle, RequestError> {
        self.command(now, |user, stack, events| {
            if !refer.is_sound() {
                return Err(RequestError::BadUri);
            }
            let draft = Draft::new(stack, user.config_of(identity), Method::Refer, to)?;
            user.open_subscription(stack, events, identity, (What::Refer(refer), draft))
        })
    }
}

impl UserAgent {
    /// A subscription of ours, unless it is over.
    #[must_use]
    pub fn subscription(&self, subscription: SubscriptionHandle) -> Option<&Subscription> {
        let it = self.subscriptions.get(subscription);
        it.filter(|it| !it.is_over)
    }

    /// The subscriptions of ours that are not over.
    pub fn subscriptions(&self) -> impl Iterator<Item = SubscriptionHandle> {
        let those = self.subscriptions.iter().filter(|(_, it)| !it.is_over);
        those.map(|(handle, _)| handle)
    }

    fn open_subscription(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        identity: Identity,
        opened: (What, Draft),
    ) -> Result<SubscriptionHandle, RequestError> {
        let timer_n = stack.timings().t1 * 64;
        let opened = Subscription::opened(identity, stack.now(), opened, timer_n);
        let me = self.add_subscription(stack, opened)?;
        let sent = self.with_subscription(stack, events, me, |it, cx| {
            let sent = it.open(cx);
            if sent.is_err() {
                it.opening = None;
                it.is_over = true;
            }
            sent
        });
        sent.unwrap_or(Err(RequestError::LimitReached)).map(|()| me)
    }

    /// Takes a subscription into the tables.
    pub(super) fn add_subscription(
        &mut self,
        stack: &Stack,
        subscription: Subscription,
    ) -> Result<SubscriptionHandle, RequestError> {
        if self.subscriptions.len() >= stack.limits().subscriptions {
            return Err(RequestError::LimitReached);
        }
        self.handlers = Some(&HANDLERS);
        let shared = subscription.place.shared();
        let tag = subscription.local_tag.clone();
        let me = self.subscriptions.insert(subscription);
        let me = me.map_err(|_| RequestError::LimitReached)?;
        match shared {
            Some((call, leg)) => {
                self.links
                    .usages
                    .insert((call, leg, Usage::Subscription(me)));
            }
            None => self.links.subscribers.entry(tag).or_default().push(me),
        }
        Ok(me)
    }

    fn refer_in_call(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        call: CallHandle,
        mut refer: Refer,
    ) -> Result<SubscriptionHandle, InDialogError> {
        if !refer.is_sound() {
            return Err(RequestError::BadUri.into());
        }
        let it = self.calls.get_mut(call).ok_or(InDialogError::Stale)?;
        let identity = it.identity;
        it.talking_leg()?;
        let leg = it.legs.first_mut().ok_or(InDialogError::NoDialog)?;
        if leg.state != LegState::Confirmed {
            return Err(InDialogError::NoDialog);
        }
        let target = leg.dialog.remote_target();
        if is_gruu(target) {
            let id = leg.dialog.id();
            // RFC 4538 §5: the tags as the far end sees them.
            refer.target_dialog = Some(format!(
                "{};local-tag={};remote-tag={}",
                id.call_id, id.remote_tag, id.local_tag
            ));
            let config = config_of(&self.config, &self.others, identity);
            let draft = Draft::new(stack, config, Method::Refer, target);
            let opened = (What::Refer(refer), draft?);
            return Ok(self.open_subscription(stack, events, identity, opened)?);
        }
        let is_first = !mem::replace(&mut leg.has_referred, true);
        let (leg, to) = (leg.id, Box::<str>::from(target));
        let tag = it.local_tag.clone();
        let opened = (What::Refer(refer), &*to);
        let timer_n = stack.timings().t1 * 64;
        let mut opened = Subscription::new(identity, stack.now(), opened, (&tag, ""), timer_n);
        opened.is_first_refer = is_first;
        opened.place = Place::Call(call, leg);
        opened.forks_until = None;
        let me = self.add_subscription(stack, opened)?;
        let sent = self.send_for(stack, events, me, Wish::Refer);
        self.with_subscription(stack, events, me, |it, _| it.is_over |= sent.is_err());
        sent.map(|()| me)
    }
}

impl Subscription {
    /// It is not wanted any more.
    fn leave(
        &mut self,
        cx: &mut crate::sip::ua::call::Cx<'_, SubscriptionHandle>,
    ) -> Result<(), StaleHandle> {
        if self.is_over || self.is_leaving {
            return Err(StaleHandle);
        }
        self.is_leaving = true;
        if self.retry_at.take().is_some() {
            self.finish(cx, super::SubscriptionEnd::Left);
        } else if !matches!(self.place, Place::None) {
            self.wish = Some(Wish::Leave);
        }
        Ok(())
    }
}

/// Whether a URI is one of a very device (RFC 5627 §4.5).
fn is_gruu(uri: &str) -> bool {
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) => sip.gr().is_some(),
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => false,
    }
}
