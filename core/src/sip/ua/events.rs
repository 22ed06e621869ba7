//! What a user agent tells its application: one flat list.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::call::CallHandle;
use super::details::Details;
use super::identity::Identity;
use super::info::Info;
use super::message::{InstantMessage, MessageHandle};
use super::options::QueryHandle;
use super::registration::{Binding, RegistrationHandle};
use super::subscription::{Notification, SubscriptionEnd, SubscriptionHandle};
use super::watcher::{ReferRequest, SubscriptionRequest, WatcherEnd, WatcherHandle};
use crate::sdp::{MediaKind, MediaPlan};
use crate::sip::message::StatusCode;
use crate::sip::transport::server_location::Exhausted;

/// Something the application should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UaEvent {
    /// The registrar has our binding, and it is refreshed before it runs out (RFC 3261 §10.2.4).
    Registered {
        /// Which.
        registration: RegistrationHandle,
        /// The binding of it (RFC 5626 §4.2): 1, or the number of the outbound proxy from 1.
        reg_id: u32,
        /// How long it holds without a refresh.
        expires: Duration,
    },
    /// The registrar did not take our binding.
    RegistrationFailed {
        /// Which; the handle is stale when `retry_in` is `None` and it was the last binding.
        registration: RegistrationHandle,
        /// The binding of it, as in `Registered`.
        reg_id: u32,
        /// What it answered; `None` when there was no answer at all.
        status: Option<StatusCode>,
        /// Why.
        reason: RegistrationFailure,
        /// When the next attempt is made, if one is.
        retry_in: Option<Duration>,
        /// What else it said, if anything.
        details: Option<Box<Details>>,
    },
    /// Our binding is gone, or at least no longer refreshed. The handle is stale.
    Unregistered {
        /// Which.
        registration: RegistrationHandle,
    },
    /// Somebody calls. Answer with `ring`, `accept`, `reject` or `hang_up`.
    Incoming {
        /// The new call.
        call: CallHandle,
        /// The URI in From.
        from: String,
        /// The name beside it, as it was written.
        display_name: Option<String>,
        /// The URI in To.
        to: String,
    },
    /// The far end reports progress (RFC 3261 §13.2.2.1): 180 and anything else but 100.
    Ringing {
        /// Which.
        call: CallHandle,
        /// What it said.
        status: StatusCode,
    },
    /// One of the far ends that rang does no more, and its early media are over (RFC 6228 §4). The call
    /// goes on: another may ring, or answer.
    EarlyDialogTerminated {
        /// Which.
        call: CallHandle,
        /// How many still ring.
        ringing: usize,
        /// Why: the status its final response had stands in the Reason.
        details: Option<Box<Details>>,
    },
    /// There is media before the call is answered: a preview of the answer (RFC 6337 §3.1.1).
    EarlyMedia {
        /// Which.
        call: CallHandle,
        /// Where to send and receive.
        plan: MediaPlan,
    },
    /// Caller: the far end picked up. Callee: our answer has arrived.
    Answered {
        /// Which.
        call: CallHandle,
    },
    /// Offer and answer are complete: this is what to send and receive from now on, in the first of
    /// the streams. It comes again after every change, whoever has made it.
    MediaAgreed {
        /// Which.
        call: CallHandle,
        /// Where to send and receive, and how.
        plan: MediaPlan,
    },
    /// As `MediaAgreed`, or before the call is answered `EarlyMedia`, of a stream that is not the
    /// first. It comes after that, and again after every change.
    StreamAgreed {
        /// In which.
        call: CallHandle,
        /// The place of the stream in the list of our media, from 0.
        stream: usize,
        /// Where to send and receive, and how.
        plan: MediaPlan,
    },
    /// Some of our media have no stream any more: either end has taken it away (RFC 3264 §8.2), or the
    /// far end has refused it when we offered it (§6). Nothing is sent, and nothing that comes is
    /// heard; [`modify_stream`] offers it once more.
    ///
    /// [`modify_stream`]: super::UserAgentEndpoint::modify_stream
    StreamRemoved {
        /// In which.
        call: CallHandle,
        /// The place of the media in the list of ours, from 0.
        stream: usize,
    },
    /// The far end has offered a stream for which we have no media, and it was refused, as nobody
    /// could be asked (RFC 6141 §3.1); [`add_stream`] offers it from our side.
    ///
    /// [`add_stream`]: super::UserAgentEndpoint::add_stream
    StreamRefused {
        /// In which.
        call: CallHandle,
        /// What kind of stream.
        kind: MediaKind,
    },
    /// The far end put us on hold.
    RemoteHold {
        /// Which.
        call: CallHandle,
    },
    /// The far end took us off hold.
    RemoteResumed {
        /// Which.
        call: CallHandle,
    },
    /// Our hold is in force.
    HoldDone {
        /// Which.
        call: CallHandle,
    },
    /// Our resumption is in force.
    ResumeDone {
        /// Which.
        call: CallHandle,
    },
    /// Our modification is in force, as far as the far end wants it: `StreamAgreed` and
    /// `StreamRemoved` came before.
    ModifyDone {
        /// Which.
        call: CallHandle,
    },
    /// The far end refused our hold, resumption or modification; the session is as it was
    /// (RFC 3261 §14.1), and what else was asked for meanwhile is forgotten.
    ChangeRefused {
        /// Which.
        call: CallHandle,
        /// What it answered.
        status: StatusCode,
        /// What else it said, if anything.
        details: Option<Box<Details>>,
    },
    /// The session was refreshed, by either end and for whatever reason: it is over no sooner than its
    /// interval from now, which [`Call::session_timer`](super::Call::session_timer) has (RFC 4028 §7.2).
    SessionRefreshed {
        /// Which.
        call: CallHandle,
    },
    /// The far end is somebody else than was called, or than it was before (RFC 4916 §4.4.2), which may be
    /// said before the call is answered. Where several ring, it comes again, without the name, once it is
    /// known which of them has answered. Nothing vouches for it but the path the request came by.
    PeerIdentified {
        /// In which.
        call: CallHandle,
        /// The URI in From.
        from: String,
        /// The name beside it, as it was written.
        display_name: Option<String>,
    },
    /// The far end knows who we are now, as [`change_identity`] has asked for.
    ///
    /// [`change_identity`]: super::UserAgentEndpoint::change_identity
    IdentityDone {
        /// In which.
        call: CallHandle,
    },
    /// The far end's application says something, without changing the call (RFC 6086).
    Info {
        /// In which.
        call: CallHandle,
        /// What.
        info: Box<Info>,
    },
    /// What became of an `info` of ours. 469 says that the far end takes no such package any more.
    InfoAnswered {
        /// In which.
        call: CallHandle,
        /// What the far end answered; `None` when there was no answer at all.
        status: Option<StatusCode>,
        /// What else it said, if anything.
        details: Option<Box<Details>>,
    },
    /// Somebody says something (RFC 3428 §7). It has its answer already.
    Message {
        /// In which call; none for most.
        call: Option<CallHandle>,
        /// To which of our identities.
        identity: Identity,
        /// The URI in From.
        from: String,
        /// The URI in To.
        to: String,
        /// What.
        message: Box<InstantMessage>,
    },
    /// What became of a `message` of ours (RFC 3428 §4): 200 says that it has arrived, 202 that it may.
    /// The handle is stale.
    MessageAnswered {
        /// Which.
        message: MessageHandle,
        /// What was answered; `None` when there was no answer at all.
        status: Option<StatusCode>,
        /// What else was said, if anything.
        details: Option<Box<Details>>,
    },
    /// What became of a `message_in_call` of ours.
    CallMessageAnswered {
        /// In which.
        call: CallHandle,
        /// What the far end answered; `None` when there was no answer at all.
        status: Option<StatusCode>,
        /// What else it said, if anything.
        details: Option<Box<Details>>,
    },
    /// The call is over. It comes once per call, and the handle is stale.
    Ended {
        /// Which.
        call: CallHandle,
        /// Why.
        reason: EndReason,
        /// What else the far end said when it refused it or hung up, if anything.
        details: Option<Box<Details>>,
    },
    /// The notifier has taken our SUBSCRIBE; what the state is, the NOTIFYs say.
    Subscribed {
        /// Which.
        subscription: SubscriptionHandle,
        /// How long it holds without a refresh.
        expires: Duration,
    },
    /// The state of what we subscribe to.
    Notified {
        /// Which.
        subscription: SubscriptionHandle,
        /// What was told.
        notification: Box<Notification>,
    },
    /// Our SUBSCRIBE has reached another notifier as well, which makes one subscription more (RFC 6665
    /// §4.1.4).
    SubscriptionForked {
        /// The new one.
        subscription: SubscriptionHandle,
        /// The one whose SUBSCRIBE it was.
        first: SubscriptionHandle,
    },
    /// There is no subscription, or no more.
    SubscriptionEnded {
        /// Which; the handle is stale when `retry_in` is `None`.
        subscription: SubscriptionHandle,
        /// Why.
        reason: SubscriptionEnd,
        /// When it is begun anew, if it is.
        retry_in: Option<Duration>,
        /// What else the notifier said, if anything.
        details: Option<Box<Details>>,
    },
    /// The answer to a REFER of ours, or that there was none; not where the last NOTIFY has come before it,
    /// which says as much.
    ReferAnswered {
        /// The subscription it may have made.
        subscription: SubscriptionHandle,
        /// What the far end answered; `None` when there was no answer at all.
        status: Option<StatusCode>,
        /// What else it said, if anything.
        details: Option<Box<Details>>,
    },
    /// How what our REFER has asked for goes (RFC 3515 §2.4.5).
    ReferProgress {
        /// The subscription it has made.
        subscription: SubscriptionHandle,
        /// The status of the request that was asked for.
        status: StatusCode,
        /// Whether nothing more is told.
        is_over: bool,
    },
    /// Somebody subscribes to an event of ours (RFC 6665 §4.2.1): grant, defer or refuse it.
    SubscriptionRequested {
        /// Names them from now on.
        watcher: WatcherHandle,
        /// What they ask for.
        request: Box<SubscriptionRequest>,
    },
    /// Somebody asks us to contact somebody (RFC 3515 §2.4.2): follow it or refuse it.
    Referred {
        /// Names that from now on.
        referral: WatcherHandle,
        /// The call it is about, if it is about one.
        call: Option<CallHandle>,
        /// What they ask for.
        request: Box<ReferRequest>,
    },
    /// Somebody watches no more.
    WatcherEnded {
        /// Who; the handle is stale.
        watcher: WatcherHandle,
        /// Why.
        reason: WatcherEnd,
    },
    /// The answer to `fetch_bindings`, `remove_all_bindings` or `bind`, or that there was none. The
    /// handle is stale.
    BindingsAnswered {
        /// Which.
        query: QueryHandle,
        /// What it answered; `None` when there was no answer at all.
        status: Option<StatusCode>,
        /// The bindings there are, of a 2xx.
        bindings: Vec<Binding>,
        /// What it says beside its status, if it says anything.
        details: Option<Box<Details>>,
    },
    /// The answer to `options`, or that there was none. The handle is stale.
    OptionsAnswered {
        /// Which.
        query: QueryHandle,
        /// What it answered; `None` when there was no answer at all.
        status: Option<StatusCode>,
        /// The methods in its Allow, if it had one.
        allow: Vec<String>,
        /// What else it said, if anything.
        details: Option<Box<Details>>,
    },
}

/// Why a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EndReason {
    /// We hung up.
    HungUp,
    /// The far end hung up.
    RemoteHungUp,
    /// We gave up before it was answered.
    Cancelled,
    /// The caller gave up before we answered.
    RemoteCancelled,
    /// We refused it with this status.
    Refused(StatusCode),
    /// The far end, or a server on the way, refused it with this status.
    Rejected(StatusCode),
    /// It rang for as long as we let it.
    Unanswered,
    /// The far end does not answer at all (RFC 3261 §8.1.3.1).
    TimedOut,
    /// The way to the far end is blocked.
    Unreachable,
    /// The name of the far end, or of the proxy on the way, leads to no server (RFC 3263).
    NotLocated(Exhausted),
    /// We have no password for the realm that asked, or it was refused.
    WrongPassword,
    /// No answer fits our offer, or no offer our media.
    NoCommonMedia,
    /// Our answer was never acknowledged (RFC 3261 §13.3.1.4).
    Unacknowledged,
    /// The far end no longer knows the dialog, or no longer answers in it (RFC 3261 §12.2.1.2).
    DialogLost,
    /// Nobody refreshed the session in time: the far end has vanished (RFC 4028 §10).
    SessionExpired,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HungUp => f.write_str("we hung up"),
            Self::RemoteHungUp => f.write_str("the far end hung up"),
            Self::Cancelled => f.write_str("we gave up before it was answered"),
            Self::RemoteCancelled => f.write_str("the caller gave up before we answered"),
            Self::Refused(status) => write!(f, "we refused it with {}", status.as_u16()),
            Self::Rejected(status) => write!(
                f,
                "refused by the far end: {} {}",
                status.as_u16(),
                status.reason()
            ),
            Self::Unanswered => f.write_str("nobody picked up"),
            Self::TimedOut => f.write_str("the far end does not answer"),
            Self::Unreachable => f.write_str("the far end cannot be reached"),
            Self::NotLocated(why) => why.fmt(f),
            Self::WrongPassword => f.write_str("no password, or a wrong one, for the realm"),
            Self::NoCommonMedia => f.write_str("no codec in common"),
            Self::Unacknowledged => f.write_str("the far end did not acknowledge our answer"),
            Self::DialogLost => f.write_str("the far end lost the call"),
            Self::SessionExpired => {
                f.write_str("the far end has vanished: nobody refreshed the session")
            }
        }
    }
}

/// Why a registration failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegistrationFailure {
    /// We have no password for the realm that asked, or it was refused.
    WrongPassword,
    /// Whoever answered does not know the password (RFC 7616 §3.5), so that there may be no binding.
    ServerUnproven,
    /// The registrar refused for good.
    Rejected,
    /// The registrar binds flows, and not one through this outbound proxy (RFC 5626 §4.2.1, §11.6).
    LacksOutbound,
    /// The registrar cannot do it now.
    Unavailable,
    /// The registrar does not answer.
    TimedOut,
    /// The way to the registrar is blocked.
    Unreachable,
    /// The name of the registrar, or of the proxy on the way, leads to no server (RFC 3263).
    NotLocated(Exhausted),
}

impl fmt::Display for RegistrationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongPassword => "no password, or a wrong one, for the realm",
            Self::ServerUnproven => "the registrar does not know the password",
            Self::Rejected => "the registrar refused",
            Self::LacksOutbound => "no flow can be registered through this proxy",
            Self::Unavailable => "the registrar cannot register us now",
            Self::TimedOut => "the registrar does not answer",
            Self::Unreachable => "the registrar cannot be reached",
            Self::NotLocated(why) => return why.fmt(f),
        })
    }
}
