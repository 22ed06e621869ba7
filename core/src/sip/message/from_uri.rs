//! The request that a URI describes (RFC 3261 §19.1.5): a business card or a web page may ask for
//! more than an address, and for things nobody should do for a stranger.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use crate::sip::header::FromTo;
use crate::sip::uri::{SipUri, Uri, UriHeaders, UriParams, unescape};
use crate::text::Cursor;

use super::validate::{check_value, is_single};
use super::{HeaderName, Method};

/// What is to become of a request formed from a URI.
///
/// ```
/// use offhook::sip::message::{Method, UriRequest};
///
/// let request = UriRequest::parse("sip:sales@example.com;method=OPTIONS?Subject=gw%20c2661&From=x")?;
/// assert_eq!(request.method(), Some(Method::Options));
/// assert_eq!(request.request_uri(), "sip:sales@example.com");
/// let fields: Vec<_> = request.fields().collect();
/// assert_eq!(fields, [("Subject", &b"gw c2661"[..])]);
/// assert_eq!(request.left_out().collect::<Vec<_>>(), ["From"]);
/// # Ok::<(), offhook::sip::message::UriRequestError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UriRequest {
    method: Option<Box<str>>,
    request_uri: Box<str>,
    to: Option<Box<str>>,
    fields: Vec<(Box<str>, Box<[u8]>)>,
    left_out: Vec<Box<str>>,
}

/// Why no request can be formed from a URI.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UriRequestError {
    /// It is no SIP or SIPS URI.
    Uri,
    /// Its method parameter is no method.
    Method,
    /// A header has a value that its header field cannot have.
    Value(HeaderName),
    /// A header field that may stand once stands twice.
    Repeated(HeaderName),
}

impl fmt::Display for UriRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri => f.write_str("not a sip uri"),
            Self::Method => f.write_str("malformed method in the uri"),
            Self::Value(name) => write!(f, "malformed {} in the uri", name.as_str()),
            Self::Repeated(name) => write!(f, "{} twice in the uri", name.as_str()),
        }
    }
}

impl core::error::Error for UriRequestError {}

/// The pseudo header that is a body (RFC 3261 §19.1.1).
const BODY: &str = "body";

impl UriRequest {
    /// Takes a SIP or SIPS URI.
    ///
    /// # Errors
    /// Why no valid request comes of it; none may be sent then.
    pub fn parse(uri: &str) -> Result<Self, UriRequestError> {
        let Ok(Uri::Sip(uri)) = Uri::parse(uri) else {
            return Err(UriRequestError::Uri);
        };
        let method = match uri.params.get("method").map(unescape) {
            Some(method) => {
                let method = Method::parse(&method).ok_or(UriRequestError::Method)?;
                Some(method.as_str().into())
            }
            None => None,
        };
        let mut request = Self {
            method,
            request_uri: request_uri(uri),
            to: None,
            fields: Vec::new(),
            left_out: Vec::new(),
        };
        for (name, value) in uri.headers.iter() {
            request.header(&unescape(name), unescape(value))?;
        }
        Ok(request)
    }

    fn header(&mut self, spelt: &[u8], value: Cow<'_, [u8]>) -> Result<(), UriRequestError> {
        let name = HeaderName::from_bytes(spelt);
        let Ok(spelt) = core::str::from_utf8(spelt) else {
            return Err(UriRequestError::Value(name));
        };
        if !is_honoured(name) || spelt.eq_ignore_ascii_case(BODY) {
            self.left_out.push(spelt.into());
            return Ok(());
        }
        let breaks_line = value.iter().any(|b| matches!(b, b'\r' | b'\n' | 0));
        if breaks_line || check_value(name, Cursor::new(&value)).is_err() {
            return Err(UriRequestError::Value(name));
        }
        if name == HeaderName::To {
            let to = FromTo::parse(&value).ok().filter(|to| to.tag.is_none());
            let to = to.ok_or(UriRequestError::Value(name))?;
            let before = self.to.replace(to.uri.into());
            return before.map_or(Ok(()), |_| Err(UriRequestError::Repeated(name)));
        }
        let spelling = match name {
            HeaderName::Other => spelt,
            known => known.as_str(),
        };
        if is_single(name) && self.fields.iter().any(|(other, _)| **other == *spelling) {
            return Err(UriRequestError::Repeated(name));
        }
        self.fields.push((spelling.into(), value.as_ref().into()));
        Ok(())
    }

    /// The method, if the URI says one; INVITE is meant without (RFC 3261 table 1).
    #[must_use]
    pub fn method(&self) -> Option<Method<'_>> {
        Method::from_token(self.method.as_deref()?)
    }

    /// What stands on the first line: the URI without its method and headers.
    #[must_use]
    pub fn request_uri(&self) -> &str {
        &self.request_uri
    }

    /// The URI for To, if it is to be another than the Request-URI.
    #[must_use]
    pub fn to(&self) -> Option<&str> {
        self.to.as_deref()
    }

    /// Names and values of the header fields to add, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Names of what is asked for and not done, as spelt.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        self.left_out.iter().map(|name| &**name)
    }
}

/// RFC 3261 table 1: a Request-URI has no method and no headers; all else stays, unknown parameters
/// among it (§19.1.5).
fn request_uri(uri: SipUri<'_>) -> Box<str> {
    let is_method = |name: &str| unescape(name).eq_ignore_ascii_case(b"method");
    let mut kept = alloc::string::String::new();
    for (name, value) in uri.params.iter().filter(|(name, _)| !is_method(name)) {
        if !kept.is_empty() {
            kept.push(';');
        }
        kept.push_str(name);
        if let Some(value) = value {
            kept.push('=');
            kept.push_str(value);
        }
    }
    let bare = SipUri {
        params: UriParams::parse(&kept).unwrap_or_default(),
        headers: UriHeaders::EMPTY,
        ..uri
    };
    bare.to_string().into()
}

/// Whether a header that a URI asks for is put into the request. Not so what would forge where the
/// request comes from, where it goes, who asks, or what we can do, nor what describes a body.
const fn is_honoured(name: HeaderName) -> bool {
    !matches!(
        name,
        // RFC 3261 §19.1.5: obviously dangerous.
        HeaderName::From
            | HeaderName::CallId
            | HeaderName::CSeq
            | HeaderName::Via
            | HeaderName::RecordRoute
            | HeaderName::Route
            // False advertising.
            | HeaderName::Accept
            | HeaderName::AcceptEncoding
            | HeaderName::AcceptLanguage
            | HeaderName::Allow
            | HeaderName::AllowEvents
            | HeaderName::Contact
            | HeaderName::Organization
            | HeaderName::RecvInfo
            | HeaderName::Supported
            | HeaderName::UserAgent
            | HeaderName::Server
            // What describes the message is ours to say.
            | HeaderName::ContentDisposition
            | HeaderName::ContentEncoding
            | HeaderName::ContentId
            | HeaderName::ContentLanguage
            | HeaderName::ContentLength
            | HeaderName::ContentType
            | HeaderName::Date
            | HeaderName::MimeVersion
            | HeaderName::Timestamp
            // The same for what extensions and §22 have.
            | HeaderName::Authorization
            | HeaderName::ProxyAuthorization
            | HeaderName::ProxyRequire
            | HeaderName::MaxForwards
            | HeaderName::MaxBreadth
            | HeaderName::Path
            | HeaderName::ServiceRoute
            | HeaderName::Identity
            | HeaderName::IdentityInfo
            | HeaderName::HistoryInfo
            | HeaderName::PAssertedIdentity
            | HeaderName::PAssertedService
            | HeaderName::PPreferredIdentity
            | HeaderName::PChargingVector
            | HeaderName::PChargingFunctionAddresses
            | HeaderName::PServedUser
            | HeaderName::SecurityClient
            | HeaderName::SecurityVerify
            | HeaderName::SessionId
            | HeaderName::Geolocation
            | HeaderName::GeolocationRouting
            | HeaderName::ReferredBy
    )
}
