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
