//! Whole calls: registered phones that call each other through a server, or directly.

use std::time::Duration;

use offhook::Transport;

use super::node::{Act, Node};
use super::people::{Callee, End, People, Plan, Setting, Weather, plan};
use super::{Run, Take, failed, play};
use crate::sim::{Chance, Faults, Violation, World};

/// Everybody has one phone, and calls go through a server that asks for passwords.
pub(super) const THROUGH: Setting = Setting {
    phones: 3,
    second_phones: false,
    server: true,
    passwords: true,
    over: Transport::Udp,
    v6: false,
    small_phones: false,
    small_server: false,
    variety: None,
    watched: false,
};

/// Everybody has two phones, and both ring.
pub(super) const FORKED: Setting = Setting {
    second_phones: true,
    ..THROUGH
};

/// All there is to speak over; the first are datagrams.
const OVER: [Transport; 5] = [
    Transport::Udp,
    Transport::Tcp,
    Transport::Tls,
    Transport::Ws,
    Transport::Wss,
];

/// What is spoken in the run of a seed that takes each in turn.
pub(super) fn over_of(seed: u64) -> Transport {
    let turn = usize::try_from(seed % OVER.len() as u64).unwrap_or(0);
    OVER[turn]
}

/// Two phones, and nobody between them.
pub(super) const DIRECT: Setting = Setting {
    phones: 2,
    server: false,
    passwords: false,
    ..THROUGH
};

/// Everything ends and is forgotten by then: registrations, back-offs, timer C.
pub(super) const DRAIN: Duration = Duration::from_secs(3600);

/// Registered phones, through a server that asks for passwords.
pub(super) fn through_server(take: &Take) -> Run {
    let seed = take.seed;
    let faults = Faults::swarm(&mut Chance::new(seed, 0));
    play(take, faults, |world, chance| {
        calls(world, chance, seed, THROUGH)
    })
}

/// Two phones without anybody between them.
pub(super) fn direct(take: &Take) -> Run {
    let seed = take.seed;
    let faults = Faults::swarm(&mut Chance::new(seed, 0));
    play(take, faults, |world, chance| {
        calls(world, chance, seed, DIRECT)
    })
}

/// The same over connections, which are refused, break, and cut what they carry anywhere.
pub(super) fn streams(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let faults = Faults::swarm(&mut chance).with_streams(&mut chance);
    play(take, faults, |world, chance| {
        let setting = Setting {
            over: *chance.pick(&OVER[1..]),
            ..*chance.pick(&[THROUGH, DIRECT])
        };
        calls(world, chance, seed, setting)
    })
}

/// Over each transport in turn: calls that are answered, refused and given up at several phones at
/// the same moment, machines that start anew, and whatever else can go wrong.
pub(super) fn races(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let faults = Faults::swarm(&mut chance).with_streams(&mut chance);
    let faults = faults.with_restarts(&mut chance);
    play(take, faults, |world, chance| {
        let setting = Setting {
            over: over_of(seed),
            ..*chance.pick(&[FORKED, FORKED, THROUGH, DIRECT])
        };
        calls(world, chance, seed, setting)
    })
}

fn calls(
    world: &mut World<Node>,
    chance: &mut Chance,
    seed: u64,
    setting: Setting,
) -> Result<(), Violation> {
    let setting = setting.with_any_address(chance);
    let mut people = People::new(world, setting, seed)?;
    people.arrive(chance)?;
    // Safety: whatever the weather does, nothing may break.
    for _ in 0..1 + chance.below(4) {
        people.call(any_plan(chance, setting, Weather::Foul))?;
        people.pass(chance.between(Duration::ZERO, Duration::from_secs(12)))?;
        people.restart_somebody(chance)?;
    }
    people.pass(Duration::from_secs(20))?;
    settle(&mut people)?;
    // Liveness: what is asked for must happen.
    people.come_back(DRAIN)?;
    for _ in 0..2 {
        people.call(any_plan(chance, setting, Weather::Fair))?;
        people.pass(Duration::from_secs(60))?;
    }
    finish(people)
}

pub(super) fn any_plan(chance: &mut Chance, setting: Setting, weather: Weather) -> Plan {
    let plan = plan(chance, setting.phones, weather);
    if setting.second_phones {
        plan.forked(chance)
    } else {
        plan
    }
}

/// The weather clears up, and what was begun under it is brought to its end.
fn settle(people: &mut People<'_>) -> Result<(), Violation> {
    people.world.network().heal();
    people.hang_up_all()?;
    people.pass(Duration::from_secs(150))
}

pub(super) fn finish(mut people: People<'_>) -> Result<(), Violation> {
    people.hang_up_all()?;
    people.pass(Duration::from_secs(100))?;
    people.judge()?;
    people.depart(DRAIN)
}

/// One datagram in twenty is lost, and more are doubled and held up.
pub(super) const LOSSY: Faults = Faults {
    loss: 50,
    duplicate: 100,
    reorder: 200,
    hold: Duration::from_millis(300),
    latency_max: Duration::from_millis(40),
    ..Faults::none()
};

/// One datagram in twenty is lost, and more are doubled and held up: retransmissions make up for
/// it, and every call goes as planned. Over two links all seven copies of a message are lost once in
/// ten million times; were it one in ten, the calls of thirty thousand seeds would see it.
pub(super) fn lossy(take: &Take) -> Run {
    let seed = take.seed;
    play(take, LOSSY, |world, chance| {
        let setting = *chance.pick(&[THROUGH, DIRECT]);
        let mut people = People::new(world, setting, seed)?;
        if setting.server {
            people.register()?;
            people.await_registered(Duration::from_secs(60))?;
        }
        for _ in 0..3 {
            people.call(plan(chance, setting.phones, Weather::Lossy))?;
            people.pass(Duration::from_secs(100))?;
        }
        people.world.network().heal();
        finish(people)
    })
}

/// Strangers send bent copies of everything to everybody, all the time.
pub(super) fn strangers(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let mut faults = Faults::swarm(&mut chance);
    faults.mutant = *chance.pick(&[100, 500]);
    play(take, faults, |world, chance| {
        let setting = *chance.pick(&[THROUGH, DIRECT]);
        let mut people = People::new(world, setting, seed)?;
        if setting.server {
            people.register()?;
        }
        for _ in 0..2 + chance.below(3) {
            people.call(plan(chance, setting.phones, Weather::Foul))?;
            people.pass(chance.between(Duration::ZERO, Duration::from_secs(12)))?;
        }
        settle(&mut people)?;
        // A stranger may have said that the password is wrong, or that the registration lasts for
        // hours; who answers forged responses lives with what they say until the next login.
        if setting.server {
            people.register_again()?;
            people.await_registered(DRAIN)?;
        }
        people.call(plan(chance, setting.phones, Weather::Fair))?;
        people.pass(Duration::from_secs(60))?;
        finish(people)
    })
}

/// Many calls at once between phones and through a server with tables for a few: some are turned
/// away, all end, and then there is room again.
pub(super) fn crowd(take: &Take) -> Run {
    let seed = take.seed;
    let faults = Faults::swarm(&mut Chance::new(seed, 0));
    play(take, faults, |world, chance| {
        let setting = Setting {
            small_phones: true,
            small_server: chance.happens(500),
            ..*chance.pick(&[THROUGH, DIRECT])
        };
        let mut people = People::new(world, setting, seed)?;
        if setting.server {
            people.register()?;
            people.pass(Duration::from_secs(2))?;
        }
        for _ in 0..10 + chance.below(20) {
            people.call(plan(chance, setting.phones, Weather::Foul))?;
            people.pass(chance.between(Duration::ZERO, Duration::from_millis(300)))?;
        }
        settle(&mut people)?;
        if setting.server {
            people.await_registered(DRAIN)?;
        }
        // A small server remembers every transaction for half a minute and may be full again.
        let weather = if setting.small_server {
            Weather::Foul
        } else {
            Weather::Fair
        };
        people.call(plan(chance, setting.phones, weather))?;
        people.pass(Duration::from_secs(60))?;
        finish(people)
    })
}

/// A call that talks until it is told otherwise.
fn talking(chance: &mut Chance) -> Plan {
    Plan {
        caller: 0,
        callee: 1,
        answer: Callee::Answers(Duration::from_millis(chance.below(2000))),
        second: None,
        late: false,
        cancel: None,
        early: Vec::new(),
        talk: vec![(End::Caller, Duration::from_secs(60), Act::HangUp)],
        weather: Weather::Foul,
    }
}

/// A phone dies in the middle of a call, at any moment of it.
pub(super) fn kill_phone(take: &Take) -> Run {
    let seed = take.seed;
    let faults = Faults::swarm(&mut Chance::new(seed, 0));
    play(take, faults, |world, chance| {
        let setting = *chance.pick(&[THROUGH, DIRECT]);
        let mut people = People::new(world, setting, seed)?;
        if setting.server {
            people.register()?;
            people.pass(Duration::from_secs(2))?;
        }
        people.call(talking(chance))?;
        people.pass(chance.between(Duration::ZERO, Duration::from_secs(5)))?;
        let victim = usize::try_from(chance.below(2)).unwrap_or(0);
        let victim = people.phones[victim].id;
        people.world.kill(victim);
        people.pass(chance.between(Duration::ZERO, Duration::from_secs(90)))?;
        settle(&mut people)?;
        finish(people)
    })
}

/// The server dies in the middle of a call and comes back with empty tables.
pub(super) fn kill_server(take: &Take) -> Run {
    let seed = take.seed;
    let faults = Faults::swarm(&mut Chance::new(seed, 0));
    play(take, faults, |world, chance| {
        let mut people = People::new(world, THROUGH, seed)?;
        people.register()?;
        people.pass(Duration::from_secs(2))?;
        people.call(talking(chance))?;
        people.pass(chance.between(Duration::ZERO, Duration::from_secs(5)))?;
        if let Some(server) = people.server {
            people.world.kill(server);
        }
        let established = |people: &People<'_>| {
            let logs = people.logs.values();
            logs.filter(|log| log.answered == 1 && log.ended.is_empty())
                .count()
        };
        let before = established(&people);
        people.pass(Duration::from_secs(20))?;
        // Nobody needs a server to go on talking.
        if before == 2 && established(&people) != 2 {
            let what = "a call ended because the server died".to_owned();
            return Err(failed(people.world, "server", what));
        }
        people.pass(chance.between(Duration::ZERO, Duration::from_secs(60)))?;
        people.start_server(seed.wrapping_add(1))?;
        settle(&mut people)?;
        // The phones find out when they refresh, at the latest.
        people.pass(Duration::from_secs(700))?;
        people.await_registered(DRAIN)?;
        people.call(plan(chance, 3, Weather::Fair))?;
        people.pass(Duration::from_secs(60))?;
        finish(people)
    })
}
