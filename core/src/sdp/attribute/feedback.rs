//! Which feedback a receiver may give: `rtcp-fb` (RFC 4585 §4.2, RFC 5104 §7.1).

use core::fmt;

use super::TypedAttribute;
use crate::sdp::token::{digits, is_non_ws, is_token};

/// `rtcp-fb`: feedback of one kind about one format, or about all. Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtcpFeedback<'a> {
    /// The format as it stands in the `m=` line; `None` for `*`, all of them.
    pub format: Option<&'a str>,
    /// The kind.
    pub feedback: Feedback<'a>,
}

/// A kind of feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback<'a> {
    /// `ack`: positive acknowledgements, and of what: `rpsi`, `app`, or another token, and what
    /// belongs to it (RFC 4585 §4.2).
    Ack(&'a str),
    /// `nack`: Generic NACK (RFC 4585 §6.2.1).
    Nack,
    /// `nack pli`: Picture Loss Indication (RFC 4585 §6.3.1).
    PictureLoss,
    /// `nack sli`: Slice Loss Indication (RFC 4585 §6.3.2).
    SliceLoss,
    /// `nack rpsi`: Reference Picture Selection Indication (RFC 4585 §6.3.3).
    ReferencePicture,
    /// `nack` of another kind, such as `app`, and what belongs to it.
    OtherNack(&'a str),
    /// `trr-int`: milliseconds between two regular RTCP packets at least (RFC 4585 §4.2).
    MinimumInterval(u32),
    /// `ccm fir`: Full Intra Request (RFC 5104 §4.3.1).
    FullIntraRequest,
    /// `ccm tmmbr`: Temporary Maximum Media Stream Bit Rate Request, with the most packets per
    /// second that may be asked for (RFC 5104 §4.2.1).
    TemporaryMaximumBitRate {
        /// `smaxpr`.
        max_packet_rate: Option<u64>,
    },
    /// `ccm tstr`: Temporal-Spatial Trade-off (RFC 5104 §4.3.2).
    TemporalSpatialTradeOff,
    /// `ccm vbcm`: H.271 back channel, and the types of its messages with spaces between them
    /// (RFC 5104 §4.3.4).
    VideoBackChannel(&'a str),
    /// `ccm` of another kind, and what belongs to it.
    OtherCodecControl(&'a str),
    /// Another identifier, and what belongs to it.
    Other(&'a str, Option<&'a str>),
}

impl<'a> Feedback<'a> {
    /// `rtcp-fb-val`.
    fn parse(value: &'a str) -> Option<Self> {
        let (id, parameter) = match value.split_once(' ') {
            None => (value, None),
            Some((id, parameter)) => (id, Some(parameter)),
        };
        let of_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if id.is_empty() || !id.bytes().all(of_id) || !parameter.is_none_or(is_parameter) {
            return None;
        }
        Some(match (id, parameter) {
            ("ack", parameter) => Self::Ack(parameter?),
            ("nack", None) => Self::Nack,
            ("nack", Some("pli")) => Self::PictureLoss,
            ("nack", Some("sli")) => Self::SliceLoss,
            ("nack", Some("rpsi")) => Self::ReferencePicture,
            ("nack", Some(other)) => Self::OtherNack(other),
            ("trr-int", interval) => Self::MinimumInterval(u32::try_from(digits(interval?)?).ok()?),
            ("ccm", message) => Self::codec_control(message?)?,
            (other, parameter) => Self::Other(other, parameter),
        })
    }

    /// `rtcp-fb-ccm-param`.
    fn codec_control(value: &'a str) -> Option<Self> {
        let (name, parameter) = match value.split_once(' ') {
            None => (value, None),
            Some((name, parameter)) => (name, Some(parameter)),
        };
        let message_type = |word: &str| digits(word).is_some() && word.len() <= 8;
        Some(match (name, parameter) {
            ("fir", None) => Self::FullIntraRequest,
            ("tstr", None) => Self::TemporalSpatialTradeOff,
            ("tmmbr", None) => Self::TemporaryMaximumBitRate {
                max_packet_rate: None,
            },
            ("tmmbr", Some(parameter)) => match parameter.strip_prefix("smaxpr=") {
                Some(rate) if rate.len() <= 15 => Self::TemporaryMaximumBitRate {
                    max_packet_rate: Some(digits(rate)?),
                },
                _ => return None,
            },
            ("vbcm", None) => Self::VideoBackChannel(""),
            ("vbcm", Some(types)) => {
                if !types.split(' ').all(message_type) {
                    return None;
                }
                Self::VideoBackChannel(types)
            }
            _ => Self::OtherCodecControl(value),
        })
    }

    /// Its words.
    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            Self::Ack(parameter) => write!(f, "ack {parameter}"),
            Self::Nack => f.write_str("nack"),
            Self::PictureLoss => f.write_str("nack pli"),
            Self::SliceLoss => f.write_str("nack sli"),
            Self::ReferencePicture => f.write_str("nack rpsi"),
            Self::OtherNack(parameter) => write!(f, "nack {parameter}"),
            Self::MinimumInterval(interval) => write!(f, "trr-int {interval}"),
            Self::FullIntraRequest => f.write_str("ccm fir"),
            Self::TemporaryMaximumBitRate { max_packet_rate } => match max_packet_rate {
                None => f.write_str("ccm tmmbr"),
                Some(rate) => write!(f, "ccm tmmbr smaxpr={rate}"),
            },
            Self::TemporalSpatialTradeOff => f.write_str("ccm tstr"),
            Self::VideoBackChannel("") => f.write_str("ccm vbcm"),
            Self::VideoBackChannel(types) => write!(f, "ccm vbcm {types}"),
            Self::OtherCodecControl(message) => write!(f, "ccm {message}"),
            Self::Other(id, None) => f.write_str(id),
            Self::Other(id, Some(parameter)) => write!(f, "{id} {parameter}"),
        }
    }
}

/// `token [SP byte-string]`.
fn is_parameter(text: &str) -> bool {
    match text.split_once(' ') {
        None => is_token(text),
        Some((name, rest)) => is_token(name) && !rest.is_empty(),
    }
}

impl<'a> RtcpFeedback<'a> {
    /// Whether this is about a format of the `m=` line.
    #[must_use]
    pub fn is_about(&self, format: &str) -> bool {
        self.format.is_none_or(|own| own == format)
    }
}

impl<'a> TypedAttribute<'a> for RtcpFeedback<'a> {
    const NAME: &'static str = "rtcp-fb";

    fn parse(value: &'a str) -> Option<Self> {
        let (format, feedback) = value.split_once(' ')?;
        let feedback = Feedback::parse(feedback.trim_ascii_end())?;
        let format = match format {
            "*" => None,
            format => Some(format).filter(|format| is_non_ws(format.as_bytes())),
        };
        // §4.2: the interval between packets is one for the whole stream.
        let is_of_stream = matches!(feedback, Feedback::MinimumInterval(_));
        let is_valid = format.is_none() == value.starts_with("* ");
        (is_valid && (format.is_none() || !is_of_stream)).then_some(Self { format, feedback })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.format.unwrap_or("*"))?;
        f.write_char(' ')?;
        self.feedback.write(f)
    }
}
