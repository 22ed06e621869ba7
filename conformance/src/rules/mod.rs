//! The rules of the RFCs, one by one, and the tests that fail when one is broken.
//!
//! `conformance/rules/rfcNNNN.tsv` has a row for each rule:
//!
//! | column | what |
//! |---|---|
//! | id | RFC, section and running number: `3261-8.1.1.1-1` |
//! | level | the RFC's word for it |
//! | who | whose rule it is |
//! | rule | what it asks for, in our words |
//! | shown by | names of tests; or `reason:` and why there is none |
//!
//! A reason that begins with `not built:` or `broken:` says that the rule is not kept.

mod print;
mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;

pub use print::{markdown, text, totals};
pub use row::{LEVELS, Row, Shown};

use crate::scope::{named_tests, workspace};

/// The RFCs that have a table, in the order of the matrix.
pub const RFCS: [&str; 6] = ["3261", "3262", "3264", "3311", "4028", "6141"];

/// All rules held against the tests.
#[derive(Debug)]
pub struct Matrix {
    /// The rows of all tables, in order.
    pub rows: Vec<Row>,
    /// What is wrong with them: blank cells, names that stand twice, tests that do not exist.
    pub faults: Vec<String>,
    /// Tests that are not where a row says, and the one place where a test of that name is now.
    pub moved: BTreeMap<String, String>,
}

/// How many rules are in which state.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Totals {
    /// A test fails when the rule is broken.
    pub tested: usize,
    /// There is a reason why none does.
    pub with_reason: usize,
    /// What the rule is about is not there.
    pub not_built: usize,
    /// The rule is known to be broken.
    pub broken: usize,
}

impl Totals {
    /// All of them.
    #[must_use]
    pub const fn all(&self) -> usize {
        self.tested + self.with_reason + self.not_built + self.broken
    }

    fn count(&mut self, row: &Row) {
        let place = match &row.shown {
            Shown::Tests(_) => &mut self.tested,
            Shown::Reason(reason) if reason.starts_with("not built:") => &mut self.not_built,
            Shown::Reason(reason) if reason.starts_with("broken:") => &mut self.broken,
            Shown::Reason(_) => &mut self.with_reason,
        };
        *place += 1;
    }
}

impl Matrix {
    /// Reads the tables and all sources of the workspace.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read() -> io::Result<Self> {
        let root = workspace();
        let tests = named_tests(&root)?;
        let mut matrix = Self::new();
        for rfc in RFCS {
            let table = fs::read_to_string(table_of(rfc))?;
            matrix.add(rfc, &table, &tests);
        }
        Ok(matrix)
    }

    /// A matrix without rows.
    fn new() -> Self {
        Self {
            rows: Vec::new(),
            faults: Vec::new(),
            moved: BTreeMap::new(),
        }
    }

    /// Writes the tables anew, with the tests that have moved under the names they have now.
    ///
    /// # Errors
    /// A table that cannot be read or written.
    pub fn update(&self) -> io::Result<()> {
        for rfc in RFCS {
            let table = fs::read_to_string(table_of(rfc))?;
            fs::write(table_of(rfc), self.renamed(&table))?;
        }
        Ok(())
    }

    fn renamed(&self, table: &str) -> String {
        let row = |line: &str| {
            let (start, shown) = line.rsplit_once('\t').unwrap_or(("", line));
            let name = |name| self.moved.get(name).map_or(name, String::as_str);
            let names: Vec<&str> = shown.split(' ').map(name).collect();
            format!("{start}\t{}\n", names.join(" "))
        };
        table.lines().map(row).collect()
    }

    /// Adds the table of one RFC, held against the tests there are.
    fn add(&mut self, rfc: &str, table: &str, tests: &BTreeSet<String>) {
        let mut seen = BTreeSet::new();
        let mut last = (String::new(), 0);
        for (index, line) in table.lines().enumerate() {
            let place = format!("rfc{rfc}.tsv:{}", index + 1);
            let row = match Row::parse(line) {
                Ok(row) => row,
                Err(fault) => {
                    self.faults.push(format!("{place}: {fault}"));
                    continue;
                }
            };
            if row.rfc != rfc {
                self.faults
                    .push(format!("{place}: {} is of another RFC", row.id));
            }
            if !seen.insert(row.id.clone()) {
                self.faults
                    .push(format!("{place}: {} stands twice", row.id));
            }
            // A row that has vanished leaves a gap.
            let expected = if last.0 == row.section { last.1 + 1 } else { 1 };
            if row.number != expected {
                self.faults.push(format!(
                    "{place}: {} is number {expected} of its section",
                    row.id
                ));
            }
            last = (row.section.clone(), row.number);
            if let Shown::Tests(names) = &row.shown {
                for name in names.iter().filter(|name| !tests.contains(*name)) {
                    self.faults
                        .push(format!("{place}: {}: there is no test {name}", row.id));
                    if let Some(now) = moved_to(name, tests) {
                        self.faults.push(format!("{place}: it may be {now} now"));
                        self.moved.insert(name.clone(), now);
                    }
                }
            }
            self.rows.push(row);
        }
        if last.1 == 0 {
            self.faults.push(format!("rfc{rfc}.tsv: no rows"));
        }
    }

    /// The totals of one RFC, or of all.
    #[must_use]
    pub fn totals(&self, rfc: Option<&str>) -> Totals {
        let mut totals = Totals::default();
        let wanted = |row: &&Row| rfc.is_none_or(|rfc| row.rfc == rfc);
        for row in self.rows.iter().filter(wanted) {
            totals.count(row);
        }
        totals
    }
}

/// Where the table of an RFC stands.
fn table_of(rfc: &str) -> PathBuf {
    workspace().join(format!("conformance/rules/rfc{rfc}.tsv"))
}

/// The one test that has the last part of this name.
fn moved_to(name: &str, tests: &BTreeSet<String>) -> Option<String> {
    let last = name.rsplit("::").next();
    let mut same = tests.iter().filter(|test| test.rsplit("::").next() == last);
    same.next().filter(|_| same.next().is_none()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(table: &str) -> Vec<String> {
        let tests = BTreeSet::from(["core::a::tests::good".to_owned()]);
        let mut matrix = Matrix::new();
        matrix.add("3261", table, &tests);
        matrix.faults
    }

    const GOOD: &str = "3261-8.1-1\tMUST\tUAC\tsay hello\tcore::a::tests::good\n\
        3261-8.1-2\tSHOULD NOT\tUAS\tbe late\treason: not built: clocks\n\
        3261-8.2-1\tMAY\tany\tsing\treason: the application's choice\n";

    #[test]
    fn a_whole_table_has_no_faults() {
        assert_eq!(faults(GOOD), [""; 0]);
        let mut matrix = Matrix::new();
        matrix.add("3261", GOOD, &BTreeSet::new());
        let totals = matrix.totals(Some("3261"));
        let (tested, with_reason, not_built) =
            (totals.tested, totals.with_reason, totals.not_built);
        assert_eq!((tested, with_reason, not_built), (1, 1, 1));
        assert_eq!(totals.all(), 3);
        assert_eq!(matrix.totals(Some("3262")), Totals::default());
    }

    #[test]
    fn a_vanished_test_is_noticed() {
        let vanished = GOOD.replace("tests::good", "tests::gone");
        let faults = faults(&vanished);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("no test core::a::tests::gone"));
    }

    #[test]
    fn a_test_that_has_moved_is_found_if_there_is_but_one() {
        let moved = GOOD.replace("core::a::", "core::old::");
        let tests = BTreeSet::from(["core::a::tests::good".to_owned()]);
        let mut matrix = Matrix::new();
        matrix.add("3261", &moved, &tests);
        assert!(!matrix.faults.is_empty());
        assert_eq!(matrix.renamed(&moved), GOOD);
        let two = ["core::a::tests::good", "core::b::tests::good"];
        let mut matrix = Matrix::new();
        matrix.add("3261", &moved, &two.map(str::to_owned).into());
        assert_eq!(matrix.renamed(&moved), moved);
    }

    #[test]
    fn a_blank_row_is_noticed() {
        for blank in [
            GOOD.replace("core::a::tests::good", ""),
            GOOD.replace("not built: clocks", " "),
            GOOD.replace("say hello", ""),
            GOOD.replace("\tsay hello\tcore::a::tests::good", ""),
            GOOD.replace("\n3261-8.2", "\n\n3261-8.2"),
            GOOD.replace("\tUAC", "\t"),
            GOOD.replace("MAY", "CAN"),
        ] {
            assert_ne!(blank, GOOD);
            assert!(!faults(&blank).is_empty(), "{blank}");
        }
        assert!(!faults("").is_empty());
    }

    #[test]
    fn rows_are_numbered_and_stand_once() {
        for wrong in [
            GOOD.replace("8.1-2", "8.1-1"),
            GOOD.replace("8.1-2", "8.1-3"),
            GOOD.replace("3261-8.2-1", "3262-8.2-1"),
            GOOD.replace("3261-8.2-1", "3261-8.2"),
        ] {
            assert_ne!(wrong, GOOD);
            assert!(!faults(&wrong).is_empty(), "{wrong}");
        }
    }
}
