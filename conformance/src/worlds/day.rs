//! Traffic for hours: a hundred calls begin in every second, each goes as planned, and when the
//! last has ended nothing is left of any of them.
//!
//! Two phones call each other through a server, in turn. Of ten calls one is refused, one is given
//! up while it rings, and eight are answered at once, talk for two seconds and are hung up, some by
//! both ends at once. Now and then a datagram is lost, doubled or held up.

use std::collections::BTreeMap;
use std::time::Duration;

use offhook::sip::ua::{EndReason, UaEvent};
use offhook::{Instant, Transport};

use super::node::{Act, DOMAIN, Deed, Node, Told};
use super::people::{People, Setting};
use super::{Run, Take, failed, play};
use crate::sim::{CellId, Faults, Violation, World};

/// One call in so much time.
const PACE: Duration = Duration::from_millis(10);
const TALK: Duration = Duration::from_secs(2);
/// When the caller of a call that nobody answers gives up.
const PATIENCE: Duration = Duration::from_secs(1);
/// More steps than a call takes, registrations and refreshes included.
const STEPS_PER_CALL: u64 = 100;
/// Looking through thousands of calls after every step would make a day a year.
const LOOK_EVERY: u64 = 100_000;

const SETTING: Setting = Setting {
    phones: 2,
    second_phones: false,
    server: true,
    passwords: false,
    over: Transport::Udp,
    v6: false,
    small_phones: false,
    small_server: false,
    variety: None,
    watched: false,
};

/// How far the traffic is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Virtual time since it began.
    pub elapsed: Duration,
    /// Calls begun.
    pub calls: u64,
    /// Calls that have ended at both ends.
    pub ended: u64,
    /// Answered and hung up.
    pub talked: u64,
    /// Refused by the callee.
    pub refused: u64,
    /// Given up by the caller.
    pub given_up: u64,
    /// Calls in the tables of the phones.
    pub live_calls: usize,
    /// Transactions in the tables of all machines.
    pub live_transactions: usize,
    /// Steps made by all machines.
    pub steps: u64,
}

/// Plays a quarter of a minute of it.
pub(super) fn slice(take: &Take) -> Run {
    let length = Duration::from_secs(15);
    traffic(take, length, length, |_| {})
}

/// Plays traffic for so long and reports on it every `interval`.
pub fn traffic(
    take: &Take,
    length: Duration,
    interval: Duration,
    mut report: impl FnMut(&Traffic),
) -> Run {
    let faults = Faults {
        loss: 5,
        duplicate: 5,
        reorder: 5,
        hold: Duration::from_millis(100),
        latency_max: Duration::from_millis(5),
        ..Faults::none()
    };
    play(take, faults, |world, _| {
        let calls = u64::try_from(length.as_nanos() / PACE.as_nanos()).unwrap_or(u64::MAX);
        let steps = calls.saturating_add(1000).saturating_mul(STEPS_PER_CALL);
        world.expect_crowds(steps, LOOK_EVERY);
        let mut people = People::new(world, SETTING, take.seed)?;
        people.register()?;
        people.await_registered(Duration::from_secs(60))?;
        let phones = [people.phones[0].id, people.phones[1].id];
        let mut day = Day::new(people.world, phones);
        for _ in 0..length.as_nanos() / interval.as_nanos().max(1) {
            day.pass(interval)?;
            report(&day.traffic());
        }
        day.settle()?;
        report(&day.traffic());
        day.judge()
    })
}

/// What is known of the calls that have not ended at both ends, and the counts of all others.
struct Day<'w> {
    world: &'w mut World<Node>,
    phones: [CellId; 2],
    began: Instant,
    next: Instant,
    agenda: BTreeMap<(Instant, u64), (CellId, Deed)>,
    sequence: u64,
    calls: u64,
    /// Ends of calls that have begun and not ended.
    open: BTreeMap<(CellId, usize), Fate>,
    talked: u64,
    refused: u64,
    given_up: u64,
    callees: u64,
}

/// What is to become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The callee refuses it.
    Refused,
    /// Nobody answers, and the caller gives up.
    GivenUp,
    /// It is answered, and the caller hangs up.
    Talks,
    /// Its end at the callee, whose fate the caller knows.
    Called,
}

impl<'w> Day<'w> {
    const fn new(world: &'w mut World<Node>, phones: [CellId; 2]) -> Self {
        let now = world.now();
        Self {
            world,
            phones,
            began: now,
            next: now,
            agenda: BTreeMap::new(),
            sequence: 0,
            calls: 0,
            open: BTreeMap::new(),
            talked: 0,
            refused: 0,
            given_up: 0,
            callees: 0,
        }
    }

    fn traffic(&self) -> Traffic {
        let (calls, transactions) = self
            .world
            .cells()
            .map(|cell| cell.machine().size())
            .fold((0, 0), |(calls, transactions), (more, others)| {
                (calls + more, transactions + others)
            });
        Traffic {
            elapsed: self.world.now().saturating_duration_since(self.began),
            calls: self.calls,
            ended: (self.talked + self.refused + self.given_up).min(self.callees),
            talked: self.talked,
            refused: self.refused,
            given_up: self.given_up,
            live_calls: calls,
            live_transactions: transactions,
            steps: self.world.steps(),
        }
    }

    /// Lets time pass, and a call begin whenever it is time for one.
    fn pass(&mut self, span: Duration) -> Result<(), Violation> {
        let end = self.world.now() + span;
        while self.next < end {
            self.advance(self.next)?;
            self.begin()?;
            self.next += PACE;
        }
        self.advance(end)
    }

    /// Lets all calls end that have begun, and everybody log out.
    fn settle(&mut self) -> Result<(), Violation> {
        self.advance(self.world.now() + Duration::from_secs(200))?;
        for phone in self.phones {
            self.world.command(phone, &Deed::Unregister)?;
        }
        self.world.network().heal();
        self.world.drain(Duration::from_secs(3600))
    }

    fn begin(&mut self) -> Result<(), Violation> {
        let caller = self.phones[usize::try_from(self.calls % 2).unwrap_or(0)];
        let callee = if self.calls % 2 == 0 { "bob" } else { "alice" };
        // Five times the one, five times the other phone in every ten, with changing fates.
        let fate = match (self.calls / 2) % 10 {
            0 => Fate::Refused,
            1 => Fate::GivenUp,
            _ => Fate::Talks,
        };
        self.calls += 1;
        let found = Fate::WORDS.iter().find(|(known, _)| *known == fate);
        let word = found.map_or("", |(_, word)| word);
        let uri = format!("sip:{callee}@{DOMAIN}{word}");
        let answer = self.world.command(caller, &Deed::Invite(uri))?;
        let number = answer.strip_prefix("call ").and_then(|n| n.parse().ok());
        let Some(number) = number else {
            let what = format!("cannot call: {answer}");
            return Err(failed(self.world, "caller", what));
        };
        self.open.insert((caller, number), fate);
        if fate == Fate::GivenUp {
            self.later(PATIENCE, caller, number, Act::HangUp);
        }
        Ok(())
    }
}

impl Day<'_> {
    /// Lets everything happen up to a moment, and everybody do what they are to do.
    fn advance(&mut self, until: Instant) -> Result<(), Violation> {
        loop {
            let planned = self.agenda.keys().next().map(|(at, _)| *at);
            let next = planned.map_or(until, |at| at.min(until));
            let happened = self.world.advance(next)?;
            while let Some((id, told)) = self.world.next_event() {
                if let Told::Phone(event) = told {
                    self.on_event(id, &event)?;
                }
            }
            if planned.is_some_and(|at| at <= self.world.now()) {
                if let Some((_, (id, deed))) = self.agenda.pop_first() {
                    self.world.command(id, &deed)?;
                }
            } else if !happened && self.world.now() >= until {
                return Ok(());
            }
        }
    }

    fn later(&mut self, after: Duration, id: CellId, number: usize, act: Act) {
        self.sequence += 1;
        let at = self.world.now() + after;
        let deed = Deed::Call(number, act);
        self.agenda.insert((at, self.sequence), (id, deed));
    }

    fn on_event(&mut self, id: CellId, event: &UaEvent) -> Result<(), Violation> {
        let (UaEvent::Incoming { call, .. }
        | UaEvent::Answered { call }
        | UaEvent::Ended { call, .. }) = event
        else {
            return Ok(());
        };
        let number = match self.world.cell(id).map(|cell| cell.machine()) {
            Some(Node::Phone(phone)) => phone.number(*call),
            _ => None,
        };
        let Some(number) = number else {
            let what = format!("a strange call: {event:?}");
            return Err(failed(self.world, "phone", what));
        };
        match event {
            UaEvent::Incoming { to, .. } => {
                self.open.insert((id, number), Fate::Called);
                match Fate::asked_for(to) {
                    Fate::Refused => self.later(Duration::ZERO, id, number, Act::Reject(486)),
                    Fate::GivenUp => self.later(Duration::ZERO, id, number, Act::Ring),
                    Fate::Talks | Fate::Called => {
                        self.later(Duration::ZERO, id, number, Act::Accept);
                    }
                }
            }
            // Whoever called hangs up, and at every other call of a phone whoever was called: then
            // the two cross.
            UaEvent::Answered { .. }
                if number % 2 == 0 || self.open.get(&(id, number)) == Some(&Fate::Talks) =>
            {
                self.later(TALK, id, number, Act::HangUp);
            }
            UaEvent::Ended { reason, .. } => return self.on_ended(id, number, *reason),
            _ => {}
        }
        Ok(())
    }

    fn on_ended(&mut self, id: CellId, number: usize, reason: EndReason) -> Result<(), Violation> {
        let fate = self.open.remove(&(id, number));
        let as_planned = match (fate, reason) {
            (Some(Fate::Refused), EndReason::Rejected(status)) => status.as_u16() == 486,
            (Some(Fate::GivenUp), EndReason::Cancelled)
            | (Some(Fate::Talks), EndReason::HungUp | EndReason::RemoteHungUp) => true,
            (Some(Fate::Called), EndReason::Refused(status)) => status.as_u16() == 486,
            (
                Some(Fate::Called),
                EndReason::RemoteCancelled | EndReason::HungUp | EndReason::RemoteHungUp,
            ) => true,
            _ => false,
        };
        match fate {
            Some(Fate::Refused) => self.refused += 1,
            Some(Fate::GivenUp) => self.given_up += 1,
            Some(Fate::Talks) => self.talked += 1,
            Some(Fate::Called) => self.callees += 1,
            None => {}
        }
        if as_planned {
            return Ok(());
        }
        let what = format!("call {number} was to be {fate:?} and ended: {reason}");
        Err(failed(self.world, "phone", what))
    }

    /// Every call has ended at both ends.
    fn judge(&self) -> Result<(), Violation> {
        let ends = [self.talked + self.refused + self.given_up, self.callees];
        if self.open.is_empty() && ends == [self.calls; 2] {
            return Ok(());
        }
        let (calls, open) = (self.calls, self.open.len());
        let what = format!("{calls} calls, {ends:?} of their ends have ended, {open} are open");
        Err(failed(self.world, "phone", what))
    }
}

impl Fate {
    const WORDS: [(Self, &'static str); 3] = [
        (Self::Refused, ";x=refuse"),
        (Self::GivenUp, ";x=ignore"),
        (Self::Talks, ";x=answer"),
    ];

    /// What a caller wants to become of the call, from the URI it called.
    fn asked_for(uri: &str) -> Self {
        let found = Self::WORDS.iter().find(|(_, word)| uri.contains(word));
        found.map_or(Self::Talks, |(fate, _)| *fate)
    }
}
