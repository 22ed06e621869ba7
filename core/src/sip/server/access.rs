//! Who may do what (RFC 3261 §10.3 steps 2 to 4, §16.3 item 6, §22).

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use super::{Report, Server, tell};
use crate::sip::auth::{Accepted, Challenger, Verdict};
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
        let domain = self.domain_of(request.request_uri().unwrap_or_default());
        let domain = domain.ok_or(StatusCode::NOT_FOUND)?;
        let accepted = if self.config.authenticate {
            Some(self.authenticate(stack, request, Challenger::Server, &domain)?)
        } else {
            None
        };
        // Steps 4 and 5: the user of the To must be who the password says, and one of ours.
        let to = request.to().map_err(|_| StatusCode::BAD_REQUEST)?.uri;
        if let (Some(accepted), Ok(Uri::Sip(uri))) = (&accepted, Uri::parse(to)) {
            if canonical_user(&uri).as_deref() != Some(accepted.username.as_str()) {
                return Err(StatusCode::FORBIDDEN.into());
            }
        }
        let address = AddressOfRecord::parse(to, &self.domains).ok_or(StatusCode::NOT_FOUND)?;
        // Step 5: the address-of-record must be valid for the domain in the Request-URI.
        if !self.knows(&address) || address.domain() != domain {
            return Err(StatusCode::NOT_FOUND.into());
        }
        // Steps 6 to 8.
        // RFC 7616 §3.5: and we show that we know the password too.
        let now = stack.now();
        let info = accepted.and_then(|accepted| {
            let guard = self.guards.of(&domain);
            guard.authentication_info(now, Challenger::Server, request, &accepted, &[])
        });
        let info = info.as_deref();
        let registration = self
            .registrar
            .register(stack, address, request, source, info)?;
        // The transaction is there: it has just been made for this request.
        let _ = stack.respond(transaction, registration.response);
        tell(&registration.address, registration.outcomes, report.0);
        Ok(())
    }

    /// The domain of ours a URI belongs to, in small letters.
    fn domain_of(&self, uri: &str) -> Option<String> {
        match Uri::parse(uri) {
            Ok(Uri::Sip(uri)) => self.domains.domain(&uri).map(Into::into),
            Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => None,
        }
    }

    /// §16.3 item 6, and whether the server wants to serve this request at all. Redirect servers
    /// challenge as a user agent server does, proxies as proxies (§22.1).
    pub(super) fn admit(
        &mut self,
        stack: &mut Stack,
        request: &Message,
        plan: &RoutePlan,
        challenger: Challenger,
    ) -> Result<(), Answer> {
        // Its dialog was let through before; and a policy that sends everything to one place does
        // not care where it comes from.
        if plan.is_marked() || self.config.next_hop.is_some() {
            return Ok(());
        }
        let from = request.from().map_err(|_| StatusCode::BAD_REQUEST)?.uri;
        let sender = AddressOfRecord::parse(from, &self.domains);
        let sender = sender.filter(|_| self.config.authenticate);
        if let Some(sender) = &sender {
            // §22.3: whoever says to be one of ours shows it, and is only who they are.
            let domain = sender.domain();
            let accepted = self.authenticate(stack, request, challenger, domain)?;
            if accepted.username != sender.user() {
                return Err(StatusCode::FORBIDDEN.into());
            }
        }
        if let Some(domain) = self.closed_domain(plan.request_uri(request)) {
            // Credentials are good for one look: who has shown those of this realm is through.
            let realm = self.guards.realm_of(&domain);
            let shown = sender.as_ref().map(AddressOfRecord::domain);
            if shown.map(|domain| self.guards.realm_of(domain)) != Some(realm) {
                self.authenticate(stack, request, challenger, &domain)?;
            }
        }
        if sender.is_some() {
            return Ok(());
        }
        // Strangers do not call strangers through us.
        let ours = self.local_address(plan.request_uri(request)).is_some();
        if ours && !plan.has_route(request) || self.config.relay {
            Ok(())
        } else {
            Err(StatusCode::FORBIDDEN.into())
        }
    }

    /// The domain of ours a URI belongs to, if not everyone may call there.
    pub(super) fn closed_domain(&self, uri: &str) -> Option<String> {
        if !self.guards.close_any() {
            return None;
        }
        self.domain_of(uri)
            .filter(|domain| self.guards.close(domain))
    }

    /// The user of a domain whose password a request shows (§22.2, §22.3).
    ///
    /// # Errors
    /// 401 or 407 with a challenge per algorithm, the strongest first (RFC 8760 §2.4); 400 for
    /// credentials that cannot be judged, or were made for something else.
    fn authenticate(
        &mut self,
        stack: &Stack,
        request: &Message,
        challenger: Challenger,
        domain: &str,
    ) -> Result<Accepted, Answer> {
        let now = stack.now();
        let guard = self.guards.of(domain);
        let is_stale = match guard.verify(now, challenger, request, &self.config.users) {
            Verdict::Accepted(accepted) => {
                // RFC 8760 §2.6 item 6: someone before us may have put another Request-URI there;
                // but then what the user asked for must still be ours to serve.
                return if accepted.is_for(request) || self.domain_of(&accepted.uri).is_some() {
                    Ok(accepted)
                } else {
                    Err(bad_request(
                        domain,
                        "the credentials are for another Request-URI",
                    ))
                };
            }
            Verdict::Malformed(fault) => return Err(bad_request(domain, &format!("{fault}"))),
            Verdict::Stale => true,
            // Neither is ever judged here: an ACK has its own way, and so has a CANCEL.
            Verdict::Exempt | Verdict::Absent | Verdict::Refused => false,
        };
        Err(Answer {
            status: challenger.status(),
            fields: guard.challenge(now, challenger, is_stale),
        })
    }

    /// §22.3: notes which credentials were for us, so that they go no further: whoever the request
    /// reaches need not have what a password can be guessed from. Those for other realms go on.
    pub(super) fn consume(&self, request: &Message, plan: &mut RoutePlan) {
        if self.guards.ask() {
            for (place, is_ours) in self.guards.own_credentials(request).enumerate() {
                if is_ours {
                    plan.consume(place);
                }
            }
        }
    }
}

/// 400 that says why (RFC 7616 §3.4, RFC 3261 §20.43).
fn bad_request(domain: &str, why: &str) -> Answer {
    Answer {
        status: StatusCode::BAD_REQUEST,
        fields: alloc::vec![(HeaderName::Warning, format!("399 {domain} \"{why}\""))],
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
