//! Modifying a session (RFC 3264 §8): streams are added, removed and changed by a new list of our
//! media, which goes to the far end as any [`change`](super::change) does.
//!
//! A stream is known by its place in that list. One that is removed keeps its place, as its media
//! description does in what is offered (§8.2), until another of its kind takes it (§8.1).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::UserAgent;
use super::call::{Call, CallHandle, Stage};
use super::errors::ModifyError;
use crate::sdp::{LocalMedia, Negotiation};
use crate::sip::endpoint::Endpoint;
use crate::time::Instant;

/// The media we want in a session.
pub(super) struct Wanted {
    pub(super) locals: Vec<LocalMedia>,
    /// Whether the offer under way has just these.
    pub(super) is_sent: bool,
}

impl Wanted {
    pub(super) fn new(locals: Vec<LocalMedia>) -> Option<Box<Self>> {
        Some(Box::new(Self {
            locals,
            is_sent: false,
        }))
    }
}

impl Endpoint<UserAgent> {
    /// Modifies the session of a call: `media` are ours from now on, in the order of before (RFC 3264
    /// §8). What has port 0, or stands no more in a shorter list, is removed; what stands below is
    /// added; and of what stays everything may change: address, formats, direction. A payload type
    /// means the same for ever, whatever is asked for (§8.3.2). Whether the far end is on hold is not
    /// said here but by [`hold`](Self::hold) and [`resume`](Self::resume).
    ///
    /// It is offered as soon as nothing else is being negotiated, in a re-INVITE, or as long as there
    /// is an INVITE that will do for it in an UPDATE (RFC 3311 §5.1). [`UaEvent::ModifyDone`] or
    /// [`UaEvent::ChangeRefused`] says what came of it; until then one has to be ready to receive by
    /// both (§8.3.1).
    ///
    /// [`UaEvent::ModifyDone`]: super::UaEvent::ModifyDone
    /// [`UaEvent::ChangeRefused`]: super::UaEvent::ChangeRefused
    ///
    /// # Errors
    /// When there is no session to modify, or the media will not do.
    pub fn modify_session(
        &mut self,
        now: Instant,
        call: CallHandle,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Result<(), ModifyError> {
        let media = media.into();
        self.modify(now, call, |_, _| Ok((media, ())))
    }

    /// Adds a stream to the session of a call (RFC 3264 §8.1): in the first place of our list whose
    /// media are of that kind and have no stream, as either end has removed it or never wanted it, or
    /// else below all others. The place is returned. The rest is as of
    /// [`modify_session`](Self::modify_session).
    ///
    /// # Errors
    /// As of [`modify_session`](Self::modify_session).
    pub fn add_stream(
        &mut self,
        now: Instant,
        call: CallHandle,
        media: LocalMedia,
    ) -> Result<usize, ModifyError> {
        self.modify(now, call, |mut locals, agreed| {
            let is_free = |(at, local): (usize, &LocalMedia)| {
                let is_wanted = local.address.port() != 0;
                // What is not agreed yet may still become a stream.
                let is_lacking = agreed.local().get(at) == Some(local)
                    && agreed.plans().all(|(other, _)| other != at);
                local.kind == media.kind && (!is_wanted || is_lacking)
            };
            let free = locals.iter().enumerate().position(is_free);
            let at = free.unwrap_or(locals.len());
            match locals.get_mut(at) {
                Some(local) => *local = media,
                None => locals.push(media),
            }
            Ok((locals, at))
        })
    }

    /// Removes the stream of our media at a place (RFC 3264 §8.2), from 0. The rest is as of
    /// [`modify_session`](Self::modify_session).
    ///
    /// # Errors
    /// As of [`modify_session`](Self::modify_session), and when our media are not that many.
    pub fn remove_stream(
        &mut self,
        now: Instant,
        call: CallHandle,
        stream: usize,
    ) -> Result<(), ModifyError> {
        self.modify(now, call, |mut locals, _| {
            let local = locals.get_mut(stream).ok_or(ModifyError::NoStream)?;
            local.address.set_port(0);
            Ok((locals, ()))
        })
    }

    /// Changes the stream of our media at a place, from 0, into `media` (RFC 3264 §8.3), or offers it
    /// once more if it was removed. The rest is as of [`modify_session`](Self::modify_session).
    ///
    /// # Errors
    /// As of [`modify_session`](Self::modify_session), and when our media are not that many.
    pub fn modify_stream(
        &mut self,
        now: Instant,
        call: CallHandle,
        stream: usize,
        media: LocalMedia,
    ) -> Result<(), ModifyError> {
        self.modify(now, call, |mut locals, _| {
            *locals.get_mut(stream).ok_or(ModifyError::NoStream)? = media;
            Ok((locals, ()))
        })
    }

    fn modify<R>(
        &mut self,
        now: Instant,
        call: CallHandle,
        change: impl FnOnce(Vec<LocalMedia>, &Negotiation) -> Result<(Vec<LocalMedia>, R), ModifyError>,
    ) -> Result<R, ModifyError> {
        self.command(now, |user, stack, events| {
            user.with_call(stack, events, call, |call, _| call.modify(change))
                .unwrap_or(Err(ModifyError::Stale))
        })
    }
}

impl Call {
    /// Our media in the dialog the application talks through, as they are wanted: those that
    /// [`modify_stream`](super::UserAgentEndpoint::modify_stream) and the like begin with, in their order. What was removed
    /// has port 0.
    #[must_use]
    pub fn media(&self) -> &[LocalMedia] {
        if let Some(wanted) = &self.change.media {
            return &wanted.locals;
        }
        let negotiation = self.legs.first().and_then(|leg| leg.negotiation.as_ref());
        negotiation.map_or(&[], |negotiation| negotiation.local())
    }

    fn modify<R>(
        &mut self,
        change: impl FnOnce(Vec<LocalMedia>, &Negotiation) -> Result<(Vec<LocalMedia>, R), ModifyError>,
    ) -> Result<R, ModifyError> {
        match self.stage {
            Stage::Established => {}
            Stage::Calling | Stage::Offered if self.is_changeable_early() => {}
            Stage::Calling | Stage::Offered | Stage::Ending(_) => {
                return Err(ModifyError::WrongState(self.stage));
            }
            Stage::Ended => return Err(ModifyError::Stale),
        }
        let negotiation = self.legs.first().and_then(|leg| leg.negotiation.as_ref());
        let negotiation = negotiation.ok_or(ModifyError::WrongState(self.stage))?;
        let (locals, result) = change(self.media().to_vec(), negotiation)?;
        if !negotiation.can_offer(&locals) {
            return Err(ModifyError::UnusableMedia);
        }
        self.change.want_media(locals);
        Ok(result)
    }
}
