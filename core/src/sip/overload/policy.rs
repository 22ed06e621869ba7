//! What an endpoint does about too much work.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::num::NonZeroU32;

/// The settings of overload control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverloadPolicy {
    /// Whether overload control is spoken with neighbours (RFC 7339): offered in the Via of every
    /// request, answered in that of every response to a client that offers it, and heeded.
    pub is_spoken: bool,
    /// Requests per second that the endpoint takes on in the long run. Leave room for the refusals
    /// on top of them: what a refusal costs beside a served request is for a measurement to say.
    /// None: whatever fits the table of server transactions.
    pub requests_per_second: Option<NonZeroU32>,
    /// The namespaces of Resource-Priority (RFC 4412) whose requests are not held back. Everyone
    /// can write such a field: name only what the neighbours are known to check.
    pub namespaces: Vec<String>,
}

/// RFC 4412 §10.5, §10.6: every priority of these two goes before requests without any.
const NAMESPACES: [&str; 2] = ["ets", "wps"];

impl Default for OverloadPolicy {
    fn default() -> Self {
        Self {
            is_spoken: false,
            requests_per_second: None,
            namespaces: NAMESPACES.iter().map(ToString::to_string).collect(),
        }
    }
}
