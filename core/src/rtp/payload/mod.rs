//! Payload formats, each a pair of pack and unpack (RFC 3551 §4.5).

pub mod comfort_noise;
pub mod g711;
