//! Frames: their header, and the mask a client lays over what it sends (RFC 6455 §5.2, §5.3).

use alloc::vec::Vec;

use super::error::{FrameError, FrameErrorKind};
use crate::rng::Rng;

/// Which side of a connection: a client masks what it sends, a server must not (§5.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// The side that opened the connection.
    Client,
    /// The side that accepted it.
    Server,
}

/// What a frame is (§5.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Opcode {
    /// More of the message before.
    Continuation,
    /// A message of UTF-8 begins.
    Text,
    /// A message of any bytes begins.
    Binary,
    /// Nothing more comes.
    Close,
    /// Answer me.
    Ping,
    /// The answer.
    Pong,
}

impl Opcode {
    const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    /// Whether it may stand within the fragments of a message (§5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        match self {
            Self::Close | Self::Ping | Self::Pong => true,
            Self::Continuation | Self::Text | Self::Binary => false,
        }
    }
}

/// What stands before the payload of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameHeader {
    /// Whether it ends its message.
    pub is_final: bool,
    /// What it is.
    pub opcode: Opcode,
    /// The mask its payload is under.
    pub mask: Option<[u8; 4]>,
    /// Bytes of payload.
    pub length: u64,
}

/// Payload bytes of the longest control frame (§5.5).
const CONTROL_BYTES: u64 = 125;
/// The length field that says: two bytes of length follow.
const TWO_BYTES: u8 = 126;
/// The length field that says: eight bytes of length follow.
const EIGHT_BYTES: u8 = 127;

impl FrameHeader {
    /// Reads a header and gives its own length too; `None` until all of it is here.
    ///
    /// # Errors
    /// What §5.2 and §5.5 forbid whoever sent it.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, FrameError> {
        let fail = |kind, at| Err(FrameError { kind, at });
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        if first & 0x70 != 0 {
            return fail(FrameErrorKind::ReservedBit, 0);
        }
        let Some(opcode) = Opcode::from_bits(first & 0x0f) else {
            return fail(FrameErrorKind::Opcode, 0);
        };
        let is_final = first & 0x80 != 0;
        if opcode.is_control() && !is_final {
            return fail(FrameErrorKind::FragmentedControl, 0);
        }
        let Some(second) = bytes.get(1) else {
            return Ok(None);
        };
        let short = second & 0x7f;
        if opcode.is_control() && u64::from(short) > CONTROL_BYTES {
            return fail(FrameErrorKind::LongControl, 1);
        }
        let Some((length, after_length)) = extended(short, bytes)? else {
            return Ok(None);
        };
        if second & 0x80 == 0 {
            let header = Self {
                is_final,
                opcode,
                mask: None,
                length,
            };
            return Ok(Some((header, after_length)));
        }
        let end = after_length.saturating_add(4);
        let Some(mask) = bytes.get(after_length..end) else {
            return Ok(None);
        };
        let header = Self {
            is_final,
            opcode,
            mask: mask.try_into().ok(),
            length,
        };
        Ok(Some((header, end)))
    }

    /// Appends it, its length in the fewest bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        let fin = if self.is_final { 0x80 } else { 0 };
        out.push(fin | self.opcode.bits());
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        match (u8::try_from(self.length), u16::try_from(self.length)) {
            (Ok(short), _) if short < TWO_BYTES => out.push(masked | short),
            (_, Ok(long)) => {
                out.push(masked | TWO_BYTES);
                out.extend_from_slice(&long.to_be_bytes());
            }
            (_, Err(_)) => {
                out.push(masked | EIGHT_BYTES);
                out.extend_from_slice(&self.length.to_be_bytes());
            }
        }
        if let Some(mask) = self.mask {
            out.extend_from_slice(&mask);
        }
    }
}

/// The payload length and where it ends, if `short` does not say it already.
fn extended(short: u8, bytes: &[u8]) -> Result<Option<(u64, usize)>, FrameError> {
    let fail = |kind| Err(FrameError { kind, at: 2 });
    match short {
        TWO_BYTES => {
            let Some([high, low]) = bytes.get(2..4) else {
                return Ok(None);
            };
            let length = u64::from(u16::from_be_bytes([*high, *low]));
            // §5.2: the fewest bytes that hold it.
            if length < u64::from(TWO_BYTES) {
                return fail(FrameErrorKind::LengthForm);
            }
            Ok(Some((length, 4)))
        }
        EIGHT_BYTES => {
            let field = bytes.get(2..10).and_then(|eight| eight.try_into().ok());
            let Some(field) = field else {
                return Ok(None);
            };
            let length = u64::from_be_bytes(field);
            // §5.2: the highest bit is zero.
            if length >> 63 != 0 {
                return fail(FrameErrorKind::TooLong);
            }
            if length <= u64::from(u16::MAX) {
                return fail(FrameErrorKind::LengthForm);
            }
            Ok(Some((length, 10)))
        }
        _ => Ok(Some((u64::from(short), 2))),
    }
}

/// Lays a mask over bytes, or takes it off again (§5.3).
pub fn apply_mask(mask: [u8; 4], bytes: &mut [u8]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut chunks = bytes.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_ne_bytes);
        chunk.copy_from_slice(&(word ^ wide).to_ne_bytes());
    }
    for (byte, mask) in chunks.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Appends one whole frame as `sender` has to send it: a client under a fresh mask (§5.3).
pub fn write_frame(sender: Role, rng: &mut Rng, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    let mask = match sender {
        Role::Client => Some(rng.next_u32().to_be_bytes()),
        Role::Server => None,
    };
    let header = FrameHeader {
        is_final: true,
        opcode,
        mask,
        length: payload.len() as u64,
    };
    header.write(out);
    let start = out.len();
    out.extend_from_slice(payload);
    if let (Some(mask), Some(bytes)) = (mask, out.get_mut(start..)) {
        apply_mask(mask, bytes);
    }
}
