//! A packet costs the driver no memory, once its buffers have grown.
#![expect(
    unsafe_code,
    reason = "an allocator that counts can be written in no other way"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

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

/// Sends every packet back, and moves its deadline with each, without allocating.
#[derive(Default)]
struct Echo {
    packet: [u8; 16],
    answer: Option<(FlowId, SocketAddr)>,
    echoed: u64,
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
            self.deadline = Some(now + Duration::from_secs(5));
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<u64> {
        match self.answer.take() {
            Some((flow, to)) => {
                self.echoed += 1;
                bytes.clear();
                bytes.extend_from_slice(&self.packet);
                Output::Transmit { flow, to }
            }
            None => Output::Wait(self.deadline),
        }
    }
}

#[test]
fn packets_and_moving_deadlines_cost_no_memory() {
    let mut driver = Driver::new().unwrap();
    let id = driver.add(Echo::default());
    let (_, at) = driver.bind_udp(id, "127.0.0.1:0".parse().unwrap()).unwrap();
    let outside = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut allocated = [0; 2];
    // The first time around the buffers grow.
    for count in &mut allocated {
        let before = ALLOCATIONS.get();
        for _ in 0..20 {
            for _ in 0..50 {
                outside.send_to(&[7; 16], at).unwrap();
            }
            let end = driver.machine(id).unwrap().echoed + 50;
            while driver.machine(id).unwrap().echoed < end {
                let soon = Instant::now() + Duration::from_millis(1);
                next_event(&mut driver, soon);
            }
        }
        *count = ALLOCATIONS.get() - before;
    }
    assert_eq!(driver.machine(id).unwrap().echoed, 2000);
    assert_eq!(allocated[1], 0, "{allocated:?}");
}

fn next_event(driver: &mut Driver<Echo>, deadline: Instant) {
    assert_eq!(
        smol::block_on(driver.next_event(Some(deadline))).unwrap(),
        None
    );
}
