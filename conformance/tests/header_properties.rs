//! `parse(write(x)) == x` for every typed header field and every kind of URI: values made from a
//! pattern, read, written and read again.

mod patterns;

use std::fs;
use std::path::Path;

use offhook::sip::uri::{HostPort, Uri};
use offhook_conformance::fuzzing::{fields, uri};
use patterns::for_all;
use proptest::prelude::*;

/// Each row of the table by itself, so that a failure names the type.
#[test]
fn every_typed_field_is_written_as_it_was_read() {
    for field in fields::FIELDS {
        for_all(field.name, &field.regex(), |value| {
            let room = fields::Room::default();
            (field.check)(value.as_bytes(), &room).is_some()
        });
    }
}

// RFC 3261 §19.1, RFC 3966 §3, and RFC 3986 §3 for the others.
const URIS: [(&str, &str); 8] = [
    (
        "sip",
        "(sip|SIP|Sip):([a-zA-Z0-9_.!~*'()&=+$,;?-][a-zA-Z0-9_.!~*'()&=+$,;?/-]{0,7}(%[0-9a-fA-F]{2}){0,2}(:[a-z0-9&=+$,]{0,5})?@)?{host}{port}",
    ),
    (
        "sips with parameters",
        "sips:([a-z]{1,5}@)?{host}{port}(;lr)?(;transport=(udp|TCP|tls|x))?(;user=(phone|ip))?(;ttl=[1-9])?(;maddr={host})?(;x[a-z]{1,3}(=(%[0-9A-F]{2}|[a-z0-9:/&+$\\[\\]]){1,4})?)?",
    ),
    (
        "sip with headers",
        "sip:[a-z]{1,5}@{host}\\?[a-zA-Z]{1,6}=(%[0-9A-F]{2}|[a-z0-9?/:+$]){0,5}(&[a-z]{1,4}=[a-z0-9]{0,4}){0,2}",
    ),
    (
        "global number",
        "(tel|TEL):\\+([-.()]{0,1}[0-9]){3,12}(;ext=[0-9]{1,4})?(;[x-z][a-z]{0,3}=[a-z0-9]{1,5}){0,1}",
    ),
    (
        "local number",
        "tel:[0-9A-F*#]([-.()]{0,1}[0-9A-F*#]){0,9};phone-context=(\\+[0-9]{1,5}|[a-z]{1,5}\\.[a-z]{2,4})",
    ),
    ("urn", "urn:service:(sos|counseling)(\\.[a-z]{1,5})?"),
    (
        "web",
        "https?://{host}{port}(/[a-z.~_%-]{0,5}){0,3}(\\?[a-z=&]{0,5})?(#[a-z]{0,3})?",
    ),
    ("unknown", "[a-z][a-z0-9+.-]{0,7}x:[!#-;=?-~]{1,12}"),
];

fn filled(pattern: &str) -> String {
    let host = fields::PIECES.iter().find(|(name, _)| *name == "host");
    let port = "(:(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}))?";
    pattern
        .replace("{host}", host.unwrap().1)
        .replace("{port}", port)
}

#[test]
fn every_kind_of_uri_is_written_as_it_was_read() {
    for (name, pattern) in URIS {
        for_all(name, &filled(pattern), |text| {
            uri(text.as_bytes());
            Uri::parse(text).is_ok()
        });
    }
}

#[test]
fn every_host_and_port_is_written_as_it_was_read() {
    for_all("host and port", &filled("{host}{port}"), |text| {
        uri(text.as_bytes());
        HostPort::parse(text).is_some()
    });
}

proptest! {
    #[test]
    fn equality_of_uris_goes_both_ways(
        one in "sip:[ab]@h(;[xt]=1)?(;lr)?",
        other in "(sip|SIP):[abA]@[hH](;[xt]=[12])?(;lr)?",
    ) {
        let (one, other) = (Uri::parse(&one).unwrap(), Uri::parse(&other).unwrap());
        prop_assert_eq!(one.equivalent(&other), other.equivalent(&one));
    }
}

/// Exported by `sip::header`, but no value of a field: parts of values, and what reads them.
const NO_FIELDS: [&str; 29] = [
    "AnswerType",
    "Decimal",
    "Feature",
    "FeatureValue",
    "Overload",
    "TagKind",
    "TagValue",
    "TagValues",
    "AuthParams",
    "CommaList",
    "ContactAddress",
    "Element",
    "HeaderError",
    "HeaderErrorKind",
    "List",
    "Param",
    "ParamValue",
    "Params",
    "QValue",
    "Quoted",
    "Refresher",
    "Retarget",
    "Rport",
    "Substate",
    "Value",
    "escape",
    "whole",
    "Method",
    "Username",
];

#[test]
fn no_typed_field_is_without_a_row() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/sip/header/mod.rs");
    let source = fs::read_to_string(source).unwrap();
    let mut exported = 0;
    for statement in source.split(';').map(str::trim) {
        let Some((_, names)) = statement
            .strip_prefix("pub use ")
            .and_then(|path| path.split_once("::"))
        else {
            continue;
        };
        for name in names
            .split([',', '{', '}'])
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            exported += 1;
            let has_row = fields::FIELDS.iter().any(|field| field.name == name);
            assert!(
                has_row || NO_FIELDS.contains(&name),
                "{name} has no row in FIELDS"
            );
        }
    }
    assert!(exported > 70, "only {exported} names were found");
}
