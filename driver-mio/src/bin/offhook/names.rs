//! Names on the command line: whom to ask about them, and where they lead.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use offhook::dns::{QueryId, Question};
use offhook::sip::transport::SelectError;
use offhook::sip::transport::server_location::{
    Capabilities, Exhausted, Next, NextHop, ServerLocation, SrvOrder,
};
use offhook::{Input, Machine, Output};
use offhook_mio::NameService;

use crate::failure::{Exit, Failure};

/// How long a name may take to be found; the user agent gives up after as long.
const PATIENCE: Duration = Duration::from_secs(32);

/// What to look names up with: `servers`, or else the system's.
pub(crate) fn service(servers: &[SocketAddr]) -> Result<NameService, Failure> {
    NameService::of_system(servers).map_err(|error| {
        Failure::local(format!(
            "{error} (other name servers may be named with --dns)"
        ))
    })
}

/// Where the first server of a URI is. Nothing is sent there.
pub(crate) fn first_server(
    uri: &str,
    capabilities: &Capabilities,
    names: NameService,
) -> Result<SocketAddr, Failure> {
    let nowhere = |why: SelectError| {
        let line = format!("no way to {uri}: {why}; {}", advice());
        Failure::new(Exit::Silent, line)
    };
    let next_hop = NextHop::of_uri(uri).map_err(nowhere)?;
    let servers = ServerLocation::new(&next_hop, capabilities, SrvOrder::Fixed);
    let mut driver = offhook_mio::Driver::new()?;
    driver.set_name_service(names)?;
    driver.add(Scout {
        servers: servers.map_err(nowhere)?,
        asked: Vec::new(),
        done: false,
    });
    match driver.next_event(Some(Instant::now() + PATIENCE))? {
        Some((_, Ok(address))) => Ok(address),
        Some((_, Err(why))) => Err(nowhere(SelectError::NotLocated(why))),
        None => {
            let why = offhook::dns::LookupFailure::Timeout;
            let why = Exhausted::LookupFailed(why);
            Err(nowhere(SelectError::NotLocated(why)))
        }
    }
}

/// What to do about a name that leads nowhere.
pub(crate) const fn advice() -> &'static str {
    "check the name, or whom you ask about it (--dns)"
}

/// Looks for the first server of a next hop, and for nothing else.
struct Scout {
    servers: ServerLocation,
    asked: Vec<Question>,
    done: bool,
}

impl Machine for Scout {
    type Event = Result<SocketAddr, Exhausted>;

    fn handle_input(&mut self, _: offhook::Instant, input: Input<'_>) {
        if let Input::Resolved { query, answer } = input {
            let asked = usize::try_from(query.0)
                .ok()
                .and_then(|at| self.asked.get(at));
            if let Some(question) = asked {
                self.servers.on_answer(question, answer);
            }
        }
    }

    fn poll_output(&mut self, _: &mut Vec<u8>) -> Output<Self::Event> {
        if self.done {
            return Output::Wait(None);
        }
        let next = self.servers.next_destination();
        if let Some(question) = self.servers.poll_query() {
            let query = QueryId(self.asked.len() as u64);
            self.asked.push(question.clone());
            return Output::Resolve { query, question };
        }
        let found = match next {
            Next::Waiting => return Output::Wait(None),
            Next::Destination(found) => Ok(found.address),
            Next::Exhausted(why) => Err(why),
        };
        self.done = true;
        Output::Event(found)
    }
}
