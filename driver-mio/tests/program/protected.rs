//! Protected sound: `--srtp` (RFC 3711, RFC 4568).

use std::path::{Path, PathBuf};

use crate::running::Program;

/// A phone that tells what happens as JSON, and the URI that reaches it.
fn phone(user: &str, more: &[&str]) -> (Program, String) {
    let aor = format!("sip:{user}@127.0.0.1");
    let own = ["phone", "--listen", "127.0.0.1:0", "--aor", &aor, "--json"];
    let mut phone = Program::start(&[&own[..], more].concat());
    let line = phone.says(&[r#"{"event":"listening""#]);
    let (_, after) = line.split_once(r#""address":""#).expect("an address");
    let address = after.split('"').next().unwrap_or_default();
    (phone, format!("sip:{user}@{address}"))
}

/// A file of this test process.
fn file(name: &str) -> PathBuf {
    let name = format!("{name}-{}.wav", std::process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Three seconds of a tone whose sign turns every so many samples.
fn tone(path: &Path, half_period: usize) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut out = hound::WavWriter::create(path, spec).expect("a file");
    for n in 0..24_000 {
        let is_up = n / half_period % 2 == 0;
        let sample: i16 = if is_up { 8000 } else { -8000 };
        out.write_sample(sample).expect("written");
    }
    out.finalize().expect("written");
}

/// For how many samples the recording is loud, and after how many of them its sign turns.
fn heard(path: &Path) -> (usize, usize) {
    let mut recording = hound::WavReader::open(path).expect("recorded");
    let samples = recording.samples::<i16>().map(|it| it.expect("whole"));
    let loud: Vec<i16> = samples.filter(|it| it.unsigned_abs() > 2000).collect();
    let turns = loud.windows(2).filter(|it| (it[0] > 0) != (it[1] > 0));
    (loud.len(), loud.len() / turns.count().max(1))
}

#[test]
fn two_phones_hear_each_other_protected() {
    for suites in [
        "AES_CM_128_HMAC_SHA1_80",
        "AEAD_AES_256_GCM,AES_CM_128_HMAC_SHA1_80",
    ] {
        let suite = suites.split(',').next().expect("one");
        let srtp = format!("--srtp={suites}");
        let files = ["low", "high", "of-low", "of-high"].map(|it| file(&format!("{suite}-{it}")));
        let [low, high, of_low, of_high] = &files;
        let names = files.each_ref().map(|it| it.to_str().expect("plain text"));
        tone(low, 8);
        tone(high, 4);
        let said = |play: usize, record: usize| {
            [
                srtp.as_str(),
                "--play",
                names[play],
                "--record",
                names[record],
            ]
        };
        let bob = [&said(1, 2)[..], &["--auto-answer", "--calls", "1"]].concat();
        let (mut bob, to_bob) = phone("bob", &bob);
        let (mut alice, _) = phone("alice", &said(0, 3));
        alice.types(&format!("call {to_bob}"));
        for phone in [&mut alice, &mut bob] {
            phone.says(&[r#""event":"warning","call":1"#, "listen in"]);
            phone.says(&[
                r#""event":"media","call":1"#,
                &format!(r#""srtp":"{suite}""#),
            ]);
            phone.says(&[r#""event":"answered","call":1"#]);
        }
        std::thread::sleep(std::time::Duration::from_millis(2_500));
        // The keys stay, and the counters go on.
        alice.types("hold");
        alice.says(&[r#""event":"held","call":1"#]);
        alice.types("resume");
        alice.says(&[r#""event":"resumed","call":1"#]);
        std::thread::sleep(std::time::Duration::from_millis(500));
        alice.types("hangup");
        for phone in [&mut alice, &mut bob] {
            phone.says(&[
                r#""event":"quality","call":1"#,
                r#""not_authentic":0,"replayed":0"#,
            ]);
        }
        alice.types("quit");
        alice.ends_with(0);
        bob.ends_with(0);
        for (path, half_period) in [(of_low, 8), (of_high, 4)] {
            let (loud, turn) = heard(path);
            assert!(loud > 8_000, "{suite}: {loud} samples of {path:?}");
            assert_eq!(turn, half_period, "{suite}: {path:?}");
        }
        for file in &files {
            std::fs::remove_file(file).expect("it was written");
        }
    }
}

/// Protected or not at all, whoever calls.
#[test]
fn whoever_wants_protection_has_no_call_without() {
    let (mut bob, to_bob) = phone("bob", &["--srtp", "--auto-answer"]);
    let (mut alice, to_alice) = phone("alice", &["--auto-answer"]);
    let status = r#""reason":"rejected","status":488"#;
    alice.types(&format!("call {to_bob}"));
    alice.says(&[r#""event":"ended","call":1"#, status]);
    bob.types(&format!("call {to_alice}"));
    bob.says(&[r#""event":"ended","call":2"#, status]);
    assert_eq!(bob.said(r#""event":"media""#), 0);
    assert_eq!(alice.said(r#""event":"media""#), 0);
}

/// Without it, nothing is said of keys.
#[test]
fn nobody_is_warned_who_protects_nothing() {
    let (_bob, to_bob) = phone("bob", &["--auto-answer", "--no-audio"]);
    let (mut alice, _) = phone("alice", &["--no-audio"]);
    alice.types(&format!("call {to_bob}"));
    alice.says(&[r#""event":"media","call":1"#, r#""srtp":null"#]);
    alice.types("quit");
    alice.ends_with(0);
    assert_eq!(alice.said("warning"), 0);
}

/// RFC 8643: who can protect does, and nobody is turned away who cannot.
#[test]
fn protection_may_be_left_to_the_other_end() {
    let (mut bob, to_bob) = phone("bob", &["--srtp=optional", "--auto-answer"]);
    let (mut carol, to_carol) = phone("carol", &["--auto-answer"]);
    let optional = "--srtp=optional,AES_CM_128_HMAC_SHA1_32";
    let (mut alice, _) = phone("alice", &[optional]);
    alice.types(&format!("call {to_bob}"));
    for phone in [&mut alice, &mut bob] {
        phone.says(&[
            r#""event":"media","call":1"#,
            r#""srtp":"AES_CM_128_HMAC_SHA1_32""#,
        ]);
        phone.says(&[r#""event":"answered","call":1"#]);
    }
    assert_eq!(alice.said("they do not protect"), 0);
    alice.types(&format!("call {to_carol}"));
    alice.says(&[r#""event":"media","call":2"#, r#""srtp":null"#]);
    alice.says(&[r#""event":"warning","call":2"#, "they do not protect"]);
    carol.types(&format!("call {to_bob}"));
    bob.says(&[r#""event":"warning","call":2"#, "they do not protect"]);
    alice.types("quit");
    alice.ends_with(0);
}
