//! Where the keys that descriptions carry (RFC 4568) meet the packets they are for (RFC 3711).

use crate::rng::Rng;
use crate::rtp::srtp::{MasterKey, Policy, Protection, Suite};
use crate::sdp::attribute::CryptoSuite;
use crate::sdp::offer_answer::{AgreedCrypto, CryptoSide, LocalMedia, Negotiation};

/// From descriptions.
impl Protection {
    /// How what we send is protected; `None` for a suite that SRTP does not know here.
    #[must_use]
    pub fn of_sent(agreed: &AgreedCrypto) -> Option<Self> {
        Self::of(agreed, &agreed.local)
    }

    /// How what the peer sends is protected; `None` for a suite that SRTP does not know here.
    #[must_use]
    pub fn of_received(agreed: &AgreedCrypto) -> Option<Self> {
        Self::of(agreed, &agreed.remote)
    }

    fn of(agreed: &AgreedCrypto, side: &CryptoSide) -> Option<Self> {
        let suite = suite(agreed.suite)?;
        let mut policy = Policy::new(suite);
        policy.encrypts_media = !agreed.unencrypted_media;
        policy.encrypts_control = !agreed.unencrypted_control;
        policy.authenticates_media = !agreed.unauthenticated_media;
        policy.key_derivation_rate = side.key_derivation_rate;
        if let Some(window) = side.window {
            // RFC 4568 §6.3.6: only a hint; the policy says how far it goes.
            policy.window = u16::try_from(window).unwrap_or(u16::MAX);
        }
        let keys = side.keys.iter().map(|key| {
            let master = MasterKey::new(suite, &key.key_and_salt)?;
            let master = master.with_identifier(&key.identifier);
            Some(match key.lifetime {
                Some(packets) => master.with_lifetime(packets),
                None => master,
            })
        });
        let keys = keys.collect::<Option<_>>()?;
        Some(Self { policy, keys })
    }
}

/// The suite of a name; both sides have it from the same registry.
fn suite(suite: CryptoSuite<'_>) -> Option<Suite> {
    Suite::from_name(suite.as_str())
}

/// A session with nothing in it yet, which can make keys if any of the media need some.
pub(super) fn negotiation(rng: &mut Rng, media: &[LocalMedia]) -> Negotiation {
    let mut negotiation = Negotiation::for_media(rng.next_u64(), media);
    if media.iter().any(|one| !one.crypto.is_empty()) {
        negotiation.set_entropy(rng.fork());
    }
    negotiation
}
