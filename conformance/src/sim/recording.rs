//! What was done to one machine and what it answered, as a text file that can be run again.
//!
//! ```text
//! offhook recording 1
//! machine phone sip:alice@example.com
//!
//! 0.000000000 bound 1 udp 192.0.2.1:5060
//! > wait never
//!
//! 0.250000000 command invite sip:bob@example.com
//! = call 0
//! > transmit 1 192.0.2.9:5060
//! | INVITE sip:bob@example.com SIP/2.0
//! …
//! > wait 0.750000000
//!
//! 0.300000000 datagram 1 192.0.2.9:5060
//! | SIP/2.0 100 Trying
//! …
//! ```
//!
//! It is the replay file, the bug report and a seed for fuzzing at once: an input with its time,
//! below it what the machine is expected to say, byte for byte. A [`Recorder`] makes one of any
//! machine, under any driver.

mod words;

use std::fmt::{self, Debug, Write as _};

use offhook::dns::{Answer, LookupFailure};
use offhook::trace::lines;
use offhook::{Input, Instant, Machine, Output};

use self::words::{Seconds, input_line, nanos, output_line, read_identity, read_input, records_of};

use super::step::Step;
use super::subject::Subject;

pub use self::words::{transport_name, transport_named};

const HEADING: &str = "offhook recording 1";

/// The inputs, commands and outputs of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    text: String,
}

/// A machine that is recorded wherever it runs, on real sockets too.
pub struct Recorder<S: Subject> {
    machine: S,
    recording: Recording,
}

impl<S: Subject> Recorder<S> {
    /// Builds the machine that `description` stands for, and records it from the start.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub fn new(description: &str) -> Result<Self, String> {
        Ok(Self {
            machine: S::build(description)?,
            recording: Recording::new(description),
        })
    }

    /// The machine, to look at.
    #[must_use]
    pub const fn machine(&self) -> &S {
        &self.machine
    }

    /// Gives the machine a command.
    pub fn command(&mut self, now: Instant, command: &S::Command) -> String {
        self.recording.step(now, &Step::Command(command));
        let answer = self.machine.command(now, command);
        self.recording.answer(&answer);
        answer
    }

    /// What was recorded so far.
    #[must_use]
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }
}

impl<S: Subject> Machine for Recorder<S> {
    type Event = S::Event;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        let step: Step<'_, S::Command> = Step::Input(input.clone());
        self.recording.step(now, &step);
        self.machine.handle_input(now, input);
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<S::Event> {
        let output = self.machine.poll_output(bytes);
        self.recording.output(&output, bytes);
        output
    }
}

/// Where a recording cannot be read, or a machine did not repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingError {
    /// The line at which the step begins.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for RecordingError {}

impl Recording {
    /// The beginning of a recording of the machine that `description` stands for.
    #[must_use]
    pub fn new(description: &str) -> Self {
        Self {
            text: format!("{HEADING}\nmachine {description}\n"),
        }
    }

    /// The file.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// Adds what is done to the machine.
    pub fn step<C: fmt::Display>(&mut self, now: Instant, step: &Step<'_, C>) {
        let line = match step {
            Step::Command(command) => format!("command {command}"),
            Step::Input(input) => input_line(input),
        };
        self.line(format_args!("\n{} {line}", Seconds(now.as_nanos())));
        match step {
            Step::Input(Input::Datagram { bytes, .. } | Input::Stream { bytes, .. }) => {
                lines::write(bytes, &mut self.text);
            }
            Step::Input(Input::Resolved { answer, .. }) => {
                lines::write(&records_of(answer), &mut self.text);
            }
            Step::Input(_) | Step::Command(_) => {}
        }
    }

    /// Adds the answer to a command; an empty one is none.
    pub fn answer(&mut self, answer: &str) {
        if !answer.is_empty() {
            self.line(format_args!("= {answer}"));
        }
    }

    /// Adds what the machine said.
    pub fn output<E: Debug>(&mut self, output: &Output<E>, bytes: &[u8]) {
        self.line(format_args!("> {}", output_line(output)));
        if matches!(output, Output::Transmit { .. }) {
            lines::write(bytes, &mut self.text);
        }
    }

    fn line(&mut self, arguments: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _: fmt::Result = self.text.write_fmt(arguments);
        self.text.push('\n');
    }

    /// Builds the machine anew, does to it what the recording says and compares every output.
    ///
    /// The answer is the number of steps.
    ///
    /// # Errors
    /// The first line that cannot be read, or the first step that went differently.
    pub fn replay<S: Subject>(text: &str) -> Result<usize, RecordingError> {
        let (mut machine, steps) = read::<S>(text)?;
        for step in &steps {
            let wrong = |what| RecordingError {
                line: step.line,
                what,
            };
            let mut said = Self {
                text: String::new(),
            };
            step.apply(&mut machine, &mut said).map_err(wrong)?;
            if said.text != step.expected {
                return Err(wrong(format!(
                    "expected\n{}but the machine said\n{}",
                    step.expected, said.text
                )));
            }
        }
        Ok(steps.len())
    }
}

/// A step as it stands in the file.
struct Written<'t> {
    line: usize,
    head: &'t str,
    bytes: Vec<u8>,
    expected: String,
}

fn read<S: Subject>(text: &str) -> Result<(S, Vec<Written<'_>>), RecordingError> {
    let wrong = |line: usize, what: String| RecordingError { line, what };
    let mut lines = text.lines().enumerate();
    if lines.next().is_none_or(|(_, line)| line != HEADING) {
        return Err(wrong(1, format!("expected `{HEADING}`")));
    }
    let description = lines
        .next()
        .and_then(|(_, line)| line.strip_prefix("machine "));
    let description =
        description.ok_or_else(|| wrong(2, "expected `machine DESCRIPTION`".to_owned()))?;
    let machine = S::build(description).map_err(|what| wrong(2, what))?;
    let mut steps: Vec<Written<'_>> = Vec::new();
    let mut reader = lines::Reader::default();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let number = index + 1;
        if line.starts_with(|c: char| c.is_ascii_digit()) {
            steps.push(Written {
                line: number,
                head: line,
                bytes: Vec::new(),
                expected: String::new(),
            });
            reader = lines::Reader::default();
            continue;
        }
        let Some(step) = steps.last_mut() else {
            return Err(wrong(
                number,
                "expected a step before its outputs".to_owned(),
            ));
        };
        if step.expected.is_empty() && lines::is_bytes(line) {
            reader
                .line(line)
                .map_err(|what| wrong(number, format!("expected {what}")))?;
            step.bytes = reader.clone().finish();
        } else {
            step.expected.push_str(line);
            step.expected.push('\n');
        }
    }
    Ok((machine, steps))
}

impl Written<'_> {
    fn apply<S: Subject>(&self, machine: &mut S, said: &mut Recording) -> Result<(), String> {
        let cannot = || format!("cannot read `{}`", self.head);
        let (time, rest) = self.head.split_once(' ').ok_or_else(cannot)?;
        let now = Instant::from_nanos(nanos(time).ok_or_else(cannot)?);
        if let Some(command) = rest.strip_prefix("command ") {
            let command: S::Command = command
                .parse()
                .map_err(|error| format!("cannot read the command `{command}`: {error:?}"))?;
            said.answer(&machine.command(now, &command));
        } else {
            let identity = read_identity(rest);
            let mut answer = Answer::Failed(LookupFailure::NoServer);
            let input = read_input(rest, &self.bytes, identity.as_ref(), &mut answer);
            let input = input.ok_or_else(cannot)?;
            machine.handle_input(now, input);
        }
        // A driver may do several things to a machine before it asks for outputs, and may do
        // something new before it has asked for all: as often as it asked, it is asked again.
        let polls = self.expected.lines().filter(|line| line.starts_with("> "));
        let mut bytes = Vec::new();
        for _ in polls {
            let output = machine.poll_output(&mut bytes);
            said.output(&output, &bytes);
        }
        Ok(())
    }
}
