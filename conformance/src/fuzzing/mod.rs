//! What must hold for any bytes whatever: no panic, what was written is read back the same, both
//! doors agree, and memory follows what came, not what it claims.
//!
//! Each [`Target`] is a function of bytes that panics when something does not hold. A fuzzer, the
//! property tests and the test of the saved corpus call the same functions.

pub mod attributes;
mod body;
pub mod fields;
mod media;
mod message;
mod observer;
mod payload;
mod repair;
mod srtp;
mod stream;
mod uri;

pub use body::{fragment, multipart};
pub use fields::field;
pub use media::{rtcp, rtp, session_description};
pub use message::datagram;
pub use observer::observer;
pub use payload::payload;
pub use repair::{repair, signals};
pub use srtp::srtp;
pub use stream::chunks;
pub use uri::uri;

/// One thing to be fed with bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Panics if something does not hold for these bytes.
    pub run: fn(&[u8]),
    /// Octets on the heap at once that each octet of input may cost, copies of the target's own
    /// included.
    pub octets_each: usize,
}

/// What a target may take besides, however short its input: tables as long as the number of rows
/// and parts that `Limits` allows, and the text of a finding.
pub const OCTETS_BESIDES: usize = 16 * 1024;

impl Target {
    /// Octets on the heap at once that an input of this length may cost.
    #[must_use]
    pub const fn most_octets(&self, length: usize) -> usize {
        OCTETS_BESIDES + self.octets_each * length
    }
}

const fn target(name: &'static str, run: fn(&[u8]), octets_each: usize) -> Target {
    Target {
        name,
        run,
        octets_each,
    }
}

/// All of them.
pub const TARGETS: [Target; 14] = [
    target("datagram", datagram, 48),
    target("stream", chunks, 16),
    target("uri", uri, 24),
    target("field", field, 256),
    target("multipart", multipart, 16),
    target("fragment", fragment, 8),
    target("session_description", session_description, 64),
    target("rtp", rtp, 8),
    target("rtcp", rtcp, 4),
    target("payload", payload, 64),
    // What can be repaired is kept: eight packets and as many that protect them.
    target("repair", repair, 64),
    target("signals", signals, 8),
    // A few sources, each with a replay window and expanded keys, however short the input.
    target("srtp", srtp, 128),
    // Two streams, each over time in five hundred intervals, however short the input.
    target("observer", observer, 1024),
];
