//! Feedback of a variable size, for video codecs (RFC 4585 §6.3.3, RFC 5104 §4.3.4).

use super::super::word;
use crate::rtp::number::{PayloadType, Ssrc};

/// A picture to predict from, in the words of the codec (RFC 4585 §6.3.3).
#[derive(Clone, Copy, Debug)]
pub struct ReferencePicture<'a> {
    /// The format that says what the bits mean.
    pub payload_type: PayloadType,
    /// The codec's bit string, from the highest bit of the first octet on.
    pub string: &'a [u8],
    /// How many bits at the end of `string` do not belong to it, at most 7.
    pub unused: u8,
}

impl<'a> ReferencePicture<'a> {
    pub(super) fn parse(fci: &'a [u8]) -> Option<Self> {
        let (&[padding, payload_type], string) = fci.split_first_chunk::<2>()?;
        // §6.3.3.2: PB bits fill the last word. More of them would be a word for nothing.
        let (octets, unused) = (usize::from(padding / 8), padding % 8);
        let kept = string.len().checked_sub(octets)?;
        let is_whole = fci.len() % 4 == 0 && padding < 32 && (kept > 0 || unused == 0);
        Some(Self {
            payload_type: PayloadType::new(payload_type & 0x7f)?,
            string: string.get(..kept).filter(|_| is_whole)?,
            unused,
        })
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) -> bool {
        let used = self.string.len().wrapping_add(2) % 4;
        let octets = 4_usize.wrapping_sub(used) % 4;
        let padding = (octets as u8).wrapping_mul(8).wrapping_add(self.unused & 7);
        put(&[padding, self.payload_type.as_u8()]);
        if let Some((last, before)) = self.string.split_last() {
            put(before);
            // The padding is zeros, in the last octet as well.
            put(&[last >> (self.unused & 7) << (self.unused & 7)]);
        }
        put([0; 3].get(..octets).unwrap_or_default());
        self.unused < 8
    }
}

impl PartialEq for ReferencePicture<'_> {
    fn eq(&self, other: &Self) -> bool {
        // The bits that are not used may be anything.
        let split = |one: &Self| {
            let (last, before) = one.string.split_last().unwrap_or((&0, &[]));
            (
                one.payload_type,
                one.unused,
                before.len(),
                last >> (one.unused & 7),
            )
        };
        let before = self.string.iter().zip(other.string);
        let count = self.string.len().saturating_sub(1);
        split(self) == split(other) && before.take(count).all(|(ours, theirs)| ours == theirs)
    }
}

impl Eq for ReferencePicture<'_> {}

/// One message of the video back channel (RFC 5104 §4.3.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackChannel<'a> {
    /// Whose encoder it is for.
    pub ssrc: Ssrc,
    /// The command's number: one more for each new command, the same when it is repeated.
    pub number: u8,
    /// The format it is about.
    pub payload_type: PayloadType,
    /// The message of H.271.
    pub message: &'a [u8],
}

/// A list of them, as it stood in a packet or as it is to be written.
#[derive(Clone, Copy, Debug)]
pub struct BackChannels<'a> {
    place: Place<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    Wire(&'a [u8]),
    Ours(&'a [BackChannel<'a>]),
}

impl<'a> BackChannel<'a> {
    fn split(fci: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, rest) = fci.split_first_chunk::<8>()?;
        let &[_, _, _, _, number, payload_type, l0, l1] = head;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let message = rest.get(..length)?;
        let rest = rest.get(length.next_multiple_of(4)..)?;
        let one = Self {
            ssrc: Ssrc::new(word(head)),
            number,
            payload_type: PayloadType::new(payload_type & 0x7f)?,
            message,
        };
        Some((one, rest))
    }
}

impl<'a> BackChannels<'a> {
    pub(super) fn parse(fci: &'a [u8]) -> Option<Self> {
        let mut rest = fci;
        while !rest.is_empty() {
            (_, rest) = BackChannel::split(rest)?;
        }
        (!fci.is_empty()).then_some(Self {
            place: Place::Wire(fci),
        })
    }

    /// The messages, in order.
    pub fn iter(&self) -> impl Iterator<Item = BackChannel<'a>> + use<'a> {
        let (mut wire, ours): (&[u8], &[BackChannel<'a>]) = match self.place {
            Place::Wire(octets) => (octets, &[]),
            Place::Ours(messages) => (&[], messages),
        };
        let wire = core::iter::from_fn(move || {
            let (one, rest) = BackChannel::split(wire)?;
            wire = rest;
            Some(one)
        });
        wire.chain(ours.iter().copied())
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) -> bool {
        let mut is_whole = self.iter().next().is_some();
        for one in self.iter() {
            let Ok(length) = u16::try_from(one.message.len()) else {
                is_whole = false;
                continue;
            };
            put(&one.ssrc.as_u32().to_be_bytes());
            put(&[one.number, one.payload_type.as_u8()]);
            put(&length.to_be_bytes());
            put(one.message);
            let fill = 4_usize.wrapping_sub(one.message.len() % 4) % 4;
            put([0; 3].get(..fill).unwrap_or_default());
        }
        is_whole
    }
}

impl<'a> From<&'a [BackChannel<'a>]> for BackChannels<'a> {
    fn from(messages: &'a [BackChannel<'a>]) -> Self {
        Self {
            place: Place::Ours(messages),
        }
    }
}

impl PartialEq for BackChannels<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for BackChannels<'_> {}
