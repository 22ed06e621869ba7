//! SIP and SIPS URIs (RFC 3261 §19.1).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::text::{Class, Cursor, find_byte};

use super::escape::{Pieces, take_escaped, unescape};
use super::{Host, HostPort, UriError, UriErrorKind, UriHeaders, UriParams, take_port};

/// `sip:user:password@host:port;uri-parameters?headers`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SipUri<'a> {
    /// Whether it is `sips`.
    pub secure: bool,
    /// The user, still escaped.
    pub user: Option<&'a str>,
    /// The password, still escaped.
    pub password: Option<&'a str>,
    /// The host.
    pub host: Host<'a>,
    /// The port, if it is said; none is not the same as 5060 (§19.1.4).
    pub port: Option<u16>,
    /// The parameters.
    pub params: UriParams<'a>,
    /// The headers of a request made from it.
    pub headers: UriHeaders<'a>,
}

impl<'a> SipUri<'a> {
    /// A host alone.
    #[must_use]
    pub const fn new(host: Host<'a>, port: Option<u16>) -> Self {
        Self {
            secure: false,
            user: None,
            password: None,
            host,
            port,
            params: UriParams::EMPTY,
            headers: UriHeaders::EMPTY,
        }
    }

    /// Takes what follows `sip:` or `sips:`; `before` is how long that was.
    pub(super) fn take(secure: bool, rest: &'a str, before: usize) -> Result<Self, UriError> {
        let fail = |kind, at: usize| UriError::new(kind, before.saturating_add(at));
        // `sip://user@host` was written in the first drafts. The grammar would read `//user` as the
        // user; nobody means that.
        if rest.starts_with("//") {
            return Err(fail(UriErrorKind::User, 0));
        }
        let mut cursor = Cursor::of_str(rest);
        let (mut user, mut password) = (None, None);
        if find_byte(rest.as_bytes(), b'@').is_some() {
            user = Some(take_escaped(&mut cursor, Class::USER)).filter(|user| !user.is_empty());
            if cursor.eat(b':') {
                password = Some(take_escaped(&mut cursor, Class::PASSWORD));
            }
            if user.is_none() || !cursor.eat(b'@') {
                return Err(fail(UriErrorKind::User, cursor.position()));
            }
        }
        let at = cursor.position();
        let host = Host::take(&mut cursor).ok_or_else(|| fail(UriErrorKind::Host, at))?;
        let at = cursor.position();
        let port = if cursor.eat(b':') {
            let port = take_port(&mut cursor);
            Some(port.ok_or_else(|| fail(UriErrorKind::Port, at))?)
        } else {
            None
        };
        let params = if cursor.eat(b';') {
            UriParams::take(&mut cursor).map_err(|error| fail(error.kind, error.at as usize))?
        } else {
            UriParams::EMPTY
        };
        let at = cursor.position();
        let headers = if cursor.eat(b'?') {
            let headers = rest.get(at.saturating_add(1)..).unwrap_or_default();
            cursor.take(headers.len());
            UriHeaders::parse(headers).map_err(|error| {
                fail(
                    error.kind,
                    at.saturating_add(1).saturating_add(error.at as usize),
                )
            })?
        } else {
            UriHeaders::EMPTY
        };
        if !cursor.is_at_end() {
            let kind = match params.as_str() {
                "" => UriErrorKind::Host,
                _ => UriErrorKind::Parameter,
            };
            return Err(fail(kind, at));
        }
        Ok(Self {
            secure,
            user,
            password,
            host,
            port,
            params,
            headers,
        })
    }

    /// The user in a SIP or SIPS URI of which nothing else is asked, and nothing else looked at.
    pub(crate) fn user_in(uri: &'a str) -> Option<&'a str> {
        let (scheme, rest) = uri.split_once(':')?;
        let is_sip = scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips");
        let mut cursor = Cursor::of_str(rest);
        let user = take_escaped(&mut cursor, Class::USER);
        if cursor.eat(b':') {
            take_escaped(&mut cursor, Class::PASSWORD);
        }
        (is_sip && !user.is_empty() && cursor.eat(b'@')).then_some(user)
    }

    /// Host and port together.
    #[must_use]
    pub const fn host_port(&self) -> HostPort<'a> {
        HostPort {
            host: self.host,
            port: self.port,
        }
    }

    /// The transport parameter; compare it without regard to case.
    #[must_use]
    pub fn transport(&self) -> Option<&'a str> {
        self.params.get("transport")
    }

    /// The maddr parameter: the address to contact instead of the host.
    #[must_use]
    pub fn maddr(&self) -> Option<Host<'a>> {
        Host::parse(self.params.get("maddr")?)
    }

    /// Whether the lr parameter says that the element routes as RFC 3261 does (§19.1.1).
    #[must_use]
    pub fn is_loose_router(&self) -> bool {
        self.params.get("lr").is_some()
    }

    /// The compression that the element wants for requests: `sigcomp` (RFC 3486 §4).
    #[must_use]
    pub fn comp(&self) -> Option<&'a str> {
        self.params.get("comp")
    }

    /// The URN that tells the element's compartments apart, still escaped (RFC 5049 §9.1).
    #[must_use]
    pub fn sigcomp_id(&self) -> Option<&'a str> {
        self.params.get("sigcomp-id")
    }

    /// The gr parameter of a GRUU, still escaped: the instance in a public one, empty in a
    /// temporary one (RFC 5627 §5.1).
    #[must_use]
    pub fn gr(&self) -> Option<&'a str> {
        self.params.get("gr")
    }

    /// Whether the contact is to be reached over the flow that it came over (RFC 5626 §4.3).
    #[must_use]
    pub fn is_outbound(&self) -> bool {
        self.params.get("ob").is_some()
    }

    /// Whether the user part is a telephone number (`user=phone`).
    #[must_use]
    pub fn is_phone(&self) -> bool {
        self.params
            .get("user")
            .is_some_and(|value| value.eq_ignore_ascii_case("phone"))
    }

    /// The user part with its escapes undone; may be any bytes.
    #[must_use]
    pub fn unescaped_user(&self) -> Option<Cow<'a, [u8]>> {
        self.user.map(unescape)
    }

    /// The canonical form under which a registrar keeps bindings: no parameters, no headers, no
    /// password, escapes undone, host in lower case (RFC 3261 §10.3 step 5).
    ///
    /// A key, not always a URI. An escaped `%` and bytes above 0x7F keep their escapes, so that
    /// different users stay different.
    #[must_use]
    pub fn address_of_record(&self) -> String {
        let mut key = String::from(self.scheme());
        key.push(':');
        if let Some(user) = self.user {
            for piece in Pieces::new(user) {
                match piece.byte {
                    b'%' | 0x80.. => push_upper_escape(piece.byte, &mut key),
                    byte => key.push(char::from(byte)),
                }
            }
            key.push('@');
        }
        let mut host = Vec::new();
        self.host_port().write(&mut host);
        key.push_str(&String::from_utf8_lossy(&host.to_ascii_lowercase()));
        key
    }

    const fn scheme(&self) -> &'static str {
        if self.secure { "sips" } else { "sip" }
    }
}

fn push_upper_escape(byte: u8, out: &mut String) {
    super::escape::push_escaped(byte, Class::DIGIT, out);
}

impl fmt::Display for SipUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme())?;
        if let Some(user) = self.user {
            f.write_str(user)?;
            if let Some(password) = self.password {
                write!(f, ":{password}")?;
            }
            f.write_str("@")?;
        }
        write!(f, "{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        if !self.params.as_str().is_empty() {
            write!(f, ";{}", self.params.as_str())?;
        }
        if !self.headers.as_str().is_empty() {
            write!(f, "?{}", self.headers.as_str())?;
        }
        Ok(())
    }
}
