//! The realms users log in to (RFC 3261 §22.1), each with nonces of its own.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::ServerConfig;
use crate::sip::auth::{ServerAuth, ServerAuthConfig};
use crate::sip::header::{Credentials, Quoted};
use crate::sip::message::{HeaderName, Message};

/// Who asks for passwords, by domain.
pub(super) struct Guards {
    /// Of every domain that has no realm of its own.
    common: ServerAuth,
    others: Vec<ServerAuth>,
    by_domain: BTreeMap<String, usize>,
    closed: BTreeSet<String>,
    asks: bool,
}

impl Guards {
    pub(super) fn new(config: &ServerConfig, secret: [u8; 32]) -> Self {
        let guard = |realm: &str| {
            let mut login = ServerAuthConfig::new(realm);
            login.algorithms.clone_from(&config.algorithms);
            ServerAuth::new(login, secret)
        };
        let common = guard(&config.realm);
        let mut others: Vec<ServerAuth> = Vec::new();
        let mut by_domain = BTreeMap::new();
        for (domain, realm) in &config.realms {
            if *realm == config.realm {
                continue;
            }
            // Two domains may share a realm: then they share its users.
            let known = others.iter().position(|one| one.realm() == realm);
            let place = known.unwrap_or(others.len());
            if known.is_none() {
                others.push(guard(realm));
            }
            by_domain.insert(domain.to_ascii_lowercase(), place);
        }
        let closed = config.closed.iter().map(|name| name.to_ascii_lowercase());
        Self {
            common,
            others,
            by_domain,
            closed: closed.collect(),
            asks: config.authenticate || !config.closed.is_empty(),
        }
    }

    /// Whether anyone is ever asked for a password.
    pub(super) const fn ask(&self) -> bool {
        self.asks
    }

    /// Whether there is a domain whose callers are asked.
    pub(super) fn close_any(&self) -> bool {
        !self.closed.is_empty()
    }

    /// Whether the callers of a domain, which is in small letters, are asked.
    pub(super) fn close(&self, domain: &str) -> bool {
        self.closed.contains(domain)
    }

    /// The guard of a domain, which is in small letters.
    pub(super) fn of(&mut self, domain: &str) -> &mut ServerAuth {
        let place = self.by_domain.get(domain);
        let own = place.and_then(|place| self.others.get_mut(*place));
        own.unwrap_or(&mut self.common)
    }

    /// The realm of a domain, which is in small letters.
    pub(super) fn realm_of(&self, domain: &str) -> &str {
        let place = self.by_domain.get(domain);
        let own = place.and_then(|place| self.others.get(*place));
        own.unwrap_or(&self.common).realm()
    }

    /// Which of the Proxy-Authorization values of a request are for a realm of ours (§22.3).
    pub(super) fn own_credentials<'m>(
        &'m self,
        request: &'m Message,
    ) -> impl Iterator<Item = bool> + 'm {
        let is_ours = |realm: Quoted<'_>| {
            let mut guards = core::iter::once(&self.common).chain(&self.others);
            guards.any(|guard| realm == *guard.realm())
        };
        let values = request.fields(HeaderName::ProxyAuthorization);
        values.map(move |value| match Credentials::parse(value) {
            Ok(Some(credentials)) => is_ours(credentials.realm),
            Ok(None) | Err(_) => false,
        })
    }
}
