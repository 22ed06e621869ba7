//! Methods (RFC 3261 §7.1 and the extensions that define them).

use core::fmt;
use core::str;

use crate::text::Class;

/// A method; compared with regard to case (RFC 3261 §7.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Method<'a> {
    /// RFC 3261 §13.
    Invite,
    /// RFC 3261 §13, §17.1.1.3.
    Ack,
    /// RFC 3261 §15.
    Bye,
    /// RFC 3261 §9.
    Cancel,
    /// RFC 3261 §10.
    Register,
    /// RFC 3261 §11.
    Options,
    /// RFC 6086.
    Info,
    /// RFC 3262.
    Prack,
    /// RFC 3311.
    Update,
    /// RFC 6665.
    Subscribe,
    /// RFC 6665.
    Notify,
    /// RFC 3515.
    Refer,
    /// RFC 3428.
    Message,
    /// RFC 3903.
    Publish,
    /// A method not known here (`extension-method`).
    Other(&'a str),
}

impl<'a> Method<'a> {
    /// The methods known here, in the order in which [`Display`](fmt::Display) lists look best.
    pub const KNOWN: [Method<'static>; 14] = [
        Method::Invite,
        Method::Ack,
        Method::Cancel,
        Method::Bye,
        Method::Options,
        Method::Register,
        Method::Prack,
        Method::Update,
        Method::Info,
        Method::Subscribe,
        Method::Notify,
        Method::Refer,
        Method::Message,
        Method::Publish,
    ];

    /// The method that `bytes` spell exactly; `None` if they are no token.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        Self::from_token(str::from_utf8(bytes).ok()?)
    }

    /// The method that `text` spells exactly; `None` if it is no token.
    #[must_use]
    pub fn from_token(text: &'a str) -> Option<Self> {
        Some(match text.as_bytes() {
            b"INVITE" => Self::Invite,
            b"ACK" => Self::Ack,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            b"REGISTER" => Self::Register,
            b"OPTIONS" => Self::Options,
            b"INFO" => Self::Info,
            b"PRACK" => Self::Prack,
            b"UPDATE" => Self::Update,
            b"SUBSCRIBE" => Self::Subscribe,
            b"NOTIFY" => Self::Notify,
            b"REFER" => Self::Refer,
            b"MESSAGE" => Self::Message,
            b"PUBLISH" => Self::Publish,
            other if Class::TOKEN.holds(other) => Self::Other(text),
            _ => return None,
        })
    }

    /// The method as it is sent.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match *self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Register => "REGISTER",
            Self::Options => "OPTIONS",
            Self::Info => "INFO",
            Self::Prack => "PRACK",
            Self::Update => "UPDATE",
            Self::Subscribe => "SUBSCRIBE",
            Self::Notify => "NOTIFY",
            Self::Refer => "REFER",
            Self::Message => "MESSAGE",
            Self::Publish => "PUBLISH",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
