//! Scenarios: who does what to whom, under which weather, and what must have come of it.
//!
//! Every run goes through the same phases: a safety phase, in which the network misbehaves as the
//! seed has it; healing; a liveness phase, in which what is asked for must happen; and a drain,
//! after which nothing may be left anywhere.

pub mod audio;
mod calls;
pub mod day;
mod media;
pub mod node;
pub mod people;
pub mod talker;
mod transactions;

use std::panic::{AssertUnwindSafe, catch_unwind};

use offhook::trace::Transcript;

use crate::sim::{Chance, Faults, Network, Promise, Subject, Violation, World};

/// A scenario by name.
pub struct Scenario {
    /// What the command line calls it.
    pub name: &'static str,
    /// One line of what it is about.
    pub about: &'static str,
    /// Of so many seeds a soak of all scenarios plays one: some take longer than others.
    pub every: u64,
    run: fn(seed: u64, record: bool) -> Run,
}

/// All scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "calls",
        about: "registered phones call through a server: holds, cancel races, both hang up at once",
        every: 1,
        run: calls::through_server,
    },
    Scenario {
        name: "direct",
        about: "two phones call each other without a server",
        every: 1,
        run: calls::direct,
    },
    Scenario {
        name: "streams",
        about: "calls over TCP and TLS: connections are refused and break, messages come in pieces",
        every: 1,
        run: calls::streams,
    },
    Scenario {
        name: "lossy",
        about: "one datagram in ten is lost, and every call goes as planned all the same",
        every: 1,
        run: calls::lossy,
    },
    Scenario {
        name: "kill-phone",
        about: "a phone dies in the middle of a call",
        every: 1,
        run: calls::kill_phone,
    },
    Scenario {
        name: "kill-server",
        about: "the server dies in the middle of a call and comes back empty",
        every: 1,
        run: calls::kill_server,
    },
    Scenario {
        name: "crowd",
        about: "many calls at once where there is room for a few",
        every: 1,
        run: calls::crowd,
    },
    Scenario {
        name: "strangers",
        about: "calls while strangers send bent copies of every message",
        every: 1,
        run: calls::strangers,
    },
    Scenario {
        name: "transactions",
        about: "INVITE and other transactions between bare endpoints, some of them cancelled",
        every: 1,
        run: transactions::run,
    },
    Scenario {
        name: "media",
        about: "a whole call with its sound: hold, resume, and signalling dies while people talk",
        every: 20,
        run: media::run,
    },
    Scenario {
        name: "day",
        about: "a hundred calls a second: a quarter of a minute of a day (see --hours)",
        every: 200,
        run: day::slice,
    },
    Scenario {
        name: "audio",
        about: "two ends of an audio stream, with holds and strangers' packets",
        every: 20,
        run: audio::run,
    },
];

/// What became of one run.
pub struct Run {
    /// The broken promise, if one was.
    pub verdict: Result<(), Violation>,
    /// The weather.
    pub faults: Faults,
    /// Steps made by all machines.
    pub steps: u64,
    /// What was sent; empty unless it was recorded.
    pub transcript: Transcript,
    /// The recording of each machine that was still there at the end; empty likewise.
    pub recordings: Vec<(String, String)>,
}

impl Scenario {
    /// The scenario of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }

    /// Plays it once; `record` keeps transcript and recordings.
    #[must_use]
    pub fn run(&self, seed: u64, record: bool) -> Run {
        (self.run)(seed, record)
    }

    /// The command that plays one run again.
    #[must_use]
    pub fn replay_line(&self, seed: u64) -> String {
        let package = env!("CARGO_PKG_NAME");
        let name = self.name;
        format!("cargo run -p {package} --bin soak -- --seed {seed} --scenario {name}")
    }

    /// Plays many runs and stops at the first that fails.
    ///
    /// # Errors
    /// The broken promise, and the line that plays the run again.
    pub fn run_all(&self, seeds: impl IntoIterator<Item = u64>) -> Result<u64, String> {
        let mut steps = 0;
        for seed in seeds {
            let run = self.run(seed, false);
            steps += run.steps;
            if let Err(violation) = run.verdict {
                let (faults, replay) = (run.faults, self.replay_line(seed));
                return Err(format!("{violation}\n  weather: {faults}\n  {replay}"));
            }
        }
        Ok(steps)
    }
}

/// Plays a scenario's script on a fresh world; a panic in it is a broken promise (P1).
fn play<S: Subject>(
    seed: u64,
    record: bool,
    faults: Faults,
    script: impl FnOnce(&mut World<S>, &mut Chance) -> Result<(), Violation>,
) -> Run {
    let network = Network::new(Chance::new(seed, 1), faults.clone());
    let mut world = World::new(network, record);
    let mut chance = Chance::new(seed, 2);
    let verdict = catch_unwind(AssertUnwindSafe(|| script(&mut world, &mut chance)));
    let verdict = verdict.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Violation {
            promise: Promise::NoPanic,
            who: "somebody".to_owned(),
            at: world.now(),
            what: text.unwrap_or("panicked").to_owned(),
        })
    });
    let recording = |cell: &crate::sim::Cell<S>| {
        let text = cell.recording()?.as_text().to_owned();
        Some((cell.name().to_owned(), text))
    };
    Run {
        verdict,
        faults,
        steps: world.steps(),
        transcript: world.transcript().clone(),
        recordings: world.cells().filter_map(recording).collect(),
    }
}

/// A violation of what a scenario is about.
fn failed<S: Subject>(world: &World<S>, who: &str, what: String) -> Violation {
    Violation {
        promise: Promise::Scenario,
        who: who.to_owned(),
        at: world.now(),
        what,
    }
}
