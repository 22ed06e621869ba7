//! Phones and servers as the simulator runs them: built from a line, commanded by lines.

mod deed;
mod interest;
mod numbers;
mod streams;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use offhook::rtp::audio::AudioEvent;
use offhook::sdp::offer_answer::LocalMedia;
use offhook::sip::auth::Account;
use offhook::sip::endpoint::{DropReason, EndpointConfig};
use offhook::sip::message::StatusCode;
use offhook::sip::server::{Server, ServerConfig, ServerEndpoint, ServerEvent};
use offhook::sip::ua::{
    Call, CallHandle, EventService, RegistrationHandle, UaEvent, UserAgent, UserAgentConfig,
    UserAgentEndpoint,
};
use offhook::{Input, Instant, Limits, Machine, Output, Transport};

use self::interest::Interests;
use self::numbers::Numbers;
use super::audio::Speaker;
use crate::sim::{Subject, key, transport_named};

pub use self::deed::{Act, Deed};
pub use self::interest::{Interest, PACKAGE, REASONS};

/// The domain of all users.
pub const DOMAIN: &str = "example.com";

/// A phone or a server.
#[expect(
    clippy::large_enum_variant,
    reason = "a world has a few of them, each in a place of its own"
)]
pub enum Node {
    /// A user agent and the numbers of its calls.
    Phone(Phone),
    /// Registrar and proxy.
    Server(ServerEndpoint),
    /// The sound of a phone.
    Audio(Box<Speaker>),
}

/// What one of them tells.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "what is told is read and gone")]
pub enum Told {
    /// A phone.
    Phone(UaEvent),
    /// A server.
    Server(ServerEvent),
    /// The sound of a phone.
    Audio(AudioEvent),
}

/// A user agent whose calls are numbered in the order in which they begin.
pub struct Phone {
    agent: UserAgentEndpoint,
    /// What it brings to a call.
    media: Vec<LocalMedia>,
    registrar: String,
    registrations: Vec<RegistrationHandle>,
    numbers: Numbers<CallHandle>,
    interests: Interests,
}

impl Phone {
    /// The agent, to look at.
    #[must_use]
    pub const fn agent(&self) -> &UserAgentEndpoint {
        &self.agent
    }

    /// A call, unless nothing is left of it.
    #[must_use]
    pub fn call(&self, number: usize) -> Option<&Call> {
        self.agent.user().call(self.numbers.handle(number)?)
    }

    /// The number of a call that has not ended, or not long ago.
    #[must_use]
    pub fn number(&self, call: CallHandle) -> Option<usize> {
        self.numbers.number(call)
    }

    fn act(&mut self, now: Instant, deed: &Deed) -> Result<String, String> {
        match deed {
            Deed::Register(secs) => {
                let expires = Duration::from_secs(*secs);
                let result = self.agent.register(now, &self.registrar, expires);
                let registration = result.map_err(|error| error.to_string())?;
                self.registrations.push(registration);
                Ok(String::new())
            }
            Deed::Unregister => {
                let registrations = std::mem::take(&mut self.registrations);
                let mut left = registrations.len();
                for registration in registrations {
                    left -= usize::from(self.agent.unregister(now, registration).is_err());
                }
                Ok(format!("unregisters {left}"))
            }
            Deed::Invite(uri) => {
                let result = self.agent.invite(now, uri, self.media.clone());
                let call = result.map_err(|error| error.to_string())?;
                Ok(format!("call {}", self.numbers.begin(call)))
            }
            Deed::InviteWithoutOffer(uri) => {
                let media = self.media.clone();
                let result = self.agent.invite_without_offer(now, uri, media);
                let call = result.map_err(|error| error.to_string())?;
                Ok(format!("call {}", self.numbers.begin(call)))
            }
            Deed::Options(uri) => {
                let result = self.agent.options(now, uri);
                result.map(|_| String::new()).map_err(|e| e.to_string())
            }
            Deed::Call(number, act) => {
                let call = self.numbers.handle(*number).ok_or("no such call")?;
                self.act_on(now, call, *act)
            }
            Deed::Event(interest) => self.act_on_event(now, interest),
            Deed::Audio(_) => Err("a phone's sound is a machine of its own".to_owned()),
        }
    }

    fn act_on(&mut self, now: Instant, call: CallHandle, act: Act) -> Result<String, String> {
        let result = match act {
            Act::Ring => self.agent.ring(now, call),
            Act::HangUp => self.agent.hang_up(now, call),
            Act::Hold => self.agent.hold(now, call),
            Act::Resume => self.agent.resume(now, call),
            Act::Reject(status) => {
                let status = StatusCode::new(status).unwrap_or(StatusCode::BUSY_HERE);
                self.agent.reject(now, call, status)
            }
            Act::Describe => {
                let media = self.media.clone();
                let result = self.agent.begin_early_session(now, call, media);
                return result.map(|()| String::new()).map_err(|e| e.to_string());
            }
            Act::Accept => {
                let result = self.agent.accept(now, call, self.media.clone());
                return result.map(|()| String::new()).map_err(|e| e.to_string());
            }
        };
        result.map(|()| String::new()).map_err(|e| e.to_string())
    }
}

impl Node {
    /// Calls, and transactions of both kinds, that are in its tables.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let (calls, (clients, servers)) = match self {
            Self::Phone(phone) => {
                let agent = &phone.agent;
                (
                    agent.user().calls().count(),
                    agent.stack().transaction_count(),
                )
            }
            Self::Server(server) => (0, server.stack().transaction_count()),
            Self::Audio(_) => (0, (0, 0)),
        };
        (calls, clients + servers)
    }

    /// How many requests it had no room for.
    #[must_use]
    pub fn refused(&self) -> u64 {
        let stack = match self {
            Self::Phone(phone) => phone.agent.stack(),
            Self::Server(server) => server.stack(),
            Self::Audio(_) => return 0,
        };
        let reasons = [DropReason::Overload, DropReason::Throttled];
        reasons
            .map(|reason| stack.stats().dropped(reason))
            .iter()
            .sum()
    }
}

impl Machine for Node {
    type Event = Told;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match self {
            Self::Phone(phone) => phone.agent.handle_input(now, input),
            Self::Server(server) => server.handle_input(now, input),
            Self::Audio(audio) => audio.handle_input(now, input),
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Told> {
        match self {
            Self::Phone(phone) => {
                let output = phone.agent.poll_output(bytes);
                match &output {
                    Output::Event(UaEvent::Incoming { call, .. }) => {
                        phone.numbers.begin(*call);
                    }
                    Output::Event(UaEvent::Ended { call, .. }) => phone.numbers.end(*call),
                    Output::Event(event) => phone.interests.note(event),
                    _ => {}
                }
                output.map(Told::Phone)
            }
            Self::Server(server) => server.poll_output(bytes).map(Told::Server),
            Self::Audio(audio) => audio.poll_output(bytes).map(Told::Audio),
        }
    }
}

/// `name=value` words of a description.
struct Settings<'t>(BTreeMap<&'t str, &'t str>);

impl<'t> Settings<'t> {
    fn get<T: FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.0.get(name).ok_or(format!("no {name}"))?;
        text.parse().map_err(|_| format!("wrong {name}: {text}"))
    }
}

impl Subject for Node {
    type Command = Deed;

    /// `phone user=alice seed=1 media=ADDRESS [proxy=ADDRESS] [password=…] [ring=SECS]
    /// [session=SECS] [streams=PCMU,PCMA,event/H261] [shortest=SECS longest=SECS]` or `server seed=1 [users=alice:secret,bob:secret]`, either with `over=tcp|tls|ws|wss`,
    /// `listens=ADDRESS` and `limits=small`, or what [`Speaker`] takes.
    fn build(description: &str) -> Result<Self, String> {
        let (kind, rest) = description.split_once(' ').unwrap_or((description, ""));
        let words = rest.split(' ').filter_map(|word| word.split_once('='));
        let settings = Settings(words.collect());
        match kind {
            "phone" => phone(&settings).map(Self::Phone),
            "server" => server(&settings).map(Self::Server),
            "audio" => Ok(Self::Audio(Box::new(Speaker::build(description)?))),
            _ => Err(format!("neither phone nor server: {kind}")),
        }
    }

    fn command(&mut self, now: Instant, deed: &Deed) -> String {
        match self {
            Self::Phone(phone) => {
                let answer = phone.act(now, deed);
                answer.unwrap_or_else(|refused| format!("refused: {refused}"))
            }
            Self::Server(_) => "refused: a server takes no commands".to_owned(),
            Self::Audio(audio) => match deed {
                Deed::Audio(speak) => audio.command(now, speak),
                _ => "refused: sound takes no such command".to_owned(),
            },
        }
    }

    fn check(&self) -> Result<(), String> {
        let checked = match self {
            Self::Phone(phone) => phone.agent.check(),
            Self::Server(server) => server.check(),
            Self::Audio(audio) => return audio.check(),
        };
        checked.map_err(str::to_owned)
    }

    fn idle(&self) -> Result<(), String> {
        let (idle, (clients, servers)) = match self {
            Self::Phone(phone) => (
                phone.agent.is_idle(),
                phone.agent.stack().transaction_count(),
            ),
            Self::Server(server) => (server.is_idle(), server.stack().transaction_count()),
            Self::Audio(audio) => return audio.idle(),
        };
        if idle {
            return Ok(());
        }
        Err(format!(
            "not idle; {clients} client and {servers} server transactions"
        ))
    }

    fn outputs_max(&self) -> usize {
        match self {
            // Several calls may have something to send at the same moment; and where the clock has
            // made a step, all of them what they have missed: a server up to four things for each.
            Self::Phone(_) => 16,
            Self::Server(_) => 64,
            Self::Audio(audio) => audio.outputs_max(),
        }
    }
}

fn limits(settings: &Settings<'_>) -> Result<Limits, String> {
    match settings.get::<String>("limits").as_deref() {
        Ok("small") => Ok(Limits::small()),
        Ok(other) => Err(format!("wrong limits: {other}")),
        Err(_) => Ok(Limits::default()),
    }
}

fn over(settings: &Settings<'_>) -> Result<Transport, String> {
    let over = settings.get::<String>("over");
    let over = over.unwrap_or_else(|_| "udp".to_owned());
    transport_named(&over).ok_or(format!("wrong over: {over}"))
}

/// Who listens for WebSockets says where: nobody ever connects to somebody else over one
/// (RFC 7118 §5.3).
fn endpoint(settings: &Settings<'_>, limits: Limits) -> Result<EndpointConfig, String> {
    let over = over(settings)?;
    let listens = settings.get::<String>("listens").ok();
    let advertised = listens.map(|address| (over, address));
    Ok(EndpointConfig {
        limits,
        advertised: advertised.into_iter().collect(),
        ..EndpointConfig::default()
    })
}

fn phone(settings: &Settings<'_>) -> Result<Phone, String> {
    let user: String = settings.get("user")?;
    let mut config = UserAgentConfig::new(&format!("sip:{user}@{DOMAIN}"));
    let over = over(settings)?;
    if let Ok(proxy) = settings.get::<SocketAddr>("proxy") {
        let scheme = if over == Transport::Wss {
            "sips"
        } else {
            "sip"
        };
        let over = match over {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            Transport::Sctp => ";transport=sctp",
            Transport::TlsSctp => ";transport=tls-sctp",
            Transport::Ws | Transport::Wss => ";transport=ws",
        };
        let proxy = format!("{scheme}:{proxy}{over}");
        config.outbound_proxies.push(proxy);
    }
    if let Ok(password) = settings.get::<String>("password") {
        config.accounts.push(Account::new(user.as_str(), password));
    }
    if let Ok(secs) = settings.get("ring") {
        config.ring_limit = Duration::from_secs(secs);
    }
    if let Ok(secs) = settings.get("session") {
        config.session_interval = Some(secs).filter(|secs| *secs > 0).map(Duration::from_secs);
    }
    // Who grants a subscription for any time has an event to subscribe to.
    if let (Ok(shortest), Ok(longest)) = (settings.get("shortest"), settings.get("longest")) {
        let mut events = EventService::new([PACKAGE]);
        events.shortest = Duration::from_secs(shortest);
        events.longest = Duration::from_secs(longest);
        events.takes_referrals = true;
        config.events = Some(events);
    }
    let media: SocketAddr = settings.get("media")?;
    let media = match settings.get::<String>("streams") {
        Ok(streams) => streams::streams(&streams, media)?,
        Err(_) => LocalMedia::audio(media).into(),
    };
    let agent = UserAgent::new(config);
    let seed = key(settings.get("seed")?, 5);
    let endpoint = endpoint(settings, limits(settings)?)?;
    Ok(Phone {
        agent: UserAgentEndpoint::new(endpoint, agent, seed),
        media,
        // Contacts over WSS are SIPS URIs (RFC 7118), and only a SIPS request has them.
        registrar: match over {
            Transport::Wss => format!("sips:{DOMAIN}"),
            Transport::Udp
            | Transport::Tcp
            | Transport::Tls
            | Transport::Ws
            | Transport::Sctp
            | Transport::TlsSctp => format!("sip:{DOMAIN}"),
        },
        registrations: Vec::new(),
        numbers: Numbers::default(),
        interests: Interests::default(),
    })
}

fn server(settings: &Settings<'_>) -> Result<ServerEndpoint, String> {
    let mut config = ServerConfig::new(DOMAIN);
    let users: String = settings.get("users").unwrap_or_default();
    for user in users.split(',').filter(|user| !user.is_empty()) {
        let (name, password) = user.split_once(':').ok_or("a user without password")?;
        config.add_user(name, password);
    }
    let seed: u64 = settings.get("seed")?;
    let limits = limits(settings)?;
    let server = Server::new(config, &limits, key(seed, 6));
    let endpoint = endpoint(settings, limits)?;
    Ok(ServerEndpoint::new(endpoint, server, key(seed, 7)))
}
