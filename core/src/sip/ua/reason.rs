//! Why a call is cancelled or ended, for the far end to read (RFC 3326).
//!
//! | what is sent | because | Reason |
//! |---|---|---|
//! | CANCEL, BYE | the application says so | what it says |
//! | BYE | the media of the 2xx will not do | `SIP;cause=488` (§3.2) |
//! | BYE | another fork was faster | `SIP;cause=200` (as §3.1) |

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::call::{Call, LegId, Stage};
use super::events::EndReason;
use crate::sip::header::{self, Params, Value};
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::text::{Class, quote, unquote};

/// How many reasons one message may give.
const LIMIT: usize = 16;

/// Why a request was sent (RFC 3326 §2).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reason {
    /// Whose code the cause is: `SIP`, `Q.850`, …; compare it without regard to case.
    pub protocol: String,
    /// The code: of `SIP` a status.
    pub cause: Option<u32>,
    /// The same for people.
    pub text: Option<String>,
}

impl Reason {
    /// A SIP status and what it means.
    #[must_use]
    pub fn sip(status: StatusCode, text: &str) -> Self {
        Self {
            protocol: "SIP".into(),
            cause: Some(status.as_u16().into()),
            text: (!text.is_empty()).then(|| text.into()),
        }
    }

    /// An ITU-T Q.850 cause.
    #[must_use]
    pub fn q850(cause: u8, text: &str) -> Self {
        Self {
            protocol: "Q.850".into(),
            cause: Some(cause.into()),
            text: (!text.is_empty()).then(|| text.into()),
        }
    }

    /// The reasons of a message. §2: no two of one protocol; of those that are, nobody knows which
    /// is meant, so that none is taken.
    pub(super) fn of(message: &Message) -> Vec<Self> {
        let values = message.elements::<header::Reason<'_>>(HeaderName::Reason);
        let values = values.filter_map(Result::ok).take(LIMIT);
        let reasons: Vec<Self> = values
            .map(|it| Self {
                protocol: it.protocol.into(),
                cause: it.cause,
                text: it.text.map(|text| unquote(text).into_owned()),
            })
            .collect();
        if are_distinct(&reasons) {
            reasons
        } else {
            Vec::new()
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let text = self.text.as_deref().map(quote);
        let value = header::Reason {
            protocol: &self.protocol,
            cause: self.cause,
            text: text.as_deref().map(str::as_bytes),
            params: Params::EMPTY,
        };
        value.write(out);
    }
}

/// The value of the Reason that has all of these; none if they may not stand together (§2), or
/// cannot be written.
pub(super) fn value(reasons: &[Reason]) -> Option<Box<[u8]>> {
    let is_writable = |it: &Reason| {
        let is_line = |text: &String| !text.contains(['\r', '\n', '\0']);
        let is_token = !it.protocol.is_empty() && Class::TOKEN.holds(it.protocol.as_bytes());
        is_token && it.text.as_ref().is_none_or(is_line)
    };
    if reasons.len() > LIMIT || !are_distinct(reasons) || !reasons.iter().all(is_writable) {
        return None;
    }
    let mut out = Vec::new();
    for reason in reasons {
        if !out.is_empty() {
            out.extend_from_slice(b", ");
        }
        reason.write(&mut out);
    }
    Some(out.into())
}

/// Whether no two of them are of the same protocol (§2).
fn are_distinct(reasons: &[Reason]) -> bool {
    let is_same = |one: &Reason, other: &Reason| one.protocol.eq_ignore_ascii_case(&other.protocol);
    reasons.iter().enumerate().all(|(at, one)| {
        let before = reasons.get(..at).unwrap_or_default();
        !before.iter().any(|other| is_same(one, other))
    })
}

impl Call {
    /// Why the dialog of a leg is ended; empty if there is nothing to say about it.
    pub(super) fn bye_reason(&self, leg: LegId) -> Vec<u8> {
        let is_chosen = self.legs.first().is_some_and(|first| first.id == leg);
        let mut out = Vec::new();
        match (self.stage, &self.reason) {
            (Stage::Established, _) if !is_chosen => {
                header::Reason::COMPLETED_ELSEWHERE.write(&mut out);
            }
            (_, Some(reason)) => out.extend_from_slice(reason),
            (Stage::Ending(EndReason::NoCommonMedia), None) => {
                let status = StatusCode::NOT_ACCEPTABLE_HERE;
                header::Reason::sip(status.as_u16(), status.reason()).write(&mut out);
            }
            (
                Stage::Calling
                | Stage::Offered
                | Stage::Established
                | Stage::Ending(_)
                | Stage::Ended,
                None,
            ) => {}
        }
        out
    }
}
