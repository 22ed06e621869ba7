//! Phones that subscribe to each other's state, while anything can go wrong: whenever it has been
//! fair for long enough both ends of every subscription hold the same, and whatever is asked for in
//! fair weather happens.

use std::time::Duration;

use offhook::sip::event::SubscriberState;
use offhook::sip::ua::SubscriptionEnd;

use super::calls::{DIRECT, DRAIN, FORKED, THROUGH, over_of};
use super::node::{Interest, Node};
use super::people::{LONGEST, Manner, People, SETTLED, Setting};
use super::{Run, Take, failed, play};
use crate::sim::{CellId, Chance, Faults, Violation, World};

/// For how many seconds somebody may ask: less than is granted, and more.
const SECS: [u64; 8] = [0, 2, 5, 8, 20, 20, 60, 3600];

/// Plays one run, over each transport in turn.
pub(super) fn run(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let faults = Faults::swarm(&mut chance).with_streams(&mut chance);
    let faults = faults.with_restarts(&mut chance);
    play(take, faults, |world, chance| {
        let setting = Setting {
            over: over_of(seed),
            watched: true,
            ..*chance.pick(&[DIRECT, DIRECT, THROUGH, FORKED])
        };
        let setting = setting.with_any_address(chance);
        script(world, chance, seed, setting)
    })
}

fn script(
    world: &mut World<Node>,
    chance: &mut Chance,
    seed: u64,
    setting: Setting,
) -> Result<(), Violation> {
    let mut people = People::new(world, setting, seed)?;
    people.arrive(chance)?;
    // Safety: whatever the weather does, nothing may break.
    for _ in 0..4 + chance.below(12) {
        something(&mut people, chance, setting)?;
        let longest = *chance.pick(&[1, 1, 10, 70]);
        people.pass(chance.between(Duration::ZERO, Duration::from_secs(longest)))?;
        people.restart_somebody(chance)?;
    }
    people.world.network().heal();
    people.pass(SETTLED + LONGEST)?;
    people.leave_all()?;
    people.pass(SETTLED)?;
    people.judge_interests()?;
    // Liveness: what is asked for must happen.
    people.come_back(DRAIN)?;
    people.interests.manner = Manner::Kindly;
    fair(&mut people, chance, setting)?;
    people.leave_all()?;
    people.pass(SETTLED)?;
    people.judge_interests()?;
    people.depart(DRAIN)
}

/// Somebody, and somebody else.
fn two(people: &People<'_>, chance: &mut Chance, setting: Setting) -> (CellId, usize) {
    let count = setting.phones as u64;
    let one = chance.below(count);
    let other = (one + 1 + chance.below(count - 1)) % count;
    let index = |number| usize::try_from(number).unwrap_or(0);
    (people.phones[index(one)].id, index(other))
}

/// Somebody subscribes, or does something about what there is.
fn something(
    people: &mut People<'_>,
    chance: &mut Chance,
    setting: Setting,
) -> Result<(), Violation> {
    let (one, other) = two(people, chance, setting);
    let uri = setting.uri(other, people.phones[other].name);
    let secs = *chance.pick(&SECS);
    let number = usize::try_from(chance.below(4)).unwrap_or(0);
    let interest = match chance.below(10) {
        0..=3 => Interest::Subscribe(secs, uri),
        4 => Interest::SubscribeAll(secs, uri),
        5 => Interest::Refresh(number),
        6 => Interest::Leave(number),
        _ => Interest::Publish,
    };
    if people.world.skips() {
        return Ok(());
    }
    people.interest(one, interest).map(|_| ())
}

/// Somebody subscribes, hears of every change for some minutes, and leaves; and somebody asks once.
fn fair(people: &mut People<'_>, chance: &mut Chance, setting: Setting) -> Result<(), Violation> {
    let (one, other) = two(people, chance, setting);
    let uri = setting.uri(other, people.phones[other].name);
    // Whichever of two phones has notified first.
    let phones = people.phones.iter().skip(other).step_by(setting.phones);
    let watched: Vec<CellId> = phones.map(|phone| phone.id).collect();
    let mut all = watched.iter().chain([&one]);
    if all.any(|id| people.world.cell(*id).is_none()) {
        return Ok(());
    }
    let secs = *chance.pick(&SECS[1..]);
    let compared = people.interests.compared;
    let it = subscribe(people, one, Interest::Subscribe(secs, uri.clone()))?;
    people.pass(Duration::from_secs(5))?;
    knows(people, it, &watched)?;
    for _ in 0..2 {
        for id in &watched {
            people.interest(*id, Interest::Publish)?;
        }
        people.pass(chance.between(Duration::from_secs(2), Duration::from_secs(90)))?;
        knows(people, it, &watched)?;
    }
    if people.interests.compared == compared {
        let what = "a subscription went on for minutes, and its ends were never compared";
        return Err(failed(people.world, "the checker", what.to_owned()));
    }
    people.interest(one, Interest::Leave(it.1))?;
    people.pass(Duration::from_secs(3))?;
    ended(people, it, SubscriptionEnd::Left)?;
    let it = subscribe(people, one, Interest::Subscribe(0, uri))?;
    people.pass(Duration::from_secs(5))?;
    ended(people, it, SubscriptionEnd::Left)
}

/// Subscribes; the phone and the number of the subscription.
fn subscribe(
    people: &mut People<'_>,
    id: CellId,
    interest: Interest,
) -> Result<(CellId, usize), Violation> {
    let answer = people.interest(id, interest)?;
    let number = answer
        .strip_prefix("subscription ")
        .and_then(|n| n.parse().ok());
    let number = number.ok_or_else(|| {
        failed(
            people.world,
            "somebody",
            format!("cannot subscribe: {answer}"),
        )
    })?;
    Ok((id, number))
}

/// A subscription is there, was never lost, and its owner knows the state of one of those who are
/// watched.
fn knows(
    people: &People<'_>,
    (id, number): (CellId, usize),
    watched: &[CellId],
) -> Result<(), Violation> {
    let phone = |id| match people.world.cell(id).map(|cell| cell.machine()) {
        Some(Node::Phone(phone)) => Some(phone),
        Some(Node::Server(_) | Node::Audio(_)) | None => None,
    };
    let states: Vec<u32> = watched
        .iter()
        .filter_map(|id| Some(phone(*id)?.state()))
        .collect();
    let log = people.interests.subscribed.get(&(id, number));
    let (told, lost) = log.map_or((None, 0), |log| (log.told, log.lost));
    let state = phone(id).and_then(|it| Some(it.subscription(number)?.state()));
    let is_told = told.is_some_and(|told| states.contains(&told));
    if state == Some(SubscriberState::Active) && is_told && lost == 0 {
        return Ok(());
    }
    let what = format!(
        "subscription {number} in fair weather: {state:?}, was told {told:?} of {states:?}, lost {lost}"
    );
    Err(failed(people.world, "somebody", what))
}

/// A subscription has ended for that reason.
fn ended(
    people: &People<'_>,
    (id, number): (CellId, usize),
    reason: SubscriptionEnd,
) -> Result<(), Violation> {
    let log = people.interests.subscribed.get(&(id, number));
    if log.is_some_and(|log| log.ended == [reason]) {
        return Ok(());
    }
    let what = format!("subscription {number} did not end with {reason:?}: {log:?}");
    Err(failed(people.world, "somebody", what))
}
