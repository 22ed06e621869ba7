//! Requests that are too long for a datagram go over a connection (RFC 3261 §18.1.1).

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::errors::SendError;
use super::stack::Stack;
use crate::machine::Transport;
use crate::sip::header::{Params, Value as _, Via};
use crate::sip::message::{Message, OutgoingRequest};
use crate::sip::overload::OFFER;
use crate::sip::transaction::ClientHandle;
use crate::sip::transport::{Target, via_name};
use crate::sip::uri::Host;

/// A request as it leaves.
pub(super) struct Fitted {
    pub(super) bytes: Vec<u8>,
    pub(super) target: Target,
    /// Where it would have gone had it been shorter.
    pub(super) instead_of: Option<Target>,
}

impl Stack {
    /// Puts a Via on a request, that of the transport it fits.
    pub(super) fn fit(
        &mut self,
        request: &OutgoingRequest,
        target: Target,
        branch: &str,
    ) -> Result<Fitted, SendError> {
        let bytes = request.with_via(&self.via(target, branch)?);
        if self.is_too_long(&bytes, target) {
            // §18.1.1: over TCP, and the Via says so. Without any room for a connection it goes
            // the way it goes when nobody takes one.
            if let Ok(connection) = self.target(Transport::Tcp, target.address) {
                return Ok(Fitted {
                    bytes: request.with_via(&self.via(connection, branch)?),
                    target: connection,
                    instead_of: Some(target),
                });
            }
        }
        Ok(Fitted {
            bytes,
            target,
            instead_of: None,
        })
    }

    /// As [`fit`](Self::fit) for an ACK of a 2xx, which nobody sends again elsewhere if a new
    /// connection fails: it takes one that stands.
    pub(super) fn fit_ack(
        &mut self,
        ack: &OutgoingRequest,
        target: Target,
        branch: &str,
    ) -> Result<Fitted, SendError> {
        let bytes = ack.with_via(&self.via(target, branch)?);
        let open = self
            .cx
            .transport
            .open_connection(Transport::Tcp, target.address);
        match open {
            Some(connection) if self.is_too_long(&bytes, target) => Ok(Fitted {
                bytes: ack.with_via(&self.via(connection, branch)?),
                target: connection,
                instead_of: Some(target),
            }),
            Some(_) | None => Ok(Fitted {
                bytes,
                target,
                instead_of: None,
            }),
        }
    }

    /// §18.1.1: nobody takes a connection there, so the request goes over UDP however long it is.
    /// Answers whether it does: only one that went over TCP for its length, and has not been
    /// answered at all.
    pub(super) fn retry_over_udp(&mut self, transaction: ClientHandle) -> bool {
        let Some(target) = self.clients.take_fallback(transaction) else {
            return false;
        };
        self.resend(transaction, target).is_some()
    }

    fn resend(&mut self, transaction: ClientHandle, target: Target) -> Option<()> {
        let request = Arc::clone(self.clients.get(transaction)?.request());
        let branch = request.top_via().ok()?.branch?;
        let via = self.via(target, branch).ok()?;
        let bytes = with_other_via(request.as_bytes(), &via)?;
        let message = Message::parse(&bytes, &self.limits).ok()?;
        self.clients
            .restart(&mut self.cx, transaction, Arc::new(message), target)
    }

    fn is_too_long(&self, bytes: &[u8], target: Target) -> bool {
        // To a group there is no connection.
        target.transport == Transport::Udp
            && !target.address.ip().is_multicast()
            && bytes.len() > self.cx.transport.policy.datagram_request_bytes
    }

    fn via<'v>(&'v self, target: Target, branch: &'v str) -> Result<Via<'v>, SendError> {
        let flow = self.flow(target.flow).ok_or(SendError::NoFlow)?;
        let mut via = Via::new(
            via_name(target.transport),
            flow.sent_by().host_port(),
            branch,
        );
        // §18.1.1: to a group, maddr names it, and the request must not travel.
        if target.address.ip().is_multicast() {
            via.maddr = Some(Host::Ip(target.address.ip()));
            via.ttl = target.address.is_ipv4().then_some(1);
        }
        // RFC 7339 §4.1, §4.2: in every request of who speaks it.
        if self.overload.is_spoken {
            via.params = Params::parse(OFFER).unwrap_or_default();
        }
        Ok(via)
    }
}

/// A request of ours with another top Via: ours is the line after the first, unfolded.
fn with_other_via(request: &[u8], via: &Via<'_>) -> Option<Vec<u8>> {
    let start_line = line(request)?;
    let old = line(request.get(start_line..)?)?;
    let rest = request.get(start_line.checked_add(old)?..)?;
    let mut out = Vec::with_capacity(request.len().saturating_add(16));
    out.extend_from_slice(request.get(..start_line)?);
    out.extend_from_slice(b"Via: ");
    via.write(&mut out);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(rest);
    Some(out)
}

/// The bytes of the first line, its end included.
fn line(bytes: &[u8]) -> Option<usize> {
    crate::text::find_byte(bytes, b'\n')?.checked_add(1)
}
