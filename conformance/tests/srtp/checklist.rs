//! What broke other stacks when it came as SRTP: one test for each.

use offhook::cipher::Ciphers;
use offhook::rtp::srtp::{
    MasterKey, Policy, ReceiveContext, Suite, UnprotectError, counter_iv, derive_key,
};
use offhook_mio::RustCrypto;

use super::packets::{
    SSRC, SUITES, control, key, media, pair, pair_with, protect, protect_control, unprotect,
    unprotect_control,
};

const SUITE: Suite = Suite::AesCm128HmacSha1Tag80;

/// Every suite that has tags, with a window of 64.
fn policies() -> impl Iterator<Item = Policy> {
    SUITES.into_iter().map(Policy::new)
}

/// A packet with the last octet of its tag changed.
fn bent(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    *packet.last_mut().unwrap() ^= 1;
    packet
}

/// RFC 3711 §3.3: the counter follows only packets that are authentic. Each of these would move it
/// on by itself: the number is on the far side of a wrap.
#[test]
fn a_wrong_tag_moves_no_rollover_counter() {
    for policy in policies() {
        let suite = policy.suite;
        let (mut send, mut receive) = pair(&policy);
        let sent: Vec<_> = (0xfff0..0x1_0010_u32)
            .map(|n| protect(&mut send, &media(SSRC, n as u16, b"payload")))
            .collect();
        assert!(unprotect(&mut receive, &sent[0]).is_ok());
        for _ in 0..3 {
            for packet in &sent[16..] {
                assert_eq!(
                    unprotect(&mut receive, &bent(packet)),
                    Err(UnprotectError::Authentication),
                    "{suite:?}"
                );
            }
        }
        for (n, packet) in sent.iter().enumerate().skip(1) {
            assert!(unprotect(&mut receive, packet).is_ok(), "{suite:?} {n}");
        }
    }
}

/// RFC 3711 §3.3.2: nor is it a packet that was there, or that pushes others out of the window.
#[test]
fn a_wrong_tag_moves_no_replay_list() {
    for policy in policies() {
        let suite = policy.suite;
        let (mut send, mut receive) = pair(&policy);
        let sent: Vec<_> = (0..200)
            .map(|n| protect(&mut send, &media(SSRC, n, b"payload")))
            .collect();
        assert!(unprotect(&mut receive, &sent[63]).is_ok());
        for packet in &sent {
            assert!(unprotect(&mut receive, &bent(packet)).is_err());
        }
        for packet in &sent[..63] {
            assert!(unprotect(&mut receive, packet).is_ok(), "{suite:?}");
        }
        let reports: Vec<_> = (0..200)
            .map(|_| protect_control(&mut send, &control(SSRC)))
            .collect();
        assert!(unprotect_control(&mut receive, &reports[63]).is_ok());
        for packet in &reports {
            // The identifier or the tag is last, and the index before it.
            assert!(unprotect_control(&mut receive, &bent(packet)).is_err());
        }
        for packet in &reports[..63] {
            assert!(unprotect_control(&mut receive, packet).is_ok(), "{suite:?}");
        }
    }
}

/// RFC 3711 §3.3.2: the last number that is in the window and the first that is not, before and
/// after it moves; each one once.
#[test]
fn the_replay_list_ends_where_its_window_does() {
    for policy in policies() {
        let suite = policy.suite;
        let (mut send, mut receive) = pair(&policy);
        let sent: Vec<_> = (0..1000)
            .map(|n| protect(&mut send, &media(SSRC, n, b"payload")))
            .collect();
        let mut is = |n: usize, expected: Result<(), UnprotectError>| {
            let result = unprotect(&mut receive, &sent[n]).map(|_| ());
            assert_eq!(result, expected, "{suite:?} {n}");
        };
        is(100, Ok(()));
        is(100, Err(UnprotectError::Replayed));
        is(36, Err(UnprotectError::TooOld));
        is(37, Ok(()));
        is(37, Err(UnprotectError::Replayed));
        // One more moves its edge by one; a jump of a whole window and more empties it.
        is(101, Ok(()));
        is(37, Err(UnprotectError::TooOld));
        is(38, Ok(()));
        is(100, Err(UnprotectError::Replayed));
        is(164, Ok(()));
        is(101, Err(UnprotectError::Replayed));
        is(100, Err(UnprotectError::TooOld));
        is(102, Ok(()));
        is(999, Ok(()));
        is(164, Err(UnprotectError::TooOld));
        is(936, Ok(()));
        is(935, Err(UnprotectError::TooOld));
        for n in 937..999 {
            is(n, Ok(()));
            is(n, Err(UnprotectError::Replayed));
        }
    }
}

/// RFC 3711 §3.3.1: at each wrap the counter goes on by one, for the packets behind it alone,
/// whatever overtakes what.
#[test]
fn the_rollover_counter_wraps_with_the_sequence_number() {
    for policy in policies() {
        let suite = policy.suite;
        let (mut send, mut receive) = pair(&policy);
        let around: Vec<_> = (0..3_u32 << 16)
            .filter(|n| n & 0xffff < 8 || n & 0xffff > 0xfff7 || n & 0x3fff == 0)
            .collect();
        let mut sent: Vec<_> = around
            .iter()
            .map(|n| {
                let packet = media(SSRC, *n as u16, &n.to_be_bytes());
                (protect(&mut send, &packet), packet)
            })
            .collect();
        // Within a window, the later half first.
        for wrap in [1_u32 << 16, 2 << 16] {
            let at = around.iter().position(|n| *n == wrap).unwrap();
            sent[at - 8..at + 8].rotate_left(8);
        }
        for (protected, packet) in &sent {
            let opened = unprotect(&mut receive, protected);
            assert_eq!(opened.as_ref(), Ok(packet), "{suite:?}");
            assert_eq!(
                unprotect(&mut receive, protected),
                Err(UnprotectError::Replayed)
            );
        }
    }
}

/// RFC 3711 §9.2: behind the last index of all there is none, and it does not begin again.
#[test]
fn the_rollover_counter_ends() {
    let (mut send, mut receive) = pair(&Policy::new(SUITE));
    let last = protect(&mut send, &media(SSRC, 0xffff, b"payload"));
    assert!(receive.join(SSRC, u32::MAX, 0xfffe));
    assert_eq!(
        unprotect(&mut receive, &last),
        Err(UnprotectError::Authentication),
        "it was made with a counter of 0"
    );
    for n in [0, 1, 0x7000] {
        let wrapped = protect(&mut pair(&Policy::new(SUITE)).0, &media(SSRC, n, b"x"));
        assert_eq!(
            unprotect(&mut receive, &wrapped),
            Err(UnprotectError::TooOld)
        );
    }
}

/// RFC 3711 §3.1: who agreed on an identifier finds it in every packet, and who did not in none; a
/// packet of the other kind is not let in, nor is one with an identifier nobody knows.
#[test]
fn an_identifier_is_there_or_not_as_agreed() {
    for policy in policies() {
        let suite = policy.suite;
        let named = key(suite, 1).with_identifier(&[9, 8, 7, 6]);
        let stranger = key(suite, 1).with_identifier(&[9, 8, 7, 5]);
        let (mut with, mut expects) = pair_with(&policy, &[named]);
        let (mut without, mut expects_none) = pair(&policy);
        let (mut strange, _) = pair_with(&policy, &[stranger]);
        assert_eq!(with.media_overhead(), without.media_overhead() + 4);
        assert_eq!(with.control_overhead(), without.control_overhead() + 4);

        let (packet, report) = (media(SSRC, 1, b"payload"), control(SSRC));
        let (named, plain) = (protect(&mut with, &packet), protect(&mut without, &packet));
        let foreign = protect(&mut strange, &packet);
        assert_eq!(unprotect(&mut expects, &named), Ok(packet.clone()));
        assert_eq!(unprotect(&mut expects_none, &plain), Ok(packet.clone()));
        assert!(unprotect(&mut expects, &plain).is_err(), "{suite:?}");
        assert!(unprotect(&mut expects_none, &named).is_err(), "{suite:?}");
        assert_eq!(
            unprotect(&mut expects, &foreign),
            Err(UnprotectError::UnknownKey)
        );

        let (named, plain) = (
            protect_control(&mut with, &report),
            protect_control(&mut without, &report),
        );
        let foreign = protect_control(&mut strange, &report);
        assert_eq!(unprotect_control(&mut expects, &named), Ok(report.clone()));
        assert_eq!(unprotect_control(&mut expects_none, &plain), Ok(report));
        assert!(unprotect_control(&mut expects, &plain).is_err());
        assert!(unprotect_control(&mut expects_none, &named).is_err());
        assert_eq!(
            unprotect_control(&mut expects, &foreign),
            Err(UnprotectError::UnknownKey)
        );
    }
}

/// An RTCP packet as a sender has it that has sent so many (RFC 3711 §3.4): put together by hand.
fn control_with_index(master: &[u8], salt: &[u8], index: u32) -> Vec<u8> {
    let prf = RustCrypto.aes_counter_mode(master).unwrap();
    let derived = |label: u8, length: usize| {
        let mut out = vec![0; length];
        derive_key(prf.as_ref(), salt, label, 0, &mut out);
        out
    };
    let cipher = RustCrypto.aes_counter_mode(&derived(3, 16)).unwrap();
    let mac = RustCrypto.hmac_sha1(&derived(4, 20));
    let session_salt = derived(5, 14).try_into().unwrap();
    let mut packet = control(SSRC);
    cipher.apply(
        &counter_iv(&session_salt, SSRC, index.into()),
        &mut packet[8..],
    );
    packet.extend((index | 1 << 31).to_be_bytes());
    let code = mac.code([&packet, &[]]);
    packet.extend(&code[..10]);
    packet
}

/// RFC 3711 §3.2.1, §9.2: the index of RTCP counts to 2^31 - 1, beside the flag above it; under the
/// same key nothing follows, and under a new one it may begin again.
#[test]
fn the_rtcp_index_wraps_under_a_new_key_alone() {
    let (first, second) = ([1_u8; 30], [2_u8; 30]);
    let keys = |octets: &[u8; 30]| vec![MasterKey::new(SUITE, octets).unwrap()];
    let made = |octets: &[u8; 30], index| control_with_index(&octets[..16], &octets[16..], index);
    let last = (1 << 31) - 1;
    let mut receive = ReceiveContext::new(&RustCrypto, Policy::new(SUITE), keys(&first)).unwrap();
    let mut is = |packet: Vec<u8>, expected: Result<(), UnprotectError>| {
        assert_eq!(
            unprotect_control(&mut receive, &packet)
                .map(|packet| assert_eq!(packet, control(SSRC))),
            expected
        );
    };
    is(made(&first, 0), Ok(()));
    is(made(&first, last - 64), Ok(()));
    is(made(&first, last), Ok(()));
    is(made(&first, last - 64), Err(UnprotectError::TooOld));
    is(made(&first, last - 63), Ok(()));
    for wrapped in [0, 1, 1000] {
        is(made(&first, wrapped), Err(UnprotectError::TooOld));
    }
    is(made(&first, last), Err(UnprotectError::Replayed));
    receive.set_keys(keys(&second)).unwrap();
    let mut is = |packet: Vec<u8>, expected: Result<(), UnprotectError>| {
        assert_eq!(
            unprotect_control(&mut receive, &packet).map(|_| ()),
            expected
        );
    };
    is(made(&first, 5), Err(UnprotectError::Authentication));
    is(made(&second, 0), Ok(()));
    is(made(&second, 1), Ok(()));
    is(made(&second, 0), Err(UnprotectError::Replayed));
}
