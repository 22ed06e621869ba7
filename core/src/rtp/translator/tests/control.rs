//! RTCP: each sentence of RFC 3550 §7.2.

use super::*;

/// Alice's sender report, who she is, and what an application of hers says.
fn report_of_alice() -> Vec<u8> {
    compound(|writer| {
        writer.report(ssrc(ALICE), Some(&INFO), &[]);
        let items = [
            item(SdesKind::Cname, b"alice@a"),
            item(SdesKind::Tool, b"t"),
        ];
        writer.source_description(ssrc(ALICE), items);
        writer.application(&APP);
    })
}

const APP: ApplicationDefined<'_> = ApplicationDefined {
    subtype: 5,
    ssrc: Ssrc::new(ALICE),
    name: *b"pine",
    data: b"data",
};

/// Bob's report about Alice, behind her.
fn report_of_bob() -> Vec<u8> {
    compound(|writer| {
        writer.report(ssrc(BOB), None, &[block(ALICE)]);
        writer.source_description(ssrc(BOB), [item(SdesKind::Cname, b"bob@b")]);
    })
}

/// Alice has sent 100 to 107.
fn after_some_data(translation: Translation) -> Translator {
    let mut translator = translator(translation);
    for sequence in 100..108 {
        let bytes = data(sequence);
        let incoming = translator.receive(ms(0), 0, at(1, 4000), &bytes).unwrap();
        let group = translator.group(1, &incoming.place).unwrap();
        if group.place == 0 {
            let mut out = [0; 200];
            let piece = piece(0, &[1; 50]);
            translator
                .send(1, &incoming.place, &piece, &mut out)
                .unwrap();
        }
    }
    translator
}

/// "A translator that does not modify the data packets MAY simply forward RTCP packets unmodified."
#[test]
fn where_data_are_not_modified_rtcp_is_not_either() {
    let mut translator = after_some_data(Translation::unchanged());
    let nack = FeedbackPacket {
        sender: ssrc(BOB),
        media_source: ssrc(ALICE),
        feedback: Feedback::PictureLoss,
    };
    let bytes = [
        report_of_bob(),
        compound(|writer| {
            writer.feedback(&nack);
        }),
        // Of a type nobody knows.
        vec![0x80, 222, 0, 1, 1, 2, 3, 4],
    ]
    .concat();
    assert_eq!(from_bob(&mut translator, &bytes), bytes);
    let bytes = report_of_alice();
    assert_eq!(from_alice(&mut translator, &bytes), bytes);
}

/// "The SSRC is left intact but the sender information MUST be modified if required by the
/// translation"; with another type of payload alone nothing is.
#[test]
fn a_sender_report_says_what_the_source_says() {
    let translation = Translation::unchanged().with_payload_type(PayloadType::PCMU, NEW_TYPE);
    let mut translator = after_some_data(translation);
    let bytes = report_of_alice();
    assert_eq!(from_alice(&mut translator, &bytes), bytes);
}

/// "If a translator changes the data encoding, it MUST change the sender's byte count field."
#[test]
fn another_encoding_has_another_count_of_octets() {
    let mut translator = after_some_data(Translation::unchanged().with_encoding());
    let out = from_alice(&mut translator, &report_of_alice());
    let octets = 8 * 50;
    assert_eq!(info(&out), SenderInfo { octets, ..INFO });
}

/// "If it also combines several data packets into one output packet, it MUST change the sender's
/// packet count field."
#[test]
fn combined_packets_have_another_count_of_packets() {
    let translation = Translation::unchanged().with_encoding().with_packets(2, 1);
    let mut translator = after_some_data(translation);
    let out = from_alice(&mut translator, &report_of_alice());
    let (packets, octets) = (4, 4 * 50);
    let expected = SenderInfo {
        packets,
        octets,
        ..INFO
    };
    assert_eq!(info(&out), expected);
    // Both are of the same packets, if those are only put together as well.
    let mut translator = after_some_data(Translation::unchanged().with_packets(2, 1));
    let out = from_alice(&mut translator, &report_of_alice());
    assert_eq!(info(&out), expected);
}

/// "If it changes the timestamp frequency, it MUST change the RTP timestamp field in the SR packet."
#[test]
fn another_clock_has_another_timestamp_for_the_same_time() {
    let translation = Translation::unchanged().with_clock_rates(8000, 16_000);
    let mut translator = after_some_data(translation);
    // The first packet is of 16 000 on both clocks; the report is of 12 800 ticks before it.
    let out = from_alice(&mut translator, &report_of_alice());
    let timestamp = Timestamp::new(16_000_u32.wrapping_sub(25_600));
    assert_eq!(info(&out), SenderInfo { timestamp, ..INFO });
    // A report that comes before any data is what they are counted from.
    let translation = Translation::unchanged().with_clock_rates(8000, 16_000);
    let mut translator = super::translator(translation);
    let out = from_alice(&mut translator, &report_of_alice());
    assert_eq!(info(&out), INFO);
    let bytes = data_of(ALICE, 1, 3360, &[], b"x");
    let out = forwarded(&mut translator, &bytes);
    let timestamp = Packet::parse(&out).unwrap().timestamp();
    assert_eq!(timestamp.as_u32(), 3200 + 320);
}

/// "Forwards reception reports received from one cloud to the others. The SSRC is left intact." What
/// round trips are measured by is as well.
#[test]
fn reports_flow_the_other_way_and_keep_what_round_trips_are_measured_by() {
    let mut translator = after_some_data(Translation::unchanged().with_encoding());
    let bytes = report_of_bob();
    assert_eq!(from_bob(&mut translator, &bytes), bytes);
    assert_eq!(blocks(&bytes), [block(ALICE)]);
}

/// "It MUST make the inverse manipulation for the packet loss fields and the extended last sequence
/// number field."
#[test]
fn what_is_said_of_combined_packets_is_said_of_those_they_were_made_of() {
    let translation = Translation::unchanged()
        .with_packets(2, 1)
        .with_clock_rates(8000, 48_000);
    let mut translator = after_some_data(translation);
    // 102 there is made of 104 and 105.
    let said = ReportBlock {
        extended_highest_sequence: 102,
        jitter: 480,
        ..block(ALICE)
    };
    let bytes = compound(|writer| {
        writer.report(ssrc(BOB), Some(&INFO), &[said]);
    });
    let out = from_bob(&mut translator, &bytes);
    let expected = ReportBlock {
        extended_highest_sequence: 105,
        cumulative_lost: 12,
        jitter: 80,
        ..block(ALICE)
    };
    assert_eq!(blocks(&out), [expected]);
    // Of Bob himself nothing is changed: what he sends here goes the other way.
    assert_eq!(info(&out), INFO);
    // Nobody can have heard more than was sent, whatever became of the last group.
    let bytes = data(108);
    translator.receive(ms(0), 0, at(1, 4000), &bytes).unwrap();
    let bytes = compound(|writer| {
        let last = ReportBlock {
            extended_highest_sequence: 104,
            ..said
        };
        writer.report(ssrc(BOB), None, &[last]);
    });
    let out = from_bob(&mut translator, &bytes);
    assert_eq!(blocks(&out)[0].extended_highest_sequence, 108);
}

/// A receiver behind the translator and one before it say the same of a stream of which the numbers
/// wrap, whatever is lost behind it.
#[test]
fn a_report_comes_out_as_if_the_packets_themselves_had_been_counted() {
    let mut rng = Rng::from_seed([2; 32]);
    for packets in [2_u8, 3, 4] {
        let mut translator = translator(Translation::unchanged().with_packets(packets, 1));
        let each = u32::from(packets);
        let begin = 60_000_u32;
        let (mut heard, mut base) = (0_u32, None);
        let mut highest = 0_u32;
        for n in 0..100_000_u32 {
            let bytes = data_of(ALICE, (begin + n) as u16, n.wrapping_mul(160), &[], b"x");
            let incoming = translator.receive(ms(0), 0, at(1, 4000), &bytes).unwrap();
            if translator.group(1, &incoming.place).unwrap().place + 1 < packets {
                continue;
            }
            let mut out = [0; 100];
            let size = translator.send(1, &incoming.place, &piece(0, b"x"), &mut out);
            let number = Packet::parse(&out[..size.unwrap()]).unwrap().sequence();
            let is_last = n + each >= 100_000;
            if rng.below(10) > 0 || is_last {
                // As the receiver there counts (A.1): cycles above the number.
                let low = number.as_u16();
                let before = highest;
                highest = (highest & 0xffff_0000) | u32::from(low);
                if highest < before {
                    highest += 0x1_0000;
                }
                base.get_or_insert(highest);
                heard += 1;
            }
        }
        let lost = i32::try_from(highest - base.unwrap() + 1 - heard).unwrap();
        let said = ReportBlock {
            extended_highest_sequence: highest,
            cumulative_lost: lost,
            ..block(ALICE)
        };
        let bytes = compound(|writer| {
            writer.report(ssrc(BOB), None, &[said]);
        });
        let out = blocks(&from_bob(&mut translator, &bytes))[0];
        let whole = (100_000 / each) * each;
        assert_eq!(out.extended_highest_sequence, begin + whole - 1);
        assert_eq!(out.cumulative_lost, lost * i32::from(packets));
        assert_eq!(out.fraction_lost, said.fraction_lost);
    }
}

/// "There may be no meaningful way to translate the reception reports, so the translator MAY pass on
/// no reception report at all": as of a source that it knows nothing of.
#[test]
fn what_cannot_be_translated_is_left_out() {
    let mut translator = after_some_data(Translation::unchanged().with_packets(2, 1));
    let bytes = compound(|writer| {
        writer.report(ssrc(BOB), None, &[block(99), block(ALICE)]);
        writer.source_description(ssrc(BOB), [item(SdesKind::Cname, b"bob@b")]);
        let nack = FeedbackPacket {
            sender: ssrc(BOB),
            media_source: ssrc(ALICE),
            feedback: Feedback::OtherTransport {
                format: 9,
                information: &[0, 1, 0, 0],
            },
        };
        writer.feedback(&nack);
    });
    let out = from_bob(&mut translator, &bytes);
    let about: Vec<u32> = blocks(&out).iter().map(|it| it.ssrc.as_u32()).collect();
    assert_eq!(about, [ALICE]);
    let compound = Compound::parse(&out).unwrap();
    assert_eq!(compound.packets().count(), 2, "packets are others here");
}

/// "SHOULD NOT aggregate SR and RR packets from different sources into one packet": as many come out
/// as went in, each by whom it was.
#[test]
fn reports_of_several_sources_are_not_put_together() {
    let mut translator = after_some_data(Translation::unchanged().with_encoding());
    let bytes = compound(|writer| {
        writer.report(ssrc(BOB), None, &[block(ALICE)]);
        writer.report(ssrc(46), None, &[block(ALICE)]);
        writer.source_description(ssrc(BOB), [item(SdesKind::Cname, b"bob@b")]);
    });
    assert_eq!(from_bob(&mut translator, &bytes), bytes);
}

/// Among three clouds a report about a source goes into its own cloud and into the third, in the
/// numbers there.
#[test]
fn a_report_has_the_numbers_of_the_cloud_it_goes_to() {
    let mut translator = Translator::new(TranslatorLimits {
        clouds: 3,
        ..TranslatorLimits::default()
    });
    translator.set_translation(0, 1, Translation::unchanged().with_packets(2, 1));
    let thirds = Translation::unchanged().with_packets(1, 3);
    translator.set_translation(0, 2, thirds.with_clock_rates(8000, 16_000));
    for sequence in 100..108 {
        let bytes = data(sequence);
        translator.receive(ms(0), 0, at(1, 4000), &bytes).unwrap();
    }
    let said = ReportBlock {
        extended_highest_sequence: 101,
        ..block(ALICE)
    };
    let bytes = compound(|writer| {
        writer.report(ssrc(BOB), None, &[said]);
    });
    // 100 to 103 are in what came; each is three where it goes.
    let bob = (1, at(2, 4001));
    let there = blocks(&carried(&mut translator, bob, 2, &bytes))[0];
    assert_eq!(there.extended_highest_sequence, 100 + 3 * 3 + 2);
    assert_eq!(there.cumulative_lost, 6 * 2 * 3);
    assert_eq!(there.jitter, 80 * 2);
    let home = blocks(&carried(&mut translator, bob, 0, &bytes))[0];
    assert_eq!(home.extended_highest_sequence, 103);
    // One that hears her in her own cloud is told of in the others.
    let bytes = compound(|writer| {
        writer.report(ssrc(46), None, &[block(ALICE)]);
    });
    let other = (0, at(3, 4001));
    let there = blocks(&carried(&mut translator, other, 1, &bytes))[0];
    assert_eq!(there.extended_highest_sequence, 102);
    assert_eq!(there.cumulative_lost, 3);
}

/// "Typically forward without change the SDES information, but MAY filter non-CNAME SDES information
/// if bandwidth is limited. The CNAMEs MUST be forwarded"; "forward APP packets unchanged".
#[test]
fn who_a_source_is_goes_through_or_its_cname_alone() {
    let mut whole = after_some_data(Translation::unchanged().with_encoding());
    let bytes = report_of_alice();
    let out = from_alice(&mut whole, &bytes);
    // Behind the sender's section nothing is another.
    assert_eq!(out[28..], bytes[28..]);
    let mut less = after_some_data(Translation::unchanged().with_cname_alone());
    let out = from_alice(&mut less, &bytes);
    let expected = compound(|writer| {
        writer.report(ssrc(ALICE), Some(&INFO), &[]);
        writer.source_description(ssrc(ALICE), [item(SdesKind::Cname, b"alice@a")]);
        writer.application(&APP);
    });
    assert_eq!(out, expected);
}

/// "Translators forward BYE packets unchanged."
#[test]
fn goodbyes_go_through() {
    let mut translator = after_some_data(Translation::unchanged().with_encoding());
    let bytes = compound(|writer| {
        writer.report(ssrc(ALICE), None, &[]);
        writer.goodbye(&[ssrc(ALICE), ssrc(18)], b"tired");
    });
    assert_eq!(from_alice(&mut translator, &bytes), bytes);
}

/// "A translator that is about to cease forwarding packets SHOULD send a BYE packet to each connected
/// cloud containing all the SSRC identifiers that were previously being forwarded to that cloud."
#[test]
fn a_translator_that_ceases_says_goodbye_for_all_it_forwarded() {
    let mut translator = Translator::new(TranslatorLimits {
        clouds: 3,
        ..TranslatorLimits::default()
    });
    for n in 0..40_u32 {
        let bytes = data_of(1000 + n, 1, 1, &[], b"x");
        let from = at(1, 5000 + n as u16);
        let incoming = translator.receive(ms(0), 0, from, &bytes).unwrap();
        let mut out = [0; 100];
        translator.forward(1, &incoming, &mut out).unwrap();
    }
    // One of them has said so itself, and one told who it is.
    for (n, is_goodbye) in [(7, true), (0, false)] {
        let bytes = compound(|writer| {
            writer.report(ssrc(1000 + n), None, &[]);
            writer.source_description(ssrc(1000 + n), [item(SdesKind::Cname, b"it")]);
            if is_goodbye {
                writer.goodbye(&[ssrc(1000 + n)], b"");
            }
        });
        let from = (0, at(1, 6000 + n as u16));
        carried(&mut translator, from, 1, &bytes);
    }
    let mut gone = Vec::new();
    let mut out = [0; 1200];
    loop {
        let size = translator.cease(1, &mut out).unwrap();
        if size == 0 {
            break;
        }
        let compound = Compound::parse(&out[..size]).unwrap();
        for packet in compound.packets() {
            match packet {
                RtcpPacket::Goodbye(goodbye) => gone.extend(goodbye.sources().map(Ssrc::as_u32)),
                RtcpPacket::SourceDescription(description) => {
                    let mut chunks = description.chunks();
                    assert_eq!(chunks.next().unwrap().cname(), Some(&b"it"[..]));
                }
                RtcpPacket::ReceiverReport(report) => assert_eq!(report.blocks().len(), 0),
                other => panic!("{other:?}"),
            }
        }
    }
    let expected: Vec<u32> = (1000..1040).filter(|n| *n != 1007).collect();
    assert_eq!(gone, expected);
    // Nobody has heard of any in the third.
    assert_eq!(translator.cease(2, &mut out), Ok(0));
}

#[test]
fn what_does_not_fit_is_not_written() {
    let mut translator = after_some_data(Translation::unchanged().with_encoding());
    for bytes in [report_of_alice(), report_of_alice()] {
        let control = translator
            .receive_rtcp(ms(0), 0, at(1, 4001), &bytes)
            .unwrap();
        let mut out = [0; 20];
        let refused = translator.send_rtcp(1, &control, &mut out);
        assert!(matches!(refused, Err(TranslateError::Control(_))));
        let refused = translator.send_rtcp(0, &control, &mut out);
        assert_eq!(refused, Err(TranslateError::NoCloud));
    }
}
