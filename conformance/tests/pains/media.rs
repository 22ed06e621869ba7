//! What is heard.

use std::net::SocketAddr;
use std::time::Duration;

use offhook::rtp::Timestamp;
use offhook::rtp::audio::{
    AudioConfig, AudioDirection, AudioEvent, AudioPlan, AudioStream, RemoteRule,
};
use offhook::rtp::event::{EventNews, EventReceiver, EventSender};
use offhook::rtp::payload::g711::Law;
use offhook::rtp::payload::telephone_event::EventCode;
use offhook::sdp::{Codec, LocalMedia};
use offhook::sip::ua::UaEvent;
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};

use super::net::{Net, Packet, alice, at, media, ms, sdp};

/// A request within the call that an INVITE has begun, from who was called.
fn in_call(invite: &Packet, method: &str, cseq: u32, body: &str) -> String {
    let (uri, call_id) = (invite.field("Contact"), invite.field("Call-ID"));
    let uri = uri.trim_matches(['<', '>']);
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{method}{cseq}\r\n\
         Max-Forwards: 70\r\nFrom: {};tag=b\r\nTo: {}\r\nCall-ID: {call_id}\r\n\
         CSeq: {cseq} {method}\r\nContact: <sip:bob@192.0.2.9>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        invite.field("To"),
        invite.field("From"),
        body.len(),
    )
}

/// The direction of the one stream of a description.
fn direction(packet: &Packet) -> Option<&str> {
    let lines = packet.text.lines();
    lines
        .filter_map(|line| line.strip_prefix("a="))
        .find(|line| ["sendrecv", "sendonly", "recvonly", "inactive"].contains(line))
}

/// 6. Who was put on hold was hung up on, or went on talking to nobody, as `sendonly` was answered
/// with `sendrecv`; and two who held each other at once never came together again.
#[test]
fn pain_06_hold_and_glare() {
    let mut net = Net::new([alice()]);
    let a = net.call("sip:bob@192.0.2.9");
    let invite = net.hears("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    net.answers_with(&invite, "200 OK", ("b", contact), &sdp("192.0.2.9", ""));
    net.hears("ACK");
    // As it is done today, as it was done in RFC 2543 §B.5, and back again.
    let holds = [
        ("192.0.2.9", "a=sendonly\r\n", "recvonly"),
        ("192.0.2.9", "a=inactive\r\n", "inactive"),
        ("0.0.0.0", "a=sendonly\r\n", "recvonly"),
        ("0.0.0.0", "", "sendrecv"),
        ("192.0.2.9", "a=sendrecv\r\n", "sendrecv"),
    ];
    for (cseq, (host, line, expected)) in (10..).zip(holds) {
        let offer = sdp(host, line).replace("o=- 1 1", &format!("o=- 1 {cseq}"));
        net.says(at(9), at(1), &in_call(&invite, "INVITE", cseq, &offer));
        let answer = net.hears("200 INVITE");
        assert_eq!(direction(&answer).unwrap_or("sendrecv"), expected, "{host}");
        net.says(at(9), at(1), &in_call(&invite, "ACK", cseq, ""));
        net.run(ms(50));
        assert_eq!(net.ended(0), None);
        let call = net.phone(0).0.user().call(a).expect("a call");
        let direction = call.plans().next().expect("media").1.direction;
        // Nothing is sent to no address, whatever the direction says (RFC 3264 §8.4).
        assert_eq!(
            direction.sends(),
            expected == "sendrecv" && host != "0.0.0.0"
        );
    }
    // Both at once: each is told 491, and asks again later than the other (RFC 3261 §14.1).
    let mut net = Net::pair();
    let (a, b) = net.established();
    for (phone, call) in [(0, a), (1, b)] {
        let (endpoint, now) = net.phone(phone);
        endpoint.hold(now, call).expect("a hold");
    }
    net.run(Duration::from_secs(10));
    assert_eq!(net.sent("491 INVITE").len(), 2);
    for (phone, call) in [(0, a), (1, b)] {
        let held = net.told(phone, |event| {
            matches!(event, UaEvent::HoldDone { .. }).then_some(())
        });
        assert_eq!(held, Some(()));
        let call = net.phone(phone).0.user().call(call).expect("a call");
        let direction = call.plans().next().expect("media").1.direction;
        assert!(!direction.receives() && !direction.sends());
    }
    assert_eq!((net.ended(0), net.ended(1)), (None, None));
}

const RTP: FlowId = FlowId::from_driver(0);

/// One packet of silence.
fn packet(number: u16) -> Vec<u8> {
    let time = u32::from(number) * 160;
    let mut bytes = vec![0x80, 0];
    bytes.extend(number.to_be_bytes());
    bytes.extend(time.to_be_bytes());
    bytes.extend([0xca, 0xfe, 0xba, 0xbe]);
    bytes.resize(12 + 160, 0xff);
    bytes
}

struct Ear {
    stream: AudioStream,
    /// Where packets went last.
    target: Option<SocketAddr>,
    latched: Vec<SocketAddr>,
}

impl Ear {
    fn new(rule: RemoteRule, signalled: SocketAddr) -> Self {
        let mut config = AudioConfig::new("ear");
        config.remote_rule = rule;
        let mut stream = AudioStream::new(config, [1; 32]);
        let local = ([192, 0, 2, 1], 4000).into();
        let bound = Input::Bound {
            flow: RTP,
            transport: Transport::Udp,
            local,
        };
        stream.handle_input(Instant::ZERO, bound);
        let plan = AudioPlan::new(Law::Mu, signalled, AudioDirection::SendRecv);
        stream.set_plan(Instant::ZERO, plan);
        Self {
            stream,
            target: None,
            latched: Vec::new(),
        }
    }

    /// Three packets come from somewhere, the first with this number.
    fn hears(&mut self, source: SocketAddr, first: u16) {
        for number in first..first + 3 {
            let now = Instant::from_millis(u64::from(number) * 20);
            let bytes = &packet(number);
            let datagram = Input::Datagram {
                flow: RTP,
                source,
                bytes,
            };
            self.stream.handle_input(now, datagram);
            self.stream.handle_input(now, Input::Timeout);
            let mut bytes = Vec::new();
            loop {
                match self.stream.poll_output(&mut bytes) {
                    Output::Transmit { flow: RTP, to } => self.target = Some(to),
                    Output::Event(AudioEvent::Latched { address }) => self.latched.push(address),
                    Output::Wait(_) => break,
                    _ => {}
                }
            }
        }
    }
}

/// 17. Somebody behind a NAT wrote their private address into the description, and heard nothing; where
/// packets were sent back to wherever they came from, anybody could take over a call.
#[test]
fn pain_17_one_way_audio_and_a_private_address() {
    let private = SocketAddr::from(([10, 0, 0, 5], 5000));
    let public = SocketAddr::from(([198, 51, 100, 7], 40_000));
    let thief = SocketAddr::from(([203, 0, 113, 66], 6666));
    let mut ear = Ear::new(RemoteRule::AnyOnce, private);
    ear.hears(public, 1);
    assert_eq!((ear.target, &*ear.latched), (Some(public), &[public][..]));
    // Once, and no more.
    ear.hears(thief, 10);
    ear.hears(public, 20);
    assert_eq!((ear.target, ear.latched.len()), (Some(public), 1));
    // Who has not asked for it is not open to it at all.
    let mut ear = Ear::new(AudioConfig::new("").remote_rule, private);
    ear.hears(public, 1);
    assert_eq!((ear.target, ear.latched.len()), (Some(private), 0));
}

/// 18. Keys were sent with the clock of another format, or with a new timestamp in every packet, and were
/// heard twice, or not at all.
#[test]
fn pain_18_clock_rates_and_timestamps_of_keys() {
    // Two clocks are offered: that of the voice is taken.
    let mut net = Net::new([alice()]);
    let (phone, now) = net.phone(0);
    let codecs = vec![Codec::PCMU, Codec::TELEPHONE_EVENT];
    let ours = LocalMedia { codecs, ..media(1) };
    phone
        .invite_without_offer(now, "sip:bob@192.0.2.9", ours)
        .expect("an INVITE");
    let invite = net.hears("INVITE");
    let offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                 m=audio 5000 RTP/AVP 96 0 101 102\r\na=rtpmap:96 opus/48000/2\r\n\
                 a=rtpmap:101 telephone-event/48000\r\na=rtpmap:102 telephone-event/8000\r\n";
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    net.answers_with(&invite, "200 OK", ("b", contact), offer);
    let ack = net.hears("ACK");
    assert!(
        ack.text.contains("a=rtpmap:102 telephone-event/8000"),
        "{}",
        ack.text
    );
    assert!(!ack.text.contains("48000"), "{}", ack.text);
    let plan = net.told(0, |event| match event {
        UaEvent::MediaAgreed { plan, .. } => Some((plan.codec.clock_rate, plan.telephone_event)),
        _ => None,
    });
    assert_eq!(plan, Some((8000, Some(102))));

    // One key is one timestamp, however long it is held and however often it is told; and it is
    // heard once, with the packets in twice and one of them lost.
    let begin = Timestamp::new(u32::MAX - 500);
    let mut sender = EventSender::default();
    let five = EventCode::of_key('5').expect("a key");
    sender.begin(begin, five, 10);
    let mut reports = Vec::new();
    for turn in 1..=12 {
        let now = Timestamp::new(begin.as_u32().wrapping_add(turn * 160));
        if turn == 8 {
            sender.end(now);
        }
        sender.turn(now, |report| reports.push(report));
    }
    assert!(reports.len() > 8 && reports.iter().all(|report| report.timestamp == begin));
    let mut receiver = EventReceiver::new(8000);
    let mut news = Vec::new();
    for (number, report) in (0_u64..).zip(&reports) {
        let now = Instant::from_millis(20 * number);
        for _ in 0..if number == 3 { 0 } else { 2 } {
            receiver.receive(now, report.timestamp, &report.event.to_octets());
        }
        news.extend(std::iter::from_fn(|| receiver.poll_news()));
    }
    let begun = news
        .iter()
        .filter(|one| matches!(one, EventNews::Began { .. }))
        .count();
    assert_eq!(begun, 1, "{news:?}");
}
