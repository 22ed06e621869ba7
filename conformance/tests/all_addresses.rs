//! A user agent on all addresses of its host, on both drivers: whoever calls it at one of them is
//! answered from there, and told to come back there (RFC 3261 §8.1.1.8, §18.2.2, RFC 3581 §4).
#![cfg(any(target_os = "linux", target_os = "android"))]

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use offhook::sdp::LocalMedia;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::ua::{UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint};

fn phone() -> UserAgentEndpoint {
    let user = UserAgent::new(UserAgentConfig::new("sip:bob@example.com"));
    UserAgentEndpoint::new(EndpointConfig::default(), user, [7; 32])
}

fn media() -> LocalMedia {
    LocalMedia::audio(([192, 0, 2, 1], 40_000).into())
}

/// Answers if it is called.
fn answer(now: offhook::Instant, event: UaEvent, phone: Option<&mut UserAgentEndpoint>) {
    if let (UaEvent::Incoming { call, .. }, Some(phone)) = (event, phone) {
        phone.accept(now, call, media()).expect("answered");
    }
}

fn soon() -> Option<Instant> {
    Some(Instant::now() + Duration::from_millis(100))
}

fn on_mio(any: SocketAddr, reach: &mut dyn FnMut(u16, &mut dyn FnMut())) {
    let mut driver = offhook_mio::Driver::new().expect("a selector");
    let id = driver.add(phone());
    let (_, bound) = driver.bind_udp_apart(id, any).expect("a port");
    reach(bound.port(), &mut || {
        while let Some((_, event)) = driver.next_event(soon()).expect("the selector works") {
            answer(driver.now(), event, driver.machine_mut(id));
        }
    });
}

fn on_smol(any: SocketAddr, reach: &mut dyn FnMut(u16, &mut dyn FnMut())) {
    let mut driver = offhook_smol::Driver::new().expect("a driver");
    let id = driver.add(phone());
    let (_, bound) = driver.bind_udp_apart(id, any).expect("a port");
    reach(bound.port(), &mut || {
        let next = |driver: &mut offhook_smol::Driver<_>| smol::block_on(driver.next_event(soon()));
        while let Some((_, event)) = next(&mut driver).expect("the selector works") {
            answer(driver.now(), event, driver.machine_mut(id));
        }
    });
}

fn invite(at: SocketAddr, from: SocketAddr) -> String {
    format!(
        "INVITE sip:bob@{at} SIP/2.0\r\n\
         Via: SIP/2.0/UDP {from};rport;branch=z9hG4bK-{port}-{at}\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:alice@example.com>;tag=a\r\n\
         To: <sip:bob@example.com>\r\n\
         Call-ID: to-{at}\r\n\
         CSeq: 1 INVITE\r\n\
         Contact: <sip:alice@{from}>\r\n\
         Content-Length: 0\r\n\r\n",
        port = from.port(),
    )
}

/// Calls at each address, while `run` lets the phone do what it has to.
fn call(outside: &str, hits: &[&str], port: u16, run: &mut dyn FnMut()) {
    let outside = UdpSocket::bind(outside).expect("a port");
    let second = Duration::from_secs(1);
    outside.set_read_timeout(Some(second)).expect("set");
    let from = outside.local_addr().expect("bound");
    for hit in hits {
        let hit: IpAddr = hit.parse().expect("an address");
        let at = SocketAddr::new(hit, port);
        outside
            .send_to(invite(at, from).as_bytes(), at)
            .expect("sent");
        run();
        let mut buffer = [0; 2000];
        let answer = loop {
            let (length, source) = outside.recv_from(&mut buffer).expect("an answer");
            let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if answer.contains(&format!("Call-ID: to-{at}\r\n")) {
                assert_eq!(source, at, "{answer}");
                if answer.starts_with("SIP/2.0 200 ") {
                    break answer;
                }
            }
        };
        assert!(answer.contains(&format!("@{at}>")), "{answer}");
    }
}

#[test]
fn a_call_is_answered_from_the_address_it_came_to() {
    type On = fn(SocketAddr, &mut dyn FnMut(u16, &mut dyn FnMut()));
    let grounds: [On; 2] = [on_mio, on_smol];
    for on in grounds {
        let any = SocketAddr::from(([0, 0, 0, 0], 0));
        let hits = ["127.0.0.1", "127.0.0.2"];
        on(any, &mut |port, run| call("127.0.0.1:0", &hits, port, run));
        if UdpSocket::bind("[::1]:0").is_ok() {
            let any = SocketAddr::from(([0_u16; 8], 0));
            on(any, &mut |port, run| call("[::1]:0", &["::1"], port, run));
        }
    }
}
