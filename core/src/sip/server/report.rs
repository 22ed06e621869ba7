//! Turns messages into the plain lines of the log.

use alloc::string::String;

use super::ServerEvent;
use crate::sip::endpoint::Events;
use crate::sip::message::{Message, Method, StatusCode};
use crate::sip::transport::Source;

/// Where the parts of the server tell what they have done.
pub(crate) struct Report<'a>(pub(crate) &'a mut Events<ServerEvent>);

impl Report<'_> {
    /// A request outside a dialog was sent on.
    pub(crate) fn forwarded(
        &mut self,
        request: &Message,
        next_hop: core::net::SocketAddr,
        branches: usize,
    ) {
        if !is_in_dialog(request) {
            self.0.push(ServerEvent::Forwarded {
                method: request.method().as_str().into(),
                from: from(request),
                to: to(request),
                next_hop,
                branches,
            });
        }
    }

    /// Whoever sent a request was told to try elsewhere.
    pub(crate) fn redirected(&mut self, request: &Message, status: StatusCode, contacts: usize) {
        self.0.push(ServerEvent::Redirected {
            method: request.method().as_str().into(),
            from: from(request),
            to: to(request),
            status,
            contacts,
        });
    }

    /// A final response was sent upstream.
    pub(crate) fn answered(&mut self, request: &Message, status: Option<StatusCode>) {
        let Some(status) = status else {
            return;
        };
        if !is_in_dialog(request) {
            self.0.push(ServerEvent::Answered {
                method: request.method().as_str().into(),
                from: from(request),
                to: to(request),
                status,
            });
        } else if matches!(request.method(), Method::Bye) && status.is_success() {
            self.0.push(ServerEvent::Ended {
                from: from(request),
                to: to(request),
            });
        }
    }

    /// The server itself turned a request down.
    pub(crate) fn refused(&mut self, request: &Message, source: Source, status: StatusCode) {
        self.0.push(ServerEvent::Refused {
            method: request.method().as_str().into(),
            from: from(request),
            to: to(request),
            status,
            source: source.address,
        });
    }
}

/// Whether a request claims to belong to a dialog: its To has a tag (RFC 3261 §12.2).
pub(crate) fn is_in_dialog(request: &Message) -> bool {
    request.to().is_ok_and(|to| to.tag.is_some())
}

fn from(request: &Message) -> String {
    request
        .from()
        .map_or_else(|_| String::new(), |from| from.uri.into())
}

fn to(request: &Message) -> String {
    request
        .to()
        .map_or_else(|_| String::new(), |to| to.uri.into())
}
