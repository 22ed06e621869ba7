//! The fields that name another dialog: Replaces (RFC 3891 §6.1), Join (RFC 3911 §7.1) and
//! Target-Dialog (RFC 4538 §7); and In-Reply-To, which names calls (RFC 3261 §20.21).

use alloc::vec::Vec;

use crate::text::{Class, Cursor};

use super::expect::{flag, token};
use super::params::write_param;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// A `callid`: `word [ "@" word ]`, compared byte by byte (RFC 3261 §20.8). One value of
/// In-Reply-To.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId<'a>(pub &'a str);

/// The dialog that a new call takes the place of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replaces<'a> {
    /// Its Call-ID.
    pub call_id: CallId<'a>,
    /// The tag of whoever receives this.
    pub to_tag: &'a str,
    /// The tag of the other end.
    pub from_tag: &'a str,
    /// Whether only a dialog that is still early may be replaced.
    pub is_early_only: bool,
    /// The other parameters.
    pub params: Params<'a>,
}

/// The dialog that a new call joins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Join<'a> {
    /// Its Call-ID.
    pub call_id: CallId<'a>,
    /// The tag of whoever receives this.
    pub to_tag: &'a str,
    /// The tag of the other end.
    pub from_tag: &'a str,
    /// The other parameters.
    pub params: Params<'a>,
}

/// A dialog whose knowledge shows that the sender may ask for what it asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TargetDialog<'a> {
    /// Its Call-ID.
    pub call_id: CallId<'a>,
    /// The tag of whoever receives this.
    pub local_tag: &'a str,
    /// The tag of the other end.
    pub remote_tag: &'a str,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> CallId<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Replaces<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Join<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> TargetDialog<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for CallId<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let start = cursor.position();
        let fail = |at| Err(HeaderError::new(HeaderErrorKind::Token, at));
        if cursor.take_while(Class::WORD).is_empty() {
            return fail(start);
        }
        if cursor.eat(b'@') && cursor.take_while(Class::WORD).is_empty() {
            return fail(cursor.position());
        }
        match cursor.since(start) {
            Some(text) => Ok(Self(text)),
            None => fail(start),
        }
    }
}

/// The two tags of a dialog, a flag, and the parameters around them. RFC 3891 §6.1, RFC 3911 §7.1,
/// RFC 4538 §7: each tag stands exactly once.
type Tags<'a> = (&'a str, &'a str, bool, Params<'a>);

fn take_tags<'a>(
    cursor: &mut Cursor<'a>,
    known: &'static [&'static str],
) -> Result<Tags<'a>, HeaderError> {
    let (mut first, mut second, mut has_flag) = (None, None, false);
    let params = Params::take(cursor, known, |place, value| {
        match place {
            0 => first = Some(token(value)?),
            1 => second = Some(token(value)?),
            _ => {
                flag(value)?;
                has_flag = true;
            }
        }
        Ok(())
    })?;
    match (first, second) {
        (Some(first), Some(second)) => Ok((first, second, has_flag, params)),
        _ => Err(HeaderError::new(
            HeaderErrorKind::Parameter,
            cursor.position(),
        )),
    }
}

impl<'a> Element<'a> for Replaces<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let call_id = CallId::element(cursor)?;
        let (to_tag, from_tag, is_early_only, params) =
            take_tags(cursor, &["to-tag", "from-tag", "early-only"])?;
        Ok(Self {
            call_id,
            to_tag,
            from_tag,
            is_early_only,
            params,
        })
    }
}

impl<'a> Element<'a> for Join<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let call_id = CallId::element(cursor)?;
        let (to_tag, from_tag, _, params) = take_tags(cursor, &["to-tag", "from-tag"])?;
        Ok(Self {
            call_id,
            to_tag,
            from_tag,
            params,
        })
    }
}

impl<'a> Element<'a> for TargetDialog<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let call_id = CallId::element(cursor)?;
        let (local_tag, remote_tag, _, params) = take_tags(cursor, &["local-tag", "remote-tag"])?;
        Ok(Self {
            call_id,
            local_tag,
            remote_tag,
            params,
        })
    }
}

impl Value for CallId<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
}

impl Value for Replaces<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.call_id.write(out);
        write_param("to-tag", self.to_tag, out);
        write_param("from-tag", self.from_tag, out);
        if self.is_early_only {
            out.extend_from_slice(b";early-only");
        }
        self.params.write(out);
    }
}

impl Value for Join<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.call_id.write(out);
        write_param("to-tag", self.to_tag, out);
        write_param("from-tag", self.from_tag, out);
        self.params.write(out);
    }
}

impl Value for TargetDialog<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.call_id.write(out);
        write_param("local-tag", self.local_tag, out);
        write_param("remote-tag", self.remote_tag, out);
        self.params.write(out);
    }
}
