//! Security-Client, Security-Server and Security-Verify (RFC 3329 §2.2).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::{quoted, token};
use super::params::{write_param, write_quoted};
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, QValue, Value};

/// A security mechanism that one side offers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecurityMechanism<'a> {
    /// `digest`, `tls`, `ipsec-ike`, `ipsec-man`, …; compare it without regard to case.
    pub name: &'a str,
    /// How much it is preferred to others.
    pub q: Option<QValue>,
    /// The digest algorithm.
    pub digest_algorithm: Option<&'a str>,
    /// The digest's quality of protection.
    pub digest_qop: Option<&'a str>,
    /// The digest over the server's list: 32 hexadecimal digits, without quotes.
    pub digest_verify: Option<&'a [u8]>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> SecurityMechanism<'a> {
    /// A mechanism alone.
    #[must_use]
    pub const fn new(name: &'a str) -> Self {
        Self {
            name,
            q: None,
            digest_algorithm: None,
            digest_qop: None,
            digest_verify: None,
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

/// `32LHEX`.
fn is_digest(text: &[u8]) -> bool {
    text.len() == 32 && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl<'a> Element<'a> for SecurityMechanism<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let mut taken = Self::new(take_token(cursor)?);
        let known = &["q", "d-alg", "d-qop", "d-ver"];
        taken.params = Params::take(cursor, known, |place, value| {
            match place {
                0 => {
                    taken.q = QValue::parse(token(value)?);
                    return taken.q.map(|_| ()).ok_or(HeaderErrorKind::Number);
                }
                1 => taken.digest_algorithm = Some(token(value)?),
                2 => taken.digest_qop = Some(token(value)?),
                _ => {
                    taken.digest_verify = Some(quoted(value)?).filter(|text| is_digest(text));
                    return taken
                        .digest_verify
                        .map(|_| ())
                        .ok_or(HeaderErrorKind::Parameter);
                }
            }
            Ok(())
        })?;
        Ok(taken)
    }
}

impl Value for SecurityMechanism<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name.as_bytes());
        if let Some(q) = self.q {
            out.extend_from_slice(b";q=");
            q.write(out);
        }
        let tokens = [("d-alg", self.digest_algorithm), ("d-qop", self.digest_qop)];
        for (name, value) in tokens {
            if let Some(value) = value {
                write_param(name, value, out);
            }
        }
        if let Some(digest) = self.digest_verify {
            out.extend_from_slice(b";d-ver=");
            write_quoted(digest, out);
        }
        self.params.write(out);
    }
}
