//! Two audio streams in one bundle, from the offer to the media: each arrives where it belongs, over
//! one pair of addresses (RFC 9143 §7, §9, §15).

use std::net::SocketAddr;
use std::time::Duration;

use offhook::rtp::bundle::{BundledSection, BundledSession};
use offhook::rtp::packet::Packet;
use offhook::rtp::rtcp::is_rtcp;
use offhook::rtp::session::{Media, SessionConfig, SessionEvent};
use offhook::rtp::{PayloadType, Timestamp};
use offhook::sdp::offer_answer::{LocalMedia, MediaPlan, Negotiation};
use offhook::{FlowId, Instant, Machine, Output, Rng};

const FLOW: FlowId = FlowId::from_driver(0);
const COUNT: usize = 2;

/// Each stream at a port of its own, in case it is not bundled.
fn locals(host: u8) -> Vec<LocalMedia> {
    let address = |port| SocketAddr::from(([192, 0, 2, host], port));
    [4000, 4002]
        .map(|port| LocalMedia::audio(address(port)).bundled())
        .into()
}

/// What both ends agree on, as each sees it.
fn agree(has_extension: bool) -> [Vec<MediaPlan>; 2] {
    let [mut alice, mut bob] = [1, 2].map(|host| Negotiation::new(7, [192, 0, 2, host].into()));
    let mut offer = alice.create_offer(locals(1)).unwrap();
    if !has_extension {
        // Of an end that tells streams apart by their payload types.
        let text = String::from_utf8(offer).unwrap();
        let lines = text.split_inclusive("\r\n");
        let lines = lines.filter(|line| !line.starts_with("a=extmap:"));
        offer = lines.collect::<String>().into_bytes();
    }
    bob.receive_offer(&offer).unwrap();
    let answer = bob.create_answer(locals(2)).unwrap();
    alice.receive_answer(&answer).unwrap();
    [alice, bob].map(|end| end.plans().map(|(_, plan)| plan.clone()).collect())
}

/// The sections of the bundle, and the number of the header extension with a MID.
fn sections(plans: &[MediaPlan]) -> (Vec<BundledSection>, Option<u8>) {
    let number = |number| PayloadType::new(number).unwrap();
    let one = |plan: &MediaPlan| {
        let formats = plan.receive_formats.iter();
        BundledSection {
            mid: plan.bundle.as_ref().unwrap().mid.as_bytes().into(),
            payload_types: formats.map(|it| number(it.payload_type)).collect(),
            incoming: Vec::new(),
            session: SessionConfig::telephone("someone"),
        }
    };
    let extension = plans[0].bundle.as_ref().unwrap().mid_extension;
    (plans.iter().map(one).collect(), extension)
}

struct End {
    session: BundledSession,
    send_types: Vec<PayloadType>,
    here: SocketAddr,
    /// Packets with media that arrived, by section: what is in them.
    heard: [Vec<(u8, u32)>; COUNT],
    /// How many of those had a MID.
    named: usize,
    events: Vec<SessionEvent>,
}

impl End {
    fn new(seed: u8, plans: &[MediaPlan]) -> Self {
        let (sections, extension) = sections(plans);
        let mut session = BundledSession::new(sections, extension, Rng::from_seed([seed; 32]));
        session.set_route(FLOW, plans[0].remote);
        session.join(Instant::ZERO);
        let send_types = plans.iter().map(|plan| plan.send_payload_type);
        Self {
            session,
            send_types: send_types.map(|it| PayloadType::new(it).unwrap()).collect(),
            here: plans[0].local,
            heard: Default::default(),
            named: 0,
            events: Vec::new(),
        }
    }

    /// All that goes out in this step of 20 ms.
    fn poll(&mut self, step: u32, me: u8) -> Vec<Vec<u8>> {
        let now = at(step);
        let mut out = Vec::new();
        for (section, payload_type) in self.send_types.iter().enumerate() {
            let mut payload = [0; 160];
            payload[0] = me * 10 + section as u8;
            payload[1..5].copy_from_slice(&step.to_be_bytes());
            let media = Media {
                marker: false,
                payload_type: *payload_type,
                timestamp: Timestamp::new(step * 160),
                sampled: now,
                payload: &payload,
            };
            let mut bytes = vec![0; 200];
            let size = self.session.send(now, section, &media, &mut bytes);
            bytes.truncate(size.unwrap());
            out.push(bytes);
        }
        self.session.handle_input(now, offhook::Input::Timeout);
        let mut bytes = Vec::new();
        loop {
            match self.session.poll_output(&mut bytes) {
                Output::Transmit { .. } => out.push(bytes.clone()),
                Output::Event(event) => self.events.push(event.event),
                _ => return out,
            }
        }
    }

    fn hear(&mut self, step: u32, from: SocketAddr, bytes: &[u8]) {
        if is_rtcp(bytes) {
            let report = self.session.receive_rtcp(at(step), from, bytes);
            assert!(report.is_ok());
            return;
        }
        // One on probation is heard as well: that it is of one stream is what counts here.
        if let Ok(packet) = self.session.receive(at(step), from, bytes) {
            let payload = packet.received.packet.payload();
            let step = u32::from_be_bytes(payload[1..5].try_into().unwrap());
            self.heard[packet.section].push((payload[0], step));
            self.named += usize::from(Packet::parse(bytes).unwrap().extension().is_some());
        }
    }
}

fn at(step: u32) -> Instant {
    Instant::ZERO + Duration::from_millis(u64::from(step) * 20)
}

/// Lets both talk; what `is_lost` (step, number of the packet in it) is lost on both ways.
fn talk(ends: &mut [End; 2], steps: std::ops::Range<u32>, is_lost: impl Fn(u32, usize) -> bool) {
    for step in steps {
        for from in 0..2 {
            let packets = ends[from].poll(step, from as u8 + 1);
            let source = ends[from].here;
            for (number, bytes) in packets.iter().enumerate() {
                if !is_lost(step, number) {
                    ends[1 - from].hear(step, source, bytes);
                }
            }
        }
    }
}

fn ends(has_extension: bool) -> [End; 2] {
    let [alice, bob] = agree(has_extension);
    for plans in [&alice, &bob] {
        assert_eq!(plans.len(), COUNT);
        // One transport.
        assert_eq!(plans[0].local, plans[1].local);
        assert_eq!(plans[0].remote, plans[1].remote);
        assert!(plans.iter().all(|plan| plan.rtcp_mux));
    }
    [End::new(1, &alice), End::new(2, &bob)]
}

/// Every packet that arrived is of the stream whose section it is, and so many are there.
#[track_caller]
fn assert_sorted(end: &mut End, peer: u8, count: usize) {
    for (section, heard) in end.heard.iter_mut().enumerate() {
        let own = peer * 10 + section as u8;
        assert!(heard.iter().all(|(stream, _)| *stream == own));
        assert!(heard.is_sorted_by_key(|(_, step)| *step));
        assert_eq!(heard.len(), count);
        heard.clear();
    }
}

#[test]
fn each_stream_of_a_bundle_arrives_where_it_belongs() {
    let mut ends = ends(true);
    // The same numbers mean the same in both, so they tell nothing.
    assert_eq!(ends[0].send_types[0], ends[0].send_types[1]);
    // The first ten of each stream are lost.
    talk(&mut ends, 0..60, |step, _| step < 10);
    for (at, end) in ends.iter_mut().enumerate() {
        assert_sorted(end, 2 - at as u8, 50);
        assert_eq!(end.named, 100);
    }
    // Once reports have come back, packets say nothing more, and are still known.
    talk(&mut ends, 60..600, |_, _| false);
    for (at, end) in ends.iter_mut().enumerate() {
        assert_sorted(end, 2 - at as u8, 540);
        end.named = 0;
    }
    talk(&mut ends, 600..610, |_, _| false);
    for (at, end) in ends.iter_mut().enumerate() {
        assert_sorted(end, 2 - at as u8, 10);
        assert_eq!(end.named, 0);
    }
    // Alice's second stream is heard under its SSRC from elsewhere, and takes another one. Of the
    // packets under that the first are lost again.
    let was = ends[0].session.participant(1).unwrap().ssrc();
    let looped = ends[0].poll(610, 1).swap_remove(1);
    let stranger = SocketAddr::from(([198, 51, 100, 9], 666));
    ends[0].hear(610, stranger, &looped);
    assert_ne!(ends[0].session.participant(1).unwrap().ssrc(), was);
    talk(&mut ends, 611..650, |step, _| step < 620);
    assert_sorted(&mut ends[1], 1, 30);
    assert_eq!(ends[1].named, 30);
    assert_sorted(&mut ends[0], 2, 30);
    // Each end has had reports on both its streams.
    for end in &ends {
        let reports = end.events.iter();
        let reports = reports.filter(|it| matches!(it, SessionEvent::Reported(_)));
        assert!(reports.count() >= 2 * COUNT);
    }
}

/// RFC 9143 §9.2: a peer that does not agree to the header extension says the tag in reports, and
/// until then nothing tells its streams apart; what is not known is played in no section.
#[test]
fn without_the_header_extension_reports_tell_streams_apart() {
    let mut ends = ends(false);
    talk(&mut ends, 0..600, |_, _| false);
    for (at, end) in ends.iter_mut().enumerate() {
        for (section, heard) in end.heard.iter().enumerate() {
            let own = (2 - at as u8) * 10 + section as u8;
            assert!(heard.iter().all(|(stream, _)| *stream == own));
            assert!((300..600).contains(&heard.len()), "{}", heard.len());
        }
        assert_eq!(end.named, 0);
    }
}
