//! The message bodies we read (RFC 3261 §7.4, RFC 5621): session descriptions, alone or within
//! multiparts.

use alloc::borrow::Cow;

use crate::Limits;
use crate::sip::body::{ContentCoding, Part, understood_parts};
use crate::sip::header::MediaType;
use crate::sip::message::{HeaderName, Message};

/// The multiparts we take apart.
pub(super) const MULTIPARTS: &str = "multipart/mixed, multipart/alternative, multipart/signed";
/// The bodies we read. RFC 5621 §4.2: multiparts are among them.
pub(super) const ACCEPT: &str =
    "application/sdp, multipart/mixed, multipart/alternative, multipart/signed";
/// The type of a session description.
pub(super) const SDP: &str = "application/sdp";

/// The session description a message carries, alone or in a multipart, if it carries one and says
/// nothing against reading it (§13.2.1: without Content-Disposition it means a session).
pub(super) fn session<'a>(message: &'a Message, limits: &Limits) -> Option<Cow<'a, [u8]>> {
    if message.body().is_empty() {
        return None;
    }
    if is_bare_session(message) {
        return Some(Cow::Borrowed(message.body()));
    }
    let parts = understood_parts(Part::of(message), limits, is_understood).ok()?;
    let is_session = |part: &&Part<'_>| {
        let disposition = part.disposition();
        disposition.is_ok_and(|it| it.kind.eq_ignore_ascii_case("session"))
    };
    let session = parts.iter().find(is_session)?;
    session.decoded().ok().filter(|body| !body.is_empty())
}

/// Whether the whole body is a session description and nothing more is said of it. So it is in
/// nearly every message, and there is nothing to search for then.
pub(super) fn is_bare_session(message: &Message) -> bool {
    if message.body().is_empty() {
        return false;
    }
    let says_more = message.rows().any(|row| match row.name {
        HeaderName::ContentDisposition | HeaderName::ContentEncoding => true,
        HeaderName::Other => row
            .name_bytes
            .eq_ignore_ascii_case(b"Content-Transfer-Encoding"),
        _ => false,
    });
    let is_sdp = |kind: MediaType<'_>| kind.is("application", "sdp");
    !says_more
        && message
            .content_type()
            .is_ok_and(|kind| kind.is_some_and(is_sdp))
}

/// Whether we can read a body, or a part of one that is no multipart.
pub(super) fn is_understood(part: &Part<'_>) -> bool {
    let is_plain = |coding| coding == ContentCoding::Identity;
    part.content_type()
        .is_ok_and(|kind| kind.is("application", "sdp"))
        && part.content_codings().all(is_plain)
}
