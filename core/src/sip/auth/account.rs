//! Who we are to a server, and the one secret that both ends keep (RFC 7616 §3.4.2, §5.2).

use alloc::string::String;
use core::fmt;

use super::HashAlgorithm;
use super::digest::{HexDigest, hash};

/// H(user ":" realm ":" password): all that is needed to make or to check a digest, and as secret
/// as the password itself (RFC 7616 §5.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ha1(HexDigest);

impl Ha1 {
    /// Computes it.
    #[must_use]
    pub fn new(algorithm: HashAlgorithm, username: &str, realm: &str, password: &str) -> Self {
        let parts = [username.as_bytes(), realm.as_bytes(), password.as_bytes()];
        Self(hash(algorithm, &parts))
    }

    /// Takes it from where it is kept: 32 or 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(algorithm: HashAlgorithm, digits: &str) -> Option<Self> {
        HexDigest::from_text(algorithm, digits).map(Self)
    }

    /// The hexadecimal digits, to keep it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn of_parts(algorithm: HashAlgorithm, parts: &[&[u8]]) -> Self {
        Self(hash(algorithm, parts))
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1(..)")
    }
}

/// The [`Ha1`] of one user for every hash function: what a server keeps instead of a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ha1Set {
    /// For MD5; leave it out to refuse MD5 to this user.
    pub md5: Option<Ha1>,
    /// For SHA-256.
    pub sha256: Option<Ha1>,
    /// For SHA-512/256.
    pub sha512_256: Option<Ha1>,
}

impl Ha1Set {
    /// Computes all three, after which the password can be forgotten.
    #[must_use]
    pub fn new(username: &str, realm: &str, password: &str) -> Self {
        let of = |algorithm| Some(Ha1::new(algorithm, username, realm, password));
        Self {
            md5: of(HashAlgorithm::Md5),
            sha256: of(HashAlgorithm::Sha256),
            sha512_256: of(HashAlgorithm::Sha512_256),
        }
    }

    /// The same, with `ha1` for one more hash function.
    #[must_use]
    pub const fn with(mut self, algorithm: HashAlgorithm, ha1: Ha1) -> Self {
        match algorithm {
            HashAlgorithm::Md5 => self.md5 = Some(ha1),
            HashAlgorithm::Sha256 => self.sha256 = Some(ha1),
            HashAlgorithm::Sha512_256 => self.sha512_256 = Some(ha1),
        }
        self
    }

    /// The one for a hash function.
    #[must_use]
    pub const fn of(&self, algorithm: HashAlgorithm) -> Option<Ha1> {
        match algorithm {
            HashAlgorithm::Md5 => self.md5,
            HashAlgorithm::Sha256 => self.sha256,
            HashAlgorithm::Sha512_256 => self.sha512_256,
        }
    }
}

/// A name and a secret to answer challenges with.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name, as the server knows it.
    pub username: String,
    /// The realm it is for; without one it is tried in any.
    pub realm: Option<String>,
    /// The weakest hash function to answer with: a challenge with a weaker one is taken for none
    /// (RFC 8760 §3, RFC 7616 §5.8).
    pub weakest: HashAlgorithm,
    /// Whether to answer with `auth-int` where a server offers that and `auth`. A server on the way
    /// that changes a body then breaks the digest.
    pub prefers_integrity: bool,
    secret: Secret,
}

#[derive(Clone, PartialEq, Eq)]
enum Secret {
    Password(String),
    Hashed(Ha1Set),
}

impl Account {
    /// With a password, for any realm.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            realm: None,
            weakest: HashAlgorithm::Md5,
            prefers_integrity: false,
            secret: Secret::Password(password.into()),
        }
    }

    /// With hashes, which hold for one realm only.
    #[must_use]
    pub fn from_hashes(
        username: impl Into<String>,
        realm: impl Into<String>,
        hashes: Ha1Set,
    ) -> Self {
        Self {
            username: username.into(),
            realm: Some(realm.into()),
            weakest: HashAlgorithm::Md5,
            prefers_integrity: false,
            secret: Secret::Hashed(hashes),
        }
    }

    /// The same account, for one realm only.
    #[must_use]
    pub fn in_realm(self, realm: impl Into<String>) -> Self {
        Self {
            realm: Some(realm.into()),
            ..self
        }
    }

    /// Whether it may be used for a realm.
    #[must_use]
    pub fn is_for(&self, realm: &[u8]) -> bool {
        self.realm
            .as_ref()
            .is_none_or(|own| own.as_bytes() == realm)
    }

    /// What to answer a challenge of a realm it is for with; nothing if the hash function is too
    /// weak, or the secret was given for others only.
    pub(super) fn ha1(&self, algorithm: HashAlgorithm, realm: &[u8]) -> Option<Ha1> {
        if algorithm < self.weakest {
            return None;
        }
        match &self.secret {
            Secret::Password(password) => {
                let parts = [self.username.as_bytes(), realm, password.as_bytes()];
                Some(Ha1::of_parts(algorithm, &parts))
            }
            Secret::Hashed(hashes) => hashes.of(algorithm),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret does not belong in a log.
        f.debug_struct("Account")
            .field("username", &self.username)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}
