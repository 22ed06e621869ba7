//! Resource-Priority and Accept-Resource-Priority (RFC 4412 §3.1, §3.2), and Priority (RFC 3261
//! §20.26).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::take_dotted;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// A priority within a namespace; compare both without regard to case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ResourcePriority<'a> {
    /// Whose priorities these are: `dsn`, `q735`, `ets`, …
    pub namespace: &'a str,
    /// The priority.
    pub priority: &'a str,
}

/// How urgent a request is to a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Priority<'a> {
    /// Life, limb or property is in danger.
    Emergency,
    /// Urgent.
    Urgent,
    /// As when nothing is said.
    Normal,
    /// It can wait.
    NonUrgent,
    /// Another word for it.
    Other(&'a str),
}

impl<'a> ResourcePriority<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Priority<'a> {
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
            Self::Emergency => "emergency",
            Self::Urgent => "urgent",
            Self::Normal => "normal",
            Self::NonUrgent => "non-urgent",
            Self::Other(text) => text,
        }
    }
}

impl<'a> Element<'a> for ResourcePriority<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        match take_dotted(cursor)?.split_once('.') {
            Some((namespace, priority)) if !priority.contains('.') => Ok(Self {
                namespace,
                priority,
            }),
            _ => Err(HeaderError::new(HeaderErrorKind::Token, at)),
        }
    }
}

impl<'a> Element<'a> for Priority<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let text = take_token(cursor)?;
        let known = [Self::Emergency, Self::Urgent, Self::Normal, Self::NonUrgent];
        let found = known
            .into_iter()
            .find(|priority| priority.as_str().eq_ignore_ascii_case(text));
        Ok(found.unwrap_or(Self::Other(text)))
    }
}

impl Value for ResourcePriority<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        for part in [self.namespace, ".", self.priority] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}

impl Value for Priority<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}
