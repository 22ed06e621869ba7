//! The borrowed door: a message as places in bytes that somebody else owns (RFC 3261 §7).

use alloc::boxed::Box;
use core::str;

use crate::Limits;
use crate::sip::header::{
    CSeq, Contact, Element, FromTo, HeaderError, HeaderErrorKind, List, MediaType, NameAddr, Token,
    Via, whole_of,
};
use crate::text::{Class, Cursor};

use super::essentials::Essentials;
use super::owned::Raw;
use super::scratch::{Field, Scratch};
use super::token::{Framing, Head, REASON_START, error, tokenize};
use super::{HeaderName, Kind, Message, Method, ParseError, ParseErrorKind, Row, StatusCode};

/// A message that borrows its bytes and the [`Scratch`] that says where its parts are.
///
/// Header fields are taken apart when they are asked for, not before, so a message whose fields are
/// malformed is still a message: a proxy forwards what it cannot read.
#[derive(Clone, Copy, Debug)]
pub struct MessageView<'a, 's> {
    pub(super) raw: &'a [u8],
    /// The bytes, at least those before the body, if they are UTF-8 and were checked to be, else
    /// empty: a part of them then is text without one more look.
    pub(super) text: &'a str,
    pub(super) head: Head,
    pub(super) rows: &'s [Field],
    pub(super) essentials: Option<&'s Essentials>,
}

impl<'a, 's> MessageView<'a, 's> {
    /// Takes a whole datagram, or one message that a stream was framed into. Line ends before the
    /// start line and bytes behind the body are left out (RFC 3261 §7.5, §18.3).
    ///
    /// # Errors
    /// Why it is no message, or why a request with it must be refused.
    pub fn parse(
        bytes: &'a [u8],
        limits: &Limits,
        scratch: &'s mut Scratch,
    ) -> Result<Self, ParseError> {
        let mut fault = None;
        let view = Self::parse_noting(bytes, limits, scratch, &mut fault)?;
        match fault {
            None => Ok(view),
            Some(fault) => Err(fault),
        }
    }

    /// As [`parse`](Self::parse), but a fault that leaves the header fields readable comes beside
    /// the view: what is found is enough to answer with an error or to tell all that is wrong, and
    /// for nothing else.
    ///
    /// # Errors
    /// A fault that hides where the parts of the message are.
    pub fn parse_faulty(
        bytes: &'a [u8],
        limits: &Limits,
        scratch: &'s mut Scratch,
    ) -> Result<(Self, Option<ParseError>), ParseError> {
        let mut fault = None;
        let view = Self::parse_noting(bytes, limits, scratch, &mut fault)?;
        Ok((view, fault))
    }

    pub(super) fn parse_noting(
        bytes: &'a [u8],
        limits: &Limits,
        scratch: &'s mut Scratch,
        fault: &mut Option<ParseError>,
    ) -> Result<Self, ParseError> {
        if bytes.len() > limits.message_bytes.min(u32::MAX as usize) {
            return Err(error(ParseErrorKind::MessageTooLong, 0));
        }
        let mut raw = bytes;
        while let [b'\r', b'\n', rest @ ..] = raw {
            raw = rest;
        }
        if raw.is_empty() {
            return Err(error(ParseErrorKind::Empty, 0));
        }
        let head = tokenize(raw, limits, Framing::Packet, scratch, fault)?;
        let header = raw.get(..head.body as usize).unwrap_or_default();
        Ok(Self {
            raw: raw.get(..head.end as usize).unwrap_or(raw),
            text: str::from_utf8(header).unwrap_or_default(),
            head,
            rows: scratch.fields(),
            essentials: None,
        })
    }

    /// An owned copy of the bytes and the places: two allocations of exactly the size needed.
    #[must_use]
    pub fn to_message(&self) -> Message {
        let raw = match self.texts() {
            Some((header, body)) => Raw::joined(&[header, body]),
            None => Raw::Bytes(self.raw.into()),
        };
        Message {
            raw,
            rows: Box::from(self.rows),
            head: self.head,
            essentials: None,
        }
    }

    /// The header and the body, if they are UTF-8; what was checked of them is not checked again.
    pub(super) fn texts(&self) -> Option<(&'a str, &'a str)> {
        let (body, end) = (self.head.body as usize, self.head.end as usize);
        let header = self.text.get(..body)?;
        match self.text.get(body..end) {
            Some(body) => Some((header, body)),
            None => Some((header, str::from_utf8(self.body()).ok()?)),
        }
    }

    pub(super) fn slice(&self, start: u32, end: u32) -> &'a [u8] {
        self.raw
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    pub(super) fn text(&self, start: u32, end: u32) -> &'a str {
        match self.text.get(start as usize..end as usize) {
            Some(text) => text,
            None => str::from_utf8(self.slice(start, end)).unwrap_or_default(),
        }
    }

    /// Stands before the value of a row.
    pub(super) fn cursor(&self, row: &Field) -> Cursor<'a> {
        match self.text.get(row.value as usize..row.end as usize) {
            Some(text) => Cursor::of_str(text),
            None => Cursor::of_text(self.slice(row.value, row.end)),
        }
    }

    /// What the start line says.
    #[must_use]
    pub fn kind(&self) -> Kind<'a> {
        match self.status() {
            Some(status) => Kind::Response {
                status,
                reason: self.slice(REASON_START, self.head.target_end),
            },
            None => Kind::Request {
                method: self.start_line_method(),
                uri: self.uri(),
            },
        }
    }

    pub(super) fn start_line_method(&self) -> Method<'a> {
        Method::from_token(self.text(0, self.head.method_end)).unwrap_or(Method::Other(""))
    }

    fn uri(&self) -> &'a str {
        self.text(self.head.method_end.wrapping_add(1), self.head.target_end)
    }

    /// Whether it is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        self.head.status == 0
    }

    /// The method of the request, or of the request that a response answers as its CSeq says;
    /// `Method::Other("")` if that cannot be read.
    #[must_use]
    pub fn method(&self) -> Method<'a> {
        if self.is_request() {
            self.start_line_method()
        } else {
            self.cseq().map_or(Method::Other(""), |cseq| cseq.method)
        }
    }

    /// The Request-URI of a request.
    #[must_use]
    pub fn request_uri(&self) -> Option<&'a str> {
        self.is_request().then(|| self.uri())
    }

    /// The status code of a response.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        StatusCode::new(self.head.status)
    }

    /// The value of the first row with this name, folds in it kept.
    #[must_use]
    pub fn field(&self, name: HeaderName) -> Option<&'a [u8]> {
        let row = self.rows.iter().find(|row| row.name == name)?;
        Some(self.slice(row.value, row.end))
    }

    /// The values of all rows with this name, in order.
    pub fn fields(&self, name: HeaderName) -> impl Iterator<Item = &'a [u8]> + use<'a, 's> {
        let view = *self;
        self.rows
            .iter()
            .filter(move |row| row.name == name)
            .map(move |row| view.slice(row.value, row.end))
    }

    /// The value of the first row whose name is spelt so, in any case; for names that
    /// [`HeaderName`] does not know.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<&'a [u8]> {
        let mut rows = self.rows.iter();
        let row = rows.find(|row| {
            usize::from(row.name_length) == name.len()
                && self
                    .row(row)
                    .name_bytes
                    .eq_ignore_ascii_case(name.as_bytes())
        })?;
        Some(self.slice(row.value, row.end))
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'a>> + use<'a, 's> {
        let view = *self;
        self.rows.iter().map(move |row| view.row(row))
    }

    pub(super) fn row(&self, row: &Field) -> Row<'a> {
        let name_end = row.start.wrapping_add(u32::from(row.name_length));
        Row {
            name: row.name,
            name_bytes: self.slice(row.start, name_end),
            value: self.slice(row.value, row.end),
        }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.slice(self.head.body, self.head.end)
    }

    /// The whole message.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }

    /// Stands before the value of the first row with this name.
    fn required(&self, name: HeaderName) -> Result<Cursor<'a>, HeaderError> {
        let row = self.rows.iter().find(|row| row.name == name);
        row.map(|row| self.cursor(row)).ok_or(HeaderError::MISSING)
    }

    /// The elements of all rows with this name, comma lists taken apart, in order.
    pub fn elements<T: Element<'a>>(
        &self,
        name: HeaderName,
    ) -> impl Iterator<Item = Result<T, HeaderError>> + use<'a, 's, T> {
        let view = *self;
        let rows = self.rows.iter().filter(move |row| row.name == name);
        rows.flat_map(move |row| List::of(view.cursor(row)))
    }

    /// The topmost Via.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn top_via(&self) -> Result<Via<'a>, HeaderError> {
        List::of(self.required(HeaderName::Via)?)
            .next()
            .unwrap_or(Err(HeaderError::new(HeaderErrorKind::End, 0)))
    }

    /// All Vias, the topmost first.
    pub fn vias(&self) -> impl Iterator<Item = Result<Via<'a>, HeaderError>> + use<'a, 's> {
        self.elements(HeaderName::Via)
    }

    /// Who asks.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn from(&self) -> Result<FromTo<'a>, HeaderError> {
        match self.essentials {
            Some(essentials) => Ok(essentials.from(self)),
            None => whole_of(self.required(HeaderName::From)?),
        }
    }

    /// Who is asked.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn to(&self) -> Result<FromTo<'a>, HeaderError> {
        match self.essentials {
            Some(essentials) => Ok(essentials.to(self)),
            None => whole_of(self.required(HeaderName::To)?),
        }
    }

    /// The sequence number and method.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn cseq(&self) -> Result<CSeq<'a>, HeaderError> {
        if let Some(cseq) = self.essentials.and_then(Essentials::cseq) {
            return Ok(cseq);
        }
        whole_of(self.required(HeaderName::CSeq)?)
    }

    /// The Call-ID: `word [ "@" word ]` (RFC 3261 §20.8), compared byte by byte.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn call_id(&self) -> Result<&'a str, HeaderError> {
        if let Some(essentials) = self.essentials {
            return Ok(essentials.call_id(self));
        }
        let value = self.required(HeaderName::CallId)?;
        take_call_id(value).ok_or(HeaderError::new(HeaderErrorKind::Token, 0))
    }

    /// The Contacts, in order.
    pub fn contacts(&self) -> impl Iterator<Item = Result<Contact<'a>, HeaderError>> + use<'a, 's> {
        self.elements(HeaderName::Contact)
    }

    /// The Route set of a request, the next hop first.
    pub fn routes(&self) -> impl Iterator<Item = Result<NameAddr<'a>, HeaderError>> + use<'a, 's> {
        self.elements(HeaderName::Route)
    }

    /// The Record-Routes, the last proxy's first.
    pub fn record_routes(
        &self,
    ) -> impl Iterator<Item = Result<NameAddr<'a>, HeaderError>> + use<'a, 's> {
        self.elements(HeaderName::RecordRoute)
    }

    /// The type of the body (RFC 3261 §20.15), `None` if it is not said.
    ///
    /// # Errors
    /// It is malformed.
    pub fn content_type(&self) -> Result<Option<MediaType<'a>>, HeaderError> {
        match self.required(HeaderName::ContentType) {
            Ok(value) => whole_of(value).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Whether a list of tokens, such as Supported or Require, holds this one in any case.
    #[must_use]
    pub fn lists(&self, name: HeaderName, token: &str) -> bool {
        let mut tokens = self.elements::<Token<'_>>(name);
        tokens.any(|t| t.is_ok_and(|t| t == *token))
    }

    fn number(&self, name: HeaderName, max: u32) -> Result<Option<u32>, HeaderError> {
        let Some(value) = self.field(name) else {
            return Ok(None);
        };
        if !Class::DIGIT.holds(value) {
            return Err(HeaderError::new(HeaderErrorKind::Number, 0));
        }
        let number = value.iter().fold(0_u32, |n, digit| {
            n.saturating_mul(10)
                .saturating_add(u32::from(digit.wrapping_sub(b'0')))
        });
        if number > max {
            return Err(HeaderError::new(HeaderErrorKind::Number, 0));
        }
        Ok(Some(number))
    }

    /// How many hops are left (RFC 3261 §20.22), `None` if it is not said.
    ///
    /// # Errors
    /// It is no number from 0 to 255.
    pub fn max_forwards(&self) -> Result<Option<u8>, HeaderError> {
        let hops = self.number(HeaderName::MaxForwards, 255)?;
        Ok(hops.and_then(|hops| u8::try_from(hops).ok()))
    }

    /// Seconds of the Expires field (RFC 3261 §20.19); 2^32 and more saturate.
    ///
    /// # Errors
    /// It is no number, such as the absolute date that RFC 2543 allowed.
    pub fn expires(&self) -> Result<Option<u32>, HeaderError> {
        self.number(HeaderName::Expires, u32::MAX)
    }

    /// Seconds of the Min-Expires field (RFC 3261 §20.23).
    ///
    /// # Errors
    /// It is no number.
    pub fn min_expires(&self) -> Result<Option<u32>, HeaderError> {
        self.number(HeaderName::MinExpires, u32::MAX)
    }
}

/// `word [ "@" word ]` (RFC 3261 §25.1)
pub(super) fn take_call_id(mut cursor: Cursor<'_>) -> Option<&str> {
    let is_word = !cursor.take_while(Class::WORD).is_empty();
    let is_whole = !cursor.eat(b'@') || !cursor.take_while(Class::WORD).is_empty();
    if is_word && is_whole && cursor.is_at_end() {
        cursor.since(0)
    } else {
        None
    }
}
