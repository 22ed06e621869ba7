//! Writing responses (RFC 3261 §8.2.6).

use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::Limits;
use crate::sip::header::{Element, Value, Via};
use crate::text::{Class, Cursor, write_decimal};

use super::writer::{BuildError, Writer, write_row};
use super::{HeaderName, Message, MessageView, Scratch, StatusCode};

/// A response as it goes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingResponse {
    pub(super) bytes: Vec<u8>,
    pub(super) status: StatusCode,
}

impl OutgoingResponse {
    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The whole response.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole response.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl OutgoingResponse {
    /// Adds a row behind those there are: what a proxy gathers from several responses into one
    /// (RFC 3261 §16.7 step 7). A value with a line end is left out.
    pub fn append(&mut self, name: HeaderName, value: &[u8]) -> &mut Self {
        let mut row = Vec::new();
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let (Some(end), Ok(())) = (end, write_row(name, value, &mut row)) {
            let at = end.saturating_add(2);
            self.bytes.splice(at..at, row);
        }
        self
    }

    /// Writes the top Via anew; the other values of its row, and all other rows, stay as they are.
    /// That is for what a server tells the client of this hop alone (RFC 7339 §5.2).
    pub(crate) fn replace_top_via(&mut self, via: &Via<'_>, limits: &Limits) {
        let mut scratch = Scratch::new();
        let Ok(view) = MessageView::parse(&self.bytes, limits, &mut scratch) else {
            return;
        };
        let Some(row) = view.rows.iter().find(|row| row.name == HeaderName::Via) else {
            return;
        };
        let mut cursor = Cursor::new(view.slice(row.value, row.end));
        let start = row.value as usize;
        if Via::element(&mut cursor).is_err() {
            return;
        }
        let end = start.saturating_add(cursor.position());
        let mut value = Vec::with_capacity(160);
        via.write(&mut value);
        self.bytes.splice(start..end, value);
    }
}

/// Writes the response to a request: its Vias, From, To, Call-ID and CSeq are copied byte by byte
/// (RFC 3261 §8.2.6.2), and the Timestamp into a 100 (§8.2.6.1).
#[derive(Clone, Debug)]
pub struct ResponseBuilder<'m> {
    request: MessageView<'m, 'm>,
    status: StatusCode,
    reason: Option<String>,
    to_tag: Option<String>,
    has_record_route: bool,
    has_timestamp: bool,
    writer: Writer,
}

/// What a response repeats of its request (RFC 3261 §8.2.6.2).
const COPIED: [HeaderName; 5] = [
    HeaderName::Via,
    HeaderName::From,
    HeaderName::To,
    HeaderName::CallId,
    HeaderName::CSeq,
];

/// Room for the rows of our own and a small session description.
const USUAL_BYTES: usize = 600;

impl<'m> ResponseBuilder<'m> {
    /// The response with `status` to `request`.
    #[must_use]
    pub fn to(request: &'m Message, status: StatusCode) -> Self {
        let mut writer = Writer::behind(Vec::with_capacity(USUAL_BYTES));
        if !request.is_request() {
            writer.fail(BuildError::Kind);
        }
        if request.field(HeaderName::Via).is_none() {
            writer.fail(BuildError::Missing(HeaderName::Via));
        }
        Self {
            request: request.view(),
            status,
            reason: None,
            to_tag: None,
            has_record_route: false,
            has_timestamp: false,
            writer,
        }
    }

    /// The tag that To gets if it has none yet.
    pub fn to_tag(&mut self, tag: &str) -> &mut Self {
        if Class::TOKEN.holds(tag.as_bytes()) {
            self.to_tag = Some(tag.into());
        } else {
            self.writer.fail(BuildError::Value(HeaderName::To));
        }
        self
    }

    /// Another reason phrase than the usual one.
    pub fn reason(&mut self, reason: &str) -> &mut Self {
        if reason.contains(['\r', '\n', '\0']) {
            self.writer.fail(BuildError::Value(HeaderName::Other));
        }
        self.reason = Some(reason.into());
        self
    }

    /// Copies the Record-Routes, as a response that makes a dialog must (RFC 3261 §12.1.1).
    pub fn record_route_from_request(&mut self) -> &mut Self {
        self.has_record_route = true;
        self
    }

    /// Adds a row. What is copied from the request, and Content-Length, is refused; a Timestamp
    /// takes the place of the copied one, for it may say how long the answer took (§8.2.6.1).
    pub fn field(&mut self, name: HeaderName, value: &(impl Value + ?Sized)) -> &mut Self {
        if COPIED.contains(&name) {
            self.writer.fail(BuildError::Reserved(name));
        } else {
            self.has_timestamp |= name == HeaderName::Timestamp;
            self.writer.field(name, value);
        }
        self
    }

    /// Adds a row with a name that [`HeaderName`] may not know.
    pub fn field_named(&mut self, name: &str, value: &[u8]) -> &mut Self {
        match HeaderName::from_bytes(name.as_bytes()) {
            HeaderName::Other => self.writer.field_named(name, value),
            known => {
                self.field(known, value);
            }
        }
        self
    }

    /// Adds a body and its Content-Type.
    pub fn body(&mut self, content_type: &str, body: &[u8]) -> &mut Self {
        self.writer.body(content_type, body);
        self
    }

    /// The response.
    ///
    /// # Errors
    /// The first fault of all that was put in, or of the request.
    pub fn finish(&mut self) -> Result<OutgoingResponse, BuildError> {
        let rows = self.writer.finish()?;
        let copied = self.request.head.body as usize;
        let room = copied.saturating_add(rows.len()).saturating_add(128);
        let mut bytes = Vec::with_capacity(room);
        bytes.extend_from_slice(b"SIP/2.0 ");
        write_decimal(u64::from(self.status.as_u16()), &mut bytes);
        bytes.push(b' ');
        let reason = self.reason.as_deref();
        let reason = reason.unwrap_or_else(|| self.status.reason());
        bytes.extend_from_slice(reason.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        let mut once = [false; COPIED.len()];
        for row in self.request.rows {
            let place = COPIED.iter().position(|name| *name == row.name);
            // All Vias and Record-Routes, but only the first of what may stand once.
            let is_copied = match (row.name, place.and_then(|place| once.get_mut(place))) {
                (HeaderName::Via, _) => true,
                (_, Some(seen)) => !core::mem::replace(seen, true),
                (HeaderName::RecordRoute, None) => self.has_record_route,
                (HeaderName::Timestamp, None) => {
                    self.status == StatusCode::TRYING && !self.has_timestamp
                }
                (_, None) => false,
            };
            if !is_copied {
                continue;
            }
            bytes.extend_from_slice(self.request.slice(row.start, row.end));
            if row.name == HeaderName::To {
                self.write_to_tag(&mut bytes);
            }
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(&rows);
        Ok(OutgoingResponse {
            bytes,
            status: self.status,
        })
    }

    fn write_to_tag(&self, out: &mut Vec<u8>) {
        let has_tag = self.request.to().is_ok_and(|to| to.tag.is_some());
        if let Some(tag) = self.to_tag.as_deref().filter(|_| !has_tag) {
            out.extend_from_slice(b";tag=");
            out.extend_from_slice(tag.as_bytes());
        }
    }
}
