//! What must hold of a subscription of somebody else's after every step; for the simulator.

use super::{Watcher, WatcherHandle};
use crate::sip::endpoint::Stack;
use crate::sip::ua::links::{ClientUse, Links, Usage};

impl Watcher {
    /// Holds it against the tables by which it is found.
    pub(in crate::sip::ua) fn check(
        &self,
        me: WatcherHandle,
        links: &Links,
        stack: &Stack,
    ) -> Result<(), &'static str> {
        if self.is_terminated() {
            return Err("somebody who watches no more was not removed");
        }
        let is_found = match self.place.shared() {
            Some((call, leg)) => links.usages.contains(&(call, leg, Usage::Watcher(me))),
            None => links.watchers.get(&self.local_tag) == Some(&me),
        };
        if !is_found {
            return Err("somebody who watches is not linked");
        }
        if let Some((transaction, _)) = &self.under_way {
            if links.clients.get(transaction) != Some(&ClientUse::Notify(me)) {
                return Err("a NOTIFY is not linked");
            }
        }
        if let Some(asked) = &self.asked {
            if stack.received_request(asked.transaction).is_none() {
                return Err("a SUBSCRIBE or REFER that waits has no transaction");
            }
        }
        let is_held_up = self.under_way.is_some() || self.asked.is_some();
        if !is_held_up && !self.waiting.is_empty() {
            return Err("a NOTIFY that is to be sent is not");
        }
        if self.due_at().is_some() != self.timer.is_some() {
            return Err("the timer of somebody who watches does not match what it waits for");
        }
        Ok(())
    }
}
