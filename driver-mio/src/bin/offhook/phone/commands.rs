//! What the phone does because a line of its input, a signal, or the clock asks for it.

use std::time::Instant;

use offhook::sip::message::StatusCode;
use offhook::sip::ua::{CallHandle, Info};

use super::call::{Call, Due};
use super::news::News;
use super::order::{Deed, ORDERS, Order, understood};
use super::{Phone, codecs};
use crate::failure::Failure;
use crate::interrupt::Wish;

impl Phone {
    /// Does what a person, a program or a signal asked for.
    pub(super) fn obey(&mut self, wish: Wish) {
        match wish {
            Wish::Leave => self.leave(),
            Wish::Line(line) if line.trim().is_empty() => {}
            Wish::Line(line) => match understood(&line) {
                Some(order) => self.carry_out(order),
                None => self.tell(News::error(ORDERS)),
            },
            // A phone is not told to.
            Wish::Reload => {}
        }
    }

    fn carry_out(&mut self, order: Order) {
        match order.deed {
            Deed::Quit => self.leave(),
            Deed::List => self.list(),
            Deed::Move(address) => self.move_to(address),
            Deed::Call(uri) => {
                let at = order.number.map_or(0, |number| number.saturating_sub(1));
                if let Err(why) = self.call(at, &uri, false) {
                    self.tell(News::error(&why.to_string()));
                }
            }
            Deed::Message(uri, text) => {
                let at = order.number.map_or(0, |number| number.saturating_sub(1));
                self.send_message(at, &uri, &text);
            }
            Deed::Watch(uri, event) => {
                let at = order.number.map_or(0, |number| number.saturating_sub(1));
                self.watch(at, &uri, &event);
            }
            Deed::Unwatch => self.watch_nothing(),
            Deed::Follow(follows) => self.answer_transfer(follows),
            deed => match self.meant(order.number, &deed) {
                Ok(call) => self.act(call, deed),
                Err(why) => self.tell(News::error(&why)),
            },
        }
    }

    /// The call an order is about: the one it names; or of those that ring here the one that has
    /// waited longest; or the newest of the others.
    fn meant(&self, number: Option<usize>, deed: &Deed) -> Result<CallHandle, String> {
        let among = |wanted: fn(&Call) -> bool| {
            let calls = self.calls.iter().filter(move |(_, call)| wanted(call));
            calls.map(|(handle, call)| (call.number, *handle))
        };
        if let Some(number) = number {
            let named = among(|_| true).find(|(one, _)| *one == number);
            let (_, handle) = named.ok_or_else(|| format!("there is no call {number}"))?;
            return Ok(handle);
        }
        let waiting = among(Call::waits_for_us).min();
        let current = among(|call| !call.waits_for_us()).max();
        let (found, none) = match deed {
            Deed::Answer | Deed::Early | Deed::Decline | Deed::Busy | Deed::Forward(_) => {
                (waiting, "nobody is calling")
            }
            Deed::HangUp => (current.or(waiting), "there is no call"),
            Deed::Hold
            | Deed::Resume
            | Deed::Codecs(_)
            | Deed::Info(_)
            | Deed::Keys(_)
            | Deed::Transfer(_)
            | Deed::Follow(_)
            | Deed::Watch(..)
            | Deed::Unwatch
            | Deed::Call(_)
            | Deed::Message(..)
            | Deed::List
            | Deed::Move(_)
            | Deed::Quit => (current, "there is no call"),
        };
        found.map(|(_, handle)| handle).ok_or_else(|| none.into())
    }

    fn act(&mut self, call: CallHandle, deed: Deed) {
        match deed {
            Deed::Answer => self.accept(call),
            Deed::Early => self.begin_early_session(call),
            Deed::Decline => self.refuse(call, StatusCode::DECLINE),
            Deed::Busy => self.refuse(call, StatusCode::BUSY_HERE),
            Deed::Forward(uri) => self.forward(call, &uri),
            Deed::Hold => self.hold(call),
            Deed::Resume => self.resume(call),
            Deed::Codecs(names) => self.change_codecs(call, &names),
            Deed::Info(text) => self.say_to_them(call, &text),
            Deed::Keys(keys) => self.press(call, &keys),
            Deed::HangUp => self.hang_up(call),
            Deed::Transfer(uri) => self.transfer(call, &uri),
            // They are about no call that there is.
            Deed::Call(_)
            | Deed::Message(..)
            | Deed::Follow(_)
            | Deed::Watch(..)
            | Deed::Unwatch
            | Deed::List
            | Deed::Move(_)
            | Deed::Quit => {}
        }
    }

    /// Refuses a call that rings.
    pub(super) fn refuse(&mut self, call: CallHandle, status: StatusCode) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.reject(now, call, status);
            self.report(done.err());
        }
    }

    fn forward(&mut self, call: CallHandle, uri: &str) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.redirect(now, call, &[uri]);
            self.report(done.err());
        }
    }

    fn hold(&mut self, call: CallHandle) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.hold(now, call);
            self.report(done.err());
        }
    }

    fn resume(&mut self, call: CallHandle) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.resume(now, call);
            self.report(done.err());
        }
    }

    /// Offers other codecs for the sound of a call (RFC 3264 §8.3.2).
    fn change_codecs(&mut self, call: CallHandle, names: &[String]) {
        let mut codecs = codecs(names);
        self.options.repair.extend(&mut codecs);
        if let Some((now, agent)) = self.agent() {
            let media = agent.user().call(call).map(|it| it.media().to_vec());
            let mut media = media.unwrap_or_default();
            for one in &mut media {
                one.codecs.clone_from(&codecs);
            }
            let done = agent.modify_session(now, call, media);
            self.report(done.err());
        }
    }

    /// Sends a line of text along in the call.
    fn say_to_them(&mut self, call: CallHandle, text: &str) {
        let info = Info {
            package: None,
            content_type: "text/plain;charset=UTF-8".into(),
            body: text.as_bytes().into(),
        };
        if let Some((now, agent)) = self.agent() {
            let done = agent.info(now, call, info);
            self.report(done.err());
        }
    }

    pub(super) fn hang_up(&mut self, call: CallHandle) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.hang_up(now, call);
            self.report(done.err());
        }
    }

    /// Shows why a command was not carried out.
    pub(super) fn report(&mut self, error: Option<impl std::fmt::Display>) {
        if let Some(error) = error {
            self.tell(News::error(&format!("cannot: {error}")));
        }
    }

    /// Tells how every call stands.
    fn list(&mut self) {
        let mut handles: Vec<(usize, CallHandle)> = Vec::new();
        handles.extend(
            self.calls
                .iter()
                .map(|(handle, call)| (call.number, *handle)),
        );
        handles.sort_unstable();
        if handles.is_empty() {
            self.tell(News::error("there is no call"));
        }
        for (_, handle) in handles {
            let is_held = self
                .agent()
                .and_then(|(_, agent)| Some(agent.user().call(handle)?.is_held()));
            if let Some(call) = self.calls.get(&handle) {
                let news = call.standing(is_held.unwrap_or(false));
                self.tell(news);
            }
        }
    }

    /// Does what has become due, if anything has.
    pub(super) fn do_what_is_due(&mut self) -> Result<bool, Failure> {
        let now = Instant::now();
        let mut any = false;
        while let Some(at) = self.due.iter().position(|(at, _)| *at <= now) {
            let (_, due) = self.due.swap_remove(at);
            any = true;
            match due {
                Due::Leave => self.leave(),
                Due::Look => self.look(),
                Due::Answer(call) if self.calls.contains_key(&call) => self.accept(call),
                Due::Hold(call) if self.calls.contains_key(&call) => self.hold(call),
                Due::Resume(call) if self.calls.contains_key(&call) => self.resume(call),
                Due::HangUp(call) if self.calls.contains_key(&call) => self.hang_up(call),
                Due::Press(call) if self.calls.contains_key(&call) => {
                    let keys = self.options.dtmf.clone().unwrap_or_default();
                    self.press(call, &keys);
                }
                // The call ended before its time came.
                Due::Answer(_) | Due::Hold(_) | Due::Resume(_) | Due::HangUp(_) | Due::Press(_) => {
                }
            }
        }
        Ok(any)
    }
}
