//! Reading a session description (RFC 8866 §5, §9): one pass over its lines, total, bounded.

use alloc::vec::Vec;

use super::error::{SdpError, SdpErrorKind};
use super::session::{Origin, SessionDescription};
use super::time::{parse_repeat, parse_time, parse_zone};
use super::value::{attribute, bandwidth, connection, media, origin, text};
use super::{Contact, TimeDescription};

/// How large a description may be; more is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptionLimits {
    /// Bytes of one line, without its end.
    pub line_bytes: usize,
    /// Lines altogether.
    pub lines: usize,
    /// `m=` lines.
    pub media: usize,
    /// Formats of one `m=` line.
    pub formats: usize,
}

impl Default for DescriptionLimits {
    fn default() -> Self {
        Self {
            line_bytes: 4096,
            lines: 1024,
            media: 32,
            formats: 128,
        }
    }
}

/// The named deviations from RFC 8866 that are put up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Lines of a section in another order than that of §5.
    pub line_order: bool,
    /// `s=` with nothing after it, as RFC 3264 §10 and RFC 3420 §3.1 print it (against §5.3).
    pub empty_session_name: bool,
    /// No `s=`, no `t=`, or no `c=` for some media description.
    pub missing_lines: bool,
    /// An `e=` or `p=` that has neither form of §5.6.
    pub loose_contact: bool,
    /// A `z=` that follows no `r=`, which RFC 4566 allowed (§10).
    pub zone_without_repeat: bool,
    /// A `c=` whose multicast address lacks its time to live, or whose other address has one
    /// (against §5.7).
    pub loose_connection: bool,
    /// More than one space between the words of a line, or one at its end.
    pub extra_spaces: bool,
    /// Blank lines after the last one, and a last one that does not end.
    pub loose_end: bool,
}

impl Tolerance {
    /// What RFC 8866 says and nothing else.
    pub const STRICT: Self = Self {
        line_order: false,
        empty_session_name: false,
        missing_lines: false,
        loose_contact: false,
        zone_without_repeat: false,
        loose_connection: false,
        extra_spaces: false,
        loose_end: false,
    };
    /// Everything that still makes sense.
    pub const LENIENT: Self = Self {
        line_order: true,
        empty_session_name: true,
        missing_lines: true,
        loose_contact: true,
        zone_without_repeat: true,
        loose_connection: true,
        extra_spaces: true,
        loose_end: true,
    };
}

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
        let mut parser = Parser {
            tolerance,
            limits,
            rank: 0,
            started: false,
            found: SessionDescription {
                origin: NO_ORIGIN,
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
            },
            has_name: false,
        };
        let mut at = 0;
        for (count, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let fail = |kind| SdpError {
                kind,
                at: u32::try_from(at).unwrap_or(u32::MAX),
            };
            if count >= limits.lines {
                return Err(fail(SdpErrorKind::TooLarge));
            }
            let rest = text.get(at..).unwrap_or_default();
            match parser.end_of(line, rest).map_err(fail)? {
                Some(line) => parser.line(line).map_err(fail)?,
                None => break,
            }
            at = at.saturating_add(line.len());
        }
        parser.finish().map_err(|kind| SdpError {
            kind,
            at: u32::try_from(at).unwrap_or(u32::MAX),
        })
    }
}

const NO_ORIGIN: Origin<'static> = Origin {
    username: b"-",
    session_id: "",
    session_version: "",
    network_type: "",
    address_type: "",
    address: "",
};

struct Parser<'a, 'p> {
    tolerance: &'p Tolerance,
    limits: &'p DescriptionLimits,
    /// The place in the order of §5 of the last line of this section.
    rank: u8,
    started: bool,
    has_name: bool,
    found: SessionDescription<'a>,
}

type Step<T = ()> = Result<T, SdpErrorKind>;

impl<'a> Parser<'a, '_> {
    /// The line without its end; `None` at the blank lines after the last.
    fn end_of(&self, line: &'a [u8], rest: &[u8]) -> Step<Option<&'a [u8]>> {
        // §5: CRLF ends a line, and parsers should take a bare newline too.
        let (line, ended) = match line.strip_suffix(b"\n") {
            Some(line) => (line.strip_suffix(b"\r").unwrap_or(line), true),
            None => (line.strip_suffix(b"\r").unwrap_or(line), false),
        };
        let blank = rest.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        if blank && self.tolerance.loose_end {
            return Ok(None);
        }
        if line.len() > self.limits.line_bytes {
            return Err(SdpErrorKind::TooLarge);
        }
        let whole = ended || self.tolerance.loose_end;
        let clean = line.iter().all(|byte| !matches!(byte, 0 | b'\r'));
        (whole && clean)
            .then_some(Some(line))
            .ok_or(SdpErrorKind::NotALine)
    }

    fn line(&mut self, line: &'a [u8]) -> Step {
        let [letter, b'=', value @ ..] = line else {
            return Err(SdpErrorKind::NotALine);
        };
        let letter = *letter;
        if !self.started {
            // The version comes first in whatever order the rest is, or it is not SDP at all.
            self.started = true;
            return match (letter, value) {
                (b'v', b"0") => Ok(()),
                (b'v', _) => Err(SdpErrorKind::Malformed(b'v')),
                _ => Err(SdpErrorKind::Missing(b'v')),
            };
        }
        self.keep_order(letter)?;
        let malformed = SdpErrorKind::Malformed(letter);
        if self.found.media.is_empty() || letter == b'm' {
            self.session_line(letter, value)?.ok_or(malformed)
        } else {
            self.media_line(letter, value)?.ok_or(malformed)
        }
    }

    fn keep_order(&mut self, letter: u8) -> Step {
        let in_media = !self.found.media.is_empty();
        let order: &[u8] = match in_media {
            false => b"vosiuepcbtka",
            true => b"micbka",
        };
        // r= and z= belong to the t= before them.
        let place = match letter {
            b'r' | b'z' if !in_media => b't',
            b'm' => {
                self.rank = 0;
                return Ok(());
            }
            other => other,
        };
        let Some(rank) = order.iter().position(|one| *one == place) else {
            let known = b"vosiuepcbtrzkam".contains(&letter);
            return Err(match known {
                true => SdpErrorKind::Misplaced(letter),
                false => SdpErrorKind::UnknownLine(letter),
            });
        };
        let rank = u8::try_from(rank).unwrap_or(u8::MAX);
        if rank < self.rank && !self.tolerance.line_order {
            return Err(SdpErrorKind::Misplaced(letter));
        }
        self.rank = rank;
        Ok(())
    }

    /// `Ok(None)` means malformed.
    fn session_line(&mut self, letter: u8, value: &'a [u8]) -> Step<Option<()>> {
        let again = SdpErrorKind::Misplaced(letter);
        let found = &mut self.found;
        match letter {
            b'v' => return Err(again),
            b'o' if !found.origin.session_id.is_empty() => return Err(again),
            b'o' => {
                let origin = origin(value, self.tolerance);
                return Ok(origin.map(|origin| found.origin = origin));
            }
            b's' if self.has_name => return Err(again),
            b's' => {
                self.has_name = true;
                if value.is_empty() && !self.tolerance.empty_session_name {
                    return Ok(None);
                }
                found.session_name = value;
            }
            b'i' => return once(&mut found.information, value, again),
            b'u' => return once(&mut found.uri, value, again),
            b'e' | b'p' => {
                let (lines, contact) = match letter {
                    b'e' => (&mut found.emails, Contact::email(value)),
                    _ => (&mut found.phones, Contact::phone(value)),
                };
                lines.push(value);
                return Ok((contact.is_some() || self.tolerance.loose_contact).then_some(()));
            }
            b'c' if found.connection.is_some() => return Err(again),
            b'c' => {
                found.connection = connection(value, self.tolerance);
                // §5.7: several addresses only in a media description.
                let single = found.connection.filter(|one| one.count.is_none());
                return Ok(single.map(|_| ()));
            }
            b'b' => return Ok(bandwidth(value, &mut found.bandwidths)),
            b't' => {
                return Ok(text(value)
                    .and_then(parse_time)
                    .map(|time| found.times.push(time)));
            }
            b'r' => {
                let time = found.times.last_mut().filter(|time| time.zone.is_empty());
                let repeats = &mut time.ok_or(again)?.repeats;
                return Ok(text(value)
                    .and_then(parse_repeat)
                    .map(|one| repeats.push(one)));
            }
            b'z' => {
                let loose = self.tolerance.zone_without_repeat;
                let time = found.times.last_mut().filter(|time| time.zone.is_empty());
                let time = time.filter(|time| loose || !time.repeats.is_empty());
                let zone = &mut time.ok_or(again)?.zone;
                return Ok(text(value).and_then(parse_zone).map(|pairs| *zone = pairs));
            }
            // §5.12: a key in clear text must be thrown away if one is received.
            b'k' => {}
            b'a' => return Ok(attribute(value, &mut found.attributes)),
            b'm' if found.media.len() >= self.limits.media => return Err(SdpErrorKind::TooLarge),
            _ => {
                let media = media(value, self.tolerance, self.limits)?;
                return Ok(media.map(|media| found.media.push(media)));
            }
        }
        Ok(Some(()))
    }

    /// `Ok(None)` means malformed.
    fn media_line(&mut self, letter: u8, value: &'a [u8]) -> Step<Option<()>> {
        let again = SdpErrorKind::Misplaced(letter);
        let Some(media) = self.found.media.last_mut() else {
            return Err(again);
        };
        Ok(match letter {
            b'i' => return once(&mut media.information, value, again),
            b'c' => connection(value, self.tolerance).map(|one| media.connections.push(one)),
            b'b' => bandwidth(value, &mut media.bandwidths),
            b'a' => attribute(value, &mut media.attributes),
            // §5.12 again.
            _ => Some(()),
        })
    }

    fn finish(self) -> Step<SessionDescription<'a>> {
        let mut found = self.found;
        if !self.started {
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
        Ok(found)
    }
}

fn once<'a>(
    place: &mut Option<&'a [u8]>,
    value: &'a [u8],
    again: SdpErrorKind,
) -> Step<Option<()>> {
    match place.replace(value) {
        Some(_) => Err(again),
        None => Ok((!value.is_empty()).then_some(())),
    }
}
