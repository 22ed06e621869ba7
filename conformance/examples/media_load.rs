//! What the media of telephone calls costs, sockets included: G.711 in packets of 20 ms, both ways,
//! played and recorded at both ends, in clear and as SRTP, through each of the drivers.
//!
//! ```sh
//! cargo run --release -p offhook-conformance --example media_load -- --calls 200 --seconds 4
//! ```
//!
//! All ends of all calls are in one thread and talk over loopback. What counts is the time this
//! thread has worked, in the program and in the system for it, so that others on the machine do not:
//! that much for a packet received, decrypted, played and answered by one that is encrypted and
//! sent, and so many calls if one core did nothing else. It fails if packets are lost.

#[path = "../benches/cost/worked.rs"]
mod worked;

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use offhook::rtp::audio::{AudioConfig, AudioDirection, AudioPlan, AudioProtection, AudioStream};
use offhook::rtp::payload::g711::Law;
use offhook::rtp::srtp::{MasterKey, Policy, Protection, Suite};

use worked::Worked;

const FRAME: Duration = Duration::from_millis(20);

/// What is asked of either driver.
trait Host: Sized {
    const NAME: &str;
    type Id: Copy;
    fn new() -> io::Result<Self>;
    /// Takes an end in, with a socket for its media and its reports; where that is.
    fn add(&mut self, end: AudioStream) -> io::Result<(Self::Id, SocketAddr)>;
    fn end(&mut self, id: Self::Id) -> Option<&mut AudioStream>;
    fn now(&self) -> offhook::Instant;
    fn run_until(&mut self, deadline: Instant) -> io::Result<()>;
    /// Datagrams received, and those that could not be sent.
    fn counts(&self) -> (u64, u64);
}

macro_rules! host {
    ($driver:ty, $id:ty, $name:literal, $wait:expr) => {
        impl Host for $driver {
            const NAME: &str = $name;
            type Id = $id;

            fn new() -> io::Result<Self> {
                <$driver>::new()
            }

            fn add(&mut self, end: AudioStream) -> io::Result<($id, SocketAddr)> {
                let any = SocketAddr::from(([127, 0, 0, 1], 0));
                let id = <$driver>::add(self, end);
                let (_, local) = self.bind_udp(id, any)?;
                Ok((id, local))
            }

            fn end(&mut self, id: $id) -> Option<&mut AudioStream> {
                self.machine_mut(id)
            }

            fn now(&self) -> offhook::Instant {
                <$driver>::now(self)
            }

            fn run_until(&mut self, deadline: Instant) -> io::Result<()> {
                // What the streams have to tell does not matter here; where there is more to do than
                // the machine gives time for, they always have something.
                while $wait(self.next_event(Some(deadline)))?.is_some() {
                    if Instant::now() >= deadline {
                        break;
                    }
                }
                Ok(())
            }

            fn counts(&self) -> (u64, u64) {
                (self.stats().received, self.stats().dropped)
            }
        }
    };
}

host!(
    offhook_mio::Driver<AudioStream>,
    offhook_mio::MachineId,
    "mio",
    std::convert::identity
);
host!(
    offhook_smol::Driver<AudioStream>,
    offhook_smol::MachineId,
    "smol",
    smol::block_on
);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let number = |flag: &str, otherwise: usize| {
        let place = args.iter().position(|arg| arg == flag);
        let value = place.and_then(|place| args.get(place + 1)?.parse().ok());
        value.unwrap_or(otherwise)
    };
    let (calls, seconds) = (number("--calls", 200), number("--seconds", 4));
    println!("| driver | packets | us for one | packets/s on one core | calls on one core |");
    println!("|---|---|---|---|---|");
    let mut is_well = true;
    for suite in [None, Some(Suite::AesCm128HmacSha1Tag80)] {
        is_well &= run::<offhook_mio::Driver<AudioStream>>(calls, seconds, suite);
        is_well &= run::<offhook_smol::Driver<AudioStream>>(calls, seconds, suite);
    }
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints a row; whether nothing went wrong.
fn run<H: Host>(calls: usize, seconds: usize, suite: Option<Suite>) -> bool {
    let measured = Load::<H>::new(calls, suite).and_then(|mut load| load.measure(seconds));
    match measured {
        Ok((nanos, packets, lost)) => {
            let each = nanos / packets as f64;
            println!(
                "| {} | {packets}, {} | {:.2} | {:.0} | {:.0} |",
                H::NAME,
                suite.map_or("in clear", Suite::as_str),
                each / 1e3,
                1e9 / each,
                // A second of a call is 50 packets one way and 50 the other.
                1e9 / (each * 100.0),
            );
            if lost > 0 {
                println!("{}: {lost} packets were lost", H::NAME);
            }
            lost == 0
        }
        Err(error) => {
            println!("{}: {error}", H::NAME);
            false
        }
    }
}

/// Calls under way in one driver.
struct Load<H: Host> {
    host: H,
    ends: Vec<H::Id>,
}

impl<H: Host> Load<H> {
    fn new(calls: usize, suite: Option<Suite>) -> io::Result<Self> {
        let mut host = H::new()?;
        let mut ends = Vec::new();
        for call in 0..calls {
            // The frames of a call fall anywhere within the 20 ms, as they do where people talk.
            host.run_until(Instant::now() + FRAME / calls.max(1) as u32)?;
            let mut pair = Vec::new();
            for n in 0..2 {
                let mut seed = [n; 32];
                seed[..8].copy_from_slice(&call.to_be_bytes());
                pair.push(host.add(AudioStream::new(AudioConfig::new("load"), seed))?);
            }
            for me in 0..2 {
                let (id, far) = (pair[me].0, pair[1 - me].1);
                let plan = AudioPlan {
                    remote_rtcp: far,
                    protection: suite.map(|suite| Box::new(protection(suite, me as u8))),
                    ..AudioPlan::new(Law::A, far, AudioDirection::SendRecv)
                };
                let now = host.now();
                if let Some(end) = host.end(id) {
                    end.set_plan(now, plan);
                }
                ends.push(id);
            }
        }
        Ok(Self { host, ends })
    }

    /// Both people of every call speak and hear until then.
    fn talk(&mut self, for_frames: usize) -> io::Result<()> {
        let begun = Instant::now();
        for frame in 0..for_frames {
            for id in &self.ends {
                if let Some(end) = self.host.end(*id) {
                    end.push_capture(&[1000; 160]);
                    end.take_playout(&mut [0; 320]);
                }
            }
            self.host.run_until(begun + FRAME * (frame as u32 + 1))?;
        }
        Ok(())
    }

    /// Nanoseconds worked, packets received meanwhile, and packets lost.
    fn measure(&mut self, seconds: usize) -> io::Result<(f64, u64, u64)> {
        // Until everyone plays.
        self.talk(50)?;
        let (received, dropped) = self.host.counts();
        let lost = self.lost();
        let worked = Worked::so_far();
        self.talk(seconds * 50)?;
        let nanos = worked.nanos();
        let (received_then, dropped_then) = self.host.counts();
        let lost = self.lost() - lost + dropped_then - dropped;
        Ok((nanos, received_then - received, lost))
    }

    fn lost(&mut self) -> u64 {
        let mut lost = 0;
        for id in &self.ends {
            if let Some(end) = self.host.end(*id) {
                lost += end.report().lost;
            }
        }
        lost
    }
}

/// Keys of both ends, each its own.
fn protection(suite: Suite, me: u8) -> AudioProtection {
    let one = |n: u8| Protection {
        policy: Policy::new(suite),
        keys: MasterKey::new(suite, &vec![n; suite.key_length() + suite.salt_length()])
            .into_iter()
            .collect(),
    };
    AudioProtection::new(&offhook_mio::RustCrypto, one(me), one(1 - me))
        .expect("keys of the suite's own lengths")
}
