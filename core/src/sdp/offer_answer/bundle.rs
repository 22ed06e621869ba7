//! Streams that share one transport: BUNDLE (RFC 9143).
//!
//! What the tagged section says of the transport holds for every section of its bundle (§7.1.3). So
//! a bundled section is read as if all of that stood in it, and written without it, and for the rest
//! it is a stream like any other. The other half of each exchange stands in [`offer`] and [`answer`].

mod answer;
mod offer;
mod works;

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use works::Bundling;
pub(super) use works::{Beside, OwnOffer, Works, of, restored};

use super::group;
use super::negotiation::Agreed;
use super::parameters::is_same_format;
use super::payload_types::is_like_rtcp;
use super::slot::Place;
use super::{Format, LocalMedia, MediaKind, MediaPlan};
use crate::sdp::attribute::{Extmap, Semantics};
use crate::sdp::{Attribute, Codec, MediaDescription, SessionDescription};

/// The header extension that has the identification-tag of a stream (§15.2).
pub const MID_EXTENSION: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";

/// The bundle a stream is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundledStream {
    /// Which of the local media has the tagged section: all of the bundle arrives at its address.
    /// Streams for which this is the same share one transport and one RTP session (§9.1).
    pub tagged: usize,
    /// The identification-tag of the stream, in header extensions and SDES items of both sides
    /// (§15).
    pub mid: String,
    /// The number of the header extension with identification-tags; none if the peer has not agreed
    /// to it, and then only payload types tell the streams of a bundle apart (§9.2).
    pub mid_extension: Option<u8>,
}

/// The attributes of which one set holds for all of a bundle: those that RFC 8859 §5 puts into
/// the categories IDENTICAL and TRANSPORT, and those that came with the like (RFC 8840, 8842, 8858).
const OF_TRANSPORT: [&str; 28] = [
    "altc",
    "candidate",
    "ccap",
    "connection",
    "crypto",
    "ecn-capable-rtp",
    "end-of-candidates",
    "fingerprint",
    "ice-pwd",
    "ice-ufrag",
    "ike-setup",
    "key-mgmt",
    "multicast-rtcp",
    "psk-fingerprint",
    "qos-mech-recv",
    "qos-mech-send",
    "remote-candidates",
    "rtcp",
    "rtcp-mux",
    "rtcp-mux-only",
    "rtcp-rsize",
    "rtcp-unicast",
    "secondary-realm",
    "setup",
    "source-filter",
    "tls-id",
    "visited-realm",
    "zrtp-hash",
];

fn is_of_transport(name: &str) -> bool {
    OF_TRANSPORT.contains(&name)
}

/// Whether streams that may be bundled can be had that way: in RTP, with RTCP on the same port
/// (§9.3), and each at an address of its own, in case it is not bundled after all (§7.2, §7.3.2).
fn is_sound(locals: &[LocalMedia]) -> bool {
    locals.iter().enumerate().all(|(at, local)| {
        let collides = |(other, it): (usize, &LocalMedia)| {
            other != at
                && !it.bundling.is_some_and(Bundling::is_only)
                && it.address == local.address
                && it.address.port() != 0
        };
        let is_alone = || !locals.iter().enumerate().any(collides);
        let can = || {
            local.is_rtp()
                && local.rtcp_mux
                && local.multicast_ttl.is_none()
                && !local.address.ip().is_multicast()
        };
        match local.bundling {
            None => true,
            Some(bundling) => can() && (bundling.is_only() || is_alone()),
        }
    })
}

/// §9.1, §7.1.1: one protocol, one address family; and one key cannot protect what the other does
/// not want protected so.
fn is_of_one_kind(one: &LocalMedia, other: &LocalMedia) -> bool {
    one.transport == other.transport
        && one.address.is_ipv4() == other.address.is_ipv4()
        && one.crypto == other.crypto
}

/// The bundle that a local medium is in now, by its tagged one.
fn bundle_of(agreed: &Agreed, local: usize) -> Option<&BundledStream> {
    let mut plans = agreed.plans.iter();
    let (_, plan) = plans.find(|(other, _)| *other == local)?;
    plan.bundle.as_deref()
}

/// Whether any stream is bundled now.
fn is_any(agreed: &Agreed) -> bool {
    agreed.plans.iter().any(|(_, plan)| plan.bundle.is_some())
}

/// A local medium as it is in a bundle with `tagged`, whose section it may be itself.
fn in_bundle(local: &LocalMedia, tagged: &LocalMedia, is_tagged: bool) -> LocalMedia {
    let mut it = local.clone();
    it.address = tagged.address;
    it.rtcp_port = None;
    it.rtcp_mux = true;
    if !is_tagged {
        it.crypto = Vec::new();
        it.attributes.retain(|(name, _)| !is_of_transport(name));
    }
    it
}

/// §9.1: the header extension is in every section in RTP, of offers and answers.
fn extend(local: &mut LocalMedia, extension: u8) {
    let line = alloc::format!("{extension} {MID_EXTENSION}");
    local
        .attributes
        .push((Cow::Borrowed("extmap"), Some(Cow::Owned(line))));
}

/// The number under which a section has the identification-tag.
fn extension(session: &SessionDescription<'_>, media: &MediaDescription<'_>) -> Option<u8> {
    let own = media.attributes.iter();
    let lines = own.chain(&session.attributes);
    let mut typed = lines.filter_map(Attribute::typed::<Extmap<'_>>);
    let line = typed.find(|line| line.uri == MID_EXTENSION)?;
    u8::try_from(line.id).ok()
}

/// The section as it is in the bundle: with the transport of `tagged` and all that is said of it.
fn with_transport<'a>(
    media: &MediaDescription<'a>,
    tagged: &MediaDescription<'a>,
) -> MediaDescription<'a> {
    let own = media.attributes.iter();
    let own = own.filter(|one| !is_of_transport(one.name));
    let shared = tagged.attributes.iter();
    let shared = shared.filter(|one| is_of_transport(one.name));
    MediaDescription {
        port: tagged.port,
        connections: tagged.connections.clone(),
        attributes: own.chain(shared).cloned().collect(),
        ..media.clone()
    }
}

/// The bundles of a description, each as the places of its sections, the tagged one first.
///
/// RFC 5888 §6: without names that are unique there are none, and a group with an unknown name is
/// not there; nor is one (§5) with a section that is in another one already.
fn described(session: &SessionDescription<'_>) -> Vec<Vec<usize>> {
    let lines = || {
        let groups = session.attributes.iter();
        groups.filter_map(Attribute::typed::<crate::sdp::attribute::Group<'_>>)
    };
    let is_bundle = |group: &crate::sdp::attribute::Group<'_>| {
        let count = group.mids.len();
        group.semantics == Semantics::Bundle && (1..=session.media.len()).contains(&count)
    };
    let mut bundles: Vec<Vec<usize>> = Vec::new();
    if !lines().any(|group| is_bundle(&group)) {
        return bundles;
    }
    let Some(names) = group::names(session) else {
        return bundles;
    };
    for group in lines().filter(is_bundle) {
        let place = |mid: &&str| names.iter().position(|name| **name == **mid);
        let places: Option<Vec<usize>> = group.mids.iter().map(place).collect();
        let Some(places) = places else { continue };
        let mut taken = bundles.iter().flatten();
        let is_once = |(at, place): (usize, &usize)| !places.iter().take(at).any(|it| it == place);
        if places.iter().enumerate().all(is_once) && !taken.any(|it| places.contains(it)) {
            bundles.push(places);
        }
    }
    bundles
}

/// §9.1.1: whether a payload type stands for two things in sections of one bundle.
fn clashes(one: &MediaDescription<'_>, other: &MediaDescription<'_>) -> bool {
    let mut shared = other.payload_types().filter(|number| {
        let mut own = one.payload_types();
        own.any(|it| it == *number)
    });
    shared.any(|number| match (one.codec(number), other.codec(number)) {
        (Some(own), Some(theirs)) => one.media != other.media || !is_identical(&own, &theirs),
        // What nobody can know is not spoken.
        (None, _) | (_, None) => false,
    })
}

fn is_identical(one: &Codec, other: &Codec) -> bool {
    is_same_format(one, other) && one.parameters == other.parameters
}

/// The payload types of the other streams of a bundle.
struct Others {
    kind: MediaKind,
    others: Vec<(MediaKind, Format)>,
}

impl Others {
    /// All that the other `members` have announced, each a place and a kind; `None` for one that is
    /// in no bundle.
    fn of(members: &[(usize, MediaKind)], place: usize, places: &[Place]) -> Option<Self> {
        let (_, kind) = members.iter().find(|(at, _)| *at == place)?;
        let others = members.iter().filter(|(at, _)| *at != place);
        let announced = others.filter_map(|(at, kind)| Some((*kind, places.get(*at)?)));
        let announced = announced.flat_map(|(kind, place)| {
            let all = place.numbers.all().iter();
            all.map(move |one| (kind, one.clone()))
        });
        Some(Self {
            kind: *kind,
            others: announced.collect(),
        })
    }
}

impl Beside for Others {
    fn allows(&self, number: u8, codec: &Codec) -> bool {
        let mut same = self
            .others
            .iter()
            .filter(|(_, it)| it.payload_type == number);
        !is_like_rtcp(number)
            && same.all(|(kind, it)| *kind == self.kind && is_identical(&it.codec, codec))
    }

    fn is_unused(&self, number: u8) -> bool {
        !self.others.iter().any(|(_, it)| it.payload_type == number)
    }
}

/// Notes in the plans of a bundle that they are, `members` being local media and names, the tagged
/// one first. The key of the tagged one protects all (RFC 8859 §5: `crypto` is of the transport).
fn note(plans: &mut [(usize, MediaPlan)], members: &[(usize, &str)], mid_extension: Option<u8>) {
    let Some((tagged, _)) = members.first() else {
        return;
    };
    let key = plans.iter().find(|(at, _)| at == tagged);
    let key = key.and_then(|(_, plan)| plan.crypto.clone());
    for (at, plan) in plans {
        let Some((_, mid)) = members.iter().find(|(member, _)| member == at) else {
            continue;
        };
        plan.crypto.clone_from(&key);
        plan.bundle = Some(alloc::boxed::Box::new(BundledStream {
            tagged: *tagged,
            mid: (*mid).to_string(),
            mid_extension,
        }));
    }
}
