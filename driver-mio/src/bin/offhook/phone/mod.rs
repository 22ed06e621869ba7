//! `offhook phone`: a softphone on one user agent machine.

mod call;
mod commands;
mod ending;
mod messages;
mod moving;
mod news;
mod order;
mod place;
mod referring;
mod registration;
mod secure;
mod sound;
mod state;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use offhook::sip::auth::Account as Credentials;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{
    CallHandle, EndReason, EventService, Identity, RegistrationHandle, SubscriptionHandle,
    UserAgent, UserAgentConfig, WatcherHandle,
};
use offhook::trace::Tap;
use offhook_mio::MachineId;

use crate::failure::Failure;
use crate::ground::Ground;
use crate::interrupt::{self, Wish};
use crate::leg::{self, Leg};
use crate::node::{Driver, Event, Node};
use crate::options::{AccountOptions, PhoneOptions};
use crate::show::{LiveLadder, Screen};
use crate::{names, recording, server};
use call::{Call, Due};
use news::News;
use place::{Home, Place};
use state::State;

/// How often the sound of a call is fed.
const BEAT: Duration = Duration::from_millis(20);
/// How long leaving may take: the answers to our last BYE and REGISTER.
const LEAVING: Duration = Duration::from_secs(2);

/// The phone, its calls, and what it still has to do.
struct Phone {
    options: PhoneOptions,
    driver: Driver,
    screen: Screen,
    id: MachineId,
    place: Place,
    ground: Ground,
    accounts: Vec<Account>,
    said: Rc<[i16]>,
    calls: BTreeMap<CallHandle, Call>,
    due: Vec<(Instant, Due)>,
    begun: usize,
    ended: usize,
    leaving: Option<Instant>,
    closing: Vec<Leg>,
    /// The transfers that were asked for by us, by the call that is to end, and by others.
    transfers: BTreeMap<SubscriptionHandle, CallHandle>,
    asked: Vec<(WatcherHandle, String)>,
    /// What is watched: an event of whom.
    watched: BTreeMap<SubscriptionHandle, (String, String)>,
    /// What is kept for after a restart, if anything is.
    state: Option<State>,
    ladder: Option<LiveLadder>,
    records: Vec<offhook::trace::Records>,
    failure: Option<Failure>,
}

/// One of the accounts, in the order of `place.homes`.
struct Account {
    identity: Identity,
    registration: Option<RegistrationHandle>,
    registered: bool,
    /// At any time.
    was_registered: bool,
}

impl Account {
    fn new(identity: Identity) -> Self {
        Self {
            identity,
            registration: None,
            registered: false,
            was_registered: false,
        }
    }
}

pub(crate) fn run(options: PhoneOptions) -> Result<(), Failure> {
    let mut phone = Phone::new(options)?;
    let wishes = interrupt::watch(phone.driver.waker(), true)?;
    phone.begin()?;
    phone.live(&wishes)?;
    phone.end()
}

impl Phone {
    fn new(options: PhoneOptions) -> Result<Self, Failure> {
        let state = options.state.as_deref().map(State::open).transpose()?;
        let said: Rc<[i16]> = match &options.play {
            Some(path) => recording::read(path)?.into(),
            None => Rc::from([]),
        };
        let names = names::service(&options.dns)?;
        let place = Place::find(&options, &names)?;
        let mut driver = Driver::new()?;
        driver.set_name_service(names)?;
        let mut configs = configs(&options, &place).into_iter();
        let first = configs.next();
        let first = first.ok_or_else(|| Failure::usage("there is no account"))?;
        let mut agent = UserAgent::new(first);
        let mut accounts = vec![Account::new(Identity::FIRST)];
        for config in configs {
            let identity = agent.add_identity(config);
            let identity = identity.ok_or_else(|| Failure::usage("there are too many accounts"))?;
            accounts.push(Account::new(identity));
        }
        let mut settings = EndpointConfig {
            transports: place::transports(&options),
            ..EndpointConfig::default()
        };
        if !options.audio {
            // A phone that only signals is a test rig: it takes all the calls there are.
            settings.limits.calls = 1_000_000;
        }
        let kept = if options.transcript.is_some() || options.ladder {
            usize::MAX
        } else {
            0
        };
        let endpoint = Endpoint::new(settings, agent, offhook_mio::seed()?);
        let id = driver.add(Node::Phone(Box::new(
            Tap::new("phone", endpoint).with_limit(kept),
        )));
        let ground = Ground::new(options.papers.clone(), &options.trusted, None)?;
        ground.trust(&mut driver);
        let place = place.bind(&ground, &mut driver, id)?;
        let now = driver.now();
        let ladder = options.ladder.then(|| {
            let mut ladder = LiveLadder::new(&["phone", "network"], Some("network"), now);
            ladder.name(place.local, "phone");
            ladder
        });
        Ok(Self {
            screen: Screen::new(options.quiet),
            options,
            driver,
            id,
            place,
            ground,
            accounts,
            said,
            calls: BTreeMap::new(),
            due: Vec::new(),
            begun: 0,
            ended: 0,
            leaving: None,
            closing: Vec::new(),
            transfers: BTreeMap::new(),
            asked: Vec::new(),
            watched: BTreeMap::new(),
            state,
            ladder,
            records: Vec::new(),
            failure: None,
        })
    }

    /// Tells something, unless nothing but what went wrong is to be told.
    fn tell(&mut self, news: News) {
        if !self.options.quiet {
            self.tell_always(&news);
        }
    }

    fn tell_always(&mut self, news: &News) {
        match self.options.json {
            true => self.screen.say(news.object()),
            false => self.screen.say(news.line()),
        }
    }

    /// An account by its place on the command line, the first at 0.
    fn account(&self, at: usize) -> Result<(Identity, &Home), Failure> {
        let account = self.accounts.get(at).zip(self.place.homes.get(at));
        let (account, home) =
            account.ok_or_else(|| Failure::usage(format!("there is no identity {}", at + 1)))?;
        Ok((account.identity, home))
    }

    fn agent(&mut self) -> Option<(offhook::Instant, &mut Endpoint<UserAgent>)> {
        let now = self.driver.now();
        Some((now, self.driver.machine_mut(self.id)?.phone(now)?))
    }

    fn begin(&mut self) -> Result<(), Failure> {
        let aors: Vec<&str> = self
            .place
            .homes
            .iter()
            .map(|home| home.aor.as_str())
            .collect();
        let aors = aors.join(", ");
        let line = match self.place.listens {
            true => format!("listening on {} as {aors}", self.place.local),
            false => format!("not listening, as {aors}"),
        };
        let address = self.place.listens.then(|| self.place.local.to_string());
        let news = News::new("listening", line)
            .maybe_text("address", address.as_deref())
            .text("aor", &aors);
        self.tell(news);
        if let Some(ladder) = &self.ladder {
            let heading = ladder.heading();
            self.screen.say(heading.trim_end_matches('\n'));
        }
        if let Some(after) = self.options.leave_after {
            self.due.push((Instant::now() + after, Due::Leave));
        }
        self.begin_looking();
        self.take_up()?;
        self.register()
    }

    fn call_if_asked(&mut self) -> Result<(), Failure> {
        match self.options.call.take() {
            Some(uri) => {
                self.options.calls.get_or_insert(1);
                self.call(0, &uri, true)
            }
            None => Ok(()),
        }
    }

    /// Runs until there is nothing left to do.
    fn live(&mut self, wishes: &Receiver<Wish>) -> Result<(), Failure> {
        loop {
            let mut has_happened = false;
            if let Some((id, event)) = self.driver.next_event(self.patience())? {
                has_happened = true;
                match event {
                    Event::Phone(event) if id == self.id => self.hear(*event)?,
                    Event::Audio(event) => self.hear_audio(id, &event),
                    Event::Phone(_) | Event::Server(_) => {}
                }
            }
            while let Ok(wish) = wishes.try_recv() {
                has_happened = true;
                self.obey(wish);
            }
            has_happened |= self.do_what_is_due()?;
            for call in self.calls.values_mut() {
                call.pump(&mut self.driver);
            }
            self.keep(has_happened);
            self.draw();
            self.bury();
            if self.is_done() {
                return Ok(());
            }
        }
    }

    /// Until when to wait for an event: the next beat of a sounding call, or the next thing due.
    fn patience(&self) -> Option<Instant> {
        let sounding = self.calls.values().any(Call::sounds) || !self.closing.is_empty();
        let beat = sounding.then(|| Instant::now() + BEAT);
        let due = self.due.iter().map(|(at, _)| *at).chain(self.leaving);
        let look = self.state.as_ref().map(State::due);
        due.chain(beat).chain(look).min()
    }

    fn is_done(&mut self) -> bool {
        match self.leaving {
            Some(until) => {
                let registers = self.accounts.iter().any(|it| it.registration.is_some());
                let quiet = self.calls.is_empty() && !registers;
                (quiet && self.closing.is_empty()) || Instant::now() >= until
            }
            None => {
                if self.options.calls.is_some_and(|calls| self.ended >= calls)
                    || self.failure.is_some()
                {
                    self.leave();
                    return self.is_done();
                }
                false
            }
        }
    }

    /// Hangs up, unregisters, and waits for the answers.
    fn leave(&mut self) {
        if self.leaving.is_some() {
            return;
        }
        self.leaving = Some(Instant::now() + LEAVING);
        self.watch_nothing();
        let calls: Vec<CallHandle> = self.calls.keys().copied().collect();
        let mut registrations = Vec::new();
        for account in &mut self.accounts {
            account.registration = account.registration.filter(|_| account.registered);
            registrations.extend(account.registration);
        }
        if let Some((now, agent)) = self.agent() {
            for call in calls {
                // A call that ended this very moment needs no hanging up.
                let _ = agent.hang_up(now, call);
            }
            for registration in registrations {
                let _ = agent.unregister(now, registration);
            }
        }
    }

    /// Closes the sockets of calls whose last report has left.
    fn bury(&mut self) {
        for leg in std::mem::take(&mut self.closing) {
            if leg.is_gone(&mut self.driver) {
                self.records.extend(leg.remove(&mut self.driver));
            } else {
                self.closing.push(leg);
            }
        }
    }

    fn draw(&mut self) {
        if let Some(ladder) = &mut self.ladder {
            let legs = self
                .calls
                .values()
                .filter_map(|call| Some(call.leg.as_ref()?.id()));
            let machines: Vec<MachineId> = std::iter::once(self.id).chain(legs).collect();
            let news = ladder.news(&self.driver, &machines);
            if !news.is_empty() {
                self.screen.say(news.trim_end_matches('\n'));
            }
        }
    }

    fn end(mut self) -> Result<(), Failure> {
        let handles: Vec<CallHandle> = self.calls.keys().copied().collect();
        for handle in handles {
            self.over(handle, EndReason::HungUp, None);
        }
        for leg in std::mem::take(&mut self.closing) {
            self.records.extend(leg.remove(&mut self.driver));
        }
        if let Some(path) = &self.options.transcript {
            let ours = self.driver.machine(self.id).map(Node::records);
            let all: Vec<_> = ours.into_iter().chain(&self.records).collect();
            server::keep(path, &all)?;
        }
        self.failure.map_or(Ok(()), Err)
    }
}

/// What the user agent is told of each account.
fn configs(options: &PhoneOptions, place: &Place) -> Vec<UserAgentConfig> {
    let accounts = options.accounts.iter().zip(&place.homes);
    let of = |(account, home): (&AccountOptions, &Home)| {
        let mut config = UserAgentConfig::new(&home.aor);
        config.display_name.clone_from(&account.name);
        config.outbound_proxies.extend(home.proxy.clone());
        config.preload_route = account.proxy.is_some();
        config.ring_limit = options.ring_limit;
        config.follow_redirects = options.follow_redirects;
        config.events = Some(EventService::referrals());
        match options.session_expires {
            Some(interval) if interval.is_zero() => config.session_interval = None,
            Some(interval) => config.session_interval = Some(interval),
            None => {}
        }
        config.shortest_session_interval = options.min_se;
        config.accounts.clone_from(&account.credentials);
        if let Some(password) = &account.password {
            let username = account.username.as_ref().unwrap_or(&home.user);
            config.accounts.push(Credentials::new(username, password));
        }
        config
    };
    accounts.map(of).collect()
}

/// What one codec name of the command line means.
fn codecs(names: &[String]) -> Vec<offhook::sdp::Codec> {
    names
        .iter()
        .map(|name| match name.as_str() {
            "PCMA" => leg::pcma(),
            _ => leg::pcmu(),
        })
        .chain([offhook::sdp::Codec::TELEPHONE_EVENT])
        .collect()
}
