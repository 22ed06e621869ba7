//! The functions that are fuzzed, with the saved corpus and with bytes bent at random.

mod counting;

use std::fs;
use std::path::{Path, PathBuf};

use offhook_conformance::fuzzing::{TARGETS, Target};
use proptest::collection::vec;
use proptest::prelude::*;

fn corpus_folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target.name)
}

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpus_folder(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{folder:?} is empty");
    found
}

/// Runs a target and holds its memory to its bound.
fn run(target: &Target, bytes: &[u8]) {
    let most = counting::peak(|| (target.run)(bytes));
    let bound = target.most_octets(bytes.len());
    let name = target.name;
    assert!(
        most <= bound,
        "{name}: {most} octets for {} octets",
        bytes.len()
    );
}

#[test]
fn every_saved_input_passes_and_costs_memory_in_proportion() {
    let mut octets = 0;
    for target in &TARGETS {
        for (path, bytes) in corpus(target) {
            octets += bytes.len();
            let result = std::panic::catch_unwind(|| run(target, &bytes));
            assert!(result.is_ok(), "{path:?}");
        }
    }
    assert!(
        octets < 500_000,
        "a saved corpus of {octets} octets is not small"
    );
}

/// A saved input, bent at a few places.
fn bent(target: Target) -> impl Strategy<Value = Vec<u8>> {
    let inputs: Vec<_> = corpus(&target)
        .into_iter()
        .map(|(_, bytes)| bytes)
        .collect();
    let pieces = [
        "\r\n", "\"", ";", ",", "<", ">", "\\", "\0", ":", "=", "%", "(", "é", " ", "\n",
    ];
    let byte = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        prop::sample::select(pieces.map(str::as_bytes).map(<[u8]>::to_vec).to_vec()),
    ];
    let change = (any::<prop::sample::Index>(), 0..4, byte);
    (prop::sample::select(inputs), vec(change, 1..6)).prop_map(|(mut bytes, changes)| {
        for (index, kind, new) in changes {
            let at = index.index(bytes.len() + 1);
            let end = match kind {
                0 | 1 => at,
                2 => (at + 1).min(bytes.len()),
                _ => bytes.len().min(at + 8),
            };
            bytes.splice(at..end, new);
        }
        bytes
    })
}

#[test]
fn bent_inputs_pass_too() {
    for target in TARGETS {
        let usual = ProptestConfig::default();
        let config = ProptestConfig {
            cases: usual.cases.max(2000),
            failure_persistence: None,
            ..usual
        };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        runner
            .run(&bent(target), |bytes| {
                run(&target, &bytes);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", target.name));
    }
}
