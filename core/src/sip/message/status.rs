//! Status codes (RFC 3261 §7.2, §21, and the extensions).

use core::fmt;

/// A status code from 100 to 699.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

/// The six classes of RFC 3261 §7.2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StatusClass {
    /// 1xx.
    Provisional,
    /// 2xx.
    Success,
    /// 3xx.
    Redirection,
    /// 4xx.
    ClientError,
    /// 5xx.
    ServerError,
    /// 6xx.
    GlobalFailure,
}

impl StatusCode {
    /// 100 Trying (RFC 3261 §21.1.1).
    pub const TRYING: Self = Self(100);
    /// 180 Ringing (RFC 3261 §21.1.2).
    pub const RINGING: Self = Self(180);
    /// 181 Call Is Being Forwarded (RFC 3261 §21.1.3).
    pub const CALL_IS_BEING_FORWARDED: Self = Self(181);
    /// 182 Queued (RFC 3261 §21.1.4).
    pub const QUEUED: Self = Self(182);
    /// 183 Session Progress (RFC 3261 §21.1.5).
    pub const SESSION_PROGRESS: Self = Self(183);
    /// 199 Early Dialog Terminated (RFC 6228).
    pub const EARLY_DIALOG_TERMINATED: Self = Self(199);
    /// 200 OK (RFC 3261 §21.2.1).
    pub const OK: Self = Self(200);
    /// 202 Accepted (RFC 6665 §8.3.1, deprecated there).
    pub const ACCEPTED: Self = Self(202);
    /// 204 No Notification (RFC 5839).
    pub const NO_NOTIFICATION: Self = Self(204);
    /// 300 Multiple Choices (RFC 3261 §21.3.1).
    pub const MULTIPLE_CHOICES: Self = Self(300);
    /// 301 Moved Permanently (RFC 3261 §21.3.2).
    pub const MOVED_PERMANENTLY: Self = Self(301);
    /// 302 Moved Temporarily (RFC 3261 §21.3.3).
    pub const MOVED_TEMPORARILY: Self = Self(302);
    /// 305 Use Proxy (RFC 3261 §21.3.4).
    pub const USE_PROXY: Self = Self(305);
    /// 380 Alternative Service (RFC 3261 §21.3.5).
    pub const ALTERNATIVE_SERVICE: Self = Self(380);
    /// 400 Bad Request (RFC 3261 §21.4.1).
    pub const BAD_REQUEST: Self = Self(400);
    /// 401 Unauthorized (RFC 3261 §21.4.2).
    pub const UNAUTHORIZED: Self = Self(401);
    /// 402 Payment Required (RFC 3261 §21.4.3).
    pub const PAYMENT_REQUIRED: Self = Self(402);
    /// 403 Forbidden (RFC 3261 §21.4.4).
    pub const FORBIDDEN: Self = Self(403);
    /// 404 Not Found (RFC 3261 §21.4.5).
    pub const NOT_FOUND: Self = Self(404);
    /// 405 Method Not Allowed (RFC 3261 §21.4.6).
    pub const METHOD_NOT_ALLOWED: Self = Self(405);
    /// 406 Not Acceptable (RFC 3261 §21.4.7).
    pub const NOT_ACCEPTABLE: Self = Self(406);
    /// 407 Proxy Authentication Required (RFC 3261 §21.4.8).
    pub const PROXY_AUTHENTICATION_REQUIRED: Self = Self(407);
    /// 408 Request Timeout (RFC 3261 §21.4.9).
    pub const REQUEST_TIMEOUT: Self = Self(408);
    /// 410 Gone (RFC 3261 §21.4.10).
    pub const GONE: Self = Self(410);
    /// 412 Conditional Request Failed (RFC 3903 §11.2.1).
    pub const CONDITIONAL_REQUEST_FAILED: Self = Self(412);
    /// 413 Request Entity Too Large (RFC 3261 §21.4.11).
    pub const REQUEST_ENTITY_TOO_LARGE: Self = Self(413);
    /// 414 Request-URI Too Long (RFC 3261 §21.4.12).
    pub const REQUEST_URI_TOO_LONG: Self = Self(414);
    /// 415 Unsupported Media Type (RFC 3261 §21.4.13).
    pub const UNSUPPORTED_MEDIA_TYPE: Self = Self(415);
    /// 416 Unsupported URI Scheme (RFC 3261 §21.4.14).
    pub const UNSUPPORTED_URI_SCHEME: Self = Self(416);
    /// 417 Unknown Resource-Priority (RFC 4412 §12.4).
    pub const UNKNOWN_RESOURCE_PRIORITY: Self = Self(417);
    /// 420 Bad Extension (RFC 3261 §21.4.15).
    pub const BAD_EXTENSION: Self = Self(420);
    /// 421 Extension Required (RFC 3261 §21.4.16).
    pub const EXTENSION_REQUIRED: Self = Self(421);
    /// 422 Session Interval Too Small (RFC 4028 §6).
    pub const SESSION_INTERVAL_TOO_SMALL: Self = Self(422);
    /// 423 Interval Too Brief (RFC 3261 §21.4.17).
    pub const INTERVAL_TOO_BRIEF: Self = Self(423);
    /// 424 Bad Location Information (RFC 6442 §4.3).
    pub const BAD_LOCATION_INFORMATION: Self = Self(424);
    /// 428 Use Identity Header (RFC 8224).
    pub const USE_IDENTITY_HEADER: Self = Self(428);
    /// 429 Provide Referrer Identity (RFC 3892 §5).
    pub const PROVIDE_REFERRER_IDENTITY: Self = Self(429);
    /// 430 Flow Failed (RFC 5626 §11.5).
    pub const FLOW_FAILED: Self = Self(430);
    /// 433 Anonymity Disallowed (RFC 5079).
    pub const ANONYMITY_DISALLOWED: Self = Self(433);
    /// 436 Bad Identity Info (RFC 8224).
    pub const BAD_IDENTITY_INFO: Self = Self(436);
    /// 437 Unsupported Credential (RFC 8224).
    pub const UNSUPPORTED_CREDENTIAL: Self = Self(437);
    /// 438 Invalid Identity Header (RFC 8224).
    pub const INVALID_IDENTITY_HEADER: Self = Self(438);
    /// 439 First Hop Lacks Outbound Support (RFC 5626 §11.6).
    pub const FIRST_HOP_LACKS_OUTBOUND_SUPPORT: Self = Self(439);
    /// 440 Max-Breadth Exceeded (RFC 5393 §5).
    pub const MAX_BREADTH_EXCEEDED: Self = Self(440);
    /// 469 Bad Info Package (RFC 6086).
    pub const BAD_INFO_PACKAGE: Self = Self(469);
    /// 470 Consent Needed (RFC 5360).
    pub const CONSENT_NEEDED: Self = Self(470);
    /// 480 Temporarily Unavailable (RFC 3261 §21.4.18).
    pub const TEMPORARILY_UNAVAILABLE: Self = Self(480);
    /// 481 Call/Transaction Does Not Exist (RFC 3261 §21.4.19).
    pub const CALL_OR_TRANSACTION_DOES_NOT_EXIST: Self = Self(481);
    /// 482 Loop Detected (RFC 3261 §21.4.20).
    pub const LOOP_DETECTED: Self = Self(482);
    /// 483 Too Many Hops (RFC 3261 §21.4.21).
    pub const TOO_MANY_HOPS: Self = Self(483);
    /// 484 Address Incomplete (RFC 3261 §21.4.22).
    pub const ADDRESS_INCOMPLETE: Self = Self(484);
    /// 485 Ambiguous (RFC 3261 §21.4.23).
    pub const AMBIGUOUS: Self = Self(485);
    /// 486 Busy Here (RFC 3261 §21.4.24).
    pub const BUSY_HERE: Self = Self(486);
    /// 487 Request Terminated (RFC 3261 §21.4.25).
    pub const REQUEST_TERMINATED: Self = Self(487);
    /// 488 Not Acceptable Here (RFC 3261 §21.4.26).
    pub const NOT_ACCEPTABLE_HERE: Self = Self(488);
    /// 489 Bad Event (RFC 6665 §8.3.2).
    pub const BAD_EVENT: Self = Self(489);
    /// 491 Request Pending (RFC 3261 §21.4.27).
    pub const REQUEST_PENDING: Self = Self(491);
    /// 493 Undecipherable (RFC 3261 §21.4.28).
    pub const UNDECIPHERABLE: Self = Self(493);
    /// 494 Security Agreement Required (RFC 3329 §2).
    pub const SECURITY_AGREEMENT_REQUIRED: Self = Self(494);
    /// 500 Server Internal Error (RFC 3261 §21.5.1).
    pub const SERVER_INTERNAL_ERROR: Self = Self(500);
    /// 501 Not Implemented (RFC 3261 §21.5.2).
    pub const NOT_IMPLEMENTED: Self = Self(501);
    /// 502 Bad Gateway (RFC 3261 §21.5.3).
    pub const BAD_GATEWAY: Self = Self(502);
    /// 503 Service Unavailable (RFC 3261 §21.5.4).
    pub const SERVICE_UNAVAILABLE: Self = Self(503);
    /// 504 Server Time-out (RFC 3261 §21.5.5).
    pub const SERVER_TIME_OUT: Self = Self(504);
    /// 505 Version Not Supported (RFC 3261 §21.5.6).
    pub const VERSION_NOT_SUPPORTED: Self = Self(505);
    /// 513 Message Too Large (RFC 3261 §21.5.7).
    pub const MESSAGE_TOO_LARGE: Self = Self(513);
    /// 580 Precondition Failure (RFC 3312 §8).
    pub const PRECONDITION_FAILURE: Self = Self(580);
    /// 600 Busy Everywhere (RFC 3261 §21.6.1).
    pub const BUSY_EVERYWHERE: Self = Self(600);
    /// 603 Decline (RFC 3261 §21.6.2).
    pub const DECLINE: Self = Self(603);
    /// 604 Does Not Exist Anywhere (RFC 3261 §21.6.3).
    pub const DOES_NOT_EXIST_ANYWHERE: Self = Self(604);
    /// 606 Not Acceptable (RFC 3261 §21.6.4).
    pub const NOT_ACCEPTABLE_ANYWHERE: Self = Self(606);
    /// 607 Unwanted (RFC 8197).
    pub const UNWANTED: Self = Self(607);
    /// 608 Rejected (RFC 8688).
    pub const REJECTED: Self = Self(608);

    /// `None` unless the first digit is 1 to 6 (RFC 3261 §7.2).
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            100..=699 => Some(Self(code)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// The class the first digit says.
    #[must_use]
    pub const fn class(self) -> StatusClass {
        match self.0 {
            0..200 => StatusClass::Provisional,
            200..300 => StatusClass::Success,
            300..400 => StatusClass::Redirection,
            400..500 => StatusClass::ClientError,
            500..600 => StatusClass::ServerError,
            600.. => StatusClass::GlobalFailure,
        }
    }

    /// Whether it is a 1xx.
    #[must_use]
    pub const fn is_provisional(self) -> bool {
        self.0 < 200
    }

    /// Whether it ends a transaction: 200 and above.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.0 >= 200
    }

    /// Whether it is a 2xx.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self.class(), StatusClass::Success)
    }

    /// What an unknown code is treated as: the x00 of its class, and 183 for a provisional one
    /// (RFC 3261 §8.1.3.2).
    #[must_use]
    pub const fn fallback(self) -> Self {
        match self.class() {
            StatusClass::Provisional => Self::SESSION_PROGRESS,
            StatusClass::Success => Self::OK,
            StatusClass::Redirection => Self::MULTIPLE_CHOICES,
            StatusClass::ClientError => Self::BAD_REQUEST,
            StatusClass::ServerError => Self::SERVER_INTERNAL_ERROR,
            StatusClass::GlobalFailure => Self::BUSY_EVERYWHERE,
        }
    }

    /// The reason phrase its RFC suggests; of an unknown code, that of its class.
    #[must_use]
    pub fn reason(self) -> &'static str {
        let place = REASONS.binary_search_by_key(&self.0, |(code, _)| *code);
        match place.ok().and_then(|place| REASONS.get(place)) {
            Some((_, reason)) => reason,
            None => match self.class() {
                StatusClass::Provisional => "Session Progress",
                StatusClass::Success => "OK",
                StatusClass::Redirection => "Multiple Choices",
                StatusClass::ClientError => "Bad Request",
                StatusClass::ServerError => "Server Internal Error",
                StatusClass::GlobalFailure => "Busy Everywhere",
            },
        }
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.reason())
    }
}

static REASONS: [(u16, &str); 73] = [
    (100, "Trying"),
    (180, "Ringing"),
    (181, "Call Is Being Forwarded"),
    (182, "Queued"),
    (183, "Session Progress"),
    (199, "Early Dialog Terminated"),
    (200, "OK"),
    (202, "Accepted"),
    (204, "No Notification"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Moved Temporarily"),
    (305, "Use Proxy"),
    (380, "Alternative Service"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (410, "Gone"),
    (412, "Conditional Request Failed"),
    (413, "Request Entity Too Large"),
    (414, "Request-URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Unsupported URI Scheme"),
    (417, "Unknown Resource-Priority"),
    (420, "Bad Extension"),
    (421, "Extension Required"),
    (422, "Session Interval Too Small"),
    (423, "Interval Too Brief"),
    (424, "Bad Location Information"),
    (428, "Use Identity Header"),
    (429, "Provide Referrer Identity"),
    (430, "Flow Failed"),
    (433, "Anonymity Disallowed"),
    (436, "Bad Identity Info"),
    (437, "Unsupported Credential"),
    (438, "Invalid Identity Header"),
    (439, "First Hop Lacks Outbound Support"),
    (440, "Max-Breadth Exceeded"),
    (469, "Bad Info Package"),
    (470, "Consent Needed"),
    (480, "Temporarily Unavailable"),
    (481, "Call/Transaction Does Not Exist"),
    (482, "Loop Detected"),
    (483, "Too Many Hops"),
    (484, "Address Incomplete"),
    (485, "Ambiguous"),
    (486, "Busy Here"),
    (487, "Request Terminated"),
    (488, "Not Acceptable Here"),
    (489, "Bad Event"),
    (491, "Request Pending"),
    (493, "Undecipherable"),
    (494, "Security Agreement Required"),
    (500, "Server Internal Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Server Time-out"),
    (505, "Version Not Supported"),
    (513, "Message Too Large"),
    (580, "Precondition Failure"),
    (600, "Busy Everywhere"),
    (603, "Decline"),
    (604, "Does Not Exist Anywhere"),
    (606, "Not Acceptable"),
    (607, "Unwanted"),
    (608, "Rejected"),
];
