//! Which requests go first when not all can (RFC 7339 §5.10.1).

use alloc::string::String;

use crate::sip::header::{FromTo, ResourcePriority};
use crate::sip::message::{HeaderName, Message, Method};

/// What a request is worth under overload, the least first. RFC 7339 §7.2 calls the first of them
/// category 1 and the others category 2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Category {
    /// It begins something: a call, a registration, a subscription.
    New,
    /// It is about something that is under way, and without it that would go on for longer.
    Ongoing,
    /// An emergency call, or of a resource priority that is honoured here.
    Urgent,
}

/// The category of a request; `namespaces` are those of resource priorities that are honoured.
pub(crate) fn category(request: &Message, namespaces: &[String]) -> Category {
    let to = request.to().ok();
    if is_emergency(request, to) || has_priority(request, namespaces) {
        return Category::Urgent;
    }
    match request.method() {
        // They end, or acknowledge, what another request began.
        Method::Ack | Method::Cancel | Method::Bye | Method::Prack => Category::Ongoing,
        Method::Invite
        | Method::Register
        | Method::Options
        | Method::Info
        | Method::Subscribe
        | Method::Notify
        | Method::Update
        | Method::Message
        | Method::Refer
        | Method::Publish
        | Method::Other(_) => {
            let is_in_dialog = to.is_some_and(|to| to.tag.is_some());
            if is_in_dialog {
                Category::Ongoing
            } else {
                Category::New
            }
        }
    }
}

/// RFC 5031 §4.2: `urn:service:sos` and the services below it. A request keeps it in To when a
/// proxy has found who answers.
fn is_emergency(request: &Message, to: Option<FromTo<'_>>) -> bool {
    let is_sos = |uri: &str| {
        let rest = strip_prefix_ignore_case(uri, "urn:service:sos");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    request.request_uri().is_some_and(is_sos) || to.is_some_and(|to| is_sos(to.uri))
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// RFC 4412 §4.
fn has_priority(request: &Message, namespaces: &[String]) -> bool {
    request
        .elements::<ResourcePriority<'_>>(HeaderName::ResourcePriority)
        .flatten()
        .any(|priority| {
            namespaces
                .iter()
                .any(|known| known.eq_ignore_ascii_case(priority.namespace))
        })
}
