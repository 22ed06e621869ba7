//! What later RFCs have changed of RFC 3261, RFC 3263 and RFC 3264, and the tests that show each change.
//!
//! `conformance/rules/updates.tsv` has a row for each:
//!
//! | column | what |
//! |---|---|
//! | base | the RFC that was changed |
//! | by | the RFC that has changed it |
//! | block | the capability block of the scope that the change belongs to |
//! | change | what is different since, in our words |
//! | shown by | full names of tests, or `file#test` for those of a driver; or `not yet:`, the block, and why |

use std::collections::BTreeSet;
use std::fs;

use offhook_conformance::scope::{Scope, named_tests, workspace};

/// Base and update.
type Pair = (String, String);

/// The row of the scope that lists all updates.
const LIST: &str = "S089";

struct Row {
    pair: Pair,
    block: String,
    shown: String,
}

fn rows() -> Vec<Row> {
    let table = workspace().join("conformance/rules/updates.tsv");
    let table = fs::read_to_string(table).expect("the table");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [base, by, block, change, shown] = cells[..] else {
            panic!("not five columns: {line:?}");
        };
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{line:?}");
        assert!(change.len() > 10, "{line:?}");
        Row {
            pair: (base.to_owned(), by.to_owned()),
            block: block.to_owned(),
            shown: shown.to_owned(),
        }
    };
    table.lines().map(row).collect()
}

/// The updates that the scope lists: "3261 updated by 3265, 3853; 3263 by 7984, 8553".
fn listed(text: &str) -> BTreeSet<Pair> {
    let mut listed = BTreeSet::new();
    for part in text.split(';') {
        let (base, by) = part.split_once(" by ").expect("a list");
        let base = base.split_whitespace().next().expect("a base");
        for update in by.split(',') {
            listed.insert((base.to_owned(), update.trim().to_owned()));
        }
    }
    listed
}

/// Whether a test of a driver is run: its name stands alone on a line of the list of scenarios.
fn is_run(file: &str, test: &str) -> bool {
    let text = fs::read_to_string(workspace().join(file)).expect("a file of tests");
    text.lines().any(|line| line.trim() == test)
}

#[test]
fn every_update_that_the_scope_lists_has_a_row_and_every_row_its_tests() {
    let scope = Scope::read().expect("the scope");
    let list = scope.rows.iter().find(|row| row.id == LIST);
    let listed = listed(&list.expect("the list").rfc);
    let (rows, tests) = (rows(), named_tests(&workspace()).expect("sources"));
    let found: BTreeSet<Pair> = rows.iter().map(|row| row.pair.clone()).collect();
    assert_eq!(found, listed);
    assert_eq!(listed.len(), 25);
    let mut faults = Vec::new();
    for Row { pair, block, shown } in &rows {
        if let Some(why) = shown.strip_prefix("not yet: ") {
            let (of, reason) = why.split_once(": ").unwrap_or((why, ""));
            if of != block || reason.is_empty() {
                faults.push(format!(
                    "{pair:?}: not of {block}, or without a reason: {shown}"
                ));
            }
            continue;
        }
        for name in shown.split(' ') {
            let is_there = match name.split_once('#') {
                Some((file, test)) => is_run(file, test),
                None => tests.contains(name),
            };
            if !is_there {
                faults.push(format!("{pair:?}: there is no test {name}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
