//! Protected packets (RFC 3711), and keys that change (RFC 4568 §7.1.4).

use super::*;
use crate::cipher::{Aead, Ciphers, CounterMode};
use crate::hash::{Hmac, Sha1};
use crate::rtp::rtcp::{CompoundWriter, SdesItem, SdesKind};
use crate::rtp::srtp::{MasterKey, Policy, Protection, SendContext, SetupError, Suite};
use alloc::boxed::Box;

/// A keystream of HMAC-SHA1 where AES is expected, and no GCM: what it is made of is nothing to
/// the stream.
#[derive(Debug)]
struct Toy;

struct ToyKey(Hmac<Sha1>);

impl Ciphers for Toy {
    fn aes_counter_mode(&self, key: &[u8]) -> Option<Box<dyn CounterMode>> {
        Some(Box::new(ToyKey(Hmac::new(key))))
    }

    fn aes_gcm(&self, _: &[u8]) -> Option<Box<dyn Aead>> {
        None
    }
}

impl CounterMode for ToyKey {
    fn apply(&self, start: &[u8; 16], bytes: &mut [u8]) {
        let start = u128::from_be_bytes(*start);
        for (chunk, n) in bytes.chunks_mut(16).zip(0_u128..) {
            let mut hmac = self.0.clone();
            hmac.update(&start.wrapping_add(n).to_be_bytes());
            for (byte, key) in chunk.iter_mut().zip(hmac.finish()) {
                *byte ^= key;
            }
        }
    }
}

const SUITE: Suite = Suite::AesCm128HmacSha1Tag80;

fn key(n: u8) -> MasterKey {
    MasterKey::new(SUITE, &[n; 30]).unwrap()
}

fn with(key: MasterKey) -> Protection {
    Protection {
        policy: Policy::new(SUITE),
        keys: vec![key],
    }
}

/// A plan of `host`'s peer, who sends with the key `theirs`.
fn protected(host: u8, ours: u8, theirs: u8) -> AudioPlan {
    let protection = AudioProtection::new(&Toy, with(key(ours)), with(key(theirs))).unwrap();
    AudioPlan {
        protection: Some(Box::new(protection)),
        ..plan(host, AudioDirection::SendRecv)
    }
}

/// Both agree, the first on sending with the one key and the second with the other.
fn agree(pair: &mut Pair, keys: [u8; 2]) {
    let now = ms(pair.now);
    pair.streams[0].set_plan(now, protected(2, keys[0], keys[1]));
    pair.streams[1].set_plan(now, protected(1, keys[1], keys[0]));
}

/// Packets of the far end, protected as it would.
struct FarEnd(SendContext);

impl FarEnd {
    fn new(n: u8) -> Self {
        let Protection { policy, keys } = with(key(n));
        Self(SendContext::new(&Toy, policy, keys).unwrap())
    }

    fn packet(&mut self, seq: u16, pcm: &[i16]) -> Vec<u8> {
        let mut bytes = packet(seq, pcm);
        let length = bytes.len();
        bytes.resize(length + self.0.media_overhead(), 0);
        let _ = self.0.protect_rtp(&mut bytes, length).unwrap();
        bytes
    }
}

/// The counts that matter here: taken, forged, replayed.
fn counts(stream: &AudioStream) -> (u64, u64, u64) {
    let report = stream.report();
    (report.received, report.not_authentic, report.replayed)
}

/// Two that have agreed on keys and have something to say, and what.
fn talking() -> (Pair, [Vec<i16>; 2]) {
    let mut pair = Pair::new();
    agree(&mut pair, [1, 2]);
    let said = [wave(4_000, 1), wave(4_000, 999)];
    for (stream, said) in pair.streams.iter_mut().zip(&said) {
        assert_eq!(stream.push_capture(said), 4_000);
    }
    (pair, said)
}

#[test]
fn what_is_said_is_heard_and_nothing_of_it_is_to_be_seen() {
    let (mut pair, said) = talking();
    pair.run(20_000);
    assert!(contains(&pair.heard[1], &said[0]));
    assert!(contains(&pair.heard[0], &said[1]));
    for stream in &pair.streams {
        let report = stream.report();
        assert_eq!(
            (report.lost, report.not_authentic, report.replayed),
            (0, 0, 0)
        );
        assert!(
            report.round_trip.is_some(),
            "reports are understood as well"
        );
    }

    let mut alice = stream(1, AudioConfig::new("alice@a"));
    alice.set_plan(ms(0), protected(2, 1, 2));
    assert_eq!(alice.push_capture(&said[0]), 4_000);
    let out = run(&mut alice, ms(20_000));
    let spoken: Vec<u8> = said[0].iter().map(|s| Law::A.encode(*s)).collect();
    let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|w| w == what);
    for (bytes, said) in out.rtp.iter().zip(spoken.chunks(160)) {
        assert_eq!(bytes.len(), 12 + 160 + 10);
        assert!(!holds(bytes, &said[..8]));
    }
    assert!(!out.rtcp.is_empty());
    for bytes in &out.rtcp {
        // RFC 3711 §3.4: type and SSRC stay in clear, the name does not.
        assert!(crate::rtp::rtcp::is_rtcp(bytes) && !holds(bytes, b"alice@a"));
    }
}

/// Reports share the port of media, and are told apart before they are decrypted.
#[test]
fn reports_on_the_port_of_media_are_protected_as_well() {
    let mut ends = [(1_u8, 2), (2, 1)].map(|(host, other)| {
        let mut end = stream(host, AudioConfig::new("a"));
        let mut plan = protected(other, host, other);
        plan.remote_rtcp = plan.remote_rtp;
        end.set_plan(ms(0), plan);
        end
    });
    for now in 0..15_000 {
        for me in 0..2 {
            let out = timeout(&mut ends[me], ms(now));
            assert!(out.rtcp.is_empty());
            for bytes in out.rtp {
                receive_from(
                    &mut ends[1 - me],
                    ms(now),
                    address([1, 2][me], 4000),
                    &bytes,
                );
            }
        }
    }
    for end in &ends {
        assert!(end.report().remote.is_some() && end.report().received > 700);
        assert_eq!(end.report().not_authentic, 0);
    }
}

/// Nothing in clear, nothing of another key and nothing twice, once protection was agreed on.
#[test]
fn nothing_else_is_let_in() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), protected(2, 1, 2));
    let (mut bob, mut mallory) = (FarEnd::new(2), FarEnd::new(3));
    let said = wave(160, 4);
    let mut first = Vec::new();
    for n in 0..10 {
        let now = ms(u64::from(n) * 20);
        // The far end's own numbers and source, but not its key.
        receive(&mut stream, now, &packet(n, &[5000; 160]));
        receive(&mut stream, now, &mallory.packet(n, &[5000; 160]));
        let good = bob.packet(n, &said);
        let mut bent = good.clone();
        bent[40] ^= 1;
        receive(&mut stream, now, &bent);
        receive(&mut stream, now, &good);
        receive(&mut stream, now, &good);
        first.push(good);
    }
    assert_eq!(counts(&stream), (10, 30, 10));
    // Far behind the window it is not known any more, and not let in either.
    for n in 10..100 {
        let bytes = bob.packet(n, &said);
        receive(&mut stream, ms(200), &bytes);
    }
    receive(&mut stream, ms(201), &first[0]);
    assert_eq!(counts(&stream), (100, 30, 11));

    // A goodbye that anybody could have sent.
    let mut goodbye = vec![0; 200];
    let cname = SdesItem {
        kind: SdesKind::Cname,
        text: b"bob@b",
    };
    let ssrc = Ssrc::new(0xb0b);
    let size = CompoundWriter::new(&mut goodbye)
        .report(ssrc, None, &[])
        .source_description(ssrc, [cname])
        .goodbye(&[ssrc], b"")
        .finish()
        .unwrap();
    let input = Input::Datagram {
        flow: RTCP,
        source: address(2, 4001),
        bytes: &goodbye[..size],
    };
    stream.handle_input(ms(210), input);
    let events = run(&mut stream, ms(400)).events;
    assert!(
        !events.contains(&AudioEvent::RemoteLeft { ssrc }),
        "{events:?}"
    );
    assert_eq!(stream.dropped(DropReason::NotAuthentic), 31);
}

/// Only what is authentic moves where media go to.
#[test]
fn no_forger_is_latched() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), protected(2, 1, 2));
    let mut mallory = FarEnd::new(3);
    for n in 0..10 {
        let bytes = mallory.packet(n, &[5000; 160]);
        receive_from(&mut stream, ms(20), address(2, 6000), &bytes);
        receive_from(
            &mut stream,
            ms(20),
            address(2, 6000),
            &packet(n, &[5000; 160]),
        );
    }
    let latched = |events: &[AudioEvent]| {
        events.contains(&AudioEvent::Latched {
            address: address(2, 6002),
        })
    };
    assert!(!latched(&run(&mut stream, ms(40)).events));
    assert_eq!(counts(&stream), (0, 20, 0));
    let mut bob = FarEnd::new(2);
    for n in 0..2 {
        let bytes = bob.packet(n, &[5000; 160]);
        receive_from(&mut stream, ms(50), address(2, 6002), &bytes);
    }
    assert!(latched(&run(&mut stream, ms(60)).events));
    // And nobody else is looked at any more.
    receive_from(&mut stream, ms(70), address(2, 6000), &packet(9, &[0; 160]));
    assert_eq!(stream.dropped(DropReason::ForeignAddress), 2);
    assert_eq!(stream.dropped(DropReason::NotAuthentic), 20);
}

#[test]
fn the_goodbye_is_protected_and_heeded() {
    let mut pair = Pair::new();
    agree(&mut pair, [1, 2]);
    pair.run(500);
    let now = ms(pair.now);
    pair.streams[0].leave(now);
    pair.run(100);
    let ssrc = pair.streams[0].ssrc();
    assert!(pair.events[0].contains(&AudioEvent::Left));
    assert!(pair.events[1].contains(&AudioEvent::RemoteLeft { ssrc }));
    assert_eq!(pair.streams[1].report().not_authentic, 0);
}

/// RFC 4568 §7.1.4: keys may change at any time, and no packet is lost for it.
#[test]
fn keys_that_change_are_not_heard() {
    let (mut pair, said) = talking();
    pair.run(105);
    // The one has the answer sooner than the other has what follows it.
    let now = ms(pair.now);
    pair.streams[1].set_plan(now, protected(1, 2, 3));
    pair.run(100);
    let now = ms(pair.now);
    pair.streams[0].set_plan(now, protected(2, 3, 2));
    pair.run(100);
    agree(&mut pair, [4, 5]);
    pair.run(400);
    assert!(contains(&pair.heard[1], &said[0]));
    assert!(contains(&pair.heard[0], &said[1]));
    for stream in &pair.streams {
        let report = stream.report();
        assert_eq!(
            (report.lost, report.not_authentic, report.replayed),
            (0, 0, 0)
        );
    }
}

/// Each with a key of its own, what was overtaken is taken for a second, and no longer; nor is it
/// taken twice.
#[test]
fn keys_of_before_are_good_for_what_was_overtaken() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), protected(2, 1, 2));
    let (mut old, mut new) = (FarEnd::new(2), FarEnd::new(3));
    let said = wave(160, 4);
    let before: Vec<_> = (0..20).map(|n| old.packet(n, &said)).collect();
    for bytes in &before[..10] {
        receive(&mut stream, ms(100), bytes);
    }
    stream.set_plan(ms(110), protected(2, 1, 3));
    // Before anything new has come, they are good for as long as signalling may take.
    receive(&mut stream, ms(30_000), &before[10]);
    receive(&mut stream, ms(30_000), &new.packet(20, &said));
    receive(&mut stream, ms(30_900), &before[11]);
    receive(&mut stream, ms(30_900), &before[11]);
    receive(&mut stream, ms(30_900), &before[3]);
    assert_eq!(counts(&stream), (13, 0, 2));
    receive(&mut stream, ms(31_001), &before[12]);
    assert_eq!(stream.report().not_authentic, 1);
    receive(&mut stream, ms(31_001), &new.packet(21, &said));
    assert_eq!(stream.report().received, 14);
}

#[test]
fn nobody_goes_on_with_the_keys_of_before_for_ever() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), protected(2, 1, 2));
    let mut old = FarEnd::new(2);
    let said = wave(160, 4);
    let before: Vec<_> = (0..20).map(|n| old.packet(n, &said)).collect();
    for bytes in &before[..10] {
        receive(&mut stream, ms(100), bytes);
    }
    stream.set_plan(ms(110), protected(2, 1, 3));
    receive(&mut stream, ms(32_111), &before[10]);
    assert_eq!(counts(&stream), (10, 1, 0));
}

/// Whoever has another address begins with another key as if nothing had been before.
#[test]
fn a_far_end_that_moved_is_heard() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), protected(2, 1, 2));
    let mut bob = FarEnd::new(2);
    let said = wave(160, 4);
    for n in 0xfff0_u16..=0xffff {
        let bytes = bob.packet(n, &said);
        receive(&mut stream, ms(100), &bytes);
    }
    // The numbers wrap as it moves: for who was there before, that is another rollover.
    stream.set_plan(ms(110), protected(3, 1, 3));
    let mut bob = FarEnd::new(3);
    for n in 0..16 {
        let bytes = bob.packet(n, &said);
        receive_from(&mut stream, ms(120), address(3, 4000), &bytes);
    }
    assert_eq!(counts(&stream), (32, 0, 0));
}

/// RFC 3711 §9.2: a key that has served its time serves no more, and new ones are asked for.
#[test]
fn an_exhausted_key_is_told_once_and_sends_nothing() {
    let mut stream = stream(1, AudioConfig::new("a"));
    let limited = |ours: u8| {
        let ours = with(key(ours).with_lifetime(5));
        let theirs = with(key(2).with_lifetime(5));
        let protection = AudioProtection::new(&Toy, ours, theirs).unwrap();
        AudioPlan {
            protection: Some(Box::new(protection)),
            ..plan(2, AudioDirection::SendRecv)
        }
    };
    stream.set_plan(ms(0), limited(1));
    let mut bob = FarEnd::new(2);
    for n in 0..7 {
        let bytes = bob.packet(n, &[0; 160]);
        receive(&mut stream, ms(1), &bytes);
    }
    assert_eq!(stream.dropped(DropReason::KeyExhausted), 2);
    let out = run(&mut stream, ms(1_000));
    assert_eq!(out.rtp.len(), 5);
    let told = |events: &[AudioEvent]| {
        let told = events.iter().filter(|it| **it == AudioEvent::KeyExhausted);
        told.count()
    };
    assert_eq!(told(&out.events), 1);
    stream.set_plan(ms(1_000), limited(4));
    let out = run(&mut stream, ms(2_000));
    assert_eq!((out.rtp.len(), told(&out.events)), (5, 1));
}

/// The same keys after a while in clear go on where they were: no keystream comes twice.
#[test]
fn keys_that_come_again_do_not_begin_again() {
    let mut pair = Pair::new();
    agree(&mut pair, [1, 2]);
    pair.run(1_000);
    pair.connect([AudioDirection::SendRecv; 2]);
    pair.run(1_000);
    agree(&mut pair, [1, 2]);
    pair.run(1_000);
    for stream in &pair.streams {
        let report = stream.report();
        assert_eq!(
            (report.lost, report.not_authentic, report.replayed),
            (0, 0, 0)
        );
    }
    // And a replay of the first second is none of the third.
    let before = pair.streams[0].report();
    assert_eq!(before.received, before.expected);
}

#[test]
fn a_cipher_that_is_not_there_is_said_beforehand() {
    let gcm = Suite::AeadAes128Gcm;
    let protection = Protection {
        policy: Policy::new(gcm),
        keys: vec![MasterKey::new(gcm, &[1; 28]).unwrap()],
    };
    let made = AudioProtection::new(&Toy, with(key(1)), protection);
    assert_eq!(made, Err(SetupError::NoCipher));
}
