//! The registration of the phone: begun, kept, and what it means that it fails.

use std::time::Duration;

use offhook::sip::message::StatusCode;
use offhook::sip::transport::server_location::Exhausted;
use offhook::sip::ua::{RegistrationFailure, RegistrationHandle, UaEvent};

use super::news::News;
use super::{Account, Phone};
use crate::failure::{Exit, Failure};
use crate::names;

impl Phone {
    /// Registers every account that is to be and is not yet; what is to be called is called once the first is, or
    /// at once if it is not to be.
    pub(super) fn register(&mut self) -> Result<(), Failure> {
        let expires = self.options.expires;
        for at in 0..self.accounts.len() {
            let is_done = self.accounts[at].registration.is_some();
            if is_done || !self.options.accounts[at].register {
                continue;
            }
            let registrar = self.place.homes[at].registrar_uri.clone();
            let identity = self.accounts[at].identity;
            if let Some((now, agent)) = self.agent() {
                let handle = agent.register_as(now, identity, &registrar, expires);
                let handle =
                    handle.map_err(|error| Failure::usage(format!("cannot register: {error}")))?;
                self.accounts[at].registration = Some(handle);
            }
        }
        match self.options.accounts.first() {
            Some(first) if first.register => Ok(()),
            Some(_) | None => self.call_if_asked(),
        }
    }

    /// Which account a registration is of.
    fn account_of(&self, registration: RegistrationHandle) -> Option<usize> {
        let is_it = |account: &Account| account.registration == Some(registration);
        self.accounts.iter().position(is_it)
    }

    /// Takes note of what the user agent says.
    pub(super) fn hear(&mut self, event: UaEvent) -> Result<(), Failure> {
        match event {
            UaEvent::Registered {
                registration,
                expires,
                ..
            } => match self.account_of(registration) {
                Some(at) => self.registered(at, expires),
                None => Ok(()),
            },
            UaEvent::RegistrationFailed {
                registration,
                status,
                reason,
                retry_in,
                ..
            } => {
                if let Some(at) = self.account_of(registration) {
                    self.registration_failed(at, status, reason, retry_in);
                }
                Ok(())
            }
            UaEvent::Unregistered { registration, .. } => {
                if let Some(at) = self.account_of(registration) {
                    self.accounts[at].registration = None;
                    self.accounts[at].registered = false;
                    let aor = &self.place.homes[at].aor;
                    let news = News::new("unregistered", format!("unregistered {aor}"));
                    self.tell(news.text("aor", aor));
                }
                Ok(())
            }
            other => {
                self.hear_call(other);
                Ok(())
            }
        }
    }

    fn registered(&mut self, at: usize, expires: Duration) -> Result<(), Failure> {
        self.accounts[at].was_registered = true;
        // A refresh is no news.
        if std::mem::replace(&mut self.accounts[at].registered, true) {
            return Ok(());
        }
        let (aor, seconds) = (&self.place.homes[at].aor, expires.as_secs());
        let line = format!("registered {aor} for {seconds} s");
        let news = News::new("registered", line)
            .text("aor", aor)
            .number("seconds", seconds);
        self.tell(news);
        match at {
            0 => self.call_if_asked(),
            _ => Ok(()),
        }
    }

    fn registration_failed(
        &mut self,
        at: usize,
        status: Option<StatusCode>,
        reason: RegistrationFailure,
        retry_in: Option<Duration>,
    ) {
        self.accounts[at].registered = false;
        // A name that never led anywhere is no failure of the network's.
        let for_good = match reason {
            RegistrationFailure::NotLocated(Exhausted::NotFound | Exhausted::NotOffered) => {
                !self.accounts[at].was_registered
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
        let aor = &self.place.homes[at].aor;
        let line = format!("cannot register {aor}: {reason}{shown}; {advice}{realm}");
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
        let waits = self.options.call.is_none() && self.leaving.is_none() && !for_good;
        let retry_in = retry_in.filter(|_| waits).map(|wait| wait.as_secs());
        if retry_in.is_none() {
            self.accounts[at].registration = None;
            // Of several, the others go on without it.
            let is_last = self.accounts.iter().all(|it| it.registration.is_none());
            if is_last || self.options.call.is_some() {
                self.failure.get_or_insert(Failure::new(exit, line));
                return;
            }
        }
        let next = retry_in.map_or_else(String::new, |wait| format!("; next try in {wait} s"));
        let news = News::new("registration-failed", format!("{line}{next}"))
            .text("aor", aor)
            .maybe("status", status.map(StatusCode::as_u16))
            .maybe("retry_in", retry_in);
        self.tell(news);
    }
}
