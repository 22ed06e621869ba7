//! The location service (RFC 3261 §10): which contacts an address-of-record is bound to.
//!
//! Plain data behind an index. A record is kept only while it has a binding, and one timer per
//! record, at the earliest expiry of its bindings, is all that an idle registration costs a step.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::AddressOfRecord;
use crate::arena::{Arena, Handle};
use crate::machine::FlowId;
use crate::sip::endpoint::StackTimer;
use crate::sip::proxy::is_sips;
use crate::time::Instant;

/// One address at which a user may be reached (RFC 3261 §10.3 step 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub(super) contact: Box<str>,
    pub(super) params: Box<[u8]>,
    pub(super) path: Box<[Box<str>]>,
    pub(super) flow: Option<FlowId>,
    pub(super) call_id: Box<str>,
    pub(super) cseq: u32,
    pub(super) q: u16,
    pub(super) expires: Instant,
}

impl Binding {
    /// The binding that was exported, ending at `expires`.
    pub(super) fn from_stored(stored: &StoredBinding, expires: Instant) -> Self {
        Self {
            contact: stored.contact.as_str().into(),
            params: stored.params.as_bytes().into(),
            path: stored.path.iter().map(|uri| uri.as_str().into()).collect(),
            // A connection does not outlive the server it led to.
            flow: None,
            call_id: stored.call_id.as_str().into(),
            cseq: stored.cseq,
            q: stored.q,
            expires,
        }
    }

    /// The URI to be tried.
    #[must_use]
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// What stood behind the URI, as it was registered: `;name=value…`, without `expires`.
    #[must_use]
    pub fn params(&self) -> &[u8] {
        &self.params
    }

    /// The Path values to be visited on the way, first hop first (RFC 3327 §5.3).
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.path.iter().map(AsRef::as_ref)
    }

    /// Whether it is reached by SIPS, and its first stop on the way too (RFC 5630 §5.3).
    pub(crate) fn is_secured(&self) -> bool {
        is_sips(&self.contact) && self.path().next().is_none_or(is_sips)
    }

    /// The connection on which its requests go, and no other way: that of a WebSocket client, whom
    /// nobody can connect to (RFC 7118 §5.3, RFC 5626 §7).
    #[must_use]
    pub fn flow(&self) -> Option<FlowId> {
        self.flow
    }

    /// The preference, in thousandths; 1000 when none was given (RFC 3261 §20.10).
    #[must_use]
    pub fn q(&self) -> u16 {
        self.q
    }

    /// When the binding ends unless it is refreshed.
    #[must_use]
    pub fn expires(&self) -> Instant {
        self.expires
    }

    /// Whole seconds left at `now`, rounded up, as told in the `expires` parameter.
    #[must_use]
    pub fn seconds_left(&self, now: Instant) -> u32 {
        let left = self.expires.saturating_duration_since(now);
        let secs = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        u32::try_from(secs).unwrap_or(u32::MAX)
    }
}

/// A binding as plain data, to be kept somewhere while the server is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBinding {
    /// The address-of-record, `user@domain`.
    pub address_of_record: String,
    /// The URI to be tried.
    pub contact: String,
    /// What stood behind the URI, as it was registered.
    pub params: String,
    /// The Path values, first hop first.
    pub path: Vec<String>,
    /// The Call-ID of the REGISTER that made it.
    pub call_id: String,
    /// The CSeq number of that REGISTER.
    pub cseq: u32,
    /// The preference, in thousandths.
    pub q: u16,
    /// How much longer it lasts, counted from the moment of the export.
    pub expires_in: Duration,
}

/// The bindings of one address-of-record: never empty while it is stored.
pub(crate) struct Record {
    address: AddressOfRecord,
    bindings: Vec<Binding>,
    timer: Option<StackTimer>,
}

impl Record {
    /// Whose they are.
    pub(crate) fn address(&self) -> &AddressOfRecord {
        &self.address
    }
}

/// All bindings of the domains the server is responsible for.
pub struct LocationService {
    records: Arena<Record>,
    index: BTreeMap<AddressOfRecord, Handle<Record>>,
}

impl LocationService {
    /// An empty one that never holds more than `capacity` addresses-of-record.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            records: Arena::new(capacity),
            index: BTreeMap::new(),
        }
    }

    /// How many addresses-of-record have bindings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nobody is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether a further address-of-record would be refused.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.records.is_full()
    }

    /// The current bindings of an address-of-record, in the order in which they were made.
    #[must_use]
    pub fn bindings(&self, address: &AddressOfRecord) -> &[Binding] {
        self.find(address)
            .and_then(|record| self.records.get(record))
            .map_or(&[], |record| &record.bindings)
    }

    /// Everyone who is registered, with their bindings.
    pub fn iter(&self) -> impl Iterator<Item = (&AddressOfRecord, &[Binding])> {
        self.index.iter().filter_map(|(address, record)| {
            Some((address, self.records.get(*record)?.bindings.as_slice()))
        })
    }

    /// All bindings that have not ended by `now`, as plain data.
    #[must_use]
    pub fn export(&self, now: Instant) -> Vec<StoredBinding> {
        self.iter()
            .flat_map(|(address, bindings)| bindings.iter().map(move |binding| (address, binding)))
            .filter(|(_, binding)| binding.expires > now)
            .map(|(address, binding)| StoredBinding {
                address_of_record: address.as_str().into(),
                contact: binding.contact.as_ref().into(),
                params: String::from_utf8_lossy(&binding.params).into_owned(),
                path: binding.path().map(String::from).collect(),
                call_id: binding.call_id.as_ref().into(),
                cseq: binding.cseq,
                q: binding.q,
                expires_in: binding.expires.saturating_duration_since(now),
            })
            .collect()
    }

    pub(crate) fn find(&self, address: &AddressOfRecord) -> Option<Handle<Record>> {
        self.index.get(address).copied()
    }

    pub(crate) fn record(&self, record: Handle<Record>) -> Option<&Record> {
        self.records.get(record)
    }

    /// The record of an address-of-record, made if there is none; `None` when the table is full.
    pub(super) fn open(&mut self, address: &AddressOfRecord) -> Option<Handle<Record>> {
        if let Some(record) = self.find(address) {
            return Some(record);
        }
        let record = self
            .records
            .insert(Record {
                address: address.clone(),
                bindings: Vec::new(),
                timer: None,
            })
            .ok()?;
        self.index.insert(address.clone(), record);
        Some(record)
    }

    pub(super) fn bindings_mut(&mut self, record: Handle<Record>) -> Option<&mut Vec<Binding>> {
        Some(&mut self.records.get_mut(record)?.bindings)
    }

    /// Exchanges the timer of a record for another, and gives the old one back.
    pub(super) fn set_timer(
        &mut self,
        record: Handle<Record>,
        timer: Option<StackTimer>,
    ) -> Option<StackTimer> {
        core::mem::replace(&mut self.records.get_mut(record)?.timer, timer)
    }

    /// When the next binding of a record ends.
    pub(super) fn next_expiry(&self, record: Handle<Record>) -> Option<Instant> {
        let record = self.records.get(record)?;
        record.bindings.iter().map(|binding| binding.expires).min()
    }

    /// Forgets a record that has no binding left.
    pub(super) fn close_if_empty(&mut self, record: Handle<Record>) {
        let empty = self
            .records
            .get(record)
            .is_some_and(|record| record.bindings.is_empty());
        if empty {
            if let Some(record) = self.records.remove(record) {
                self.index.remove(&record.address);
            }
        }
    }

    /// Invariants, for the simulator: every record is indexed, has a binding and a timer.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.index.len() != self.records.len() {
            return Err("location service: index and table differ in size");
        }
        for (handle, record) in self.records.iter() {
            if self.index.get(&record.address) != Some(&handle) {
                return Err("location service: a record is not indexed under its own address");
            }
            if record.bindings.is_empty() {
                return Err("location service: a record without bindings");
            }
            if record.timer.is_none() {
                return Err("location service: bindings that nothing will end");
            }
        }
        Ok(())
    }
}
