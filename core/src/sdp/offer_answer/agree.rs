//! What two media descriptions have in common, and the plan that follows (RFC 3264 §6.1, §7).

use alloc::vec::Vec;

use super::payload_types::PayloadTypes;
use super::slot::PROTO;
use super::{DEFAULT_PTIME_MS, Format, LocalMedia, MediaPlan};
use crate::sdp::{BandwidthKind, Codec, Direction, MediaDescription, SessionDescription};

/// A format both named: our number, and theirs.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) ours: Format,
    pub(super) theirs: u8,
}

/// Whether the peer's section is a stream we could have at all.
pub(super) fn is_usable(
    session: &SessionDescription<'_>,
    media: &MediaDescription<'_>,
    local: &LocalMedia,
) -> bool {
    // A host name would have to be looked up first: such a stream is refused.
    let Some(remote) = media.rtp_address(session) else {
        return false;
    };
    // §8.4: 0.0.0.0 means "nowhere for now", also to a peer on IPv6.
    let same_family = remote.is_ipv4() == local.address.is_ipv4();
    media.media == "audio"
        && media.port != 0
        && media.proto == PROTO
        && !remote.ip().is_multicast()
        && (same_family || remote.ip().is_unspecified())
}

/// The formats of an offer that we speak, in the offer's order (§6.1 recommends to keep it), and
/// under its numbers as far as those are free.
pub(super) fn in_offer(
    media: &MediaDescription<'_>,
    local: &LocalMedia,
    numbers: &mut PayloadTypes,
) -> Vec<Common> {
    let mut common: Vec<Common> = Vec::new();
    for theirs in media.payload_types() {
        let Some(map) = media.rtp_map(theirs) else {
            continue;
        };
        let parameters = media.format_parameters(theirs);
        let spoken = local
            .codecs
            .iter()
            .find(|codec| codec.is(&map) && codec.agrees_on(parameters));
        let Some(codec) = spoken else { continue };
        let Some(payload_type) = numbers.assign(codec, Some(theirs)) else {
            continue;
        };
        if common
            .iter()
            .any(|one| one.ours.payload_type == payload_type)
        {
            continue;
        }
        common.push(Common {
            ours: Format {
                payload_type,
                codec: codec.clone(),
            },
            theirs,
        });
    }
    common
}

/// The formats of an answer that we offered, in the answer's order (§7).
pub(super) fn in_answer(media: &MediaDescription<'_>, offered: &[Format]) -> Vec<Common> {
    let mut common = Vec::new();
    for theirs in media.payload_types() {
        let ours = match media.rtp_map(theirs) {
            Some(map) => offered.iter().find(|one| one.codec.is(&map)),
            // §6.1 demands the mapping; without it the number can only mean what we said it does.
            None => offered.iter().find(|one| one.payload_type == theirs),
        };
        if let Some(ours) = ours {
            common.push(Common {
                ours: ours.clone(),
                theirs,
            });
        }
    }
    common
}

/// Whether there is something to speak in.
pub(super) fn has_voice(common: &[Common]) -> bool {
    common.iter().any(|one| one.ours.codec.is_voice())
}

/// The plan of an accepted stream; `None` without a common voice format or an address.
pub(super) fn plan(
    session: &SessionDescription<'_>,
    media: &MediaDescription<'_>,
    local: &LocalMedia,
    common: &[Common],
    direction: Direction,
    numbers: &PayloadTypes,
) -> Option<MediaPlan> {
    let voice = common.iter().find(|one| one.ours.codec.is_voice())?;
    let remote = media.rtp_address(session)?;
    let event = event_beside(common, &voice.ours.codec);
    let ours: Vec<Format> = common.iter().map(|one| one.ours.clone()).collect();
    // §8.4: to 0.0.0.0 nothing is sent. §5.1: nor where the bandwidth is zero.
    let silenced = remote.ip().is_unspecified()
        || media.bandwidth(session, BandwidthKind::ApplicationSpecific) == Some(0)
        || media.bandwidth(session, BandwidthKind::TransportIndependent) == Some(0);
    let direction = match silenced {
        true => direction.and(Direction::RecvOnly),
        false => direction,
    };
    let longest = media.maxptime_ms().unwrap_or(u16::MAX);
    Some(MediaPlan {
        local: local.address,
        local_rtcp: local.rtcp_address(),
        remote,
        remote_rtcp: media.rtcp_address(session)?,
        send_payload_type: voice.theirs,
        receive_payload_type: voice.ours.payload_type,
        codec: voice.ours.codec.clone(),
        receive_formats: numbers.receivable(&ours, &local.codecs),
        direction,
        remote_direction: media.direction(session),
        ptime_ms: media.ptime_ms().unwrap_or(DEFAULT_PTIME_MS).min(longest),
        telephone_event: event.map(|one| one.theirs),
        receive_telephone_event: event.map(|one| one.ours.payload_type),
    })
}

/// The event format, with the clock of the voice beside it if there is one such: both share one
/// timestamp line (RFC 4733 §2.1).
fn event_beside<'c>(common: &'c [Common], voice: &Codec) -> Option<&'c Common> {
    let events = || {
        common
            .iter()
            .filter(|one| one.ours.codec.is_telephone_event())
    };
    events()
        .find(|one| one.ours.codec.clock_rate == voice.clock_rate)
        .or_else(|| events().next())
}
