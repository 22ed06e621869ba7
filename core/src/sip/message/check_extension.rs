//! The grammars of the header fields that no message depends on (RFC 3261 §20 and the extensions).

use crate::sip::header::{
    AcceptContact, AcceptEncoding, AcceptLanguage, AccessNetwork, AnswerMode, AnswerState,
    AuthenticationInfo, BillingInfo, CallId, Challenge, ChargingFunctions, ChargingVector,
    ContentId, Credentials, DeltaSeconds, Directive, EarlyMedia, Element, EntityTag, Event,
    EventType, FeatureCaps, FeatureSet, GeolocationError, GeolocationRouting, HeaderError,
    HistoryEntry, Identity, IdentityInfo, Join, LanguageTag, List, MaxBreadth, MediaAuthorization,
    MimeVersion, MinSe, NameAddr, OperatorService, PolicyContact, PolicyId, Priority, Privacy,
    PrivateNetwork, Products, RAck, RSeq, ReferSub, ReferredBy, RefusedUriList, Replaces,
    ResourcePriority, SecurityMechanism, ServedUser, ServiceId, SessionExpires, SessionId,
    Signature, SubscriptionState, SuppressIfMatch, Surveillance, SurveillanceRedirect,
    TargetDialog, Text, Timestamp, Token, TokenWithParams, TracePartyId, TriggerConsent,
    UriReference, UserDatabase, UserToUser, VisitedNetwork, whole,
};

use super::HeaderName;

/// Holds a value against the grammar of its field, if that is known here.
pub(super) fn check(name: HeaderName, value: &[u8]) -> Result<(), HeaderError> {
    match name {
        HeaderName::RSeq => one::<RSeq>(value),
        HeaderName::RAck => one::<RAck<'_>>(value),
        HeaderName::Event => one::<Event<'_>>(value),
        HeaderName::AllowEvents => list::<EventType<'_>>(value),
        HeaderName::SubscriptionState => one::<SubscriptionState<'_>>(value),
        HeaderName::ReferredBy => one::<ReferredBy<'_>>(value),
        HeaderName::ReferSub => one::<ReferSub<'_>>(value),
        HeaderName::Replaces => one::<Replaces<'_>>(value),
        HeaderName::Join => one::<Join<'_>>(value),
        HeaderName::TargetDialog => one::<TargetDialog<'_>>(value),
        HeaderName::InReplyTo => list::<CallId<'_>>(value),
        HeaderName::SessionExpires => one::<SessionExpires<'_>>(value),
        HeaderName::MinSe => one::<MinSe<'_>>(value),
        HeaderName::FlowTimer => one::<DeltaSeconds>(value),
        HeaderName::MaxBreadth => one::<MaxBreadth>(value),
        HeaderName::MimeVersion => one::<MimeVersion>(value),
        HeaderName::AlertInfo | HeaderName::CallInfo | HeaderName::ErrorInfo => {
            list::<UriReference<'_>>(value)
        }
        HeaderName::Geolocation => list::<UriReference<'_>>(value),
        HeaderName::GeolocationRouting => one::<GeolocationRouting<'_>>(value),
        HeaderName::GeolocationError => one::<GeolocationError<'_>>(value),
        HeaderName::ReferEventsAt => one::<UriReference<'_>>(value),
        HeaderName::PAssertedIdentity
        | HeaderName::PPreferredIdentity
        | HeaderName::PermissionMissing => list::<NameAddr<'_>>(value),
        HeaderName::PAssociatedUri if !value.is_empty() => list::<NameAddr<'_>>(value),
        HeaderName::PCalledPartyId => one::<NameAddr<'_>>(value),
        HeaderName::PServedUser => one::<ServedUser<'_>>(value),
        HeaderName::PProfileKey => one::<NameAddr<'_>>(value),
        HeaderName::PUserDatabase => one::<UserDatabase<'_>>(value),
        HeaderName::PChargingVector => one::<ChargingVector<'_>>(value),
        HeaderName::PChargingFunctionAddresses => list::<ChargingFunctions<'_>>(value),
        HeaderName::PAccessNetworkInfo => list::<AccessNetwork<'_>>(value),
        HeaderName::PVisitedNetworkId => list::<VisitedNetwork<'_>>(value),
        HeaderName::PPrivateNetworkIndication => one::<PrivateNetwork<'_>>(value),
        HeaderName::PAssertedService | HeaderName::PPreferredService => {
            list::<ServiceId<'_>>(value)
        }
        HeaderName::PMediaAuthorization => list::<MediaAuthorization<'_>>(value),
        HeaderName::PRefusedUriList => list::<RefusedUriList<'_>>(value),
        HeaderName::PolicyContact => list::<PolicyContact<'_>>(value),
        HeaderName::PolicyId => list::<PolicyId<'_>>(value),
        HeaderName::PDcsTracePartyId => one::<TracePartyId<'_>>(value),
        HeaderName::PDcsOsps => one::<OperatorService<'_>>(value),
        HeaderName::PDcsBillingInfo => one::<BillingInfo<'_>>(value),
        HeaderName::PDcsLaes => one::<Surveillance<'_>>(value),
        HeaderName::PDcsRedirect => one::<SurveillanceRedirect<'_>>(value),
        HeaderName::UserToUser => list::<UserToUser<'_>>(value),
        HeaderName::PEarlyMedia if !value.is_empty() => list::<EarlyMedia<'_>>(value),
        HeaderName::PAnswerState => one::<AnswerState<'_>>(value),
        HeaderName::ContentId => one::<ContentId<'_>>(value),
        HeaderName::Subject | HeaderName::Organization => one::<Text<'_>>(value),
        HeaderName::WwwAuthenticate | HeaderName::ProxyAuthenticate => {
            Challenge::parse(value).map(|_| ())
        }
        HeaderName::Authorization | HeaderName::ProxyAuthorization => {
            Credentials::parse(value).map(|_| ())
        }
        HeaderName::AuthenticationInfo => AuthenticationInfo::parse(value).map(|_| ()),
        HeaderName::Privacy => one::<Privacy<'_>>(value),
        HeaderName::SipETag | HeaderName::SipIfMatch => one::<EntityTag<'_>>(value),
        HeaderName::SuppressIfMatch => one::<SuppressIfMatch<'_>>(value),
        HeaderName::AcceptContact => list::<AcceptContact<'_>>(value),
        HeaderName::RejectContact => list::<FeatureSet<'_>>(value),
        HeaderName::FeatureCaps => list::<FeatureCaps<'_>>(value),
        HeaderName::RequestDisposition => list::<Directive>(value),
        HeaderName::SecurityClient | HeaderName::SecurityServer | HeaderName::SecurityVerify => {
            list::<SecurityMechanism<'_>>(value)
        }
        HeaderName::HistoryInfo => list::<HistoryEntry<'_>>(value),
        HeaderName::ResourcePriority => list::<ResourcePriority<'_>>(value),
        HeaderName::AcceptResourcePriority if !value.is_empty() => {
            list::<ResourcePriority<'_>>(value)
        }
        HeaderName::Priority => one::<Priority<'_>>(value),
        HeaderName::InfoPackage => one::<TokenWithParams<'_>>(value),
        HeaderName::RecvInfo if !value.is_empty() => list::<TokenWithParams<'_>>(value),
        HeaderName::Timestamp => one::<Timestamp<'_>>(value),
        HeaderName::Server | HeaderName::UserAgent => one::<Products<'_>>(value),
        HeaderName::AcceptEncoding if !value.is_empty() => list::<AcceptEncoding<'_>>(value),
        HeaderName::AcceptLanguage if !value.is_empty() => list::<AcceptLanguage<'_>>(value),
        HeaderName::ContentEncoding => list::<Token<'_>>(value),
        HeaderName::ContentLanguage => list::<LanguageTag<'_>>(value),
        HeaderName::SessionId => one::<SessionId<'_>>(value),
        HeaderName::AnswerMode | HeaderName::PrivAnswerMode => one::<AnswerMode<'_>>(value),
        HeaderName::TriggerConsent => list::<TriggerConsent<'_>>(value),
        // RFC 4474 has its Identity as a quoted string, and its calls are still about.
        HeaderName::Identity if value.starts_with(b"\"") => one::<Signature<'_>>(value),
        HeaderName::Identity => list::<Identity<'_>>(value),
        HeaderName::IdentityInfo => one::<IdentityInfo<'_>>(value),
        _ => Ok(()),
    }
}

fn one<'a, T: Element<'a>>(value: &'a [u8]) -> Result<(), HeaderError> {
    whole::<T>(value).map(|_| ())
}

fn list<'a, T: Element<'a>>(value: &'a [u8]) -> Result<(), HeaderError> {
    if value.is_empty() {
        return Err(HeaderError::new(
            crate::sip::header::HeaderErrorKind::End,
            0,
        ));
    }
    List::<T>::new(value).try_for_each(|element| element.map(|_| ()))
}
