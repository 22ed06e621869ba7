//! Which extended reports a receiver of media sends: `rtcp-xr` (RFC 3611 §5.1).

use alloc::vec::Vec;
use core::fmt;

use super::{TypedAttribute, named, write_list};
use crate::sdp::token::{digits, is_non_ws};

/// `rtcp-xr`: the blocks that are asked for, perhaps none. Session or media level; that of a media
/// description stands instead of that of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedReports<'a>(pub Vec<XrFormat<'a>>);

/// A kind of block, or several that are used together. Sizes are octets of a block at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XrFormat<'a> {
    /// `pkt-loss-rle`: which packets were lost.
    LossRle(Option<u32>),
    /// `pkt-dup-rle`: which packets came twice.
    DuplicateRle(Option<u32>),
    /// `pkt-rcpt-times`: when packets came.
    ReceiptTimes(Option<u32>),
    /// `rcvr-rtt`: round trips as receivers see them.
    ReceiverRtt {
        /// Only those who send media answer: `sender`, and not `all`.
        senders_only: bool,
        /// The size of an answer.
        max_size: Option<u32>,
    },
    /// `stat-summary`: a summary, and what it should tell.
    StatisticsSummary(Vec<StatFlag>),
    /// `voip-metrics`: how the call sounds.
    VoipMetrics,
    /// One we do not know.
    Other(&'a str),
}

/// What a statistics summary is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatFlag {
    /// `loss`.
    Loss,
    /// `dup`.
    Duplicates,
    /// `jitt`.
    Jitter,
    /// `TTL`, of IPv4.
    TimeToLive,
    /// `HL`, of IPv6.
    HopLimit,
}

impl StatFlag {
    const ALL: [Self; 5] = [
        Self::Loss,
        Self::Duplicates,
        Self::Jitter,
        Self::TimeToLive,
        Self::HopLimit,
    ];

    /// The flag as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Duplicates => "dup",
            Self::Jitter => "jitt",
            Self::TimeToLive => "TTL",
            Self::HopLimit => "HL",
        }
    }
}

impl fmt::Display for StatFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'a> XrFormat<'a> {
    fn parse(word: &'a str) -> Option<Self> {
        let (name, value) = match word.split_once('=') {
            None => (word, None),
            Some((name, value)) => (name, Some(value)),
        };
        // A size that is not there is none; one that is there has to be one.
        let size = |text: Option<&str>| match text {
            None => Some(None),
            Some(text) => u32::try_from(digits(text)?).ok().map(Some),
        };
        let flag = |word| named(&StatFlag::ALL, StatFlag::as_str, word);
        Some(match (name, value) {
            ("pkt-loss-rle", _) => Self::LossRle(size(value)?),
            ("pkt-dup-rle", _) => Self::DuplicateRle(size(value)?),
            ("pkt-rcpt-times", _) => Self::ReceiptTimes(size(value)?),
            ("rcvr-rtt", value) => {
                let (mode, max_size) = match value?.split_once(':') {
                    None => (value?, None),
                    Some((mode, max_size)) => (mode, Some(max_size)),
                };
                Self::ReceiverRtt {
                    senders_only: match mode {
                        "all" => false,
                        "sender" => true,
                        _ => return None,
                    },
                    max_size: size(max_size)?,
                }
            }
            ("stat-summary", None) => Self::StatisticsSummary(Vec::new()),
            ("stat-summary", Some(flags)) => {
                let flags = flags.split(',').map(flag).collect::<Option<Vec<_>>>()?;
                // §5.1: one field holds either, so they do not go together.
                let (ttl, limit) = (StatFlag::TimeToLive, StatFlag::HopLimit);
                if flags.contains(&ttl) && flags.contains(&limit) {
                    return None;
                }
                Self::StatisticsSummary(flags)
            }
            ("voip-metrics", None) => Self::VoipMetrics,
            ("voip-metrics", Some(_)) => return None,
            _ => Self::Other(Some(word).filter(|word| is_non_ws(word.as_bytes()))?),
        })
    }
}

impl fmt::Display for XrFormat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lead, size) = match self {
            Self::LossRle(size) => ("pkt-loss-rle", size),
            Self::DuplicateRle(size) => ("pkt-dup-rle", size),
            Self::ReceiptTimes(size) => ("pkt-rcpt-times", size),
            Self::ReceiverRtt {
                senders_only,
                max_size,
            } => {
                f.write_str("rcvr-rtt=")?;
                f.write_str(if *senders_only { "sender" } else { "all" })?;
                return match max_size {
                    None => Ok(()),
                    Some(size) => write!(f, ":{size}"),
                };
            }
            Self::StatisticsSummary(flags) => {
                f.write_str("stat-summary")?;
                if flags.is_empty() {
                    return Ok(());
                }
                f.write_str("=")?;
                return write_list(f, flags, ',');
            }
            Self::VoipMetrics => return f.write_str("voip-metrics"),
            Self::Other(word) => return f.write_str(word),
        };
        f.write_str(lead)?;
        match size {
            None => Ok(()),
            Some(size) => write!(f, "={size}"),
        }
    }
}

impl<'a> TypedAttribute<'a> for ExtendedReports<'a> {
    const NAME: &'static str = "rtcp-xr";

    fn parse(value: &'a str) -> Option<Self> {
        let words = value.trim_ascii_end().split(' ');
        let words = words.filter(|_| !value.trim_ascii().is_empty());
        words.map(XrFormat::parse).collect::<Option<_>>().map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_list(f, &self.0, ' ')
    }
}
