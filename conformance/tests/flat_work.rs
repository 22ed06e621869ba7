//! P7 in the simulator: the work of every step is the same beside a handful of idle calls,
//! registrations and transactions as beside a hundred times as many.
//!
//! What is counted is how often a machine allocates, so a run gives the same figures each time; that
//! nothing is visited without an allocation is what `flat_cost` measures with a clock. The same
//! things happen in two worlds, one of which is crowded, and each step of one is held against the
//! same step of the other. A tree that has to make room allocates a node or two at one step and not
//! at another; who visits idle entries allocates hundreds of times.

mod counting;

use std::net::SocketAddr;
use std::time::Duration;

use offhook::sip::ua::UaEvent;
use offhook_conformance::sim::{CellId, Chance, Faults, Network, World};
use offhook_conformance::worlds::node::{Act, Deed, Node, Told};

const FEW: usize = 8;
const MANY: usize = 800;
/// Nodes of trees, and lists that grow, by which a step may differ.
const SLACK: u64 = 12;

const SERVER: &str = "192.0.2.9:5060";

/// A server, two phones that call each other, and others that are only registered.
struct Crowd {
    world: World<Node>,
    server: CellId,
    alice: CellId,
    bob: CellId,
}

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

impl Crowd {
    /// So many calls and registrations, all of them idle.
    fn of(count: usize) -> Self {
        let network = Network::new(Chance::new(1, 1), Faults::none());
        let mut world = World::new(network, false);
        world.expect_crowds(u64::MAX, u64::MAX);
        let server = world.add("server", "server seed=1", &[at(SERVER)]).unwrap();
        let phone = |world: &mut World<Node>, name: &str, address: &str| {
            let address = at(address);
            let seed = u32::from_be_bytes(match address.ip() {
                std::net::IpAddr::V4(ip) => ip.octets(),
                std::net::IpAddr::V6(_) => [0; 4],
            });
            let media = SocketAddr::new(address.ip(), 4000);
            let description = format!("phone user={name} seed={seed} media={media} proxy={SERVER}");
            let id = world.add(name, &description, &[address]).unwrap();
            world.command(id, &Deed::Register(3600)).unwrap();
            id
        };
        let alice = phone(&mut world, "alice", "192.0.2.1:5060");
        let bob = phone(&mut world, "bob", "192.0.2.2:5060");
        for number in 0..count {
            let address = format!("203.0.{}.{}:5060", number / 200, 1 + number % 200);
            phone(&mut world, &format!("user{number}"), &address);
        }
        let mut crowd = Self {
            world,
            server,
            alice,
            bob,
        };
        crowd.pass(Duration::from_millis(100));
        for _ in 0..count {
            crowd.call();
        }
        crowd.pass(Duration::from_secs(100));
        assert_eq!(crowd.live(crowd.alice), (count, 0));
        assert_eq!(crowd.live(crowd.bob), (count, 0));
        crowd
    }

    /// Calls and transactions there are.
    fn live(&self, id: CellId) -> (usize, usize) {
        self.world.cell(id).unwrap().machine().size()
    }

    /// Lets time pass; who is called picks up.
    fn pass(&mut self, span: Duration) {
        let end = self.world.now() + span;
        while self.world.advance(end).unwrap() {
            while let Some((id, told)) = self.world.next_event() {
                let Told::Phone(UaEvent::Incoming { call, .. }) = told else {
                    continue;
                };
                let number = match self.world.cell(id).unwrap().machine() {
                    Node::Phone(phone) => phone.number(call).unwrap(),
                    Node::Server(_) | Node::Audio(_) => continue,
                };
                let accept = Deed::Call(number, Act::Accept);
                assert_eq!(self.world.command(id, &accept).unwrap(), "");
            }
        }
    }

    /// Alice calls Bob; the number of the call.
    fn call(&mut self) -> usize {
        let invite = Deed::Invite("sip:bob@example.com".to_owned());
        let answer = self.world.command(self.alice, &invite).unwrap();
        self.pass(Duration::from_millis(20));
        let number = answer.strip_prefix("call ").unwrap();
        number.parse().unwrap()
    }

    /// What happens in both worlds, and what each step of it has cost whom.
    fn play(&mut self) -> Vec<(&'static str, Vec<u64>)> {
        let machines = [
            ("server", self.server),
            ("alice", self.alice),
            ("bob", self.bob),
        ];
        for (_, id) in machines {
            self.world.measure(id, counting::allocations);
        }
        for _ in 0..10 {
            let number = self.call();
            for act in [Act::Hold, Act::Resume, Act::HangUp] {
                let deed = Deed::Call(number, act);
                assert_eq!(self.world.command(self.alice, &deed).unwrap(), "");
                self.pass(Duration::from_millis(20));
            }
            let ask = Deed::Options("sip:bob@example.com".to_owned());
            self.world.command(self.alice, &ask).unwrap();
            self.world.command(self.bob, &Deed::Unregister).unwrap();
            self.pass(Duration::from_millis(20));
            self.world.command(self.bob, &Deed::Register(3600)).unwrap();
            self.pass(Duration::from_secs(1));
        }
        // Until every transaction has ended.
        self.pass(Duration::from_secs(100));
        let costs = |id| self.world.cell(id).unwrap().costs().to_vec();
        machines.map(|(name, id)| (name, costs(id))).to_vec()
    }
}

#[test]
fn every_step_takes_the_same_work_however_many_idle_calls_and_registrations_there_are() {
    let [few, many] = [FEW, MANY].map(|count| Crowd::of(count).play());
    for ((name, few), (_, many)) in few.iter().zip(&many) {
        assert!(few.len() > 100, "{name}: {} steps", few.len());
        assert_eq!(few.len(), many.len(), "{name}: another number of steps");
        let worst = few
            .iter()
            .zip(many)
            .max_by_key(|(few, many)| many.saturating_sub(**few));
        let (total_few, total_many) = (few.iter().sum::<u64>(), many.iter().sum::<u64>());
        println!(
            "{name}: {} steps, {total_few} allocations beside {FEW}, {total_many} beside {MANY}; \
             at worst {worst:?}",
            few.len()
        );
        for (step, (few, many)) in few.iter().zip(many).enumerate() {
            assert!(
                *many <= few + SLACK,
                "P7: step {step} of {name} allocates {few} times beside {FEW} idle, {many} beside {MANY}"
            );
        }
        // What is more at one step is less at another.
        assert!(
            total_many <= total_few + total_few / 20,
            "P7: {name} allocates {total_few} times beside {FEW} idle, {total_many} beside {MANY}"
        );
    }
}
