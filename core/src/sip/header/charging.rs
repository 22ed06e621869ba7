//! P-Charging-Vector and P-Charging-Function-Addresses (RFC 7315 §5.5, §5.6).

use alloc::vec::Vec;

use crate::sip::uri::Host;
use crate::text::Cursor;

use super::params::write_value;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Param, ParamValue, Params, Value};

/// What ties the charging records of one call together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChargingVector<'a> {
    /// The call's identifier for charging (`icid-value`).
    pub icid: ParamValue<'a>,
    /// The proxy that made it up (`icid-generated-at`).
    pub generated_at: Option<Host<'a>>,
    /// The operator that the call comes from (`orig-ioi`).
    pub originating_operator: Option<ParamValue<'a>>,
    /// The operator that the call goes to (`term-ioi`).
    pub terminating_operator: Option<ParamValue<'a>>,
    /// The other parameters, such as `transit-ioi` and `related-icid`.
    pub params: Params<'a>,
}

/// Who collects charging records: one value of P-Charging-Function-Addresses, parameters of which
/// the first has no semicolon before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChargingFunctions<'a> {
    /// The first address, and what it is of.
    pub first: Param<'a>,
    /// The others.
    pub params: Params<'a>,
}

impl<'a> ChargingVector<'a> {
    /// An identifier alone.
    #[must_use]
    pub const fn new(icid: ParamValue<'a>) -> Self {
        Self {
            icid,
            generated_at: None,
            originating_operator: None,
            terminating_operator: None,
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

impl<'a> ChargingFunctions<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// All addresses in order: `ccf` and `ccf-2` collect charging data, `ecf` and `ecf-2` events.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + Clone + use<'a> {
        core::iter::once(self.first).chain(self.params.iter())
    }
}

/// The value has to be there.
fn some(value: Option<ParamValue<'_>>) -> Result<ParamValue<'_>, HeaderErrorKind> {
    value.ok_or(HeaderErrorKind::Parameter)
}

impl<'a> Element<'a> for ChargingVector<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let first = Param::take(cursor)?;
        let icid = first
            .value
            .filter(|_| first.name.eq_ignore_ascii_case("icid-value"))
            .ok_or(HeaderError::new(HeaderErrorKind::Parameter, at))?;
        let mut vector = Self::new(icid);
        let known = &["icid-value", "icid-generated-at", "orig-ioi", "term-ioi"];
        vector.params = Params::take(cursor, known, |place, value| {
            match place {
                0 => return Err(HeaderErrorKind::Duplicate),
                1 => {
                    let host = some(value)?.plain().and_then(Host::parse);
                    vector.generated_at = Some(host.ok_or(HeaderErrorKind::Host)?);
                }
                2 => vector.originating_operator = Some(some(value)?),
                _ => vector.terminating_operator = Some(some(value)?),
            }
            Ok(())
        })?;
        Ok(vector)
    }
}

impl<'a> Element<'a> for ChargingFunctions<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let first = Param::take(cursor)?;
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        let functions = Self { first, params };
        // The addresses that the RFC names have to be there; what else stands may be anything.
        let is_address = |name: &str| {
            let names = ["ccf", "ecf", "ccf-2", "ecf-2"];
            names.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let lacks = |param: Param<'_>| param.value.is_none() && is_address(param.name);
        if functions.iter().any(lacks) {
            return Err(HeaderError::new(HeaderErrorKind::Parameter, at));
        }
        Ok(functions)
    }
}

impl Value for ChargingVector<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"icid-value=");
        write_value(self.icid, out);
        if let Some(host) = self.generated_at {
            out.extend_from_slice(b";icid-generated-at=");
            host.write(out);
        }
        let operators = [
            (";orig-ioi=", self.originating_operator),
            (";term-ioi=", self.terminating_operator),
        ];
        for (name, operator) in operators {
            if let Some(operator) = operator {
                out.extend_from_slice(name.as_bytes());
                write_value(operator, out);
            }
        }
        self.params.write(out);
    }
}

impl Value for ChargingFunctions<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.first.name.as_bytes());
        if let Some(value) = self.first.value {
            out.push(b'=');
            write_value(value, out);
        }
        self.params.write(out);
    }
}
