//! Bare transactions: each is answered as asked, ends exactly once, and leaves nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use offhook::{Instant, Transport};

use super::calls::{DRAIN, over_of};
use super::talker::{Said, Talk, Talker};
use super::{Run, Take, failed, play};
use crate::sim::{CellId, Chance, Faults, Violation, World, transport_name};

const NAMES: [(&str, &str); 3] = [
    ("anna", "192.0.2.1:5060"),
    ("bert", "192.0.2.2:5060"),
    ("cora", "[2001:db8::3]:5060"),
];

/// How INVITEs want to be answered, and what must come of it when nothing goes wrong.
const INVITES: [(&str, u16); 7] = [
    ("200@0", 200),
    ("180@50 200@3000", 200),
    ("486@0", 486),
    ("180@10 183@700 603@1500", 603),
    ("200@250", 200),
    ("404@190", 404),
    ("180@0 180@60000 200@62000", 200),
];

const OTHERS: [(&str, u16); 4] = [
    ("200@0", 200),
    ("404@400", 404),
    ("200@9000", 200),
    ("", 408),
];

/// Plays one run, over each transport in turn.
pub(super) fn run(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let faults = Faults::swarm(&mut chance).with_streams(&mut chance);
    play(take, faults, |world, chance| script(world, chance, seed))
}

/// Starts the endpoint of that number, which is found at an address.
fn open(
    world: &mut World<Talker>,
    number: u64,
    (name, address): (&str, SocketAddr),
    seed: u64,
) -> Result<CellId, Violation> {
    let over = over_of(seed);
    let number = seed.wrapping_mul(8).wrapping_add(number);
    let mut description = format!("talker {number} over={}", transport_name(over));
    if over == Transport::Udp {
        return world.add(name, &description, &[address]);
    }
    if matches!(over, Transport::Ws | Transport::Wss) {
        description.push_str(&format!(" listens={address}"));
    }
    let id = world.add(name, &description, &[])?;
    world.listen(id, over, address)?;
    Ok(id)
}

type Ledger = BTreeMap<(CellId, u32), Entry>;

/// What is expected of one request, and what came.
struct Entry {
    what: String,
    expected: Option<u16>,
    answers: Vec<u16>,
    overs: u32,
}

fn script(world: &mut World<Talker>, chance: &mut Chance, seed: u64) -> Result<(), Violation> {
    let mut cells = Vec::new();
    for (name, address) in NAMES {
        let address: SocketAddr = parse(address);
        let id = open(world, cells.len() as u64, (name, address), seed)?;
        cells.push((id, address));
    }
    let mut ledger = Ledger::new();
    let safety = 4 + chance.below(12);
    for _ in 0..safety {
        ask(world, chance, &cells, &mut ledger, false)?;
        let pause = chance.between(Duration::ZERO, Duration::from_secs(2));
        advance(world, world.now() + pause, &mut ledger)?;
    }
    // Everything that was begun in bad weather is over after a ring and 64·T1, late or not.
    advance(world, world.now() + Duration::from_secs(200), &mut ledger)?;
    world.network().heal();
    // An INVITE that got a provisional answer and lost the final one waits without a bound of its
    // own (RFC 3261 §17.1.1.2): giving it up is the user's job.
    let open: Vec<_> = ledger
        .iter()
        .filter(|(_, entry)| entry.overs == 0)
        .collect();
    let open: Vec<(CellId, u32)> = open.into_iter().map(|(key, _)| *key).collect();
    for (id, number) in open {
        world.command(id, &Talk::Cancel { number })?;
    }
    advance(world, world.now() + Duration::from_secs(100), &mut ledger)?;
    for _ in 0..3 {
        ask(world, chance, &cells, &mut ledger, true)?;
    }
    advance(world, world.now() + Duration::from_secs(200), &mut ledger)?;
    world.drain(DRAIN)?;
    judge(world, &ledger)
}

/// Sends one request, and cancels it a little later now and then.
fn ask(
    world: &mut World<Talker>,
    chance: &mut Chance,
    cells: &[(CellId, SocketAddr)],
    ledger: &mut Ledger,
    fair: bool,
) -> Result<(), Violation> {
    // IPv4 and IPv6 hosts do not reach each other.
    let pairs = [(0, 1), (1, 0), (2, 2)];
    let (from, to) = *chance.pick(&pairs);
    let invite = chance.happens(600);
    let (method, (plan, status)) = if invite {
        ("INVITE", *chance.pick(&INVITES))
    } else {
        ("OPTIONS", *chance.pick(&OTHERS))
    };
    let command = Talk::Ask {
        method: method.to_owned(),
        to: cells[to].1,
        plan: plan.to_owned(),
    };
    let answer = world.command(cells[from].0, &command)?;
    let number = answer.strip_prefix("number ").and_then(|n| n.parse().ok());
    let Some(number) = number else {
        return Err(failed(world, NAMES[from].0, format!("{command}: {answer}")));
    };
    let cancelled = invite && chance.happens(400);
    let entry = Entry {
        what: command.to_string(),
        expected: (fair && !cancelled).then_some(status),
        answers: Vec::new(),
        overs: 0,
    };
    ledger.insert((cells[from].0, number), entry);
    if cancelled {
        let pause = chance.between(Duration::ZERO, Duration::from_millis(1200));
        advance(world, world.now() + pause, ledger)?;
        world.command(cells[from].0, &Talk::Cancel { number })?;
    }
    Ok(())
}

fn advance(
    world: &mut World<Talker>,
    until: Instant,
    ledger: &mut Ledger,
) -> Result<(), Violation> {
    while world.advance(until)? {
        while let Some((id, said)) = world.next_event() {
            let (Said::Answered { number, .. } | Said::Over { number }) = said;
            if let Some(entry) = ledger.get_mut(&(id, number)) {
                match said {
                    Said::Answered { status, .. } => entry.answers.push(status),
                    Said::Over { .. } => entry.overs += 1,
                }
            }
        }
    }
    Ok(())
}

/// Every request was answered once and is over once; in fair weather as it asked to be.
fn judge(world: &World<Talker>, ledger: &Ledger) -> Result<(), Violation> {
    for ((id, number), entry) in ledger {
        let name = world.cell(*id).map_or("nobody", |cell| cell.name());
        let Entry {
            what,
            expected,
            answers,
            overs,
        } = entry;
        let once = answers.len() == 1 && *overs == 1;
        let right = expected.is_none_or(|expected| answers.first() == Some(&expected));
        if !once || !right {
            let what = format!(
                "number {number}, `{what}`: answers {answers:?}, over {overs} times, \
                 expected {expected:?}"
            );
            return Err(failed(world, name, what));
        }
    }
    Ok(())
}

fn parse(address: &str) -> SocketAddr {
    address
        .parse()
        .unwrap_or_else(|_| panic!("no address: {address}"))
}
