//! Challenges: WWW-Authenticate and Proxy-Authenticate (RFC 3261 §20.27, §20.44; RFC 7616 §3.3).

use alloc::vec::Vec;

use super::auth_params::{AuthParams, Quoted, Writer, quoted, token};
use super::{HeaderError, HeaderErrorKind, Value};

/// One challenge to authenticate by digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Challenge<'a> {
    /// Which passwords are meant; alone it defines the protection space in SIP (RFC 3261 §22.1).
    pub realm: Quoted<'a>,
    /// What to hash with the password.
    pub nonce: Quoted<'a>,
    /// To be sent back unchanged.
    pub opaque: Option<Quoted<'a>>,
    /// URIs the challenge is good for; without meaning in Proxy-Authenticate.
    pub domain: Option<Quoted<'a>>,
    /// The name of the digest algorithm; MD5 where there is none.
    pub algorithm: Option<&'a str>,
    /// Whether the credentials were right and only the nonce too old.
    pub is_stale: bool,
    /// The qualities of protection to choose from, a comma list; nothing from an RFC 2069 server.
    pub qop: Option<Quoted<'a>>,
    /// The encoding of names and passwords; the only one there is is `UTF-8` (RFC 7616 §4).
    pub charset: Option<&'a str>,
    /// Whether the user's name may be sent hashed (RFC 7616 §3.4.4).
    pub takes_userhash: bool,
}

const NAMES: [&str; 9] = [
    "realm",
    "nonce",
    "opaque",
    "domain",
    "algorithm",
    "stale",
    "qop",
    "charset",
    "userhash",
];

impl<'a> Challenge<'a> {
    /// Takes a challenge apart; `Ok(None)` is one of another scheme, which has to be ignored.
    ///
    /// # Errors
    /// What is wrong with it: realm or nonce missing is [`HeaderErrorKind::Parameter`].
    pub fn parse(value: &'a [u8]) -> Result<Option<Self>, HeaderError> {
        let params = AuthParams::parse(value)?;
        if !params.is_digest() {
            return Ok(None);
        }
        let (mut realm, mut nonce) = (None, None);
        let mut challenge = Self {
            realm: Quoted::from_escaped(b""),
            nonce: Quoted::from_escaped(b""),
            opaque: None,
            domain: None,
            algorithm: None,
            is_stale: false,
            qop: None,
            charset: None,
            takes_userhash: false,
        };
        params.each(&NAMES, |place, value| {
            match place {
                0 => realm = Some(quoted(value)),
                1 => nonce = Some(quoted(value)),
                2 => challenge.opaque = Some(quoted(value)),
                3 => challenge.domain = Some(quoted(value)),
                4 => challenge.algorithm = Some(token(value)?),
                5 => challenge.is_stale = token(value)?.eq_ignore_ascii_case("true"),
                6 => challenge.qop = Some(quoted(value)),
                7 => challenge.charset = Some(token(value)?),
                _ => challenge.takes_userhash = token(value)?.eq_ignore_ascii_case("true"),
            }
            Ok(())
        })?;
        let missing = HeaderError::new(HeaderErrorKind::Parameter, 0);
        challenge.realm = realm.ok_or(missing)?;
        challenge.nonce = nonce.ok_or(missing)?;
        Ok(Some(challenge))
    }

    /// The qualities of protection offered, in order.
    pub fn qops(&self) -> impl Iterator<Item = &'a str> {
        let list = self.qop.map_or(&b""[..], Quoted::escaped);
        let words = list.split(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n'));
        let words = words.filter_map(|word| core::str::from_utf8(word).ok());
        words.filter(|word| !word.is_empty())
    }
}

impl Value for Challenge<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut params = Writer::digest(out);
        params.quoted("realm", Some(self.realm));
        params.quoted("nonce", Some(self.nonce));
        params.quoted("opaque", self.opaque);
        params.quoted("domain", self.domain);
        params.token("algorithm", self.algorithm);
        // RFC 7616 §3.3: stale and algorithm never in quotes, the others always.
        params.token("stale", self.is_stale.then_some("true"));
        params.quoted("qop", self.qop);
        params.token("charset", self.charset);
        params.token("userhash", self.takes_userhash.then_some("true"));
    }
}
