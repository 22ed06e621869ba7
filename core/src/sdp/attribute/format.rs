//! Parameters of formats: `rtpmap` and `fmtp` (RFC 8866 §6.6, §6.15), and what those of RED say
//! (RFC 2198 §5).

use alloc::vec::Vec;
use core::fmt;

use super::{TypedAttribute, write_list};
use crate::sdp::codec::RtpMap;
use crate::sdp::reader::cut;
use crate::sdp::token::{digits, is_token};

/// `rtpmap`: what a payload type stands for. Media level.
impl<'a> TypedAttribute<'a> for RtpMap<'a> {
    const NAME: &'static str = "rtpmap";

    fn parse(value: &'a str) -> Option<Self> {
        let (payload_type, rest) = cut(value.trim_ascii(), b' ')?;
        let (name, rate) = cut(rest.trim_ascii_start(), b'/')?;
        let (rate, channels) = match cut(rate, b'/') {
            None => (rate, Some(1)),
            // What stands behind another slash nobody knows.
            Some((rate, rest)) => {
                let channels = cut(rest, b'/').map_or(rest, |(channels, _)| channels);
                (rate, u8::try_from(digits(channels)?).ok())
            }
        };
        let clock_rate = u32::try_from(digits(rate)?).ok();
        is_token(name).then_some(Self {
            payload_type: parse_payload_type(payload_type)?,
            name,
            clock_rate: clock_rate.filter(|rate| *rate > 0)?,
            channels: channels.filter(|count| *count > 0)?,
        })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        let (number, name, rate) = (self.payload_type, self.name, self.clock_rate);
        write!(f, "{number} {name}/{rate}")?;
        match self.channels {
            0 | 1 => Ok(()),
            channels => write!(f, "/{channels}"),
        }
    }
}

/// `fmtp`: the parameters of a format. Media level, one for each format at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fmtp<'a> {
    /// The format as it stands in the `m=` line: for RTP, its payload type.
    pub format: &'a str,
    /// The parameters, in the form the format has for them.
    pub parameters: &'a str,
}

impl<'a> Fmtp<'a> {
    /// The payload type, if the format is one.
    #[must_use]
    pub fn payload_type(&self) -> Option<u8> {
        parse_payload_type(self.format)
    }

    /// The parameters of most formats, which are a list with semicolons.
    #[must_use]
    pub const fn list(&self) -> FormatParameters<'a> {
        FormatParameters(self.parameters)
    }
}

impl<'a> TypedAttribute<'a> for Fmtp<'a> {
    const NAME: &'static str = "fmtp";

    fn parse(value: &'a str) -> Option<Self> {
        let (format, parameters) = cut(value.trim_ascii(), b' ')?;
        is_token(format).then_some(Self {
            format,
            parameters: parameters.trim_ascii_start(),
        })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{} {}", self.format, self.parameters)
    }
}

/// Parameters of a format, semicolons between them, each a name with or without a value. Case has
/// no meaning in a name (RFC 4855 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatParameters<'a>(pub &'a str);

impl<'a> FormatParameters<'a> {
    /// All of them, in their order.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let parts = self.0.split(';').map(str::trim_ascii);
        let parts = parts.filter(|part| !part.is_empty());
        parts.map(|part| match part.split_once('=') {
            None => (part, None),
            Some((name, value)) => (name.trim_ascii_end(), Some(value.trim_ascii_start())),
        })
    }

    /// The value of the one of this name, if it has one.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        let mut all = self.iter();
        all.find(|(own, _)| own.eq_ignore_ascii_case(name))?.1
    }

    /// The value of the one of this name as a number.
    #[must_use]
    pub fn number(self, name: &str) -> Option<u64> {
        digits(self.get(name)?)
    }
}

/// The parameters of `red`: payload types, that of the primary encoding first (RFC 2198 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedFormats {
    /// All of them; not none.
    pub payload_types: Vec<u8>,
}

impl RedFormats {
    /// Reads the parameters of an `fmtp`.
    #[must_use]
    pub fn parse(parameters: &str) -> Option<Self> {
        let payload_types = parameters.split('/').map(parse_payload_type);
        Some(Self {
            payload_types: payload_types.collect::<Option<_>>()?,
        })
    }

    /// Whether each is among the payload types of an `m=` line, as it has to be.
    #[must_use]
    pub fn are_among(&self, payload_types: &[u8]) -> bool {
        let mut own = self.payload_types.iter();
        own.all(|number| payload_types.contains(number))
    }
}

impl fmt::Display for RedFormats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, &self.payload_types, '/')
    }
}

/// A payload type: seven bits.
fn parse_payload_type(word: &str) -> Option<u8> {
    let number = u8::try_from(digits(word)?).ok();
    number.filter(|number| *number < 128)
}
