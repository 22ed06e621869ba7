//! Which rows of the scope are shown by which tests.
//!
//! `scope.tsv` lists every row; a test that shows some says so in a line directly above its
//! `#[test]`:
//!
//! ```text
//! // shows: S004 S161
//! #[test]
//! fn a_call() {
//! ```
//!
//! `scope-shown.txt` is the checked-in list of rows that have a test, so that one that loses it is
//! noticed.

mod named;
mod scan;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

pub use named::{named_tests, tests_of};
pub use scan::{Marks, Shown, rust_files, scan};
pub use table::{Row, table};

/// The scope held against the tests.
#[derive(Debug)]
pub struct Scope {
    /// All rows, in order.
    pub rows: Vec<Row>,
    /// The tests of each row that has some.
    pub tests: BTreeMap<String, Vec<Shown>>,
    /// What is wrong with the marks: lines above no test, rows that do not exist.
    pub faults: Vec<String>,
    /// The rows that are on the checked-in list.
    pub listed: BTreeSet<String>,
}

impl Scope {
    /// Reads the table, the list and all sources of the workspace.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read() -> io::Result<Self> {
        let root = workspace();
        let rows = table(&std::fs::read_to_string(
            root.join("conformance/scope.tsv"),
        )?);
        let known: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let (shown, mut faults) = scan(&root)?;
        let mut tests: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
        for (id, test) in shown {
            if !known.contains(id.as_str()) {
                faults.push(format!("{}:{}: no row {id}", test.file, test.line));
            }
            tests.entry(id).or_default().push(test);
        }
        let listed = std::fs::read_to_string(shown_list())?;
        Ok(Self {
            listed: listed.lines().map(str::to_owned).collect(),
            rows,
            tests,
            faults,
        })
    }

    /// Rows that are on the list and no longer have a test.
    #[must_use]
    pub fn lost(&self) -> Vec<&str> {
        let listed = self.listed.iter().map(String::as_str);
        listed.filter(|id| !self.tests.contains_key(*id)).collect()
    }

    /// Rows that have a test and are not on the list yet.
    #[must_use]
    pub fn gained(&self) -> Vec<&str> {
        let tested = self.tests.keys().map(String::as_str);
        tested.filter(|id| !self.listed.contains(*id)).collect()
    }

    /// How many rows each block has, and how many of them are shown.
    #[must_use]
    pub fn blocks(&self) -> BTreeMap<(u32, &str), (usize, usize)> {
        let mut blocks = BTreeMap::new();
        for row in &self.rows {
            let number = row.block.trim_start_matches('B').parse().unwrap_or(99);
            let counts: &mut (usize, usize) =
                blocks.entry((number, row.block.as_str())).or_default();
            counts.0 += 1;
            counts.1 += usize::from(self.tests.contains_key(&row.id));
        }
        blocks
    }
}

/// The folder that holds the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the checked-in list of shown rows stands.
#[must_use]
pub fn shown_list() -> PathBuf {
    workspace().join("conformance/scope-shown.txt")
}
