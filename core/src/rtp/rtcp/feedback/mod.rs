//! Feedback messages (RFC 4585 §6, RFC 5104 §4): what a receiver asks of a sender between reports.
//!
//! ```text
//!  |V=2|P|  FMT  | 205 RTPFB or 206 PSFB |   length   |
//!  |  SSRC of packet sender  |  SSRC of media source  |   0 where each entry names its own
//!  |  feedback control information: entries of one kind |
//! ```

mod entry;
mod picture;

pub use entry::{BitRate, FullIntra, Nack, Slice, TradeOff};
pub use picture::{BackChannel, BackChannels, ReferencePicture};

use super::entries::Entries;
use super::packet_type::{PSFB, RTPFB};
use super::word;
use crate::rtp::number::Ssrc;

/// One feedback packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedbackPacket<'a> {
    /// Who asks.
    pub sender: Ssrc,
    /// Whose media it is about; 0 where RFC 5104 has each entry name it.
    pub media_source: Ssrc,
    /// What is asked or told.
    pub feedback: Feedback<'a>,
}

/// The kinds of feedback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feedback<'a> {
    /// Generic NACK: these packets are missing (RFC 4585 §6.2.1).
    GenericNack(Entries<'a, Nack>),
    /// TMMBR: send no faster than this (RFC 5104 §4.2.1).
    MaxBitRateRequest(Entries<'a, BitRate>),
    /// TMMBN: these limits hold, and whose they are; none at all is a valid answer (RFC 5104 §4.2.2).
    MaxBitRateNotification(Entries<'a, BitRate>),
    /// PLI: a picture was damaged (RFC 4585 §6.3.1).
    PictureLoss,
    /// SLI: these parts of a picture were (RFC 4585 §6.3.2).
    SliceLoss(Entries<'a, Slice>),
    /// RPSI: a picture to predict from (RFC 4585 §6.3.3).
    ReferencePicture(ReferencePicture<'a>),
    /// FIR: a decoder has nothing to start from (RFC 5104 §4.3.1). Never an answer to loss: that
    /// is what [`Feedback::PictureLoss`] is for.
    FullIntra(Entries<'a, FullIntra>),
    /// TSTR: sharper or smoother, please (RFC 5104 §4.3.2).
    TradeOffRequest(Entries<'a, TradeOff>),
    /// TSTN: so it is from now on (RFC 5104 §4.3.3).
    TradeOffNotification(Entries<'a, TradeOff>),
    /// VBCM: messages of H.271 (RFC 5104 §4.3.4).
    VideoBackChannel(BackChannels<'a>),
    /// An application's own (RFC 4585 §6.4), whole words.
    Application(&'a [u8]),
    /// A transport layer message of a kind that is not known here.
    OtherTransport {
        /// FMT, five bits.
        format: u8,
        /// What follows the two identifiers, whole words.
        information: &'a [u8],
    },
    /// A payload-specific message of a kind that is not known here.
    OtherPayload {
        /// FMT, five bits.
        format: u8,
        /// What follows the two identifiers, whole words.
        information: &'a [u8],
    },
}

impl<'a> FeedbackPacket<'a> {
    /// Takes the body of an RTPFB or PSFB packet; `None` if the information is not what its
    /// format says.
    #[inline]
    pub(super) fn parse(packet_type: u8, format: u8, body: &'a [u8]) -> Option<Self> {
        let (sender, rest) = body.split_at_checked(4)?;
        let (media_source, fci) = rest.split_at_checked(4)?;
        Some(Self {
            sender: Ssrc::new(word(sender)),
            media_source: Ssrc::new(word(media_source)),
            feedback: if packet_type == RTPFB {
                Feedback::transport(format, fci)?
            } else {
                Feedback::payload(format, fci)?
            },
        })
    }
}

impl<'a> Feedback<'a> {
    fn transport(format: u8, fci: &'a [u8]) -> Option<Self> {
        Some(match format {
            1 => Self::GenericNack(Entries::some_of(fci)?),
            3 => Self::MaxBitRateRequest(Entries::some_of(fci)?),
            // §4.2.2: the only one that may be empty, when nobody limits the sender any more.
            4 => Self::MaxBitRateNotification(Entries::of(fci)?),
            format => Self::OtherTransport {
                format,
                information: fci,
            },
        })
    }

    fn payload(format: u8, fci: &'a [u8]) -> Option<Self> {
        Some(match format {
            1 => fci.is_empty().then_some(Self::PictureLoss)?,
            2 => Self::SliceLoss(Entries::some_of(fci)?),
            3 => Self::ReferencePicture(ReferencePicture::parse(fci)?),
            4 => Self::FullIntra(Entries::some_of(fci)?),
            5 => Self::TradeOffRequest(Entries::some_of(fci)?),
            6 => Self::TradeOffNotification(Entries::some_of(fci)?),
            7 => Self::VideoBackChannel(BackChannels::parse(fci)?),
            15 => Self::Application(fci),
            format => Self::OtherPayload {
                format,
                information: fci,
            },
        })
    }

    /// Packet type and FMT.
    pub(super) const fn kind(&self) -> (u8, u8) {
        match self {
            Self::GenericNack(_) => (RTPFB, 1),
            Self::MaxBitRateRequest(_) => (RTPFB, 3),
            Self::MaxBitRateNotification(_) => (RTPFB, 4),
            Self::PictureLoss => (PSFB, 1),
            Self::SliceLoss(_) => (PSFB, 2),
            Self::ReferencePicture(_) => (PSFB, 3),
            Self::FullIntra(_) => (PSFB, 4),
            Self::TradeOffRequest(_) => (PSFB, 5),
            Self::TradeOffNotification(_) => (PSFB, 6),
            Self::VideoBackChannel(_) => (PSFB, 7),
            Self::Application(_) => (PSFB, 15),
            Self::OtherTransport { format, .. } => (RTPFB, *format & 0x1f),
            Self::OtherPayload { format, .. } => (PSFB, *format & 0x1f),
        }
    }

    /// Hands the information to `put`, piece by piece; `false` if there is no entry where there has
    /// to be one.
    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) -> bool {
        match self {
            Self::PictureLoss => true,
            Self::GenericNack(entries) => entries.write_some(put),
            Self::MaxBitRateRequest(entries) => entries.write_some(put),
            Self::MaxBitRateNotification(entries) => {
                entries.write(put);
                true
            }
            Self::SliceLoss(entries) => entries.write_some(put),
            Self::ReferencePicture(reference) => reference.write(put),
            Self::FullIntra(entries) => entries.write_some(put),
            Self::TradeOffRequest(entries) | Self::TradeOffNotification(entries) => {
                entries.write_some(put)
            }
            Self::VideoBackChannel(messages) => messages.write(put),
            Self::Application(information)
            | Self::OtherTransport { information, .. }
            | Self::OtherPayload { information, .. } => {
                put(information);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests;
