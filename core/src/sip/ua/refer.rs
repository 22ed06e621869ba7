//! REFER: asking somebody to send a request (RFC 3515 §2.4), and the subscription that comes with it.
//!
//! ```text
//!   referrer            referee                     target
//!      │── REFER ─────────▶│ told to its application
//!      │◀─ 200 ────────────│ (RFC 7647 §5: never 202)
//!      │◀─ NOTIFY 100 ─────│── INVITE ───────────────▶│
//!      │◀─ NOTIFY 180 ─────│◀─ 180 ───────────────────│
//!      │◀─ NOTIFY 200 ─────│◀─ 200 ───────────────────│
//!      │   terminated;reason=noresource
//! ```

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::event_dialog::EventRequest;
use super::standalone::Content;
use crate::sip::header::{NameAddr, ReferSub};
use crate::sip::message::{HeaderName, Message, Method, RequestBuilder};
use crate::sip::uri::Uri;

/// The event package of the subscription that REFER makes (RFC 3515 §3).
pub(super) const PACKAGE: &str = "refer";
/// The type of what its NOTIFYs say (§2.4.5).
pub(super) const SIPFRAG: &str = "message/sipfrag";
/// That no subscription may be made (RFC 4488 §4).
pub(super) const NO_SUBSCRIPTION: &str = "norefersub";

/// What somebody is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refer {
    /// Whom to contact, and how: a URI, of any scheme, with what the request is to have
    /// (`sip:carol@example.org?Replaces=…`, `sip:carol@example.org;method=MESSAGE`).
    pub refer_to: String,
    /// Who asks (RFC 3892); none says nothing of it.
    pub referred_by: Option<String>,
    /// Whether to be told what becomes of it; if not, the far end may tell all the same (RFC 4488).
    pub is_watched: bool,
    /// The dialog that it is about, when it is sent outside that (RFC 4538), as Target-Dialog has it;
    /// a REFER in a call says so by itself where it has to.
    pub target_dialog: Option<String>,
}

impl Refer {
    /// To contact that URI, and to tell how it goes.
    #[must_use]
    pub fn to(uri: &str) -> Self {
        Self {
            refer_to: uri.into(),
            referred_by: None,
            is_watched: true,
            target_dialog: None,
        }
    }

    /// Whether it can be written.
    pub(super) fn is_sound(&self) -> bool {
        let mut uris = core::iter::once(&self.refer_to).chain(&self.referred_by);
        uris.all(|uri| Uri::parse(uri).is_ok())
    }

    fn fields(&self) -> Vec<(HeaderName, String)> {
        let mut fields = Vec::from([(HeaderName::ReferTo, bracketed(&self.refer_to))]);
        if let Some(uri) = &self.referred_by {
            fields.push((HeaderName::ReferredBy, bracketed(uri)));
        }
        if !self.is_watched {
            fields.push((HeaderName::ReferSub, false.to_string()));
            fields.push((HeaderName::Supported, NO_SUBSCRIPTION.into()));
        }
        if let Some(dialog) = &self.target_dialog {
            fields.push((HeaderName::TargetDialog, dialog.clone()));
        }
        fields
    }

    /// A REFER in a dialog.
    pub(super) fn request(&self) -> EventRequest {
        EventRequest {
            method: Method::Refer,
            fields: self.fields(),
            content_type: String::new(),
            body: Vec::new(),
        }
    }
}

/// Whether a REFER wants no subscription, or its answer says that there is none (RFC 4488 §4).
pub(super) fn is_unwatched(message: &Message) -> bool {
    let value = message.field(HeaderName::ReferSub);
    value.is_some_and(|value| ReferSub::parse(value).is_ok_and(|it| !it.is_wanted))
}

/// A URI in angle brackets.
fn bracketed(uri: &str) -> String {
    alloc::format!("<{uri}>")
}

impl Content for Refer {
    const METHOD: Method<'static> = Method::Refer;

    fn body(&self) -> (&str, &[u8]) {
        ("", &[])
    }

    fn write(&self, builder: &mut RequestBuilder) {
        for (name, value) in self.fields() {
            builder.field(name, value.as_str());
        }
    }

    fn write_contact(&self, builder: &mut RequestBuilder, contact: &str) {
        builder.field(HeaderName::Contact, &NameAddr::new(contact));
    }
}
