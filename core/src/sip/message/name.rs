//! Names of header fields (RFC 3261 §7.3.1, §7.3.3, §20, and the extensions).

use super::name_table::{self, CANONICAL};

/// The name of a header field that has a meaning of its own here; all others are [`Other`].
///
/// Names are compared without regard to case, and compact forms are the same names.
///
/// [`Other`]: Self::Other
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(u8)]
pub enum HeaderName {
    /// `Accept` (RFC 3261 §20.1).
    Accept,
    /// `Accept-Encoding` (RFC 3261 §20.2).
    AcceptEncoding,
    /// `Accept-Language` (RFC 3261 §20.3).
    AcceptLanguage,
    /// `Alert-Info` (RFC 3261 §20.4).
    AlertInfo,
    /// `Allow` (RFC 3261 §20.5).
    Allow,
    /// `Authentication-Info` (RFC 3261 §20.6).
    AuthenticationInfo,
    /// `Authorization` (RFC 3261 §20.7).
    Authorization,
    /// `Call-ID`, compact `i` (RFC 3261 §20.8).
    CallId,
    /// `Call-Info` (RFC 3261 §20.9).
    CallInfo,
    /// `Contact`, compact `m` (RFC 3261 §20.10).
    Contact,
    /// `Content-Disposition` (RFC 3261 §20.11).
    ContentDisposition,
    /// `Content-Encoding`, compact `e` (RFC 3261 §20.12).
    ContentEncoding,
    /// `Content-Language` (RFC 3261 §20.13).
    ContentLanguage,
    /// `Content-Length`, compact `l` (RFC 3261 §20.14).
    ContentLength,
    /// `Content-Type`, compact `c` (RFC 3261 §20.15).
    ContentType,
    /// `CSeq` (RFC 3261 §20.16).
    CSeq,
    /// `Date` (RFC 3261 §20.17).
    Date,
    /// `Error-Info` (RFC 3261 §20.18).
    ErrorInfo,
    /// `Expires` (RFC 3261 §20.19).
    Expires,
    /// `From`, compact `f` (RFC 3261 §20.20).
    From,
    /// `In-Reply-To` (RFC 3261 §20.21).
    InReplyTo,
    /// `Max-Forwards` (RFC 3261 §20.22).
    MaxForwards,
    /// `Min-Expires` (RFC 3261 §20.23).
    MinExpires,
    /// `MIME-Version` (RFC 3261 §20.24).
    MimeVersion,
    /// `Organization` (RFC 3261 §20.25).
    Organization,
    /// `Priority` (RFC 3261 §20.26).
    Priority,
    /// `Proxy-Authenticate` (RFC 3261 §20.27).
    ProxyAuthenticate,
    /// `Proxy-Authorization` (RFC 3261 §20.28).
    ProxyAuthorization,
    /// `Proxy-Require` (RFC 3261 §20.29).
    ProxyRequire,
    /// `Record-Route` (RFC 3261 §20.30).
    RecordRoute,
    /// `Reply-To` (RFC 3261 §20.31).
    ReplyTo,
    /// `Require` (RFC 3261 §20.32).
    Require,
    /// `Retry-After` (RFC 3261 §20.33).
    RetryAfter,
    /// `Route` (RFC 3261 §20.34).
    Route,
    /// `Server` (RFC 3261 §20.35).
    Server,
    /// `Subject`, compact `s` (RFC 3261 §20.36).
    Subject,
    /// `Supported`, compact `k` (RFC 3261 §20.37).
    Supported,
    /// `Timestamp` (RFC 3261 §20.38).
    Timestamp,
    /// `To`, compact `t` (RFC 3261 §20.39).
    To,
    /// `Unsupported` (RFC 3261 §20.40).
    Unsupported,
    /// `User-Agent` (RFC 3261 §20.41).
    UserAgent,
    /// `Via`, compact `v` (RFC 3261 §20.42).
    Via,
    /// `Warning` (RFC 3261 §20.43).
    Warning,
    /// `WWW-Authenticate` (RFC 3261 §20.44).
    WwwAuthenticate,
    /// `Accept-Contact`, compact `a` (RFC 3841 §9.2).
    AcceptContact,
    /// `Accept-Resource-Priority` (RFC 4412 §3.2).
    AcceptResourcePriority,
    /// `Allow-Events`, compact `u` (RFC 6665 §8.2.2).
    AllowEvents,
    /// `Answer-Mode` (RFC 5373 §2).
    AnswerMode,
    /// `Content-ID` (RFC 8262 §3.2).
    ContentId,
    /// `Event`, compact `o` (RFC 6665 §8.2.1).
    Event,
    /// `Feature-Caps` (RFC 6809 §6.2).
    FeatureCaps,
    /// `Flow-Timer` (RFC 5626 §10).
    FlowTimer,
    /// `Geolocation` (RFC 6442 §4.1).
    Geolocation,
    /// `Geolocation-Error` (RFC 6442 §4.4).
    GeolocationError,
    /// `Geolocation-Routing` (RFC 6442 §4.2).
    GeolocationRouting,
    /// `History-Info` (RFC 7044 §5).
    HistoryInfo,
    /// `Identity`, compact `y` (RFC 8224 §4).
    Identity,
    /// `Identity-Info`, compact `n` (RFC 4474 §9).
    IdentityInfo,
    /// `Info-Package` (RFC 6086 §9.2).
    InfoPackage,
    /// `Join` (RFC 3911 §7).
    Join,
    /// `Max-Breadth` (RFC 5393 §5.8).
    MaxBreadth,
    /// `Min-SE` (RFC 4028 §5).
    MinSe,
    /// `P-Access-Network-Info` (RFC 7315 §4.4).
    PAccessNetworkInfo,
    /// `P-Answer-State` (RFC 4964 §7).
    PAnswerState,
    /// `P-Asserted-Identity` (RFC 3325 §9.1).
    PAssertedIdentity,
    /// `P-Asserted-Service` (RFC 6050 §4).
    PAssertedService,
    /// `P-Associated-URI` (RFC 7315 §4.1).
    PAssociatedUri,
    /// `P-Called-Party-ID` (RFC 7315 §4.2).
    PCalledPartyId,
    /// `P-Charging-Function-Addresses` (RFC 7315 §4.5).
    PChargingFunctionAddresses,
    /// `P-Charging-Vector` (RFC 7315 §4.6).
    PChargingVector,
    /// `P-DCS-Billing-Info` (RFC 5503 §7.1).
    PDcsBillingInfo,
    /// `P-DCS-LAES` (RFC 5503 §8.1).
    PDcsLaes,
    /// `P-DCS-OSPS` (RFC 5503 §6.1).
    PDcsOsps,
    /// `P-DCS-Redirect` (RFC 5503 §8.1).
    PDcsRedirect,
    /// `P-DCS-Trace-Party-ID` (RFC 5503 §5.1).
    PDcsTracePartyId,
    /// `P-Early-Media` (RFC 5009 §9).
    PEarlyMedia,
    /// `P-Media-Authorization` (RFC 3313 §5).
    PMediaAuthorization,
    /// `P-Preferred-Identity` (RFC 3325 §9.2).
    PPreferredIdentity,
    /// `P-Preferred-Service` (RFC 6050 §4).
    PPreferredService,
    /// `P-Private-Network-Indication` (RFC 7316 §7).
    PPrivateNetworkIndication,
    /// `P-Profile-Key` (RFC 5002 §5).
    PProfileKey,
    /// `P-Refused-URI-List` (RFC 5318 §5).
    PRefusedUriList,
    /// `P-Served-User` (RFC 5502 §6).
    PServedUser,
    /// `P-User-Database` (RFC 4457 §4).
    PUserDatabase,
    /// `P-Visited-Network-ID` (RFC 7315 §4.3).
    PVisitedNetworkId,
    /// `Path` (RFC 3327 §4).
    Path,
    /// `Permission-Missing` (RFC 5360 §5.9.3).
    PermissionMissing,
    /// `Policy-Contact` (RFC 6794 §4.4.5).
    PolicyContact,
    /// `Policy-ID` (RFC 6794 §4.4.5).
    PolicyId,
    /// `Priv-Answer-Mode` (RFC 5373 §2).
    PrivAnswerMode,
    /// `Privacy` (RFC 3323 §4.2).
    Privacy,
    /// `RAck` (RFC 3262 §7.2).
    RAck,
    /// `Reason` (RFC 3326 §2).
    Reason,
    /// `Recv-Info` (RFC 6086 §9.2).
    RecvInfo,
    /// `Refer-Events-At` (RFC 7614 §4.8).
    ReferEventsAt,
    /// `Refer-Sub` (RFC 4488 §4).
    ReferSub,
    /// `Refer-To`, compact `r` (RFC 3515 §2.1).
    ReferTo,
    /// `Referred-By`, compact `b` (RFC 3892 §3).
    ReferredBy,
    /// `Reject-Contact`, compact `j` (RFC 3841 §9.2).
    RejectContact,
    /// `Replaces` (RFC 3891 §6.1).
    Replaces,
    /// `Request-Disposition`, compact `d` (RFC 3841 §9.1).
    RequestDisposition,
    /// `Resource-Priority` (RFC 4412 §3.1).
    ResourcePriority,
    /// `RSeq` (RFC 3262 §7.1).
    RSeq,
    /// `Security-Client` (RFC 3329 §2.2).
    SecurityClient,
    /// `Security-Server` (RFC 3329 §2.2).
    SecurityServer,
    /// `Security-Verify` (RFC 3329 §2.2).
    SecurityVerify,
    /// `Service-Route` (RFC 3608 §5).
    ServiceRoute,
    /// `Session-Expires`, compact `x` (RFC 4028 §4).
    SessionExpires,
    /// `Session-ID` (RFC 7989 §5).
    SessionId,
    /// `SIP-ETag` (RFC 3903 §11.3.1).
    SipETag,
    /// `SIP-If-Match` (RFC 3903 §11.3.2).
    SipIfMatch,
    /// `Subscription-State` (RFC 6665 §8.2.3).
    SubscriptionState,
    /// `Suppress-If-Match` (RFC 5839 §7.3).
    SuppressIfMatch,
    /// `Target-Dialog` (RFC 4538 §7).
    TargetDialog,
    /// `Trigger-Consent` (RFC 5360 §5.11.2).
    TriggerConsent,
    /// `User-to-User` (RFC 7433 §4.1).
    UserToUser,
    /// Any other name; the row has its bytes.
    #[default]
    Other,
}

impl HeaderName {
    /// The name that `bytes` spell, in full or in compact form, in any case.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        name_table::find(bytes, bytes.len())
    }

    /// The name as the RFC spells it; empty for [`HeaderName::Other`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        CANONICAL
            .get(usize::from(self as u8))
            .map_or("", |(_, text)| *text)
    }

    /// Whether several rows with this name mean the same as one row with a comma list.
    ///
    /// The four authentication fields may repeat but never be joined: commas stand inside their
    /// values (RFC 3261 §7.3.1). An unknown field is taken to be no list.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::Accept
                | Self::AcceptContact
                | Self::AcceptEncoding
                | Self::AcceptLanguage
                | Self::AcceptResourcePriority
                | Self::AlertInfo
                | Self::Allow
                | Self::AllowEvents
                | Self::CallInfo
                | Self::Contact
                | Self::ContentEncoding
                | Self::ContentLanguage
                | Self::ErrorInfo
                | Self::FeatureCaps
                | Self::Geolocation
                | Self::HistoryInfo
                | Self::InReplyTo
                | Self::PAccessNetworkInfo
                | Self::PAssertedIdentity
                | Self::PAssertedService
                | Self::PAssociatedUri
                | Self::PChargingFunctionAddresses
                | Self::PEarlyMedia
                | Self::PMediaAuthorization
                | Self::PPreferredIdentity
                | Self::PPreferredService
                | Self::PRefusedUriList
                | Self::PVisitedNetworkId
                | Self::Path
                | Self::PermissionMissing
                | Self::PolicyContact
                | Self::PolicyId
                | Self::ProxyRequire
                | Self::Reason
                | Self::RecordRoute
                | Self::RecvInfo
                | Self::RejectContact
                | Self::RequestDisposition
                | Self::Require
                | Self::ResourcePriority
                | Self::Route
                | Self::SecurityClient
                | Self::SecurityServer
                | Self::SecurityVerify
                | Self::ServiceRoute
                | Self::Supported
                | Self::TriggerConsent
                | Self::Unsupported
                | Self::UserToUser
                | Self::Via
                | Self::Warning
        )
    }
}
