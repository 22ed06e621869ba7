//! What the far end of a dialog has said it can do: Allow (RFC 3261 §20.5) and Supported (§20.37).

use crate::sip::message::{HeaderName, Message};

/// What a peer can do, by its last word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Peer {
    /// It takes UPDATE (RFC 3311 §4).
    pub(super) takes_update: bool,
}

impl Peer {
    /// Takes note of what a message says. One that says nothing changes nothing.
    pub(super) fn learn(&mut self, message: &Message) {
        if message.field(HeaderName::Allow).is_some() {
            self.takes_update = message.lists(HeaderName::Allow, "UPDATE");
        }
    }
}
