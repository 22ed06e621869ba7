//! H.323 entities: `h323` URIs (RFC 3508 §2). SIP does not route to them; a directory may list them.

use core::fmt;

use crate::text::Cursor;

use super::{Host, HostPort, UriError, UriErrorKind, take_port};

/// `h323:user@host:port;parameters`, where the user or the host may be missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct H323Uri<'a> {
    /// The alias, still escaped.
    pub user: Option<&'a str>,
    /// Where it is known.
    pub host: Option<HostPort<'a>>,
    /// The parameters, without the first semicolon: none is defined.
    pub params: &'a str,
}

const SCHEME: &str = "h323:";

impl<'a> H323Uri<'a> {
    /// Takes a URI of this scheme.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &'a str) -> Result<Self, UriError> {
        let rest = match text.split_at_checked(SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
            _ => return Err(UriError::new(UriErrorKind::Scheme, 0)),
        };
        let fail = |kind, at: usize| UriError::new(kind, SCHEME.len().saturating_add(at));
        // A user alone may hold semicolons, so that nothing behind it can be a parameter.
        let (user, rest) = match rest.split_once('@') {
            Some((user, rest)) => (Some(user).filter(|user| !user.is_empty()), Some(rest)),
            None => (Some(rest), None),
        };
        if user.is_some_and(|user| !is_text(user, b'@')) {
            return Err(fail(UriErrorKind::User, 0));
        }
        let Some(rest) = rest else {
            return Ok(Self {
                user,
                host: None,
                params: "",
            });
        };
        let before = text.len().saturating_sub(SCHEME.len());
        let before = before.saturating_sub(rest.len());
        let mut cursor = Cursor::of_str(rest);
        let host = Host::take(&mut cursor).ok_or(fail(UriErrorKind::Host, before))?;
        let at = before.saturating_add(cursor.position());
        let port = match cursor.eat(b':') {
            true => Some(take_port(&mut cursor).ok_or(fail(UriErrorKind::Port, at))?),
            false => None,
        };
        let at = cursor.position();
        let params = rest.get(at..).unwrap_or_default();
        let are_fine = |mut params: core::str::Split<'_, char>| {
            params.next() == Some("") && params.all(|param| is_text(param, b';'))
        };
        if !params.is_empty() && !are_fine(params.split(';')) {
            return Err(fail(UriErrorKind::Parameter, before.saturating_add(at)));
        }
        Ok(Self {
            user,
            host: Some(HostPort { host, port }),
            params: params.strip_prefix(';').unwrap_or_default(),
        })
    }
}

/// Visible characters without `%` and `forbidden`, and whole escapes; at least one.
fn is_text(text: &str, forbidden: u8) -> bool {
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                after
            }
            (0x21..=0x7f, after) if *first != b'%' && *first != forbidden => after,
            _ => return false,
        };
    }
    !text.is_empty()
}

impl fmt::Display for H323Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.user.unwrap_or_default())?;
        if let Some(HostPort { host, port }) = self.host {
            write!(f, "@{host}")?;
            if let Some(port) = port {
                write!(f, ":{port}")?;
            }
        }
        match self.params {
            "" => Ok(()),
            params => write!(f, ";{params}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::uri::Uri;
    use alloc::string::{String, ToString};

    // RFC 3508 §2. To the rest it is a URI of an unknown scheme.
    // shows: S148
    #[test]
    fn h323_uris_have_a_user_a_host_or_both() {
        let parts = |text: &'static str| {
            let uri = H323Uri::parse(text).unwrap();
            assert_eq!(uri.to_string(), text);
            let mut host = alloc::vec::Vec::new();
            if let Some(found) = uri.host {
                found.write(&mut host);
            }
            (uri.user, String::from_utf8(host).unwrap(), uri.params)
        };
        let none = || String::new();
        let host = |text: &str| String::from(text);
        assert_eq!(
            parts("h323:user@example.com"),
            (Some("user"), host("example.com"), "")
        );
        assert_eq!(parts("h323:user;x:y=z"), (Some("user;x:y=z"), none(), ""));
        assert_eq!(
            parts("h323:@[2001:db8::1]:1720;a;b=%20"),
            (None, host("[2001:db8::1]:1720"), "a;b=%20")
        );
        assert_eq!(
            parts("h323:a%40b@192.0.2.1"),
            (Some("a%40b"), host("192.0.2.1"), "")
        );
        for (text, kind) in [
            ("sip:user@example.com", UriErrorKind::Scheme),
            ("h323", UriErrorKind::Scheme),
            ("h323:", UriErrorKind::User),
            ("h323:a%4@b.example", UriErrorKind::User),
            ("h323:a b@b.example", UriErrorKind::User),
            ("h323:@", UriErrorKind::Host),
            ("h323:a@-b.example", UriErrorKind::Host),
            ("h323:a@b@c.example", UriErrorKind::Parameter),
            ("h323:a@b.example:", UriErrorKind::Port),
            ("h323:a@b.example:65536", UriErrorKind::Port),
            ("h323:a@b.example;", UriErrorKind::Parameter),
            ("h323:a@b.example;x%2", UriErrorKind::Parameter),
            ("h323:a@b.example?x", UriErrorKind::Parameter),
        ] {
            assert_eq!(
                H323Uri::parse(text).map_err(|error| error.kind),
                Err(kind),
                "{text}"
            );
        }
        let uri = Uri::parse("h323:user@example.com").unwrap();
        assert!(matches!(
            uri,
            Uri::Other {
                scheme: "h323",
                rest: "user@example.com"
            }
        ));
    }
}
