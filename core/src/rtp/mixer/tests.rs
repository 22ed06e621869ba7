use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::*;
use crate::rng::Rng;
use crate::rtp::drops::DropReason;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::{Header, Outgoing, Packet};
use crate::rtp::rtcp::{
    Compound, CompoundWriter, ReportBlock, RtcpPacket, SdesItem, SdesKind, SenderInfo,
};
use crate::rtp::session::{Media, Session, SessionConfig, SessionEvent};
use crate::time::Instant;

fn ssrcs(numbers: &[u32]) -> Vec<Ssrc> {
    numbers.iter().copied().map(Ssrc::new).collect()
}

fn data(ssrc: u32, sequence: u16, csrc: &[u32]) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(u32::from(sequence) * 160),
        ssrc: Ssrc::new(ssrc),
    };
    let csrc = ssrcs(csrc);
    let outgoing = Outgoing {
        csrc: &csrc,
        ..Outgoing::new(header, &[7; 160])
    };
    let mut bytes = vec![0; outgoing.size()];
    outgoing.write(&mut bytes).unwrap();
    bytes
}

fn item(kind: SdesKind, text: &[u8]) -> SdesItem<'_> {
    SdesItem { kind, text }
}

/// What an end system says: a sender report about two others, who it is, and perhaps goodbye.
fn said(ssrc: u32, items: &[SdesItem<'_>], goodbye: Option<&[u8]>) -> Vec<u8> {
    let ssrc = Ssrc::new(ssrc);
    let info = SenderInfo {
        ntp: 1,
        timestamp: Timestamp::new(2),
        packets: 3,
        octets: 4,
    };
    let block = |ssrc: u32| ReportBlock {
        ssrc: Ssrc::new(ssrc),
        fraction_lost: 0,
        cumulative_lost: 0,
        extended_highest_sequence: 5,
        jitter: 0,
        lsr: 0,
        dlsr: 0,
    };
    let mut bytes = vec![0; 1200];
    let mut writer = CompoundWriter::new(&mut bytes);
    writer.report(ssrc, Some(&info), &[block(901), block(902)]);
    writer.source_description(ssrc, items.iter().copied());
    if let Some(reason) = goodbye {
        writer.goodbye(&[ssrc], reason);
    }
    let size = writer.finish().unwrap();
    bytes.truncate(size);
    bytes
}

fn hear(relay: &mut Relay, cloud: usize, bytes: &[u8]) {
    relay.hear(cloud, &Compound::parse(bytes).unwrap());
}

/// The packets of a compound, in words.
fn words(bytes: &[u8]) -> Vec<alloc::string::String> {
    use alloc::format;
    let text = |octets: &[u8]| alloc::string::String::from_utf8_lossy(octets).into_owned();
    let compound = Compound::parse(bytes).unwrap();
    let mut words = Vec::new();
    for packet in compound.packets() {
        match packet {
            RtcpPacket::SenderReport(report) => {
                let about: Vec<_> = report.blocks().map(|block| block.ssrc.as_u32()).collect();
                words.push(format!("SR {} {about:?}", report.ssrc().as_u32()));
            }
            RtcpPacket::ReceiverReport(report) => {
                let about: Vec<_> = report.blocks().map(|block| block.ssrc.as_u32()).collect();
                words.push(format!("RR {} {about:?}", report.ssrc().as_u32()));
            }
            RtcpPacket::SourceDescription(description) => {
                for chunk in description.chunks() {
                    let items = chunk.items().map(|item| text(item.text));
                    let items: Vec<_> = items.collect();
                    words.push(format!("SDES {} {items:?}", chunk.ssrc().as_u32()));
                }
            }
            RtcpPacket::Goodbye(goodbye) => {
                let who: Vec<_> = goodbye.sources().map(Ssrc::as_u32).collect();
                let why = text(goodbye.reason().unwrap_or_default());
                words.push(format!("BYE {who:?} {why}"));
            }
            other => words.push(format!("{other:?}")),
        }
    }
    words
}

/// The first packet of the mixer's session in a cloud, alone.
fn report(ssrc: u32) -> Vec<u8> {
    let mut bytes = vec![0; 1200];
    let mut writer = CompoundWriter::new(&mut bytes);
    writer.report(Ssrc::new(ssrc), None, &[]);
    writer.source_description(Ssrc::new(ssrc), [item(SdesKind::Cname, b"m")]);
    let size = writer.finish().unwrap();
    bytes.truncate(size);
    bytes
}

fn stacked(relay: &mut Relay, cloud: usize) -> Vec<alloc::string::String> {
    let mut bytes = report(48);
    relay.stack(cloud, &mut bytes, 1200);
    assert!(bytes.len() <= 1200);
    words(&bytes).split_off(2)
}

/// RFC 3550 §7.4 and Figure 3: M1 names 1 and 17; M3 names 64 of the mix of M2, not 12, and 45.
#[test]
fn sources_are_named_as_in_figure_3() {
    let mut m1 = Contributors::new();
    m1.add_packet(&Packet::parse(&data(1, 5, &[])).unwrap());
    m1.add_packet(&Packet::parse(&data(17, 5, &[])).unwrap());
    assert_eq!(m1.as_slice(), ssrcs(&[1, 17]));
    let mut m3 = Contributors::new();
    m3.add_packet(&Packet::parse(&data(12, 5, &[64])).unwrap());
    m3.add_packet(&Packet::parse(&data(45, 5, &[])).unwrap());
    m3.add_packet(&Packet::parse(&data(45, 6, &[])).unwrap());
    assert_eq!(m3.as_slice(), ssrcs(&[64, 45]));
    m3.clear();
    assert_eq!(m3.as_slice(), []);
    // §7.1: a mixer that speaks as well is one of them.
    m3.add(Ssrc::new(89));
    assert_eq!(m3.as_slice(), ssrcs(&[89]));
}

fn member(name: &str, seed: u64) -> Session {
    let mut session = Session::new(
        SessionConfig::telephone(name),
        Rng::from_seed([seed as u8; 32]),
    );
    session.join(Instant::ZERO);
    session
}

fn frame(millis: u64) -> Media<'static> {
    Media {
        marker: false,
        payload_type: PayloadType::PCMU,
        timestamp: Timestamp::new(millis as u32 * 8),
        sampled: Instant::from_millis(millis),
        payload: &[3; 160],
    }
}

/// A conference of twenty, and then one of them has the mixer's own name (§8.2).
// shows: S039
#[test]
fn a_mix_names_fifteen_and_a_mixer_gives_up_a_name_that_another_has_once() {
    let mut session = member("mixer@192.0.2.9", 3);
    let mut contributors = Contributors::new();
    for ssrc in 101..=120 {
        contributors.add_packet(&Packet::parse(&data(ssrc, 1, &[])).unwrap());
    }
    assert_eq!(contributors.left_out(), 5);
    let mut out = [0; 400];
    let size = session
        .send_mixed(
            Instant::from_millis(20),
            &frame(20),
            contributors.as_slice(),
            &mut out,
        )
        .unwrap();
    let packet = Packet::parse(&out[..size]).unwrap();
    let named: Vec<u32> = packet.csrc().map(Ssrc::as_u32).collect();
    assert_eq!(named, (101..=115).collect::<Vec<_>>());
    assert_eq!(packet.ssrc(), session.ssrc());
    assert_eq!(packet.payload(), [3; 160]);
    // Whoever hands in more than can be named has them left out as well.
    let all = ssrcs(&(1..=40).collect::<Vec<_>>());
    let size = session.send_mixed(Instant::from_millis(40), &frame(40), &all, &mut out);
    let packet = Packet::parse(&out[..size.unwrap()]).unwrap();
    assert_eq!(packet.csrc().len(), 15);

    let old = session.ssrc();
    let other: SocketAddr = "192.0.2.7:4000".parse().unwrap();
    let now = Instant::from_millis(50);
    let theirs = data(old.as_u32(), 9, &[]);
    assert_eq!(
        session.receive(now, other, &theirs).map(|_| ()),
        Err(DropReason::OwnSsrc)
    );
    let new = session.ssrc();
    assert_ne!(new, old);
    let mut changes = 0;
    while let Some(event) = session.poll_event() {
        changes += u32::from(event == SessionEvent::SsrcChanged { old, new });
    }
    assert_eq!(changes, 1);
    let mut bytes = Vec::new();
    assert!(session.poll_rtcp(now, &mut bytes));
    let words = words(&bytes);
    let goodbye = alloc::format!("BYE [{}] ssrc collision", old.as_u32());
    assert_eq!(words.last(), Some(&goodbye), "{words:?}");

    // The packets of the new one that come around by the same way are a loop: it stays.
    for sequence in 0..20 {
        let now = Instant::from_millis(60 + u64::from(sequence) * 20);
        let ours = data(new.as_u32(), sequence, &[]);
        assert!(session.receive(now, other, &ours).is_err());
        let _ = session.receive(now, other, &data(old.as_u32(), 10 + sequence, &[]));
    }
    assert_eq!(session.ssrc(), new);
    let size = session.send_mixed(Instant::from_millis(500), &frame(500), &[], &mut out);
    let packet = Packet::parse(&out[..size.unwrap()]).unwrap();
    assert_eq!(packet.ssrc(), new);
}

/// Two clouds, each with a session of the mixer's; what is told in one of the other (§7.3).
// shows: S401
#[test]
fn descriptions_go_on_reports_stay_and_every_packet_says_whose_sound_it_is() {
    let ends: [SocketAddr; 2] = ["192.0.2.1:4000", "198.51.100.1:4000"].map(|a| a.parse().unwrap());
    let mut clouds = [member("mixer@192.0.2.9", 3), member("mixer@192.0.2.9", 4)];
    let mut relay = Relay::new(2, 100);
    let mut mixes = [Contributors::new(), Contributors::new()];
    let mut seen = [false; 2];
    let mut bytes = Vec::new();
    for n in 0..1000_u16 {
        let now = Instant::from_millis(u64::from(n) * 20);
        for (here, ssrc) in [(0, 11), (1, 22)] {
            let packet = data(ssrc, n, &[]);
            let received = clouds[here].receive(now, ends[here], &packet).unwrap();
            // Who speaks here is heard there.
            mixes[1 - here].add_packet(&received.packet);
            if n % 250 == 0 {
                let name = [b"eleven".as_slice(), b"twenty-two"][here];
                let items = [item(SdesKind::Cname, name), item(SdesKind::Note, b"here")];
                let report = said(ssrc, &items, None);
                clouds[here].receive_rtcp(now, ends[here], &report).unwrap();
                hear(&mut relay, here, &report);
            }
        }
        for (here, (heard, there)) in [(11, 22), (22, 11)].into_iter().enumerate() {
            let mut out = [0; 400];
            let session = &mut clouds[here];
            let millis = u64::from(n) * 20;
            let sent = session.send_mixed(now, &frame(millis), mixes[here].as_slice(), &mut out);
            let packet = Packet::parse(&out[..sent.unwrap()]).unwrap();
            assert_eq!(packet.csrc().collect::<Vec<_>>(), ssrcs(&[there]));
            mixes[here].clear();
            if !session.poll_rtcp(now, &mut bytes) {
                continue;
            }
            relay.stack(here, &mut bytes, 1200);
            let words = words(&bytes);
            let own = session.ssrc().as_u32();
            assert_eq!(words[0], alloc::format!("SR {own} [{heard}]"));
            assert!(words[1].starts_with(&alloc::format!("SDES {own} ")));
            for more in &words[2..] {
                let name = ["twenty-two", "eleven"][here];
                assert_eq!(*more, alloc::format!("SDES {there} [\"{name}\", \"here\"]"));
                seen[here] = true;
            }
        }
    }
    assert_eq!(seen, [true, true]);
}

/// §7.3: what was said is forwarded unchanged, once for each time it was said, to the others alone.
#[test]
fn what_a_source_says_of_itself_is_forwarded_unchanged() {
    let mut relay = Relay::new(3, 10);
    let items = [
        item(SdesKind::Cname, b"a@b"),
        item(SdesKind::Priv, b"\x01xone"),
        item(SdesKind::Priv, b"\x01ytwo"),
        item(SdesKind::Other(42), &[0xff, 0]),
    ];
    hear(&mut relay, 0, &said(11, &items, None));
    let forwarded = [r#"SDES 11 ["a@b", "\u{1}xone", "\u{1}ytwo", "�\0"]"#];
    assert_eq!(stacked(&mut relay, 0), [""; 0]);
    assert_eq!(stacked(&mut relay, 1), forwarded);
    assert_eq!(stacked(&mut relay, 1), [""; 0]);
    // Later, the CNAME alone, and a new value: the last of each kind counts.
    let items = [
        item(SdesKind::Cname, b"a@b"),
        item(SdesKind::Priv, b"\x01xnew"),
    ];
    hear(&mut relay, 0, &said(11, &items, None));
    let forwarded = [r#"SDES 11 ["a@b", "\u{1}xnew", "\u{1}ytwo", "�\0"]"#];
    assert_eq!(stacked(&mut relay, 1), forwarded);
    assert_eq!(stacked(&mut relay, 2), forwarded);
}

/// §7.3: a mixer must forward BYE.
#[test]
fn goodbyes_go_to_the_other_clouds_with_their_reason() {
    let mut relay = Relay::new(3, 10);
    let items = [item(SdesKind::Cname, b"a@b")];
    hear(&mut relay, 0, &said(11, &items, Some(b"off to lunch")));
    // A goodbye in the name of a source of another cloud is none.
    hear(&mut relay, 1, &said(11, &items, Some(b"forged")));
    assert!(!relay.has_goodbye(0));
    for cloud in [1, 2] {
        assert!(relay.has_goodbye(cloud));
        let expected = ["SDES 11 [\"a@b\"]", "BYE [11] off to lunch"];
        assert_eq!(stacked(&mut relay, cloud), expected);
        assert!(!relay.has_goodbye(cloud));
    }
    assert_eq!(stacked(&mut relay, 0), [""; 0]);
    // The name is free again.
    hear(&mut relay, 1, &said(11, &items, None));
    assert_eq!(stacked(&mut relay, 0), ["SDES 11 [\"a@b\"]"]);
}

/// §8.2: of two sources of one name, or one that comes around, the first goes on.
#[test]
fn a_name_belongs_to_the_cloud_it_was_heard_in_first() {
    let mut relay = Relay::new(2, 10);
    hear(
        &mut relay,
        0,
        &said(11, &[item(SdesKind::Cname, b"first")], None),
    );
    hear(
        &mut relay,
        1,
        &said(11, &[item(SdesKind::Cname, b"second")], None),
    );
    assert_eq!(stacked(&mut relay, 1), ["SDES 11 [\"first\"]"]);
    assert_eq!(stacked(&mut relay, 0), [""; 0]);
    relay.forget(Ssrc::new(11));
    hear(
        &mut relay,
        1,
        &said(11, &[item(SdesKind::Cname, b"second")], None),
    );
    assert_eq!(stacked(&mut relay, 0), ["SDES 11 [\"second\"]"]);
}

/// What has no room waits for the next report, and all are told in the end; of a description that
/// no packet has room for the CNAME is, which must be.
#[test]
fn what_has_no_room_waits() {
    let mut relay = Relay::new(2, 200);
    let long = [b'x'; 200];
    for ssrc in 0..100 {
        let items = [item(SdesKind::Cname, &long)];
        hear(&mut relay, 0, &said(ssrc, &items, None));
    }
    let mut told = Vec::new();
    for _ in 0..20 {
        let more = stacked(&mut relay, 1);
        assert_eq!(more.len(), 5);
        told.extend(more);
    }
    assert_eq!((told.len(), stacked(&mut relay, 1).len()), (100, 0));
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 100);

    let all = [
        item(SdesKind::Name, &long),
        item(SdesKind::Email, &long),
        item(SdesKind::Cname, b"short"),
    ];
    hear(&mut relay, 0, &said(500, &all, None));
    assert_eq!(stacked(&mut relay, 1), ["SDES 500 [\"short\"]"]);
}

/// §7.3: a mixer that ceases says goodbye for all whom it has forwarded to the cloud.
#[test]
fn a_mixer_that_ceases_says_goodbye_for_those_it_forwarded() {
    let mut relay = Relay::new(3, 100);
    for ssrc in 1..=40 {
        hear(
            &mut relay,
            0,
            &said(ssrc, &[item(SdesKind::Cname, b"c")], None),
        );
    }
    hear(
        &mut relay,
        1,
        &said(77, &[item(SdesKind::Cname, b"c")], None),
    );
    let mut bytes = report(48);
    assert!(relay.cease(1, &mut bytes, 1200));
    assert_eq!(words(&bytes).len(), 2, "nothing was forwarded yet");
    assert_eq!(stacked(&mut relay, 1).len(), 40);
    let mut bytes = report(48);
    assert!(relay.cease(1, &mut bytes, 1200));
    let said = words(&bytes);
    let first: Vec<u32> = (1..=31).collect();
    let rest: Vec<u32> = (32..=40).collect();
    assert_eq!(
        said[2..],
        [
            alloc::format!("BYE {first:?} "),
            alloc::format!("BYE {rest:?} ")
        ]
    );
    assert_eq!(stacked(&mut relay, 2).len(), 41, "another cloud goes on");
}

#[test]
fn sources_and_clouds_are_bounded() {
    let mut relay = Relay::new(1000, 3);
    for ssrc in 0..1000 {
        hear(
            &mut relay,
            0,
            &said(ssrc, &[item(SdesKind::Cname, b"c")], None),
        );
    }
    assert_eq!(stacked(&mut relay, 1).len(), 3);
    assert_eq!(stacked(&mut relay, 63).len(), 3);
    assert_eq!(stacked(&mut relay, 64).len(), 0);
    hear(
        &mut relay,
        64,
        &said(0, &[item(SdesKind::Cname, b"d")], None),
    );
    assert_eq!(stacked(&mut relay, 1).len(), 0);
}
