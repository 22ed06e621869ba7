//! Who may show credentials to a server: names, realms and hashes, and never a password
//! (RFC 7616 §5.2).

use alloc::collections::BTreeMap;
use alloc::string::String;

use super::digest::{HexDigest, hash};
use super::{Ha1, Ha1Set, HashAlgorithm};

/// Whom a [`ServerAuth`](super::ServerAuth) knows.
///
/// A closure `|username, realm, algorithm| …` that gives the [`Ha1`] is one, without hashed names.
pub trait Users {
    /// The key of a user for a hash function; `None` if there is no such user in that realm, or
    /// none that may use that function. Both should take as long to find out.
    fn ha1(&self, username: &str, realm: &str, algorithm: HashAlgorithm) -> Option<Ha1>;

    /// The name whose hash with the realm these digits are (RFC 7616 §3.4.4). Without an index of
    /// hashes there is none.
    fn unhashed(&self, digits: &str, realm: &str, algorithm: HashAlgorithm) -> Option<&str> {
        let (_, _, _) = (digits, realm, algorithm);
        None
    }
}

impl<F: Fn(&str, &str, HashAlgorithm) -> Option<Ha1>> Users for F {
    fn ha1(&self, username: &str, realm: &str, algorithm: HashAlgorithm) -> Option<Ha1> {
        self(username, realm, algorithm)
    }
}

/// Users by realm and name, with the hashes of their passwords.
#[derive(Clone, Debug, Default)]
pub struct UserStore {
    realms: BTreeMap<String, Realm>,
}

/// The users of one realm.
#[derive(Clone, Debug, Default)]
struct Realm {
    users: BTreeMap<String, Ha1Set>,
    /// Their names, by the hash of name and realm.
    names: BTreeMap<HexDigest, String>,
}

impl UserStore {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the hashes of a user's password; those of one that is there already are replaced, as
    /// far as there are others.
    pub fn add(&mut self, username: &str, realm: &str, hashes: Ha1Set) {
        let Realm { users, names } = self.realms.entry(realm.into()).or_default();
        let known = users.entry(username.into()).or_default();
        for algorithm in HashAlgorithm::ALL {
            if let Some(ha1) = hashes.of(algorithm) {
                *known = known.with(algorithm, ha1);
            }
            let digits = hash(algorithm, &[username.as_bytes(), realm.as_bytes()]);
            names.insert(digits, username.into());
        }
    }

    /// Adds a user by password, of which only the hashes are kept.
    pub fn add_password(&mut self, username: &str, realm: &str, password: &str) {
        self.add(username, realm, Ha1Set::new(username, realm, password));
    }

    /// The hashes of a user.
    #[must_use]
    pub fn get(&self, username: &str, realm: &str) -> Option<&Ha1Set> {
        self.realms.get(realm)?.users.get(username)
    }

    /// Whether there is nobody in any realm.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.realms.is_empty()
    }
}

impl Users for UserStore {
    fn ha1(&self, username: &str, realm: &str, algorithm: HashAlgorithm) -> Option<Ha1> {
        self.get(username, realm)?.of(algorithm)
    }

    fn unhashed(&self, digits: &str, realm: &str, algorithm: HashAlgorithm) -> Option<&str> {
        let digits = HexDigest::from_text(algorithm, digits)?;
        self.realms
            .get(realm)?
            .names
            .get(&digits)
            .map(String::as_str)
    }
}
