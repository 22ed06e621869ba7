//! The words of a recording: inputs and outputs as lines, and back.

use std::fmt::{self, Debug};
use std::net::SocketAddr;

use offhook::dns::{self, Answer, LookupFailure, QueryId};
use offhook::{CloseReason, FlowId, Input, Output, PeerIdentity, ServerName, Transport, UnixTime};

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Nanoseconds, written as seconds.
pub(super) struct Seconds(pub(super) u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(nanos) = self;
        write!(f, "{}.{:09}", nanos / NANOS_PER_SEC, nanos % NANOS_PER_SEC)
    }
}

pub(super) fn nanos(text: &str) -> Option<u64> {
    let (secs, nanos) = text.split_once('.')?;
    let secs: u64 = secs.parse().ok()?;
    let nanos: u64 = nanos.parse().ok().filter(|_| nanos.len() == 9)?;
    secs.checked_mul(NANOS_PER_SEC)?.checked_add(nanos)
}

pub(super) fn input_line(input: &Input<'_>) -> String {
    match input {
        Input::Timeout => "timeout".to_owned(),
        Input::Bound {
            flow,
            transport,
            local,
        } => format!(
            "bound {} {} {local}",
            flow.as_u32(),
            transport_name(*transport)
        ),
        Input::Connected {
            flow,
            transport,
            local,
            peer,
            identity,
        } => {
            let transport = transport_name(*transport);
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

pub(super) fn read_identity(line: &str) -> Option<PeerIdentity> {
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

pub(super) fn read_input<'b>(
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
            transport: transport_named(words.next()?)?,
            local: address(words.next()?)?,
        },
        "connected" => Input::Connected {
            flow: flow()?,
            transport: transport_named(words.next()?)?,
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

pub(super) fn records_of(answer: &Answer) -> Vec<u8> {
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

pub(super) fn output_line<E: Debug>(output: &Output<E>) -> String {
    match output {
        Output::Transmit { flow, to } => format!("transmit {} {to}", flow.as_u32()),
        Output::Connect {
            flow,
            peer,
            transport,
            server_name,
        } => {
            let (flow, transport) = (flow.as_u32(), transport_name(*transport));
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

const TRANSPORTS: [(Transport, &str); 7] = [
    (Transport::Udp, "udp"),
    (Transport::Tcp, "tcp"),
    (Transport::Tls, "tls"),
    (Transport::Ws, "ws"),
    (Transport::Wss, "wss"),
    (Transport::Sctp, "sctp"),
    (Transport::TlsSctp, "tls-sctp"),
];

const REASONS: [(CloseReason, &str); 4] = [
    (CloseReason::Finished, "finished"),
    (CloseReason::Unreachable, "unreachable"),
    (CloseReason::Reset, "reset"),
    (CloseReason::Requested, "requested"),
];

/// What a transport is called in recordings and descriptions of machines.
#[must_use]
pub fn transport_name(transport: Transport) -> &'static str {
    let found = TRANSPORTS.iter().find(|(value, _)| *value == transport);
    found.map_or("", |(_, name)| name)
}

/// The transport of a name.
#[must_use]
pub fn transport_named(word: &str) -> Option<Transport> {
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
