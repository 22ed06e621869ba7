//! What a REGISTER does to the bindings of one address-of-record (RFC 3261 §10.3 steps 6 and 7).
//!
//! Two passes make it atomic: the first looks at every contact and changes nothing, the second
//! changes everything and cannot fail.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::Binding;
use crate::machine::FlowId;
use crate::sip::uri::Uri;
use crate::time::Instant;

/// One contact a REGISTER asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requested<'a> {
    /// The URI to bind.
    pub(crate) contact: &'a str,
    /// The parameters to be kept: all but `expires`.
    pub(crate) params: Vec<u8>,
    /// The preference, in thousandths.
    pub(crate) q: u16,
    /// Seconds it shall last, as the registrar grants them; 0 removes.
    pub(crate) expires: u32,
}

/// What is asked of the bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    /// No Contact: only list them (RFC 3261 §10.2.3).
    Query,
    /// `Contact: *`: remove all (RFC 3261 §10.2.2).
    RemoveAll,
    /// Add, refresh or remove each of these.
    Bind(Vec<Requested<'a>>),
}

/// A REGISTER, as far as the bindings are concerned.
#[derive(Clone, Debug)]
pub(crate) struct Update<'a> {
    pub(crate) call_id: &'a str,
    pub(crate) cseq: u32,
    pub(crate) path: Vec<&'a str>,
    /// The connection it came on, if that is the only way back.
    pub(crate) flow: Option<FlowId>,
    pub(crate) change: Change<'a>,
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpdateError {
    /// A request with the same Call-ID and this or a higher CSeq was seen before.
    OutOfOrder,
    /// More bindings than one address-of-record may have.
    TooMany,
}

/// What became of one contact, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Added(Box<str>, u32),
    Refreshed(Box<str>, u32),
    Removed(Box<str>),
}

impl Update<'_> {
    /// Changes all of `bindings` as asked, or nothing.
    ///
    /// # Errors
    /// Says why nothing was changed.
    pub(crate) fn apply(
        &self,
        bindings: &mut Vec<Binding>,
        limit: usize,
        now: Instant,
    ) -> Result<Vec<Outcome>, UpdateError> {
        match &self.change {
            Change::Query => Ok(Vec::new()),
            Change::RemoveAll => {
                for binding in bindings.iter() {
                    self.check_order(binding)?;
                }
                let removed = |binding: Binding| Outcome::Removed(binding.contact);
                Ok(bindings.drain(..).map(removed).collect())
            }
            Change::Bind(requested) => {
                self.check_all(requested, bindings, limit)?;
                let commit = |one| self.commit(one, bindings, now);
                Ok(requested.iter().filter_map(commit).collect())
            }
        }
    }

    /// §10.3 steps 6 and 7: against a binding made under the same Call-ID only a higher CSeq
    /// counts; a binding of another Call-ID is open to anyone who may change it at all.
    fn check_order(&self, binding: &Binding) -> Result<(), UpdateError> {
        if *binding.call_id == *self.call_id && self.cseq <= binding.cseq {
            return Err(UpdateError::OutOfOrder);
        }
        Ok(())
    }

    fn check_all(
        &self,
        requested: &[Requested<'_>],
        bindings: &[Binding],
        limit: usize,
    ) -> Result<(), UpdateError> {
        let mut added = 0_usize;
        let mut removed = 0_usize;
        for one in requested {
            match position(bindings, one.contact).and_then(|at| bindings.get(at)) {
                Some(binding) => {
                    self.check_order(binding)?;
                    removed += usize::from(one.expires == 0);
                }
                None => added += usize::from(one.expires > 0),
            }
        }
        let kept = bindings.len().saturating_sub(removed);
        if added > 0 && kept.saturating_add(added) > limit {
            return Err(UpdateError::TooMany);
        }
        Ok(())
    }

    fn commit(
        &self,
        one: &Requested<'_>,
        bindings: &mut Vec<Binding>,
        now: Instant,
    ) -> Option<Outcome> {
        let at = position(bindings, one.contact);
        if one.expires == 0 {
            // A contact that is not bound is as gone as it was asked to be.
            return at.map(|at| Outcome::Removed(bindings.remove(at).contact));
        }
        let binding = Binding {
            contact: one.contact.into(),
            params: one.params.clone().into_boxed_slice(),
            path: self.path.iter().map(|uri| Box::from(*uri)).collect(),
            flow: self.flow,
            call_id: self.call_id.into(),
            cseq: self.cseq,
            q: one.q,
            expires: now + Duration::from_secs(u64::from(one.expires)),
        };
        match at.and_then(|at| bindings.get_mut(at)) {
            Some(place) => {
                *place = binding;
                Some(Outcome::Refreshed(one.contact.into(), one.expires))
            }
            None => {
                // One binding is the rule: no room for three more that never come.
                bindings.reserve_exact(1);
                bindings.push(binding);
                Some(Outcome::Added(one.contact.into(), one.expires))
            }
        }
    }
}

/// §10.3 step 7: bindings are searched by the comparison rules of the URI's scheme, which for an
/// unknown scheme leave nothing but the characters.
fn position(bindings: &[Binding], contact: &str) -> Option<usize> {
    let wanted = Uri::parse(contact).ok();
    bindings
        .iter()
        .position(|binding| match (&wanted, Uri::parse(&binding.contact)) {
            (Some(wanted), Ok(bound)) => wanted.equivalent(&bound),
            _ => *binding.contact == *contact,
        })
}
