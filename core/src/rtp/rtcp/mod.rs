//! RTCP packets (RFC 3550 §6): reading a compound packet without allocating, and writing one into
//! a caller's slice.
//!
//! ```text
//!  [SR or RR] [more RRs] [SDES with CNAME] [BYE | APP | feedback | XR …]   one UDP datagram
//! ```
//!
//! Feedback (RFC 4585, RFC 5104) and extended reports (RFC 3611) are packets like the others; where
//! it was agreed on, feedback goes without the reports before it (RFC 5506).
//!
//! [`Compound::parse`] makes every check once, contents included; what it hands out afterwards
//! cannot fail.

mod app;
mod bye;
mod compound;
mod entries;
mod extended;
mod feedback;
mod report;
mod sdes;
mod write;

pub use app::ApplicationDefined;
pub use bye::Goodbye;
pub use compound::{Compound, Obsolete, Packets, RtcpError, RtcpPacket};
pub use entries::{Entries, Entry};
pub use extended::{
    Concealment, DelaySinceReport, ExtendedReport, ExtendedReportBlock, HopCounts, JitterBuffer,
    ReceiptTimes, RunLength, Spread, StatisticsSummary, Trace, VoipMetrics, encode,
};
pub use feedback::{
    BackChannel, BackChannels, BitRate, Feedback, FeedbackPacket, FullIntra, Nack,
    ReferencePicture, Slice, TradeOff,
};
pub use report::{ReceiverReport, ReportBlock, SenderInfo, SenderReport, round_trip};
pub use sdes::{Chunk, Chunks, Items, SdesItem, SdesKind, SourceDescription};
pub use write::{CompoundWriter, RtcpWriteError};

/// Packet types of RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2 and, long gone, RFC 2032 §5.2.
pub(crate) mod packet_type {
    pub(crate) const H261_FIR: u8 = 192;
    pub(crate) const H261_NACK: u8 = 193;
    pub(crate) const SR: u8 = 200;
    pub(crate) const RR: u8 = 201;
    pub(crate) const SDES: u8 = 202;
    pub(crate) const BYE: u8 = 203;
    pub(crate) const APP: u8 = 204;
    pub(crate) const RTPFB: u8 = 205;
    pub(crate) const PSFB: u8 = 206;
    pub(crate) const XR: u8 = 207;
}

/// Whether a datagram on a port shared with RTP is RTCP (RFC 5761 §4): the second octet of RTP
/// never falls in 192–223, because payload types 64–95 are not used there.
#[must_use]
pub fn is_rtcp(bytes: &[u8]) -> bool {
    matches!(bytes, [_, 192..=223, ..])
}

/// The big-endian number in the first four octets; 0 if there are fewer.
fn word(octets: &[u8]) -> u32 {
    octets
        .first_chunk::<4>()
        .map_or(0, |word| u32::from_be_bytes(*word))
}

#[cfg(test)]
mod tests;
