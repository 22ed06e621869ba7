//! Ladder diagrams: participants as columns, time downwards, one arrow per message.
//!
//! ```text
//!             alice                 bob
//!               │                    │
//!     0.000     │────── INVITE ─────▶│   1 INVITE
//!     0.012     │◀──── 200 OK ───────│   1 INVITE
//! ```
//!
//! Messages stand together by Call-ID, one ladder for each; media packets are counted, not drawn
//! one by one. Messages are skimmed as a reader would: a malformed one still gets its arrow, so
//! nothing here stands on the strict parsers.

mod label;
mod live;
mod rows;
mod svg;
mod text;
mod websocket;

#[cfg(test)]
mod tests;

pub(super) use label::call_id_of;
pub use live::Live;
pub use svg::{Escaped, svg};
pub use text::text;
