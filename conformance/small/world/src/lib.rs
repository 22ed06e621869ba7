//! The scenario that every small target runs, without sockets, clock or operating system.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use offhook::Rng;
use offhook::time::Instant;
use offhook::timers::TimerQueue;

/// Whose memory is being allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The scenario itself: packets under way, events.
    Network = 0,
    Alice = 1,
    Bob = 2,
    Server = 3,
}

/// The number of owners.
pub const OWNERS: usize = 4;

/// Runs the scenario, and says which expectation it failed.
///
/// `enter` is called before each step with the owner of what that step allocates.
pub fn run(enter: &mut dyn FnMut(Owner)) -> Result<Report, &'static str> {
    enter(Owner::Alice);
    let mut rng = Rng::from_seed([0; 32]);
    if rng.next_u32() != 0xade0_b876 {
        return Err("the generator differs here");
    }
    let mut timers = TimerQueue::new();
    for n in 0..100 {
        timers.arm(Instant::from_millis(rng.below(1000)), n);
    }
    enter(Owner::Network);
    let mut fired = 0;
    while timers.pop_due(Instant::from_millis(1000)).is_some() {
        fired += 1;
    }
    if fired != 100 {
        return Err("a timer was lost");
    }
    Ok(Report { packets: fired })
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// Packets that went over the network in memory.
    pub packets: u32,
}
