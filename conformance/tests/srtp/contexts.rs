//! The rules of the cryptographic contexts, one test each.

use offhook::rtp::packet::BufferTooSmall;
use offhook::rtp::srtp::{
    ExtensionIds, MasterKey, Policy, ProtectError, Protection, ReceiveContext, SendContext,
    SetupError, Suite, UnprotectError,
};
use offhook_mio::RustCrypto;

use crate::packets::{
    SSRC, SUITES, control, key, media, pair, pair_with, protect, protect_control, unprotect,
    unprotect_control,
};

const SUITE: Suite = Suite::AesCm128HmacSha1Tag80;

/// RFC 3711 §3.1, §3.4, §5.2, RFC 4568 §6.2, RFC 7714 §12.
#[test]
fn tags_and_keys_are_as_long_as_the_suite_says() {
    let lengths = [
        (30, 10, 14),
        (30, 4, 14),
        (38, 10, 14),
        (38, 4, 14),
        (46, 10, 14),
        (46, 4, 14),
        (30, 10, 14),
        (28, 16, 20),
        (44, 16, 20),
        (30, 10, 14),
        (30, 4, 14),
    ];
    for (suite, (keys, media_tag, control_tag)) in SUITES.into_iter().zip(lengths) {
        assert_eq!(suite.key_length() + suite.salt_length(), keys, "{suite:?}");
        for length in [0, keys - 1, keys + 1] {
            assert_eq!(MasterKey::new(suite, &vec![1; length]), None, "{suite:?}");
        }
        let (send, _) = pair(&Policy::new(suite));
        assert_eq!(
            (send.media_overhead(), send.control_overhead()),
            (media_tag, control_tag)
        );
        let named = key(suite, 1).with_identifier(&[7; 4]);
        let (send, _) = pair_with(&Policy::new(suite), &[named]);
        assert_eq!(send.media_overhead(), media_tag + 4, "{suite:?}");
        assert_eq!(send.control_overhead(), control_tag + 4, "{suite:?}");
    }
}

/// Nothing of the payload is to be seen, unless the policy says so; the header always is.
#[test]
fn payloads_are_encrypted_and_headers_are_not() {
    let packet = media(SSRC, 9, &[0x55; 64]);
    for suite in SUITES {
        for encrypts_media in [true, false] {
            let policy = Policy {
                encrypts_media,
                ..Policy::new(suite)
            };
            let protected = protect(&mut pair(&policy).0, &packet);
            assert_eq!(protected[..12], packet[..12], "{suite:?}");
            let is_null = matches!(suite, Suite::NullHmacSha1Tag80 | Suite::NullHmacSha1Tag32);
            let is_clear = protected[12..76] == packet[12..];
            assert_eq!(is_clear, is_null || !encrypts_media, "{suite:?}");
        }
    }
}

/// RFC 3711 §3.3.1: the rollover counter is never sent, and both ends count it.
// shows: S267
#[test]
fn the_index_goes_on_when_sequence_numbers_wrap() {
    let (mut send, mut receive) = pair(&Policy::new(SUITE));
    let mut first = Vec::new();
    for n in 0..200_000_u32 {
        let packet = media(SSRC, n as u16, b"payload");
        let protected = protect(&mut send, &packet);
        if n & 0xffff == 7 {
            first.push(protected.clone());
        }
        if n % 1000 == 7 || n & 0xffff < 3 || n & 0xffff > 0xfffd {
            assert_eq!(
                unprotect(&mut receive, &protected),
                Ok(packet),
                "packet {n}"
            );
        }
    }
    // The same header and payload, in three rounds: never the same keystream nor tag.
    assert_eq!(first.len(), 4);
    assert!(first.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(
        first
            .windows(2)
            .all(|pair| pair[0][12..19] != pair[1][12..19])
    );
}

/// RFC 3711 §3.3.1, the receiver that comes late.
#[test]
fn who_joins_late_is_told_the_rollover_counter() {
    let (mut send, mut late) = pair(&Policy::new(SUITE));
    let mut protected = Vec::new();
    for n in 0..70_000_u32 {
        protected = protect(&mut send, &media(SSRC, n as u16, b"payload"));
    }
    assert_eq!(
        unprotect(&mut late, &protected),
        Err(UnprotectError::Authentication)
    );
    assert!(late.join(SSRC, 1, 4400));
    assert!(unprotect(&mut late, &protected).is_ok());
}

/// RFC 3711 §9.1: two packets of one index would give each other away.
#[test]
fn a_sequence_number_is_protected_once() {
    for suite in SUITES {
        let (mut send, _) = pair(&Policy::new(suite));
        let packet = media(SSRC, 500, b"payload");
        let _ = protect(&mut send, &packet);
        let mut bytes = packet.clone();
        bytes.resize(200, 0);
        let before = bytes.clone();
        let again = send.protect_rtp(&mut bytes, packet.len());
        assert_eq!(again, Err(ProtectError::Repeated));
        assert_eq!(bytes, before);
        // Another source has numbers of its own; a retransmission in time is another packet.
        let _ = protect(&mut send, &media(SSRC + 1, 500, b"payload"));
        let _ = protect(&mut send, &media(SSRC, 499, b"late"));
        let mut old = media(SSRC, 400, b"too late");
        let length = old.len();
        old.resize(200, 0);
        assert_eq!(
            send.protect_rtp(&mut old, length),
            Err(ProtectError::Repeated)
        );
    }
}

/// RFC 3711 §3.3.2: 64 packets at least, more if wanted.
// shows: S267
#[test]
fn the_window_has_64_packets_at_least() {
    for (asked, reach) in [(0, 64), (64, 64), (65, 128), (1000, 1024), (u16::MAX, 4096)] {
        let policy = Policy {
            window: asked,
            ..Policy::new(SUITE)
        };
        let (mut send, mut receive) = pair(&policy);
        let sent: Vec<_> = (0..=reach)
            .map(|n| protect(&mut send, &media(SSRC, n, b"payload")))
            .collect();
        assert!(unprotect(&mut receive, &sent[usize::from(reach)]).is_ok());
        assert_eq!(
            unprotect(&mut receive, &sent[0]),
            Err(UnprotectError::TooOld),
            "{asked}"
        );
        assert!(unprotect(&mut receive, &sent[1]).is_ok(), "{asked}");
    }
}

/// RFC 3711 §3.3 step 5 before step 7: what has the wrong tag changes nothing.
#[test]
fn a_receiver_learns_nothing_from_a_forgery() {
    let (mut send, mut receive) = pair(&Policy {
        max_streams: 2,
        ..Policy::new(SUITE)
    });
    assert!(unprotect(&mut receive, &protect(&mut send, &media(SSRC, 1, b"one"))).is_ok());
    let (mut forger, _) = pair_with(&Policy::new(SUITE), &[key(SUITE, 99)]);
    for n in 0..2000_u16 {
        // Far ahead, so that believing it would move the window and the rollover counter.
        let forged = protect(&mut forger, &media(SSRC, n * 16 + 2, b"x"));
        assert_eq!(
            unprotect(&mut receive, &forged),
            Err(UnprotectError::Authentication)
        );
        // And from sources that would fill the table.
        let forged = protect(
            &mut pair_with(&Policy::new(SUITE), &[key(SUITE, 99)]).0,
            &media(u32::from(n), n, b"x"),
        );
        assert_eq!(
            unprotect(&mut receive, &forged),
            Err(UnprotectError::Authentication)
        );
    }
    assert!(unprotect(&mut receive, &protect(&mut send, &media(SSRC, 2, b"two"))).is_ok());
    assert!(unprotect(&mut receive, &protect(&mut send, &media(77, 1, b"other"))).is_ok());
}

#[test]
fn sources_are_bounded() {
    let policy = Policy {
        max_streams: 2,
        ..Policy::new(SUITE)
    };
    let (mut send, mut receive) = pair(&policy);
    let (mut other, _) = pair(&Policy::new(SUITE));
    for ssrc in [5, 3] {
        assert!(unprotect(&mut receive, &protect(&mut send, &media(ssrc, 1, b"x"))).is_ok());
    }
    let third = protect(&mut other, &media(4, 1, b"x"));
    assert_eq!(
        unprotect(&mut receive, &third),
        Err(UnprotectError::TooManyStreams)
    );
    let third = protect_control(&mut other, &control(4));
    assert_eq!(
        unprotect_control(&mut receive, &third),
        Err(UnprotectError::TooManyStreams)
    );
    let mut bytes = media(4, 1, b"x");
    let length = bytes.len();
    bytes.resize(200, 0);
    assert_eq!(
        send.protect_rtp(&mut bytes, length),
        Err(ProtectError::TooManyStreams)
    );
    assert!(!receive.join(4, 0, 0));
    assert!(unprotect(&mut receive, &protect(&mut send, &media(3, 2, b"x"))).is_ok());
}

/// RFC 3711 §9.2: a master key serves so many packets, media and RTCP each for itself.
#[test]
fn a_master_key_has_a_lifetime() {
    let short = key(SUITE, 1).with_lifetime(3);
    let (mut send, mut receive) = pair_with(&Policy::new(SUITE), &[short]);
    let (mut tireless, _) = pair(&Policy::new(SUITE));
    for n in 0..3 {
        let packet = media(SSRC + u32::from(n), n, b"x");
        assert!(unprotect(&mut receive, &protect(&mut send, &packet)).is_ok());
        let _ = protect_control(&mut send, &control(SSRC));
    }
    let mut bytes = media(SSRC, 9, b"x");
    let length = bytes.len();
    bytes.resize(200, 0);
    assert_eq!(
        send.protect_rtp(&mut bytes, length),
        Err(ProtectError::KeyExhausted)
    );
    let mut report = control(SSRC);
    let length = report.len();
    report.resize(200, 0);
    assert_eq!(
        send.protect_rtcp(&mut report, length),
        Err(ProtectError::KeyExhausted)
    );
    let more = protect(&mut tireless, &media(SSRC, 9, b"x"));
    assert_eq!(
        unprotect(&mut receive, &more),
        Err(UnprotectError::KeyExhausted)
    );
    // The key again does not make it younger; a new one does.
    send.set_keys(vec![key(SUITE, 1).with_lifetime(3)]).unwrap();
    let mut bytes = media(SSRC, 9, b"x");
    let length = bytes.len();
    bytes.resize(200, 0);
    assert_eq!(
        send.protect_rtp(&mut bytes, length),
        Err(ProtectError::KeyExhausted)
    );
    send.set_keys(vec![key(SUITE, 2)]).unwrap();
    let _ = protect(&mut send, &media(SSRC, 9, b"x"));
}

/// RFC 3711 §3.3.1, §3.4: neither counter begins again with a new master key.
#[test]
fn counters_go_on_through_a_new_master_key() {
    for suite in SUITES {
        let (mut send, mut receive) = pair(&Policy::new(suite));
        for sequence in [0xfffe, 0xffff, 0, 1] {
            let protected = protect(&mut send, &media(SSRC, sequence, b"x"));
            assert!(unprotect(&mut receive, &protected).is_ok());
            let protected = protect_control(&mut send, &control(SSRC));
            assert!(unprotect_control(&mut receive, &protected).is_ok());
        }
        let before = protect(&mut send, &media(SSRC, 2, b"x"));
        send.set_keys(vec![key(suite, 50)]).unwrap();
        receive.set_keys(vec![key(suite, 50)]).unwrap();
        assert_eq!(
            unprotect(&mut receive, &before),
            Err(UnprotectError::Authentication)
        );
        let protected = protect(&mut send, &media(SSRC, 3, b"x"));
        assert!(
            unprotect(&mut receive, &protected).is_ok(),
            "the rollover counter stays 1"
        );
        let protected = protect_control(&mut send, &control(SSRC));
        let index = u32::from_be_bytes(index_word(suite, &protected));
        assert_eq!(index & 0x7fff_ffff, 4, "{suite:?}");
        assert!(unprotect_control(&mut receive, &protected).is_ok());
        // Whoever begins anew with the same key cannot read it: the counter is part of the tag.
        let (_, mut fresh) = pair_with(&Policy::new(suite), &[key(suite, 50)]);
        let protected = protect(&mut send, &media(SSRC, 4, b"x"));
        assert_eq!(
            unprotect(&mut fresh, &protected),
            Err(UnprotectError::Authentication)
        );
    }
}

/// RFC 4568 §7.1.4: all that was negotiated may change, and for a while packets come both ways.
#[test]
fn a_successor_goes_on_where_the_context_before_it_is() {
    for (suite, next) in SUITES.into_iter().zip(SUITES.into_iter().cycle().skip(1)) {
        let (mut send, mut receive) = pair(&Policy::new(suite));
        for sequence in [0xfffe, 0xffff, 0, 1] {
            let protected = protect(&mut send, &media(SSRC, sequence, b"x"));
            assert!(unprotect(&mut receive, &protected).is_ok());
        }
        let overtaken = protect(&mut send, &media(SSRC, 2, b"x"));
        let report = protect_control(&mut send, &control(SSRC));
        let protection = || Protection {
            policy: Policy::new(next),
            keys: vec![key(next, 50)],
        };
        send.renew(protection()).unwrap();
        let mut after = receive.successor(protection()).unwrap();
        let protected = protect(&mut send, &media(SSRC, 3, b"x"));
        assert!(unprotect(&mut receive, &protected).is_err(), "{suite:?}");
        assert!(
            unprotect(&mut after, &protected).is_ok(),
            "the rollover counter stays 1"
        );
        assert_eq!(
            unprotect(&mut after, &protected),
            Err(UnprotectError::Replayed)
        );
        let next_report = protect_control(&mut send, &control(SSRC));
        let index = u32::from_be_bytes(index_word(next, &next_report));
        assert_eq!(index & 0x7fff_ffff, 1, "{suite:?}");
        assert!(unprotect_control(&mut after, &next_report).is_ok());
        // What was sent before is still for the one before.
        assert!(unprotect(&mut after, &overtaken).is_err(), "{suite:?}");
        assert!(unprotect(&mut receive, &overtaken).is_ok());
        assert!(unprotect_control(&mut receive, &report).is_ok());
    }
}

/// A master key that stays among others has still served what it has served.
#[test]
fn a_successor_makes_no_key_younger() {
    let named = |n: u8| {
        key(SUITE, n)
            .with_lifetime(2 + u64::from(n) * 10)
            .with_identifier(&[n])
    };
    let (mut send, mut receive) = pair_with(&Policy::new(SUITE), &[named(0), named(1)]);
    let packets: Vec<_> = (0..2)
        .map(|sequence| protect(&mut send, &media(SSRC, sequence, b"x")))
        .collect();
    let report = protect_control(&mut send, &control(SSRC));
    for protected in &packets {
        assert!(unprotect(&mut receive, protected).is_ok());
    }
    assert!(unprotect_control(&mut receive, &report).is_ok());
    let protection = Protection {
        policy: Policy::new(SUITE),
        keys: vec![named(0), named(2)],
    };
    let mut after = receive.successor(protection).unwrap();
    let mut tireless = pair_with(&Policy::new(SUITE), &[key(SUITE, 0).with_identifier(&[0])]).0;
    let more = protect(&mut tireless, &media(SSRC, 2, b"x"));
    assert_eq!(
        unprotect(&mut after, &more),
        Err(UnprotectError::KeyExhausted)
    );
    assert_eq!(
        unprotect_control(&mut after, &report),
        Err(UnprotectError::Replayed)
    );
}

/// Where the E flag and the index of an RTCP packet without MKI are.
fn index_word(suite: Suite, packet: &[u8]) -> [u8; 4] {
    let behind = if suite.is_aead() {
        0
    } else {
        suite.control_tag_length()
    };
    let end = packet.len() - behind;
    packet[end - 4..end].try_into().unwrap()
}

/// RFC 3711 §3.4: the index counts from zero, and the flag says whether the packet is encrypted.
#[test]
fn rtcp_packets_have_a_flag_and_an_index() {
    for suite in SUITES {
        let secret = Policy::new(suite);
        let clear = Policy {
            encrypts_control: false,
            ..Policy::new(suite)
        };
        let (mut send, mut receive) = pair(&secret);
        let (mut send_clear, _) = pair(&clear);
        let report = [control(SSRC), vec![0x55; 40]].concat();
        for n in 0..4_u32 {
            let packet = protect_control(&mut send, &report);
            let is_null = matches!(suite, Suite::NullHmacSha1Tag80 | Suite::NullHmacSha1Tag32);
            let flag = if is_null { 0 } else { 1 << 31 };
            assert_eq!(
                index_word(suite, &packet),
                (n | flag).to_be_bytes(),
                "{suite:?}"
            );
            assert_eq!(packet[..8], report[..8]);
            let open = protect_control(&mut send_clear, &report);
            assert_eq!(index_word(suite, &open), n.to_be_bytes(), "{suite:?}");
            assert_eq!(open[..report.len()], report, "{suite:?}");
            // Each packet says itself what it is: the receiver takes both.
            let one = if n % 2 == 0 { packet } else { open };
            assert_eq!(unprotect_control(&mut receive, &one).as_ref(), Ok(&report));
        }
        // The flag is authenticated.
        let mut bent = protect_control(&mut send_clear, &report);
        let at = bent.len()
            - if suite.is_aead() {
                4
            } else {
                suite.control_tag_length() + 4
            };
        bent[at] ^= 0x80;
        assert_eq!(
            unprotect_control(&mut receive, &bent),
            Err(UnprotectError::Authentication)
        );
    }
}

/// RFC 3711 §3.1, §8.1: each packet names its key.
#[test]
fn a_packet_says_which_master_key_it_was_made_with() {
    for suite in SUITES {
        let keys = [
            key(suite, 1).with_identifier(&[0, 1]),
            key(suite, 2).with_identifier(&[0, 2]),
        ];
        let (mut send, mut receive) = pair_with(&Policy::new(suite), &keys);
        assert!(!send.use_key(&[0, 9]));
        for (sequence, identifier) in [(1, [0, 1]), (2, [0, 2]), (3, [0, 1])] {
            assert!(send.use_key(&identifier));
            let packet = media(SSRC, sequence, b"payload");
            let protected = protect(&mut send, &packet);
            let at = 12 + 7 + if suite.is_aead() { 16 } else { 0 };
            assert_eq!(protected[at..at + 2], identifier, "{suite:?}");
            let mut unknown = protected.clone();
            unknown[at] = 9;
            assert_eq!(
                unprotect(&mut receive, &unknown),
                Err(UnprotectError::UnknownKey)
            );
            assert_eq!(unprotect(&mut receive, &protected), Ok(packet));
            let report = protect_control(&mut send, &control(SSRC));
            assert_eq!(unprotect_control(&mut receive, &report), Ok(control(SSRC)));
        }
    }
}

#[test]
fn keys_that_do_not_fit_make_no_context() {
    let make = |policy: Policy, keys: Vec<MasterKey>| {
        SendContext::new(&RustCrypto, policy.clone(), keys.clone())
            .err()
            .inspect(|error| {
                let receive = ReceiveContext::new(&RustCrypto, policy, keys).err();
                assert_eq!(receive, Some(*error));
            })
    };
    let policy = Policy::new(SUITE);
    let named = |seed, identifier: &[u8]| key(SUITE, seed).with_identifier(identifier);
    assert_eq!(make(policy.clone(), vec![]), Some(SetupError::KeyCount));
    let many = (0..17).map(|n| named(n, &[n])).collect();
    assert_eq!(make(policy.clone(), many), Some(SetupError::KeyCount));
    let other = key(Suite::AeadAes128Gcm, 1);
    assert_eq!(
        make(policy.clone(), vec![other]),
        Some(SetupError::KeyLength)
    );
    for pair in [
        [named(1, &[]), named(2, &[])],
        [named(1, &[1]), named(2, &[1])],
        [named(1, &[1]), named(2, &[1, 2])],
    ] {
        assert_eq!(
            make(policy.clone(), pair.to_vec()),
            Some(SetupError::Identifiers)
        );
    }
    for rate in [0, 25] {
        let policy = Policy {
            key_derivation_rate: Some(rate),
            ..policy.clone()
        };
        assert_eq!(
            make(policy, vec![key(SUITE, 1)]),
            Some(SetupError::KeyDerivationRate)
        );
    }
}

/// RFC 3711 §4.3.1: with a rate the session keys change, for both ends at the same packets, and a
/// late packet finds the keys it was made with.
#[test]
fn session_keys_change_at_the_key_derivation_rate() {
    for suite in SUITES {
        let policy = Policy {
            key_derivation_rate: Some(3),
            ..Policy::new(suite)
        };
        let (mut send, mut receive) = pair(&policy);
        let (mut plain, _) = pair(&Policy::new(suite));
        let mut late = Vec::new();
        for n in 0..100_u16 {
            let packet = media(SSRC, n, b"payload");
            let protected = protect(&mut send, &packet);
            let with_first_keys = protect(&mut plain, &packet);
            assert_eq!(protected == with_first_keys, n < 8, "{suite:?} packet {n}");
            if n % 8 == 5 {
                late.push((packet, protected));
            } else {
                assert_eq!(
                    unprotect(&mut receive, &protected),
                    Ok(packet),
                    "{suite:?} packet {n}"
                );
            }
            if n % 8 == 1 && n > 8 {
                let (packet, protected) = late.pop().unwrap();
                assert_eq!(
                    unprotect(&mut receive, &protected),
                    Ok(packet),
                    "{suite:?} late {n}"
                );
            }
            let report = protect_control(&mut send, &control(SSRC));
            assert_eq!(unprotect_control(&mut receive, &report), Ok(control(SSRC)));
        }
    }
}

/// The extension of RFC 6904 §3.1: what of it changes is what its figure 2 has as ones.
#[test]
fn only_the_data_of_agreed_extension_elements_is_encrypted() {
    let mut packet = media(SSRC, 1, b"");
    packet[0] |= 0x10;
    packet.extend([0xbe, 0xde, 0, 6]);
    packet.extend([0x17, 1, 2, 3, 4, 5, 6, 7, 8, 0x22, 9, 9, 9, 0x30, 7, 0x46]);
    packet.extend([1, 2, 3, 4, 5, 6, 7, 0]);
    packet.extend(b"payload");
    let mask = "0 11111111 0 000 0 1 0 1111111 0";
    let mask = mask.bytes().filter(|one| *one != b' ');
    let mask: Vec<bool> = mask.map(|one| one == b'1').collect();
    assert_eq!(mask.len(), 24);
    for suite in SUITES {
        let ids = ExtensionIds::NONE.with(1).with(3).with(4);
        let policy = Policy {
            encrypted_extensions: ids,
            ..Policy::new(suite)
        };
        let (mut send, mut receive) = pair(&policy);
        let mut differs = [false; 24];
        // An octet may by chance be its own cipher; hardly thirty times.
        for n in 0..30 {
            packet[3] = n;
            let protected = protect(&mut send, &packet);
            assert_eq!(protected[..16], packet[..16]);
            for (at, differs) in differs.iter_mut().enumerate() {
                *differs |= protected[16 + at] != packet[16 + at];
            }
            assert_eq!(
                unprotect(&mut receive, &protected).as_ref(),
                Ok(&packet),
                "{suite:?}"
            );
        }
        let is_null = matches!(suite, Suite::NullHmacSha1Tag80 | Suite::NullHmacSha1Tag32);
        let expected: Vec<bool> = mask.iter().map(|one| *one && !is_null).collect();
        assert_eq!(differs.to_vec(), expected, "{suite:?}");
    }
}

#[test]
fn packets_and_buffers_that_are_too_short_are_refused() {
    for suite in SUITES {
        let (mut send, mut receive) = pair(&Policy::new(suite));
        let packet = media(SSRC, 1, b"x");
        let needed = packet.len() + send.media_overhead();
        let mut bytes = packet.clone();
        bytes.resize(needed - 1, 0);
        let error = ProtectError::Buffer(BufferTooSmall { needed });
        assert_eq!(send.protect_rtp(&mut bytes, packet.len()), Err(error));
        assert_eq!(
            send.protect_rtp(&mut bytes, needed),
            Err(ProtectError::Malformed)
        );
        assert_eq!(
            send.protect_rtp(&mut bytes, 11),
            Err(ProtectError::Malformed)
        );
        assert_eq!(
            send.protect_rtcp(&mut bytes, 7),
            Err(ProtectError::Malformed)
        );
        let media = protect(&mut send, &packet);
        let report = protect_control(&mut send, &control(SSRC));
        for length in 0..media.len() {
            assert!(unprotect(&mut receive, &media[..length]).is_err());
        }
        for length in 0..report.len() {
            assert!(unprotect_control(&mut receive, &report[..length]).is_err());
        }
        // A header that claims more than there is.
        let mut bent = media.clone();
        bent[0] |= 0x0f;
        assert_eq!(
            unprotect(&mut receive, &bent),
            Err(UnprotectError::Malformed)
        );
        bent[0] = 0x90;
        bent[14..16].fill(0xff);
        assert_eq!(
            unprotect(&mut receive, &bent),
            Err(UnprotectError::Malformed)
        );
        bent[0] = 0x40;
        assert_eq!(
            unprotect(&mut receive, &bent),
            Err(UnprotectError::Malformed)
        );
    }
}

/// A provider without AES-GCM, or without anything.
#[test]
fn a_cipher_the_provider_lacks_is_said_when_the_keys_are_set() {
    use offhook::cipher::{Aead, Ciphers, CounterMode};
    #[derive(Debug)]
    struct Nothing;
    impl Ciphers for Nothing {
        fn aes_counter_mode(&self, _: &[u8]) -> Option<Box<dyn CounterMode>> {
            None
        }
        fn aes_gcm(&self, _: &[u8]) -> Option<Box<dyn Aead>> {
            None
        }
    }
    for suite in SUITES {
        let made = SendContext::new(&Nothing, Policy::new(suite), vec![key(suite, 1)]);
        assert_eq!(made.err(), Some(SetupError::NoCipher));
    }
}

/// The HMAC of the core and that of the drivers are one.
#[test]
fn the_hash_of_the_core_will_do() {
    use offhook::cipher::Ciphers;
    use offhook::cipher::Mac;
    use offhook::hash::{Hmac, Sha1};
    let ours = Hmac::<Sha1>::new(&[3; 20]);
    let theirs = RustCrypto.hmac_sha1(&[3; 20]);
    let text: Vec<u8> = (0..=255).collect();
    for length in 0..text.len() {
        let pieces = [&text[..length], &text[length..]];
        assert_eq!(ours.code(pieces), theirs.code(pieces));
    }
}

#[test]
fn keys_do_not_show_in_a_log() {
    let master = key(SUITE, 0xa0);
    let (send, receive) = pair_with(&Policy::new(SUITE), std::slice::from_ref(&master));
    for text in [
        format!("{master:?}"),
        format!("{send:?}"),
        format!("{receive:?}"),
    ] {
        assert!(!text.contains("160") && !text.contains("a0"), "{text}");
    }
}
