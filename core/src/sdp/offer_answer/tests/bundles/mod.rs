//! Streams over one transport (RFC 9143).

mod both_ends;
mod examples;
mod rules;

use super::*;

/// A description of the RFC as lines, in parts: the session, and each section. Within a part the
/// order of lines means nothing. `a=sendrecv`, which we always say, is what everybody assumes; the
/// origin and the name of the session are each one's own.
fn parts(sdp: &str) -> Vec<Vec<&str>> {
    let mut parts: Vec<Vec<&str>> = Vec::from([Vec::new()]);
    for line in sdp.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with("m=") {
            parts.push(Vec::new());
        }
        let is_own = line.starts_with("o=") || line.starts_with("s=") || line == "a=sendrecv";
        if !is_own {
            parts.last_mut().unwrap().push(line);
        }
    }
    // The `m=` line stays first.
    for part in &mut parts {
        let header = part
            .iter()
            .take_while(|line| line.starts_with("m="))
            .count();
        part[header..].sort_unstable();
    }
    parts
}

fn ilbc() -> Codec {
    Codec::audio("iLBC", 8000)
}

fn video(number: u8) -> Codec {
    Codec::from_static_payload_type(number).unwrap()
}

fn media(kind: MediaKind, at: &str, kbps: u32, codecs: Vec<Codec>) -> LocalMedia {
    let mut it = LocalMedia::rtp(kind, address(at), codecs).bundled();
    it.bandwidth.session_kbps = Some(kbps);
    it
}

/// The caller of RFC 9143 §18: `foo` and `bar`.
fn callers() -> Vec<LocalMedia> {
    let voice = Vec::from([Codec::PCMU, Codec::PCMA, ilbc()]);
    Vec::from([
        media(MediaKind::Audio, "[2001:db8::3]:10000", 200, voice),
        media(
            MediaKind::Video,
            "[2001:db8::3]:10002",
            1000,
            Vec::from([video(31), video(32)]),
        ),
    ])
}

/// The callee of RFC 9143 §18.
fn callees() -> Vec<LocalMedia> {
    let voice = Vec::from([Codec::PCMU]);
    let picture = Vec::from([video(32)]);
    Vec::from([
        media(MediaKind::Audio, "[2001:db8::1]:20000", 200, voice),
        media(MediaKind::Video, "[2001:db8::1]:30000", 1000, picture),
    ])
}

fn apart(mut locals: Vec<LocalMedia>) -> Vec<LocalMedia> {
    for local in &mut locals {
        local.bundling = None;
    }
    locals
}

fn caller() -> Negotiation {
    Negotiation::for_media(2_890_844_526, &callers())
}

fn callee() -> Negotiation {
    Negotiation::for_media(2_808_844_564, &callees())
}

/// Where a stream comes from, where it goes, and with which of the local media it shares that.
type Stream = (u16, u16, Option<usize>);

fn transports(of: &Negotiation) -> Vec<Stream> {
    of.plans()
        .map(|(_, plan)| {
            let shared = plan.bundle.as_ref().map(|bundle| bundle.tagged);
            if shared.is_some() {
                assert!(plan.rtcp_mux);
                assert_eq!(
                    (plan.local_rtcp, plan.remote_rtcp),
                    (plan.local, plan.remote)
                );
            }
            (plan.local.port(), plan.remote.port(), shared)
        })
        .collect()
}

/// Both ends of the call of §18.1, by our own words.
fn bundled_call() -> (Negotiation, Negotiation) {
    let (mut from, mut to) = (caller(), callee());
    agree(&mut from, callers(), &mut to, callees());
    assert_eq!(
        transports(&from),
        [(10000, 20000, Some(0)), (10000, 20000, Some(0))]
    );
    assert_eq!(
        transports(&to),
        [(20000, 10000, Some(0)), (20000, 10000, Some(0))]
    );
    (from, to)
}
