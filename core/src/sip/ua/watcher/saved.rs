//! A subscription of somebody else's as plain data (RFC 6665 §4.2; RFC 3261 §12).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use core::net::SocketAddr;
use core::time::Duration;

use super::{EventState, Watcher, WatcherHandle};
use crate::machine::Transport;
use crate::sip::dialog::{Dialog, SavedDialog};
use crate::sip::endpoint::{Events, Stack};
use crate::sip::event::{Notifier, NotifierState};
use crate::sip::ua::UserAgent;
use crate::sip::ua::event_dialog::{EventDialog, Place};
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::hop;
use crate::sip::ua::saved::{RestoreError, check_event, way};

/// A subscription of somebody else's, as of the moment it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedWatcher {
    /// The address-of-record of the identity that is watched, as its settings have it.
    pub address_of_record: String,
    /// The event package.
    pub event: String,
    /// The `id` of its Event, if it has one.
    pub event_id: Option<String>,
    /// The URI in the From of its SUBSCRIBE.
    pub from: String,
    /// Its dialog.
    pub dialog: SavedDialog,
    /// Whether it is authorised.
    pub is_active: bool,
    /// How long it holds without a refresh, from then on.
    pub expires_in: Duration,
    /// What was told last.
    pub latest: EventState,
    /// The transport that the messages of the dialog took last.
    pub transport: Transport,
    /// Where they came from.
    pub remote_address: SocketAddr,
}

impl Watcher {
    /// What it is now, as plain data; none before it is answered, once it ends, and of a REFER.
    pub(in crate::sip::ua) fn save(
        &self,
        aor: &str,
        now: crate::time::Instant,
    ) -> Option<SavedWatcher> {
        let own = self.place.own()?;
        let is_active = match self.machine.state() {
            NotifierState::Active => true,
            NotifierState::Pending => false,
            NotifierState::RespWait | NotifierState::Terminated => return None,
        };
        if self.is_referral() || self.ending.is_some() {
            return None;
        }
        Some(SavedWatcher {
            address_of_record: aor.into(),
            event: (*self.event).into(),
            event_id: self.id.as_deref().map(String::from),
            from: (*self.from).into(),
            dialog: own.dialog.save()?,
            is_active,
            expires_in: self.machine.expires_at().saturating_duration_since(now),
            latest: self.latest.clone(),
            transport: own.fallback.transport,
            remote_address: own.fallback.address,
        })
    }
}

impl UserAgent {
    pub(in crate::sip::ua) fn restore_watcher(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        saved: &SavedWatcher,
        away: Duration,
    ) -> Result<WatcherHandle, RestoreError> {
        let identity = self.identity_named(&saved.address_of_record);
        let identity = identity.ok_or(RestoreError::UnknownIdentity)?;
        check_event(&saved.event, saved.event_id.as_deref())?;
        let dialog = Dialog::restore(&saved.dialog).map_err(RestoreError::Dialog)?;
        if self.links.watchers.contains_key(&dialog.id().local_tag) {
            return Err(RestoreError::AlreadyThere);
        }
        let config = self.config_of(identity);
        let address = (saved.transport, saved.remote_address);
        let fallback = way(stack, config, &hop::next_hop(&dialog), address);
        let fallback = fallback.map_err(RestoreError::NoWay)?;
        let left = saved.expires_in.saturating_sub(away);
        let watcher = Watcher {
            identity,
            machine: Notifier::resumed(stack.now(), saved.is_active, left),
            event: saved.event.as_str().into(),
            id: saved.event_id.as_deref().map(Box::from),
            from: saved.from.as_str().into(),
            local_tag: dialog.id().local_tag.clone(),
            place: Place::Own(Box::new(EventDialog::new(dialog, fallback))),
            asked: None,
            referral: None,
            latest: saved.latest.clone(),
            waiting: VecDeque::new(),
            under_way: None,
            timer: None,
            ending: None,
            is_over: false,
        };
        let me = self.add_watcher(stack, watcher);
        let me = me.map_err(|_| RestoreError::LimitReached)?;
        self.with_watcher(stack, events, me, |it, cx| {
            // We may be at another address, and the time may be over: it hears of either.
            it.tell_again();
            it.on_timer(cx);
        });
        Ok(me)
    }
}
