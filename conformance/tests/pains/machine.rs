//! What the program around a stack has to suffer.

use std::net::SocketAddr;
use std::time::Duration;

use offhook::dns::{Answer, LookupFailure};
use offhook::sip::endpoint::{
    Endpoint, EndpointConfig, Events, FlowChange, Stack, TransactionUser, TuEvent, UserTimer,
};
use offhook::sip::message::{HeaderName, Method, ResponseBuilder, StatusCode};
use offhook::sip::ua::{EndReason, UaEvent, UserAgent, UserAgentEndpoint};
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};

use super::net::{Net, alice, at, bob, media, ms};

/// 3. Every call left something behind, until the memory was full: dialogs, transactions, timers.
#[test]
fn pain_03_state_that_is_never_freed() {
    let mut net = Net::pair();
    for round in 0..60 {
        let (a, b) = net.ringing();
        match round % 6 {
            0 => net.hangs_up(0, a),
            1 => {
                let (bob, now) = net.phone(1);
                bob.reject(now, b, StatusCode::BUSY_HERE)
                    .expect("a refusal");
            }
            2 => {
                // Nobody ever hears of it again.
                net.accepts(1, b);
                net.run(ms(100));
                net.lose(|packet| packet.kind() == "BYE" || packet.kind() == "200 BYE");
                net.hangs_up(1, b);
                net.run(ms(100));
                net.hangs_up(0, a);
                net.run(Duration::from_secs(40));
                net.lose_nothing_more();
            }
            3 => net.run(Duration::from_secs(200)),
            4 => {
                let (alice, now) = net.phone(0);
                alice
                    .options(now, "sip:192.0.2.9")
                    .expect("a question to nobody");
                net.accepts(1, b);
                net.run(ms(100));
                net.hangs_up(0, a);
            }
            _ => {
                net.accepts(1, b);
                net.hangs_up(0, a);
            }
        }
        net.run(Duration::from_secs(1));
    }
    net.assert_empty();
    // Nor does anybody wait for anything.
    assert_eq!(net.drain(), None);
}

/// 4. A command given in a callback waited for a lock that its caller held, and the phone stood still.
#[test]
fn pain_04_deadlocks_between_locks_and_callbacks() {
    // Everything is told by return, so that there is nothing to be within: whatever is told can be
    // acted upon at once, in the middle of all else that is to come out.
    fn reacts(phone: &mut UserAgentEndpoint, now: Instant, event: &UaEvent) {
        match event {
            UaEvent::Incoming { call, .. } => {
                phone.ring(now, *call).expect("it rings");
                phone.accept(now, *call, media(2)).expect("an answer");
                phone.options(now, "sip:192.0.2.1").expect("a question");
            }
            UaEvent::Answered { call } => {
                phone.hold(now, *call).expect("a hold");
                phone.hang_up(now, *call).expect("an end");
                phone
                    .invite(now, "sip:nobody@192.0.2.9", media(1))
                    .expect("another");
            }
            UaEvent::Ended { call, .. } => {
                // What is over is known to be so.
                assert!(phone.hang_up(now, *call).is_err());
            }
            _ => {}
        }
    }
    let mut net = Net::pair();
    net.reacts = Some(reacts);
    net.call("sip:bob@192.0.2.2");
    net.run(ms(500));
    let ends = [EndReason::HungUp, EndReason::RemoteHungUp];
    assert!(
        [0, 1]
            .iter()
            .all(|phone| net.ended(*phone).is_some_and(|end| ends.contains(&end)))
    );
    assert_eq!(net.sent("200 OPTIONS").len(), 1);
    net.assert_empty();
    // It has no locks, and goes to whatever thread likes.
    fn goes_anywhere<T: Send>() {}
    goes_anywhere::<UserAgentEndpoint>();
}

fn vectors() -> Vec<Vec<u8>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/rfc4475");
    let files = std::fs::read_dir(root).expect("the torture tests");
    let bytes = files.map(|file| std::fs::read(file.expect("a file").path()).expect("read"));
    bytes.collect()
}

const INVITE: &str = "INVITE sip:alice@192.0.2.1 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n\
    From: \"Bob\" <sip:bob@example.org>;tag=b\r\nTo: <sip:alice@example.org>\r\n\
    Call-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:bob@192.0.2.9>\r\n\
    Content-Type: application/sdp\r\nContent-Length: 108\r\n\r\n\
    v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 5000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

/// 14. One packet that was not what it should be ended the whole program.
#[test]
fn pain_14_malformed_messages_crash_it() {
    let mut net = Net::pair();
    let source = at(9);
    let mut hostile = vectors();
    assert!(hostile.len() >= 49);
    let whole = INVITE.as_bytes();
    for at in 0..whole.len() {
        hostile.push(whole[..at].to_vec());
        for byte in [0, b'\r', b'\n', b' ', b':', b'<', b'"', b'9', 0x80, 0xff] {
            let mut wrong = whole.to_vec();
            wrong[at] = byte;
            hostile.push(wrong);
        }
    }
    for bytes in &hostile {
        // The first flow a phone has is of datagrams.
        let flow = FlowId::from_driver(1);
        let datagram = Input::Datagram {
            flow,
            source,
            bytes,
        };
        let (phone, now) = net.phone(0);
        phone.handle_input(now, datagram);
        let mut out = Vec::new();
        while !matches!(phone.poll_output(&mut out), Output::Wait(_)) {}
        assert_eq!(phone.check(), Ok(()));
    }
    net.run(Duration::from_secs(300));
    let (a, b) = net.established();
    net.hangs_up(1, b);
    net.run(ms(100));
    let stage = net.phone(0).0.user().call(a).map(|call| call.stage());
    assert_ne!(stage, Some(offhook::sip::ua::Stage::Established));
    net.assert_empty();
}

/// 19. What the stack had not thought of could not be done, and how to do it was not said: the layer
/// below is public, and this is all it takes to answer OPTIONS one's own way.
#[test]
fn pain_19_too_little_control() {
    struct Own;

    impl TransactionUser for Own {
        type Event = String;

        fn on_event(&mut self, stack: &mut Stack, event: TuEvent, events: &mut Events<String>) {
            if let TuEvent::Request {
                transaction,
                request,
                ..
            } = event
            {
                events.push(request.method().as_str().to_owned());
                let status = match request.method() {
                    Method::Options => StatusCode::OK,
                    _ => StatusCode::NOT_IMPLEMENTED,
                };
                let mut response = ResponseBuilder::to(&request, status);
                response
                    .to_tag("own")
                    .field(HeaderName::Organization, "ours");
                let response = response.finish().expect("a response");
                stack.respond(transaction, response).expect("it is new");
            }
        }

        fn on_timer(&mut self, _: &mut Stack, _: UserTimer, _: &mut Events<String>) {}

        fn on_flow(&mut self, _: &mut Stack, _: FlowId, _: FlowChange, _: &mut Events<String>) {}

        fn is_idle(&self) -> bool {
            true
        }

        fn check(&self, _: &Stack) -> Result<(), &'static str> {
            Ok(())
        }
    }

    let mut endpoint = Endpoint::new(EndpointConfig::default(), Own, [1; 32]);
    let (now, flow) = (Instant::from_millis(1), FlowId::from_driver(0));
    let bound = Input::Bound {
        flow,
        transport: Transport::Udp,
        local: at(1),
    };
    endpoint.handle_input(now, bound);
    let request = INVITE.replace("INVITE", "OPTIONS");
    let datagram = Input::Datagram {
        flow,
        source: at(9),
        bytes: request.as_bytes(),
    };
    endpoint.handle_input(now, datagram);
    let (mut bytes, mut said, mut told) = (Vec::new(), String::new(), Vec::new());
    loop {
        match endpoint.poll_output(&mut bytes) {
            Output::Transmit { .. } => said = String::from_utf8_lossy(&bytes).into_owned(),
            Output::Event(event) => told.push(event),
            Output::Wait(_) => break,
            _ => {}
        }
    }
    assert!(said.starts_with("SIP/2.0 200 OK\r\n") && said.contains("Organization: ours\r\n"));
    assert_eq!(told, ["OPTIONS"]);
}

/// 20. A restart ended every call; an address of version 6, or a DNS that did not answer, ended the
/// program; and one runtime had to be had.
#[test]
fn pain_20_restarts_ipv6_and_the_dns() {
    // The phone is taken away in the middle of a call, and another takes up where it was: there is
    // nothing around it but what a test has.
    let mut net = Net::pair();
    let (a, b) = net.established();
    let (phone, now) = net.phone(0);
    let saved = phone.save_call(now, a).expect("a call");
    let again = UserAgent::new(alice());
    net.phones[0].endpoint = Endpoint::new(EndpointConfig::default(), again, [77; 32]);
    net.bind(0, at(1));
    let (phone, now) = net.phone(0);
    let away = Duration::from_secs(5);
    let a = phone.restore_call(now, &saved, away).expect("the call");
    net.hangs_up(0, a);
    net.run(ms(100));
    assert_eq!(net.ended(1), Some(EndReason::RemoteHungUp));
    assert!(net.phone(1).0.hang_up(Instant::ZERO, b).is_err());
    net.assert_empty();

    let mut net = Net::new([alice(), bob()]);
    let six = |n: u16| SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, n], 5060));
    net.bind(0, six(1));
    net.bind(1, six(2));
    net.call("sip:bob@[2001:db8::2]");
    net.run(ms(100));
    let b = net.incoming(1);
    net.accepts(1, b);
    net.run(ms(100));
    net.hangs_up(1, b);
    net.run(ms(100));
    assert_eq!(net.ended(0), Some(EndReason::RemoteHungUp));
    net.assert_empty();

    for answer in [
        Answer::NoSuchName { ttl: 0 },
        Answer::NoData { ttl: 0 },
        Answer::Failed(LookupFailure::Timeout),
        Answer::Records([].into()),
    ] {
        let mut phone = Endpoint::new(EndpointConfig::default(), UserAgent::new(alice()), [1; 32]);
        let (mut now, flow) = (Instant::from_millis(1), FlowId::from_driver(0));
        let bound = Input::Bound {
            flow,
            transport: Transport::Udp,
            local: at(1),
        };
        phone.handle_input(now, bound);
        phone
            .invite(now, "sip:bob@example.net", media(1))
            .expect("a call");
        let (mut bytes, mut reason) = (Vec::new(), None);
        let mut left = 1000;
        while reason.is_none() && left > 0 {
            left -= 1;
            match phone.poll_output(&mut bytes) {
                Output::Resolve { query, .. } => {
                    let answer = &answer;
                    phone.handle_input(now, Input::Resolved { query, answer });
                }
                Output::Event(UaEvent::Ended { reason: why, .. }) => reason = Some(why),
                Output::Wait(Some(next)) => {
                    now = next;
                    phone.handle_input(now, Input::Timeout);
                }
                _ => {}
            }
        }
        assert!(
            matches!(reason, Some(EndReason::NotLocated(_))),
            "{answer:?}: {reason:?}"
        );
    }
}
