//! The networks that a request comes through: P-Access-Network-Info and P-Visited-Network-ID
//! (RFC 7315 §5.3, §5.4, RFC 7913 §2), and P-Private-Network-Indication (RFC 7316 §7).

use alloc::vec::Vec;

use crate::sip::uri::Host;
use crate::text::Cursor;

use super::expect::{fail, flag};
use super::params::write_value;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, ParamValue, Params, Token, Value};

/// How a user reaches the network: one value of P-Access-Network-Info.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessNetwork<'a> {
    /// The type or class of access: `IEEE-802.11`, `3GPP-E-UTRAN-FDD`, …
    pub access: Token<'a>,
    /// Whether the network says so, and not the user.
    pub is_network_provided: bool,
    /// What more is known of it: `cgi-3gpp`, `utran-cell-id-3gpp`, `dsl-location`, …
    pub params: Params<'a>,
}

/// A network that a user visits: one value of P-Visited-Network-ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VisitedNetwork<'a> {
    /// Its name; as a token if it is plain.
    pub name: ParamValue<'a>,
    /// The parameters.
    pub params: Params<'a>,
}

/// The private network that a request belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrivateNetwork<'a> {
    /// Its domain.
    pub domain: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> AccessNetwork<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The radio cell, from whichever parameter says it.
    #[must_use]
    pub fn cell(&self) -> Option<ParamValue<'a>> {
        let names = [
            "cgi-3gpp",
            "utran-cell-id-3gpp",
            "ci-3gpp2",
            "ci-3gpp2-femto",
        ];
        let mut found = names.iter().filter_map(|name| self.params.get(name));
        found.next()?.value
    }
}

impl<'a> VisitedNetwork<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> PrivateNetwork<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

/// `token / quoted-string`.
pub(super) fn take_token_or_quoted<'a>(
    cursor: &mut Cursor<'a>,
) -> Result<ParamValue<'a>, HeaderError> {
    if cursor.peek() != Some(b'"') {
        return take_token(cursor).map(ParamValue::Plain);
    }
    match cursor.take_quoted() {
        Some(inside) => Ok(ParamValue::Quoted(inside)),
        None => fail(HeaderErrorKind::Quoted, cursor),
    }
}

/// Parameters that have a place and so a value.
const PLACES: [&str; 12] = [
    "cgi-3gpp",
    "utran-cell-id-3gpp",
    "dsl-location",
    "i-wlan-node-id",
    "ci-3gpp2",
    "ci-3gpp2-femto",
    "eth-location",
    "fiber-location",
    "gstn-location",
    "local-time-zone",
    "dvb-rcs2-node-id",
    "utran-sai-3gpp",
];

impl<'a> Element<'a> for AccessNetwork<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let access = Token::element(cursor)?;
        let at = cursor.position();
        let mut is_network_provided = false;
        let params = Params::take(cursor, &["network-provided"], |_, value| {
            is_network_provided = true;
            flag(value)
        })?;
        let is_place = |name: &str| PLACES.iter().any(|known| known.eq_ignore_ascii_case(name));
        if params
            .iter()
            .any(|param| param.value.is_none() && is_place(param.name))
        {
            return Err(HeaderError::new(HeaderErrorKind::Parameter, at));
        }
        Ok(Self {
            access,
            is_network_provided,
            params,
        })
    }
}

impl<'a> Element<'a> for VisitedNetwork<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let name = take_token_or_quoted(cursor)?;
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { name, params })
    }
}

impl<'a> Element<'a> for PrivateNetwork<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        // RFC 7316 §7: a name and no address.
        let domain = match Host::take(cursor) {
            Some(Host::Name(name)) => name,
            Some(Host::Ip(_)) | None => {
                return Err(HeaderError::new(HeaderErrorKind::Host, at));
            }
        };
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { domain, params })
    }
}

impl Value for AccessNetwork<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.access.write(out);
        self.params.write(out);
        if self.is_network_provided {
            out.extend_from_slice(b";network-provided");
        }
    }
}

impl Value for VisitedNetwork<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_value(self.name, out);
        self.params.write(out);
    }
}

impl Value for PrivateNetwork<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.domain.as_bytes());
        self.params.write(out);
    }
}
