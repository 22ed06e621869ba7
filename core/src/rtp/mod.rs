//! RTP and RTCP (RFC 3550), the audio profile (RFC 3551) and playout.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod audio;
pub mod bit_rate_limits;
pub mod bundle;
pub mod burst;
pub mod circuit_breaker;
pub mod drops;
pub mod early_feedback;
pub mod event;
pub mod full_intra;
pub mod interval;
pub mod jitter;
pub mod lip_sync;
pub mod mixer;
pub mod number;
pub mod observer;
pub mod packet;
pub mod payload;
pub mod playout;
pub mod profile;
pub mod quality;
pub mod repair;
pub mod rtcp;
pub mod session;
pub mod source;
pub mod srtp;
pub mod text;
pub mod translator;

pub use drops::{DropReason, Drops};
pub use number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
pub use packet::{Header, Packet, PacketError};
pub use quality::{Mos, RFactor};
pub use session::{Session, SessionConfig, SessionEvent};
