//! A packet costs the driver no memory, once its buffers have grown.
#![expect(
    unsafe_code,
    reason = "an allocator that counts can be written in no other way"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use offhook::{FlowId, Input, Machine, Output};
use offhook_smol::Driver;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is ending counts no more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(place, layout) }
    }
}

/// Sends every packet back without allocating, and tells of every fiftieth.
#[derive(Default)]
struct Echo {
    packet: [u8; 16],
    answer: Option<(FlowId, SocketAddr)>,
    echoed: u64,
    told: u64,
    /// Whether each packet moves the deadline.
    moves: bool,
    deadline: Option<offhook::Instant>,
}

impl Machine for Echo {
    type Event = u64;

    fn handle_input(&mut self, now: offhook::Instant, input: Input<'_>) {
        if let Input::Datagram {
            flow,
            source,
            bytes,
        } = input
        {
            self.packet.copy_from_slice(bytes);
            self.answer = Some((flow, source));
            self.deadline = Some(now + Duration::from_secs(50)).filter(|_| self.moves);
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<u64> {
        if let Some((flow, to)) = self.answer.take() {
            self.echoed += 1;
            bytes.clear();
            bytes.extend_from_slice(&self.packet);
            return Output::Transmit { flow, to };
        }
        if self.echoed == self.told + 50 {
            self.told = self.echoed;
            return Output::Event(self.told);
        }
        Output::Wait(self.deadline)
    }
}

/// What each of two times a thousand packets allocates in this thread: first, buffers grow.
fn allocations(moves: bool) -> [u64; 2] {
    let mut driver = Driver::new().unwrap();
    let id = driver.add(Echo {
        moves,
        ..Echo::default()
    });
    let (_, at) = driver.bind_udp(id, "127.0.0.1:0".parse().unwrap()).unwrap();
    let outside = UdpSocket::bind("127.0.0.1:0").unwrap();
    [0; 2].map(|_| {
        let before = ALLOCATIONS.get();
        for _ in 0..20 {
            for _ in 0..50 {
                outside.send_to(&[7; 16], at).unwrap();
            }
            let told = smol::block_on(driver.next_event(None)).unwrap();
            assert_eq!(told.map(|(_, echoed)| echoed % 50), Some(0));
        }
        ALLOCATIONS.get() - before
    })
}

/// The reactor makes a list of whom to wake: a wait may cost it one, a packet nothing.
#[test]
fn packets_cost_no_memory_and_a_wait_costs_the_reactor_a_little() {
    let [_, settled] = allocations(false);
    assert!(settled <= 3 * 20, "{settled}");
}

/// The selector keeps timers in a tree: a wait may cost it a node, a packet nothing.
#[test]
fn deadlines_that_move_cost_the_selector_a_little_per_wait() {
    let [_, settled] = allocations(true);
    assert!(settled <= 3 * 20, "{settled}");
}
