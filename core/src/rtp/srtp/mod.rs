//! Secure RTP and RTCP (RFC 3711, RFC 6188, RFC 6904, RFC 7714).
//!
//! ```text
//! media:  header [extension] │ payload, padding          │ [MKI] tag          with HMAC-SHA1
//!         header [extension] │ payload, padding, GCM tag │ [MKI]              with GCM
//! RTCP:   first eight octets │ the rest            │ E, index │ [MKI] tag
//!         first eight octets │ the rest, GCM tag   │ E, index │ [MKI]
//!                             └ encrypted ────────┘
//! ```
//!
//! A [`SendContext`] protects and a [`ReceiveContext`] lets in, each for all sources of its
//! direction, in the caller's slices and without an allocation for a packet: keys are derived when
//! they are set, and again only where a key derivation rate says so. The ciphers are a
//! [provider's](crate::cipher). A receiver learns nothing from a packet whose tag is not right.
//!
//! The two directions have each its own master key. Where they must share one, the SSRCs of the two
//! ends must differ (RFC 3711 §9.1).

mod error;
mod extension;
mod index;
mod layout;
mod policy;
mod protection;
mod receive;
mod send;
mod session_keys;
mod streams;
mod suite;
mod transform;

pub use error::{ProtectError, SetupError, UnprotectError};
pub use policy::{ExtensionIds, MasterKey, Policy};
pub use protection::Protection;
pub use receive::ReceiveContext;
pub use send::SendContext;
pub use session_keys::derive_key;
pub use suite::Suite;
pub use transform::counter_iv;

#[cfg(test)]
mod tests;
