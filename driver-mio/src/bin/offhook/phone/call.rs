//! One call of the phone: its sound, its plans, and how it ended.

use std::time::Instant;

use offhook::sdp::{LocalMedia, MediaPlan};
use offhook::sip::message::StatusCode;
use offhook::sip::ua::{CallHandle, Info, UaEvent};

use super::news::{News, plain};
use super::sound::BEFORE_KEYS;
use super::{Phone, codecs};
use crate::failure::Failure;
use crate::leg::Leg;
use crate::node::Driver;
use crate::{rtpdump, wav};

/// What the phone does by itself at a certain time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    Answer(CallHandle),
    Hold(CallHandle),
    Resume(CallHandle),
    HangUp(CallHandle),
    Press(CallHandle),
    Leave,
    /// To look whether our address is another.
    Look,
}

/// A call from its first message to its end.
pub(crate) struct Call {
    pub(crate) number: usize,
    pub(super) peer: String,
    pub(super) incoming: bool,
    /// Whether the command line asked for it: then the program is about how it ends.
    pub(super) is_errand: bool,
    /// Whether all lines were taken when it came.
    pub(super) turned_away: bool,
    pub(super) answered: Option<Instant>,
    /// Whether anything was agreed on to be heard.
    pub(super) agreed: bool,
    pub(super) held_by_them: bool,
    pub(crate) leg: Option<Leg>,
}

impl Call {
    pub(super) fn new(number: usize, peer: &str, incoming: bool) -> Self {
        Self {
            number,
            peer: peer.into(),
            incoming,
            is_errand: false,
            turned_away: false,
            answered: None,
            agreed: false,
            held_by_them: false,
            leg: None,
        }
    }

    /// Whether its sound needs feeding.
    pub(crate) fn sounds(&self) -> bool {
        self.leg.is_some()
    }

    /// Whether it rings here and nobody has answered.
    pub(crate) fn waits_for_us(&self) -> bool {
        self.incoming && self.answered.is_none() && !self.turned_away
    }

    /// How it stands, for a list.
    pub(super) fn standing(&self, is_held: bool) -> News {
        let state = match (self.answered, self.incoming) {
            (Some(_), _) => "answered",
            (None, true) => "offered",
            (None, false) => "calling",
        };
        let which = if self.incoming { "from" } else { "to" };
        let ours = if is_held { ", on hold" } else { "" };
        let theirs = if self.held_by_them {
            ", they have us on hold"
        } else {
            ""
        };
        let line = format!("{which} {}: {state}{ours}{theirs}", self.peer);
        News::of("call", self.number, line)
            .text("state", state)
            .text("peer", &self.peer)
            .number("incoming", self.incoming)
            .number("held", is_held)
            .number("held_by_them", self.held_by_them)
    }

    /// Feeds what is said, takes what is heard.
    pub(crate) fn pump(&mut self, driver: &mut Driver) {
        if let Some(leg) = &mut self.leg {
            leg.pump(driver);
        }
    }
}

impl Phone {
    /// Calls a URI from an account: the one of the command line, or one that was asked for later.
    pub(crate) fn call(&mut self, at: usize, uri: &str, is_errand: bool) -> Result<(), Failure> {
        let (identity, home) = self.account(at)?;
        let uri = &self.place.over(home, uri);
        let (leg, media) = self.open_leg(self.begun + 1)?;
        let late = self.options.late_offer;
        let Some((now, agent)) = self.agent() else {
            return Ok(());
        };
        let begun = match late {
            true => agent.invite_without_offer_as(now, identity, uri, media),
            false => agent.invite_as(now, identity, uri, media),
        };
        let handle =
            begun.map_err(|error| Failure::usage(format!("cannot call {uri}: {error}")))?;
        self.begun += 1;
        let mut call = Call::new(self.begun, uri, false);
        call.is_errand = is_errand;
        call.leg = leg;
        self.calls.insert(handle, call);
        let line = format!("calling {uri}");
        self.tell(News::about("calling", self.begun, line).text("to", uri));
        self.warn_of_keys(self.begun, Some(uri));
        Ok(())
    }

    /// How many packets of a leg are kept for those who want to see them.
    pub(super) fn kept_packets(&self) -> usize {
        match self.options.transcript.is_some() || self.options.ladder {
            true => usize::MAX,
            false => 0,
        }
    }

    pub(super) fn open_leg(&mut self, number: usize) -> Result<(Option<Leg>, LocalMedia), Failure> {
        let codecs = codecs(&self.options.codecs);
        if !self.options.audio {
            // Signalling only: the discard port, where nobody listens.
            let address = std::net::SocketAddr::new(self.place.local.ip(), 9);
            return Ok((None, self.secured(Leg::silent(address, codecs))));
        }
        let name = format!("sound {number}");
        let kept = self.kept_packets();
        let ip = self.place.local.ip();
        let mut leg = Leg::open(&mut self.driver, &name, ip, self.options.rtp_port, kept)?;
        self.furnish(&mut leg, number);
        let media = self.secured(leg.media(codecs));
        Ok((Some(leg), media))
    }

    /// Gives a leg what is said in each call, and has it recorded and named as is wanted.
    pub(super) fn furnish(&mut self, leg: &mut Leg, number: usize) {
        leg.say(&self.said);
        for path in self
            .options
            .record
            .iter()
            .filter(|it| rtpdump::is_named(it))
        {
            leg.record(&mut self.driver, &wav::numbered(path, number));
        }
        if let Some(ladder) = &mut self.ladder {
            for address in leg.addresses() {
                ladder.name(address, "phone");
            }
        }
    }

    /// Takes note of what the user agent says of a call.
    pub(super) fn hear_call(&mut self, event: UaEvent) {
        match event {
            UaEvent::Incoming {
                call,
                from,
                display_name,
                to,
            } => self.incoming(call, &from, display_name.as_deref(), &to),
            UaEvent::Ringing { call, status } => {
                let status = status.as_u16();
                let line = format!("ringing ({status})");
                self.tell_of(call, |n| {
                    News::of("ringing", n, line).number("status", status)
                });
            }
            UaEvent::EarlyMedia { call, plan } => {
                self.agreed(call, &plan, "early-media", "early media");
            }
            UaEvent::Answered { call } => self.answered(call),
            UaEvent::MediaAgreed { call, plan } => self.agreed(call, &plan, "media", "media"),
            UaEvent::RemoteHold { call } => {
                self.note(call, |call| call.held_by_them = true);
                self.tell_of(call, |n| News::of("remote-hold", n, "they put us on hold"));
            }
            UaEvent::RemoteResumed { call } => {
                self.note(call, |call| call.held_by_them = false);
                self.tell_of(call, |n| {
                    News::of("remote-resumed", n, "they took us off hold")
                });
            }
            UaEvent::HoldDone { call } => self.tell_of(call, |n| News::of("held", n, "on hold")),
            UaEvent::ResumeDone { call } => {
                self.tell_of(call, |n| News::of("resumed", n, "off hold"));
            }
            UaEvent::ModifyDone { call } => {
                self.tell_of(call, |n| News::of("modified", n, "the change is in force"));
            }
            UaEvent::StreamRefused { call, kind } => {
                let kind = kind.as_str();
                let line = format!("they offer {kind}, which we have not");
                self.tell_of(call, |n| {
                    News::of("stream-refused", n, line).text("kind", kind)
                });
            }
            UaEvent::StreamRemoved { call, .. } => {
                // A phone has one.
                let leg = self.calls.get_mut(&call).and_then(|it| it.leg.as_mut());
                if let Some(leg) = leg {
                    leg.silence(&mut self.driver);
                }
                self.tell_of(call, |n| {
                    News::of("stream-removed", n, "there is no sound any more")
                });
            }
            // A phone has no further streams, and its settings do not ask who is connected.
            UaEvent::StreamAgreed { .. }
            | UaEvent::PeerIdentified { .. }
            | UaEvent::IdentityDone { .. } => {}
            UaEvent::ChangeRefused {
                call,
                status,
                details,
            } => {
                let status = status.as_u16();
                let line = format!("they refused the change: {status}");
                self.tell_of(call, |n| {
                    let news = News::of("change-refused", n, line);
                    news.number("status", status).details(details.as_deref())
                });
            }
            UaEvent::SessionRefreshed { call } => {
                self.tell_timer(call, "session-refreshed", "session refreshed");
            }
            UaEvent::Info { call, info } => self.tell_of(call, |n| told(n, &info)),
            UaEvent::InfoAnswered { call, status, .. } => {
                self.tell_of(call, |n| info_answered(n, status));
            }
            UaEvent::EarlyDialogTerminated { call, ringing, .. } => {
                let line = format!("one of those that rang does not any more, {ringing} still do");
                self.tell_of(call, |n| {
                    News::of("early-dialog-terminated", n, line).number("ringing", ringing)
                });
            }
            UaEvent::Message {
                call,
                from,
                to,
                message,
                ..
            } => self.message(call, &from, &to, &message),
            UaEvent::MessageAnswered {
                status, details, ..
            } => self.message_answered(None, status, details.as_deref()),
            UaEvent::CallMessageAnswered {
                call,
                status,
                details,
            } => self.message_answered(Some(call), status, details.as_deref()),
            UaEvent::Ended {
                call,
                reason,
                details,
            } => self.over(call, reason, details.as_deref()),
            UaEvent::Subscribed { .. }
            | UaEvent::Notified { .. }
            | UaEvent::SubscriptionForked { .. }
            | UaEvent::SubscriptionEnded { .. }
            | UaEvent::ReferAnswered { .. }
            | UaEvent::ReferProgress { .. }
            | UaEvent::SubscriptionRequested { .. }
            | UaEvent::Referred { .. }
            | UaEvent::WatcherEnded { .. } => self.hear_subscription(event),
            UaEvent::BindingsAnswered { .. }
            | UaEvent::OptionsAnswered { .. }
            | UaEvent::Registered { .. }
            | UaEvent::RegistrationFailed { .. }
            | UaEvent::Unregistered { .. } => {}
        }
    }

    /// Tells something of a call that there is.
    fn tell_of(&mut self, handle: CallHandle, news: impl FnOnce(usize) -> News) {
        if let Some(call) = self.calls.get(&handle) {
            let news = news(call.number);
            self.tell(news);
        }
    }

    fn note(&mut self, handle: CallHandle, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.calls.get_mut(&handle) {
            change(call);
        }
    }

    /// Takes what offer and answer agreed on.
    fn agreed(&mut self, handle: CallHandle, plan: &MediaPlan, event: &str, what: &str) {
        let Some(call) = self.calls.get_mut(&handle) else {
            return;
        };
        call.agreed = true;
        let number = call.number;
        let news = News::of_plan(event, number, what, plan);
        if let Some(leg) = call.leg.as_mut() {
            if let Err(why) = leg.agree(&mut self.driver, plan) {
                self.tell(News::error(&why));
                return self.hang_up(handle);
            }
        }
        self.tell(news);
        self.warn_of_clear(number, plan);
    }

    fn incoming(&mut self, handle: CallHandle, from: &str, name: Option<&str>, to: &str) {
        let lines = self.options.lines;
        let is_busy = lines.is_some_and(|lines| self.calls.len() >= lines);
        self.begun += 1;
        let mut call = Call::new(self.begun, from, true);
        call.turned_away = is_busy;
        self.calls.insert(handle, call);
        let shown = name.map_or_else(String::new, |name| format!("{name} "));
        let of_several = self.accounts.len() > 1;
        let whom = if of_several {
            format!(" for {to}")
        } else {
            String::new()
        };
        let line = format!("call {} from {shown}{from}{whom}", self.begun);
        let news = News::about("incoming", self.begun, line)
            .text("from", from)
            .maybe_text("name", name)
            .text("to", to);
        self.tell(news);
        if is_busy {
            return self.refuse(handle, StatusCode::BUSY_HERE);
        }
        self.warn_of_keys(self.begun, None);
        match self.options.answer_after {
            Some(after) if after.is_zero() => self.accept(handle),
            Some(after) => {
                self.ring(handle);
                self.due.push((Instant::now() + after, Due::Answer(handle)));
            }
            None => {
                self.ring(handle);
                if !self.options.json {
                    self.tell(News::new("hint", "a Enter answers, d Enter declines"));
                }
            }
        }
    }

    /// Rings, and lets the caller hear us already if that is wanted.
    fn ring(&mut self, call: CallHandle) {
        if self.options.early_media {
            return self.begin_early_session(call);
        }
        if let Some((now, agent)) = self.agent() {
            let done = agent.ring(now, call);
            self.report(done.err());
        }
    }

    /// The sound of a call that rings, opened if it is not yet.
    fn leg_of(&mut self, handle: CallHandle) -> Result<LocalMedia, Failure> {
        let open = self.calls.get(&handle).and_then(|call| call.leg.as_ref());
        if let Some(leg) = open {
            return Ok(self.secured(leg.media(codecs(&self.options.codecs))));
        }
        let number = self.calls.get(&handle).map_or(0, |call| call.number);
        let (leg, media) = self.open_leg(number)?;
        if let Some(call) = self.calls.get_mut(&handle) {
            call.leg = leg;
        }
        Ok(media)
    }

    /// Lets the caller of a call that rings hear us before it is answered.
    pub(super) fn begin_early_session(&mut self, handle: CallHandle) {
        let media = match self.leg_of(handle) {
            Ok(media) => media,
            Err(why) => return self.tell(News::error(&why.to_string())),
        };
        if let Some((now, agent)) = self.agent() {
            let done = agent.begin_early_session(now, handle, media);
            self.report(done.err());
        }
    }

    /// Answers a call that rings.
    pub(super) fn accept(&mut self, handle: CallHandle) {
        let media = match self.leg_of(handle) {
            Ok(media) => media,
            Err(why) => {
                self.tell(News::error(&why.to_string()));
                return self.hang_up(handle);
            }
        };
        if let Some((now, agent)) = self.agent() {
            let done = agent.accept(now, handle, media);
            self.report(done.err());
        }
    }

    fn answered(&mut self, handle: CallHandle) {
        let now = Instant::now();
        let Some(call) = self.calls.get_mut(&handle) else {
            return;
        };
        call.answered = Some(now);
        let line = format!("in call {} with {}", call.number, call.peer);
        let news = News::about("answered", call.number, line).text("peer", &call.peer);
        self.tell(news);
        self.tell_timer(handle, "session-timer", "session timer");
        if let Some(after) = self.options.hold_after {
            self.due.push((now + after, Due::Hold(handle)));
            self.due.push((now + after * 2, Due::Resume(handle)));
        }
        if self.options.dtmf.is_some() {
            self.due.push((now + BEFORE_KEYS, Due::Press(handle)));
        }
        if let Some(after) = self.options.duration {
            self.due.push((now + after, Due::HangUp(handle)));
        }
    }

    /// Tells how the session of a call is kept alive, if it needs that.
    fn tell_timer(&mut self, handle: CallHandle, event: &str, what: &str) {
        let timer = self
            .agent()
            .and_then(|(_, agent)| agent.user().call(handle)?.session_timer());
        if let Some(timer) = timer {
            self.tell_of(handle, |n| News::of_timer(event, n, what, timer));
        }
    }
}

/// What an INFO says.
fn told(call: usize, info: &Info) -> News {
    let text = String::from_utf8_lossy(&info.body);
    let line = plain(&text);
    let line = match &info.package {
        Some(package) => format!("they say: {line} ({package}, {})", info.content_type),
        None => format!("they say: {line} ({})", info.content_type),
    };
    News::of("info", call, line)
        .maybe_text("package", info.package.as_deref())
        .text("type", &info.content_type)
        .text("text", &text)
}

/// What became of an INFO of ours.
fn info_answered(call: usize, status: Option<StatusCode>) -> News {
    let line = match status {
        Some(status) if status.is_success() => "said".to_owned(),
        Some(status) => format!("they do not listen: {}", status.as_u16()),
        None => "they do not answer".to_owned(),
    };
    News::of("info-answered", call, line).maybe("status", status.map(StatusCode::as_u16))
}
