//! Event notification (RFC 6665): how it stands with one subscription, at either end.
//!
//! ```text
//!   subscriber                                 notifier
//!    notify_wait ──SUBSCRIBE──────────────────▶ resp_wait
//!        ◀──────────── 200, NOTIFY pending ──── pending      the owner has to be asked
//!    pending
//!        ◀──────────── NOTIFY active ────────── active
//!    active ─────── SUBSCRIBE, again ─────────▶ active
//!        ◀──────────── NOTIFY terminated ────── terminated
//!    terminated
//! ```
//!
//! Each machine is data: it is told what was sent and what came, and says until when it waits for
//! what. Dialogs, messages and timers are its user's.

mod notifier;
mod retry;
mod subscriber;

pub use notifier::{Notifier, NotifierState};
pub use retry::Retry;
pub use subscriber::{Subscriber, SubscriberDue, SubscriberEnd, SubscriberState};

use crate::sip::message::StatusCode;

/// Whether the refusal of a SUBSCRIBE or NOTIFY inside a dialog ends the subscription (RFC 6665
/// §4.1.2.2, §4.2.2).
#[must_use]
pub fn ends_subscription(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        404 | 405 | 410 | 416 | 480..=485 | 489 | 501 | 604
    )
}
