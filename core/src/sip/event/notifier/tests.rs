//! The notifier against a table of RFC 6665 §4.2.2, through all sequences of six of eight events; and its
//! rules one by one.

use super::*;
use alloc::string::String;
use alloc::vec::Vec;

const NOW: Instant = Instant::from_nanos(5_000_000_000);

fn said(notifier: &Notifier, after_ms: u64) -> String {
    use crate::sip::header::Value as _;
    let mut out = Vec::new();
    let now = NOW + Duration::from_millis(after_ms);
    notifier.subscription_state(now).write(&mut out);
    String::from_utf8(out).unwrap()
}

/// What happens to a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Granted,
    Deferred,
    /// A SUBSCRIBE for so many seconds.
    Refresh(u32),
    /// A NOTIFY is refused with a status that ends it, and with another one.
    Lost,
    Refused,
    Policy,
    /// So many seconds pass.
    Wait(u64),
}

const EVENTS: [Event; 8] = [
    Event::Granted,
    Event::Deferred,
    Event::Refresh(60),
    Event::Refresh(0),
    Event::Lost,
    Event::Refused,
    Event::Policy,
    Event::Wait(40),
];

use NotifierState as S;

/// The figure of §4.2.2, where a row that is missing leaves the state as it is.
const TABLE: [(S, Event, S, &str); 15] = [
    (S::RespWait, Event::Granted, S::Active, ""),
    (S::RespWait, Event::Deferred, S::Pending, ""),
    (S::RespWait, Event::Lost, S::Terminated, "giveup"),
    (S::RespWait, Event::Policy, S::Terminated, "rejected"),
    (S::RespWait, Event::Refresh(0), S::Terminated, "timeout"),
    (S::Pending, Event::Granted, S::Active, ""),
    (S::Pending, Event::Lost, S::Terminated, "giveup"),
    (S::Pending, Event::Policy, S::Terminated, "rejected"),
    (S::Pending, Event::Refresh(0), S::Terminated, "timeout"),
    (S::Active, Event::Lost, S::Terminated, "giveup"),
    (S::Active, Event::Policy, S::Terminated, "rejected"),
    (S::Active, Event::Refresh(0), S::Terminated, "timeout"),
    (S::RespWait, Event::Refused, S::RespWait, ""),
    (S::Pending, Event::Refused, S::Pending, ""),
    (S::Active, Event::Refused, S::Active, ""),
];

/// The state, until when it lasts, and the reason it has ended for.
type Model = (S, Instant, &'static str);

fn take((notifier, now): (&mut Notifier, &mut Instant), model: &mut Model, event: Event) {
    let row = TABLE
        .iter()
        .find(|(from, on, ..)| (*from, *on) == (model.0, event));
    if let Some((_, _, to, reason)) = row {
        (model.0, model.2) = (*to, reason);
    }
    match event {
        Event::Granted => notifier.accept(true),
        Event::Deferred => notifier.accept(false),
        Event::Refresh(secs) => {
            notifier.refresh(*now, secs);
            if model.0 != S::Terminated {
                model.1 = *now + Duration::from_secs(secs.into());
            }
        }
        Event::Lost => assert!(notifier.failed(StatusCode::new(481).unwrap())),
        Event::Refused => assert!(!notifier.failed(StatusCode::new(500).unwrap())),
        Event::Policy => notifier.terminate("rejected", None),
        Event::Wait(secs) => {
            *now += Duration::from_secs(secs);
            let is_over = model.0 != S::Terminated && model.1 <= *now;
            if is_over {
                (model.0, model.2) = (S::Terminated, "timeout");
            }
            assert_eq!(notifier.on_time(*now), is_over);
        }
    }
}

fn explore(before: (Notifier, Model), now: Instant, trace: &mut Vec<Event>) -> u32 {
    if trace.len() == 6 {
        return 1;
    }
    let mut count = 0;
    for event in EVENTS {
        let (mut notifier, mut model, mut now) = (before.0, before.1, now);
        trace.push(event);
        take((&mut notifier, &mut now), &mut model, event);
        assert_eq!(notifier.state(), model.0, "{trace:?}");
        let said = notifier.subscription_state(now);
        assert_eq!(said.reason.unwrap_or_default(), model.2, "{trace:?}");
        let left = model.1.saturating_duration_since(now).as_secs();
        let expires = (model.0 != S::Terminated).then_some(left);
        assert_eq!(said.expires.map(u64::from), expires, "{trace:?}");
        count += explore((notifier, model), now, trace);
        trace.pop();
    }
    count
}

/// §4.2.2: the machine does what the figure says, through all sequences of six of eight events.
// shows: S300
#[test]
fn the_machine_does_what_the_figure_says() {
    let model = (S::RespWait, NOW + Duration::from_secs(60), "");
    let sequences = explore((Notifier::new(NOW, 60), model), NOW, &mut Vec::new());
    assert_eq!(sequences, 8_u32.pow(6));
}

/// §4.2.2: active and pending have `expires`, which is what is left; terminated has a reason, and
/// no `expires`.
#[test]
fn a_notify_says_how_it_stands() {
    let mut notifier = Notifier::new(NOW, 60);
    notifier.accept(false);
    assert_eq!(said(&notifier, 0), "pending;expires=60");
    assert_eq!(said(&notifier, 1), "pending;expires=60");
    assert_eq!(said(&notifier, 20_000), "pending;expires=40");
    notifier.accept(true);
    assert_eq!(said(&notifier, 20_000), "active;expires=40");
    notifier.accept(false);
    assert_eq!(notifier.state(), NotifierState::Active);
    notifier.refresh(NOW + Duration::from_secs(30), 100);
    assert_eq!(said(&notifier, 30_000), "active;expires=100");
    assert!(!notifier.on_time(NOW + Duration::from_secs(129)));
    assert!(notifier.on_time(NOW + Duration::from_secs(130)));
    assert!(!notifier.on_time(NOW + Duration::from_secs(131)));
    assert_eq!(said(&notifier, 131_000), "terminated;reason=timeout");
    notifier.terminate("rejected", Some(3));
    assert_eq!(said(&notifier, 131_000), "terminated;reason=timeout");
    let mut notifier = Notifier::new(NOW, 60);
    notifier.terminate("probation", Some(3));
    assert_eq!(
        said(&notifier, 0),
        "terminated;reason=probation;retry-after=3"
    );
}

/// §4.4.3, §4.2.1.4: no seconds at all end it.
#[test]
fn no_time_is_the_end() {
    let mut notifier = Notifier::new(NOW, 60);
    notifier.accept(true);
    notifier.refresh(NOW, 0);
    assert_eq!(said(&notifier, 0), "terminated;reason=timeout");
    notifier.refresh(NOW, 60);
    assert_eq!(notifier.state(), NotifierState::Terminated);
    let mut question = Notifier::new(NOW, 0);
    question.accept(true);
    assert!(question.on_time(NOW));
}

/// §4.2.2: which refusals of a NOTIFY end a subscription, of all there are.
#[test]
fn some_refusals_of_a_notify_end_it() {
    let ends = [
        404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
    ];
    for code in 300..700 {
        let mut notifier = Notifier::new(NOW, 60);
        notifier.accept(true);
        let status = StatusCode::new(code).unwrap();
        assert_eq!(notifier.failed(status), ends.contains(&code), "{code}");
        let is_over = notifier.state() == NotifierState::Terminated;
        assert_eq!(is_over, ends.contains(&code), "{code}");
    }
}
