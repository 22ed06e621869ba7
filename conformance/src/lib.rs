//! Proof that offhook does what the RFCs say.
//!
//! [`sim`] runs machines on one virtual clock and a network that misbehaves from a seed;
//! [`scope`] tells which rows of the scope are shown by which tests.
#![forbid(unsafe_code)]

pub mod scope;
pub mod sim;
pub mod worlds;
