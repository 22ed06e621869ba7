//! What two media descriptions have in common, and the plan that follows (RFC 3264 §6, §7).

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::bundle::Beside;
use super::parameters::{self, Meeting};
use super::payload_types::{PayloadTypes, is_like_rtcp};
use super::redundancy;
use super::{BandwidthLimits, DEFAULT_PTIME_MS, Format, LocalMedia, MediaPlan, OtherAttribute};
use crate::sdp::attribute::{EventList, Feedback, RtcpFeedback, TypedAttribute};
use crate::sdp::{BandwidthKind, Codec, Direction, MediaDescription, SessionDescription};

/// A format of the peer's that we speak, not yet numbered by us.
#[derive(Clone, Debug)]
pub(super) struct Spoken<'l> {
    pub(super) codec: &'l Codec,
    theirs: u8,
    pub(super) meeting: Meeting,
}

/// A format both named: ours with our number, their number, and what they want to receive.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) ours: Format,
    theirs: u8,
    send: Option<Cow<'static, str>>,
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
    // RFC 6157 §4.1: an answer is in the family of its offer, even where that says "nowhere for now".
    let same_family = remote.is_ipv4() == local.address.is_ipv4();
    media.media == local.kind.as_str()
        && media.port != 0
        && local.address.port() != 0
        && media.proto == local.transport
        && same_family
        && is_met(session, media, local, remote)
}

/// §5.2, §6.2: of a group there is one view only; §5.7 of RFC 8866: the layers of one encoding are
/// several groups, and those we do not join.
fn is_met(
    session: &SessionDescription<'_>,
    media: &MediaDescription<'_>,
    local: &LocalMedia,
    remote: SocketAddr,
) -> bool {
    match (
        remote.ip().is_multicast(),
        local.address.ip().is_multicast(),
    ) {
        (false, false) => true,
        (false, true) => false,
        (true, true) => remote == local.address,
        (true, false) => {
            let connection = media.connection(session);
            let layered =
                media.connections.len() > 1 || connection.is_some_and(|one| one.count.is_some());
            local.multicast_ttl.is_some() && !layered
        }
    }
}

/// Our media in the group of the peer's offer: address, direction, packet time and bandwidth are
/// those of the offer (§6.2); `None` if we do not want that direction.
pub(super) fn joined(
    session: &SessionDescription<'_>,
    media: &MediaDescription<'_>,
    local: &LocalMedia,
) -> Option<LocalMedia> {
    let address = media.rtp_address(session)?;
    let direction = media.direction(session);
    if local.present_direction().and(direction) != direction {
        return None;
    }
    let ttl = media.connection(session).and_then(|one| one.ttl);
    Some(LocalMedia {
        address,
        rtcp_port: Some(media.rtcp_address(session)?.port()),
        rtcp_mux: false,
        direction,
        on_hold: false,
        ptime_ms: media.ptime_ms().or(local.ptime_ms),
        maxptime_ms: media.maxptime_ms().or(local.maxptime_ms),
        bandwidth: bandwidth(session, media),
        multicast_ttl: ttl.or(local.multicast_ttl),
        ..local.clone()
    })
}

/// The formats of an offer that we speak, in the offer's order (§6.1 recommends to keep it).
pub(super) fn in_offer<'l>(media: &MediaDescription<'_>, local: &'l LocalMedia) -> Vec<Spoken<'l>> {
    if !local.is_rtp() {
        return names(media, &local.codecs);
    }
    let mut spoken: Vec<Spoken<'l>> = Vec::new();
    for theirs in media.payload_types() {
        let Some(map) = media.rtp_map(theirs) else {
            continue;
        };
        let parameters = media.format_parameters(theirs);
        let mut ours = local.codecs.iter().filter(|codec| codec.is(&map));
        let met = ours.find_map(|codec| {
            let meeting = parameters::meet(codec, parameters)?;
            Some(Spoken {
                codec,
                theirs,
                meeting,
            })
        });
        spoken.extend(met);
    }
    redundancy::keep_useful(&mut spoken, media, local);
    spoken
}

/// The formats of a transport without RTP: words.
fn names<'l>(media: &MediaDescription<'_>, codecs: &'l [Codec]) -> Vec<Spoken<'l>> {
    let word = |word: &Cow<'_, str>| {
        let codec = codecs.iter().find(|codec| codec.name == *word)?;
        Some(Spoken {
            codec,
            theirs: 0,
            meeting: Meeting {
                receive: None,
                send: None,
            },
        })
    };
    media.formats.iter().filter_map(word).collect()
}

/// Whether there is something to speak in: voice, if that is what either side means the stream for.
pub(super) fn is_enough(
    spoken: &[Spoken<'_>],
    media: &MediaDescription<'_>,
    local: &LocalMedia,
) -> bool {
    let mut maps = media.payload_types().map(|number| media.rtp_map(number));
    spoken.iter().any(|one| one.codec.is_voice())
        || (!spoken.is_empty()
            && !speaks(local)
            && !maps.any(|map| map.is_some_and(|map| map.is_voice())))
}

/// Leaves out what comes by a number that could be taken for RTCP on the same port (RFC 5761 §4).
pub(super) fn keep_beside_rtcp(spoken: &mut Vec<Spoken<'_>>) {
    spoken.retain(|one| !is_like_rtcp(one.theirs));
}

fn speaks(local: &LocalMedia) -> bool {
    local.codecs.iter().any(Codec::is_voice)
}

/// Gives our numbers to the formats of an offer: the offer's own as far as those are free.
pub(super) fn numbered(
    spoken: Vec<Spoken<'_>>,
    local: &LocalMedia,
    numbers: &mut PayloadTypes,
    beside: Option<&dyn Beside>,
) -> Vec<Common> {
    let mut common: Vec<Common> = Vec::with_capacity(spoken.len());
    // §6.2: there is but one view of a group, so a number means the same to all.
    let one_view = local.address.ip().is_multicast();
    for one in spoken {
        let codec = Codec {
            parameters: one.meeting.receive,
            ..one.codec.clone()
        };
        let number = match local.is_rtp() {
            true => numbers.assign(&codec, Some(one.theirs), beside),
            false => Some(0),
        };
        let number = number.filter(|number| !one_view || *number == one.theirs);
        let Some(payload_type) = number else {
            continue;
        };
        let format = Format {
            payload_type,
            codec,
        };
        let is_new = |other: &Common| match local.is_rtp() {
            true => other.ours.payload_type != payload_type,
            false => other.ours.codec.name != format.codec.name,
        };
        if common.iter().all(is_new) {
            common.push(Common {
                ours: format,
                theirs: one.theirs,
                send: one.meeting.send,
            });
        }
    }
    common
}

/// The formats of an answer that we offered, in the answer's order (§7).
pub(super) fn in_answer(
    media: &MediaDescription<'_>,
    local: &LocalMedia,
    numbers: &PayloadTypes,
) -> Vec<Common> {
    if !local.is_rtp() {
        return numbered(
            names(media, &local.codecs),
            local,
            &mut PayloadTypes::default(),
            None,
        );
    }
    let mut common = Vec::new();
    for theirs in media.payload_types() {
        let parameters = media.format_parameters(theirs);
        // §6.1 demands the mapping; without it the number can only mean what we said it does.
        let meant = media.rtp_map(theirs);
        let met = local.codecs.iter().find_map(|codec| {
            let number = numbers.number(codec)?;
            let is_named = match &meant {
                Some(map) => codec.is(map),
                None => number == theirs,
            };
            let meeting = parameters::meet(codec, parameters).filter(|_| is_named)?;
            let codec = Codec {
                parameters: meeting.receive,
                ..codec.clone()
            };
            let ours = Format {
                payload_type: number,
                codec,
            };
            let send = meeting.send;
            Some(Common { ours, theirs, send })
        });
        common.extend(met);
    }
    common
}

/// Whether no number either side uses could be taken for RTCP on one port (RFC 5761 §4).
pub(super) fn may_mux(common: &[Common]) -> bool {
    let like = |one: &Common| is_like_rtcp(one.ours.payload_type) || is_like_rtcp(one.theirs);
    !common.iter().any(like)
}

/// Whether the writer of a section takes RTCP on its RTP port (RFC 5761 §5.1.1).
pub(super) fn asks_mux(media: &MediaDescription<'_>) -> bool {
    media.attribute("rtcp-mux").is_some()
}

/// Two sections that go together.
pub(super) struct Agreement<'a> {
    pub(super) session: &'a SessionDescription<'a>,
    pub(super) media: &'a MediaDescription<'a>,
    pub(super) local: &'a LocalMedia,
    pub(super) common: &'a [Common],
    pub(super) direction: Direction,
    pub(super) mux: bool,
    pub(super) numbers: &'a PayloadTypes,
}

impl Agreement<'_> {
    /// The plan of an accepted stream; `None` without an address or a common format, which has to
    /// be voice where the local media speak.
    pub(super) fn plan(&self) -> Option<MediaPlan> {
        let Self {
            session,
            media,
            local,
            common,
            ..
        } = self;
        let is_main = |one: &&Common| one.ours.codec.is_voice() || !speaks(local);
        let main = common.iter().find(is_main)?;
        let remote = media.rtp_address(session)?;
        let event = event_beside(common, &main.ours.codec);
        let ours: Vec<Format> = common.iter().map(|one| one.ours.clone()).collect();
        let bandwidth = bandwidth(session, media);
        // §8.4: to 0.0.0.0 nothing is sent. §5.1: nor where the bandwidth is zero.
        let direction = match remote.ip().is_unspecified() || bandwidth.is_zero() {
            true => self.direction.and(Direction::RecvOnly),
            false => self.direction,
        };
        let rtcp = match self.mux {
            true => (local.address, remote),
            false => (local.rtcp_address(), media.rtcp_address(session)?),
        };
        let longest = media.maxptime_ms().unwrap_or(u16::MAX);
        Some(MediaPlan {
            kind: local.kind,
            local: local.address,
            previous_local: None,
            local_rtcp: rtcp.0,
            remote,
            remote_rtcp: rtcp.1,
            rtcp_mux: self.mux,
            bundle: None,
            send_payload_type: main.theirs,
            receive_payload_type: main.ours.payload_type,
            codec: Codec {
                parameters: main.send.clone(),
                ..main.ours.codec.clone()
            },
            receive_formats: self.numbers.receivable(ours, &local.codecs),
            direction,
            remote_direction: media.direction(session),
            ptime_ms: media.ptime_ms().unwrap_or(DEFAULT_PTIME_MS).min(longest),
            bandwidth,
            multicast_ttl: local
                .multicast_ttl
                .filter(|_| remote.ip().is_multicast() && remote.is_ipv4()),
            telephone_event: event.map(|one| one.theirs),
            telephone_events: event.map_or(EventList::default(), event_list),
            receive_telephone_event: event.map(|one| one.ours.payload_type),
            beside: others_beside(common),
            generic_nack: takes_nack(media, main.theirs),
            crypto: None,
            attributes: match local.is_rtp() {
                true => Vec::new(),
                false => others(media),
            },
        })
    }
}

/// The attributes of a stream without RTP, whose meaning is another's business.
fn others(media: &MediaDescription<'_>) -> Vec<OtherAttribute> {
    let known = |name: &str| Direction::from_attribute(name).is_some() || name == "mid";
    let others = media.attributes.iter().filter(|one| !known(one.name));
    others
        .map(|one| {
            let value = one.text().map(|text| Cow::Owned(text.to_string()));
            (Cow::Owned(one.name.to_string()), value)
        })
        .collect()
}

/// What is neither voice nor events, by the peer's numbers.
fn others_beside(common: &[Common]) -> Vec<Format> {
    let is_other = |one: &&Common| {
        let codec = &one.ours.codec;
        !codec.is_voice() && !codec.is_telephone_event()
    };
    let others = common.iter().filter(is_other);
    others
        .map(|one| Format {
            payload_type: one.theirs,
            codec: Codec {
                parameters: one.send.clone(),
                ..one.ours.codec.clone()
            },
        })
        .collect()
}

/// Whether requests for lost packets of a format are taken (RFC 4585 §4.2). Only the profiles with
/// feedback know any.
fn takes_nack(media: &MediaDescription<'_>, number: u8) -> bool {
    if !media.proto.ends_with("AVPF") {
        return false;
    }
    let all = media.attributes.iter();
    let all = all.filter(|one| one.name == RtcpFeedback::NAME);
    all.filter_map(|one| RtcpFeedback::parse(one.text()?))
        .any(|one| {
            let is_of_it = |format: &str| format.parse() == Ok(number);
            one.feedback == Feedback::Nack && one.format.is_none_or(is_of_it)
        })
}

/// The `b=` lines we know (RFC 8866 §5.8); the others are ignored.
fn bandwidth(session: &SessionDescription<'_>, media: &MediaDescription<'_>) -> BandwidthLimits {
    let told = |kind| {
        let value = media.bandwidth(session, kind)?;
        Some(u32::try_from(value).unwrap_or(u32::MAX))
    };
    BandwidthLimits {
        session_kbps: told(BandwidthKind::ApplicationSpecific),
        media_bps: told(BandwidthKind::TransportIndependent),
        rtcp_senders_bps: told(BandwidthKind::RtcpSenders),
        rtcp_receivers_bps: told(BandwidthKind::RtcpReceivers),
    }
}

/// The events of a format that the peer takes. A list that cannot be read names none.
fn event_list(event: &Common) -> EventList {
    match &event.send {
        None => EventList::KEYS,
        Some(list) => EventList::parse(list).unwrap_or_default(),
    }
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
