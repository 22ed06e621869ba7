//! What is recorded in a text file happens again, byte for byte.

use offhook::trace::Transcript;
use offhook_conformance::sim::Recording;
use offhook_conformance::worlds::Scenario;
use offhook_conformance::worlds::node::Node;

#[test]
fn every_phone_and_server_repeats_its_recording() {
    for name in ["calls", "direct", "strangers"] {
        let scenario = Scenario::find(name).unwrap();
        for seed in 0..5 {
            let run = scenario.run(seed, true);
            assert!(!run.recordings.is_empty());
            for (who, text) in &run.recordings {
                match Recording::replay::<Node>(text) {
                    Ok(steps) => assert!(steps > 10, "{who} did next to nothing"),
                    Err(error) => panic!("{who}: {error}\n{}", scenario.replay_line(seed)),
                }
            }
        }
    }
}

#[test]
fn a_changed_output_is_noticed() {
    let run = Scenario::find("direct").unwrap().run(3, true);
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
    let text = scenario.run(11, true).transcript.to_text();
    assert_eq!(text, scenario.run(11, true).transcript.to_text());
    assert_ne!(text, scenario.run(12, true).transcript.to_text());
    assert_eq!(Transcript::parse(&text).unwrap().to_text(), text);
}
