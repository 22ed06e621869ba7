//! What was said on the way to every goal, and what both ends think of it then.

mod servers;
mod services;
mod sessions;

use std::time::Duration;

use offhook::sdp::{Direction, MediaPlan};
use offhook::sip::ua::{EndReason, Stage as CallStage};
use offhook::trace::Packet;

use super::moment::{Moment, View};
use super::stage::{Outcome, Stage};
use super::{GOALS, told};

/// A goal that was reached, and the packets of each of its moments.
struct Played(Stage);

fn play(goal: fn(&mut Stage) -> Outcome) -> Played {
    let mut stage = Stage::default();
    goal(&mut stage).unwrap();
    Played(stage)
}

impl Played {
    fn moment(&self, when: &str) -> &Moment {
        let mut moments = self.0.moments().iter();
        let found = moments.find(|moment| moment.when == when);
        found.unwrap_or_else(|| panic!("there is no moment when {when}"))
    }

    /// What one end thinks at a moment of one of its calls, from 0.
    fn view(&self, when: &str, phone: &str, call: usize) -> &View {
        let views = self.moment(when).views.iter();
        let mut calls = views.filter(|view| view.phone == phone);
        calls.nth(call).expect("a call")
    }

    /// Both ends of the only call at a moment.
    fn both(&self, when: &str) -> [&View; 2] {
        ["alice", "bob"].map(|phone| self.view(when, phone, 0))
    }

    /// What was sent between the moment before and this one.
    fn packets(&self, when: &str) -> &[Packet] {
        let moments = self.0.moments();
        let at = moments
            .iter()
            .position(|moment| moment.when == when)
            .unwrap();
        let from = at
            .checked_sub(1)
            .map_or(0, |before| moments[before].packets);
        &self.0.transcript().packets()[from..moments[at].packets]
    }

    /// The same in words, such as `alice > bob: INVITE`; 100 is left out (RFC 3261 §8.2.6.1).
    fn said(&self, when: &str) -> Vec<String> {
        let name = |address| self.0.transcript().name_of(address);
        let said = self.packets(when).iter().map(|packet| {
            let [from, to] = [packet.source, packet.destination].map(name);
            format!("{from} > {to}: {}", kind(&text(packet)))
        });
        said.filter(|it| !it.contains(": 100 ")).collect()
    }

    /// The messages of a kind at a moment.
    fn messages(&self, when: &str, is: &str) -> Vec<String> {
        let texts = self.packets(when).iter().map(text);
        texts.filter(|it| kind(it) == is).collect()
    }

    /// Nothing is left of the calls once everything is forgotten (64 · T1 and a little).
    fn assert_nothing_left(mut self) {
        self.0.pass(Duration::from_secs(40));
        assert_eq!(self.0.calls(), 0);
    }
}

fn text(packet: &Packet) -> String {
    String::from_utf8(packet.bytes.clone()).unwrap()
}

/// The method, or the status and the method it answers; and which way media flow if not both ways.
fn kind(message: &str) -> String {
    let start = message.lines().next().unwrap();
    let sequence = message.lines().find_map(|line| line.strip_prefix("CSeq:"));
    let method = sequence.unwrap().split_whitespace().nth(1).unwrap();
    let direction = ["sendonly", "recvonly", "inactive"].into_iter().find(|it| {
        let attribute = format!("a={it}");
        message.lines().any(|line| line.trim_end() == attribute)
    });
    let direction = direction.map_or(String::new(), |it| format!(" {it}"));
    match start.strip_prefix("SIP/2.0 ") {
        Some(status) => format!("{} {method}{direction}", &status[..3]),
        None => format!("{method}{direction}"),
    }
}

/// The value of a header field.
fn field<'m>(message: &'m str, name: &str) -> Option<&'m str> {
    let mut lines = message.lines().take_while(|line| !line.is_empty());
    let prefix = format!("{name}: ");
    lines.find_map(|line| line.strip_prefix(&prefix))
}

fn only(plans: &[MediaPlan]) -> &MediaPlan {
    match plans {
        [one] => one,
        other => panic!("not one stream: {other:?}"),
    }
}

fn direction(view: &View) -> Direction {
    only(&view.plans).direction
}

/// Both ends have one dialog and one session, seen from either side (RFC 3261 §12.1, RFC 3264 §6).
fn assert_talk(one: &View, other: &View) {
    for view in [one, other] {
        assert_eq!(view.stage, Some(CallStage::Established), "{}", view.phone);
        assert_eq!(view.ended, None);
    }
    let [call_id, local, remote] = one.dialog.clone().unwrap();
    assert_eq!(other.dialog, Some([call_id, remote, local]));
    let (ours, theirs) = (only(&one.plans), only(&other.plans));
    assert_eq!((ours.local, ours.remote), (theirs.remote, theirs.local));
    assert_eq!(ours.codec.name, theirs.codec.name);
    assert_eq!(ours.direction, theirs.remote_direction);
    assert_eq!(ours.remote_direction, theirs.direction);
}

fn assert_ended(one: &View, why: EndReason) {
    assert_eq!(one.ended, Some(why), "{}", one.phone);
}

// shows: S088
#[test]
fn every_goal_is_mapped_to_its_blocks_and_reached() {
    let names = GOALS.each_ref().map(|goal| goal.name);
    let blocks = GOALS.each_ref().map(|goal| goal.blocks);
    assert_eq!(
        names,
        [
            "Create",
            "Modify",
            "Terminate",
            "Negotiate",
            "Locate",
            "Secure",
            "Supplementary services"
        ]
    );
    assert_eq!(blocks, ["B4", "B4, B5", "B4", "B5", "B7", "B9", "B11"]);
    for goal in GOALS {
        let [first, second] = [(); 2].map(|()| told(&goal, &play(goal.play).0));
        assert_eq!(first, second, "{} is told alike every time", goal.name);
        assert!(first.contains("│"), "{} has a ladder", goal.name);
    }
    // And each for what it is.
    sessions::a_session_is_created();
    sessions::a_session_is_modified();
    sessions::a_session_is_terminated();
    sessions::a_session_is_negotiated();
    servers::a_user_is_located();
    servers::it_is_secured();
    services::calls_are_held();
    services::somebody_else_is_consulted_meanwhile();
    services::a_caller_is_sent_on();
}
