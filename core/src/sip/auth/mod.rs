//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760), both ends.
//!
//! [`ClientAuth`] answers challenges for a call or a registration, [`ServerAuth`] makes them and
//! judges the answers by the hashes of a [`UserStore`], which holds no password. What each of the
//! two has to do is in the RFCs; what they have to tell is in [`AuthError`] and [`Verdict`].

mod account;
mod algorithm;
mod challenger;
mod choice;
mod client;
mod digest;
mod fault;
mod keyring;
mod nonce;
mod server;
mod session;
mod users;
mod verdict;

pub use account::{Account, Ha1, Ha1Set};
pub use algorithm::{Algorithm, HashAlgorithm, Qop};
pub use challenger::{Challenger, ServerAuthConfig};
pub use client::{AuthError, AuthorizationHeader, ClientAuth, InfoVerdict, ProtectedRequest};
pub use digest::{DigestInput, HexDigest, Protection};
pub use fault::CredentialsFault;
pub use keyring::Keyring;
pub use server::ServerAuth;
pub use users::{UserStore, Users};
pub use verdict::{Accepted, Verdict};

#[cfg(test)]
mod tests;
