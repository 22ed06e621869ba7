//! People with phones: each call has a plan of who does what when, and the log of a call is held
//! against it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use offhook::sdp::MediaPlan;
use offhook::sip::ua::{EndReason, UaEvent};
use offhook::{Instant, Transport};

use super::failed;
use super::node::{Act, DOMAIN, Deed, Node, Told};
use crate::sim::{CellId, Chance, Violation, World};

/// What the callee does about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// Rings, and picks up after so long.
    Answers(Duration),
    /// Refuses with a status after so long.
    Refuses(u16, Duration),
    /// Lets it ring.
    Ignores,
}

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Who called.
    Caller,
    /// Who was called.
    Callee,
}

/// How a call is meant to go.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Index of who calls whom.
    pub caller: usize,
    /// And of who is called.
    pub callee: usize,
    /// What the callee does.
    pub answer: Callee,
    /// When the caller gives up, from the start.
    pub cancel: Option<Duration>,
    /// What is done in the answered call: by whom, how long after it heard of the answer, what.
    pub talk: Vec<(End, Duration, Act)>,
    /// Under which weather it is made, and so how strictly it must go as planned.
    pub weather: Weather,
}

/// What may be expected of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Anything goes, as long as it ends.
    Foul,
    /// Some packets are lost, doubled and late: retransmissions make up for it, in their time.
    Lossy,
    /// All goes as planned.
    Fair,
}

impl Weather {
    /// How close two deeds may be for either to win.
    const fn race(self) -> Duration {
        match self {
            Self::Foul | Self::Lossy => Duration::from_secs(15),
            Self::Fair => Duration::from_millis(1500),
        }
    }
}

/// What became of one end of a call.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Times it was answered.
    pub answered: u32,
    /// Holds in force, resumptions in force, changes refused.
    pub changes: Vec<&'static str>,
    /// What the far end did to us.
    pub remote_changes: Vec<&'static str>,
    /// The last agreement.
    pub media: Option<MediaPlan>,
    /// Why it ended; more than one is wrong.
    pub ended: Vec<EndReason>,
}

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
    /// The phones.
    pub phones: Vec<Person>,
    /// The server.
    pub server: Option<CellId>,
    setting: Setting,
    plans: Vec<Plan>,
    /// Which call of which phone belongs to which end of which plan.
    roles: BTreeMap<(CellId, usize), (usize, End)>,
    /// The logs of all calls of all phones.
    pub logs: BTreeMap<(CellId, usize), Log>,
    agenda: BTreeMap<(Instant, u64), (CellId, Deed)>,
    sequence: u64,
}

const NAMES: [&str; 3] = ["alice", "bob", "carol"];

/// How a world of people is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// How many phones.
    pub phones: usize,
    /// Whether there is a server between them.
    pub server: bool,
    /// Whether the server asks for passwords.
    pub passwords: bool,
    /// What everybody speaks over.
    pub over: Transport,
    /// Whether the hosts have IPv6 addresses.
    pub v6: bool,
    /// Whether phones have tables for two calls only.
    pub small_phones: bool,
    /// Whether the server has tables for a handful of transactions only.
    pub small_server: bool,
}

impl Setting {
    /// The same with IPv6 addresses, now and then.
    #[must_use]
    pub fn with_any_address(self, chance: &mut Chance) -> Self {
        let v6 = chance.happens(300);
        Self { v6, ..self }
    }

    fn address(self, host: usize, port: u16) -> SocketAddr {
        let last = u8::try_from(host).unwrap_or(0);
        let ip: IpAddr = if self.v6 {
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into()).into()
        } else {
            Ipv4Addr::new(192, 0, 2, last).into()
        };
        SocketAddr::new(ip, port)
    }

    fn server(self) -> SocketAddr {
        self.address(9, 5060)
    }
}

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
            plans: Vec::new(),
            roles: BTreeMap::new(),
            logs: BTreeMap::new(),
            agenda: BTreeMap::new(),
            sequence: 0,
        };
        for (index, name) in NAMES.iter().enumerate().take(setting.phones) {
            let media = setting.address(index + 1, 4000);
            let seed = seed.wrapping_mul(8).wrapping_add(index as u64);
            let mut description = format!("phone user={name} seed={seed} media={media} ring=20");
            if setting.server {
                let over = match setting.over {
                    Transport::Tcp => " over=tcp",
                    Transport::Tls => " over=tls",
                    Transport::Udp | Transport::Ws | Transport::Wss => "",
                };
                description.push_str(&format!(" proxy={}{over}", setting.server()));
            }
            if setting.passwords {
                description.push_str(&format!(" password=secret-{name}"));
            }
            if setting.small_phones {
                description.push_str(" limits=small");
            }
            let address = setting.address(index + 1, 5060);
            let id = people.open(name, &description, address)?;
            people.phones.push(Person {
                id,
                name,
                registered: false,
            });
            if index == 0 && setting.server {
                people.start_server(setting, seed)?;
            }
        }
        Ok(people)
    }

    /// Starts the server, or starts it again.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn start_server(&mut self, setting: Setting, seed: u64) -> Result<(), Violation> {
        let mut description = format!("server seed={seed}");
        if setting.passwords {
            let users = NAMES.map(|name| format!("{name}:secret-{name}"));
            description.push_str(&format!(" users={}", users.join(",")));
        }
        if setting.small_server {
            description.push_str(" limits=small");
        }
        let address = setting.server();
        let id = self.open("server", &description, address)?;
        self.server = Some(id);
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
        while self.world.now() < end && self.phones.iter().any(|phone| !phone.registered) {
            self.pass(Duration::from_secs(10).min(limit))?;
        }
        match self.phones.iter().find(|phone| !phone.registered) {
            Some(phone) => {
                let what = format!("not registered after {limit:?} of fair weather");
                Err(failed(self.world, phone.name, what))
            }
            None => Ok(()),
        }
    }

    /// Begins a call as planned.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn call(&mut self, plan: Plan) -> Result<(), Violation> {
        let caller = self.phones[plan.caller].id;
        let callee = self.phones[plan.callee].name;
        let uri = if self.server.is_some() {
            format!("sip:{callee}@{DOMAIN}")
        } else {
            let address = self.setting.address(plan.callee + 1, 5060);
            let over = match self.setting.over {
                Transport::Udp => "",
                Transport::Tcp => ";transport=tcp",
                Transport::Tls => ";transport=tls",
                Transport::Ws => ";transport=ws",
                Transport::Wss => ";transport=wss",
            };
            format!("sip:{callee}@{address}{over}")
        };
        let cancel = plan.cancel;
        let weather = plan.weather;
        self.plans.push(plan);
        let answer = self.world.command(caller, &Deed::Invite(uri))?;
        let number = answer.strip_prefix("call ").and_then(|n| n.parse().ok());
        let Some(number) = number else {
            if weather != Weather::Foul {
                return Err(failed(
                    self.world,
                    NAMES[0],
                    format!("cannot call: {answer}"),
                ));
            }
            return Ok(());
        };
        let role = (self.plans.len() - 1, End::Caller);
        self.roles.insert((caller, number), role);
        self.logs.entry((caller, number)).or_default();
        if let Some(after) = cancel {
            self.later(after, caller, Deed::Call(number, Act::HangUp));
        }
        Ok(())
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
            let happened = self.world.advance(until)?;
            self.hear()?;
            let now = self.world.now();
            let due = planned.is_some_and(|at| at <= now);
            if due {
                if let Some((_, (id, deed))) = self.agenda.pop_first() {
                    self.world.command(id, &deed)?;
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

    fn hear(&mut self) -> Result<(), Violation> {
        while let Some((id, told)) = self.world.next_event() {
            if let Told::Phone(event) = told {
                self.on_event(id, event)?;
            }
        }
        Ok(())
    }

    fn on_event(&mut self, id: CellId, event: UaEvent) -> Result<(), Violation> {
        let call = match &event {
            UaEvent::Registered { .. }
            | UaEvent::RegistrationFailed { .. }
            | UaEvent::Unregistered { .. } => {
                let registered = matches!(event, UaEvent::Registered { .. });
                for phone in self.phones.iter_mut().filter(|phone| phone.id == id) {
                    phone.registered = registered;
                }
                return Ok(());
            }
            UaEvent::OptionsAnswered { .. } => return Ok(()),
            UaEvent::Incoming { call, .. }
            | UaEvent::Ringing { call, .. }
            | UaEvent::EarlyMedia { call, .. }
            | UaEvent::Answered { call }
            | UaEvent::MediaAgreed { call, .. }
            | UaEvent::RemoteHold { call }
            | UaEvent::RemoteResumed { call }
            | UaEvent::HoldDone { call }
            | UaEvent::ResumeDone { call }
            | UaEvent::ChangeRefused { call, .. }
            | UaEvent::Info { call, .. }
            | UaEvent::InfoAnswered { call, .. }
            | UaEvent::Ended { call, .. } => *call,
        };
        let number = match self.world.cell(id).map(|cell| cell.machine()) {
            Some(Node::Phone(phone)) => phone.number(call),
            _ => None,
        };
        let Some(number) = number else {
            return Err(failed(
                self.world,
                "phone",
                format!("a strange call: {event:?}"),
            ));
        };
        let log = self.logs.entry((id, number)).or_default();
        if !log.ended.is_empty() {
            let what = format!("call {number} has ended and says {event:?}");
            return Err(failed(self.world, "phone", what));
        }
        match event {
            UaEvent::Incoming { from, .. } => self.on_incoming(id, number, &from),
            UaEvent::Answered { .. } => {
                log.answered += 1;
                self.on_answered(id, number);
            }
            UaEvent::MediaAgreed { plan, .. } => log.media = Some(plan),
            UaEvent::HoldDone { .. } => log.changes.push("hold"),
            UaEvent::ResumeDone { .. } => log.changes.push("resume"),
            UaEvent::ChangeRefused { .. } => log.changes.push("refused"),
            UaEvent::RemoteHold { .. } => log.remote_changes.push("hold"),
            UaEvent::RemoteResumed { .. } => log.remote_changes.push("resume"),
            UaEvent::Ended { reason, .. } => log.ended.push(reason),
            _ => {}
        }
        Ok(())
    }

    /// The callee acts on the latest plan of its caller that nobody has claimed yet. A call that is in no
    /// plan, the ghost of an old INVITE, is refused.
    fn on_incoming(&mut self, id: CellId, number: usize, from: &str) {
        let claimed: Vec<usize> = self
            .roles
            .values()
            .filter(|(_, end)| *end == End::Callee)
            .map(|(plan, _)| *plan)
            .collect();
        let found = (0..self.plans.len()).rev().find(|index| {
            let plan = &self.plans[*index];
            let caller = self.phones[plan.caller].name;
            self.phones[plan.callee].id == id
                && from.contains(&format!("{caller}@"))
                && !claimed.contains(index)
        });
        let answer = found.map(|index| self.plans[index].answer);
        if let Some(index) = found {
            self.roles.insert((id, number), (index, End::Callee));
        }
        match answer {
            Some(Callee::Answers(after)) => {
                self.later(Duration::ZERO, id, Deed::Call(number, Act::Ring));
                self.later(after, id, Deed::Call(number, Act::Accept));
            }
            Some(Callee::Refuses(status, after)) => {
                self.later(after, id, Deed::Call(number, Act::Reject(status)));
            }
            Some(Callee::Ignores) => {
                self.later(Duration::ZERO, id, Deed::Call(number, Act::Ring));
            }
            None => self.later(Duration::ZERO, id, Deed::Call(number, Act::Reject(486))),
        }
    }

    fn on_answered(&mut self, id: CellId, number: usize) {
        let Some((plan, end)) = self.roles.get(&(id, number)).copied() else {
            return;
        };
        for (who, after, act) in self.plans[plan].talk.clone() {
            if who == end {
                self.later(after, id, Deed::Call(number, act));
            }
        }
    }

    /// Holds all logs against the plans.
    ///
    /// # Errors
    /// The first call that did not go as it should.
    pub fn judge(&self) -> Result<(), Violation> {
        for ((id, number), log) in &self.logs {
            let name = self.world.cell(*id).map_or("the dead", |cell| cell.name());
            let alive = self.world.cell(*id).is_some();
            if (alive && log.ended.len() != 1) || log.answered > 1 {
                let what = format!("call {number} did not end once: {log:?}");
                return Err(failed(self.world, name, what));
            }
        }
        for (index, plan) in self.plans.iter().enumerate() {
            if plan.weather == Weather::Foul {
                continue;
            }
            let end = |end| {
                let found = self.roles.iter().find(|(_, role)| **role == (index, end));
                found.and_then(|(key, _)| self.logs.get(key))
            };
            if let Err(what) = as_planned(plan, end(End::Caller), end(End::Callee)) {
                let name = self.phones[plan.caller].name;
                return Err(failed(self.world, name, format!("{what}: {plan:?}")));
            }
        }
        Ok(())
    }
}

/// Whether a call went as it was planned.
fn as_planned(plan: &Plan, caller: Option<&Log>, callee: Option<&Log>) -> Result<(), String> {
    let caller = caller.ok_or("the call was never made")?;
    let (ours, theirs) = (&caller.ended, callee.map(|log| log.ended.clone()));
    let ours = ours.first().copied();
    let theirs = theirs.and_then(|ended| ended.first().copied());
    let wrong = || Err(format!("ended with {ours:?} and {theirs:?}"));
    let decided_after = match plan.answer {
        Callee::Answers(after) | Callee::Refuses(_, after) => after,
        Callee::Ignores => Duration::from_secs(19),
    };
    let cancel = plan.cancel.unwrap_or(Duration::MAX);
    let race = plan.weather.race();
    if cancel < decided_after.saturating_sub(race) {
        let cancelled = ours == Some(EndReason::Cancelled);
        let heard = theirs.is_none_or(|theirs| theirs == EndReason::RemoteCancelled);
        return if cancelled && heard { Ok(()) } else { wrong() };
    }
    if cancel < decided_after.saturating_add(race) {
        // Whoever comes first; that both ends end is judged elsewhere.
        return Ok(());
    }
    match plan.answer {
        Callee::Refuses(status, _) => {
            let rejected =
                matches!(ours, Some(EndReason::Rejected(code)) if code.as_u16() == status);
            let refused =
                matches!(theirs, Some(EndReason::Refused(code)) if code.as_u16() == status);
            if rejected && refused { Ok(()) } else { wrong() }
        }
        Callee::Ignores => {
            let gave_up = match ours {
                Some(EndReason::Unanswered) => true,
                Some(EndReason::Rejected(code)) => code.as_u16() == 480,
                _ => false,
            };
            let let_go = matches!(
                theirs,
                Some(EndReason::Unanswered | EndReason::RemoteCancelled)
            );
            if gave_up && let_go { Ok(()) } else { wrong() }
        }
        Callee::Answers(_) => answered_as_planned(plan, caller, callee.ok_or("nobody rang")?),
    }
}

fn answered_as_planned(plan: &Plan, caller: &Log, callee: &Log) -> Result<(), String> {
    let hangs_up = |end| {
        let mut talk = plan.talk.iter();
        talk.any(|(who, _, act)| *who == end && *act == Act::HangUp)
    };
    for (log, end, other) in [
        (caller, End::Caller, End::Callee),
        (callee, End::Callee, End::Caller),
    ] {
        // A BYE may overtake the ACK that would have told the callee.
        let may_miss = plan.weather == Weather::Lossy && end == End::Callee;
        if log.answered != 1 && !may_miss {
            return Err(format!("answered {} times at the {end:?}", log.answered));
        }
        let by_us = hangs_up(end) && log.ended == [EndReason::HungUp];
        // A hold may cross a BYE, and then finds the call gone.
        let crossed = plan.weather == Weather::Lossy && log.ended == [EndReason::DialogLost];
        let by_them = hangs_up(other) && (crossed || log.ended == [EndReason::RemoteHungUp]);
        if !by_us && !by_them && plan.cancel.is_none() {
            return Err(format!("ended with {:?} at the {end:?}", log.ended));
        }
    }
    let (Some(ours), Some(theirs)) = (&caller.media, &callee.media) else {
        return Err("no media were agreed on".to_owned());
    };
    let mirrored = ours.remote == theirs.local
        && theirs.remote == ours.local
        && ours.codec == theirs.codec
        && ours.send_payload_type == theirs.receive_payload_type;
    let settled = plan.weather == Weather::Fair && plan.is_settled();
    let same_way = ours.direction == theirs.direction.reversed();
    if !mirrored || (settled && !same_way) {
        return Err(format!("the media do not fit: {ours:?} and {theirs:?}"));
    }
    Ok(())
}

impl Plan {
    /// Whether the last hold or resumption had time to come through, glare and all, before the
    /// call was ended.
    fn is_settled(&self) -> bool {
        let time = |over: bool| {
            let acts = self.talk.iter();
            let acts = acts.filter(move |(_, _, act)| (*act == Act::HangUp) == over);
            acts.map(|(_, after, _)| *after)
        };
        let last = time(false).max().unwrap_or_default();
        time(true).min().unwrap_or_default() > last + Duration::from_secs(10)
    }
}

/// A random plan between two of the phones.
pub fn plan(chance: &mut Chance, phones: usize, weather: Weather) -> Plan {
    let millis = |chance: &mut Chance, most| Duration::from_millis(chance.below(most));
    let caller = usize::try_from(chance.below(phones as u64)).unwrap_or(0);
    let other = 1 + usize::try_from(chance.below(phones as u64 - 1)).unwrap_or(0);
    let callee = (caller + other) % phones;
    let answer = match chance.below(10) {
        0 => Callee::Refuses(*chance.pick(&[486, 603, 480]), millis(chance, 3000)),
        1 => Callee::Ignores,
        _ => Callee::Answers(millis(chance, 4000)),
    };
    let early = chance.happens(300);
    let cancel = chance.happens(300).then(|| match answer {
        // Before anybody can have answered anything.
        _ if early => Duration::from_micros(chance.below(5000)),
        // Around the answer, where it hurts.
        Callee::Answers(after) | Callee::Refuses(_, after) => {
            let early = after.saturating_sub(Duration::from_millis(100));
            early + millis(chance, 200)
        }
        Callee::Ignores => millis(chance, 5000),
    });
    let mut talk = Vec::new();
    let ends = [End::Caller, End::Callee];
    for _ in 0..chance.below(4) {
        let act = *chance.pick(&[Act::Hold, Act::Resume]);
        talk.push((*chance.pick(&ends), millis(chance, 6000), act));
    }
    let longest = *chance.pick(&[500, 8000, 20_000]);
    let over = millis(chance, longest);
    let both = chance.happens(200);
    let first = *chance.pick(&ends);
    for end in ends {
        if both || end == first {
            talk.push((end, over, Act::HangUp));
        }
    }
    Plan {
        caller,
        callee,
        answer,
        cancel,
        talk,
        weather,
    }
}
