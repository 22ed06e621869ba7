//! Random programs of inputs, commands and time over a small vocabulary, which proptest makes as
//! short as it can when one breaks a promise.

use std::time::Duration;

use offhook_conformance::sim::{Chance, Faults, Network, World};
use offhook_conformance::worlds::node::{Act, DOMAIN, Deed, Node};
use proptest::collection::vec;
use proptest::prelude::*;

/// One step of a program.
#[derive(Clone, Debug)]
enum Op {
    /// A phone, by number, is told to do something.
    Do(usize, Deed),
    /// Time passes.
    Wait(Duration),
    /// Nothing arrives, or things arrive as they should, from now on.
    Silence(bool),
    /// The server stops dead, or starts anew.
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => Just(Act::Ring),
        3 => Just(Act::Accept),
        1 => Just(Act::Reject(486)),
        2 => Just(Act::HangUp),
        1 => Just(Act::Hold),
        1 => Just(Act::Resume),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let user = prop_oneof![Just("alice"), Just("bob"), Just("nobody")];
    let deed = prop_oneof![
        2 => Just(Deed::Register(60)),
        1 => Just(Deed::Unregister),
        3 => user.prop_map(|user| Deed::Invite(format!("sip:{user}@{DOMAIN}"))),
        1 => Just(Deed::Options("sip:alice@192.0.2.1".to_owned())),
        8 => (0_usize..3, act()).prop_map(|(call, act)| Deed::Call(call, act)),
    ];
    let millis = prop_oneof![0_u64..10, 100_u64..800, Just(5000), Just(33_000)];
    prop_oneof![
        6 => (0_usize..2, deed).prop_map(|(phone, deed)| Op::Do(phone, deed)),
        4 => millis.prop_map(|millis| Op::Wait(Duration::from_millis(millis))),
        1 => any::<bool>().prop_map(Op::Silence),
        1 => Just(Op::Restart),
    ]
}

const SERVER: &str = "192.0.2.9:5060";

/// Runs a program and then hangs up, unregisters and waits: nothing may be left anywhere.
fn run(program: &[Op]) -> Result<(), String> {
    let network = Network::new(Chance::new(1, 1), Faults::none());
    let mut world: World<Node> = World::new(network, false);
    let add = |world: &mut World<Node>, name: &str, description: &str, address: &str| {
        let added = world.add(name, description, &[address.parse().unwrap()]);
        added.map_err(|wrong| wrong.to_string())
    };
    let users = "server seed=1 users=alice:secret,bob:secret";
    let mut server = add(&mut world, "server", users, SERVER)?;
    let mut phones = Vec::new();
    for (name, host) in [("alice", "192.0.2.1"), ("bob", "192.0.2.2")] {
        let proxy = format!("proxy={SERVER} password=secret ring=40");
        let description = format!("phone user={name} seed=7 media={host}:4000 {proxy}");
        phones.push(add(
            &mut world,
            name,
            &description,
            &format!("{host}:5060"),
        )?);
    }
    let mut steps = || -> Result<(), offhook_conformance::sim::Violation> {
        for op in program {
            match op {
                Op::Do(phone, deed) => {
                    world.command(phones[*phone], deed)?;
                }
                Op::Wait(span) => {
                    let end = world.now() + *span;
                    while world.advance(end)? {}
                }
                Op::Silence(true) => world.network().set(Faults {
                    loss: 1000,
                    ..Faults::none()
                }),
                Op::Silence(false) => world.network().heal(),
                Op::Restart => {
                    world.kill(server);
                    server = world.add("server", users, &[SERVER.parse().unwrap()])?;
                }
            }
        }
        world.network().heal();
        for phone in &phones {
            for call in 0..20 {
                world.command(*phone, &Deed::Call(call, Act::HangUp))?;
            }
        }
        let end = world.now() + Duration::from_secs(100);
        while world.advance(end)? {}
        for phone in &phones {
            world.command(*phone, &Deed::Unregister)?;
        }
        world.drain(Duration::from_secs(3600))
    };
    steps().map_err(|violation| violation.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_program_breaks_a_promise(program in vec(op(), 1..40)) {
        if let Err(violation) = run(&program) {
            prop_assert!(false, "{}", violation);
        }
    }
}
