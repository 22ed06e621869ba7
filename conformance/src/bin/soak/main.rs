//! Plays scenarios from one seed after another until it is stopped or a promise is broken.

#[path = "../../../tests/counting/mod.rs"]
mod counting;
mod day;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use offhook::trace::ladder;
use offhook_conformance::worlds::{Run, SCENARIOS, Scenario};

const HELP: &str = "\
Plays scenarios on a simulated network until stopped, or until a promise is broken.

  soak                               every scenario, from seed 0, until stopped
  soak --scenario NAME --seed SEED   one run again, with its ladder if it fails

  --scenario NAME   only this one (may be repeated)
  --seed SEED       only this seed
  --from SEED       the first seed (0)
  --seeds COUNT     stop after so many seeds
  --secs SECONDS    stop after so long
  --out FOLDER      where a failing run leaves its transcript, ladder and recordings
  --ladder          draw the ladder of a single run even if it passes

Exit code 1: a promise was broken; the line that plays the run again is printed.
";

#[derive(Default)]
struct Options {
    scenarios: Vec<&'static Scenario>,
    seed: Option<u64>,
    from: u64,
    seeds: Option<u64>,
    secs: Option<u64>,
    hours: Option<u64>,
    out: Option<PathBuf>,
    ladder: bool,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
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
        None => soak(&options),
    }
}

fn options(arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--scenario" => {
                let name = value()?;
                let found = Scenario::find(&name);
                options
                    .scenarios
                    .push(found.ok_or(format!("no scenario {name}"))?);
            }
            "--seed" => options.seed = Some(number(value()?)?),
            "--from" => options.from = number(value()?)?,
            "--seeds" => options.seeds = Some(number(value()?)?),
            "--secs" => options.secs = Some(number(value()?)?),
            "--hours" => options.hours = Some(number(value()?)?),
            "--out" => options.out = Some(PathBuf::from(value()?)),
            "--ladder" => options.ladder = true,
            other => return Err(format!("unknown option {other}")),
        }
    }
    if options.scenarios.is_empty() {
        options.scenarios = SCENARIOS.iter().collect();
    }
    Ok(Some(options))
}

/// One run of each scenario, with everything kept.
fn again(options: &Options, seed: u64) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for scenario in &options.scenarios {
        let run = scenario.run(seed, true);
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

fn soak(options: &Options) -> ExitCode {
    let start = Instant::now();
    let end = options.secs.map(|secs| start + Duration::from_secs(secs));
    let last = options
        .seeds
        .map(|count| options.from.saturating_add(count));
    let (mut steps, mut told) = (0_u64, start);
    let mut seed = options.from;
    while last.is_none_or(|last| seed < last) && end.is_none_or(|end| Instant::now() < end) {
        let alone = options.scenarios.len() == 1;
        let now = |scenario: &&&Scenario| alone || seed % scenario.every == 0;
        for scenario in options.scenarios.iter().filter(now) {
            let run = scenario.run(seed, false);
            steps += run.steps;
            if let Err(violation) = run.verdict {
                println!("{violation}\n  weather: {}", run.faults);
                println!("  {}", scenario.replay_line(seed));
                if let Some(folder) = &options.out {
                    let run = scenario.run(seed, true);
                    leave(folder, &format!("{}-{seed}", scenario.name), &run);
                }
                return ExitCode::FAILURE;
            }
        }
        seed += 1;
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            println!("{} seeds, {steps} steps", seed - options.from);
        }
    }
    let secs = start.elapsed().as_secs();
    println!(
        "{} seeds, {steps} steps, {secs} s, no promise broken",
        seed - options.from
    );
    ExitCode::SUCCESS
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
