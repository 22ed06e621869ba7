//! Event, Allow-Events and Subscription-State (RFC 6665 §8.2, §8.4).

use alloc::vec::Vec;

use crate::text::{Cursor, write_decimal};

use super::expect::{number, take_dotted, token};
use super::params::write_param;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, Params, Value};

/// An event package with its templates: `presence`, `presence.winfo`. One value of Allow-Events.
///
/// Compared byte by byte (RFC 6665 §8.2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventType<'a>(pub &'a str);

/// What is subscribed to, or notified of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event<'a> {
    /// The package.
    pub event_type: EventType<'a>,
    /// Tells two subscriptions in one dialog apart; no longer to be used (RFC 6665 §8.4).
    pub id: Option<&'a str>,
    /// The other parameters; they have no part in matching.
    pub params: Params<'a>,
}

/// How it stands with a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SubscriptionState<'a> {
    /// Its state.
    pub state: Substate<'a>,
    /// Why it has ended: `deactivated`, `probation`, `rejected`, `timeout`, `giveup`,
    /// `noresource`, `invariant`, …; compare it without regard to case.
    pub reason: Option<&'a str>,
    /// Seconds for which it goes on.
    pub expires: Option<u32>,
    /// Seconds after which a new one may be tried.
    pub retry_after: Option<u32>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// The state of a subscription (RFC 6665 §4.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Substate<'a> {
    /// Accepted, and in general authorised.
    Active,
    /// Received, and not yet authorised.
    Pending,
    /// No longer.
    Terminated,
    /// One of an extension.
    Other(&'a str),
}

impl<'a> EventType<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Event<'a> {
    /// A package alone.
    #[must_use]
    pub const fn new(event_type: &'a str) -> Self {
        Self {
            event_type: EventType(event_type),
            id: None,
            params: Params::EMPTY,
        }
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// Whether both name the same subscription of a dialog: same package and same `id`, byte by
    /// byte; no other parameter counts (RFC 6665 §8.2.1).
    #[must_use]
    pub fn is_same_subscription(&self, other: &Event<'_>) -> bool {
        self.event_type.0 == other.event_type.0 && self.id == other.id
    }
}

impl<'a> SubscriptionState<'a> {
    /// A state alone.
    #[must_use]
    pub const fn new(state: Substate<'a>) -> Self {
        Self {
            state,
            reason: None,
            expires: None,
            retry_after: None,
            params: Params::EMPTY,
        }
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Substate<'a> {
    /// The state that a token names, in any case.
    #[must_use]
    pub fn from_token(text: &'a str) -> Self {
        for known in [Self::Active, Self::Pending, Self::Terminated] {
            if known.as_str().eq_ignore_ascii_case(text) {
                return known;
            }
        }
        Self::Other(text)
    }

    /// The token.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match *self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Terminated => "terminated",
            Self::Other(text) => text,
        }
    }
}

impl<'a> Element<'a> for EventType<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        take_dotted(cursor).map(Self)
    }
}

impl<'a> Element<'a> for Event<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let event_type = EventType::element(cursor)?;
        let mut id = None;
        let params = Params::take(cursor, &["id"], |_, value| {
            id = Some(token(value)?);
            Ok(())
        })?;
        Ok(Self {
            event_type,
            id,
            params,
        })
    }
}

impl<'a> Element<'a> for SubscriptionState<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let mut taken = Self::new(Substate::from_token(take_token(cursor)?));
        let known = &["reason", "expires", "retry-after"];
        taken.params = Params::take(cursor, known, |place, value| {
            match place {
                0 => taken.reason = Some(token(value)?),
                1 => taken.expires = Some(number(value)?),
                _ => taken.retry_after = Some(number(value)?),
            }
            Ok(())
        })?;
        Ok(taken)
    }
}

impl Value for EventType<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
}

impl Value for Event<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.event_type.write(out);
        if let Some(id) = self.id {
            write_param("id", id, out);
        }
        self.params.write(out);
    }
}

impl Value for SubscriptionState<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.state.as_str().as_bytes());
        if let Some(reason) = self.reason {
            write_param("reason", reason, out);
        }
        for (name, seconds) in [("expires", self.expires), ("retry-after", self.retry_after)] {
            if let Some(seconds) = seconds {
                write_param(name, "", out);
                write_decimal(u64::from(seconds), out);
            }
        }
        self.params.write(out);
    }
}
