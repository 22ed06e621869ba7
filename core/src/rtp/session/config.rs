//! What a session needs to know beforehand.

use alloc::string::String;
use core::time::Duration;

use crate::rtp::interval::Bandwidth;

/// What a session needs to know beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// CNAME: names this participant for as long as it lives, whatever its SSRC (RFC 3550 §6.5.1).
    /// RFC 7022 would have it random; at most 255 octets.
    pub cname: String,
    /// TOOL: the program, sent now and then (§6.5.6).
    pub tool: Option<String>,
    /// Ticks of the media clock per second.
    pub clock_rate: u32,
    /// The interval between the packets that are sent, the longest if it varies: Tf of RFC 8083 §3.
    pub frame: Duration,
    /// What reports may take.
    pub bandwidth: Bandwidth,
    /// Other participants remembered. When all are in use, a newcomer takes the place of one that
    /// is still on probation, or is dropped and counted.
    pub max_members: usize,
    /// Report blocks in one compound packet; further sources come in the next one, in turn (§6.1).
    pub max_report_blocks: usize,
}

impl SessionConfig {
    /// Audio at 8 kHz and 64 kbit/s between two parties.
    #[must_use]
    pub fn telephone(cname: &str) -> Self {
        Self {
            cname: cname.into(),
            tool: None,
            clock_rate: 8_000,
            frame: Duration::from_millis(20),
            bandwidth: Bandwidth::TELEPHONE,
            max_members: 16,
            max_report_blocks: 31,
        }
    }
}
