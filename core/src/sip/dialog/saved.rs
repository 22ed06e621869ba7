//! A dialog as plain data, for one that lives longer than the program that has it
//! (RFC 3261 §12).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::sip::dialog::{Dialog, DialogId, DialogState, RouteSet};
use crate::sip::header::{CSeq, CallId};
use crate::sip::uri::Uri;
use crate::text::Class;

/// The state of a confirmed dialog (RFC 3261 §12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedDialog {
    /// Call-ID and tags.
    pub id: DialogId,
    /// Our address, as From or To named it.
    pub local_uri: String,
    /// The peer's address, as From or To named it.
    pub remote_uri: String,
    /// Where the peer wants its requests: the URI of its last Contact.
    pub remote_target: String,
    /// The URIs of the servers that requests pass, the next hop first.
    pub route_set: Vec<String>,
    /// The CSeq number of our last request; none if we have sent none.
    pub local_seq: Option<u32>,
    /// The CSeq number of the peer's last request; none if there was none.
    pub remote_seq: Option<u32>,
    /// Whether our Contact has to be a SIPS URI (RFC 3261 §12.1).
    pub is_secure: bool,
    /// Whether we generated the Call-ID (RFC 3261 §14.1).
    pub owns_call_id: bool,
}

/// Why a saved dialog cannot be taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedDialogError {
    /// The Call-ID is none (RFC 3261 §25.1).
    CallId,
    /// A tag is no token, or ours is missing. The peer's may be empty (RFC 3261 §12.1.1).
    Tag,
    /// One of the URIs cannot be read.
    Uri,
    /// A CSeq number is not below 2^31 (RFC 3261 §8.1.1.5).
    Sequence,
}

impl fmt::Display for SavedDialogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CallId => "the call-id is none",
            Self::Tag => "a tag is no token, or missing",
            Self::Uri => "a uri cannot be read",
            Self::Sequence => "a cseq number is not below 2^31",
        })
    }
}

impl core::error::Error for SavedDialogError {}

impl Dialog {
    /// Its state, as plain data; nothing while it is early: it is over with the request that made it.
    #[must_use]
    pub fn save(&self) -> Option<SavedDialog> {
        (self.state == DialogState::Confirmed).then(|| SavedDialog {
            id: self.id.clone(),
            local_uri: (*self.local_uri).into(),
            remote_uri: (*self.remote_uri).into(),
            remote_target: (*self.remote_target).into(),
            route_set: self.route_set.uris().map(String::from).collect(),
            local_seq: self.local_seq,
            remote_seq: self.remote_seq,
            is_secure: self.secure,
            owns_call_id: self.call_id_is_ours,
        })
    }

    /// Goes on with a dialog where it was when it was saved.
    ///
    /// # Errors
    /// When a request made from it could not be written or understood.
    pub fn restore(saved: &SavedDialog) -> Result<Self, SavedDialogError> {
        let id = &saved.id;
        CallId::parse(id.call_id.as_bytes()).map_err(|_| SavedDialogError::CallId)?;
        if id.local_tag.is_empty() || !is_tag(&id.local_tag) || !is_tag(&id.remote_tag) {
            return Err(SavedDialogError::Tag);
        }
        let uris = [&saved.local_uri, &saved.remote_uri, &saved.remote_target];
        let mut uris = uris.into_iter().chain(&saved.route_set);
        if !uris.all(|uri| Uri::parse(uri).is_ok()) {
            return Err(SavedDialogError::Uri);
        }
        let mut numbers = saved.local_seq.into_iter().chain(saved.remote_seq);
        if !numbers.all(|number| number <= CSeq::MAX) {
            return Err(SavedDialogError::Sequence);
        }
        Ok(Self {
            id: id.clone(),
            state: DialogState::Confirmed,
            local_uri: saved.local_uri.as_str().into(),
            remote_uri: saved.remote_uri.as_str().into(),
            remote_target: saved.remote_target.as_str().into(),
            route_set: RouteSet::preloaded(saved.route_set.iter().map(String::as_str)),
            local_seq: saved.local_seq,
            remote_seq: saved.remote_seq,
            secure: saved.is_secure,
            call_id_is_ours: saved.owns_call_id,
        })
    }
}

/// Whether it can be a tag, or is the null tag.
fn is_tag(tag: &str) -> bool {
    tag.bytes().all(|byte| Class::TOKEN.contains(byte))
}
