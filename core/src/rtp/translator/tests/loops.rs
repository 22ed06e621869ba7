//! Third-party collisions and loops (RFC 3550 §8.2).

use super::*;

fn described(of: u32, cname: &[u8]) -> Vec<u8> {
    compound(|writer| {
        writer.report(ssrc(of), None, &[]);
        writer.source_description(ssrc(of), [item(SdesKind::Cname, cname)]);
    })
}

fn goodbye(of: u32) -> Vec<u8> {
    compound(|writer| {
        writer.report(ssrc(of), None, &[]);
        writer.goodbye(&[ssrc(of)], b"");
    })
}

fn refusal<T>(taken: Result<T, Refusal>) -> Option<Refusal> {
    taken.err()
}

/// "Packets arriving with the same SSRC identifier but a different source transport address": what
/// came around is ignored, and what was heard first goes on.
#[test]
fn what_comes_from_elsewhere_goes_nowhere() {
    let mut translator = translator(Translation::unchanged());
    let bytes = data(1);
    translator.receive(ms(0), 0, at(1, 4000), &bytes).unwrap();
    // Another port, another host, the other cloud, and the same address in the other cloud.
    let elsewhere = [
        (0, at(1, 4002)),
        (0, at(9, 4000)),
        (1, at(9, 4000)),
        (1, at(1, 4000)),
    ];
    for (n, (cloud, address)) in elsewhere.into_iter().enumerate() {
        let taken = translator.receive(ms(1), cloud, address, &bytes);
        assert_eq!(refusal(taken), Some(Refusal::Looped));
        assert_eq!(translator.loops(), n as u64 + 1);
    }
    let after = data(2);
    translator.receive(ms(2), 0, at(1, 4000), &after).unwrap();
    assert_eq!(translator.collisions(), 0);
}

/// "Two source transport addresses are required, since the UDP source port numbers may be different on
/// RTP and RTCP packets": each is learned by the first packet of its kind.
#[test]
fn data_and_control_have_an_address_each() {
    let mut translator = translator(Translation::unchanged());
    let bytes = described(ALICE, b"alice@a");
    let mut control = |cloud, address| {
        let taken = translator.receive_rtcp(ms(0), cloud, address, &bytes);
        taken.map(drop)
    };
    assert_eq!(control(0, at(1, 4001)), Ok(()));
    assert_eq!(control(0, at(1, 4003)), Err(Refusal::Looped));
    assert_eq!(control(1, at(1, 4001)), Err(Refusal::Looped));
    let bytes = data(1);
    let mut data = |cloud, address| translator.receive(ms(0), cloud, address, &bytes).map(drop);
    // The first data, but from where the source is not.
    assert_eq!(data(1, at(1, 4000)), Err(Refusal::Looped));
    assert_eq!(data(0, at(1, 4000)), Ok(()));
    assert_eq!(data(0, at(1, 4001)), Err(Refusal::Looped));
}

/// "A mixer can close a loop: a source might show up both as an SSRC on a data packet and a CSRC in a
/// mixed data packet."
#[test]
fn a_mix_of_what_is_heard_already_goes_nowhere() {
    let mut translator = translator(Translation::unchanged());
    translator.receive(ms(0), 0, at(1, 4000), &data(1)).unwrap();
    let mixed = data_of(48, 1, 1, &[5, ALICE], b"x");
    let taken = translator.receive(ms(0), 1, at(4, 4000), &mixed);
    assert_eq!(refusal(taken), Some(Refusal::Looped));
    // What a mixer itself names is of where the mixer is, itself included (§7.1).
    let mixed = data_of(49, 1, 1, &[6, 49], b"x");
    translator.receive(ms(0), 1, at(5, 4000), &mixed).unwrap();
    let alone = data_of(6, 1, 1, &[], b"x");
    let taken = translator.receive(ms(0), 0, at(6, 4000), &alone);
    assert_eq!(refusal(taken), Some(Refusal::Looped));
}

/// "A source identifier from an RTCP SDES chunk containing a CNAME item that differs from the CNAME in
/// the table entry: count a third-party collision; else count a third-party loop."
#[test]
fn two_of_one_ssrc_are_told_apart_by_their_cnames() {
    let mut translator = translator(Translation::unchanged());
    let own = described(ALICE, b"alice@a");
    from_alice(&mut translator, &own);
    // By itself the report in front is all that is known of a packet: it came around.
    let taken = translator.receive_rtcp(ms(0), 1, at(9, 4001), &own);
    assert_eq!(refusal(taken), Some(Refusal::Looped));
    // Behind another's report, a chunk of hers by another name.
    let other = compound(|writer| {
        writer.report(ssrc(BOB), None, &[]);
        let chunks: [(u32, &[u8]); 2] = [(BOB, b"bob@b"), (ALICE, b"carol@c")];
        for (of, cname) in chunks {
            writer.source_description(ssrc(of), [item(SdesKind::Cname, cname)]);
        }
    });
    let (loops, expected) = (translator.loops(), described(BOB, b"bob@b"));
    assert_eq!(from_bob(&mut translator, &other), expected);
    assert_eq!((translator.loops(), translator.collisions()), (loops, 1));
    // "On the far side of a translator": from one address, so that only the name tells. It is
    // forwarded, for whoever collides has to see it.
    let far = described(ALICE, b"carol@c");
    assert_eq!(from_alice(&mut translator, &far), far);
    assert_eq!(translator.collisions(), 2);
    from_alice(&mut translator, &own);
    assert_eq!(translator.collisions(), 2, "the first name is hers");
}

/// "The SSRC identifier in a reception report block is an exception."
#[test]
fn whom_a_report_is_about_may_be_anywhere() {
    let mut translator = translator(Translation::unchanged());
    translator.receive(ms(0), 0, at(1, 4000), &data(1)).unwrap();
    let bytes = compound(|writer| {
        writer.report(ssrc(BOB), None, &[block(ALICE), block(77)]);
    });
    assert_eq!(from_bob(&mut translator, &bytes), bytes);
    assert_eq!(translator.loops(), 0);
    // Nor has anybody been heard by it.
    let first = data_of(77, 1, 1, &[], b"x");
    translator.receive(ms(0), 0, at(7, 4000), &first).unwrap();
}

/// "Removed when an RTCP BYE packet is received and validated by a matching source transport address,
/// or after no packets have arrived for a relatively long time."
#[test]
fn who_has_left_makes_room_for_another_of_the_name() {
    let mut translator = translator(Translation::unchanged());
    let (here, control) = (at(1, 4000), at(1, 4001));
    let bytes = data(1);
    translator.receive(ms(0), 0, here, &bytes).unwrap();
    from_alice(&mut translator, &described(ALICE, b"alice@a"));
    // Nobody says goodbye for another.
    let forged = goodbye(ALICE);
    let taken = translator.receive_rtcp(ms(10), 1, at(9, 4001), &forged);
    assert_eq!(refusal(taken), Some(Refusal::Looped));
    let behind = compound(|writer| {
        writer.report(ssrc(BOB), None, &[]);
        writer.goodbye(&[ssrc(ALICE), ssrc(BOB)], b"both");
    });
    let expected = compound(|writer| {
        writer.report(ssrc(BOB), None, &[]);
        writer.goodbye(&[ssrc(BOB)], b"both");
    });
    assert_eq!(from_bob(&mut translator, &behind), expected);
    let taken = translator.receive(ms(20), 1, at(9, 4000), &bytes);
    assert_eq!(refusal(taken), Some(Refusal::Looped));
    // She herself does; a packet of hers was overtaken, and then she is still there.
    let leave = |translator: &mut Translator, now| {
        let bytes = goodbye(ALICE);
        let taken = translator.receive_rtcp(ms(now), 0, control, &bytes);
        taken.map(drop)
    };
    assert_eq!(leave(&mut translator, 30), Ok(()));
    translator.receive(ms(31), 0, here, &bytes).unwrap();
    let taken = translator.receive(ms(32), 1, at(9, 4000), &bytes);
    assert_eq!(refusal(taken), Some(Refusal::Looped));
    assert_eq!(leave(&mut translator, 33), Ok(()));
    translator.receive(ms(40), 1, at(9, 4000), &bytes).unwrap();
    // That one is silent for long.
    let taken = translator.receive(ms(70_000), 0, here, &bytes);
    assert_eq!(refusal(taken), Some(Refusal::Looped));
    translator.receive(ms(70_041), 0, here, &bytes).unwrap();
}

/// A goodbye is forwarded even where others wait for the place.
#[test]
fn who_leaves_is_not_forgotten_before_that_is_told() {
    let mut translator = Translator::new(TranslatorLimits {
        sources: 2,
        ..TranslatorLimits::default()
    });
    translator.set_translation(0, 1, Translation::unchanged().with_encoding());
    translator.receive(ms(0), 0, at(1, 4000), &data(1)).unwrap();
    // Behind her goodbye one of a source for which there is no room.
    let bytes = compound(|writer| {
        writer.report(ssrc(BOB), None, &[]);
        writer.goodbye(&[ssrc(ALICE), ssrc(99)], b"");
    });
    let expected = compound(|writer| {
        writer.report(ssrc(BOB), None, &[]);
        writer.goodbye(&[ssrc(ALICE)], b"");
    });
    assert_eq!(
        carried(&mut translator, (0, at(1, 4001)), 1, &bytes),
        expected
    );
}

/// Memory is bounded: new sources find no room until old ones are gone.
#[test]
fn no_more_sources_are_kept_than_the_limits_say() {
    let mut translator = Translator::new(TranslatorLimits {
        sources: 3,
        ..TranslatorLimits::default()
    });
    let mut taken = |now, of: u32, csrc: &[u32]| {
        let bytes = data_of(of, 1, 1, csrc, b"x");
        translator
            .receive(ms(now), 0, at(1, of as u16), &bytes)
            .map(drop)
    };
    assert_eq!(taken(0, 1, &[]), Ok(()));
    assert_eq!(taken(0, 2, &[]), Ok(()));
    assert_eq!(taken(0, 3, &[]), Ok(()));
    assert_eq!(taken(50_000, 4, &[]), Err(Refusal::NoRoom));
    // Who is named in a mix is watched if there is room.
    assert_eq!(taken(60_000, 1, &[5, 6]), Ok(()));
    // Two have been silent for longer than may be.
    assert_eq!(taken(71_000, 4, &[]), Ok(()));
    assert_eq!(taken(71_000, 5, &[]), Ok(()));
    assert_eq!(taken(71_000, 6, &[]), Err(Refusal::NoRoom));
}

/// Anything at all, from anywhere: what goes on has a name that came, and none comes from two places.
#[test]
fn no_source_goes_on_from_two_places() {
    let mut rng = Rng::from_seed([8; 32]);
    for round in 0..200 {
        let mut translator = Translator::new(TranslatorLimits {
            clouds: 3,
            sources: 4,
            ..TranslatorLimits::default()
        });
        let ways: [fn() -> Translation; 3] = [
            Translation::unchanged,
            || Translation::unchanged().with_packets(3, 2).with_encoding(),
            || Translation::unchanged().with_clock_rates(8000, u32::MAX),
        ];
        for from in 0..3 {
            for to in 0..3 {
                let way = ways[rng.below(3) as usize % (1 + round % 3)];
                translator.set_translation(from, to, way());
            }
        }
        let mut homes: Vec<(Ssrc, usize, SocketAddr)> = Vec::new();
        for _ in 0..200 {
            let of = rng.below(6) as u32;
            let cloud = rng.below(4) as usize;
            let address = at(rng.below(2) as u8, 4000);
            let mut out = [0; 1500];
            if rng.below(2) == 0 {
                let sequence = rng.next_u32() as u16;
                let mut bytes = data_of(of, sequence, rng.next_u32(), &[], b"x");
                bend(&mut bytes, &mut rng);
                let Ok(incoming) = translator.receive(ms(0), cloud, address, &bytes) else {
                    continue;
                };
                let name = incoming.packet.ssrc();
                match homes.iter().find(|(known, ..)| *known == name) {
                    Some(home) => assert_eq!(*home, (name, cloud, address)),
                    None => homes.push((name, cloud, address)),
                }
                let place = incoming.place;
                for to in 0..3 {
                    let piece = piece(rng.below(256) as u8, b"y");
                    let sizes = [
                        translator.forward(to, &incoming, &mut out),
                        translator.send(to, &place, &piece, &mut out),
                    ];
                    for size in sizes.into_iter().flatten() {
                        // Both were written to one place, the last one whole.
                        let packet = Packet::parse(&out[..size]);
                        assert!(packet.is_err() || packet.unwrap().ssrc() == name);
                    }
                }
            } else {
                let said = ReportBlock {
                    extended_highest_sequence: rng.next_u32(),
                    cumulative_lost: rng.next_u32() as i32 >> 8,
                    jitter: rng.next_u32(),
                    ..block(rng.below(6) as u32)
                };
                let mut bytes = compound(|writer| {
                    writer.report(ssrc(of), Some(&INFO), &[said]);
                    writer.source_description(ssrc(of), [item(SdesKind::Cname, b"c")]);
                });
                bend(&mut bytes, &mut rng);
                let Ok(control) = translator.receive_rtcp(ms(0), cloud, address, &bytes) else {
                    continue;
                };
                for to in 0..3 {
                    if let Ok(size) = translator.send_rtcp(to, &control, &mut out) {
                        assert!(size == 0 || Compound::parse(&out[..size]).is_ok());
                    }
                }
            }
        }
        let mut out = [0; 1500];
        for to in 0..3 {
            while translator.cease(to, &mut out).unwrap() > 0 {}
        }
        translator.expire(Instant::from_millis(100_000));
    }
}

/// Changes an octet now and then.
fn bend(bytes: &mut [u8], rng: &mut Rng) {
    if rng.below(4) == 0 {
        let place = rng.below(bytes.len() as u64) as usize;
        bytes[place] = rng.next_u32() as u8;
    }
}
