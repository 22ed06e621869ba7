//! What must hold of a subscription of ours after every step; for the simulator.

use super::{Subscription, SubscriptionHandle};
use crate::sip::ua::event_dialog::Place;
use crate::sip::ua::links::{ClientUse, Links, Usage};

impl Subscription {
    /// Holds it against the tables by which it is found.
    pub(in crate::sip::ua) fn check(
        &self,
        me: SubscriptionHandle,
        links: &Links,
    ) -> Result<(), &'static str> {
        if self.is_terminated() {
            return Err("a subscription that is over was not removed");
        }
        let is_found = match self.place.shared() {
            Some((call, leg)) => {
                let usage = Usage::Subscription(me);
                links.usages.contains(&(call, leg, usage))
            }
            None => {
                let those = links.subscribers.get(&self.local_tag);
                those.is_some_and(|those| those.contains(&me))
            }
        };
        if !is_found {
            return Err("a subscription is not linked");
        }
        if let Some((transaction, _)) = self.under_way {
            if links.clients.get(&transaction) != Some(&ClientUse::Subscribe(me)) {
                return Err("a SUBSCRIBE or REFER is not linked");
            }
        }
        let may_send = self.opening.is_none() && self.under_way.is_none() && !self.is_over;
        if may_send && self.wish.is_some() && !matches!(self.place, Place::None) {
            return Err("a SUBSCRIBE that is to be sent is not");
        }
        if self.due_at().is_some() != self.timer.is_some() {
            return Err("the timer of a subscription does not match what it waits for");
        }
        Ok(())
    }
}
