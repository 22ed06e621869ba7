//! Telephone numbers: `tel` URIs (RFC 3966) and their SIP form (RFC 3261 §19.1.6).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::escape::{escape_user, is_same_ignoring_case};
use super::{Host, SipUri, UriError, UriErrorKind, UriParams};

/// `tel:number;parameters`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TelUri<'a> {
    /// The number with its visual separators; a global one starts with `+`.
    pub number: &'a str,
    /// The parameters: `ext`, `isub`, `phone-context`, and others.
    pub params: UriParams<'a>,
}

impl<'a> TelUri<'a> {
    /// Takes what follows `tel:`; `before` is how long that was.
    pub(super) fn take(rest: &'a str, before: usize) -> Result<Self, UriError> {
        let (number, params) = match rest.split_once(';') {
            Some((number, params)) if !params.is_empty() => (number, params),
            Some((number, _)) => {
                let at = before.saturating_add(number.len());
                return Err(UriError::new(UriErrorKind::Parameter, at));
            }
            None => (rest, ""),
        };
        let params_at = before.saturating_add(number.len()).saturating_add(1);
        let params = UriParams::parse(params).map_err(|error| {
            UriError::new(error.kind, params_at.saturating_add(error.at as usize))
        })?;
        let tel = Self { number, params };
        if tel.is_well_formed() {
            Ok(tel)
        } else {
            Err(UriError::new(UriErrorKind::Number, before))
        }
    }

    /// RFC 3966 §3 and §5.1.5: a global number has digits only, a local one says its context. §5.3: an
    /// extension and a subaddress exclude each other.
    fn is_well_formed(&self) -> bool {
        let has_number = match self.number.strip_prefix('+') {
            Some(digits) => is_number(digits, |b| b.is_ascii_digit()),
            None => is_number(self.number, |b| {
                b.is_ascii_hexdigit() || matches!(b, b'*' | b'#')
            }),
        };
        let has_context = match self.context() {
            Some(context) => match context.strip_prefix('+') {
                Some(digits) => is_number(digits, |b| b.is_ascii_digit()),
                None => matches!(Host::parse(context), Some(Host::Name(_))),
            },
            None => self.is_global(),
        };
        let is_extension = |ext: &str| is_number(ext, |b| b.is_ascii_digit());
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        has_number
            && has_context
            && self.extension().is_none_or(is_extension)
            && self.subaddress().is_none_or(|isub| !isub.is_empty())
            && (self.extension().is_none() || self.subaddress().is_none())
            && self.params.iter().all(|(name, _)| is_name(name))
    }

    /// Whether it means the same everywhere.
    #[must_use]
    pub fn is_global(&self) -> bool {
        self.number.starts_with('+')
    }

    /// Where a local number is valid.
    #[must_use]
    pub fn context(&self) -> Option<&'a str> {
        self.params.get("phone-context")
    }

    /// The station behind a switch, with its visual separators (RFC 3966 §5.3).
    #[must_use]
    pub fn extension(&self) -> Option<&'a str> {
        self.params.get("ext")
    }

    /// The terminal behind an ISDN line, still escaped (RFC 3966 §5.3).
    #[must_use]
    pub fn subaddress(&self) -> Option<&'a str> {
        self.params.get("isub")
    }

    /// The number without its visual separators.
    #[must_use]
    pub fn digits(&self) -> Cow<'a, str> {
        without_separators(self.number)
    }

    /// Whether both are the same number (RFC 3966 §4): every parameter counts, in any order.
    #[must_use]
    pub fn is_equivalent(&self, other: &TelUri<'_>) -> bool {
        if self.is_global() != other.is_global()
            || !self.digits().eq_ignore_ascii_case(&other.digits())
        {
            return false;
        }
        let (ours, theirs) = (sorted(self.params), sorted(other.params));
        ours.len() == theirs.len()
            && ours.iter().zip(&theirs).all(|((name, a), (other, b))| {
                let is_number = matches!(name.as_str(), "ext" | "phone-context");
                name == other
                    && if is_number {
                        let digits = |text: &str| text.starts_with('+') || name == "ext";
                        match (digits(a), digits(b)) {
                            (true, true) => without_separators(a) == without_separators(b),
                            (false, false) => a.eq_ignore_ascii_case(b),
                            _ => false,
                        }
                    } else {
                        is_same_ignoring_case(a, b)
                    }
            })
    }

    /// The SIP URI that asks `host` for this number: all of it is the user part, in lower case, the
    /// parameters in order, `isub` and `postd` first (RFC 3261 §19.1.6).
    #[must_use]
    pub fn to_sip(&self, host: &str, secure: bool) -> String {
        let mut user = self.number.to_ascii_lowercase();
        let mut params = sorted(self.params);
        params.sort_by_key(|(name, _)| match name.as_str() {
            "isub" => 0_u8,
            "postd" => 1,
            _ => 2,
        });
        for (name, value) in params {
            user.push(';');
            user.push_str(&name);
            if !value.is_empty() {
                user.push('=');
                user.push_str(&value.to_ascii_lowercase());
            }
        }
        // Escapes that are there already stay: `%` itself must not be escaped again.
        let escaped: Vec<_> = user.split('%').map(escape_user).collect();
        let scheme = if secure { "sips" } else { "sip" };
        alloc::format!("{scheme}:{}@{host};user=phone", escaped.join("%"))
    }
}

impl SipUri<'_> {
    /// The `tel` URI of a user part that is a telephone number; `None` unless `user=phone` says so
    /// and it is one (RFC 3261 §19.1.6).
    #[must_use]
    pub fn to_tel(&self) -> Option<String> {
        if !self.is_phone() {
            return None;
        }
        let subscriber = String::from_utf8(self.unescaped_user()?.into_owned()).ok()?;
        TelUri::take(&subscriber, 0).ok()?;
        Some(alloc::format!("tel:{subscriber}"))
    }
}

impl fmt::Display for TelUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tel:{}", self.number)?;
        if !self.params.as_str().is_empty() {
            write!(f, ";{}", self.params.as_str())?;
        }
        Ok(())
    }
}

/// `visual-separator` of RFC 3966 §3.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'(' | b')')
}

fn is_number_or_empty(text: &str, is_digit: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(|b| is_digit(b) || is_separator(b))
}

fn is_number(text: &str, is_digit: impl Fn(u8) -> bool) -> bool {
    is_number_or_empty(text, &is_digit) && text.bytes().any(is_digit)
}

fn without_separators(text: &str) -> Cow<'_, str> {
    if text.bytes().any(is_separator) {
        let digits = text.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')'));
        Cow::Owned(digits.collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The parameters by name, in lower case.
fn sorted(params: UriParams<'_>) -> Vec<(String, &str)> {
    let mut sorted: Vec<_> = params
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.unwrap_or_default()))
        .collect();
    sorted.sort_unstable();
    sorted
}
