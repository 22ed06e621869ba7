//! Plays scenarios from one seed after another until it is stopped or a promise is broken.

#[path = "../../../tests/counting/mod.rs"]
mod counting;
mod day;
mod options;
mod seeds;

use std::path::Path;
use std::process::ExitCode;

use offhook::trace::ladder;
use offhook_conformance::worlds::{Run, SCENARIOS, Take};

use crate::options::{HELP, Options};

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}\nScenarios:\n");
            for scenario in SCENARIOS {
                println!("  {:16} {}", scenario.name, scenario.about);
            }
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("soak: {wrong}; see --help");
            return ExitCode::from(2);
        }
    };
    if let Some(hours) = options.hours {
        return day::play(options.seed.unwrap_or(0), hours);
    }
    match options.seed {
        Some(seed) => again(&options, seed),
        None => seeds::soak(&options),
    }
}

/// One run of each scenario, with everything kept.
fn again(options: &Options, seed: u64) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    let take = Take {
        trim: options.trim.clone(),
        ..Take::new(seed).recorded()
    };
    for scenario in &options.scenarios {
        let run = scenario.run(&take);
        if options.ladder || run.verdict.is_err() {
            println!("{}", ladder::text(&run.transcript));
        }
        println!("{} seed {seed}: {} steps", scenario.name, run.steps);
        println!("  weather: {}", run.faults);
        if let Err(violation) = &run.verdict {
            println!("  {violation}");
            code = ExitCode::FAILURE;
        }
        if let Some(folder) = &options.out {
            leave(folder, &format!("{}-{seed}", scenario.name), &run);
        }
    }
    code
}

/// Writes what is needed to look at a run in peace.
fn leave(folder: &Path, name: &str, run: &Run) {
    let write = |file: String, text: String| {
        let path = folder.join(file);
        match std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text)) {
            Ok(()) => println!("  left {}", path.display()),
            Err(error) => eprintln!("soak: cannot write {}: {error}", path.display()),
        }
    };
    write(format!("{name}.transcript"), run.transcript.to_text());
    write(format!("{name}.svg"), ladder::svg(&run.transcript));
    for (who, recording) in &run.recordings {
        write(format!("{name}-{who}.recording"), recording.clone());
    }
}
