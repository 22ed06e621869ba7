//! What the command line says.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use offhook_conformance::sim::Trim;
use offhook_conformance::worlds::{SCENARIOS, Scenario};

pub(crate) const HELP: &str = "\
Plays scenarios on a simulated network until stopped, or until a promise is broken: then what the
run goes wrong without is left out of it, and the line that plays the small one again is printed.

  soak                               every scenario, from seed 0, until stopped
  soak --scenario NAME --seed SEED   one run again, with its ladder if it fails
  soak --scenario day --hours HOURS  traffic for so long, a hundred calls a second

  --scenario NAME    only this one (may be repeated)
  --seed SEED        only this seed
  --from SEED        the first seed (0)
  --seeds COUNT      stop after so many seeds
  --secs SECONDS     stop after so long
  --jobs COUNT       play so many runs at once (one for each processor)
  --out FOLDER       where a failing run leaves its transcript, ladder and recordings
  --ladder           draw the ladder of a single run even if it passes

What is left out of a single run:
  --without FAULTS   these faults: loss,burst,duplicate,reorder,latency,mtu,bandwidth,partition,
                     mutant,clock-back,clock-step,late,refused,split,reset,restart
  --absent NAMES     these actors
  --skip NUMBERS     these calls, counted from zero
  --calm-after MS    all faults after so many milliseconds

Exit code 1: a promise was broken.
";

pub(crate) struct Options {
    pub(crate) scenarios: Vec<&'static Scenario>,
    pub(crate) seed: Option<u64>,
    pub(crate) trim: Trim,
    pub(crate) from: u64,
    pub(crate) seeds: Option<u64>,
    pub(crate) secs: Option<u64>,
    pub(crate) jobs: usize,
    pub(crate) hours: Option<u64>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) ladder: bool,
}

impl Options {
    /// Reads the command line; none if it asks for help.
    pub(crate) fn read(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Option<Self>, String> {
        let mut options = Self {
            scenarios: Vec::new(),
            seed: None,
            trim: Trim::none(),
            from: 0,
            seeds: None,
            secs: None,
            jobs: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            hours: None,
            out: None,
            ladder: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--help" | "-h" => return Ok(None),
                "--scenario" => {
                    let name = value()?;
                    let found = Scenario::find(&name);
                    options
                        .scenarios
                        .push(found.ok_or(format!("no scenario {name}"))?);
                }
                "--seed" => options.seed = Some(number(&value()?)?),
                "--from" => options.from = number(&value()?)?,
                "--seeds" => options.seeds = Some(number(&value()?)?),
                "--secs" => options.secs = Some(number(&value()?)?),
                "--jobs" => options.jobs = number::<NonZeroUsize>(&value()?)?.get(),
                "--hours" => options.hours = Some(number(&value()?)?),
                "--out" => options.out = Some(PathBuf::from(value()?)),
                "--ladder" => options.ladder = true,
                other => {
                    if !options.trim.option(other, value)? {
                        return Err(format!("unknown option {other}"));
                    }
                }
            }
        }
        if options.scenarios.is_empty() {
            options.scenarios = SCENARIOS.iter().collect();
        }
        Ok(Some(options))
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
