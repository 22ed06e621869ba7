//! The registration of the phone: begun, kept, and what it means that it fails.

use std::time::Duration;

use offhook::sip::message::StatusCode;
use offhook::sip::transport::server_location::Exhausted;
use offhook::sip::ua::{RegistrationFailure, UaEvent};

use super::Phone;
use super::news::News;
use crate::failure::{Exit, Failure};
use crate::names;

impl Phone {
    /// Registers where the command line says.
    pub(super) fn register(&mut self) -> Result<(), Failure> {
        let (registrar, expires) = (self.place.registrar_uri.clone(), self.options.expires);
        if let Some((now, agent)) = self.agent() {
            let handle = agent.register(now, &registrar, expires);
            let handle =
                handle.map_err(|error| Failure::usage(format!("cannot register: {error}")))?;
            self.registration = Some(handle);
        }
        Ok(())
    }

    /// Takes note of what the user agent says.
    pub(super) fn hear(&mut self, event: UaEvent) -> Result<(), Failure> {
        match event {
            UaEvent::Registered { expires, .. } => {
                self.was_registered = true;
                if !std::mem::replace(&mut self.registered, true) {
                    let (aor, seconds) = (&self.place.aor, expires.as_secs());
                    let line = format!("registered {aor} for {seconds} s");
                    let news = News::new("registered", line)
                        .text("aor", aor)
                        .number("seconds", seconds);
                    self.tell(news);
                    return self.call_if_asked();
                }
                Ok(())
            }
            UaEvent::RegistrationFailed {
                status,
                reason,
                retry_in,
                ..
            } => {
                self.registration_failed(status, reason, retry_in);
                Ok(())
            }
            UaEvent::Unregistered { .. } => {
                self.registration = None;
                self.registered = false;
                let line = format!("unregistered {}", self.place.aor);
                let news = News::new("unregistered", line).text("aor", &self.place.aor);
                self.tell(news);
                Ok(())
            }
            other => {
                self.hear_call(other);
                Ok(())
            }
        }
    }

    fn registration_failed(
        &mut self,
        status: Option<StatusCode>,
        reason: RegistrationFailure,
        retry_in: Option<Duration>,
    ) {
        self.registered = false;
        // A name that never led anywhere is no failure of the network's.
        let for_good = match reason {
            RegistrationFailure::NotLocated(Exhausted::NotFound | Exhausted::NotOffered) => {
                !self.was_registered
            }
            RegistrationFailure::NotLocated(Exhausted::UsedUp | Exhausted::LookupFailed(_))
            | RegistrationFailure::WrongPassword
            | RegistrationFailure::ServerUnproven
            | RegistrationFailure::Rejected
            | RegistrationFailure::LacksOutbound
            | RegistrationFailure::Unavailable
            | RegistrationFailure::TimedOut
            | RegistrationFailure::Unreachable => false,
        };
        let shown = status.map_or_else(String::new, |s| format!(" ({})", s.as_u16()));
        let advice = match reason {
            RegistrationFailure::WrongPassword => "check --username and --password, or --account",
            RegistrationFailure::ServerUnproven => "is it the right server?",
            RegistrationFailure::Rejected => "check --aor, --username and --password",
            RegistrationFailure::LacksOutbound => "check --proxy",
            RegistrationFailure::Unavailable => "try again later",
            RegistrationFailure::TimedOut | RegistrationFailure::Unreachable => {
                "is the server running at that address?"
            }
            RegistrationFailure::NotLocated(_) => names::advice(),
        };
        let is_asked = reason == RegistrationFailure::WrongPassword;
        let asked = self.agent().filter(|_| is_asked).and_then(|(_, agent)| {
            let realm = agent.user().unanswered_realm()?;
            Some(format!(" for {realm:?}"))
        });
        let realm = asked.unwrap_or_default();
        let line = format!(
            "cannot register {}: {reason}{shown}; {advice}{realm}",
            self.place.aor
        );
        let exit = match reason {
            RegistrationFailure::WrongPassword
            | RegistrationFailure::ServerUnproven
            | RegistrationFailure::Rejected
            | RegistrationFailure::LacksOutbound => Exit::Refused,
            RegistrationFailure::Unavailable
            | RegistrationFailure::TimedOut
            | RegistrationFailure::Unreachable
            | RegistrationFailure::NotLocated(_) => Exit::Silent,
        };
        match retry_in {
            Some(wait) if self.options.call.is_none() && self.leaving.is_none() && !for_good => {
                let line = format!("{line}; next try in {} s", wait.as_secs());
                let news = News::new("registration-failed", line)
                    .text("aor", &self.place.aor)
                    .maybe("status", status.map(StatusCode::as_u16))
                    .number("retry_in", wait.as_secs());
                self.tell(news);
            }
            _ => {
                self.registration = None;
                self.failure.get_or_insert(Failure::new(exit, line));
            }
        }
    }
}
