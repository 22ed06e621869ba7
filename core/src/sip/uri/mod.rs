//! URIs: `sip`, `sips`, `tel` and all others (RFC 3261 §19.1, RFC 5954, RFC 3966).

mod host;

pub(crate) use host::take_port;
pub use host::{Host, HostPort};
