//! Messages of a key management protocol: `key-mgmt` (RFC 4567 §3.1).

use core::fmt;

use super::TypedAttribute;
use crate::sdp::token::{is_base64, is_token};

/// `key-mgmt`: a message, such as one of MIKEY. Session or media level; that of a media description
/// stands instead of that of the session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyManagement<'a> {
    /// `prtcl-id`: `mikey`, or another.
    pub protocol: &'a str,
    /// The message in base64, with which `text::base64_decode` may be asked.
    pub data: &'a str,
}

/// Without the message, which holds keys.
impl fmt::Debug for KeyManagement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyManagement")
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

impl<'a> TypedAttribute<'a> for KeyManagement<'a> {
    const NAME: &'static str = "key-mgmt";

    fn parse(value: &'a str) -> Option<Self> {
        let value = value.strip_prefix(' ').unwrap_or(value);
        let (protocol, data) = value.split_once(' ')?;
        let is_valid = is_token(protocol) && !data.is_empty() && is_base64(data.as_bytes());
        is_valid.then_some(Self { protocol, data })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{} {}", self.protocol, self.data)
    }
}
