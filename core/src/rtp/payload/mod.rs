//! Payload formats, each a pair of pack and unpack (RFC 3551 §4.5).

pub mod adpcm;
pub mod adu;
pub mod amr;
pub mod assembly;
mod bits;
pub mod codec;
pub mod comfort_noise;
pub mod dat12;
pub mod depacketiser;
pub mod dvi4;
pub mod frames;
pub mod g711;
pub mod g722;
pub mod g7221;
pub mod g723;
pub mod g726;
pub mod g728;
pub mod g729;
pub mod gsm;
pub mod interleave;
pub mod linear;
pub mod lpc;
pub mod mpeg_audio;
pub mod pointer;
pub mod qcelp;
