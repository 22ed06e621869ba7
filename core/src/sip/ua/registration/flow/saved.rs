//! One binding as plain data (RFC 3261 §10.2; RFC 5626 §4.2.1).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Bound, RegisteredFlow, State};
use crate::sip::header::{CSeq, CallId};
use crate::sip::ua::draft::Draft;
use crate::sip::ua::saved::RestoreError;
use crate::sip::uri::Uri;
use crate::time::Instant;

/// One flow of a registration, as of the moment it was saved. Its reg-id is its place, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFlow {
    /// The Call-ID of its REGISTERs.
    pub call_id: String,
    /// The CSeq number of the last of them; 0 if none was sent.
    pub cseq: u32,
    /// For how long it asks to be bound, in whole seconds.
    pub expires: Duration,
    /// Whether it asks to be bound as a flow (RFC 5626 §4.2.1).
    pub asks_outbound: bool,
    /// Whether it was refused for good, so that it is not asked for again.
    pub is_refused: bool,
    /// What the registrar has of it, as far as we know.
    pub binding: Option<SavedBinding>,
}

/// A binding that a registrar has confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedBinding {
    /// The URI in its Contact.
    pub contact: String,
    /// For how long it still stood.
    pub remaining: Duration,
    /// Whether it is bound as a flow (RFC 5626 §4.2.1).
    pub is_outbound: bool,
    /// The URIs of its Path, in order (RFC 3327 §5.1).
    pub path: Vec<String>,
}

impl RegisteredFlow {
    /// What it is now, as plain data.
    pub(in crate::sip::ua::registration) fn save(&self, now: Instant) -> SavedFlow {
        let bound = self.bound.as_ref().filter(|bound| now < bound.until);
        SavedFlow {
            call_id: (*self.draft.call_id).into(),
            cseq: self.draft.cseq.saturating_sub(1),
            expires: Duration::from_secs(self.wanted.into()),
            asks_outbound: self.asks_outbound,
            is_refused: self.state == State::Gone,
            binding: bound.map(|bound| SavedBinding {
                contact: (*bound.contact).into(),
                remaining: bound.until.saturating_duration_since(now),
                is_outbound: bound.is_outbound,
                path: bound.path.iter().map(|uri| (**uri).into()).collect(),
            }),
        }
    }

    /// The binding that was saved `away` ago, which nobody has asked for yet since; `draft` is a first
    /// REGISTER.
    pub(in crate::sip::ua::registration) fn restore(
        number: u8,
        mut draft: Draft,
        saved: &SavedFlow,
        (away, now): (Duration, Instant),
    ) -> Result<Self, RestoreError> {
        CallId::parse(saved.call_id.as_bytes()).map_err(|_| RestoreError::CallId)?;
        if saved.cseq >= CSeq::MAX {
            return Err(RestoreError::Sequence);
        }
        draft.follow(&saved.call_id, saved.cseq);
        let mut flow = Self::new(number, draft, saved.expires, saved.asks_outbound);
        let bound = saved.binding.as_ref();
        flow.bound = bound.map(|it| it.restore(away, now)).transpose()?;
        if saved.is_refused {
            flow.state = State::Gone;
        }
        Ok(flow)
    }

    /// Whether the registrar has it, as far as we know.
    pub(in crate::sip::ua::registration) const fn is_bound(&self) -> bool {
        self.bound.is_some()
    }
}

impl SavedBinding {
    fn restore(&self, away: Duration, now: Instant) -> Result<Bound, RestoreError> {
        let uris = core::iter::once(&self.contact).chain(&self.path);
        if !uris.into_iter().all(|uri| is_sip(uri)) {
            return Err(RestoreError::Uri);
        }
        let longest = Duration::from_secs(u32::MAX.into());
        let remaining = self.remaining.min(longest).saturating_sub(away);
        Ok(Bound {
            contact: self.contact.as_str().into(),
            until: now + remaining,
            is_outbound: self.is_outbound,
            path: self
                .path
                .iter()
                .map(|uri| Box::from(uri.as_str()))
                .collect(),
        })
    }
}

/// Whether it is a SIP or SIPS URI.
pub(in crate::sip::ua::registration) fn is_sip(uri: &str) -> bool {
    matches!(Uri::parse(uri), Ok(Uri::Sip(_)))
}
