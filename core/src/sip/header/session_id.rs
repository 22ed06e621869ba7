//! Session-ID (RFC 7989 §5; RFC 7329 §5, which has no `remote`).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::token;
use super::params::write_param;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// Names a session end to end, through whatever rewrites its Call-ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionId<'a> {
    /// The sender's half: 32 hexadecimal digits in lower case.
    pub local: &'a str,
    /// The other half, as far as the sender knows it.
    pub remote: Option<&'a str>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> SessionId<'a> {
    /// The half that is not known yet.
    pub const NIL: &'static str = "00000000000000000000000000000000";

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl<'a> Element<'a> for SessionId<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let local = take_token(cursor)?;
        if !is_uuid(local) {
            return Err(HeaderError::new(HeaderErrorKind::Token, at));
        }
        let mut remote = None;
        let params = Params::take(cursor, &["remote"], |_, value| {
            remote = Some(token(value)?).filter(|text| is_uuid(text));
            remote.map(|_| ()).ok_or(HeaderErrorKind::Parameter)
        })?;
        Ok(Self {
            local,
            remote,
            params,
        })
    }
}

impl Value for SessionId<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.local.as_bytes());
        if let Some(remote) = self.remote {
            write_param("remote", remote, out);
        }
        self.params.write(out);
    }
}
