//! Accept-Contact, Reject-Contact and Request-Disposition (RFC 3841 §9, §10).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::flag;
use super::feature::take_star;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// Features that a contact is wanted for: one value of Accept-Contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcceptContact<'a> {
    /// Whether a contact that does not match is not to be tried at all.
    pub is_required: bool,
    /// Whether a contact that does not say that it has the features counts as not having them.
    pub is_explicit: bool,
    /// The features (RFC 3840 §9), and other parameters.
    pub params: Params<'a>,
}

/// Features that a contact is not to have: one value of Reject-Contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeatureSet<'a> {
    /// The features (RFC 3840 §9), and other parameters.
    pub params: Params<'a>,
}

/// What a caller wants of proxies: one value of Request-Disposition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Directive {
    /// Forward the request.
    Proxy,
    /// Answer with a redirection.
    Redirect,
    /// Cancel what is outstanding when one answers with a success.
    Cancel,
    /// Cancel nothing.
    NoCancel,
    /// Fork.
    Fork,
    /// Try one only.
    NoFork,
    /// Follow redirections.
    Recurse,
    /// Return redirections.
    NoRecurse,
    /// Try all at once.
    Parallel,
    /// Try one after the other.
    Sequential,
    /// Wait for a busy callee.
    Queue,
    /// Return busy.
    NoQueue,
}

impl<'a> AcceptContact<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> FeatureSet<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl Directive {
    /// Every directive with its token.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::Proxy, "proxy"),
        (Self::Redirect, "redirect"),
        (Self::Cancel, "cancel"),
        (Self::NoCancel, "no-cancel"),
        (Self::Fork, "fork"),
        (Self::NoFork, "no-fork"),
        (Self::Recurse, "recurse"),
        (Self::NoRecurse, "no-recurse"),
        (Self::Parallel, "parallel"),
        (Self::Sequential, "sequential"),
        (Self::Queue, "queue"),
        (Self::NoQueue, "no-queue"),
    ];

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The token.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let found = Self::ALL.iter().find(|(directive, _)| *directive == self);
        found.map_or("", |(_, text)| text)
    }
}

impl<'a> Element<'a> for AcceptContact<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        take_star(cursor)?;
        let (mut is_required, mut is_explicit) = (false, false);
        // RFC 3841 §10: each of the two stands at most once.
        let params = Params::take(cursor, &["require", "explicit"], |place, value| {
            flag(value)?;
            match place {
                0 => is_required = true,
                _ => is_explicit = true,
            }
            Ok(())
        })?;
        Ok(Self {
            is_required,
            is_explicit,
            params,
        })
    }
}

impl<'a> Element<'a> for FeatureSet<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        take_star(cursor)?;
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { params })
    }
}

impl<'a> Element<'a> for Directive {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let text = take_token(cursor)?;
        let found = Self::ALL
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(text));
        match found {
            Some((directive, _)) => Ok(*directive),
            None => Err(HeaderError::new(HeaderErrorKind::Token, at)),
        }
    }
}

impl Value for AcceptContact<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'*');
        self.params.write(out);
        if self.is_required {
            out.extend_from_slice(b";require");
        }
        if self.is_explicit {
            out.extend_from_slice(b";explicit");
        }
    }
}

impl Value for FeatureSet<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'*');
        self.params.write(out);
    }
}

impl Value for Directive {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}
