//! Reading a session description (RFC 8866 §5, §9): one pass over its lines, total, bounded.

use alloc::vec::Vec;

use super::error::{SdpError, SdpErrorKind};
use super::reader::{Line, Reader};
use super::session::{Origin, SessionDescription};
use super::time::{parse_repeat, parse_time, parse_zone};
use super::token::is_uri;
use super::tolerance::{DescriptionLimits, Tolerance};
use super::value::{attribute, bandwidth, connection, key, media, origin};
use super::{Contact, TimeDescription};

impl<'a> SessionDescription<'a> {
    /// Reads a description as leniently as makes sense, within the default limits.
    ///
    /// This is also the entry for a file or mail part of type `application/sdp` (RFC 8866 §8.1).
    ///
    /// # Errors
    ///
    /// [`SdpError`] names the first line that makes it unusable.
    pub fn parse(text: &'a [u8]) -> Result<Self, SdpError> {
        Self::parse_with(text, &Tolerance::LENIENT, &DescriptionLimits::default())
    }

    /// Reads a description, putting up with the deviations named and no others.
    ///
    /// # Errors
    ///
    /// [`SdpError`] names the first line that makes it unusable.
    pub fn parse_with(
        text: &'a [u8],
        tolerance: &Tolerance,
        limits: &DescriptionLimits,
    ) -> Result<Self, SdpError> {
        let mut reader = Reader::new(text);
        let mut parser = Parser {
            tolerance,
            limits,
            found: NOTHING,
            rank: 0,
            ahead: text.len(),
            has_version: false,
            has_name: false,
            has_key: false,
        };
        while let Some(line) = reader
            .line(tolerance, limits)
            .map_err(|kind| reader.error(kind))?
        {
            parser.ahead = reader.ahead();
            parser.line(&line).map_err(|kind| reader.error(kind))?;
        }
        match parser.finish() {
            Ok(()) => Ok(parser.found),
            Err(kind) => Err(reader.error(kind)),
        }
    }
}

/// A description of which no line was read.
const NOTHING: SessionDescription<'static> = SessionDescription {
    origin: Origin {
        username: b"-",
        session_id: "",
        session_version: "",
        network_type: "",
        address_type: "",
        address: "",
    },
    session_name: b"-",
    information: None,
    uri: None,
    emails: Vec::new(),
    phones: Vec::new(),
    connection: None,
    bandwidths: Vec::new(),
    times: Vec::new(),
    attributes: Vec::new(),
    media: Vec::new(),
};

/// The rank of a line that is none.
const UNKNOWN: u8 = u8::MAX;
/// The rank of a line that does not belong there.
const MISPLACED: u8 = UNKNOWN - 1;

/// The place of a line in the order of §5, in front of the first `m=` and behind it, by its letter.
const RANKS: [(u8, u8); 26] = ranks();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler, bounded by the list"
)]
const fn ranks() -> [(u8, u8); 26] {
    let mut ranks = [(UNKNOWN, UNKNOWN); 26];
    // r= and z= belong to the t= before them.
    let lines = [
        (b'v', MISPLACED, MISPLACED),
        (b'm', 0, 0),
        (b'o', 1, MISPLACED),
        (b's', 2, MISPLACED),
        (b'i', 3, 3),
        (b'u', 4, MISPLACED),
        (b'e', 5, MISPLACED),
        (b'p', 6, MISPLACED),
        (b'c', 7, 7),
        (b'b', 8, 8),
        (b't', 9, MISPLACED),
        (b'r', 9, MISPLACED),
        (b'z', 9, MISPLACED),
        (b'k', 10, 10),
        (b'a', 11, 11),
    ];
    let mut at = 0;
    while at < lines.len() {
        let (letter, of_session, of_media) = lines[at];
        ranks[(letter - b'a') as usize] = (of_session, of_media);
        at += 1;
    }
    ranks
}

struct Parser<'a, 'p> {
    tolerance: &'p Tolerance,
    limits: &'p DescriptionLimits,
    found: SessionDescription<'a>,
    /// The place in the order of §5 of the last line of this section.
    rank: u8,
    /// How many bytes lie behind the line at hand.
    ahead: usize,
    has_version: bool,
    has_name: bool,
    /// Whether this section has its `k=`.
    has_key: bool,
}

type Step<T = ()> = Result<T, SdpErrorKind>;

impl<'a> Parser<'a, '_> {
    #[inline]
    fn line(&mut self, line: &Line<'a>) -> Step {
        let letter = line.letter;
        let in_media = !self.found.media.is_empty();
        if !self.has_version {
            // The version comes first in whatever order the rest is, or it is not SDP at all.
            self.has_version = true;
            let version = match self.tolerance.extra_spaces {
                true => line.value.trim_ascii_end(),
                false => line.value,
            };
            return match (letter, version) {
                (b'v', b"0") => Ok(()),
                (b'v', _) => Err(SdpErrorKind::Malformed(b'v')),
                _ => Err(SdpErrorKind::Missing(b'v')),
            };
        }
        self.keep_order(letter, in_media)?;
        let fits = match letter {
            b'a' => self.attribute(line),
            b'm' => self.media(line)?,
            _ if in_media => self.media_line(line)?,
            _ => self.session_line(line)?,
        };
        fits.ok_or(SdpErrorKind::Malformed(letter))
    }

    #[inline]
    fn keep_order(&mut self, letter: u8, in_media: bool) -> Step {
        let place = usize::from(letter.wrapping_sub(b'a'));
        let Some((of_session, of_media)) = RANKS.get(place) else {
            return Err(SdpErrorKind::UnknownLine(letter));
        };
        let rank = match if in_media { *of_media } else { *of_session } {
            UNKNOWN => return Err(SdpErrorKind::UnknownLine(letter)),
            MISPLACED => return Err(SdpErrorKind::Misplaced(letter)),
            rank => rank,
        };
        self.has_key &= letter != b'm';
        if rank < self.rank && letter != b'm' && !self.tolerance.line_order {
            return Err(SdpErrorKind::Misplaced(letter));
        }
        self.rank = rank;
        Ok(())
    }

    #[inline]
    fn attribute(&mut self, line: &Line<'a>) -> Option<()> {
        let one = attribute(line, self.tolerance)?;
        let attributes = match self.found.media.last_mut() {
            Some(media) => &mut media.attributes,
            None => &mut self.found.attributes,
        };
        if attributes.capacity() == 0 {
            // As many as are likely to come, so that few lists have to grow.
            let likely = self.ahead / ATTRIBUTE_BYTES;
            attributes.reserve(likely.clamp(1, ATTRIBUTES_AT_FIRST));
        }
        attributes.push(one);
        Some(())
    }

    fn media(&mut self, line: &Line<'a>) -> Step<Option<()>> {
        if self.found.media.len() >= self.limits.media {
            return Err(SdpErrorKind::TooLarge);
        }
        self.check_connections()?;
        let Some(text) = line.text() else {
            return Ok(None);
        };
        let list = &mut self.found.media;
        if list.capacity() == 0 {
            list.reserve_exact((self.ahead / MEDIA_BYTES).clamp(1, MEDIA_AT_FIRST));
        }
        media(text, self.tolerance, self.limits, list)
    }

    /// `Ok(None)` means malformed.
    fn session_line(&mut self, line: &Line<'a>) -> Step<Option<()>> {
        let again = SdpErrorKind::Misplaced(line.letter);
        let (tolerance, value) = (self.tolerance, line.value);
        let found = &mut self.found;
        match line.letter {
            b'o' if found.origin.session_id.is_empty() => {
                return Ok(origin(line, tolerance).map(|origin| found.origin = origin));
            }
            b's' if !self.has_name => {
                self.has_name = true;
                match value {
                    [] if !tolerance.empty_session_name => return Ok(None),
                    [] => {}
                    name => found.session_name = name,
                }
            }
            b'i' => return once(&mut found.information, line, tolerance),
            b'u' if value.is_empty() || tolerance.loose_words || is_uri(value) => {
                return once(&mut found.uri, line, tolerance);
            }
            b'u' => return Ok(None),
            b'e' | b'p' => {
                let (lines, contact) = match line.letter {
                    b'e' => (&mut found.emails, Contact::email(value)),
                    _ => (&mut found.phones, Contact::phone(value)),
                };
                lines.push(value);
                return Ok((contact.is_some() || tolerance.loose_contact).then_some(()));
            }
            b'c' if found.connection.is_none() => {
                found.connection = line.text().and_then(|text| connection(text, tolerance));
                // §5.7: several addresses only in a media description.
                let single = found.connection.filter(|one| one.count.is_none());
                return Ok(single.map(|_| ()));
            }
            b'b' => {
                let text = line.text();
                return Ok(text.and_then(|text| bandwidth(text, &mut found.bandwidths)));
            }
            b'k' => return self.key(line),
            b't' | b'r' | b'z' => return self.time(line),
            _ => return Err(again),
        }
        Ok(Some(()))
    }

    /// §5.12: a key in clear text must be thrown away if one is received.
    fn key(&mut self, line: &Line<'a>) -> Step<Option<()>> {
        match core::mem::replace(&mut self.has_key, true) {
            true => Err(SdpErrorKind::Misplaced(b'k')),
            false => Ok(key(line.value, self.tolerance)),
        }
    }

    fn time(&mut self, line: &Line<'a>) -> Step<Option<()>> {
        let Some(text) = line.text() else {
            return Ok(None);
        };
        let times = &mut self.found.times;
        if line.letter == b't' {
            let time = parse_time(text, self.tolerance);
            if times.is_empty() {
                times.reserve_exact(1);
            }
            return Ok(time.map(|time| times.push(time)));
        }
        // §9: r= follows the t=, and one z= the r= it adjusts.
        let time = times.last_mut().filter(|time| time.zone.is_empty());
        let time = time.ok_or(SdpErrorKind::Misplaced(line.letter))?;
        if line.letter == b'r' {
            return Ok(parse_repeat(text, self.tolerance).map(|one| time.repeats.push(one)));
        }
        if time.repeats.is_empty() && !self.tolerance.zone_without_repeat {
            return Err(SdpErrorKind::Misplaced(b'z'));
        }
        let zone = parse_zone(text, self.tolerance);
        Ok(zone.map(|zone| time.zone = zone))
    }

    /// `Ok(None)` means malformed.
    fn media_line(&mut self, line: &Line<'a>) -> Step<Option<()>> {
        let tolerance = self.tolerance;
        let Some(media) = self.found.media.last_mut() else {
            return Err(SdpErrorKind::Misplaced(line.letter));
        };
        match line.letter {
            b'i' => once(&mut media.information, line, tolerance),
            b'k' => self.key(line),
            other => {
                let text = line.text();
                Ok(text.and_then(|text| match other {
                    b'b' => bandwidth(text, &mut media.bandwidths),
                    _ => {
                        let one = connection(text, tolerance)?;
                        if media.connections.is_empty() {
                            media.connections.reserve_exact(1);
                        }
                        media.connections.push(one);
                        Some(())
                    }
                }))
            }
        }
    }

    /// §5.7: several addresses are the layers of a multicast encoding.
    fn check_connections(&self) -> Step {
        let connections = self.found.media.last().map(|media| &*media.connections);
        match connections {
            Some(several @ [_, _, ..]) if !self.tolerance.loose_connection => {
                let unicast =
                    |one: &super::Connection<'_>| one.ip().is_some() && !one.is_multicast();
                match several.iter().any(unicast) {
                    true => Err(SdpErrorKind::Misplaced(b'c')),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self) -> Step {
        self.check_connections()?;
        let found = &mut self.found;
        if !self.has_version {
            return Err(SdpErrorKind::Missing(b'v'));
        }
        if found.origin.session_id.is_empty() {
            return Err(SdpErrorKind::Missing(b'o'));
        }
        if !self.tolerance.missing_lines {
            let unconnected = found.media.iter().any(|media| media.connections.is_empty());
            let nowhere = found.connection.is_none() && (unconnected || found.media.is_empty());
            for (letter, missing) in [
                (b's', !self.has_name),
                (b't', found.times.is_empty()),
                (b'c', nowhere),
            ] {
                if missing {
                    return Err(SdpErrorKind::Missing(letter));
                }
            }
        }
        if found.times.is_empty() {
            found.times.push(TimeDescription::default());
        }
        Ok(())
    }
}

/// How short a section of the media is taken to be.
const MEDIA_BYTES: usize = 128;
/// The most of them for which room is made before there is one.
const MEDIA_AT_FIRST: usize = 4;
/// How short an `a=` line is taken to be when room is made for those to come.
const ATTRIBUTE_BYTES: usize = 20;
/// The most attributes for which room is made before there is one.
const ATTRIBUTES_AT_FIRST: usize = 16;

/// A line of free text that may stand once.
fn once<'a>(
    place: &mut Option<&'a [u8]>,
    line: &Line<'a>,
    tolerance: &Tolerance,
) -> Step<Option<()>> {
    if place.is_some() {
        return Err(SdpErrorKind::Misplaced(line.letter));
    }
    if line.value.is_empty() {
        return Ok(tolerance.empty_values.then_some(()));
    }
    *place = Some(line.value);
    Ok(Some(()))
}
