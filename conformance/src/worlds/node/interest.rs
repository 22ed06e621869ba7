//! What a phone can be asked to do about events, and whom it has told what.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use offhook::sip::message::StatusCode;
use offhook::sip::ua::{
    EventState, Refer, Subscribe, Subscription, SubscriptionHandle, UaEvent, Watcher, WatcherHandle,
};
use offhook::{Input, Instant, Machine};

use super::Phone;
use super::numbers::Numbers;

/// The event package there is.
pub const PACKAGE: &str = "presence";

/// Why a notifier ends a subscription (RFC 6665 §4.1.3).
pub const REASONS: [&str; 7] = [
    "deactivated",
    "probation",
    "rejected",
    "timeout",
    "giveup",
    "noresource",
    "invariant",
];

/// What a phone can be asked to do about events. Subscriptions of its own and those of others are
/// numbered in the order in which they begin, each kind for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Subscribe to the state of a URI for so many seconds; none asks for it once.
    Subscribe(u64, String),
    /// The same, and every notifier that is reached makes a subscription.
    SubscribeAll(u64, String),
    /// Ask for the state now.
    Refresh(usize),
    /// Leave a subscription.
    Leave(usize),
    /// Let somebody watch.
    Grant(usize),
    /// Decide it later.
    Defer(usize),
    /// Refuse it with a status; or a REFER.
    Deny(usize, u16),
    /// End it for a reason, after which they may try again after so many seconds.
    Terminate(usize, &'static str, Option<u32>),
    /// Be in another state, and tell everybody who watches.
    Publish,
    /// Ask the far end of a call to call a URI.
    Refer(usize, String),
    /// Call whom somebody has asked us to call.
    Follow(usize),
    /// Say that we will.
    AcceptReferral(usize),
    /// Say what status it came to.
    Report(usize, u16),
}

/// Subscriptions of a phone and those of others, and what state it is in.
#[derive(Default)]
pub(super) struct Interests {
    pub(super) subscriptions: Numbers<SubscriptionHandle>,
    pub(super) watchers: Numbers<WatcherHandle>,
    state: u32,
    /// Which state each was told last.
    told: BTreeMap<usize, u32>,
}

impl Interests {
    /// Takes note of what the application is about to hear.
    pub(super) fn note(&mut self, event: &UaEvent) {
        match event {
            UaEvent::SubscriptionForked { subscription, .. } => {
                self.subscriptions.begin(*subscription);
            }
            UaEvent::SubscriptionEnded {
                subscription,
                retry_in: None,
                ..
            } => self.subscriptions.end(*subscription),
            UaEvent::SubscriptionRequested { watcher, .. }
            | UaEvent::Referred {
                referral: watcher, ..
            } => {
                self.watchers.begin(*watcher);
            }
            UaEvent::WatcherEnded { watcher, .. } => self.watchers.end(*watcher),
            _ => {}
        }
    }

    fn now(&self) -> EventState {
        EventState {
            content_type: "text/plain".to_owned(),
            body: self.state.to_string().into_bytes(),
        }
    }
}

impl Phone {
    /// A subscription of its own, unless it is over.
    #[must_use]
    pub fn subscription(&self, number: usize) -> Option<&Subscription> {
        let handle = self.interests.subscriptions.handle(number)?;
        self.agent.user().subscription(handle)
    }

    /// Those that are not over.
    pub fn subscriptions(&self) -> impl Iterator<Item = (usize, &Subscription)> {
        let all = self.interests.subscriptions.iter();
        all.filter_map(|(number, handle)| Some((number, self.agent.user().subscription(handle)?)))
    }

    /// Those of others that are not over.
    pub fn watchers(&self) -> impl Iterator<Item = (usize, &Watcher)> {
        let all = self.interests.watchers.iter();
        all.filter_map(|(number, handle)| Some((number, self.agent.user().watcher_of(handle)?)))
    }

    /// The number of a subscription of its own.
    #[must_use]
    pub fn subscription_number(&self, handle: SubscriptionHandle) -> Option<usize> {
        self.interests.subscriptions.number(handle)
    }

    /// The number of one of somebody else's.
    #[must_use]
    pub fn watcher_number(&self, handle: WatcherHandle) -> Option<usize> {
        self.interests.watchers.number(handle)
    }

    /// Which state somebody who watches was told last, or is to be told.
    #[must_use]
    pub fn told(&self, watcher: usize) -> Option<u32> {
        self.interests.told.get(&watcher).copied()
    }

    /// The state it is in.
    #[must_use]
    pub const fn state(&self) -> u32 {
        self.interests.state
    }

    /// Does it. Where there is nothing to do it about, the agent hears at least what the time is.
    pub(super) fn act_on_event(
        &mut self,
        now: Instant,
        interest: &Interest,
    ) -> Result<String, String> {
        let done = self.try_event(now, interest);
        // Where nobody watches, nothing is asked of it either.
        if done.is_err() || *interest == Interest::Publish {
            self.agent.handle_input(now, Input::Timeout);
        }
        done
    }

    fn try_event(&mut self, now: Instant, interest: &Interest) -> Result<String, String> {
        match interest {
            Interest::Subscribe(secs, uri) => self.subscribe(now, *secs, uri, false),
            Interest::SubscribeAll(secs, uri) => self.subscribe(now, *secs, uri, true),
            Interest::Refresh(number) => {
                let handle = self.interests.subscriptions.handle(*number);
                let handle = handle.ok_or("no such subscription")?;
                said(self.agent.refresh_subscription(now, handle))
            }
            Interest::Leave(number) => {
                let handle = self.interests.subscriptions.handle(*number);
                let handle = handle.ok_or("no such subscription")?;
                said(self.agent.leave_subscription(now, handle))
            }
            Interest::Publish => {
                self.interests.state += 1;
                Ok(format!("told {}", self.publish(now)))
            }
            Interest::Refer(call, uri) => {
                let call = self.numbers.handle(*call).ok_or("no such call")?;
                let result = self.agent.refer(now, call, Refer::to(uri));
                let handle = result.map_err(|error| error.to_string())?;
                let number = self.interests.subscriptions.begin(handle);
                Ok(format!("subscription {number}"))
            }
            Interest::Grant(number)
            | Interest::Defer(number)
            | Interest::Deny(number, _)
            | Interest::Terminate(number, ..)
            | Interest::Follow(number)
            | Interest::AcceptReferral(number)
            | Interest::Report(number, _) => {
                let handle = self.interests.watchers.handle(*number);
                let handle = handle.ok_or("nobody watches")?;
                self.decide(now, (*number, handle), interest)
            }
        }
    }

    fn subscribe(
        &mut self,
        now: Instant,
        secs: u64,
        uri: &str,
        takes_forks: bool,
    ) -> Result<String, String> {
        let subscribe = match secs {
            0 => Subscribe::poll(PACKAGE),
            secs => Subscribe {
                expires: Duration::from_secs(secs),
                takes_forks,
                ..Subscribe::new(PACKAGE)
            },
        };
        let result = self.agent.subscribe(now, uri, subscribe);
        let handle = result.map_err(|error| error.to_string())?;
        let number = self.interests.subscriptions.begin(handle);
        Ok(format!("subscription {number}"))
    }

    /// Says something of somebody else's subscription or REFER.
    fn decide(
        &mut self,
        now: Instant,
        (number, watcher): (usize, WatcherHandle),
        interest: &Interest,
    ) -> Result<String, String> {
        match interest {
            Interest::Grant(_) => {
                let state = self.interests.now();
                let granted = said(self.agent.grant_subscription(now, watcher, state))?;
                self.interests.told.insert(number, self.interests.state);
                Ok(granted)
            }
            Interest::Defer(_) => said(self.agent.defer_subscription(now, watcher)),
            Interest::Deny(_, status) => {
                let status = StatusCode::new(*status).unwrap_or(StatusCode::DECLINE);
                said(self.agent.refuse_subscription(now, watcher, status))
            }
            Interest::Terminate(_, reason, retry) => {
                said(self.agent.end_subscription(now, watcher, reason, *retry))
            }
            Interest::Follow(_) => {
                let media = self.media.clone();
                let result = self.agent.follow_referral(now, watcher, media);
                let call = result.map_err(|error| error.to_string())?;
                Ok(format!("call {}", self.numbers.begin(call)))
            }
            Interest::AcceptReferral(_) => said(self.agent.accept_referral(now, watcher)),
            Interest::Report(_, status) => {
                let status = StatusCode::new(*status).unwrap_or(StatusCode::OK);
                said(self.agent.report_referral(now, watcher, status))
            }
            _ => Err("nobody is asked".to_owned()),
        }
    }

    /// Tells everybody who watches; how many.
    fn publish(&mut self, now: Instant) -> usize {
        let all: Vec<_> = self.interests.watchers.iter().collect();
        let mut told = 0;
        for (number, watcher) in all {
            let state = self.interests.now();
            if self.agent.notify(now, watcher, state).is_ok() {
                self.interests.told.insert(number, self.interests.state);
                told += 1;
            }
        }
        told
    }
}

/// What became of a command.
fn said<E: fmt::Display>(result: Result<(), E>) -> Result<String, String> {
    result
        .map(|()| String::new())
        .map_err(|error| error.to_string())
}

impl fmt::Display for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscribe(secs, uri) => write!(f, "subscribe {secs} {uri}"),
            Self::SubscribeAll(secs, uri) => write!(f, "subscribe-all {secs} {uri}"),
            Self::Refresh(number) => write!(f, "refresh {number}"),
            Self::Leave(number) => write!(f, "leave {number}"),
            Self::Grant(number) => write!(f, "grant {number}"),
            Self::Defer(number) => write!(f, "defer {number}"),
            Self::Deny(number, status) => write!(f, "deny {number} {status}"),
            Self::Terminate(number, reason, None) => write!(f, "terminate {number} {reason}"),
            Self::Terminate(number, reason, Some(secs)) => {
                write!(f, "terminate {number} {reason} {secs}")
            }
            Self::Publish => f.write_str("publish"),
            Self::Refer(call, uri) => write!(f, "refer {call} {uri}"),
            Self::Follow(number) => write!(f, "follow {number}"),
            Self::AcceptReferral(number) => write!(f, "accept-referral {number}"),
            Self::Report(number, status) => write!(f, "report {number} {status}"),
        }
    }
}

impl FromStr for Interest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(' ').collect();
        read(&words).ok_or(format!("no deed: {text}"))
    }
}

fn read(words: &[&str]) -> Option<Interest> {
    let reason = |word: &str| REASONS.iter().find(|reason| **reason == word).copied();
    Some(match *words {
        ["subscribe", secs, uri] => Interest::Subscribe(secs.parse().ok()?, uri.to_owned()),
        ["subscribe-all", secs, uri] => Interest::SubscribeAll(secs.parse().ok()?, uri.to_owned()),
        ["refresh", number] => Interest::Refresh(number.parse().ok()?),
        ["leave", number] => Interest::Leave(number.parse().ok()?),
        ["grant", number] => Interest::Grant(number.parse().ok()?),
        ["defer", number] => Interest::Defer(number.parse().ok()?),
        ["deny", number, status] => Interest::Deny(number.parse().ok()?, status.parse().ok()?),
        ["terminate", number, why] => Interest::Terminate(number.parse().ok()?, reason(why)?, None),
        ["terminate", number, why, secs] => {
            Interest::Terminate(number.parse().ok()?, reason(why)?, secs.parse().ok())
        }
        ["publish"] => Interest::Publish,
        ["refer", call, uri] => Interest::Refer(call.parse().ok()?, uri.to_owned()),
        ["follow", number] => Interest::Follow(number.parse().ok()?),
        ["accept-referral", number] => Interest::AcceptReferral(number.parse().ok()?),
        ["report", number, status] => Interest::Report(number.parse().ok()?, status.parse().ok()?),
        _ => return None,
    })
}
