//! One machine under watch: every step is done twice and checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use offhook::{CloseReason, FlowId, Input, Instant, Output, Transport};

use super::promise::{Promise, Violation};
use super::recording::Recording;
use super::subject::Subject;

/// A machine, its twin, and what is known of both.
///
/// The twin is built from the same description and fed the same inputs, but with a clock that
/// never goes backwards. So one comparison after every step holds the machine to two promises:
/// repeatable (P3) and, at the steps whose time lay in the past, clamped (P6).
pub struct Cell<S: Subject> {
    name: String,
    machine: S,
    twin: S,
    flows: BTreeMap<FlowId, SocketAddr>,
    now: Instant,
    deadline: Option<Instant>,
    recording: Option<Recording>,
    steps: u64,
    bytes: [Vec<u8>; 2],
}

/// What a step brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<E> {
    /// A datagram for the network.
    Sent {
        /// The socket's address.
        source: SocketAddr,
        /// Where to.
        destination: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// An event for the application.
    Event(E),
}

/// What came of a step: what left the machine, and its answer to a command.
pub type Stepped<E> = Result<(Vec<Outcome<E>>, String), Violation>;

/// What is done to a machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'a, C> {
    /// An input of the contract.
    Input(Input<'a>),
    /// A command of the application.
    Command(&'a C),
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
            twin: S::build(description)?,
            flows: BTreeMap::new(),
            now: Instant::ZERO,
            deadline: None,
            recording: record.then(|| Recording::new(description)),
            steps: 0,
            bytes: [Vec::new(), Vec::new()],
        })
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

    /// When it wants to be woken.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// What was recorded, if it was asked for.
    #[must_use]
    pub const fn recording(&self) -> Option<&Recording> {
        self.recording.as_ref()
    }

    /// The flow bound to an address.
    #[must_use]
    pub fn flow_at(&self, address: SocketAddr) -> Option<FlowId> {
        let mut flows = self.flows.iter();
        flows.find(|(_, local)| **local == address).map(|f| *f.0)
    }

    /// Binds one more datagram socket.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn bind(
        &mut self,
        now: Instant,
        local: SocketAddr,
    ) -> Result<Vec<Outcome<S::Event>>, Violation> {
        let count = u32::try_from(self.flows.len()).unwrap_or(u32::MAX);
        let flow = FlowId::from_driver(count);
        self.flows.insert(flow, local);
        let input = Input::Bound {
            flow,
            transport: Transport::Udp,
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
        let (answer, twin_answer) = match step {
            Step::Input(input) => {
                self.machine.handle_input(now, input.clone());
                self.twin.handle_input(self.now, input);
                (String::new(), String::new())
            }
            Step::Command(command) => (
                self.machine.command(now, command),
                self.twin.command(self.now, command),
            ),
        };
        if let Some(recording) = &mut self.recording {
            recording.answer(&answer);
        }
        let suspected = if backwards {
            Promise::ClampedTime
        } else {
            Promise::Repeatable
        };
        if answer != twin_answer {
            return Err(self.broken(suspected, format!("{answer} or {twin_answer}?")));
        }
        let outcomes = self.drain(suspected, &mut refuses)?;
        if let Err(what) = self.machine.check() {
            return Err(self.broken(Promise::Invariant, what));
        }
        Ok((outcomes, answer))
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
            let [bytes, twin_bytes] = &mut self.bytes;
            let output = self.machine.poll_output(bytes);
            let twin_output = self.twin.poll_output(twin_bytes);
            let same = match (&output, &twin_output) {
                (Output::Transmit { .. }, Output::Transmit { .. }) => {
                    output == twin_output && bytes == twin_bytes
                }
                _ => output == twin_output,
            };
            if !same {
                let what = format!("machine says {output:?}, its twin {twin_output:?}");
                return Err(self.broken(suspected, what));
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
                    let Some(source) = self.flows.get(&flow).copied() else {
                        let what = format!("sends on {flow:?}, which is not open");
                        return Err(self.broken(Promise::Invariant, what));
                    };
                    if refuses() {
                        self.refused(flow);
                        continue;
                    }
                    outcomes.push(Outcome::Sent {
                        source,
                        destination: to,
                        bytes,
                    });
                }
                Output::Event(event) => outcomes.push(Outcome::Event(event)),
                // There are neither streams nor names in this network: who asks for one is not
                // answered.
                Output::Connect { .. } | Output::Resolve { .. } => {}
                Output::Close { flow } => {
                    self.flows.remove(&flow);
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

    fn refused(&mut self, flow: FlowId) {
        let reason = CloseReason::Unreachable;
        let input = Input::Closed { flow, reason };
        if let Some(recording) = &mut self.recording {
            let step: Step<'_, S::Command> = Step::Input(input.clone());
            recording.step(self.now, &step);
        }
        self.machine.handle_input(self.now, input.clone());
        self.twin.handle_input(self.now, input);
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
