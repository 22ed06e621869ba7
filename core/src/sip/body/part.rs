//! One part of a body: its header fields and its content (RFC 2045 §3, RFC 3261 §7.4.1).

use alloc::borrow::Cow;

use crate::sip::header::{ContentDisposition, HeaderError, List, MediaType, Params, Token};
use crate::sip::message::{HeaderName, Message};
use crate::text::{find_byte, find_line_break};

use super::{BodyError, BodyErrorKind, ContentCoding, TransferEncoding};

/// A body, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part<'a> {
    /// Its header fields, each with its line end.
    pub header: &'a [u8],
    /// What they describe.
    pub content: &'a [u8],
}

const PLAIN_TEXT: MediaType<'static> = MediaType {
    kind: "text",
    subtype: "plain",
    q: None,
    params: Params::EMPTY,
};

impl<'a> Part<'a> {
    /// The body of a message, with the header fields of the message.
    #[must_use]
    pub fn of(message: &'a Message) -> Self {
        let (bytes, content) = (message.as_bytes(), message.body());
        // Between the first line and the empty one.
        let start = find_line_break(bytes, 0).map_or(bytes.len(), |end| end.saturating_add(2));
        let end = bytes.len().saturating_sub(content.len()).saturating_sub(2);
        Self {
            header: bytes.get(start..end).unwrap_or_default(),
            content,
        }
    }

    /// The header fields in order: names as spelt, and values with their folds.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone + use<'a> {
        let mut rest = self.header;
        core::iter::from_fn(move || {
            let (field, after) = split_field(rest)?;
            rest = after;
            Some(field)
        })
    }

    /// The value of the first header field of that name, in any case.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<&'a [u8]> {
        self.fields()
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The value of the first header field of that name, compact forms included.
    #[must_use]
    pub fn field(&self, name: HeaderName) -> Option<&'a [u8]> {
        self.fields()
            .find(|(found, _)| HeaderName::from_bytes(found) == name)
            .map(|(_, value)| value)
    }

    /// What the content is; `text/plain` if it does not say (RFC 2046 §5.1.1).
    ///
    /// # Errors
    /// What is wrong with the Content-Type.
    pub fn content_type(&self) -> Result<MediaType<'a>, HeaderError> {
        match self.field(HeaderName::ContentType) {
            Some(value) => MediaType::parse(value),
            None => Ok(PLAIN_TEXT),
        }
    }

    /// What the content is for. RFC 3261 §20.11: without the field, a session description is for
    /// the session and anything else to be shown; handling is required unless it says otherwise.
    ///
    /// # Errors
    /// What is wrong with the Content-Disposition, or with the Content-Type that takes its place.
    pub fn disposition(&self) -> Result<ContentDisposition<'a>, HeaderError> {
        if let Some(value) = self.field(HeaderName::ContentDisposition) {
            return ContentDisposition::parse(value);
        }
        let is_session = self.content_type()?.is("application", "sdp");
        Ok(ContentDisposition {
            kind: if is_session { "session" } else { "render" },
            is_optional: false,
            params: Params::EMPTY,
        })
    }

    /// What a `cid:` URI names it by, without its brackets (RFC 2392 §2).
    #[must_use]
    pub fn content_id(&self) -> Option<&'a [u8]> {
        let value = self.field(HeaderName::ContentId)?.trim_ascii();
        value.strip_prefix(b"<")?.strip_suffix(b">")
    }

    /// What has been done to the content, in that order; ends at the first malformed name.
    pub fn content_codings(&self) -> impl Iterator<Item = ContentCoding<'a>> + use<'a> {
        let value = self.field(HeaderName::ContentEncoding).unwrap_or_default();
        List::<Token<'_>>::new(value).map_while(|token| token.ok().map(ContentCoding::from_token))
    }

    /// The content without its Content-Transfer-Encoding.
    ///
    /// # Errors
    /// [`BodyErrorKind::Encoding`].
    pub fn decoded(&self) -> Result<Cow<'a, [u8]>, BodyError> {
        let decoded = match self.field_named("Content-Transfer-Encoding") {
            None => Some(Cow::Borrowed(self.content)),
            Some(value) => Token::parse(value)
                .ok()
                .and_then(|token| TransferEncoding::from_token(token).decode(self.content)),
        };
        decoded.ok_or(BodyError::new(BodyErrorKind::Encoding, 0))
    }

    /// Takes `bytes`, which start with a header or with the empty line that ends none.
    pub(super) fn take(bytes: &'a [u8], most_fields: usize) -> Result<Self, usize> {
        let mut rest = bytes;
        let mut fields: usize = 0;
        loop {
            let at = bytes.len().saturating_sub(rest.len());
            if let Some(content) = rest.strip_prefix(b"\r\n") {
                let header = bytes.get(..at).unwrap_or_default();
                return Ok(Self { header, content });
            }
            // The empty line is part of the content: without it there is none.
            if rest.is_empty() {
                return Ok(Self {
                    header: bytes,
                    content: &[],
                });
            }
            fields = fields.saturating_add(1);
            match split_field(rest) {
                Some((_, after)) if fields <= most_fields => rest = after,
                _ => return Err(at),
            }
        }
    }
}

type Field<'a> = (&'a [u8], &'a [u8]);

/// Splits a header field with its folds and its line end from what follows.
fn split_field(bytes: &[u8]) -> Option<(Field<'_>, &[u8])> {
    let mut from = 0;
    let (line, after) = loop {
        let Some(end) = find_line_break(bytes, from) else {
            break (bytes, &[][..]);
        };
        let (line, after) = bytes.split_at_checked(end)?;
        let after = after.strip_prefix(b"\r\n")?;
        if !matches!(after, [b' ' | b'\t', ..]) {
            break (line, after);
        }
        from = end.saturating_add(2);
    };
    let (name, value) = line.split_at_checked(find_byte(line, b':')?)?;
    let name = name.trim_ascii_end();
    if !crate::text::Class::TOKEN.holds(name) {
        return None;
    }
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    Some(((name, value), after))
}
