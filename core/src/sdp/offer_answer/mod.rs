//! Offer and answer (RFC 3264, RFC 6337): any number of streams of any kind.
//!
//! ```text
//!               create_offer                receive_offer
//!   OfferSent ◀────────────── Stable ──────────────────▶ OfferReceived
//!       │ receive_answer ────▶  ▲  ◀──── create_answer        │
//!       │ offer_rejected ────▶  │  ◀──── reject_offer         │
//!       └───────────────────────┴────── create_refusal ◀──────┘
//! ```
//!
//! An exchange is atomic (§4): until its answer nothing agreed changes, and a rejection leaves
//! everything as it was. Whether an offer travels in an INVITE, a 200, an UPDATE or a PRACK makes
//! no difference here; [`NegotiationError`] says which SIP response fits which failure.

mod agree;
mod answer;
mod bundle;
mod describe;
mod error;
mod group;
mod media;
mod negotiation;
mod offer;
mod parameters;
mod payload_types;
mod redundancy;
mod saved;
mod security;
mod slot;

pub use bundle::{BundledStream, Bundling, MID_EXTENSION};
pub use describe::capabilities;
pub use error::NegotiationError;
pub use group::{Group, GroupSemantics, Grouping};
pub use media::{
    BandwidthLimits, DEFAULT_PTIME_MS, Format, LocalMedia, MediaKind, MediaPlan, OtherAttribute,
};
pub use negotiation::Negotiation;
pub use saved::{PlaceUse, SavedPlace, SavedSession, SavedSessionError};
pub use security::{AgreedCrypto, CryptoKey, CryptoSide, LocalCrypto};

#[cfg(test)]
mod tests;
