//! Transcripts of what was sent, and ladder diagrams of them.
//!
//! A [`Tap`] around any machine keeps the packets that pass its door; a [`Transcript`] is such a
//! list with names for the addresses, has a plain text file format, and is drawn by
//! [`ladder::text`] and [`ladder::svg`]:
//!
//! ```text
//!  Tap<phone>  ─┐
//!  Tap<server> ─┼─▶ Transcript ─▶ file ─▶ Transcript ─▶ ladder (text, SVG)
//!  Tap<phone>  ─┘
//! ```
//!
//! Nothing here takes part in a call: it reads packets as an observer on the wire would.

pub mod ladder;
pub mod lines;

mod format;
mod packet;
mod tap;
mod transcript;

pub use format::FormatError;
pub use packet::Packet;
pub use tap::{Passing, Records, Tap};
pub use transcript::{Participant, Transcript};
