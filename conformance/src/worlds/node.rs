//! Phones and servers as the simulator runs them: built from a line, commanded by lines.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use offhook::rtp::audio::AudioEvent;
use offhook::sdp::offer_answer::LocalMedia;
use offhook::sip::auth::Account;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::message::StatusCode;
use offhook::sip::server::{Server, ServerConfig, ServerEndpoint, ServerEvent};
use offhook::sip::ua::{
    CallHandle, RegistrationHandle, UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint,
};
use offhook::{Input, Instant, Limits, Machine, Output};

use super::audio::{Speak, Speaker};
use crate::sim::{Subject, key};

/// The domain of all users.
pub const DOMAIN: &str = "example.com";

/// A phone or a server.
#[expect(
    clippy::large_enum_variant,
    reason = "there are three or four in a world"
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
    media: SocketAddr,
    registrar: String,
    registrations: Vec<RegistrationHandle>,
    calls: Vec<CallHandle>,
}

/// What a phone can be asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Register for so many seconds, and stay registered.
    Register(u64),
    /// Remove all registrations.
    Unregister,
    /// Call a URI.
    Invite(String),
    /// Ask a URI what it can do.
    Options(String),
    /// Do something about a call.
    Call(usize, Act),
    /// Do something about sound.
    Audio(Speak),
}

/// What can be done about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Tell the caller that it rings.
    Ring,
    /// Pick up.
    Accept,
    /// Refuse it with a status.
    Reject(u16),
    /// End it.
    HangUp,
    /// Put the far end on hold.
    Hold,
    /// Take it off hold.
    Resume,
}

const ACTS: [(Act, &str); 5] = [
    (Act::Ring, "ring"),
    (Act::Accept, "accept"),
    (Act::HangUp, "hang-up"),
    (Act::Hold, "hold"),
    (Act::Resume, "resume"),
];

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(secs) => write!(f, "register {secs}"),
            Self::Unregister => f.write_str("unregister"),
            Self::Invite(uri) => write!(f, "invite {uri}"),
            Self::Options(uri) => write!(f, "options {uri}"),
            Self::Audio(speak) => write!(f, "audio {speak}"),
            Self::Call(number, Act::Reject(status)) => write!(f, "reject {number} {status}"),
            Self::Call(number, act) => {
                let found = ACTS.iter().find(|(known, _)| known == act);
                write!(f, "{} {number}", found.map_or("", |(_, word)| word))
            }
        }
    }
}

impl FromStr for Deed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("no deed: {text}");
        if let Some(speak) = text.strip_prefix("audio ") {
            return speak.parse().map(Self::Audio);
        }
        let words: Vec<&str> = text.split(' ').collect();
        let number = |word: &str| word.parse().map_err(|_| wrong());
        match words[..] {
            ["register", secs] => Ok(Self::Register(secs.parse().map_err(|_| wrong())?)),
            ["unregister"] => Ok(Self::Unregister),
            ["invite", uri] => Ok(Self::Invite(uri.to_owned())),
            ["options", uri] => Ok(Self::Options(uri.to_owned())),
            ["reject", call, status] => {
                let status = status.parse().map_err(|_| wrong())?;
                Ok(Self::Call(number(call)?, Act::Reject(status)))
            }
            [word, call] => {
                let found = ACTS.iter().find(|(_, known)| *known == word);
                let act = found.ok_or_else(wrong)?.0;
                Ok(Self::Call(number(call)?, act))
            }
            _ => Err(wrong()),
        }
    }
}

impl Phone {
    /// The agent, to look at.
    #[must_use]
    pub const fn agent(&self) -> &UserAgentEndpoint {
        &self.agent
    }

    /// The number of a call.
    #[must_use]
    pub fn number(&self, call: CallHandle) -> Option<usize> {
        self.calls.iter().position(|known| *known == call)
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
                let media = LocalMedia::audio(self.media);
                let result = self.agent.invite(now, uri, media);
                self.calls.push(result.map_err(|error| error.to_string())?);
                Ok(format!("call {}", self.calls.len() - 1))
            }
            Deed::Options(uri) => {
                let result = self.agent.options(now, uri);
                result.map(|_| String::new()).map_err(|e| e.to_string())
            }
            Deed::Call(number, act) => {
                let call = *self.calls.get(*number).ok_or("no such call")?;
                self.act_on(now, call, *act)
            }
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
            Act::Accept => {
                let media = LocalMedia::audio(self.media);
                let result = self.agent.accept(now, call, media);
                return result.map(|()| String::new()).map_err(|e| e.to_string());
            }
        };
        result.map(|()| String::new()).map_err(|e| e.to_string())
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
                if let Output::Event(UaEvent::Incoming { call, .. }) = &output {
                    phone.calls.push(*call);
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

    /// `phone user=alice seed=1 media=ADDRESS [proxy=ADDRESS [over=tcp|tls]] [password=…]
    /// [ring=SECS]` or
    /// `server seed=1 [users=alice:secret,bob:secret]`, `limits=small` being for either, or what
    /// [`Speaker`] takes.
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
            // Several calls may have something to send at the same moment.
            Self::Phone(_) | Self::Server(_) => 16,
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

fn phone(settings: &Settings<'_>) -> Result<Phone, String> {
    let user: String = settings.get("user")?;
    let mut config = UserAgentConfig::new(&format!("sip:{user}@{DOMAIN}"));
    if let Ok(proxy) = settings.get::<SocketAddr>("proxy") {
        let over = settings.get::<String>("over").unwrap_or_default();
        config.outbound_proxies.push(match over.as_str() {
            "" => format!("sip:{proxy}"),
            "tcp" | "tls" => format!("sip:{proxy};transport={over}"),
            _ => return Err(format!("wrong over: {over}")),
        });
    }
    if let Ok(password) = settings.get::<String>("password") {
        config.accounts.push(Account::new(user.as_str(), password));
    }
    if let Ok(secs) = settings.get("ring") {
        config.ring_limit = Duration::from_secs(secs);
    }
    let agent = UserAgent::new(config);
    let seed = key(settings.get("seed")?, 5);
    let endpoint = EndpointConfig {
        limits: limits(settings)?,
        ..EndpointConfig::default()
    };
    Ok(Phone {
        agent: UserAgentEndpoint::new(endpoint, agent, seed),
        media: settings.get("media")?,
        registrar: format!("sip:{DOMAIN}"),
        registrations: Vec::new(),
        calls: Vec::new(),
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
    let endpoint = EndpointConfig {
        limits,
        ..EndpointConfig::default()
    };
    Ok(ServerEndpoint::new(endpoint, server, key(seed, 7)))
}
