//! The end of a call: its sound is closed, its quality told, its recording written, and what it means
//! for the program.

use std::time::Duration;

use offhook::sip::ua::{CallHandle, Details, EndReason};

use super::Phone;
use super::call::Call;
use super::news::News;
use crate::failure::{Exit, Failure};
use crate::leg::Leg;
use crate::rtpdump::{self, Recorder};
use crate::{names, wav};

impl Phone {
    /// A call has ended: its sound is closed, its quality told, its recording written.
    pub(super) fn over(
        &mut self,
        handle: CallHandle,
        reason: EndReason,
        details: Option<&Details>,
    ) {
        let Some(mut call) = self.calls.remove(&handle) else {
            return;
        };
        let length = call.answered.map_or(Duration::ZERO, |at| at.elapsed());
        self.tell(News::of_end(call.number, length, reason).details(details));
        if let Some(leg) = call.leg.take() {
            self.close(&call, leg);
        }
        if call.turned_away {
            return;
        }
        self.ended += 1;
        let failure = failed(&call.peer, reason).filter(|_| !call.incoming);
        match failure {
            Some(failure) if call.is_errand => {
                self.failure.get_or_insert(failure);
            }
            Some(failure) => self.tell(News::error(&failure.to_string())),
            None => {}
        }
    }

    /// Closes the sound of a call.
    fn close(&mut self, call: &Call, mut leg: Leg) {
        let closed = leg.leave(&mut self.driver);
        self.closing.push(leg);
        if !call.agreed {
            return;
        }
        let quality = closed.quality;
        let row = quality.direction("they", "us", quality.0.expected);
        let told = News::about("quality", call.number, row)
            .number("expected", quality.0.expected)
            .number("received", quality.0.received)
            .number("lost", quality.0.lost)
            .number("late", quality.0.late)
            .number("repaired", quality.0.repaired)
            .number("jitter_us", quality.0.jitter.as_micros())
            .number(
                "mos",
                format_args!("{:.2}", f64::from(quality.0.mos.hundredths()) / 100.0),
            )
            .number("not_authentic", quality.0.not_authentic)
            .number("replayed", quality.0.replayed);
        self.tell_always(&told);
        let sounds = self.options.record.iter();
        let sounds = sounds.filter(|path| !rtpdump::is_named(path));
        let sounds =
            sounds.map(|path| wav::write(&wav::numbered(path, call.number), &closed.heard));
        let packets = closed.recorders.into_iter().map(Recorder::finish);
        for why in sounds.chain(packets).filter_map(Result::err) {
            self.failure.get_or_insert(why);
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
