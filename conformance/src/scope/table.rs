//! The rows of `scope.tsv`.

/// One row of the scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `S001` and up.
    pub id: String,
    /// What it is about.
    pub item: String,
    /// The documents that are current for it.
    pub rfc: String,
    /// The capability block: `B1` to `B16`, or `–`.
    pub block: String,
    /// Whose job it is: core, driver, app or out.
    pub kind: String,
}

/// Reads the table; its first line names the columns.
///
/// # Panics
/// On a row that has not five columns: the file is generated.
#[must_use]
pub fn table(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [id, item, rfc, block, kind] = cells[..] else {
            panic!("not five columns: {line}");
        };
        Row {
            id: id.to_owned(),
            item: item.to_owned(),
            rfc: rfc.to_owned(),
            block: block.to_owned(),
            kind: kind.to_owned(),
        }
    };
    text.lines().skip(1).map(row).collect()
}
