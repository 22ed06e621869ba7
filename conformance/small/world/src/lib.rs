//! The scenario that every small target runs, without sockets, clock or operating system: two
//! phones register with passwords, call each other, speak, hold, resume and hang up.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod network;
mod party;
mod server;
mod side;

use alloc::boxed::Box;
use alloc::format;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use offhook::sdp::LocalMedia;
use offhook::sip::auth::Account;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::ua::{EndReason, UserAgent, UserAgentConfig, UserAgentEndpoint};
use offhook::Limits;

use network::{Enter, Network};
use party::{Event, Party};
use side::Side;

pub use server::run;
pub use side::audio_plan;

/// Whose memory is being allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The scenario itself: packets under way, events.
    Network = 0,
    /// A phone with its audio.
    Alice = 1,
    /// A phone with its audio.
    Bob = 2,
    /// Registrar and proxy.
    Server = 3,
}

/// The number of owners.
pub const OWNERS: usize = 4;

/// An expectation that was not met.
pub type Failure = &'static str;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// Packets that went over the network in memory.
    pub packets: u32,
    /// Milliseconds of the other's tone that Alice heard.
    pub alice_heard_ms: u32,
    /// Milliseconds of the other's tone that Bob heard.
    pub bob_heard_ms: u32,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (alice, bob) = (self.alice_heard_ms, self.bob_heard_ms);
        write!(f, "{} packets, ", self.packets)?;
        write!(f, "Alice heard {alice} ms of Bob, Bob {bob} ms of Alice")
    }
}

const ALICE: SocketAddr = address(11, 5060);
const BOB: SocketAddr = address(12, 5060);
const SERVER: SocketAddr = address(1, 5060);
const TALK_MS: u32 = 4000;

const fn address(host: u8, port: u16) -> SocketAddr {
    let ip = core::net::Ipv4Addr::new(192, 0, 2, host);
    SocketAddr::V4(core::net::SocketAddrV4::new(ip, port))
}

struct Scenario {
    network: Network<Party>,
    alice: Side,
    bob: Side,
}

impl Scenario {
    fn new(enter: Enter<'_>) -> Self {
        let mut network = Network::new();
        let mut phone = |owner, name: &str, at: SocketAddr| {
            enter(owner);
            let mut config = UserAgentConfig::new(&format!("sip:{name}@example.org"));
            config.accounts.push(Account::new(name, "secret"));
            config.outbound_proxies.push(format!("sip:{SERVER}"));
            let endpoint = EndpointConfig {
                limits: Limits::small(),
                ..EndpointConfig::default()
            };
            let seed = [owner as u8; 32];
            let phone = UserAgentEndpoint::new(endpoint, UserAgent::new(config), seed);
            network.add(enter, owner, Party::Phone(Box::new(phone)), &[at])
        };
        let alice = phone(Owner::Alice, "alice", ALICE);
        let bob = phone(Owner::Bob, "bob", BOB);
        Self {
            network,
            alice: Side::new(Owner::Alice, alice, address(11, 4000), 4),
            bob: Side::new(Owner::Bob, bob, address(12, 4000), 10),
        }
    }

    /// Runs until `is_done`, for a minute at most.
    fn until(
        &mut self,
        enter: Enter<'_>,
        failure: Failure,
        is_done: impl Fn(&Side, &Side) -> bool,
    ) -> Result<(), Failure> {
        let end = self.network.now() + Duration::from_secs(60);
        while !is_done(&self.alice, &self.bob) {
            if !self.step(enter, end)? {
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Goes on to the next event; false when there is none before `end`.
    fn step(&mut self, enter: Enter<'_>, end: offhook::Instant) -> Result<bool, Failure> {
        let Some((id, event)) = self.network.next_event(enter, end) else {
            return Ok(false);
        };
        if let Event::Phone(event) = event {
            #[cfg(test)]
            std::println!("phone {id}: {event:?}");
            let is_alice = id == self.alice.phone;
            let side = if is_alice {
                &mut self.alice
            } else {
                &mut self.bob
            };
            side.on_event(&mut self.network, enter, event)?;
        }
        Ok(true)
    }

    fn talk(&mut self, enter: Enter<'_>, millis: u32) -> Result<(), Failure> {
        for _ in 0..millis / 20 {
            self.alice.speak_and_hear(&mut self.network, enter);
            self.bob.speak_and_hear(&mut self.network, enter);
            let end = self.network.now() + Duration::from_millis(20);
            while self.step(enter, end)? {}
        }
        Ok(())
    }

    /// Alice calls, both speak, Alice holds and resumes, both speak again, Alice hangs up.
    fn call(&mut self, enter: Enter<'_>, to: &str) -> Result<(), Failure> {
        let media = LocalMedia::audio(self.alice.media);
        let call = self.alice_does(enter, |phone, now| phone.invite(now, to, media))?;
        let call = call.map_err(|_| "the invitation is refused")?;
        self.alice.call = Some(call);
        self.until(enter, "the call is not answered", |alice, bob| {
            alice.answered && bob.answered && alice.audio.is_some() && bob.audio.is_some()
        })?;
        self.talk(enter, TALK_MS / 2)?;

        let held = self.alice_does(enter, |phone, now| phone.hold(now, call))?;
        held.map_err(|_| "hold is refused")?;
        self.until(enter, "the hold is not answered", |alice, _| alice.held)?;
        let resumed = self.alice_does(enter, |phone, now| phone.resume(now, call))?;
        resumed.map_err(|_| "resume is refused")?;
        self.until(enter, "the resumption is not answered", |alice, _| {
            !alice.held
        })?;
        self.talk(enter, TALK_MS / 2)?;

        let hung_up = self.alice_does(enter, |phone, now| phone.hang_up(now, call))?;
        hung_up.map_err(|_| "hanging up is refused")?;
        self.until(enter, "the call does not end", |alice, bob| {
            alice.ended == Some(EndReason::HungUp) && bob.ended == Some(EndReason::RemoteHungUp)
        })
    }

    fn alice_does<R>(
        &mut self,
        enter: Enter<'_>,
        command: impl FnOnce(&mut UserAgentEndpoint, offhook::Instant) -> R,
    ) -> Result<R, Failure> {
        self.phone_does(enter, self.alice.phone, command)
    }

    fn phone_does<R>(
        &mut self,
        enter: Enter<'_>,
        id: usize,
        command: impl FnOnce(&mut UserAgentEndpoint, offhook::Instant) -> R,
    ) -> Result<R, Failure> {
        let result = self.network.command(enter, id, |party, now| match party {
            Party::Phone(phone) => Some(command(phone, now)),
            Party::Audio(_) | Party::Server(_) => None,
        });
        result.flatten().ok_or("that is not a phone")
    }

    /// Waits for every timer to run out, and looks at what was heard and what is left.
    fn end(&mut self, enter: Enter<'_>) -> Result<Report, Failure> {
        let end = self.network.now() + Duration::from_secs(70);
        while self.step(enter, end)? {}
        for id in [self.alice.phone, self.bob.phone] {
            match self.network.machine(id) {
                Some(Party::Phone(phone)) if phone.is_idle() => {}
                _ => return Err("a phone did not forget the call"),
            }
        }
        let [alice, bob] = [&self.alice, &self.bob];
        // Setting up, the playout delay and the hold take a little of both.
        for (hears, says) in [(alice, bob), (bob, alice)] {
            if hears.heard.loud_samples / 8 < TALK_MS * 9 / 10 {
                return Err("too little was heard");
            }
            if !hears.heard.is_tone(says.half_period) {
                return Err("something else was heard than was said");
            }
        }
        Ok(Report {
            packets: self.network.packets(),
            alice_heard_ms: alice.heard.loud_samples / 8,
            bob_heard_ms: bob.heard.loud_samples / 8,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn through_a_server() {
        std::println!("{:?}", run(&mut |_| {}).unwrap());
    }
}
