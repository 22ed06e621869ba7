//! One end of a call asks the other to call a third, and is told what became of that.
//!
//! Where nothing was lost, refused or late from the REFER on, the last thing the referrer was told is
//! what the call of the referee came to, or what the referee said of it (RFC 3515 §2.4.5 to §2.4.7).
//! Every REFER names its target with a parameter of its own, by which both ends of it are found.

use std::time::Duration;

use offhook::sip::message::StatusCode;
use offhook::sip::ua::{EndReason, SubscriptionEnd, WatcherEnd};
use offhook::{Instant, Transport};

use super::agreement::QUIET;
use super::interest::{Subscribed, Watched, millis};
use super::interest_agreement::SETTLED;
use super::log::Log;
use super::plan::{Callee, End};
use super::{Manner, People, failed};
use crate::sim::{CellId, Chance, Violation};
use crate::worlds::node::{Act, Deed, Interest};

/// How long a referee says that it will tell, and how long a phone of these worlds lets it ring.
const TOLD: Duration = Duration::from_secs(300);
const RINGS: Duration = Duration::from_secs(20);

/// How long it takes until every REFER is over at both of its ends: the call has rung for as long as
/// it may, the time of the subscription has run out, and the transactions on either side of that
/// (64*T1, RFC 3261 §17.1.2.2) have too.
pub const CONCLUDED: Duration =
    Duration::from_secs(RINGS.as_secs() + TOLD.as_secs() + 3 * QUIET.as_secs());

/// What a referee has done about a REFER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It has called whom it was asked to call, by the call of that number.
    Followed(usize),
    /// It has said so itself: the last status, if that was final.
    Reported(Option<u16>),
    /// It has refused it.
    Refused(u16),
}

impl People<'_> {
    /// One end of some call that is established asks the other to call a third; and often one of them
    /// hangs up while that is on its way. Whether there was such a call.
    ///
    /// # Errors
    /// A promise broken on the way.
    pub fn transfer(&mut self, chance: &mut Chance) -> Result<bool, Violation> {
        let open = self.logs.iter();
        let open = open.filter(|((id, _), log)| {
            log.answered == 1 && log.ended.is_empty() && self.is_there(*id)
        });
        let open: Vec<(CellId, usize)> = open.map(|(key, _)| *key).collect();
        if self.world.skips() || open.is_empty() {
            return Ok(false);
        }
        let (id, number) = *chance.pick(&open);
        let far = self.far_end((id, number));
        if let Some((far, theirs)) = far.filter(|_| chance.happens(300)) {
            let near = Duration::from_micros(chance.below(100_000));
            let hangs_up = *chance.pick(&[(id, number), (far, theirs)]);
            self.later(near, hangs_up.0, Deed::Call(hangs_up.1, Act::HangUp));
        }
        let not = [Some(id), far.map(|(far, _)| far)];
        let third: Vec<usize> = (0..self.setting.phones)
            .filter(|index| {
                let phone = &self.phones[*index];
                let named = |id| {
                    self.phones
                        .iter()
                        .any(|p| p.id == id && p.name == phone.name)
                };
                !not.iter().flatten().any(|id| named(*id))
            })
            .collect();
        if third.is_empty() {
            return Ok(false);
        }
        let third = *chance.pick(&third);
        let refer = self.refer_to(number, third);
        let answer = self.interest(id, refer)?;
        if chance.happens(100) {
            let made = answer.strip_prefix("subscription ");
            if let Some(made) = made.and_then(|number| number.parse().ok()) {
                let leave = Deed::Event(Interest::Leave(made));
                self.later(Duration::from_millis(chance.below(8000)), id, leave);
            }
        }
        Ok(true)
    }

    /// A REFER in a call to one of the people, unlike any other.
    pub fn refer_to(&mut self, call: usize, third: usize) -> Interest {
        self.interests.transfers += 1;
        let uri = self.setting.uri(third, self.phones[third].name);
        let number = self.interests.transfers;
        Interest::Refer(call, format!("{uri};transfer={number}"))
    }

    /// The other end of a call, by the plan of both.
    pub fn far_end(&self, call: (CellId, usize)) -> Option<(CellId, usize)> {
        let (plan, end) = self.roles.get(&call)?;
        let mut roles = self.roles.iter();
        let open = |key| {
            self.logs
                .get(key)
                .is_some_and(|log| log.ended.is_empty() && log.answered == 1)
        };
        let found = roles.find(|(key, (other, its))| other == plan && its != end && open(key));
        found.map(|(key, _)| *key)
    }

    /// The call of a plan that the caller has, if it is established: the last that was planned.
    #[must_use]
    pub fn last_call(&self) -> Option<(CellId, usize)> {
        let last = self.plans.len().checked_sub(1)?;
        let mut roles = self.roles.iter();
        let found = roles.find(|(_, (plan, end))| *plan == last && *end == End::Caller);
        found.map(|(key, _)| *key)
    }

    /// Somebody wants us to call somebody.
    pub(super) fn on_referred(&mut self, id: CellId, number: usize) {
        let follow = Interest::Follow(number);
        if self.interests.manner == Manner::Kindly {
            return self.later_interest(Duration::from_millis(10), id, follow);
        }
        let chance = &mut self.interests.chance;
        let (soon, late) = (millis(chance, 800), millis(chance, 5000));
        let status = *chance.pick(&[200, 404, 486, 503, 603]);
        match chance.below(12) {
            0..=5 => self.later_interest(soon, id, follow),
            6 => self.later_interest(late, id, follow),
            7 => self.later_interest(soon, id, Interest::Deny(number, 603)),
            8 | 9 => {
                self.later_interest(soon, id, Interest::AcceptReferral(number));
                self.later_interest(soon + late / 2, id, Interest::Report(number, 180));
                self.later_interest(soon + late, id, Interest::Report(number, status));
            }
            10 => self.later_interest(soon, id, Interest::AcceptReferral(number)),
            _ => {}
        }
    }

    /// What somebody who was asked has done about it, if it was done.
    pub(super) fn note_decision(&mut self, id: CellId, interest: &Interest, call: Option<usize>) {
        let (number, decision) = match *interest {
            Interest::Follow(number) => match call {
                Some(call) => (number, Decision::Followed(call)),
                None => return,
            },
            Interest::AcceptReferral(number) => (number, Decision::Reported(None)),
            Interest::Report(number, status) => {
                let last = Some(status).filter(|status| *status >= 200);
                (number, Decision::Reported(last))
            }
            Interest::Deny(number, status) => (number, Decision::Refused(status)),
            _ => return,
        };
        if let Some(log) = self.interests.watched.get_mut(&(id, number)) {
            log.decision = Some(decision);
        }
    }

    /// What whoever is called does, and how long both talk: until then the referee may give up.
    pub(super) fn transferred(&mut self) -> (Callee, Option<Duration>, Vec<(End, Duration, Act)>) {
        let kindly = self.interests.manner == Manner::Kindly;
        let chance = &mut self.interests.chance;
        let after = millis(chance, 2000);
        let (over, gives_up) = (millis(chance, 12_000), millis(chance, 4000));
        let answer = match chance.below(10) {
            0 if !kindly => Callee::Ignores,
            1 if !kindly => Callee::Refuses(*chance.pick(&[486, 480, 603]), millis(chance, 3000)),
            _ => Callee::Answers(after),
        };
        let end = *chance.pick(&[End::Caller, End::Callee]);
        let is_over = chance.happens(500) && !kindly;
        let talk = is_over.then_some((end, over, Act::HangUp));
        let cancel = (chance.happens(200) && !kindly).then_some(gives_up);
        (answer, cancel, talk.into_iter().collect())
    }

    /// Every REFER of which nothing was lost has come to what its referrer was told.
    ///
    /// # Errors
    /// The first that has not.
    pub fn judge_transfers(&mut self, is_made_up_for: bool) -> Result<(), Violation> {
        let harmed = self.harmed_at().filter(|_| !is_made_up_for);
        let may_overtake = self.setting.over == Transport::Udp;
        let (mut judged, mut wrong) = (0, None);
        for ((id, number), it) in &self.interests.subscribed {
            let (Some(asked), Some(cell)) = (&it.asked, self.world.cell(*id)) else {
                continue;
            };
            let is_fair = harmed.is_none_or(|at| asked.0 > at + SETTLED);
            let watched = self.interests.watched.iter();
            let mut watched = watched.filter(|(_, log)| log.refer_to.as_ref() == Some(&asked.1));
            let Some(((referee, _), theirs)) = watched.next().filter(|_| is_fair) else {
                continue;
            };
            if self.world.is_deceived() || self.world.cell(*referee).is_none() {
                continue;
            }
            judged += 1;
            let call = match theirs.decision {
                Some(Decision::Followed(call)) => self.logs.get(&(*referee, call)),
                _ => None,
            };
            if let Err(what) = told_as_it_was(it, theirs, call, may_overtake) {
                let what = format!("{what}; subscription {number}: {it:?}, {theirs:?}, {call:?}");
                wrong = Some(failed(self.world, cell.name(), what));
                break;
            }
        }
        self.interests.judged += judged;
        wrong.map_or(Ok(()), Err)
    }

    /// When something was lost, refused, late or put off for the last time.
    pub(super) fn harmed_at(&self) -> Option<Instant> {
        let harmed = self.world.harmed_at().max(self.refused.1);
        let harmed = harmed.max(self.interests.stepped.1);
        harmed.max(self.world.late_at())
    }
}

/// Whether a referrer was told what came of it.
fn told_as_it_was(
    ours: &Subscribed,
    theirs: &Watched,
    call: Option<&Log>,
    may_overtake: bool,
) -> Result<(), &'static str> {
    let (Some(end), Some(their_end)) = (ours.ended.first(), theirs.ended.first()) else {
        return Err("not over");
    };
    if *end == SubscriptionEnd::Left || *their_end == WatcherEnd::Left {
        return Ok(());
    }
    let last = ours.progress.last().copied();
    let over = ours.progress.iter().filter(|(_, is_over)| *is_over).count();
    if let Some(Decision::Refused(status)) = theirs.decision {
        let refused = StatusCode::new(status).map(SubscriptionEnd::Refused);
        let is_told = Some(*end) == refused && ours.answers == [Some(status)];
        return if is_told && ours.progress.is_empty() {
            Ok(())
        } else {
            Err("was not told of the refusal")
        };
    }
    // A NOTIFY that a later request has overtaken is refused (RFC 3261 §12.2.2) and not sent again: the
    // referrer may not hear of the first, or of the last.
    let overtaken = WatcherEnd::Refused(StatusCode::SERVER_INTERNAL_ERROR);
    let unheard = [SubscriptionEnd::Unnotified, SubscriptionEnd::Expired].contains(end);
    if may_overtake && unheard && [overtaken, WatcherEnd::Expired].contains(their_end) {
        return Ok(());
    }
    // The end of it may come before the answer to the REFER.
    let is_accepted = ours.answers.iter().all(|answer| *answer == Some(200));
    if !is_accepted || *end != SubscriptionEnd::Terminated || over != 1 {
        return Err("was not accepted, and ended by its referee");
    }
    let became = match theirs.decision {
        Some(Decision::Followed(_)) => Some(call.map_or(0, came_to)),
        Some(Decision::Reported(status)) => status,
        Some(Decision::Refused(_)) | None => None,
    };
    let (expected, because) = match became {
        Some(status) => (status, WatcherEnd::Reported),
        // Until its time is over it was tried, or rang.
        None => match last {
            Some((180, _)) => (180, WatcherEnd::Expired),
            _ => (100, WatcherEnd::Expired),
        },
    };
    if last == Some((expected, true)) && *their_end == because {
        Ok(())
    } else {
        Err("was told something else")
    }
}

/// The status that a call came to, as whoever has made it was told.
fn came_to(log: &Log) -> u16 {
    if log.answered > 0 {
        return 200;
    }
    match log.ended.first() {
        Some(EndReason::Rejected(status) | EndReason::Refused(status)) => status.as_u16(),
        Some(EndReason::TimedOut) => 408,
        Some(EndReason::WrongPassword) => 403,
        Some(EndReason::NoCommonMedia) => 488,
        Some(EndReason::Unreachable | EndReason::NotLocated(_)) => 503,
        // It was given up.
        Some(_) => 487,
        None => 0,
    }
}
