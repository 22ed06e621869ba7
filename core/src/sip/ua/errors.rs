//! Why a command was not carried out.

use core::fmt;

use super::call::Stage;
use crate::sip::endpoint::{SelectError, SendError};
use crate::sip::message::BuildError;

/// Why a request outside a dialog was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestError {
    /// It is no SIP URI.
    BadUri,
    /// A URI or a setting has characters that cannot be written.
    Unwritable(BuildError),
    /// There is nowhere to send it to.
    NoWay(SelectError),
    /// It cannot be sent now.
    NotSent(SendError),
    /// A table is full.
    LimitReached,
    /// A MESSAGE would have more than 1300 bytes (RFC 3428 §8).
    TooLarge,
}

impl From<BuildError> for RequestError {
    fn from(error: BuildError) -> Self {
        Self::Unwritable(error)
    }
}

impl From<SelectError> for RequestError {
    fn from(error: SelectError) -> Self {
        Self::NoWay(error)
    }
}

impl From<SendError> for RequestError {
    fn from(error: SendError) -> Self {
        Self::NotSent(error)
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUri => f.write_str("not a sip uri"),
            Self::Unwritable(error) => error.fmt(f),
            Self::NoWay(error) => error.fmt(f),
            Self::NotSent(error) => error.fmt(f),
            Self::LimitReached => f.write_str("the limit is reached"),
            Self::TooLarge => f.write_str("too large for a message"),
        }
    }
}

impl core::error::Error for RequestError {}

/// Why a registration was not begun.
pub type RegisterError = RequestError;

/// Why a call was not begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InviteError {
    /// The INVITE was not sent.
    Request(RequestError),
    /// The media have no format or no address.
    UnusableMedia,
}

impl<T: Into<RequestError>> From<T> for InviteError {
    fn from(error: T) -> Self {
        Self::Request(error.into())
    }
}

impl fmt::Display for InviteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::UnusableMedia => f.write_str("the local media cannot be offered"),
        }
    }
}

impl core::error::Error for InviteError {}

/// Why a call was not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcceptError {
    /// It is not a call that waits for an answer: it is answered, over, or our own.
    NotRinging,
    /// Nothing the caller offers can be had with these media. The call was refused with 488.
    NoCommonMedia,
    /// The media have no format or no address. The call still rings.
    UnusableMedia,
    /// The session was described already, in an earlier response.
    AlreadyDescribed,
    /// The caller has offered nothing, and takes an offer in the answer to its call only.
    NotReliable,
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRinging => "the call does not wait for an answer",
            Self::NoCommonMedia => "no codec in common with the caller",
            Self::UnusableMedia => "the local media cannot be offered",
            Self::AlreadyDescribed => "the session was described already",
            Self::NotReliable => "the caller takes no offer before the call is answered",
        })
    }
}

impl core::error::Error for AcceptError {}

/// Why a command about a call was not carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallError {
    /// The call is over; its handle names nothing.
    Stale,
    /// The call is in no state for it.
    WrongState(Stage),
    /// A call is refused with a status from 300 on.
    NotARefusal,
    /// Two of the reasons are of one protocol (RFC 3326 §2), or one cannot be written.
    BadReason,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "the call is over",
            Self::WrongState(_) => "the call is in no state for this",
            Self::NotARefusal => "a call is refused with a status from 300 on",
            Self::BadReason => "the reasons cannot stand together",
        })
    }
}

impl core::error::Error for CallError {}

/// Why a session is not to be modified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModifyError {
    /// The call is over; its handle names nothing.
    Stale,
    /// The call has no session that could be modified now.
    WrongState(Stage),
    /// Our media are not that many.
    NoStream,
    /// The media have no format or no address.
    UnusableMedia,
}

impl fmt::Display for ModifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "the call is over",
            Self::WrongState(_) => "the call has no session to modify",
            Self::NoStream => "there is no such stream",
            Self::UnusableMedia => "the local media cannot be offered",
        })
    }
}

impl core::error::Error for ModifyError {}

/// Why a request inside the dialog of a call was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InDialogError {
    /// The call is over; its handle names nothing.
    Stale,
    /// There is no far end yet, or none any more.
    NoDialog,
    /// The far end has not said that it takes this package (RFC 6086 §4.2.1).
    PackageNotTaken,
    /// The far end has not said that it takes another identity (RFC 4916 §4.3), or we do not.
    IdentityNotTaken,
    /// As many as may wait for their answer do: one MESSAGE (RFC 3428 §8), eight INFO.
    Pending,
    /// The request was not sent.
    Request(RequestError),
}

impl<T: Into<RequestError>> From<T> for InDialogError {
    fn from(error: T) -> Self {
        Self::Request(error.into())
    }
}

impl fmt::Display for InDialogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale => f.write_str("the call is over"),
            Self::NoDialog => f.write_str("there is nobody to say it to"),
            Self::PackageNotTaken => f.write_str("the far end does not take this package"),
            Self::IdentityNotTaken => f.write_str("the far end does not take another identity"),
            Self::Pending => f.write_str("what was said before has no answer yet"),
            Self::Request(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for InDialogError {}

/// Why a MESSAGE outside a call was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageError {
    /// The last one to the same URI has no answer yet (RFC 3428 §8).
    Pending,
    /// The request was not sent.
    Request(RequestError),
}

impl<T: Into<RequestError>> From<T> for MessageError {
    fn from(error: T) -> Self {
        Self::Request(error.into())
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("the last one has no answer yet"),
            Self::Request(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for MessageError {}

/// A handle that names nothing any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StaleHandle;

impl fmt::Display for StaleHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the handle names nothing any more")
    }
}

impl core::error::Error for StaleHandle {}
