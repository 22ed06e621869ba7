//! Reads what a REGISTER asks of the bindings (RFC 3261 §10.3 steps 6 and 7).

use alloc::string::ToString;
use alloc::vec::Vec;

use super::Expiry;
use super::update::{Change, Requested, Update};
use crate::machine::FlowId;
use crate::sip::header::{Contact, ContactAddress, HeaderError, NameAddr, QValue};
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::proxy::Answer;
use crate::sip::transport::{Source, is_websocket};

/// An hour: shorter intervals only may be refused as too brief (§10.3 step 7).
const HOUR: u32 = 3600;

/// The update a REGISTER stands for.
///
/// # Errors
/// 400 for what cannot be read or must not be, 423 for an interval that is too brief.
pub(super) fn update(
    request: &Message,
    source: Source,
    expiry: Expiry,
) -> Result<Update<'_>, Answer> {
    let bad = || Answer::from(StatusCode::BAD_REQUEST);
    let call_id = request.call_id().map_err(|_| bad())?;
    let cseq = request.cseq().map_err(|_| bad())?.number;
    let contacts: Vec<Contact<'_>> = request
        .contacts()
        .collect::<Result<_, _>>()
        .map_err(|_| bad())?;
    // §10.2.1.1: an Expires that cannot be read counts as the default.
    let expires = match request.expires() {
        Ok(expires) => expires,
        Err(_) => Some(expiry.default),
    };
    Ok(Update {
        call_id,
        cseq,
        path: path(request).map_err(|_| bad())?,
        flow: only_way_back(request, source),
        change: change(&contacts, expires, expiry)?,
    })
}

fn change<'a>(
    contacts: &[Contact<'a>],
    expires: Option<u32>,
    expiry: Expiry,
) -> Result<Change<'a>, Answer> {
    if contacts.is_empty() {
        return Ok(Change::Query);
    }
    let mut requested = Vec::with_capacity(contacts.len());
    for contact in contacts {
        match contact {
            // Step 6: `*` stands alone and with `Expires: 0`, or the request is invalid.
            Contact::Star => {
                return if contacts.len() == 1 && expires == Some(0) {
                    Ok(Change::RemoveAll)
                } else {
                    Err(StatusCode::BAD_REQUEST.into())
                };
            }
            Contact::Address(address) => {
                let wanted = address.expires.or(expires).unwrap_or(expiry.default);
                requested.push(Requested {
                    contact: address.uri,
                    params: kept_params(address),
                    q: address.q.unwrap_or(QValue::ONE).thousandths(),
                    expires: granted(wanted, expiry)?,
                });
            }
        }
    }
    Ok(Change::Bind(requested))
}

/// Step 7: never longer than asked; too brief only if above zero, below an hour and below the
/// minimum.
fn granted(wanted: u32, expiry: Expiry) -> Result<u32, Answer> {
    if wanted > 0 && wanted < HOUR && wanted < expiry.min {
        return Err(Answer {
            status: StatusCode::INTERVAL_TOO_BRIEF,
            fields: alloc::vec![(HeaderName::MinExpires, expiry.min.to_string())],
        });
    }
    Ok(wanted.min(expiry.max))
}

/// Everything that stood behind the URI but `expires`, which the registrar answers with its own.
fn kept_params(address: &ContactAddress<'_>) -> Vec<u8> {
    let mut params = Vec::new();
    if let Some(q) = address.q {
        params.extend_from_slice(b";q=");
        q.write(&mut params);
    }
    address.params.write(&mut params);
    params
}

/// RFC 5626 §6: the connection on which whoever registers is reached, if we are the first hop. It is
/// the only way to a WebSocket client (RFC 7118 §5.3); any other contact is an address.
fn only_way_back(request: &Message, source: Source) -> Option<FlowId> {
    let first_hop = request.vias().count() == 1;
    (first_hop && is_websocket(source.transport)).then_some(source.flow)
}

/// RFC 3327 §5.3: the nodes to be visited on the way to the contact, in the order given.
fn path(request: &Message) -> Result<Vec<&str>, HeaderError> {
    request
        .elements::<NameAddr<'_>>(HeaderName::Path)
        .map(|node| node.map(|node| node.uri))
        .collect()
}
