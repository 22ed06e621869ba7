//! What a phone can be asked to do, written and read as one line.

use std::fmt;
use std::str::FromStr;

use super::interest::Interest;
use crate::worlds::audio::Speak;

/// What a phone can be asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Register for so many seconds, and stay registered.
    Register(u64),
    /// Remove all registrations.
    Unregister,
    /// Call a URI.
    Invite(String),
    /// Call a URI, and let it say first what it has.
    InviteWithoutOffer(String),
    /// Ask a URI what it can do.
    Options(String),
    /// Do something about a call.
    Call(usize, Act),
    /// Do something about events.
    Event(Interest),
    /// Do something about sound.
    Audio(Speak),
}

/// What can be done about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Tell the caller that it rings.
    Ring,
    /// Describe its media before it picks up.
    Describe,
    /// Pick up.
    Accept,
    /// Refuse it with a status.
    Reject(u16),
    /// End it.
    HangUp,
    /// Put the far end on hold.
    Hold,
    /// Take it off hold.
    Resume,
}

const ACTS: [(Act, &str); 6] = [
    (Act::Describe, "describe"),
    (Act::Ring, "ring"),
    (Act::Accept, "accept"),
    (Act::HangUp, "hang-up"),
    (Act::Hold, "hold"),
    (Act::Resume, "resume"),
];

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(secs) => write!(f, "register {secs}"),
            Self::Unregister => f.write_str("unregister"),
            Self::Invite(uri) => write!(f, "invite {uri}"),
            Self::InviteWithoutOffer(uri) => write!(f, "invite-without-offer {uri}"),
            Self::Options(uri) => write!(f, "options {uri}"),
            Self::Event(interest) => write!(f, "event {interest}"),
            Self::Audio(speak) => write!(f, "audio {speak}"),
            Self::Call(number, Act::Reject(status)) => write!(f, "reject {number} {status}"),
            Self::Call(number, act) => {
                let found = ACTS.iter().find(|(known, _)| known == act);
                write!(f, "{} {number}", found.map_or("", |(_, word)| word))
            }
        }
    }
}

impl FromStr for Deed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("no deed: {text}");
        if let Some(speak) = text.strip_prefix("audio ") {
            return speak.parse().map(Self::Audio);
        }
        if let Some(interest) = text.strip_prefix("event ") {
            return interest.parse().map(Self::Event);
        }
        let words: Vec<&str> = text.split(' ').collect();
        let number = |word: &str| word.parse().map_err(|_| wrong());
        match words[..] {
            ["register", secs] => Ok(Self::Register(secs.parse().map_err(|_| wrong())?)),
            ["unregister"] => Ok(Self::Unregister),
            ["invite", uri] => Ok(Self::Invite(uri.to_owned())),
            ["invite-without-offer", uri] => Ok(Self::InviteWithoutOffer(uri.to_owned())),
            ["options", uri] => Ok(Self::Options(uri.to_owned())),
            ["reject", call, status] => {
                let status = status.parse().map_err(|_| wrong())?;
                Ok(Self::Call(number(call)?, Act::Reject(status)))
            }
            [word, call] => {
                let found = ACTS.iter().find(|(_, known)| *known == word);
                let act = found.ok_or_else(wrong)?.0;
                Ok(Self::Call(number(call)?, act))
            }
            _ => Err(wrong()),
        }
    }
}
