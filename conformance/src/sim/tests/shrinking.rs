//! A machine with a bug is found by the swarm, and what has nothing to do with it is left out.

use super::*;

/// Three toys, one of which may have a bug; each pings another in turn.
fn take(seed: u64, fault: &str, trim: &Trim) -> Option<Attempt> {
    let faults = trim.of(Faults::swarm(&mut Chance::new(seed, 0)));
    let mut world = World::new(Network::new(Chance::new(seed, 1), faults), false);
    world.set_trim(trim.clone());
    let verdict = script(&mut world, fault);
    let (actors, acts) = world.could_leave_out();
    Some(Attempt {
        violation: verdict.err()?,
        faults,
        actors: actors.to_vec(),
        acts,
    })
}

const THREE: &str = "192.0.2.3:7";

fn script(world: &mut World<Toy>, fault: &str) -> Result<(), Violation> {
    let one = world.add("one", &format!("toy {fault}"), &[ONE.parse().unwrap()])?;
    world.add("two", "toy fine", &[TWO.parse().unwrap()])?;
    let three = if world.leaves_out("three") {
        world.add_nobody()
    } else {
        world.add("three", "toy fine", &[THREE.parse().unwrap()])?
    };
    for round in 1..8 {
        for who in [one, three] {
            if !world.skips() {
                world.command(who, &TWO.to_owned())?;
            }
        }
        while world.advance(Instant::from_millis(round * 5000))? {}
    }
    world.network().heal();
    world.drain(Duration::from_secs(100))
}

#[test]
fn a_bug_that_only_a_doubled_datagram_shows_is_found_and_made_small() {
    let found = (0..100).find_map(|seed| Some((seed, take(seed, "hasty", &Trim::none())?)));
    let (seed, failing) = found.expect("no seed found it");
    assert_eq!(failing.violation.what, "a pong out of nowhere");
    let small = shrink(&Trim::none(), failing.clone(), |trim| {
        take(seed, "hasty", trim)
    });
    // A doubled ping, or one that is sent again because its pong is late: one fault is left.
    let on = |faults: &Faults| {
        Fault::ALL
            .iter()
            .filter(|(fault, _)| faults.has(*fault))
            .count()
    };
    assert!(on(&failing.faults) > 1, "{}", failing.faults);
    assert_eq!(on(&small.attempt.faults), 1, "{}", small.attempt.faults);
    assert_eq!(small.trim.absent.iter().collect::<Vec<_>>(), ["three"]);
    // One ping is enough.
    assert_eq!(small.trim.skipped.len() + 1, small.attempt.acts);
    assert!(small.trim.calm_after < Some(failing.violation.at));
    assert!(small.tries < 100, "{}", small.tries);
    // It fails for the same reason when it is played again from what is printed.
    let again = take(seed, "hasty", &read(&small.trim.to_string()));
    assert_eq!(again, Some(small.attempt));
}

#[test]
fn a_sound_machine_has_nothing_to_make_smaller() {
    for seed in 0..100 {
        assert_eq!(take(seed, "fine", &Trim::none()), None);
    }
}

/// Reads the options of a command line.
fn read(options: &str) -> Trim {
    let mut trim = Trim::none();
    let mut words = options.split_ascii_whitespace();
    while let Some(name) = words.next() {
        let value = || words.next().map(str::to_owned).ok_or(String::new());
        assert_eq!(trim.option(name, value), Ok(true), "{name}");
    }
    trim
}

#[test]
fn what_is_left_out_is_read_as_it_is_written() {
    let trim = Trim {
        without: [Fault::Loss, Fault::ClockStep].into(),
        absent: ["bob".to_owned(), "carol-2".to_owned()].into(),
        skipped: [0, 7].into(),
        calm_after: Some(Instant::from_millis(1234)),
    };
    let text = trim.to_string();
    assert_eq!(
        text,
        " --without loss,clock-step --absent bob,carol-2 --skip 0,7 --calm-after 1234"
    );
    assert_eq!(read(&text), trim);
    assert_eq!(read(""), Trim::none());
    let mut trim = Trim::none();
    assert_eq!(
        trim.option("--ladder", || panic!("has no value")),
        Ok(false)
    );
    assert!(trim.option("--without", || Ok("rain".to_owned())).is_err());
    assert!(
        trim.option("--calm-after", || Ok("noon".to_owned()))
            .is_err()
    );
}

#[test]
fn another_failure_is_not_taken_for_the_same() {
    let violation = |promise, what: &str| Violation {
        promise,
        who: "one".to_owned(),
        at: Instant::ZERO,
        what: what.to_owned(),
    };
    let first = violation(Promise::Scenario, "call 7 did not end once");
    assert!(first.is_like(&violation(Promise::Scenario, "call 12 did not end once")));
    assert!(!first.is_like(&violation(Promise::Scenario, "not registered after 3600s")));
    assert!(!first.is_like(&violation(Promise::NothingLeft, "call 7 did not end once")));
}
