//! Overload control where requests and responses pass (RFC 7339 §5).

use super::stack::Stack;
use crate::sip::message::{Message, OutgoingResponse};
use crate::sip::overload::{Occupancy, Verdict, category, heeds};
use crate::sip::transaction::ClientHandle;
use crate::sip::transport::{DropReason, Source, Target};

impl Stack {
    /// What becomes of a request that no transaction knows.
    pub(super) fn admit(&mut self, request: &Message, source: Source) -> Verdict {
        let of_source = self.servers.of_source(source.address.ip());
        if of_source >= self.limits.server_transactions_per_source {
            return Verdict::Full;
        }
        let category = category(request, &self.overload.namespaces);
        let is_heeded = self.overload.is_spoken && request.top_via().is_ok_and(|via| heeds(&via));
        let table = Occupancy {
            live: self.servers.len(),
            limit: self.limits.server_transactions,
        };
        self.admission
            .on_request(self.cx.now, category, is_heeded, table)
    }

    /// §5.2: says in the Via of a response how much its client is to hold back, if it has offered
    /// to.
    pub(super) fn tell_load(&mut self, request: &Message, response: &mut OutgoingResponse) {
        if !self.overload.is_spoken {
            return;
        }
        let Some(via) = request.top_via().ok().filter(heeds) else {
            return;
        };
        let feedback = self.admission.feedback(self.cx.now);
        feedback.write_into(response, via, &self.wall, &self.limits);
    }

    /// §5.4: takes what the server of this hop says in our Via.
    pub(super) fn heed(&mut self, transaction: ClientHandle, response: &Message) {
        if !self.overload.is_spoken {
            return;
        }
        let wish = response.top_via().ok().and_then(|via| via.overload());
        if let (Some(wish), Some(client)) = (wish, self.clients.get(transaction)) {
            let server = client.target().address;
            self.throttle.on_response(self.cx.now, server, &wish);
        }
    }

    /// §5.5: whether a request may go to a server now.
    pub(super) fn may_send(&mut self, request: &Message, target: Target) -> bool {
        if !self.overload.is_spoken {
            return true;
        }
        let category = category(request, &self.overload.namespaces);
        let server = target.address;
        let may = self
            .throttle
            .admits(self.cx.now, server, category, &mut self.rng);
        if !may {
            self.cx.transport.stats.count(DropReason::HeldBack);
        }
        may
    }
}
