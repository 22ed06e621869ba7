//! Whatever both ends want of bundles, they agree on what there is.

use super::*;
use crate::rng::Rng;

const COUNT: u16 = 4;

/// Some streams of an end, each at an address of its own; a place keeps its kind.
fn some(rng: &mut Rng, host: u8, count: u16) -> Vec<LocalMedia> {
    let names = ["L16", "speex", "opus"];
    let one = |at: u16, rng: &mut Rng| {
        let first = rng.next_u64();
        let codecs = names
            .iter()
            .enumerate()
            .filter(|(at, _)| first >> at & 1 == 1);
        let mut codecs: Vec<Codec> = codecs.map(|(_, name)| Codec::audio(name, 8000)).collect();
        codecs.push(Codec::PCMU);
        let port = 4000 + 2 * at + 100 * u16::from(host);
        let mut it = LocalMedia::rtp(
            match at % 2 {
                0 => MediaKind::Audio,
                _ => MediaKind::Video,
            },
            SocketAddr::from(([192, 0, 2, host], port)),
            codecs,
        );
        it.rtcp_mux = true;
        it.bundling = match rng.next_u64() % 8 {
            0 | 1 => None,
            2 => Some(Bundling::ONLY),
            _ => Some(Bundling::SHARED),
        };
        if rng.next_u64() % 8 == 0 {
            it.address.set_port(0);
        }
        it
    };
    (0..count).map(|at| one(at, rng)).collect()
}

/// What an end has at each place of the description: here and there, and who shares it.
fn streams(of: &Negotiation) -> Vec<(SocketAddr, SocketAddr, Option<String>)> {
    let by_local: Vec<_> = of.plans().collect();
    let mid = |tagged: usize| {
        let mut all = by_local.iter();
        let (_, plan) = all.find(|(local, _)| *local == tagged).unwrap();
        plan.bundle.as_ref().unwrap().mid.clone()
    };
    let one = |plan: &MediaPlan| {
        let bundle = plan.bundle.as_ref();
        (plan.local, plan.remote, bundle.map(|it| mid(it.tagged)))
    };
    by_local.iter().map(|(_, plan)| one(plan)).collect()
}

/// §9.1.1, and §9.2: streams share a transport if they are in one bundle, and only then.
fn assert_sound(of: &Negotiation) {
    let plans: Vec<&MediaPlan> = of.plans().map(|(_, plan)| plan).collect();
    for (at, one) in plans.iter().enumerate() {
        for other in &plans[..at] {
            let tagged = |plan: &MediaPlan| plan.bundle.as_ref().map(|it| it.tagged);
            let is_shared = one.local == other.local;
            assert_eq!(is_shared, one.remote == other.remote);
            assert_eq!(
                is_shared,
                tagged(one).is_some() && tagged(one) == tagged(other)
            );
            for format in one.receive_formats.iter().filter(|_| is_shared) {
                let mut same = other.receive_formats.iter();
                let same = same.find(|it| it.payload_type == format.payload_type);
                let is_fine = |it: &Format| it.codec == format.codec && one.kind == other.kind;
                assert!(same.is_none_or(is_fine), "{one:?} {other:?}");
            }
        }
    }
}

#[test]
fn both_ends_agree_on_the_bundles() {
    let (mut exchanges, mut bundled, mut apart) = (0, 0, 0);
    let mut rng = Rng::from_seed([5; 32]);
    for _ in 0..500 {
        let mut ends = [
            Negotiation::new(1, [192, 0, 2, 1].into()),
            Negotiation::new(2, [192, 0, 2, 2].into()),
        ];
        for round in 0..4_u16 {
            let from = usize::from(rng.next_u64() % 2 == 0);
            let count = (round + 1).min(COUNT);
            let [ours, theirs] = [1, 2].map(|host| some(&mut rng, host, count));
            let [first, second] = &mut ends;
            let (from, to, ours, theirs) = match from {
                0 => (first, second, ours, theirs),
                _ => (second, first, theirs, ours),
            };
            let Ok(offer) = from.create_offer(ours) else {
                continue;
            };
            to.receive_offer(&offer).unwrap();
            let Ok(answer) = to.create_answer(theirs) else {
                to.reject_offer();
                from.offer_rejected();
                continue;
            };
            let taken = from.receive_answer(&answer);
            assert_eq!(taken, Ok(()), "{}\n{}", text(&offer), text(&answer));
            let turned = streams(to)
                .into_iter()
                .map(|(here, there, tag)| (there, here, tag));
            let turned: Vec<_> = turned.collect();
            assert_eq!(streams(from), turned, "{}\n{}", text(&offer), text(&answer));
            assert_sound(from);
            assert_sound(to);
            exchanges += 1;
            let is_bundled = |it: &(SocketAddr, SocketAddr, Option<String>)| it.2.is_some();
            let count = turned.iter().filter(|it| is_bundled(it)).count();
            bundled += usize::from(count > 1);
            apart += usize::from(count > 0 && count < turned.len());
        }
    }
    assert!(
        exchanges > 800 && bundled > 200 && apart > 80,
        "{exchanges} {bundled} {apart}"
    );
}

/// Descriptions put together at random: none of them is anything but answered or refused.
#[test]
fn any_offer_and_answer_has_an_end() {
    let mut rng = Rng::from_seed([7; 32]);
    let mut counts = [0; 4];
    for _ in 0..1000 {
        let mut pick = |of: &[&'static str]| {
            let at = usize::try_from(rng.below(of.len() as u64)).unwrap();
            of[at]
        };
        let mut description = format!(
            "v=0
            o=- 1 1 IN IP4 192.0.2.9
            s=-
            c=IN IP4 192.0.2.9
            t=0 0
            {}
            {}",
            pick(&[
                "a=group:BUNDLE 1 2 3",
                "a=group:BUNDLE 2 1",
                "a=group:BUNDLE 3",
                "a=group:LS 1"
            ]),
            pick(&["", "", "a=group:BUNDLE 3", "a=group:BUNDLE 1 9"]),
        );
        for mid in ["a=mid:1", "a=mid:2", "a=mid:3"] {
            description += &format!(
                "\nm={} {} RTP/AVP {}\na=rtpmap:96 {}\n{mid}\n{}\n{}\n{}",
                pick(&["audio", "audio", "video"]),
                pick(&["0", "5000", "5000", "5002", "5004"]),
                pick(&["0 96", "96", "66 0", "0"]),
                pick(&["L16/8000", "speex/8000"]),
                pick(&["a=rtcp-mux", "a=rtcp-mux", "a=rtcp-mux", ""]),
                pick(&["", "", "a=bundle-only", "a=rtcp-mux-only"]),
                pick(&[
                    "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
                    "",
                    "a=extmap:1 urn:x"
                ]),
            );
        }
        let description = wire(&description);
        let mut host = 1;
        let mut ours = || {
            host += 1;
            let mut ours = some(&mut rng, host, 3);
            ours[1].kind = MediaKind::Audio;
            ours
        };
        let mut to = negotiation(&bob());
        for _ in 0..2 {
            to.receive_offer(&description).unwrap();
            match to.create_answer(ours()) {
                Ok(answer) => {
                    SessionDescription::parse(&answer).unwrap();
                    assert!(to.is_stable());
                    counts[0] += 1;
                }
                Err(error) => {
                    assert_eq!(error, NegotiationError::NotAcceptable);
                    to.reject_offer();
                    counts[1] += 1;
                }
            }
        }
        let mut from = negotiation(&alice());
        if from.create_offer(ours()).is_ok() {
            let found = from.receive_answer(&description);
            counts[if found.is_ok() { 2 } else { 3 }] += 1;
            assert!(from.is_stable());
        }
    }
    assert!(counts.iter().all(|count| *count > 25), "{counts:?}");
}
