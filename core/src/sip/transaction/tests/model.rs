//! The four machines against a second model: the arrows of the RFCs' figures as rows, and nothing
//! else. Every sequence of events up to a length is played on both.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::timer::Timer;
use super::tables::{
    Event, INVITE_CLIENT, INVITE_SERVER, Mail, NON_INVITE_CLIENT, NON_INVITE_SERVER, Table,
};
use super::{bench, sent};
use crate::machine::Transport;

/// An arrow: from a state, on an event, to a state, sending or not, telling the user or not.
type Arrow = (&'static str, &'static str, &'static str, bool, bool);

/// What a figure says, and which timers run in each state: those of any transport, and those of an
/// unreliable one besides.
struct Figure {
    arrows: &'static [Arrow],
    running: &'static [(&'static str, &'static [Timer], &'static [Timer])],
    vocabulary: &'static [Event],
}

impl Figure {
    /// Without an arrow nothing happens.
    fn step(&self, state: &'static str, event: &str) -> (&'static str, bool, bool) {
        self.arrows
            .iter()
            .find(|(from, on, ..)| *from == state && *on == event)
            .map_or((state, false, false), |(_, _, to, sends, tells)| {
                (*to, *sends, *tells)
            })
    }

    fn running(&self, state: &str, transport: Transport) -> Vec<Timer> {
        let (_, always, unreliable) = self
            .running
            .iter()
            .find(|(named, ..)| *named == state)
            .unwrap();
        let mut timers = always.to_vec();
        if !transport.is_reliable() {
            timers.extend_from_slice(unreliable);
        }
        timers.sort();
        timers
    }
}

/// How a figure calls an event.
fn figures_name(event: Event) -> String {
    String::from(match event {
        Event::Status(100..=199) | Event::LateStatus(_) => "1xx",
        Event::Status(200..=299) => "2xx",
        Event::Status(_) => "300-699",
        Event::Fires(timer) => return format!("{timer:?}"),
        Event::Again => "request",
        Event::Ack => "ACK",
        Event::CancelSent => "CANCEL",
        Event::TransportError => "error",
    })
}

/// Plays every sequence of `length` events. A timer fires only while it runs.
fn explore(table: &Table, figure: &Figure, transport: Transport, length: u32) {
    let vocabulary = figure.vocabulary;
    let mail = Mail::new();
    let mut played = 0;
    for number in 0..vocabulary.len().pow(length) {
        let (mut cx, target) = bench(transport);
        let mut subject = (table.make)(&mut cx, target, &mail);
        let mut state = table.states[0].0;
        sent(&mut cx);
        let mut digits = number;
        let mut story = Vec::new();
        for _ in 0..length {
            let event = vocabulary[digits % vocabulary.len()];
            digits /= vocabulary.len();
            if let Event::Fires(timer) = event {
                if !subject.armed().running().any(|(runs, ..)| runs == timer) {
                    continue;
                }
            }
            let name = figures_name(event);
            story.push(event);
            let outcome = subject.apply(&mut cx, target, &mail, event);
            let (next, sends, tells) = figure.step(state, &name);
            assert_eq!(subject.state(), next, "{story:?} over {transport:?}");
            assert_eq!(!sent(&mut cx).is_empty(), sends, "{story:?}: sends");
            let told = !outcome.is_empty() && !outcome.starts_with("refused");
            assert_eq!(told, tells, "{story:?}: tells the user ({outcome})");
            if next != state {
                let mut runs: Vec<Timer> = subject.armed().running().map(|(t, ..)| t).collect();
                runs.sort();
                assert_eq!(runs, figure.running(next, transport), "{story:?}");
            }
            state = next;
            played += 1;
        }
    }
    assert!(played > 1000, "only {played} steps");
}

fn explore_both(table: &Table, figure: &Figure, length: u32) {
    explore(table, figure, Transport::Udp, length);
    explore(table, figure, Transport::Tcp, length);
}

use Event::{Ack, Again, CancelSent, Fires, LateStatus, Status, TransportError};

/// RFC 6026 figure 5; the CANCEL is RFC 3261 §9.1.
const FIGURE_5: Figure = Figure {
    arrows: &[
        ("Calling", "1xx", "Proceeding", false, true),
        ("Calling", "2xx", "Accepted", false, true),
        ("Calling", "300-699", "Completed", true, true),
        ("Calling", "A", "Calling", true, false),
        ("Calling", "B", "Terminated", false, true),
        ("Calling", "error", "Terminated", false, true),
        ("Proceeding", "1xx", "Proceeding", false, true),
        ("Proceeding", "2xx", "Accepted", false, true),
        ("Proceeding", "300-699", "Completed", true, true),
        ("Proceeding", "Cancelled", "Terminated", false, true),
        ("Completed", "300-699", "Completed", true, false),
        ("Completed", "D", "Terminated", false, true),
        ("Completed", "error", "Terminated", false, true),
        ("Accepted", "2xx", "Accepted", false, true),
        ("Accepted", "M", "Terminated", false, true),
    ],
    running: &[
        ("Calling", &[Timer::B], &[Timer::A]),
        ("Proceeding", &[], &[]),
        ("Completed", &[Timer::D], &[]),
        ("Accepted", &[Timer::M], &[]),
        ("Terminated", &[], &[]),
    ],
    vocabulary: &[
        Status(180),
        Status(200),
        Status(486),
        Fires(Timer::A),
        Fires(Timer::B),
        Fires(Timer::D),
        Fires(Timer::M),
        CancelSent,
        Fires(Timer::Cancelled),
        TransportError,
    ],
};

/// RFC 3261 figure 6.
const FIGURE_6: Figure = Figure {
    arrows: &[
        ("Trying", "1xx", "Proceeding", false, true),
        ("Trying", "2xx", "Completed", false, true),
        ("Trying", "300-699", "Completed", false, true),
        ("Trying", "E", "Trying", true, false),
        ("Trying", "F", "Terminated", false, true),
        ("Trying", "error", "Terminated", false, true),
        ("Proceeding", "1xx", "Proceeding", false, true),
        ("Proceeding", "2xx", "Completed", false, true),
        ("Proceeding", "300-699", "Completed", false, true),
        ("Proceeding", "E", "Proceeding", true, false),
        ("Proceeding", "F", "Terminated", false, true),
        ("Proceeding", "error", "Terminated", false, true),
        ("Completed", "K", "Terminated", false, true),
    ],
    running: &[
        ("Trying", &[Timer::F], &[Timer::E]),
        ("Proceeding", &[Timer::F], &[Timer::E]),
        ("Completed", &[Timer::K], &[]),
        ("Terminated", &[], &[]),
    ],
    vocabulary: &[
        Status(100),
        Status(200),
        Status(404),
        Fires(Timer::E),
        Fires(Timer::F),
        Fires(Timer::K),
        TransportError,
    ],
};

/// RFC 6026 figure 7, except that H tells the user, as the text of RFC 3261 §17.2.1 has it. The
/// first provisional response is always there, for `request` to repeat.
const FIGURE_7: Figure = Figure {
    arrows: &[
        ("Proceeding", "1xx", "Proceeding", true, false),
        ("Proceeding", "request", "Proceeding", true, false),
        ("Proceeding", "error", "Proceeding", false, true),
        ("Proceeding", "2xx", "Accepted", true, false),
        ("Proceeding", "300-699", "Completed", true, false),
        ("Completed", "request", "Completed", true, false),
        ("Completed", "G", "Completed", true, false),
        ("Completed", "error", "Completed", false, true),
        ("Completed", "ACK", "Confirmed", false, false),
        ("Completed", "H", "Terminated", false, true),
        ("Confirmed", "I", "Terminated", false, true),
        ("Accepted", "2xx", "Accepted", true, false),
        ("Accepted", "ACK", "Accepted", false, true),
        ("Accepted", "error", "Accepted", false, true),
        ("Accepted", "L", "Terminated", false, true),
    ],
    running: &[
        ("Proceeding", &[], &[]),
        ("Completed", &[Timer::H], &[Timer::G]),
        ("Confirmed", &[Timer::I], &[]),
        ("Accepted", &[Timer::L], &[]),
        ("Terminated", &[], &[]),
    ],
    vocabulary: &[
        Status(180),
        Status(200),
        Status(486),
        Again,
        Ack,
        Fires(Timer::G),
        Fires(Timer::H),
        Fires(Timer::I),
        Fires(Timer::L),
        TransportError,
    ],
};

/// RFC 3261 figure 8, but errors end nothing (RFC 6026 §8.8), and the timers of RFC 4320.
const FIGURE_8: Figure = Figure {
    arrows: &[
        ("Trying", "1xx", "Proceeding", true, false),
        ("Trying", "LateTrying", "Proceeding", true, false),
        ("Trying", "Abandon", "Terminated", false, true),
        ("Trying", "2xx", "Completed", true, false),
        ("Trying", "300-699", "Completed", true, false),
        ("Proceeding", "1xx", "Proceeding", true, false),
        ("Proceeding", "request", "Proceeding", true, false),
        ("Proceeding", "error", "Proceeding", false, true),
        ("Proceeding", "Abandon", "Terminated", false, true),
        ("Proceeding", "2xx", "Completed", true, false),
        ("Proceeding", "300-699", "Completed", true, false),
        ("Completed", "request", "Completed", true, false),
        ("Completed", "error", "Completed", false, true),
        ("Completed", "J", "Terminated", false, true),
    ],
    running: &[
        ("Trying", &[Timer::LateTrying, Timer::Abandon], &[]),
        ("Proceeding", &[Timer::Abandon], &[]),
        ("Completed", &[Timer::J], &[]),
        ("Terminated", &[], &[]),
    ],
    vocabulary: &[
        LateStatus(100),
        Status(200),
        Status(404),
        Again,
        Fires(Timer::LateTrying),
        Fires(Timer::Abandon),
        Fires(Timer::J),
        TransportError,
    ],
};

// shows: S113 S124
#[test]
fn every_story_of_an_invite_client_is_one_of_figure_5() {
    explore_both(&INVITE_CLIENT, &FIGURE_5, 4);
}

// shows: S113 S124
#[test]
fn every_story_of_a_non_invite_client_is_one_of_figure_6() {
    explore_both(&NON_INVITE_CLIENT, &FIGURE_6, 4);
}

// shows: S113 S124
#[test]
fn every_story_of_an_invite_server_is_one_of_figure_7() {
    let rung = Table {
        make: |cx, path, mail| {
            let mut machine = (INVITE_SERVER.make)(cx, path, mail);
            machine.apply(cx, path, mail, Status(180));
            machine
        },
        ..INVITE_SERVER
    };
    explore_both(&rung, &FIGURE_7, 4);
}

// shows: S113 S124
#[test]
fn every_story_of_a_non_invite_server_is_one_of_figure_8() {
    explore_both(&NON_INVITE_SERVER, &FIGURE_8, 4);
}
