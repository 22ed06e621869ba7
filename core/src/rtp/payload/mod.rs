//! Payload formats, each a pair of pack and unpack (RFC 3551 §4.5).

pub mod comfort_noise;
pub mod fec;
pub mod g711;
pub mod red;
pub mod rtx;
pub mod telephone_event;
pub mod tone;
