//! Lists the rules of the RFCs with the tests that fail when one is broken.

use std::process::ExitCode;

use offhook_conformance::rules::{Matrix, markdown, text, totals};

const HELP: &str = "\
Lists the rules of the RFCs with the tests that fail when one is broken, or why there is none.

  rules               every rule, and the totals
  rules --markdown    the same as tables
  rules --totals      the totals alone
  rules --update      writes the names of tests that have moved anew

Exit code 1: a test that is named does not exist, or a row is blank.
";

fn main() -> ExitCode {
    let argument = std::env::args().nth(1).unwrap_or_default();
    let matrix = match Matrix::read() {
        Ok(matrix) => matrix,
        Err(error) => {
            eprintln!("rules: cannot read the workspace: {error}");
            return ExitCode::from(2);
        }
    };
    match argument.as_str() {
        "" => print!("{}", text(&matrix)),
        "--markdown" => print!("{}", markdown(&matrix)),
        "--totals" => print!("{}", totals(&matrix)),
        "--update" => return update(&matrix),
        _ => {
            print!("{HELP}");
            return ExitCode::from(u8::from(argument != "--help") * 2);
        }
    }
    for fault in &matrix.faults {
        eprintln!("rules: {fault}");
    }
    ExitCode::from(u8::from(!matrix.faults.is_empty()))
}

fn update(matrix: &Matrix) -> ExitCode {
    if let Err(error) = matrix.update() {
        eprintln!("rules: cannot write the tables: {error}");
        return ExitCode::from(2);
    }
    for (name, now) in &matrix.moved {
        println!("{name} is {now}");
    }
    ExitCode::SUCCESS
}
