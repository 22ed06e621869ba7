use super::*;
use crate::rtp::number::{PayloadType, Timestamp};
use crate::rtp::packet::Header;

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn signalled() -> SocketAddr {
    address("192.0.2.2:4000")
}

fn other_port() -> SocketAddr {
    address("192.0.2.2:5000")
}

fn eve() -> SocketAddr {
    address("198.51.100.9:666")
}

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn guard(rule: RemoteRule) -> Guard {
    Guard::new(Instant::ZERO, rule, signalled())
}

fn try_packet(guard: &mut Guard, now: Instant, from: SocketAddr, ssrc: u32, seq: u16) -> Admission {
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(seq),
        timestamp: Timestamp::new(0),
        ssrc: Ssrc::new(ssrc),
    };
    let mut out = [0; 12];
    let _ = crate::rtp::packet::Outgoing::new(header, &[]).write(&mut out);
    guard.admit(now, from, &Packet::parse(&out).unwrap())
}

#[test]
fn the_signalled_address_is_good_and_shuts_all_others_out() {
    for rule in [
        RemoteRule::Signalled,
        RemoteRule::SameHost,
        RemoteRule::AnyOnce,
    ] {
        let mut guard = guard(rule);
        let first = try_packet(&mut guard, ms(0), signalled(), 1, 1);
        assert_eq!(first, Admission::Admitted);
        for seq in 0..10 {
            for from in [other_port(), eve()] {
                let other = try_packet(&mut guard, ms(1), from, 1, seq);
                assert_eq!(other, Admission::Foreign, "{rule:?}");
            }
        }
        assert_eq!(guard.target(), signalled());
    }
}

#[test]
fn strict_rules_latch_nothing_beyond_them() {
    for (rule, from) in [
        (RemoteRule::Signalled, other_port()),
        (RemoteRule::Signalled, eve()),
        (RemoteRule::SameHost, eve()),
    ] {
        let mut guard = guard(rule);
        for seq in 0..10 {
            let result = try_packet(&mut guard, ms(1), from, 1, seq);
            assert_eq!(result, Admission::Foreign, "{rule:?}");
        }
    }
}

#[test]
fn two_packets_in_sequence_latch_and_only_once() {
    let mut guard = guard(RemoteRule::AnyOnce);
    let nat = address("203.0.113.7:9999");
    assert_eq!(
        try_packet(&mut guard, ms(1), nat, 1, 10),
        Admission::Foreign
    );
    // A gap, another source, another address in between: nobody has followed himself.
    assert_eq!(
        try_packet(&mut guard, ms(2), nat, 1, 12),
        Admission::Foreign
    );
    assert_eq!(
        try_packet(&mut guard, ms(3), nat, 2, 13),
        Admission::Foreign
    );
    assert_eq!(
        try_packet(&mut guard, ms(4), eve(), 2, 14),
        Admission::Foreign
    );
    assert_eq!(guard.target(), signalled());
    assert_eq!(
        try_packet(&mut guard, ms(5), nat, 2, 14),
        Admission::Foreign
    );
    assert_eq!(
        try_packet(&mut guard, ms(6), nat, 2, 15),
        Admission::Latched
    );
    assert_eq!(guard.target(), nat);
    assert_eq!(
        try_packet(&mut guard, ms(7), nat, 2, 90),
        Admission::Admitted
    );
    for seq in 0..5 {
        assert_eq!(
            try_packet(&mut guard, ms(8), eve(), 3, seq),
            Admission::Foreign
        );
    }
    // The address that signalling gave takes over for good when it is heard at last.
    assert_eq!(
        try_packet(&mut guard, ms(9), signalled(), 4, 1),
        Admission::Admitted
    );
    assert_eq!(
        try_packet(&mut guard, ms(10), nat, 2, 91),
        Admission::Foreign
    );
    assert_eq!(guard.target(), signalled());
}

#[test]
fn nothing_is_latched_after_the_window() {
    let mut guard = guard(RemoteRule::AnyOnce);
    for seq in 0..5 {
        let late = try_packet(&mut guard, ms(10_001), eve(), 1, seq);
        assert_eq!(late, Admission::Foreign);
    }
    let signalled = try_packet(&mut guard, ms(60_000), signalled(), 1, 9);
    assert_eq!(signalled, Admission::Admitted);
}

#[test]
fn a_mapped_address_is_the_address_it_maps() {
    let mut guard = guard(RemoteRule::Signalled);
    let mapped = address("[::ffff:192.0.2.2]:4000");
    assert_eq!(
        try_packet(&mut guard, ms(1), mapped, 1, 1),
        Admission::Admitted
    );
    assert_eq!(guard.target(), signalled());
}

#[test]
fn control_comes_from_the_host_that_media_goes_to() {
    let guard = guard(RemoteRule::SameHost);
    let elsewhere = address("192.0.2.77:4001");
    assert!(guard.admits_control(other_port(), address("192.0.2.2:4001")));
    assert!(guard.admits_control(elsewhere, elsewhere));
    assert!(!guard.admits_control(eve(), address("192.0.2.2:4001")));
}
