//! Which SIP domains a certificate is for (RFC 5922 §7.1 to §7.3).
//!
//! That the certificate is valid and leads to one that is trusted is the driver's to find out;
//! what it finds comes as a [`PeerIdentity`]. The common name of a subject is never looked at,
//! which §7.1 allows.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::peer::PeerIdentity;
use crate::sip::uri::{Host, Uri};

/// Domains of one certificate that are kept; one with more of them is for none beyond.
const MAX_DOMAINS: usize = 64;

/// The SIP domains a certificate speaks for.
pub(crate) fn domains(identity: &PeerIdentity) -> Vec<Box<str>> {
    if !identity.is_verified {
        return Vec::new();
    }
    let uris = identity.uris.iter().filter_map(|uri| domain_of_uri(uri));
    let mut found: Vec<Box<str>> = uris.map(|host| host.to_string().into()).collect();
    // §7.1: a DNS name counts if and only if there is no SIP URI.
    if found.is_empty() {
        let names = identity.dns_names.iter();
        found.extend(names.filter_map(|name| domain_of_name(name)).map(Box::from));
    }
    found.truncate(MAX_DOMAINS);
    found
}

/// Whether a certificate that speaks for `domains` is the one of `domain` (§7.2): as a whole and
/// without regard to case. No name stands for those below it.
pub(crate) fn is_for(domains: &[Box<str>], domain: &str) -> bool {
    let Some(wanted) = Host::parse(domain) else {
        return false;
    };
    domains
        .iter()
        .filter_map(|found| Host::parse(found))
        .any(|found| absolute(found).is_same(&absolute(wanted)))
}

/// §7.1: the scheme is `sip`, and there is no user part, which would make it a person's.
fn domain_of_uri(uri: &str) -> Option<Host<'_>> {
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) if !sip.secure && sip.user.is_none() && !uri.contains('@') => {
            Some(sip.host)
        }
        Ok(Uri::Sip(_) | Uri::Tel(_) | Uri::Other { .. }) | Err(_) => None,
    }
}

/// A name, and no address or pattern in its place.
fn domain_of_name(name: &str) -> Option<&str> {
    match Host::parse(name) {
        Some(Host::Name(name)) => Some(name),
        Some(Host::Ip(_)) | None => None,
    }
}

/// A name with its last dot is the same name (RFC 4343 compares labels).
fn absolute(host: Host<'_>) -> Host<'_> {
    match host {
        Host::Name(name) => Host::Name(name.strip_suffix('.').unwrap_or(name)),
        Host::Ip(ip) => Host::Ip(ip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    fn identity(uris: &[&str], dns_names: &[&str]) -> PeerIdentity {
        PeerIdentity {
            uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
            dns_names: dns_names.iter().map(|&name| name.to_owned()).collect(),
            is_verified: true,
        }
    }

    fn found(uris: &[&str], dns_names: &[&str]) -> Vec<Box<str>> {
        domains(&identity(uris, dns_names))
    }

    #[test]
    fn s7_1_the_host_of_a_sip_uri_is_an_identity() {
        assert_eq!(*found(&["sip:example.com"], &[]), ["example.com".into()]);
        assert_eq!(
            *found(&["SIP:example.com;transport=tls"], &[]),
            ["example.com".into()]
        );
    }

    #[test]
    fn s7_1_another_scheme_is_no_identity() {
        for uri in ["sips:example.com", "https://example.com", "im:example.com"] {
            assert!(found(&[uri], &[]).is_empty(), "{uri}");
        }
    }

    #[test]
    fn s7_1_a_user_part_makes_it_a_person_s() {
        for uri in ["sip:alice@example.com", "sip:@example.com"] {
            assert!(found(&[uri], &[]).is_empty(), "{uri}");
        }
    }

    // shows: S116
    #[test]
    fn s7_1_dns_counts_only_without_a_sip_uri() {
        assert_eq!(*found(&[], &["example.net"]), ["example.net".into()]);
        let both = found(&["sip:example.com"], &["example.net"]);
        assert_eq!(*both, ["example.com".into()]);
        // One that is no identity does not stand in the way.
        let person = found(&["sip:alice@example.com"], &["example.net"]);
        assert_eq!(*person, ["example.net".into()]);
    }

    #[test]
    fn s7_1_what_is_not_valid_has_no_identity() {
        let mut identity = identity(&["sip:example.com"], &["example.com"]);
        identity.is_verified = false;
        assert!(domains(&identity).is_empty());
    }

    #[test]
    fn s7_2_case_does_not_matter() {
        assert!(is_for(&found(&["sip:Example.COM"], &[]), "eXample.com"));
        assert!(is_for(&found(&[], &["EXAMPLE.com"]), "example.COM."));
    }

    #[test]
    fn s7_2_names_match_as_a_whole() {
        let domains = found(&[], &["example.com"]);
        assert!(is_for(&domains, "example.com"));
        assert!(!is_for(&domains, "foo.example.com"));
        assert!(!is_for(&domains, "com"));
    }

    // shows: S116
    #[test]
    fn s7_2_no_wildcard_matches() {
        let domains = found(&["sip:*.example.com"], &["*.example.com", ".example.com"]);
        assert!(!is_for(&domains, "foo.example.com"));
        assert!(!is_for(&domains, "example.com"));
    }

    #[test]
    fn s7_3_no_identity_no_authentication() {
        assert!(!is_for(&found(&[], &[]), "example.com"));
    }

    #[test]
    fn an_address_is_an_identity_in_a_uri_alone() {
        assert!(is_for(&found(&["sip:192.0.2.1"], &[]), "192.0.2.1"));
        assert!(is_for(&found(&["sip:[2001:db8::1]"], &[]), "2001:DB8:0::1"));
        assert!(!is_for(&found(&[], &["192.0.2.1"]), "192.0.2.1"));
    }

    #[test]
    fn a_certificate_with_very_many_names_is_for_so_many() {
        let many: Vec<_> = (0..1000)
            .map(|n| alloc::format!("a{n}.example.com"))
            .collect();
        let many: Vec<&str> = many.iter().map(|name| &**name).collect();
        assert_eq!(found(&[], &many).len(), MAX_DOMAINS);
    }
}
