//! Streams of one participant brought together again (RFC 3550 §6.4.1, RFC 6051): whose lips move to
//! which sound.
//!
//! ```text
//!   SR:  NTP and RTP timestamp of one moment ─▶ when each sample was taken, on one clock for all
//!                                               streams of a CNAME
//!   played at − taken at = lag of a stream ─▶ who is ahead waits for the one that lags most
//! ```
//!
//! The clock of a stream belongs to its SSRC: a sender that changes the rate takes another one
//! (RFC 7160 §4.1), so a mapping never mixes two rates.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::number::{Ssrc, Timestamp};
use super::rtcp::SenderInfo;
use crate::time::Instant;

/// A longer lag than this is no lag: the clocks of the two streams are not the same after all.
const PLAUSIBLE: Duration = Duration::from_secs(10);

/// The streams that are played, and what is known of their clocks.
#[derive(Debug)]
pub struct LipSync {
    streams: Vec<Stream>,
    limit: usize,
}

#[derive(Debug)]
struct Stream {
    ssrc: Ssrc,
    clock_rate: u32,
    cname: Option<Box<[u8]>>,
    /// One moment, on the clock of all and on that of the media.
    mapping: Option<SenderInfo>,
    /// A sample that is played, or was lately, and when.
    played: Option<(Timestamp, Instant)>,
}

impl Stream {
    /// When a sample was taken, as an NTP timestamp.
    fn taken(&self, timestamp: Timestamp) -> Option<u64> {
        Some(self.mapping?.ntp_of(timestamp, self.clock_rate))
    }

    /// Played at − taken at, in nanoseconds, against an origin that is the same for all.
    fn lag(&self) -> Option<i128> {
        let (timestamp, at) = self.played?;
        let taken = u128::from(self.taken(timestamp)?);
        let taken = taken.wrapping_mul(1_000_000_000) >> 32;
        let at = i128::from(at.as_nanos());
        Some(at.wrapping_sub(i128::try_from(taken).ok()?))
    }
}

impl LipSync {
    /// For at most so many streams; others are not brought together with anything.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            streams: Vec::new(),
            limit,
        }
    }

    /// Takes on a stream, or one whose clock has another rate: then what was known of its clock is
    /// forgotten. Whether there was room.
    pub fn add(&mut self, ssrc: Ssrc, clock_rate: u32) -> bool {
        if let Some(stream) = self.stream(ssrc) {
            if stream.clock_rate != clock_rate {
                stream.clock_rate = clock_rate;
                stream.mapping = None;
                stream.played = None;
            }
            return true;
        }
        let has_room = self.streams.len() < self.limit;
        if has_room {
            self.streams.push(Stream {
                ssrc,
                clock_rate,
                cname: None,
                mapping: None,
                played: None,
            });
        }
        has_room
    }

    /// Forgets a stream.
    pub fn remove(&mut self, ssrc: Ssrc) {
        self.streams.retain(|stream| stream.ssrc != ssrc);
    }

    /// A stream belongs to this CNAME (RFC 3550 §6.5.1). Only those of one are brought together.
    pub fn name(&mut self, ssrc: Ssrc, cname: &[u8]) {
        if let Some(stream) = self.stream(ssrc) {
            if stream.cname.as_deref() != Some(cname) {
                stream.cname = Some(cname.into());
            }
        }
    }

    /// A sender report of a stream came, or one of its packets said when it was taken
    /// (RFC 6051 §3.3): the latest counts.
    pub fn report(&mut self, ssrc: Ssrc, info: &SenderInfo) {
        if let Some(stream) = self.stream(ssrc) {
            stream.mapping = Some(*info);
        }
    }

    /// A packet whose header extension says when it was taken (RFC 6051 §3.3): 64 bits of an NTP
    /// timestamp, or the lower 56 (variants A and B). Whether it could be read: without a report
    /// before, what 56 bits leave out is not known.
    pub fn in_band(&mut self, ssrc: Ssrc, timestamp: Timestamp, extension: &[u8]) -> bool {
        let Some(stream) = self.stream(ssrc) else {
            return false;
        };
        let ntp = match *extension {
            [a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            [b, c, d, e, f, g, h] => {
                let low = u64::from_be_bytes([0, b, c, d, e, f, g, h]);
                let Some(near) = stream.taken(timestamp) else {
                    return false;
                };
                nearest(low, near)
            }
            _ => return false,
        };
        let before = stream.mapping.unwrap_or(SenderInfo {
            ntp,
            timestamp,
            packets: 0,
            octets: 0,
        });
        stream.mapping = Some(SenderInfo {
            ntp,
            timestamp,
            ..before
        });
        true
    }

    /// The sample of this timestamp is played at that instant.
    pub fn played(&mut self, ssrc: Ssrc, timestamp: Timestamp, at: Instant) {
        if let Some(stream) = self.stream(ssrc) {
            stream.played = Some((timestamp, at));
        }
    }

    /// When a sample was taken, as an NTP timestamp, if its stream has told how its clock runs.
    #[must_use]
    pub fn taken(&self, ssrc: Ssrc, timestamp: Timestamp) -> Option<u64> {
        self.seen(ssrc)?.taken(timestamp)
    }

    /// How many nanoseconds later than `other` a stream is played, compared with when both were
    /// taken; less than zero if it is ahead. Nothing if they are not of one participant, or too little
    /// is known of them.
    #[must_use]
    pub fn skew(&self, ssrc: Ssrc, other: Ssrc) -> Option<i64> {
        let (one, other) = (self.seen(ssrc)?, self.seen(other)?);
        let is_one = one.cname.is_some() && one.cname == other.cname;
        let apart = one.lag()?.wrapping_sub(other.lag()?);
        let most = i128::try_from(PLAUSIBLE.as_nanos()).unwrap_or(i128::MAX);
        let skew = i64::try_from(apart).ok()?;
        (is_one && apart.wrapping_abs() <= most).then_some(skew)
    }

    /// How much longer a stream should wait so that it meets the one of its participant that lags
    /// most; nothing for that one, and as long as too little is known.
    #[must_use]
    pub fn wait(&self, ssrc: Ssrc) -> Duration {
        let others = self.streams.iter().map(|stream| stream.ssrc);
        let behind = others.filter_map(|other| self.skew(other, ssrc)).max();
        Duration::from_nanos(u64::try_from(behind.unwrap_or(0)).unwrap_or(0))
    }

    fn stream(&mut self, ssrc: Ssrc) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.ssrc == ssrc)
    }

    fn seen(&self, ssrc: Ssrc) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.ssrc == ssrc)
    }
}

/// Bits of variant B.
const LOW_BITS: u32 = 56;

/// The NTP timestamp with these lower 56 bits that is nearest to another.
fn nearest(low: u64, near: u64) -> u64 {
    let high = near >> LOW_BITS;
    let of = |high: u64| (high & 0xff) << LOW_BITS | low;
    let distance = |ntp: u64| (ntp.wrapping_sub(near) as i64).unsigned_abs();
    let all = [of(high), of(high.wrapping_add(1)), of(high.wrapping_sub(1))];
    all.into_iter()
        .min_by_key(|ntp| distance(*ntp))
        .unwrap_or(low)
}

#[cfg(test)]
mod tests;
