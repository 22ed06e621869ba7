//! The frames of the two codecs (RFC 4867 §3.6; 3GPP TS 26.101 and TS 26.201): how many bits each
//! has, and how many of them are sensitive.

/// Which codec.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AmrCodec {
    /// AMR, 8 kHz.
    Narrowband,
    /// AMR-WB, 16 kHz.
    Wideband,
}

/// Bits of class A and all bits of the frames of AMR, SID the last (table 1).
const NARROW: [(u16, u16); 9] = [
    (42, 95),
    (49, 103),
    (55, 118),
    (58, 134),
    (61, 148),
    (75, 159),
    (65, 204),
    (81, 244),
    (39, 39),
];

/// The same of AMR-WB (TS 26.201, table 2).
const WIDE: [(u16, u16); 10] = [
    (54, 132),
    (64, 177),
    (72, 253),
    (72, 285),
    (72, 317),
    (72, 365),
    (72, 397),
    (72, 461),
    (72, 477),
    (40, 40),
];

impl AmrCodec {
    /// The encoding's name in SDP.
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::Narrowband => "AMR",
            Self::Wideband => "AMR-WB",
        }
    }

    /// The ticks of a frame-block: its 20 ms by a clock as fast as the samples.
    #[must_use]
    pub const fn frame_ticks(self) -> u32 {
        match self {
            Self::Narrowband => 160,
            Self::Wideband => 320,
        }
    }

    const fn table(self) -> &'static [(u16, u16)] {
        match self {
            Self::Narrowband => &NARROW,
            Self::Wideband => &WIDE,
        }
    }
}

/// What a frame holds (FT).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FrameType {
    number: u8,
    is_speech: bool,
    sensitive: u16,
    bits: u16,
}

impl FrameType {
    /// Nothing is sent here for this frame.
    pub const NO_DATA: Self = Self::empty(15);
    /// The frame was lost before it came to the sender; AMR-WB alone has this.
    pub const SPEECH_LOST: Self = Self::empty(14);

    const fn empty(number: u8) -> Self {
        Self {
            number,
            is_speech: false,
            sensitive: 0,
            bits: 0,
        }
    }

    /// The type with this number, unless the codec has none or it must not be used.
    #[must_use]
    pub fn new(codec: AmrCodec, number: u8) -> Option<Self> {
        match (codec, number) {
            (_, 15) => Some(Self::NO_DATA),
            (AmrCodec::Wideband, 14) => Some(Self::SPEECH_LOST),
            _ => {
                let table = codec.table();
                let (sensitive, bits) = *table.get(usize::from(number))?;
                let is_speech = usize::from(number).saturating_add(1) < table.len();
                Some(Self {
                    number,
                    is_speech,
                    sensitive,
                    bits,
                })
            }
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.number
    }

    /// Whether it is speech, and its number a mode.
    #[must_use]
    pub const fn is_speech(self) -> bool {
        self.is_speech
    }

    /// The bits of such a frame.
    #[must_use]
    pub const fn bits(self) -> usize {
        self.bits as usize
    }

    /// The octets that those fill.
    #[must_use]
    pub const fn octets(self) -> usize {
        self.bits().div_ceil(8)
    }

    /// The checksum over the bits of class A (§4.4.2.1).
    #[must_use]
    pub fn checksum(self, octets: impl Iterator<Item = u8>) -> u8 {
        let mut left = u32::from(self.sensitive);
        let mut register = 0_u8;
        for octet in octets {
            for bit in (0..8_u32).rev().take(left.min(8) as usize) {
                let is_set = (register ^ (octet >> bit)) & 1 != 0;
                register >>= 1;
                if is_set {
                    register ^= 0b1011_1000;
                }
            }
            left = left.saturating_sub(8);
        }
        register
    }
}
