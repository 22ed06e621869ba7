//! Keeping an address-of-record bound at a registrar (RFC 3261 §10.2; RFC 5626 §4.2, §4.5).
//!
//! A registration has one binding, or, where the device has an instance and several outbound
//! proxies, one for each of them: a flow. [`flow`] is the machine of one; here stands what they
//! have to do with each other:
//!
//! ```text
//!   register ─▶ the first flow ── 2xx, Require: outbound ──▶ all others as well
//!                  │  │  └─────── 2xx, nothing required ──▶ it alone; the next if it fails
//!                  │  └ a failure, or two seconds ─▶ the next
//!                  └ 439 from every first hop ─▶ again, without flows
//! ```

mod came;
mod fetch;
mod flow;
mod instance;
mod registered;
mod reply;
mod saved;
mod turns;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use self::flow::{Came, State};
use super::call::Cx;
use super::config::UserAgentConfig;
use super::draft::Draft;
use super::errors::RequestError;
use super::identity::Identity;
use super::links::Links;
use super::outcome::Outcome;
use crate::arena::Handle;
use crate::machine::FlowId;
use crate::sip::endpoint::{LocationHandle, SelectError, Stack, Way};

pub use self::fetch::Binding;
pub(super) use self::fetch::{Fetch, tell};
pub use self::flow::{RegisteredFlow, SavedBinding, SavedFlow};
pub use self::instance::InstanceId;
pub(super) use self::registered::Registered;
pub use self::saved::SavedRegistration;

/// Names one registration.
pub type RegistrationHandle = Handle<Registration>;

/// How many flows a registration has at most. RFC 5626 §4.2.1 asks for two, and recommends four.
const FLOWS: usize = 8;

/// What is known of a registrar and its edge proxies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outbound {
    /// Nothing yet.
    Unknown,
    /// They bind flows.
    Yes,
    /// They do not: there is one binding.
    No,
}

/// Our bindings at one registrar.
pub struct Registration {
    pub(super) identity: Identity,
    flows: Vec<RegisteredFlow>,
    outbound: Outbound,
    service_route: Box<[Box<str>]>,
    pub_gruu: Option<Box<str>>,
    /// The newest last.
    temp_gruus: VecDeque<Box<str>>,
    is_leaving: bool,
}

/// How many flows a registration has: one for each outbound proxy, if there is an instance to tell
/// that they are of one device.
fn flow_count(config: &UserAgentConfig) -> usize {
    let proxies = config.outbound_proxies.len();
    let is_instance = config.instance.is_some();
    if is_instance {
        proxies.clamp(1, FLOWS)
    } else {
        1
    }
}

/// The number of the outbound proxy that a flow goes through, if it is that one and no other.
pub(super) fn proxy_of(config: &UserAgentConfig, number: u8) -> Option<usize> {
    (flow_count(config) > 1).then_some(usize::from(number))
}

impl Registration {
    /// A registration of the address-of-record of `identity` at `registrar`, for `expires`.
    pub(super) fn new(
        stack: &mut Stack,
        config: &UserAgentConfig,
        identity: Identity,
        registrar: &str,
        expires: Duration,
    ) -> Result<Self, RequestError> {
        let is_instance = config.instance.is_some();
        let count = flow_count(config);
        let mut flows = Vec::new();
        flows.reserve_exact(count);
        for number in 0..u8::try_from(count).unwrap_or(1) {
            // RFC 5626 §4.2.1: each flow has a Call-ID of its own.
            let draft = Draft::registering(stack, config, registrar)?;
            flows.push(RegisteredFlow::new(number, draft, expires, is_instance));
        }
        Ok(Self::of(identity, flows))
    }

    /// One of these flows, of which nothing is known yet.
    fn of(identity: Identity, flows: Vec<RegisteredFlow>) -> Self {
        Self {
            identity,
            flows,
            outbound: Outbound::Unknown,
            service_route: Box::default(),
            pub_gruu: None,
            temp_gruus: VecDeque::new(),
            is_leaving: false,
        }
    }

    /// Whether it is over.
    pub(super) fn is_terminated(&self) -> bool {
        self.flows.iter().all(|flow| flow.state == State::Gone)
    }

    /// Whether a binding stands, as far as we know.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        self.flows.iter().any(RegisteredFlow::is_registered)
    }

    /// Its bindings: one, or one for each outbound proxy (RFC 5626 §4.2.1).
    pub fn flows(&self) -> impl Iterator<Item = &RegisteredFlow> {
        self.flows.iter()
    }

    /// The servers that requests of this address-of-record pass, in order (RFC 3608 §6.1).
    pub fn service_route(&self) -> impl Iterator<Item = &str> {
        self.service_route.iter().map(|uri| &**uri)
    }

    /// The lasting URI of this very device (RFC 5627 §3.1.1), if the registrar gives one.
    #[must_use]
    pub fn pub_gruu(&self) -> Option<&str> {
        self.pub_gruu.as_deref()
    }

    /// The URIs of this very device that tell nothing of the user, and hold for as long as it stays
    /// registered (RFC 5627 §3.1.2): the last ones that were given, the newest last.
    pub fn temp_gruus(&self) -> impl Iterator<Item = &str> {
        self.temp_gruus.iter().map(|uri| &**uri)
    }

    /// Notes in the table of links on which flow each binding is now.
    pub(super) fn link(&mut self, me: RegistrationHandle, links: &mut Links) {
        for flow in &mut self.flows {
            let (before, after) = (flow.linked, flow.target.map(|target| target.flow));
            if before != after {
                flow.linked = after;
                links.register_on((me, flow.number), before, after);
            }
        }
    }

    /// The flows the last REGISTERs went on, each with the number of its binding.
    pub(super) fn linked(&self) -> impl Iterator<Item = (FlowId, u8)> {
        let flows = self.flows.iter();
        flows.filter_map(|flow| Some((flow.target?.flow, flow.number)))
    }

    /// Takes what came of the search for the registrar.
    pub(super) fn on_located(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        number: u8,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) {
        self.on_flow(cx, number, |flow, cx| flow.on_located(cx, location, found));
    }

    /// Acts on what became of a REGISTER.
    pub(super) fn on_outcome(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        number: u8,
        outcome: Outcome<'_>,
    ) {
        self.on_flow(cx, number, |flow, cx| flow.on_outcome(cx, outcome));
    }

    /// A flow that one of them is registered over is gone, or leads to nobody any more.
    pub(super) fn on_flow_failed(&mut self, cx: &mut Cx<'_, RegistrationHandle>, number: u8) {
        self.on_flow(cx, number, |flow, cx| flow.on_flow_failed(cx));
    }

    /// A keep-alive was answered over the flow of a binding.
    pub(super) fn on_alive(&mut self, number: u8) {
        if let Some(flow) = self.flows.get_mut(usize::from(number)) {
            flow.on_alive();
        }
    }

    /// Whether the last REGISTER of a binding went to this address.
    pub(super) fn goes_to(&self, number: u8, peer: SocketAddr) -> bool {
        let flow = self.flows.get(usize::from(number));
        let target = flow.and_then(|flow| flow.target);
        target.is_some_and(|target| target.address == peer)
    }

    /// Acts on the timer: those whose time has come.
    pub(super) fn on_timer(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        for number in 0..u8::try_from(self.flows.len()).unwrap_or(u8::MAX) {
            let now = cx.stack.now();
            self.on_flow(cx, number, |flow, cx| match flow.timer {
                Some((_, due)) if due <= now => flow.on_timer(cx),
                Some(_) | None => Came::Nothing,
            });
        }
    }

    /// Removes our bindings (§10.2.2), as soon as no other REGISTER is under way.
    pub(super) fn unregister(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        if self.is_leaving {
            return;
        }
        self.is_leaving = true;
        for number in 0..u8::try_from(self.flows.len()).unwrap_or(u8::MAX) {
            self.on_flow(cx, number, |flow, cx| flow.unregister(cx));
        }
    }

    /// The local address `old` is no more: what goes over it works no longer, and is not to blame.
    pub(super) fn prepare_move(&mut self, cx: &mut Cx<'_, RegistrationHandle>, old: IpAddr) {
        for flow in &mut self.flows {
            flow.prepare_move(cx.stack, old);
        }
        self.publish(cx);
    }

    /// Registers what has moved from where we are now.
    pub(super) fn complete_move(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        for number in 0..u8::try_from(self.flows.len()).unwrap_or(u8::MAX) {
            self.on_flow(cx, number, |flow, cx| flow.complete_move(cx));
        }
    }

    fn on_flow<'a>(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        number: u8,
        act: impl FnOnce(&mut RegisteredFlow, &mut Cx<'_, RegistrationHandle>) -> Came<'a>,
    ) {
        let Some(flow) = self.flows.get_mut(usize::from(number)) else {
            return;
        };
        let came = act(flow, cx);
        self.take(cx, number, came);
        self.settle(cx);
        self.publish(cx);
    }
}
