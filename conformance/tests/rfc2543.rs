//! What RFC 3261 changed of RFC 2543, change by change (§28.1, §28.2), and the tests that show each.

use std::collections::BTreeSet;

use offhook_conformance::scope::{named_tests, workspace};

/// How many changes §28.1 and §28.2 list.
const LISTED: [(&str, usize); 2] = [("28.1", 37), ("28.2", 10)];

/// The names of all tests, without the modules they stand in.
fn tests() -> BTreeSet<String> {
    let names = named_tests(&workspace()).expect("sources");
    let name = |full: String| full.rsplit("::").next().map(str::to_owned);
    names.into_iter().filter_map(name).collect()
}

// shows: S086
#[test]
fn every_change_that_rfc_3261_lists_has_its_tests() {
    let table = workspace().join("conformance/rfc2543.tsv");
    let table = std::fs::read_to_string(table).expect("the table");
    let tests = tests();
    let mut rows = table.lines();
    for (section, count) in LISTED {
        for number in 1..=count {
            let row = rows.next().unwrap_or_default();
            let columns: Vec<&str> = row.split('\t').collect();
            let [name, change, shown] = columns[..] else {
                panic!("{row:?} is no row for {section}-{number}");
            };
            assert_eq!(name, format!("{section}-{number}"));
            assert!(!change.is_empty(), "{name}");
            let mut shown = shown.split(' ').peekable();
            assert!(
                shown.peek().is_some_and(|first| !first.is_empty()),
                "{name}"
            );
            for test in shown {
                assert!(tests.contains(test), "{name}: there is no test {test}");
            }
        }
    }
    assert_eq!(rows.next(), None);
}
