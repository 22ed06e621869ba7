//! message/sipfrag: what is left of a SIP message when parts of it are taken away (RFC 3420 §2).

use alloc::vec::Vec;
use core::fmt;

use crate::Limits;
use crate::sip::message::{Finding, Kind, Message, ParseError, Row, Rule, StatusCode};
use crate::text::find_line_break;

/// A start line, header fields and a body, each of which may be missing.
#[derive(Clone, Debug)]
pub struct SipFragment {
    message: Message,
    has_start_line: bool,
}

/// Why bytes are no fragment of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FragmentError {
    /// They cannot be taken apart.
    Parse(ParseError),
    /// A part that is there is not as it is in any message.
    Invalid(Finding),
}

impl fmt::Display for FragmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse(error) => error.fmt(f),
            Self::Invalid(finding) => finding.rule.fmt(f),
        }
    }
}

impl core::error::Error for FragmentError {}

/// The start line that a fragment without one is read behind.
const STAND_IN: &[u8] = b"SIP/2.0 200 \r\n";

impl SipFragment {
    /// Takes the content of a message/sipfrag apart.
    ///
    /// # Errors
    /// Why it is none. Places count from the start of the fragment.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, FragmentError> {
        let has_start_line = starts_with_start_line(bytes);
        let before = if has_start_line { &[][..] } else { STAND_IN };
        let mut whole =
            Vec::with_capacity(bytes.len().saturating_add(STAND_IN.len()).saturating_add(4));
        whole.extend_from_slice(before);
        whole.extend_from_slice(bytes);
        // The empty line may be missing with the body, and the last line may be without its end.
        if !has_empty_line(bytes, has_start_line) {
            if !whole.ends_with(b"\r\n") {
                whole.extend_from_slice(b"\r\n");
            }
            whole.extend_from_slice(b"\r\n");
        }
        let shift = |at: u32| at.saturating_sub(before.len() as u32);
        let message = Message::parse_fragment(&whole, limits).map_err(|error| {
            FragmentError::Parse(ParseError {
                at: shift(error.at),
                ..error
            })
        })?;
        let mut fault = None;
        message.validate(|finding| {
            // What is missing has been taken away.
            let is_fault = finding.is_fatal && finding.rule != Rule::Missing;
            if is_fault && fault.is_none() {
                fault = Some(Finding {
                    at: shift(finding.at),
                    ..finding
                });
            }
        });
        match fault {
            Some(fault) => Err(FragmentError::Invalid(fault)),
            None => Ok(Self {
                message,
                has_start_line,
            }),
        }
    }

    /// The start line.
    #[must_use]
    pub fn kind(&self) -> Option<Kind<'_>> {
        self.has_start_line.then(|| self.message.kind())
    }

    /// The status code, if there is a Status-Line: how a REFER fares (RFC 3515 §2.4.5).
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.message.status().filter(|_| self.has_start_line)
    }

    /// The header fields in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.message.rows()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.message.body()
    }
}

/// Whether the first line is not a header field, which is a token and a colon, nor empty.
fn starts_with_start_line(bytes: &[u8]) -> bool {
    let end = find_line_break(bytes, 0).unwrap_or(bytes.len());
    let line = bytes.get(..end).unwrap_or_default();
    if line.is_empty() {
        return false;
    }
    let token = line
        .get(crate::text::Class::TOKEN.span(line)..)
        .unwrap_or_default();
    !token.trim_ascii_start().starts_with(b":")
}

fn has_empty_line(bytes: &[u8], has_start_line: bool) -> bool {
    (!has_start_line && bytes.starts_with(b"\r\n"))
        || bytes.windows(4).any(|window| window == b"\r\n\r\n")
}
