//! The REGISTER of one binding (RFC 3261 §10.2; RFC 5626 §4.2).

use alloc::string::String;
use core::fmt::Write as _;

use super::{Bound, Came, RegisteredFlow, State};
use crate::sip::endpoint::{Failure, LocationHandle, SelectError, Target, Way};
use crate::sip::message::{HeaderName, Method, RequestBuilder};
use crate::sip::ua::authorize;
use crate::sip::ua::call::Cx;
use crate::sip::ua::config::{GruuUse, UserAgentConfig};
use crate::sip::ua::contact;
use crate::sip::ua::draft;
use crate::sip::ua::errors::RequestError;
use crate::sip::ua::links::ClientUse;
use crate::sip::ua::outcome::Outcome;
use crate::sip::ua::registration::RegistrationHandle;
use crate::sip::ua::registration::reply::same;

impl RegisteredFlow {
    /// Sends the next REGISTER, as soon as it is known where to.
    pub(in crate::sip::ua::registration) fn send(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
    ) -> Result<(), RequestError> {
        if self.auth.is_empty() {
            let kept = authorize::take_credentials(cx, &self.draft.to);
            self.auth = kept.unwrap_or_default();
        }
        let used = ClientUse::Register(cx.me, self.number);
        match self.route.find(cx, &self.draft, used)? {
            Some(target) => self.send_to(cx, target),
            None => Ok(()),
        }
    }

    /// Takes what came of the search for the registrar.
    pub(in crate::sip::ua::registration) fn on_located(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> Came<'static> {
        let failed = match self.route.on_located(location, found) {
            Some(Ok(target)) if self.send_to(cx, target).is_ok() => return Came::Nothing,
            Some(Ok(_)) => Outcome::Failed(Failure::Transport),
            Some(Err(why)) => Outcome::NoWay(why),
            None => return Came::Nothing,
        };
        self.failed(cx, failed)
    }

    /// Sends the next REGISTER: same Call-ID, CSeq one higher (§10.2).
    pub(super) fn send_to(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        target: Target,
    ) -> Result<(), RequestError> {
        // §8.1.1.8 for the one, §10.2.1 for the other.
        let proxy = self.proxy(cx.config);
        let secure = self.draft.is_secure(cx.config, proxy) || draft::is_secure(&self.draft.to);
        let mut contact = contact::local_uri(cx.stack, cx.config, target.flow, secure);
        if cx.config.instance.is_some() && cx.config.gruu != GruuUse::Never {
            // RFC 5626 §4.3: what is sent to the GRUU comes over the flow.
            contact.push_str(";ob");
        }
        let contacts = self.contacts(cx, &contact);
        let expires = match self.state {
            State::Removing | State::Gone => 0,
            State::Standby | State::Trying | State::Bound | State::Waiting => self.wanted,
        };
        let request = self.draft.protected(Method::Register, &[]);
        let credentials = self.auth.credentials(&request);
        let mut builder = self
            .draft
            .begin(cx, Method::Register, self.proxy(cx.config));
        builder
            .field(HeaderName::Contact, contacts.as_str())
            .field(HeaderName::Expires, &expires);
        self.say_support(&mut builder, cx.config);
        draft::sign(&mut builder, cx.config, &credentials);
        let request = builder.finish()?;
        self.contact = contact.into();
        let transaction = cx.stack.request(&request, target)?;
        self.target = Some(target);
        self.draft.cseq = self.draft.cseq.wrapping_add(1);
        let used = ClientUse::Register(cx.me, self.number);
        cx.links.clients.insert(transaction, used);
        Ok(())
    }

    /// The extensions a REGISTER has beside what any request of ours has.
    fn say_support(&self, builder: &mut RequestBuilder, config: &UserAgentConfig) {
        // RFC 3327 §5.1, RFC 5626 §4.2.1, RFC 5627 §4.1.
        let has_gruu = config.instance.is_some() && config.gruu != GruuUse::Never;
        builder.field(
            HeaderName::Supported,
            match (self.asks_outbound, has_gruu) {
                (true, true) => "path, outbound, gruu",
                (true, false) => "path, outbound",
                (false, true) => "path, gruu",
                (false, false) => "path",
            },
        );
    }

    /// The values of Contact: ours, and the one we had before, which is to go (§10.2.2). A registrar
    /// that binds flows replaces it by itself (RFC 5626 §6).
    fn contacts(&self, cx: &Cx<'_, RegistrationHandle>, contact: &str) -> String {
        let before = self.bound.as_ref().filter(|it| cx.stack.now() < it.until);
        let mut out = String::new();
        // Writing into a string cannot fail.
        let _ = match self.state {
            State::Removing | State::Gone => {
                let known = before.map_or(contact, |it| &*it.contact);
                write!(out, "<{known}>;expires=0")
            }
            State::Standby | State::Trying | State::Bound | State::Waiting => {
                write!(out, "<{contact}>;expires={}", self.wanted)
            }
        };
        if let Some(instance) = &cx.config.instance {
            let _ = write!(out, ";+sip.instance=\"<{instance}>\"");
            if self.asks_outbound {
                let _ = write!(out, ";reg-id={}", self.reg_id());
            }
        }
        let is_left = |it: &&Bound| !it.is_outbound && !same(&it.contact, contact);
        if let (true, Some(old)) = (self.state != State::Removing, before.filter(is_left)) {
            let _ = write!(out, ", <{}>;expires=0", old.contact);
        }
        out
    }
}
