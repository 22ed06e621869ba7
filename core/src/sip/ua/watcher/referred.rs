//! REFER to us (RFC 3515 §2.4.2): it is for the application to follow it or not.
//!
//! | it | answer |
//! |---|---|
//! | has not exactly one Refer-To | 400 |
//! | names in Target-Dialog a call that we have not | 481 |
//! | else | what the application says, within a second; or 200, to be decided later |

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use core::time::Duration;

use super::{ReferRequest, Referral, Watcher};
use crate::sip::endpoint::{Events, Stack};
use crate::sip::header::{NameAddr, ReferredBy, TargetDialog};
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::ua::UserAgent;
use crate::sip::ua::call::{CallHandle, LegId, LegState};
use crate::sip::ua::draft::seconds;
use crate::sip::ua::event_dialog::Place;
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::refer;
use crate::sip::ua::requests::{Refusal, Request};

/// How long whoever asks is told how it goes (§2.4.4: it is for us to say).
const DURATION: Duration = Duration::from_secs(300);

/// §2.4.2: the one URI it may have.
fn refer_to(message: &Message) -> Result<&str, Refusal> {
    let mut values = message.elements::<NameAddr<'_>>(HeaderName::ReferTo);
    match (values.next(), values.next()) {
        (Some(Ok(one)), None) => Ok(one.uri),
        (_, _) => Err(StatusCode::BAD_REQUEST.into()),
    }
}

impl UserAgent {
    /// Takes a REFER; in the dialog of a call if it came there.
    pub(in crate::sip::ua) fn on_refer(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        here: Option<(CallHandle, LegId)>,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        let identity = match here.and_then(|(call, _)| self.calls.get(call)) {
            Some(call) => call.identity(),
            None => self.called(message),
        };
        let uri = refer_to(message)?;
        let about = match here {
            Some((call, _)) => Some(call),
            None => self.target_dialog(message)?,
        };
        let referred_by = message.field(HeaderName::ReferredBy);
        let referred_by = match referred_by {
            Some(value) => {
                ReferredBy::parse(value)?;
                Some(String::from_utf8_lossy(value.trim_ascii()).into_owned())
            }
            None => None,
        };
        let asked = ReferRequest {
            identity,
            from: message.from()?.uri.into(),
            refer_to: uri.into(),
            referred_by: referred_by.clone(),
        };
        let referral = Referral {
            refer_to: uri.into(),
            referred_by: referred_by.map(Box::from),
            is_silent: refer::is_unwatched(message),
        };
        let mut watcher = Watcher {
            identity,
            event: refer::PACKAGE.into(),
            referral: Some(Box::new(referral)),
            ..self.watcher(stack, request, seconds(DURATION))?
        };
        if let Some((call, leg)) = here {
            watcher.id = Some(self.refer_id(call, leg, message)?);
            watcher.place = Place::Call(call, leg);
            if let Some(call) = self.calls.get(call) {
                watcher.local_tag = call.local_tag.clone();
            }
        }
        let me = self.add_watcher(stack, watcher)?;
        events.push(UaEvent::Referred {
            referral: me,
            call: about,
            request: Box::new(asked),
        });
        self.settle_watcher(stack, events, me);
        Ok(())
    }

    /// §2.4.6: the NOTIFYs to the second REFER in a dialog, and those to all after it, say which it is,
    /// and those to the first may. They do: a REFER that was overtaken by the next one is refused, and
    /// then each end takes another one for the first.
    fn refer_id(
        &self,
        call: CallHandle,
        leg: LegId,
        message: &Message,
    ) -> Result<Box<str>, Refusal> {
        let none = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        let call = self.calls.get(call).ok_or(none)?;
        let leg = call.legs.iter().find(|it| it.id == leg).ok_or(none)?;
        if leg.state != LegState::Confirmed {
            return Err(none.into());
        }
        Ok(message.cseq()?.number.to_string().into())
    }

    /// The call that a REFER outside its dialog is about (RFC 7647 §4, RFC 4538 §6).
    fn target_dialog(&self, message: &Message) -> Result<Option<CallHandle>, Refusal> {
        let Some(value) = message.field(HeaderName::TargetDialog) else {
            return Ok(None);
        };
        let named = TargetDialog::parse(value)?;
        let call = self.links.by_tag.get(named.local_tag);
        let is_it = |call: &&CallHandle| {
            let it = self.calls.get(**call);
            it.is_some_and(|it| it.leg_of_peer(named.call_id.0, named.remote_tag).is_some())
        };
        match call.filter(is_it) {
            Some(call) => Ok(Some(*call)),
            None => Err(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST.into()),
        }
    }
}
