//! What became of a call, held against how it was meant to go.

use std::time::Duration;

use offhook::Instant;
use offhook::sdp::MediaPlan;
use offhook::sip::ua::EndReason;

use super::plan::{Callee, End, Plan, Weather};
use super::{People, failed};
use crate::sim::Violation;
use crate::worlds::node::Act;

/// What became of one end of a call.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// When it began.
    pub begun: Instant,
    /// Whether it was heard to ring.
    pub rang: bool,
    /// Times it was answered.
    pub answered: u32,
    /// Holds in force, resumptions in force, changes refused.
    pub changes: Vec<&'static str>,
    /// What the far end did to us.
    pub remote_changes: Vec<&'static str>,
    /// The last agreement.
    pub media: Option<MediaPlan>,
    /// Why it ended; more than one is wrong.
    pub ended: Vec<EndReason>,
}

impl Log {
    /// Of a call that begins.
    pub(super) fn begun(at: Instant) -> Self {
        Self {
            begun: at,
            ..Self::default()
        }
    }

    /// Whether the far end has us on hold, as far as we were told.
    pub(super) fn is_held(&self) -> bool {
        self.remote_changes.last() == Some(&"hold")
    }
}

impl People<'_> {
    /// Holds all logs against the plans.
    ///
    /// # Errors
    /// The first call that did not go as it should.
    pub fn judge(&self) -> Result<(), Violation> {
        for ((id, number), log) in &self.logs {
            let name = self.world.cell(*id).map_or("the dead", |cell| cell.name());
            let alive = self.world.cell(*id).is_some();
            if (alive && log.ended.len() != 1) || log.answered > 1 {
                let what = format!("call {number} did not end once: {log:?}");
                return Err(failed(self.world, name, what));
            }
        }
        for (index, plan) in self.plans.iter().enumerate() {
            if plan.weather == Weather::Foul {
                continue;
            }
            let ends = |end| {
                let roles = self
                    .roles
                    .iter()
                    .filter(move |(_, role)| **role == (index, end));
                roles.filter_map(|(key, _)| self.logs.get(key))
            };
            let (caller, mut callees) = (ends(End::Caller).next(), ends(End::Callee));
            let judged = if plan.second.is_some() {
                forked_as_planned(plan, caller, callees.collect())
            } else {
                as_planned(plan, caller, callees.next())
            };
            if let Err(what) = judged {
                let name = self.phones[plan.caller].name;
                return Err(failed(self.world, name, format!("{what}: {plan:?}")));
            }
        }
        Ok(())
    }
}

/// Whether a call went as it was planned.
fn as_planned(plan: &Plan, caller: Option<&Log>, callee: Option<&Log>) -> Result<(), String> {
    let caller = caller.ok_or("the call was never made")?;
    let (ours, theirs) = (&caller.ended, callee.map(|log| log.ended.clone()));
    let ours = ours.first().copied();
    let theirs = theirs.and_then(|ended| ended.first().copied());
    let wrong = || Err(format!("ended with {ours:?} and {theirs:?}"));
    let decided_after = match plan.answer {
        Callee::Answers(after) | Callee::Refuses(_, after) => after,
        Callee::Ignores => Duration::from_secs(19),
    };
    let cancel = plan.cancel.unwrap_or(Duration::MAX);
    let race = plan.weather.race();
    if cancel < decided_after.saturating_sub(race) {
        let cancelled = ours == Some(EndReason::Cancelled);
        let heard = theirs.is_none_or(|theirs| theirs == EndReason::RemoteCancelled);
        return if cancelled && heard { Ok(()) } else { wrong() };
    }
    if cancel < decided_after.saturating_add(race) {
        // Whoever comes first; that both ends end is judged elsewhere.
        return Ok(());
    }
    match plan.answer {
        Callee::Refuses(status, _) => {
            let rejected =
                matches!(ours, Some(EndReason::Rejected(code)) if code.as_u16() == status);
            let refused =
                matches!(theirs, Some(EndReason::Refused(code)) if code.as_u16() == status);
            if rejected && refused { Ok(()) } else { wrong() }
        }
        Callee::Ignores => {
            let gave_up = match ours {
                Some(EndReason::Unanswered) => true,
                Some(EndReason::Rejected(code)) => code.as_u16() == 480,
                _ => false,
            };
            let let_go = matches!(
                theirs,
                Some(EndReason::Unanswered | EndReason::RemoteCancelled)
            );
            if gave_up && let_go { Ok(()) } else { wrong() }
        }
        Callee::Answers(_) => answered_as_planned(plan, caller, callee.ok_or("nobody rang")?),
    }
}

fn answered_as_planned(plan: &Plan, caller: &Log, callee: &Log) -> Result<(), String> {
    let hangs_up = |end| {
        let mut talk = plan.talk.iter();
        talk.any(|(who, _, act)| *who == end && *act == Act::HangUp)
    };
    for (log, end, other) in [
        (caller, End::Caller, End::Callee),
        (callee, End::Callee, End::Caller),
    ] {
        // A BYE may overtake the ACK that would have told the callee.
        let may_miss = plan.weather == Weather::Lossy && end == End::Callee;
        if log.answered != 1 && !may_miss {
            return Err(format!("answered {} times at the {end:?}", log.answered));
        }
        let by_us = hangs_up(end) && log.ended == [EndReason::HungUp];
        // A hold may cross a BYE, and then finds the call gone.
        let crossed = plan.weather == Weather::Lossy && log.ended == [EndReason::DialogLost];
        let by_them = hangs_up(other) && (crossed || log.ended == [EndReason::RemoteHungUp]);
        if !by_us && !by_them && plan.cancel.is_none() {
            return Err(format!("ended with {:?} at the {end:?}", log.ended));
        }
    }
    let (Some(ours), Some(theirs)) = (&caller.media, &callee.media) else {
        return Err("no media were agreed on".to_owned());
    };
    let mirrored = ours.remote == theirs.local && theirs.remote == ours.local;
    // Whoever hangs up does not hear the answer to its last change.
    let settled = plan.weather == Weather::Fair && plan.is_settled();
    let same = ours.codec == theirs.codec
        && ours.send_payload_type == theirs.receive_payload_type
        && ours.direction == theirs.direction.reversed();
    if !mirrored || (settled && !same) {
        return Err(format!("the media do not fit: {ours:?} and {theirs:?}"));
    }
    Ok(())
}

/// Whether a call that two phones were called for went as it was planned.
fn forked_as_planned(plan: &Plan, caller: Option<&Log>, callees: Vec<&Log>) -> Result<(), String> {
    let caller = caller.ok_or("the call was never made")?;
    let answers = [Some(plan.answer), plan.second];
    let answered = answers.iter().flatten().filter_map(|answer| match answer {
        Callee::Answers(after) => Some(*after),
        Callee::Refuses(..) | Callee::Ignores => None,
    });
    let refused = answers.iter().flatten().map(|answer| match answer {
        Callee::Refuses(_, after) => *after,
        Callee::Answers(_) | Callee::Ignores => Duration::from_secs(19),
    });
    let first = answered.min();
    let decided_after = first.or(refused.max()).unwrap_or_default();
    let (cancel, race) = (plan.cancel.unwrap_or(Duration::MAX), plan.weather.race());
    if cancel >= decided_after.saturating_sub(race) && cancel < decided_after.saturating_add(race) {
        return Ok(());
    }
    let ours = caller.ended.first().copied();
    let cancelled = cancel < decided_after;
    let as_it_should = match (ours, first) {
        (Some(EndReason::Cancelled), _) => cancelled,
        (Some(EndReason::HungUp), Some(_)) => !cancelled && caller.answered == 1,
        (Some(EndReason::Rejected(_) | EndReason::Unanswered), None) => !cancelled,
        _ => false,
    };
    let talks = |log: &&&Log| log.answered == 1 && log.ended == [EndReason::RemoteHungUp];
    let winners = callees.iter().filter(talks).count();
    let losers = callees.iter().filter(|log| {
        let ended = log.ended.first();
        // RFC 6337 §5.2.4: whose offer in a 2xx is not wanted is answered, and nothing of it taken.
        if plan.late && ended == Some(&EndReason::NoCommonMedia) {
            return true;
        }
        log.answered == 0
            && matches!(
                ended,
                Some(EndReason::RemoteCancelled | EndReason::Refused(_) | EndReason::Unanswered)
            )
    });
    let is_answered = ours == Some(EndReason::HungUp);
    let all = winners + losers.count() == callees.len();
    if !as_it_should || !all || (winners > 0) != is_answered {
        let theirs: Vec<_> = callees.iter().map(|log| &log.ended).collect();
        return Err(format!("ended with {ours:?} and {theirs:?}"));
    }
    Ok(())
}
