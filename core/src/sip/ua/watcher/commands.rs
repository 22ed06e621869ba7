//! What the application says of those who watch (RFC 6665 §4.2.1.3, §4.2.2).

use core::fmt;

use super::{EventState, Watcher, WatcherEnd, WatcherHandle};
use crate::sip::endpoint::Endpoint;
use crate::sip::event::NotifierState;
use crate::sip::message::StatusCode;
use crate::sip::ua::UserAgent;
use crate::sip::ua::errors::{InviteError, RequestError};
use crate::sip::ua::requests::{Refusal, Request};
use crate::time::Instant;

/// Why nothing was done about somebody who watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatcherError {
    /// They do no more.
    Stale,
    /// It is in no state for it: answered already, or ending.
    WrongState,
    /// A request is refused with a status from 300 on.
    NotARefusal,
    /// As many NOTIFYs as may wait for the answer to the last do.
    Pending,
    /// It is no REFER, or asks for something else than a call.
    NotACall,
    /// The call was not begun.
    Invite(InviteError),
}

impl fmt::Display for WatcherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "nobody watches any more",
            Self::WrongState => "the subscription is in no state for this",
            Self::NotARefusal => "a request is refused with a status from 300 on",
            Self::Pending => "what was told before has no answer yet",
            Self::NotACall => "nobody has asked for a call",
            Self::Invite(error) => return error.fmt(f),
        })
    }
}

impl core::error::Error for WatcherError {}

impl From<RequestError> for WatcherError {
    fn from(error: RequestError) -> Self {
        Self::Invite(error.into())
    }
}

impl Endpoint<UserAgent> {
    /// Lets somebody watch, and tells the state of the resource: 200 if the SUBSCRIBE waits for an
    /// answer, and a NOTIFY (RFC 6665 §4.2.1.2). Also for one that was to be decided later.
    ///
    /// # Errors
    /// When nobody waits for that.
    pub fn grant_subscription(
        &mut self,
        now: Instant,
        watcher: WatcherHandle,
        state: EventState,
    ) -> Result<(), WatcherError> {
        self.on_watcher(now, watcher, |it, cx| {
            let waits = [NotifierState::RespWait, NotifierState::Pending];
            if it.is_referral() || !waits.contains(&it.state()) || it.ending.is_some() {
                return Err(WatcherError::WrongState);
            }
            it.accept(cx, true, Some(state));
            Ok(())
        })
    }

    /// Takes a SUBSCRIBE, to be decided later (RFC 6665 §4.2.1.3): 200, and a NOTIFY that says
    /// `pending` and nothing else. So it is after a second in any case.
    ///
    /// # Errors
    /// When none waits for an answer.
    pub fn defer_subscription(
        &mut self,
        now: Instant,
        watcher: WatcherHandle,
    ) -> Result<(), WatcherError> {
        self.on_watcher(now, watcher, |it, cx| {
            if it.asked.is_none() {
                return Err(WatcherError::WrongState);
            }
            it.accept(cx, false, None);
            Ok(())
        })
    }

    /// Refuses a SUBSCRIBE or REFER that waits for an answer, such as with 403 or 603.
    ///
    /// # Errors
    /// When none waits for an answer, or `status` is below 300.
    pub fn refuse_subscription(
        &mut self,
        now: Instant,
        watcher: WatcherHandle,
        status: StatusCode,
    ) -> Result<(), WatcherError> {
        if status.is_provisional() || status.is_success() {
            return Err(WatcherError::NotARefusal);
        }
        self.on_watcher(now, watcher, |it, cx| {
            let asked = it.asked.take().ok_or(WatcherError::WrongState)?;
            if let Some(message) = cx.stack.received_request(asked.transaction).cloned() {
                let source = cx.stack.server(asked.transaction).map(|it| it.source());
                if let Some(source) = source {
                    let transaction = asked.transaction;
                    let request = Request {
                        transaction,
                        message,
                        source,
                    };
                    let refusal = Refusal::from(status);
                    refusal.send(cx.stack, cx.config, &request, &it.local_tag);
                }
            }
            it.machine.terminate("rejected", None);
            it.waiting.clear();
            it.ending.get_or_insert(WatcherEnd::Ended);
            Ok(())
        })
    }

    /// Tells somebody who watches a new state (RFC 6665 §4.2.2). Several are told one after the other;
    /// each is told, as it may be of changes only.
    ///
    /// # Errors
    /// When they do not watch, or not yet; [`WatcherError::Pending`] when eight wait already.
    pub fn notify(
        &mut self,
        now: Instant,
        watcher: WatcherHandle,
        state: EventState,
    ) -> Result<(), WatcherError> {
        self.on_watcher(now, watcher, |it, _| {
            if it.is_referral() || it.state() != NotifierState::Active || it.ending.is_some() {
                return Err(WatcherError::WrongState);
            }
            if it.tell(state) {
                Ok(())
            } else {
                Err(WatcherError::Pending)
            }
        })
    }

    /// Ends somebody's subscription: the last NOTIFY says why, by a word of RFC 6665 §4.1.3, and after
    /// how many seconds they may try again.
    ///
    /// # Errors
    /// When it is over, or not answered yet.
    pub fn end_subscription(
        &mut self,
        now: Instant,
        watcher: WatcherHandle,
        reason: &'static str,
        retry_after: Option<u32>,
    ) -> Result<(), WatcherError> {
        self.on_watcher(now, watcher, |it, _| {
            if it.asked.is_some() || it.ending.is_some() {
                return Err(WatcherError::WrongState);
            }
            it.leave(WatcherEnd::Ended, reason, retry_after);
            Ok(())
        })
    }

    pub(super) fn on_watcher(
        &mut self,
        now: Instant,
        watcher: WatcherHandle,
        act: impl FnOnce(
            &mut Watcher,
            &mut crate::sip::ua::call::Cx<'_, WatcherHandle>,
        ) -> Result<(), WatcherError>,
    ) -> Result<(), WatcherError> {
        self.command(now, |user, stack, events| {
            user.with_watcher(stack, events, watcher, act)
                .unwrap_or(Err(WatcherError::Stale))
        })
    }
}

impl UserAgent {
    /// Somebody who watches, unless they do no more.
    #[must_use]
    pub fn watcher_of(&self, watcher: WatcherHandle) -> Option<&Watcher> {
        self.watchers.get(watcher)
    }

    /// All who watch, or want to.
    pub fn watchers(&self) -> impl Iterator<Item = WatcherHandle> {
        self.watchers.iter().map(|(handle, _)| handle)
    }
}
