//! The matrix to read.

use std::fmt::Write;

use super::{Matrix, RFCS, Row, Shown};

/// The matrix as plain text: each rule in two lines or more.
#[must_use]
pub fn text(matrix: &Matrix) -> String {
    let mut out = String::new();
    let mut heading = String::new();
    for row in &matrix.rows {
        let section = section(row);
        if section != heading {
            let _ = writeln!(out, "{section}");
            heading = section;
        }
        let _ = writeln!(
            out,
            "  {:<18} {:<10} {:<10} {}",
            row.id, row.level, row.who, row.rule
        );
        match &row.shown {
            Shown::Tests(names) => {
                for name in names {
                    let _ = writeln!(out, "{:22}{name}", "");
                }
            }
            Shown::Reason(reason) => {
                let _ = writeln!(out, "{:22}no test: {reason}", "");
            }
        }
    }
    out.push('\n');
    out.push_str(&totals(matrix));
    out
}

/// The matrix as tables of Markdown, one for each RFC.
#[must_use]
pub fn markdown(matrix: &Matrix) -> String {
    let mut out = String::new();
    for rfc in RFCS {
        let _ = writeln!(out, "## RFC {rfc}\n");
        out.push_str("| rule | level | who | what | shown by |\n| --- | --- | --- | --- | --- |\n");
        for row in matrix.rows.iter().filter(|row| row.rfc == rfc) {
            let shown = match &row.shown {
                Shown::Tests(names) => {
                    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                    names.join("<br>")
                }
                Shown::Reason(reason) => format!("*{}*", escaped(reason)),
            };
            let _ = writeln!(
                out,
                "| §{}-{} | {} | {} | {} | {shown} |",
                row.section,
                row.number,
                row.level,
                escaped(&row.who),
                escaped(&row.rule)
            );
        }
        out.push('\n');
    }
    out.push_str("| RFC | rules | tested | with a reason | not built | broken |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for (name, counts) in all_totals(matrix) {
        let cells = counts.map(|count| count.to_string()).join(" | ");
        let _ = writeln!(out, "| {name} | {cells} |");
    }
    out
}

/// How many rules of each RFC are in which state.
#[must_use]
pub fn totals(matrix: &Matrix) -> String {
    let mut out = String::from("RFC   rules  tested  with a reason  not built  broken\n");
    for (name, [all, tested, with_reason, not_built, broken]) in all_totals(matrix) {
        let _ = writeln!(
            out,
            "{name:4} {all:6} {tested:7} {with_reason:14} {not_built:10} {broken:7}"
        );
    }
    out
}

/// Of each RFC, and of all: how many rules there are, and how many in each state, in the order in which
/// both tables have them.
fn all_totals(matrix: &Matrix) -> Vec<(&'static str, [usize; 5])> {
    let counts = |rfc| {
        let totals = matrix.totals(rfc);
        [
            totals.all(),
            totals.tested,
            totals.with_reason,
            totals.not_built,
            totals.broken,
        ]
    };
    let one = |rfc| (rfc, counts(Some(rfc)));
    let mut all: Vec<_> = RFCS.into_iter().map(one).collect();
    all.push(("all", counts(None)));
    all
}

fn section(row: &Row) -> String {
    format!("RFC {} §{}", row.rfc, row.section)
}

/// What may stand in a cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
