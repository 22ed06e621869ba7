//! Lists the rows of the scope with the tests that show them, and counts them per block.

use std::process::ExitCode;

use offhook_conformance::scope::{Scope, shown_list};

const HELP: &str = "\
Lists the rows of the scope with the tests that show them, and counts them per block.

  scope             rows that are shown, their tests, and the counts
  scope --all       rows that are not shown as well
  scope --counts    the counts alone
  scope --update    writes the list of shown rows, scope-shown.txt, anew

Exit code 1: a row that had a test has lost it, or a mark stands above no test.
";

fn main() -> ExitCode {
    let argument = std::env::args().nth(1).unwrap_or_default();
    if !["", "--all", "--counts", "--update"].contains(&argument.as_str()) {
        print!("{HELP}");
        return ExitCode::from(u8::from(argument != "--help") * 2);
    }
    let scope = match Scope::read() {
        Ok(scope) => scope,
        Err(error) => {
            eprintln!("scope: cannot read the workspace: {error}");
            return ExitCode::from(2);
        }
    };
    if argument == "--update" {
        return update(&scope);
    }
    if argument != "--counts" {
        list(&scope, argument == "--all");
    }
    count(&scope);
    verdict(&scope)
}

fn list(scope: &Scope, all: bool) {
    for row in &scope.rows {
        let tests = scope.tests.get(&row.id);
        if tests.is_none() && !all {
            continue;
        }
        println!("{}  {:4} {}  ({})", row.id, row.block, row.item, row.rfc);
        for test in tests.into_iter().flatten() {
            println!("        {}  {}:{}", test.test, test.file, test.line);
        }
    }
    println!();
}

fn count(scope: &Scope) {
    println!("block    rows  shown");
    let (mut rows, mut shown) = (0, 0);
    for ((_, block), counts) in scope.blocks() {
        println!("{block:8} {:4}  {:5}", counts.0, counts.1);
        rows += counts.0;
        shown += counts.1;
    }
    println!("all      {rows:4}  {shown:5}");
}

fn verdict(scope: &Scope) -> ExitCode {
    for fault in &scope.faults {
        eprintln!("scope: {fault}");
    }
    for id in scope.lost() {
        eprintln!("scope: {id} had a test and has lost it");
    }
    for id in scope.gained() {
        eprintln!("scope: {id} is not on the list yet; run `scope --update`");
    }
    ExitCode::from(u8::from(
        !scope.faults.is_empty() || !scope.lost().is_empty(),
    ))
}

fn update(scope: &Scope) -> ExitCode {
    let list: String = scope.tests.keys().map(|id| format!("{id}\n")).collect();
    match std::fs::write(shown_list(), list) {
        Ok(()) => verdict_of_update(scope),
        Err(error) => {
            eprintln!("scope: cannot write the list: {error}");
            ExitCode::from(2)
        }
    }
}

/// An update takes lost rows off the list, which somebody must mean: they are named.
fn verdict_of_update(scope: &Scope) -> ExitCode {
    for id in scope.lost() {
        println!("taken off the list: {id}");
    }
    for id in scope.gained() {
        println!("put on the list: {id}");
    }
    ExitCode::SUCCESS
}
