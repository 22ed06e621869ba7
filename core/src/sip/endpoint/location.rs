//! Looking for the servers of a next hop whose host is a name (RFC 3263).
//!
//! ```text
//!   locate ─▶ known at once ─▶ Way ── failed ─▶ locate_next
//!     │                                             │
//!     └──────▶ Later ─▶ Resolve … Resolved ─▶ Located ◀┘
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::stack::Stack;
use super::user::TuEvent;
use crate::arena::Handle;
use crate::dns::{Answer, LookupFailure, QueryId};
use crate::sip::transaction::TimerKey;
use crate::sip::transport::server_location::{
    Capabilities, Exhausted, Next, NextHop, ServerLocation, SrvOrder,
};
use crate::sip::transport::{DropReason, Effect, SelectError, Target};
use crate::timers::TimerId;

/// Names one search for a server.
pub type LocationHandle = Handle<Location>;

/// A search that waits for the DNS.
#[derive(Debug)]
pub struct Location {
    /// Absent only while it is at work.
    servers: Option<Box<ServerLocation>>,
    /// Questions without answer yet.
    asked: Vec<QueryId>,
    timer: TimerId<TimerKey>,
}

/// Where to send a request, and where to send it if that fails.
#[derive(Clone, Debug)]
pub struct Way {
    /// The server to be tried now.
    pub target: Target,
    /// Those that stand by.
    pub others: Servers,
}

impl Way {
    /// A way without an alternative.
    #[must_use]
    pub fn only(target: Target) -> Self {
        Self {
            target,
            others: Servers::default(),
        }
    }
}

/// Servers that were not tried yet.
#[derive(Clone, Debug, Default)]
pub struct Servers(Option<Box<ServerLocation>>);

/// What came of a search.
#[derive(Clone, Debug)]
pub enum Located {
    /// There is a server to be tried.
    Way(Way),
    /// The DNS is asked; [`TuEvent::Located`] says what came of it.
    Later(LocationHandle),
}

/// What a search has come to.
enum Found {
    Target(Target),
    Waiting,
    Nothing(SelectError),
}

impl Stack {
    /// Looks for the server of a SIP URI (RFC 3263 §4).
    ///
    /// # Errors
    /// Why it leads nowhere; [`Stack::locate_next`] says the same of the next.
    pub fn locate(&mut self, uri: &str) -> Result<Located, SelectError> {
        let next_hop = NextHop::of_uri(uri)?;
        if let Some((transport, address)) = next_hop.address() {
            let target = self.target(transport, address)?;
            return Ok(Located::Way(Way::only(target)));
        }
        let capabilities = Capabilities {
            transports: self.transports.clone(),
            families: self.cx.transport.families(),
        };
        let order = SrvOrder::Weighted(self.rng.fork());
        let servers = ServerLocation::new(&next_hop, &capabilities, order)?;
        self.search(Box::new(servers))
    }

    /// Looks for the next server, after one has failed: the transport or its time-out, or 503. The
    /// same request goes there with another branch (RFC 3263 §4.3).
    ///
    /// # Errors
    /// There is none.
    pub fn locate_next(&mut self, others: Servers) -> Result<Located, SelectError> {
        match others.0 {
            Some(servers) => self.search(servers),
            None => Err(SelectError::NotLocated(Exhausted::UsedUp)),
        }
    }

    fn search(&mut self, mut servers: Box<ServerLocation>) -> Result<Located, SelectError> {
        match self.pursue(&mut servers) {
            Found::Target(target) => Ok(Located::Way(Way {
                target,
                others: Servers(Some(servers)),
            })),
            Found::Nothing(why) => Err(why),
            Found::Waiting => self.wait(servers),
        }
    }

    /// The first destination that can be reached from here.
    fn pursue(&mut self, servers: &mut ServerLocation) -> Found {
        let mut unreachable = None;
        loop {
            match servers.next_destination() {
                Next::Destination(to) => match self.target(to.transport, to.address) {
                    Ok(target) => return Found::Target(target),
                    Err(why) => unreachable = Some(why),
                },
                Next::Waiting => return Found::Waiting,
                Next::Exhausted(why) => {
                    let why = unreachable.unwrap_or(SelectError::NotLocated(why));
                    return Found::Nothing(why);
                }
            }
        }
    }

    fn wait(&mut self, servers: Box<ServerLocation>) -> Result<Located, SelectError> {
        if self.locations.is_full() {
            return Err(SelectError::TooManyLookups);
        }
        // As long as a server may be silent (timer B): nobody is told to wait for ever.
        let patience = self.cx.timings.t1.saturating_mul(64);
        let nobody = TimerId::from_raw(u32::MAX, u32::MAX);
        let location = Location {
            servers: Some(servers),
            asked: Vec::new(),
            timer: nobody,
        };
        let inserted = self.locations.insert(location);
        let me = inserted.map_err(|_| SelectError::TooManyLookups)?;
        let key = TimerKey::Location(me.to_raw());
        let timer = self.cx.timers.arm(self.cx.now + patience, key);
        if let Some(location) = self.locations.get_mut(me) {
            location.timer = timer;
        }
        self.ask(me);
        Ok(Located::Later(me))
    }

    /// Asks the questions a search has.
    fn ask(&mut self, me: LocationHandle) {
        let Some(location) = self.locations.get_mut(me) else {
            return;
        };
        while let Some(question) = location.servers.as_mut().and_then(|it| it.poll_query()) {
            let query = QueryId(self.next_query);
            self.next_query = self.next_query.wrapping_add(1);
            location.asked.push(query);
            self.questions.insert(query, (me, question.clone()));
            self.cx.transport.push(Effect::Resolve { query, question });
        }
    }

    /// Takes what came of a question.
    pub(super) fn on_resolved(&mut self, query: QueryId, answer: &Answer) -> Option<TuEvent> {
        let Some((me, question)) = self.questions.remove(&query) else {
            self.cx.transport.stats.count(DropReason::StrayAnswer);
            return None;
        };
        let location = self.locations.get_mut(me)?;
        location.asked.retain(|open| *open != query);
        let mut servers = location.servers.take()?;
        servers.on_answer(&question, answer);
        match self.pursue(&mut servers) {
            Found::Waiting => {
                if let Some(location) = self.locations.get_mut(me) {
                    location.servers = Some(servers);
                }
                self.ask(me);
                None
            }
            Found::Target(target) => {
                let others = Servers(Some(servers));
                self.settle(me, Ok(Way { target, others }))
            }
            Found::Nothing(why) => self.settle(me, Err(why)),
        }
    }

    /// Nobody has answered in time.
    pub(super) fn on_location_timeout(&mut self, me: LocationHandle) -> Option<TuEvent> {
        let timeout = Exhausted::LookupFailed(LookupFailure::Timeout);
        self.settle(me, Err(SelectError::NotLocated(timeout)))
    }

    /// Ends a search.
    fn settle(
        &mut self,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> Option<TuEvent> {
        let ended = self.locations.remove(location)?;
        self.cx.timers.cancel(ended.timer);
        for query in ended.asked {
            self.questions.remove(&query);
        }
        Some(TuEvent::Located { location, found })
    }

    /// Holds the searches against their questions; how many there are.
    pub(super) fn check_locations(&self) -> Result<usize, &'static str> {
        let searches = self.locations.iter().map(|(_, location)| location);
        if searches.map(|location| location.asked.len()).sum::<usize>() != self.questions.len() {
            return Err("a question belongs to no search");
        }
        Ok(self.locations.len())
    }
}
