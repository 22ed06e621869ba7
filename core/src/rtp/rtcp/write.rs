//! Writing a compound packet into a caller's slice (RFC 3550 §6.1, A.4), or one of reduced size
//! (RFC 5506).

use core::fmt;

use super::packet_type::{APP, BYE, RR, SDES, SR, XR};
use super::{
    ApplicationDefined, ExtendedReportBlock, FeedbackPacket, ReportBlock, SdesItem, SdesKind,
    SenderInfo,
};
use crate::rtp::number::Ssrc;

/// The most blocks, chunks or sources the five bits of a count can say.
const COUNT_MAX: usize = 31;

/// Why a compound packet cannot be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RtcpWriteError {
    /// The slice is too small.
    BufferTooSmall,
    /// Something other than a report was to come first (§6.1).
    ReportFirst,
    /// No SDES with a CNAME was written (§6.1).
    MissingCname,
    /// A text of more than 255 octets.
    TextTooLong,
    /// More than 31 sources in one BYE.
    TooManySources,
    /// APP data that is no whole number of words (§6.7), or feedback or a block that is not.
    Unaligned,
    /// Feedback without the entry it has to have.
    Empty,
}

impl fmt::Display for RtcpWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BufferTooSmall => "buffer too small for the rtcp packet",
            Self::ReportFirst => "an rtcp packet begins with a report",
            Self::MissingCname => "an rtcp packet carries a cname",
            Self::TextTooLong => "text longer than 255 octets",
            Self::TooManySources => "more than 31 sources",
            Self::Unaligned => "data is not a number of words",
            Self::Empty => "feedback says nothing",
        })
    }
}

impl core::error::Error for RtcpWriteError {}

/// Puts one compound packet together; the first error sticks and [`CompoundWriter::finish`] tells.
#[derive(Debug)]
pub struct CompoundWriter<'b> {
    out: &'b mut [u8],
    len: usize,
    is_reduced_size: bool,
    has_cname: bool,
    error: Option<RtcpWriteError>,
}

impl<'b> CompoundWriter<'b> {
    /// Writes to the front of `out`.
    #[must_use]
    pub fn new(out: &'b mut [u8]) -> Self {
        Self {
            out,
            len: 0,
            is_reduced_size: false,
            has_cname: false,
            error: None,
        }
    }

    /// The same without the rule that a report comes first and a CNAME somewhere: for feedback
    /// between regular reports, in a session that has agreed on it and has sent a whole compound
    /// packet before (RFC 5506 §4).
    #[must_use]
    pub fn reduced_size(out: &'b mut [u8]) -> Self {
        Self {
            is_reduced_size: true,
            ..Self::new(out)
        }
    }

    /// Adds an SR (with `info`) or an RR (without), and further RRs if there are more than 31
    /// blocks (§6.1).
    pub fn report(
        &mut self,
        ssrc: Ssrc,
        info: Option<&SenderInfo>,
        blocks: &[ReportBlock],
    ) -> &mut Self {
        let (first, more) = blocks.split_at(blocks.len().min(COUNT_MAX));
        self.one_report(ssrc, info, first);
        for blocks in more.chunks(COUNT_MAX) {
            self.one_report(ssrc, None, blocks);
        }
        self
    }

    fn one_report(&mut self, ssrc: Ssrc, info: Option<&SenderInfo>, blocks: &[ReportBlock]) {
        let start = self.begin(if info.is_some() { SR } else { RR }, blocks.len());
        self.put(&ssrc.as_u32().to_be_bytes());
        if let Some(info) = info {
            self.put(&info.ntp.to_be_bytes());
            self.put(&info.timestamp.as_u32().to_be_bytes());
            self.put(&info.packets.to_be_bytes());
            self.put(&info.octets.to_be_bytes());
        }
        for block in blocks {
            self.put(&block.to_octets());
        }
        self.end(start);
    }

    /// Adds an SDES with one chunk.
    pub fn source_description<'i>(
        &mut self,
        ssrc: Ssrc,
        items: impl IntoIterator<Item = SdesItem<'i>>,
    ) -> &mut Self {
        self.require_report();
        let start = self.begin(SDES, 1);
        self.put(&ssrc.as_u32().to_be_bytes());
        for SdesItem { kind, text } in items {
            let Ok(length) = u8::try_from(text.len()) else {
                self.fail(RtcpWriteError::TextTooLong);
                continue;
            };
            self.has_cname |= kind == SdesKind::Cname;
            self.put(&[kind.as_u8(), length]);
            self.put(text);
        }
        // A.4: at least one null octet ends the list, and nulls fill the word.
        self.put(&[0]);
        self.fill_word();
        self.end(start);
        self
    }

    /// Adds a BYE of these sources, with a reason unless it is empty.
    pub fn goodbye(&mut self, sources: &[Ssrc], reason: &[u8]) -> &mut Self {
        self.require_report();
        if sources.len() > COUNT_MAX {
            self.fail(RtcpWriteError::TooManySources);
        }
        let start = self.begin(BYE, sources.len());
        for ssrc in sources {
            self.put(&ssrc.as_u32().to_be_bytes());
        }
        if !reason.is_empty() {
            match u8::try_from(reason.len()) {
                Ok(length) => self.put(&[length]),
                Err(_) => self.fail(RtcpWriteError::TextTooLong),
            }
            self.put(reason);
            // §6.6: null octets up to the next word, and no null if the text ends on one.
            self.fill_word();
        }
        self.end(start);
        self
    }

    /// Adds an APP.
    pub fn application(&mut self, app: &ApplicationDefined<'_>) -> &mut Self {
        self.require_report();
        if app.data.len() % 4 != 0 {
            self.fail(RtcpWriteError::Unaligned);
        }
        let start = self.begin(APP, usize::from(app.subtype & 0x1f));
        self.put(&app.ssrc.as_u32().to_be_bytes());
        self.put(&app.name);
        self.put(app.data);
        self.end(start);
        self
    }

    /// Adds feedback (RFC 4585 §6.1).
    pub fn feedback(&mut self, packet: &FeedbackPacket<'_>) -> &mut Self {
        self.require_report();
        let (packet_type, format) = packet.feedback.kind();
        let start = self.begin(packet_type, usize::from(format));
        self.put(&packet.sender.as_u32().to_be_bytes());
        self.put(&packet.media_source.as_u32().to_be_bytes());
        if !packet.feedback.write(&mut |octets| self.put(octets)) {
            self.fail(RtcpWriteError::Empty);
        }
        self.end_aligned(start);
        self
    }

    /// Adds an extended report with these blocks (RFC 3611 §2).
    pub fn extended_report(&mut self, ssrc: Ssrc, blocks: &[ExtendedReportBlock<'_>]) -> &mut Self {
        self.require_report();
        let start = self.begin(XR, 0);
        self.put(&ssrc.as_u32().to_be_bytes());
        for block in blocks {
            let (block_type, type_specific) = block.kind();
            let start = self.len;
            self.put(&[block_type, type_specific, 0, 0]);
            if !block.write(&mut |octets| self.put(octets)) {
                self.fail(RtcpWriteError::Unaligned);
            }
            self.end(start);
        }
        self.end_aligned(start);
        self
    }

    /// How many octets the compound packet took.
    ///
    /// # Errors
    /// The first [`RtcpWriteError`] met, or [`RtcpWriteError::MissingCname`].
    pub fn finish(&mut self) -> Result<usize, RtcpWriteError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.len == 0 {
            return Err(RtcpWriteError::ReportFirst);
        }
        if !self.has_cname && !self.is_reduced_size {
            return Err(RtcpWriteError::MissingCname);
        }
        Ok(self.len)
    }

    fn require_report(&mut self) {
        if self.len == 0 && !self.is_reduced_size {
            self.fail(RtcpWriteError::ReportFirst);
        }
    }

    fn fail(&mut self, error: RtcpWriteError) {
        self.error.get_or_insert(error);
    }

    /// Writes a first word whose length is filled in by [`CompoundWriter::end`].
    fn begin(&mut self, packet_type: u8, count: usize) -> usize {
        let start = self.len;
        let count = u8::try_from(count.min(COUNT_MAX)).unwrap_or(0);
        self.put(&[0x80 | count, packet_type, 0, 0]);
        start
    }

    fn end_aligned(&mut self, start: usize) {
        if self.len % 4 != 0 {
            self.fail(RtcpWriteError::Unaligned);
        }
        self.end(start);
    }

    fn end(&mut self, start: usize) {
        let words = (self.len.saturating_sub(start) / 4).saturating_sub(1);
        let Ok(words) = u16::try_from(words) else {
            self.fail(RtcpWriteError::BufferTooSmall);
            return;
        };
        let place = self
            .out
            .get_mut(start..)
            .and_then(|packet| packet.get_mut(2..4));
        if let Some(place) = place {
            place.copy_from_slice(&words.to_be_bytes());
        }
    }

    fn fill_word(&mut self) {
        while self.len % 4 != 0 && self.error.is_none() {
            self.put(&[0]);
        }
    }

    fn put(&mut self, octets: &[u8]) {
        let end = self.len.saturating_add(octets.len());
        match self.out.get_mut(self.len..end) {
            Some(place) if self.error.is_none() => {
                place.copy_from_slice(octets);
                self.len = end;
            }
            Some(_) => {}
            None => self.fail(RtcpWriteError::BufferTooSmall),
        }
    }
}
