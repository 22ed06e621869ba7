//! The places of media descriptions: counted from the top, never fewer (RFC 3264 §8).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Format, LocalMedia};
use crate::sdp::{Attribute, Codec, Direction, MediaDescription};

/// The transport we speak: RTP over UDP, neither encrypted nor with early feedback (RFC 3551).
pub(super) const PROTO: &str = "RTP/AVP";

/// What stands at one place of our description.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// Our audio stream.
    Audio,
    /// A stream refused, removed or never wanted: port 0.
    Closed {
        media: Box<str>,
        proto: Box<str>,
        format: Box<str>,
    },
}

impl Slot {
    /// The place kept, the stream not wanted (§6, §8.2: one format is enough).
    pub(super) fn closed(media: &MediaDescription<'_>) -> Self {
        let format = media.formats.first().map_or("0", |format| format);
        Self::Closed {
            media: media.media.into(),
            proto: media.proto.into(),
            format: format.into(),
        }
    }

    pub(super) fn is_audio(&self) -> bool {
        matches!(self, Self::Audio)
    }

    /// Whether our stream may take this place: it is ours, or it is a dead audio stream's (§8.1).
    pub(super) fn is_usable(&self) -> bool {
        match self {
            Self::Audio => true,
            Self::Closed { media, .. } => &**media == "audio",
        }
    }
}

/// The audio section that offers or accepts `formats`.
pub(super) fn audio<'a>(
    local: &LocalMedia,
    formats: &'a [Format],
    direction: Direction,
) -> MediaDescription<'a> {
    let mut attributes = Vec::new();
    for one in formats {
        let (number, codec) = (one.payload_type, &one.codec);
        let mut map = format!("{number} {}/{}", codec.name, codec.clock_rate);
        if codec.channels > 1 {
            map.push_str(&format!("/{}", codec.channels));
        }
        // §5.1 wants the mapping of static numbers too.
        attributes.push(Attribute::value("rtpmap", map));
        if let Some(parameters) = &codec.parameters {
            attributes.push(Attribute::value("fmtp", format!("{number} {parameters}")));
        }
    }
    if let Some(ptime) = local.ptime_ms {
        attributes.push(Attribute::value("ptime", ptime.to_string()));
    }
    // RFC 3605: only where it is not the next port, which everyone assumes.
    if local.rtcp_address().port() != local.address.port().wrapping_add(1) {
        let port = local.rtcp_address().port();
        attributes.push(Attribute::value("rtcp", port.to_string()));
    }
    attributes.push(Attribute::property(direction.as_str()));
    let numbers = formats
        .iter()
        .map(|one| Cow::Owned(one.payload_type.to_string()));
    section(
        "audio",
        local.address.port(),
        PROTO,
        numbers.collect(),
        attributes,
    )
}

/// The section of a place that is not used.
pub(super) fn closed<'a>(media: &'a str, proto: &'a str, format: &'a str) -> MediaDescription<'a> {
    section(
        media,
        0,
        proto,
        Vec::from([Cow::Borrowed(format)]),
        Vec::new(),
    )
}

fn section<'a>(
    media: &'a str,
    port: u16,
    proto: &'a str,
    formats: Vec<Cow<'a, str>>,
    attributes: Vec<Attribute<'a>>,
) -> MediaDescription<'a> {
    MediaDescription {
        media,
        port,
        port_count: None,
        proto,
        formats,
        information: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        attributes,
    }
}

/// Whether what an application wants can be written down at all.
pub(super) fn is_sound(local: &LocalMedia) -> bool {
    let clean = |codec: &Codec| {
        let parameters = codec.parameters.as_deref().unwrap_or_default();
        let token = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b' ');
        !codec.name.is_empty()
            && codec.name.bytes().all(token)
            && codec.clock_rate > 0
            && codec.channels > 0
            && !parameters
                .bytes()
                .any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
    };
    // §8.4: the address 0.0.0.0 is understood, never sent.
    !local.address.ip().is_unspecified()
        && local.address.port() != 0
        && local.ptime_ms != Some(0)
        && local.rtcp_port != Some(0)
        && local.codecs.iter().any(Codec::is_voice)
        && local.codecs.iter().all(clean)
}
