//! What the far end of a dialog has said it can do: Allow (RFC 3261 §20.5) and Supported (§20.37).

use alloc::boxed::Box;

use super::draft;
use super::extensions::Extensions;
use crate::sip::message::{HeaderName, Message};

/// How many Info Packages of a peer are remembered.
const PACKAGES_LIMIT: usize = 32;

/// What a peer can do, by its last word.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Peer {
    /// It takes UPDATE (RFC 3311 §4).
    pub(super) takes_update: bool,
    /// The Info Packages it takes (RFC 6086 §5.2.2).
    packages: Box<[Box<str>]>,
    /// The extensions that requests to it name.
    pub(super) extensions: Extensions,
}

impl Peer {
    /// Takes note of what a message says. One that says nothing changes nothing.
    pub(super) fn learn(&mut self, message: &Message) {
        if message.field(HeaderName::Allow).is_some() {
            self.takes_update = message.lists(HeaderName::Allow, "UPDATE");
        }
        if message.field(HeaderName::RecvInfo).is_some() {
            let names = draft::methods(message.fields(HeaderName::RecvInfo));
            let names = names.iter().take(PACKAGES_LIMIT);
            self.packages = names.map(|it| it.as_str().into()).collect();
        }
    }

    /// Whether it has said that it takes an Info Package.
    pub(super) fn takes_package(&self, name: &str) -> bool {
        self.packages
            .iter()
            .any(|one| one.eq_ignore_ascii_case(name))
    }
}
