//! What a user agent is told once, when it is made.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use core::time::Duration;

use super::event_service::EventService;
use super::registration::InstanceId;
use crate::sdp::LocalMedia;
use crate::sip::auth::Account;
use crate::sip::endpoint::BackOff;

/// The settings of one user agent: who it is, and how far its patience goes.
#[derive(Clone, Debug)]
pub struct UserAgentConfig {
    /// Our address-of-record, such as `sip:alice@example.org`: what stands in From, and what
    /// REGISTER binds.
    pub aor: String,
    /// The name shown beside it.
    pub display_name: Option<String>,
    /// The passwords for challenges, one per realm.
    pub accounts: Vec<Account>,
    /// Where every request outside a dialog is sent (RFC 3261 §8.1.2): a SIP URI such as
    /// `sip:proxy.example.org` or `sip:192.0.2.1:5070;transport=tcp`. Its servers are located as
    /// those of any URI (RFC 3263), and under TLS its host is whom their certificate must be for
    /// (RFC 5922 §7.3). Of several, the next is tried once no server of the one before can be
    /// reached (RFC 3361 §3.1); none for straight to where the URI says.
    pub outbound_proxies: Vec<String>,
    /// Whether the outbound proxy that is tried is also named in Route, as RFC 3261 §8.1.1.1 recommends; without
    /// it the proxy is only the next hop.
    pub preload_route: bool,
    /// The realm of the outbound proxy, if it is known beforehand: the credentials for it are then used
    /// beyond the call they were asked for in, before it asks (RFC 3261 §22.3).
    pub outbound_proxy_realm: Option<String>,
    /// The value of User-Agent and Server; empty for none.
    pub user_agent: String,
    /// How long an unanswered call may last: the caller then cancels, the callee answers 480.
    pub ring_limit: Duration,
    /// After how long a session is over that nobody refreshes (RFC 4028); `None` asks for no such
    /// timer, but keeps those the far end asks for. Never below 90 seconds.
    pub session_interval: Option<Duration>,
    /// The shortest such time we take; never below 90 seconds.
    pub shortest_session_interval: Duration,
    /// Whether a redirection is followed (RFC 3261 §8.1.3.4). If not, [`Details::contacts`] says where
    /// it leads.
    ///
    /// [`Details::contacts`]: super::Details::contacts
    pub follow_redirects: bool,
    /// The extensions without which we can do nothing for a caller, such as `100rel`: an INVITE that
    /// does not name them in Supported or Require is answered 421 (RFC 3261 §21.4.16, which advises
    /// against it where there is another way).
    pub required_of_callers: Vec<String>,
    /// The Info Packages we take (RFC 6086 §5.2.2).
    pub info_packages: Vec<String>,
    /// What others may subscribe to and ask for (RFC 6665, RFC 3515); nothing for none.
    pub events: Option<EventService>,
    /// The media types a MESSAGE may have (RFC 3428 §7): `text/plain`, which every phone has to take,
    /// and ranges such as `image/*`.
    pub message_types: Vec<String>,
    /// Whether what a MESSAGE says is handed on or kept rather than read here: it is then answered 202
    /// instead of 200 (RFC 3428 §7).
    pub relays_messages: bool,
    /// The media a response to OPTIONS describes (RFC 3261 §11.2), wherever they would be; empty
    /// for no description.
    pub capabilities: Vec<LocalMedia>,
    /// How long to wait before a failed registration is tried again (RFC 5626 §4.5).
    pub registration_back_off: BackOff,
    /// Which device this is (RFC 5626 §4.1). With it a registration asks the registrar to bind one
    /// flow for each outbound proxy (up to eight), requests go over a flow that works, and Contacts
    /// are URIs of this very device (RFC 5627); without it there is one binding.
    pub instance: Option<InstanceId>,
    /// Which URI of this device stands in Contact, if the registrar has given one.
    pub gruu: GruuUse,
    /// Whether whoever we register with is known to answer keep-alives, though it does not say so
    /// (RFC 5626 §4.4). A flow over which they are not answered counts as failed.
    pub keeps_alive: bool,
    /// Whether both ends of a call say who they are, also when that is somebody else than was called
    /// or than it was before (RFC 4916). Then it is our address-of-record that stands in From once we
    /// have answered a call, and one more request than else says so; unless [`change_identity`] has given
    /// another before.
    ///
    /// [`change_identity`]: super::UserAgentEndpoint::change_identity
    pub connected_identity: bool,
}

/// Which of the URIs that lead to this very device a Contact is (RFC 5627 §4.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum GruuUse {
    /// The lasting one, which names the user; a temporary one where there is no other.
    #[default]
    Public,
    /// The newest temporary one, which tells nothing of the user (RFC 5627 §10.3).
    Temporary,
    /// None: the address of the flow. The registrar is not asked for any.
    Never,
}

impl UserAgentConfig {
    /// A user agent for `aor` with no account, no outbound proxy, three minutes of ringing, and
    /// sessions refreshed within half an hour.
    #[must_use]
    pub fn new(aor: &str) -> Self {
        Self {
            aor: aor.into(),
            display_name: None,
            accounts: Vec::new(),
            outbound_proxies: Vec::new(),
            preload_route: true,
            outbound_proxy_realm: None,
            user_agent: String::from("offhook"),
            ring_limit: Duration::from_secs(180),
            session_interval: Some(Duration::from_secs(1800)),
            shortest_session_interval: Duration::from_secs(90),
            follow_redirects: true,
            required_of_callers: Vec::new(),
            info_packages: Vec::new(),
            events: None,
            message_types: Vec::from([String::from("text/plain")]),
            relays_messages: false,
            capabilities: Vec::from([LocalMedia::audio((Ipv4Addr::UNSPECIFIED, 0).into())]),
            registration_back_off: BackOff::default(),
            instance: None,
            gruu: GruuUse::default(),
            keeps_alive: false,
            connected_identity: false,
        }
    }

    /// The event packages that others may subscribe to.
    pub(super) fn packages(&self) -> &[String] {
        self.events.as_ref().map_or(&[], |events| &events.packages)
    }

    /// Whether REFER is taken.
    pub(super) fn takes_referrals(&self) -> bool {
        self.events.as_ref().is_some_and(|it| it.takes_referrals)
    }
}
