//! The fields of a session: what we gave, what stands at each place, and what was agreed there.

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};

use offhook::sdp::attribute::EventList;
use offhook::sdp::{
    BandwidthLimits, Codec, Direction, Format, LocalMedia, MediaKind, MediaPlan, OtherAttribute,
    PlaceUse, SavedPlace, SavedSession,
};

use super::page::{Done, Page};

/// What stands in a field until it is read.
pub(super) const NOWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Whether all of a session can be written: this phone groups no streams and has no keys in its
/// descriptions.
pub(super) fn can_be_kept(session: &SavedSession) -> bool {
    let keyed = session.local.iter().any(|one| !one.crypto.is_empty());
    let keys = session.plans.iter().any(|(_, plan)| plan.crypto.is_some());
    // The phone bundles nothing.
    let bundled = session.local.iter().any(|one| one.bundling.is_some())
        || session.plans.iter().any(|(_, plan)| plan.bundle.is_some());
    !keyed && !keys && !bundled && session.groups.is_empty() && session.grouping.is_none()
}

pub(super) fn blank() -> SavedSession {
    SavedSession {
        description: Vec::new(),
        places: Vec::new(),
        local: Vec::new(),
        plans: Vec::new(),
        groups: Vec::new(),
        grouping: None,
    }
}

pub(super) fn session(page: &mut Page<'_>, it: &mut SavedSession) -> Done {
    let tell = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    page.named("description", &mut it.description, tell, |text| {
        Some(text.as_bytes().to_vec())
    })?;
    let no_place = || SavedPlace {
        used_for: PlaceUse::Unused,
        payload_types: Vec::new(),
        mid: None,
    };
    page.list("places", &mut it.places, no_place, place)?;
    let no_media = || LocalMedia::audio(NOWHERE);
    page.list("local", &mut it.local, no_media, local)?;
    page.list("plans", &mut it.plans, no_plan, |page, (at, it)| {
        page.plain("of", at)?;
        plan(page, it)
    })
}

fn place(page: &mut Page<'_>, it: &mut SavedPlace) -> Done {
    let tell = |used: &PlaceUse| match used {
        PlaceUse::Stream(local) => format!("stream {local}"),
        PlaceUse::Closed {
            media,
            transport,
            format,
        } => format!("closed {media} {transport} {format}"),
        PlaceUse::Unused => "unused".to_owned(),
    };
    page.named("place", &mut it.used_for, tell, used_for)?;
    page.list("payload-types", &mut it.payload_types, no_format, format)?;
    page.maybe_text("mid", &mut it.mid)
}

fn used_for(text: &str) -> Option<PlaceUse> {
    let words: Vec<&str> = text.split(' ').collect();
    match words[..] {
        ["stream", local] => Some(PlaceUse::Stream(local.parse().ok()?)),
        ["closed", media, transport, format] => Some(PlaceUse::Closed {
            media: media.into(),
            transport: transport.into(),
            format: format.into(),
        }),
        ["unused"] => Some(PlaceUse::Unused),
        _ => None,
    }
}

fn local(page: &mut Page<'_>, it: &mut LocalMedia) -> Done {
    kind(page, &mut it.kind)?;
    page.text_of("transport", &mut it.transport)?;
    page.plain("address", &mut it.address)?;
    page.maybe_plain("rtcp-port", &mut it.rtcp_port)?;
    page.plain("rtcp-mux", &mut it.rtcp_mux)?;
    page.list("codecs", &mut it.codecs, || Codec::PCMU, codec)?;
    direction(page, "direction", &mut it.direction)?;
    page.plain("on-hold", &mut it.on_hold)?;
    page.maybe_plain("ptime", &mut it.ptime_ms)?;
    page.maybe_plain("maxptime", &mut it.maxptime_ms)?;
    bandwidth(page, &mut it.bandwidth)?;
    page.maybe_plain("multicast-ttl", &mut it.multicast_ttl)?;
    attributes(page, &mut it.attributes)
}

fn no_plan() -> (usize, MediaPlan) {
    let plan = MediaPlan {
        kind: MediaKind::Audio,
        local: NOWHERE,
        previous_local: None,
        local_rtcp: NOWHERE,
        remote: NOWHERE,
        remote_rtcp: NOWHERE,
        rtcp_mux: false,
        bundle: None,
        send_payload_type: 0,
        receive_payload_type: 0,
        codec: Codec::PCMU,
        receive_formats: Vec::new(),
        direction: Direction::Inactive,
        remote_direction: Direction::Inactive,
        ptime_ms: 0,
        bandwidth: BandwidthLimits::default(),
        multicast_ttl: None,
        telephone_event: None,
        telephone_events: EventList::default(),
        receive_telephone_event: None,
        beside: Vec::new(),
        generic_nack: false,
        crypto: None,
        attributes: Vec::new(),
    };
    (0, plan)
}

fn plan(page: &mut Page<'_>, it: &mut MediaPlan) -> Done {
    kind(page, &mut it.kind)?;
    page.plain("local", &mut it.local)?;
    page.maybe_plain("previous-local", &mut it.previous_local)?;
    page.plain("local-rtcp", &mut it.local_rtcp)?;
    page.plain("remote", &mut it.remote)?;
    page.plain("remote-rtcp", &mut it.remote_rtcp)?;
    page.plain("rtcp-mux", &mut it.rtcp_mux)?;
    page.plain("send-payload-type", &mut it.send_payload_type)?;
    page.plain("receive-payload-type", &mut it.receive_payload_type)?;
    codec(page, &mut it.codec)?;
    page.list(
        "receive-formats",
        &mut it.receive_formats,
        no_format,
        format,
    )?;
    direction(page, "direction", &mut it.direction)?;
    direction(page, "remote-direction", &mut it.remote_direction)?;
    page.plain("ptime", &mut it.ptime_ms)?;
    bandwidth(page, &mut it.bandwidth)?;
    page.maybe_plain("multicast-ttl", &mut it.multicast_ttl)?;
    page.maybe_plain("telephone-event", &mut it.telephone_event)?;
    page.named("telephone-events", &mut it.telephone_events, codes, events)?;
    page.maybe_plain("receive-telephone-event", &mut it.receive_telephone_event)?;
    page.list("beside", &mut it.beside, no_format, format)?;
    page.plain("generic-nack", &mut it.generic_nack)?;
    attributes(page, &mut it.attributes)
}

fn codes(events: &EventList) -> String {
    let codes: Vec<String> = events.iter().map(|code| code.to_string()).collect();
    codes.join(",")
}

fn events(text: &str) -> Option<EventList> {
    match text {
        "" => Some(EventList::default()),
        text => EventList::parse(text),
    }
}

fn no_format() -> Format {
    Format {
        payload_type: 0,
        codec: Codec::PCMU,
    }
}

fn format(page: &mut Page<'_>, it: &mut Format) -> Done {
    page.plain("payload-type", &mut it.payload_type)?;
    codec(page, &mut it.codec)
}

fn codec(page: &mut Page<'_>, it: &mut Codec) -> Done {
    page.text_of("codec", &mut it.name)?;
    page.plain("clock-rate", &mut it.clock_rate)?;
    page.plain("channels", &mut it.channels)?;
    page.maybe_text("parameters", &mut it.parameters)
}

fn kind(page: &mut Page<'_>, it: &mut MediaKind) -> Done {
    page.named("kind", it, |it| it.as_str().to_owned(), MediaKind::of)
}

fn direction(page: &mut Page<'_>, name: &str, it: &mut Direction) -> Done {
    let tell = |it: &Direction| it.as_str().to_owned();
    page.named(name, it, tell, Direction::from_attribute)
}

fn bandwidth(page: &mut Page<'_>, it: &mut BandwidthLimits) -> Done {
    page.maybe_plain("session-kbps", &mut it.session_kbps)?;
    page.maybe_plain("media-bps", &mut it.media_bps)?;
    page.maybe_plain("rtcp-senders-bps", &mut it.rtcp_senders_bps)?;
    page.maybe_plain("rtcp-receivers-bps", &mut it.rtcp_receivers_bps)
}

fn attributes(page: &mut Page<'_>, it: &mut Vec<OtherAttribute>) -> Done {
    let none = || (Cow::Borrowed(""), None);
    page.list("attributes", it, none, |page, (name, value)| {
        page.text_of("attribute", name)?;
        page.maybe_text("value", value)
    })
}
