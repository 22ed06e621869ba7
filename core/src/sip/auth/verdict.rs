//! What credentials are found to be worth (RFC 3261 §22, RFC 8760 §2.6).

use alloc::string::String;

use super::nonce::NonceId;
use super::{Algorithm, CredentialsFault, Ha1};
use crate::sip::message::Message;
use crate::sip::uri::Uri;

/// What to think of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It comes from this user.
    Accepted(Accepted),
    /// ACK and CANCEL must not be challenged (RFC 3261 §22.1); take it as it is.
    Exempt,
    /// No credentials for this realm: challenge.
    Absent,
    /// The right password with a nonce that will not do: challenge with stale=true.
    Stale,
    /// Wrong user, wrong password or an algorithm we did not offer: challenge, or say 403. It does
    /// not tell which.
    Refused,
    /// Credentials that make no sense: 400.
    Malformed(CredentialsFault),
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The user.
    pub username: String,
    /// What the user meant to address: need not equal the Request-URI any more, but must be
    /// someone the server takes requests for (RFC 8760 §2.6 item 6).
    pub uri: String,
    pub(super) algorithm: Algorithm,
    pub(super) ha1: Ha1,
    pub(super) nonce: NonceId,
}

impl Accepted {
    /// Whether the digest was made for what is asked for: whether the URI in the credentials is
    /// equivalent to the Request-URI. Where a proxy has put another into its place it need not be
    /// (RFC 8760 §2.6 item 6).
    #[must_use]
    pub fn is_for(&self, request: &Message) -> bool {
        let Some(uri) = request.request_uri() else {
            return false;
        };
        if uri == self.uri {
            return true;
        }
        match (Uri::parse(uri), Uri::parse(&self.uri)) {
            (Ok(one), Ok(other)) => one.equivalent(&other),
            (Ok(_) | Err(_), _) => false,
        }
    }
}
