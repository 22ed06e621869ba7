//! Transfers (RFC 3515), ours and those that others ask for; and what we watch (RFC 6665).

use offhook::sip::event::SubscriberState;
use offhook::sip::message::StatusCode;
use offhook::sip::ua::{
    CallHandle, Notification, Refer, ReferRequest, Subscribe, SubscriptionHandle, UaEvent,
    WatcherHandle,
};

use super::Phone;
use super::call::Call;
use super::news::{News, plain};

impl Phone {
    /// Asks the far end of a call to call somebody else. Once that has worked, our call ends.
    pub(super) fn transfer(&mut self, call: CallHandle, uri: &str) {
        let Some((now, agent)) = self.agent() else {
            return;
        };
        let ours = agent.user().call(call).map(|it| it.identity());
        let ours = ours.map(|it| agent.user().config_of(it).aor.clone());
        let refer = Refer {
            referred_by: ours,
            ..Refer::to(uri)
        };
        match agent.refer(now, call, refer) {
            Ok(asked) => {
                self.transfers.insert(asked, call);
            }
            Err(why) => self.report(Some(why)),
        }
    }

    /// Does what we were asked for last, or not.
    pub(super) fn answer_transfer(&mut self, follows: bool) {
        let Some((referral, uri)) = self.asked.pop() else {
            return self.tell(News::error("nobody has asked for a transfer"));
        };
        if follows {
            return self.follow(referral, &uri);
        }
        if let Some((now, agent)) = self.agent() {
            // It may have been accepted meanwhile, as nobody is to wait for a person.
            let done = agent
                .refuse_subscription(now, referral, StatusCode::DECLINE)
                .or_else(|_| agent.report_referral(now, referral, StatusCode::DECLINE));
            self.report(done.err());
        }
    }

    fn follow(&mut self, referral: WatcherHandle, uri: &str) {
        let (leg, media) = match self.open_leg(self.begun + 1) {
            Ok(opened) => opened,
            Err(why) => return self.tell(News::error(&why.to_string())),
        };
        let Some((now, agent)) = self.agent() else {
            return;
        };
        let handle = match agent.follow_referral(now, referral, media) {
            Ok(handle) => handle,
            Err(why) => return self.report(Some(why)),
        };
        self.begun += 1;
        // It takes the place of the call it was asked for in.
        if let Some(calls) = &mut self.options.calls {
            *calls += 1;
        }
        let mut call = Call::new(self.begun, uri, false);
        call.leg = leg;
        self.calls.insert(handle, call);
        let line = format!("calling {uri}, as asked");
        self.tell(News::about("calling", self.begun, line).text("to", uri));
    }

    /// Watches an event of a URI, from an account.
    pub(super) fn watch(&mut self, at: usize, uri: &str, event: &str) {
        let (identity, uri) = match self.account(at) {
            Ok((identity, home)) => (identity, self.place.over(home, uri)),
            Err(why) => return self.tell(News::error(&why.to_string())),
        };
        let Some((now, agent)) = self.agent() else {
            return;
        };
        match agent.subscribe_as(now, identity, &uri, Subscribe::new(event)) {
            Ok(made) => {
                self.watched.insert(made, (uri, event.to_owned()));
            }
            Err(why) => self.report(Some(why)),
        }
    }

    /// Watches nothing any more.
    pub(super) fn watch_nothing(&mut self) {
        if let Some((now, agent)) = self.agent() {
            let all: Vec<SubscriptionHandle> = agent.user().subscriptions().collect();
            for one in all {
                // One that is over needs no leaving.
                let _ = agent.leave_subscription(now, one);
            }
        }
    }

    /// Takes note of what the user agent says of transfers and of what we watch.
    pub(super) fn hear_subscription(&mut self, event: UaEvent) {
        match event {
            UaEvent::Referred {
                referral,
                call,
                request,
            } => self.referred(referral, call, &request),
            UaEvent::ReferAnswered {
                subscription,
                status,
                details,
            } => {
                let said = status.map_or_else(
                    || String::from("there is no answer"),
                    |it| format!("{} {}", it.as_u16(), it.reason()),
                );
                let news = self.of_transfer("transfer-answered", subscription, &said);
                let news = news.maybe("status", status.map(StatusCode::as_u16));
                self.tell(news.details(details.as_deref()));
            }
            UaEvent::ReferProgress {
                subscription,
                status,
                is_over,
            } => {
                let said = format!("{} {}", status.as_u16(), status.reason());
                let news = self.of_transfer("transfer", subscription, &said);
                self.tell(
                    news.number("status", status.as_u16())
                        .number("over", is_over),
                );
                let done = status
                    .is_success()
                    .then(|| self.transfers.remove(&subscription));
                if let Some(call) = done.flatten() {
                    self.hang_up(call);
                }
            }
            UaEvent::Notified {
                subscription,
                notification,
            } => self.notified(subscription, &notification),
            UaEvent::SubscriptionEnded {
                subscription,
                reason,
                retry_in,
                details,
            } => {
                let is_transfer = !self.watched.contains_key(&subscription);
                self.transfers.remove(&subscription);
                if retry_in.is_none() {
                    self.watched.remove(&subscription);
                }
                if is_transfer {
                    return;
                }
                let again = retry_in.map(|it| it.as_secs());
                let line = again.map_or_else(
                    || format!("watching no more: {reason}"),
                    |secs| format!("watching no more: {reason}; again in {secs} s"),
                );
                let news = News::new("watch-ended", line).maybe("retry_in", again);
                self.tell(news.details(details.as_deref()));
            }
            _ => {}
        }
    }

    fn of_transfer(&self, event: &str, of: SubscriptionHandle, said: &str) -> News {
        let call = self
            .transfers
            .get(&of)
            .and_then(|call| self.calls.get(call));
        let line = format!("the transfer: {said}");
        match call {
            Some(call) => News::of(event, call.number, line),
            None => News::new(event, line).maybe("call", None::<usize>),
        }
    }

    fn referred(
        &mut self,
        referral: WatcherHandle,
        call: Option<CallHandle>,
        asked: &ReferRequest,
    ) {
        let number = call.and_then(|call| Some(self.calls.get(&call)?.number));
        let uri = plain(&asked.refer_to);
        let line = format!("{} asks you to call {uri}", plain(&asked.from));
        let news = News::new("transfer-asked", line)
            .maybe("call", number)
            .text("from", &asked.from)
            .text("to", &asked.refer_to);
        self.tell(news);
        // Who is in no call with us may ask, and no more.
        if self.options.follow_transfers && number.is_some() {
            return self.follow(referral, &asked.refer_to);
        }
        self.asked.push((referral, asked.refer_to.clone()));
        if !self.options.json {
            self.tell(News::new("hint", "y Enter does, n Enter does not"));
        }
    }

    fn notified(&mut self, of: SubscriptionHandle, told: &Notification) {
        // It may be over by now, and the user agent has forgotten it.
        let (whom, event) = self.watched.get(&of).cloned().unwrap_or_default();
        let state = match told.state {
            SubscriberState::NotifyWait | SubscriberState::Pending => "pending",
            SubscriberState::Active => "active",
            SubscriberState::Terminated => "terminated",
        };
        let text = String::from_utf8_lossy(&told.body);
        let line = format!("{whom} {event} ({state}): {}", plain(&text));
        let news = News::new("notified", line)
            .text("of", &whom)
            .text("package", &event)
            .text("state", state)
            .maybe_text("reason", told.reason.as_deref())
            .text("type", &told.content_type)
            .text("text", &text);
        self.tell(news);
    }
}
