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

use std::fmt::{self, Debug, Write as _};
use std::net::SocketAddr;

use offhook::dns::{self, Answer, LookupFailure, QueryId};
use offhook::trace::lines;
use offhook::{
    CloseReason, FlowId, Input, Instant, Machine, Output, PeerIdentity, ServerName, Transport,
    UnixTime,
};

use super::cell::Step;
use super::subject::Subject;

const HEADING: &str = "offhook recording 1";
const NANOS_PER_SEC: u64 = 1_000_000_000;

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

/// Nanoseconds, written as seconds.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(nanos) = self;
        write!(f, "{}.{:09}", nanos / NANOS_PER_SEC, nanos % NANOS_PER_SEC)
    }
}

fn nanos(text: &str) -> Option<u64> {
    let (secs, nanos) = text.split_once('.')?;
    let secs: u64 = secs.parse().ok()?;
    let nanos: u64 = nanos.parse().ok().filter(|_| nanos.len() == 9)?;
    secs.checked_mul(NANOS_PER_SEC)?.checked_add(nanos)
}

fn input_line(input: &Input<'_>) -> String {
    match input {
        Input::Timeout => "timeout".to_owned(),
        Input::Bound {
            flow,
            transport,
            local,
        } => format!("bound {} {} {local}", flow.as_u32(), name(*transport)),
        Input::Connected {
            flow,
            transport,
            local,
            peer,
            identity,
        } => {
            let transport = name(*transport);
            let identity = identity.map_or(String::new(), identity_words);
            let flow = flow.as_u32();
            format!("connected {flow} {transport} {local} {peer}{identity}")
        }
        Input::Datagram {
            flow,
            source,
            bytes: _,
        } => format!("datagram {} {source}", flow.as_u32()),
        Input::Stream { flow, bytes: _ } => format!("stream {}", flow.as_u32()),
        Input::Closed { flow, reason } => {
            let found = REASONS.iter().find(|(value, _)| value == reason);
            let reason = found.map_or("", |(_, reason)| reason);
            format!("closed {} {reason}", flow.as_u32())
        }
        Input::Resolved { query, answer } => {
            format!("resolved {} {}", query.0, answer_line(answer))
        }
        Input::WallClock { unix } => format!("clock {}", Seconds(unix.as_nanos())),
    }
}

/// The names in a certificate, each a word at the end of its line.
fn identity_words(identity: &PeerIdentity) -> String {
    let verified = if identity.is_verified { "" } else { "un" };
    let mut words = format!(" {verified}verified");
    for uri in &identity.uris {
        words.push_str(&format!(" uri={uri}"));
    }
    for name in &identity.dns_names {
        words.push_str(&format!(" dns={name}"));
    }
    words
}

fn read_identity(line: &str) -> Option<PeerIdentity> {
    let line = line.strip_prefix("connected ")?;
    let mut words = line.split(' ').skip(4);
    let mut identity = PeerIdentity {
        is_verified: words.next()? == "verified",
        ..PeerIdentity::default()
    };
    for word in words {
        match word.split_once('=')? {
            ("uri", uri) => identity.uris.push(uri.to_owned()),
            ("dns", name) => identity.dns_names.push(name.to_owned()),
            _ => return None,
        }
    }
    Some(identity)
}

fn read_input<'b>(
    line: &str,
    bytes: &'b [u8],
    identity: Option<&'b PeerIdentity>,
    answer: &'b mut Answer,
) -> Option<Input<'b>> {
    let mut words = line.split(' ');
    let kind = words.next()?;
    let mut flow = || words.next()?.parse().ok().map(flow_id);
    Some(match kind {
        "timeout" => Input::Timeout,
        "bound" => Input::Bound {
            flow: flow()?,
            transport: transport(words.next()?)?,
            local: address(words.next()?)?,
        },
        "connected" => Input::Connected {
            flow: flow()?,
            transport: transport(words.next()?)?,
            local: address(words.next()?)?,
            peer: address(words.next()?)?,
            identity,
        },
        "datagram" => Input::Datagram {
            flow: flow()?,
            source: address(words.next()?)?,
            bytes,
        },
        "stream" => Input::Stream {
            flow: flow()?,
            bytes,
        },
        "closed" => Input::Closed {
            flow: flow()?,
            reason: reason(words.next()?)?,
        },
        "resolved" => {
            let query = QueryId(words.next()?.parse().ok()?);
            *answer = read_answer(words.next()?, words.next(), bytes)?;
            Input::Resolved { query, answer }
        }
        "clock" => Input::WallClock {
            unix: UnixTime::from_nanos(nanos(words.next()?)?),
        },
        _ => return None,
    })
}

/// An answer but for its records, which stand below as a message of the DNS.
fn answer_line(answer: &Answer) -> String {
    match answer {
        Answer::Records(_) => "records".to_owned(),
        Answer::NoData { ttl } => format!("no-data {ttl}"),
        Answer::NoSuchName { ttl } => format!("no-such-name {ttl}"),
        Answer::Failed(LookupFailure::Refused(code)) => format!("refused {}", code.as_u16()),
        Answer::Failed(why) => {
            let found = FAILURES.iter().find(|(value, _)| value == why);
            found.map_or("", |(_, why)| why).to_owned()
        }
    }
}

fn read_answer(kind: &str, number: Option<&str>, bytes: &[u8]) -> Option<Answer> {
    let number = || number?.parse::<u32>().ok();
    Some(match kind {
        "records" => {
            let message = dns::Message::parse(bytes, usize::MAX).ok()?;
            Answer::Records(message.answers.into())
        }
        "no-data" => Answer::NoData { ttl: number()? },
        "no-such-name" => Answer::NoSuchName { ttl: number()? },
        "refused" => {
            let code = dns::ResponseCode::new(u16::try_from(number()?).ok()?);
            Answer::Failed(LookupFailure::Refused(code))
        }
        _ => {
            let found = FAILURES.iter().find(|(_, name)| *name == kind);
            Answer::Failed(found.map(|(why, _)| *why)?)
        }
    })
}

fn records_of(answer: &Answer) -> Vec<u8> {
    let message = dns::Message {
        answers: answer.records().to_vec(),
        ..dns::Message::default()
    };
    let mut bytes = Vec::new();
    if !message.answers.is_empty() {
        // What does not fit in a message cannot have come out of one.
        let _ = message.write(&mut bytes);
    }
    bytes
}

const FAILURES: [(LookupFailure, &str); 4] = [
    (LookupFailure::NoServer, "no-server"),
    (LookupFailure::Timeout, "no-answer"),
    (LookupFailure::Unreachable, "unreachable"),
    (LookupFailure::TooManyAliases, "aliases"),
];

fn output_line<E: Debug>(output: &Output<E>) -> String {
    match output {
        Output::Transmit { flow, to } => format!("transmit {} {to}", flow.as_u32()),
        Output::Connect {
            flow,
            peer,
            transport,
            server_name,
        } => {
            let (flow, transport) = (flow.as_u32(), name(*transport));
            let to = server_name.as_ref().map_or("-", ServerName::as_str);
            format!("connect {flow} {transport} {peer} {to}")
        }
        Output::Close { flow } => format!("close {}", flow.as_u32()),
        Output::Resolve { query, question } => {
            format!("resolve {} {} {:?}", query.0, question.name, question.kind)
        }
        Output::Event(event) => format!("event {event:?}"),
        Output::Wait(None) => "wait never".to_owned(),
        Output::Wait(Some(at)) => format!("wait {}", Seconds(at.as_nanos())),
    }
}

const TRANSPORTS: [(Transport, &str); 5] = [
    (Transport::Udp, "udp"),
    (Transport::Tcp, "tcp"),
    (Transport::Tls, "tls"),
    (Transport::Ws, "ws"),
    (Transport::Wss, "wss"),
];

const REASONS: [(CloseReason, &str); 4] = [
    (CloseReason::Finished, "finished"),
    (CloseReason::Unreachable, "unreachable"),
    (CloseReason::Reset, "reset"),
    (CloseReason::Requested, "requested"),
];

fn name(transport: Transport) -> &'static str {
    let found = TRANSPORTS.iter().find(|(value, _)| *value == transport);
    found.map_or("", |(_, name)| name)
}

fn transport(word: &str) -> Option<Transport> {
    let found = TRANSPORTS.iter().find(|(_, name)| *name == word);
    found.map(|(value, _)| *value)
}

fn reason(word: &str) -> Option<CloseReason> {
    let found = REASONS.iter().find(|(_, name)| *name == word);
    found.map(|(value, _)| *value)
}

fn address(word: &str) -> Option<SocketAddr> {
    word.parse().ok()
}

fn flow_id(number: u32) -> FlowId {
    if number & 1 == 1 {
        FlowId::from_driver(number >> 1)
    } else {
        FlowId::from_machine(number >> 1)
    }
}
