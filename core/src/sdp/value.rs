//! The values of single lines (RFC 8866 §9). `None` is a value that the grammar does not know.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::error::SdpErrorKind;
use super::media::MediaDescription;
use super::parse::{DescriptionLimits, Tolerance};
use super::session::{Attribute, Bandwidth, BandwidthKind, Connection, Origin};
use super::time::digits;

pub(super) fn text(value: &[u8]) -> Option<&str> {
    core::str::from_utf8(value).ok()
}

/// A token of §9.
fn is_token(word: &str) -> bool {
    let outside =
        |byte: u8| matches!(byte, b'"' | b'(' | b')' | b',' | b'/' | b':'..=b'@' | b'['..=b']');
    !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !outside(byte))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a value, single spaces apart.
fn words<'a>(value: &'a str, tolerance: &Tolerance) -> impl Iterator<Item = &'a str> {
    let loose = tolerance.extra_spaces;
    value
        .split(' ')
        .filter(move |word| !loose || !word.is_empty())
}

pub(super) fn origin<'a>(value: &'a [u8], tolerance: &Tolerance) -> Option<Origin<'a>> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    let (username, rest) = value.split_at_checked(space)?;
    let mut words = words(text(rest)?.strip_prefix(' ')?, tolerance);
    let origin = Origin {
        username,
        session_id: words.next().filter(|word| is_number(word))?,
        session_version: words.next().filter(|word| is_number(word))?,
        network_type: words.next().filter(|word| is_token(word))?,
        address_type: words.next().filter(|word| is_token(word))?,
        address: words.next().filter(|word| !word.is_empty())?,
    };
    (words.next().is_none() && !username.is_empty()).then_some(origin)
}

pub(super) fn connection<'a>(value: &'a [u8], tolerance: &Tolerance) -> Option<Connection<'a>> {
    let mut words = words(text(value)?, tolerance);
    let network_type = words.next().filter(|word| is_token(word))?;
    let address_type = words.next().filter(|word| is_token(word))?;
    let mut parts = words.next()?.split('/');
    if words.next().is_some() {
        return None;
    }
    let mut connection = Connection {
        network_type,
        address_type,
        address: parts.next().filter(|word| !word.is_empty())?,
        ttl: None,
        count: None,
    };
    let numbers = parts
        .map(|part| digits(part).filter(|_| !part.is_empty()))
        .collect::<Option<Vec<u64>>>()?;
    let ttl = |number: u64| u8::try_from(number).ok();
    let count = |number: u64| u32::try_from(number).ok().filter(|count| *count > 0);
    // §5.7: a time to live with IPv4 multicast and only there; a count with multicast only.
    let multicast = connection.is_multicast();
    match (numbers.as_slice(), address_type) {
        ([], "IP4") if multicast && !tolerance.loose_connection => return None,
        ([], _) => {}
        ([one], "IP4") if multicast => connection.ttl = Some(ttl(*one)?),
        ([one, many], "IP4") if multicast => {
            connection.ttl = Some(ttl(*one)?);
            connection.count = Some(count(*many)?);
        }
        ([many], "IP6") if multicast => connection.count = Some(count(*many)?),
        _ if tolerance.loose_connection => {}
        _ => return None,
    }
    Some(connection)
}

pub(super) fn bandwidth<'a>(value: &'a [u8], lines: &mut Vec<Bandwidth<'a>>) -> Option<()> {
    let (name, number) = text(value)?.split_once(':')?;
    let kind = BandwidthKind::from_name(name);
    match (digits(number).filter(|_| is_number(number)), kind) {
        (Some(value), _) if is_token(name) => lines.push(Bandwidth { kind, value }),
        // §5.8: an unknown modifier is ignored, so what its number looks like is its own affair.
        (None, BandwidthKind::Other(_)) => {}
        _ => return None,
    }
    Some(())
}

pub(super) fn attribute<'a>(value: &'a [u8], lines: &mut Vec<Attribute<'a>>) -> Option<()> {
    let colon = value.iter().position(|byte| *byte == b':');
    let (name, value) = match colon.and_then(|at| value.split_at_checked(at)) {
        None => (value, None),
        Some((name, rest)) => (name, rest.get(1..)),
    };
    // A property such as `a=sendrecv ` is still what it is called.
    let name = text(name)?.trim_ascii_end();
    if !is_token(name) {
        return None;
    }
    lines.push(Attribute {
        name,
        value: value.map(Cow::Borrowed),
    });
    Some(())
}

pub(super) fn media<'a>(
    value: &'a [u8],
    tolerance: &Tolerance,
    limits: &DescriptionLimits,
) -> Result<Option<MediaDescription<'a>>, SdpErrorKind> {
    let Some(value) = text(value) else {
        return Ok(None);
    };
    let mut words = words(value, tolerance);
    let (Some(media), Some(port), Some(proto)) = (words.next(), words.next(), words.next()) else {
        return Ok(None);
    };
    let (port, port_count) = match port.split_once('/') {
        None => (port, None),
        Some((port, count)) => (port, Some(count)),
    };
    let port_number = digits(port).filter(|_| is_number(port));
    let port_number = port_number.and_then(|port| u16::try_from(port).ok());
    let count_number = port_count.map(|count| count.parse().ok().filter(|count| *count > 0));
    let (Some(port), None | Some(Some(_))) = (port_number, count_number) else {
        return Ok(None);
    };
    let mut formats = Vec::new();
    for word in words {
        if word.is_empty() {
            return Ok(None);
        }
        if formats.len() >= limits.formats {
            return Err(SdpErrorKind::TooLarge);
        }
        formats.push(Cow::Borrowed(word));
    }
    let fits = is_token(media) && proto.split('/').all(is_token) && !formats.is_empty();
    Ok(fits.then_some(MediaDescription {
        media,
        port,
        port_count: count_number.flatten(),
        proto,
        formats,
        information: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        attributes: Vec::new(),
    }))
}
