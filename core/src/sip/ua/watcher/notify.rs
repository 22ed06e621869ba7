//! NOTIFY, and what a subscription of somebody else's does when its state allows (RFC 6665 §4.2.2).

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::referral::fragment;
use super::{EventState, WAITING, Watcher, WatcherEnd, WatcherHandle};
use crate::sip::endpoint::{Events, LocationHandle, SelectError, Stack, Way};
use crate::sip::event::NotifierState;
use crate::sip::header::NameAddr;
use crate::sip::header::{Event, EventType, Params, Value};
use crate::sip::message::{HeaderName, Method, StatusCode};
use crate::sip::transaction::{ClientHandle, ServerHandle};
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::{Cx, Kind};
use crate::sip::ua::contact;
use crate::sip::ua::event_dialog::{EventRequest, Place};
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::identity::config_of;
use crate::sip::ua::links::{ClientUse, Usage};
use crate::sip::ua::outcome::Outcome;
use crate::sip::ua::requests::respond;
use crate::time::Instant;

impl UserAgent {
    /// Lets `act` change somebody's subscription, then does what its new state allows, and forgets it
    /// if it is over: the one place where they go.
    pub(in crate::sip::ua) fn with_watcher<R>(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: WatcherHandle,
        act: impl FnOnce(&mut Watcher, &mut Cx<'_, WatcherHandle>) -> R,
    ) -> Option<R> {
        let result = self.on_watcher(stack, events, me, act)?;
        self.settle_watcher(stack, events, me);
        Some(result)
    }

    fn on_watcher<R>(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: WatcherHandle,
        act: impl FnOnce(&mut Watcher, &mut Cx<'_, WatcherHandle>) -> R,
    ) -> Option<R> {
        let watcher = self.watchers.get_mut(me)?;
        let mut cx = Cx {
            me,
            identity: watcher.identity,
            config: config_of(&self.config, &self.others, watcher.identity),
            links: &mut self.links,
            stack,
            events,
        };
        Some(act(watcher, &mut cx))
    }

    pub(super) fn settle_watcher(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: WatcherHandle,
    ) {
        self.on_watcher(stack, events, me, Watcher::look_up_hop);
        self.send_notify(stack, events, me);
        self.on_watcher(stack, events, me, Watcher::conclude);
        let Some(it) = self.watchers.get_mut(me) else {
            return;
        };
        if let Some(timer) = it.timer.take() {
            stack.disarm(timer);
        }
        if !it.is_terminated() {
            if let Some(due) = it.due_at() {
                let after = due.saturating_duration_since(stack.now());
                it.timer = Some(stack.arm(after, Kind::Watcher.of(me)));
            }
            return;
        }
        self.on_watcher(stack, events, me, Watcher::unlink);
        let shared = self.watchers.remove(me).and_then(|it| it.place.shared());
        if let Some((call, _)) = shared {
            // Its dialog may have been kept for this.
            self.with_call(stack, events, call, |_, _| {});
        }
    }

    /// Sends what is to be told next, if the last is answered.
    fn send_notify(&mut self, stack: &mut Stack, events: &mut Events<UaEvent>, me: WatcherHandle) {
        let now = stack.now();
        let Some(it) = self.watchers.get_mut(me) else {
            return;
        };
        if it.asked.is_some() || it.under_way.is_some() || it.is_over {
            return;
        }
        if it.referral.as_ref().is_some_and(|it| it.is_silent) {
            it.waiting.clear();
        }
        let Some(next) = it.waiting.pop_front() else {
            return;
        };
        let is_last = it.waiting.is_empty();
        let request = it.request(now, next, is_last);
        let identity = it.identity;
        let mut place = mem::replace(&mut it.place, Place::None);
        let used = (identity, ClientUse::Notify(me));
        let sent = self.send_event_request(stack, events, used, &mut place, &request);
        let Some(it) = self.watchers.get_mut(me) else {
            return;
        };
        it.place = place;
        match sent {
            Ok(transaction) => {
                let told = EventState {
                    content_type: request.content_type,
                    body: request.body,
                };
                it.under_way = Some((transaction, told));
            }
            Err(_) => {
                it.machine.failed(StatusCode::REQUEST_TIMEOUT);
                it.ending.get_or_insert(WatcherEnd::Unreachable);
                it.waiting.clear();
            }
        }
    }

    /// Acts on what became of a NOTIFY.
    pub(in crate::sip::ua) fn on_notify_outcome(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        (me, transaction): (WatcherHandle, ClientHandle),
        outcome: Outcome<'_>,
    ) {
        if outcome.status().is_provisional() {
            return;
        }
        let Some(it) = self.watchers.get_mut(me) else {
            return;
        };
        let told = it.under_way.take_if(|(sent, _)| *sent == transaction);
        let Some((_, told)) = told else {
            return;
        };
        if let Some(response) = outcome.message() {
            let identity = it.identity;
            let mut place = mem::replace(&mut it.place, Place::None);
            let is_improved =
                self.is_event_request_improved(stack, events, identity, &mut place, response);
            let Some(it) = self.watchers.get_mut(me) else {
                return;
            };
            it.place = place;
            if is_improved {
                // It may be of changes only: it comes before what has changed since.
                it.waiting.push_front(told);
            }
        }
        self.with_watcher(stack, events, me, |it, _| {
            let status = outcome.status();
            if status.is_success() {
                return;
            }
            let failed = match outcome.reported() {
                Some(status) => WatcherEnd::Refused(status),
                None => WatcherEnd::Unreachable,
            };
            if it.machine.failed(status) {
                it.waiting.clear();
                it.ending.get_or_insert(failed);
            }
            // RFC 3515 §2.4.7: whoever has not heard the end was not told.
            if it.waiting.is_empty() && it.ending == Some(WatcherEnd::Reported) {
                it.ending = Some(failed);
            }
        });
    }

    /// Takes what came of a search for the next hop of a dialog.
    pub(in crate::sip::ua) fn on_watcher_located(
        &mut self,
        me: WatcherHandle,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) {
        let own = self.watchers.get_mut(me).and_then(|it| it.place.own_mut());
        if let Some(own) = own {
            own.on_located(location, found);
        }
    }
}

impl Watcher {
    /// A NOTIFY that tells this.
    fn request(&self, now: Instant, told: EventState, is_last: bool) -> EventRequest {
        let event = Event {
            event_type: EventType(&self.event),
            id: self.id.as_deref(),
            params: Params::EMPTY,
        };
        let mut state = self.machine.subscription_state(now);
        // What has to be told before the end is told while there is a subscription.
        if !is_last && self.machine.state() == NotifierState::Terminated {
            state =
                crate::sip::header::SubscriptionState::new(crate::sip::header::Substate::Active);
            state.expires = Some(0);
        }
        EventRequest {
            method: Method::Notify,
            fields: Vec::from([
                (HeaderName::Event, written(&event)),
                (HeaderName::SubscriptionState, written(&state)),
            ]),
            content_type: told.content_type,
            body: told.body,
        }
    }

    /// Answers its SUBSCRIBE or REFER with 200 (§4.2.1.1; RFC 7647 §5), for so many seconds.
    pub(super) fn accept_for(
        &mut self,
        cx: &mut Cx<'_, WatcherHandle>,
        transaction: ServerHandle,
        secs: u32,
    ) {
        let Some(message) = cx.stack.received_request(transaction).cloned() else {
            return;
        };
        let is_subscribe = message.method() == Method::Subscribe;
        let makes_dialog = message.to().is_ok_and(|to| to.tag.is_none());
        let is_silent = self.referral.as_ref().is_some_and(|it| it.is_silent);
        let flow = match &self.place {
            Place::Own(own) => Some((own.fallback.flow, own.dialog.is_secure())),
            Place::None | Place::Call(..) => cx
                .stack
                .server(transaction)
                .map(|it| (it.source().flow, false)),
        };
        let contact = flow.map(|(flow, secure)| contact::uri(cx, flow, secure));
        let (config, tag) = (cx.config, &self.local_tag);
        let status = StatusCode::OK;
        respond(
            cx.stack,
            config,
            transaction,
            &message,
            status,
            tag,
            |response| {
                if makes_dialog {
                    response.record_route_from_request();
                }
                if let Some(contact) = &contact {
                    response.field(HeaderName::Contact, &NameAddr::new(contact));
                }
                if is_subscribe {
                    response.field(HeaderName::Expires, &secs);
                }
                if is_silent && !is_subscribe {
                    response.field(HeaderName::ReferSub, "false");
                }
            },
        );
    }

    /// Is to be told this next.
    pub(super) fn tell(&mut self, state: EventState) -> bool {
        if self.waiting.len() >= WAITING {
            return false;
        }
        self.latest = state.clone();
        self.waiting.push_back(state);
        true
    }

    /// Is to be told how it stands once more: what was told last, if nothing else is to be told.
    pub(super) fn tell_again(&mut self) {
        if self.waiting.is_empty() {
            self.waiting.push_back(self.latest.clone());
        }
    }

    /// It ends: the last NOTIFY says so, if there is anybody to hear it.
    pub(super) fn leave(
        &mut self,
        end: WatcherEnd,
        reason: &'static str,
        retry_after: Option<u32>,
    ) {
        if self.ending.is_none() {
            self.machine.terminate(reason, retry_after);
            self.ending = Some(end);
            self.tell_again();
        }
    }

    /// Acts on its timer.
    pub(in crate::sip::ua) fn on_timer(&mut self, cx: &mut Cx<'_, WatcherHandle>) {
        let now = cx.stack.now();
        self.timer = None;
        if self.asked.as_ref().is_some_and(|asked| asked.until <= now) {
            // §4.2.1.1: nobody waits for a user. RFC 3515 §2.4.5: a REFER is told at least this.
            let told = self.is_referral().then(|| fragment(StatusCode::TRYING));
            self.accept(cx, false, told);
        }
        if self.asked.is_none() && self.machine.on_time(now) {
            self.ending.get_or_insert(WatcherEnd::Expired);
            self.tell_again();
        }
    }

    /// Accepts what was asked for; authorised, or to be authorised later.
    pub(super) fn accept(
        &mut self,
        cx: &mut Cx<'_, WatcherHandle>,
        is_authorised: bool,
        state: Option<EventState>,
    ) {
        if let Some(asked) = self.asked.take() {
            self.accept_for(cx, asked.transaction, asked.secs);
            // Its time begins with the answer that says how long it is.
            self.machine.refresh(cx.stack.now(), asked.secs);
            if asked.secs == 0 {
                // §4.4.3: it was a question.
                self.ending.get_or_insert(WatcherEnd::Left);
            }
        }
        self.machine.accept(is_authorised);
        match state {
            Some(state) => {
                self.tell(state);
            }
            None => self.tell_again(),
        }
    }

    /// When it has something to do.
    pub(super) fn due_at(&self) -> Option<Instant> {
        match &self.asked {
            Some(asked) => Some(asked.until),
            None if self.machine.state() == NotifierState::Terminated => None,
            None => Some(self.machine.expires_at()),
        }
    }

    /// Once all is told, the application is told that it is over.
    fn conclude(&mut self, cx: &mut Cx<'_, WatcherHandle>) {
        if self.is_over || self.asked.is_some() {
            return;
        }
        let Some(reason) = self.ending.filter(|_| self.waiting.is_empty()) else {
            return;
        };
        if self.under_way.is_some() {
            return;
        }
        self.is_over = true;
        cx.events.push(UaEvent::WatcherEnded {
            watcher: cx.me,
            reason,
        });
    }

    /// Looks its next hop up, if that is new and anything goes there.
    fn look_up_hop(&mut self, cx: &mut Cx<'_, WatcherHandle>) {
        let is_awaited = self.asked.is_none() && !self.is_over;
        if let Some(own) = self.place.own_mut().filter(|_| is_awaited) {
            own.look_up(cx, ClientUse::Notify(cx.me));
        }
    }

    /// Takes it out of the tables by which requests find it, and lets its dialog go.
    fn unlink(&mut self, cx: &mut Cx<'_, WatcherHandle>) {
        match &mut self.place {
            Place::Own(own) => {
                own.close(cx);
                cx.links.watchers.remove(&self.local_tag);
            }
            Place::Call(call, leg) => {
                let usage = Usage::Watcher(cx.me);
                cx.links.usages.remove(&(*call, *leg, usage));
            }
            Place::None => {}
        }
    }
}

/// A value as text.
fn written(value: &impl Value) -> String {
    let mut out = Vec::new();
    value.write(&mut out);
    String::from_utf8(out).unwrap_or_default()
}
