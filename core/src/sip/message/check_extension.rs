//! The grammars of the header fields that no message depends on (RFC 3261 §20 and the extensions).

use crate::sip::header::{
    AcceptContact, AcceptEncoding, AcceptLanguage, AnswerMode, CallId, ChargingParams,
    DeltaSeconds, Directive, Element, EntityTag, Event, EventType, FeatureSet, GeolocationError,
    GeolocationRouting, HeaderError, HistoryEntry, Identity, Join, LanguageTag, List, MaxBreadth,
    MimeVersion, MinSe, NameAddr, Opaque, Priority, Privacy, Products, RAck, RSeq, ReferSub,
    ReferredBy, Replaces, ResourcePriority, SecurityMechanism, ServedUser, SessionExpires,
    SessionId, SubscriptionState, SuppressIfMatch, TargetDialog, Timestamp, Token, TokenWithParams,
    TriggerConsent, UriReference, whole,
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
        HeaderName::PChargingVector | HeaderName::PChargingFunctionAddresses => {
            list::<ChargingParams<'_>>(value)
        }
        HeaderName::PVisitedNetworkId | HeaderName::UserToUser => list::<Opaque<'_>>(value),
        HeaderName::PEarlyMedia if !value.is_empty() => list::<Token<'_>>(value),
        HeaderName::Privacy => one::<Privacy<'_>>(value),
        HeaderName::SipETag | HeaderName::SipIfMatch => one::<EntityTag<'_>>(value),
        HeaderName::SuppressIfMatch => one::<SuppressIfMatch<'_>>(value),
        HeaderName::AcceptContact => list::<AcceptContact<'_>>(value),
        HeaderName::RejectContact | HeaderName::FeatureCaps => list::<FeatureSet<'_>>(value),
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
        // RFC 4474 printed its Identity as a quoted string, and its calls are still about.
        HeaderName::Identity if !value.starts_with(b"\"") => list::<Identity<'_>>(value),
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
