//! The registrar (RFC 3261 §10.3; Path: RFC 3327 §5.3).
//!
//! ```text
//!   REGISTER ─▶ Require ─▶ who is it? ─▶ may they? ─▶ whose bindings? ─▶ update ─▶ 200, all bindings
//!               420         401           403          404                 400 423 500
//! ```
//!
//! The eight steps of §10.3 in one pass per request; nothing is kept of a request but the bindings.

mod address_of_record;
mod domains;
mod location;
mod request;
mod update;

use alloc::vec::Vec;
use core::time::Duration;

pub use address_of_record::AddressOfRecord;
pub(crate) use address_of_record::canonical_user;
pub(crate) use domains::Domains;
pub(crate) use location::Record;
pub use location::{Binding, LocationService, StoredBinding};
pub(crate) use update::Outcome;

use crate::arena::Handle;
use crate::sip::endpoint::Stack;
use crate::sip::header::Date;
use crate::sip::message::{
    BuildError, HeaderName, Message, OutgoingResponse, ResponseBuilder, StatusCode,
};
use crate::sip::proxy::Answer;
use crate::sip::transaction::UserTimer;
use crate::sip::transport::Source;
use crate::time::Instant;
use update::UpdateError;

/// How long bindings last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Seconds when the request names none (§10.2.1.1).
    pub default: u32,
    /// Fewer seconds are refused with 423, unless they are an hour or more (§10.3 step 7).
    pub min: u32,
    /// More seconds are shortened to this.
    pub max: u32,
}

impl Default for Expiry {
    fn default() -> Self {
        Self {
            default: 3600,
            min: 60,
            max: 7200,
        }
    }
}

/// Maintains the bindings of the domains the server is responsible for.
pub(crate) struct Registrar {
    expiry: Expiry,
    location: LocationService,
}

/// What a REGISTER has changed.
pub(crate) struct Registration {
    pub(crate) response: OutgoingResponse,
    pub(crate) address: AddressOfRecord,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Registrar {
    /// A registrar without bindings.
    pub(crate) fn new(expiry: Expiry, capacity: usize) -> Self {
        Self {
            expiry,
            location: LocationService::new(capacity),
        }
    }

    /// The bindings, as a proxy looks them up (§16.5).
    pub(crate) fn location(&self) -> &LocationService {
        &self.location
    }

    /// Steps 5 to 8 for a REGISTER whose sender may change the bindings of `address`, with what the
    /// 200 has to say in Authentication-Info.
    ///
    /// # Errors
    /// What to answer instead; no binding was changed.
    pub(crate) fn register(
        &mut self,
        stack: &mut Stack,
        address: AddressOfRecord,
        request: &Message,
        source: Source,
        authentication_info: Option<&str>,
    ) -> Result<Registration, Answer> {
        let update = request::update(request, source, self.expiry)?;
        let now = stack.now();
        let limit = stack.limits().bindings_per_aor;
        let record = match self.location.open(&address) {
            Some(record) => record,
            None => return Err(busy(stack)),
        };
        let applied = match self.location.bindings_mut(record) {
            Some(bindings) => {
                // One that was due just now is not a binding any more, nor one that leads nowhere.
                bindings.retain(|binding| binding.expires() > now && is_open(stack, binding));
                update.apply(bindings, limit, now)
            }
            None => Ok(Vec::new()),
        };
        self.rearm(stack, record);
        self.location.close_if_empty(record);
        let outcomes = applied.map_err(|error| match error {
            // Step 6 and 7 say that the request fails; step 7 names 500 for an update that was not
            // committed.
            UpdateError::OutOfOrder => Answer::from(StatusCode::SERVER_INTERNAL_ERROR),
            UpdateError::TooMany => Answer::from(StatusCode::FORBIDDEN),
        })?;
        let response = self
            .listing(stack, &address, request, &update.path, authentication_info)
            .map_err(|_| Answer::from(StatusCode::SERVER_INTERNAL_ERROR))?;
        Ok(Registration {
            response,
            address,
            outcomes,
        })
    }

    /// Step 8: 200 with every current binding, and what is left of it.
    fn listing(
        &self,
        stack: &mut Stack,
        address: &AddressOfRecord,
        request: &Message,
        path: &[&str],
        authentication_info: Option<&str>,
    ) -> Result<OutgoingResponse, BuildError> {
        let now = stack.now();
        let tag = stack.new_tag();
        let mut builder = ResponseBuilder::to(request, StatusCode::OK);
        builder.to_tag(&tag);
        let mut value = Vec::new();
        for binding in self.location.bindings(address) {
            value.clear();
            value.push(b'<');
            value.extend_from_slice(binding.contact().as_bytes());
            value.push(b'>');
            value.extend_from_slice(binding.params());
            value.extend_from_slice(b";expires=");
            crate::text::write_decimal(u64::from(binding.seconds_left(now)), &mut value);
            builder.field(HeaderName::Contact, value.as_slice());
        }
        // RFC 3327 §5.3: the client sees which path was stored.
        for uri in path {
            builder.field(HeaderName::Path, &alloc::format!("<{uri}>"));
        }
        if let Some(info) = authentication_info {
            builder.field(HeaderName::AuthenticationInfo, info);
        }
        if let Some(unix) = stack.unix_time() {
            builder.field(HeaderName::Date, &Date::new(unix));
        }
        builder.finish()
    }

    /// The earliest binding of a record has ended: §10.3 drops it without a word.
    pub(crate) fn on_expiry(
        &mut self,
        stack: &mut Stack,
        record: Handle<Record>,
    ) -> Option<(AddressOfRecord, Vec<Binding>)> {
        let now = stack.now();
        let address = self.location.record(record)?.address().clone();
        self.location.set_timer(record, None);
        let bindings = self.location.bindings_mut(record)?;
        let (live, ended) = core::mem::take(bindings)
            .into_iter()
            .partition(|binding| binding.expires() > now);
        *bindings = live;
        self.rearm(stack, record);
        self.location.close_if_empty(record);
        Some((address, ended))
    }

    /// Takes back bindings that were exported, `elapsed` ago.
    pub(crate) fn restore(
        &mut self,
        stack: &mut Stack,
        bindings: &[StoredBinding],
        elapsed: Duration,
    ) {
        let now = stack.now();
        for stored in bindings {
            let Some(left) = stored.expires_in.checked_sub(elapsed) else {
                continue;
            };
            let address = AddressOfRecord::stored(&stored.address_of_record);
            if left.is_zero()
                || self.location.bindings(&address).len() >= stack.limits().bindings_per_aor
            {
                continue;
            }
            let Some(record) = self.location.open(&address) else {
                return;
            };
            if let Some(bindings) = self.location.bindings_mut(record) {
                bindings.push(Binding::from_stored(stored, now + left));
            }
            self.rearm(stack, record);
        }
    }

    /// Sets the one timer of a record to the earliest expiry of its bindings.
    fn rearm(&mut self, stack: &mut Stack, record: Handle<Record>) {
        let timer = self.location.next_expiry(record).map(|at: Instant| {
            let (index, generation) = record.to_raw();
            let after = at.saturating_duration_since(stack.now());
            let timer = UserTimer {
                kind: EXPIRY,
                index,
                generation,
            };
            stack.arm(after, timer)
        });
        if let Some(old) = self.location.set_timer(record, timer) {
            stack.disarm(old);
        }
    }

    /// Invariants, for the simulator.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        self.location.check()
    }
}

/// The kind number of the timer of a record.
pub(crate) const EXPIRY: u16 = 1;

/// Whether a binding leads somewhere still (RFC 5626 §7: not once its connection is gone).
pub(crate) fn is_open(stack: &Stack, binding: &Binding) -> bool {
    binding.flow().is_none_or(|flow| stack.flow(flow).is_some())
}

/// §21.5.4: no room for one more address-of-record, for the time being.
fn busy(stack: &Stack) -> Answer {
    let after = alloc::string::ToString::to_string(&stack.limits().retry_after_secs);
    Answer {
        status: StatusCode::SERVICE_UNAVAILABLE,
        fields: alloc::vec![(HeaderName::RetryAfter, after)],
    }
}
