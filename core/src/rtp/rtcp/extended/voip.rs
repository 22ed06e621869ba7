//! How a call sounds (RFC 3611 §4.7).

use super::super::word;
use crate::rtp::number::Ssrc;

/// The metrics of one source's speech; what is unknown is `None` where the RFC has a value for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VoipMetrics {
    /// Whose speech.
    pub source: Ssrc,
    /// Packets lost, in 1/256 of those expected.
    pub loss_rate: u8,
    /// Packets that came and were not played, in 1/256 of those expected.
    pub discard_rate: u8,
    /// Packets lost or discarded within bursts, in 1/256.
    pub burst_density: u8,
    /// Packets lost or discarded within gaps, in 1/256.
    pub gap_density: u8,
    /// Mean duration of bursts in ms.
    pub burst_duration: u16,
    /// Mean duration of gaps in ms.
    pub gap_duration: u16,
    /// Between the RTP interfaces, in ms; 0 while there is no estimate.
    pub round_trip_delay: u16,
    /// Of sampling, encoding, the jitter buffer, decoding and playing, in ms.
    pub end_system_delay: u16,
    /// Of speech, in dBm0.
    pub signal_level: Option<i8>,
    /// Of silence, in dBm0.
    pub noise_level: Option<i8>,
    /// RERL, in dB.
    pub residual_echo_return_loss: Option<u8>,
    /// Gmin: so many packets in a row that were received make a gap. Never 0; 16 is usual.
    pub gap_threshold: u8,
    /// 0 to 100.
    pub r_factor: Option<u8>,
    /// Of a network beyond the RTP session, 0 to 100.
    pub external_r_factor: Option<u8>,
    /// MOS-LQ times 10: 10 to 50.
    pub listening_quality: Option<u8>,
    /// MOS-CQ times 10: 10 to 50.
    pub conversational_quality: Option<u8>,
    /// What is played for packets that did not come.
    pub concealment: Concealment,
    /// The jitter buffer.
    pub jitter_buffer: JitterBuffer,
}

/// What is played for packets that did not come (§4.7.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Concealment {
    /// Not said.
    Unspecified,
    /// Silence.
    Disabled,
    /// An interpolation that hides many losses in a row.
    Enhanced,
    /// A replay or an interpolation that hides single losses.
    Standard,
}

/// The jitter buffer (§4.7.6, §4.7.7). Delays in ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JitterBuffer {
    /// Whether it adapts, if that is said.
    pub adaptive: Option<bool>,
    /// J: it takes 2·J frames to follow a step from 30 to 100 ms; 0 if that is unknown.
    pub rate: u8,
    /// Of a packet that comes exactly on time.
    pub nominal: u16,
    /// Of the earliest packet that would not be discarded.
    pub maximum: u16,
    /// What `maximum` can become.
    pub absolute_maximum: u16,
}

/// Unknown, in a field of one octet.
const UNAVAILABLE: u8 = 127;

impl VoipMetrics {
    pub(super) fn parse(contents: &[u8]) -> Option<Self> {
        let octets: &[u8; 32] = contents.try_into().ok()?;
        let &[
            _,
            _,
            _,
            _,
            loss_rate,
            discard_rate,
            burst_density,
            gap_density,
            bd0,
            bd1,
            gd0,
            gd1,
            rt0,
            rt1,
            es0,
            es1,
            signal,
            noise,
            echo,
            gap_threshold,
            r_factor,
            external,
            listening,
            conversational,
            config,
            _,
            n0,
            n1,
            m0,
            m1,
            a0,
            a1,
        ] = octets;
        let level = |octet: u8| (octet != UNAVAILABLE).then_some(octet.cast_signed());
        // §4.7.5: values outside the range are ignored.
        let factor = |octet: u8| (octet <= 100).then_some(octet);
        let score = |octet: u8| (10..=50).contains(&octet).then_some(octet);
        Some(Self {
            source: Ssrc::new(word(octets)),
            loss_rate,
            discard_rate,
            burst_density,
            gap_density,
            burst_duration: u16::from_be_bytes([bd0, bd1]),
            gap_duration: u16::from_be_bytes([gd0, gd1]),
            round_trip_delay: u16::from_be_bytes([rt0, rt1]),
            end_system_delay: u16::from_be_bytes([es0, es1]),
            signal_level: level(signal),
            noise_level: level(noise),
            residual_echo_return_loss: (echo != UNAVAILABLE).then_some(echo),
            // §4.7.6: never zero.
            gap_threshold: Some(gap_threshold).filter(|threshold| *threshold > 0)?,
            r_factor: factor(r_factor),
            external_r_factor: factor(external),
            listening_quality: score(listening),
            conversational_quality: score(conversational),
            concealment: match config >> 6 {
                0 => Concealment::Unspecified,
                1 => Concealment::Disabled,
                2 => Concealment::Enhanced,
                _ => Concealment::Standard,
            },
            jitter_buffer: JitterBuffer {
                adaptive: match config >> 4 & 3 {
                    2 => Some(false),
                    3 => Some(true),
                    _ => None,
                },
                rate: config & 0x0f,
                nominal: u16::from_be_bytes([n0, n1]),
                maximum: u16::from_be_bytes([m0, m1]),
                absolute_maximum: u16::from_be_bytes([a0, a1]),
            },
        })
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) {
        let level = |level: Option<i8>| level.map_or(UNAVAILABLE, i8::cast_unsigned);
        let known = |octet: Option<u8>| octet.unwrap_or(UNAVAILABLE);
        let buffer = self.jitter_buffer;
        let concealment = match self.concealment {
            Concealment::Unspecified => 0,
            Concealment::Disabled => 0x40,
            Concealment::Enhanced => 0x80,
            Concealment::Standard => 0xc0,
        };
        let adaptive = match buffer.adaptive {
            None => 0,
            Some(false) => 0x20,
            Some(true) => 0x30,
        };
        put(&self.source.as_u32().to_be_bytes());
        put(&[
            self.loss_rate,
            self.discard_rate,
            self.burst_density,
            self.gap_density,
        ]);
        put(&self.burst_duration.to_be_bytes());
        put(&self.gap_duration.to_be_bytes());
        put(&self.round_trip_delay.to_be_bytes());
        put(&self.end_system_delay.to_be_bytes());
        put(&[level(self.signal_level), level(self.noise_level)]);
        put(&[known(self.residual_echo_return_loss), self.gap_threshold]);
        put(&[known(self.r_factor), known(self.external_r_factor)]);
        put(&[
            known(self.listening_quality),
            known(self.conversational_quality),
        ]);
        put(&[concealment | adaptive | buffer.rate & 0x0f, 0]);
        put(&buffer.nominal.to_be_bytes());
        put(&buffer.maximum.to_be_bytes());
        put(&buffer.absolute_maximum.to_be_bytes());
    }
}
