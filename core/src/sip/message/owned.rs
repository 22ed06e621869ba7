//! The owned door: one copy of the bytes and where their parts are (RFC 3261 §7).

use alloc::boxed::Box;
use alloc::string::String;
use core::net::SocketAddr;
use core::str;

use crate::Limits;
use crate::sip::header::{CSeq, Contact, Element, FromTo, HeaderError, MediaType, NameAddr, Via};

use super::essentials::Essentials;
use super::scratch::{Field, Scratch};
use super::token::Head;
use super::{HeaderName, Kind, MessageView, Method, ParseError, ParseErrorKind, Row, StatusCode};

/// A message that owns its bytes; meant to be shared as `Arc<Message>`.
///
/// Nothing changes it: forwarding writes a new one (see `Forward`).
#[derive(Clone, Debug)]
pub struct Message {
    pub(super) raw: Raw,
    pub(super) rows: Box<[Field]>,
    pub(super) head: Head,
    pub(super) essentials: Option<Essentials>,
}

/// The bytes of a message. They are checked once whether they are UTF-8, as nearly all are, so that a
/// part of them then is text without one more look.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    Text(Box<str>),
    Bytes(Box<[u8]>),
}

impl Raw {
    /// A copy of `parts` as one.
    pub(super) fn joined(parts: &[&str]) -> Self {
        let length = parts.iter().map(|part| part.len()).sum();
        let mut text = String::with_capacity(length);
        for part in parts {
            text.push_str(part);
        }
        Self::Text(text.into_boxed_str())
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    fn as_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Bytes(_) => "",
        }
    }
}

impl Message {
    /// Takes a whole datagram, or one message that a stream was framed into.
    ///
    /// # Errors
    /// Why it is no message, or why a request with it must be refused.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, ParseError> {
        let mut scratch = Scratch::new();
        MessageView::parse(bytes, limits, &mut scratch).map(|view| view.to_message())
    }

    /// As [`parse`](Self::parse), and notes in the top Via of a request where it came from
    /// (RFC 3261 §18.2.1, RFC 3581 §4).
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_received(
        bytes: &[u8],
        limits: &Limits,
        source: SocketAddr,
    ) -> Result<Self, ParseError> {
        let mut scratch = Scratch::new();
        let view = MessageView::parse(bytes, limits, &mut scratch)?;
        Ok(super::received::note_source(&view, source))
    }

    /// As [`parse_received`](Self::parse_received) for bytes that it refuses, if their header
    /// fields can be made out nonetheless: enough to answer a request with an error, and for
    /// nothing else (RFC 3261 §18.3). `None` for a response.
    #[must_use]
    pub fn salvage(bytes: &[u8], limits: &Limits, source: SocketAddr) -> Option<Self> {
        let mut scratch = Scratch::new();
        let mut fault = None;
        let view = MessageView::parse_noting(bytes, limits, &mut scratch, &mut fault).ok()?;
        view.is_request()
            .then(|| super::received::note_source(&view, source))
    }

    /// As [`parse`](Self::parse) for what is left of a message: its body may have been taken away
    /// and its Content-Length not (RFC 3420 §2).
    pub(crate) fn parse_fragment(bytes: &[u8], limits: &Limits) -> Result<Self, ParseError> {
        let mut scratch = Scratch::new();
        let mut fault = None;
        let view = MessageView::parse_noting(bytes, limits, &mut scratch, &mut fault)?;
        match fault {
            Some(fault) if fault.kind != ParseErrorKind::BodyTruncated => Err(fault),
            Some(_) | None => Ok(view.to_message()),
        }
    }

    /// Reads once what is asked of it again and again: From, To, Call-ID and CSeq.
    #[must_use]
    pub(crate) fn noting_essentials(mut self) -> Self {
        self.essentials = Essentials::of(&self.view());
        self
    }

    /// The borrowed form, for what only it can do.
    #[must_use]
    pub fn view(&self) -> MessageView<'_, '_> {
        MessageView {
            raw: self.raw.as_bytes(),
            text: self.raw.as_text(),
            head: self.head,
            rows: &self.rows,
            essentials: self.essentials.as_ref(),
        }
    }

    /// What the start line says.
    #[must_use]
    pub fn kind(&self) -> Kind<'_> {
        self.view().kind()
    }

    /// Whether it is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        self.head.status == 0
    }

    /// The method of the request, or of the request that a response answers as its CSeq says;
    /// `Method::Other("")` if that cannot be read.
    #[must_use]
    pub fn method(&self) -> Method<'_> {
        self.view().method()
    }

    /// The Request-URI of a request.
    #[must_use]
    pub fn request_uri(&self) -> Option<&str> {
        self.view().request_uri()
    }

    /// The status code of a response.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        StatusCode::new(self.head.status)
    }

    /// The value of the first row with this name, folds in it kept.
    #[must_use]
    pub fn field(&self, name: HeaderName) -> Option<&[u8]> {
        self.view().field(name)
    }

    /// The values of all rows with this name, in order.
    pub fn fields(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        self.view().fields(name)
    }

    /// The value of the first row whose name is spelt so, in any case.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<&[u8]> {
        self.view().field_named(name)
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.view().rows()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.view().body()
    }

    /// The whole message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.raw.as_bytes()
    }

    /// The elements of all rows with this name, comma lists taken apart, in order.
    pub fn elements<'a, T: Element<'a> + 'a>(
        &'a self,
        name: HeaderName,
    ) -> impl Iterator<Item = Result<T, HeaderError>> + use<'a, T> {
        self.view().elements(name)
    }

    /// The topmost Via.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn top_via(&self) -> Result<Via<'_>, HeaderError> {
        self.view().top_via()
    }

    /// All Vias, the topmost first.
    pub fn vias(&self) -> impl Iterator<Item = Result<Via<'_>, HeaderError>> {
        self.view().vias()
    }

    /// Who asks.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn from(&self) -> Result<FromTo<'_>, HeaderError> {
        self.view().from()
    }

    /// Who is asked.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn to(&self) -> Result<FromTo<'_>, HeaderError> {
        self.view().to()
    }

    /// The sequence number and method.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn cseq(&self) -> Result<CSeq<'_>, HeaderError> {
        self.view().cseq()
    }

    /// The Call-ID, compared byte by byte (RFC 3261 §20.8).
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn call_id(&self) -> Result<&str, HeaderError> {
        self.view().call_id()
    }

    /// The Contacts, in order.
    pub fn contacts(&self) -> impl Iterator<Item = Result<Contact<'_>, HeaderError>> {
        self.view().contacts()
    }

    /// The Route set of a request, the next hop first.
    pub fn routes(&self) -> impl Iterator<Item = Result<NameAddr<'_>, HeaderError>> {
        self.view().routes()
    }

    /// The Record-Routes, the last proxy's first.
    pub fn record_routes(&self) -> impl Iterator<Item = Result<NameAddr<'_>, HeaderError>> {
        self.view().record_routes()
    }

    /// The type of the body (RFC 3261 §20.15), `None` if it is not said.
    ///
    /// # Errors
    /// It is malformed.
    pub fn content_type(&self) -> Result<Option<MediaType<'_>>, HeaderError> {
        self.view().content_type()
    }

    /// Whether a list of tokens, such as Supported or Require, holds this one in any case.
    #[must_use]
    pub fn lists(&self, name: HeaderName, token: &str) -> bool {
        self.view().lists(name, token)
    }

    /// How many hops are left (RFC 3261 §20.22), `None` if it is not said.
    ///
    /// # Errors
    /// It is no number from 0 to 255.
    pub fn max_forwards(&self) -> Result<Option<u8>, HeaderError> {
        self.view().max_forwards()
    }

    /// Seconds of the Expires field (RFC 3261 §20.19); 2^32 and more saturate.
    ///
    /// # Errors
    /// It is no number, such as the absolute date that RFC 2543 allowed.
    pub fn expires(&self) -> Result<Option<u32>, HeaderError> {
        self.view().expires()
    }

    /// Seconds of the Min-Expires field (RFC 3261 §20.23).
    ///
    /// # Errors
    /// It is no number.
    pub fn min_expires(&self) -> Result<Option<u32>, HeaderError> {
        self.view().min_expires()
    }
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        self.raw.as_bytes()
    }
}
