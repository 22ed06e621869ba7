//! Full Intra Requests (RFC 5104 §3.5.1, §4.3.1): a decoder that has nothing to start from commands a
//! picture it can start with, and the sender of the video obeys each command once.
//!
//! ```text
//!  requester                                            responder
//!   command ─▶ Outstanding(nr) ── FIR nr, FIR nr, … ──▶  asks the encoder, once
//!   refreshed ▶ (nothing)      ◀── the picture ────────  refresh_sent
//!   command ─▶ Outstanding(nr + 1) …
//! ```
//!
//! Lost pictures are told by a PLI (RFC 4585 §6.3.1), never by this: [`FullIntraRequester::lost`].

mod requester;
mod responder;

pub use requester::FullIntraRequester;
pub use responder::FullIntraResponder;

#[cfg(test)]
mod tests;
