//! The places of media descriptions: counted from the top, never fewer (RFC 3264 §8).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::LocalMedia;
use super::payload_types::PayloadTypes;
use super::security::{self, OwnKey};
use crate::sdp::{Codec, MediaDescription};

/// What a place keeps as long as the session lasts, whatever stands there.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Our payload types (§8.3.2).
    pub(super) numbers: PayloadTypes,
    /// The name of the place, where streams are grouped (RFC 5888 §9.1).
    pub(super) mid: Option<Box<str>>,
    /// Our keys, where the stream is protected (RFC 4568 §7.1.4).
    pub(super) keys: Vec<OwnKey>,
}

/// Makes room for as many places. None is ever given back: an offer that was rejected, or
/// described more than the next one, has been seen, and its numbers with it (§8.3.2).
pub(super) fn grow(places: &mut Vec<Place>, count: usize) {
    let count = count.max(places.len());
    places.reserve_exact(count.saturating_sub(places.len()));
    places.resize_with(count, Place::default);
}

/// What stands at one place of our description.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// A stream: which of the local media it is.
    Open { local: usize },
    /// A stream refused, removed or never wanted: port 0.
    Closed(Closed),
}

/// A media description that keeps a place.
#[derive(Clone, Debug)]
pub(super) struct Closed {
    pub(super) media: Box<str>,
    pub(super) proto: Box<str>,
    pub(super) format: Box<str>,
}

impl Slot {
    /// The place kept, the stream of the peer not wanted (§6, §8.2: one format is enough).
    pub(super) fn closed(media: &MediaDescription<'_>) -> Self {
        Self::Closed(Closed {
            media: media.media.into(),
            proto: media.proto.into(),
            format: media.formats.first().map_or("0", |format| format).into(),
        })
    }

    /// The place of a stream of ours that is given up.
    pub(super) fn removed(was: &LocalMedia, numbers: &PayloadTypes) -> Self {
        let first = was.codecs.first();
        let number = first.and_then(|codec| numbers.number(codec)).unwrap_or(0);
        Self::Closed(Closed {
            media: was.kind.as_str().into(),
            proto: (*was.transport).into(),
            format: match first.filter(|_| !was.is_rtp()) {
                Some(format) => (*format.name).into(),
                None => alloc::format!("{number}").into(),
            },
        })
    }

    /// Which of the local media stands here.
    pub(super) fn local(&self) -> Option<usize> {
        match self {
            Self::Open { local } => Some(*local),
            Self::Closed(_) => None,
        }
    }

    /// Whether a new stream of this kind may take the place (§8.1).
    pub(super) fn is_free_for(&self, local: &LocalMedia) -> bool {
        match self {
            Self::Open { .. } => false,
            Self::Closed(closed) => &*closed.media == local.kind.as_str(),
        }
    }
}

/// Whether what an application wants can be written down at all.
pub(super) fn is_sound(local: &LocalMedia) -> bool {
    // A stream that is not wanted is not written.
    if local.address.port() == 0 {
        return true;
    }
    let token = |text: &str, also: &str| {
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b' ');
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| fits(byte) || also.as_bytes().contains(&byte))
    };
    let line = |text: &str| !text.bytes().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    let clean = |codec: &Codec| {
        let timed = codec.clock_rate > 0 && codec.channels > 0;
        token(&codec.name, "")
            && (timed || !local.is_rtp())
            && line(codec.parameters.as_deref().unwrap_or_default())
    };
    let described = |(name, value): &super::OtherAttribute| {
        token(name, "") && !name.contains(':') && line(value.as_deref().unwrap_or_default())
    };
    // §8.4: the address 0.0.0.0 is understood, never sent.
    !local.address.ip().is_unspecified()
        && token(&local.transport, "/")
        && local.ptime_ms != Some(0)
        && local.maxptime_ms != Some(0)
        && local.rtcp_port != Some(0)
        // RFC 5761 §5.2: RTP and RTCP of a group of senders keep apart.
        && (!local.address.ip().is_multicast()
            || (local.multicast_ttl.is_some() && !local.rtcp_mux))
        && !local.codecs.is_empty()
        && local.codecs.iter().all(clean)
        && local.attributes.iter().all(described)
        && is_protected(local)
}

/// Whether the ways to protect a stream make sense: RFC 4568 §7.1.1 has a transport of their own,
/// which RFC 8643 §3.1 does without, §6.1 a key for each, and §7.1 nothing for groups.
fn is_protected(local: &LocalMedia) -> bool {
    let ways = &local.crypto;
    let is_once = |at: usize, suite| ways.iter().take(at).all(|other| other.suite != suite);
    let mut each = ways.iter().enumerate();
    let is_known = security::is_secure(&local.transport) || security::is_opportunistic(local);
    ways.is_empty()
        || (is_known
            && local.multicast_ttl.is_none()
            && !local.address.ip().is_multicast()
            && each.all(|(at, way)| way.is_sound() && is_once(at, way.suite)))
}
