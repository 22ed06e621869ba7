//! What a parameter's value must be, and the small pieces that many grammars share
//! (RFC 3261 §25.1).

use crate::sip::uri::Host;
use crate::text::{Class, Cursor};

use super::{HeaderError, HeaderErrorKind, ParamValue};

/// The value has to be there and to be a token.
pub(super) fn token(value: Option<ParamValue<'_>>) -> Result<&str, HeaderErrorKind> {
    value
        .and_then(|value| value.plain())
        .filter(|text| Class::TOKEN.holds(text.as_bytes()))
        .ok_or(HeaderErrorKind::Parameter)
}

/// The value has to be there and to be quoted.
pub(super) fn quoted(value: Option<ParamValue<'_>>) -> Result<&[u8], HeaderErrorKind> {
    match value {
        Some(ParamValue::Quoted(inside)) => Ok(inside),
        Some(ParamValue::Plain(_)) | None => Err(HeaderErrorKind::Parameter),
    }
}

/// The value has to be there and to be a decimal number; a larger one than 32 bits saturates.
pub(super) fn number(value: Option<ParamValue<'_>>) -> Result<u32, HeaderErrorKind> {
    value
        .and_then(|value| value.number())
        .ok_or(HeaderErrorKind::Number)
}

/// The value has to be there and to be a host's name, and no address.
pub(super) fn hostname(value: Option<ParamValue<'_>>) -> Result<&str, HeaderErrorKind> {
    match value.and_then(|value| value.plain()).and_then(Host::parse) {
        Some(Host::Name(name)) => Ok(name),
        Some(Host::Ip(_)) | None => Err(HeaderErrorKind::Host),
    }
}

/// The parameter stands without a value.
pub(super) fn flag(value: Option<ParamValue<'_>>) -> Result<(), HeaderErrorKind> {
    match value {
        None => Ok(()),
        Some(_) => Err(HeaderErrorKind::Parameter),
    }
}

/// A fault where the cursor stands.
pub(super) fn fail<T>(kind: HeaderErrorKind, cursor: &Cursor<'_>) -> Result<T, HeaderError> {
    Err(HeaderError::new(kind, cursor.position()))
}

/// Takes `1*DIGIT`; a number of more than 32 bits saturates.
pub(super) fn take_decimal(cursor: &mut Cursor<'_>) -> Result<u32, HeaderError> {
    let at = cursor.position();
    let digits = cursor.take_while(Class::DIGIT);
    if digits.is_empty() {
        return Err(HeaderError::new(HeaderErrorKind::Number, at));
    }
    Ok(digits.iter().fold(0_u32, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u32::from(digit.wrapping_sub(b'0')))
    }))
}

/// Takes `LAQUOT absoluteURI RAQUOT` and gives what stands between.
pub(super) fn take_bracketed<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, HeaderError> {
    if !cursor.eat(b'<') {
        return fail(HeaderErrorKind::Uri, cursor);
    }
    let at = cursor.position();
    let uri = cursor.take_str(Class::URI);
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
    if scheme.is_none_or(str::is_empty) {
        return Err(HeaderError::new(HeaderErrorKind::Uri, at));
    }
    if !cursor.eat(b'>') {
        return fail(HeaderErrorKind::Uri, cursor);
    }
    Ok(uri)
}

/// Takes a token without a dot in it (`token-nodot`, RFC 6665 §8.4), or several joined by dots.
pub(super) fn take_dotted<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, HeaderError> {
    let at = cursor.position();
    let text = cursor.take_str(Class::TOKEN);
    if text.split('.').any(str::is_empty) {
        return Err(HeaderError::new(HeaderErrorKind::Token, at));
    }
    Ok(text)
}
