//! What makes two messages one transaction (RFC 3261 §17.1.3 and §17.2.3).
//!
//! The tables are indexed by a seeded hash of the key; a hit is compared field by field before it
//! counts, so that a hash that collides costs time and nothing else.

use super::seeded_hash::SeededHasher;
use crate::rng::Rng;
use crate::sip::header::Via;
use crate::sip::message::{HeaderName, Message, Method};
use crate::sip::uri::Uri;

/// Makes the hashes. Its key is drawn from the seed, and nobody outside knows it.
pub(crate) struct Keys {
    empty: SeededHasher,
}

impl Keys {
    /// A key of its own.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            empty: SeededHasher::new(rng.next_u64(), rng.next_u64()),
        }
    }

    /// §17.1.3: a response belongs to the request with the same branch in its top Via and the
    /// method of its CSeq; CANCEL shares the branch of what it cancels.
    pub(crate) fn client(&self, branch: &str, method: &str) -> u64 {
        let hash = self.empty.clone();
        hash.field(branch.as_bytes())
            .field(method.as_bytes())
            .finish()
    }

    /// §17.2.3: branch, sent-by and method make the transaction. The method is left to the
    /// comparison, so that a CANCEL finds what it cancels. None without the cookie, or with
    /// nothing but the cookie, which tells no two requests apart (RFC 4475 §3.2.1).
    pub(crate) fn server(&self, via: &Via<'_>) -> Option<u64> {
        let branch = via.rfc3261_branch()?;
        if branch.len() == Via::MAGIC_COOKIE.len() {
            return None;
        }
        Some(self.empty.clone().field(branch.as_bytes()).finish())
    }

    /// What stays the same over all copies of a request, however they travelled: From tag, Call-ID
    /// and CSeq. The fields of RFC 2543 (§17.2.3) that can be compared by their bytes, and those
    /// that tell a merged request (§8.2.2.2).
    pub(crate) fn origin(&self, request: &Message, method: Method<'_>) -> Option<u64> {
        let hash = self.empty.clone();
        let hash = hash.field(request.call_id().ok()?.as_bytes());
        let hash = hash.field(request.from().ok()?.tag.unwrap_or_default().as_bytes());
        let hash = hash.number(request.cseq().ok()?.number);
        Some(hash.field(creating(method).as_str().as_bytes()).finish())
    }
}

/// The method of the request that made the transaction a request of `method` belongs to: an ACK
/// belongs to an INVITE (§17.2.3).
pub(crate) const fn creating(method: Method<'_>) -> Method<'_> {
    match method {
        Method::Ack => Method::Invite,
        method => method,
    }
}

/// Whether `other` is a copy of the request `first`, or an ACK for it, by the rules for branches
/// with the cookie (§17.2.3). `method` is what `other` counts as.
pub(crate) fn same_branch(first: &Message, other: &Message, method: Method<'_>) -> bool {
    if first.method() != creating(method) {
        return false;
    }
    // A copy has the very same bytes; only an ACK or a CANCEL may be written differently.
    if first.field(HeaderName::Via) == other.field(HeaderName::Via) {
        return true;
    }
    let (Ok(one), Ok(two)) = (first.top_via(), other.top_via()) else {
        return false;
    };
    one.branch == two.branch && same_sent_by(&one, &two)
}

/// Whether `other` is a copy of `first` by the field list of RFC 2543 (§17.2.3). For an ACK its To
/// tag is compared with that of our response, `answered_tag`; a CANCEL counts as an INVITE and
/// names no method in what is compared.
pub(crate) fn same_fields(
    first: &Message,
    other: &Message,
    method: Method<'_>,
    answered_tag: Option<&str>,
) -> bool {
    fields_match(first, other, method, answered_tag).unwrap_or(false)
}

fn fields_match(
    first: &Message,
    other: &Message,
    method: Method<'_>,
    answered_tag: Option<&str>,
) -> Option<bool> {
    let to_tag = if method == Method::Ack {
        answered_tag
    } else {
        first.to().ok()?.tag
    };
    let (one, two) = (first.top_via().ok()?, other.top_via().ok()?);
    Some(
        first.method() == creating(method)
            && first.call_id().ok()? == other.call_id().ok()?
            && first.cseq().ok()?.number == other.cseq().ok()?.number
            && first.from().ok()?.tag == other.from().ok()?.tag
            && to_tag == other.to().ok()?.tag
            && one.branch == two.branch
            && one.transport.eq_ignore_ascii_case(two.transport)
            && same_sent_by(&one, &two)
            && same_uri(first.request_uri()?, other.request_uri()?),
    )
}

fn same_sent_by(one: &Via<'_>, two: &Via<'_>) -> bool {
    // An absent port is the transport's own (§18.1.1).
    let default = if one.transport.eq_ignore_ascii_case("TLS") {
        5061
    } else {
        5060
    };
    one.sent_by.port.unwrap_or(default) == two.sent_by.port.unwrap_or(default)
        && one.sent_by.host.is_same(&two.sent_by.host)
}

fn same_uri(one: &str, two: &str) -> bool {
    if one == two {
        return true;
    }
    match (Uri::parse(one), Uri::parse(two)) {
        (Ok(one), Ok(two)) => one.equivalent(&two),
        (Ok(_) | Err(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}
