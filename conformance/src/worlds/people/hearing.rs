//! What people hear from their phones, and what they do about it.

use std::time::Duration;

use offhook::sip::ua::UaEvent;

use super::log::Log;
use super::plan::{Callee, End};
use super::{People, failed};
use crate::sim::{CellId, Violation};
use crate::worlds::node::{Act, Deed, Node, Told};

impl People<'_> {
    pub(super) fn hear(&mut self) -> Result<(), Violation> {
        while let Some((id, told)) = self.world.next_event() {
            if let Told::Phone(event) = told {
                self.on_event(id, event)?;
            }
        }
        Ok(())
    }

    fn on_event(&mut self, id: CellId, event: UaEvent) -> Result<(), Violation> {
        let call = match &event {
            UaEvent::Registered { .. }
            | UaEvent::RegistrationFailed { .. }
            | UaEvent::Unregistered { .. } => {
                let registered = matches!(event, UaEvent::Registered { .. });
                for phone in self.phones.iter_mut().filter(|phone| phone.id == id) {
                    phone.registered = registered;
                }
                return Ok(());
            }
            UaEvent::BindingsAnswered { .. }
            | UaEvent::OptionsAnswered { .. }
            | UaEvent::Message { .. }
            | UaEvent::MessageAnswered { .. } => return Ok(()),
            UaEvent::Subscribed { .. }
            | UaEvent::Notified { .. }
            | UaEvent::SubscriptionForked { .. }
            | UaEvent::SubscriptionEnded { .. }
            | UaEvent::ReferAnswered { .. }
            | UaEvent::ReferProgress { .. }
            | UaEvent::SubscriptionRequested { .. }
            | UaEvent::Referred { .. }
            | UaEvent::WatcherEnded { .. } => return self.on_interest(id, &event),
            UaEvent::Incoming { call, .. }
            | UaEvent::Ringing { call, .. }
            | UaEvent::EarlyDialogTerminated { call, .. }
            | UaEvent::CallMessageAnswered { call, .. }
            | UaEvent::EarlyMedia { call, .. }
            | UaEvent::Answered { call }
            | UaEvent::MediaAgreed { call, .. }
            | UaEvent::StreamAgreed { call, .. }
            | UaEvent::StreamRemoved { call, .. }
            | UaEvent::StreamRefused { call, .. }
            | UaEvent::ModifyDone { call }
            | UaEvent::RemoteHold { call }
            | UaEvent::RemoteResumed { call }
            | UaEvent::HoldDone { call }
            | UaEvent::ResumeDone { call }
            | UaEvent::PeerIdentified { call, .. }
            | UaEvent::IdentityDone { call }
            | UaEvent::ChangeRefused { call, .. }
            | UaEvent::Info { call, .. }
            | UaEvent::InfoAnswered { call, .. }
            | UaEvent::SessionRefreshed { call }
            | UaEvent::Ended { call, .. } => *call,
        };
        let number = match self.world.cell(id).map(|cell| cell.machine()) {
            Some(Node::Phone(phone)) => phone.number(call),
            _ => None,
        };
        let Some(number) = number else {
            return Err(failed(
                self.world,
                "phone",
                format!("a strange call: {event:?}"),
            ));
        };
        let now = self.world.now();
        let log = self.logs.entry((id, number));
        let log = log.or_insert_with(|| Log::begun(now));
        if !log.ended.is_empty() {
            let what = format!("call {number} has ended and says {event:?}");
            return Err(failed(self.world, "phone", what));
        }
        match event {
            UaEvent::Incoming { from, .. } => self.on_incoming(id, number, &from),
            UaEvent::Answered { .. } => {
                log.answered += 1;
                self.on_answered(id, number);
            }
            UaEvent::Ringing { .. } => self.on_ringing(id, number),
            UaEvent::EarlyMedia { plan, .. } => {
                log.media = Some(plan);
                self.on_ringing(id, number);
            }
            UaEvent::MediaAgreed { plan, .. } => log.media = Some(plan),
            UaEvent::HoldDone { .. } => log.changes.push("hold"),
            UaEvent::ResumeDone { .. } => log.changes.push("resume"),
            UaEvent::ChangeRefused { .. } => log.changes.push("refused"),
            UaEvent::RemoteHold { .. } => log.remote_changes.push("hold"),
            UaEvent::RemoteResumed { .. } => log.remote_changes.push("resume"),
            UaEvent::SessionRefreshed { .. } => log.refreshed = Some(now),
            UaEvent::Ended { reason, .. } => log.ended.push(reason),
            _ => {}
        }
        Ok(())
    }

    /// The callee acts on the latest plan of its caller that this phone has not claimed yet. A call
    /// that is in no plan, the ghost of an old INVITE, is refused.
    fn on_incoming(&mut self, id: CellId, number: usize, from: &str) {
        let claimed: Vec<usize> = self
            .roles
            .iter()
            .filter(|((cell, _), (_, end))| *cell == id && *end == End::Callee)
            .map(|(_, (plan, _))| *plan)
            .collect();
        let phone = self.phones.iter().position(|phone| phone.id == id);
        let found = (0..self.plans.len()).rev().find_map(|index| {
            let plan = &self.plans[index];
            let caller = self.phones[plan.caller].name;
            let is_second = phone != Some(plan.callee);
            let is_called = phone.is_some_and(|phone| phone % self.setting.phones == plan.callee);
            let mine =
                is_called && from.contains(&format!("{caller}@")) && !claimed.contains(&index);
            let answer = if is_second {
                plan.second
            } else {
                Some(plan.answer)
            };
            answer.filter(|_| mine).map(|answer| (index, answer))
        });
        if let Some((index, _)) = found {
            self.roles.insert((id, number), (index, End::Callee));
        }
        let answer = found.map(|(_, answer)| answer);
        self.on_ringing(id, number);
        match answer {
            Some(Callee::Answers(after)) => {
                self.later(Duration::ZERO, id, Deed::Call(number, Act::Ring));
                self.later(after, id, Deed::Call(number, Act::Accept));
            }
            Some(Callee::Refuses(status, after)) => {
                self.later(after, id, Deed::Call(number, Act::Reject(status)));
            }
            Some(Callee::Ignores) => {
                self.later(Duration::ZERO, id, Deed::Call(number, Act::Ring));
            }
            None => self.later(Duration::ZERO, id, Deed::Call(number, Act::Reject(486))),
        }
    }

    /// It rings: here, or as the caller hears, there.
    fn on_ringing(&mut self, id: CellId, number: usize) {
        let log = self.logs.get_mut(&(id, number));
        let rang = log.is_none_or(|log| std::mem::replace(&mut log.rang, true));
        let Some((plan, end)) = self.roles.get(&(id, number)).copied().filter(|_| !rang) else {
            return;
        };
        for (who, after, act) in self.plans[plan].early.clone() {
            if who == end {
                self.later(after, id, Deed::Call(number, act));
            }
        }
    }

    fn on_answered(&mut self, id: CellId, number: usize) {
        let Some((plan, end)) = self.roles.get(&(id, number)).copied() else {
            return;
        };
        for (who, after, act) in self.plans[plan].talk.clone() {
            if who == end {
                self.later(after, id, Deed::Call(number, act));
            }
        }
    }
}
