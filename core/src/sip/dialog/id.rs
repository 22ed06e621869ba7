//! What names a dialog: the Call-ID and the two tags (RFC 3261 §12).

use alloc::boxed::Box;
use core::fmt;

use crate::sip::header::HeaderError;
use crate::sip::message::Message;

/// The name of a dialog as one of its two ends sees it; the peer has the tags the other way round.
///
/// An empty tag is the null tag of a peer that knows RFC 2543 only (RFC 3261 §12.1.1, §12.1.2).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DialogId {
    /// The Call-ID, compared byte by byte.
    pub call_id: Box<str>,
    /// The tag we chose.
    pub local_tag: Box<str>,
    /// The tag the peer chose; empty if it sent none.
    pub remote_tag: Box<str>,
}

impl DialogId {
    /// The dialog a request belongs to, seen by the end that received it: its To tag is ours.
    ///
    /// # Errors
    /// When Call-ID, From or To is missing or malformed.
    pub fn of_request(request: &Message) -> Result<Self, HeaderError> {
        Ok(Self {
            call_id: request.call_id()?.into(),
            local_tag: request.to()?.tag.unwrap_or_default().into(),
            remote_tag: request.from()?.tag.unwrap_or_default().into(),
        })
    }

    /// The dialog a response belongs to, seen by the end that sent the request: its From tag is
    /// ours.
    ///
    /// # Errors
    /// When Call-ID, From or To is missing or malformed.
    pub fn of_response(response: &Message) -> Result<Self, HeaderError> {
        Ok(Self {
            call_id: response.call_id()?.into(),
            local_tag: response.from()?.tag.unwrap_or_default().into(),
            remote_tag: response.to()?.tag.unwrap_or_default().into(),
        })
    }
}

impl fmt::Display for DialogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{};local-tag={};remote-tag={}",
            self.call_id, self.local_tag, self.remote_tag
        )
    }
}
