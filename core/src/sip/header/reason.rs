//! Reason (RFC 3326 §2) and Warning (RFC 3261 §20.43): why, for machines and for people.

use alloc::vec::Vec;

use crate::text::{Class, Cursor, write_decimal};

use super::params::write_quoted;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, ParamValue, Params, Value};

/// Why a request was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reason<'a> {
    /// Whose code the cause is: `SIP`, `Q.850`, …; compare it without regard to case.
    pub protocol: &'a str,
    /// The code.
    pub cause: Option<u32>,
    /// The same for people, without its quotes and still escaped.
    pub text: Option<&'a [u8]>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> Reason<'a> {
    /// What those are told who were slower than another (RFC 3326 §3.1).
    pub const COMPLETED_ELSEWHERE: Reason<'static> = Reason::sip(200, "Call completed elsewhere");

    /// A SIP status and its text.
    #[must_use]
    pub const fn sip(cause: u16, text: &'a str) -> Self {
        Self {
            protocol: "SIP",
            cause: Some(cause as u32),
            text: Some(text.as_bytes()),
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

impl<'a> Element<'a> for Reason<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let protocol = take_token(cursor)?;
        let (mut cause, mut text) = (None, None);
        let params = Params::take(cursor, &["cause", "text"], |place, value| {
            match (place, value) {
                (0, Some(value)) => cause = Some(value.number().ok_or(HeaderErrorKind::Number)?),
                (_, Some(ParamValue::Quoted(inside))) => text = Some(inside),
                (_, _) => return Err(HeaderErrorKind::Parameter),
            }
            Ok(())
        })?;
        Ok(Self {
            protocol,
            cause,
            text,
            params,
        })
    }
}

impl Value for Reason<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.protocol.as_bytes());
        if let Some(cause) = self.cause {
            out.extend_from_slice(b";cause=");
            write_decimal(u64::from(cause), out);
        }
        if let Some(text) = self.text {
            out.extend_from_slice(b";text=");
            write_quoted(text, out);
        }
        self.params.write(out);
    }
}

/// More about the status of a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Warning<'a> {
    /// Three digits.
    pub code: u16,
    /// Who warns: a host and port, or a pseudonym.
    pub agent: &'a str,
    /// The text, without its quotes and still escaped.
    pub text: &'a [u8],
}

impl<'a> Warning<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for Warning<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let fail = |kind, cursor: &Cursor<'_>| HeaderError::new(kind, cursor.position());
        let digits = cursor.take_while(Class::DIGIT);
        let code = Cursor::new(digits)
            .take_number()
            .filter(|_| digits.len() == 3);
        let code = code.and_then(|code| u16::try_from(code).ok());
        let code = code.ok_or_else(|| fail(HeaderErrorKind::Number, cursor))?;
        cursor.skip_lws();
        let agent = cursor.take_str(Class::VALUE);
        if agent.is_empty() {
            return Err(fail(HeaderErrorKind::Host, cursor));
        }
        cursor.skip_lws();
        let text = cursor
            .take_quoted()
            .ok_or_else(|| fail(HeaderErrorKind::Quoted, cursor))?;
        Ok(Self { code, agent, text })
    }
}

impl Value for Warning<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        // RFC 3261 §25.1: warn-code is three digits, be they zeros.
        for bound in [100, 10] {
            if self.code < bound {
                out.push(b'0');
            }
        }
        write_decimal(u64::from(self.code), out);
        out.push(b' ');
        out.extend_from_slice(self.agent.as_bytes());
        out.push(b' ');
        write_quoted(self.text, out);
    }
}
