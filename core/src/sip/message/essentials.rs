//! Places of what every layer asks of a message: From, To, Call-ID and CSeq (RFC 3261 §8.1.1),
//! read once when it arrives and not again for each question.

use crate::sip::header::{CSeq, FromTo};

use super::{MessageView, Method};

/// Where the parts of the fields are that every message has.
///
/// There are none of a message in which one of them cannot be read, has a method that is not known
/// here, or stands beyond the reach of 16 bits: the fields of such a message are read when asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Essentials {
    from: End,
    to: End,
    call_id: Span,
    /// Place of the method in [`Method::KNOWN`].
    method: u8,
    sequence: u32,
}

/// From or To.
#[derive(Clone, Copy, Debug)]
struct End {
    display: Span,
    uri: Span,
    tag: Span,
    params: Span,
}

/// A part of the message.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u16,
    end: u16,
}

/// Where nothing is: no field is in the start line.
const NOWHERE: Span = Span { start: 0, end: 0 };

impl Span {
    /// Where `part` is, which was taken from `whole`.
    fn of(part: &[u8], whole: &[u8]) -> Option<Self> {
        let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
        let end = start.checked_add(part.len())?;
        Some(Self {
            start: u16::try_from(start).ok()?,
            end: u16::try_from(end).ok()?,
        })
    }

    fn of_any(part: Option<&[u8]>, whole: &[u8]) -> Option<Self> {
        part.map_or(Some(NOWHERE), |part| Self::of(part, whole))
    }

    const fn is_somewhere(self) -> bool {
        self.end != 0
    }

    fn bytes<'a>(self, view: &MessageView<'a, '_>) -> &'a [u8] {
        view.slice(self.start.into(), self.end.into())
    }

    fn text<'a>(self, view: &MessageView<'a, '_>) -> &'a str {
        view.text(self.start.into(), self.end.into())
    }
}

impl End {
    fn of(end: &FromTo<'_>, whole: &[u8]) -> Option<Self> {
        let params = end.params.as_bytes();
        Some(Self {
            display: Span::of_any(end.display, whole)?,
            uri: Span::of(end.uri.as_bytes(), whole)?,
            tag: Span::of_any(end.tag.map(str::as_bytes), whole)?,
            params: Span::of_any(Some(params).filter(|it| !it.is_empty()), whole)?,
        })
    }

    fn read<'a>(&self, view: &MessageView<'a, '_>) -> FromTo<'a> {
        let display = self.display.is_somewhere();
        let tag = self.tag.is_somewhere();
        FromTo::of_parts(
            display.then(|| self.display.bytes(view)),
            self.uri.text(view),
            tag.then(|| self.tag.text(view)),
            self.params.bytes(view),
        )
    }
}

impl Essentials {
    /// Reads them.
    pub(super) fn of(view: &MessageView<'_, '_>) -> Option<Self> {
        let CSeq { number, method } = view.cseq().ok()?;
        let method = Method::KNOWN.iter().position(|known| *known == method)?;
        Some(Self {
            from: End::of(&view.from().ok()?, view.raw)?,
            to: End::of(&view.to().ok()?, view.raw)?,
            call_id: Span::of(view.call_id().ok()?.as_bytes(), view.raw)?,
            method: u8::try_from(method).ok()?,
            sequence: number,
        })
    }

    pub(super) fn from<'a>(&self, view: &MessageView<'a, '_>) -> FromTo<'a> {
        self.from.read(view)
    }

    pub(super) fn to<'a>(&self, view: &MessageView<'a, '_>) -> FromTo<'a> {
        self.to.read(view)
    }

    pub(super) fn call_id<'a>(&self, view: &MessageView<'a, '_>) -> &'a str {
        self.call_id.text(view)
    }

    pub(super) fn cseq(&self) -> Option<CSeq<'static>> {
        Some(CSeq {
            number: self.sequence,
            method: *Method::KNOWN.get(usize::from(self.method))?,
        })
    }
}
