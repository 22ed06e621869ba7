//! Which flow of a registration is begun, and when (RFC 5626 §4.2.1).

use core::time::Duration;

use super::flow::State;
use super::{Outbound, RegisteredFlow, Registration, RegistrationHandle};
use crate::sip::endpoint::SelectError;
use crate::sip::ua::call::Cx;
use crate::sip::ua::errors::RequestError;
use crate::sip::ua::outcome::Outcome;

/// How long the first flow has before the next is tried beside it.
const STAGGER: Duration = Duration::from_secs(2);

impl Registration {
    /// Sends the first REGISTER.
    pub(in crate::sip::ua) fn start(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
    ) -> Result<(), RequestError> {
        let mut failed = RequestError::BadUri;
        for n in 0..self.flows.len() {
            let Some(flow) = self.flows.get_mut(n) else {
                break;
            };
            flow.state = State::Trying;
            match flow.send(cx) {
                Ok(()) => {
                    self.stagger(cx);
                    return Ok(());
                }
                Err(why) => {
                    let unsent = Outcome::NoWay(SelectError::NoFlow);
                    flow.wait(cx, unsent, true);
                    failed = why;
                }
            }
        }
        for flow in &mut self.flows {
            flow.end(cx.stack);
        }
        Err(failed)
    }

    /// Gives the flows that stand by their turn, should the one before bring nothing soon.
    pub(super) fn stagger(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        let mut wait = Duration::ZERO;
        for flow in &mut self.flows {
            if flow.state == State::Standby {
                wait = wait.saturating_add(STAGGER);
                flow.stand_by(cx, Some(wait));
            }
        }
    }

    /// Begins the flows whose turn it is.
    pub(super) fn settle(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        while let Some(number) = self.next_to_begin() {
            let Some(flow) = self.flows.get_mut(usize::from(number)) else {
                return;
            };
            let came = flow.begin(cx, State::Trying);
            self.take(cx, number, came);
        }
    }

    fn next_to_begin(&self) -> Option<u8> {
        if self.is_leaving {
            return None;
        }
        let mut standing_by = self.flows.iter().filter(|it| it.state == State::Standby);
        let under_way = |it: &RegisteredFlow| matches!(it.state, State::Trying | State::Bound);
        let found = match self.outbound {
            // The first has an answer, or more time.
            Outbound::Unknown => {
                let is_first = !self.flows.iter().any(|it| it.state == State::Trying);
                standing_by.find(|it| it.asks_outbound && (is_first || it.timer.is_none()))
            }
            Outbound::Yes => standing_by.find(|it| it.asks_outbound),
            Outbound::No if self.flows.iter().any(under_way) => None,
            Outbound::No => standing_by.next(),
        };
        found.map(|flow| flow.number)
    }
}
