//! Sessions that are changed from both ends at once, before the call is answered and after, while
//! anything can go wrong: both ends have the same session whenever it has been quiet.

use std::time::Duration;

use super::calls::{DIRECT, DRAIN, FORKED, THROUGH, finish, over_of};
use super::node::Act;
use super::people::{Callee, End, People, Plan, Setting, Weather, plan};
use super::{Run, Take, failed, play};
use crate::sim::{Chance, Faults, Violation, World};

/// Plays one run.
pub(super) fn run(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let faults = Faults::swarm(&mut chance).with_streams(&mut chance);
    let faults = faults.with_restarts(&mut chance);
    play(take, faults, |world, chance| {
        let setting = Setting {
            over: over_of(seed),
            variety: Some(seed),
            ..*chance.pick(&[FORKED, FORKED, THROUGH, DIRECT])
        };
        let setting = setting.with_any_address(chance);
        script(world, chance, seed, setting)
    })
}

fn script(
    world: &mut World<super::node::Node>,
    chance: &mut Chance,
    seed: u64,
    setting: Setting,
) -> Result<(), Violation> {
    let mut people = People::new(world, setting, seed)?;
    people.arrive(chance)?;
    // Safety: what is changed is changed at both ends or at neither, whatever the weather does.
    for _ in 0..1 + chance.below(3) {
        people.call(session(chance, setting, Weather::Foul))?;
        people.pass(chance.between(Duration::ZERO, Duration::from_secs(60)))?;
        people.restart_somebody(chance)?;
    }
    people.pass(chance.between(Duration::ZERO, Duration::from_secs(100)))?;
    // The calls that are still up go on for a while in fair weather: ends that are alone find out.
    people.world.network().heal();
    people.pass(Duration::from_secs(300))?;
    people.hang_up_all()?;
    people.pass(Duration::from_secs(150))?;
    // Liveness: what is asked for must happen.
    people.come_back(DRAIN)?;
    people.call(session(chance, setting, Weather::Fair))?;
    people.pass(Duration::from_secs(280))?;
    let compared = people.compared();
    let calls = people.call(long(chance, setting))?;
    people.pass(Duration::from_secs(200))?;
    if calls && people.compared() == compared {
        let what = "a call went on for minutes, and its ends were never compared".to_owned();
        return Err(failed(people.world, "the checker", what));
    }
    finish(people)
}

/// A call whose session is changed a lot.
fn session(chance: &mut Chance, setting: Setting, weather: Weather) -> Plan {
    let mut plan = plan(chance, setting.phones, weather);
    if setting.second_phones {
        plan = plan.forked(chance);
    }
    plan.late = chance.happens(200);
    if chance.happens(500) {
        plan.early = early(chance);
    }
    let over = *chance.pick(&[2, 30, 120, 250]);
    let over = chance.between(Duration::ZERO, Duration::from_secs(over));
    plan.talk = talk(chance, over);
    if setting.second_phones {
        // Whoever loses the race for the answer has nothing to say.
        plan.talk
            .retain(|(end, _, act)| *act != Act::HangUp || *end == End::Caller);
        plan.talk.push((End::Caller, over, Act::HangUp));
    }
    plan
}

/// A call that is answered and goes on for some minutes.
fn long(chance: &mut Chance, setting: Setting) -> Plan {
    let answer = Callee::Answers(Duration::from_millis(chance.below(3000)));
    let mut talk = talk(chance, Duration::from_secs(190));
    talk.push((End::Caller, Duration::from_secs(190), Act::HangUp));
    Plan {
        answer,
        second: setting.second_phones.then_some(Callee::Ignores),
        cancel: None,
        talk,
        ..session(chance, setting, Weather::Fair)
    }
}

/// What is done while it rings: the callee describes its media, and either end changes what was
/// described, both of them at once now and then.
fn early(chance: &mut Chance) -> Vec<(End, Duration, Act)> {
    let millis = |chance: &mut Chance, most| Duration::from_millis(chance.below(most));
    let mut early = vec![(End::Callee, millis(chance, 800), Act::Describe)];
    for _ in 0..chance.below(3) {
        let at = millis(chance, 4000);
        changes(chance, at, &mut early);
    }
    early
}

/// What is done in a call until somebody, or both at once, hang up.
fn talk(chance: &mut Chance, over: Duration) -> Vec<(End, Duration, Act)> {
    let mut talk = Vec::new();
    for _ in 0..chance.below(5) {
        let moments = [
            Duration::from_millis(chance.below(6000)),
            Duration::from_millis(chance.below(20)),
            // When the session is refreshed, or just before.
            Duration::from_millis(44_980 + chance.below(40)),
            over / 2,
        ];
        let at = *chance.pick(&moments);
        changes(chance, at, &mut talk);
    }
    let both = chance.happens(200);
    let first = *chance.pick(&[End::Caller, End::Callee]);
    for end in [End::Caller, End::Callee] {
        if both || end == first {
            talk.push((end, over, Act::HangUp));
        }
    }
    talk
}

/// A change at one end, or at both: at the same time, or so close that they cross on the way.
fn changes(chance: &mut Chance, at: Duration, acts: &mut Vec<(End, Duration, Act)>) {
    let both = chance.happens(500);
    let first = *chance.pick(&[End::Caller, End::Callee]);
    for end in [End::Caller, End::Callee] {
        let apart = *chance.pick(&[1, 3, 100, 1000]);
        let act = *chance.pick(&[Act::Hold, Act::Resume]);
        let at = at + Duration::from_millis(chance.below(apart));
        if both || end == first {
            acts.push((end, at, act));
        }
    }
}
