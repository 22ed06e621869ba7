//! Whoever receives video and may command (RFC 5104 §3.5.1.1, §4.3.1).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use crate::rtp::number::Ssrc;
use crate::rtp::rtcp::{Feedback, FullIntra};
use crate::time::Instant;

/// The commands of one source of feedback, to each sender of video it hears.
#[derive(Debug)]
pub struct FullIntraRequester {
    targets: BTreeMap<Ssrc, Target>,
    most: usize,
    first: u8,
}

/// What is kept of one sender of video.
#[derive(Debug)]
struct Target {
    /// The number of the last command.
    number: u8,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// What was commanded has come.
    Idle,
    /// Commanded, and when that was last said, if it was.
    Outstanding(Option<Instant>),
}

impl FullIntraRequester {
    /// For so many senders at most; the first command to each has the number `first`, which is
    /// arbitrary (§4.3.1.1).
    #[must_use]
    pub const fn new(most: usize, first: u8) -> Self {
        Self {
            targets: BTreeMap::new(),
            most,
            first,
        }
    }

    /// Commands a picture to start with: because the session was joined, or the video switched to
    /// this sender, or the decoder had to begin anew. Whether there will be a command: no, if there
    /// are too many senders.
    pub fn command(&mut self, target: Ssrc) -> bool {
        if let Some(target) = self.targets.get_mut(&target) {
            target.state = match target.state {
                State::Idle => {
                    // §4.3.1.1: one more, modulo 256, for each new command.
                    target.number = target.number.wrapping_add(1);
                    State::Outstanding(None)
                }
                // §3.5.1.1: one at a time. The picture that was commanded serves this need too.
                outstanding @ State::Outstanding(_) => outstanding,
            };
            return true;
        }
        if self.targets.len() >= self.most {
            return false;
        }
        let new = Target {
            number: self.first,
            state: State::Outstanding(None),
        };
        self.targets.insert(target, new);
        true
    }

    /// What to say of a picture of this sender that was lost: a PLI. Nothing, while a picture that
    /// needs none before it is on its way anyway. Never a FIR (§4.3.1.2).
    #[must_use]
    pub fn lost(&self, target: Ssrc) -> Option<Feedback<'static>> {
        match self.targets.get(&target).map(|target| target.state) {
            Some(State::Outstanding(_)) => None,
            Some(State::Idle) | None => Some(Feedback::PictureLoss),
        }
    }

    /// Adds to `entries` what an RTCP packet that leaves now is to command: what is new, and what
    /// has not been obeyed and was last said `spacing` ago or longer. That is a round trip where
    /// feedback is immediate, and nothing where it waits for the next regular packet (§4.3.1.3).
    pub fn due(&mut self, now: Instant, spacing: Duration, entries: &mut Vec<FullIntra>) {
        for (ssrc, target) in &mut self.targets {
            let is_due = match target.state {
                State::Idle => false,
                State::Outstanding(None) => true,
                State::Outstanding(Some(said)) => now.saturating_duration_since(said) >= spacing,
            };
            if is_due {
                target.state = State::Outstanding(Some(now));
                // §4.3.1.1: a repetition has the number of the command.
                entries.push(FullIntra {
                    ssrc: *ssrc,
                    number: target.number,
                });
            }
        }
    }

    /// A picture to start with has come, or was tried: from there on, what is missing of it is lost
    /// like any other, and the command is not repeated (§3.5.1.1).
    pub fn refreshed(&mut self, target: Ssrc) {
        if let Some(target) = self.targets.get_mut(&target) {
            target.state = State::Idle;
        }
    }

    /// The sender is gone: there is nobody to command.
    pub fn forget(&mut self, target: Ssrc) {
        self.targets.remove(&target);
    }
}
