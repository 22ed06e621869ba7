//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760), both ends.
//!
//! [`ClientAuth`] answers challenges for a call or a registration, [`ServerAuth`] makes them and
//! judges the answers. Neither is told a password more than once: what is kept is the hash of
//! name, realm and password ([`Ha1`]).

mod account;
mod algorithm;
mod client;
mod digest;
mod nonce;
mod server;

pub use account::{Account, Ha1, Ha1Set};
pub use algorithm::{Algorithm, HashAlgorithm, Qop};
pub use client::{AuthError, AuthorizationHeader, ClientAuth, InfoVerdict};
pub use digest::{DigestInput, HexDigest, Protection};
pub use server::{Accepted, Challenger, ServerAuth, ServerAuthConfig, Verdict};

#[cfg(test)]
mod tests;
