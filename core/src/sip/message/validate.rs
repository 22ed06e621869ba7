//! Everything that is wrong with a message that frames (RFC 3261 §7.3.1, §8.1.1, §8.2.2, §16.3).
//!
//! Parsing stops at what hides the parts of a message; this looks at the parts. A proxy need not
//! ask, since it forwards what it cannot read; who answers asks, and a checker lists all of it.

use core::fmt;
use core::ops::ControlFlow;

use crate::sip::header::{
    CSeq, Contact, ContentDisposition, Date, Element, FromTo, HeaderError, HeaderErrorKind, List,
    MediaType, NameAddr, Reason, RetryAfter, Token, Via, Warning, whole_of,
};
use crate::sip::uri::{Uri, UriErrorKind};
use crate::text::{Class, Cursor};

use super::placement::{Names, Placement, Presence};
use super::{HeaderName, Message, MessageView, Method, StatusCode};

/// One thing that is wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Finding {
    /// What is wrong.
    pub rule: Rule,
    /// The header field it is wrong in; `Other` for the start line and the body.
    pub name: HeaderName,
    /// Bytes from the start of the message to the value that is wrong, or to the body.
    pub at: u32,
    /// Whether the message cannot be dealt with: a response is dropped, a request refused. What is
    /// malformed and not needed is to be ignored (RFC 3261 §8.2.2).
    pub is_fatal: bool,
    /// The status that refuses the request.
    pub answer: Option<StatusCode>,
}

/// The rule that a [`Finding`] breaks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rule {
    /// A field that every message must have is not there (RFC 3261 §8.1.1, §8.2.6.2).
    Missing,
    /// A field that may stand once stands twice (RFC 3261 §7.3.1).
    Repeated,
    /// The value does not follow its grammar (RFC 3261 §25.1).
    Value(HeaderErrorKind),
    /// The URI in the value, or on the first line, is malformed (RFC 3261 §19.1).
    Uri(UriErrorKind),
    /// The Request-URI has headers (RFC 3261 §19.1.1 table 1).
    RequestUriHeaders,
    /// The CSeq names another method than the first line (RFC 3261 §8.1.1.5).
    MethodMismatch,
    /// A body without a Content-Type (RFC 3261 §20.15).
    NoContentType,
    /// A field that is not for such a message, and is to be ignored (RFC 3261 §20).
    NotApplicable,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Repeated => f.write_str("stands twice"),
            Self::Value(kind) => kind.fmt(f),
            Self::Uri(kind) => kind.fmt(f),
            Self::RequestUriHeaders => f.write_str("headers in the request uri"),
            Self::MethodMismatch => f.write_str("another method than the first line"),
            Self::NoContentType => f.write_str("a body without a content type"),
            Self::NotApplicable => f.write_str("not for such a message"),
        }
    }
}

/// What a message cannot be dealt with without.
const MANDATORY: [HeaderName; 5] = [
    HeaderName::Via,
    HeaderName::From,
    HeaderName::To,
    HeaderName::CallId,
    HeaderName::CSeq,
];

/// Whether a fault in this field costs the message.
const fn is_necessary(name: HeaderName) -> bool {
    matches!(
        name,
        HeaderName::Via
            | HeaderName::From
            | HeaderName::To
            | HeaderName::CallId
            | HeaderName::CSeq
            | HeaderName::MaxForwards
            | HeaderName::Contact
            | HeaderName::Route
            | HeaderName::RecordRoute
            | HeaderName::Require
            | HeaderName::ProxyRequire
            | HeaderName::ContentLength
            | HeaderName::ContentType
    )
}

/// Whether a second row with this name is a fault: the fields whose grammar is no list. Of the
/// others those may repeat whose values have commas of their own (RFC 3261 §7.3.1, RFC 8224 §4).
pub(super) const fn is_single(name: HeaderName) -> bool {
    !name.is_list()
        && !matches!(
            name,
            HeaderName::WwwAuthenticate
                | HeaderName::ProxyAuthenticate
                | HeaderName::Authorization
                | HeaderName::ProxyAuthorization
                | HeaderName::AuthenticationInfo
                | HeaderName::Identity
                | HeaderName::Other
        )
}

impl MessageView<'_, '_> {
    /// Shows everything that is wrong to `found`, in the order of the message; allocates nothing.
    pub fn validate(&self, mut found: impl FnMut(Finding)) {
        let _: ControlFlow<()> = self.inspect(Depth::All, check_value, |finding| {
            found(finding);
            ControlFlow::Continue(())
        });
    }

    /// The first thing for which the message cannot be dealt with. What may be malformed without
    /// harm is not looked at.
    #[must_use]
    pub fn fatal_finding(&self) -> Option<Finding> {
        // What was read when the message came needs no second look; a second row with the name of one
        // of them is a fault before it is looked at.
        let is_read = self.essentials.is_some();
        let check = |name, value: Cursor<'_>| match name {
            HeaderName::From if is_read => check_uri(self.from().map_err(fault)?.uri),
            HeaderName::To if is_read => check_uri(self.to().map_err(fault)?.uri),
            HeaderName::CallId | HeaderName::CSeq if is_read => Ok(()),
            name => check_necessary(name, value),
        };
        match self.inspect(Depth::Fatal, check, ControlFlow::Break) {
            ControlFlow::Break(finding) => Some(finding),
            ControlFlow::Continue(()) => None,
        }
    }

    fn inspect<B>(
        &self,
        depth: Depth,
        check: impl Fn(HeaderName, Cursor<'_>) -> Result<(), Fault>,
        mut found: impl FnMut(Finding) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let cseq = self.cseq();
        let method = match cseq {
            _ if self.is_request() => self.start_line_method(),
            Ok(cseq) => cseq.method,
            Err(_) => Method::Other(""),
        };
        let mut report = |rule: Rule, name: HeaderName, at: u32, is_fatal: bool| {
            if depth == Depth::Fatal && !is_fatal {
                return ControlFlow::Continue(());
            }
            let answer = match rule {
                // 501 stays right when the method becomes known (RFC 4475 §3.1.2.18).
                Rule::MethodMismatch if matches!(method, Method::Other(_)) => {
                    StatusCode::NOT_IMPLEMENTED
                }
                _ => StatusCode::BAD_REQUEST,
            };
            found(Finding {
                rule,
                name,
                at,
                is_fatal,
                answer: (is_fatal && self.is_request()).then_some(answer),
            })
        };
        if let Some(rule) = self.request_uri().and_then(check_request_uri) {
            let at = self.head.method_end.saturating_add(1);
            report(rule, HeaderName::Other, at, true)?;
        }
        let placement = Placement::of(&method, self.status());
        let mut seen = Names::NONE;
        for row in self.rows {
            let is_fatal = is_necessary(row.name);
            if depth == Depth::Fatal && !is_fatal {
                continue;
            }
            let before = seen;
            seen = seen.with(row.name);
            // RFC 3261 §7.3.2, §20: what does not belong there is ignored, whatever it says.
            let is_ignored = || placement.presence(row.name) == Presence::NotApplicable;
            if depth == Depth::All && is_ignored() {
                report(Rule::NotApplicable, row.name, row.value, false)?;
                continue;
            }
            if before == seen && is_single(row.name) && !is_ignored() {
                report(Rule::Repeated, row.name, row.value, is_fatal)?;
            }
            if let Err((rule, at)) = check(row.name, self.cursor(row)) {
                if !is_ignored() {
                    let at = row.value.saturating_add(at);
                    report(rule, row.name, at, is_fatal)?;
                }
            }
        }
        let end = self.head.body;
        for name in MANDATORY {
            if !seen.contains(name) {
                report(Rule::Missing, name, end, true)?;
            }
        }
        if depth == Depth::All {
            // What is mandatory besides is missed, and done without.
            for name in placement.missing(seen) {
                if !MANDATORY.contains(&name) {
                    report(Rule::Missing, name, end, false)?;
                }
            }
        }
        if self.is_request() && cseq.is_ok_and(|cseq| cseq.method != method) {
            let row = self.rows.iter().find(|row| row.name == HeaderName::CSeq);
            let at = row.map_or(0, |row| row.value);
            report(Rule::MethodMismatch, HeaderName::CSeq, at, true)?;
        }
        if !self.body().is_empty() && !seen.contains(HeaderName::ContentType) {
            report(Rule::NoContentType, HeaderName::ContentType, end, true)?;
        }
        ControlFlow::Continue(())
    }
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Depth {
    /// Everything that is wrong.
    All,
    /// What costs the message.
    Fatal,
}

impl Message {
    /// Shows everything that is wrong to `found`, in the order of the message.
    pub fn validate(&self, found: impl FnMut(Finding)) {
        self.view().validate(found);
    }

    /// The first thing for which the message cannot be dealt with.
    #[must_use]
    pub fn fatal_finding(&self) -> Option<Finding> {
        self.view().fatal_finding()
    }
}

type Fault = (Rule, u32);

fn check_request_uri(uri: &str) -> Option<Rule> {
    match Uri::parse(uri) {
        Err(error) => Some(Rule::Uri(error.kind)),
        // RFC 3261 §19.1.1 table 1: no headers in a Request-URI.
        Ok(Uri::Sip(uri)) if !uri.headers.as_str().is_empty() => Some(Rule::RequestUriHeaders),
        Ok(_) => None,
    }
}

fn check_uri(uri: &str) -> Result<(), Fault> {
    match Uri::parse(uri) {
        Ok(_) => Ok(()),
        Err(error) => Err((Rule::Uri(error.kind), 0)),
    }
}

fn fault(error: HeaderError) -> Fault {
    (Rule::Value(error.kind), error.at)
}

/// Holds the value of a necessary field against its grammar. Apart from [`check_value`] so that who
/// only answers requests does not carry the grammars of all other fields.
fn check_necessary(name: HeaderName, value: Cursor<'_>) -> Result<(), Fault> {
    match name {
        HeaderName::Via => list::<Via<'_>>(value, |_| Ok(())),
        HeaderName::From | HeaderName::To => check_uri(one::<FromTo<'_>>(value)?.uri),
        HeaderName::Contact => list::<Contact<'_>>(value, |contact| match contact.uri() {
            Some(uri) => check_uri(uri),
            None => Ok(()),
        }),
        HeaderName::Route | HeaderName::RecordRoute => {
            list::<NameAddr<'_>>(value, |address| check_uri(address.uri))
        }
        HeaderName::CSeq => one::<CSeq<'_>>(value).map(|_| ()),
        HeaderName::CallId => match super::view::take_call_id(value) {
            Some(_) => Ok(()),
            None => Err((Rule::Value(HeaderErrorKind::Token), 0)),
        },
        HeaderName::MaxForwards => number(value.rest(), 255),
        HeaderName::ContentLength => number(value.rest(), u64::MAX),
        HeaderName::ContentType => one::<MediaType<'_>>(value).map(|_| ()),
        HeaderName::Require | HeaderName::ProxyRequire => list::<Token<'_>>(value, |_| Ok(())),
        _ => Ok(()),
    }
}

/// Holds a value against the grammar of its field, if that is known here.
fn check_value(name: HeaderName, value: Cursor<'_>) -> Result<(), Fault> {
    match name {
        name if is_necessary(name) => check_necessary(name, value),
        HeaderName::Path | HeaderName::ServiceRoute => {
            list::<NameAddr<'_>>(value, |address| check_uri(address.uri))
        }
        HeaderName::ReplyTo | HeaderName::ReferTo => check_uri(one::<NameAddr<'_>>(value)?.uri),
        HeaderName::Expires | HeaderName::MinExpires => number(value.rest(), u64::from(u32::MAX)),
        HeaderName::ContentDisposition => one::<ContentDisposition<'_>>(value).map(|_| ()),
        HeaderName::Accept if !value.is_at_end() => list::<MediaType<'_>>(value, |_| Ok(())),
        HeaderName::Allow | HeaderName::Supported if !value.is_at_end() => {
            list::<Token<'_>>(value, |_| Ok(()))
        }
        HeaderName::Unsupported => list::<Token<'_>>(value, |_| Ok(())),
        HeaderName::Date => one::<Date>(value).map(|_| ()),
        HeaderName::RetryAfter => one::<RetryAfter<'_>>(value).map(|_| ()),
        HeaderName::Warning => list::<Warning<'_>>(value, |_| Ok(())),
        HeaderName::Reason => list::<Reason<'_>>(value, |_| Ok(())),
        name => super::check_extension::check(name, value.rest()).map_err(fault),
    }
}

fn one<'a, T: Element<'a>>(value: Cursor<'a>) -> Result<T, Fault> {
    whole_of(value).map_err(fault)
}

/// A list has at least one element, and all of them are well formed.
fn list<'a, T: Element<'a>>(
    value: Cursor<'a>,
    check: impl Fn(&T) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut is_empty = true;
    for element in List::<T>::of(value) {
        check(&element.map_err(fault)?)?;
        is_empty = false;
    }
    if is_empty {
        return Err((Rule::Value(HeaderErrorKind::End), 0));
    }
    Ok(())
}

fn number(value: &[u8], max: u64) -> Result<(), Fault> {
    let number = value.iter().fold(0_u64, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit.wrapping_sub(b'0')))
    });
    if Class::DIGIT.holds(value) && number <= max {
        Ok(())
    } else {
        Err((Rule::Value(HeaderErrorKind::Number), 0))
    }
}
