//! One machine under watch: every step is done twice and checked.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use offhook::{CloseReason, FlowId, Input, Instant, Output, Transport};

use super::promise::{Promise, Violation};
use super::recording::Recording;
use super::step::{Outcome, Step, Stepped};
use super::subject::Subject;

/// A machine, its twin, and what is known of both.
///
/// The twin is built from the same description and fed the same inputs, but with a clock that
/// never goes backwards. So one comparison after every step holds the machine to two promises:
/// repeatable (P3) and, at the steps whose time lay in the past, clamped (P6).
pub struct Cell<S: Subject> {
    name: String,
    machine: S,
    twin: Option<S>,
    flows: BTreeMap<FlowId, Open>,
    /// Flows the driver's side has minted.
    minted: u32,
    now: Instant,
    /// What its clock is ahead of the world's, in nanoseconds.
    ahead: i64,
    /// And by how much it has stepped, either way, taken together.
    stepped: u64,
    deadline: Option<Instant>,
    recording: Option<Recording>,
    steps: u64,
    /// What is counted of the machine's work, and how much of it each step took.
    gauge: Option<Gauge>,
    costs: Vec<u64>,
    bytes: [Vec<u8>; 2],
}

/// Reads a count that grows with the work that is done on this thread.
pub type Gauge = fn() -> u64;

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// A datagram socket, bound there.
    Datagrams(SocketAddr),
    /// A listener, and what it listens for.
    Listener(Transport, SocketAddr),
    /// A connection that was asked for.
    Connecting,
    /// A connection that is up.
    Connection,
}

impl<S: Subject> Cell<S> {
    /// Builds the machine and its twin.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub fn new(name: &str, description: &str, record: bool) -> Result<Self, String> {
        Ok(Self {
            name: name.to_owned(),
            machine: S::build(description)?,
            twin: Some(S::build(description)?),
            flows: BTreeMap::new(),
            minted: 0,
            now: Instant::ZERO,
            ahead: 0,
            stepped: 0,
            deadline: None,
            recording: record.then(|| Recording::new(description)),
            steps: 0,
            gauge: None,
            costs: Vec::new(),
            bytes: [Vec::new(), Vec::new()],
        })
    }

    /// Goes on without the twin, at half the price: only P3 and P6 are not held any more.
    pub fn part_from_twin(&mut self) {
        self.twin = None;
    }

    /// From now on keeps what each step costs the machine, by this count.
    pub fn measure(&mut self, gauge: Gauge) {
        self.gauge = Some(gauge);
        self.costs.clear();
    }

    /// What each step has cost since it is measured (P7).
    #[must_use]
    pub fn costs(&self) -> &[u64] {
        &self.costs
    }

    /// What is counted by now.
    fn read(&self) -> u64 {
        self.gauge.map_or(0, |gauge| gauge())
    }

    /// Adds what has been counted since to what the step has cost.
    fn charge(&mut self, since: u64) {
        let spent = self.read() - since;
        if let (Some(_), Some(cost)) = (self.gauge, self.costs.last_mut()) {
            *cost += spent;
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The machine, to look at.
    #[must_use]
    pub const fn machine(&self) -> &S {
        &self.machine
    }

    /// When it wants to be woken, in the time of the world.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let deadline = self.deadline?;
        Some(moved(deadline, self.ahead.saturating_neg()))
    }

    /// What its clock says at a moment of the world.
    #[must_use]
    pub fn clock(&self, now: Instant) -> Instant {
        moved(now, self.ahead)
    }

    /// Lets its clock step by so many nanoseconds, and go on from there.
    pub const fn step_clock(&mut self, nanos: i64) {
        self.ahead = self.ahead.saturating_add(nanos);
        self.stepped = self.stepped.saturating_add(nanos.unsigned_abs());
    }

    /// By how much its clock has stepped, forwards and back, taken together.
    #[must_use]
    pub const fn stepped(&self) -> Duration {
        Duration::from_nanos(self.stepped)
    }

    /// What was recorded, if it was asked for.
    #[must_use]
    pub const fn recording(&self) -> Option<&Recording> {
        self.recording.as_ref()
    }

    /// The flow of the datagram socket at an address.
    #[must_use]
    pub fn flow_at(&self, address: SocketAddr) -> Option<FlowId> {
        let mut flows = self.flows.iter();
        let found = flows.find(|(_, open)| **open == Open::Datagrams(address));
        found.map(|(flow, _)| *flow)
    }

    /// Whether it listens there.
    #[must_use]
    pub fn listens(&self, transport: Transport, address: SocketAddr) -> bool {
        let listener = Open::Listener(transport, address);
        self.flows.values().any(|open| *open == listener)
    }

    /// Whether it still waits for a connection it asked for.
    #[must_use]
    pub fn is_connecting(&self, flow: FlowId) -> bool {
        self.flows.get(&flow) == Some(&Open::Connecting)
    }

    /// An address of its own that goes with `peer`.
    #[must_use]
    pub fn home(&self, peer: SocketAddr) -> Option<IpAddr> {
        let own = self.flows.values().filter_map(|open| match open {
            Open::Datagrams(local) | Open::Listener(_, local) => Some(local.ip()),
            Open::Connecting | Open::Connection => None,
        });
        own.into_iter().find(|ip| ip.is_ipv4() == peer.is_ipv4())
    }

    /// A name for a flow that comes from outside.
    pub fn mint(&mut self) -> FlowId {
        self.minted += 1;
        FlowId::from_driver(self.minted - 1)
    }

    /// Binds one more datagram socket, or one more listener.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn bind(
        &mut self,
        now: Instant,
        transport: Transport,
        local: SocketAddr,
    ) -> Result<Vec<Outcome<S::Event>>, Violation> {
        let flow = self.mint();
        let open = match transport {
            Transport::Udp => Open::Datagrams(local),
            _ => Open::Listener(transport, local),
        };
        self.flows.insert(flow, open);
        let input = Input::Bound {
            flow,
            transport,
            local,
        };
        self.step(now, Step::Input(input), || false)
            .map(|(outcomes, _)| outcomes)
    }

    /// Does one thing to the machine, drains it, and checks what it promised.
    ///
    /// The answer to a command comes beside the outcomes. `now` may lie in the past. `refuses` says
    /// of each datagram whether the system refuses to send it, of which the machine is told before
    /// it is asked for anything else, as drivers do.
    ///
    /// # Errors
    /// The broken promise.
    pub fn step(
        &mut self,
        now: Instant,
        step: Step<'_, S::Command>,
        mut refuses: impl FnMut() -> bool,
    ) -> Stepped<S::Event> {
        let backwards = now < self.now;
        self.now = self.now.max(now);
        self.steps += 1;
        if let Some(recording) = &mut self.recording {
            recording.step(now, &step);
        }
        if self.gauge.is_some() {
            self.costs.push(0);
        }
        let (answer, twin_answer) = match step {
            Step::Input(input) => {
                self.note(&input);
                if let Some(twin) = &mut self.twin {
                    twin.handle_input(self.now, input.clone());
                }
                let before = self.read();
                self.machine.handle_input(now, input);
                self.charge(before);
                (String::new(), None)
            }
            Step::Command(command) => {
                let before = self.read();
                let answer = self.machine.command(now, command);
                self.charge(before);
                let twin = self.twin.as_mut();
                (answer, twin.map(|twin| twin.command(self.now, command)))
            }
        };
        if let Some(recording) = &mut self.recording {
            recording.answer(&answer);
        }
        let suspected = if backwards {
            Promise::ClampedTime
        } else {
            Promise::Repeatable
        };
        if let Some(twin_answer) = twin_answer.filter(|other| *other != answer) {
            return Err(self.broken(suspected, format!("{answer} or {twin_answer}?")));
        }
        let outcomes = self.drain(suspected, &mut refuses)?;
        Ok((outcomes, answer))
    }

    /// Looks for broken invariants inside.
    ///
    /// # Errors
    /// The broken one.
    pub fn look(&self) -> Result<(), Violation> {
        let sound = self.machine.check();
        sound.map_err(|what| self.broken(Promise::Invariant, what))
    }

    /// Whether nothing is left inside, once all has ended (P5).
    ///
    /// # Errors
    /// What is left.
    pub fn idle(&self) -> Result<(), Violation> {
        let left = self.machine.idle();
        left.map_err(|what| self.broken(Promise::NothingLeft, what))
    }

    /// How many steps it made.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes all outputs of machine and twin, side by side.
    fn drain(
        &mut self,
        suspected: Promise,
        refuses: &mut impl FnMut() -> bool,
    ) -> Result<Vec<Outcome<S::Event>>, Violation> {
        let mut outcomes = Vec::new();
        loop {
            let before = self.read();
            let output = self.machine.poll_output(&mut self.bytes[0]);
            self.charge(before);
            let [bytes, twin_bytes] = &mut self.bytes;
            if let Some(twin) = &mut self.twin {
                let twin_output = twin.poll_output(twin_bytes);
                let sends = matches!(output, Output::Transmit { .. });
                if output != twin_output || (sends && bytes != twin_bytes) {
                    let what = format!("machine says {output:?}, its twin {twin_output:?}");
                    return Err(self.broken(suspected, what));
                }
            }
            if let Some(recording) = &mut self.recording {
                recording.output(&output, &self.bytes[0]);
            }
            match output {
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    break;
                }
                Output::Transmit { flow, to } => {
                    let bytes = self.bytes[0].clone();
                    match self.flows.get(&flow).copied() {
                        Some(Open::Datagrams(_)) if refuses() => {
                            self.tell_closed(flow, CloseReason::Unreachable);
                        }
                        Some(Open::Datagrams(source)) => outcomes.push(Outcome::Sent {
                            source,
                            destination: to,
                            bytes,
                        }),
                        Some(Open::Connection) => outcomes.push(Outcome::Written { flow, bytes }),
                        Some(Open::Connecting | Open::Listener(..)) | None => {
                            let what = format!("sends on {flow:?}, which is not open");
                            return Err(self.broken(Promise::Invariant, what));
                        }
                    }
                }
                Output::Event(event) => outcomes.push(Outcome::Event(event)),
                Output::Connect {
                    flow,
                    peer,
                    transport,
                    server_name: _,
                } => {
                    if self.flows.insert(flow, Open::Connecting).is_some() {
                        let what = format!("asks twice for {flow:?}");
                        return Err(self.broken(Promise::Invariant, what));
                    }
                    outcomes.push(Outcome::Connect {
                        flow,
                        peer,
                        transport,
                    });
                }
                // There are no names in this network: who asks for one is not answered.
                Output::Resolve { .. } => {}
                Output::Close { flow } => {
                    if self.flows.remove(&flow).is_some() {
                        outcomes.push(Outcome::Closed { flow });
                    }
                    self.tell_closed(flow, CloseReason::Requested);
                }
            }
            let most = self.machine.outputs_max();
            if outcomes.len() > most {
                let what = format!("more than {most} outputs");
                return Err(self.broken(Promise::BoundedOutput, what));
            }
        }
        match self.deadline {
            Some(deadline) if deadline <= self.now => {
                let what = format!("waits until {deadline:?} at {:?}", self.now);
                Err(self.broken(Promise::DeadlineAhead, what))
            }
            Some(_) | None => Ok(outcomes),
        }
    }

    /// What an input says of flows.
    fn note(&mut self, input: &Input<'_>) {
        match input {
            Input::Connected { flow, .. } => {
                self.flows.insert(*flow, Open::Connection);
            }
            Input::Closed { flow, .. } => {
                let open = self.flows.get(flow);
                if matches!(open, Some(Open::Connecting | Open::Connection)) {
                    self.flows.remove(flow);
                }
            }
            Input::Timeout
            | Input::Bound { .. }
            | Input::Datagram { .. }
            | Input::Stream { .. }
            | Input::Resolved { .. }
            | Input::WallClock { .. } => {}
        }
    }

    /// Tells the machine of the end of a flow at once, before it is asked for anything else.
    fn tell_closed(&mut self, flow: FlowId, reason: CloseReason) {
        let input = Input::Closed { flow, reason };
        if let Some(recording) = &mut self.recording {
            let step: Step<'_, S::Command> = Step::Input(input.clone());
            recording.step(self.now, &step);
        }
        if let Some(twin) = &mut self.twin {
            twin.handle_input(self.now, input.clone());
        }
        let before = self.read();
        self.machine.handle_input(self.now, input);
        self.charge(before);
    }

    fn broken(&self, promise: Promise, what: String) -> Violation {
        Violation {
            promise,
            who: self.name.clone(),
            at: self.now,
            what,
        }
    }
}

/// A moment so many nanoseconds later, or earlier, but not before the beginning.
fn moved(moment: Instant, nanos: i64) -> Instant {
    Instant::from_nanos(moment.as_nanos().saturating_add_signed(nanos))
}
