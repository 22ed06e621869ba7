//! The values of single lines (RFC 8866 §9). `None` is a value that the grammar does not know.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::error::SdpErrorKind;
use super::media::MediaDescription;
use super::reader::{Line, Words, cut};
use super::session::{Attribute, Bandwidth, BandwidthKind, Connection, Origin};
use super::token::{digits, is_base64, is_non_ws, is_number, is_token, is_uri, token_length};
use super::tolerance::{DescriptionLimits, Tolerance};
use crate::text::find_byte;

pub(super) fn origin<'a>(line: &Line<'a>, tolerance: &Tolerance) -> Option<Origin<'a>> {
    let space = find_byte(line.value, b' ')?;
    let (username, rest) = line.value.split_at_checked(space)?;
    // Only the name may be of another character set.
    let rest = match line.text() {
        Some(text) => text.get(space..)?,
        None => core::str::from_utf8(rest).ok()?,
    };
    let mut words = Words::new(rest.strip_prefix(' ')?, tolerance);
    let session_id = words.next().filter(|word| is_number(word))?;
    let session_version = words.next().filter(|word| is_number(word))?;
    let (network_type, address_type) = network(&mut words)?;
    let origin = Origin {
        username,
        session_id,
        session_version,
        network_type,
        address_type,
        address: words.next().filter(|word| is_non_ws(word.as_bytes()))?,
    };
    (words.next().is_none() && is_non_ws(username)).then_some(origin)
}

/// `nettype SP addrtype`.
#[inline]
fn network<'a>(words: &mut Words<'a>) -> Option<(&'a str, &'a str)> {
    // What nearly every description says is compared as a whole.
    if words.skip("IN IP4 ") {
        return Some(("IN", "IP4"));
    }
    let network_type = words.next().filter(|word| is_token(word))?;
    let address_type = words.next().filter(|word| is_token(word))?;
    Some((network_type, address_type))
}

pub(super) fn connection<'a>(value: &'a str, tolerance: &Tolerance) -> Option<Connection<'a>> {
    let mut words = Words::new(value, tolerance);
    let (network_type, address_type) = network(&mut words)?;
    let address = words.next().filter(|word| is_non_ws(word.as_bytes()))?;
    if words.next().is_some() {
        return None;
    }
    let mut connection = Connection {
        network_type,
        address_type,
        address,
        ttl: None,
        count: None,
    };
    // What a slash means in an address of another network is for that to say.
    if !matches!((network_type, address_type), ("IN", "IP4" | "IP6")) {
        return Some(connection);
    }
    let suffix = cut(address, b'/').map(|(address, suffix)| {
        connection.address = address;
        suffix
    });
    if connection.address.is_empty() {
        return None;
    }
    if let Some(suffix) = suffix {
        let (first, second) = match cut(suffix, b'/') {
            None => (digits(suffix)?, None),
            Some((first, second)) => (digits(first)?, Some(digits(second)?)),
        };
        groups(&mut connection, first, second, tolerance)?;
    } else if address_type == "IP4" && connection.is_multicast() && !tolerance.loose_connection {
        return None;
    }
    Some(connection)
}

/// What stands behind the slashes. §5.7: a time to live with IPv4 multicast and only there; a count
/// of groups with multicast only.
fn groups(
    connection: &mut Connection<'_>,
    first: u64,
    second: Option<u64>,
    tolerance: &Tolerance,
) -> Option<()> {
    let ttl = |number: u64| u8::try_from(number).ok();
    let count = |number: u64| u32::try_from(number).ok().filter(|count| *count > 0);
    match (connection.is_multicast(), connection.address_type, second) {
        (true, "IP4", None) => connection.ttl = Some(ttl(first)?),
        (true, "IP4", Some(second)) => {
            connection.ttl = Some(ttl(first)?);
            connection.count = Some(count(second)?);
        }
        (true, "IP6", None) => connection.count = Some(count(first)?),
        _ if tolerance.loose_connection => {}
        _ => return None,
    }
    Some(())
}

pub(super) fn bandwidth<'a>(value: &'a str, lines: &mut Vec<Bandwidth<'a>>) -> Option<()> {
    let (name, number) = cut(value, b':')?;
    let kind = BandwidthKind::from_name(name);
    match (digits(number), kind) {
        (Some(value), _) if is_token(name) => lines.push(Bandwidth { kind, value }),
        // §5.8: an unknown modifier is ignored, so what its number looks like is its own affair.
        (None, BandwidthKind::Other(_)) => {}
        _ => return None,
    }
    Some(())
}

/// A key is thrown away (§5.12), but a strict reader wants one.
pub(super) fn key(value: &[u8], tolerance: &Tolerance) -> Option<()> {
    let colon = value.iter().position(|byte| *byte == b':');
    let known = match colon.and_then(|at| value.split_at_checked(at)) {
        None => value == b"prompt",
        Some((b"clear", key)) => key.len() > 1,
        Some((b"base64", key)) => is_base64(key.get(1..)?),
        Some((b"uri", key)) => is_uri(key.get(1..)?),
        Some(_) => false,
    };
    (known || tolerance.loose_words).then_some(())
}

#[inline]
pub(super) fn attribute<'a>(line: &Line<'a>, tolerance: &Tolerance) -> Option<Attribute<'a>> {
    let length = token_length(line.value);
    let (name, rest) = line.value.split_at_checked(length)?;
    let value = match rest {
        [] => None,
        [b':'] if !tolerance.empty_values => return None,
        [b':', value @ ..] => Some(Cow::Borrowed(value)),
        // A property such as `a=sendrecv ` is still what it is called.
        spaces if tolerance.extra_spaces && spaces.trim_ascii().is_empty() => None,
        _ => return None,
    };
    let name = match line.text() {
        Some(text) => text.get(..length)?,
        None => core::str::from_utf8(name).ok()?,
    };
    (!name.is_empty()).then_some(Attribute { name, value })
}

pub(super) fn media<'a>(
    value: &'a str,
    tolerance: &Tolerance,
    limits: &DescriptionLimits,
    list: &mut Vec<MediaDescription<'a>>,
) -> Result<Option<()>, SdpErrorKind> {
    let mut words = Words::new(value, tolerance);
    let (Some(media), Some(port), Some(proto)) = (words.next(), words.next(), words.next()) else {
        return Ok(None);
    };
    let Some((port, port_count)) = ports(port) else {
        return Ok(None);
    };
    let spaces = words.rest().bytes().filter(|byte| *byte == b' ').count();
    let mut formats = Vec::with_capacity(spaces.saturating_add(1).min(limits.formats));
    for word in words {
        let is_format = digits(word).is_some() || is_token(word);
        if !(is_format || tolerance.loose_words && is_non_ws(word.as_bytes())) {
            return Ok(None);
        }
        if formats.len() >= limits.formats {
            return Err(SdpErrorKind::TooLarge);
        }
        formats.push(Cow::Borrowed(word));
    }
    // What most say is known to be well formed.
    let is_usual = matches!((media, proto), ("audio" | "video", "RTP/AVP"));
    let fits = (is_usual || is_token(media) && is_proto(proto)) && !formats.is_empty();
    if !fits {
        return Ok(None);
    }
    list.push(MediaDescription {
        media,
        port,
        port_count,
        proto,
        formats,
        information: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        attributes: Vec::new(),
    });
    Ok(Some(()))
}

/// `token *("/" token)`.
#[inline]
fn is_proto(mut proto: &str) -> bool {
    while let Some((first, rest)) = cut(proto, b'/') {
        if !is_token(first) {
            return false;
        }
        proto = rest;
    }
    is_token(proto)
}

/// `port ["/" integer]`.
#[inline]
fn ports(word: &str) -> Option<(u16, Option<u32>)> {
    let port = |text| u16::try_from(digits(text)?).ok();
    match cut(word, b'/') {
        None => Some((port(word)?, None)),
        Some((first, count)) => {
            let count = u32::try_from(digits(count)?)
                .ok()
                .filter(|count| *count > 0)?;
            Some((port(first)?, Some(count)))
        }
    }
}
