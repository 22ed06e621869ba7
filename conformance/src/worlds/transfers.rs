//! Calls whose one end asks the other to call a third, while anything can go wrong: nobody is left in
//! a call or a subscription, and the referrer hears what became of it.

use std::time::Duration;

use super::calls::{DIRECT, DRAIN, FORKED, LOSSY, THROUGH, any_plan, over_of};
use super::node::{Act, Node};
use super::people::{CONCLUDED, Callee, End, Manner, People, Plan, Setting, Weather};
use super::{Run, Take, failed, play};
use crate::sim::{CellId, Chance, Faults, Violation, World};

/// Three phones, and nobody between them.
const AMONG: Setting = Setting {
    phones: 3,
    ..DIRECT
};

/// Plays one run: one in four loses packets for which retransmissions make up, and the others go over
/// each transport in turn.
pub(super) fn run(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let is_lossy = seed % 4 == 3;
    let faults = if is_lossy {
        LOSSY
    } else {
        let faults = Faults::swarm(&mut chance).with_streams(&mut chance);
        faults.with_restarts(&mut chance)
    };
    play(take, faults, |world, chance| {
        let kind = if is_lossy {
            *chance.pick(&[AMONG, THROUGH])
        } else {
            Setting {
                over: over_of(seed),
                ..*chance.pick(&[AMONG, AMONG, THROUGH, FORKED])
            }
        };
        let setting = Setting {
            watched: true,
            ..kind
        };
        let setting = setting.with_any_address(chance);
        script(world, chance, (seed, is_lossy), setting)
    })
}

fn script(
    world: &mut World<Node>,
    chance: &mut Chance,
    (seed, is_lossy): (u64, bool),
    setting: Setting,
) -> Result<(), Violation> {
    let mut people = People::new(world, setting, seed)?;
    people.arrive(chance)?;
    if setting.server && is_lossy {
        people.await_registered(Duration::from_secs(60))?;
    }
    // Safety: whatever the weather does, nothing may break.
    for _ in 0..1 + chance.below(3) {
        people.call(any_plan(chance, setting, Weather::Foul))?;
        people.pass(chance.between(Duration::ZERO, Duration::from_secs(6)))?;
        for _ in 0..1 + chance.below(3) {
            people.transfer(chance)?;
            let longest = *chance.pick(&[20, 1000, 6000]);
            people.pass(Duration::from_millis(chance.below(longest)))?;
        }
        people.restart_somebody(chance)?;
    }
    people.pass(Duration::from_secs(20))?;
    people.world.network().heal();
    concluded(&mut people, is_lossy)?;
    // Liveness: what is asked for must happen.
    people.come_back(DRAIN)?;
    people.interests.manner = Manner::Kindly;
    fair(&mut people, chance, setting)?;
    concluded(&mut people, false)?;
    people.depart(DRAIN)
}

/// Everybody hangs up; and in time nobody is asked for anything any more.
fn concluded(people: &mut People<'_>, is_made_up_for: bool) -> Result<(), Violation> {
    people.hang_up_all()?;
    people.pass(CONCLUDED)?;
    people.judge()?;
    people.judge_interests()?;
    people.judge_transfers(is_made_up_for)
}

/// A call is transferred by either end of it.
fn fair(people: &mut People<'_>, chance: &mut Chance, setting: Setting) -> Result<(), Violation> {
    let index = |number: u64| usize::try_from(number).unwrap_or(0);
    let first = index(chance.below(3));
    let (callee, third) = ((first + 1) % 3, (first + 2) % 3);
    let judged = people.interests.judged;
    let plan = Plan {
        caller: first,
        callee,
        answer: Callee::Answers(Duration::from_millis(chance.below(2000))),
        second: setting.second_phones.then_some(Callee::Ignores),
        late: false,
        cancel: None,
        early: Vec::new(),
        talk: vec![(End::Caller, Duration::from_secs(15), Act::HangUp)],
        weather: Weather::Fair,
    };
    if !people.call(plan)? {
        return Ok(());
    }
    people.pass(Duration::from_secs(5))?;
    let ends = people
        .last_call()
        .and_then(|ours| Some((ours, people.far_end(ours)?)));
    let Some((ours, theirs)) = ends else {
        let what = "a call was not answered in fair weather";
        return Err(failed(people.world, "somebody", what.to_owned()));
    };
    if people.world.cell(people.phones[third].id).is_none() {
        return Ok(());
    }
    let (id, number) = if chance.happens(500) { ours } else { theirs };
    let refer = people.refer_to(number, third);
    let answer = people.interest(id, refer)?;
    people.pass(Duration::from_secs(6))?;
    was_told(people, id, &answer)?;
    people.pass(Duration::from_secs(20))?;
    people.judge_transfers(false)?;
    if people.interests.judged == judged {
        let what = "a REFER was followed in fair weather, and never judged";
        return Err(failed(people.world, "the checker", what.to_owned()));
    }
    Ok(())
}

/// The referrer was told that the call it has asked for was answered.
fn was_told(people: &People<'_>, id: CellId, answer: &str) -> Result<(), Violation> {
    let number = answer.strip_prefix("subscription ");
    let number: Option<usize> = number.and_then(|number| number.parse().ok());
    let log = number.and_then(|number| people.interests.subscribed.get(&(id, number)));
    if log.is_some_and(|log| log.progress.last() == Some(&(200, true))) {
        return Ok(());
    }
    let what = format!("a call was not transferred in fair weather: {answer}, {log:?}");
    Err(failed(people.world, "somebody", what))
}
