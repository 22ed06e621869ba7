//! Domain names (RFC 1035 §2.3, §3.1, §5.1; compared as RFC 4343 §3 says).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use super::error::{DnsError, DnsErrorKind};

/// Bytes of the longest label (RFC 1035 §2.3.4).
const LABEL_MAX: usize = 63;
/// Bytes of the longest name, length bytes and the root included (RFC 1035 §2.3.4).
const NAME_MAX: usize = 255;

/// An absolute domain name of at most 255 bytes. Cheap to clone.
///
/// The spelling is kept; comparing, ordering and hashing disregard the case of ASCII letters.
///
/// ```
/// use offhook::dns::Name;
///
/// let name = Name::parse("Example.COM.").unwrap();
/// assert_eq!(name, Name::parse("example.com").unwrap());
/// assert_eq!(name.under(&["_sip", "_udp"]).unwrap().to_string(), "_sip._udp.Example.COM");
/// ```
#[derive(Clone)]
pub struct Name {
    /// Length-prefixed labels and the root at the end, without pointers.
    wire: Arc<[u8]>,
}

impl Name {
    /// The root.
    #[must_use]
    pub fn root() -> Self {
        Self {
            wire: Arc::from([0]),
        }
    }

    /// Reads the presentation form: labels with dots between them, a dot at the end or none,
    /// `\.` and `\046` for bytes that mean something else or cannot be seen (RFC 1035 §5.1).
    ///
    /// # Errors
    /// What is wrong and where: an empty or long label, a long name, a broken escape.
    pub fn parse(text: &str) -> Result<Self, DnsError> {
        if text == "." {
            return Ok(Self::root());
        }
        let mut labels = NameBuilder::new();
        let mut label = Vec::new();
        let mut rest = text.as_bytes();
        loop {
            let at = text.len() - rest.len();
            match rest {
                [] => {
                    // Nothing after the last dot: that dot was the root's.
                    if !label.is_empty() || labels.is_empty() {
                        labels.push(&label, at)?;
                    }
                    return Ok(labels.finish());
                }
                [b'.', after @ ..] => {
                    labels.push(&label, at)?;
                    label.clear();
                    rest = after;
                }
                [b'\\', after @ ..] => {
                    let (byte, after) =
                        unescape(after).ok_or_else(|| DnsErrorKind::Escape.at(at))?;
                    label.push(byte);
                    rest = after;
                }
                [byte, after @ ..] => {
                    label.push(*byte);
                    rest = after;
                }
            }
        }
    }

    /// This name below more labels, the outermost first: `_sip` and `_udp` in front of a domain.
    ///
    /// # Errors
    /// A label is empty or long, or the whole is.
    pub fn under(&self, labels: &[&str]) -> Result<Self, DnsError> {
        let mut builder = NameBuilder::new();
        let mine = self.labels();
        for label in labels.iter().map(|label| label.as_bytes()).chain(mine) {
            builder.push(label, builder.wire.len())?;
        }
        Ok(builder.finish())
    }

    /// The labels from the outermost to the one below the root.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest: &[u8] = &self.wire;
        core::iter::from_fn(move || {
            let (length, after) = rest.split_first()?;
            let (label, after) = after.split_at_checked(usize::from(*length))?;
            rest = after;
            (!label.is_empty()).then_some(label)
        })
    }

    /// Whether it is the root, which has no label.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.wire.len() <= 1
    }

    /// Whether it is `domain` or below it.
    #[must_use]
    pub fn is_within(&self, domain: &Self) -> bool {
        let mut rest: &[u8] = &self.wire;
        loop {
            if rest.eq_ignore_ascii_case(&domain.wire) {
                return true;
            }
            let after = rest
                .split_first()
                .and_then(|(length, after)| after.get(usize::from(*length)..));
            match after {
                Some(after) if !after.is_empty() => rest = after,
                Some(_) | None => return false,
            }
        }
    }

    /// The form of messages, without compression: length-prefixed labels, the root at the end.
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        &self.wire
    }

    /// Whether both are spelt the same, case included.
    #[must_use]
    pub fn is_spelt_like(&self, other: &Self) -> bool {
        self.wire == other.wire
    }

    /// The same name with each letter in the case that `upper` picks for it.
    pub(super) fn respelt(&self, mut upper: impl FnMut() -> bool) -> Self {
        let mut wire: Vec<u8> = self.wire.to_vec();
        // A length byte is below 64 and no letter.
        for byte in wire.iter_mut().filter(|byte| byte.is_ascii_alphabetic()) {
            *byte = if upper() {
                byte.to_ascii_uppercase()
            } else {
                byte.to_ascii_lowercase()
            };
        }
        Self { wire: wire.into() }
    }

    /// What it is compared by. A length byte is no letter, so that the wire form serves.
    fn folded(&self) -> impl Iterator<Item = u8> {
        self.wire.iter().map(u8::to_ascii_lowercase)
    }
}

/// The byte an escape stands for, and what follows it; `text` begins after the backslash.
fn unescape(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [
            a @ b'0'..=b'9',
            b @ b'0'..=b'9',
            c @ b'0'..=b'9',
            after @ ..,
        ] => {
            let digits = [a, b, c].into_iter();
            let value = digits.fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
            Some((u8::try_from(value).ok()?, after))
        }
        [b'0'..=b'9', ..] | [] => None,
        [byte, after @ ..] => Some((*byte, after)),
    }
}

/// A name as it grows label by label.
pub(super) struct NameBuilder {
    wire: Vec<u8>,
}

impl NameBuilder {
    pub(super) const fn new() -> Self {
        Self { wire: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wire.is_empty()
    }

    /// Adds a label on the right; `at` is where it stands, for the error.
    pub(super) fn push(&mut self, label: &[u8], at: usize) -> Result<(), DnsError> {
        let length = match u8::try_from(label.len()) {
            Ok(0) => return Err(DnsErrorKind::EmptyLabel.at(at)),
            Ok(length) if usize::from(length) <= LABEL_MAX => length,
            Ok(_) | Err(_) => return Err(DnsErrorKind::LabelTooLong.at(at)),
        };
        // One byte for the length, and one is left for the root.
        if self.wire.len() + label.len() + 2 > NAME_MAX {
            return Err(DnsErrorKind::NameTooLong.at(at));
        }
        self.wire.push(length);
        self.wire.extend_from_slice(label);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Name {
        self.wire.push(0);
        Name {
            wire: self.wire.into(),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.wire.eq_ignore_ascii_case(&other.wire)
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.folded() {
            state.write_u8(byte);
        }
    }
}

/// The presentation form without the dot at the end, as hosts are written in URIs; `.` for the
/// root. [`Name::parse`] reads it back.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        for (index, label) in self.labels().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            for byte in label {
                match byte {
                    b'.' | b'\\' => write!(f, "\\{}", char::from(*byte))?,
                    b'!'..=b'~' => write!(f, "{}", char::from(*byte))?,
                    _ => write!(f, "\\{byte:03}")?,
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::*;

    fn fault(text: &str) -> (DnsErrorKind, u32) {
        let error = Name::parse(text).unwrap_err();
        (error.kind, error.at)
    }

    #[test]
    fn the_wire_form_has_lengths_and_ends_in_the_root() {
        let name = Name::parse("f.isi.arpa").unwrap();
        assert_eq!(name.as_wire(), b"\x01f\x03isi\x04arpa\x00");
        assert_eq!(Name::root().as_wire(), b"\x00");
        assert_eq!(Name::parse(".").unwrap(), Name::root());
    }

    #[test]
    fn names_are_equal_without_regard_to_case() {
        let upper = Name::parse("_SIP._udp.Example.com.").unwrap();
        let lower = Name::parse("_sip._udp.example.com").unwrap();
        assert_eq!(upper, lower);
        assert_eq!(upper.cmp(&lower), Ordering::Equal);
        assert!(!upper.is_spelt_like(&lower));
        assert_eq!(upper.to_string(), "_SIP._udp.Example.com");
    }

    #[test]
    fn bytes_that_mean_something_else_are_escaped() {
        let name = Name::parse(r"a\.b.c\032d.\\").unwrap();
        let labels: Vec<&[u8]> = name.labels().collect();
        assert_eq!(labels, [&b"a.b"[..], b"c d", b"\\"]);
        assert_eq!(name.to_string(), r"a\.b.c\032d.\\");
        assert_eq!(fault(r"a.\256"), (DnsErrorKind::Escape, 2));
        assert_eq!(fault(r"a.\25"), (DnsErrorKind::Escape, 2));
        assert_eq!(fault(r"a\"), (DnsErrorKind::Escape, 1));
    }

    /// RFC 1035 §2.3.4.
    #[test]
    fn labels_have_63_bytes_and_names_255_at_most() {
        let label = "a".repeat(63);
        assert!(Name::parse(&label).is_ok());
        assert_eq!(fault(&"a".repeat(64)), (DnsErrorKind::LabelTooLong, 64));
        let longest = [label.as_str(), &label, &label, &"b".repeat(61)].join(".");
        assert_eq!(Name::parse(&longest).unwrap().as_wire().len(), 255);
        let longer = [label.as_str(), &label, &label, &"b".repeat(62)].join(".");
        assert_eq!(fault(&longer), (DnsErrorKind::NameTooLong, 254));
    }

    #[test]
    fn no_label_is_empty_but_the_root() {
        for text in ["", "..", ".a", "a..b", "a.."] {
            let error = Name::parse(text).unwrap_err();
            assert_eq!(error.kind, DnsErrorKind::EmptyLabel, "{text:?}");
        }
    }

    #[test]
    fn a_name_lies_within_its_domains_and_no_other() {
        let name = Name::parse("a.B.example").unwrap();
        for domain in ["a.b.example", "b.example", "EXAMPLE", "."] {
            assert!(name.is_within(&Name::parse(domain).unwrap()), "{domain}");
        }
        for other in ["x.a.b.example", "c.example", "xample", "ample"] {
            assert!(!name.is_within(&Name::parse(other).unwrap()), "{other}");
        }
    }

    #[test]
    fn more_labels_go_in_front_while_they_fit() {
        let domain = Name::parse("example.com").unwrap();
        let service: String = domain.under(&["_sips", "_tcp"]).unwrap().to_string();
        assert_eq!(service, "_sips._tcp.example.com");
        assert!(domain.under(&[""]).is_err());
        let long = "a".repeat(63);
        let labels = [long.as_str(); 4];
        let error = domain.under(&labels).unwrap_err();
        assert_eq!(error.kind, DnsErrorKind::NameTooLong);
    }
}
