//! What challenges and credentials share: a scheme, and parameters between commas
//! (RFC 3261 §25.1, `other-challenge` and `other-response`).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use crate::text::{Cursor, quote, unquote};

use super::params::write_quoted;
use super::{HeaderError, HeaderErrorKind, Param, ParamValue};

/// A quoted value as it stands between its quotes, so that it can be sent back unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quoted<'a>(&'a [u8]);

impl<'a> Quoted<'a> {
    /// What stands between the quotes, escaped where it has to be.
    #[must_use]
    pub const fn from_escaped(inside: &'a [u8]) -> Self {
        Self(inside)
    }

    /// What stands between the quotes.
    #[must_use]
    pub const fn escaped(self) -> &'a [u8] {
        self.0
    }

    /// The value itself: what a digest is computed over (`unq` of RFC 7616 §3.3).
    #[must_use]
    pub fn bytes(self) -> Cow<'a, [u8]> {
        let plain = !self
            .0
            .iter()
            .any(|byte| matches!(byte, b'\\' | b'\r' | b'\n'));
        match plain {
            true => Cow::Borrowed(self.0),
            false => Cow::Owned(unquote(self.0).into_owned().into_bytes()),
        }
    }

    /// The value as text.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        unquote(self.0)
    }
}

impl PartialEq<str> for Quoted<'_> {
    fn eq(&self, other: &str) -> bool {
        *self.bytes() == *other.as_bytes()
    }
}

/// `scheme SP name=value *( COMMA name=value )`, kept as it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuthParams<'a> {
    /// `Digest`, in any case; or one we do not know.
    pub scheme: &'a str,
    raw: &'a [u8],
}

impl<'a> AuthParams<'a> {
    /// Takes a value apart. The parameters of a scheme other than Digest may be anything.
    ///
    /// # Errors
    /// What is wrong with it, and where: no scheme, or Digest parameters that are none or too many.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let mut cursor = Cursor::new(value);
        cursor.skip_lws();
        let scheme = cursor.take_token();
        let scheme = scheme.ok_or(HeaderError::new(HeaderErrorKind::Token, 0))?;
        cursor.skip_lws();
        let params = Self {
            scheme,
            raw: cursor.rest(),
        };
        if params.is_digest() {
            params.check(cursor.position())?;
        }
        Ok(params)
    }

    /// Takes parameters without a scheme.
    pub(super) fn bare(value: &'a [u8]) -> Result<Self, HeaderError> {
        let mut cursor = Cursor::new(value);
        cursor.skip_lws();
        let params = Self {
            scheme: "",
            raw: cursor.rest(),
        };
        params.check(cursor.position())?;
        Ok(params)
    }

    /// Whether all parameters are well-formed; they begin at byte `start` of the value.
    fn check(&self, start: usize) -> Result<(), HeaderError> {
        // What goes back to the server must not break a line of ours (RFC 3261 §7.3.1).
        if !is_folded_well(self.raw) {
            return Err(HeaderError::new(HeaderErrorKind::Syntax, start));
        }
        let mut rest = Cursor::new(self.raw);
        let mut count = 0;
        while !rest.is_at_end() {
            let at = |error: HeaderError| start.saturating_add(error.at as usize);
            next(&mut rest).map_err(|error| HeaderError::new(error.kind, at(error)))?;
            count += 1;
            if count > MAX_PARAMS {
                return Err(HeaderError::new(HeaderErrorKind::Syntax, start));
            }
        }
        Ok(())
    }

    /// Whether the scheme is Digest; servers must not take or ask for Basic (RFC 3261 §22).
    #[must_use]
    pub fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("Digest")
    }

    /// The parameters in order; ends at a malformed one.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        let mut rest = Cursor::new(self.raw);
        core::iter::from_fn(move || match rest.is_at_end() {
            true => None,
            false => next(&mut rest).ok(),
        })
    }

    /// What follows the scheme.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Every parameter handed to `known` once; a name that comes twice is an error.
    pub(super) fn each(
        &self,
        names: &[&str],
        mut known: impl FnMut(usize, ParamValue<'a>) -> Result<(), HeaderErrorKind>,
    ) -> Result<(), HeaderError> {
        let mut seen = 0_u32;
        for param in self.iter() {
            let is = |name: &&str| name.eq_ignore_ascii_case(param.name);
            let (Some(place), Some(value)) = (names.iter().position(is), param.value) else {
                continue;
            };
            let bit = 1_u32.wrapping_shl(place as u32);
            if seen & bit != 0 {
                return Err(HeaderError::new(HeaderErrorKind::Duplicate, 0));
            }
            seen |= bit;
            known(place, value).map_err(|kind| HeaderError::new(kind, 0))?;
        }
        Ok(())
    }
}

/// More parameters than any challenge has.
const MAX_PARAMS: usize = 64;

/// One parameter and the commas after it; peers are known to leave one at the end.
fn next<'a>(cursor: &mut Cursor<'a>) -> Result<Param<'a>, HeaderError> {
    let param = Param::take(cursor)?;
    let mut separated = false;
    while cursor.eat_separator(b',') {
        separated = true;
    }
    cursor.skip_lws();
    match separated || cursor.is_at_end() {
        true => Ok(param),
        false => Err(HeaderError::new(HeaderErrorKind::Syntax, cursor.position())),
    }
}

/// Whether every line break is followed by white space, so that it is a fold.
fn is_folded_well(value: &[u8]) -> bool {
    value.iter().enumerate().all(|(at, byte)| {
        let next = || value.get(at.saturating_add(1));
        match byte {
            b'\r' => matches!(next(), Some(b'\n' | b' ' | b'\t')),
            b'\n' => matches!(next(), Some(b' ' | b'\t')),
            _ => true,
        }
    })
}

/// A value that should be quoted; without quotes it is taken as it stands.
pub(super) fn quoted(value: ParamValue<'_>) -> Quoted<'_> {
    match value {
        ParamValue::Quoted(inside) => Quoted(inside),
        ParamValue::Plain(text) => Quoted(text.as_bytes()),
    }
}

/// A token; also where it was quoted, as some peers do.
pub(super) fn token(value: ParamValue<'_>) -> Result<&str, HeaderErrorKind> {
    match value {
        ParamValue::Plain(text) => Ok(text),
        ParamValue::Quoted(inside) => str::from_utf8(inside).map_err(|_| HeaderErrorKind::Token),
    }
}

/// Writes `Digest name=value, …`.
pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
}

impl<'o> Writer<'o> {
    pub(super) fn digest(out: &'o mut Vec<u8>) -> Self {
        out.extend_from_slice(b"Digest ");
        Self::bare(out)
    }

    pub(super) fn bare(out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            is_first: true,
        }
    }

    fn name(&mut self, name: &str) {
        if !core::mem::take(&mut self.is_first) {
            self.out.extend_from_slice(b", ");
        }
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'=');
    }

    pub(super) fn quoted(&mut self, name: &str, value: Option<Quoted<'_>>) {
        if let Some(Quoted(inside)) = value {
            self.name(name);
            write_quoted(inside, self.out);
        }
    }

    pub(super) fn token(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name);
            self.out.extend_from_slice(value.as_bytes());
        }
    }
}

/// Escapes text for [`Quoted::from_escaped`].
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    // A control character has no way to be said in a quoted string at all.
    match text.chars().any(|c| c.is_ascii_control()) {
        false => quote(text),
        true => {
            let printable: String = text.chars().filter(|c| !c.is_ascii_control()).collect();
            Cow::Owned(quote(&printable).into_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        AuthenticationInfo, Challenge, Credentials, HeaderErrorKind, Username, Value,
    };
    use super::*;

    /// The fields of RFC 3261 §22.2 and of RFC 7616 §3.9.2, folds included.
    #[test]
    fn published_fields() {
        let challenge = b"Digest\r\n        realm=\"biloxi.com\",\r\n        qop=\"auth,auth-int\",\r\n        \
            nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",\r\n        opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let challenge = Challenge::parse(challenge).unwrap().unwrap();
        assert_eq!(challenge.realm, *"biloxi.com");
        assert_eq!(challenge.qops().collect::<Vec<_>>(), ["auth", "auth-int"]);
        assert_eq!((challenge.algorithm, challenge.is_stale), (None, false));
        let credentials = b"Digest username=\"bob\", realm=\"biloxi.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
            uri=\"sip:bob@biloxi.com\", qop=auth, nc=00000001, cnonce=\"0a4f113b\", \
            response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let credentials = Credentials::parse(credentials).unwrap().unwrap();
        assert_eq!(credentials.username.text().as_deref(), Some("bob"));
        assert_eq!(
            (credentials.qop, credentials.count()),
            (Some("auth"), Some(1))
        );
        let modern = b"Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, nonce=\"5Ts\", \
            opaque=\"HRP\", charset=UTF-8, userhash=true, stale=TRUE";
        let modern = Challenge::parse(modern).unwrap().unwrap();
        assert_eq!(modern.algorithm, Some("SHA-512-256"));
        assert!(modern.takes_userhash && modern.is_stale);
        assert_eq!(modern.charset, Some("UTF-8"));
    }

    /// RFC 7616 §3.4, §3.9.2: plain, hashed, or in the notation of RFC 5987, but never in two ways.
    #[test]
    fn a_name_comes_in_one_of_three_forms() {
        let read = |username: &str| {
            let value = alloc::format!(
                "Digest {username}, realm=\"r\", nonce=\"n\", uri=\"u\", response=\"e\""
            );
            let parsed = Credentials::parse(value.as_bytes());
            let name = parsed.map_err(|error| error.kind)?.unwrap();
            assert_eq!(
                Credentials::parse(name.to_text().as_bytes()),
                Ok(Some(name)),
                "{username}"
            );
            let form = match name.username {
                Username::Plain(_) => "plain",
                Username::Hashed(_) => "hashed",
                Username::Extended(_) => "extended",
            };
            Ok((form, name.username.text().map(Cow::into_owned)))
        };
        let extended = read("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, userhash=false");
        assert_eq!(
            extended,
            Ok(("extended", Some("J\u{e4}s\u{f8}n Doe".into())))
        );
        let hashed = read("username=\"4888\", userhash=true");
        assert_eq!(hashed, Ok(("hashed", Some("4888".into()))));
        let plain = read("username=\"4888\"");
        assert_eq!(plain, Ok(("plain", Some("4888".into()))));
        for unreadable in ["iso-8859-1''J%E4s", "UTF-8''J%E4s", "UTF-8'J", "J"] {
            let (_, text) = read(&alloc::format!("username*={unreadable}")).unwrap();
            assert_eq!(text, None, "{unreadable}");
        }
        let both = "username=\"a\", username*=UTF-8''a";
        assert_eq!(read(both), Err(HeaderErrorKind::Duplicate));
        let hashed = "username*=UTF-8''a, userhash=true";
        assert_eq!(read(hashed), Err(HeaderErrorKind::Parameter));
        assert_eq!(read("userhash=true"), Err(HeaderErrorKind::Parameter));
    }

    #[test]
    fn quoting_is_kept_for_sending_back_and_undone_for_hashing() {
        let value = br#"digest realm = "a \"b\" c" , nonce="\x\\" , opaque="", domain="sip:x""#;
        let challenge = Challenge::parse(value).unwrap().unwrap();
        assert_eq!(challenge.realm, *r#"a "b" c"#);
        assert_eq!(challenge.nonce.escaped(), br"\x\\");
        assert_eq!(*challenge.nonce.bytes(), *br"x\");
        let text = challenge.to_text();
        assert_eq!(
            text,
            r#"Digest realm="a \"b\" c", nonce="\x\\", opaque="", domain="sip:x""#
        );
        assert_eq!(Challenge::parse(text.as_bytes()), Ok(Some(challenge)));
        assert_eq!(escape("a\"\r\nb"), "a\\\"b");
    }

    #[test]
    fn liberties_that_peers_take() {
        let unquoted =
            b"Digest realm=example.com, nonce=abc, qop=auth, algorithm=\"md5\", stale=\"true\",";
        let challenge = Challenge::parse(unquoted).unwrap().unwrap();
        assert_eq!(challenge.realm, *"example.com");
        assert_eq!(challenge.algorithm, Some("md5"));
        assert!(challenge.is_stale);
        let other = b"NoOneKnowsThisScheme opaque-data=here, and \"whatever";
        assert_eq!(Challenge::parse(other), Ok(None));
        assert_eq!(
            Credentials::parse(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            Ok(None)
        );
    }

    #[test]
    fn faults_are_named() {
        let kind = |value: &str| {
            let parsed = Challenge::parse(value.as_bytes()).map(|_| ());
            parsed.map_err(|error| error.kind)
        };
        assert_eq!(kind(""), Err(HeaderErrorKind::Token));
        assert_eq!(kind("Digest"), Err(HeaderErrorKind::Parameter));
        assert_eq!(kind("Digest realm=\"a\""), Err(HeaderErrorKind::Parameter));
        assert_eq!(
            kind("Digest realm=\"a\" nonce=\"b\""),
            Err(HeaderErrorKind::Syntax)
        );
        assert_eq!(
            kind("Digest realm=\"a, nonce=b"),
            Err(HeaderErrorKind::Quoted)
        );
        let twice = "Digest realm=\"a\", nonce=\"b\", REALM=\"c\"";
        assert_eq!(kind(twice), Err(HeaderErrorKind::Duplicate));
        let many = alloc::format!("Digest realm=\"a\", nonce=\"b\"{}", ", x=y".repeat(100));
        assert_eq!(kind(&many), Err(HeaderErrorKind::Syntax));
        let credentials = |nc: &str| {
            let value = alloc::format!(
                "Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=\"e\", nc={nc}"
            );
            let parsed = Credentials::parse(value.as_bytes()).map_err(|error| error.kind);
            parsed.map(|one| one.unwrap().count())
        };
        assert_eq!(credentials("0000000A"), Ok(Some(10)));
        assert_eq!(credentials("000000001"), Err(HeaderErrorKind::Number));
        assert_eq!(credentials("xyz"), Err(HeaderErrorKind::Number));
    }

    /// Every cut and every changed byte of a full set: refused, or read and the same once more.
    #[test]
    fn whatever_comes_is_read_or_refused() {
        let credentials = b"Digest username=\"b\\\"ob\", realm=\"biloxi.com\", nonce=\"dcd9\", uri=\"sip:bob@biloxi.com\", \
            qop=auth, nc=00000001, cnonce=\"0a4f\", response=\"6629\", opaque=\"5ccc\", algorithm=SHA-256, userhash=true, stale=true";
        let again = |bytes: &[u8]| {
            if let Ok(Some(one)) = Credentials::parse(bytes) {
                let text = one.to_text();
                assert_eq!(
                    Credentials::parse(text.as_bytes())
                        .unwrap()
                        .unwrap()
                        .to_text(),
                    text
                );
            }
            if let Ok(Some(one)) = Challenge::parse(bytes) {
                let text = one.to_text();
                assert_eq!(
                    Challenge::parse(text.as_bytes())
                        .unwrap()
                        .unwrap()
                        .to_text(),
                    text
                );
            }
            if let Ok(one) = AuthenticationInfo::parse(bytes) {
                let text = one.to_text();
                assert_eq!(
                    AuthenticationInfo::parse(text.as_bytes())
                        .unwrap()
                        .to_text(),
                    text
                );
            }
        };
        for at in 0..credentials.len() {
            for byte in [0, b' ', b'"', b'\\', b',', b'=', b'\r', b'\n', 0xff] {
                let mut bent = credentials.to_vec();
                bent[at] = byte;
                again(&bent);
            }
            again(&credentials[..at]);
            again(&credentials[at..]);
        }
        let info =
            b"nextnonce=\"47364c23\", qop=auth, rspauth=\"6629\", cnonce=\"0a4f113b\", nc=00000001";
        let info = AuthenticationInfo::parse(info).unwrap();
        assert_eq!(info.next_nonce.map(Quoted::escaped), Some(&b"47364c23"[..]));
        again(info.to_text().as_bytes());
    }
}
