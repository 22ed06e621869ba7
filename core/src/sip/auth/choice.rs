//! Which of the challenges in a response are understood (RFC 8760 §2.4, RFC 7616 §3.3).

use alloc::vec::Vec;

use super::{Algorithm, Challenger, Qop};
use crate::sip::header::Challenge;
use crate::sip::message::Message;

/// A challenge that we know how to answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer<'m> {
    pub(super) challenge: Challenge<'m>,
    pub(super) algorithm: Algorithm,
    /// Of the qualities of protection that we know, those it names.
    auth: bool,
    auth_int: bool,
}

impl<'m> Offer<'m> {
    /// RFC 8760 §2.4: what is not understood is ignored, another scheme as much as another algorithm.
    fn of(value: &'m [u8]) -> Option<Self> {
        let challenge = Challenge::parse(value).ok()??;
        let algorithm = Algorithm::from_name(challenge.algorithm)?;
        let names = |qop| challenge.qops().any(|one| Qop::from_name(one) == Some(qop));
        let (auth, auth_int) = (names(Qop::Auth), names(Qop::AuthInt));
        // RFC 7616 §3.3: names we do not know are ignored; one we know has to be left, unless the
        // server has never heard of them. RFC 3261 §22.4 item 8: and then there is no client
        // nonce, hence no session key.
        let is_old = challenge.qops().next().is_none() && !algorithm.is_session;
        (auth || auth_int || is_old).then_some(Self {
            challenge,
            algorithm,
            auth,
            auth_int,
        })
    }

    /// The quality to answer with. `auth` first, unless integrity is worth more: a body may
    /// legitimately change on its way through a server.
    pub(super) fn qop(&self, prefers_integrity: bool) -> Option<Qop> {
        match (self.auth, self.auth_int) {
            (true, true) if prefers_integrity => Some(Qop::AuthInt),
            (true, _) => Some(Qop::Auth),
            (false, true) => Some(Qop::AuthInt),
            (false, false) => None,
        }
    }
}

/// The challenges of one kind that are understood, in order.
pub(super) fn offers(response: &Message, challenger: Challenger) -> Vec<Offer<'_>> {
    let values = response.fields(challenger.challenge_field());
    values.filter_map(Offer::of).collect()
}
