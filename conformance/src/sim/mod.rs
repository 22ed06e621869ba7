//! A network of machines in memory, on one virtual clock, that misbehaves from a seed.
//!
//! ```text
//!            command                      ┌─────────┐ loses, delays, doubles,
//!  scenario ────────▶ Cell ── transmit ──▶│ Network │ reorders, partitions
//!      ▲               │ ▲                └────┬────┘
//!      └──── event ────┘ └──── datagram ───────┘
//! ```
//!
//! Connections run over the same network: their bytes arrive in order, cut anywhere, and what would
//! be lost is late; they are refused, and they break.
//!
//! Every machine is run twice: the [`Cell`] holds the machine and a twin that is fed the same
//! inputs, and holds the two against each other after every step. A [`Violation`] says which
//! promise of the machine contract was broken, where and when.
//!
//! There is no floating point number and no real time in here: a run is decided by its seed.

mod cell;
mod chance;
mod faults;
mod links;
mod network;
mod promise;
mod recording;
mod subject;
mod world;

#[cfg(test)]
mod tests;

pub use cell::{Cell, Outcome, Step, Stepped};
pub use chance::{Chance, key};
pub use faults::Faults;
pub use network::{Arrival, Network, Passage, STRANGER};
pub use promise::{Promise, Violation};
pub use recording::{Recorder, Recording, RecordingError};
pub use subject::Subject;
pub use world::{CellId, World};
