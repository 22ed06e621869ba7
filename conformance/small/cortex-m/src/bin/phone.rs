//! What a telephone links: one user agent with digest, SDP and RTP, and the loop of a device with
//! a network chip, a microphone, a loudspeaker and six buttons. Its flash is the figure.
//!
//! The hardware is memory that the compiler may assume nothing about. In the emulator nobody is
//! at the other end of the wire: the call button is pressed, and the call must end by itself.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use core::time::Duration;

use cortex_m_rt::entry;
use offhook::rtp::audio::{AudioConfig, AudioStream};
use offhook::sdp::LocalMedia;
use offhook::sip::auth::Account;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::ua::{
    CallHandle, EndReason, RegistrationHandle, UaEvent, UserAgent, UserAgentConfig,
    UserAgentEndpoint,
};
use offhook::{FlowId, Input, Instant, Limits, Machine, Output, Transport};
use offhook_small_cortex_m::{init, leave};
use offhook_small_world::audio_plan;

const SERVER: SocketAddr = address(1, 5060);
const SIGNALS: SocketAddr = address(11, 5060);
const MEDIA: [SocketAddr; 2] = [address(11, 4000), address(11, 4001)];

const fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, host), port))
}

/// `N` registers of the hardware, of which the compiler may assume nothing.
struct Registers<T, const N: usize>(UnsafeCell<[T; N]>);

// SAFETY: there is one thread, and no interrupt is used.
unsafe impl<T, const N: usize> Sync for Registers<T, N> {}

impl<T: Copy, const N: usize> Registers<T, N> {
    const fn new(values: [T; N]) -> Self {
        Self(UnsafeCell::new(values))
    }

    fn read(&self, values: &mut [T]) {
        for (value, n) in values.iter_mut().zip(0..N) {
            // SAFETY: `n` is within the array, and nobody writes meanwhile.
            *value = unsafe { self.0.get().cast::<T>().add(n).read_volatile() };
        }
    }

    fn write(&self, values: &[T]) {
        for (value, n) in values.iter().zip(0..N) {
            // SAFETY: `n` is within the array, and nobody reads meanwhile.
            unsafe { self.0.get().cast::<T>().add(n).write_volatile(*value) }
        }
    }
}

const FRAME: usize = 1500;

static BUTTON: Registers<u8, 1> = Registers::new([0]);
/// Length, our port, their port, their address.
static RECEIVED: Registers<u32, 4> = Registers::new([0; 4]);
static RECEIVED_BYTES: Registers<u8, FRAME> = Registers::new([0; FRAME]);
static SENT: Registers<u32, 4> = Registers::new([0; 4]);
static SENT_BYTES: Registers<u8, FRAME> = Registers::new([0; FRAME]);
static MICROPHONE: Registers<i16, 160> = Registers::new([0; 160]);
static LOUDSPEAKER: Registers<i16, 160> = Registers::new([0; 160]);

struct Telephone {
    agent: UserAgentEndpoint,
    audio: Option<AudioStream>,
    call: Option<CallHandle>,
    registration: Option<RegistrationHandle>,
    ended: Option<EndReason>,
    bytes: Vec<u8>,
}

impl Telephone {
    fn new() -> Self {
        let mut config = UserAgentConfig::new("sip:alice@example.org");
        config.accounts.push(Account::new("alice", "secret"));
        config.outbound_proxies.push(format!("sip:{SERVER}"));
        let endpoint = EndpointConfig {
            limits: Limits::small(),
            ..EndpointConfig::default()
        };
        let mut agent = UserAgentEndpoint::new(endpoint, UserAgent::new(config), [7; 32]);
        agent.handle_input(Instant::ZERO, bound(0, SIGNALS));
        Self {
            agent,
            audio: None,
            call: None,
            registration: None,
            ended: None,
            bytes: Vec::new(),
        }
    }

    /// Sends what is to be sent, and gives the next deadline.
    fn drain(&mut self, now: Instant) -> Option<Instant> {
        let audio_deadline = self.audio.as_mut().and_then(|audio| {
            loop {
                match audio.poll_output(&mut self.bytes) {
                    Output::Transmit { flow, to } => {
                        send(MEDIA[flow.as_u32() as usize / 2], to, &self.bytes);
                    }
                    Output::Wait(deadline) => return deadline,
                    Output::Event(_)
                    | Output::Connect { .. }
                    | Output::Close { .. }
                    | Output::Resolve { .. } => {}
                }
            }
        });
        loop {
            match self.agent.poll_output(&mut self.bytes) {
                Output::Transmit { to, .. } => send(SIGNALS, to, &self.bytes),
                Output::Event(event) => self.on_event(now, event),
                Output::Wait(deadline) => {
                    return deadline.into_iter().chain(audio_deadline).min();
                }
                // Everyone this phone calls has a number.
                Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => {}
            }
        }
    }

    fn on_event(&mut self, now: Instant, event: UaEvent) {
        match event {
            UaEvent::Incoming { call, .. } => {
                self.call = Some(call);
                let _ = self.agent.ring(now, call);
            }
            UaEvent::MediaAgreed { plan, .. } => {
                let audio = self.audio.get_or_insert_with(|| {
                    let mut audio = AudioStream::new(AudioConfig::small("phone"), [8; 32]);
                    for (local, n) in MEDIA.into_iter().zip(0..) {
                        audio.handle_input(now, bound(n, local));
                    }
                    audio
                });
                if let Some(plan) = audio_plan(&plan) {
                    audio.set_plan(now, plan);
                }
            }
            UaEvent::Ended { reason, .. } => {
                self.call = None;
                self.audio = None;
                self.ended = Some(reason);
            }
            _ => {}
        }
    }

    fn on_button(&mut self, now: Instant, button: u8) {
        let media = LocalMedia::audio(MEDIA[0]);
        match (button, self.call, self.registration) {
            (1, _, None) => {
                let hour = Duration::from_secs(3600);
                self.registration = self.agent.register(now, "sip:example.org", hour).ok();
            }
            (1, _, Some(registration)) => {
                let _ = self.agent.unregister(now, registration);
            }
            (2, None, _) => self.call = self.agent.invite(now, "sip:bob@example.org", media).ok(),
            (2, Some(call), _) => {
                let _ = self.agent.accept(now, call, media);
            }
            (3, Some(call), _) => {
                let _ = self.agent.hang_up(now, call);
            }
            (4, Some(call), _) => {
                let _ = self.agent.hold(now, call);
            }
            (5, Some(call), _) => {
                let _ = self.agent.resume(now, call);
            }
            _ => {}
        }
    }

    /// Takes in what the network chip has received, if it has.
    fn on_network(&mut self, now: Instant) {
        let mut head = [0; 4];
        RECEIVED.read(&mut head);
        let [length, ours, theirs, ip] = head;
        if length == 0 {
            return;
        }
        self.bytes.resize(FRAME.min(length as usize), 0);
        RECEIVED_BYTES.read(&mut self.bytes);
        let place = MEDIA
            .iter()
            .position(|local| u32::from(local.port()) == ours);
        let source = SocketAddrV4::new(Ipv4Addr::from_bits(ip), theirs as u16);
        let input = Input::Datagram {
            flow: FlowId::from_driver(place.unwrap_or(0) as u32),
            source: SocketAddr::V4(source),
            bytes: &self.bytes,
        };
        match (place, &mut self.audio) {
            (Some(_), Some(audio)) => audio.handle_input(now, input),
            (Some(_), None) => {}
            (None, _) => self.agent.handle_input(now, input),
        }
    }

    fn on_sound(&mut self, now: Instant) {
        if let Some(audio) = &mut self.audio {
            let mut pcm = [0; 160];
            MICROPHONE.read(&mut pcm);
            audio.push_capture(&pcm);
            audio.handle_input(now, Input::Timeout);
            audio.take_playout(&mut pcm);
            LOUDSPEAKER.write(&pcm);
        }
    }
}

fn bound(n: u32, local: SocketAddr) -> Input<'static> {
    Input::Bound {
        flow: FlowId::from_driver(n),
        transport: Transport::Udp,
        local,
    }
}

fn send(from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
    if let SocketAddr::V4(to) = to {
        SENT_BYTES.write(bytes);
        let ip = to.ip().to_bits();
        let [ours, theirs] = [from.port(), to.port()].map(u32::from);
        SENT.write(&[bytes.len() as u32, ours, theirs, ip]);
    }
}

#[entry]
fn main() -> ! {
    init();
    leave(run())
}

/// Whether the call ended as one must that nobody answers.
fn run() -> bool {
    let mut telephone = Telephone::new();
    let mut now = Instant::ZERO;
    BUTTON.write(&[2]);
    for _ in 0..1000 {
        let deadline = telephone.drain(now);
        if let Some(reason) = telephone.ended {
            return reason == EndReason::TimedOut;
        }
        // Nobody waits in an emulator: the clock jumps.
        now = deadline.unwrap_or(now).max(now);
        telephone.on_network(now);
        let mut button = [0];
        BUTTON.read(&mut button);
        BUTTON.write(&[0]);
        telephone.on_button(now, button[0]);
        telephone.on_sound(now);
        telephone.agent.handle_input(now, Input::Timeout);
    }
    false
}
