//! The compound packet (RFC 3550 §6.1) and its validity checks (A.2).

use core::fmt;

use super::packet_type::{APP, BYE, H261_FIR, H261_NACK, PSFB, RR, RTPFB, SDES, SR, XR};
use super::{
    ApplicationDefined, ExtendedReport, FeedbackPacket, Goodbye, ReceiverReport, SenderReport,
    SourceDescription,
};

/// A compound packet that passed every check.
#[derive(Clone, Copy, Debug)]
pub struct Compound<'a> {
    bytes: &'a [u8],
}

/// One packet of a compound.
#[derive(Clone, Copy, Debug)]
pub enum RtcpPacket<'a> {
    /// SR (§6.4.1).
    SenderReport(SenderReport<'a>),
    /// RR (§6.4.2).
    ReceiverReport(ReceiverReport<'a>),
    /// SDES (§6.5).
    SourceDescription(SourceDescription<'a>),
    /// BYE (§6.6).
    Goodbye(Goodbye<'a>),
    /// APP (§6.7).
    ApplicationDefined(ApplicationDefined<'a>),
    /// RTPFB or PSFB (RFC 4585 §6, RFC 5104 §4).
    Feedback(FeedbackPacket<'a>),
    /// XR (RFC 3611).
    Extended(ExtendedReport<'a>),
    /// One that senders of H.261 once used, to be ignored (RFC 4587 §7.1).
    Obsolete(Obsolete),
    /// A type this crate does not know; §6.1 has us ignore it.
    Unknown {
        /// The packet type.
        packet_type: u8,
        /// The five bits after P.
        count: u8,
        /// What follows the first word, padding removed.
        body: &'a [u8],
    },
}

/// Control packets of RFC 2032 §5.2, which RFC 4587 §7.1 forbids: what they asked for is said by
/// [`super::Feedback`] now.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Obsolete {
    /// RTCP-FIR, type 192.
    FullIntra,
    /// RTCP-NACK, type 193.
    Nack,
}

/// Why bytes are not a compound RTCP packet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RtcpError {
    /// No whole first word.
    Short,
    /// V is not 2, in some packet.
    Version,
    /// The first packet is neither SR nor RR (A.2).
    FirstType,
    /// P is set on a packet that is not the last, or on the first of several (§6.4.1, A.2).
    PaddingPlace,
    /// The padding count is zero, not a multiple of four, or more than the packet holds.
    PaddingCount,
    /// The lengths do not add up to the datagram's (A.2).
    Length,
    /// More report blocks announced than there is room for.
    ReportBlocks,
    /// An SDES chunk is cut short or its list of items is not ended.
    Sdes,
    /// More sources announced in a BYE than there is room for, or its reason runs past the end.
    Goodbye,
    /// An APP without its name.
    Application,
    /// Feedback whose information is not what its format says.
    Feedback,
    /// Extended report blocks that do not add up to their packet.
    Extended,
}

impl fmt::Display for RtcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "shorter than an rtcp header",
            Self::Version => "rtcp version is not 2",
            Self::FirstType => "first packet is not a report",
            Self::PaddingPlace => "padding on a packet that is not the last",
            Self::PaddingCount => "padding count is not possible",
            Self::Length => "packet lengths do not add up",
            Self::ReportBlocks => "report blocks run past the end",
            Self::Sdes => "source description is cut short",
            Self::Goodbye => "goodbye is cut short",
            Self::Application => "application packet has no name",
            Self::Feedback => "feedback is not of its format",
            Self::Extended => "extended report blocks do not add up",
        })
    }
}

impl core::error::Error for RtcpError {}

impl<'a> Compound<'a> {
    /// Checks one datagram as A.2 says, and the contents of every packet type known here.
    ///
    /// A report alone, without SDES, is let through although §6.1 forbids sending it: phones do.
    ///
    /// # Errors
    /// [`RtcpError`] says what does not hold; the whole datagram is to be dropped then.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtcpError> {
        let first = bytes.first_chunk::<4>().ok_or(RtcpError::Short)?;
        let &[flags, packet_type, _, _] = first;
        if flags >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        if packet_type != SR && packet_type != RR {
            return Err(RtcpError::FirstType);
        }
        // A.2: an early kind of sender set P on the first packet and padded the last one.
        if flags & 0x20 != 0 {
            return Err(RtcpError::PaddingPlace);
        }
        Self::check(bytes)
    }

    /// The same for a session that has agreed on reduced-size RTCP (RFC 5506): feedback, an
    /// extended report or an application's packet may come first, and alone. That is all it is
    /// for, and to let anything else through would only weaken the check (§3.4.2 there).
    ///
    /// # Errors
    /// [`RtcpError`] says what does not hold; the whole datagram is to be dropped then.
    pub fn parse_reduced_size(bytes: &'a [u8]) -> Result<Self, RtcpError> {
        match bytes.first_chunk::<4>().ok_or(RtcpError::Short)? {
            &[_, RTPFB | PSFB | XR | APP, _, _] => Self::check(bytes),
            _ => Self::parse(bytes),
        }
    }

    /// Every packet by itself, and where padding stands.
    fn check(bytes: &'a [u8]) -> Result<Self, RtcpError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (frame, after) = Frame::split(rest)?;
            if frame.padded && !after.is_empty() {
                return Err(RtcpError::PaddingPlace);
            }
            frame.check()?;
            rest = after;
        }
        Ok(Self { bytes })
    }

    /// The packets, in order.
    #[must_use]
    pub const fn packets(&self) -> Packets<'a> {
        Packets { rest: self.bytes }
    }

    /// The whole datagram.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// The packets of one [`Compound`].
#[derive(Clone, Copy, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = RtcpPacket<'a>;

    #[inline]
    fn next(&mut self) -> Option<RtcpPacket<'a>> {
        let (frame, rest) = Frame::split(self.rest).ok()?;
        self.rest = rest;
        frame.packet()
    }
}

/// One packet's first word, taken apart, and its body without padding.
struct Frame<'a> {
    padded: bool,
    count: u8,
    packet_type: u8,
    body: &'a [u8],
}

impl<'a> Frame<'a> {
    #[inline]
    fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), RtcpError> {
        let Some((&[flags, packet_type, l0, l1], rest)) = bytes.split_first_chunk::<4>() else {
            return Err(RtcpError::Length);
        };
        if flags >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        let octets = usize::from(u16::from_be_bytes([l0, l1])).wrapping_mul(4);
        let (mut body, rest) = rest.split_at_checked(octets).ok_or(RtcpError::Length)?;
        let padded = flags & 0x20 != 0;
        if padded {
            let count = *body.last().ok_or(RtcpError::PaddingCount)?;
            // §6.4.1: the count includes itself and is a multiple of four.
            if count == 0 || count % 4 != 0 {
                return Err(RtcpError::PaddingCount);
            }
            let kept = body.len().checked_sub(usize::from(count));
            body = kept
                .and_then(|kept| body.get(..kept))
                .ok_or(RtcpError::PaddingCount)?;
        }
        let count = flags & 0x1f;
        let frame = Self {
            padded,
            count,
            packet_type,
            body,
        };
        Ok((frame, rest))
    }

    /// Whether the contents fit the packet.
    #[inline]
    fn check(&self) -> Result<(), RtcpError> {
        let (count, body) = (self.count, self.body);
        let (holds, otherwise) = match self.packet_type {
            SR => (SenderReport::fits(count, body), RtcpError::ReportBlocks),
            RR => (ReceiverReport::fits(count, body), RtcpError::ReportBlocks),
            SDES => (SourceDescription::fits(count, body), RtcpError::Sdes),
            BYE => (Goodbye::parse(count, body).is_some(), RtcpError::Goodbye),
            APP => (body.len() >= 8, RtcpError::Application),
            RTPFB | PSFB => {
                let packet = FeedbackPacket::parse(self.packet_type, count, body);
                (packet.is_some(), RtcpError::Feedback)
            }
            XR => (ExtendedReport::parse(body).is_some(), RtcpError::Extended),
            _ => return Ok(()),
        };
        if holds { Ok(()) } else { Err(otherwise) }
    }

    /// The contents, once [`Frame::check`] has passed them.
    #[inline]
    fn packet(&self) -> Option<RtcpPacket<'a>> {
        let (count, body) = (self.count, self.body);
        Some(match self.packet_type {
            SR => RtcpPacket::SenderReport(SenderReport::parse(count, body)?),
            RR => RtcpPacket::ReceiverReport(ReceiverReport::parse(count, body)?),
            SDES => RtcpPacket::SourceDescription(SourceDescription::new(count, body)),
            BYE => RtcpPacket::Goodbye(Goodbye::parse(count, body)?),
            APP => RtcpPacket::ApplicationDefined(ApplicationDefined::parse(count, body)?),
            packet_type @ (RTPFB | PSFB) => {
                RtcpPacket::Feedback(FeedbackPacket::parse(packet_type, count, body)?)
            }
            XR => RtcpPacket::Extended(ExtendedReport::parse(body)?),
            H261_FIR => RtcpPacket::Obsolete(Obsolete::FullIntra),
            H261_NACK => RtcpPacket::Obsolete(Obsolete::Nack),
            packet_type => RtcpPacket::Unknown {
                packet_type,
                count,
                body,
            },
        })
    }
}
