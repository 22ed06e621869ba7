//! Both ends of a call agree on its session whenever the network has been quiet for 64*T1.
//!
//! Quiet means that nothing was sent, came in or was asked for by an application. By then every transaction has had its time (RFC 3261 §17.1.1.2, §17.1.2.2), and so has every 2xx
//! that waits for its ACK (§13.3.1.4) and every reliable provisional response that waits for its
//! PRACK (RFC 3262 §3): whatever was lost, each end has either been told of a change or given up
//! what it does not know the outcome of. What each end has then is compared with what the other has:
//! streams, their kinds, formats and payload types, addresses and ports, directions, and who
//! refreshes the session; and, once the call is answered (before that there may be several far
//! ends), with what its own application was told last.
//!
//! They may disagree on one thing: whether there is a call. An end may be in a call that the other
//! is not in
//!
//! * if the other end, or who brings its messages, has stopped dead, did not hear something or had
//!   no room for it since the call began: a BYE that nobody takes ends a call on one side only
//!   (§15.1.1);
//! * and then, from its last refresh, for as long as a session lasts that nobody refreshes
//!   (RFC 4028 §10), if there is a limit to it.
//!
//! Strangers can make anybody believe anything: where they had their say, nothing is compared.

use std::collections::BTreeMap;
use std::time::Duration;

use offhook::Instant;
use offhook::sdp::MediaPlan;
use offhook::sip::dialog::DialogId;
use offhook::sip::ua::{Call, Stage};

use super::log::Log;
use super::{People, failed};
use crate::sim::{CellId, Violation};
use crate::worlds::node::Node;

/// 64*T1 (RFC 3261 §17.1.1.1: T1 is 500 ms).
pub(super) const QUIET: Duration = Duration::from_secs(32);

/// A call of a phone: which, and what was heard of it.
#[derive(Clone, Copy)]
struct Side<'p> {
    name: &'p str,
    number: usize,
    call: &'p Call,
    log: &'p Log,
}

impl People<'_> {
    /// How many times two ends of a call were compared.
    #[must_use]
    pub const fn compared(&self) -> u64 {
        self.compared
    }

    /// When it will have been quiet for long enough, if it is not yet.
    pub(super) fn quiet_at(&self) -> Option<Instant> {
        let at = self.world.quiet_since() + QUIET;
        Some(at).filter(|at| *at > self.world.now())
    }

    /// Sees whether somebody had no room for a request since the last time.
    pub(super) fn note_refusals(&mut self) {
        let refused = self
            .world
            .cells()
            .map(|cell| cell.machine().refused())
            .sum();
        let (before, _) = self.refused;
        if refused > before {
            self.refused.1 = Some(self.world.now());
        }
        // A machine that starts anew has forgotten how many they were.
        self.refused.0 = refused;
    }

    /// Compares what the two ends of every call have, if it has been quiet for long enough.
    pub(super) fn compare_if_quiet(&mut self) -> Result<(), Violation> {
        let since = Some(self.world.quiet_since());
        if self.compared_at == since || !self.world.is_quiet(QUIET) {
            return Ok(());
        }
        self.compared_at = since;
        if self.world.is_deceived() {
            return Ok(());
        }
        match self.compare() {
            Ok(pairs) => {
                self.compared += pairs;
                Ok(())
            }
            Err((name, what)) => Err(failed(self.world, &name, what)),
        }
    }

    fn compare(&self) -> Result<u64, (String, String)> {
        let sides: Vec<Side<'_>> = self.sides().collect();
        let dialogs = sides.iter().filter_map(|side| {
            let id = side.call.dialog()?.id();
            Some((id.clone(), *side))
        });
        let dialogs: BTreeMap<DialogId, Side<'_>> = dialogs.collect();
        let mut pairs = 0;
        for side in &sides {
            let wrong = |what: String| {
                let (number, stage) = (side.number, side.call.stage());
                let what = format!("{what}; call {number} {stage:?}");
                (side.name.to_owned(), what)
            };
            if matches!(side.call.stage(), Stage::Ending(_)) {
                return Err(wrong("a call does not end".to_owned()));
            }
            if side.call.stage() == Stage::Established {
                side.is_as_told().map_err(wrong)?;
            }
            let Some(dialog) = side.call.dialog() else {
                continue;
            };
            let other = dialogs.get(&reversed(dialog.id()));
            match other.filter(|other| other.call.stage() == side.call.stage().other()) {
                Some(other) => {
                    pairs += 1;
                    agree(side.call, other.call).map_err(|what| {
                        let with = format!("with call {} of {}", other.number, other.name);
                        wrong(format!("{what} {with}"))
                    })?;
                }
                None if side.call.stage() == Stage::Established => {
                    let alone = self.may_be_alone(*side);
                    alone.map_err(wrong)?;
                }
                None => {}
            }
        }
        Ok(pairs)
    }

    /// Every call that is not over, of every phone that is alive.
    fn sides(&self) -> impl Iterator<Item = Side<'_>> {
        let open = self.logs.iter().filter(|(_, log)| log.ended.is_empty());
        open.filter_map(|((id, number), log)| {
            let (name, call) = self.call_of(*id, *number)?;
            Some(Side {
                name,
                number: *number,
                call,
                log,
            })
        })
    }

    fn call_of(&self, id: CellId, number: usize) -> Option<(&str, &Call)> {
        let cell = self.world.cell(id)?;
        match cell.machine() {
            Node::Phone(phone) => Some((cell.name(), phone.call(number)?)),
            Node::Server(_) | Node::Audio(_) => None,
        }
    }

    /// Whether a call may be up that the other end is not in.
    fn may_be_alone(&self, side: Side<'_>) -> Result<(), String> {
        let harmed = self.world.harmed_at().max(self.refused.1);
        let Some(harmed) = harmed.filter(|at| *at >= side.log.begun) else {
            return Err("nobody is at the other end, and nothing was lost or refused".to_owned());
        };
        let Some(timer) = side.call.session_timer() else {
            return Ok(());
        };
        // As long as a refresh was answered, somebody was there.
        let since = side.log.refreshed.map_or(harmed, |at| at.max(harmed));
        if self.world.now() > since + timer.interval() + QUIET {
            return Err("nobody is at the other end, and the session has run out".to_owned());
        }
        Ok(())
    }
}

/// Where the other end of a call has to be.
trait Other {
    fn other(self) -> Self;
}

impl Other for Stage {
    fn other(self) -> Self {
        match self {
            Self::Calling => Self::Offered,
            Self::Offered => Self::Calling,
            Self::Established | Self::Ending(_) | Self::Ended => self,
        }
    }
}

impl Side<'_> {
    /// Whether the application was told of the session as it is.
    fn is_as_told(&self) -> Result<(), String> {
        let plan = self.call.plans().next().map(|(_, plan)| plan);
        if self.log.media.as_ref() != plan {
            let told = &self.log.media;
            return Err(format!("was told of {told:?} and has {plan:?}"));
        }
        let is_held = plan.is_some_and(MediaPlan::is_held_by_peer);
        if self.log.is_held() != is_held {
            return Err(format!("was not told whether it is on hold: {is_held}"));
        }
        Ok(())
    }
}

pub(super) fn reversed(id: &DialogId) -> DialogId {
    DialogId {
        call_id: id.call_id.clone(),
        local_tag: id.remote_tag.clone(),
        remote_tag: id.local_tag.clone(),
    }
}

/// Whether two ends have the same session.
fn agree(ours: &Call, theirs: &Call) -> Result<(), String> {
    let [our_plans, their_plans] = [ours, theirs].map(|call| {
        let plans = call.plans().map(|(_, plan)| plan.clone());
        plans.collect::<Vec<MediaPlan>>()
    });
    if our_plans.len() != their_plans.len() {
        let counts = (our_plans.len(), their_plans.len());
        return Err(format!("{counts:?} streams"));
    }
    for (one, other) in our_plans.iter().zip(&their_plans) {
        if let Some(what) = difference(one, other).or_else(|| difference(other, one)) {
            return Err(format!("no agreement on {what}: {one:?} and {other:?}"));
        }
    }
    for (call, plans) in [(ours, &our_plans), (theirs, &their_plans)] {
        if call.is_held() && plans.iter().any(|plan| plan.direction.receives()) {
            return Err("one on hold is heard".to_owned());
        }
    }
    let timers = (ours.session_timer(), theirs.session_timer());
    let same_timer = match &timers {
        (None, None) => true,
        (Some(one), Some(other)) => {
            one.interval() == other.interval() && one.we_refresh() != other.we_refresh()
        }
        (Some(_), None) | (None, Some(_)) => false,
    };
    if same_timer {
        Ok(())
    } else {
        Err(format!("no agreement on the refresh: {timers:?}"))
    }
}

/// In what the plan of one end does not fit that of the other, as far as what the one does goes.
fn difference(one: &MediaPlan, other: &MediaPlan) -> Option<&'static str> {
    let sent = (one.send_payload_type, &one.codec);
    let mut taken = other.receive_formats.iter();
    let fits = [
        ("the kind", one.kind == other.kind),
        ("an address", one.remote == other.local),
        (
            "an address of RTCP",
            one.rtcp_mux == other.rtcp_mux && one.remote_rtcp == other.local_rtcp,
        ),
        ("the format", one.codec.matches(&other.codec)),
        (
            "the payload type",
            one.send_payload_type == other.receive_payload_type
                && taken.any(|it| (it.payload_type, true) == (sent.0, it.codec.matches(sent.1))),
        ),
        ("the direction", one.direction == other.direction.reversed()),
        (
            "key presses",
            one.telephone_event == other.receive_telephone_event,
        ),
    ];
    fits.into_iter()
        .find(|(_, fits)| !fits)
        .map(|(what, _)| what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook::sdp::{Codec, Direction, Format, MediaKind};

    fn plans() -> [MediaPlan; 2] {
        [("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1")].map(|(local, remote)| MediaPlan {
            kind: MediaKind::Audio,
            local: format!("{local}:4000").parse().unwrap(),
            previous_local: None,
            local_rtcp: format!("{local}:4001").parse().unwrap(),
            remote: format!("{remote}:4000").parse().unwrap(),
            remote_rtcp: format!("{remote}:4001").parse().unwrap(),
            rtcp_mux: false,
            bundle: None,
            send_payload_type: 8,
            receive_payload_type: 8,
            codec: Codec::PCMA,
            receive_formats: vec![Format {
                payload_type: 8,
                codec: Codec::PCMA,
            }],
            direction: Direction::SendRecv,
            remote_direction: Direction::SendRecv,
            ptime_ms: 20,
            bandwidth: offhook::sdp::BandwidthLimits::default(),
            multicast_ttl: None,
            telephone_event: None,
            receive_telephone_event: None,
            telephone_events: Default::default(),
            beside: Vec::new(),
            generic_nack: false,
            crypto: None,
            attributes: Vec::new(),
        })
    }

    /// What is found once one of two plans that fit was changed.
    fn found(change: impl Fn(&mut MediaPlan)) -> [Option<&'static str>; 2] {
        let [mut one, other] = plans();
        change(&mut one);
        [difference(&one, &other), difference(&other, &one)]
    }

    #[test]
    fn plans_that_fit_differ_in_nothing() {
        assert_eq!(found(|_| {}), [None, None]);
        let turned = |plan: &mut MediaPlan| plan.direction = Direction::SendOnly;
        let [mut one, mut other] = plans();
        turned(&mut one);
        other.direction = Direction::RecvOnly;
        assert_eq!(difference(&one, &other), None);
    }

    #[test]
    fn whatever_does_not_fit_is_found() {
        let elsewhere = || "192.0.2.9:4000".parse().unwrap();
        for what in [
            found(|plan| plan.kind = MediaKind::Video),
            found(|plan| plan.remote = elsewhere()),
            found(|plan| plan.local = elsewhere()),
            found(|plan| plan.remote_rtcp = elsewhere()),
            found(|plan| plan.local_rtcp = elsewhere()),
            found(|plan| plan.rtcp_mux = true),
            found(|plan| plan.codec = Codec::PCMU),
            found(|plan| plan.send_payload_type = 96),
            found(|plan| plan.receive_payload_type = 96),
            found(|plan| plan.receive_formats.clear()),
            found(|plan| plan.direction = Direction::SendOnly),
            found(|plan| plan.telephone_event = Some(101)),
            found(|plan| plan.receive_telephone_event = Some(101)),
        ] {
            assert_ne!(what, [None, None]);
        }
    }
}
