//! The clock, the cells and what is on its way between them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use offhook::trace::{Packet, Transcript};
use offhook::{CloseReason, FlowId, Input, Instant, PeerIdentity, Transport, UnixTime};

use super::cell::{Cell, Outcome, Step};
use super::links::{LinkId, Links, Side};
use super::network::{Network, Passage};
use super::promise::{Promise, Violation};
use super::subject::Subject;

/// 2026-01-01 00:00 UTC: the wall clock at the zero of virtual time.
const EPOCH_NANOS: u64 = 1_767_225_600_000_000_000;

/// Steps after which a run is taken to go on for ever; a usual one has some hundred.
const STEPS_MAX: u64 = 1_000_000;

/// Names one cell of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId(usize);

/// How long who asks for a connection waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is on its way.
enum Arriving {
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
    now: Instant,
    cells: Vec<Option<Cell<S>>>,
    places: BTreeMap<SocketAddr, CellId>,
    network: Network,
    listeners: BTreeMap<(Transport, SocketAddr), CellId>,
    links: Links,
    arrivals: BTreeMap<(Instant, u64), Arriving>,
    sequence: u64,
    events: VecDeque<(CellId, S::Event)>,
    transcript: Transcript,
    record: bool,
    steps: u64,
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
        }
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

    /// All living cells.
    pub fn cells(&self) -> impl Iterator<Item = &Cell<S>> {
        self.cells.iter().flatten()
    }

    /// Adds a machine, tells it the wall clock and binds its sockets.
    ///
    /// # Errors
    /// A promise broken on the way.
    ///
    /// # Panics
    /// On a description that stands for no machine.
    pub fn add(
        &mut self,
        name: &str,
        description: &str,
        addresses: &[SocketAddr],
    ) -> Result<CellId, Violation> {
        let cell = Cell::new(name, description, self.record);
        self.cells.push(Some(cell.unwrap_or_else(|wrong| {
            panic!("cannot build {name} from `{description}`: {wrong}")
        })));
        let id = CellId(self.cells.len() - 1);
        let unix = UnixTime::from_nanos(EPOCH_NANOS + self.now.as_nanos());
        self.step(id, self.now, Step::Input(Input::WallClock { unix }))?;
        for address in addresses {
            self.transcript.name(name, *address);
            self.places.insert(*address, id);
            let now = self.now;
            if let Some(cell) = self.cells[id.0].as_mut() {
                let outcomes = cell.bind(now, Transport::Udp, *address)?;
                self.take(id, outcomes);
            }
        }
        Ok(id)
    }

    /// Lets a machine listen for connections.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn listen(
        &mut self,
        id: CellId,
        transport: Transport,
        address: SocketAddr,
    ) -> Result<(), Violation> {
        let now = self.now;
        let Some(cell) = self.cells.get_mut(id.0).and_then(Option::as_mut) else {
            return Ok(());
        };
        self.transcript.name(cell.name(), address);
        self.listeners.insert((transport, address), id);
        let outcomes = cell.bind(now, transport, address)?;
        self.take(id, outcomes);
        Ok(())
    }

    /// Takes a machine away without a word, as a crash does; its system breaks its connections.
    /// Its address stays empty.
    pub fn kill(&mut self, id: CellId) -> Option<Cell<S>> {
        self.places.retain(|_, place| *place != id);
        self.listeners.retain(|_, place| *place != id);
        for (link, side) in self.links.of(id) {
            self.part(link, side, CloseReason::Reset);
        }
        self.cells.get_mut(id.0)?.take()
    }

    /// Gives a machine a command; the answer says what became of it. The dead do not answer.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn command(&mut self, id: CellId, command: &S::Command) -> Result<String, Violation> {
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
        self.now += self.network.late();
        let due = |cell: &Cell<S>| cell.deadline().is_some_and(|at| at <= self.now);
        let found = (0..self.cells.len()).find(|n| self.cells[*n].as_ref().is_some_and(due));
        if let Some(index) = found {
            // A deadline is met on time or a little late, never early: no jumping clock here,
            // or the machine would rightly go on waiting.
            self.step(CellId(index), self.now, Step::Input(Input::Timeout))?;
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
        match arriving {
            Arriving::Datagram {
                source,
                destination,
                bytes,
            } => self.arrive_datagram(source, destination, &bytes),
            Arriving::Asked(link) => self.on_asked(link),
            Arriving::Answered(link, up) => self.on_answered(link, up),
            Arriving::Bytes(link, side, bytes) => {
                let link = self.links.get(link).filter(|link| !link.broken);
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
                    None => Ok(()),
                }
            }
            Arriving::Ended(link, side, reason) => self.on_ended(link, side, reason),
        }
    }

    /// A connection that was asked for reaches whoever listens there.
    fn on_asked(&mut self, id: LinkId) -> Result<(), Violation> {
        let Some(link) = self.links.get(id) else {
            return Ok(());
        };
        let (transport, to) = (link.transport, link.to);
        let Some(from) = link.end(Side::Asking).map(|end| end.address) else {
            return Ok(());
        };
        let refused = self.network.refuses();
        let listener = self.listeners.get(&(transport, to)).copied();
        let listener = listener.filter(|_| !refused).and_then(|cell| {
            let found = self.cells.get_mut(cell.0)?.as_mut()?;
            found.listens(transport, to).then(|| (cell, found.mint()))
        });
        let back = self.network.reach(self.now, to, from);
        let up = listener.is_some();
        self.schedule(back, Arriving::Answered(id, up));
        let Some((cell, flow)) = listener else {
            return Ok(());
        };
        self.links.take(id, (cell, flow), self.now);
        if let Some(end) = self
            .links
            .get_mut(id)
            .and_then(|link| link.end_mut(Side::Asking))
        {
            end.last = back;
        }
        self.connected(cell, flow, transport, (to, from), None)
    }

    /// And who asked is told what came of it.
    fn on_answered(&mut self, id: LinkId, up: bool) -> Result<(), Violation> {
        let Some(link) = self.links.get(id) else {
            return Ok(());
        };
        let (transport, to, identity) = (link.transport, link.to, link.identity());
        let Some(end) = link.end(Side::Asking).copied().filter(|end| end.open) else {
            return Ok(());
        };
        if up {
            let identity = identity.as_ref();
            return self.connected(end.cell, end.flow, transport, (end.address, to), identity);
        }
        self.links.close(id, Side::Asking);
        let (flow, reason) = (end.flow, CloseReason::Unreachable);
        self.input(end.cell, Input::Closed { flow, reason })
    }

    fn connected(
        &mut self,
        cell: CellId,
        flow: FlowId,
        transport: Transport,
        (local, peer): (SocketAddr, SocketAddr),
        identity: Option<&PeerIdentity>,
    ) -> Result<(), Violation> {
        let input = Input::Connected {
            flow,
            transport,
            local,
            peer,
            identity,
        };
        self.input(cell, input)
    }

    fn on_ended(&mut self, id: LinkId, side: Side, reason: CloseReason) -> Result<(), Violation> {
        let end = self.links.get(id).and_then(|link| link.end(side)).copied();
        let Some(end) = end.filter(|_| self.links.close(id, side)) else {
            return Ok(());
        };
        let flow = end.flow;
        self.input(end.cell, Input::Closed { flow, reason })
    }

    /// One end leaves a connection: the other hears of it after all that is on its way there.
    fn part(&mut self, id: LinkId, side: Side, reason: CloseReason) {
        let Some(link) = self.links.get(id) else {
            return;
        };
        let (from, to) = (link.end(side).copied(), link.end(side.other()).copied());
        self.links.close(id, side);
        if let (Some(from), Some(to)) = (from, to) {
            let at = self.network.reach(self.now, from.address, to.address);
            let at = at.max(to.last);
            self.schedule(at, Arriving::Ended(id, side.other(), reason));
        }
    }

    fn connect(&mut self, id: CellId, flow: FlowId, peer: SocketAddr, transport: Transport) {
        let Some(cell) = self.cells.get(id.0).and_then(Option::as_ref) else {
            return;
        };
        let (name, home) = (cell.name().to_owned(), cell.home(peer));
        // Nobody can leave from nowhere; whoever tries gets no answer but that.
        let host = home.unwrap_or(peer.ip());
        let asking = (id, flow);
        let (link, address) = self.links.ask(asking, host, transport, peer, self.now);
        self.transcript.name(&name, address);
        let at = self.network.reach(self.now, address, peer);
        if home.is_none() || at > self.now + PATIENCE {
            let at = self.now + PATIENCE;
            self.schedule(at, Arriving::Answered(link, false));
        } else {
            self.schedule(at, Arriving::Asked(link));
        }
    }

    fn write(&mut self, id: CellId, flow: FlowId, bytes: Vec<u8>) {
        let Some((id, side)) = self.links.at(id, flow) else {
            return;
        };
        let Some(link) = self.links.get_mut(id) else {
            return;
        };
        let other = side.other();
        let (Some(from), Some(to)) = (link.end(side).copied(), link.end(other).copied()) else {
            return;
        };
        if link.broken {
            return;
        }
        let transport = link.transport;
        let passage = self
            .network
            .stream(self.now, from.address, to.address, &bytes);
        if self.record {
            self.transcript.push(Packet {
                at: self.now,
                transport,
                source: from.address,
                destination: to.address,
                lost: matches!(passage, Passage::Reset(_)) || !to.open,
                length: bytes.len(),
                bytes,
            });
        }
        match passage {
            Passage::Parts(parts) => {
                let mut last = to.last;
                for (at, part) in parts {
                    last = last.max(at);
                    self.schedule(last, Arriving::Bytes(id, other, part));
                }
                if let Some(end) = self.links.get_mut(id).and_then(|link| link.end_mut(other)) {
                    end.last = last;
                }
            }
            Passage::Reset(at) => {
                if let Some(link) = self.links.get_mut(id) {
                    link.broken = true;
                }
                for side in [Side::Asking, Side::Asked] {
                    self.schedule(at, Arriving::Ended(id, side, CloseReason::Reset));
                }
            }
        }
    }

    fn schedule(&mut self, at: Instant, arriving: Arriving) {
        self.sequence += 1;
        self.arrivals.insert((at, self.sequence), arriving);
    }

    /// Something comes in at a machine, at what its clock says.
    fn input(&mut self, id: CellId, input: Input<'_>) -> Result<(), Violation> {
        let now = self.clock(id)?;
        self.step(id, now, Step::Input(input)).map(|_| ())
    }

    fn arrive_datagram(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
    ) -> Result<(), Violation> {
        let Some(id) = self.places.get(&destination).copied() else {
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

    /// What the clock says at the next input of a machine. If it goes backwards there, the machine
    /// is told the right time just before.
    fn clock(&mut self, id: CellId) -> Result<Instant, Violation> {
        match self.network.clock_back(self.now) {
            Some(earlier) => {
                self.step(id, self.now, Step::Input(Input::Timeout))?;
                Ok(earlier)
            }
            None => Ok(self.now),
        }
    }

    fn step(
        &mut self,
        id: CellId,
        now: Instant,
        step: Step<'_, S::Command>,
    ) -> Result<String, Violation> {
        let Some(cell) = self.cells.get_mut(id.0).and_then(Option::as_mut) else {
            return Ok("dead".to_owned());
        };
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(Violation {
                promise: Promise::BoundedOutput,
                who: cell.name().to_owned(),
                at: self.now,
                what: format!("{STEPS_MAX} steps and no end: somebody answers what answers"),
            });
        }
        let network = &mut self.network;
        let (outcomes, answer) = cell.step(now, step, || network.refuses())?;
        self.take(id, outcomes);
        Ok(answer)
    }

    fn take(&mut self, id: CellId, outcomes: Vec<Outcome<S::Event>>) {
        for outcome in outcomes {
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
        if self.record {
            let lost = !arrivals.iter().any(|arrival| arrival.source == source)
                || !self.places.contains_key(&destination);
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
