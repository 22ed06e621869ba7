//! What a SUBSCRIBE asks for (RFC 6665 §3.1).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use crate::sip::header::{Event, NameAddr};
use crate::sip::message::{HeaderName, Message, Method, RequestBuilder, StatusCode};
use crate::sip::ua::draft::seconds;
use crate::sip::ua::event_dialog::EventRequest;
use crate::sip::ua::standalone::Content;

/// What is subscribed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscribe {
    /// The event package with its templates, such as `presence` or `presence.winfo` (RFC 6665
    /// §8.2.1).
    pub event: String,
    /// The media types that a NOTIFY may have (§3.1.3); empty for what the package has by default.
    pub accept: Vec<String>,
    /// For how long, before each refresh; none asks for the state as it is, once (§4.4.3).
    pub expires: Duration,
    /// The media type of `body`.
    pub content_type: String,
    /// What the package takes in a SUBSCRIBE, such as a filter; empty for nothing.
    pub body: Vec<u8>,
    /// Whether every notifier that a forked SUBSCRIBE has reached makes a subscription (§4.1.4),
    /// or the first only.
    pub takes_forks: bool,
    /// Whether to subscribe again once the subscription was lost, as its end allows (§4.1.3).
    pub is_renewed: bool,
}

impl Subscribe {
    /// To `event`, for an hour at a time, renewed until it is left.
    #[must_use]
    pub fn new(event: &str) -> Self {
        Self {
            event: event.into(),
            accept: Vec::new(),
            expires: Duration::from_secs(3600),
            content_type: String::new(),
            body: Vec::new(),
            takes_forks: false,
            is_renewed: true,
        }
    }

    /// The state as it is now, and nothing more (§4.4.3).
    #[must_use]
    pub fn poll(event: &str) -> Self {
        Self {
            expires: Duration::ZERO,
            is_renewed: false,
            ..Self::new(event)
        }
    }

    /// A SUBSCRIBE in the dialog, to refresh it or, with no time, to end it.
    pub(super) fn request(&self, is_leaving: bool) -> EventRequest {
        let secs = if is_leaving { 0 } else { seconds(self.expires) };
        let mut fields = Vec::from([
            (HeaderName::Event, self.event.clone()),
            (HeaderName::Expires, secs.to_string()),
        ]);
        if !self.accept.is_empty() {
            fields.push((HeaderName::Accept, self.accept.join(", ")));
        }
        EventRequest {
            method: Method::Subscribe,
            fields,
            content_type: self.content_type.clone(),
            body: if is_leaving {
                Vec::new()
            } else {
                self.body.clone()
            },
        }
    }

    /// §4.2.1.1 with 423: a longer time; `false` if what was asked for was not too short.
    pub(super) fn lengthen(&mut self, refusal: &Message) -> bool {
        let least = refusal.field(HeaderName::MinExpires);
        let least =
            least.and_then(|value| core::str::from_utf8(value.trim_ascii()).ok()?.parse().ok());
        let least = least.filter(|_| refusal.status() == Some(StatusCode::INTERVAL_TOO_BRIEF));
        match least.map(|secs: u32| Duration::from_secs(secs.into())) {
            Some(least) if least > self.expires => {
                self.expires = least;
                true
            }
            Some(_) | None => false,
        }
    }
}

impl Content for Subscribe {
    const METHOD: Method<'static> = Method::Subscribe;

    fn body(&self) -> (&str, &[u8]) {
        (&self.content_type, &self.body)
    }

    fn write(&self, builder: &mut RequestBuilder) {
        builder
            .field(HeaderName::Event, &Event::new(&self.event))
            .field(HeaderName::Expires, &seconds(self.expires));
        if !self.accept.is_empty() {
            builder.field(HeaderName::Accept, self.accept.join(", ").as_str());
        }
    }

    fn write_contact(&self, builder: &mut RequestBuilder, contact: &str) {
        builder.field(HeaderName::Contact, &NameAddr::new(contact));
    }

    fn repair(&mut self, refusal: &Message) -> bool {
        self.lengthen(refusal)
    }
}
