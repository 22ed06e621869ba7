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
mod sessions;
mod subscriptions;
pub mod talker;
mod transactions;
mod transfers;

use std::panic::{AssertUnwindSafe, catch_unwind};

use offhook::trace::Transcript;

use crate::sim::{
    Attempt, Chance, Faults, Network, Promise, Shrunk, Subject, Trim, Violation, World, shrink,
};

/// A scenario by name.
pub struct Scenario {
    /// What the command line calls it.
    pub name: &'static str,
    /// One line of what it is about.
    pub about: &'static str,
    /// Of so many seeds a soak of all scenarios plays one: some take longer than others.
    pub every: u64,
    run: fn(take: &Take) -> Run,
}

/// One run of a scenario: what decides it, and what is kept of it.
#[derive(Clone, Debug, Default)]
pub struct Take {
    /// What everything that is left to chance comes from.
    pub seed: u64,
    /// Whether transcript and recordings are kept.
    pub record: bool,
    /// What is left out.
    pub trim: Trim,
}

impl Take {
    /// A whole run, of which only the verdict is kept.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// The same, with transcript and recordings.
    #[must_use]
    pub fn recorded(self) -> Self {
        Self {
            record: true,
            ..self
        }
    }
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
        about: "calls over connections, which are refused and break; messages come in pieces",
        every: 1,
        run: calls::streams,
    },
    Scenario {
        name: "races",
        about: "over each transport in turn: forks, cancel races, machines that start anew",
        every: 1,
        run: calls::races,
    },
    Scenario {
        name: "sessions",
        about: "over each transport in turn: both ends change the session at once, and must agree",
        every: 1,
        run: sessions::run,
    },
    Scenario {
        name: "subscriptions",
        about: "over each transport in turn: phones watch each other, and both ends must agree",
        every: 1,
        run: subscriptions::run,
    },
    Scenario {
        name: "transfers",
        about: "over each transport in turn: calls are transferred, and the referrer hears the truth",
        every: 1,
        run: transfers::run,
    },
    Scenario {
        name: "lossy",
        about: "one datagram in twenty is lost, and every call goes as planned all the same",
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
        about: "over each transport in turn: bare transactions of each kind, some of them cancelled",
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
    /// Who the run could do without.
    pub actors: Vec<String>,
    /// How many acts the run could do without.
    pub acts: usize,
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

    /// Plays it once.
    #[must_use]
    pub fn run(&self, take: &Take) -> Run {
        (self.run)(take)
    }

    /// The command that plays one run again.
    #[must_use]
    pub fn replay_line(&self, take: &Take) -> String {
        let package = env!("CARGO_PKG_NAME");
        let (name, Take { seed, trim, .. }) = (self.name, take);
        format!("cargo run -p {package} --bin soak -- --seed {seed} --scenario {name}{trim}")
    }

    /// Leaves out of a run that went wrong what it goes wrong without.
    #[must_use]
    pub fn shrink(&self, take: &Take, failing: Attempt) -> Shrunk {
        shrink(&take.trim, failing, |trim| {
            let trim = trim.clone();
            self.run(&Take { trim, ..*take }).failure()
        })
    }

    /// Plays many runs and stops at the first that fails.
    ///
    /// # Errors
    /// The broken promise, and the line that plays the run again.
    pub fn run_all(&self, seeds: impl IntoIterator<Item = u64>) -> Result<u64, String> {
        let mut steps = 0;
        for seed in seeds {
            let take = Take::new(seed);
            let run = self.run(&take);
            steps += run.steps;
            if let Err(violation) = run.verdict {
                let (faults, replay) = (run.faults, self.replay_line(&take));
                return Err(format!("{violation}\n  weather: {faults}\n  {replay}"));
            }
        }
        Ok(steps)
    }
}

impl Run {
    /// What is to be known of a run that went wrong to make it smaller.
    #[must_use]
    pub fn failure(&self) -> Option<Attempt> {
        Some(Attempt {
            violation: self.verdict.clone().err()?,
            faults: self.faults,
            actors: self.actors.clone(),
            acts: self.acts,
        })
    }
}

/// Plays a scenario's script on a fresh world; a panic in it is a broken promise (P1).
fn play<S: Subject>(
    take: &Take,
    faults: Faults,
    script: impl FnOnce(&mut World<S>, &mut Chance) -> Result<(), Violation>,
) -> Run {
    let faults = take.trim.of(faults);
    let network = Network::new(Chance::new(take.seed, 1), faults);
    let mut world = World::new(network, take.record);
    world.set_trim(take.trim.clone());
    let mut chance = Chance::new(take.seed, 2);
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
    let (actors, acts) = world.could_leave_out();
    Run {
        verdict,
        faults,
        actors: actors.to_vec(),
        acts,
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
