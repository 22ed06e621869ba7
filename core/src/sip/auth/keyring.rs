//! Credentials that outlive the dialog they were asked for in (RFC 3261 §22.2, §22.3).
//!
//! | asked for by | kept for | why |
//! |---|---|---|
//! | a server (401) | requests to the same To | §22.2: SHOULD |
//! | the local outbound proxy (407), if its realm is known | any request | §22.3: MAY |
//! | any other proxy (407) | nothing | §22.3: MUST NOT |

use alloc::collections::VecDeque;

use super::{Challenger, ClientAuth};
use crate::sip::auth::session::Session;

/// How many challenges are kept.
const LIMIT: usize = 32;

/// The challenges whose credentials were accepted, to be used once more before anybody asks.
///
/// Each is with one call or registration at a time, since nobody else may count the uses of its
/// nonce (RFC 7616 §3.4): it is taken out for a request, and put back when all is over.
#[derive(Clone, Debug, Default)]
pub struct Keyring(VecDeque<Session>);

impl Keyring {
    /// No credentials.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts back what a call or registration that is over has had accepted, as far as it may be
    /// kept; `proxy_realm` is the realm of the local outbound proxy. The oldest makes room.
    pub fn keep(&mut self, auth: ClientAuth, proxy_realm: Option<&str>) {
        let may_be_kept = |one: &Session| match one.challenger {
            Challenger::Server => true,
            Challenger::Proxy => is_of(one, proxy_realm),
        };
        let accepted = auth.into_accepted().filter(may_be_kept);
        for session in accepted {
            if self.0.len() >= LIMIT {
                self.0.pop_front();
            }
            self.0.push_back(session);
        }
    }

    /// Takes out what may be used for a request to this To URI, one of each realm, the newest;
    /// nothing if there is none.
    pub fn take(&mut self, to: &str, proxy_realm: Option<&str>) -> Option<ClientAuth> {
        let mut taken = None;
        for at in (0..self.0.len()).rev() {
            let fits = self.0.get(at).is_some_and(|one| match one.challenger {
                Challenger::Server => *one.to == *to,
                Challenger::Proxy => is_of(one, proxy_realm),
            });
            let found = self.0.get(at).filter(|_| fits);
            let is_new = |auth: &ClientAuth| found.is_some_and(|one| !auth.answers(one));
            if found.is_some() && taken.as_ref().is_none_or(is_new) {
                if let Some(session) = self.0.remove(at) {
                    taken.get_or_insert_with(ClientAuth::new).adopt(session);
                }
            }
        }
        taken
    }
}

/// Whether it answers the challenges of that realm.
fn is_of(session: &Session, realm: Option<&str>) -> bool {
    realm.is_some_and(|realm| session.is_in_realm(realm))
}
