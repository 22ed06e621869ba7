//! What the phone tells: a line for people, or an object on a line for programs (`--json`). Each
//! thing is put together once for both.

use std::fmt::Display;
use std::time::Duration;

use offhook::sdp::MediaPlan;
use offhook::sip::ua::{Details, EndReason, SessionTimer};

use crate::json::Members;
use crate::repair;

/// Something that has happened.
pub(super) struct News {
    line: String,
    members: Members,
}

impl News {
    /// Something that concerns no call: its name for programs, and its line for people.
    pub(super) fn new(event: &str, line: impl Into<String>) -> Self {
        let mut members = Members::default();
        members.text("event", event);
        Self {
            line: line.into(),
            members,
        }
    }

    /// Something that concerns a call.
    pub(super) fn of(event: &str, call: usize, line: impl Display) -> Self {
        Self::about(event, call, format!("call {call}: {line}"))
    }

    /// The same, with a line that says itself which call it is.
    pub(super) fn about(event: &str, call: usize, line: impl Into<String>) -> Self {
        Self::new(event, line).number("call", call)
    }

    /// Why something that was asked for is not done.
    pub(super) fn error(why: &str) -> Self {
        Self::new("error", why).text("why", why)
    }

    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        self.members.text(name, value);
        self
    }

    pub(super) fn number(self, name: &str, value: impl Display) -> Self {
        self.maybe(name, Some(value))
    }

    /// A number, or null.
    pub(super) fn maybe(mut self, name: &str, value: Option<impl Display>) -> Self {
        self.members.plain(name, value);
        self
    }

    /// A text, or null.
    pub(super) fn maybe_text(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self.maybe(name, None::<u8>),
        }
    }

    /// What was agreed on for the sound of a call.
    pub(super) fn of_plan(event: &str, call: usize, what: &str, plan: &MediaPlan) -> Self {
        let suite = plan.crypto.as_ref().map(|crypto| crypto.suite.as_str());
        let protected = suite.map_or_else(String::new, |suite| format!(", {suite}"));
        let repair = repair::named(plan);
        let repaired = repair
            .as_ref()
            .map_or_else(String::new, |it| format!(", {it}"));
        let line = format!(
            "{what}: {} {} ms, {} <-> {}, {}{protected}{repaired}",
            plan.codec.name,
            plan.ptime_ms,
            plan.local,
            plan.remote,
            plan.direction.as_str()
        );
        Self::of(event, call, line)
            .text("codec", &plan.codec.name)
            .number("ptime", plan.ptime_ms)
            .text("local", &plan.local.to_string())
            .text("remote", &plan.remote.to_string())
            .text("direction", plan.direction.as_str())
            .maybe_text("srtp", suite)
            .maybe_text("repair", repair.as_deref())
    }

    /// How a session is kept alive.
    pub(super) fn of_timer(event: &str, call: usize, what: &str, timer: SessionTimer) -> Self {
        let seconds = timer.interval().as_secs();
        let who = if timer.we_refresh() { "us" } else { "them" };
        let line = format!("{what}, good for {seconds} s, kept alive by {who}");
        Self::of(event, call, line)
            .number("seconds", seconds)
            .text("refresher", who)
    }

    /// What the far end said beside a status.
    pub(super) fn details(mut self, details: Option<&Details>) -> Self {
        let none = Details::default();
        let details = details.unwrap_or(&none);
        let reasons = details.reasons.iter().filter_map(|it| it.text.clone());
        let warnings = details.warnings.iter().map(|it| it.text.clone());
        let says: Vec<String> = reasons.chain(warnings).collect();
        let retry_after = details.retry_after.map(|it| it.as_secs());
        let mut line = self.line;
        for said in &says {
            line.push_str(&format!("; they say: {}", plain(said)));
        }
        if let Some(seconds) = retry_after {
            line.push_str(&format!("; try again in {seconds} s"));
        }
        if !details.contacts.is_empty() {
            line.push_str(&format!("; try {}", plain(&details.contacts.join(" "))));
        }
        self.line = line;
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let contacts = some(details.contacts.join(" "));
        self.maybe("retry_after", retry_after)
            .maybe_text("contacts", contacts.as_deref())
            .maybe_text("says", some(says.join("; ")).as_deref())
    }

    /// How a call ended.
    pub(super) fn of_end(call: usize, length: Duration, reason: EndReason) -> Self {
        let seconds = length.as_secs_f64();
        let line = format!("call {call} ended after {seconds:.1} s: {reason}");
        let (name, status) = named(reason);
        Self::about("ended", call, line)
            .text("reason", name)
            .maybe("status", status)
            .number("seconds", format_args!("{seconds:.3}"))
    }

    /// Its line for people.
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// Its object for programs.
    pub(super) fn object(&self) -> String {
        self.members.object()
    }
}

/// A text without what a terminal would act on.
pub(super) fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().take(200).map(plain).collect()
}

/// What programs call the reason of an end, and its status if it has one.
fn named(reason: EndReason) -> (&'static str, Option<u16>) {
    match reason {
        EndReason::HungUp => ("hung-up", None),
        EndReason::RemoteHungUp => ("remote-hung-up", None),
        EndReason::Cancelled => ("cancelled", None),
        EndReason::RemoteCancelled => ("remote-cancelled", None),
        EndReason::Refused(status) => ("refused", Some(status.as_u16())),
        EndReason::Rejected(status) => ("rejected", Some(status.as_u16())),
        EndReason::Unanswered => ("unanswered", None),
        EndReason::TimedOut => ("timed-out", None),
        EndReason::Unreachable => ("unreachable", None),
        EndReason::NotLocated(_) => ("not-located", None),
        EndReason::WrongPassword => ("wrong-password", None),
        EndReason::NoCommonMedia => ("no-common-media", None),
        EndReason::Unacknowledged => ("unacknowledged", None),
        EndReason::DialogLost => ("dialog-lost", None),
        EndReason::SessionExpired => ("session-expired", None),
    }
}

#[cfg(test)]
mod tests {
    use offhook::sip::message::StatusCode;

    use super::*;

    #[test]
    fn a_line_for_people_and_an_object_for_programs() {
        let reason = EndReason::Rejected(StatusCode::BUSY_HERE);
        let news = News::of_end(3, Duration::from_millis(1500), reason);
        assert_eq!(
            news.line(),
            "call 3 ended after 1.5 s: refused by the far end: 486 Busy Here"
        );
        assert_eq!(
            news.object(),
            r#"{"event":"ended","call":3,"reason":"rejected","status":486,"seconds":1.500}"#
        );
        let details = Details {
            retry_after: Some(Duration::from_secs(30)),
            contacts: vec!["sip:a@h".into()],
            ..Details::default()
        };
        let news = News::of("change-refused", 1, "no").details(Some(&details));
        assert_eq!(news.line(), "call 1: no; try again in 30 s; try sip:a@h");
        assert_eq!(
            news.object(),
            r#"{"event":"change-refused","call":1,"retry_after":30,"contacts":"sip:a@h","says":null}"#
        );
        let news = News::of("held", 1, "on hold").maybe_text("name", None);
        assert_eq!(news.line(), "call 1: on hold");
        assert_eq!(news.object(), r#"{"event":"held","call":1,"name":null}"#);
    }
}
