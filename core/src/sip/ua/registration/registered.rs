//! What registering has brought an address-of-record, for the requests it sends afterwards: flows
//! that work (RFC 5626 §4.3), a way to its services (RFC 3608 §6.1), and URIs that lead to this very
//! device (RFC 5627 §4.4).
//!
//! All of it is derived: after every step of a registration it says anew what it has.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use super::super::draft;
use super::super::identity::Identity;
use super::RegistrationHandle;
use crate::sip::endpoint::Target;
use crate::time::Instant;

/// Every identity that registers.
#[derive(Default)]
pub(in crate::sip::ua) struct Registered(BTreeMap<Identity, Granted>);

/// What one identity has.
pub(in crate::sip::ua) struct Granted {
    pub(super) owner: RegistrationHandle,
    /// Whether the registrar can reach us, as far as we know.
    pub(super) is_bound: bool,
    /// When all of it is over without a refresh.
    pub(super) until: Instant,
    pub(super) service_route: Box<[Box<str>]>,
    /// The flows that work, each with the number of its outbound proxy; none unless the registrar
    /// binds flows.
    pub(super) flows: Vec<(usize, Target)>,
    pub(super) gruu: Option<Box<str>>,
}

impl Registered {
    /// Says what an identity has now.
    pub(super) fn publish(&mut self, identity: Identity, granted: Granted) {
        self.0.insert(identity, granted);
    }

    /// Forgets what a registration has brought that is over.
    pub(in crate::sip::ua) fn withdraw(&mut self, identity: Identity, owner: RegistrationHandle) {
        if self.0.get(&identity).is_some_and(|it| it.owner == owner) {
            self.0.remove(&identity);
        }
    }

    /// The URIs that requests of an identity go through, in order (RFC 3608 §6.1).
    pub(in crate::sip::ua) fn service_route(
        &self,
        identity: Identity,
        now: Instant,
    ) -> &[Box<str>] {
        let granted = self.granted(identity, now);
        granted.map_or(&[], |it| &it.service_route)
    }

    /// A flow that works, a secure one if that matters: the first, or the one after that of an
    /// outbound proxy.
    pub(in crate::sip::ua) fn flow_after(
        &self,
        identity: Identity,
        tried: Option<usize>,
        secure: bool,
    ) -> Option<(usize, Target)> {
        let mut flows = self.0.get(&identity)?.flows.iter();
        let is_next = |proxy: usize| tried.is_none_or(|tried| proxy > tried);
        let does = |target: Target| target.transport.is_secure() || !secure;
        let found = flows.find(|(proxy, target)| is_next(*proxy) && does(*target));
        found.copied()
    }

    /// A flow that works and leads where `gone` has led, or else any that does.
    pub(in crate::sip::ua) fn flow_instead(
        &self,
        identity: Identity,
        gone: Target,
    ) -> Option<Target> {
        let flows = &self.0.get(&identity)?.flows;
        let same = flows.iter().find(|(_, it)| it.address == gone.address);
        same.or_else(|| flows.first()).map(|(_, target)| *target)
    }

    /// The URI of this very device, for a dialog that is secure or not. RFC 5630 §5.1.1.4: each GRUU
    /// is there as SIP and as SIPS.
    pub(in crate::sip::ua) fn gruu(
        &self,
        identity: Identity,
        now: Instant,
        secure: bool,
    ) -> Option<Cow<'_, str>> {
        let gruu = &**self.granted(identity, now)?.gruu.as_ref()?;
        if draft::is_secure(gruu) == secure {
            return Some(Cow::Borrowed(gruu));
        }
        let (_, rest) = gruu.split_once(':')?;
        let scheme = if secure { "sips" } else { "sip" };
        Some(Cow::Owned(format!("{scheme}:{rest}")))
    }

    /// Whether an identity wants to be registered and is not: who needs its flows has to wait.
    pub(in crate::sip::ua) fn is_recovering(&self, identity: Identity) -> bool {
        self.0.get(&identity).is_some_and(|it| !it.is_bound)
    }

    pub(in crate::sip::ua) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// RFC 3608 §6.1, RFC 5627 §4.4: nothing of a registration that has run out is used.
    fn granted(&self, identity: Identity, now: Instant) -> Option<&Granted> {
        self.0.get(&identity).filter(|it| now < it.until)
    }
}
