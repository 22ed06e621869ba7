//! URNs with a meaning of their own here: services (RFC 5031) and UUIDs (RFC 4122 §3).

use core::fmt;

use super::Uri;

/// A service that depends on where one is: `urn:service:sos.fire`.
///
/// ```
/// use offhook::sip::uri::{ServiceUrn, Uri};
///
/// let uri = Uri::parse("urn:service:SOS.fire")?;
/// let service = ServiceUrn::from_uri(&uri).expect("a service");
/// assert!(service.is_within("sos"));
/// assert_eq!(service.labels().last(), Some("fire"));
/// # Ok::<(), offhook::sip::uri::UriError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ServiceUrn<'a>(&'a str);

/// A name that is unique by itself: `urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UuidUrn(pub [u8; 16]);

impl Uri<'_> {
    /// What follows `urn:` and this identifier of a namespace, in any case.
    fn in_namespace(&self, namespace: &str) -> Option<&str> {
        match self {
            Self::Other { scheme, rest } if scheme.eq_ignore_ascii_case("urn") => {
                let (identifier, name) = rest.split_once(':')?;
                identifier.eq_ignore_ascii_case(namespace).then_some(name)
            }
            Self::Sip(_) | Self::Tel(_) | Self::Other { .. } => None,
        }
    }
}

/// `let-dig [ *let-dig-hyp let-dig ]`.
fn is_label(text: &str) -> bool {
    let is_edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    is_edge(text.bytes().next()) && is_edge(text.bytes().last()) && text.bytes().all(fits)
}

impl<'a> ServiceUrn<'a> {
    /// Takes the labels: `sos.fire`. The first has up to 27 characters.
    #[must_use]
    pub fn parse(labels: &'a str) -> Option<Self> {
        let top = labels.split('.').next()?;
        let is_fine = top.len() <= 27 && labels.split('.').all(is_label);
        is_fine.then_some(Self(labels))
    }

    /// The service that a URI names.
    #[must_use]
    pub fn from_uri<'b>(uri: &'b Uri<'a>) -> Option<ServiceUrn<'b>> {
        ServiceUrn::parse(uri.in_namespace("service")?)
    }

    /// The labels from the most general to the most special, as spelt.
    pub fn labels(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        self.0.split('.')
    }

    /// Whether it is the service with these labels, or a special case of it; so that one who does
    /// not know `sos.animal-control` can serve `sos` (RFC 5031 §3).
    #[must_use]
    pub fn is_within(&self, service: &str) -> bool {
        let mut labels = self.labels();
        service.split('.').all(|outer| {
            labels
                .next()
                .is_some_and(|label| label.eq_ignore_ascii_case(outer))
        })
    }
}

/// RFC 5031 §3: without regard to case.
impl PartialEq for ServiceUrn<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for ServiceUrn<'_> {}

impl fmt::Display for ServiceUrn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "urn:service:{}", self.0)
    }
}

impl UuidUrn {
    /// Takes the digits, of either case: `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let groups = [8, 4, 4, 4, 12];
        let lengths = text.split('-').map(str::len);
        if !lengths.eq(groups) {
            return None;
        }
        let mut digits = text.chars().filter(|c| *c != '-');
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let high = digits.next()?.to_digit(16)?;
            let low = digits.next()?.to_digit(16)?;
            *byte = u8::try_from(high << 4 | low).ok()?;
        }
        Some(Self(bytes))
    }

    /// The UUID that a URI names.
    #[must_use]
    pub fn from_uri(uri: &Uri<'_>) -> Option<Self> {
        Self::parse(uri.in_namespace("uuid")?)
    }
}

impl fmt::Display for UuidUrn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("urn:uuid:")?;
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// Two URNs are the same if their namespaces are and what is in them: of the namespaces known here
/// without regard to case, of others byte by byte (RFC 2141 §5).
pub(super) fn are_same_urns(a: &str, b: &str) -> bool {
    let (Some((namespace, name)), Some((other, other_name))) =
        (a.split_once(':'), b.split_once(':'))
    else {
        return a == b;
    };
    let ignores_case =
        namespace.eq_ignore_ascii_case("service") || namespace.eq_ignore_ascii_case("uuid");
    namespace.eq_ignore_ascii_case(other)
        && (name == other_name || ignores_case && name.eq_ignore_ascii_case(other_name))
}
