//! What a WebSocket carries (RFC 6455 §5, RFC 7118 §5): a ladder shows messages, not frames.

use crate::machine::Transport;
use crate::trace::packet::Packet;
use crate::websocket::{FrameHeader, Opcode, apply_mask};

/// Whether a packet is of a WebSocket.
pub(super) const fn carries(packet: &Packet) -> bool {
    match packet.transport {
        Transport::Ws | Transport::Wss => true,
        Transport::Udp | Transport::Tcp | Transport::Tls | Transport::Sctp | Transport::TlsSctp => {
            false
        }
    }
}

/// The message in a packet that is one whole frame of a WebSocket, and no handshake, ping or piece.
pub(super) fn unframed(packet: &Packet) -> Option<Packet> {
    let (header, length) = FrameHeader::parse(&packet.bytes).ok()??;
    let is_message = match header.opcode {
        Opcode::Text | Opcode::Binary => header.is_final,
        Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong => false,
    };
    let mut bytes = packet.bytes.get(length..)?.to_vec();
    if !is_message || u64::try_from(bytes.len()) != Ok(header.length) {
        return None;
    }
    if let Some(mask) = header.mask {
        apply_mask(mask, &mut bytes);
    }
    Some(Packet {
        length: bytes.len(),
        bytes,
        ..packet.clone()
    })
}
