//! Subscriptions of ours (RFC 6665 §4.1): SUBSCRIBE until somebody notifies, refreshed while that
//! lasts, and begun anew when it was lost. Of REFER, the subscription it makes (RFC 3515 §2.4.4).
//!
//! | file | what |
//! |---|---|
//! | `content` | what is asked for |
//! | `commands` | subscribing, leaving, REFER |
//! | `outcome` | what became of a SUBSCRIBE or REFER |
//! | `notified` | the NOTIFYs of others |
//! | `settle` | what a subscription does when its state allows |
//! | `saved` | subscriptions that live longer than the program |

mod check;
mod commands;
mod content;
mod notified;
mod outcome;
mod saved;
mod settle;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::call::Cx;
use super::draft::Draft;
use super::event_dialog::{EventRequest, Place};
use super::events::UaEvent;
use super::identity::Identity;
use super::links::ClientUse;
use super::refer::{self, Refer};
use super::standalone::Standalone;
use crate::arena::Handle;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::StackTimer;
use crate::sip::event::{Retry, Subscriber, SubscriberEnd, SubscriberState};
use crate::sip::message::StatusCode;
use crate::sip::transaction::ClientHandle;
use crate::time::Instant;

pub use content::Subscribe;
pub use saved::SavedSubscription;

/// Names one subscription of ours.
pub type SubscriptionHandle = Handle<Subscription>;

/// What a NOTIFY says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// How it stands with the subscription now.
    pub state: SubscriberState,
    /// Why it has ended, by the notifier's word (RFC 6665 §4.1.3).
    pub reason: Option<String>,
    /// The media type of `body`; empty without one.
    pub content_type: String,
    /// The state of the resource, or what has changed of it, as the package has it.
    pub body: Vec<u8>,
}

/// Why a subscription has ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SubscriptionEnd {
    /// We left it, or had what we asked for once.
    Left,
    /// It was refused with this status.
    Refused(StatusCode),
    /// The notifier does not answer, or cannot be reached.
    Unreachable,
    /// No NOTIFY has come in time (RFC 6665 §4.1.2.4).
    Unnotified,
    /// Its time was over before it could be refreshed.
    Expired,
    /// The notifier has ended it (RFC 6665 §4.1.3).
    Terminated,
    /// The REFER was accepted, and makes none (RFC 4488).
    NotMade,
}

impl fmt::Display for SubscriptionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "we left it",
            Self::Refused(status) => {
                return write!(f, "refused: {} {}", status.as_u16(), status.reason());
            }
            Self::Unreachable => "the notifier cannot be reached",
            Self::Unnotified => "the notifier tells nothing",
            Self::Expired => "its time is over",
            Self::Terminated => "the notifier has ended it",
            Self::NotMade => "there is none",
        })
    }
}

/// What opens a subscription.
pub(super) enum What {
    Subscribe(Subscribe),
    Refer(Refer),
}

/// The request outside a dialog that opens a subscription, until its final answer.
pub(super) enum Opening {
    Subscribe(Box<Standalone<Subscribe>>),
    Refer(Box<Standalone<Refer>>),
}

/// A subscription of ours.
pub struct Subscription {
    /// Who subscribes.
    pub(super) identity: Identity,
    machine: Subscriber,
    what: What,
    /// The URI whose state it is.
    to: Box<str>,
    opening: Option<Opening>,
    /// Our tag, the Call-ID and the last CSeq of the SUBSCRIBE or REFER that opened it.
    pub(super) local_tag: Box<str>,
    call_id: Box<str>,
    cseq: u32,
    /// Of a REFER in a call: the first one in its dialog, whose NOTIFYs may lack the id.
    is_first_refer: bool,
    pub(super) place: Place,
    /// What is to be sent in the dialog next.
    wish: Option<Wish>,
    under_way: Option<(ClientHandle, Wish)>,
    timer: Option<StackTimer>,
    /// When it is begun anew.
    retry_at: Option<Instant>,
    /// Until when another notifier may show up (RFC 6665 §4.1.2.4).
    forks_until: Option<Instant>,
    /// It came so itself: not by a SUBSCRIBE of its own.
    is_forked: bool,
    /// A NOTIFY has come in its dialog; the first one makes that.
    is_seen: bool,
    /// It is being left.
    is_leaving: bool,
    /// It is over, and nobody is to be told any more.
    is_over: bool,
    began: Instant,
    /// How often it was begun anew in vain.
    tries: u32,
}

/// A request in the dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// A SUBSCRIBE that goes on.
    Refresh,
    /// A SUBSCRIBE that ends it.
    Leave,
    /// The REFER that opens it.
    Refer,
}

impl Subscription {
    fn new(
        identity: Identity,
        now: Instant,
        (what, to): (What, &str),
        (local_tag, call_id): (&str, &str),
        timer_n: Duration,
    ) -> Self {
        let is_question = match &what {
            What::Subscribe(subscribe) => subscribe.expires.is_zero(),
            What::Refer(_) => false,
        };
        Self {
            identity,
            machine: Subscriber::new(now, timer_n),
            what,
            to: to.into(),
            opening: None,
            local_tag: local_tag.into(),
            call_id: call_id.into(),
            cseq: 1,
            is_first_refer: false,
            place: Place::None,
            wish: None,
            under_way: None,
            timer: None,
            retry_at: None,
            forks_until: Some(now + timer_n),
            is_forked: false,
            is_seen: false,
            is_leaving: is_question,
            is_over: false,
            began: now,
            tries: 0,
        }
    }

    /// One that is opened outside a dialog.
    fn opened(
        identity: Identity,
        now: Instant,
        (what, draft): (What, Draft),
        timer_n: Duration,
    ) -> Self {
        let to = draft.request_uri.clone();
        let ids = (draft.from_tag.clone(), draft.call_id.clone());
        let opening = match &what {
            What::Subscribe(it) => {
                Opening::Subscribe(Box::new(Standalone::new(identity, draft, it.clone())))
            }
            What::Refer(it) => {
                Opening::Refer(Box::new(Standalone::new(identity, draft, it.clone())))
            }
        };
        let mut opened = Self::new(identity, now, (what, &to), (&ids.0, &ids.1), timer_n);
        opened.opening = Some(opening);
        opened
    }

    /// The URI whose state it is; of a REFER whom it was sent to.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The event package.
    #[must_use]
    pub fn event(&self) -> &str {
        match &self.what {
            What::Subscribe(subscribe) => &subscribe.event,
            What::Refer(_) => refer::PACKAGE,
        }
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> SubscriberState {
        self.machine.state()
    }

    /// The dialog it is alone in, once somebody has notified; none where it shares that of a call.
    #[must_use]
    pub fn dialog(&self) -> Option<&Dialog> {
        self.place.own().map(|own| &own.dialog)
    }

    /// Whether it was opened by a REFER.
    pub(super) const fn is_referral(&self) -> bool {
        matches!(self.what, What::Refer(_))
    }

    /// Whether nothing is left of it: no answer is waited for, and no other notifier.
    pub(super) fn is_terminated(&self) -> bool {
        self.is_over && self.opening.is_none() && self.forks_until.is_none()
    }

    /// Sends the request that opens it.
    fn open(
        &mut self,
        cx: &mut Cx<'_, SubscriptionHandle>,
    ) -> Result<(), super::errors::RequestError> {
        let used = ClientUse::Subscribe(cx.me);
        let timer_n = cx.stack.timings().t1 * 64;
        let now = cx.stack.now();
        self.note_opening(now, timer_n);
        self.forks_until = Some(now + timer_n);
        match &mut self.opening {
            Some(Opening::Subscribe(it)) => it.send(cx, used),
            Some(Opening::Refer(it)) => it.send(cx, used),
            None => Ok(()),
        }
    }

    /// The request that opens it is being sent.
    fn note_opening(&mut self, now: Instant, timer_n: Duration) {
        if self.asked_once() {
            // §4.4.3: the NOTIFY that it asks for is the last one.
            self.machine.sent_last(now, timer_n);
        } else {
            self.machine.sent(now, timer_n);
        }
    }

    /// The request that a wish is for.
    fn request(&self, wish: Wish) -> EventRequest {
        match (&self.what, wish) {
            (What::Subscribe(it), _) => it.request(wish == Wish::Leave),
            (What::Refer(it), Wish::Refer) => it.request(),
            (What::Refer(_), Wish::Refresh | Wish::Leave) => {
                let mut request = Subscribe::new(refer::PACKAGE).request(wish == Wish::Leave);
                // RFC 3515 §2.4.6.
                if let Some((_, event)) = request.fields.first_mut() {
                    *event = alloc::format!("{};id={}", refer::PACKAGE, self.cseq);
                }
                request
            }
        }
    }

    /// It has ended: begins it anew if it should go on, or tells that it is over.
    fn end(
        &mut self,
        cx: &mut Cx<'_, SubscriptionHandle>,
        end: SubscriberEnd,
        told: (Option<StatusCode>, Option<Box<super::Details>>),
    ) {
        if self.is_over {
            return;
        }
        let (status, details) = told;
        let reason = match end {
            _ if self.is_leaving && !matches!(end, SubscriberEnd::Refused(_)) => {
                SubscriptionEnd::Left
            }
            SubscriberEnd::Refused(_) if status.is_none() => SubscriptionEnd::Unreachable,
            SubscriberEnd::Refused(status) => SubscriptionEnd::Refused(status),
            SubscriberEnd::Unnotified => SubscriptionEnd::Unnotified,
            SubscriberEnd::Expired => SubscriptionEnd::Expired,
            SubscriberEnd::Terminated(_) => SubscriptionEnd::Terminated,
        };
        let retry_in = self.retry_in(cx.stack.now(), end, details.as_deref());
        self.machine.terminate();
        self.wish = None;
        // §4.1.4: that one notifier has ended it is nothing to the others, who may not have notified yet.
        // Whoever begins anew reaches all of them again.
        let has_left = self.is_leaving && !self.asked_once();
        let is_one_of_several = matches!(end, SubscriberEnd::Terminated(_)) && self.takes_forks();
        if !is_one_of_several || has_left || retry_in.is_some() {
            self.forks_until = None;
        }
        match retry_in {
            Some(after) => self.retry_at = Some(cx.stack.now() + after),
            None => self.is_over = true,
        }
        cx.events.push(UaEvent::SubscriptionEnded {
            subscription: cx.me,
            reason,
            retry_in,
            details,
        });
    }

    /// When to begin anew after an end, if at all.
    fn retry_in(
        &mut self,
        now: Instant,
        end: SubscriberEnd,
        details: Option<&super::Details>,
    ) -> Option<Duration> {
        let What::Subscribe(subscribe) = &self.what else {
            // RFC 3515 §2.4.7: what was asked for was asked for once.
            return None;
        };
        if self.is_leaving || !subscribe.is_renewed || self.is_forked {
            return None;
        }
        let least = match end {
            SubscriberEnd::Terminated(Retry::Never) => return None,
            SubscriberEnd::Terminated(Retry::AtOnce | Retry::AtWill) => Duration::ZERO,
            SubscriberEnd::Terminated(Retry::After(after)) => after,
            SubscriberEnd::Expired | SubscriberEnd::Unnotified => Duration::ZERO,
            // RFC 6665 §4.1.2.2: who wants it still begins anew where it was lost; the way may come back.
            SubscriberEnd::Refused(status) => match status.as_u16() {
                481 if self.place.own().is_some() => Duration::ZERO,
                408 | 480 | 500 | 503 | 504 => {
                    let asked = details.and_then(|details| details.retry_after);
                    asked.unwrap_or(UNREACHED)
                }
                _ => return None,
            },
        };
        // Whoever ends it over and over is asked less and less often.
        if now.saturating_duration_since(self.began) > SETTLED {
            self.tries = 0;
        }
        let back_off = match self.tries {
            0 => Duration::ZERO,
            tries => (UNREACHED * (1 << tries.min(10))).min(LONGEST),
        };
        self.tries = self.tries.saturating_add(1);
        Some(least.max(back_off))
    }
}

/// How long a subscription has to last for its end not to be one of a row.
const SETTLED: Duration = Duration::from_secs(60);
/// How long to wait before a notifier that was not reached is asked again, at first.
const UNREACHED: Duration = Duration::from_secs(2);
/// And at most.
const LONGEST: Duration = Duration::from_secs(1800);
