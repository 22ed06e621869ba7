//! The way in: what is believed, and what becomes of it.

use alloc::vec::Vec;
use core::net::SocketAddr;

use super::lookup::{Asked, Lookup, State};
use super::response::{self, Reading};
use super::{Effect, ResolverDropReason, StubResolver};
use crate::arena::Handle;
use crate::dns::{LookupFailure, Message, Question, ResponseCode};
use crate::machine::{CloseReason, FlowId, Transport};

impl StubResolver {
    pub(super) fn on_bound(&mut self, flow: FlowId, transport: Transport, local: SocketAddr) {
        if transport.is_reliable() {
            return;
        }
        let known = self.sockets.contains_key(&flow);
        if !known && self.sockets.len() >= self.config.limits.flows {
            self.stats.count(ResolverDropReason::TooManyFlows);
            self.effects.push_back(Effect::Close { flow });
            return;
        }
        self.sockets.insert(flow, local);
    }

    pub(super) fn on_connected(&mut self, flow: FlowId) {
        match self.connections.get(&flow) {
            Some(handle) => self.send_on_stream(*handle),
            // Given up meanwhile, and said so.
            None => self.stats.count(ResolverDropReason::UnknownFlow),
        }
    }

    pub(super) fn on_datagram(&mut self, flow: FlowId, source: SocketAddr, bytes: &[u8]) {
        if let Err(reason) = self.take_datagram(flow, source, bytes) {
            self.stats.count(reason);
        }
    }

    /// RFC 5452 §9.1: an answer counts if it comes from where the query went, to where it came
    /// from, with its id and its question. Everything else is as if it had not come: the answer
    /// may still be on its way.
    fn take_datagram(
        &mut self,
        flow: FlowId,
        source: SocketAddr,
        bytes: &[u8],
    ) -> Result<(), ResolverDropReason> {
        if !self.sockets.contains_key(&flow) {
            return Err(ResolverDropReason::UnknownFlow);
        }
        let [high, low, ..] = bytes else {
            return Err(ResolverDropReason::Malformed);
        };
        let id = u16::from_be_bytes([*high, *low]);
        let unasked = ResolverDropReason::Unasked;
        let handle = *self.datagrams.get(&(flow, id)).ok_or(unasked)?;
        let lookup = self.lookups.get(handle).ok_or(unasked)?;
        let asked = lookup.state.asked().ok_or(unasked)?;
        let server = self.config.servers.get(asked.server).ok_or(unasked)?;
        if (source.ip(), source.port()) != (server.ip(), server.port()) {
            return Err(ResolverDropReason::ForeignSource);
        }
        let message = self.believable(asked, bytes)?;
        self.on_response(handle, &message);
        Ok(())
    }

    pub(super) fn on_stream(&mut self, flow: FlowId, bytes: &[u8]) {
        let Some(handle) = self.connections.get(&flow).copied() else {
            self.stats.count(ResolverDropReason::UnknownFlow);
            return;
        };
        let Some(lookup) = self.lookups.get_mut(handle) else {
            return;
        };
        let State::Streaming { asked, received } = &mut lookup.state else {
            return;
        };
        let asked = asked.clone();
        received.extend_from_slice(bytes);
        let mut buffer = core::mem::take(received);
        let mut rest: &[u8] = &buffer;
        while let Some((frame, after)) = first_frame(rest) {
            rest = after;
            match self.believable(&asked, frame) {
                // The one query of this connection is answered, and the connection closed with it.
                Ok(message) => return self.on_response(handle, &message),
                Err(reason) => self.stats.count(reason),
            }
        }
        // What is left is less than one message and its length.
        let done = buffer.len() - rest.len();
        buffer.drain(..done);
        if let Some(lookup) = self.lookups.get_mut(handle) {
            if let State::Streaming { received, .. } = &mut lookup.state {
                *received = buffer;
            }
        }
    }

    /// The message, if it is a response to what was asked.
    fn believable(&self, asked: &Asked, bytes: &[u8]) -> Result<Message, ResolverDropReason> {
        let message = Message::parse(bytes, self.config.limits.records)
            .map_err(|_| ResolverDropReason::Malformed)?;
        if !message.is_response || message.opcode != 0 {
            return Err(ResolverDropReason::NotAResponse);
        }
        if message.id != asked.id {
            return Err(ResolverDropReason::Unasked);
        }
        let same = |question: &Question| {
            question.kind == asked.question.kind
                && question.name.is_spelt_like(&asked.question.name)
        };
        match &message.question {
            Some(question) if same(question) => Ok(message),
            // A server that could not read the question cannot repeat it.
            None if message.code == ResponseCode::FORMAT_ERROR => Ok(message),
            Some(_) | None => Err(ResolverDropReason::WrongQuestion),
        }
    }

    fn on_response(&mut self, handle: Handle<Lookup>, message: &Message) {
        self.stats.responses_taken = self.stats.responses_taken.wrapping_add(1);
        let Some(lookup) = self.lookups.get_mut(handle) else {
            return;
        };
        let Some(server) = lookup.state.asked().map(|asked| asked.server) else {
            return;
        };
        let code = message.code;
        if code == ResponseCode::NO_ERROR || code == ResponseCode::NO_SUCH_NAME {
            match (&lookup.state, message.is_truncated) {
                // RFC 2181 §9, RFC 7766 §5: what was cut off is asked for again over TCP.
                (State::Asking(_), true) => {
                    if !self.ask_by_stream(handle, server, self.config.timeout) {
                        self.ask(handle);
                    }
                }
                (_, true) => self.pass_over(handle, server, LookupFailure::Refused(code)),
                (_, false) => {
                    self.preferred = server;
                    self.on_reading(handle, server, message);
                }
            }
            return;
        }
        let may_be_edns = [
            ResponseCode::FORMAT_ERROR,
            ResponseCode::NOT_IMPLEMENTED,
            ResponseCode::BAD_VERSION,
        ];
        if lookup.edns && may_be_edns.contains(&code) {
            // RFC 6891 §7: a server that does not know OPT is asked again without.
            lookup.edns = false;
            lookup.repeat_turn();
            return self.ask(handle);
        }
        self.pass_over(handle, server, LookupFailure::Refused(code));
    }

    fn on_reading(&mut self, handle: Handle<Lookup>, server: usize, message: &Message) {
        let Some(lookup) = self.lookups.get_mut(handle) else {
            return;
        };
        let question = Question {
            name: lookup.name.clone(),
            kind: lookup.question.kind,
        };
        let links_max = self.config.limits.aliases.saturating_sub(lookup.aliases);
        match response::read(&question, message, links_max) {
            Reading::Answered(answer) => self.conclude(handle, &answer),
            Reading::Alias { to, links, ttl } => {
                lookup.follow(to, links, ttl, server);
                self.ask(handle);
            }
        }
    }

    pub(super) fn on_closed(&mut self, flow: FlowId, reason: CloseReason) {
        if let Some(handle) = self.connections.remove(&flow) {
            let server = self.lookups.get(handle);
            let server = server.and_then(|lookup| Some(lookup.state.asked()?.server));
            if let Some(server) = server {
                self.pass_over(handle, server, LookupFailure::Unreachable);
            }
            return;
        }
        let send_failed = match reason {
            CloseReason::Unreachable => self.sockets.contains_key(&flow),
            CloseReason::Finished | CloseReason::Reset | CloseReason::Requested => false,
        };
        // The driver speaks of the datagram it was last given, and the socket serves on.
        if send_failed {
            if let Some((_, id)) = self.last_sent.take().filter(|(last, _)| *last == flow) {
                self.on_unsent(flow, id);
            }
            return;
        }
        if self.sockets.remove(&flow).is_some() {
            let lost = (flow, 0)..=(flow, u16::MAX);
            let lost: Vec<_> = self.datagrams.range(lost).map(|(_, it)| *it).collect();
            for handle in lost {
                self.ask(handle);
            }
        }
    }

    /// The datagram with that id could not be sent to its server.
    fn on_unsent(&mut self, flow: FlowId, id: u16) {
        let Some(handle) = self.datagrams.get(&(flow, id)).copied() else {
            return;
        };
        let asked = self.lookups.get(handle);
        if let Some(asked) = asked.and_then(|lookup| lookup.state.asked()) {
            let server = asked.server;
            self.pass_over(handle, server, LookupFailure::Unreachable);
        }
    }

    pub(super) fn on_timeout(&mut self, handle: Handle<Lookup>) {
        let Some(lookup) = self.lookups.get_mut(handle) else {
            return;
        };
        lookup.timer = None;
        match &lookup.state {
            State::Idle => {}
            State::Asking(_) => lookup.failure = LookupFailure::Timeout,
            // A datagram may be lost; a connection that does not answer is broken.
            State::Connecting(asked) | State::Streaming { asked, .. } => {
                let server = asked.server;
                lookup.spend(server, LookupFailure::Timeout);
            }
        }
        self.ask(handle);
    }

    /// This server is of no use to this question: asks the next.
    fn pass_over(&mut self, handle: Handle<Lookup>, server: usize, failure: LookupFailure) {
        if let Some(lookup) = self.lookups.get_mut(handle) {
            lookup.spend(server, failure);
        }
        self.ask(handle);
    }
}

/// The first message of a stream and what follows it, once it is whole (RFC 1035 §4.2.2).
fn first_frame(stream: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = stream.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
