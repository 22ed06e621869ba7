//! SDES in offers and answers (RFC 4568 §5.1, §7.1).

use super::*;
use crate::rng::Rng;
use crate::sdp::attribute::CryptoSuite::{self, *};
use crate::sdp::offer_answer::{AgreedCrypto, LocalCrypto};

fn ways(suites: &[CryptoSuite<'static>]) -> Vec<LocalCrypto> {
    suites.iter().copied().map(LocalCrypto::new).collect()
}

fn party(host: u8, seed: u8) -> (Negotiation, SocketAddr) {
    let address = SocketAddr::from(([192, 0, 2, host], 4000));
    let mut negotiation = Negotiation::new(u64::from(host), address.ip());
    negotiation.set_entropy(Rng::from_seed([seed; 32]));
    (negotiation, address)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn agreed(negotiation: &Negotiation) -> &AgreedCrypto {
    let plan = negotiation.plan().expect("a stream");
    plan.crypto.as_ref().expect("a protected stream")
}

/// Two ends that have made one exchange, each with these suites.
fn exchange(
    ours: &[CryptoSuite<'static>],
    theirs: &[CryptoSuite<'static>],
) -> (Negotiation, Negotiation, String, String) {
    let (mut caller, here) = party(1, 1);
    let (mut callee, there) = party(2, 2);
    let offer = caller
        .create_offer(LocalMedia::audio(here).secured(ways(ours)))
        .unwrap();
    let answer = callee
        .answer_offer(&offer, LocalMedia::audio(there).secured(ways(theirs)))
        .unwrap();
    caller.receive_answer(&answer).unwrap();
    (caller, callee, text(&offer), text(&answer))
}

#[test]
fn the_first_line_both_have_is_taken_and_keys_go_both_ways() {
    let offered = [AeadAes256Gcm, AesCm256HmacSha1Tag80, AesCm128HmacSha1Tag80];
    let (caller, callee, offer, answer) =
        exchange(&offered, &[AesCm128HmacSha1Tag80, AesCm256HmacSha1Tag80]);
    assert!(offer.contains("m=audio 4000 RTP/SAVP "), "{offer}");
    assert_eq!(offer.matches("a=crypto:").count(), 3);
    assert_eq!(answer.matches("a=crypto:").count(), 1, "one and only one");
    assert!(
        answer.contains("a=crypto:2 AES_256_CM_HMAC_SHA1_80 inline:"),
        "{answer}"
    );
    let (one, other) = (agreed(&caller), agreed(&callee));
    assert_eq!((one.tag, one.suite), (2, AesCm256HmacSha1Tag80));
    assert_eq!((one.tag, one.suite), (other.tag, other.suite));
    assert_eq!((&one.local, &one.remote), (&other.remote, &other.local));
    assert_ne!(one.local.keys, one.remote.keys, "no key serves both ways");
    // §6.1: every key of a description is another.
    let keys = offer
        .split("inline:")
        .skip(1)
        .filter_map(|key| key.get(..20));
    let keys: alloc::collections::BTreeSet<&str> = keys.collect();
    assert_eq!(keys.len(), 3);
}

/// §5.1.2, §7.1.2: without a line that will do the stream is refused, and never had in the clear.
#[test]
fn a_stream_is_protected_or_not_had() {
    let (mut callee, there) = party(2, 2);
    let secured = || LocalMedia::audio(there).secured(ways(&[AesCm128HmacSha1Tag80]));
    let offer = |transport: &str, lines: &str| {
        alloc::format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
             m=audio 4000 {transport} 0\r\n{lines}"
        )
    };
    let key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    let good = alloc::format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 {key}");
    for (transport, lines) in [
        ("RTP/AVP", String::new()),
        ("RTP/AVP", alloc::format!("{good}\r\n")),
        ("RTP/SAVP", String::new()),
        ("RTP/SAVPF", alloc::format!("{good}\r\n")),
        (
            "RTP/SAVP",
            alloc::format!("a=crypto:1 AES_CM_128_HMAC_SHA1_32 {key}\r\n"),
        ),
        ("RTP/SAVP", alloc::format!("a=crypto:1 NEW_SUITE {key}\r\n")),
        // Not 30 octets; a parameter nobody knows; error correction we do not have.
        (
            "RTP/SAVP",
            String::from("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwg\r\n"),
        ),
        ("RTP/SAVP", alloc::format!("{good} NEW=1\r\n")),
        ("RTP/SAVP", alloc::format!("{good} FEC_ORDER=SRTP_FEC\r\n")),
        ("RTP/SAVP", alloc::format!("{good} FEC_KEY={key}\r\n")),
        // §6.3.2, §6.3.3: negotiated, and not what we want.
        ("RTP/SAVP", alloc::format!("{good} UNENCRYPTED_SRTP\r\n")),
        ("RTP/SAVP", alloc::format!("{good} UNENCRYPTED_SRTCP\r\n")),
        (
            "RTP/SAVP",
            alloc::format!("{good} UNAUTHENTICATED_SRTP\r\n"),
        ),
        // The identifier does not fit its one octet.
        ("RTP/SAVP", alloc::format!("{good}|256:1\r\n")),
    ] {
        let offer = offer(transport, &lines);
        let answer = callee.answer_offer(offer.as_bytes(), secured());
        assert_eq!(answer, Err(NegotiationError::NotAcceptable), "{offer}");
    }
    // What may be ignored, and what only the peer does.
    let lines = alloc::format!(
        "a=crypto:7 AES_CM_128_HMAC_SHA1_80 {key}|2^20|255:1 -NEW=1 KDR=3 WSH=128 FEC_ORDER=FEC_SRTP\r\n"
    );
    let answer = callee
        .answer_offer(offer("RTP/SAVP", &lines).as_bytes(), secured())
        .unwrap();
    assert!(text(&answer).contains("a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:"));
    let remote = &agreed(&callee).remote;
    assert_eq!(
        (remote.key_derivation_rate, remote.window),
        (Some(3), Some(128))
    );
    let [key] = &remote.keys[..] else {
        panic!("one key")
    };
    assert_eq!(
        (key.lifetime, &key.identifier[..]),
        (Some(1 << 20), &[255][..])
    );
    // §5.1.2: the valid one of two.
    let lines = alloc::format!(
        "{good} NEW=1\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 {}\r\n",
        "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
    );
    let answer = callee
        .answer_offer(offer("RTP/SAVP", &lines).as_bytes(), secured())
        .unwrap();
    assert!(text(&answer).contains("a=crypto:2 "));
}

/// §6.3: what is negotiated must be the same on both sides, and is said by both.
#[test]
fn what_is_negotiated_is_said_by_both_sides() {
    let way = || LocalCrypto {
        unencrypted_media: true,
        unencrypted_control: true,
        unauthenticated_media: true,
        key_derivation_rate: Some(24),
        window: Some(1000),
        ..LocalCrypto::new(AesCm128HmacSha1Tag32)
    };
    let (mut caller, here) = party(1, 1);
    let (mut callee, there) = party(2, 2);
    let secured = |address| LocalMedia::audio(address).secured(Vec::from([way()]));
    let offer = caller.create_offer(secured(here)).unwrap();
    let said = " KDR=24 UNENCRYPTED_SRTP UNENCRYPTED_SRTCP UNAUTHENTICATED_SRTP WSH=1000\r\n";
    assert!(text(&offer).contains(said), "{}", text(&offer));
    let answer = callee.answer_offer(&offer, secured(there)).unwrap();
    assert!(text(&answer).contains(said));
    caller.receive_answer(&answer).unwrap();
    for one in [agreed(&caller), agreed(&callee)] {
        assert!(one.unencrypted_media && one.unencrypted_control && one.unauthenticated_media);
        assert_eq!(
            (one.remote.key_derivation_rate, one.remote.window),
            (Some(24), Some(1000))
        );
    }
}

/// §5.1.3, §7.1.3, §7.4: the answer has one line, one of ours, with a key of its own.
#[test]
fn an_answer_that_does_not_take_one_of_our_lines_fails() {
    let (mut caller, here) = party(1, 1);
    let (mut callee, there) = party(2, 2);
    let two = [AesCm128HmacSha1Tag80, AesCm128HmacSha1Tag32];
    let offer = caller
        .create_offer(LocalMedia::audio(here).secured(ways(&two)))
        .unwrap();
    let answer = callee
        .answer_offer(&offer, LocalMedia::audio(there).secured(ways(&two)))
        .unwrap();
    let answer = text(&answer);
    let line = answer
        .lines()
        .find(|line| line.starts_with("a=crypto"))
        .unwrap();
    let own = text(&offer);
    let own = own
        .lines()
        .find(|line| line.starts_with("a=crypto:1"))
        .unwrap();
    for bad in [
        answer.replace(&alloc::format!("{line}\r\n"), ""),
        answer.replace(
            line,
            &alloc::format!("{line}\r\n{}", line.replace(":1 ", ":2 ")),
        ),
        answer.replace("a=crypto:1 ", "a=crypto:2 "),
        answer.replace("a=crypto:1 ", "a=crypto:3 "),
        answer.replace("a=crypto:1 ", "a=crypto:0 "),
        answer.replace(line, &alloc::format!("{line} UNENCRYPTED_SRTP")),
        answer.replace(line, &alloc::format!("{line} NEW=1")),
        answer.replace("RTP/SAVP", "RTP/AVP"),
        answer.replace(line, own),
    ] {
        assert_ne!(bad, answer);
        let failed = caller.clone().receive_answer(bad.as_bytes());
        assert_eq!(failed, Err(NegotiationError::AnswerMismatch), "{bad}");
    }
    caller.receive_answer(answer.as_bytes()).unwrap();
}

/// §7.1.4: keys stay while nothing moves; at another address, or when given up, they are new.
#[test]
fn keys_stay_until_the_stream_moves_or_they_are_renewed() {
    let (mut caller, mut callee, ..) = exchange(&[AesCm128HmacSha1Tag80], &[AesCm128HmacSha1Tag80]);
    let (first, theirs) = (agreed(&caller).local.clone(), agreed(&callee).local.clone());
    let again = |caller: &mut Negotiation, callee: &mut Negotiation, offer: Vec<u8>| {
        let local = callee.local().to_vec();
        let answer = callee.answer_offer(&offer, local).unwrap();
        caller.receive_answer(&answer).unwrap();
        assert_eq!(agreed(caller).local, agreed(callee).remote);
    };
    let offer = caller.create_reoffer(true).unwrap();
    again(&mut caller, &mut callee, offer);
    assert_eq!(
        (&agreed(&caller).local, &agreed(&callee).local),
        (&first, &theirs)
    );

    let mut moved = caller.local().to_vec();
    moved[0].address.set_port(5000);
    let offer = caller.create_offer(moved).unwrap();
    again(&mut caller, &mut callee, offer);
    let second = agreed(&caller).local.clone();
    assert_ne!(second, first);
    assert_eq!(agreed(&callee).local, theirs);

    caller.renew_keys();
    let offer = caller.create_reoffer(false).unwrap();
    // The end that refuses keeps what there was.
    let mut refused = caller.clone();
    refused.offer_rejected();
    assert_eq!(agreed(&refused).local, second);
    again(&mut caller, &mut callee, offer);
    assert_ne!(agreed(&caller).local, second);
}

#[test]
fn ways_that_make_no_sense_are_not_offered() {
    let (mut caller, here) = party(1, 1);
    let audio = || LocalMedia::audio(here);
    let with = |change: fn(&mut LocalCrypto)| {
        let mut way = LocalCrypto::new(AeadAes128Gcm);
        change(&mut way);
        audio().secured(Vec::from([way]))
    };
    for media in [
        // Keys beside a transport that knows nothing of them; the same suite, and so the same key,
        // twice.
        LocalMedia {
            transport: "TCP/RTP/AVP".into(),
            crypto: ways(&[AesCm128HmacSha1Tag80]),
            ..audio()
        },
        audio().secured(ways(&[AeadAes128Gcm, AeadAes128Gcm])),
        audio().secured(ways(&[Other("NEW")])),
        with(|way| way.unencrypted_media = true),
        with(|way| way.unauthenticated_media = true),
        with(|way| way.key_derivation_rate = Some(25)),
        with(|way| way.window = Some(63)),
    ] {
        assert_eq!(
            caller.create_offer(media),
            Err(NegotiationError::UnusableMedia)
        );
    }
    let secured = || audio().secured(ways(&[AeadAes128Gcm]));
    let mut keyless = Negotiation::new(1, here.ip());
    assert_eq!(
        keyless.create_offer(secured()),
        Err(NegotiationError::UnusableMedia)
    );
    assert!(caller.create_offer(secured()).is_ok());
}

/// The exchange that RFC 4568 §7.1.5 prints, with the offer's session and ours for the answerer's.
// shows: S269
#[test]
fn the_offer_of_the_rfc_is_answered_as_there() {
    let offer = "v=0\r\no=sam 2890844526 2890842807 IN IP4 10.47.16.5\r\ns=SRTP Discussion\r\n\
        c=IN IP4 168.2.17.12\r\nt=2873397496 2873404696\r\nm=audio 49170 RTP/SAVP 0\r\n\
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 \
        inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP\r\n\
        a=crypto:2 F8_128_HMAC_SHA1_80 \
        inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;\
        inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 FEC_ORDER=FEC_SRTP\r\n";
    for (suite, tag, identifiers) in [
        (AesCm128HmacSha1Tag80, 1, &[[0, 0, 0, 1]][..]),
        (F8With128HmacSha1Tag80, 2, &[[0, 0, 0, 1], [0, 0, 0, 2]][..]),
    ] {
        let (mut callee, there) = party(2, 2);
        let local = LocalMedia::audio(there).secured(ways(&[suite]));
        let answer = callee.answer_offer(offer.as_bytes(), local).unwrap();
        let line = alloc::format!("a=crypto:{tag} {} inline:", suite.as_str());
        assert!(text(&answer).contains("RTP/SAVP 0\r\n") && text(&answer).contains(&line));
        let crypto = agreed(&callee);
        let keys = crypto.remote.keys.iter();
        let found: Vec<_> = keys.map(|key| key.identifier.clone()).collect();
        assert_eq!(found, identifiers);
        assert!(
            crypto
                .remote
                .keys
                .iter()
                .all(|key| key.lifetime == Some(1 << 20))
        );
        if tag == 1 {
            let key = &crypto.remote.keys[0].key_and_salt;
            assert_eq!(&key[..], &b"YS___semctl () {\t220;}\n}\nunles"[..]);
        }
    }
}

/// RFC 8643 §3: keys beside a transport that needs none. Who can protects, with all others the
/// stream is in the clear.
#[test]
fn protection_may_be_left_to_the_peer() {
    let maybe = |address| LocalMedia {
        crypto: ways(&[AesCm128HmacSha1Tag80, AesCm128HmacSha1Tag32]),
        ..LocalMedia::audio(address)
    };
    let meet = |ours: LocalMedia, theirs: LocalMedia| {
        let (mut caller, _) = party(1, 1);
        let (mut callee, _) = party(2, 2);
        let offer = caller.create_offer(ours).unwrap();
        let answer = callee.answer_offer(&offer, theirs).unwrap();
        caller.receive_answer(&answer).unwrap();
        (caller, callee, text(&offer), text(&answer))
    };
    let ((_, here), (_, there)) = (party(1, 1), party(2, 2));
    let (caller, callee, offer, answer) = meet(maybe(here), maybe(there));
    assert!(offer.contains("m=audio 4000 RTP/AVP "), "{offer}");
    assert!(answer.contains("m=audio 4000 RTP/AVP "), "{answer}");
    assert_eq!(answer.matches("a=crypto:").count(), 1);
    let (one, other) = (agreed(&caller), agreed(&callee));
    assert_eq!((&one.local, &one.remote), (&other.remote, &other.local));
    // Either end may be one that knows nothing of it.
    for (ours, theirs) in [
        (maybe(here), LocalMedia::audio(there)),
        (LocalMedia::audio(here), maybe(there)),
    ] {
        let (caller, callee, _, answer) = meet(ours, theirs);
        assert!(!answer.contains("a=crypto:"), "{answer}");
        for end in [&caller, &callee] {
            assert_eq!(end.plan().expect("a stream").crypto, None);
        }
    }
    // Suites that nobody shares are no protection, and none is had for it.
    let mut other = maybe(there);
    other.crypto = ways(&[AeadAes256Gcm]);
    let (caller, ..) = meet(maybe(here), other);
    assert_eq!(caller.plan().expect("a stream").crypto, None);
    // §3.3: keys that do not fit end it.
    let (mut caller, _) = party(1, 1);
    let (mut callee, _) = party(2, 2);
    let offer = caller.create_offer(maybe(here)).unwrap();
    let answer = text(&callee.answer_offer(&offer, maybe(there)).unwrap());
    let damaged = answer.replace("inline:", "inline:AAAA");
    let _ = caller.receive_answer(damaged.as_bytes());
    assert_eq!(caller.plan(), None);
    // A transport for protected streams leaves no choice.
    let mut callee = party(2, 2).0;
    let offer = party(1, 1)
        .0
        .create_offer(LocalMedia::audio(here).secured(ways(&[AesCm128HmacSha1Tag80])));
    let answer = callee.answer_offer(&offer.unwrap(), LocalMedia::audio(there));
    assert_eq!(answer, Err(NegotiationError::NotAcceptable));
}
