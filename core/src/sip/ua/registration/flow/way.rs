//! The way a binding is kept over: how it is kept alive, how it fails, and what is done when our
//! address is another (RFC 5626 §4.4, §4.5; RFC 3261 §10.2).

use core::net::IpAddr;
use core::time::Duration;

use super::{Came, Live, RegisteredFlow, State};
use crate::sip::endpoint::{Failure, Stack, Target};
use crate::sip::ua::call::Cx;
use crate::sip::ua::outcome::Outcome;
use crate::sip::ua::registration::RegistrationHandle;
use crate::sip::ua::registration::reply::Reply;

/// A flow that fails sooner than this and is not kept alive has been of no use: a registrar that
/// hangs up each time is not to be asked for ever without a pause.
const USEFUL: Duration = Duration::from_secs(30);

impl RegisteredFlow {
    /// RFC 5626 §4.5: a flow that has failed is replaced at once, and the binding with it; after a
    /// while if it has never proved to work.
    pub(in crate::sip::ua::registration) fn on_flow_failed(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
    ) -> Came<'static> {
        self.target = None;
        let live = self.live.take();
        match self.state {
            State::Bound => {
                let now = cx.stack.now();
                let was_useful = live.is_some_and(|live| match live.kept {
                    Some(_) => live.is_answered,
                    None => now.saturating_duration_since(live.since) >= USEFUL,
                });
                if was_useful {
                    self.failures = 0;
                    self.begin(cx, State::Trying)
                } else {
                    Came::Failed(Outcome::Failed(Failure::Transport))
                }
            }
            // The REGISTER under way is told of by its transaction; the next one goes elsewhere.
            State::Standby | State::Trying | State::Waiting | State::Removing | State::Gone => {
                Came::Nothing
            }
        }
    }

    /// The local address `old` is no more: a way over it ends, through no fault of the registrar's.
    pub(in crate::sip::ua::registration) fn prepare_move(
        &mut self,
        stack: &mut Stack,
        old: IpAddr,
    ) {
        let is_off = self.target.is_none_or(|target| {
            let flow = stack.flow(target.flow);
            flow.is_none_or(|flow| flow.local().ip() == old)
        });
        match self.state {
            State::Trying | State::Bound | State::Waiting if is_off => {
                self.lose(stack);
                self.target = None;
                self.moves = true;
                self.failures = 0;
            }
            State::Trying
            | State::Bound
            | State::Waiting
            | State::Standby
            | State::Removing
            | State::Gone => {}
        }
    }

    /// Registers from where we are now, unless a REGISTER is under way (§10.2).
    pub(in crate::sip::ua::registration) fn complete_move(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
    ) -> Came<'static> {
        match self.state {
            State::Bound | State::Waiting if self.moves => self.begin(cx, State::Trying),
            State::Bound
            | State::Waiting
            | State::Trying
            | State::Standby
            | State::Removing
            | State::Gone => Came::Nothing,
        }
    }

    /// A keep-alive was answered: the flow has proved to work.
    pub(in crate::sip::ua::registration) fn on_alive(&mut self) {
        if let Some(live) = &mut self.live {
            live.is_answered = true;
            self.failures = 0;
        }
    }

    /// The flow works; it is kept alive if the first hop knows how (RFC 5626 §4.4).
    pub(super) fn keep(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        target: Target,
        reply: &Reply,
    ) {
        let before = self.live.take().filter(|live| live.target == target);
        let wanted = (reply.takes_keep_alives || cx.config.keeps_alive)
            .then(|| reply.keep_alive(target.transport));
        let kept_before = before.as_ref().and_then(|live| live.kept);
        let kept = match wanted {
            Some(interval) if kept_before == Some(interval) => wanted,
            Some(interval) => wanted.filter(|_| cx.stack.keep_alive(target, interval).is_ok()),
            None => {
                if kept_before.is_some() {
                    cx.stack.stop_keep_alive(target);
                }
                None
            }
        };
        // §4.5: a flow that is not kept alive has proved to work by being registered over.
        if kept.is_none() {
            self.failures = 0;
        }
        self.live = Some(Live {
            target,
            since: cx.stack.now(),
            kept,
            is_answered: before.is_some_and(|live| live.is_answered),
        });
    }

    pub(super) fn lose(&mut self, stack: &mut Stack) {
        if let Some(Live { target, kept, .. }) = self.live.take() {
            if kept.is_some() {
                stack.stop_keep_alive(target);
            }
        }
    }
}
