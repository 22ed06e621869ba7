//! Calls, registrations and subscriptions that live longer than the program: each can be taken out as plain data,
//! kept in whatever form the application likes, and taken up again after a restart
//! (RFC 3261 §10.2, §12; RFC 5626 §4.2: "when a device restarts").
//!
//! ```text
//!   save_registration, save_call ─▶ plain data ─ … restart … ─▶ sockets bound, identities added
//!                                                                  │
//!                                      restore_registration ◀──────┤ registers at once
//!                                      restore_call         ◀──────┘ goes on
//! ```
//!
//! What is saved is as of that moment: an application that wants to survive a crash saves again
//! whenever something has changed. Of the restart itself the far end learns nothing, unless the
//! device comes back at another address.

mod call;

use alloc::string::String;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use super::UserAgent;
use super::call::CallHandle;
use super::config::UserAgentConfig;
use super::errors::{CallError, StaleHandle};
use super::registration::RegistrationHandle;
use super::subscription::{SavedSubscription, SubscriptionHandle};
use super::watcher::{SavedWatcher, WatcherHandle};
use crate::machine::Transport;
use crate::sdp::offer_answer::SavedSessionError;
use crate::sip::dialog::SavedDialogError;
use crate::sip::endpoint::{Endpoint, SelectError, Stack, Target};
use crate::sip::header::EventType;
use crate::sip::uri::{Host, Uri};
use crate::text::Class;
use crate::time::Instant;

pub use self::call::SavedCall;
pub use super::registration::{SavedBinding, SavedFlow, SavedRegistration};

/// Why a saved call, registration or subscription cannot be taken up again. Nothing is sent then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestoreError {
    /// No identity of the user agent has the address-of-record: add it first.
    UnknownIdentity,
    /// The dialog does not hold together.
    Dialog(SavedDialogError),
    /// The session does not hold together.
    Session(SavedSessionError),
    /// A URI of a registration, or that of what is subscribed to, cannot be read.
    Uri,
    /// The event of a subscription is no package (RFC 6665 §8.2.1).
    Event,
    /// A Call-ID of a registration is none, or two flows have the same.
    CallId,
    /// A CSeq number of a registration is not below 2^31 (RFC 3261 §8.1.1.5).
    Sequence,
    /// A registration has not as many flows as the identity has now: one for each outbound proxy,
    /// or one (RFC 5626 §4.2.1).
    Flows,
    /// It is here already: another call has its tag, or another registration its Call-ID.
    AlreadyThere,
    /// A table is full.
    LimitReached,
    /// There is no way to the far end: no socket suits.
    NoWay(SelectError),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownIdentity => "no identity has the address-of-record",
            Self::Dialog(error) => return write!(f, "the dialog: {error}"),
            Self::Session(error) => return write!(f, "the session: {error}"),
            Self::Uri => "a uri cannot be read",
            Self::Event => "the event is no package",
            Self::CallId => "a call-id is none, or is there twice",
            Self::Sequence => "a cseq number is not below 2^31",
            Self::Flows => "not as many flows as there are outbound proxies",
            Self::AlreadyThere => "it is here already",
            Self::LimitReached => "the limit is reached",
            Self::NoWay(error) => return error.fmt(f),
        })
    }
}

impl core::error::Error for RestoreError {}

/// The way to the far end of a dialog: where the next hop is, if that is known without asking the DNS,
/// or the outbound proxy, or else where its messages went or came from before.
pub(super) fn way(
    stack: &mut Stack,
    config: &UserAgentConfig,
    next_hop: &str,
    (transport, address): (Transport, SocketAddr),
) -> Result<Target, SelectError> {
    let proxies = config.outbound_proxies.iter().map(String::as_str);
    for uri in core::iter::once(next_hop).chain(proxies) {
        match stack.select(uri) {
            Err(SelectError::NeedsResolution) => {}
            selected => return selected,
        }
    }
    // Whoever is to be found there has a certificate for the domain that was to be asked for.
    let named = config.outbound_proxies.first().map_or(next_hop, |uri| uri);
    let domain = match Uri::parse(named) {
        Ok(Uri::Sip(sip)) => sip.host,
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => Host::Ip(address.ip()),
    };
    stack.target_for(domain, transport, address)
}

/// Whether an event can be written as it is: one package, and an `id` that is a token (RFC 6665 §8.4).
pub(super) fn check_event(package: &str, id: Option<&str>) -> Result<(), RestoreError> {
    EventType::parse(package.as_bytes()).map_err(|_| RestoreError::Event)?;
    let is_token = |id: &str| !id.is_empty() && Class::TOKEN.holds(id.as_bytes());
    if id.is_none_or(is_token) {
        Ok(())
    } else {
        Err(RestoreError::Event)
    }
}

impl Endpoint<UserAgent> {
    /// A subscription of ours as plain data; it goes on here all the same.
    ///
    /// # Errors
    /// When there is none: nobody has notified yet, it is being left or over, or a REFER has made it.
    pub fn save_subscription(
        &mut self,
        now: Instant,
        subscription: SubscriptionHandle,
    ) -> Result<SavedSubscription, StaleHandle> {
        self.command(now, |user, stack, _| {
            let it = user.subscription(subscription).ok_or(StaleHandle)?;
            let aor = &user.config_of(it.identity).aor;
            it.save(aor, stack.now()).ok_or(StaleHandle)
        })
    }

    /// Goes on with a subscription that was saved `away` ago: it is refreshed at once, in the same
    /// dialog, and so told what has changed meanwhile; one whose time has run out is begun anew.
    ///
    /// # Errors
    /// When what was saved does not hold together or does not fit here.
    pub fn restore_subscription(
        &mut self,
        now: Instant,
        saved: &SavedSubscription,
        away: Duration,
    ) -> Result<SubscriptionHandle, RestoreError> {
        self.command(now, |user, stack, events| {
            user.restore_subscription(stack, events, saved, away)
        })
    }

    /// A subscription of somebody else's as plain data; it goes on here all the same.
    ///
    /// # Errors
    /// When there is none: it is not answered yet, ends or is over, or is a REFER.
    pub fn save_watcher(
        &mut self,
        now: Instant,
        watcher: WatcherHandle,
    ) -> Result<SavedWatcher, StaleHandle> {
        self.command(now, |user, stack, _| {
            let it = user.watcher_of(watcher).ok_or(StaleHandle)?;
            let aor = &user.config_of(it.identity).aor;
            it.save(aor, stack.now()).ok_or(StaleHandle)
        })
    }

    /// Goes on with a subscription of somebody else's that was saved `away` ago: they are told the
    /// state they were told last, in the same dialog and so where we are now; or that their time has
    /// run out.
    ///
    /// # Errors
    /// When what was saved does not hold together or does not fit here.
    pub fn restore_watcher(
        &mut self,
        now: Instant,
        saved: &SavedWatcher,
        away: Duration,
    ) -> Result<WatcherHandle, RestoreError> {
        self.command(now, |user, stack, events| {
            user.restore_watcher(stack, events, saved, away)
        })
    }

    /// A call that is established, as plain data; it goes on here all the same.
    ///
    /// A change of its session that is under way, and whatever waits for an answer, is not in it.
    ///
    /// # Errors
    /// [`CallError::WrongState`] before both ends have said yes and know it, and once it ends.
    pub fn save_call(&mut self, now: Instant, call: CallHandle) -> Result<SavedCall, CallError> {
        self.command(now, |user, stack, events| {
            user.with_call(stack, events, call, |call, cx| call.save(cx))
                .unwrap_or(Err(CallError::Stale))
        })
    }

    /// Goes on with a call that was saved `away` ago.
    ///
    /// Its media are received where they were: the application binds them there, and takes what to
    /// do from [`Call::plans`](super::Call::plans). If we are at another address now, the far end is
    /// told (RFC 3261 §14.1), and of the media too, which are then expected on the same port there.
    /// A session timer that has run out meanwhile ends the call.
    ///
    /// The sockets have to be bound, the identity added, and its registration restored before.
    ///
    /// # Errors
    /// When what was saved does not hold together or does not fit here.
    pub fn restore_call(
        &mut self,
        now: Instant,
        saved: &SavedCall,
        away: Duration,
    ) -> Result<CallHandle, RestoreError> {
        self.command(now, |user, stack, events| {
            user.restore_call(stack, events, saved, away)
        })
    }

    /// A registration as plain data; it goes on here all the same. One that has not been answered
    /// yet has nothing in it but what it asks for.
    ///
    /// # Errors
    /// When there is no such registration, or it is being removed.
    pub fn save_registration(
        &mut self,
        now: Instant,
        registration: RegistrationHandle,
    ) -> Result<SavedRegistration, StaleHandle> {
        self.command(now, |user, stack, events| {
            user.with_registration(stack, events, registration, |it, cx| it.save(cx))
                .flatten()
                .ok_or(StaleHandle)
        })
    }

    /// Goes on with a registration that was saved `away` ago: it is registered again at once, with
    /// the same Call-ID, the next CSeq, and the reg-id it had, since the flows of before the restart
    /// are gone (RFC 5626 §4.2.1), and a binding at an address that is ours no more is removed. What
    /// the registrar has granted is used until its time runs out.
    ///
    /// # Errors
    /// When what was saved does not hold together or does not fit here. A registrar that cannot be
    /// reached is no error: it is tried again, as ever.
    pub fn restore_registration(
        &mut self,
        now: Instant,
        saved: &SavedRegistration,
        away: Duration,
    ) -> Result<RegistrationHandle, RestoreError> {
        self.command(now, |user, stack, events| {
            user.restore_registration(stack, events, saved, away)
        })
    }
}
