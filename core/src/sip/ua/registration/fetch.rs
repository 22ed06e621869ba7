//! What a registrar is asked once: which bindings there are, to remove all of them, or to have one more
//! that leads somewhere else (RFC 3261 §10.2.1 to §10.2.3).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::call::Cx;
use super::super::errors::RequestError;
use super::super::events::UaEvent;
use super::super::options::QueryHandle;
use super::super::outcome::Outcome;
use super::super::standalone::Content;
use crate::sip::header::{Contact, QValue};
use crate::sip::message::{HeaderName, Message, Method, RequestBuilder, StatusCode};
use crate::sip::uri::Uri;

/// How many bindings of a response are told.
const LIMIT: usize = 256;

/// One of the bindings of an address-of-record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The URI that is bound.
    pub uri: String,
    /// For how many seconds more, if the registrar has said so.
    pub expires: Option<u32>,
    /// How much it is preferred to others.
    pub q: QValue,
}

/// A REGISTER that binds nothing of ours.
pub(in crate::sip::ua) enum Fetch {
    /// It asks what there is.
    List,
    /// It removes all there is.
    RemoveAll,
    /// It binds a URI for so many seconds, or removes it after none.
    Bind(Box<str>, u32),
}

impl Fetch {
    /// Binds `uri` for `seconds`.
    ///
    /// # Errors
    /// When it is none.
    pub(in crate::sip::ua) fn bind(uri: &str, seconds: u32) -> Result<Self, RequestError> {
        match Uri::parse(uri) {
            Ok(_) => Ok(Self::Bind(uri.into(), seconds)),
            Err(_) => Err(RequestError::BadUri),
        }
    }
}

impl Content for Fetch {
    const METHOD: Method<'static> = Method::Register;

    fn body(&self) -> (&str, &[u8]) {
        ("", &[])
    }

    fn write(&self, builder: &mut RequestBuilder) {
        builder.field(HeaderName::Supported, "path");
        match self {
            Self::List => {}
            // §10.2.2; RFC 5626 §4.2.3: without anything that names this device.
            Self::RemoveAll => {
                builder
                    .field(HeaderName::Contact, "*")
                    .field(HeaderName::Expires, &0_u32);
            }
            Self::Bind(uri, seconds) => {
                builder.field(HeaderName::Contact, &format!("<{uri}>;expires={seconds}"));
            }
        }
    }

    /// §10.2.8: 423 names the shortest time there is; a binding that is to go goes at once.
    fn repair(&mut self, refusal: &Message) -> bool {
        let least = refusal.min_expires().ok().flatten().unwrap_or(0);
        match (self, refusal.status()) {
            (Self::Bind(_, seconds), Some(StatusCode::INTERVAL_TOO_BRIEF))
                if (1..least).contains(seconds) =>
            {
                *seconds = least;
                true
            }
            (Self::List | Self::RemoveAll | Self::Bind(..), _) => false,
        }
    }
}

/// Says what the answer was.
pub(in crate::sip::ua) fn tell(cx: &mut Cx<'_, QueryHandle>, outcome: Outcome<'_>) {
    let response = outcome.message().filter(|_| outcome.status().is_success());
    let bindings = response.map_or_else(Vec::new, bindings);
    cx.events.push(UaEvent::BindingsAnswered {
        query: cx.me,
        status: outcome.reported(),
        bindings,
        details: outcome.details(),
    });
}

/// §10.3 step 8: the response lists them all.
fn bindings(response: &Message) -> Vec<Binding> {
    let contacts = response.contacts().filter_map(Result::ok);
    let addresses = contacts.filter_map(|contact| match contact {
        Contact::Address(address) => Some(Binding {
            uri: address.uri.into(),
            expires: address.expires,
            q: address.q.unwrap_or(QValue::ONE),
        }),
        Contact::Star => None,
    });
    addresses.take(LIMIT).collect()
}
