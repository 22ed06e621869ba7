//! What proxies of a cable operator tell each other (RFC 5503): P-DCS-Trace-Party-ID (§5),
//! P-DCS-OSPS (§6), P-DCS-Billing-Info (§7), P-DCS-LAES and P-DCS-Redirect (§8).

use alloc::vec::Vec;

use crate::sip::uri::HostPort;
use crate::text::{Class, Cursor, write_decimal};

use super::expect::{fail, number, quoted};
use super::name_addr::{take_address, write_address};
use super::params::{write_param, write_quoted};
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, ParamValue, Params, Value};

/// Whom a call is to be traced to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TracePartyId<'a> {
    /// The display name, without quotes and still escaped; see [`crate::text::unquote`].
    pub display: Option<&'a [u8]>,
    /// The other party.
    pub uri: &'a str,
    /// When the call came, in NTP seconds with a fraction.
    pub timestamp: Option<&'a str>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// What an operator of the telephone network wants with a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperatorService<'a> {
    /// `BLV`: to listen whether it is busy.
    BusyLineVerification,
    /// `EI`: to speak into the call.
    EmergencyInterrupt,
    /// `RING`: to ring the caller back.
    RingBack,
    /// Another word.
    Other(&'a str),
}

/// Who is billed for a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BillingInfo<'a> {
    /// The call's identifier for billing: up to 48 hexadecimal digits.
    pub correlation_id: &'a str,
    /// The entity that keeps the records: up to 16 hexadecimal digits, and its host.
    pub entity: (&'a str, HostPort<'a>),
    /// `charge`, `calling`, `called`, `routing`, `locroute`: URIs in quotes; `rksgroup`, `jip`.
    pub params: Params<'a>,
}

/// Where a call under surveillance is reported to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Surveillance<'a> {
    /// Where signalling is copied to.
    pub signalling: HostPort<'a>,
    /// Where media are copied to.
    pub content: Option<HostPort<'a>>,
    /// The other parameters, `bcid` and `cccid` among them.
    pub params: Params<'a>,
}

/// How a call under surveillance was redirected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SurveillanceRedirect<'a> {
    /// Whom the call was to at first, without quotes.
    pub called: &'a [u8],
    /// Who redirected it, without quotes.
    pub redirector: Option<&'a [u8]>,
    /// How often it was redirected.
    pub count: Option<u32>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> TracePartyId<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> OperatorService<'a> {
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
            Self::BusyLineVerification => "BLV",
            Self::EmergencyInterrupt => "EI",
            Self::RingBack => "RING",
            Self::Other(text) => text,
        }
    }
}

impl<'a> BillingInfo<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Surveillance<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> SurveillanceRedirect<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

/// `1*n(HEXDIG)`.
fn is_hex(text: &str, most: usize) -> bool {
    text.len() <= most && Class::HEX.holds(text.as_bytes())
}

/// `1*DIGIT [ "." 1*DIGIT ]`.
fn is_timestamp(text: &str) -> bool {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| Class::DIGIT.holds(text.as_bytes());
    is_number(seconds) && is_number(fraction)
}

/// The value has to be there and to be a host with or without a port.
fn host_port(value: Option<ParamValue<'_>>) -> Result<HostPort<'_>, HeaderErrorKind> {
    value
        .and_then(|value| value.plain())
        .and_then(HostPort::parse)
        .ok_or(HeaderErrorKind::Host)
}

/// The value has to be there and to be hexadecimal digits, at most so many.
fn hex(value: Option<ParamValue<'_>>, most: usize) -> Result<(), HeaderErrorKind> {
    match value.and_then(|value| value.plain()) {
        Some(text) if is_hex(text, most) => Ok(()),
        Some(_) | None => Err(HeaderErrorKind::Parameter),
    }
}

/// Holds the parameters that are kept against what they have to be.
fn check(
    params: &Params<'_>,
    at: usize,
    check: impl Fn(&str, Option<ParamValue<'_>>) -> Result<(), HeaderErrorKind>,
) -> Result<(), HeaderError> {
    params.iter().try_for_each(|param| {
        let name = param.name.to_ascii_lowercase();
        check(&name, param.value).map_err(|kind| HeaderError::new(kind, at))
    })
}

impl<'a> Element<'a> for TracePartyId<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let (display, uri) = take_address(cursor)?;
        let mut timestamp = None;
        let params = Params::take(cursor, &["timestamp"], |_, value| {
            timestamp = value.and_then(|value| value.plain());
            match timestamp {
                Some(text) if is_timestamp(text) => Ok(()),
                Some(_) | None => Err(HeaderErrorKind::Number),
            }
        })?;
        Ok(Self {
            display,
            uri,
            timestamp,
            params,
        })
    }
}

impl<'a> Element<'a> for OperatorService<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let text = take_token(cursor)?;
        let known = [
            Self::BusyLineVerification,
            Self::EmergencyInterrupt,
            Self::RingBack,
        ];
        let found = known
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text));
        Ok(found.unwrap_or(Self::Other(text)))
    }
}

impl<'a> Element<'a> for BillingInfo<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let correlation_id = cursor.take_str(Class::HEX);
        if !is_hex(correlation_id, 48) {
            return Err(HeaderError::new(HeaderErrorKind::Number, at));
        }
        if !cursor.eat_separator(b'/') {
            return fail(HeaderErrorKind::Syntax, cursor);
        }
        let at = cursor.position();
        let id = cursor.take_str(Class::HEX);
        if !is_hex(id, 16) || !cursor.eat(b'@') {
            return Err(HeaderError::new(HeaderErrorKind::Number, at));
        }
        let at = cursor.position();
        let host = HostPort::parse(cursor.take_str(Class::VALUE));
        let host = host.ok_or(HeaderError::new(HeaderErrorKind::Host, at))?;
        let at = cursor.position();
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        check(&params, at, |name, value| match name {
            "charge" | "calling" | "called" | "routing" | "locroute" | "jip" => {
                quoted(value).map(|_| ())
            }
            _ => Ok(()),
        })?;
        Ok(Self {
            correlation_id,
            entity: (id, host),
            params,
        })
    }
}

impl<'a> Element<'a> for Surveillance<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let signalling = HostPort::parse(cursor.take_str(Class::VALUE));
        let signalling = signalling.ok_or(HeaderError::new(HeaderErrorKind::Host, at))?;
        let at = cursor.position();
        let mut content = None;
        let params = Params::take(cursor, &["content"], |_, value| {
            content = Some(host_port(value)?);
            Ok(())
        })?;
        check(&params, at, |name, value| match name {
            "bcid" => hex(value, 48),
            "cccid" => hex(value, 8),
            _ => Ok(()),
        })?;
        Ok(Self {
            signalling,
            content,
            params,
        })
    }
}

impl<'a> Element<'a> for SurveillanceRedirect<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let Some(called) = cursor.take_quoted() else {
            return fail(HeaderErrorKind::Quoted, cursor);
        };
        let (mut redirector, mut count) = (None, None);
        let params = Params::take(cursor, &["redirector-uri", "count"], |place, value| {
            match place {
                0 => redirector = Some(quoted(value)?),
                _ => count = Some(number(value)?),
            }
            Ok(())
        })?;
        Ok(Self {
            called,
            redirector,
            count,
            params,
        })
    }
}

impl Value for TracePartyId<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(self.display, self.uri, out);
        if let Some(timestamp) = self.timestamp {
            write_param("timestamp", timestamp, out);
        }
        self.params.write(out);
    }
}

impl Value for OperatorService<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}

impl Value for BillingInfo<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        for part in [self.correlation_id, "/", self.entity.0, "@"] {
            out.extend_from_slice(part.as_bytes());
        }
        self.entity.1.write(out);
        self.params.write(out);
    }
}

impl Value for Surveillance<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.signalling.write(out);
        if let Some(content) = self.content {
            out.extend_from_slice(b";content=");
            content.write(out);
        }
        self.params.write(out);
    }
}

impl Value for SurveillanceRedirect<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_quoted(self.called, out);
        if let Some(redirector) = self.redirector {
            out.extend_from_slice(b";redirector-uri=");
            write_quoted(redirector, out);
        }
        if let Some(count) = self.count {
            out.extend_from_slice(b";count=");
            write_decimal(u64::from(count), out);
        }
        self.params.write(out);
    }
}
