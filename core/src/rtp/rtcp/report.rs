//! Sender and receiver reports (RFC 3550 §6.4) and the round trip they measure.

use super::word;
use crate::rtp::number::{Ssrc, Timestamp};

/// Octets of one report block.
pub(super) const BLOCK: usize = 24;

/// What a sender says about its own stream (§6.4.1, the second section of an SR).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SenderInfo {
    /// When the report was sent, as an NTP timestamp.
    pub ntp: u64,
    /// The same moment on the media clock.
    pub timestamp: Timestamp,
    /// Data packets sent since transmission began, modulo 2^32.
    pub packets: u32,
    /// Payload octets sent since transmission began, modulo 2^32.
    pub octets: u32,
}

impl SenderInfo {
    /// The middle 32 bits of the NTP timestamp, which a receiver echoes as LSR.
    #[must_use]
    pub const fn middle_ntp(&self) -> u32 {
        (self.ntp >> 16) as u32
    }

    /// The NTP timestamp at which a sample with this RTP timestamp was taken (§6.4.1): two streams
    /// of one sender are brought together by it.
    #[must_use]
    pub fn ntp_of(&self, timestamp: Timestamp, clock_rate: u32) -> u64 {
        let ticks = i64::from(timestamp.ticks_since(self.timestamp));
        // 31 bits of ticks, 32 of fraction: it just fits.
        let span = ticks
            .saturating_mul(1 << 32)
            .checked_div(i64::from(clock_rate))
            .unwrap_or(0);
        self.ntp.wrapping_add_signed(span)
    }
}

/// What a receiver says about one source it hears (§6.4.1, the third section).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ReportBlock {
    /// The source reported on.
    pub ssrc: Ssrc,
    /// Packets lost since the previous report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since reception began; 24 bits and signed, for duplicates can outnumber losses.
    pub cumulative_lost: i32,
    /// The highest sequence number received, with the count of cycles above it.
    pub extended_highest_sequence: u32,
    /// Interarrival jitter, in ticks of the media clock.
    pub jitter: u32,
    /// The middle of the last SR's NTP timestamp; 0 if there was none.
    pub lsr: u32,
    /// The delay since that SR came, in 1/65536 s; 0 if there was none.
    pub dlsr: u32,
}

impl ReportBlock {
    fn parse(octets: &[u8; BLOCK]) -> Self {
        let &[
            s0,
            s1,
            s2,
            s3,
            fraction_lost,
            c0,
            c1,
            c2,
            h0,
            h1,
            h2,
            h3,
            j0,
            j1,
            j2,
            j3,
            l0,
            l1,
            l2,
            l3,
            d0,
            d1,
            d2,
            d3,
        ] = octets;
        Self {
            ssrc: Ssrc::new(u32::from_be_bytes([s0, s1, s2, s3])),
            fraction_lost,
            // The top octet is filled by shifting the sign down from bit 23.
            cumulative_lost: i32::from_be_bytes([c0, c1, c2, 0]) >> 8,
            extended_highest_sequence: u32::from_be_bytes([h0, h1, h2, h3]),
            jitter: u32::from_be_bytes([j0, j1, j2, j3]),
            lsr: u32::from_be_bytes([l0, l1, l2, l3]),
            dlsr: u32::from_be_bytes([d0, d1, d2, d3]),
        }
    }

    pub(super) fn to_octets(self) -> [u8; BLOCK] {
        // A.3: what does not fit 24 bits is clamped, never wrapped.
        let lost = self.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff);
        let [_, c0, c1, c2] = lost.to_be_bytes();
        let mut octets = [0; BLOCK];
        let fields = [
            self.ssrc.as_u32(),
            u32::from_be_bytes([self.fraction_lost, c0, c1, c2]),
            self.extended_highest_sequence,
            self.jitter,
            self.lsr,
            self.dlsr,
        ];
        for (place, field) in octets.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&field.to_be_bytes());
        }
        octets
    }
}

/// The report blocks of one SR or RR.
fn blocks(octets: &[u8]) -> impl ExactSizeIterator<Item = ReportBlock> + Clone + '_ {
    octets.chunks_exact(BLOCK).map(|chunk| {
        let block = chunk.first_chunk::<BLOCK>().copied();
        ReportBlock::parse(&block.unwrap_or([0; BLOCK]))
    })
}

/// Splits what follows the fixed part into `count` report blocks and the profile's extension.
fn split_blocks(count: u8, rest: &[u8]) -> Option<(&[u8], &[u8])> {
    rest.split_at_checked(usize::from(count).wrapping_mul(BLOCK))
}

/// SR: a report by a participant that sends (§6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SenderReport<'a> {
    ssrc: Ssrc,
    info: SenderInfo,
    blocks: &'a [u8],
    extension: &'a [u8],
}

impl<'a> SenderReport<'a> {
    /// Whether so many blocks fit behind the sender's section.
    pub(super) fn fits(count: u8, body: &[u8]) -> bool {
        body.len() >= usize::from(count).wrapping_mul(BLOCK).wrapping_add(24)
    }

    #[inline]
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = body.split_first_chunk::<24>()?;
        let (ssrc, fixed) = fixed.split_first_chunk::<4>()?;
        let (ntp, fixed) = fixed.split_first_chunk::<8>()?;
        let (timestamp, fixed) = fixed.split_first_chunk::<4>()?;
        let (packets, octets) = fixed.split_first_chunk::<4>()?;
        let ssrc = Ssrc::new(u32::from_be_bytes(*ssrc));
        let info = SenderInfo {
            ntp: u64::from_be_bytes(*ntp),
            timestamp: Timestamp::new(u32::from_be_bytes(*timestamp)),
            packets: u32::from_be_bytes(*packets),
            octets: word(octets),
        };
        let (blocks, extension) = split_blocks(count, rest)?;
        Some(Self {
            ssrc,
            info,
            blocks,
            extension,
        })
    }

    /// Who reports.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// What it says about its own stream.
    #[must_use]
    pub const fn info(&self) -> SenderInfo {
        self.info
    }

    /// What it says about the sources it hears.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = ReportBlock> + Clone + 'a {
        blocks(self.blocks)
    }

    /// The profile's own section at the end (§6.4.3).
    #[must_use]
    pub const fn extension(&self) -> &'a [u8] {
        self.extension
    }
}

/// RR: a report by a participant that only receives (§6.4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceiverReport<'a> {
    ssrc: Ssrc,
    blocks: &'a [u8],
    extension: &'a [u8],
}

impl<'a> ReceiverReport<'a> {
    /// Whether so many blocks fit behind the reporter's name.
    pub(super) fn fits(count: u8, body: &[u8]) -> bool {
        body.len() >= usize::from(count).wrapping_mul(BLOCK).wrapping_add(4)
    }

    #[inline]
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (ssrc, rest) = body.split_at_checked(4)?;
        let (blocks, extension) = split_blocks(count, rest)?;
        Some(Self {
            ssrc: Ssrc::new(word(ssrc)),
            blocks,
            extension,
        })
    }

    /// Who reports.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// What it says about the sources it hears.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = ReportBlock> + Clone + 'a {
        blocks(self.blocks)
    }

    /// The profile's own section at the end (§6.4.3).
    #[must_use]
    pub const fn extension(&self) -> &'a [u8] {
        self.extension
    }
}

/// The round trip between us and a reporter, in 1/65536 s (§6.4.1, Figure 2): the time its report
/// came, less the SR it echoes, less the time it held that SR.
///
/// `arrival` is the middle of the NTP timestamp of now. `None` if the reporter had no SR yet, or if
/// the clocks disagree so much that the result would be negative.
#[must_use]
pub fn round_trip(arrival: u32, block: &ReportBlock) -> Option<u32> {
    if block.lsr == 0 {
        return None;
    }
    let span = arrival.wrapping_sub(block.lsr).wrapping_sub(block.dlsr);
    // The upper half of the range is a small negative number: a clock that stepped, or one that
    // ticks more coarsely than the trip takes.
    (span < 0x8000_0000).then_some(span)
}
