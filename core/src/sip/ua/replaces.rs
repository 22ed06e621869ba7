//! Which dialog a Replaces names (RFC 3891 §3), and what is answered if it names none that may be
//! replaced:
//!
//! | it names | answer |
//! |---|---|
//! | no dialog, or more than one | 481 |
//! | one that is over, or ending | 603, lest a call ring that nobody wants |
//! | an answered one, but only an early one is to be replaced | 486 |
//! | an early one that somebody else began | 481 |
//!
//! Whether the sender may replace it is for whoever asks to find out.

use core::fmt;

use super::UserAgent;
use super::call::{CallHandle, Leg, LegState, Role, Stage};
use crate::sip::dialog::Dialog;
use crate::sip::header::Replaces;
use crate::sip::message::StatusCode;

/// A dialog that a call may take the place of.
#[derive(Clone, Copy, Debug)]
pub struct Replaceable<'a> {
    /// The call it is of.
    pub call: CallHandle,
    /// The dialog itself: who its peer is.
    pub dialog: &'a Dialog,
    /// Whether it is early: what shuts it down is then a CANCEL, and otherwise a BYE.
    pub is_early: bool,
}

/// Why no dialog is replaced.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NotReplaceable {
    /// There is no such dialog, or there are several.
    NotFound,
    /// It is over, or about to be.
    Terminated,
    /// It is answered already.
    NotEarly,
    /// It is early, and was begun by the other end.
    NotOurs,
}

impl NotReplaceable {
    /// What the INVITE is answered.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotFound | Self::NotOurs => StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST,
            Self::Terminated => StatusCode::DECLINE,
            Self::NotEarly => StatusCode::BUSY_HERE,
        }
    }
}

impl fmt::Display for NotReplaceable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "no such dialog",
            Self::Terminated => "the dialog is over",
            Self::NotEarly => "the dialog is answered already",
            Self::NotOurs => "the dialog is early, and not ours",
        })
    }
}

impl core::error::Error for NotReplaceable {}

impl UserAgent {
    /// The dialog that a Replaces in an INVITE to us names.
    ///
    /// # Errors
    /// Why there is none to be replaced, and so what the INVITE is answered.
    pub fn replaceable(&self, replaces: &Replaces<'_>) -> Result<Replaceable<'_>, NotReplaceable> {
        // §3: to-tag is our tag, which we always have.
        let handle = self.links.by_tag.get(replaces.to_tag).copied();
        let handle = handle.ok_or(NotReplaceable::NotFound)?;
        let call = self.calls.get(handle).ok_or(NotReplaceable::NotFound)?;
        let mut named = call.legs.iter().filter(|leg| is_named(leg, replaces));
        let (Some(leg), None) = (named.next(), named.next()) else {
            return Err(NotReplaceable::NotFound);
        };
        let is_early = match leg.state {
            LegState::Early => true,
            LegState::Confirmed => false,
            LegState::Terminated | LegState::Mortal(_) => return Err(NotReplaceable::Terminated),
        };
        match call.stage {
            Stage::Calling | Stage::Offered | Stage::Established => {}
            Stage::Ending(_) | Stage::Ended => return Err(NotReplaceable::Terminated),
        }
        if replaces.is_early_only && !is_early {
            return Err(NotReplaceable::NotEarly);
        }
        if is_early && call.role == Role::Callee {
            return Err(NotReplaceable::NotOurs);
        }
        Ok(Replaceable {
            call: handle,
            dialog: &leg.dialog,
            is_early,
        })
    }
}

/// Whether the dialog of a leg of the call with that to-tag is named: from-tag is the peer's. §6.1: a
/// tag of zero is also that of a peer that knows RFC 2543 only, and has none.
fn is_named(leg: &Leg, replaces: &Replaces<'_>) -> bool {
    let id = leg.dialog.id();
    let is_tag = replaces.from_tag == &*id.remote_tag
        || (replaces.from_tag == "0" && id.remote_tag.is_empty());
    is_tag && *id.call_id == *replaces.call_id.0
}
