//! People with phones: each call has a plan of who does what when, and the log of a call is held
//! against it.

mod agreement;
mod hearing;
mod interest;
mod interest_agreement;
mod log;
mod plan;
mod setting;
mod transfers;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use offhook::{Instant, Transport};

use super::failed;
use super::node::{Act, Deed, Node};
use crate::sim::{Cell, CellId, Chance, Violation, World};

pub use self::interest::{Interests, Manner, Subscribed};
pub use self::interest_agreement::SETTLED;
pub use self::log::Log;
pub use self::plan::{Callee, End, Plan, Weather, plan};
pub use self::setting::{LONGEST, Setting};
pub use self::transfers::{CONCLUDED, Decision};

/// One phone of the world.
pub struct Person {
    /// The cell.
    pub id: CellId,
    /// The user name.
    pub name: &'static str,
    /// Whether its last word was that it is registered.
    pub registered: bool,
}

/// Phones, perhaps a server, and what they are up to.
pub struct People<'w> {
    /// The network.
    pub world: &'w mut World<Node>,
    /// The phones; after one of everybody, if they have two, the second ones.
    pub phones: Vec<Person>,
    /// The server.
    pub server: Option<CellId>,
    setting: Setting,
    seed: u64,
    /// Machines that have started anew.
    restarts: u64,
    plans: Vec<Plan>,
    /// Which call of which phone belongs to which end of which plan.
    roles: BTreeMap<(CellId, usize), (usize, End)>,
    /// The logs of all calls of all phones.
    pub logs: BTreeMap<(CellId, usize), Log>,
    agenda: BTreeMap<(Instant, u64), (CellId, Deed)>,
    sequence: u64,
    /// How many requests nobody had room for, and when that was last seen to have grown.
    refused: (u64, Option<Instant>),
    /// Of which quiet it was seen that both ends of every call agree.
    compared_at: Option<Instant>,
    /// How many pairs of ends have been compared.
    compared: u64,
    /// Who subscribes to whose state.
    pub interests: Interests,
}

/// Phones that register for ten minutes do so again a minute and a half before those are over.
const EARLY: Duration = Duration::from_secs(60);

const NAMES: [&str; 3] = ["alice", "bob", "carol"];
const SECOND_PHONES: [&str; 3] = ["alice-2", "bob-2", "carol-2"];

impl<'w> People<'w> {
    /// Sets the world up; nobody is registered yet.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn new(world: &'w mut World<Node>, setting: Setting, seed: u64) -> Result<Self, Violation> {
        let mut people = Self {
            world,
            phones: Vec::new(),
            server: None,
            setting,
            seed: seed.wrapping_mul(8),
            restarts: 0,
            plans: Vec::new(),
            roles: BTreeMap::new(),
            logs: BTreeMap::new(),
            agenda: BTreeMap::new(),
            sequence: 0,
            refused: (0, None),
            compared_at: None,
            compared: 0,
            interests: Interests::new(Chance::new(seed, 3)),
        };
        let phones = setting.phones * if setting.second_phones { 2 } else { 1 };
        for number in 0..phones {
            let name = NAMES[number % setting.phones];
            let cell = if number < setting.phones {
                name
            } else {
                SECOND_PHONES[number - setting.phones]
            };
            let seed = people.seed.wrapping_add(number as u64);
            let id = if people.world.leaves_out(cell) {
                people.world.add_nobody()
            } else {
                let address = setting.address(number + 1, 5060);
                people.open(cell, &setting.phone(number, name, seed), address)?
            };
            people.phones.push(Person {
                id,
                name,
                registered: false,
            });
            if number == 0 && setting.server {
                people.start_server(seed)?;
            }
        }
        Ok(people)
    }

    /// Starts the server, or starts it again.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn start_server(&mut self, seed: u64) -> Result<(), Violation> {
        let description = self.setting.server(&NAMES, seed);
        let address = self.setting.server_address();
        self.server = Some(self.open("server", &description, address)?);
        Ok(())
    }

    fn open(
        &mut self,
        name: &str,
        description: &str,
        address: SocketAddr,
    ) -> Result<CellId, Violation> {
        if self.setting.over == Transport::Udp {
            return self.world.add(name, description, &[address]);
        }
        let id = self.world.add(name, description, &[])?;
        self.world.listen(id, self.setting.over, address)?;
        Ok(id)
    }

    /// If the weather has it, some phone or the server stops dead and comes back with nothing; a
    /// phone that has a server registers at once.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn restart_somebody(&mut self, chance: &mut Chance) -> Result<(), Violation> {
        let number = usize::try_from(chance.below(self.phones.len() as u64 + 1)).unwrap_or(0);
        let now = self.world.now();
        if !self.world.network().restarts(now) {
            return Ok(());
        }
        self.restarts += 1;
        // Nobody chooses again the tags and branches it chose in its last life.
        let seed = self.seed.wrapping_add(self.restarts << 40);
        match (self.phones.get(number), self.server) {
            (Some(phone), server) => {
                let description = self.setting.phone(number, phone.name, seed);
                if self.world.cell(phone.id).is_none() {
                    return Ok(());
                }
                let id = self.world.restart(phone.id, &description)?;
                self.phones[number].id = id;
                self.phones[number].registered = false;
                if server.is_some() {
                    self.world.command(id, &Deed::Register(600))?;
                }
            }
            (None, Some(server)) => {
                let description = self.setting.server(&NAMES, seed);
                self.server = Some(self.world.restart(server, &description)?);
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// Whether a registration may be over though its phone has no way to know it: some machine has
    /// started anew, or a clock has stepped by more than phones are early to register again.
    #[must_use]
    pub fn may_be_forgotten(&self) -> bool {
        let slipped = |cell: &Cell<Node>| cell.stepped() > EARLY;
        self.restarts > 0 || self.world.cells().any(slipped)
    }

    /// All phones register.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn register(&mut self) -> Result<(), Violation> {
        for index in 0..self.phones.len() {
            self.world
                .command(self.phones[index].id, &Deed::Register(600))?;
        }
        Ok(())
    }

    /// All phones register, if there is a server, and have a few seconds for it.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn arrive(&mut self, chance: &mut Chance) -> Result<(), Violation> {
        if !self.setting.server {
            return Ok(());
        }
        self.register()?;
        self.pass(chance.between(Duration::ZERO, Duration::from_secs(5)))
    }

    /// All phones are registered once more, if there is a server, however long it takes up to `limit`.
    ///
    /// # Errors
    /// A broken promise, or somebody who is not registered by then.
    pub fn come_back(&mut self, limit: Duration) -> Result<(), Violation> {
        if !self.setting.server {
            return Ok(());
        }
        if self.may_be_forgotten() {
            self.register_again()?;
        }
        self.await_registered(limit)
    }

    /// Everybody unregisters, if there is a server; and within `limit` nothing is left of anything.
    ///
    /// # Errors
    /// A broken promise, or what is left.
    pub fn depart(&mut self, limit: Duration) -> Result<(), Violation> {
        if self.server.is_some() {
            self.unregister()?;
            self.pass(Duration::from_secs(100))?;
        }
        self.world.drain(limit)
    }

    /// Everybody logs out and in again, whatever they have been made to believe.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn register_again(&mut self) -> Result<(), Violation> {
        self.unregister()?;
        self.pass(Duration::from_secs(40))?;
        for phone in &mut self.phones {
            phone.registered = false;
        }
        self.register()
    }

    /// All phones are registered, however long it takes up to `limit`.
    ///
    /// # Errors
    /// A broken promise, or somebody who is not registered by then.
    pub fn await_registered(&mut self, limit: Duration) -> Result<(), Violation> {
        let end = self.world.now() + limit;
        while self.world.now() < end && self.unregistered().is_some() {
            self.pass(Duration::from_secs(10).min(limit))?;
        }
        match self.unregistered() {
            Some(phone) => {
                let what = format!("not registered after {limit:?} of fair weather");
                Err(failed(self.world, phone.name, what))
            }
            None => Ok(()),
        }
    }

    /// Somebody alive who is not registered.
    fn unregistered(&self) -> Option<&Person> {
        let alive = |phone: &&Person| self.world.cell(phone.id).is_some();
        let mut phones = self.phones.iter().filter(alive);
        phones.find(|phone| !phone.registered)
    }

    /// Begins a call as planned; whether it did.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn call(&mut self, mut plan: Plan) -> Result<bool, Violation> {
        let skipped = self.world.skips();
        let caller = self.phones[plan.caller].id;
        let callee = &self.phones[plan.callee];
        if skipped || [caller, callee.id].iter().any(|id| !self.is_there(*id)) {
            return Ok(false);
        }
        let uri = self.setting.uri(plan.callee, callee.name);
        let second = self.phones.get(plan.callee + self.setting.phones);
        if second.is_none_or(|phone| !self.is_there(phone.id)) {
            plan.second = None;
        }
        let cancel = plan.cancel;
        let weather = plan.weather;
        let deed = if plan.late {
            Deed::InviteWithoutOffer(uri)
        } else {
            Deed::Invite(uri)
        };
        self.plans.push(plan);
        let answer = self.world.command(caller, &deed)?;
        let number = answer.strip_prefix("call ").and_then(|n| n.parse().ok());
        let Some(number) = number else {
            if weather != Weather::Foul {
                return Err(failed(
                    self.world,
                    NAMES[0],
                    format!("cannot call: {answer}"),
                ));
            }
            return Ok(false);
        };
        let role = (self.plans.len() - 1, End::Caller);
        self.roles.insert((caller, number), role);
        self.logs
            .insert((caller, number), Log::begun(self.world.now()));
        if let Some(after) = cancel {
            self.later(after, caller, Deed::Call(number, Act::HangUp));
        }
        Ok(true)
    }

    fn is_there(&self, id: CellId) -> bool {
        self.world.cell(id).is_some()
    }

    /// Everybody hangs up everything that is not over.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn hang_up_all(&mut self) -> Result<(), Violation> {
        self.agenda.clear();
        let open: Vec<_> = self
            .logs
            .iter()
            .filter(|(_, log)| log.ended.is_empty())
            .collect();
        let open: Vec<(CellId, usize)> = open.into_iter().map(|(key, _)| *key).collect();
        for (id, number) in open {
            self.world.command(id, &Deed::Call(number, Act::HangUp))?;
        }
        Ok(())
    }

    /// Everybody unregisters.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn unregister(&mut self) -> Result<(), Violation> {
        for index in 0..self.phones.len() {
            self.world
                .command(self.phones[index].id, &Deed::Unregister)?;
        }
        Ok(())
    }

    /// Lets time pass, and everybody do what is planned.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn pass(&mut self, span: Duration) -> Result<(), Violation> {
        let end = self.world.now() + span;
        loop {
            let planned = self.agenda.keys().next().map(|(at, _)| *at);
            let until = planned.map_or(end, |at| at.min(end));
            let until = self.quiet_at().map_or(until, |at| at.min(until));
            let until = self.still_at().map_or(until, |at| at.min(until));
            let happened = self.world.advance(until)?;
            self.hear()?;
            self.note_refusals();
            self.note_steps();
            self.compare_if_quiet()?;
            self.compare_interests_if_settled()?;
            let now = self.world.now();
            let due = planned.is_some_and(|at| at <= now);
            if due {
                if let Some((_, (id, deed))) = self.agenda.pop_first() {
                    self.act(id, &deed)?;
                    self.hear()?;
                }
            } else if !happened && now >= end {
                return Ok(());
            }
        }
    }

    fn later(&mut self, after: Duration, id: CellId, deed: Deed) {
        self.sequence += 1;
        let at = self.world.now() + after;
        self.agenda.insert((at, self.sequence), (id, deed));
    }
}
