//! The stage of the demo: a server and two phones in one driver, and a wait for what should happen.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use offhook::sdp::{Codec, LocalMedia};
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{CallHandle, EndReason, UaEvent, UserAgent, UserAgentConfig};
use offhook::trace::Tap;
use offhook_mio::MachineId;

use crate::failure::{Exit, Failure};
use crate::leg::Leg;
use crate::node::{Driver, Event, Node};
use crate::show::{LiveLadder, Screen};

/// How often the sound is fed and the ladder looked at.
const BEAT: Duration = Duration::from_millis(20);

/// One phone of the demo, and what it has been told.
pub(crate) struct Actor {
    pub(crate) name: &'static str,
    pub(crate) id: MachineId,
    pub(crate) address: SocketAddr,
    pub(crate) leg: Option<Leg>,
    pub(crate) call: Option<CallHandle>,
    pub(crate) registered: bool,
    pub(crate) ringing: bool,
    pub(crate) answered: bool,
    pub(crate) held: bool,
    pub(crate) ended: Option<EndReason>,
    failed: Option<String>,
}

/// Everything that plays in the demo.
pub(crate) struct Stage {
    pub(crate) driver: Driver,
    pub(crate) screen: Screen,
    pub(crate) server: MachineId,
    pub(crate) actors: [Actor; 2],
    pub(crate) ladder: Option<LiveLadder>,
}

impl Actor {
    /// A phone on a free loopback port.
    pub(crate) fn enter(
        driver: &mut Driver,
        name: &'static str,
        config: UserAgentConfig,
    ) -> Result<Self, Failure> {
        let agent = UserAgent::new(config);
        let endpoint = Endpoint::new(EndpointConfig::default(), agent, offhook_mio::seed()?);
        let id = driver.add(Node::Phone(Box::new(Tap::new(name, endpoint))));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (_, address) = driver
            .bind_udp(id, any)
            .map_err(|error| Failure::bind(any, &error))?;
        Ok(Self {
            name,
            id,
            address,
            leg: None,
            call: None,
            registered: false,
            ringing: false,
            answered: false,
            held: false,
            ended: None,
            failed: None,
        })
    }

    fn hear(&mut self, driver: &mut Driver, event: UaEvent) {
        match event {
            UaEvent::Registered { .. } => self.registered = true,
            UaEvent::RegistrationFailed { reason, .. } => {
                self.failed = Some(format!("{} could not register: {reason}", self.name));
            }
            UaEvent::Incoming { call, .. } => {
                self.call = Some(call);
                self.ringing = true;
            }
            UaEvent::Ringing { .. } => self.ringing = true,
            UaEvent::Answered { .. } => self.answered = true,
            UaEvent::MediaAgreed { plan, .. } | UaEvent::EarlyMedia { plan, .. } => {
                if let Some(leg) = &mut self.leg {
                    if let Err(why) = leg.agree(driver, &plan) {
                        self.failed = Some(why);
                    }
                }
            }
            UaEvent::RemoteHold { .. } | UaEvent::HoldDone { .. } => self.held = true,
            UaEvent::RemoteResumed { .. } | UaEvent::ResumeDone { .. } => self.held = false,
            UaEvent::ChangeRefused { status, .. } => {
                self.failed = Some(format!("{}: hold was refused: {status:?}", self.name));
            }
            UaEvent::Ended { reason, .. } => self.ended = Some(reason),
            UaEvent::Unregistered { .. }
            | UaEvent::BindingsAnswered { .. }
            | UaEvent::OptionsAnswered { .. }
            | UaEvent::EarlyDialogTerminated { .. }
            | UaEvent::StreamAgreed { .. }
            | UaEvent::StreamRemoved { .. }
            | UaEvent::StreamRefused { .. }
            | UaEvent::ModifyDone { .. }
            | UaEvent::PeerIdentified { .. }
            | UaEvent::IdentityDone { .. }
            | UaEvent::Message { .. }
            | UaEvent::MessageAnswered { .. }
            | UaEvent::CallMessageAnswered { .. }
            | UaEvent::Info { .. }
            | UaEvent::InfoAnswered { .. }
            | UaEvent::Subscribed { .. }
            | UaEvent::Notified { .. }
            | UaEvent::SubscriptionForked { .. }
            | UaEvent::SubscriptionEnded { .. }
            | UaEvent::ReferAnswered { .. }
            | UaEvent::ReferProgress { .. }
            | UaEvent::SubscriptionRequested { .. }
            | UaEvent::Referred { .. }
            | UaEvent::WatcherEnded { .. }
            | UaEvent::SessionRefreshed { .. } => {}
        }
    }
}

impl Stage {
    /// Plays on until `happened`, or fails after `limit` with what was waited for.
    pub(crate) fn until(
        &mut self,
        what: &str,
        limit: Duration,
        happened: impl Fn(&Self) -> bool,
    ) -> Result<(), Failure> {
        let start = Instant::now();
        while !happened(self) {
            self.turn()?;
            if let Some(why) = self.actors.iter().find_map(|actor| actor.failed.clone()) {
                return Err(Failure::new(Exit::Refused, why));
            }
            if start.elapsed() > limit {
                return Err(Failure::new(
                    Exit::Silent,
                    format!("waited {limit:?} in vain: {what}"),
                ));
            }
            self.screen
                .progress(&format!("{what} ({:.1} s)", start.elapsed().as_secs_f32()));
        }
        Ok(())
    }

    /// Plays on for this long.
    pub(crate) fn play(&mut self, what: &str, long: Duration) -> Result<(), Failure> {
        let end = Instant::now() + long;
        self.until(what, long + Duration::from_secs(5), |_| {
            Instant::now() >= end
        })
    }

    fn turn(&mut self) -> Result<(), Failure> {
        let event = self.driver.next_event(Some(Instant::now() + BEAT))?;
        if let Some((id, Event::Phone(event))) = event {
            if let Some(actor) = self.actors.iter_mut().find(|actor| actor.id == id) {
                actor.hear(&mut self.driver, *event);
            }
        }
        for actor in &mut self.actors {
            if let Some(leg) = &mut actor.leg {
                leg.pump(&mut self.driver);
            }
        }
        self.draw();
        Ok(())
    }

    /// A command to a phone of the stage; an error ends the demo.
    pub(crate) fn command<T, E: std::fmt::Display>(
        &mut self,
        who: usize,
        command: impl FnOnce(&mut Endpoint<UserAgent>, offhook::Instant) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let now = self.driver.now();
        let Some(actor) = self.actors.get(who) else {
            return Err(Failure::local("there is no such phone"));
        };
        let name = actor.name;
        let agent = self
            .driver
            .machine_mut(actor.id)
            .and_then(|node| node.phone(now));
        let agent = agent.ok_or_else(|| Failure::local(format!("{name} has left")))?;
        command(agent, now).map_err(|error| Failure::local(format!("{name}: {error}")))
    }

    /// A command about a call.
    pub(crate) fn command_on<T, E: std::fmt::Display>(
        &mut self,
        who: usize,
        call: Option<CallHandle>,
        command: impl FnOnce(&mut Endpoint<UserAgent>, offhook::Instant, CallHandle) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let call = call.ok_or_else(|| Failure::local("there is no call"))?;
        self.command(who, |agent, now| command(agent, now, call))
    }

    /// What a phone of the stage offers or answers.
    pub(crate) fn media(&self, who: usize, codecs: Vec<Codec>) -> LocalMedia {
        let leg = self.actors.get(who).and_then(|actor| actor.leg.as_ref());
        leg.map_or_else(
            || Leg::silent(([127, 0, 0, 1], 9).into(), vec![]),
            |leg| leg.media(codecs),
        )
    }

    /// Draws what passed since the last look.
    pub(crate) fn draw(&mut self) {
        let machines = self.machines();
        if let Some(ladder) = &mut self.ladder {
            let news = ladder.news(&self.driver, &machines);
            if !news.is_empty() {
                self.screen.say(news.trim_end_matches('\n'));
            }
        }
    }

    /// All machines that have something to draw.
    pub(crate) fn machines(&self) -> Vec<MachineId> {
        let phones = self.actors.iter().map(|actor| actor.id);
        let legs = self
            .actors
            .iter()
            .filter_map(|actor| Some(actor.leg.as_ref()?.id()));
        std::iter::once(self.server)
            .chain(phones)
            .chain(legs)
            .collect()
    }
}
