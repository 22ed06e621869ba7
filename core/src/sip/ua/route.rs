//! The way the requests of one draft take: looked for once, kept for the same request with
//! credentials, and changed when a server fails (RFC 3263 §4, §4.3). Who is registered over flows
//! sends over one that works, whatever the DNS says (RFC 5626 §4.3).

use super::call::Cx;
use super::draft::Draft;
use super::links::ClientUse;
use super::outcome::Outcome;
use crate::sip::endpoint::{Failure, Located, LocationHandle, SelectError, Target, Way};
use crate::sip::message::StatusCode;

/// A way, as far as it is known.
pub(super) enum Route {
    /// Nobody has looked yet.
    Unknown,
    /// The DNS is asked.
    Sought(LocationHandle),
    /// That is it, and those that stand by.
    Known(Way),
    /// A flow we are registered over, and the number of its outbound proxy.
    Flow(Target, usize),
}

impl Route {
    /// A way without an alternative.
    pub(super) fn only(target: Target) -> Self {
        Self::Known(Way::only(target))
    }

    /// The server requests go to, once it is known.
    pub(super) const fn target(&self) -> Option<Target> {
        match self {
            Self::Unknown | Self::Sought(_) => None,
            Self::Known(way) => Some(way.target),
            Self::Flow(target, _) => Some(*target),
        }
    }

    /// The number of the outbound proxy that leads there, if it is known and there are any.
    pub(super) const fn proxy(&self) -> usize {
        match self {
            Self::Unknown | Self::Sought(_) => 0,
            Self::Known(way) => way.choice,
            Self::Flow(_, proxy) => *proxy,
        }
    }

    /// The search that is under way.
    pub(super) const fn sought(&self) -> Option<LocationHandle> {
        match self {
            Self::Unknown | Self::Known(_) | Self::Flow(..) => None,
            Self::Sought(location) => Some(*location),
        }
    }

    /// Where to send the request of `draft`; nothing if that has to be looked up first. The way
    /// that is known is taken again: whoever asked for a password wants it there.
    pub(super) fn find<H>(
        &mut self,
        cx: &mut Cx<'_, H>,
        draft: &Draft,
        used: ClientUse,
    ) -> Result<Option<Target>, SelectError> {
        match self {
            Self::Known(way) => way.reopen(cx.stack).map(Some),
            Self::Sought(_) => Ok(None),
            Self::Flow(target, _) if cx.stack.flow(target.flow).is_some() => Ok(Some(*target)),
            Self::Flow(..) | Self::Unknown => {
                if let Some(target) = self.take_flow(cx, draft, None, used) {
                    return Ok(Some(target));
                }
                let located = draft.locate(cx, used)?;
                Ok(self.take(cx, located, used))
            }
        }
    }

    /// Where to send the same request after a server has failed: the transport, the time it had,
    /// or by its own word (RFC 3263 §4.3). None if it has not failed, or no other is left; the inner
    /// one while the next is looked for.
    pub(super) fn fail_over<H>(
        &mut self,
        cx: &mut Cx<'_, H>,
        draft: &Draft,
        outcome: Outcome<'_>,
        used: ClientUse,
    ) -> Option<Option<Target>> {
        let failed = match outcome {
            Outcome::Failed(_) | Outcome::NoWay(_) => true,
            Outcome::Response(_) => outcome.status() == StatusCode::SERVICE_UNAVAILABLE,
        };
        if !failed {
            return None;
        }
        let located = match self {
            Self::Unknown | Self::Sought(_) => return None,
            Self::Known(way) => {
                let others = core::mem::take(&mut way.others);
                cx.stack.locate_next(others)
            }
            Self::Flow(_, proxy) => {
                let tried = Some(*proxy);
                if let Some(target) = self.take_flow(cx, draft, tried, used) {
                    return Some(Some(target));
                }
                let is_gone = match outcome {
                    // §4.2.2: one that answers works, however busy the server is.
                    Outcome::Response(_) => false,
                    // Whoever is silent is so over a new connection too; registering shall find out.
                    Outcome::Failed(Failure::Timeout) => matches!(used, ClientUse::Register(..)),
                    Outcome::Failed(Failure::Transport) | Outcome::NoWay(_) => true,
                };
                if !is_gone {
                    return None;
                }
                // §4.3, §4.5: no flow is left, and a new one may do.
                *self = Self::Unknown;
                draft.locate(cx, used)
            }
        };
        Some(self.take(cx, located.ok()?, used))
    }

    /// Takes a flow we are registered over, the first or the next. Registering is what makes them.
    fn take_flow<H>(
        &mut self,
        cx: &Cx<'_, H>,
        draft: &Draft,
        tried: Option<usize>,
        used: ClientUse,
    ) -> Option<Target> {
        if matches!(used, ClientUse::Register(..)) {
            return None;
        }
        let registered = &cx.links.registered;
        // RFC 3261 §26.2.2: to a SIPS resource every hop is secured.
        let secure = super::draft::is_secure(&draft.request_uri);
        let (proxy, target) = registered.flow_after(cx.identity, tried, secure)?;
        *self = Self::Flow(target, proxy);
        Some(target)
    }

    /// Takes what came of a search: where to send to, or why there is nowhere. None if it is not
    /// the one that is under way.
    pub(super) fn on_located(
        &mut self,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> Option<Result<Target, SelectError>> {
        if self.sought() != Some(location) {
            return None;
        }
        let target = found.as_ref().map(|way| way.target).map_err(|why| *why);
        *self = found.map_or(Self::Unknown, Self::Known);
        Some(target)
    }

    fn take<H>(&mut self, cx: &mut Cx<'_, H>, located: Located, used: ClientUse) -> Option<Target> {
        match located {
            Located::Way(way) => {
                let target = way.target;
                *self = Self::Known(way);
                Some(target)
            }
            Located::Later(location) => {
                cx.links.locations.insert(location, used);
                *self = Self::Sought(location);
                None
            }
        }
    }
}
