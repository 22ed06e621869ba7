//! SIP, SDP and RTP as deterministic state machines: `no_std`, sans-IO, no dependencies.
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
pub mod hash;
pub mod limits;
pub mod machine;
pub mod rng;
pub mod rtp;
pub mod sdp;
pub mod sip;
pub mod text;
pub mod time;
pub mod timers;
pub mod trace;

pub use limits::Limits;
pub use machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
pub use rng::Rng;
pub use time::{Instant, UnixTime};
