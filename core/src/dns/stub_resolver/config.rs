//! Whom to ask, how long to wait, and every bound.

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

/// How a stub resolver asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolverConfig {
    /// The recursive name servers, the preferred one first. The first sixteen count.
    pub servers: Vec<SocketAddr>,
    /// How long the first try waits for each server; every round waits twice as long as the one
    /// before. A millisecond at least.
    pub timeout: Duration,
    /// How many rounds through the servers there are; one at least.
    pub rounds: u8,
    /// Whether each query spells its name in random case and wants it back so: some more bits
    /// that whoever forges an answer has to guess. A server that folds the case of what it repeats
    /// is not heard then.
    pub random_case: bool,
    /// Every bound.
    pub limits: ResolverLimits,
}

impl Default for ResolverConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            timeout: Duration::from_secs(1),
            rounds: 3,
            random_case: true,
            limits: ResolverLimits::default(),
        }
    }
}

/// The bounds of a stub resolver. Each has a defined answer, named beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolverLimits {
    /// Questions that wait for an answer, those that share one counted each; one more is refused.
    pub queries: usize,
    /// Bound sockets; one more is closed.
    pub flows: usize,
    /// Connections at a time; when an answer needs one more, its server is passed over.
    pub connections: usize,
    /// Answers that are kept; one more replaces the one that would expire first.
    pub cached: usize,
    /// Records of one message; a message that says it has more is dropped.
    pub records: usize,
    /// Aliases that are followed from one name; beyond, the question has failed.
    pub aliases: u8,
}

impl Default for ResolverLimits {
    fn default() -> Self {
        Self {
            queries: 4096,
            flows: 64,
            connections: 16,
            cached: 4096,
            records: 512,
            aliases: 8,
        }
    }
}

impl ResolverLimits {
    /// Bounds for a device with a few dozen kilobytes of memory.
    #[must_use]
    pub fn small() -> Self {
        Self {
            queries: 8,
            flows: 4,
            connections: 1,
            cached: 16,
            records: 32,
            aliases: 8,
        }
    }
}
