//! Who subscribes to whose state, what they hear of it, and what becomes of a REFER.

use std::collections::BTreeMap;
use std::time::Duration;

use offhook::Instant;
use offhook::sip::ua::{SubscriptionEnd, SubscriptionHandle, UaEvent, WatcherEnd, WatcherHandle};

use super::log::Log;
use super::plan::{End, Plan, Weather};
use super::transfers::Decision;
use super::{People, failed};
use crate::sim::{CellId, Chance, Violation};
use crate::worlds::node::{Act, Deed, Interest, Node, Phone, REASONS};

/// What notifiers do about those who want to watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Whatever comes to their mind, as late as they like.
    #[default]
    Anyhow,
    /// They let everybody watch, and follow everybody who asks for a call.
    Kindly,
}

/// What became of a subscription, at whoever subscribes.
#[derive(Clone, Debug, Default)]
pub struct Subscribed {
    /// The state it was told last, of the dialog there is.
    pub told: Option<u32>,
    /// How often it was lost and begun anew.
    pub lost: u32,
    /// Of a REFER: the statuses that say how it goes, and whether that is all.
    pub progress: Vec<(u16, bool)>,
    /// Of a REFER: when it was sent, and whom to call.
    pub asked: Option<(Instant, String)>,
    /// Of a REFER: its answer, if there was one.
    pub answers: Vec<Option<u16>>,
    /// Why it ended; more than one is wrong.
    pub ended: Vec<SubscriptionEnd>,
}

/// What became of it at whoever is watched.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Of a REFER: whom to call.
    pub refer_to: Option<String>,
    /// Of a REFER: what was done about it.
    pub decision: Option<Decision>,
    /// Why it ended; more than one is wrong.
    pub ended: Vec<WatcherEnd>,
}

/// All subscriptions of a world.
pub struct Interests {
    pub(super) chance: Chance,
    /// What notifiers do.
    pub manner: Manner,
    /// By phone and number.
    pub subscribed: BTreeMap<(CellId, usize), Subscribed>,
    /// The same, at the other ends.
    pub watched: BTreeMap<(CellId, usize), Watched>,
    /// By how much all clocks have stepped, and when the last did.
    pub(super) stepped: (Duration, Option<Instant>),
    /// Of which quiet it was seen that both ends of every subscription agree.
    pub(super) compared_at: Option<Instant>,
    /// How many pairs of ends have been compared.
    pub compared: u64,
    /// How many calls somebody was asked for.
    pub(super) transfers: u64,
    /// Of how many of those it was seen that the referrer was told the truth.
    pub judged: u64,
}

impl Interests {
    pub(super) const fn new(chance: Chance) -> Self {
        Self {
            chance,
            manner: Manner::Anyhow,
            subscribed: BTreeMap::new(),
            watched: BTreeMap::new(),
            stepped: (Duration::ZERO, None),
            compared_at: None,
            compared: 0,
            transfers: 0,
            judged: 0,
        }
    }
}

impl People<'_> {
    /// Lets a phone do something about events, unless it is left out or dead; what it says.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn interest(&mut self, id: CellId, interest: Interest) -> Result<String, Violation> {
        let answer = self.act(id, &Deed::Event(interest))?;
        self.hear()?;
        Ok(answer)
    }

    /// Does what is on the agenda.
    pub(super) fn act(&mut self, id: CellId, deed: &Deed) -> Result<String, Violation> {
        let answer = self.world.command(id, deed)?;
        let number = |kind: &str| answer.strip_prefix(kind).and_then(|n| n.parse().ok());
        let now = self.world.now();
        if let Some(number) = number("subscription ") {
            let log = self.interests.subscribed.entry((id, number)).or_default();
            if let Deed::Event(Interest::Refer(_, uri)) = deed {
                log.asked = Some((now, uri.clone()));
            }
        }
        let call = number("call ");
        if let (Deed::Event(Interest::Follow(referral)), Some(call)) = (deed, call) {
            self.logs.insert((id, call), Log::begun(now));
            self.expect_transfer((id, *referral), call);
        }
        if let Deed::Event(interest) = deed {
            if !answer.starts_with("refused: ") {
                self.note_decision(id, interest, call);
            }
        }
        Ok(answer)
    }

    /// Whoever is called because of a REFER does something about it, if there is such a one.
    fn expect_transfer(&mut self, referral: (CellId, usize), call: usize) {
        let watched = self.interests.watched.get(&referral);
        let Some(refer_to) = watched.and_then(|it| it.refer_to.clone()) else {
            return;
        };
        let place = |is_it: &dyn Fn(&super::Person) -> bool| self.phones.iter().position(is_it);
        let caller = place(&|phone| phone.id == referral.0);
        let callee = place(&|phone| refer_to.contains(&format!(":{}@", phone.name)));
        let (Some(caller), Some(callee)) = (caller, callee) else {
            return;
        };
        let (answer, cancel, talk) = self.transferred();
        if let Some(after) = cancel {
            self.later(after, referral.0, Deed::Call(call, Act::HangUp));
        }
        self.plans.push(Plan {
            caller,
            callee,
            answer,
            second: None,
            late: false,
            cancel,
            early: Vec::new(),
            talk,
            weather: Weather::Foul,
        });
        let role = (self.plans.len() - 1, End::Caller);
        self.roles.insert((referral.0, call), role);
    }

    /// Everybody leaves everything they have subscribed to.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn leave_all(&mut self) -> Result<(), Violation> {
        let open = self.interests.subscribed.iter();
        let open = open.filter(|(_, it)| it.ended.is_empty());
        let open: Vec<(CellId, usize)> = open.map(|(key, _)| *key).collect();
        for (id, number) in open {
            self.interest(id, Interest::Leave(number))?;
        }
        Ok(())
    }

    /// Every subscription of every phone that is alive has ended once, at both of its ends.
    ///
    /// # Errors
    /// The first that has not.
    pub fn judge_interests(&self) -> Result<(), Violation> {
        let ours = self.interests.subscribed.iter();
        let ours = ours.map(|((id, number), it)| (*id, *number, it.ended.len(), format!("{it:?}")));
        let theirs = self.interests.watched.iter();
        let theirs =
            theirs.map(|((id, number), it)| (*id, *number, it.ended.len(), format!("{it:?}")));
        for (id, number, ends, log) in ours.chain(theirs) {
            let Some(cell) = self.world.cell(id) else {
                continue;
            };
            if ends != 1 {
                let what = format!("subscription {number} did not end once: {log}");
                return Err(failed(self.world, cell.name(), what));
            }
        }
        Ok(())
    }

    /// What a phone tells of events.
    pub(super) fn on_interest(&mut self, id: CellId, event: &UaEvent) -> Result<(), Violation> {
        match event {
            UaEvent::Subscribed { subscription, .. }
            | UaEvent::SubscriptionForked { subscription, .. } => {
                self.subscribed(id, *subscription, event)?;
            }
            UaEvent::Notified {
                subscription,
                notification,
            } => {
                let log = self.subscribed(id, *subscription, event)?;
                let text = std::str::from_utf8(&notification.body);
                let state = text.ok().and_then(|text| text.parse().ok());
                log.told = state.or(log.told);
            }
            UaEvent::SubscriptionEnded {
                subscription,
                reason,
                retry_in,
                ..
            } => {
                let log = self.subscribed(id, *subscription, event)?;
                log.told = None;
                match retry_in {
                    Some(_) => log.lost += 1,
                    None => log.ended.push(*reason),
                }
            }
            UaEvent::ReferAnswered {
                subscription,
                status,
                ..
            } => {
                let log = self.subscribed(id, *subscription, event)?;
                log.answers.push(status.map(|status| status.as_u16()));
            }
            UaEvent::ReferProgress {
                subscription,
                status,
                is_over,
            } => {
                let log = self.subscribed(id, *subscription, event)?;
                log.progress.push((status.as_u16(), *is_over));
            }
            UaEvent::SubscriptionRequested { watcher, .. } => {
                let (number, _) = self.watched(id, *watcher, event)?;
                self.on_requested(id, number);
            }
            UaEvent::Referred {
                referral, request, ..
            } => {
                let (number, log) = self.watched(id, *referral, event)?;
                log.refer_to = Some(request.refer_to.clone());
                self.on_referred(id, number);
            }
            UaEvent::WatcherEnded { watcher, reason } => {
                let (_, log) = self.watched(id, *watcher, event)?;
                log.ended.push(*reason);
            }
            _ => {}
        }
        Ok(())
    }

    fn phone(&self, id: CellId) -> Option<&Phone> {
        match self.world.cell(id)?.machine() {
            Node::Phone(phone) => Some(phone),
            Node::Server(_) | Node::Audio(_) => None,
        }
    }

    /// The log of a subscription that is not over.
    fn subscribed(
        &mut self,
        id: CellId,
        handle: SubscriptionHandle,
        event: &UaEvent,
    ) -> Result<&mut Subscribed, Violation> {
        let phone = self.phone(id);
        let number = phone.and_then(|phone| phone.subscription_number(handle));
        let log = number.map(|number| self.interests.subscribed.entry((id, number)).or_default());
        match log.filter(|log| log.ended.is_empty()) {
            Some(log) => Ok(log),
            None => {
                let what = format!("subscription {number:?} is over or unknown and says {event:?}");
                Err(failed(self.world, "phone", what))
            }
        }
    }

    /// The log of somebody else's.
    fn watched(
        &mut self,
        id: CellId,
        handle: WatcherHandle,
        event: &UaEvent,
    ) -> Result<(usize, &mut Watched), Violation> {
        let number = self
            .phone(id)
            .and_then(|phone| phone.watcher_number(handle));
        let log = number.map(|number| {
            let log = self.interests.watched.entry((id, number)).or_default();
            (number, log)
        });
        match log.filter(|(_, log)| log.ended.is_empty()) {
            Some(found) => Ok(found),
            None => {
                let what = format!("watcher {number:?} is over or unknown and says {event:?}");
                Err(failed(self.world, "phone", what))
            }
        }
    }

    /// Somebody wants to watch.
    fn on_requested(&mut self, id: CellId, number: usize) {
        let grant = Interest::Grant(number);
        if self.interests.manner == Manner::Kindly {
            return self.later_interest(Duration::from_millis(10), id, grant);
        }
        let chance = &mut self.interests.chance;
        let (soon, late) = (millis(chance, 800), millis(chance, 20_000));
        let status = *chance.pick(&[403, 404, 480, 503, 603]);
        let reason = *chance.pick(&REASONS);
        let retry = *chance.pick(&[None, Some(0), Some(1), Some(5), Some(30)]);
        match chance.below(12) {
            0..=4 => self.later_interest(soon, id, grant),
            5 => self.later_interest(late, id, grant),
            6 | 7 => {
                self.later_interest(soon, id, Interest::Defer(number));
                self.later_interest(soon + late, id, grant);
            }
            8 => self.later_interest(soon, id, Interest::Deny(number, status)),
            9 => self.later_interest(late, id, Interest::Terminate(number, reason, retry)),
            10 => {
                self.later_interest(soon, id, grant);
                let end = Interest::Terminate(number, reason, retry);
                self.later_interest(soon + late, id, end);
            }
            _ => {}
        }
    }

    pub(super) fn later_interest(&mut self, after: Duration, id: CellId, interest: Interest) {
        self.later(after, id, Deed::Event(interest));
    }
}

pub(super) fn millis(chance: &mut Chance, most: u64) -> Duration {
    Duration::from_millis(chance.below(most))
}
