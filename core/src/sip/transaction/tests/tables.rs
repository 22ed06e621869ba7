//! Every state and every event of the four machines, with the state and the effects that follow,
//! held against the checked-in `.table` files. A reviewer holds those against the RFCs.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::super::client::{ClientHandle, ClientUp};
use super::super::cx::Armed;
use super::super::invite_client::InviteClient;
use super::super::invite_server::InviteServer;
use super::super::non_invite_client::NonInviteClient;
use super::super::non_invite_server::NonInviteServer;
use super::super::server::{RespondError, ServerHandle, ServerUp};
use super::super::timer::Timer;
use super::{bench, request, response, sent};
use crate::arena::Handle;
use crate::machine::Transport;
use crate::sip::message::{Message, StatusCode};
use crate::sip::transaction::{Cx, Failure};
use crate::sip::transport::Target;

/// Something that happens to a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// A response arrives, or the user answers.
    Status(u16),
    /// The user answers once its client is down to T2.
    LateStatus(u16),
    /// A copy of the request arrives.
    Again,
    /// An ACK arrives.
    Ack,
    /// A timer fires.
    Fires(Timer),
    /// A CANCEL was sent for it.
    CancelSent,
    /// Nothing can be sent.
    TransportError,
}

impl Event {
    fn name(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::LateStatus(status) => format!("{status} late"),
            Self::Again => "request".to_string(),
            Self::Ack => "ACK".to_string(),
            Self::Fires(timer) => format!("timer {timer:?}"),
            Self::CancelSent => "CANCEL sent".to_string(),
            Self::TransportError => "transport error".to_string(),
        }
    }
}

/// The messages of all events, read once.
pub(super) struct Mail {
    invite: Arc<Message>,
    options: Arc<Message>,
    responses: Vec<(&'static str, u16, Arc<Message>)>,
}

impl Mail {
    pub(super) fn new() -> Self {
        let mut responses = Vec::new();
        for status in [100, 180, 183, 200, 302, 404, 486, 503, 603] {
            for method in ["INVITE", "OPTIONS"] {
                responses.push((method, status, response(method, status)));
            }
        }
        Self {
            invite: request("INVITE"),
            options: request("OPTIONS"),
            responses,
        }
    }

    fn response(&self, method: &str, status: u16) -> &Message {
        let found = self
            .responses
            .iter()
            .find(|(to, of, _)| *to == method && *of == status);
        &found.unwrap().2
    }
}

/// A machine of any of the four kinds.
pub(super) trait Subject {
    fn apply(&mut self, cx: &mut Cx, target: Target, mail: &Mail, event: Event) -> String;
    fn state(&self) -> &'static str;
    fn armed(&self) -> &Armed;
}

fn client_up(up: Option<ClientUp>) -> String {
    match up {
        Some(ClientUp::Response) => "response up".to_string(),
        Some(ClientUp::Failed(Failure::Timeout)) => "timeout up".to_string(),
        Some(ClientUp::Failed(Failure::Transport)) => "transport failure up".to_string(),
        Some(ClientUp::Terminated) => "end up".to_string(),
        None => String::new(),
    }
}

fn server_up(up: Option<ServerUp>) -> String {
    match up {
        Some(ServerUp::Ack) => "ACK up".to_string(),
        Some(ServerUp::Failed(Failure::Timeout)) => "timeout up".to_string(),
        Some(ServerUp::Failed(Failure::Transport)) => "transport failure up".to_string(),
        Some(ServerUp::Terminated) => "end up".to_string(),
        None => String::new(),
    }
}

fn refusal(outcome: Result<(), RespondError>) -> String {
    match outcome {
        Ok(()) => String::new(),
        Err(error) => format!("refused: {error:?}"),
    }
}

fn answer(status: u16) -> (StatusCode, Arc<[u8]>) {
    let bytes = Arc::from(format!("SIP/2.0 {status} x\r\n").as_bytes());
    (StatusCode::new(status).unwrap(), bytes)
}

/// Stands for an event the machine has no entry for at all.
const NO_ENTRY: &str = "no such event";

const CLIENT: ClientHandle = Handle::from_raw(0, 0);
const SERVER: ServerHandle = Handle::from_raw(0, 0);

impl Subject for InviteClient {
    fn apply(&mut self, cx: &mut Cx, target: Target, mail: &Mail, event: Event) -> String {
        client_up(match event {
            Event::Status(status) => {
                let response = mail.response("INVITE", status);
                self.on_response(cx, CLIENT, target, &mail.invite, response)
            }
            Event::Fires(timer) => self.on_timer(cx, CLIENT, target, &mail.invite, timer),
            Event::CancelSent => {
                self.on_cancel(cx, CLIENT, target);
                None
            }
            Event::TransportError => self.on_transport_error(cx),
            Event::LateStatus(_) | Event::Again | Event::Ack => return NO_ENTRY.to_string(),
        })
    }

    fn state(&self) -> &'static str {
        self.state_name()
    }

    fn armed(&self) -> &Armed {
        Self::armed(self)
    }
}

impl Subject for NonInviteClient {
    fn apply(&mut self, cx: &mut Cx, target: Target, mail: &Mail, event: Event) -> String {
        client_up(match event {
            Event::Status(status) => {
                let response = mail.response("OPTIONS", status);
                self.on_response(cx, CLIENT, target, response)
            }
            Event::Fires(timer) => self.on_timer(cx, CLIENT, target, &mail.options, timer),
            Event::TransportError => self.on_transport_error(cx),
            Event::LateStatus(_) | Event::Again | Event::Ack | Event::CancelSent => {
                return NO_ENTRY.to_string();
            }
        })
    }

    fn state(&self) -> &'static str {
        self.state_name()
    }

    fn armed(&self) -> &Armed {
        Self::armed(self)
    }
}

impl Subject for InviteServer {
    fn apply(&mut self, cx: &mut Cx, path: Target, mail: &Mail, event: Event) -> String {
        server_up(match event {
            Event::Status(status) => {
                let (status, bytes) = answer(status);
                return refusal(self.respond(cx, SERVER, path, status, bytes));
            }
            Event::Again => self.on_request(cx, path),
            Event::Ack => self.on_ack(cx, SERVER, path),
            Event::Fires(timer) => self.on_timer(cx, SERVER, path, &mail.invite, timer),
            Event::TransportError => self.on_transport_error(),
            Event::LateStatus(_) | Event::CancelSent => return NO_ENTRY.to_string(),
        })
    }

    fn state(&self) -> &'static str {
        self.state_name()
    }

    fn armed(&self) -> &Armed {
        Self::armed(self)
    }
}

impl Subject for NonInviteServer {
    fn apply(&mut self, cx: &mut Cx, path: Target, mail: &Mail, event: Event) -> String {
        server_up(match event {
            Event::Status(status) => {
                let (status, bytes) = answer(status);
                return refusal(self.respond(cx, SERVER, path, status, bytes));
            }
            Event::LateStatus(status) => {
                cx.now += cx.timings.until_e_reaches_t2();
                return self.apply(cx, path, mail, Event::Status(status));
            }
            Event::Again => self.on_request(cx, path),
            Event::Fires(timer) => self.on_timer(cx, path, &mail.options, timer),
            Event::TransportError => self.on_transport_error(),
            Event::Ack | Event::CancelSent => return NO_ENTRY.to_string(),
        })
    }

    fn state(&self) -> &'static str {
        self.state_name()
    }

    fn armed(&self) -> &Armed {
        Self::armed(self)
    }
}

/// One machine: how to make it, how to reach each of its states, and what may happen to it.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) make: fn(&mut Cx, Target, &Mail) -> Box<dyn Subject>,
    pub(super) states: &'static [(&'static str, &'static [Event])],
    pub(super) events: &'static [Event],
}

impl Table {
    fn text(&self) -> String {
        let mail = Mail::new();
        let mut out = format!(
            "# {}\n# Written by a test: OFFHOOK_BLESS=1 cargo test -p offhook table\n",
            self.title
        );
        for transport in [Transport::Udp, Transport::Tcp] {
            writeln!(out, "\n## over {transport:?}").unwrap();
            for (state, way) in self.states {
                writeln!(out, "\n{state}").unwrap();
                for event in self.events {
                    out.push_str(&self.row(transport, state, way, &mail, *event));
                }
            }
        }
        out
    }

    fn row(
        &self,
        transport: Transport,
        state: &str,
        way: &[Event],
        mail: &Mail,
        event: Event,
    ) -> String {
        let (mut cx, target) = bench(transport);
        let mut subject = (self.make)(&mut cx, target, mail);
        for step in way {
            subject.apply(&mut cx, target, mail, *step);
        }
        assert_eq!(subject.state(), state, "{}", self.title);
        sent(&mut cx);
        let before: Vec<_> = subject.armed().running().collect();
        let up = subject.apply(&mut cx, target, mail, event);
        let mut effects = Vec::new();
        for first_words in sent(&mut cx) {
            effects.push(format!("send {first_words}"));
        }
        for (timer, _, id) in &before {
            let runs_on = subject.armed().running().any(|(.., now)| now == *id);
            let fired = event == Event::Fires(*timer);
            let again = subject.armed().running().any(|(now, ..)| now == *timer);
            if !runs_on && !fired && !again {
                effects.push(format!("stop {timer:?}"));
            }
        }
        for (timer, span, id) in subject.armed().running() {
            if !before.iter().any(|(.., old)| *old == id) {
                effects.push(format!("start {timer:?} {span:?}"));
            }
        }
        if !up.is_empty() {
            effects.push(up);
        }
        let next = subject.state();
        let next = if next == state { "" } else { next };
        let row = format!("  {:<18}{:<12}{}", event.name(), next, effects.join(", "));
        format!("{}\n", row.trim_end())
    }
}

use Event::{Ack, Again, CancelSent, Fires, LateStatus, Status, TransportError};

pub(super) const INVITE_CLIENT: Table = Table {
    title: "INVITE client transaction: RFC 3261 §17.1.1, RFC 6026 §8.4",
    make: |cx, target, mail| {
        let mut machine = InviteClient::new(&cx.timings);
        machine.start(cx, CLIENT, target, &mail.invite);
        Box::new(machine)
    },
    states: &[
        ("Calling", &[]),
        ("Proceeding", &[Status(180)]),
        ("Completed", &[Status(486)]),
        ("Accepted", &[Status(200)]),
        ("Terminated", &[Fires(Timer::B)]),
    ],
    events: &[
        Status(100),
        Status(180),
        Status(200),
        Status(302),
        Status(486),
        Status(503),
        Status(603),
        Fires(Timer::A),
        Fires(Timer::B),
        Fires(Timer::D),
        Fires(Timer::M),
        Fires(Timer::Cancelled),
        CancelSent,
        TransportError,
    ],
};

pub(super) const NON_INVITE_CLIENT: Table = Table {
    title: "Non-INVITE client transaction: RFC 3261 §17.1.2",
    make: |cx, target, mail| {
        let mut machine = NonInviteClient::new(&cx.timings);
        machine.start(cx, CLIENT, target, &mail.options);
        Box::new(machine)
    },
    states: &[
        ("Trying", &[]),
        ("Proceeding", &[Status(100)]),
        ("Completed", &[Status(200)]),
        ("Terminated", &[Fires(Timer::F)]),
    ],
    events: &[
        Status(100),
        Status(183),
        Status(200),
        Status(302),
        Status(404),
        Status(503),
        Status(603),
        Fires(Timer::E),
        Fires(Timer::F),
        Fires(Timer::K),
        TransportError,
    ],
};

pub(super) const INVITE_SERVER: Table = Table {
    title: "INVITE server transaction: RFC 3261 §17.2.1, RFC 6026 §7.1",
    make: |cx, path, _| {
        let mut machine = InviteServer::new();
        machine.start(cx, SERVER, path);
        Box::new(machine)
    },
    states: &[
        ("Proceeding", &[]),
        ("Proceeding", &[Status(180)]),
        ("Completed", &[Status(486)]),
        ("Confirmed", &[Status(486), Ack]),
        ("Accepted", &[Status(200)]),
        ("Terminated", &[Status(200), Fires(Timer::L)]),
    ],
    events: &[
        Again,
        Ack,
        Status(100),
        Status(180),
        Status(200),
        Status(302),
        Status(486),
        Status(603),
        Fires(Timer::Trying),
        Fires(Timer::G),
        Fires(Timer::H),
        Fires(Timer::I),
        Fires(Timer::L),
        TransportError,
    ],
};

pub(super) const NON_INVITE_SERVER: Table = Table {
    title: "Non-INVITE server transaction: RFC 3261 §17.2.2, RFC 6026 §8.8, RFC 4320 §4",
    make: |cx, path, _| {
        let mut machine = NonInviteServer::new(cx.now);
        machine.start(cx, SERVER, path);
        Box::new(machine)
    },
    states: &[
        ("Trying", &[]),
        ("Proceeding", &[Fires(Timer::LateTrying)]),
        ("Completed", &[Status(200)]),
        ("Terminated", &[Fires(Timer::Abandon)]),
    ],
    events: &[
        Again,
        Status(100),
        LateStatus(100),
        LateStatus(183),
        Status(200),
        Status(302),
        Status(404),
        Status(408),
        Status(603),
        Fires(Timer::LateTrying),
        Fires(Timer::Abandon),
        Fires(Timer::J),
        TransportError,
    ],
};

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{INVITE_CLIENT, INVITE_SERVER, NON_INVITE_CLIENT, NON_INVITE_SERVER, Table};

    fn hold(table: &Table, file: &str, checked_in: &str) {
        let text = table.text();
        if std::env::var_os("OFFHOOK_BLESS").is_some() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sip/transaction/");
            std::fs::write(std::format!("{folder}{file}"), &text).unwrap();
            return;
        }
        for (now, then) in text.lines().zip(checked_in.lines()) {
            assert_eq!(now, then, "{file}");
        }
        assert_eq!(text, checked_in, "{file}");
    }

    // shows: S124
    #[test]
    fn invite_client_table() {
        let checked_in = include_str!("../invite_client.table");
        hold(&INVITE_CLIENT, "invite_client.table", checked_in);
    }

    // shows: S124
    #[test]
    fn non_invite_client_table() {
        let checked_in = include_str!("../non_invite_client.table");
        hold(&NON_INVITE_CLIENT, "non_invite_client.table", checked_in);
    }

    // shows: S124
    #[test]
    fn invite_server_table() {
        let checked_in = include_str!("../invite_server.table");
        hold(&INVITE_SERVER, "invite_server.table", checked_in);
    }

    // shows: S124
    #[test]
    fn non_invite_server_table() {
        let checked_in = include_str!("../non_invite_server.table");
        hold(&NON_INVITE_SERVER, "non_invite_server.table", checked_in);
    }
}
