//! What a server is told once.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::TargetPolicy;
use crate::sip::auth::{Algorithm, UserStore};
use crate::sip::registrar::Expiry;

/// The settings of a [`super::Server`].
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The domains it is responsible for. Its own addresses stand for the first of them.
    pub domains: Vec<String>,
    /// What users log in to; usually the first domain (RFC 3261 §22.1).
    pub realm: String,
    /// The realms of those domains that have users of their own, by domain.
    pub realms: BTreeMap<String, String>,
    /// Who there is in these realms, with the hashes of their passwords. Empty: any user of the
    /// domains may register.
    pub users: UserStore,
    /// Whether REGISTER and the requests of users need a password.
    pub authenticate: bool,
    /// The domains whose users only those may call who show a password of the domain's realm, from
    /// wherever they call (RFC 3261 §22.3). Anyone may call the users of other domains.
    pub closed: BTreeSet<String>,
    /// What users are challenged with, the preferred algorithm first (RFC 8760 §2.3). Some old
    /// clients look only at the first challenge.
    pub algorithms: Vec<Algorithm>,
    /// Whether requests to foreign domains are sent on for anyone. Without it only users who have
    /// shown their password are served: an open relay is everyone's problem.
    pub relay: bool,
    /// Where every request that starts something is sent, whatever it asks for: a SIP URI, whose
    /// servers are located as those of any (RFC 3263).
    pub next_hop: Option<String>,
    /// What is done with requests for users of the domains.
    pub target_policy: TargetPolicy,
    /// The same for those with a policy of their own: by domain, or by `user@domain`, which counts
    /// for more.
    pub target_policies: BTreeMap<String, TargetPolicy>,
    /// Whether to stay on the path of the calls (RFC 3261 §16.6 step 4).
    pub record_route: bool,
    /// What keys the marks in its Record-Route values; nothing for the secret of [`super::Server`].
    /// With one that outlives the server, calls that were up go on through its successor.
    pub route_secret: Option<[u8; 32]>,
    /// How long bindings last.
    pub expiry: Expiry,
    /// What the Server field of its own responses says; empty for none (RFC 3261 §20.35).
    pub server: String,
}

impl ServerConfig {
    /// A server for one domain, without users and without passwords, that stays on the path.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        Self {
            domains: alloc::vec![domain.into()],
            realm: domain.into(),
            realms: BTreeMap::new(),
            users: UserStore::new(),
            authenticate: false,
            closed: BTreeSet::new(),
            algorithms: alloc::vec![Algorithm::SHA_256, Algorithm::MD5],
            relay: false,
            next_hop: None,
            target_policy: TargetPolicy::Proxy,
            target_policies: BTreeMap::new(),
            record_route: true,
            route_secret: None,
            expiry: Expiry::default(),
            server: String::new(),
        }
    }

    /// Adds a user of the realm as it is set now, and asks everyone for passwords from now on. Of
    /// the password only its hashes are kept.
    pub fn add_user(&mut self, name: &str, password: &str) -> &mut Self {
        self.users.add_password(name, &self.realm, password);
        self.authenticate = true;
        self
    }
}
