//! Payload formats by name (RFC 8866 §6.6) and the payload types that need no name (RFC 3551 §6).

use alloc::borrow::Cow;
use alloc::string::ToString;

/// A payload format: what `a=rtpmap` says of a payload type, without the number.
///
/// Equality of two formats on the wire is [`Codec::matches`]; the derived one also compares the
/// parameters and the spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codec {
    /// The encoding name; its case has no meaning (RFC 8866 §5.14).
    pub name: Cow<'static, str>,
    /// RTP timestamp ticks per second.
    pub clock_rate: u32,
    /// Audio channels; 1 where `a=rtpmap` gives none.
    pub channels: u8,
    /// What the owner of this format writes into `a=fmtp`, without the payload type.
    pub parameters: Option<Cow<'static, str>>,
}

impl Codec {
    /// G.711 µ-law, payload type 0.
    pub const PCMU: Self = Self::audio("PCMU", 8000);
    /// G.711 A-law, payload type 8.
    pub const PCMA: Self = Self::audio("PCMA", 8000);
    /// Key presses and tones at 8 kHz (RFC 4733 §2.4.1: the sixteen keys).
    pub const TELEPHONE_EVENT: Self = Self {
        name: Cow::Borrowed("telephone-event"),
        clock_rate: 8000,
        channels: 1,
        parameters: Some(Cow::Borrowed("0-15")),
    };

    /// A format with one channel and no parameters.
    #[must_use]
    pub const fn audio(name: &'static str, clock_rate: u32) -> Self {
        Self {
            name: Cow::Borrowed(name),
            clock_rate,
            channels: 1,
            parameters: None,
        }
    }

    /// Whether both name the same payload format: name (in any case), clock rate and channels.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            && self.clock_rate == other.clock_rate
            && self.channels == other.channels
    }

    /// Whether a peer's `a=rtpmap` names this format.
    #[must_use]
    pub fn is(&self, map: &RtpMap<'_>) -> bool {
        self.name.eq_ignore_ascii_case(map.name)
            && self.clock_rate == map.clock_rate
            && self.channels == map.channels
    }

    /// Whether this carries events beside a voice codec instead of voice (RFC 4733).
    #[must_use]
    pub fn is_telephone_event(&self) -> bool {
        self.name.eq_ignore_ascii_case("telephone-event")
    }

    /// Whether this can be what a call is spoken in: not events, comfort noise, or what wraps or
    /// repairs other formats (RFC 4733, RFC 3389, RFC 2198, RFC 5109, RFC 4588).
    #[must_use]
    pub fn is_voice(&self) -> bool {
        is_voice(&self.name)
    }

    /// The payload type RFC 3551 §6 gives the format for good, if any.
    #[must_use]
    pub fn static_payload_type(&self) -> Option<u8> {
        STATIC
            .iter()
            .find(|(_, name, clock_rate, channels)| {
                self.name.eq_ignore_ascii_case(name)
                    && self.clock_rate == *clock_rate
                    && self.channels == *channels
            })
            .map(|(payload_type, ..)| *payload_type)
    }

    /// The format a payload type stands for without `a=rtpmap`.
    #[must_use]
    pub fn from_static_payload_type(payload_type: u8) -> Option<Self> {
        STATIC
            .iter()
            .find(|(number, ..)| *number == payload_type)
            .map(|(_, name, clock_rate, channels)| Self {
                channels: *channels,
                ..Self::audio(name, *clock_rate)
            })
    }
}

/// The value of an `a=rtpmap`, borrowed (RFC 8866 §6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpMap<'a> {
    /// The number in the RTP header, 0 to 127.
    pub payload_type: u8,
    /// The encoding name; its case has no meaning.
    pub name: &'a str,
    /// RTP timestamp ticks per second.
    pub clock_rate: u32,
    /// Audio channels; 1 where none are given.
    pub channels: u8,
}

impl RtpMap<'_> {
    /// The format a payload type stands for without `a=rtpmap`.
    #[must_use]
    pub fn from_static_payload_type(payload_type: u8) -> Option<Self> {
        let mut table = STATIC.iter();
        let (_, name, clock_rate, channels) = table.find(|(number, ..)| *number == payload_type)?;
        Some(Self {
            payload_type,
            name,
            clock_rate: *clock_rate,
            channels: *channels,
        })
    }

    /// As [`Codec::is_voice`].
    #[must_use]
    pub fn is_voice(&self) -> bool {
        is_voice(self.name)
    }

    /// The same, owned, with the parameters of `a=fmtp`.
    #[must_use]
    pub fn to_codec(&self, parameters: Option<&str>) -> Codec {
        Codec {
            name: Cow::Owned(self.name.to_string()),
            clock_rate: self.clock_rate,
            channels: self.channels,
            parameters: parameters.map(|text| Cow::Owned(text.to_string())),
        }
    }
}

fn is_voice(name: &str) -> bool {
    let others = ["telephone-event", "CN", "red", "ulpfec", "rtx"];
    !others.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// RFC 3551 §6 Tables 4 and 5, and 13 of RFC 3389: payload type, encoding name, clock rate, channels.
/// One number is of one kind only, so one table will do.
const STATIC: [(u8, &str, u32, u8); 24] = [
    (0, "PCMU", 8000, 1),
    (3, "GSM", 8000, 1),
    (4, "G723", 8000, 1),
    (5, "DVI4", 8000, 1),
    (6, "DVI4", 16000, 1),
    (7, "LPC", 8000, 1),
    (8, "PCMA", 8000, 1),
    // 16 kHz audio under an 8 kHz RTP clock: a mistake of RFC 1890 kept for good (§4.5.2).
    (9, "G722", 8000, 1),
    (10, "L16", 44100, 2),
    (11, "L16", 44100, 1),
    (12, "QCELP", 8000, 1),
    (13, "CN", 8000, 1),
    (14, "MPA", 90000, 1),
    (15, "G728", 8000, 1),
    (16, "DVI4", 11025, 1),
    (17, "DVI4", 22050, 1),
    (18, "G729", 8000, 1),
    (25, "CelB", 90000, 1),
    (26, "JPEG", 90000, 1),
    (28, "nv", 90000, 1),
    (31, "H261", 90000, 1),
    (32, "MPV", 90000, 1),
    (33, "MP2T", 90000, 1),
    (34, "H263", 90000, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_types_are_found_both_ways() {
        for number in 0..128 {
            match Codec::from_static_payload_type(number) {
                Some(codec) => assert_eq!(codec.static_payload_type(), Some(number)),
                None => assert!(
                    matches!(number, 1 | 2 | 19..=24 | 27 | 29 | 30 | 35..),
                    "{number}"
                ),
            }
        }
        assert_eq!(Codec::PCMU.static_payload_type(), Some(0));
        assert_eq!(Codec::PCMA.static_payload_type(), Some(8));
        assert_eq!(Codec::audio("g722", 8000).static_payload_type(), Some(9));
        assert_eq!(Codec::audio("PCMU", 16000).static_payload_type(), None);
    }

    #[test]
    fn names_match_in_any_case_but_rates_do_not() {
        assert!(Codec::PCMU.matches(&Codec::audio("pcmu", 8000)));
        assert!(!Codec::PCMU.matches(&Codec::audio("PCMU", 16000)));
        assert!(!Codec::TELEPHONE_EVENT.is_voice());
        assert!(!Codec::audio("CN", 8000).is_voice());
    }
}
