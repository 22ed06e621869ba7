//! P-Asserted-Service and P-Preferred-Service (RFC 6050 §4), and P-Media-Authorization
//! (RFC 3313 §5).

use alloc::vec::Vec;

use crate::text::{Class, Cursor};

use super::expect::fail;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// A service by its URN, without `urn:urn-7:`: one value of either field.
#[derive(Clone, Copy, Debug)]
pub struct ServiceId<'a>(pub &'a str);

/// A token of a policy server, in hexadecimal digits: one value of P-Media-Authorization.
#[derive(Clone, Copy, Debug)]
pub struct MediaAuthorization<'a>(pub &'a str);

const URN: &str = "urn:urn-7:";

impl<'a> ServiceId<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// Whether this is the service `other` or one below it: `a.b` is within `a`.
    #[must_use]
    pub fn is_within(&self, other: &str) -> bool {
        self.0
            .split_at_checked(other.len())
            .is_some_and(|(start, rest)| {
                start.eq_ignore_ascii_case(other) && (rest.is_empty() || rest.starts_with('.'))
            })
    }
}

impl<'a> MediaAuthorization<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl PartialEq for ServiceId<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for ServiceId<'_> {}

impl PartialEq for MediaAuthorization<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for MediaAuthorization<'_> {}

/// `let-dig *( let-dig )`: labels between dots, the first of at most 27 characters.
fn is_service(text: &str) -> bool {
    let is_label = |label: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty() && label.bytes().all(fits)
    };
    text.split('.').all(is_label) && text.split('.').next().is_some_and(|top| top.len() <= 27)
}

impl<'a> Element<'a> for ServiceId<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        if !cursor.eat_ignore_case(URN.as_bytes()) {
            return fail(HeaderErrorKind::Uri, cursor);
        }
        let at = cursor.position();
        let text = cursor.take_str(Class::TOKEN);
        if is_service(text) {
            Ok(Self(text))
        } else {
            Err(HeaderError::new(HeaderErrorKind::Uri, at))
        }
    }
}

impl<'a> Element<'a> for MediaAuthorization<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        match cursor.take_str(Class::HEX) {
            "" => fail(HeaderErrorKind::Token, cursor),
            digits => Ok(Self(digits)),
        }
    }
}

impl Value for ServiceId<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(URN.as_bytes());
        out.extend_from_slice(self.0.as_bytes());
    }
}

impl Value for MediaAuthorization<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
}
