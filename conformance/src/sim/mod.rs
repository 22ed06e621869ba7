//! A network of machines in memory, on one virtual clock, that misbehaves from a seed.
//!
//! ```text
//!            command                      ┌─────────┐ loses, delays, doubles,
//!  scenario ────────▶ Cell ── transmit ──▶│ Network │ reorders, partitions
//!      ▲               │ ▲                └────┬────┘
//!      └──── event ────┘ └──── datagram ───────┘
//! ```
//!
//! What is sent is lost, alone or in bursts, doubled, held up and overtaken; it waits on narrow links
//! and does not fit through some; hosts lose sight of each other ([`Faults`]). Connections run over
//! the same network: their bytes arrive in order, cut anywhere, and what would be lost is late; they
//! are refused, and they break in the middle of what they carry. Clocks step, fall back and
//! oversleep, and machines start anew.
//!
//! Every machine is run twice: the [`Cell`] holds the machine and a twin that is fed the same
//! inputs, and holds the two against each other after every step. A [`Violation`] says which
//! promise of the machine contract was broken, where and when.
//!
//! What a run fails without is left out of it by [`shrink`], and what is left out is written down as
//! the options of a command line ([`Trim`]).
//!
//! There is no floating point number and no real time in here: a run is decided by its seed.

mod cell;
mod chance;
mod clocks;
mod faults;
mod links;
mod moods;
mod network;
mod population;
mod promise;
mod recording;
mod shrink;
mod step;
mod streams;
mod subject;
mod trim;
mod way;
mod world;

#[cfg(test)]
mod tests;

pub use cell::{Cell, Gauge};
pub use chance::{Chance, key};
pub use faults::{Burst, Fault, Faults};
pub use network::{Arrival, ClockStep, Network, Passage, STRANGER};
pub use promise::{Promise, Violation};
pub use recording::{Recorder, Recording, RecordingError, transport_name, transport_named};
pub use shrink::{Attempt, Shrunk, shrink};
pub use step::{Outcome, Step, Stepped};
pub use subject::Subject;
pub use trim::Trim;
pub use world::{CellId, World};
