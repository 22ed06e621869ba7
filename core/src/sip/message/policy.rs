//! How much a reader lets pass: strict by the grammar, or named deviations from it (RFC 4475 §3.1.2).

use core::fmt;

/// One way in which senders are known to depart from the grammar, each harmless by itself: what was
/// meant is not in doubt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Deviation {
    /// A line of the header ends in LF alone (RFC 3261 §7). To one element it is a line end and to
    /// the next it is text, so it is dangerous to forward as it is.
    BareLineFeed,
    /// More white space around the three parts of a Request-Line, or before a status code, than the
    /// single spaces of RFC 3261 §7.1 and §7.2. RFC 3665 §3.9 and RFC 3666 §3.5 print such lines; RFC
    /// 4475 §3.1.2.9 and §3.1.2.10 let a receiver ignore the extra spaces and forbid to forward them.
    StartLineSpaces,
    /// `<` and `>` around the Request-URI (RFC 3261 §7.1, RFC 4475 §3.1.2.7).
    BracketedRequestUri,
    /// Headers in the Request-URI (RFC 3261 §19.1.1); they are left out (RFC 4475 §3.1.2.11).
    RequestUriHeaders,
    /// No space after the status code when there is no reason phrase (RFC 3261 §7.2, RFC 4475
    /// §3.1.1.13).
    NoReasonSpace,
    /// Three colons before the IPv4 part of an IPv6 address, which the grammar of RFC 3261 §25.1
    /// allowed by mistake (RFC 5118 §4.10, RFC 5954 §3.1).
    ThreeColons,
    /// An `@` in the headers of a URI in angle brackets, where RFC 3261 §25.1 wants `%40`. Links to
    /// services are written so.
    BareAtInUriHeader,
    /// A datagram whose one Content-Length is more than what is there (RFC 3261 §18.3): the body
    /// ends where the datagram does.
    LengthBeyondDatagram,
    /// The datagram ends with the header fields, and the empty line is missing (RFC 3261 §7).
    NoEmptyLine,
}

impl Deviation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::BareLineFeed,
        Self::StartLineSpaces,
        Self::BracketedRequestUri,
        Self::RequestUriHeaders,
        Self::NoReasonSpace,
        Self::ThreeColons,
        Self::BareAtInUriHeader,
        Self::LengthBeyondDatagram,
        Self::NoEmptyLine,
    ];

    /// Where the rule stands that is departed from.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::BareLineFeed | Self::NoEmptyLine => "RFC 3261 §7",
            Self::StartLineSpaces | Self::BracketedRequestUri => "RFC 3261 §7.1",
            Self::RequestUriHeaders => "RFC 3261 §19.1.1",
            Self::NoReasonSpace => "RFC 3261 §7.2",
            Self::ThreeColons => "RFC 5954 §3.1",
            Self::BareAtInUriHeader => "RFC 3261 §25.1",
            Self::LengthBeyondDatagram => "RFC 3261 §18.3",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareLineFeed => "line ended by lf alone",
            Self::StartLineSpaces => "extra spaces in the start line",
            Self::BracketedRequestUri => "angle brackets around the request uri",
            Self::RequestUriHeaders => "headers in the request uri",
            Self::NoReasonSpace => "no space after the status code",
            Self::ThreeColons => "three colons in an ipv6 address",
            Self::BareAtInUriHeader => "at sign in a header of a uri",
            Self::LengthBeyondDatagram => "content length beyond the end of the datagram",
            Self::NoEmptyLine => "no empty line after the header fields",
        })
    }
}

/// Which deviations a reader lets pass.
///
/// ```
/// use offhook::Limits;
/// use offhook::sip::message::{Deviation, Message, Policy};
///
/// let bytes = b"OPTIONS  sip:bob@example.com SIP/2.0\r\n\r\n";
/// let limits = Limits::default();
/// assert!(Message::parse_with(bytes, &limits, Policy::STRICT).is_err());
///
/// let policy = Policy::STRICT.with(Deviation::StartLineSpaces);
/// let message = Message::parse_with(bytes, &limits, policy)?;
/// assert_eq!(message.request_uri(), Some("sip:bob@example.com"));
/// # Ok::<(), offhook::sip::message::ParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Policy(u16);

impl Policy {
    /// Nothing but the grammar; costs nothing.
    pub const STRICT: Self = Self(0);

    /// Every [`Deviation`] there is.
    pub const LENIENT: Self = Self((1 << Deviation::ALL.len()) - 1);

    /// As it is, and this one too.
    #[must_use]
    pub const fn with(self, deviation: Deviation) -> Self {
        Self(self.0 | deviation.bit())
    }

    /// As it is, but for this one.
    #[must_use]
    pub const fn without(self, deviation: Deviation) -> Self {
        Self(self.0 & !deviation.bit())
    }

    /// Whether this one passes.
    #[must_use]
    pub const fn allows(self, deviation: Deviation) -> bool {
        self.0 & deviation.bit() != 0
    }
}
