//! The one queue everything leaves through.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::Target;
use super::flow::FlowState;
use super::layer::TransportLayer;
use super::stats::DropReason;
use crate::dns::{QueryId, Question};
use crate::machine::{FlowId, Transport};
use crate::peer::ServerName;
use crate::sip::message::Message;
use crate::websocket::{Opcode, Role, write_frame};

/// What is sent: kept by whoever may have to send it again, never copied before it leaves.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// Bytes that were written once.
    Bytes(Arc<[u8]>),
    /// A message that is kept in its read form too.
    Message(Arc<Message>),
}

impl Payload {
    /// What goes on the wire.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Message(message) => message.as_bytes(),
        }
    }
}

/// On whose behalf something is sent: one that is told when it cannot be. The halves are those of
/// a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    /// Nobody who cares.
    Nobody,
    /// A client transaction.
    Client((u32, u32)),
    /// A server transaction.
    Server((u32, u32)),
}

/// Something the driver is to do.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Send.
    Transmit {
        flow: FlowId,
        to: SocketAddr,
        payload: Payload,
        /// Whose frame it goes in, if the flow is a WebSocket (RFC 7118 §5).
        frame: Option<Role>,
        sender: Sender,
    },
    /// Open a connection.
    Connect {
        flow: FlowId,
        peer: SocketAddr,
        transport: Transport,
        server_name: Option<ServerName>,
    },
    /// Close a flow.
    Close { flow: FlowId },
    /// Look up records.
    Resolve { query: QueryId, question: Question },
}

/// The last of those that wait, among which what is sent again is found; not all, for thousands may
/// wait.
fn last(waiting: &[Payload]) -> impl Iterator<Item = &Payload> {
    waiting.iter().rev().take(32)
}

impl TransportLayer {
    /// Puts a message in the queue. A message for a flow that is gone, or beyond the bound of the
    /// queue, is dropped and counted; timers see to the rest.
    pub(crate) fn send(&mut self, target: Target, payload: Payload, sender: Sender) {
        let now = self.now;
        let Some(flow) = self.flows.get_mut(&target.flow) else {
            self.stats.count(DropReason::FlowGone);
            return;
        };
        let queued = match flow.state {
            FlowState::Open => self.effects.len(),
            FlowState::Connecting => flow.waiting.len(),
        };
        if queued >= self.limits.transmit_queue {
            self.stats.count(DropReason::TransmitQueueFull);
            return;
        }
        // A copy of what waits says nothing more: all of them would come at once.
        let is_copy = flow.state == FlowState::Connecting
            && last(&flow.waiting).any(|one| one.as_bytes() == payload.as_bytes());
        if is_copy {
            return;
        }
        self.stats.messages_sent = self.stats.messages_sent.wrapping_add(1);
        if let Some(watch) = &mut flow.watch {
            watch.on_sent(now);
        }
        match flow.state {
            FlowState::Connecting => flow.waiting.push(payload),
            FlowState::Open => self.effects.push_back(Effect::Transmit {
                flow: target.flow,
                to: flow.peer.unwrap_or(target.address),
                payload,
                frame: flow.frame(),
                sender,
            }),
        }
    }

    /// Adds something the driver is to do that is not about a flow.
    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    /// Sends bytes on a connection as they are, whether it is open for messages or not.
    pub(crate) fn send_bare(&mut self, id: FlowId, bytes: Vec<u8>) {
        if let Some(to) = self.flows.get(&id).and_then(|flow| flow.peer) {
            self.push_transmit(id, to, Payload::Bytes(bytes.into()), None);
        }
    }

    /// Sends something that is no message: for it no transaction cares.
    pub(super) fn push_transmit(
        &mut self,
        flow: FlowId,
        to: SocketAddr,
        payload: Payload,
        frame: Option<Role>,
    ) {
        if self.effects.len() >= self.limits.transmit_queue {
            self.stats.count(DropReason::TransmitQueueFull);
            return;
        }
        self.effects.push_back(Effect::Transmit {
            flow,
            to,
            payload,
            frame,
            sender: Sender::Nobody,
        });
    }

    /// The next thing the driver is to do; what it is to send is written into `bytes`.
    pub(crate) fn pop_effect(&mut self, bytes: &mut Vec<u8>) -> Option<Effect> {
        let effect = self.effects.pop_front()?;
        if let Effect::Transmit {
            flow,
            payload,
            frame,
            sender,
            ..
        } = &effect
        {
            self.last_sent = Some((*flow, *sender));
            bytes.clear();
            let message = payload.as_bytes();
            match frame {
                None => bytes.extend_from_slice(message),
                Some(role) => {
                    // RFC 7118 §4.2: what is not UTF-8 goes in a binary message.
                    let opcode = if core::str::from_utf8(message).is_ok() {
                        Opcode::Text
                    } else {
                        Opcode::Binary
                    };
                    write_frame(*role, &mut self.rng, opcode, message, bytes);
                }
            }
        }
        Some(effect)
    }
}
