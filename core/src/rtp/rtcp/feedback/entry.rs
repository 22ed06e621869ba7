//! The entries that most feedback messages are lists of (RFC 4585 §6, RFC 5104 §4).

use super::super::entries::Entry;
use crate::rtp::number::{SequenceNumber, Ssrc};

/// A packet that is missing, and which of the sixteen behind it are (RFC 4585 §6.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nack {
    /// PID: the first one.
    pub packet: SequenceNumber,
    /// BLP: bit 0 is the packet right behind it. A zero says nothing about its packet.
    pub following: u16,
}

impl Nack {
    /// All the packets it is about, in order.
    pub fn packets(self) -> impl Iterator<Item = SequenceNumber> {
        let Self { packet, following } = self;
        let behind = (1..=16_u16).filter(move |place| following >> place.wrapping_sub(1) & 1 == 1);
        let behind =
            behind.map(move |place| SequenceNumber::new(packet.as_u16().wrapping_add(place)));
        core::iter::once(packet).chain(behind)
    }

    /// The entries for these packets, which have to be in order; each takes what it can.
    pub fn collect(
        missing: impl IntoIterator<Item = SequenceNumber>,
    ) -> impl Iterator<Item = Self> {
        let mut missing = missing.into_iter().peekable();
        core::iter::from_fn(move || {
            let packet = missing.next()?;
            let mut following = 0_u16;
            loop {
                let behind = missing
                    .peek()
                    .map(|next| next.as_u16().wrapping_sub(packet.as_u16()));
                match behind {
                    Some(0) => {}
                    Some(place @ 1..=16) => following |= 1 << place.wrapping_sub(1),
                    _ => return Some(Self { packet, following }),
                }
                missing.next();
            }
        })
    }
}

impl Entry for Nack {
    const WORDS: usize = 1;

    fn from_words([first, ..]: [u32; 3]) -> Self {
        Self {
            packet: SequenceNumber::new((first >> 16) as u16),
            following: first as u16,
        }
    }

    fn to_words(self) -> [u32; 3] {
        let word = u32::from(self.packet.as_u16()) << 16 | u32::from(self.following);
        [word, 0, 0]
    }
}

/// A run of macroblocks that was lost (RFC 4585 §6.3.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice {
    /// The first one, counted from 1 in the upper left corner; 13 bits.
    pub first: u16,
    /// How many; 13 bits.
    pub number: u16,
    /// The picture: the low six bits of what the codec calls it.
    pub picture: u8,
}

impl Entry for Slice {
    const WORDS: usize = 1;

    fn from_words([first, ..]: [u32; 3]) -> Self {
        Self {
            first: (first >> 19) as u16,
            number: (first >> 6) as u16 & 0x1fff,
            picture: first as u8 & 0x3f,
        }
    }

    fn to_words(self) -> [u32; 3] {
        let Self {
            first,
            number,
            picture,
        } = self;
        let word = u32::from(first & 0x1fff) << 19 | u32::from(number & 0x1fff) << 6;
        [word | u32::from(picture & 0x3f), 0, 0]
    }
}

/// A limit on a sender's bit rate: that of a TMMBR with the sender it is for, that of a TMMBN with
/// its owner (RFC 5104 §4.2.1.1, §4.2.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BitRate {
    /// The sender, or the owner.
    pub ssrc: Ssrc,
    /// MxTBR in bits per second; on the wire 17 bits and an exponent, so it may be rounded down
    /// when it is written. `u64::MAX` is no limit, and whatever 64 bits do not hold.
    pub max_total: u64,
    /// The measured overhead of each packet in octets, at most 511.
    pub overhead: u16,
}

impl BitRate {
    /// Mantissa and exponent for a rate, rounded down where 17 bits do not do: a limit must not
    /// become wider on the way.
    const fn scaled(rate: u64) -> (u32, u32) {
        // What no limit is read from says most.
        if rate == u64::MAX {
            return (0x1_ffff, 63);
        }
        let exponent = 47_u32.saturating_sub(rate.leading_zeros());
        ((rate >> exponent) as u32, exponent)
    }
}

impl Entry for BitRate {
    const WORDS: usize = 2;

    fn from_words([first, second, _]: [u32; 3]) -> Self {
        let mantissa = u64::from(second >> 9 & 0x1_ffff);
        let exponent = second >> 26;
        // What does not fit 64 bits limits nobody.
        let fits = mantissa == 0 || exponent <= mantissa.leading_zeros();
        Self {
            ssrc: Ssrc::new(first),
            max_total: if fits { mantissa << exponent } else { u64::MAX },
            overhead: second as u16 & 0x1ff,
        }
    }

    fn to_words(self) -> [u32; 3] {
        let (mantissa, exponent) = Self::scaled(self.max_total);
        let overhead = u32::from(self.overhead.min(0x1ff));
        let second = exponent << 26 | mantissa << 9 | overhead;
        [self.ssrc.as_u32(), second, 0]
    }
}

/// Send a picture that a decoder can start with (RFC 5104 §4.3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FullIntra {
    /// Who shall send it.
    pub ssrc: Ssrc,
    /// The command's number: one more for each new command, the same when it is repeated.
    pub number: u8,
}

impl Entry for FullIntra {
    const WORDS: usize = 2;

    fn from_words([first, second, _]: [u32; 3]) -> Self {
        Self {
            ssrc: Ssrc::new(first),
            number: (second >> 24) as u8,
        }
    }

    fn to_words(self) -> [u32; 3] {
        [self.ssrc.as_u32(), u32::from(self.number) << 24, 0]
    }
}

/// How to trade sharpness for smoothness (RFC 5104 §4.3.2, §4.3.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TradeOff {
    /// In a request who shall do so, in a notification who asked for it.
    pub ssrc: Ssrc,
    /// The request's number: one more for each new request, the same when it is repeated.
    pub number: u8,
    /// From 0, the sharpest, to 31, the smoothest.
    pub index: u8,
}

impl Entry for TradeOff {
    const WORDS: usize = 2;

    fn from_words([first, second, _]: [u32; 3]) -> Self {
        Self {
            ssrc: Ssrc::new(first),
            number: (second >> 24) as u8,
            index: second as u8 & 0x1f,
        }
    }

    fn to_words(self) -> [u32; 3] {
        let second = u32::from(self.number) << 24 | u32::from(self.index & 0x1f);
        [self.ssrc.as_u32(), second, 0]
    }
}
