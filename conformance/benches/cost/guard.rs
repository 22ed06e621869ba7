//! A proxy before the callee that lets nobody through who does not know a password (RFC 3261
//! §22.3): what it challenges goes back, what it accepts goes on unchanged.

use offhook::sip::auth::{Challenger, ServerAuth, ServerAuthConfig, UserStore, Verdict};
use offhook::sip::message::{Message, ResponseBuilder, StatusCode};
use offhook::{Instant, Limits};

/// Whom it knows, and what it says of itself.
pub(crate) const USER: &str = "alice";
/// The password of [`USER`].
pub(crate) const PASSWORD: &str = "wonderland";
const REALM: &str = "192.0.2.2";

/// A realm that is guarded.
pub(crate) struct Guard {
    auth: ServerAuth,
    users: UserStore,
    limits: Limits,
}

/// What becomes of a message.
pub(crate) enum Passage {
    /// It goes on.
    On,
    /// It ends here.
    Over,
    /// It is answered with this.
    Back(Vec<u8>),
}

impl Guard {
    pub(crate) fn new() -> Self {
        let mut users = UserStore::new();
        users.add_password(USER, REALM, PASSWORD);
        Self {
            auth: ServerAuth::new(ServerAuthConfig::new(REALM), [7; 32]),
            users,
            limits: Limits::default(),
        }
    }

    /// Looks at what the caller sends.
    pub(crate) fn pass(&mut self, now: Instant, bytes: &[u8]) -> Passage {
        let Ok(request) = Message::parse(bytes, &self.limits) else {
            return Passage::On;
        };
        if !request.is_request() {
            return Passage::On;
        }
        let verdict = self
            .auth
            .verify(now, Challenger::Proxy, &request, &self.users);
        match verdict {
            Verdict::Accepted(_) => Passage::On,
            // The ACK of a 407 is for whoever has sent that.
            Verdict::Exempt if request.to().is_ok_and(|to| to.tag == Some(REALM)) => Passage::Over,
            Verdict::Exempt => Passage::On,
            _ => {
                let status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
                let mut response = ResponseBuilder::to(&request, status);
                response.to_tag(REALM);
                for (name, value) in self.auth.challenge(now, Challenger::Proxy, false) {
                    response.field(name, value.as_str());
                }
                let response = response.finish().expect("a challenge can be written");
                Passage::Back(response.into_bytes())
            }
        }
    }
}
