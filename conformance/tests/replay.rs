//! What is recorded in a text file happens again, byte for byte.

use offhook::dns::{Answer, LookupFailure, Record, RecordData, ResponseCode};
use offhook::trace::Transcript;
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};
use offhook_conformance::sim::{Recorder, Recording};
use offhook_conformance::worlds::node::{Deed, Node};
use offhook_conformance::worlds::{Scenario, Take};

#[test]
fn every_phone_and_server_repeats_its_recording() {
    for name in ["calls", "direct", "strangers", "races"] {
        let scenario = Scenario::find(name).unwrap();
        for seed in 0..5 {
            let take = Take::new(seed).recorded();
            let run = scenario.run(&take);
            assert!(!run.recordings.is_empty());
            for (who, text) in &run.recordings {
                match Recording::replay::<Node>(text) {
                    Ok(steps) => assert!(steps > 10, "{who} did next to nothing"),
                    Err(error) => panic!("{who}: {error}\n{}", scenario.replay_line(&take)),
                }
            }
        }
    }
}

#[test]
fn a_changed_output_is_noticed() {
    let run = Scenario::find("direct")
        .unwrap()
        .run(&Take::new(3).recorded());
    let (_, text) = &run.recordings[0];
    // The first message the phone sent.
    let (before, sent) = text.split_once("> transmit").unwrap();
    for (old, new) in [("Call-ID: ", "Call-ID: x"), ("CSeq: ", "CSeq: 1")] {
        let forged = format!("{before}> transmit{}", sent.replacen(old, new, 1));
        assert_ne!(&forged, text);
        assert!(Recording::replay::<Node>(&forged).is_err(), "{old}");
    }
}

#[test]
fn the_same_seed_sends_the_same_bytes_and_they_survive_the_file() {
    let scenario = Scenario::find("calls").unwrap();
    let text = |seed| {
        let run = scenario.run(&Take::new(seed).recorded());
        run.transcript.to_text()
    };
    assert_ne!(text(11), text(12));
    let text = text(11);
    let again = scenario.run(&Take::new(11).recorded());
    assert_eq!(text, again.transcript.to_text());
    assert_eq!(Transcript::parse(&text).unwrap().to_text(), text);
}

/// A phone calls a name, and every question it has is answered with `answer`; what was recorded.
fn recorded(answer: &Answer) -> String {
    let phone = "phone user=alice seed=1 media=192.0.2.1:4000";
    let mut phone = Recorder::<Node>::new(phone).unwrap();
    let (flow, transport) = (FlowId::from_driver(0), Transport::Udp);
    let (now, local) = (Instant::from_millis(1), "192.0.2.1:5060".parse().unwrap());
    #[rustfmt::skip]
    phone.handle_input(now, Input::Bound { flow, transport, local });
    phone.command(now, &Deed::Invite("sip:bob@far.example:5070".to_owned()));
    let mut bytes = Vec::new();
    loop {
        match phone.poll_output(&mut bytes) {
            Output::Resolve { query, question } => {
                let records = answer.records().iter().map(|record| Record {
                    name: question.name.clone(),
                    ..record.clone()
                });
                let answer = match answer {
                    Answer::Records(_) => Answer::Records(records.collect()),
                    other => other.clone(),
                };
                let answer = &answer;
                phone.handle_input(now, Input::Resolved { query, answer });
            }
            Output::Wait(_) => break,
            _ => {}
        }
    }
    phone.recording().as_text().to_owned()
}

#[test]
fn what_the_dns_answered_is_part_of_a_recording() {
    let record = Record {
        name: offhook::dns::Name::root(),
        ttl: 60,
        data: RecordData::A([192, 0, 2, 9].into()),
    };
    let refused = LookupFailure::Refused(ResponseCode::REFUSED);
    for (answer, line) in [
        (Answer::Records([record].into()), "resolved 0 records"),
        (Answer::NoData { ttl: 5 }, "resolved 0 no-data 5"),
        (Answer::NoSuchName { ttl: 7 }, "resolved 0 no-such-name 7"),
        (Answer::Failed(refused), "resolved 0 refused 5"),
        (
            Answer::Failed(LookupFailure::Timeout),
            "resolved 0 no-answer",
        ),
    ] {
        let text = recorded(&answer);
        assert!(text.contains(line), "{line}: {text}");
        let called = text.contains("> transmit 1 192.0.2.9:5070");
        assert_eq!(called, !answer.records().is_empty(), "{text}");
        let steps = Recording::replay::<Node>(&text);
        assert!(steps.is_ok_and(|steps| steps >= 3), "{text}");
    }
}
