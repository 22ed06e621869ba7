//! One direction of a stream: what its contexts are made with.

use alloc::vec::Vec;

use super::policy::{MasterKey, Policy};

/// How one direction of a stream is protected, to make a [`SendContext`](super::SendContext) or a
/// [`ReceiveContext`](super::ReceiveContext) with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The transforms and what was agreed of them.
    pub policy: Policy,
    /// The master keys.
    pub keys: Vec<MasterKey>,
}
