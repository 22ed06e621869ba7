//! One packet of a transcript.

use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::machine::Transport;
use crate::time::Instant;

/// One packet as it was sent, or, when its sender is nobody of ours, as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it passed.
    pub at: Instant,
    /// What carried it.
    pub transport: Transport,
    /// Who sent it.
    pub source: SocketAddr,
    /// Whom it was sent to.
    pub destination: SocketAddr,
    /// Whether the network is known to have lost it.
    pub lost: bool,
    /// Bytes it had; more than are kept if only its beginning was.
    pub length: usize,
    /// Its bytes, or the beginning of them.
    pub bytes: Vec<u8>,
}

impl Packet {
    /// Whether all of the packet is kept.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.length == self.bytes.len()
    }

    /// Whether this reads as a SIP message and not as media: its first byte is a letter.
    ///
    /// RTP and RTCP (RFC 3550 §5.1) begin with version 2 in the two highest bits.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.bytes.first().is_some_and(u8::is_ascii_alphabetic)
    }
}
