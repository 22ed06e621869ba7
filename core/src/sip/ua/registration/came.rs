//! What becomes of the flows of a registration, and what it means for the registration and for the
//! requests of its identity (RFC 3261 §10.2.4; RFC 3608 §6.1; RFC 5626 §4.2.1; RFC 5627 §4.2).

use alloc::boxed::Box;
use core::time::Duration;

use super::flow::{Came, State, reason};
use super::registered::Granted;
use super::reply::Reply;
use super::{Outbound, RegisteredFlow, Registration, RegistrationHandle};
use crate::sip::ua::authorize;
use crate::sip::ua::call::Cx;
use crate::sip::ua::config::GruuUse;
use crate::sip::ua::events::{RegistrationFailure, UaEvent};
use crate::sip::ua::outcome::Outcome;
use crate::time::Instant;

/// How many temporary GRUUs are remembered (RFC 5627 §4.2: as many as we like).
pub(super) const TEMP_GRUUS: usize = 8;

impl Registration {
    pub(super) fn take(&mut self, cx: &mut Cx<'_, RegistrationHandle>, number: u8, came: Came<'_>) {
        let all_failed = !self.flows.iter().any(|flow| flow.live().is_some());
        let Some(flow) = self.flows.get_mut(usize::from(number)) else {
            return;
        };
        match came {
            Came::Nothing => {}
            Came::Bound(reply) => self.on_bound(cx, number, *reply),
            Came::Removed => {
                authorize::keep_credentials(cx, flow.take_credentials());
                flow.end(cx.stack);
                if self.is_terminated() {
                    cx.events.push(UaEvent::Unregistered {
                        registration: cx.me,
                    });
                }
            }
            Came::Failed(outcome) => {
                let wait = flow.wait(cx, outcome, all_failed);
                let reg_id = flow.reg_id();
                cx.events.push(UaEvent::RegistrationFailed {
                    registration: cx.me,
                    reg_id,
                    status: outcome.reported(),
                    reason: reason(outcome),
                    retry_in: Some(wait),
                    details: outcome.details(),
                });
            }
            Came::LacksOutbound(outcome) => self.on_lacking(cx, number, outcome),
            Came::Refused(outcome, reason) => self.refuse(cx, number, Some(outcome), reason),
        }
    }

    fn on_bound(&mut self, cx: &mut Cx<'_, RegistrationHandle>, number: u8, reply: Reply) {
        let is_flow = |it: &RegisteredFlow| it.number != number && it.is_outbound();
        let others = self.flows.iter().filter(|it| it.live().is_some());
        let has_flows = others.into_iter().any(is_flow);
        let Some(flow) = self.flows.get_mut(usize::from(number)) else {
            return;
        };
        let reg_id = flow.reg_id();
        if has_flows && !reply.is_outbound {
            // RFC 5626 §4.2.1: others are bound as flows, and nobody could use this one beside them.
            self.refuse(cx, number, None, RegistrationFailure::LacksOutbound);
            return;
        }
        self.outbound = if reply.is_outbound {
            Outbound::Yes
        } else {
            Outbound::No
        };
        // RFC 3608 §6.1: by the latest 2xx, and none if it has none.
        self.service_route = reply.service_route;
        self.learn_gruus(reply.pub_gruu, reply.temp_gruu);
        if self.outbound == Outbound::No {
            for other in self.flows.iter_mut().filter(|it| it.number != number) {
                if other.state != State::Gone {
                    other.stand_by(cx, None);
                }
            }
        }
        cx.events.push(UaEvent::Registered {
            registration: cx.me,
            reg_id,
            expires: Duration::from_secs(reply.expires.into()),
        });
    }

    /// RFC 5627 §4.2: what is given comes on top of the temporary ones we have, as Call-ID stays.
    fn learn_gruus(&mut self, public: Option<Box<str>>, temporary: Option<Box<str>>) {
        self.pub_gruu = public.or(self.pub_gruu.take());
        let Some(temporary) = temporary.filter(|new| !self.temp_gruus.contains(new)) else {
            return;
        };
        if self.temp_gruus.len() >= TEMP_GRUUS {
            self.temp_gruus.pop_front();
        }
        self.temp_gruus.push_back(temporary);
    }

    /// RFC 5626 §4.2.1: another proxy may do better; if none does, it is done without flows.
    fn on_lacking(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        number: u8,
        outcome: Outcome<'_>,
    ) {
        if self.flows.iter().any(|flow| flow.live().is_some()) {
            self.refuse(
                cx,
                number,
                Some(outcome),
                RegistrationFailure::LacksOutbound,
            );
            return;
        }
        if let Some(flow) = self.flows.get_mut(usize::from(number)) {
            flow.asks_outbound = false;
            flow.stand_by(cx, None);
        }
        if self.flows.iter().all(|flow| !flow.asks_outbound) {
            self.outbound = Outbound::No;
        }
    }

    /// Gives up a flow, and with it the registration if it was the last.
    fn refuse(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        number: u8,
        outcome: Option<Outcome<'_>>,
        reason: RegistrationFailure,
    ) {
        let is_hopeless = reason == RegistrationFailure::WrongPassword;
        for flow in &mut self.flows {
            // A wrong password is wrong everywhere, and each try counts against us.
            let is_it = flow.number == number;
            if is_it || is_hopeless && flow.live().is_none() {
                flow.end(cx.stack);
            }
        }
        if !self.flows.iter().any(|flow| flow.until().is_some()) {
            // RFC 3608 §6.1.
            self.service_route = Box::default();
        }
        cx.events.push(UaEvent::RegistrationFailed {
            registration: cx.me,
            reg_id: u32::from(number).saturating_add(1),
            status: outcome.and_then(Outcome::reported),
            reason,
            retry_in: None,
            details: outcome.and_then(Outcome::details),
        });
    }

    /// Says what the requests of the identity may use now.
    pub(in crate::sip::ua) fn publish(&self, cx: &mut Cx<'_, RegistrationHandle>) {
        let live = self.flows.iter().filter(|flow| flow.is_outbound());
        let flows = live.filter_map(|flow| Some((flow.proxy(cx.config), flow.live()?)));
        let until = self.flows.iter().filter_map(RegisteredFlow::until).max();
        let gruu = match cx.config.gruu {
            GruuUse::Public => self.pub_gruu.as_ref().or(self.temp_gruus.back()),
            GruuUse::Temporary => self.temp_gruus.back(),
            GruuUse::Never => None,
        };
        let granted = Granted {
            owner: cx.me,
            is_bound: self.flows.iter().any(|flow| flow.live().is_some()),
            until: until.unwrap_or(Instant::ZERO),
            service_route: self.service_route.clone(),
            flows: flows.collect(),
            gruu: gruu.cloned(),
        };
        cx.links.registered.publish(self.identity, granted);
    }
}
