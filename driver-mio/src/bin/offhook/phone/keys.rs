//! The keyboard of the phone: one letter and Enter.

use offhook::sip::message::StatusCode;
use offhook::sip::ua::{CallHandle, Info};

use super::Phone;
use crate::failure::Failure;
use crate::interrupt::Wish;
use crate::options;

const KEYS: &str =
    "a answer   d decline   h hold   r resume   i TEXT say   x hang up   c URI call   q quit";

impl Phone {
    /// Does what a person or a signal asked for.
    pub(super) fn obey(&mut self, wish: Wish) -> Result<(), Failure> {
        let line = match wish {
            Wish::Leave => {
                self.leave();
                return Ok(());
            }
            Wish::Line(line) => line,
            // A phone is not told to.
            Wish::Reload => return Ok(()),
        };
        let (key, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let waiting = self
            .calls
            .iter()
            .find(|(_, call)| call.waits_for_us())
            .map(|(h, _)| *h);
        let current = self.calls.keys().next_back().copied();
        match key {
            "" => {}
            "q" => self.leave(),
            "c" if !rest.is_empty() => {
                let begun = self.call(&options::callee(rest.trim()));
                if let Err(why) = begun {
                    self.say(why.to_string());
                }
            }
            "a" => self.with_call(waiting, "nobody is calling", Self::accept),
            "d" => self.with_call(waiting, "nobody is calling", Self::decline),
            "h" => self.with_call(current, "there is no call", Self::hold),
            "r" => self.with_call(current, "there is no call", Self::resume),
            "i" if !rest.is_empty() => match current {
                Some(call) => self.say_to_them(call, rest.trim()),
                None => self.say("there is no call"),
            },
            "x" => self.with_call(current, "there is no call", Self::hang_up),
            _ => self.say(KEYS),
        }
        Ok(())
    }

    fn with_call(&mut self, call: Option<CallHandle>, none: &str, act: fn(&mut Self, CallHandle)) {
        match call {
            Some(call) => act(self, call),
            None => self.say(none),
        }
    }

    fn decline(&mut self, call: CallHandle) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.reject(now, call, StatusCode::DECLINE);
            self.report(done.err());
        }
    }

    pub(super) fn hold(&mut self, call: CallHandle) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.hold(now, call);
            self.report(done.err());
        }
    }

    pub(super) fn resume(&mut self, call: CallHandle) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.resume(now, call);
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
            self.say(format!("cannot: {error}"));
        }
    }
}
