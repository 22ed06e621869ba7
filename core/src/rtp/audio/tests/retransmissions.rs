//! Packets asked for and sent again (RFC 4585, RFC 4588).

use super::*;
use crate::rtp::payload::rtx::Retransmission;
use crate::rtp::rtcp::Feedback;

const RTX: PayloadType = PayloadType::from_octet(97);
/// Enough for a request every few packets.
const WIDE: Bandwidth = Bandwidth {
    senders: 40_000,
    receivers: 40_000,
};

fn again(time: u64) -> Retransmissions {
    let formats = [(RTX, PayloadType::PCMA)];
    Retransmissions::new(&formats, Duration::from_millis(time))
}

fn with(host: u8, again: Option<Retransmissions>) -> AudioPlan {
    AudioPlan {
        send_retransmission: again,
        receive_retransmission: again,
        bandwidth: Some(WIDE),
        ..plan(host, AudioDirection::SendRecv)
    }
}

/// Alice, who speaks for a second, Bob, and a way of some length between them.
struct Talk {
    alice: AudioStream,
    bob: AudioStream,
    way: u64,
    /// When it arrives, whether at Bob, over which flow, what.
    under_way: Vec<(u64, bool, FlowId, Vec<u8>)>,
    /// All that Alice sent in the stream itself, and again.
    sent: Vec<Vec<u8>>,
    repeats: Vec<Vec<u8>>,
    /// What Bob sent of reports, and when.
    reports: Vec<(u64, Vec<u8>)>,
    alice_reports: Vec<Vec<u8>>,
    heard: Vec<i16>,
}

impl Talk {
    fn new(way: u64, plan: impl Fn(u8) -> AudioPlan) -> Self {
        let mut alice = stream(1, AudioConfig::new("alice@a"));
        let mut bob = stream(2, AudioConfig::new("bob@b"));
        alice.set_plan(ms(0), plan(2));
        bob.set_plan(ms(0), plan(1));
        assert_eq!(alice.push_capture(&wave(4000, 3)), 4000);
        Self {
            alice,
            bob,
            way,
            under_way: Vec::new(),
            sent: Vec::new(),
            repeats: Vec::new(),
            reports: Vec::new(),
            alice_reports: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// Runs both, and loses what Alice sends unless it is to be kept: by its place in the stream,
    /// and by how many of those sent again went before it.
    fn run(
        mut self,
        end: u64,
        keep: impl Fn(usize) -> bool,
        keep_again: impl Fn(usize) -> bool,
    ) -> Self {
        for now in 0..end {
            let mut due = Vec::new();
            self.under_way.retain(|(at, to_bob, flow, bytes)| {
                if *at <= now {
                    due.push((*to_bob, *flow, bytes.clone()));
                }
                *at > now
            });
            for (to_bob, flow, bytes) in due {
                let (to, host) = match to_bob {
                    true => (&mut self.bob, 1),
                    false => (&mut self.alice, 2),
                };
                let port = if flow == RTP { 4000 } else { 4001 };
                let input = Input::Datagram {
                    flow,
                    source: address(host, port),
                    bytes: &bytes,
                };
                to.handle_input(ms(now), input);
            }
            let out = timeout(&mut self.alice, ms(now));
            for bytes in out.rtp {
                let is_again = Packet::parse(&bytes).unwrap().payload_type() == RTX;
                let kept = match is_again {
                    true => keep_again(self.repeats.len()),
                    false => keep(self.sent.len()),
                };
                let place = match is_again {
                    true => &mut self.repeats,
                    false => &mut self.sent,
                };
                place.push(bytes.clone());
                if kept {
                    self.under_way.push((now + self.way, true, RTP, bytes));
                }
            }
            for bytes in out.rtcp {
                self.alice_reports.push(bytes.clone());
                self.under_way.push((now + self.way, true, RTCP, bytes));
            }
            for bytes in timeout(&mut self.bob, ms(now)).rtcp {
                self.reports.push((now, bytes.clone()));
                self.under_way.push((now + self.way, false, RTCP, bytes));
            }
            let mut pcm = [0; 800];
            let count = self.bob.take_playout(&mut pcm);
            self.heard.extend_from_slice(&pcm[..count]);
        }
        self
    }

    /// Which packets Bob asked for, and when.
    fn requests(&self) -> Vec<(u64, Vec<SequenceNumber>)> {
        let of = |bytes: &[u8]| -> Vec<SequenceNumber> {
            let compound = Compound::parse(bytes).unwrap();
            let nacks = compound.packets().filter_map(|packet| match packet {
                RtcpPacket::Feedback(one) => match one.feedback {
                    Feedback::GenericNack(entries) => {
                        assert_eq!(one.media_source, self.alice.ssrc());
                        Some(entries)
                    }
                    _ => None,
                },
                _ => None,
            });
            nacks
                .flat_map(|entries| {
                    entries
                        .iter()
                        .flat_map(|nack| nack.packets())
                        .collect::<Vec<_>>()
                })
                .collect()
        };
        let all = self.reports.iter().map(|(at, bytes)| (*at, of(bytes)));
        all.filter(|(_, numbers)| !numbers.is_empty()).collect()
    }
}

/// RFC 4585 §3.5.2: at once, between two parties; RFC 4588 §6.3: after what may be reordered.
// shows: S079 S080
#[test]
fn a_missing_packet_is_asked_for_and_sent_again() {
    let plan = |host| with(host, Some(again(200)));
    let talk = Talk::new(20, plan).run(900, |n| n != 10, |_| true);
    let lost = Packet::parse(&talk.sent[10]).unwrap();
    let requests = talk.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    // The eleventh is sent at 220 ms; the next one shows at 260 ms that it did not come.
    assert_eq!(requests[0], (270, vec![lost.sequence()]));

    assert_eq!(talk.repeats.len(), 1);
    let repeat = Packet::parse(&talk.repeats[0]).unwrap();
    let read = Retransmission::unpack(repeat.payload()).unwrap();
    assert_eq!(read.original, lost.sequence());
    assert_eq!(read.payload, lost.payload());
    assert_eq!(repeat.timestamp(), lost.timestamp());
    assert_ne!(repeat.ssrc(), lost.ssrc());
    assert_eq!(repeat.payload_type(), RTX);
    assert_eq!(talk.bob.report().repaired, 1);
    assert_eq!(talk.bob.remote_ssrc(), Some(talk.alice.ssrc()));
}

/// Every packet but the first two, at every place, and two in a row: nobody hears it.
// shows: S079
#[test]
fn what_is_sent_again_in_time_is_not_heard() {
    let plan = |host| with(host, Some(again(200)));
    for way in [1, 20, 40] {
        let whole = Talk::new(way, plan).run(900, |_| true, |_| true);
        assert_eq!(whole.requests(), [], "nothing was missing");
        assert!(contains(&whole.heard, &wave(4000, 3)));
        for place in 0..7 {
            let keep = |n: usize| n < 2 || (n + place) % 7 > 1;
            let talk = Talk::new(way, plan).run(900, keep, |_| true);
            assert!(talk.bob.report().lost > 5);
            assert_eq!(talk.heard, whole.heard, "{way} {place}");
        }
    }
}

/// RFC 4588 §6.3: what was lost once more is asked for once more, after a round trip.
#[test]
fn a_lost_answer_is_asked_for_again() {
    let plan = |host| with(host, Some(again(300)));
    let whole = Talk::new(20, plan).run(900, |_| true, |_| true);
    let talk = Talk::new(20, plan).run(900, |n| n != 10, |n| n != 0);
    let requests = talk.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    let apart = requests[1].0 - requests[0].0;
    assert!(apart >= 60, "a round trip and more: {apart}");
    assert_eq!(talk.repeats.len(), 2);
    let number = |n: usize| Packet::parse(&talk.repeats[n]).unwrap().sequence();
    assert_eq!(number(1), number(0).next(), "the stream counts for itself");
    assert_eq!(talk.heard, whole.heard);
}

/// RFC 4588 §7: of two thirds lost, a quarter and a burst at most is sent again.
#[test]
fn what_is_sent_again_is_bounded() {
    let plan = |host| with(host, Some(again(300)));
    let talk = Talk::new(5, plan).run(900, |n| n < 2 || n % 3 == 0, |_| true);
    let (sent, repeats) = (talk.sent.len(), talk.repeats.len());
    assert!(talk.bob.report().lost > 20);
    assert!((8..=8 + sent / 4).contains(&repeats), "{repeats} of {sent}");
    // And no request is answered more than twice, whoever insists.
    let mut alice = talk.alice;
    let number = Packet::parse(&talk.sent[43]).unwrap().sequence();
    let mut repeats = 0;
    for n in 0..5 {
        let nacks = [crate::rtp::rtcp::Nack {
            packet: number,
            following: 0,
        }];
        let mut bytes = [0; 100];
        let size = crate::rtp::rtcp::CompoundWriter::new(&mut bytes)
            .report(Ssrc::new(9), None, &[])
            .source_description(
                Ssrc::new(9),
                [crate::rtp::rtcp::SdesItem {
                    kind: crate::rtp::rtcp::SdesKind::Cname,
                    text: b"x",
                }],
            )
            .feedback(&crate::rtp::rtcp::FeedbackPacket {
                sender: Ssrc::new(9),
                media_source: alice.ssrc(),
                feedback: Feedback::GenericNack(nacks.as_slice().into()),
            })
            .finish()
            .unwrap();
        let input = Input::Datagram {
            flow: RTCP,
            source: address(2, 4001),
            bytes: &bytes[..size],
        };
        alice.handle_input(ms(901 + n), input);
        let out = timeout(&mut alice, ms(901 + n));
        let is_again = |bytes: &&Vec<u8>| Packet::parse(bytes).unwrap().payload_type() == RTX;
        repeats += out.rtp.iter().filter(is_again).count();
    }
    assert!(repeats <= 2, "{repeats}");
}

/// RFC 4585 §3.5.2 step 4a: with the bandwidth of a telephone call, one early packet costs a
/// regular one, and what cannot be told in time is not told.
#[test]
fn requests_keep_to_the_bandwidth_of_reports() {
    let plan = |host| AudioPlan {
        bandwidth: None,
        ..with(host, Some(again(200)))
    };
    let keep = |n: usize| n < 2 || n % 4 > 0;
    let talk = Talk::new(5, plan).run(5_000, keep, |_| true);
    let octets: usize = talk.reports.iter().map(|(_, bytes)| bytes.len() + 28).sum();
    // Bob's share is at most all of 4000 bits in a second, and the first report is not waited for.
    let most = 5 * 4000 / 8 + 200;
    assert!(octets <= most, "{octets} of {most}");
    assert!(!talk.requests().is_empty());
}

/// Regular reports keep to T_rr_interval, and requests are none the later for it.
#[test]
fn regular_reports_are_rare_and_requests_early() {
    let rare = again(200).with_regular_interval(Duration::from_secs(5));
    let plan = |host| with(host, Some(rare));
    let talk = Talk::new(20, plan).run(2_400, |n| n != 10, |_| true);
    let requests = talk.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].0, 270);
    // The first report, the early one.
    assert_eq!(talk.reports.len(), 2, "{:?}", talk.reports);
    let often = Talk::new(20, |host| with(host, Some(again(200)))).run(2_400, |_| true, |_| true);
    assert!(often.reports.len() > 10);
}

/// RFC 4588 §6.1: the stream of what is sent again reports, is named, and says goodbye.
#[test]
fn what_is_sent_again_is_a_source_of_its_own() {
    let plan = |host| with(host, Some(again(200)));
    let mut talk = Talk::new(20, plan).run(900, |n| n != 10, |_| true);
    let repeats = Packet::parse(&talk.repeats[0]).unwrap().ssrc();
    talk.alice.leave(ms(900));
    let out = timeout(&mut talk.alice, ms(900));
    let goodbye = Compound::parse(&out.rtcp[0]).unwrap();
    let left = goodbye.packets().find_map(|packet| match packet {
        RtcpPacket::Goodbye(goodbye) => Some(goodbye.sources().collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(left, Some(vec![talk.alice.ssrc(), repeats]));
    let reported = talk.alice_reports.iter().any(|bytes| {
        let compound = Compound::parse(bytes).unwrap();
        let is_it = |packet: RtcpPacket<'_>| {
            matches!(packet, RtcpPacket::SenderReport(one) if one.ssrc() == repeats
                && one.info().packets == 1 && one.info().octets == 162)
        };
        let is_named = |packet: RtcpPacket<'_>| {
            matches!(packet, RtcpPacket::SourceDescription(one)
                if one.chunks().any(|it| it.ssrc() == repeats && it.cname() == Some(b"alice@a")))
        };
        compound.packets().any(is_it) && compound.packets().any(is_named)
    });
    assert!(reported);
}

/// RFC 4588 §5.3: nothing is taken that was not asked for.
#[test]
fn what_was_not_asked_for_is_not_played() {
    let mut bob = stream(2, AudioConfig::new("bob@b"));
    bob.set_plan(ms(0), with(1, Some(again(200))));
    for n in 0..5_u16 {
        receive_from(
            &mut bob,
            ms(20 * u64::from(n)),
            address(1, 4000),
            &packet(n, &[1000; 160]),
        );
    }
    let payload = [&[0, 3][..], &[0x11; 160]].concat();
    let header = Header {
        marker: false,
        payload_type: RTX,
        sequence: SequenceNumber::new(1),
        timestamp: Timestamp::new(480),
        ssrc: Ssrc::new(77),
    };
    let mut bytes = vec![0; 12 + payload.len()];
    Outgoing::new(header, &payload).write(&mut bytes).unwrap();
    receive_from(&mut bob, ms(100), address(1, 4000), &bytes);
    assert_eq!(bob.dropped(DropReason::NotAskedFor), 1);
    assert_eq!(bob.report().repaired, 0);
}
