//! Header fields through their types: read, written, and read again.

use std::fmt::Debug;

use offhook::sip::header::{
    AcceptEncoding, AcceptLanguage, CSeq, CallId, Challenge, Contact, ContentDisposition,
    Credentials, Date, DeltaSeconds, Element, EntityTag, Event, EventType, FromTo, HeaderError,
    Join, List, MaxForwards, MediaType, MinSe, NameAddr, Products, ReferSub, ReferredBy, Replaces,
    SessionExpires, SubscriptionState, TargetDialog, Text, Token, UriReference, Value, Via, whole,
};
use offhook::sip::message::{HeaderName, Method, Row};

/// What came of a row.
pub(crate) enum Typed {
    /// No type reads such a row.
    Untyped,
    /// So many values were read, written and read again, and mean the same.
    Same(usize),
    /// The type refuses the value.
    Refused(HeaderError),
    /// What was written means something else.
    Changed(String),
}

/// Reads a row with the type of its field, writes what was read, and reads that.
pub(crate) fn round_trip(row: &Row<'_>) -> Typed {
    let (value, room) = (row.value, &mut Vec::new());
    match row.name {
        HeaderName::Via => list::<Via<'_>>(value, room),
        HeaderName::From | HeaderName::To => one::<FromTo<'_>>(value, room),
        HeaderName::Contact => list::<Contact<'_>>(value, room),
        HeaderName::Route | HeaderName::RecordRoute => list::<NameAddr<'_>>(value, room),
        HeaderName::ReferTo => one::<NameAddr<'_>>(value, room),
        HeaderName::CSeq => one::<CSeq<'_>>(value, room),
        HeaderName::CallId => one::<CallId<'_>>(value, room),
        HeaderName::MaxForwards => one::<MaxForwards>(value, room),
        HeaderName::Expires | HeaderName::ContentLength => one::<DeltaSeconds>(value, room),
        HeaderName::ContentType => one::<MediaType<'_>>(value, room),
        HeaderName::ContentDisposition => one::<ContentDisposition<'_>>(value, room),
        HeaderName::Accept => list::<MediaType<'_>>(value, room),
        HeaderName::AcceptEncoding => list::<AcceptEncoding<'_>>(value, room),
        HeaderName::AcceptLanguage => list::<AcceptLanguage<'_>>(value, room),
        HeaderName::Allow => list::<Method<'_>>(value, room),
        HeaderName::AllowEvents => list::<EventType<'_>>(value, room),
        HeaderName::Supported | HeaderName::Require | HeaderName::Unsupported => {
            list::<Token<'_>>(value, room)
        }
        HeaderName::Date => one::<Date>(value, room),
        HeaderName::Event => one::<Event<'_>>(value, room),
        HeaderName::SubscriptionState => one::<SubscriptionState<'_>>(value, room),
        HeaderName::ReferredBy => one::<ReferredBy<'_>>(value, room),
        HeaderName::ReferSub => one::<ReferSub<'_>>(value, room),
        HeaderName::Replaces => one::<Replaces<'_>>(value, room),
        HeaderName::Join => one::<Join<'_>>(value, room),
        HeaderName::TargetDialog => one::<TargetDialog<'_>>(value, room),
        HeaderName::SessionExpires => one::<SessionExpires<'_>>(value, room),
        HeaderName::MinSe => one::<MinSe<'_>>(value, room),
        HeaderName::SipETag | HeaderName::SipIfMatch => one::<EntityTag<'_>>(value, room),
        HeaderName::AlertInfo | HeaderName::CallInfo | HeaderName::ErrorInfo => {
            list::<UriReference<'_>>(value, room)
        }
        HeaderName::Subject | HeaderName::Organization => one::<Text<'_>>(value, room),
        HeaderName::Server | HeaderName::UserAgent => one::<Products<'_>>(value, room),
        HeaderName::Authorization | HeaderName::ProxyAuthorization => credentials(value, room),
        HeaderName::WwwAuthenticate | HeaderName::ProxyAuthenticate => challenge(value, room),
        _ => Typed::Untyped,
    }
}

fn compare<'a, T: Value + PartialEq + Debug>(
    first: Result<Vec<T>, HeaderError>,
    room: &'a mut Vec<u8>,
    read: impl Fn(&'a [u8]) -> Result<Vec<T>, HeaderError>,
) -> Typed {
    let first = match first {
        Ok(first) => first,
        Err(error) => return Typed::Refused(error),
    };
    for (place, element) in first.iter().enumerate() {
        if place > 0 {
            room.extend_from_slice(b", ");
        }
        element.write(room);
    }
    let again = read(room);
    if again.as_ref() == Ok(&first) {
        Typed::Same(first.len())
    } else {
        Typed::Changed(format!("{first:?} became {again:?}"))
    }
}

fn list<'a, T: Element<'a> + Value + PartialEq + Debug>(
    value: &'a [u8],
    room: &'a mut Vec<u8>,
) -> Typed {
    compare(List::<T>::new(value).collect(), room, |written| {
        List::new(written).collect()
    })
}

fn one<'a, T: Element<'a> + Value + PartialEq + Debug>(
    value: &'a [u8],
    room: &'a mut Vec<u8>,
) -> Typed {
    let read = |value| whole::<T>(value).map(|value| vec![value]);
    compare(read(value), room, read)
}

fn credentials<'a>(value: &'a [u8], room: &'a mut Vec<u8>) -> Typed {
    let read = |value| Credentials::parse(value).map(|value| value.into_iter().collect());
    compare(read(value), room, read)
}

fn challenge<'a>(value: &'a [u8], room: &'a mut Vec<u8>) -> Typed {
    let read = |value| Challenge::parse(value).map(|value| value.into_iter().collect());
    compare(read(value), room, read)
}
