//! Offer and answer (RFC 3264, RFC 6337) for one audio stream among whatever else is offered.
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
mod describe;
mod error;
mod media;
mod negotiation;
mod payload_types;
mod slot;

pub use describe::capabilities;
pub use error::NegotiationError;
pub use media::{DEFAULT_PTIME_MS, Format, LocalMedia, MediaPlan};
pub use negotiation::Negotiation;

#[cfg(test)]
mod tests;
