//! Following a redirection (RFC 3261 §8.1.3.4).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::draft;
use crate::sip::dialog::without_forbidden_parts;
use crate::sip::header::{Contact, QValue};
use crate::sip::message::{Message, StatusCode};
use crate::sip::uri::Uri;

/// How many URIs one call tries.
const LIMIT: usize = 8;

/// The target set of a call: every URI it has tried or will try, each once.
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
            // The header fields and the method a URI may carry are not for the Request-URI.
            let uri = without_forbidden_parts(address.uri);
            let is_new = self.is_new(&uri) && (!secure || draft::is_secure(&uri));
            if is_new && self.uris.len() < LIMIT {
                let q = address.q.unwrap_or(QValue::ONE);
                self.uris.push((q, uri.into()));
            }
        }
        if let Some(untried) = self.uris.get_mut(self.tried..) {
            untried.sort_by(|(one, _), (other, _)| other.cmp(one));
        }
    }

    /// The next URI to try: the one most preferred of those left.
    pub(super) fn next(&mut self) -> Option<Box<str>> {
        let (_, uri) = self.uris.get(self.tried)?;
        self.tried = self.tried.saturating_add(1);
        Some(uri.clone())
    }

    fn is_new(&self, uri: &str) -> bool {
        let Ok(new @ Uri::Sip(_)) = Uri::parse(uri) else {
            return false;
        };
        let known = |old: &str| Uri::parse(old).is_ok_and(|old| old.equivalent(&new));
        !self.uris.iter().any(|(_, old)| known(old))
    }
}

/// Whether a response names other places to try (§21.3.1 to §21.3.3).
pub(super) fn is_redirection(status: StatusCode) -> bool {
    matches!(status.as_u16(), 300..=302)
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
