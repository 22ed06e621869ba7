//! Who may send media before a call is answered, and whether it is answered already:
//! P-Early-Media (RFC 5009 §9) and P-Answer-State (RFC 4964 §7).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, Params, Value};

/// What early media is authorised: one value of P-Early-Media. The directions come in the order of
/// the media of the session description.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EarlyMedia<'a> {
    /// Either side may send.
    SendRecv,
    /// The receiver of the message may only receive.
    SendOnly,
    /// The receiver of the message may only send.
    RecvOnly,
    /// Nobody may send.
    Inactive,
    /// Somebody else lets media pass or not already.
    Gated,
    /// The sender of the request knows the header field.
    Supported,
    /// Another word.
    Other(&'a str),
}

/// Whether the called user has answered, or a server on behalf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnswerState<'a> {
    /// Who has answered.
    pub answer: AnswerType<'a>,
    /// The parameters.
    pub params: Params<'a>,
}

/// Who has answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerType<'a> {
    /// The user's own agent.
    Confirmed,
    /// A server, before the user's agent has.
    Unconfirmed,
    /// Another word.
    Other(&'a str),
}

impl<'a> EarlyMedia<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The token.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match *self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
            Self::Gated => "gated",
            Self::Supported => "supported",
            Self::Other(text) => text,
        }
    }
}

impl<'a> AnswerState<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> AnswerType<'a> {
    /// The token.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match *self {
            Self::Confirmed => "Confirmed",
            Self::Unconfirmed => "Unconfirmed",
            Self::Other(text) => text,
        }
    }
}

impl<'a> Element<'a> for EarlyMedia<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let text = take_token(cursor)?;
        let known = [
            Self::SendRecv,
            Self::SendOnly,
            Self::RecvOnly,
            Self::Inactive,
            Self::Gated,
            Self::Supported,
        ];
        let found = known
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text));
        Ok(found.unwrap_or(Self::Other(text)))
    }
}

impl<'a> Element<'a> for AnswerState<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let text = take_token(cursor)?;
        let known = [AnswerType::Confirmed, AnswerType::Unconfirmed];
        let found = known
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text));
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self {
            answer: found.unwrap_or(AnswerType::Other(text)),
            params,
        })
    }
}

impl Value for EarlyMedia<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}

impl Value for AnswerState<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.answer.as_str().as_bytes());
        self.params.write(out);
    }
}
