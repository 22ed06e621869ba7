//! A subscription of ours as plain data (RFC 6665 §4.1.2; RFC 3261 §12).

use alloc::boxed::Box;
use alloc::string::String;
use core::net::SocketAddr;
use core::time::Duration;

use super::{Subscribe, Subscription, SubscriptionHandle, What, Wish};
use crate::machine::Transport;
use crate::sip::dialog::{Dialog, SavedDialog};
use crate::sip::endpoint::{Events, Stack};
use crate::sip::event::{Subscriber, SubscriberState};
use crate::sip::ua::UserAgent;
use crate::sip::ua::event_dialog::{EventDialog, Place};
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::hop;
use crate::sip::ua::saved::{RestoreError, check_event, way};
use crate::sip::uri::Uri;

/// A subscription of ours, as of the moment it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSubscription {
    /// The address-of-record of the identity that subscribes, as its settings have it.
    pub address_of_record: String,
    /// The URI whose state it is.
    pub to: String,
    /// What is subscribed to.
    pub subscribe: Subscribe,
    /// Its dialog.
    pub dialog: SavedDialog,
    /// Whether the notifier has authorised it.
    pub is_active: bool,
    /// How long it holds without a refresh, from then on.
    pub expires_in: Duration,
    /// The transport that the messages of the dialog took last.
    pub transport: Transport,
    /// Where they came from.
    pub remote_address: SocketAddr,
}

impl Subscription {
    /// What it is now, as plain data; none before anybody has notified, once it is being left, and of
    /// what a REFER has made.
    pub(in crate::sip::ua) fn save(
        &self,
        aor: &str,
        now: crate::time::Instant,
    ) -> Option<SavedSubscription> {
        let own = self.place.own()?;
        let What::Subscribe(subscribe) = &self.what else {
            return None;
        };
        if self.is_leaving || self.is_over || self.retry_at.is_some() {
            return None;
        }
        let is_active = match self.machine.state() {
            SubscriberState::Active => true,
            SubscriberState::Pending => false,
            SubscriberState::NotifyWait | SubscriberState::Terminated => return None,
        };
        let left = self.machine.expires_at()?.saturating_duration_since(now);
        Some(SavedSubscription {
            address_of_record: aor.into(),
            to: (*self.to).into(),
            subscribe: subscribe.clone(),
            dialog: own.dialog.save()?,
            is_active,
            expires_in: left,
            transport: own.fallback.transport,
            remote_address: own.fallback.address,
        })
    }
}

impl UserAgent {
    pub(in crate::sip::ua) fn restore_subscription(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        saved: &SavedSubscription,
        away: Duration,
    ) -> Result<SubscriptionHandle, RestoreError> {
        let identity = self.identity_named(&saved.address_of_record);
        let identity = identity.ok_or(RestoreError::UnknownIdentity)?;
        check_event(&saved.subscribe.event, None)?;
        // It is what is asked if it has to be begun anew.
        Uri::parse(&saved.to).map_err(|_| RestoreError::Uri)?;
        let dialog = Dialog::restore(&saved.dialog).map_err(RestoreError::Dialog)?;
        let id = dialog.id();
        let ours = self.links.subscribers.get(&id.local_tag);
        let is_it = |me: &SubscriptionHandle| {
            let it = self.subscriptions.get(*me).and_then(|it| it.place.own());
            it.is_some_and(|own| own.dialog.id() == id)
        };
        if ours.is_some_and(|ours| ours.iter().any(is_it)) {
            return Err(RestoreError::AlreadyThere);
        }
        let config = self.config_of(identity);
        let address = (saved.transport, saved.remote_address);
        let fallback = way(stack, config, &hop::next_hop(&dialog), address);
        let fallback = fallback.map_err(RestoreError::NoWay)?;
        let now = stack.now();
        let ids = (&*id.local_tag, &*id.call_id);
        let what = (What::Subscribe(saved.subscribe.clone()), &*saved.to);
        let timer_n = stack.timings().t1 * 64;
        let mut restored = Subscription::new(identity, now, what, ids, timer_n);
        let state = match saved.is_active {
            true => SubscriberState::Active,
            false => SubscriberState::Pending,
        };
        let left = saved.expires_in.saturating_sub(away);
        restored.machine = Subscriber::resumed(now, state, left);
        restored.cseq = dialog.local_seq().unwrap_or(0);
        restored.forks_until = None;
        restored.is_seen = true;
        restored.place = Place::Own(Box::new(EventDialog::new(dialog, fallback)));
        let me = self.add_subscription(stack, restored);
        let me = me.map_err(|_| RestoreError::LimitReached)?;
        self.with_subscription(stack, events, me, |it, cx| {
            if left.is_zero() {
                // Its time ran out meanwhile, and nobody here has lost it but the clock.
                it.begin_anew(cx);
                return;
            }
            // What was told meanwhile is lost, and we may be at another address.
            it.wish = Some(Wish::Refresh);
        });
        Ok(me)
    }
}
