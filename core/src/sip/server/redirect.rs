//! Saying where a user is instead of going there (RFC 3261 §8.3).
//!
//! A redirect server sends no requests, and needs to understand nothing of those it redirects: not
//! their method, not what they require, not how far they have come. It is for its client to see
//! that it is not sent round in circles.

use alloc::string::String;
use alloc::vec::Vec;

use super::policy::TargetPolicy;
use super::{Report, Server, unavailable};
use crate::sip::endpoint::Stack;
use crate::sip::header::{Contact, ContactAddress, Params, QValue, Value};
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::proxy::{Answer, RoutePlan, is_sips};
use crate::sip::registrar::{AddressOfRecord, Binding};
use crate::sip::transaction::ServerHandle;
use crate::sip::uri::Uri;

impl Server {
    /// The user a request is for, if whoever sent it is told where to go.
    pub(super) fn redirected(
        &self,
        request: &Message,
        plan: &RoutePlan,
    ) -> Option<AddressOfRecord> {
        // What belongs to a dialog that came through here goes on through here.
        if self.policies.is_plain() || plan.is_marked() {
            return None;
        }
        let address = self.local_address(plan.request_uri(request))??;
        let policy = self.policies.of(&address);
        policy.is_redirection().then_some(address)
    }

    /// Answers a request for a user with where to try instead.
    ///
    /// # Errors
    /// 404 if there is nobody of that name, or nowhere to send the caller but where it came from;
    /// 480 if the user is nowhere that others can go.
    pub(super) fn redirect(
        &self,
        stack: &mut Stack,
        transaction: ServerHandle,
        (request, plan): (&Message, &RoutePlan),
        address: &AddressOfRecord,
        report: &mut Report<'_>,
    ) -> Result<(), Answer> {
        let mut contacts = Contacts::for_request(plan.request_uri(request));
        let mut status = StatusCode::MOVED_TEMPORARILY;
        match self.policies.of(address) {
            TargetPolicy::Moved {
                permanently,
                contacts: uris,
            } => {
                if *permanently {
                    status = StatusCode::MOVED_PERMANENTLY;
                }
                for uri in uris {
                    contacts.add(uri, is_sips(uri), None);
                }
            }
            TargetPolicy::Redirect
            | TargetPolicy::Proxy
            | TargetPolicy::Unavailable
            | TargetPolicy::Unknown
            | TargetPolicy::Nonexistent => {
                if !self.knows(address) {
                    return Err(StatusCode::NOT_FOUND.into());
                }
                contacts.add_all(stack, self.location().bindings(address));
            }
        }
        let fields = contacts.rows(address)?;
        report.redirected(request, status, fields.len());
        self.respond(stack, transaction, request, &Answer { status, fields });
        Ok(())
    }
}

/// The alternative locations of a request.
struct Contacts<'a> {
    request_uri: &'a str,
    rows: Vec<(HeaderName, String)>,
    /// One of them is where the request asked to go.
    is_same: bool,
    /// One of them is not secured, and asked for as if it were.
    in_clear: bool,
}

impl<'a> Contacts<'a> {
    fn for_request(request_uri: &'a str) -> Self {
        Self {
            request_uri,
            rows: Vec::new(),
            is_same: false,
            in_clear: false,
        }
    }

    /// Adds where a user is registered, the most preferred first.
    fn add_all(&mut self, stack: &Stack, bindings: &[Binding]) {
        // Only we can use the connection or the Path of a binding: nobody need honour a Route that
        // a Contact asks for (§19.1.5).
        let is_open_to_all =
            |binding: &&Binding| binding.flow().is_none() && binding.path().next().is_none();
        let mut bindings: Vec<&Binding> = bindings.iter().filter(is_open_to_all).collect();
        bindings.sort_by_key(|binding| core::cmp::Reverse(binding.q()));
        let now = stack.now();
        for binding in bindings {
            let lasts = (binding.q(), binding.seconds_left(now));
            self.add(binding.contact(), binding.is_secured(), Some(lasts));
        }
    }

    /// Adds one, with its preference and for how many seconds it holds.
    fn add(&mut self, uri: &str, is_secured: bool, lasts: Option<(u16, u32)>) {
        // RFC 5630 §5.3: what asks for SIPS goes to SIPS alone.
        if is_sips(self.request_uri) && !is_secured {
            self.in_clear = true;
            return;
        }
        // Nobody is redirected to where they wanted to go.
        if is_same(uri, self.request_uri) {
            self.is_same = true;
            return;
        }
        let q = lasts.and_then(|(q, _)| QValue::from_thousandths(q));
        let contact = Contact::Address(ContactAddress {
            display: None,
            uri,
            q: q.filter(|q| *q != QValue::ONE),
            expires: lasts.map(|(_, seconds)| seconds),
            params: Params::EMPTY,
        });
        let mut row = Vec::new();
        contact.write(&mut row);
        if let Ok(row) = String::from_utf8(row) {
            self.rows.push((HeaderName::Contact, row));
        }
    }

    /// The Contact header fields, or why there are none.
    fn rows(self, address: &AddressOfRecord) -> Result<Vec<(HeaderName, String)>, Answer> {
        if !self.rows.is_empty() {
            Ok(self.rows)
        } else if self.is_same {
            Err(StatusCode::NOT_FOUND.into())
        } else {
            Err(unavailable(address, self.in_clear))
        }
    }
}

fn is_same(one: &str, other: &str) -> bool {
    match (Uri::parse(one), Uri::parse(other)) {
        (Ok(one), Ok(other)) => one.equivalent(&other),
        (Ok(_) | Err(_), _) => one == other,
    }
}
