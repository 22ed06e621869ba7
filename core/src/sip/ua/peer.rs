//! What the far end of a dialog has said it can do: Allow (RFC 3261 §20.5) and Supported (§20.37).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::config::UserAgentConfig;
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
    /// It takes another URI in From (RFC 4916 §4.3); unknown where we do not say who is connected.
    pub(super) takes_from_change: bool,
    /// The Info Packages it takes (RFC 6086 §5.2.2).
    packages: Box<[Box<str>]>,
    /// The extensions that requests to it name.
    pub(super) extensions: Extensions,
}

/// What the far end of a dialog has said it can do.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SavedPeer {
    /// Whether it takes UPDATE (RFC 3311 §4).
    pub takes_update: bool,
    /// Whether it takes another URI in From (RFC 4916 §4.3).
    pub takes_from_change: bool,
    /// The Info Packages it takes (RFC 6086 §5.2.2).
    pub info_packages: Vec<String>,
    /// The extensions of ours that it does not want to hear of (RFC 3261 §21.4.15).
    pub left_out: Vec<String>,
    /// The extensions that it wants required (RFC 3261 §21.4.16).
    pub required: Vec<String>,
}

impl Peer {
    /// Takes note of what a message says. One that says nothing changes nothing.
    pub(super) fn learn(&mut self, message: &Message, config: &UserAgentConfig) {
        if config.connected_identity && message.field(HeaderName::Supported).is_some() {
            self.takes_from_change = message.lists(HeaderName::Supported, draft::FROM_CHANGE);
        }
        if message.field(HeaderName::Allow).is_some() {
            self.takes_update = message.lists(HeaderName::Allow, "UPDATE");
        }
        if message.field(HeaderName::RecvInfo).is_some() {
            let names = draft::methods(message.fields(HeaderName::RecvInfo));
            let names = names.iter().take(PACKAGES_LIMIT);
            self.packages = names.map(|it| it.as_str().into()).collect();
        }
    }

    /// What it can do, as plain data.
    pub(super) fn save(&self) -> SavedPeer {
        SavedPeer {
            takes_update: self.takes_update,
            takes_from_change: self.takes_from_change,
            info_packages: self.packages.iter().map(|it| (**it).into()).collect(),
            left_out: self.extensions.left_out(),
            required: self.extensions.required(),
        }
    }

    /// A peer that can do what was saved.
    pub(super) fn restore(saved: &SavedPeer) -> Self {
        let packages = saved.info_packages.iter().take(PACKAGES_LIMIT);
        Self {
            takes_update: saved.takes_update,
            takes_from_change: saved.takes_from_change,
            packages: packages.map(|it| it.as_str().into()).collect(),
            extensions: Extensions::restore(&saved.left_out, &saved.required),
        }
    }

    /// Whether it has said that it takes an Info Package.
    pub(super) fn takes_package(&self, name: &str) -> bool {
        self.packages
            .iter()
            .any(|one| one.eq_ignore_ascii_case(name))
    }
}
