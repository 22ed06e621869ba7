//! The clock, the cells and what is on its way between them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use offhook::trace::{Packet, Transcript};
use offhook::{CloseReason, Input, Instant, Transport};

use super::cell::{Cell, Gauge};
use super::links::{LinkId, Links, Side};
use super::moods::Moods;
use super::network::{Network, STRANGER};
use super::promise::{Promise, Violation};
use super::step::{Outcome, Step};
use super::subject::Subject;
use super::trim::Trim;

/// Steps after which a run is taken to go on for ever, unless it says that it is longer; a usual
/// one has some hundred.
const STEPS_MAX: u64 = 1_000_000;

/// Names one cell of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId(pub(super) usize);

/// What is on its way.
pub(super) enum Arriving {
    /// A datagram.
    Datagram {
        source: SocketAddr,
        destination: SocketAddr,
        bytes: Vec<u8>,
    },
    /// A connection that was asked for reaches who is asked.
    Asked(LinkId),
    /// And the answer comes back: whether it is up.
    Answered(LinkId, bool),
    /// Bytes of a connection reach one of its ends.
    Bytes(LinkId, Side, Vec<u8>),
    /// And its end does.
    Ended(LinkId, Side, CloseReason),
}

/// Many machines, one clock, one network.
pub struct World<S: Subject> {
    pub(super) now: Instant,
    pub(super) cells: Vec<Option<Cell<S>>>,
    pub(super) places: BTreeMap<SocketAddr, CellId>,
    pub(super) network: Network,
    pub(super) listeners: BTreeMap<(Transport, SocketAddr), CellId>,
    pub(super) links: Links,
    arrivals: BTreeMap<(Instant, u64), Arriving>,
    sequence: u64,
    events: VecDeque<(CellId, S::Event)>,
    pub(super) transcript: Transcript,
    pub(super) record: bool,
    steps: u64,
    steps_max: u64,
    look_every: u64,
    pub(super) twins: bool,
    trim: Trim,
    actors: Vec<String>,
    acts: usize,
    pub(super) moods: Moods,
}

impl<S: Subject> World<S> {
    /// An empty network; `record` keeps a transcript and a recording of every machine.
    #[must_use]
    pub const fn new(network: Network, record: bool) -> Self {
        Self {
            now: Instant::ZERO,
            cells: Vec::new(),
            places: BTreeMap::new(),
            network,
            listeners: BTreeMap::new(),
            links: Links::new(),
            arrivals: BTreeMap::new(),
            sequence: 0,
            events: VecDeque::new(),
            transcript: Transcript::new(),
            record,
            steps: 0,
            steps_max: STEPS_MAX,
            look_every: 1,
            twins: true,
            trim: Trim::none(),
            actors: Vec::new(),
            acts: 0,
            moods: Moods::new(),
        }
    }

    /// For runs with thousands of calls at a time: they may take `steps_max` steps; no machine to
    /// come has a twin; and each is looked through for broken invariants, which costs more the
    /// more calls there are, at every `look_every`th step.
    pub const fn expect_crowds(&mut self, steps_max: u64, look_every: u64) {
        self.steps_max = steps_max;
        self.look_every = look_every;
        self.twins = false;
    }

    /// Leaves out of the run what is to be left out of it.
    pub fn set_trim(&mut self, trim: Trim) {
        self.trim = trim;
    }

    /// Whether somebody the scenario can do without is to be left out of it.
    pub fn leaves_out(&mut self, actor: &str) -> bool {
        if !self.actors.iter().any(|known| known == actor) {
            self.actors.push(actor.to_owned());
        }
        self.trim.absent.contains(actor)
    }

    /// Whether the next of the acts the scenario can do without is to be left out of it.
    pub fn skips(&mut self) -> bool {
        self.acts += 1;
        self.trim.skipped.contains(&(self.acts - 1))
    }

    /// Who could be left out, and how many acts.
    #[must_use]
    pub fn could_leave_out(&self) -> (&[String], usize) {
        (&self.actors, self.acts)
    }

    /// The virtual time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Steps made by all machines so far.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// What was sent, if it is kept.
    #[must_use]
    pub const fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The network, to heal it.
    pub const fn network(&mut self) -> &mut Network {
        &mut self.network
    }

    /// A cell that is alive.
    #[must_use]
    pub fn cell(&self, id: CellId) -> Option<&Cell<S>> {
        self.cells.get(id.0)?.as_ref()
    }

    /// From now on keeps what each step of a machine costs, by a count of its work.
    pub fn measure(&mut self, id: CellId, gauge: Gauge) {
        if let Some(cell) = self.cells.get_mut(id.0).and_then(Option::as_mut) {
            cell.measure(gauge);
        }
    }

    /// All living cells.
    pub fn cells(&self) -> impl Iterator<Item = &Cell<S>> {
        self.cells.iter().flatten()
    }

    /// Gives a machine a command; the answer says what became of it. The dead do not answer.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn command(&mut self, id: CellId, command: &S::Command) -> Result<String, Violation> {
        // What is asked for may take its time, even if nothing can be sent.
        self.moods.stir(self.now);
        let now = self.clock(id)?;
        self.step(id, now, Step::Command(command))
    }

    /// The next event for an application, in the order in which they came.
    pub fn next_event(&mut self) -> Option<(CellId, S::Event)> {
        self.events.pop_front()
    }

    /// When something happens next without anybody's command.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        let arrival = self.arrivals.keys().next().map(|(at, _)| *at);
        let deadline = self.cells().filter_map(Cell::deadline).min();
        match (arrival, deadline) {
            (Some(arrival), Some(deadline)) => Some(arrival.min(deadline)),
            (one, other) => one.or(other),
        }
    }

    /// Goes to the next thing that happens, up to `until`, and lets it happen. False: nothing
    /// did, and `until` is now.
    ///
    /// # Errors
    /// The broken promise.
    pub fn advance(&mut self, until: Instant) -> Result<bool, Violation> {
        if self.trim.calm_after.is_some_and(|at| self.now >= at) {
            self.network.heal();
            self.trim.calm_after = None;
        }
        let Some(at) = self.next_at().filter(|at| *at <= until) else {
            self.now = self.now.max(until);
            return Ok(false);
        };
        self.now = self.now.max(at);
        let arrival = self.arrivals.first_key_value();
        if arrival.is_some_and(|((at, _), _)| *at <= self.now) {
            if let Some((_, arriving)) = self.arrivals.pop_first() {
                self.arrive(arriving)?;
            }
            return Ok(true);
        }
        // Only who sleeps oversleeps: were every packet late, streams of them would pile up.
        self.now += self.network.late(self.now);
        let cells = self.cells.iter().enumerate();
        let mut due = cells.filter_map(|(index, cell)| {
            let cell = cell.as_ref()?;
            let due = cell.deadline().is_some_and(|at| at <= self.now);
            due.then(|| (CellId(index), cell.clock(self.now)))
        });
        if let Some((id, clock)) = due.next() {
            // A deadline is met on time or a little late, never early: no jumping clock here,
            // or the machine would rightly go on waiting.
            self.step(id, clock, Step::Input(Input::Timeout))?;
        }
        Ok(true)
    }

    /// Lets everything happen until no machine waits for anything.
    ///
    /// # Errors
    /// The broken promise; above all P5, if something is left after `limit`.
    pub fn drain(&mut self, limit: Duration) -> Result<(), Violation> {
        let end = self.now + limit;
        while self.advance(end)? {}
        for cell in self.cells() {
            cell.idle()?;
            if let Some(deadline) = cell.deadline() {
                return Err(Violation {
                    promise: Promise::NothingLeft,
                    who: cell.name().to_owned(),
                    at: self.now,
                    what: format!(
                        "waits for {deadline:?} after {limit:?} in which nothing was to do"
                    ),
                });
            }
        }
        Ok(())
    }

    fn arrive(&mut self, arriving: Arriving) -> Result<(), Violation> {
        self.moods.stir(self.now);
        match arriving {
            Arriving::Datagram {
                source,
                destination,
                bytes,
            } => self.arrive_datagram(source, destination, &bytes),
            Arriving::Asked(link) => self.on_asked(link),
            Arriving::Answered(link, up) => self.on_answered(link, up),
            Arriving::Bytes(link, side, bytes) => {
                let link = self.links.get(link);
                match link.and_then(|link| link.end(side)).filter(|end| end.open) {
                    Some(end) => {
                        let (cell, flow) = (end.cell, end.flow);
                        self.input(
                            cell,
                            Input::Stream {
                                flow,
                                bytes: &bytes,
                            },
                        )
                    }
                    None => {
                        self.moods.harm(self.now);
                        Ok(())
                    }
                }
            }
            Arriving::Ended(link, side, reason) => self.on_ended(link, side, reason),
        }
    }

    /// Whether nothing is on its way, and nobody is late with anything.
    pub(super) fn is_still(&self) -> bool {
        let mut deadlines = self.cells().filter_map(Cell::deadline);
        self.arrivals.is_empty() && !deadlines.any(|at| at <= self.now)
    }

    pub(super) fn schedule(&mut self, at: Instant, arriving: Arriving) {
        self.sequence += 1;
        self.moods.send(self.now, at);
        self.arrivals.insert((at, self.sequence), arriving);
    }

    /// Something comes in at a machine, at what its clock says.
    pub(super) fn input(&mut self, id: CellId, input: Input<'_>) -> Result<(), Violation> {
        let now = self.clock(id)?;
        self.step(id, now, Step::Input(input)).map(|_| ())
    }

    fn arrive_datagram(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
    ) -> Result<(), Violation> {
        if source == STRANGER {
            self.moods.deceive();
        }
        let Some(id) = self.places.get(&destination).copied() else {
            self.moods.harm(self.now);
            return Ok(());
        };
        let Some(flow) = self.cell(id).and_then(|cell| cell.flow_at(destination)) else {
            return Ok(());
        };
        let input = Input::Datagram {
            flow,
            source,
            bytes,
        };
        self.input(id, input)
    }

    pub(super) fn step(
        &mut self,
        id: CellId,
        now: Instant,
        step: Step<'_, S::Command>,
    ) -> Result<String, Violation> {
        let Some(cell) = self.cells.get_mut(id.0).and_then(Option::as_mut) else {
            return Ok("dead".to_owned());
        };
        self.steps += 1;
        let look = self.steps % self.look_every == 0;
        if self.steps > self.steps_max {
            return Err(Violation {
                promise: Promise::BoundedOutput,
                who: cell.name().to_owned(),
                at: self.now,
                what: format!(
                    "{} steps and no end: somebody answers what answers",
                    self.steps
                ),
            });
        }
        let (network, moment, moods) = (&mut self.network, self.now, &mut self.moods);
        let refuses = || {
            let refuses = network.refuses(moment, id.0 as u64);
            moods.stir(moment);
            if refuses {
                moods.harm(moment);
            }
            refuses
        };
        let (outcomes, answer) = cell.step(now, step, refuses)?;
        if look {
            cell.look()?;
        }
        self.take(id, outcomes);
        Ok(answer)
    }

    pub(super) fn take(&mut self, id: CellId, outcomes: Vec<Outcome<S::Event>>) {
        for outcome in outcomes {
            if !matches!(outcome, Outcome::Event(_)) {
                self.moods.stir(self.now);
            }
            match outcome {
                Outcome::Event(event) => self.events.push_back((id, event)),
                Outcome::Sent {
                    source,
                    destination,
                    bytes,
                } => self.send(source, destination, bytes),
                Outcome::Written { flow, bytes } => self.write(id, flow, bytes),
                Outcome::Connect {
                    flow,
                    peer,
                    transport,
                } => self.connect(id, flow, peer, transport),
                Outcome::Closed { flow } => {
                    if let Some((link, side)) = self.links.at(id, flow) {
                        self.part(link, side, CloseReason::Finished);
                    }
                }
            }
        }
    }

    fn send(&mut self, source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>) {
        let arrivals = self.network.send(self.now, source, destination, &bytes);
        let lost = !arrivals.iter().any(|arrival| arrival.source == source)
            || !self.places.contains_key(&destination);
        if lost {
            self.moods.harm(self.now);
        }
        if self.record {
            self.transcript.push(Packet {
                at: self.now,
                transport: Transport::Udp,
                source,
                destination,
                lost,
                length: bytes.len(),
                bytes,
            });
        }
        for arrival in arrivals {
            let arriving = Arriving::Datagram {
                source: arrival.source,
                destination,
                bytes: arrival.bytes,
            };
            self.schedule(arrival.at, arriving);
        }
    }
}
