//! A transaction user that talks for the sake of transactions: no dialogs, no sessions.
//!
//! A request says in its Subject how it wants to be answered: `180@300 486@2000` asks for 180
//! after 300 ms and 486 after two seconds.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use offhook::sip::endpoint::{
    ClientHandle, Endpoint, EndpointConfig, Events, Failure, FlowChange, ServerHandle, Stack,
    StackTimer, Target, TransactionUser, TuEvent, UserTimer,
};
use offhook::sip::header::CSeq;
use offhook::sip::message::{
    HeaderName, Message, Method, OutgoingRequest, RequestBuilder, ResponseBuilder, StatusCode,
};
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};

use crate::sim::{Subject, key, transport_named};

/// What a talker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The answer of a request that was sent: a status, 408 and 503 included for failures.
    Answered {
        /// The number of the command.
        number: u32,
        /// The final status.
        status: u16,
    },
    /// The client transaction is over.
    Over {
        /// The number of the command.
        number: u32,
    },
}

/// What a talker can be asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Talk {
    /// Send a request.
    Ask {
        /// `INVITE` or another method.
        method: String,
        /// To whom.
        to: SocketAddr,
        /// How it wants to be answered.
        plan: String,
    },
    /// Cancel the request of a number, if that is possible now.
    Cancel {
        /// The number of the command that sent it.
        number: u32,
    },
}

impl fmt::Display for Talk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask { method, to, plan } => write!(f, "ask {method} {to} {plan}"),
            Self::Cancel { number } => write!(f, "cancel {number}"),
        }
    }
}

impl FromStr for Talk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("no command: {text}");
        let mut words = text.splitn(4, ' ');
        match words.next() {
            Some("ask") => Ok(Self::Ask {
                method: words.next().ok_or_else(wrong)?.to_owned(),
                to: words
                    .next()
                    .and_then(|to| to.parse().ok())
                    .ok_or_else(wrong)?,
                plan: words.next().unwrap_or_default().to_owned(),
            }),
            Some("cancel") => Ok(Self::Cancel {
                number: words
                    .next()
                    .and_then(|n| n.parse().ok())
                    .ok_or_else(wrong)?,
            }),
            _ => Err(wrong()),
        }
    }
}

/// The endpoint as the simulator runs it.
pub struct Talker(Endpoint<Chatter>);

/// The transaction user.
struct Chatter {
    over: Transport,
    clients: BTreeMap<ClientHandle, Asked>,
    servers: BTreeMap<ServerHandle, Asking>,
    count: u32,
}

struct Asked {
    /// `None`: a CANCEL, whose end nobody waits for.
    number: Option<u32>,
    target: Target,
    answered: bool,
    ack: Option<(Target, Arc<[u8]>)>,
}

struct Asking {
    timers: Vec<StackTimer>,
    call_id: String,
    /// The To tag of all answers.
    tag: String,
    /// The 2xx that waits for its ACK, and how long until it is sent again.
    unacknowledged: Option<Duration>,
    decided: bool,
}

/// Timer kinds up to 699 are a status to answer with.
const RESEND: u16 = 1000;
const T2: Duration = Duration::from_secs(4);

impl Chatter {
    fn ask(&mut self, stack: &mut Stack, method: &str, to: SocketAddr, plan: &str) -> String {
        let Ok(target) = stack.target(self.over, to) else {
            return "no way".to_owned();
        };
        let method = Method::parse(method.as_bytes()).unwrap_or(Method::Options);
        let request = request(method, to, plan, &stack.new_call_id(), &stack.new_tag());
        let Ok(handle) = stack.request(&request, target) else {
            return "refused".to_owned();
        };
        self.count += 1;
        let asked = Asked {
            number: Some(self.count),
            target,
            answered: false,
            ack: None,
        };
        self.clients.insert(handle, asked);
        format!("number {}", self.count)
    }

    fn cancel(&mut self, stack: &mut Stack, number: u32) -> String {
        let mut clients = self.clients.iter();
        let Some((invite, asked)) = clients.find(|(_, asked)| asked.number == Some(number)) else {
            return "over".to_owned();
        };
        let target = asked.target;
        match stack.cancel(*invite, &[]) {
            Ok(cancel) => {
                let asked = Asked {
                    number: None,
                    target,
                    answered: false,
                    ack: None,
                };
                self.clients.insert(cancel, asked);
                "cancelling".to_owned()
            }
            Err(error) => error.to_string(),
        }
    }

    fn on_request(&mut self, stack: &mut Stack, handle: ServerHandle, request: &Message) {
        let tag = stack.new_tag();
        let mut asking = Asking {
            timers: Vec::new(),
            call_id: request.call_id().unwrap_or_default().to_owned(),
            tag,
            unacknowledged: None,
            decided: false,
        };
        if request.method() == Method::Cancel {
            let invite = stack.matching_invite(request);
            self.servers.insert(handle, asking);
            let status = invite.map_or(481, |_| 200);
            self.answer(stack, handle, status);
            if let Some(invite) = invite {
                self.answer(stack, invite, 487);
            }
            return;
        }
        let plan = request.field(HeaderName::Subject).unwrap_or_default();
        for step in String::from_utf8_lossy(plan).split_ascii_whitespace() {
            let (status, millis) = step.split_once('@').unwrap_or((step, "0"));
            let (index, generation) = handle.to_raw();
            let timer = UserTimer {
                kind: status.parse().unwrap_or(500),
                index,
                generation,
            };
            let after = Duration::from_millis(millis.parse().unwrap_or(0));
            asking.timers.push(stack.arm(after, timer));
        }
        self.servers.insert(handle, asking);
    }

    fn answer(&mut self, stack: &mut Stack, handle: ServerHandle, status: u16) {
        let Some(request) = stack.received_request(handle).cloned() else {
            return;
        };
        let Some(asking) = self.servers.get_mut(&handle) else {
            return;
        };
        let status = StatusCode::new(status).unwrap_or(StatusCode::OK);
        if asking.decided {
            return;
        }
        asking.decided = status.is_final();
        let response = ResponseBuilder::to(&request, status)
            .to_tag(&asking.tag)
            .finish();
        let sent = response.is_ok_and(|response| stack.respond(handle, response).is_ok());
        let invite_accepted = request.method() == Method::Invite && status.as_u16() / 100 == 2;
        if sent && invite_accepted {
            asking.unacknowledged = Some(Duration::from_millis(500));
            self.resend_later(stack, handle);
        }
    }

    fn resend_later(&mut self, stack: &mut Stack, handle: ServerHandle) {
        let Some(asking) = self.servers.get_mut(&handle) else {
            return;
        };
        if let Some(interval) = &mut asking.unacknowledged {
            let (index, generation) = handle.to_raw();
            let timer = UserTimer {
                kind: RESEND,
                index,
                generation,
            };
            asking.timers.push(stack.arm(*interval, timer));
            *interval = (*interval * 2).min(T2);
        }
    }

    fn on_response(
        &mut self,
        stack: &mut Stack,
        handle: ClientHandle,
        response: &Message,
        events: &mut Events<Said>,
    ) {
        let Some(asked) = self.clients.get_mut(&handle) else {
            return;
        };
        let Some(status) = response.status().filter(|status| status.is_final()) else {
            return;
        };
        let accepted = response.method() == Method::Invite && status.as_u16() / 100 == 2;
        if let Some((target, ack)) = asked.ack.clone() {
            stack.transmit(target, ack);
        } else if accepted {
            let ack = ack(response, asked.target.address);
            asked.ack = ack.and_then(|ack| stack.send_ack(&ack, asked.target).ok());
        }
        asked.tell(status.as_u16(), events);
    }
}

impl Asked {
    fn tell(&mut self, status: u16, events: &mut Events<Said>) {
        if let Some(number) = self.number.filter(|_| !self.answered) {
            events.push(Said::Answered { number, status });
        }
        self.answered = true;
    }
}

impl TransactionUser for Chatter {
    type Event = Said;

    fn on_event(&mut self, stack: &mut Stack, event: TuEvent, events: &mut Events<Said>) {
        match event {
            TuEvent::Request {
                transaction,
                request,
                source: _,
            } => self.on_request(stack, transaction, &request),
            TuEvent::Ack { request, .. } => {
                let call_id = request.call_id().unwrap_or_default();
                for asking in self.servers.values_mut() {
                    if asking.call_id == call_id {
                        asking.unacknowledged = None;
                    }
                }
            }
            TuEvent::Response {
                transaction,
                response,
            } => self.on_response(stack, transaction, &response, events),
            TuEvent::ClientFailed {
                transaction,
                reason,
            } => {
                if let Some(mut asked) = self.clients.remove(&transaction) {
                    let status = match reason {
                        Failure::Timeout => 408,
                        Failure::Transport => 503,
                    };
                    asked.tell(status, events);
                    events.extend_over(asked.number);
                }
            }
            TuEvent::ClientTerminated { transaction } => {
                if let Some(asked) = self.clients.remove(&transaction) {
                    events.extend_over(asked.number);
                }
            }
            TuEvent::ServerFailed {
                reason: Failure::Transport,
                ..
            }
            | TuEvent::Located { .. }
            | TuEvent::StrayResponse { .. } => {}
            TuEvent::ServerFailed { transaction, .. }
            | TuEvent::ServerTerminated { transaction } => {
                if let Some(asking) = self.servers.remove(&transaction) {
                    for timer in asking.timers {
                        stack.disarm(timer);
                    }
                }
            }
        }
    }

    fn on_timer(&mut self, stack: &mut Stack, timer: UserTimer, _: &mut Events<Said>) {
        let handle = ServerHandle::from_raw(timer.index, timer.generation);
        if timer.kind != RESEND {
            return self.answer(stack, handle, timer.kind);
        }
        let Some(asking) = self.servers.get(&handle) else {
            return;
        };
        if asking.unacknowledged.is_none() {
            return;
        }
        let Some(request) = stack.received_request(handle).cloned() else {
            return;
        };
        let mut builder = ResponseBuilder::to(&request, StatusCode::OK);
        if let Ok(response) = builder.to_tag(&asking.tag).finish() {
            if stack.respond(handle, response).is_ok() {
                self.resend_later(stack, handle);
            }
        }
    }

    fn on_flow(&mut self, _: &mut Stack, _: FlowId, _: FlowChange, _: &mut Events<Said>) {}

    fn is_idle(&self) -> bool {
        self.clients.is_empty() && self.servers.is_empty()
    }

    fn check(&self, stack: &Stack) -> Result<(), &'static str> {
        if stack.transaction_count() != (self.clients.len(), self.servers.len()) {
            return Err("a transaction ended without a word, or told its end too early");
        }
        if self
            .clients
            .keys()
            .any(|handle| stack.client(*handle).is_none())
        {
            return Err("a client transaction is gone");
        }
        if self
            .servers
            .keys()
            .any(|handle| stack.server(*handle).is_none())
        {
            return Err("a server transaction is gone");
        }
        Ok(())
    }
}

/// Tells the end of a transaction that somebody waits for.
trait ExtendOver {
    fn extend_over(&mut self, number: Option<u32>);
}

impl ExtendOver for Events<Said> {
    fn extend_over(&mut self, number: Option<u32>) {
        if let Some(number) = number {
            self.push(Said::Over { number });
        }
    }
}

fn request(
    method: Method<'_>,
    to: SocketAddr,
    plan: &str,
    call_id: &str,
    tag: &str,
) -> OutgoingRequest {
    let built = RequestBuilder::new(method, &format!("sip:{to}"))
        .field(
            HeaderName::From,
            format!("<sip:talker@example.com>;tag={tag}").as_str(),
        )
        .field(HeaderName::To, format!("<sip:{to}>").as_str())
        .field(HeaderName::CallId, call_id)
        .field(HeaderName::CSeq, &CSeq { number: 1, method })
        .field(HeaderName::Subject, plan)
        .finish();
    built.unwrap_or_else(|error| panic!("a request is refused: {error:?}"))
}

fn ack(response: &Message, to: SocketAddr) -> Option<OutgoingRequest> {
    let mut builder = RequestBuilder::new(Method::Ack, &format!("sip:{to}"));
    for name in [HeaderName::From, HeaderName::To, HeaderName::CallId] {
        builder.field(name, response.field(name)?);
    }
    let number = response.cseq().ok()?.number;
    let method = Method::Ack;
    builder.field(HeaderName::CSeq, &CSeq { number, method });
    builder.finish().ok()
}

impl Machine for Talker {
    type Event = Said;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.0.handle_input(now, input);
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Said> {
        self.0.poll_output(bytes)
    }
}

impl Subject for Talker {
    type Command = Talk;

    /// `talker SEED [over=tcp|tls|ws|wss [listens=ADDRESS]]`.
    fn build(description: &str) -> Result<Self, String> {
        let mut words = description.split(' ');
        if words.next() != Some("talker") {
            return Err("not a talker".to_owned());
        }
        let seed = words.next().and_then(|seed| seed.parse().ok());
        let seed = seed.ok_or("no seed")?;
        let over = words.next().and_then(|word| word.strip_prefix("over="));
        let over = transport_named(over.unwrap_or("udp")).ok_or("no such transport")?;
        let listens = words.next().and_then(|word| word.strip_prefix("listens="));
        let listens = listens.map(|address| (over, address.to_owned()));
        let config = EndpointConfig {
            advertised: listens.into_iter().collect(),
            ..EndpointConfig::default()
        };
        let chatter = Chatter {
            over,
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            count: 0,
        };
        Ok(Self(Endpoint::new(config, chatter, key(seed, 3))))
    }

    fn command(&mut self, now: Instant, command: &Talk) -> String {
        self.0.command(now, |user, stack, _| match command {
            Talk::Ask { method, to, plan } => user.ask(stack, method, *to, plan),
            Talk::Cancel { number } => user.cancel(stack, *number),
        })
    }

    fn check(&self) -> Result<(), String> {
        self.0.check().map_err(str::to_owned)
    }

    fn idle(&self) -> Result<(), String> {
        let (clients, servers) = self.0.stack().transaction_count();
        if self.0.is_idle() {
            return Ok(());
        }
        Err(format!(
            "{clients} client and {servers} server transactions"
        ))
    }

    fn outputs_max(&self) -> usize {
        // A connection that goes, or a step of the clock, ends many transactions at once, each with
        // two events.
        64
    }
}
