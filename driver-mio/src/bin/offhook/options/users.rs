//! Users and accounts as they are written: with a password, or with the hash of one as `htdigest`
//! and others keep it (RFC 7616 §5.2).

use std::path::PathBuf;

use offhook::sip::auth::{Account, Algorithm, Ha1, Ha1Set, HashAlgorithm};
use offhook::sip::server::ServerConfig;

use crate::failure::Failure;

/// How a user of a server is written.
const USER: &str = "a user is written NAME:PASSWORD, NAME@DOMAIN:PASSWORD or NAME:REALM:HASH";
/// How an account of a phone is written.
const ACCOUNT: &str = "an account is written NAME:REALM:PASSWORD or NAME:REALM:HASH";

/// A user of the server.
pub(crate) struct User {
    name: String,
    secret: Secret,
}

enum Secret {
    /// In the realm of one domain, or of all.
    Password(Option<String>, String),
    Hashed(Hashed),
}

struct Hashed {
    realm: String,
    hashes: Ha1Set,
}

impl User {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let (name, rest) = named(text, USER)?;
        if let Some(hashed) = Hashed::parse(rest) {
            let name = name.to_owned();
            let secret = Secret::Hashed(hashed);
            return Ok(Self { name, secret });
        }
        let (name, domain) = match name.rsplit_once('@') {
            Some((name, domain)) => (name, Some(domain.to_ascii_lowercase())),
            None => (name, None),
        };
        Ok(Self {
            name: name.to_owned(),
            secret: Secret::Password(domain, rest.to_owned()),
        })
    }

    /// Makes the user known to the server, which keeps no password.
    pub(crate) fn join(self, config: &mut ServerConfig) {
        let name = &self.name;
        match self.secret {
            Secret::Hashed(Hashed { realm, hashes }) => config.users.add(name, &realm, hashes),
            Secret::Password(Some(domain), password) => {
                let realm = config.realms.get(&domain).unwrap_or(&config.realm);
                config.users.add_password(name, realm, &password);
            }
            Secret::Password(None, password) => {
                for realm in config.realms.values().chain([&config.realm]) {
                    config.users.add_password(name, realm, &password);
                }
            }
        }
    }
}

impl Hashed {
    /// `REALM:HASH`, or `REALM:ALGORITHM:HASH`; 32 digits are of MD5, 64 of SHA-256 unless the
    /// algorithm is said.
    fn parse(text: &str) -> Option<Self> {
        let (before, digits) = text.rsplit_once(':')?;
        let said = before.rsplit_once(':').and_then(|(realm, name)| {
            let algorithm = Algorithm::from_name(Some(name)).filter(|one| !one.is_session);
            Some((realm, algorithm?.hash))
        });
        let usual = match digits.len() {
            32 => HashAlgorithm::Md5,
            _ => HashAlgorithm::Sha256,
        };
        let (realm, algorithm) = said.unwrap_or((before, usual));
        let ha1 = Ha1::from_hex(algorithm, digits)?;
        Some(Self {
            realm: realm.to_owned(),
            hashes: Ha1Set::default().with(algorithm, ha1),
        })
    }
}

/// An account of a phone for one realm.
pub(super) fn account(text: &str) -> Result<Account, Failure> {
    let (name, rest) = named(text, ACCOUNT)?;
    if let Some(Hashed { realm, hashes }) = Hashed::parse(rest) {
        return Ok(Account::from_hashes(name, realm, hashes));
    }
    let (realm, password) = rest
        .split_once(':')
        .ok_or_else(|| Failure::usage(ACCOUNT))?;
    Ok(Account::new(name, password).in_realm(realm))
}

fn named<'t>(text: &'t str, form: &str) -> Result<(&'t str, &'t str), Failure> {
    match text.split_once(':') {
        Some((name, rest)) if !name.is_empty() => Ok((name, rest)),
        _ => Err(Failure::usage(form)),
    }
}

/// One of them a line; `#` starts a comment.
pub(super) fn each_line<T>(
    path: &PathBuf,
    parse: impl Fn(&str) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::local(format!("cannot read {}: {error}", path.display())))?;
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            parse(line).map_err(|error| {
                Failure::usage(format!("{} line {number}: {error}", path.display()))
            })
        })
        .collect()
}

/// The realm of every domain: `TEXT`, or `DOMAIN=TEXT` for one.
pub(super) fn realm(text: &str) -> (Option<String>, String) {
    match text.split_once('=') {
        Some((domain, realm)) => (Some(domain.to_ascii_lowercase()), realm.to_owned()),
        None => (None, text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use offhook::sip::auth::Users;

    use super::*;

    fn server(lines: &[&str]) -> ServerConfig {
        let mut config = ServerConfig::new("a.example");
        config.realms.insert("b.example".into(), "B".into());
        for line in lines {
            User::parse(line).unwrap().join(&mut config);
        }
        config
    }

    #[test]
    fn a_user_with_a_password_is_one_of_every_realm_or_of_one() {
        let config = server(&["bob:x:y", "carol@B.example:z"]);
        let known = |name: &str, realm: &str, password: &str| {
            let expected = Ha1::new(HashAlgorithm::Sha256, name, realm, password);
            config.users.ha1(name, realm, HashAlgorithm::Sha256) == Some(expected)
        };
        assert!(known("bob", "a.example", "x:y") && known("bob", "B", "x:y"));
        assert!(known("carol", "B", "z") && !known("carol", "a.example", "z"));
    }

    #[test]
    fn hashes_are_taken_as_htdigest_writes_them() {
        let algorithms = HashAlgorithm::ALL;
        let of = |algorithm| Ha1::new(algorithm, "bob", "B", "secret");
        let [md5, sha256, sha512] = algorithms.map(of);
        let lines = [
            format!("bob:B:{}", md5.as_str()),
            format!("bob:B:{}", sha256.as_str()),
            format!("bob:B:SHA-512-256:{}", sha512.as_str()),
        ];
        let config = server(&lines.each_ref().map(String::as_str));
        for algorithm in algorithms {
            assert_eq!(config.users.ha1("bob", "B", algorithm), Some(of(algorithm)));
        }
        assert_eq!(config.users.get("bob", "a.example"), None);
        assert!(User::parse(":x").is_err() && User::parse("bob").is_err());
    }

    #[test]
    fn an_account_is_for_a_realm() {
        let hash = Ha1::new(HashAlgorithm::Md5, "bob", "B", "secret");
        let hashed = account(&format!("bob:B:{}", hash.as_str())).unwrap();
        let set = Ha1Set::default().with(HashAlgorithm::Md5, hash);
        assert_eq!(hashed, Account::from_hashes("bob", "B", set));
        let plain = account("bob:B:x:y").unwrap();
        assert_eq!(plain, Account::new("bob", "x:y").in_realm("B"));
        assert!(account("bob:secret").is_err());
    }
}
