//! What must hold between the tables after every step; for the simulator.

use alloc::vec::Vec;

use super::UserAgent;
use super::call::{Bye, Call, CallHandle, LegState, Stage};
use super::links::ClientUse;
use crate::sip::endpoint::Stack;

impl UserAgent {
    /// Holds the tables against each other and against the stack's.
    pub(super) fn check_links(&self, stack: &Stack) -> Result<(), &'static str> {
        for transaction in self.links.clients.keys() {
            if stack.client(*transaction).is_none() {
                return Err("a use of a client transaction that is gone");
            }
        }
        for transaction in self.links.servers.keys() {
            if stack.server(*transaction).is_none() {
                return Err("a use of a server transaction that is gone");
            }
        }
        if self.links.by_tag.len() != self.calls.len() {
            return Err("as many tags as calls");
        }
        for (tag, handle) in &self.links.by_tag {
            let call = self.calls.get(*handle).ok_or("a tag without its call")?;
            if call.local_tag != *tag {
                return Err("a tag of another call");
            }
        }
        let live = self.calls.iter().filter(|(_, call)| call.is_live());
        if live.count() != self.live {
            return Err("the count of live calls");
        }
        for (handle, call) in self.calls.iter() {
            self.check_call(stack, handle, call)?;
        }
        for (_, registration) in self.registrations.iter() {
            if registration.is_terminated() {
                return Err("a registration that is over was not removed");
            }
        }
        self.check_subscriptions(stack)?;
        let flows = self.registrations.iter();
        let flows =
            flows.flat_map(|(me, it)| it.linked().map(move |(flow, number)| (flow, me, number)));
        let mut flows: Vec<_> = flows.collect();
        flows.sort_unstable();
        if !flows.iter().eq(&self.links.registered_on) {
            return Err("the flows of the registrations");
        }
        Ok(())
    }

    fn check_subscriptions(&self, stack: &Stack) -> Result<(), &'static str> {
        for (me, it) in self.subscriptions.iter() {
            it.check(me, &self.links)?;
        }
        for (me, it) in self.watchers.iter() {
            it.check(me, &self.links, stack)?;
        }
        let mut shared = 0;
        for (call, leg, _) in &self.links.usages {
            let call = self.calls.get(*call).ok_or("a usage without its call")?;
            if !call.legs.iter().any(|it| it.id == *leg) {
                return Err("a usage without its dialog");
            }
            shared += 1;
        }
        let own: usize = self.links.subscribers.values().map(Vec::len).sum();
        let linked = own + self.links.watchers.len() + shared;
        if linked != self.subscriptions.len() + self.watchers.len() {
            return Err("as many links as subscriptions");
        }
        Ok(())
    }

    fn check_call(
        &self,
        stack: &Stack,
        handle: CallHandle,
        call: &Call,
    ) -> Result<(), &'static str> {
        if call.is_terminated() {
            return Err("a call that is over was not removed");
        }
        if let Some(outgoing) = &call.outgoing {
            let used = match (outgoing.transaction, outgoing.route.sought()) {
                (Some(transaction), _) => self.links.clients.get(&transaction),
                (None, Some(location)) => self.links.locations.get(&location),
                (None, None) => None,
            };
            if used != Some(&ClientUse::Invite(handle)) {
                return Err("an INVITE of ours is not linked");
            }
        }
        if let Some(update) = &call.updating {
            match self.links.clients.get(&update.transaction) {
                Some(ClientUse::Update(owner, _)) if *owner == handle => {}
                Some(_) | None => return Err("an UPDATE is not linked"),
            }
        }
        for answered in &call.answered {
            if self.links.clients.get(&answered.transaction) != Some(&ClientUse::Invite(handle)) {
                return Err("an answered INVITE of ours is not linked");
            }
        }
        if let Some(incoming) = &call.incoming {
            if self.links.servers.get(&incoming.transaction) != Some(&handle) {
                return Err("a pending INVITE is not linked");
            }
            if stack.received_request(incoming.transaction).is_none() {
                return Err("a pending INVITE without its transaction");
            }
        }
        for leg in &call.legs {
            if let LegState::Mortal(Bye::Sent(transaction) | Bye::Answered(transaction)) = leg.state
            {
                let used = self.links.clients.get(&transaction);
                if used != Some(&ClientUse::Bye(handle, leg.id)) {
                    return Err("a BYE is not linked");
                }
            }
        }
        let does_wait = call.legs.iter().any(|leg| leg.bye_due().is_some());
        if does_wait && call.bye_again.is_none() {
            return Err("a BYE that waits is not sent");
        }
        let ought = !call.unacknowledged.is_empty();
        if ought != call.retransmit.is_some() {
            return Err("the timer for 2xx does not match what waits for ACK");
        }
        match call.stage {
            Stage::Calling if call.outgoing.is_none() => Err("calling without an INVITE"),
            Stage::Offered if call.incoming.is_none() => Err("offered without an INVITE"),
            Stage::Established if call.legs.is_empty() => Err("established without a dialog"),
            Stage::Calling
            | Stage::Offered
            | Stage::Established
            | Stage::Ending(_)
            | Stage::Ended => Ok(()),
        }
    }
}
