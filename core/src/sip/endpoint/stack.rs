//! What a transaction user is lent: the way down.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::config::EndpointConfig;
use super::errors::SendError;
use super::location::{Location, LocationHandle, domain_of};
use crate::arena::Arena;
use crate::dns::{QueryId, Question};
use crate::limits::Limits;
use crate::machine::{FlowId, Transport};
use crate::rng::Rng;
use crate::sip::header::Via;
use crate::sip::message::{Message, Method, OutgoingRequest, OutgoingResponse};
use crate::sip::overload::{Admission, OverloadPolicy, Throttle};
use crate::sip::transaction::{
    ClientHandle, ClientTable, ClientTransaction, Cx, Keys, NotCancelled, RespondError,
    ServerHandle, ServerTable, ServerTransaction, TimerKey, Timings, UserTimer, cancel_for,
};
use crate::sip::transport::server_location::NextHop;
use crate::sip::transport::{
    Flow, KeepAlive, KeepAliveError, Payload, SelectError, Sender, Source, Stats, Target,
    TransportLayer, TransportTimer, is_websocket, reopen_at, response_path,
};
use crate::sip::uri::{Host, HostPort};
use crate::text::push_hex;
use crate::time::{Instant, UnixTime, WallClock};
use crate::timers::{TimerId, TimerQueue};

/// Transport and transactions, with the clock, the timers and the entropy they share with the
/// user.
pub struct Stack {
    pub(super) cx: Cx,
    pub(super) wall: WallClock,
    pub(super) rng: Rng,
    pub(super) limits: Limits,
    pub(super) clients: ClientTable,
    pub(super) servers: ServerTable,
    pub(super) keys: Keys,
    pub(super) user_timers: usize,
    pub(super) transport_timers: BTreeMap<TransportTimer, TimerId<TimerKey>>,
    /// What to look for servers of.
    pub(super) transports: Vec<Transport>,
    pub(super) locations: Arena<Location>,
    pub(super) questions: BTreeMap<QueryId, (LocationHandle, Question)>,
    pub(super) next_query: u64,
    pub(super) overload: OverloadPolicy,
    pub(super) admission: Admission,
    pub(super) throttle: Throttle,
}

/// Names a deadline armed with [`Stack::arm`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StackTimer(TimerId<TimerKey>);

impl Stack {
    pub(super) fn new(config: EndpointConfig, seed: [u8; 32]) -> Self {
        let mut rng = Rng::from_seed(seed);
        let keys = Keys::new(&mut rng);
        let transport = TransportLayer::new(
            &config.limits,
            config.transport,
            &config.advertised,
            rng.fork(),
        );
        Self {
            cx: Cx {
                now: Instant::ZERO,
                timings: config.timings,
                timers: TimerQueue::new(),
                transport,
                sender: Sender::Nobody,
            },
            wall: WallClock::default(),
            rng,
            clients: ClientTable::new(config.limits.client_transactions),
            servers: ServerTable::new(config.limits.server_transactions),
            keys,
            user_timers: 0,
            transport_timers: BTreeMap::new(),
            transports: config.transports,
            locations: Arena::new(config.limits.client_transactions),
            questions: BTreeMap::new(),
            next_query: 0,
            admission: Admission::new(config.overload.requests_per_second),
            throttle: Throttle::new(config.limits.overloaded_servers),
            overload: config.overload,
            limits: config.limits,
        }
    }

    /// Sends a request in a client transaction of its own: the top Via is put in front of it, with
    /// a fresh branch and rport (RFC 3261 §8.1.1.7, RFC 3581 §3). One that is too long for a
    /// datagram goes over TCP to the same address, and comes back to UDP if nobody is there
    /// (§18.1.1).
    ///
    /// # Errors
    /// What stands against it; nothing was sent then. An ACK is refused, see [`Stack::send_ack`].
    pub fn request(
        &mut self,
        request: &OutgoingRequest,
        target: Target,
    ) -> Result<ClientHandle, SendError> {
        self.request_marked(request, target, "")
    }

    /// As [`Stack::request`], with `mark` at the end of the branch, where a proxy finds it again
    /// when the request comes back to it (RFC 3261 §16.6 step 8). `mark` is letters and digits.
    ///
    /// # Errors
    /// As [`Stack::request`].
    pub fn request_marked(
        &mut self,
        request: &OutgoingRequest,
        target: Target,
        mark: &str,
    ) -> Result<ClientHandle, SendError> {
        if request.method() == Method::Ack {
            return Err(SendError::WrongMethod);
        }
        let mut branch = self.new_branch();
        branch.push_str(mark);
        let fitted = self.fit(request, target, &branch)?;
        let message = self.checked(&fitted.bytes)?;
        if !self.may_send(&message, fitted.target) {
            return Err(SendError::HeldBack);
        }
        let transaction = self.start_client(branch.into(), message, fitted.target)?;
        if let Some(target) = fitted.instead_of {
            self.clients.fall_back_on(transaction, target);
        }
        Ok(transaction)
    }

    /// Cancels an INVITE: sends a CANCEL in a transaction of its own, to where the INVITE went
    /// (RFC 3261 §9.1), with `reason` as its Reason (RFC 3326) unless that is empty. If no final
    /// response comes within 64·T1 the INVITE fails with a timeout.
    ///
    /// # Errors
    /// [`SendError::WrongState`] unless a provisional response came and no final one. With any
    /// other error the CANCEL was not sent, and the INVITE ends by that timeout.
    pub fn cancel(
        &mut self,
        invite: ClientHandle,
        reason: &[u8],
    ) -> Result<ClientHandle, SendError> {
        let entry = self.clients.cancellable(invite).map_err(|why| match why {
            NotCancelled::Stale => SendError::Stale,
            NotCancelled::WrongState => SendError::WrongState,
        })?;
        let mut target = entry.target();
        let request = Arc::clone(entry.request());
        // Given up even if the CANCEL itself cannot leave: nothing else would ever end it.
        self.clients.on_cancel(&mut self.cx, invite);
        let bytes = cancel_for(&request, reason).ok_or(SendError::Malformed)?;
        let via = request.top_via().map_err(|_| SendError::Malformed)?;
        let branch = via.branch.ok_or(SendError::Malformed)?;
        if self.cx.transport.flow(target.flow).is_none() {
            // The connection of the INVITE is gone; its address is not.
            target = self
                .target(target.transport, target.address)
                .map_err(|_| SendError::NoFlow)?;
        }
        // Never held back: it ends what is under way.
        let cancel = self.checked(&bytes)?;
        self.start_client(branch.into(), cancel, target)
    }

    /// Sends the ACK for a 2xx, which is a transaction of its own without a machine (RFC 3261
    /// §13.2.2.4). Where it went and the bytes are for [`Stack::transmit`], when the 2xx comes
    /// again.
    ///
    /// # Errors
    /// What stands against it; nothing was sent then. Any other method is refused.
    pub fn send_ack(
        &mut self,
        ack: &OutgoingRequest,
        target: Target,
    ) -> Result<(Target, Arc<[u8]>), SendError> {
        if ack.method() != Method::Ack {
            return Err(SendError::WrongMethod);
        }
        let branch = self.new_branch();
        let fitted = self.fit_ack(ack, target, &branch)?;
        let bytes: Arc<[u8]> = Arc::from(fitted.bytes);
        self.transmit(fitted.target, Arc::clone(&bytes));
        Ok((fitted.target, bytes))
    }

    /// Sends bytes that were kept.
    pub fn transmit(&mut self, target: Target, bytes: Arc<[u8]>) {
        self.cx
            .transport
            .send(target, Payload::Bytes(bytes), Sender::Nobody);
    }

    /// Answers a request: provisionally, finally, or, after a 2xx to an INVITE, with that 2xx
    /// again (RFC 3261 §13.3.1.4).
    ///
    /// # Errors
    /// The response was not sent, and changed nothing.
    pub fn respond(
        &mut self,
        transaction: ServerHandle,
        mut response: OutgoingResponse,
    ) -> Result<(), RespondError> {
        let status = response.status();
        if self.overload.is_spoken {
            if let Some(request) = self.received_request(transaction).map(Arc::clone) {
                self.tell_load(&request, &mut response);
            }
        }
        let bytes: Arc<[u8]> = Arc::from(response.into_bytes());
        self.reopen_path(transaction);
        let (limits, copy) = (&self.limits, Arc::clone(&bytes));
        let to_tag = || {
            let response = Message::parse(&copy, limits).ok()?;
            response.to().ok()?.tag.map(Into::into)
        };
        self.servers
            .respond(&mut self.cx, transaction, status, to_tag, bytes)
    }

    /// Answers a request without a transaction (RFC 3261 §8.2.7).
    pub fn respond_statelessly(
        &mut self,
        request: &Message,
        source: Source,
        mut response: OutgoingResponse,
    ) {
        self.tell_load(request, &mut response);
        if let Ok(via) = request.top_via() {
            let path = response_path(&via, source);
            self.transmit(path, Arc::from(response.into_bytes()));
        }
    }

    /// The undecided or decided INVITE a CANCEL is about (RFC 3261 §9.2).
    #[must_use]
    pub fn matching_invite(&self, cancel: &Message) -> Option<ServerHandle> {
        self.servers.cancelled_by(&self.keys, cancel)
    }

    /// Whether this request came here on another way too: another transaction has its From tag,
    /// Call-ID and CSeq. A user agent answers 482 if it has no To tag (RFC 3261 §8.2.2.2).
    #[must_use]
    pub fn is_merged(&self, transaction: ServerHandle) -> bool {
        self.servers.is_merged(transaction)
    }

    /// Where a SIP URI with a numeric host leads (RFC 3263 §4.1, §4.2).
    ///
    /// # Errors
    /// [`SelectError::NeedsResolution`] for a name, which is for [`Stack::locate`]; otherwise why
    /// it leads nowhere.
    pub fn select(&mut self, uri: &str) -> Result<Target, SelectError> {
        let next = NextHop::of_uri(uri)?;
        let (transport, address) = next.address().ok_or(SelectError::NeedsResolution)?;
        let domain = domain_of(uri).unwrap_or(Host::Ip(address.ip()));
        self.target_for(domain, transport, address)
    }

    /// How an address is reached over a transport. Under TLS its certificate must be for the
    /// address itself.
    ///
    /// # Errors
    /// No socket suits, or one more connection is beyond the limit.
    pub fn target(
        &mut self,
        transport: Transport,
        address: SocketAddr,
    ) -> Result<Target, SelectError> {
        self.target_for(Host::Ip(address.ip()), transport, address)
    }

    /// How an address at which `domain` is served is reached over a transport. Under TLS its
    /// certificate must be for the domain (RFC 5922 §7.3).
    ///
    /// # Errors
    /// As of [`Stack::target`]; [`SelectError::Malformed`] for a domain that is no name.
    pub fn target_for(
        &mut self,
        domain: Host<'_>,
        transport: Transport,
        address: SocketAddr,
    ) -> Result<Target, SelectError> {
        self.cx.transport.target(transport, address, domain)
    }

    /// The way to whoever is at the other end of a connection. None if it is gone, or is a datagram
    /// socket.
    #[must_use]
    pub fn target_on(&self, flow: FlowId) -> Option<Target> {
        let found = self.flow(flow)?;
        Some(Target {
            flow,
            address: found.peer()?,
            transport: found.transport(),
        })
    }

    /// Keeps a path alive, or goes on at another pace (RFC 5626 §4.4): with a double CRLF on a
    /// connection, with STUN from a datagram socket. A path that fails is told with
    /// [`FlowChange`](super::FlowChange).
    ///
    /// Only with an explicit sign that the other side knows these keep-alives: the registrar's
    /// `Require: outbound`, an `ob` in the Path of its response, `keep` (RFC 6223), or a setting
    /// that says so of this very next hop (§4.4, §8).
    ///
    /// # Errors
    /// Nothing is kept alive then.
    pub fn keep_alive(
        &mut self,
        target: Target,
        interval: KeepAlive,
    ) -> Result<(), KeepAliveError> {
        self.cx.transport.keep_alive(target, interval)
    }

    /// Stops keeping a path alive.
    pub fn stop_keep_alive(&mut self, target: Target) {
        self.cx.transport.stop_keep_alive(target);
    }

    /// Closes a connection.
    pub fn close_flow(&mut self, flow: FlowId) {
        self.cx.transport.close(flow);
    }

    /// Arms a deadline of the user. One nanosecond from now at the earliest, so that a user that
    /// arms it again each time does not stop the clock.
    pub fn arm(&mut self, after: Duration, timer: UserTimer) -> StackTimer {
        let after = after.max(Duration::from_nanos(1));
        self.user_timers = self.user_timers.saturating_add(1);
        StackTimer(
            self.cx
                .timers
                .arm(self.cx.now + after, TimerKey::User(timer)),
        )
    }

    /// Forgets a deadline; one that has fired or was disarmed already is no error.
    pub fn disarm(&mut self, timer: StackTimer) {
        let before = self.cx.timers.len();
        self.cx.timers.cancel(timer.0);
        let gone = before.saturating_sub(self.cx.timers.len());
        self.user_timers = self.user_timers.saturating_sub(gone);
    }

    /// A fresh tag: 64 random bits (RFC 3261 §19.3).
    pub fn new_tag(&mut self) -> String {
        let mut tag = String::with_capacity(16);
        self.push_hex(&mut tag);
        tag
    }

    /// A fresh Call-ID: 128 random bits (RFC 3261 §8.1.1.4).
    pub fn new_call_id(&mut self) -> String {
        let mut call_id = String::with_capacity(32);
        self.push_hex(&mut call_id);
        self.push_hex(&mut call_id);
        call_id
    }

    /// A fresh branch: the magic cookie and 64 random bits (RFC 3261 §8.1.1.7).
    pub fn new_branch(&mut self) -> String {
        let mut branch = String::with_capacity(Via::MAGIC_COOKIE.len().saturating_add(16));
        branch.push_str(Via::MAGIC_COOKIE);
        self.push_hex(&mut branch);
        branch
    }

    /// The time of this step.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.cx.now
    }

    /// The world's time, if the driver has told it.
    #[must_use]
    pub fn unix_time(&self) -> Option<UnixTime> {
        self.wall.at(self.cx.now)
    }

    /// The one source of randomness.
    pub const fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// Every bound.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// T1, T2, T4 and their company.
    #[must_use]
    pub const fn timings(&self) -> &Timings {
        &self.cx.timings
    }

    /// The counters.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.cx.transport.stats
    }

    /// A flow, unless it is gone.
    #[must_use]
    pub fn flow(&self, flow: FlowId) -> Option<&Flow> {
        self.cx.transport.flow(flow)
    }

    /// Whether a host and port are what a Via of ours says (RFC 3261 §16.3 step 4, §18.1.2).
    #[must_use]
    pub fn is_our_sent_by(&self, sent_by: HostPort<'_>) -> bool {
        self.cx.transport.is_ours(sent_by)
    }

    /// A client transaction, unless it is gone.
    #[must_use]
    pub fn client(&self, transaction: ClientHandle) -> Option<&ClientTransaction> {
        self.clients.get(transaction)
    }

    /// A server transaction, unless it is gone.
    #[must_use]
    pub fn server(&self, transaction: ServerHandle) -> Option<&ServerTransaction> {
        self.servers.get(transaction)
    }

    /// The request of a client transaction as it was sent.
    #[must_use]
    pub fn sent_request(&self, transaction: ClientHandle) -> Option<&Arc<Message>> {
        Some(self.clients.get(transaction)?.request())
    }

    /// The request of a server transaction.
    #[must_use]
    pub fn received_request(&self, transaction: ServerHandle) -> Option<&Arc<Message>> {
        Some(self.servers.get(transaction)?.request())
    }

    /// Whether a CANCEL of this INVITE would have an effect now (RFC 3261 §9.1).
    #[must_use]
    pub fn may_cancel(&self, invite: ClientHandle) -> bool {
        self.clients.cancellable(invite).is_ok()
    }

    /// How many client and server transactions there are.
    #[must_use]
    pub fn transaction_count(&self) -> (usize, usize) {
        (self.clients.len(), self.servers.len())
    }

    fn start_client(
        &mut self,
        branch: Box<str>,
        message: Message,
        target: Target,
    ) -> Result<ClientHandle, SendError> {
        self.clients
            .start(&mut self.cx, &self.keys, branch, Arc::new(message), target)
            .ok_or(SendError::TooManyTransactions)
    }

    /// A request of ours, if it has what makes a transaction.
    fn checked(&self, bytes: &[u8]) -> Result<Message, SendError> {
        let message = Message::parse(bytes, &self.limits).map_err(|_| SendError::Malformed)?;
        let message = message.noting_essentials();
        if message.from().is_err() || message.to().is_err() || message.call_id().is_err() {
            return Err(SendError::Malformed);
        }
        match message.cseq() {
            Ok(cseq) if cseq.method == message.method() => Ok(message),
            Ok(_) | Err(_) => Err(SendError::Malformed),
        }
    }

    /// §18.2.2: a response whose connection is gone goes over a new one.
    fn reopen_path(&mut self, transaction: ServerHandle) {
        let Some(entry) = self.servers.get(transaction) else {
            return;
        };
        let path = entry.path();
        if self.cx.transport.flow(path.flow).is_some() {
            return;
        }
        let Ok(via) = entry.request().top_via() else {
            return;
        };
        // RFC 7118 §5.3: a WebSocket client takes no connections.
        if is_websocket(path.transport) {
            return;
        }
        let address = if path.transport.is_reliable() {
            reopen_at(&via, entry.source())
        } else {
            path.address
        };
        let transport = path.transport;
        let reopened = self
            .cx
            .transport
            .target(transport, address, via.sent_by.host);
        if let Ok(path) = reopened {
            self.servers.reroute(transaction, path);
        }
    }

    fn push_hex(&mut self, out: &mut String) {
        push_hex(self.rng.next_u64(), out);
    }
}
