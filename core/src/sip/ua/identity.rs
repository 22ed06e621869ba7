//! Which of our addresses-of-record a request is about (RFC 3261 §10.2, RFC 5627 §4.4.1).

use alloc::vec::Vec;

use super::UserAgent;
use super::config::UserAgentConfig;
use super::contact;
use crate::sip::message::Message;
use crate::sip::uri::Uri;

/// Names one address-of-record of a user agent, with its settings.
///
/// Made by [`UserAgent::add_identity`]; the one a user agent begins with is [`Identity::FIRST`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Identity(u16);

impl Identity {
    /// The one a user agent was made with.
    pub const FIRST: Self = Self(0);
}

/// The settings of an identity.
pub(super) fn config_of<'a>(
    first: &'a UserAgentConfig,
    others: &'a [UserAgentConfig],
    identity: Identity,
) -> &'a UserAgentConfig {
    let after_first = usize::from(identity.0).checked_sub(1);
    after_first.and_then(|at| others.get(at)).unwrap_or(first)
}

impl UserAgent {
    /// Takes on another address-of-record, with settings of its own. None beyond 65,536.
    pub fn add_identity(&mut self, config: UserAgentConfig) -> Option<Identity> {
        let number = u16::try_from(self.others.len()).ok()?.checked_add(1)?;
        if let Some(events) = &config.events {
            self.handlers = Some(events.handlers);
        }
        self.others.push(config);
        Some(Identity(number))
    }

    /// The settings of an identity; of the first, if another user agent has given it.
    #[must_use]
    pub fn config_of(&self, identity: Identity) -> &UserAgentConfig {
        config_of(&self.config, &self.others, identity)
    }

    /// Every identity, the first one first.
    pub fn identities(&self) -> impl Iterator<Item = Identity> + use<> {
        let last = u16::try_from(self.others.len()).unwrap_or(u16::MAX);
        (0..=last).map(Identity)
    }

    /// The identity whose settings have this address-of-record.
    pub(super) fn identity_named(&self, aor: &str) -> Option<Identity> {
        self.identities()
            .find(|one| self.config_of(*one).aor == aor)
    }

    /// Whom a request outside a dialog is for: the identity the Request-URI names, else the one
    /// that To does, else the one whose user the Request-URI has, as the Contacts we register do.
    pub(super) fn called(&self, request: &Message) -> Identity {
        if self.others.is_empty() {
            return Identity::FIRST;
        }
        let to = request.to().map_or("", |to| to.uri);
        let target = request.request_uri().unwrap_or_default();
        let named = |uri: &str| {
            let key = address_of_record(uri)?;
            let is_it = |one: &Identity| {
                address_of_record(&self.config_of(*one).aor).is_some_and(|aor| aor == key)
            };
            self.identities().find(is_it)
        };
        let user = contact::user_of(target);
        let has_user = |one: &Identity| contact::user_of(&self.config_of(*one).aor) == user;
        named(target)
            .or_else(|| named(to))
            .or_else(|| self.identities().find(has_user))
            .unwrap_or_default()
    }
}

/// The canonical form of an address-of-record, whether SIP or SIPS: who calls the one calls the
/// same person as who calls the other (RFC 5630 §4.1).
fn address_of_record(uri: &str) -> Option<Vec<u8>> {
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) => {
            let key = sip.address_of_record();
            let (_, rest) = key.split_once(':')?;
            Some(rest.into())
        }
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => None,
    }
}
