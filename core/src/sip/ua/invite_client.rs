//! The caller's side of an INVITE (RFC 3261 §13.2) and what is common to every INVITE we send: its
//! ACK, sent again for every copy of the 2xx (§13.2.2.4; RFC 6026 §7.2), its credentials (§22.2)
//! and the end of its patience.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::authorize;
use super::body;
use super::call::{Call, CallHandle, Cx, Kind, LegId, Stage};
use super::cancel::Cancel;
use super::change::Undo;
use super::config::UserAgentConfig;
use super::contact;
use super::draft::{self, Draft};
use super::errors::InviteError;
use super::events::UaEvent;
use super::extensions::Extensions;
use super::info;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::prack;
use super::redirect::TargetSet;
use super::route::Route;
use super::session_timer;
use crate::sdp::offer_answer::{LocalMedia, Negotiation};
use crate::sip::auth::AuthorizationHeader;
use crate::sip::endpoint::{Failure, LocationHandle, SelectError, StackTimer, Target, Way};
use crate::sip::header::NameAddr;
use crate::sip::message::{HeaderName, Message, Method, OutgoingRequest, StatusCode};
use crate::sip::transaction::ClientHandle;

/// An INVITE of ours without final response.
pub(super) struct OutgoingInvite {
    /// Absent while its server is looked for.
    pub(super) transaction: Option<ClientHandle>,
    pub(super) purpose: Purpose,
    /// The session description it carries, kept for a repetition with credentials.
    pub(super) offer: Box<[u8]>,
    pub(super) cseq: u32,
    pub(super) request_uri: Box<str>,
    pub(super) credentials: Vec<AuthorizationHeader>,
    pub(super) route: Route,
    /// Whether any provisional response has come, 100 included.
    pub(super) provisional: bool,
    /// What was before a re-INVITE that has its answer already, in a reliable provisional response.
    pub(super) undo: Option<Box<Undo>>,
    pub(super) cancel: Cancel,
    /// The ring limit, or after CANCEL the guard.
    pub(super) timer: Option<StackTimer>,
}

/// What an INVITE of ours is to bring about.
pub(super) enum Purpose {
    /// A call.
    Initial(Initial),
    /// A change in the session of one dialog.
    Change(LegId),
}

/// What an INVITE that begins a call has beside those inside a dialog.
pub(super) struct Initial {
    pub(super) draft: Draft,
    /// The negotiation that made the offer; each dialog takes a copy.
    pub(super) negotiation: Box<Negotiation>,
    pub(super) targets: TargetSet,
    /// What the peer's offer will be answered with, when the INVITE has none.
    pub(super) late: Option<Vec<LocalMedia>>,
}

/// Who describes the session first (RFC 3261 §13.2.1).
pub(super) enum Session {
    /// We do, in the INVITE.
    Offered(Box<[u8]>),
    /// The peer does, in its first response that is sure to arrive; this is what we have to answer with.
    Late(Vec<LocalMedia>),
}

impl OutgoingInvite {
    pub(super) fn is_initial(&self) -> bool {
        match self.purpose {
            Purpose::Initial(..) => true,
            Purpose::Change(_) => false,
        }
    }

    /// The extensions it names; for one inside a dialog, the leg knows.
    pub(super) fn extensions(&self) -> Extensions {
        match &self.purpose {
            Purpose::Initial(initial) => initial.draft.extensions,
            Purpose::Change(_) => Extensions::default(),
        }
    }

    /// Whether the dialogs it leads to are secured (§12.1.2).
    pub(super) fn is_secure(&self, config: &UserAgentConfig) -> bool {
        draft::is_secure(&self.request_uri) || draft::is_routed_by_sips(config, self.route.proxy())
    }
}

/// An INVITE of ours that was answered 2xx, for as long as copies of the answer may come.
pub(super) struct Answered {
    pub(super) transaction: ClientHandle,
    pub(super) initial: bool,
    /// Whether the INVITE had no offer, so that a 2xx has.
    pub(super) offers_nothing: bool,
    pub(super) cseq: u32,
    /// Whether it called a SIPS URI.
    pub(super) secure: bool,
    /// §13.2.2.4: the ACK has the credentials of the INVITE.
    pub(super) credentials: Vec<AuthorizationHeader>,
    /// Where the INVITE went.
    pub(super) target: Target,
    pub(super) acks: Vec<Ack>,
    /// ACKs whose next hop is being looked up, by the dialog.
    pub(super) waiting: Vec<(LegId, OutgoingRequest)>,
}

/// The ACK for the 2xx of one of the peers an INVITE has reached.
pub(super) struct Ack {
    pub(super) remote_tag: Box<str>,
    pub(super) bytes: Arc<[u8]>,
    pub(super) target: Target,
}

impl Call {
    /// Sends the INVITE that begins the call.
    pub(super) fn send_initial(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        draft: Draft,
        negotiation: Box<Negotiation>,
        session: Session,
    ) -> Result<(), InviteError> {
        let (offer, late) = match session {
            Session::Offered(offer) => (offer, None),
            Session::Late(media) => (Box::default(), Some(media)),
        };
        self.auth = authorize::take_credentials(cx, &draft.to).map(Box::new);
        let credentials = self.initial_credentials(&draft, &offer);
        let mut route = Route::Unknown;
        let transaction = match route.find(cx, &draft, ClientUse::Invite(cx.me))? {
            Some(target) => {
                let way = (target, route.proxy());
                Some(transmit(cx, &draft, &offer, &credentials, way)?)
            }
            None => None,
        };
        let limit = cx.config.ring_limit;
        self.outgoing = Some(Box::new(OutgoingInvite {
            transaction,
            cseq: draft.cseq,
            request_uri: draft.request_uri.clone(),
            purpose: Purpose::Initial(Initial {
                targets: TargetSet::new(&draft.request_uri),
                draft,
                negotiation,
                late,
            }),
            offer,
            credentials,
            route,
            provisional: false,
            undo: None,
            cancel: Cancel::No,
            timer: Some(cx.stack.arm(limit, Kind::OutgoingInvite.of(cx.me))),
        }));
        Ok(())
    }

    /// Takes what came of the search for the server of our INVITE.
    pub(super) fn on_located(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) {
        let awaiting = self.outgoing.as_mut();
        let found = awaiting.and_then(|outgoing| outgoing.route.on_located(location, found));
        let (Some(found), Some(mut outgoing)) = (found, self.outgoing.take()) else {
            return;
        };
        let failed = match found {
            Ok(target) if self.transmit_again(cx, &mut outgoing, target).is_ok() => {
                self.outgoing = Some(outgoing);
                return;
            }
            Ok(_) => Outcome::Failed(Failure::Transport),
            Err(why) => Outcome::NoWay(why),
        };
        self.on_initial_final(cx, outgoing, failed);
    }

    /// Acts on what became of an INVITE of ours.
    pub(super) fn on_invite_outcome(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        transaction: ClientHandle,
        outcome: Outcome<'_>,
    ) {
        let status = outcome.status();
        let is_current = self
            .outgoing
            .as_ref()
            .is_some_and(|outgoing| outgoing.transaction == Some(transaction));
        if !is_current {
            // Copies of a 2xx and 2xx of further forks; other finals are ignored (§13.2.2.3).
            if let (true, Some(response)) = (status.is_success(), outcome.message()) {
                self.on_further_success(cx, transaction, response);
            }
            return;
        }
        if let (true, Some(response)) = (status.is_provisional(), outcome.message()) {
            self.on_provisional(cx, response, status);
            return;
        }
        let Some(outgoing) = self.outgoing.take() else {
            return;
        };
        match outgoing.purpose {
            Purpose::Initial(..) => self.on_initial_final(cx, outgoing, outcome),
            Purpose::Change(leg) => self.on_change_final(cx, outgoing, leg, outcome),
        }
    }

    fn on_provisional(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        response: &Message,
        status: StatusCode,
    ) {
        let Some(outgoing) = self.outgoing.as_mut() else {
            return;
        };
        outgoing.provisional = true;
        let change = match outgoing.purpose {
            Purpose::Initial(_) => None,
            Purpose::Change(leg) => Some(leg),
        };
        if outgoing.cancel == Cancel::Wanted {
            self.cancel(cx);
        }
        // RFC 3262 §4: whatever a 100 requires is not meant.
        if status == StatusCode::TRYING {
            return;
        }
        let number = prack::number(response);
        let is_over = change.is_none() && status == StatusCode::EARLY_DIALOG_TERMINATED;
        // RFC 6228 §4: the end of a dialog that has not begun is none, unless a PRACK is waited for.
        if is_over && number.is_none() && self.known_leg(response).is_none() {
            return;
        }
        let leg = change.or_else(|| self.early_leg(cx, response));
        let was_over = leg.is_some_and(|leg| self.is_terminated_early(leg));
        let is_early = match (leg, number) {
            // RFC 3262 §4: out of its turn, it is as if it had not come.
            (Some(leg), Some(number)) if !self.is_in_turn(leg, response, number) => return,
            (Some(leg), Some(number)) => self.on_reliable(cx, leg, response, number),
            (Some(leg), None) if change.is_none() && !was_over => {
                self.preview(cx, leg, response).is_some()
            }
            (Some(_) | None, _) => false,
        };
        if let Some(leg) = leg.filter(|_| is_over || was_over) {
            self.terminate_early(cx, leg, response);
            return;
        }
        if change.is_some() || self.stage != Stage::Calling {
            return;
        }
        // §8.1.3.2: any provisional response but 100 that we do not know is a 183, and for a
        // caller 183 means what 180 means: there is a far end.
        cx.events.push(UaEvent::Ringing {
            call: cx.me,
            status,
        });
        if let Some(leg) = leg.filter(|_| is_early) {
            self.agree(cx, leg);
        }
    }
}

/// Sends the INVITE of `draft` in a new transaction.
pub(super) fn transmit(
    cx: &mut Cx<'_, CallHandle>,
    draft: &Draft,
    offer: &[u8],
    credentials: &[AuthorizationHeader],
    (target, proxy): (Target, usize),
) -> Result<ClientHandle, InviteError> {
    let secure = draft.is_secure(cx.config, proxy);
    let contact = contact::uri(cx, target.flow, secure);
    let mut builder = draft.begin(cx, Method::Invite, proxy);
    builder
        .field(HeaderName::Contact, &NameAddr::new(&contact))
        // §13.2.1: what may be asked of us in the dialog, and for how long the invitation holds.
        .field(HeaderName::Allow, draft::allow(cx.config))
        .field(HeaderName::Expires, &draft::seconds(cx.config.ring_limit))
        // RFC 6086 §5.2.3: also when the list is empty.
        .field(
            HeaderName::RecvInfo,
            info::packages(&cx.config.info_packages).as_str(),
        );
    session_timer::ask(&mut builder, cx.config, draft);
    draft::sign(&mut builder, cx.config, credentials);
    if !offer.is_empty() {
        builder.body(body::SDP, offer);
    }
    let transaction = cx.stack.request(&builder.finish()?, target)?;
    let used = ClientUse::Invite(cx.me);
    cx.links.clients.insert(transaction, used);
    Ok(transaction)
}
