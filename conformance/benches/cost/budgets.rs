//! What each case may cost: `budgets.tsv`, which is changed by hand and with a reason.
//!
//! More than 3 % above a budget fails, and so does a case without one. A cost far below its budget
//! is said, so that the budget can follow.

use crate::harness::Bench;

const BUDGETS: &str = include_str!("budgets.tsv");
/// What a count may be above its budget.
const TOLERATED: f64 = 1.03;
/// Below this share of its budget a cost is pointed at.
const SLACK: f64 = 0.95;

struct Budget<'a> {
    case: &'a str,
    instructions: u64,
    allocations: f64,
    /// What issue 3 wants of the case, if it wants something.
    goal: Option<u64>,
}

fn budgets() -> impl Iterator<Item = Budget<'static>> {
    BUDGETS.lines().skip(1).filter_map(|line| {
        let mut columns = line.split('\t');
        Some(Budget {
            case: columns.next()?,
            instructions: columns.next()?.parse().ok()?,
            allocations: columns.next()?.parse().ok()?,
            goal: columns.next().and_then(|goal| goal.parse().ok()),
        })
    })
}

/// Prints what is over its budget, and the goals; whether nothing is over.
pub(crate) fn check(bench: &Bench) -> bool {
    if bench.instructions.is_empty() {
        println!("\nbudgets: NOT CHECKED, instructions were not counted");
        return true;
    }
    let mut faults = Vec::new();
    for (name, cost) in &bench.costs {
        let Some(budget) = budgets().find(|budget| budget.case == name) else {
            faults.push(format!("{name} has no budget"));
            continue;
        };
        let count = cost.instructions.unwrap_or(u64::MAX);
        if count as f64 > budget.instructions as f64 * TOLERATED {
            faults.push(format!(
                "{name}: {count} instructions, budget {}",
                budget.instructions
            ));
        } else if (count as f64) < budget.instructions as f64 * SLACK {
            println!(
                "{name}: {count} instructions, well below its budget {}",
                budget.instructions
            );
        }
        if cost.allocations > budget.allocations * TOLERATED {
            faults.push(format!(
                "{name}: {} allocations, budget {}",
                cost.allocations, budget.allocations
            ));
        }
    }
    let measured = |budget: &Budget<'_>| bench.costs.contains_key(budget.case);
    if bench.is_whole() {
        let lost = budgets().filter(|budget| !measured(budget));
        faults.extend(lost.map(|budget| format!("{} has a budget and is no case", budget.case)));
    }
    print_goals(bench);
    for fault in &faults {
        println!("OVER BUDGET: {fault}");
    }
    if faults.is_empty() {
        println!("budgets: all {} cases within 3 %", bench.costs.len());
    }
    faults.is_empty()
}

fn print_goals(bench: &Bench) {
    println!("\n| goal | at most | is |  |\n|---|---|---|---|");
    for budget in budgets() {
        let cost = bench
            .costs
            .get(budget.case)
            .and_then(|cost| cost.instructions);
        if let (Some(goal), Some(count)) = (budget.goal, cost) {
            let verdict = if count <= goal { "reached" } else { "missed" };
            println!("| {} | {goal} | {count} | {verdict} |", budget.case);
        }
    }
}
