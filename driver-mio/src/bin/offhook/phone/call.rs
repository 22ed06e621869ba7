//! One call of the phone: its sound, its plans, and how it ended.

use std::time::Instant;

use offhook::rtp::audio::AudioEvent;
use offhook::sip::ua::{CallHandle, EndReason, Info, UaEvent};
use offhook_mio::MachineId;

use super::{Phone, codecs};
use crate::failure::{Exit, Failure};
use crate::leg::Leg;
use crate::names;
use crate::node::Driver;
use crate::wav;

/// What the phone does by itself at a certain time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    Answer(CallHandle),
    Hold(CallHandle),
    Resume(CallHandle),
    HangUp(CallHandle),
    Leave,
}

/// A call from its first message to its end.
pub(crate) struct Call {
    number: usize,
    peer: String,
    incoming: bool,
    answered: Option<Instant>,
    pub(crate) leg: Option<Leg>,
}

impl Call {
    /// Whether its sound needs feeding.
    pub(crate) fn sounds(&self) -> bool {
        self.leg.is_some()
    }

    /// Whether it rings here and nobody has answered.
    pub(crate) fn waits_for_us(&self) -> bool {
        self.incoming && self.answered.is_none()
    }

    /// Feeds what is said, takes what is heard.
    pub(crate) fn pump(&mut self, driver: &mut Driver) {
        if let Some(leg) = &mut self.leg {
            leg.pump(driver);
        }
    }
}

impl Phone {
    /// Calls a URI.
    pub(crate) fn call(&mut self, uri: &str) -> Result<(), Failure> {
        let uri = &self.place.over(uri);
        let (leg, media) = self.open_leg()?;
        let Some((now, agent)) = self.agent() else {
            return Ok(());
        };
        let handle = agent
            .invite(now, uri, media)
            .map_err(|error| Failure::usage(format!("cannot call {uri}: {error}")))?;
        self.begun += 1;
        self.options.calls.get_or_insert(1);
        let call = Call {
            number: self.begun,
            peer: uri.clone(),
            incoming: false,
            answered: None,
            leg,
        };
        self.calls.insert(handle, call);
        self.say(format!("calling {uri}"));
        Ok(())
    }

    fn open_leg(&mut self) -> Result<(Option<Leg>, offhook::sdp::LocalMedia), Failure> {
        let codecs = codecs(&self.options.codecs);
        if !self.options.audio {
            // Signalling only: the discard port, where nobody listens.
            let address = std::net::SocketAddr::new(self.place.local.ip(), 9);
            return Ok((None, Leg::silent(address, codecs)));
        }
        let name = format!("sound {}", self.begun + 1);
        let kept = if self.options.transcript.is_some() || self.options.ladder {
            usize::MAX
        } else {
            0
        };
        let ip = self.place.local.ip();
        let mut leg = Leg::open(&mut self.driver, &name, ip, self.options.rtp_port, kept)?;
        leg.say(&self.said);
        if let Some(ladder) = &mut self.ladder {
            for address in leg.addresses() {
                ladder.name(address, "phone");
            }
        }
        let media = leg.media(codecs);
        Ok((Some(leg), media))
    }

    /// Takes note of what the user agent says of a call.
    pub(super) fn hear_call(&mut self, event: UaEvent) -> Result<(), Failure> {
        match event {
            UaEvent::Incoming {
                call,
                from,
                display_name,
                ..
            } => {
                self.incoming(call, &from, display_name.as_deref());
            }
            UaEvent::Ringing { status, .. } => self.say(format!("ringing ({})", status.as_u16())),
            UaEvent::EarlyMedia { call, plan } => {
                if let Some(leg) = self.calls.get_mut(&call).and_then(|call| call.leg.as_mut()) {
                    leg.agree(&mut self.driver, &plan);
                }
            }
            UaEvent::Answered { call } => self.answered(call),
            UaEvent::MediaAgreed { call, plan } => {
                let line = format!(
                    "media: {} {} ms, {} <-> {}, {}",
                    plan.codec.name,
                    plan.ptime_ms,
                    plan.local,
                    plan.remote,
                    plan.direction.as_str()
                );
                if let Some(leg) = self.calls.get_mut(&call).and_then(|call| call.leg.as_mut()) {
                    leg.agree(&mut self.driver, &plan);
                }
                self.say(line);
            }
            UaEvent::RemoteHold { .. } => self.say("they put us on hold"),
            UaEvent::RemoteResumed { .. } => self.say("they took us off hold"),
            UaEvent::HoldDone { .. } => self.say("on hold"),
            UaEvent::ResumeDone { .. } => self.say("off hold"),
            UaEvent::ChangeRefused { status, .. } => {
                self.say(format!("they refused the change: {}", status.as_u16()));
            }
            UaEvent::Info { info, .. } => self.say(format!("they say: {}", told(&info))),
            UaEvent::InfoAnswered { status, .. } => match status {
                Some(status) if status.is_success() => self.say("said"),
                Some(status) => self.say(format!("they do not listen: {}", status.as_u16())),
                None => self.say("they do not answer"),
            },
            UaEvent::Ended { call, reason } => self.over(call, reason),
            UaEvent::OptionsAnswered { .. }
            | UaEvent::Registered { .. }
            | UaEvent::RegistrationFailed { .. }
            | UaEvent::SessionRefreshed { .. }
            | UaEvent::Unregistered { .. } => {}
        }
        Ok(())
    }

    fn incoming(&mut self, handle: CallHandle, from: &str, name: Option<&str>) {
        self.begun += 1;
        let call = Call {
            number: self.begun,
            peer: from.into(),
            incoming: true,
            answered: None,
            leg: None,
        };
        self.calls.insert(handle, call);
        let name = name.map_or_else(String::new, |name| format!("{name} "));
        self.say(format!("call {} from {name}{from}", self.begun));
        match self.options.answer_after {
            Some(after) if after.is_zero() => self.accept(handle),
            Some(after) => {
                self.ring(handle);
                self.due.push((Instant::now() + after, Due::Answer(handle)));
            }
            None => {
                self.ring(handle);
                self.say("a Enter answers, d Enter declines");
            }
        }
    }

    fn ring(&mut self, call: CallHandle) {
        if let Some((now, agent)) = self.agent() {
            let done = agent.ring(now, call);
            self.report(done.err());
        }
    }

    /// Answers a call that rings.
    pub(super) fn accept(&mut self, handle: CallHandle) {
        let (leg, media) = match self.open_leg() {
            Ok(opened) => opened,
            Err(why) => {
                self.say(why.to_string());
                return self.hang_up(handle);
            }
        };
        if let Some(call) = self.calls.get_mut(&handle) {
            call.leg = leg;
        }
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
        self.say(line);
        if let Some(after) = self.options.hold_after {
            self.due.push((now + after, Due::Hold(handle)));
            self.due.push((now + after * 2, Due::Resume(handle)));
        }
        if let Some(after) = self.options.duration {
            self.due.push((now + after, Due::HangUp(handle)));
        }
    }

    /// Does what has become due.
    pub(super) fn do_what_is_due(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        while let Some(at) = self.due.iter().position(|(at, _)| *at <= now) {
            let (_, due) = self.due.swap_remove(at);
            match due {
                Due::Leave => self.leave(),
                Due::Answer(call) if self.calls.contains_key(&call) => self.accept(call),
                Due::Hold(call) if self.calls.contains_key(&call) => self.hold(call),
                Due::Resume(call) if self.calls.contains_key(&call) => self.resume(call),
                Due::HangUp(call) if self.calls.contains_key(&call) => self.hang_up(call),
                // The call ended before its time came.
                Due::Answer(_) | Due::Hold(_) | Due::Resume(_) | Due::HangUp(_) => {}
            }
        }
        Ok(())
    }

    /// What the sound of a call reports.
    pub(super) fn hear_audio(&mut self, id: MachineId, event: &AudioEvent) {
        if matches!(event, AudioEvent::Inactive) {
            let of = |call: &&Call| call.leg.as_ref().is_some_and(|leg| leg.id() == id);
            let number = self.calls.values().find(of).map_or(0, |call| call.number);
            self.say(format!(
                "call {number}: nothing is heard from the other side"
            ));
        }
    }

    /// A call has ended: its sound is closed, its quality told, its recording written.
    pub(super) fn over(&mut self, handle: CallHandle, reason: EndReason) {
        let Some(call) = self.calls.remove(&handle) else {
            return;
        };
        self.ended += 1;
        let length = call.answered.map_or(0.0, |at| at.elapsed().as_secs_f64());
        self.say(format!(
            "call {} ended after {length:.1} s: {reason}",
            call.number
        ));
        if let Some(mut leg) = call.leg {
            let closed = leg.leave(&mut self.driver);
            self.closing.push(leg);
            if call.answered.is_some() {
                self.screen.say(
                    closed
                        .quality
                        .direction("they", "us", closed.quality.0.expected),
                );
                if let Some(path) = &self.options.record {
                    let path = wav::numbered(path, call.number);
                    if let Err(why) = wav::write(&path, &closed.heard) {
                        self.failure.get_or_insert(why);
                    }
                }
            }
        }
        if !call.incoming {
            if let Some(failure) = failed(&call.peer, reason) {
                self.failure.get_or_insert(failure);
            }
        }
    }
}

/// The line and exit code for a call of ours that did not end as calls should.
fn failed(peer: &str, reason: EndReason) -> Option<Failure> {
    let (exit, advice) = match reason {
        EndReason::HungUp | EndReason::RemoteHungUp | EndReason::Cancelled => return None,
        EndReason::RemoteCancelled | EndReason::Refused(_) => return None,
        EndReason::Rejected(status) => {
            let advice = match status.as_u16() {
                404 | 410 | 484 | 604 => "nobody there has that name: check the URI",
                480 => "they are not registered or do not answer now: try later",
                486 | 600 => "they are busy: try later",
                603 => "they declined",
                403 => "the server does not allow it: do you need to register?",
                488 | 606 => "no codec in common: try another --codec",
                _ => "the status says why",
            };
            (Exit::Refused, advice)
        }
        EndReason::WrongPassword => (Exit::Refused, "check --username and --password"),
        EndReason::NoCommonMedia => (Exit::Refused, "try another --codec"),
        EndReason::Unanswered => (Exit::Silent, "try later, or raise --ring-limit"),
        EndReason::TimedOut | EndReason::Unreachable => {
            (Exit::Silent, "is anything listening at that address?")
        }
        EndReason::NotLocated(_) => (Exit::Silent, names::advice()),
        EndReason::Unacknowledged | EndReason::DialogLost | EndReason::SessionExpired => {
            (Exit::Silent, "the connection was lost in mid-call")
        }
    };
    Some(Failure::new(
        exit,
        format!("call to {peer}: {reason}; {advice}"),
    ))
}

/// What an INFO says, in one line: its text without what a terminal would act on.
fn told(info: &Info) -> String {
    let text = String::from_utf8_lossy(&info.body);
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = text.trim().chars().take(200).map(plain).collect();
    match &info.package {
        Some(package) => format!("{line} ({package}, {})", info.content_type),
        None => format!("{line} ({})", info.content_type),
    }
}
