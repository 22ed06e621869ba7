//! Which section of which RFC each finding rests on.

use offhook::sip::header::HeaderErrorKind;
use offhook::sip::message::{Deviation, HeaderName, ParseErrorKind, Rule};
use offhook::sip::uri::UriErrorKind;

/// Header fields and where they are defined.
const FIELDS: [(&str, &str); 53] = [
    ("Accept", "RFC 3261 §20.1"),
    ("Accept-Encoding", "RFC 3261 §20.2"),
    ("Accept-Language", "RFC 3261 §20.3"),
    ("Alert-Info", "RFC 3261 §20.4"),
    ("Allow", "RFC 3261 §20.5"),
    ("Authentication-Info", "RFC 3261 §20.6"),
    ("Authorization", "RFC 3261 §20.7"),
    ("Call-ID", "RFC 3261 §20.8"),
    ("Call-Info", "RFC 3261 §20.9"),
    ("Contact", "RFC 3261 §20.10"),
    ("Content-Disposition", "RFC 3261 §20.11"),
    ("Content-Encoding", "RFC 3261 §20.12"),
    ("Content-Language", "RFC 3261 §20.13"),
    ("Content-Length", "RFC 3261 §20.14"),
    ("Content-Type", "RFC 3261 §20.15"),
    ("CSeq", "RFC 3261 §20.16"),
    ("Date", "RFC 3261 §20.17"),
    ("Error-Info", "RFC 3261 §20.18"),
    ("Expires", "RFC 3261 §20.19"),
    ("From", "RFC 3261 §20.20"),
    ("In-Reply-To", "RFC 3261 §20.21"),
    ("Max-Forwards", "RFC 3261 §20.22"),
    ("Min-Expires", "RFC 3261 §20.23"),
    ("MIME-Version", "RFC 3261 §20.24"),
    ("Organization", "RFC 3261 §20.25"),
    ("Priority", "RFC 3261 §20.26"),
    ("Proxy-Authenticate", "RFC 3261 §20.27"),
    ("Proxy-Authorization", "RFC 3261 §20.28"),
    ("Proxy-Require", "RFC 3261 §20.29"),
    ("Record-Route", "RFC 3261 §20.30"),
    ("Reply-To", "RFC 3261 §20.31"),
    ("Require", "RFC 3261 §20.32"),
    ("Retry-After", "RFC 3261 §20.33"),
    ("Route", "RFC 3261 §20.34"),
    ("Server", "RFC 3261 §20.35"),
    ("Subject", "RFC 3261 §20.36"),
    ("Supported", "RFC 3261 §20.37"),
    ("Timestamp", "RFC 3261 §20.38"),
    ("To", "RFC 3261 §20.39"),
    ("Unsupported", "RFC 3261 §20.40"),
    ("User-Agent", "RFC 3261 §20.41"),
    ("Via", "RFC 3261 §20.42"),
    ("Warning", "RFC 3261 §20.43"),
    ("WWW-Authenticate", "RFC 3261 §20.44"),
    ("Path", "RFC 3327 §4"),
    ("Reason", "RFC 3326 §2"),
    ("Refer-To", "RFC 3515 §2.1"),
    ("Service-Route", "RFC 3608 §5"),
    ("RAck", "RFC 3262 §7.2"),
    ("RSeq", "RFC 3262 §7.1"),
    ("Replaces", "RFC 3891 §6.1"),
    ("Session-Expires", "RFC 4028 §4"),
    ("Min-SE", "RFC 4028 §5"),
];

fn of_field(name: HeaderName) -> &'static str {
    let mut fields = FIELDS.iter();
    let found = fields.find(|(field, _)| *field == name.as_str());
    found.map_or("RFC 3261 §25.1", |(_, section)| section)
}

/// The part of the message that a fault of the framing is in, and its rule.
pub(super) const fn of_fault(kind: ParseErrorKind) -> (&'static str, &'static str) {
    match kind {
        ParseErrorKind::Empty => ("message", "RFC 3261 §7"),
        ParseErrorKind::MessageTooLong => ("message", "RFC 3261 §21.5.7"),
        ParseErrorKind::StartLine => ("start line", "RFC 3261 §7.1"),
        ParseErrorKind::Method | ParseErrorKind::RequestUri => ("Request-Line", "RFC 3261 §7.1"),
        ParseErrorKind::Version => ("start line", "RFC 3261 §7.1"),
        ParseErrorKind::Status => ("Status-Line", "RFC 3261 §7.2"),
        ParseErrorKind::LineEnd | ParseErrorKind::NoEmptyLine => ("header", "RFC 3261 §7"),
        ParseErrorKind::FieldName => ("header", "RFC 3261 §7.3.1"),
        ParseErrorKind::TooManyFields => ("header", "RFC 3261 §7.3"),
        ParseErrorKind::ContentLength | ParseErrorKind::ContentLengthConflict => {
            ("Content-Length", "RFC 3261 §20.14")
        }
        ParseErrorKind::NoContentLength | ParseErrorKind::BodyTruncated => {
            ("Content-Length", "RFC 3261 §18.3")
        }
        ParseErrorKind::BodyTooLong => ("Content-Length", "RFC 3261 §21.4.11"),
    }
}

/// The rule that a finding in a field breaks.
pub(super) fn of_finding(rule: Rule, name: HeaderName, is_request: bool) -> &'static str {
    match rule {
        Rule::Missing if is_request => "RFC 3261 §8.1.1",
        Rule::Missing => "RFC 3261 §8.2.6.2",
        Rule::Repeated | Rule::Value(HeaderErrorKind::Duplicate) => "RFC 3261 §7.3.1",
        Rule::Uri(UriErrorKind::Number) => "RFC 3966 §5.1.5",
        Rule::Uri(_) | Rule::RequestUriHeaders => "RFC 3261 §19.1.1",
        Rule::MethodMismatch => "RFC 3261 §8.1.1.5",
        // The definition of the field says what its value may be.
        _ => of_field(name),
    }
}

/// The part of a message that a deviation is in.
pub(super) const fn part(deviation: Deviation) -> &'static str {
    match deviation {
        Deviation::BareLineFeed
        | Deviation::NoEmptyLine
        | Deviation::ThreeColons
        | Deviation::BareAtInUriHeader => "header",
        Deviation::StartLineSpaces => "start line",
        Deviation::BracketedRequestUri | Deviation::RequestUriHeaders => "Request-Line",
        Deviation::NoReasonSpace => "Status-Line",
        Deviation::LengthBeyondDatagram => "Content-Length",
    }
}
