//! The subscriber against a table of RFC 6665 §4.1.2, through all sequences of five of fourteen events;
//! and its rules one by one.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::super::Retry;
use super::{Subscriber, SubscriberDue, SubscriberEnd, SubscriberState};
use crate::sip::header::SubscriptionState;
use crate::sip::message::StatusCode;
use crate::time::Instant;

const NOW: Instant = Instant::from_nanos(7_000_000_000);
/// 64*T1.
const TIMER_N: Duration = Duration::from_secs(32);

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn status(code: u16) -> StatusCode {
    StatusCode::new(code).unwrap()
}

fn notify(subscriber: &mut Subscriber, now: Instant, state: &str) -> Option<SubscriberEnd> {
    subscriber.notified(now, &SubscriptionState::parse(state.as_bytes()).unwrap())
}

/// What happens to a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    /// A SUBSCRIBE that goes on, and one that ends it.
    Sent,
    SentLast,
    /// 200 with this Expires, and 204.
    Success(Option<u32>),
    NoNotify,
    /// One of the refusals that end it, and another one.
    Lost,
    Refused,
    /// A NOTIFY with this state and `expires`.
    Active(Option<u32>),
    Pending(Option<u32>),
    Other,
    Ended,
    /// So many seconds pass.
    Wait(u64),
}

const EVENTS: [Event; 14] = [
    Event::Sent,
    Event::SentLast,
    Event::Success(Some(60)),
    Event::Success(None),
    Event::NoNotify,
    Event::Lost,
    Event::Refused,
    Event::Active(Some(60)),
    Event::Active(None),
    Event::Pending(Some(20)),
    Event::Other,
    Event::Ended,
    Event::Wait(12),
    Event::Wait(25),
];

/// What a row of the table waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Input {
    Lost,
    Refused,
    Active,
    Pending,
    Other,
    Ended,
    TimerN,
    TimeOver,
}

use SubscriberState as S;

/// The figure of §4.1.2, where a row that is missing leaves the state as it is. A refusal of the
/// first SUBSCRIBE ends it whichever it is (§4.1.2.1).
const TABLE: [(S, Input, S); 23] = [
    (S::NotifyWait, Input::Lost, S::Terminated),
    (S::NotifyWait, Input::Refused, S::Terminated),
    (S::NotifyWait, Input::Active, S::Active),
    (S::NotifyWait, Input::Pending, S::Pending),
    // §4.1.3 knows no other word; what an extension says is no authorisation.
    (S::NotifyWait, Input::Other, S::Pending),
    (S::NotifyWait, Input::Ended, S::Terminated),
    (S::NotifyWait, Input::TimerN, S::Terminated),
    (S::NotifyWait, Input::TimeOver, S::Terminated),
    (S::Pending, Input::Lost, S::Terminated),
    (S::Pending, Input::Refused, S::Pending),
    (S::Pending, Input::Active, S::Active),
    (S::Pending, Input::Pending, S::Pending),
    (S::Pending, Input::Ended, S::Terminated),
    (S::Pending, Input::TimerN, S::Terminated),
    (S::Pending, Input::TimeOver, S::Terminated),
    (S::Active, Input::Lost, S::Terminated),
    (S::Active, Input::Refused, S::Active),
    (S::Active, Input::Active, S::Active),
    // Not in the figure; but it is the notifier who knows.
    (S::Active, Input::Pending, S::Pending),
    (S::Active, Input::Ended, S::Terminated),
    (S::Active, Input::TimerN, S::Terminated),
    (S::Active, Input::TimeOver, S::Terminated),
    (S::Terminated, Input::Active, S::Terminated),
];

/// The table, and the times beside it.
#[derive(Clone, Copy)]
struct Model {
    state: S,
    timer_n: Option<Instant>,
    over_at: Option<Instant>,
    is_ending: bool,
}

impl Model {
    fn step(&mut self, input: Input) -> bool {
        let row = TABLE
            .iter()
            .find(|(from, on, _)| (*from, *on) == (self.state, input));
        let before = self.state;
        self.state = row.map_or(before, |(_, _, to)| *to);
        if self.state == S::Terminated {
            self.timer_n = None;
            self.over_at = None;
        }
        before != S::Terminated && self.state == S::Terminated
    }

    fn lasts(&mut self, now: Instant, expires: Option<u32>) {
        let expires = expires.filter(|_| !self.is_ending && self.state != S::Terminated);
        if let Some(expires) = expires {
            self.over_at = Some(now + secs(expires.into()));
        }
    }

    /// §4.1.2.4, §4.1.3: Timer N is over with any NOTIFY; of one that is left, with the last.
    fn hears(&mut self, now: Instant, input: Input, expires: Option<u32>) -> bool {
        let is_over = self.step(input);
        if !self.is_ending {
            self.timer_n = None;
        }
        self.lasts(now, expires);
        is_over
    }

    /// Takes an event: why it has ended, if it has.
    fn take(&mut self, now: &mut Instant, event: Event) -> Option<SubscriberEnd> {
        let refused = |is_over: bool, code| is_over.then(|| SubscriberEnd::Refused(status(code)));
        match event {
            Event::Sent | Event::SentLast if self.state == S::Terminated => None,
            // Each has a Timer N of its own: the first to fire is the end.
            Event::Sent => {
                let is_there = self.state != S::NotifyWait && !self.is_ending;
                let running = self.timer_n.filter(|_| is_there);
                self.timer_n = running.or(Some(*now + TIMER_N));
                None
            }
            Event::SentLast => {
                self.timer_n = Some(*now + TIMER_N);
                self.over_at = None;
                self.is_ending = true;
                None
            }
            Event::Success(expires) => {
                self.lasts(*now, expires);
                None
            }
            Event::NoNotify => {
                self.timer_n = None;
                None
            }
            Event::Lost => refused(self.step(Input::Lost), 481),
            // Nobody is there to end what was left.
            Event::Refused if self.is_ending => refused(self.step(Input::Lost), 403),
            Event::Refused => {
                let is_over = self.step(Input::Refused);
                self.timer_n = None;
                refused(is_over, 403)
            }
            Event::Active(expires) => {
                self.hears(*now, Input::Active, expires);
                None
            }
            Event::Pending(expires) => {
                self.hears(*now, Input::Pending, expires);
                None
            }
            Event::Other => {
                self.hears(*now, Input::Other, None);
                None
            }
            Event::Ended => {
                let end = SubscriberEnd::Terminated(Retry::Never);
                self.hears(*now, Input::Ended, None).then_some(end)
            }
            Event::Wait(span) => {
                *now += secs(span);
                let is_due = |at: Option<Instant>| at.filter(|at| *at <= *now);
                let (input, end) = match (is_due(self.timer_n), is_due(self.over_at)) {
                    (Some(n), Some(over)) if over < n => (Input::TimeOver, SubscriberEnd::Expired),
                    (Some(_), _) => (Input::TimerN, SubscriberEnd::Unnotified),
                    (None, Some(_)) => (Input::TimeOver, SubscriberEnd::Expired),
                    (None, None) => return None,
                };
                self.step(input).then_some(end)
            }
        }
    }
}

/// Does the same with the machine. Time passes from one thing that is due to the next.
fn take(subscriber: &mut Subscriber, now: Instant, event: Event) -> Option<SubscriberEnd> {
    let expires = |secs: Option<u32>| secs.map_or("".into(), |secs| format!(";expires={secs}"));
    match event {
        Event::Sent => {
            subscriber.sent(now, TIMER_N);
            None
        }
        Event::SentLast => {
            subscriber.sent_last(now, TIMER_N);
            None
        }
        Event::Success(expires) => subscriber.answered(now, StatusCode::OK, expires),
        Event::NoNotify => subscriber.answered(now, status(204), None),
        Event::Lost => subscriber.answered(now, status(481), None),
        Event::Refused => subscriber.answered(now, status(403), None),
        Event::Active(secs) => notify(subscriber, now, &format!("active{}", expires(secs))),
        Event::Pending(secs) => notify(subscriber, now, &format!("pending{}", expires(secs))),
        Event::Other => notify(subscriber, now, "waiting"),
        Event::Ended => notify(subscriber, now, "terminated;expires=60;reason=rejected"),
        Event::Wait(span) => {
            let until = now + secs(span);
            let mut end = None;
            while let Some(due) = subscriber.due_at().filter(|due| *due <= until) {
                let state = *subscriber;
                match subscriber.on_time(due).expect("something was due") {
                    // While it lasts, before its end, and not while the last one is under way.
                    SubscriberDue::Refresh => {
                        assert_ne!(state.state(), S::Terminated);
                        assert!(state.expires_at().is_some_and(|over| due < over));
                        assert!(!state.is_ending());
                    }
                    SubscriberDue::End(why) => assert_eq!(end.replace(why), None),
                }
            }
            end
        }
    }
}

/// The state of both after one more event, and after all that may follow; how many sequences.
fn explore(
    (subscriber, model): (Subscriber, Model),
    now: Instant,
    trace: &mut Vec<Event>,
    depth: usize,
) -> u32 {
    if trace.len() == depth {
        return 1;
    }
    let mut count = 0;
    for event in EVENTS {
        let (mut subscriber, mut model, mut after) = (subscriber, model, now);
        trace.push(event);
        let end = take(&mut subscriber, now, event);
        assert_eq!(end, model.take(&mut after, event), "{trace:?}");
        assert_eq!(subscriber.state(), model.state, "{trace:?}");
        assert_eq!(subscriber.expires_at(), model.over_at, "{trace:?}");
        let awaits = model.timer_n.is_some();
        assert_eq!(subscriber.awaits_notify(), awaits, "{trace:?}");
        // Of what is over nothing is due, and what is due has not been due before.
        let due = subscriber.due_at();
        assert!(due.is_none_or(|due| due > after), "{trace:?}");
        assert!(due.is_none() || model.state != S::Terminated, "{trace:?}");
        count += explore((subscriber, model), after, trace, depth);
        trace.pop();
    }
    count
}

/// §4.1.2: the machine does what the figure says, whatever happens in whatever order.
// shows: S300
#[test]
fn the_machine_does_what_the_figure_says() {
    let subscriber = Subscriber::new(NOW, TIMER_N);
    let model = Model {
        state: S::NotifyWait,
        timer_n: Some(NOW + TIMER_N),
        over_at: None,
        is_ending: false,
    };
    let depth = 5;
    let sequences = explore((subscriber, model), NOW, &mut Vec::new(), depth);
    assert_eq!(sequences, 14_u32.pow(5));
}

fn active(expires: u64) -> Subscriber {
    let mut subscriber = Subscriber::new(NOW, TIMER_N);
    subscriber.answered(NOW, StatusCode::OK, Some(3600));
    notify(&mut subscriber, NOW, &format!("active;expires={expires}"));
    subscriber
}

/// §4.1.2.4: 64*T1 from the SUBSCRIBE on, whatever was answered.
#[test]
fn timer_n_is_the_end() {
    for is_answered in [true, false] {
        let mut subscriber = Subscriber::new(NOW, TIMER_N);
        if is_answered {
            subscriber.answered(NOW + secs(1), StatusCode::OK, Some(3600));
        }
        assert_eq!(subscriber.due_at(), Some(NOW + TIMER_N));
        let early = NOW + TIMER_N.saturating_sub(Duration::from_nanos(1));
        assert_eq!(subscriber.on_time(early), None);
        let end = SubscriberDue::End(SubscriberEnd::Unnotified);
        assert_eq!(subscriber.on_time(NOW + TIMER_N), Some(end));
        assert_eq!(subscriber.on_time(NOW + TIMER_N), None);
        assert_eq!(subscriber.state(), S::Terminated);
    }
}

/// §4.1.2.1, §4.1.2.2: which refusals end it, of all there are.
#[test]
fn some_refusals_end_it() {
    let ending = [
        404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
    ];
    for code in 300..700 {
        let refused = SubscriberEnd::Refused(status(code));
        let mut first = Subscriber::new(NOW, TIMER_N);
        assert_eq!(first.answered(NOW, status(code), None), Some(refused));
        let mut refreshed = active(600);
        refreshed.sent(NOW + secs(300), TIMER_N);
        let end = refreshed.answered(NOW + secs(301), status(code), None);
        assert_eq!(end, ending.contains(&code).then_some(refused), "{code}");
        if end.is_none() {
            // It has the time it had, and is tried again in that.
            assert_eq!(refreshed.expires_at(), Some(NOW + secs(600)));
            let again = refreshed.due_at().unwrap();
            assert!(again > NOW + secs(301) && again < NOW + secs(600));
            assert_eq!(refreshed.on_time(again), Some(SubscriberDue::Refresh));
            let over = SubscriberDue::End(SubscriberEnd::Expired);
            assert_eq!(refreshed.on_time(NOW + secs(600)), Some(over));
        }
    }
}

/// It is refreshed once before it is over, early enough to be tried again, and not much too early.
#[test]
fn a_refresh_comes_before_the_end() {
    for lasts in [3, 4, 10, 32, 60, 599, 600, 1199, 1200, 1201, 3600, 86_400] {
        let mut subscriber = active(lasts);
        let at = subscriber.due_at().unwrap();
        let left = (NOW + secs(lasts)).saturating_duration_since(at);
        assert!(left >= secs(lasts) / 2 || left == secs(600), "{lasts}");
        assert!(left < secs(lasts) && left <= secs(600), "{lasts}");
        assert_eq!(subscriber.on_time(at), Some(SubscriberDue::Refresh));
        assert_eq!(subscriber.on_time(at), None);
        assert_eq!(subscriber.due_at(), Some(NOW + secs(lasts)));
        let over = SubscriberDue::End(SubscriberEnd::Expired);
        assert_eq!(subscriber.on_time(NOW + secs(lasts)), Some(over));
    }
    // What lasts for no time at all is over.
    let mut subscriber = active(0);
    let over = SubscriberDue::End(SubscriberEnd::Expired);
    assert_eq!(subscriber.on_time(NOW), Some(over));
}

/// §4.1.3: what a NOTIFY says of the time holds, more or less than was said before; of one that says
/// `terminated` it means nothing.
#[test]
fn the_time_is_what_a_notify_says() {
    for lasts in [10, 100, 5000] {
        let mut subscriber = active(600);
        let later = NOW + secs(5);
        notify(&mut subscriber, later, &format!("active;expires={lasts}"));
        assert_eq!(subscriber.expires_at(), Some(later + secs(lasts)));
        notify(&mut subscriber, later + secs(1), "pending");
        assert_eq!(subscriber.expires_at(), Some(later + secs(lasts)));
        let end = notify(&mut subscriber, later, "terminated;expires=600");
        let at_will = SubscriberEnd::Terminated(Retry::AtWill);
        assert_eq!(end, Some(at_will));
        assert_eq!((subscriber.expires_at(), subscriber.due_at()), (None, None));
    }
}

/// §4.1.2.2, RFC 5839: 204 to a refresh says that no NOTIFY comes.
#[test]
fn no_notification_is_no_end() {
    let mut subscriber = active(600);
    subscriber.sent(NOW + secs(300), TIMER_N);
    assert!(subscriber.awaits_notify());
    subscriber.answered(NOW + secs(301), status(204), Some(600));
    assert!(!subscriber.awaits_notify());
    assert_eq!(subscriber.expires_at(), Some(NOW + secs(901)));
    assert_eq!(subscriber.on_time(NOW + secs(340)), None);
    assert_eq!(subscriber.state(), S::Active);
}

/// What was put away goes on with the time it has left.
#[test]
fn what_is_resumed_lasts_as_long_as_it_has() {
    for state in [S::Pending, S::Active] {
        let mut resumed = Subscriber::resumed(NOW, state, secs(100));
        assert_eq!((resumed.state(), resumed.awaits_notify()), (state, false));
        assert_eq!(resumed.expires_at(), Some(NOW + secs(100)));
        let refresh = resumed.on_time(NOW + secs(50));
        assert_eq!(refresh, Some(SubscriberDue::Refresh));
    }
    let over = Subscriber::resumed(NOW, S::Terminated, secs(100));
    assert_eq!((over.expires_at(), over.due_at()), (None, None));
}
