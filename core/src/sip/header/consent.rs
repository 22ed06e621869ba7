//! Trigger-Consent (RFC 5360 §5.11.2); Permission-Missing is a list of
//! [`NameAddr`](super::NameAddr)s (§5.9.3).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::quoted;
use super::name_addr::take_unbracketed;
use super::params::write_quoted;
use super::value::whole;
use super::{Element, HeaderError, Params, Value};

/// Whom a relay is to ask for consent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TriggerConsent<'a> {
    /// A SIP or SIPS URI without parameters: it stands without brackets.
    pub uri: &'a str,
    /// The URI that permission is asked for, without quotes and still escaped.
    pub target_uri: Option<&'a [u8]>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> TriggerConsent<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for TriggerConsent<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let uri = take_unbracketed(cursor)?;
        let mut target_uri = None;
        let params = Params::take(cursor, &["target-uri"], |_, value| {
            target_uri = Some(quoted(value)?);
            Ok(())
        })?;
        Ok(Self {
            uri,
            target_uri,
            params,
        })
    }
}

impl Value for TriggerConsent<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.uri.as_bytes());
        if let Some(target) = self.target_uri {
            out.extend_from_slice(b";target-uri=");
            write_quoted(target, out);
        }
        self.params.write(out);
    }
}
