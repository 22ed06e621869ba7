//! Looking for the servers of a next hop whose host is a name (RFC 3263).
//!
//! ```text
//!   locate ─▶ known at once ─▶ Way ── failed ─▶ locate_next
//!     │                                             │
//!     └──────▶ Later ─▶ Resolve … Resolved ─▶ Located ◀┘
//! ```

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::stack::Stack;
use super::user::TuEvent;
use crate::arena::Handle;
use crate::dns::{Answer, LookupFailure, QueryId, Question};
use crate::sip::transaction::TimerKey;
use crate::sip::transport::server_location::{
    Capabilities, Exhausted, Next, NextHop, ServerLocation, SrvOrder,
};
use crate::sip::transport::{DropReason, Effect, SelectError, Target};
use crate::sip::uri::{Host, Uri};
use crate::timers::TimerId;

/// Names one search for a server.
pub type LocationHandle = Handle<Location>;

/// A search that waits for the DNS.
#[derive(Debug)]
pub struct Location {
    /// Absent only while it is at work.
    search: Option<Box<Search>>,
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
    /// The number of the URI it is a server of, where several were to choose from.
    pub choice: usize,
    /// What the server has to prove under TLS (RFC 5922 §7.3); none if that is its address.
    domain: Option<Box<str>>,
}

impl Way {
    /// A way without an alternative, to a server that is known by its address.
    #[must_use]
    pub fn only(target: Target) -> Self {
        Self {
            target,
            others: Servers::default(),
            choice: 0,
            domain: None,
        }
    }

    /// A way without an alternative, to a server of `domain`.
    #[must_use]
    pub fn to(domain: Host<'_>, target: Target) -> Self {
        Self {
            domain: domain.ip().is_none().then(|| domain.to_string().into()),
            ..Self::only(target)
        }
    }

    /// The same server once more: the connection to it may be gone, its address is not.
    ///
    /// # Errors
    /// As of [`Stack::target_for`].
    pub fn reopen(&mut self, stack: &mut Stack) -> Result<Target, SelectError> {
        let Target {
            transport, address, ..
        } = self.target;
        let domain = self.domain.as_deref().and_then(Host::parse);
        let domain = domain.unwrap_or(Host::Ip(address.ip()));
        self.target = stack.target_for(domain, transport, address)?;
        Ok(self.target)
    }
}

/// Servers that were not tried yet.
#[derive(Clone, Debug, Default)]
pub struct Servers(Option<Box<Search>>);

/// The servers of a domain, one after the other, and then those of the next.
#[derive(Clone, Debug)]
struct Search {
    servers: ServerLocation,
    /// URIs that stand by, and the number of the one at work.
    rest: VecDeque<Box<str>>,
    choice: usize,
    /// The host of the URI, which need not be what is looked up: who answers for it has to be able
    /// to prove so, wherever the DNS leads (RFC 5922 §7.3).
    domain: Box<str>,
}

impl Search {
    /// The way to a server that was found.
    fn into_way(self: Box<Self>, target: Target) -> Way {
        Way {
            target,
            domain: Some(self.domain.clone()),
            choice: self.choice,
            others: Servers(Some(self)),
        }
    }
}

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
        let domain = domain_of(uri).unwrap_or(next_hop.host);
        if let Some((transport, address)) = next_hop.address() {
            let target = self.target_for(domain, transport, address)?;
            return Ok(Located::Way(Way::to(domain, target)));
        }
        let servers = self.servers_of(&next_hop)?;
        self.search(Box::new(Search {
            servers,
            rest: VecDeque::new(),
            choice: 0,
            domain: domain.to_string().into(),
        }))
    }

    /// Looks for the server of the first of these URIs that has one; those of the others stand by,
    /// in the order of their URIs (RFC 3361 §3.1).
    ///
    /// # Errors
    /// As of [`Stack::locate`], for the last of them.
    pub fn locate_any(&mut self, uris: &[String]) -> Result<Located, SelectError> {
        if let [uri] = uris {
            return self.locate(uri);
        }
        let mut failed = SelectError::Malformed;
        for (choice, uri) in uris.iter().enumerate() {
            let next_hop = NextHop::of_uri(uri);
            match next_hop.and_then(|next_hop| Ok((self.servers_of(&next_hop)?, next_hop.host))) {
                Ok((servers, host)) => {
                    let rest = uris.iter().skip(choice.saturating_add(1));
                    return self.search(Box::new(Search {
                        servers,
                        rest: rest.map(|uri| uri.as_str().into()).collect(),
                        choice,
                        domain: domain_of(uri).unwrap_or(host).to_string().into(),
                    }));
                }
                Err(why) => failed = why,
            }
        }
        Err(failed)
    }

    fn servers_of(&mut self, next_hop: &NextHop<'_>) -> Result<ServerLocation, SelectError> {
        let capabilities = Capabilities {
            // An address says all there is to be chosen.
            transports: match next_hop.address() {
                Some((transport, _)) => [transport].into(),
                None => self.transports.clone(),
            },
            families: self.cx.transport.families(),
        };
        let order = SrvOrder::Weighted(self.rng.fork());
        ServerLocation::new(next_hop, &capabilities, order)
    }

    /// Turns to the next URI of a search; why not, if that is no way. None if there is none.
    fn turn(&mut self, search: &mut Search) -> Option<Result<(), SelectError>> {
        let uri = search.rest.pop_front()?;
        search.choice = search.choice.saturating_add(1);
        let turned = NextHop::of_uri(&uri).and_then(|next_hop| {
            search.servers = self.servers_of(&next_hop)?;
            search.domain = domain_of(&uri).unwrap_or(next_hop.host).to_string().into();
            Ok(())
        });
        Some(turned)
    }

    /// Looks for the next server, after one has failed: the transport or its time-out, or 503. The
    /// same request goes there with another branch (RFC 3263 §4.3).
    ///
    /// # Errors
    /// There is none.
    pub fn locate_next(&mut self, others: Servers) -> Result<Located, SelectError> {
        match others.0 {
            Some(search) => self.search(search),
            None => Err(SelectError::NotLocated(Exhausted::UsedUp)),
        }
    }

    fn search(&mut self, mut search: Box<Search>) -> Result<Located, SelectError> {
        match self.pursue(&mut search) {
            Found::Target(target) => Ok(Located::Way(search.into_way(target))),
            Found::Nothing(why) => Err(why),
            Found::Waiting => self.wait(search),
        }
    }

    /// The first destination that can be reached from here.
    fn pursue(&mut self, search: &mut Search) -> Found {
        let mut unreachable = None;
        loop {
            match search.servers.next_destination() {
                Next::Destination(to) => {
                    let domain = Host::parse(&search.domain).unwrap_or(Host::Ip(to.address.ip()));
                    match self.target_for(domain, to.transport, to.address) {
                        Ok(target) => return Found::Target(target),
                        Err(why) => unreachable = Some(why),
                    }
                }
                Next::Waiting => return Found::Waiting,
                Next::Exhausted(why) => match self.turn(search) {
                    Some(Ok(())) => {}
                    Some(Err(why)) => unreachable = Some(why),
                    None => {
                        let why = unreachable.unwrap_or(SelectError::NotLocated(why));
                        return Found::Nothing(why);
                    }
                },
            }
        }
    }

    fn wait(&mut self, search: Box<Search>) -> Result<Located, SelectError> {
        if self.locations.is_full() {
            return Err(SelectError::TooManyLookups);
        }
        // As long as a server may be silent (timer B): nobody is told to wait for ever.
        let patience = self.cx.timings.t1.saturating_mul(64);
        let nobody = TimerId::from_raw(u32::MAX, u32::MAX);
        let location = Location {
            search: Some(search),
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
        while let Some(question) = poll_query(location) {
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
        let mut search = location.search.take()?;
        search.servers.on_answer(&question, answer);
        match self.pursue(&mut search) {
            Found::Waiting => {
                if let Some(location) = self.locations.get_mut(me) {
                    location.search = Some(search);
                }
                self.ask(me);
                None
            }
            Found::Target(target) => self.settle(me, Ok(search.into_way(target))),
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

/// The next question of a search.
fn poll_query(location: &mut Location) -> Option<Question> {
    location.search.as_mut()?.servers.poll_query()
}

/// The domain a URI is about, which need not be where it leads.
pub(super) fn domain_of(uri: &str) -> Option<Host<'_>> {
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) => Some(sip.host),
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => None,
    }
}
