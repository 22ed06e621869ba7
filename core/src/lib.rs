//! SIP, SDP and RTP as deterministic state machines: `no_std`, sans-IO, no dependencies.
//!
//! Nothing here opens a socket, reads a clock or starts a thread. Bytes, time and entropy go in;
//! bytes, deadlines and events come out. Here is a whole call between two phones in memory: Alice
//! calls, Bob answers, Alice hangs up.
//!
//! ```
//! use offhook::sdp::LocalMedia;
//! use offhook::sip::endpoint::{Endpoint, EndpointConfig};
//! use offhook::sip::ua::{EndReason, UaEvent, UserAgent, UserAgentConfig};
//! use offhook::{FlowId, Input, Instant, Machine, Output, Transport};
//!
//! let now = Instant::ZERO; // whatever your clock says; here it stands still
//! let flow = FlowId::from_driver(0); // your name for a socket
//! let local: [std::net::SocketAddr; 2] = ["192.0.2.1:5060".parse()?, "192.0.2.2:5060".parse()?];
//! let media = |me: usize| LocalMedia::audio((local[me].ip(), 4000).into());
//! let mut phones = ["sip:alice@example.org", "sip:bob@example.org"].map(|aor| {
//!     let seed = [aor.len() as u8; 32]; // in earnest: 32 random bytes
//!     Endpoint::new(EndpointConfig::default(), UserAgent::new(UserAgentConfig::new(aor)), seed)
//! });
//! for (phone, local) in phones.iter_mut().zip(local) {
//!     phone.handle_input(now, Input::Bound { flow, transport: Transport::Udp, local });
//! }
//! let call = phones[0].invite(now, "sip:bob@192.0.2.2", media(0))?;
//! let (mut bytes, mut ended) = (Vec::new(), Vec::new());
//! while ended.len() < 2 {
//!     for me in [0, 1] {
//!         loop {
//!             match phones[me].poll_output(&mut bytes) {
//!                 Output::Transmit { .. } => {
//!                     let arrived = Input::Datagram { flow, source: local[me], bytes: &bytes };
//!                     phones[1 - me].handle_input(now, arrived);
//!                 }
//!                 Output::Event(UaEvent::Incoming { call, .. }) => {
//!                     phones[me].accept(now, call, media(me))?;
//!                 }
//!                 Output::Event(UaEvent::MediaAgreed { plan, .. }) => {
//!                     assert_eq!(plan.remote, (local[1 - me].ip(), 4000).into());
//!                 }
//!                 Output::Event(UaEvent::Answered { .. }) if me == 0 => phones[0].hang_up(now, call)?,
//!                 Output::Event(UaEvent::Ended { reason, .. }) => ended.push(reason),
//!                 Output::Wait(_) => break,
//!                 _ => {} // what a call over UDP can do without
//!             }
//!         }
//!     }
//! }
//! assert_eq!(ended, [EndReason::RemoteHungUp, EndReason::HungUp]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The loop
//!
//! With real sockets it is the same loop with a clock, and the drivers `offhook-mio` and
//! `offhook-smol` have it ready made:
//!
//! 1. Drain: [`Machine::poll_output`] until it answers [`Output::Wait`]. Send what it wants sent,
//!    look at the events, give commands; a command is followed by another drain.
//! 2. Sleep until the deadline of the `Wait`, or until a packet comes.
//! 3. [`Machine::handle_input`] with what arrived, and at the end of every round with
//!    [`Input::Timeout`]: too early is harmless, too late is merely late.
//!
//! The sound is a machine of its own, [`rtp::audio::AudioStream`], which is told what
//! [`UaEvent::MediaAgreed`](sip::ua::UaEvent::MediaAgreed) said and runs on sockets of its own.
//!
//! # Promises
//!
//! Every [`Machine`] of this crate keeps these, and a simulator checks them after every step:
//!
//! * **P1** No input panics.
//! * **P2** After a drain, the deadline in `Wait` is later than the last `now`.
//! * **P3** The same seed, configuration, inputs and commands give the same outputs, byte for
//!   byte: a recording of them is a replay.
//! * **P4** What one message, command or timer puts out is bounded by a constant.
//! * **P5** When everything has ended and time has run out, every table is empty.
//! * **P6** Time that goes backwards is taken to stand still.
//! * **P7** A step costs the same however many idle calls there are.
//!
//! # The map
//!
//! | module | what |
//! |---|---|
//! | [`machine`], [`peer`], [`time`], [`rng`], [`timers`], [`arena`], [`limits`] | the contract with drivers, and the nouns all share |
//! | [`sip::message`], [`sip::header`], [`sip::uri`] | wire formats: parse, build, forward |
//! | [`sip::transport`], [`sip::transaction`], [`sip::endpoint`] | flows, the four transaction machines, and where the layers meet |
//! | [`sip::dialog`], [`sip::event`], [`sip::ua`] | dialogs, subscriptions, and the user agent that stands on them |
//! | [`sip::registrar`], [`sip::proxy`], [`sip::server`] | bindings, the stateful proxy, and both as one server |
//! | [`sip::auth`], [`hash`] | digest authentication and its hashes |
//! | [`cipher`] | the ciphers a driver plugs in |
//! | [`dhcp`] | the SIP servers a network names to its hosts |
//! | [`dns`] | DNS messages, and a stub resolver as one more machine |
//! | [`sdp`] | session descriptions, offer and answer |
//! | [`rtp`] | RTP, RTCP, SRTP, payload formats, playout |
//! | [`stun`] | STUN messages (RFC 8489) |
//! | [`websocket`] | WebSocket handshakes and frames (RFC 6455) |
//! | [`trace`] | transcripts and ladder diagrams |
//!
//! A user agent is one user of [`sip::endpoint::Endpoint`]; bring your own by implementing
//! [`sip::endpoint::TransactionUser`]. Wire formats stand alone and never import a machine.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

extern crate alloc;

pub mod arena;
pub mod cipher;
pub mod dhcp;
pub mod dns;
pub mod hash;
pub mod limits;
pub mod machine;
pub mod peer;
pub mod rng;
pub mod rtp;
pub mod sdp;
pub mod sip;
pub mod stun;
pub mod text;
pub mod time;
pub mod timers;
pub mod trace;
pub mod websocket;

pub use limits::Limits;
pub use machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
pub use peer::{PeerIdentity, ServerName};
pub use rng::Rng;
pub use time::{Instant, UnixTime};
