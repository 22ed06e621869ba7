//! Both ends of a subscription agree whenever nothing has gone wrong for long enough.
//!
//! Long enough are [`SETTLED`]: whatever was lost before, its transaction has run out by then
//! (64*T1, RFC 3261 §17.1.2.2), and then either end has found out: the subscriber by the NOTIFY that
//! did not come (Timer N, RFC 6665 §4.1.2.4) or by its refresh, the notifier by the time that ran out
//! (§4.2.1.4) and the NOTIFY that says so, for which there is another 64*T1. By then
//!
//! * what the one holds for active or pending the other does, in the same dialog;
//! * whoever is told the state was told the latest one;
//! * nobody waits for a first NOTIFY or an answer, or goes on ending.

use std::collections::BTreeMap;
use std::time::Duration;

use offhook::Instant;
use offhook::sip::dialog::DialogId;
use offhook::sip::event::{NotifierState, SubscriberState};

use super::agreement::{QUIET, reversed};
use super::setting::LONGEST;
use super::{People, failed};
use crate::sim::{CellId, Violation};
use crate::worlds::node::{Node, PACKAGE};

/// Nothing is on its way or about to be answered: an application has a second for that.
const STILL: Duration = Duration::from_millis(1500);

/// How long it takes until both ends have found out whatever was lost, late timers and all.
pub const SETTLED: Duration = Duration::from_secs(2 * QUIET.as_secs() + LONGEST.as_secs() + 5);

/// One end of a subscription: whose, which, in what state, and which state of the resource was told.
struct Side<'p> {
    name: &'p str,
    number: usize,
    is_active: bool,
    told: Option<u32>,
}

/// All ends of one kind, by their dialogs.
type Sides<'p> = BTreeMap<DialogId, Side<'p>>;

/// Who is wrong, and what is.
type Wrong = (String, String);

impl People<'_> {
    /// When it will have been still for long enough, if it is not yet and anybody watches.
    pub(super) fn still_at(&self) -> Option<Instant> {
        let at = self.world.quiet_since() + STILL;
        let is_used = !self.interests.subscribed.is_empty();
        Some(at).filter(|at| is_used && *at > self.world.now())
    }

    /// Sees whether a clock has stepped since the last time: what one of them takes for over the
    /// other does not.
    pub(super) fn note_steps(&mut self) {
        let stepped = self.world.cells().map(|cell| cell.stepped()).sum();
        if stepped != self.interests.stepped.0 {
            self.interests.stepped = (stepped, Some(self.world.now()));
        }
    }

    /// Compares what both ends of every subscription hold, if nothing has gone wrong for long enough.
    pub(super) fn compare_interests_if_settled(&mut self) -> Result<(), Violation> {
        let since = Some(self.world.quiet_since());
        let is_used = !self.interests.subscribed.is_empty();
        if !is_used || self.interests.compared_at == since || !self.world.is_quiet(STILL) {
            return Ok(());
        }
        self.interests.compared_at = since;
        let harmed = self.harmed_at();
        let is_settled = harmed.is_none_or(|at| self.world.now() > at + SETTLED);
        if self.world.is_deceived() || !is_settled {
            return Ok(());
        }
        match self.compare_interests() {
            Ok(pairs) => {
                self.interests.compared += pairs;
                Ok(())
            }
            Err((name, what)) => Err(failed(self.world, &name, what)),
        }
    }

    fn compare_interests(&self) -> Result<u64, Wrong> {
        let (mut subscribers, mut notifiers) = (Sides::new(), Sides::new());
        for phone in &self.phones {
            self.add_subscribers(phone.id, &mut subscribers)?;
            self.add_notifiers(phone.id, &mut notifiers)?;
        }
        for (id, ours) in &subscribers {
            let wrong = |what: String| {
                let number = ours.number;
                (
                    ours.name.to_owned(),
                    format!("{what}; subscription {number} of {}", id.call_id),
                )
            };
            let theirs = notifiers.get(&reversed(id));
            let theirs = theirs.ok_or_else(|| wrong("nobody notifies".to_owned()))?;
            let with = format!("with watcher {} of {}", theirs.number, theirs.name);
            if ours.is_active != theirs.is_active {
                let states = (ours.is_active, theirs.is_active);
                return Err(wrong(format!(
                    "no agreement on being active {with}: {states:?}"
                )));
            }
            if ours.is_active && ours.told != theirs.told {
                let states = (ours.told, theirs.told);
                return Err(wrong(format!(
                    "no agreement on the state {with}: {states:?}"
                )));
            }
        }
        for (id, ours) in &notifiers {
            if !subscribers.contains_key(&reversed(id)) {
                let what = format!("nobody watches; watcher {} of {}", ours.number, id.call_id);
                return Err((ours.name.to_owned(), what));
            }
        }
        Ok(subscribers.len() as u64)
    }

    fn add_subscribers<'s>(&'s self, id: CellId, sides: &mut Sides<'s>) -> Result<(), Wrong> {
        let Some((name, phone)) = self.named(id) else {
            return Ok(());
        };
        let ours = phone.subscriptions();
        for (number, it) in ours.filter(|(_, it)| it.event() == PACKAGE) {
            let is_active = match it.state() {
                SubscriberState::Active => true,
                SubscriberState::Pending => false,
                // It waits to be begun anew.
                SubscriberState::Terminated => continue,
                SubscriberState::NotifyWait => {
                    let what = format!("still waits for a NOTIFY; subscription {number}");
                    return Err((name.to_owned(), what));
                }
            };
            let log = self.interests.subscribed.get(&(id, number));
            let dialog = it.dialog().ok_or_else(|| {
                let what = format!("no dialog; subscription {number}");
                (name.to_owned(), what)
            })?;
            let side = Side {
                name,
                number,
                is_active,
                told: log.and_then(|log| log.told),
            };
            sides.insert(dialog.id().clone(), side);
        }
        Ok(())
    }

    fn add_notifiers<'s>(&'s self, id: CellId, sides: &mut Sides<'s>) -> Result<(), Wrong> {
        let Some((name, phone)) = self.named(id) else {
            return Ok(());
        };
        for (number, it) in phone.watchers().filter(|(_, it)| it.event() == PACKAGE) {
            let is_active = match it.state() {
                NotifierState::Active => true,
                NotifierState::Pending => false,
                state @ (NotifierState::RespWait | NotifierState::Terminated) => {
                    let what = format!("does not get any further; watcher {number} {state:?}");
                    return Err((name.to_owned(), what));
                }
            };
            let dialog = it.dialog().ok_or_else(|| {
                let what = format!("no dialog; watcher {number}");
                (name.to_owned(), what)
            })?;
            let side = Side {
                name,
                number,
                is_active,
                told: phone.told(number),
            };
            sides.insert(dialog.id().clone(), side);
        }
        Ok(())
    }

    fn named(&self, id: CellId) -> Option<(&str, &crate::worlds::node::Phone)> {
        let cell = self.world.cell(id)?;
        match cell.machine() {
            Node::Phone(phone) => Some((cell.name(), phone)),
            Node::Server(_) | Node::Audio(_) => None,
        }
    }
}
