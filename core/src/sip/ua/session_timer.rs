//! Session timers (RFC 4028): a session that nobody refreshes is over, so that a far end that has
//! vanished does not keep a call alive.
//!
//! ```text
//!   2xx with Session-Expires ──▶ running ── we refresh: half of it ──▶ UPDATE or re-INVITE
//!                                  ▲  │                                  │ 2xx
//!                                  └──┼──────────────────────────────────┘
//!                                     └ nobody did: the smaller of 32 s and a third before the end ──▶ BYE
//! ```
//!
//! Who refreshes is a role in the transaction, and stands in its 2xx. Any re-INVITE or UPDATE
//! refreshes, whatever it is for (§7.2).

use alloc::vec::Vec;
use core::time::Duration;

use super::call::{Call, CallHandle, Cx, Kind, Leg, LegId, LegState, Stage};
use super::config::UserAgentConfig;
use super::draft::{self, Draft};
use super::events::{EndReason, UaEvent};
use super::requests::Refusal;
use crate::sip::endpoint::Stack;
use crate::sip::header::{MinSe, Refresher, SessionExpires, Value};
use crate::sip::message::{HeaderName, Message, RequestBuilder, ResponseBuilder, StatusCode};
use crate::time::Instant;

/// How long before its end a session is given up at most (§10).
const MARGIN: Duration = Duration::from_secs(32);

/// The session timer of one dialog (RFC 4028 §10): what the last 2xx has settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionTimer {
    /// The session interval, in seconds.
    interval: u32,
    we_refresh: bool,
    /// When the session is over, unless it is refreshed.
    until: Instant,
}

/// A session timer, as of the moment it was saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SavedSessionTimer {
    /// After how long the session is over that nobody refreshes, in whole seconds (RFC 4028 §4).
    pub interval: Duration,
    /// Whether it is we who refresh it.
    pub we_refresh: bool,
    /// How much of that was left.
    pub remaining: Duration,
}

/// What a message says about the session interval.
struct Heard {
    expires: Option<(u32, Option<Refresher>)>,
    min: u32,
    is_supported: bool,
}

impl Heard {
    fn of(message: &Message) -> Self {
        let expires = message.field(HeaderName::SessionExpires);
        let expires = expires.and_then(|value| SessionExpires::parse(value).ok());
        Self {
            expires: expires.map(|it| (it.seconds, it.refresher)),
            min: min_se(message).unwrap_or(0),
            is_supported: message.lists(HeaderName::Supported, "timer"),
        }
    }
}

/// The Min-SE of a message.
pub(super) fn min_se(message: &Message) -> Option<u32> {
    let value = message.field(HeaderName::MinSe)?;
    MinSe::parse(value).ok().map(|it| it.seconds)
}

/// The shortest interval we take. §5: none is shorter than 90 seconds.
fn shortest(config: &UserAgentConfig) -> u32 {
    draft::seconds(config.shortest_session_interval).max(MinSe::DEFAULT_SECONDS)
}

/// The interval that stands in the INVITE that begins a call.
pub(super) fn asked(config: &UserAgentConfig, draft: &Draft) -> Option<u32> {
    let wanted = config
        .session_interval
        .filter(|_| draft.extensions.names("timer"));
    let interval = draft::seconds(wanted?);
    Some(interval.max(shortest(config)).max(draft.min_se))
}

/// Asks for a session timer in the INVITE that begins a call, no shorter than the largest Min-SE
/// that a 422 to it has named (§7.1, §7.4).
pub(super) fn ask(builder: &mut RequestBuilder, config: &UserAgentConfig, draft: &Draft) {
    let Some(interval) = asked(config, draft) else {
        return;
    };
    let min = draft.min_se;
    builder.field(
        HeaderName::SessionExpires,
        &SessionExpires::new(interval, None),
    );
    if min > 0 {
        builder.field(HeaderName::MinSe, &MinSe::new(min));
    }
}

/// Refuses a session interval that is too short for us, if the caller knows what that means (§9).
pub(super) fn check(message: &Message, config: &UserAgentConfig) -> Result<(), Refusal> {
    let heard = Heard::of(message);
    let least = shortest(config);
    match heard.expires {
        Some((interval, _)) if heard.is_supported && interval < least => {
            let mut value = Vec::new();
            MinSe::new(least).write(&mut value);
            let status = StatusCode::SESSION_INTERVAL_TOO_SMALL;
            Err(Refusal::with(status, HeaderName::MinSe, &value))
        }
        Some(_) | None => Ok(()),
    }
}

/// The Session-Expires of the 2xx to a request (§9), which may be older than a `timer` of ours.
fn answer(
    heard: &Heard,
    config: &UserAgentConfig,
    timer: Option<SessionTimer>,
) -> Option<(u32, Refresher)> {
    let interval = match (heard.expires, timer) {
        (Some((interval, _)), _) => interval.max(MinSe::DEFAULT_SECONDS),
        (None, Some(timer)) if heard.is_supported => {
            return Some((timer.interval.max(heard.min), timer.refresher_for_client()));
        }
        (None, _) if heard.is_supported => {
            let wanted = draft::seconds(config.session_interval?);
            wanted.max(shortest(config)).max(heard.min)
        }
        (None, _) => return None,
    };
    // Table 2. Where we may choose, the client goes on with what it has begun.
    let asked = heard.expires.and_then(|(_, refresher)| refresher);
    let refresher = match (heard.is_supported, asked) {
        (false, _) => Refresher::Uas,
        (true, None) => Refresher::Uac,
        (true, Some(refresher)) => refresher,
    };
    Some((interval, refresher))
}

impl Leg {
    /// Writes what a request in this dialog says about its session timer (§7.4).
    pub(super) fn refresh(&self, builder: &mut RequestBuilder) {
        if !self.peer.extensions.names("timer") {
            return;
        }
        if let Some(timer) = self.session_timer.filter(|_| self.state != LegState::Early) {
            let interval = timer.interval.max(self.min_se).max(MinSe::DEFAULT_SECONDS);
            let refresher = if timer.we_refresh {
                Refresher::Uac
            } else {
                Refresher::Uas
            };
            builder.field(
                HeaderName::SessionExpires,
                &SessionExpires::new(interval, Some(refresher)),
            );
        }
        if self.min_se > 0 {
            builder.field(HeaderName::MinSe, &MinSe::new(self.min_se));
        }
    }

    /// Takes a request that refreshes the session, and writes what its 2xx says of that. A request
    /// may have crossed the 2xx that has begun the session timer, and then does not turn it off.
    pub(super) fn on_refreshed(
        &mut self,
        request: &Message,
        config: &UserAgentConfig,
        now: Instant,
        has_crossed: bool,
        builder: &mut ResponseBuilder<'_>,
    ) {
        let heard = Heard::of(request);
        self.min_se = self.min_se.max(heard.min);
        let answer = answer(&heard, config, self.session_timer.filter(|_| has_crossed));
        self.session_timer = answer.map(|(interval, refresher)| {
            let we_refresh = refresher == Refresher::Uas;
            SessionTimer::begin(interval, we_refresh, now)
        });
        let Some((interval, refresher)) = answer else {
            return;
        };
        builder.field(
            HeaderName::SessionExpires,
            &SessionExpires::new(interval, Some(refresher)),
        );
        if heard.is_supported {
            builder.field(HeaderName::Require, "timer");
        }
    }

    /// Takes the 2xx to a request of ours that refreshes the session (§7.2); `asked` is the interval
    /// that stood in it.
    pub(super) fn on_refresh_answered(
        &mut self,
        response: &Message,
        asked: Option<u32>,
        now: Instant,
    ) {
        let heard = Heard::of(response);
        let (interval, we_refresh) = match (heard.expires, asked) {
            (Some((interval, refresher)), _) => (interval, refresher != Some(Refresher::Uas)),
            // A far end that does not know session timers: we refresh for ourselves.
            (None, Some(interval)) if !heard.is_supported => (interval, true),
            // One that does has turned it off.
            (None, _) => {
                self.session_timer = None;
                return;
            }
        };
        // Nobody gets us to refresh more often than the RFC lets anyone ask for.
        let interval = interval.max(MinSe::DEFAULT_SECONDS);
        self.session_timer = Some(SessionTimer::begin(interval, we_refresh, now));
    }

    /// Takes note of the Min-SE of a 422; `false` if it is nothing new.
    pub(super) fn takes_longer(&mut self, min: u32) -> bool {
        let is_new = min > self.min_se;
        self.min_se = self.min_se.max(min);
        is_new
    }

    /// The interval the next refresh asks for.
    pub(super) fn asked_interval(&self) -> Option<u32> {
        let timer = self.session_timer?;
        Some(timer.interval.max(self.min_se))
    }
}

impl SessionTimer {
    /// The timer of a session that is refreshed at `now`.
    fn begin(interval: u32, we_refresh: bool, now: Instant) -> Self {
        Self {
            interval,
            we_refresh,
            until: now + Duration::from_secs(interval.into()),
        }
    }

    /// What is left of it, as plain data.
    pub(super) fn save(&self, now: Instant) -> SavedSessionTimer {
        SavedSessionTimer {
            interval: self.interval(),
            we_refresh: self.we_refresh,
            remaining: self.until.saturating_duration_since(now),
        }
    }

    /// Goes on with one that was saved `away` ago.
    pub(super) fn restore(saved: &SavedSessionTimer, away: Duration, now: Instant) -> Self {
        let interval = draft::seconds(saved.interval).max(MinSe::DEFAULT_SECONDS);
        let whole = Duration::from_secs(interval.into());
        Self {
            interval,
            we_refresh: saved.we_refresh,
            until: now + saved.remaining.min(whole).saturating_sub(away),
        }
    }

    /// After how long the session is over that nobody refreshes; never below 90 seconds (§4).
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.interval.into())
    }

    /// Whether it is we who refresh it, at half of that; if not, it is the far end.
    #[must_use]
    pub fn we_refresh(&self) -> bool {
        self.we_refresh
    }

    /// Who refreshes it, as a role in a request of the far end.
    fn refresher_for_client(&self) -> Refresher {
        if self.we_refresh {
            Refresher::Uas
        } else {
            Refresher::Uac
        }
    }

    /// When we have to refresh.
    fn refresh_at(&self) -> Option<Instant> {
        let half = self.interval() / 2;
        self.we_refresh.then(|| self.until.saturating_sub(half))
    }

    /// When the session is given up.
    fn give_up_at(&self) -> Instant {
        self.until.saturating_sub(MARGIN.min(self.interval() / 3))
    }
}

impl Call {
    /// Takes the 2xx of an INVITE or UPDATE of ours.
    pub(super) fn on_session_refreshed(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        response: &Message,
        asked: Option<u32>,
    ) {
        let now = cx.stack.now();
        if let Some(leg) = self.leg_mut(id) {
            leg.on_refresh_answered(response, asked, now);
        }
        self.arm_session_timer(cx.stack, cx.me);
    }

    /// Tells the application of a refresh, once the 2xx to it has come or gone.
    pub(super) fn tell_refreshed(&self, cx: &mut Cx<'_, CallHandle>) {
        let is_established = self.stage == Stage::Established;
        if is_established && self.session_timer().is_some() {
            cx.events.push(UaEvent::SessionRefreshed { call: cx.me });
        }
    }

    /// Waits for the next thing that has to be done about the session of the call.
    pub(super) fn arm_session_timer(&mut self, stack: &mut Stack, me: CallHandle) {
        self.stop_session_timer(stack);
        if self.stage != Stage::Established {
            return;
        }
        let Some(timer) = self.session_timer() else {
            return;
        };
        let now = stack.now();
        let refresh = timer.refresh_at().filter(|at| *at > now);
        let next = refresh.unwrap_or(timer.give_up_at());
        let after = next.saturating_duration_since(now);
        self.refresh_timer = Some(stack.arm(after, Kind::Session.of(me)));
    }

    /// Goes on with a session timer that has run while nobody was here: what is due by now is done
    /// at once.
    pub(super) fn resume_session_timer(&mut self, stack: &mut Stack, me: CallHandle) {
        let due = self.session_timer().and_then(|timer| timer.refresh_at());
        if due.is_some_and(|due| due <= stack.now()) {
            self.change.want_refresh();
        }
        self.arm_session_timer(stack, me);
    }

    /// Waits for nothing any more.
    pub(super) fn stop_session_timer(&mut self, stack: &mut Stack) {
        if let Some(timer) = self.refresh_timer.take() {
            stack.disarm(timer);
        }
    }

    /// It is time to refresh the session, or to give it up (§10).
    pub(super) fn on_session_timer(&mut self, cx: &mut Cx<'_, CallHandle>) {
        self.refresh_timer = None;
        let Some(timer) = self.session_timer() else {
            return;
        };
        if cx.stack.now() >= timer.give_up_at() {
            self.end(EndReason::SessionExpired);
            return;
        }
        if timer.we_refresh {
            self.change.want_refresh();
        }
        self.arm_session_timer(cx.stack, cx.me);
    }
}
