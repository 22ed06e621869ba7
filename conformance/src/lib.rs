//! Proof that offhook does what the RFCs say.
//!
//! * [`sim`] runs machines on one virtual clock and a network that misbehaves from a seed, holds
//!   them to the promises of the machine contract after every step, records and replays them;
//! * [`worlds`] are its scenarios: phones, servers, streams of sound, and people who use them;
//! * [`scope`] tells which rows of the scope are shown by which tests;
//! * [`rules`] tells which tests fail when a rule of an RFC is broken.
#![forbid(unsafe_code)]

pub mod fuzzing;
pub mod rules;
pub mod scope;
pub mod sim;
pub mod worlds;
