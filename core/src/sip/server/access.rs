//! Who may do what (RFC 3261 §10.3 steps 2 to 4, §16.3 item 6, §22).

use alloc::string::String;
use alloc::sync::Arc;

use super::{Report, Server, tell};
use crate::sip::auth::{Challenger, Verdict};
use crate::sip::endpoint::Stack;
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::proxy::{Answer, RoutePlan, option_tags};
use crate::sip::registrar::{AddressOfRecord, canonical_user};
use crate::sip::transaction::ServerHandle;
use crate::sip::transport::Source;
use crate::sip::uri::Uri;

/// The extensions the registrar itself supports (§10.3 step 2).
pub(super) const SUPPORTED: &[&str] = &["path"];

impl Server {
    /// A REGISTER for one of our domains: §10.3.
    pub(super) fn register(
        &mut self,
        stack: &mut Stack,
        transaction: ServerHandle,
        request: &Arc<Message>,
        source: Source,
        report: &mut Report<'_>,
    ) -> Result<(), Answer> {
        // Step 2.
        require(request)?;
        // Step 3.
        let name = if self.config.authenticate {
            Some(self.authenticate(stack, request, Challenger::Server)?)
        } else {
            None
        };
        // Steps 4 and 5: the user of the To must be who the password says, and one of ours.
        let to = request.to().map_err(|_| StatusCode::BAD_REQUEST)?.uri;
        if let (Some(name), Ok(Uri::Sip(uri))) = (&name, Uri::parse(to)) {
            if canonical_user(&uri).as_deref() != Some(name.as_str()) {
                return Err(StatusCode::FORBIDDEN.into());
            }
        }
        let address = AddressOfRecord::parse(to, &self.domains).ok_or(StatusCode::NOT_FOUND)?;
        if !self.knows(&address) || !self.is_in_domain_of(&address, request) {
            return Err(StatusCode::NOT_FOUND.into());
        }
        // Steps 6 to 8.
        let registration = self.registrar.register(stack, address, request, source)?;
        // The transaction is there: it has just been made for this request.
        let _ = stack.respond(transaction, registration.response);
        tell(&registration.address, registration.outcomes, report.0);
        Ok(())
    }

    /// Step 5: the address-of-record must be valid for the domain in the Request-URI.
    fn is_in_domain_of(&self, address: &AddressOfRecord, request: &Message) -> bool {
        let Ok(Uri::Sip(uri)) = Uri::parse(request.request_uri().unwrap_or_default()) else {
            return false;
        };
        self.domains
            .domain(&uri)
            .is_some_and(|domain| address.domain().eq_ignore_ascii_case(&domain))
    }

    /// §16.3 item 6, and whether the server wants to serve this request at all.
    pub(super) fn admit(
        &mut self,
        stack: &mut Stack,
        request: &Message,
        plan: &RoutePlan,
    ) -> Result<(), Answer> {
        // Its dialog was let through before; and a policy that sends everything to one place does
        // not care where it comes from.
        if plan.is_marked() || self.config.next_hop.is_some() {
            return Ok(());
        }
        let from = request.from().map_err(|_| StatusCode::BAD_REQUEST)?.uri;
        let sender = AddressOfRecord::parse(from, &self.domains);
        if let (Some(sender), true) = (&sender, self.config.authenticate) {
            // §22.3: whoever says to be one of ours shows it, and is only who they are.
            let name = self.authenticate(stack, request, Challenger::Proxy)?;
            return if name == sender.user() {
                Ok(())
            } else {
                Err(StatusCode::FORBIDDEN.into())
            };
        }
        // Anyone may call our users; strangers do not call strangers through us.
        let ours = self.local_address(plan.request_uri(request)).is_some();
        if ours && !plan.has_route(request) || self.config.relay {
            Ok(())
        } else {
            Err(StatusCode::FORBIDDEN.into())
        }
    }

    /// The user whose password a request shows (§22.2, §22.3).
    ///
    /// # Errors
    /// 401 or 407 with a challenge per algorithm, the strongest first (RFC 8760 §2.4).
    fn authenticate(
        &mut self,
        stack: &Stack,
        request: &Message,
        challenger: Challenger,
    ) -> Result<String, Answer> {
        let now = stack.now();
        let users = &self.config.users;
        let lookup = |user: &str, _: &str, hash| users.get(user)?.of(hash);
        let is_stale = match self.auth.verify(now, challenger, request, lookup) {
            Verdict::Accepted(accepted) => return Ok(accepted.username),
            Verdict::Malformed => return Err(StatusCode::BAD_REQUEST.into()),
            Verdict::Stale => true,
            // Neither is ever judged here: an ACK has its own way, and so has a CANCEL.
            Verdict::Exempt | Verdict::Absent | Verdict::Refused => false,
        };
        Err(Answer {
            status: challenger.status(),
            fields: self.auth.challenge(now, challenger, is_stale),
        })
    }
}

/// §8.2.2.3: what must be supported to handle this request.
pub(super) fn require(request: &Message) -> Result<(), Answer> {
    let mut missing = option_tags(request, HeaderName::Require);
    missing.retain(|tag| {
        !SUPPORTED
            .iter()
            .any(|known| known.eq_ignore_ascii_case(tag))
    });
    if missing.is_empty() {
        return Ok(());
    }
    Err(Answer {
        status: StatusCode::BAD_EXTENSION,
        fields: alloc::vec![(HeaderName::Unsupported, missing.join(", "))],
    })
}
