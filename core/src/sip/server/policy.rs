//! What a server does with requests for its users (RFC 3261 §8.3, §16.5).

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::ServerConfig;
use crate::sip::registrar::{AddressOfRecord, Domains};
use crate::sip::uri::Uri;

/// What is done with a request for a user of ours that belongs to no dialog this server is on the
/// path of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum TargetPolicy {
    /// It is sent on to where the user is registered (RFC 3261 §16).
    #[default]
    Proxy,
    /// Whoever sent it is told where the user is registered, the most preferred first: 302 (§8.3,
    /// §21.3.3). Users who can be reached only over the connection they have opened, or by a Path
    /// (RFC 3327), are nowhere that others can go: 480.
    Redirect,
    /// The user has moved: whoever sent it is told where to, whatever is registered.
    Moved {
        /// Whether for good (301, §21.3.2), and not for now (302, §21.3.3).
        permanently: bool,
        /// URIs of any scheme, the best first. What is no URI is left out.
        contacts: Vec<String>,
    },
    /// The user is there and cannot be reached, registered or not: 480 (§21.4.18).
    Unavailable,
    /// There is nobody of that name here, registered or not: 404 (§21.4.5).
    Unknown,
    /// There is nobody of that name anywhere, which is for whoever knows of all to say: 604
    /// (§21.6.3), so that no other place is tried.
    Nonexistent,
}

impl TargetPolicy {
    /// Whether it answers with a redirection.
    pub(super) const fn is_redirection(&self) -> bool {
        match self {
            Self::Redirect | Self::Moved { .. } => true,
            Self::Proxy | Self::Unavailable | Self::Unknown | Self::Nonexistent => false,
        }
    }
}

/// The policies of all users.
pub(super) struct Policies {
    common: TargetPolicy,
    by_domain: BTreeMap<String, TargetPolicy>,
    by_user: BTreeMap<AddressOfRecord, TargetPolicy>,
}

impl Policies {
    pub(super) fn new(config: &ServerConfig, domains: &Domains) -> Self {
        let mut by_domain = BTreeMap::new();
        let mut by_user = BTreeMap::new();
        for (of, policy) in &config.target_policies {
            let mut policy = policy.clone();
            if let TargetPolicy::Moved { contacts, .. } = &mut policy {
                contacts.retain(|uri| Uri::parse(uri).is_ok());
            }
            if !of.contains('@') {
                by_domain.insert(of.to_ascii_lowercase(), policy);
            } else if let Some(user) = AddressOfRecord::parse(&alloc::format!("sip:{of}"), domains)
            {
                by_user.insert(user, policy);
            }
        }
        Self {
            common: config.target_policy.clone(),
            by_domain,
            by_user,
        }
    }

    /// Whether everyone's requests are sent on.
    pub(super) fn is_plain(&self) -> bool {
        self.common == TargetPolicy::Proxy && self.by_domain.is_empty() && self.by_user.is_empty()
    }

    /// That of one user: their own, that of their domain, or that of all.
    pub(super) fn of(&self, user: &AddressOfRecord) -> &TargetPolicy {
        let own = self.by_user.get(user);
        own.or_else(|| self.by_domain.get(user.domain()))
            .unwrap_or(&self.common)
    }
}
