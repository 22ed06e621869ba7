//! A summary of a range of packets (RFC 3611 §4.6).

use super::super::word;
use super::{put_range, range};
use crate::rtp::number::Ssrc;

/// Losses, copies, jitter and hops; what is not reported is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatisticsSummary {
    /// Whose packets.
    pub source: Ssrc,
    /// The first sequence number of the range.
    pub begin: u16,
    /// The one behind the last.
    pub end: u16,
    /// Packets that were lost.
    pub lost: Option<u32>,
    /// Packets that came again.
    pub duplicates: Option<u32>,
    /// Relative transit times, in ticks of the media clock.
    pub jitter: Option<Spread<u32>>,
    /// Hops the packets may still have made.
    pub hops: Option<HopCounts>,
}

/// Least, greatest, mean and standard deviation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spread<N> {
    /// The least.
    pub min: N,
    /// The greatest.
    pub max: N,
    /// The mean.
    pub mean: N,
    /// The standard deviation.
    pub deviation: N,
}

/// Time to live, or hop limit, by the version of IP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HopCounts {
    /// Of IPv4.
    TimeToLive(Spread<u8>),
    /// Of IPv6.
    HopLimit(Spread<u8>),
}

const LOSS: u8 = 0x80;
const DUPLICATES: u8 = 0x40;
const JITTER: u8 = 0x20;

impl StatisticsSummary {
    pub(super) fn parse(flags: u8, contents: &[u8]) -> Option<Self> {
        let (source, begin, end, rest) = range(contents)?;
        let (numbers, hops) = rest.split_first_chunk::<24>()?;
        let &[min, max, mean, deviation] = hops.first_chunk::<4>().filter(|_| hops.len() == 4)?;
        let at = |place: usize| numbers.get(place..).map_or(0, word);
        let hops = Spread {
            min,
            max,
            mean,
            deviation,
        };
        let jitter = Spread {
            min: at(8),
            max: at(12),
            mean: at(16),
            deviation: at(20),
        };
        // §4.6: a summary that is not zero where it says that nothing is reported is ignored.
        let said = |flag: u8, is_zero: bool| flags & flag != 0 || is_zero;
        let is_sound = said(LOSS, at(0) == 0)
            && said(DUPLICATES, at(4) == 0)
            && said(JITTER, jitter == Spread::default())
            && said(0x18, hops == Spread::default());
        let hops = match flags >> 3 & 3 {
            0 => None,
            1 => Some(HopCounts::TimeToLive(hops)),
            2 => Some(HopCounts::HopLimit(hops)),
            _ => return None,
        };
        is_sound.then_some(Self {
            source,
            begin,
            end,
            lost: (flags & LOSS != 0).then_some(at(0)),
            duplicates: (flags & DUPLICATES != 0).then_some(at(4)),
            jitter: (flags & JITTER != 0).then_some(jitter),
            hops,
        })
    }

    pub(super) const fn flags(&self) -> u8 {
        let mut flags = match self.hops {
            None => 0,
            Some(HopCounts::TimeToLive(_)) => 0x08,
            Some(HopCounts::HopLimit(_)) => 0x10,
        };
        if self.lost.is_some() {
            flags |= LOSS;
        }
        if self.duplicates.is_some() {
            flags |= DUPLICATES;
        }
        if self.jitter.is_some() {
            flags |= JITTER;
        }
        flags
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) {
        put_range(self.source, self.begin, self.end, put);
        put(&self.lost.unwrap_or(0).to_be_bytes());
        put(&self.duplicates.unwrap_or(0).to_be_bytes());
        let Spread {
            min,
            max,
            mean,
            deviation,
        } = self.jitter.unwrap_or_default();
        for number in [min, max, mean, deviation] {
            put(&number.to_be_bytes());
        }
        let Spread {
            min,
            max,
            mean,
            deviation,
        } = match self.hops {
            None => Spread::default(),
            Some(HopCounts::TimeToLive(spread) | HopCounts::HopLimit(spread)) => spread,
        };
        put(&[min, max, mean, deviation]);
    }
}
