//! A whole call with its sound: what signalling agrees on is what is heard, and once it is agreed
//! on nobody needs signalling to go on talking.

use std::net::SocketAddr;
use std::time::Duration;

use offhook::sdp::Direction;
use offhook::sip::ua::UaEvent;

use super::audio::Speak;
use super::node::{Act, DOMAIN, Deed, Node, Told};
use super::{Run, Take, failed, play};
use crate::sim::{CellId, Chance, Faults, Violation, World};

const SERVER: &str = "192.0.2.9:5060";
const TICK: Duration = Duration::from_millis(20);

/// A phone: its signalling, its sound, and what it was told.
struct Phone {
    name: &'static str,
    signalling: CellId,
    sound: CellId,
    answered: bool,
    ended: bool,
    heard: usize,
}

struct Call<'w> {
    world: &'w mut World<Node>,
    server: CellId,
    phones: [Phone; 2],
}

/// Plays one run.
pub(super) fn run(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let faults = Faults {
        loss: *chance.pick(&[0, 10]),
        duplicate: *chance.pick(&[0, 50]),
        latency_max: *chance.pick(&[1, 20].map(Duration::from_millis)),
        ..Faults::none()
    };
    play(take, faults, |world, chance| script(world, chance, seed))
}

fn script(world: &mut World<Node>, chance: &mut Chance, seed: u64) -> Result<(), Violation> {
    let mut call = Call::new(world, seed)?;
    call.set_up()?;
    // Both hear each other.
    call.talk(100)?;
    call.expect([true, true], "in the call")?;
    // Alice holds: Bob hears what she plays to him and is not heard.
    call.world
        .command(call.phones[0].signalling, &Deed::Call(0, Act::Hold))?;
    call.talk(300)?;
    call.forget();
    call.talk(100)?;
    call.expect([false, true], "on hold")?;
    call.world
        .command(call.phones[0].signalling, &Deed::Call(0, Act::Resume))?;
    call.talk(300)?;
    // Signalling dies, all of it or the server only: the sound goes on.
    let all = chance.happens(500);
    call.world.kill(call.server);
    if all {
        for phone in &call.phones {
            call.world.kill(phone.signalling);
        }
    }
    call.talk(500)?;
    call.forget();
    call.talk(100)?;
    call.expect([true, true], "after signalling has died")?;
    if !all {
        call.world
            .command(call.phones[1].signalling, &Deed::Call(0, Act::HangUp))?;
        call.talk(1)?;
    }
    for phone in &call.phones {
        call.world
            .command(phone.sound, &Deed::Audio(Speak::Leave))?;
    }
    let end = call.world.now() + Duration::from_secs(100);
    while call.world.advance(end)? {
        call.hear()?;
    }
    if !all {
        // The BYE goes to the dead server and nobody answers; Alice's people hang up too.
        call.world
            .command(call.phones[0].signalling, &Deed::Call(0, Act::HangUp))?;
        for phone in &call.phones {
            call.world.command(phone.signalling, &Deed::Unregister)?;
        }
    }
    call.world.drain(Duration::from_secs(3600))
}

impl<'w> Call<'w> {
    fn new(world: &'w mut World<Node>, seed: u64) -> Result<Self, Violation> {
        let users = "users=alice:secret,bob:secret";
        let description = format!("server seed={seed} {users}");
        let server = world.add("server", &description, &[at(SERVER)])?;
        let mut phone = |name: &'static str, host: &str, number: u64| {
            let seed = seed.wrapping_mul(4).wrapping_add(number);
            let account = format!("user={name} password=secret proxy={SERVER}");
            let description = format!("phone {account} seed={seed} media={host}:4000");
            let address = at(&format!("{host}:5060"));
            let signalling = world.add(name, &description, &[address])?;
            let description = format!("audio {name} {seed}");
            let media = [4000, 4001].map(|port| SocketAddr::new(address.ip(), port));
            let sound = world.add(name, &description, &media)?;
            Ok(Phone {
                name,
                signalling,
                sound,
                answered: false,
                ended: false,
                heard: 0,
            })
        };
        let phones = [
            phone("alice", "192.0.2.1", 1)?,
            phone("bob", "192.0.2.2", 2)?,
        ];
        Ok(Self {
            world,
            server,
            phones,
        })
    }

    /// Registration, INVITE, 200, ACK.
    fn set_up(&mut self) -> Result<(), Violation> {
        for index in 0..2 {
            let id = self.phones[index].signalling;
            self.world.command(id, &Deed::Register(3000))?;
        }
        self.talk(300)?;
        let uri = format!("sip:bob@{DOMAIN}");
        let alice = self.phones[0].signalling;
        self.world.command(alice, &Deed::Invite(uri))?;
        self.talk(500)?;
        self.forget();
        match self.phones.iter().find(|phone| !phone.answered) {
            Some(phone) => Err(failed(
                self.world,
                phone.name,
                "no call came about".to_owned(),
            )),
            None => Ok(()),
        }
    }

    /// Both say a loud tone for so many ticks of 20 ms, and listen.
    fn talk(&mut self, ticks: u32) -> Result<(), Violation> {
        for _ in 0..ticks {
            for index in 0..2 {
                let sound = self.phones[index].sound;
                self.world.command(sound, &Deed::Audio(Speak::Say(160)))?;
                let answer = self.world.command(sound, &Deed::Audio(Speak::Hear))?;
                let loud = answer.strip_prefix("loud ").unwrap_or_default();
                self.phones[index].heard += loud.parse::<usize>().unwrap_or(0);
            }
            let next = self.world.now() + TICK;
            while self.world.advance(next)? {
                self.hear()?;
            }
        }
        Ok(())
    }

    fn forget(&mut self) {
        for phone in &mut self.phones {
            phone.heard = 0;
        }
    }

    /// In the last two seconds each heard most of what the other said, or nothing of it.
    fn expect(&self, hears: [bool; 2], when: &str) -> Result<(), Violation> {
        for (phone, hears) in self.phones.iter().zip(hears) {
            let right = if hears {
                phone.heard > 13_000
            } else {
                phone.heard == 0
            };
            if !right || phone.ended {
                let (heard, ended) = (phone.heard, phone.ended);
                let what = format!("{when} heard {heard} of 16000 samples, ended: {ended}");
                return Err(failed(self.world, phone.name, what));
            }
        }
        Ok(())
    }

    fn hear(&mut self) -> Result<(), Violation> {
        while let Some((id, told)) = self.world.next_event() {
            let Told::Phone(event) = told else { continue };
            let index = usize::from(self.phones[1].signalling == id);
            let phone = &mut self.phones[index];
            match event {
                UaEvent::Incoming { .. } => {
                    self.world.command(id, &Deed::Call(0, Act::Accept))?;
                }
                UaEvent::Answered { .. } => phone.answered = true,
                UaEvent::Ended { .. } => phone.ended = true,
                UaEvent::MediaAgreed { plan, .. } => {
                    let way = match plan.direction {
                        Direction::SendRecv => 'b',
                        Direction::SendOnly => 's',
                        Direction::RecvOnly => 'r',
                        Direction::Inactive => 'i',
                    };
                    let sound = phone.sound;
                    let speak = Speak::Plan(way, plan.remote);
                    self.world.command(sound, &Deed::Audio(speak))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn at(address: &str) -> SocketAddr {
    address
        .parse()
        .unwrap_or_else(|_| panic!("no address: {address}"))
}
