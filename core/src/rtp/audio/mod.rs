//! One leg of an audio call: G.711 over RTP, from samples to packets and back, as one
//! [`Machine`](crate::Machine).
//!
//! ```text
//!   microphone ─ push_capture ─▶ [capture] ─ every 20 ms ─▶ encode ─▶ Session ─▶ RTP out
//!   loudspeaker ◀ take_playout ─ [heard] ◀─ every 20 ms ── Playout ◀─ Session ◀─ guard ◀─ RTP in
//!                                                          Session ◀──▶ RTCP
//! ```
//!
//! How to run it: bind a socket for RTP and then one for RTCP (the order tells which is which:
//! the machine hears of them as [`Input::Bound`](crate::Input::Bound)), negotiate, and hand the
//! result to [`AudioStream::set_plan`]. From then on push samples, take samples, and turn the
//! machine; [`AudioStream::leave`] at the end, until [`AudioEvent::Left`].
//!
//! ```
//! use offhook::rtp::audio::{AudioConfig, AudioDirection, AudioPlan, AudioStream};
//! use offhook::rtp::payload::g711::Law;
//! use offhook::{FlowId, Input, Instant, Machine, Output, Transport};
//!
//! let mut alice = AudioStream::new(AudioConfig::new("alice@192.0.2.1"), [7; 32]);
//! for (n, local) in ["192.0.2.1:4000", "192.0.2.1:4001"].into_iter().enumerate() {
//!     let flow = FlowId::from_driver(n as u32);
//!     let local = local.parse().unwrap();
//!     alice.handle_input(Instant::ZERO, Input::Bound { flow, transport: Transport::Udp, local });
//! }
//! let bob = "192.0.2.2:4000".parse().unwrap();
//! alice.set_plan(Instant::ZERO, AudioPlan::new(Law::Mu, bob, AudioDirection::SendRecv));
//! alice.push_capture(&[1000; 160]);
//!
//! let mut bytes = Vec::new();
//! let now = Instant::from_millis(20);
//! alice.handle_input(now, Input::Timeout);
//! let Output::Transmit { to, .. } = alice.poll_output(&mut bytes) else { panic!() };
//! assert_eq!((to, bytes.len()), (bob, 12 + 160));
//! assert_eq!(alice.poll_output(&mut bytes), Output::Wait(Some(Instant::from_millis(40))));
//! ```

mod capture;
mod config;
mod event;
mod guard;
mod heard;
mod history;
mod keys;
mod missing;
mod parity;
mod receive;
mod redundancy;
mod report;
mod retransmission;
mod secure;
mod sockets;
mod stream;
mod tick;

pub use config::{
    AudioConfig, AudioDirection, AudioFormat, AudioPlan, Redundancy, RemoteRule, Silence,
};
pub use event::AudioEvent;
pub use keys::PressError;
pub use parity::Parity;
pub use report::QualityReport;
pub use retransmission::Retransmissions;
pub use secure::AudioProtection;
pub use stream::AudioStream;

#[cfg(test)]
mod tests;
