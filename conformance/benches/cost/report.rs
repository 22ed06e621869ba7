//! The tables: ours beside the best of the peers.

use std::collections::BTreeMap;

use crate::harness::Cost;

/// The peers' figures, measured on the same kind of machine over the same messages.
const PEERS: &str = include_str!("peers.tsv");

struct Best<'a> {
    peer: &'a str,
    value: f64,
}

/// Prints a row per case.
pub(crate) fn print(costs: &BTreeMap<String, Cost>) {
    println!(
        "| case | instructions | best peer | ns | best peer | allocations | fewest of a peer |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, cost) in costs {
        let instructions = cost
            .instructions
            .map_or_else(|| "-".to_owned(), |n| n.to_string());
        let best = |column| best(name, column);
        println!(
            "| {name} | {instructions} | {} | {:.0} | {} | {:.1} | {} |",
            shown(best(3)),
            cost.nanos,
            shown(best(4)),
            cost.allocations,
            shown(best(5)),
        );
    }
}

/// Prints how many whole calls one core makes in a second, both ends of each.
pub(crate) fn rates(costs: &BTreeMap<String, Cost>) {
    for (name, cost) in costs.iter().filter(|(name, _)| name.starts_with("call/")) {
        println!("{name}: {:.0} calls/s on one core", 1e9 / cost.nanos);
    }
}

/// The most octets that one end of a call that is up may hold.
const SETTLED_MAX: f64 = 4096.0;

/// Prints what one call that is up holds, beside the peers' figures; whether it is little enough.
pub(crate) fn settled((bytes, calls): (f64, usize)) -> bool {
    println!("\none end of a settled call, mean of {calls} calls: {bytes:.0} bytes of heap");
    println!(
        "(peers, resident bytes per held call: SIPp 4.8 kB, kamailio dialog 7.3 kB, rsipstack 15.1 kB, pjsip 43.6 kB)"
    );
    let is_small = bytes <= SETTLED_MAX;
    if !is_small {
        println!("HOLDS TOO MUCH: more than {SETTLED_MAX} bytes");
    }
    is_small
}

fn shown(best: Option<Best<'_>>) -> String {
    best.map_or_else(
        || "-".to_owned(),
        |best| format!("{} ({})", best.value, best.peer),
    )
}

fn best(name: &str, column: usize) -> Option<Best<'static>> {
    let (operation, message) = name.split_once('/')?;
    PEERS
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|row| row.first() == Some(&operation) && row.get(2) == Some(&message))
        .filter_map(|row| {
            Some(Best {
                peer: row.get(1)?,
                value: row.get(column)?.parse().ok()?,
            })
        })
        .min_by(|a, b| a.value.total_cmp(&b.value))
}
