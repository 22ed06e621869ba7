//! Extended reports (RFC 3611): what was lost packet by packet, round trips of those who send
//! nothing, summaries, and how a call sounds.
//!
//! ```text
//!  |V=2|P| reserved | 207 XR | length |
//!  |            SSRC of reporter      |
//!  | type | of the type | length of the block in words, less one | contents … |   and so on
//! ```

mod delay;
mod receipt;
mod run_length;
mod summary;
mod voip;

pub use delay::DelaySinceReport;
pub use receipt::ReceiptTimes;
pub use run_length::{RunLength, Trace, encode};
pub use summary::{HopCounts, Spread, StatisticsSummary};
pub use voip::{Concealment, JitterBuffer, VoipMetrics};

use super::entries::Entries;
use super::word;
use crate::rtp::number::Ssrc;

/// XR: any number of blocks of one reporter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExtendedReport<'a> {
    ssrc: Ssrc,
    blocks: &'a [u8],
}

/// One block of an extended report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExtendedReportBlock<'a> {
    /// Which packets came, and which did not (§4.1).
    LossRle(RunLength<'a>),
    /// Of which packets copies came (§4.2): a one is a packet that came once.
    DuplicateRle(RunLength<'a>),
    /// When packets came (§4.3).
    ReceiptTimes(ReceiptTimes<'a>),
    /// The reporter's time, an NTP timestamp, for others to answer (§4.4).
    ReferenceTime(u64),
    /// Answers to reference times (§4.5).
    DelaysSinceReport(Entries<'a, DelaySinceReport>),
    /// Losses, copies, jitter and hops of a range of packets (§4.6).
    StatisticsSummary(StatisticsSummary),
    /// How a call sounds (§4.7).
    VoipMetrics(VoipMetrics),
    /// A kind that is not known here, to be ignored (§4), or one whose contents §4 says to ignore.
    Unknown {
        /// BT.
        block_type: u8,
        /// The octet behind it.
        type_specific: u8,
        /// The contents, whole words.
        contents: &'a [u8],
    },
}

impl<'a> ExtendedReport<'a> {
    /// Takes the body of an XR packet; `None` if its blocks do not add up to it.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (ssrc, blocks) = body.split_at_checked(4)?;
        let mut rest = blocks;
        while !rest.is_empty() {
            (_, _, _, rest) = split(rest)?;
        }
        let ssrc = Ssrc::new(word(ssrc));
        Some(Self { ssrc, blocks })
    }

    /// Who reports.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = ExtendedReportBlock<'a>> + use<'a> {
        let mut rest = self.blocks;
        core::iter::from_fn(move || {
            let (block_type, type_specific, contents, after) = split(rest)?;
            rest = after;
            Some(ExtendedReportBlock::parse(
                block_type,
                type_specific,
                contents,
            ))
        })
    }
}

/// Type, octet of the type, contents, and what follows the block.
fn split(bytes: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
    let (&[block_type, type_specific, l0, l1], rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1])).wrapping_mul(4);
    let (contents, after) = rest.split_at_checked(length)?;
    Some((block_type, type_specific, contents, after))
}

impl<'a> ExtendedReportBlock<'a> {
    fn parse(block_type: u8, type_specific: u8, contents: &'a [u8]) -> Self {
        let known = match block_type {
            1 => RunLength::parse(type_specific, contents).map(Self::LossRle),
            2 => RunLength::parse(type_specific, contents).map(Self::DuplicateRle),
            3 => ReceiptTimes::parse(type_specific, contents).map(Self::ReceiptTimes),
            4 => contents
                .first_chunk::<8>()
                .filter(|_| contents.len() == 8)
                .map(|ntp| Self::ReferenceTime(u64::from_be_bytes(*ntp))),
            5 => Entries::of(contents).map(Self::DelaysSinceReport),
            6 => StatisticsSummary::parse(type_specific, contents).map(Self::StatisticsSummary),
            7 => VoipMetrics::parse(contents).map(Self::VoipMetrics),
            _ => None,
        };
        known.unwrap_or(Self::Unknown {
            block_type,
            type_specific,
            contents,
        })
    }

    /// BT and the octet behind it.
    pub(super) const fn kind(&self) -> (u8, u8) {
        match self {
            Self::LossRle(runs) => (1, runs.thinning & 0x0f),
            Self::DuplicateRle(runs) => (2, runs.thinning & 0x0f),
            Self::ReceiptTimes(times) => (3, times.thinning & 0x0f),
            Self::ReferenceTime(_) => (4, 0),
            Self::DelaysSinceReport(_) => (5, 0),
            Self::StatisticsSummary(summary) => (6, summary.flags()),
            Self::VoipMetrics(_) => (7, 0),
            Self::Unknown {
                block_type,
                type_specific,
                ..
            } => (*block_type, *type_specific),
        }
    }

    /// Hands the contents to `put`, piece by piece; `false` if they are no whole number of words.
    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) -> bool {
        match self {
            Self::LossRle(runs) | Self::DuplicateRle(runs) => runs.write(put),
            Self::ReceiptTimes(times) => times.write(put),
            Self::ReferenceTime(ntp) => put(&ntp.to_be_bytes()),
            Self::DelaysSinceReport(delays) => delays.write(put),
            Self::StatisticsSummary(summary) => summary.write(put),
            Self::VoipMetrics(metrics) => metrics.write(put),
            Self::Unknown { contents, .. } => {
                put(contents);
                return contents.len() % 4 == 0;
            }
        }
        true
    }
}

/// The first words of a block that is about a range of one source's packets: the source, the
/// first sequence number, and the one behind the last.
fn range(contents: &[u8]) -> Option<(Ssrc, u16, u16, &[u8])> {
    let (head, rest) = contents.split_first_chunk::<8>()?;
    let &[_, _, _, _, b0, b1, e0, e1] = head;
    let begin = u16::from_be_bytes([b0, b1]);
    Some((
        Ssrc::new(word(head)),
        begin,
        u16::from_be_bytes([e0, e1]),
        rest,
    ))
}

fn put_range(source: Ssrc, begin: u16, end: u16, put: &mut dyn FnMut(&[u8])) {
    put(&source.as_u32().to_be_bytes());
    put(&begin.to_be_bytes());
    put(&end.to_be_bytes());
}

#[cfg(test)]
mod tests;
