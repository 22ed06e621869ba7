//! Following a redirection (RFC 3261 §8.1.3.4).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::draft::{self, Draft};
use crate::sip::header::{Contact, QValue};
use crate::sip::message::{Message, StatusCode, UriRequest};
use crate::sip::uri::Uri;

/// How many URIs one call tries.
const LIMIT: usize = 8;

/// The target set of a call: every URI it has tried or will try, each once, with all that stands in
/// it.
pub(super) struct TargetSet {
    uris: Vec<(QValue, Box<str>)>,
    /// How many of them, from the front, were tried.
    tried: usize,
}

impl TargetSet {
    /// The set that holds the original Request-URI, which is tried now.
    pub(super) fn new(uri: &str) -> Self {
        Self {
            uris: Vec::from([(QValue::ONE, uri.into())]),
            tried: 1,
        }
    }

    /// Adds the Contacts of a redirection: those of SIP that are not in the set yet. SIPS is not
    /// left for SIP.
    pub(super) fn add(&mut self, response: &Message) {
        let secure = self
            .uris
            .first()
            .is_some_and(|(_, uri)| draft::is_secure(uri));
        for contact in response.contacts() {
            let Ok(Contact::Address(address)) = contact else {
                continue;
            };
            let is_new = self.is_new(address.uri) && (!secure || draft::is_secure(address.uri));
            if is_new && self.uris.len() < LIMIT {
                let q = address.q.unwrap_or(QValue::ONE);
                self.uris.push((q, address.uri.into()));
            }
        }
        if let Some(untried) = self.uris.get_mut(self.tried..) {
            untried.sort_by(|(one, _), (other, _)| other.cmp(one));
        }
    }

    /// Turns `draft` to the next URI to try: the one most preferred of those left that asks for
    /// nothing we cannot do. `false` if none is left.
    pub(super) fn next(&mut self, draft: &mut Draft) -> bool {
        while let Some((_, uri)) = self.uris.get(self.tried) {
            self.tried = self.tried.saturating_add(1);
            if UriRequest::parse(uri).is_ok_and(|uri| draft.redirect(&uri)) {
                return true;
            }
        }
        false
    }

    /// Whether a URI is none of the set. What it asks for besides does not make it another place.
    fn is_new(&self, uri: &str) -> bool {
        let Ok(new) = UriRequest::parse(uri) else {
            return false;
        };
        let is_it = |old: &str| match (Uri::parse(old), Uri::parse(new.request_uri())) {
            (Ok(old), Ok(new)) => old.equivalent(&new),
            (Ok(_) | Err(_), _) => false,
        };
        let known = |old: &str| match UriRequest::parse(old) {
            Ok(old) => is_it(old.request_uri()),
            Err(_) => is_it(old),
        };
        !self.uris.iter().any(|(_, old)| known(old))
    }
}

/// Whether a response names other places to try (§21.3.1 to §21.3.3). §8.1.3.2: so does one whose
/// code nobody knows; a 305 names a proxy, and a 380 another service (§21.3.4, §21.3.5).
pub(super) fn is_redirection(status: StatusCode) -> bool {
    let code = status.as_u16();
    (300..400).contains(&code) && code != 305 && code != 380
}

/// Whether a failure concerns one place only, so that another may be tried: not one of the whole
/// world (§21.6).
pub(super) fn is_local_failure(status: StatusCode) -> bool {
    (400..600).contains(&status.as_u16())
}

/// The Contacts of a redirection of ours.
pub(super) fn contacts(uris: &[&str]) -> String {
    let mut out = String::new();
    for uri in uris {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push('<');
        out.push_str(uri);
        out.push('>');
    }
    out
}
