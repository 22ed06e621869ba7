//! Those who watch what happens here (RFC 6665 §4.2): subscriptions of others, each with the state it
//! was told last; and those who have asked us to contact somebody, who are told how it goes (RFC 3515).
//!
//! | file | what |
//! |---|---|
//! | `requested` | SUBSCRIBE, first and again |
//! | `referred` | REFER |
//! | `commands` | what the application says of it |
//! | `notify` | NOTIFY, and what a subscription does when its state allows |
//! | `referral` | calling whom we were asked to call |
//! | `saved` | subscriptions that live longer than the program |

mod check;
mod commands;
mod notify;
mod referral;
mod referred;
mod requested;
mod saved;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::event_dialog::Place;
use super::identity::Identity;
use crate::arena::Handle;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::StackTimer;
use crate::sip::event::{Notifier, NotifierState};
use crate::sip::message::StatusCode;
use crate::sip::transaction::{ClientHandle, ServerHandle};
use crate::time::Instant;

pub use commands::WatcherError;
pub use saved::SavedWatcher;

/// Names one subscription of somebody else's, or one REFER to us.
pub type WatcherHandle = Handle<Watcher>;

/// The state of a resource, or what has changed of it: what a NOTIFY carries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventState {
    /// The media type; empty where there is no body.
    pub content_type: String,
    /// The state as the package has it.
    pub body: Vec<u8>,
}

/// A SUBSCRIBE that wants an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubscriptionRequest {
    /// Which of our addresses-of-record it is for.
    pub identity: Identity,
    /// The URI in From; who that is, only authentication says.
    pub from: String,
    /// The Request-URI: whose state it is.
    pub to: String,
    /// The event package with its templates.
    pub event: String,
    /// For how long, as far as it may be granted; none asks for the state once (RFC 6665 §4.4.3).
    pub expires: Duration,
    /// The media types it takes; empty for what the package has by default.
    pub accept: Vec<String>,
    /// The media type of `body`.
    pub content_type: String,
    /// What the package takes in a SUBSCRIBE, such as a filter.
    pub body: Vec<u8>,
}

/// A REFER that wants an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReferRequest {
    /// Which of our addresses-of-record it is for.
    pub identity: Identity,
    /// The URI in From: who asks.
    pub from: String,
    /// Whom to contact, and how (RFC 3515 §2.1): a URI, with what the request is to have.
    pub refer_to: String,
    /// Who asks by its own word (RFC 3892), as Referred-By has it.
    pub referred_by: Option<String>,
}

/// Why somebody watches no more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WatcherEnd {
    /// They have left, or had what they asked for once.
    Left,
    /// They have not refreshed in time.
    Expired,
    /// We have ended it, or refused.
    Ended,
    /// A NOTIFY was refused with this status (RFC 6665 §4.2.2).
    Refused(StatusCode),
    /// A NOTIFY was not answered, or could not be sent.
    Unreachable,
    /// The REFER was followed to its end, and that was told.
    Reported,
}

/// A request that has no answer yet.
struct Asked {
    transaction: ServerHandle,
    /// Until when the application may answer; then it is accepted, and authorised later or never.
    until: Instant,
    /// For how many seconds, of a SUBSCRIBE.
    secs: u32,
}

/// Somebody who watches.
pub struct Watcher {
    /// Whom of us they watch.
    pub(super) identity: Identity,
    machine: Notifier,
    /// The package, and the `id` its NOTIFYs have.
    event: Box<str>,
    id: Option<Box<str>>,
    /// Who they are, by their From.
    from: Box<str>,
    pub(super) place: Place,
    pub(super) local_tag: Box<str>,
    asked: Option<Asked>,
    /// Of a REFER: what it asks for.
    referral: Option<Box<Referral>>,
    /// What they know, or will once `waiting` is sent.
    latest: EventState,
    /// What is to be told: all of it, as it may be of changes only.
    waiting: VecDeque<EventState>,
    /// The NOTIFY that has no answer yet, and what it tells.
    under_way: Option<(ClientHandle, EventState)>,
    timer: Option<StackTimer>,
    /// Why it is over, once the last NOTIFY is under way.
    ending: Option<WatcherEnd>,
    /// They were told, or need not be.
    is_over: bool,
}

/// What a REFER asks for.
struct Referral {
    refer_to: Box<str>,
    referred_by: Option<Box<str>>,
    /// They do not want to be told (RFC 4488).
    is_silent: bool,
}

/// How many NOTIFYs may wait for the answer to the last.
const WAITING: usize = 8;

impl Watcher {
    /// The event package.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Who watches, by the URI of their From.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Which of our addresses-of-record they watch.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> NotifierState {
        self.machine.state()
    }

    /// The dialog it is alone in; none where it shares that of a call.
    #[must_use]
    pub fn dialog(&self) -> Option<&Dialog> {
        self.place.own().map(|own| &own.dialog)
    }

    /// Whether it is a REFER.
    pub(super) const fn is_referral(&self) -> bool {
        self.referral.is_some()
    }

    /// Whether an Event names this subscription (RFC 6665 §8.2.1).
    pub(super) fn is_named(&self, event: &crate::sip::header::Event<'_>) -> bool {
        *self.event == *event.event_type.0 && self.id.as_deref() == event.id
    }

    /// Whether nothing is left of it.
    pub(super) fn is_terminated(&self) -> bool {
        self.is_over && self.asked.is_none()
    }
}
