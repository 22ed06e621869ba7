//! Each fault happens when it is on, as it says, and at no other time.

use super::*;

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

fn network(faults: Faults) -> Network {
    Network::new(Chance::new(3, 1), faults)
}

/// How long each of so many datagrams, sent one after another at the same moment, is on its way.
fn delays(network: &mut Network, count: usize, bytes: usize) -> Vec<Option<Duration>> {
    let bytes = vec![0; bytes];
    let sent = (0..count).map(|_| network.send(Instant::ZERO, at(ONE), at(TWO), &bytes));
    sent.map(|arrivals| {
        let first = arrivals.first()?;
        Some(first.at.saturating_duration_since(Instant::ZERO))
    })
    .collect()
}

const WAY: Option<Duration> = Some(Duration::from_millis(1));

#[test]
fn without_faults_every_datagram_arrives_once_and_in_time() {
    assert_eq!(delays(&mut network(Faults::none()), 100, 9000), [WAY; 100]);
}

#[test]
fn losses_in_bursts_come_one_after_another() {
    let faults = Faults {
        burst: Burst {
            begin: 10,
            end: 100,
            loss: 1000,
        },
        ..Faults::none()
    };
    let delays = delays(&mut network(faults), 20_000, 1);
    let lost = delays.iter().filter(|delay| delay.is_none()).count();
    let runs = delays
        .windows(2)
        .filter(|pair| pair[0].is_some() && pair[1].is_none());
    let runs = runs.count();
    // A way is bad for 10 in 110 datagrams, and then for ten at a time.
    assert!((1300..2400).contains(&lost), "{lost}");
    assert!((7..14).contains(&(lost / runs)), "{lost} in {runs} runs");
}

#[test]
fn a_burst_is_of_one_way() {
    let faults = Faults {
        burst: Burst {
            begin: 1000,
            end: 0,
            loss: 1000,
        },
        ..Faults::none()
    };
    let mut network = network(Faults::none());
    network.set_between(at(ONE).ip(), at(TWO).ip(), faults);
    assert_eq!(delays(&mut network, 10, 1), [None; 10]);
    let elsewhere = at("192.0.2.3:7");
    assert_eq!(
        network.send(Instant::ZERO, at(ONE), elsewhere, b"x").len(),
        1
    );
}

#[test]
fn a_datagram_beyond_the_mtu_is_lost_or_passes_in_pieces() {
    let whole = Faults {
        mtu: 1000,
        ..Faults::none()
    };
    assert_eq!(delays(&mut network(whole), 5, 1000), [WAY; 5]);
    assert_eq!(delays(&mut network(whole), 5, 1001), [None; 5]);
    let pieces = Faults {
        fragments: true,
        ..whole
    };
    assert_eq!(delays(&mut network(pieces), 5, 4001), [WAY; 5]);
    // Five pieces, all of which must arrive: 0.7 to the fifth.
    let lossy = Faults {
        loss: 300,
        ..pieces
    };
    let delays = delays(&mut network(lossy), 10_000, 4001);
    let arrived = delays.iter().flatten().count();
    assert!((1500..1900).contains(&arrived), "{arrived}");
}

#[test]
fn on_a_narrow_link_datagrams_wait_for_each_other_and_the_last_are_dropped() {
    let faults = Faults {
        bandwidth: 1000,
        queue: 1000,
        ..Faults::none()
    };
    let mut network = network(faults);
    let millis = |millis| Some(Duration::from_millis(millis));
    let expected = [millis(501), millis(1001), millis(1501), None, None];
    assert_eq!(delays(&mut network, 5, 500), expected);
    // The other direction is free, and later this one is again.
    let back = network.send(Instant::ZERO, at(TWO), at(ONE), &[0; 500]);
    assert_eq!(back[0].at, Instant::from_millis(501));
    let later = network.send(Instant::from_millis(5000), at(ONE), at(TWO), &[0; 500]);
    assert_eq!(later[0].at, Instant::from_millis(5501));
}

#[test]
fn a_partition_is_between_two_hosts_and_ends() {
    let mut network = network(Faults::none());
    let until = Instant::from_millis(100);
    network.cut(at(TWO).ip(), at(ONE).ip(), until);
    assert_eq!(delays(&mut network, 3, 1), [None; 3]);
    let elsewhere = at("192.0.2.3:7");
    assert_eq!(
        network.send(Instant::ZERO, at(ONE), elsewhere, b"x").len(),
        1
    );
    assert_eq!(network.send(until, at(ONE), at(TWO), b"x").len(), 1);
    network.cut(at(TWO).ip(), at(ONE).ip(), until);
    network.heal();
    assert_eq!(delays(&mut network, 1, 1), [WAY]);
}

#[test]
fn partitions_come_by_themselves_and_go() {
    let faults = Faults {
        partition: 10,
        partition_max: Duration::from_millis(300),
        ..Faults::none()
    };
    let mut network = network(faults);
    let seen = (0..5000).map(|n| {
        let now = Instant::from_millis(n * 10);
        network.send(now, at(ONE), at(TWO), b"x").len()
    });
    let arrived: usize = seen.sum();
    // One in a hundred begins one, which hides fifteen on the average.
    assert!((3800..4700).contains(&arrived), "{arrived}");
}

#[test]
fn what_is_held_up_is_overtaken() {
    let faults = Faults {
        reorder: 200,
        hold: Duration::from_millis(50),
        ..Faults::none()
    };
    let delays = delays(&mut network(faults), 1000, 1);
    let held = delays.iter().filter(|delay| **delay != WAY).count();
    assert!((150..250).contains(&held), "{held}");
    assert!(delays.iter().flatten().max() <= Some(&Duration::from_millis(51)));
}

#[test]
fn the_way_takes_as_long_as_it_should_and_not_always_the_same() {
    let faults = Faults {
        latency_min: Duration::from_millis(20),
        latency_max: Duration::from_millis(40),
        ..Faults::none()
    };
    let delays = delays(&mut network(faults), 1000, 1);
    let delays: Vec<Duration> = delays.into_iter().flatten().collect();
    let mean = delays.iter().sum::<Duration>() / 1000;
    assert!((29..32).contains(&mean.as_millis()), "{mean:?}");
    let bounds = [delays.iter().min(), delays.iter().max()].map(|delay| delay.unwrap().as_millis());
    assert_eq!(bounds, [20, 39]);
}

#[test]
fn strangers_bend_what_they_copy() {
    let faults = Faults {
        mutant: 1000,
        ..Faults::none()
    };
    let mut network = network(faults);
    let mut bent = 0;
    for _ in 0..100 {
        let arrivals = network.send(Instant::ZERO, at(ONE), at(TWO), b"some text");
        let sources: Vec<SocketAddr> = arrivals.iter().map(|arrival| arrival.source).collect();
        assert_eq!(sources, [STRANGER, at(ONE)]);
        bent += usize::from(arrivals[0].bytes != b"some text");
        assert_eq!(arrivals[1].bytes, b"some text");
    }
    assert!(bent > 80, "{bent}");
}

#[test]
fn the_system_refuses_and_the_sleeper_oversleeps_as_often_as_they_should() {
    let faults = Faults {
        refused: 100,
        late: 100,
        restart: 100,
        clock_step: 100,
        ..Faults::none()
    };
    let mut bad = network(faults);
    let mut fair = network(Faults::none());
    let refused = (0..10_000)
        .filter(|_| bad.refuses(Instant::ZERO, 0))
        .count();
    let late = (0..10_000)
        .filter(|_| bad.late(Instant::ZERO) > Duration::ZERO)
        .count();
    assert!((900..1100).contains(&refused), "{refused}");
    assert!((900..1100).contains(&late), "{late}");
    let restarts = (0..10_000).filter(|_| bad.restarts(Instant::ZERO)).count();
    assert!((900..1100).contains(&restarts), "{restarts}");
    let steps = (0..10_000).filter_map(|_| bad.clock_step(Instant::ZERO, 0));
    let steps = steps.count();
    assert!((900..1100).contains(&steps), "{steps}");
    for now in (0..1000).map(Instant::from_millis) {
        assert!(!fair.refuses(now, 0) && fair.late(now) == Duration::ZERO);
        assert!(!fair.restarts(now) && fair.clock_step(now, 0).is_none());
    }
}

/// A world in which one toy pings another, and the other is told to ping as well.
fn pinging(faults: Faults) -> (World<Toy>, [CellId; 2]) {
    let mut world = World::new(network(faults), true);
    let one = world.add("one", "toy fine", &[at(ONE)]).unwrap();
    let two = world.add("two", "toy fine", &[at(TWO)]).unwrap();
    (world, [one, two])
}

#[test]
fn a_clock_that_steps_stays_where_it_went_and_deadlines_are_met_by_it() {
    let faults = Faults {
        clock_step: 1000,
        clock_step_max: Duration::from_secs(60),
        ..Faults::none()
    };
    let (mut world, [one, _]) = pinging(faults);
    // Nobody is there: a ping every second of its own clock.
    world.command(one, &"192.0.2.9:7".to_owned()).unwrap();
    for _ in 0..20 {
        world.command(one, &"192.0.2.9:7".to_owned()).unwrap();
    }
    let now = world.now();
    let clock = world.cell(one).unwrap().clock(now);
    assert!(clock > now + Duration::from_secs(60), "{clock:?}");
    let deadline = world.cell(one).unwrap().deadline();
    assert!(
        deadline <= Some(now + Duration::from_secs(10)),
        "{deadline:?}"
    );
    let sent = world.transcript().packets().len();
    world.network().heal();
    while world.advance(now + Duration::from_secs(10)).unwrap() {}
    let more = world.transcript().packets().len() - sent;
    assert!((7..=11).contains(&more), "{more} pings in ten seconds");
    let text = world.cell(one).unwrap().recording().unwrap().as_text();
    let told = text.matches(" clock 17").count();
    assert!(told > 20, "the wall clock was told {told} times");
}

#[test]
fn who_oversleeps_acts_late() {
    let faults = Faults {
        late: 1000,
        ..Faults::none()
    };
    let (mut world, [one, _]) = pinging(faults);
    world.command(one, &"192.0.2.9:7".to_owned()).unwrap();
    while world.advance(Instant::from_millis(60_000)).unwrap() {}
    let pings = world.transcript().packets().len();
    // A second, and then up to three more.
    assert!((15..40).contains(&pings), "{pings} pings in a minute");
}

#[test]
fn who_starts_anew_knows_nothing_and_is_where_it_was() {
    let (mut world, [one, two]) = pinging(Faults::none());
    world.command(one, &"192.0.2.9:7".to_owned()).unwrap();
    assert!(world.cell(one).unwrap().idle().is_err());
    let again = world.restart(one, "toy fine").unwrap();
    assert!(world.cell(one).is_none());
    world.cell(again).unwrap().idle().unwrap();
    world.command(two, &ONE.to_owned()).unwrap();
    world.drain(Duration::from_secs(10)).unwrap();
    assert_eq!(world.next_event(), Some((two, "ponged".to_owned())));
}

#[test]
fn the_weather_clears_up_when_the_run_is_told_so() {
    let faults = Faults {
        loss: 1000,
        ..Faults::none()
    };
    let (mut world, [one, _]) = pinging(faults);
    world.set_trim(Trim {
        calm_after: Some(Instant::from_millis(2500)),
        ..Trim::none()
    });
    world.command(one, &TWO.to_owned()).unwrap();
    while world.advance(Instant::from_millis(2400)).unwrap() {}
    assert_eq!(world.next_event(), None);
    world.drain(Duration::from_secs(10)).unwrap();
    assert_eq!(world.next_event(), Some((one, "ponged".to_owned())));
}

#[test]
fn every_fault_can_be_left_out_and_is_drawn_by_some_seed() {
    let drawn = |seed| {
        let mut chance = Chance::new(seed, 0);
        let faults = Faults::swarm(&mut chance).with_streams(&mut chance);
        faults.with_restarts(&mut chance)
    };
    let all: Vec<Faults> = (0..100).map(drawn).collect();
    for (fault, name) in Fault::ALL {
        assert_eq!(name.parse(), Ok(fault));
        let on = all.iter().filter(|faults| faults.has(fault)).count();
        // A scenario asks for strangers by itself.
        let expected = if fault == Fault::Mutant { 0..1 } else { 20..90 };
        assert!(expected.contains(&on), "{name} in {on} of 100 seeds");
        for faults in &all {
            let text = faults.without(fault).to_string();
            let told = text.contains(&format!(", {name} "));
            assert!(!faults.without(fault).has(fault) && !told, "{text}");
        }
    }
    let nothing = Fault::ALL
        .iter()
        .fold(all[0], |faults, (fault, _)| faults.without(*fault));
    assert_eq!(nothing.to_string(), Faults::none().to_string());
}
