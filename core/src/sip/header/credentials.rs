//! Credentials: Authorization and Proxy-Authorization (RFC 3261 §20.7, §20.28; RFC 7616 §3.4), and
//! what a server says about those it took: Authentication-Info (RFC 3261 §20.6, RFC 7616 §3.5).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::auth_params::{AuthParams, Quoted, Writer, quoted, token};
use super::{HeaderError, HeaderErrorKind, Value};
use crate::sip::uri::unescape;

/// Whose credentials they are, in one of the forms there are (RFC 7616 §3.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Username<'a> {
    /// `username`: the name.
    Plain(Quoted<'a>),
    /// `username` with `userhash=true`: the hexadecimal digits of the hash of name and realm
    /// (§3.4.4).
    Hashed(Quoted<'a>),
    /// `username*`: the name as an `ext-value` of RFC 5987 §3.2.1, such as `UTF-8''J%C3%A4s`.
    Extended(&'a str),
}

impl<'a> Username<'a> {
    /// The name, or the digits it is hashed to; `None` if it is in another encoding than UTF-8.
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Plain(name) | Self::Hashed(name) => Some(name.text()),
            Self::Extended(value) => {
                // RFC 5987 §3.2.1: the charset, a language, and the name between apostrophes.
                let mut parts = value.splitn(3, '\'');
                let (charset, _language) = (parts.next()?, parts.next()?);
                let bytes = unescape(parts.next()?).into_owned();
                let is_utf8 = charset.eq_ignore_ascii_case("UTF-8");
                let name = String::from_utf8(bytes).ok();
                name.filter(|_| is_utf8).map(Cow::Owned)
            }
        }
    }
}

/// The answer to one digest challenge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Credentials<'a> {
    /// The user.
    pub username: Username<'a>,
    /// The realm of the challenge.
    pub realm: Quoted<'a>,
    /// The nonce of the challenge.
    pub nonce: Quoted<'a>,
    /// The Request-URI the digest was computed over.
    pub uri: Quoted<'a>,
    /// The digest, in hexadecimal digits.
    pub response: Quoted<'a>,
    /// The name of the algorithm; MD5 where there is none.
    pub algorithm: Option<&'a str>,
    /// The client's nonce, with `qop` only.
    pub cnonce: Option<Quoted<'a>>,
    /// As the challenge gave it.
    pub opaque: Option<Quoted<'a>>,
    /// The quality of protection chosen.
    pub qop: Option<&'a str>,
    /// How often the nonce was used, eight hexadecimal digits, with `qop` only.
    pub nonce_count: Option<&'a str>,
}

const NAMES: [&str; 12] = [
    "username",
    "realm",
    "nonce",
    "uri",
    "response",
    "algorithm",
    "cnonce",
    "opaque",
    "qop",
    "nc",
    "userhash",
    "username*",
];

impl<'a> Credentials<'a> {
    /// Takes credentials apart; `Ok(None)` are those of another scheme, and none to us.
    ///
    /// # Errors
    /// What is wrong with them: one of the first five fields missing is
    /// [`HeaderErrorKind::Parameter`], a count that is no hexadecimal number
    /// [`HeaderErrorKind::Number`], and a name in two forms [`HeaderErrorKind::Duplicate`].
    pub fn parse(value: &'a [u8]) -> Result<Option<Self>, HeaderError> {
        let params = AuthParams::parse(value)?;
        if !params.is_digest() {
            return Ok(None);
        }
        let mut needed = [None; 5];
        let (mut extended, mut is_hashed) = (None, false);
        let empty = Quoted::from_escaped(b"");
        let mut credentials = Self {
            username: Username::Plain(empty),
            realm: empty,
            nonce: empty,
            uri: empty,
            response: empty,
            algorithm: None,
            cnonce: None,
            opaque: None,
            qop: None,
            nonce_count: None,
        };
        params.each(&NAMES, |place, value| {
            match place {
                5 => credentials.algorithm = Some(token(value)?),
                6 => credentials.cnonce = Some(quoted(value)),
                7 => credentials.opaque = Some(quoted(value)),
                8 => credentials.qop = Some(token(value)?),
                9 => credentials.nonce_count = Some(count(token(value)?)?),
                10 => is_hashed = token(value)?.eq_ignore_ascii_case("true"),
                11 => extended = Some(token(value)?),
                place => {
                    if let Some(needed) = needed.get_mut(place) {
                        *needed = Some(quoted(value));
                    }
                }
            }
            Ok(())
        })?;
        let [
            username,
            Some(realm),
            Some(nonce),
            Some(uri),
            Some(response),
        ] = needed
        else {
            return Err(HeaderError::new(HeaderErrorKind::Parameter, 0));
        };
        let username = match (username, extended, is_hashed) {
            (Some(name), None, false) => Username::Plain(name),
            (Some(name), None, true) => Username::Hashed(name),
            (None, Some(name), false) => Username::Extended(name),
            // RFC 7616 §3.4: both is an error, and so is a hash that is not one.
            (Some(_), Some(_), _) => return Err(HeaderError::new(HeaderErrorKind::Duplicate, 0)),
            (None, _, _) => return Err(HeaderError::new(HeaderErrorKind::Parameter, 0)),
        };
        Ok(Some(Self {
            username,
            realm,
            nonce,
            uri,
            response,
            ..credentials
        }))
    }

    /// The count as a number.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        u32::from_str_radix(self.nonce_count?, 16).ok()
    }
}

/// RFC 7616 §3.5 fixes it at eight digits; fewer do no harm, because the text itself is hashed.
fn count(text: &str) -> Result<&str, HeaderErrorKind> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let fits = digits && matches!(text.len(), 1..=8);
    fits.then_some(text).ok_or(HeaderErrorKind::Number)
}

impl Value for Credentials<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut params = Writer::digest(out);
        match self.username {
            Username::Plain(name) | Username::Hashed(name) => params.quoted("username", Some(name)),
            Username::Extended(name) => params.token("username*", Some(name)),
        }
        params.quoted("realm", Some(self.realm));
        params.quoted("nonce", Some(self.nonce));
        // RFC 3261 §22.4 item 2: between quotes, whatever RFC 2617's grammar says.
        params.quoted("uri", Some(self.uri));
        params.quoted("response", Some(self.response));
        params.token("algorithm", self.algorithm);
        params.quoted("cnonce", self.cnonce);
        params.quoted("opaque", self.opaque);
        params.token("qop", self.qop);
        params.token("nc", self.nonce_count);
        let is_hashed = matches!(self.username, Username::Hashed(_));
        params.token("userhash", is_hashed.then_some("true"));
    }
}

/// The server's own proof, and a nonce for the next request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AuthenticationInfo<'a> {
    /// The nonce to use from now on.
    pub next_nonce: Option<Quoted<'a>>,
    /// The quality of protection of this response.
    pub qop: Option<&'a str>,
    /// The digest that shows that the server knows the password too.
    pub response: Option<Quoted<'a>>,
    /// The client's nonce of the request.
    pub cnonce: Option<Quoted<'a>>,
    /// The count of the request.
    pub nonce_count: Option<&'a str>,
}

const INFO_NAMES: [&str; 5] = ["nextnonce", "qop", "rspauth", "cnonce", "nc"];

impl<'a> AuthenticationInfo<'a> {
    /// Takes a value apart. It has no scheme (RFC 3261 §20.6).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let mut info = Self::default();
        AuthParams::bare(value)?.each(&INFO_NAMES, |place, value| {
            match place {
                0 => info.next_nonce = Some(quoted(value)),
                1 => info.qop = Some(token(value)?),
                2 => info.response = Some(quoted(value)),
                3 => info.cnonce = Some(quoted(value)),
                _ => info.nonce_count = Some(count(token(value)?)?),
            }
            Ok(())
        })?;
        Ok(info)
    }
}

impl Value for AuthenticationInfo<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut params = Writer::bare(out);
        params.quoted("nextnonce", self.next_nonce);
        params.token("qop", self.qop);
        params.quoted("rspauth", self.response);
        params.quoted("cnonce", self.cnonce);
        params.token("nc", self.nonce_count);
    }
}
