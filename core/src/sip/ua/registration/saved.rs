//! A registration as plain data (RFC 3261 §10.2; RFC 3608 §6.1; RFC 5626 §4.2; RFC 5627 §4.2).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::came::TEMP_GRUUS;
use super::flow::{State, is_sip};
use super::{Outbound, RegisteredFlow, Registration, RegistrationHandle, SavedFlow, flow_count};
use crate::sip::endpoint::{Events, Stack};
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::Cx;
use crate::sip::ua::config::UserAgentConfig;
use crate::sip::ua::draft::Draft;
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::identity::Identity;
use crate::sip::ua::saved::RestoreError;

/// Our bindings at one registrar, as of the moment they were saved.
///
/// Of which instance they are (RFC 5626 §4.1) is in the settings of the identity, and has to be the
/// same as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRegistration {
    /// The address-of-record, as the settings of its identity have it.
    pub address_of_record: String,
    /// The registrar: the Request-URI of the REGISTERs. Header fields that the URI given to
    /// [`register`](crate::sip::ua::UserAgentEndpoint::register) asked for are lost.
    pub registrar: String,
    /// One for each outbound proxy, if there is an instance; else one.
    pub flows: Vec<SavedFlow>,
    /// Whether the registrar binds flows (RFC 5626 §4.2.1); none as long as nobody has said.
    pub binds_flows: Option<bool>,
    /// The servers that requests of the address-of-record pass, in order (RFC 3608 §6.1).
    pub service_route: Vec<String>,
    /// The lasting URI of this very device (RFC 5627 §3.1.1).
    pub pub_gruu: Option<String>,
    /// The temporary ones, the newest last (RFC 5627 §3.1.2).
    pub temp_gruus: Vec<String>,
}

impl Registration {
    /// What it is now, as plain data; nothing once it is being removed.
    pub(in crate::sip::ua) fn save(
        &self,
        cx: &Cx<'_, RegistrationHandle>,
    ) -> Option<SavedRegistration> {
        let first = self.flows.first().filter(|_| !self.is_leaving)?;
        let now = cx.stack.now();
        Some(SavedRegistration {
            address_of_record: cx.config.aor.clone(),
            registrar: first.registrar().into(),
            flows: self.flows.iter().map(|flow| flow.save(now)).collect(),
            binds_flows: match self.outbound {
                Outbound::Unknown => None,
                Outbound::Yes => Some(true),
                Outbound::No => Some(false),
            },
            service_route: self.service_route().map(String::from).collect(),
            pub_gruu: self.pub_gruu().map(String::from),
            temp_gruus: self.temp_gruus().map(String::from).collect(),
        })
    }

    /// The registration that was saved `away` ago.
    fn restore(
        stack: &mut Stack,
        config: &UserAgentConfig,
        identity: Identity,
        saved: &SavedRegistration,
        away: Duration,
    ) -> Result<Self, RestoreError> {
        if saved.flows.len() != flow_count(config) {
            return Err(RestoreError::Flows);
        }
        let gruus = saved.pub_gruu.iter().chain(&saved.temp_gruus);
        let uris = gruus.chain(&saved.service_route);
        let mut uris = uris.chain(core::iter::once(&saved.registrar));
        if !uris.all(|uri| is_sip(uri)) {
            return Err(RestoreError::Uri);
        }
        let now = stack.now();
        let mut flows: Vec<RegisteredFlow> = Vec::new();
        flows.reserve_exact(saved.flows.len());
        for (number, flow) in (0..u8::MAX).zip(&saved.flows) {
            let draft = Draft::registering(stack, config, &saved.registrar);
            let draft = draft.map_err(|_| RestoreError::Uri)?;
            if flows.iter().any(|other| other.call_id() == flow.call_id) {
                return Err(RestoreError::CallId);
            }
            flows.push(RegisteredFlow::restore(number, draft, flow, (away, now))?);
        }
        if flows.iter().all(|flow| flow.state == State::Gone) {
            return Err(RestoreError::Flows);
        }
        let mut restored = Self::of(identity, flows);
        restored.outbound = match saved.binds_flows {
            None => Outbound::Unknown,
            Some(true) => Outbound::Yes,
            Some(false) => Outbound::No,
        };
        let owned = |uri: &String| Box::from(uri.as_str());
        restored.service_route = saved.service_route.iter().map(owned).collect();
        restored.pub_gruu = saved.pub_gruu.as_ref().map(owned);
        let older = saved.temp_gruus.len().saturating_sub(TEMP_GRUUS);
        restored.temp_gruus = saved.temp_gruus.iter().skip(older).map(owned).collect();
        Ok(restored)
    }

    /// Registers again: first what was bound, or else the first flow; then the others by their turn.
    fn resume(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        let any_bound = self.flows.iter().any(RegisteredFlow::is_bound);
        let mut first = Vec::new();
        for flow in &mut self.flows {
            let is_standing_by = flow.state == State::Standby;
            if is_standing_by && (flow.is_bound() || !any_bound && first.is_empty()) {
                // So that none of them takes another's turn.
                flow.state = State::Trying;
                first.push(flow.number);
            }
        }
        if self.outbound == Outbound::Unknown {
            self.stagger(cx);
        }
        for number in first {
            self.on_flow(cx, number, |flow, cx| flow.begin(cx, State::Trying));
        }
    }
}

impl UserAgent {
    pub(in crate::sip::ua) fn restore_registration(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        saved: &SavedRegistration,
        away: Duration,
    ) -> Result<RegistrationHandle, RestoreError> {
        let identity = self.identity_named(&saved.address_of_record);
        let identity = identity.ok_or(RestoreError::UnknownIdentity)?;
        let is_meant = |flow: &RegisteredFlow| {
            let call_id = flow.call_id();
            saved.flows.iter().any(|it| it.call_id == call_id)
        };
        let is_there = |it: &Registration| it.flows.iter().any(is_meant);
        if self.registrations.iter().any(|(_, it)| is_there(it)) {
            return Err(RestoreError::AlreadyThere);
        }
        let config = self.config_of(identity);
        let registration = Registration::restore(stack, config, identity, saved, away)?;
        let handle = self.registrations.insert(registration);
        let handle = handle.map_err(|_| RestoreError::LimitReached)?;
        self.with_registration(stack, events, handle, |registration, cx| {
            registration.resume(cx);
        });
        Ok(handle)
    }
}
