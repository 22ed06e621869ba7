//! Feeds a recorded phone or server what it was fed, and compares what it says byte for byte.

use std::process::ExitCode;

use offhook_conformance::sim::Recording;
use offhook_conformance::worlds::node::Node;

const HELP: &str = "\
Feeds a recorded phone or server what it was fed, and compares what it says byte for byte.

  replay FILE…    recordings, as `soak --seed … --out FOLDER` leaves them

Exit code 1: a machine did not repeat itself.
";

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() || files.iter().any(|file| file == "--help") {
        print!("{HELP}");
        return ExitCode::from(u8::from(files.is_empty()) * 2);
    }
    let mut code = ExitCode::SUCCESS;
    for file in &files {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("replay: cannot read {file}: {error}");
                return ExitCode::from(2);
            }
        };
        match Recording::replay::<Node>(&text) {
            Ok(steps) => println!("{file}: {steps} steps, every byte the same"),
            Err(error) => {
                println!("{file}: {error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
