//! Which section of which RFC each finding rests on.

use offhook::sip::header::HeaderErrorKind;
use offhook::sip::message::{Deviation, HeaderName, ParseErrorKind, Rule};
use offhook::sip::uri::UriErrorKind;

/// Header fields and where they are defined.
const FIELDS: [(&str, &str); 116] = [
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
    ("Accept-Contact", "RFC 3841 §9.2"),
    ("Accept-Resource-Priority", "RFC 4412 §3.2"),
    ("Allow-Events", "RFC 6665 §8.2.2"),
    ("Answer-Mode", "RFC 5373 §2"),
    ("Content-ID", "RFC 8262 §3.2"),
    ("Event", "RFC 6665 §8.2.1"),
    ("Feature-Caps", "RFC 6809 §6.2"),
    ("Flow-Timer", "RFC 5626 §10"),
    ("Geolocation", "RFC 6442 §4.1"),
    ("Geolocation-Error", "RFC 6442 §4.4"),
    ("Geolocation-Routing", "RFC 6442 §4.2"),
    ("History-Info", "RFC 7044 §5"),
    ("Identity", "RFC 8224 §4"),
    ("Identity-Info", "RFC 4474 §9"),
    ("Info-Package", "RFC 6086 §9.2"),
    ("Join", "RFC 3911 §7"),
    ("Max-Breadth", "RFC 5393 §5.8"),
    ("Min-SE", "RFC 4028 §5"),
    ("P-Access-Network-Info", "RFC 7315 §4.4"),
    ("P-Answer-State", "RFC 4964 §7"),
    ("P-Asserted-Identity", "RFC 3325 §9.1"),
    ("P-Asserted-Service", "RFC 6050 §4"),
    ("P-Associated-URI", "RFC 7315 §4.1"),
    ("P-Called-Party-ID", "RFC 7315 §4.2"),
    ("P-Charging-Function-Addresses", "RFC 7315 §4.5"),
    ("P-Charging-Vector", "RFC 7315 §4.6"),
    ("P-DCS-Billing-Info", "RFC 5503 §7.1"),
    ("P-DCS-LAES", "RFC 5503 §8.1"),
    ("P-DCS-OSPS", "RFC 5503 §6.1"),
    ("P-DCS-Redirect", "RFC 5503 §8.1"),
    ("P-DCS-Trace-Party-ID", "RFC 5503 §5.1"),
    ("P-Early-Media", "RFC 5009 §9"),
    ("P-Media-Authorization", "RFC 3313 §5"),
    ("P-Preferred-Identity", "RFC 3325 §9.2"),
    ("P-Preferred-Service", "RFC 6050 §4"),
    ("P-Private-Network-Indication", "RFC 7316 §7"),
    ("P-Profile-Key", "RFC 5002 §5"),
    ("P-Refused-URI-List", "RFC 5318 §5"),
    ("P-Served-User", "RFC 5502 §6"),
    ("P-User-Database", "RFC 4457 §4"),
    ("P-Visited-Network-ID", "RFC 7315 §4.3"),
    ("Path", "RFC 3327 §4"),
    ("Permission-Missing", "RFC 5360 §5.9.3"),
    ("Policy-Contact", "RFC 6794 §4.4.5"),
    ("Policy-ID", "RFC 6794 §4.4.5"),
    ("Priv-Answer-Mode", "RFC 5373 §2"),
    ("Privacy", "RFC 3323 §4.2"),
    ("RAck", "RFC 3262 §7.2"),
    ("Reason", "RFC 3326 §2"),
    ("Recv-Info", "RFC 6086 §9.2"),
    ("Refer-Events-At", "RFC 7614 §4.8"),
    ("Refer-Sub", "RFC 4488 §4"),
    ("Refer-To", "RFC 3515 §2.1"),
    ("Referred-By", "RFC 3892 §3"),
    ("Reject-Contact", "RFC 3841 §9.2"),
    ("Replaces", "RFC 3891 §6.1"),
    ("Request-Disposition", "RFC 3841 §9.1"),
    ("Resource-Priority", "RFC 4412 §3.1"),
    ("RSeq", "RFC 3262 §7.1"),
    ("Security-Client", "RFC 3329 §2.2"),
    ("Security-Server", "RFC 3329 §2.2"),
    ("Security-Verify", "RFC 3329 §2.2"),
    ("Service-Route", "RFC 3608 §5"),
    ("Session-Expires", "RFC 4028 §4"),
    ("Session-ID", "RFC 7989 §5"),
    ("SIP-ETag", "RFC 3903 §11.3.1"),
    ("SIP-If-Match", "RFC 3903 §11.3.2"),
    ("Subscription-State", "RFC 6665 §8.2.3"),
    ("Suppress-If-Match", "RFC 5839 §7.3"),
    ("Target-Dialog", "RFC 4538 §7"),
    ("Trigger-Consent", "RFC 5360 §5.11.2"),
    ("User-to-User", "RFC 7433 §4.1"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_says_where_it_is_defined() {
        for (place, (field, section)) in FIELDS.iter().enumerate() {
            let name = HeaderName::from_bytes(field.as_bytes());
            assert_eq!(name.as_str(), *field);
            assert_eq!(name as usize, place, "all of them, in order: {field}");
            assert!(section.starts_with("RFC ") && section.contains(" §"));
            assert_eq!(of_field(name), *section);
        }
        assert_eq!(HeaderName::Other as usize, FIELDS.len());
    }
}
