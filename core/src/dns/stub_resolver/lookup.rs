//! One question on its way through the servers.
//!
//! ```text
//!                 resolve
//!                    │ ask the first server
//!                    ▼
//!              ┌──────────┐   silent, refused, out of reach: ask the next, if one is left
//!              │  Asking  │ ◀──────────────┬──────────────────┐
//!              └──────────┘                │                  │
//!   no socket, or │      │                 │                  │
//!   truncated     ▼      │   ┌──────────┐  │   ┌───────────┐  │
//!                 └──────┼──▶│Connecting│──┴──▶│ Streaming │──┘
//!                        │   └──────────┘  up  └───────────┘
//!                 answer ▼                           ▼ answer
//!                  records, none ─▶ Answered         another name ─▶ Asking for that
//! ```
//!
//! A server is of no use to a question once it refused it, could not be reached, or failed it over
//! a connection; a server that was merely silent is asked again in the next round, for longer.

use alloc::vec::Vec;
use core::time::Duration;

use crate::arena::Handle;
use crate::dns::{LookupFailure, Name, QueryId, Question};
use crate::machine::FlowId;
use crate::timers::TimerId;

/// Servers of a configuration that count: one bit each in [`Lookup::spent`].
pub(super) const SERVERS_MAX: usize = 16;

/// A question in flight.
pub(super) struct Lookup {
    /// What was asked for.
    pub(super) question: Question,
    /// Who waits for it.
    pub(super) askers: Vec<QueryId>,
    /// The name at the end of the aliases so far.
    pub(super) name: Name,
    /// Aliases followed so far.
    pub(super) aliases: u8,
    /// The smallest TTL of theirs.
    pub(super) ttl: u32,
    /// Whether to say that long datagrams are welcome (RFC 6891).
    pub(super) edns: bool,
    /// What it fails with if nobody is left to be asked.
    pub(super) failure: LookupFailure,
    pub(super) state: State,
    pub(super) timer: Option<TimerId<Handle<Lookup>>>,
    /// Where in the list of servers the rounds begin.
    first: usize,
    /// Turns taken.
    turn: usize,
    /// A bit for each server that is of no use.
    spent: u16,
}

/// Where a question is.
pub(super) enum State {
    /// Between two servers.
    Idle,
    /// A datagram is out.
    Asking(Asked),
    /// A connection is being opened.
    Connecting(Asked),
    /// The query is out on a connection.
    Streaming {
        asked: Asked,
        /// What came of the response so far.
        received: Vec<u8>,
    },
}

/// What has to be in an answer, and where it has to come from.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) flow: FlowId,
    pub(super) server: usize,
    pub(super) id: u16,
    /// The question as it was spelt.
    pub(super) question: Question,
}

impl State {
    /// What was asked, if something was.
    pub(super) const fn asked(&self) -> Option<&Asked> {
        match self {
            Self::Idle => None,
            Self::Asking(asked) | Self::Connecting(asked) | Self::Streaming { asked, .. } => {
                Some(asked)
            }
        }
    }
}

/// One try.
pub(super) struct Turn {
    pub(super) server: usize,
    pub(super) timeout: Duration,
}

impl Lookup {
    pub(super) fn new(question: Question, asker: QueryId, first: usize) -> Self {
        Self {
            name: question.name.clone(),
            question,
            askers: [asker].into(),
            aliases: 0,
            ttl: u32::MAX,
            edns: true,
            failure: LookupFailure::NoServer,
            state: State::Idle,
            timer: None,
            first,
            turn: 0,
            spent: 0,
        }
    }

    /// Whom to ask next and how long to wait, unless everyone has had their turns.
    pub(super) fn next_turn(
        &mut self,
        servers: usize,
        rounds: u8,
        timeout: Duration,
    ) -> Option<Turn> {
        let servers = servers.min(SERVERS_MAX);
        let turns = servers * usize::from(rounds.max(1));
        while self.turn < turns {
            let server = (self.first + self.turn) % servers;
            let round = u32::try_from(self.turn / servers).unwrap_or(u32::MAX);
            self.turn += 1;
            if self.spent & bit(server) == 0 {
                let timeout = timeout.max(Duration::from_millis(1));
                // Ten doublings are a quarter of an hour.
                let timeout = timeout.saturating_mul(1 << round.min(10));
                return Some(Turn { server, timeout });
            }
        }
        None
    }

    /// Takes the last turn back: the same server is asked again, in another way.
    pub(super) const fn repeat_turn(&mut self) {
        self.turn = self.turn.saturating_sub(1);
    }

    /// A server is of no use to this question.
    pub(super) fn spend(&mut self, server: usize, failure: LookupFailure) {
        self.spent |= bit(server);
        self.failure = failure;
    }

    /// Goes on with another name, from the first round on, at the server that gave it.
    pub(super) fn follow(&mut self, alias: Name, links: u8, ttl: u32, server: usize) {
        self.name = alias;
        self.aliases = self.aliases.saturating_add(links);
        self.ttl = self.ttl.min(ttl);
        self.first = server;
        self.turn = 0;
        self.spent = 0;
    }
}

const fn bit(server: usize) -> u16 {
    1 << (server % SERVERS_MAX)
}
