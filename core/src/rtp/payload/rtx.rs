//! Retransmission (RFC 4588): a packet again, under another sequence number, and in front of its
//! payload the number it had.
//!
//! The timestamp, the marker, the contributing sources and the header extension are those of the
//! original (§4); the payload type stands for the original's as `apt` says (§8.1), and the SSRC is
//! the original's in a session of its own, another one in the same session.

use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc};
use crate::rtp::packet::{Header, Packet};

/// Octets of the original sequence number.
const OSN: usize = 2;

/// The payload of a retransmission.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Retransmission<'a> {
    /// OSN: the sequence number of the original packet.
    pub original: SequenceNumber,
    /// The original's payload, its own payload headers included.
    pub payload: &'a [u8],
}

impl<'a> Retransmission<'a> {
    /// What is to be sent for a packet that was lost. Its padding stays behind (§4).
    #[must_use]
    pub const fn of(packet: &Packet<'a>) -> Self {
        Self {
            original: packet.sequence(),
            payload: packet.payload(),
        }
    }

    /// Reads a payload, unless it is too short. One that is nothing but the number retransmits a
    /// packet without a payload.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let (osn, payload) = payload.split_first_chunk::<OSN>()?;
        Some(Self {
            original: SequenceNumber::new(u16::from_be_bytes(*osn)),
            payload,
        })
    }

    /// Octets of the payload.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.payload.len().saturating_add(OSN)
    }

    /// Writes the payload to the front of `out` and says how many octets it took, unless it does
    /// not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let size = self.size();
        let (front, rest) = out.get_mut(..size)?.split_first_chunk_mut::<OSN>()?;
        *front = self.original.as_u16().to_be_bytes();
        rest.copy_from_slice(self.payload);
        Some(size)
    }

    /// The header the original had, told from that of the retransmission: the payload type that
    /// `apt` names, and the SSRC of the stream it belongs to.
    #[must_use]
    pub const fn original_header(
        &self,
        retransmission: Header,
        apt: PayloadType,
        ssrc: Ssrc,
    ) -> Header {
        Header {
            payload_type: apt,
            sequence: self.original,
            ssrc,
            ..retransmission
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::number::Timestamp;
    use crate::rtp::packet::{Extension, Outgoing};

    /// A packet with everything a header can have.
    fn original(out: &mut [u8]) -> usize {
        let outgoing = Outgoing {
            header: Header {
                marker: true,
                payload_type: PayloadType::from_octet(96),
                sequence: SequenceNumber::new(0xfffe),
                timestamp: Timestamp::new(0xdead_beef),
                ssrc: Ssrc::new(7),
            },
            csrc: &[Ssrc::new(1), Ssrc::new(2)],
            extension: Some(Extension {
                profile: 0xbede,
                data: &[0x10, 5, 0, 0],
            }),
            payload: b"media",
            padding: 3,
        };
        outgoing.write(out).unwrap()
    }

    #[test]
    fn a_retransmission_gives_the_original_back() {
        let mut bytes = [0; 64];
        let size = original(&mut bytes);
        let lost = Packet::parse(&bytes[..size]).unwrap();

        // The sender: RFC 4588 §4. The stream of retransmissions counts for itself, from 100 on.
        let mut payload = [0; 16];
        let size = Retransmission::of(&lost).pack(&mut payload).unwrap();
        assert_eq!(&payload[..size], b"\xff\xfemedia");
        let csrc: alloc::vec::Vec<_> = lost.csrc().collect();
        let again = Outgoing {
            header: Header {
                payload_type: PayloadType::from_octet(97),
                sequence: SequenceNumber::new(100),
                ssrc: Ssrc::new(8),
                ..lost.header()
            },
            csrc: &csrc,
            extension: lost.extension(),
            payload: &payload[..size],
            padding: 0,
        };
        let mut sent = [0; 64];
        let size = again.write(&mut sent).unwrap();

        // The receiver, which was told with a=fmtp:97 apt=96.
        let packet = Packet::parse(&sent[..size]).unwrap();
        let read = Retransmission::unpack(packet.payload()).unwrap();
        let apt = PayloadType::from_octet(96);
        let header = read.original_header(packet.header(), apt, lost.ssrc());
        assert_eq!(header, lost.header());
        assert_eq!(read.payload, lost.payload());
        assert!(packet.csrc().eq(lost.csrc()));
        assert_eq!(packet.extension(), lost.extension());
    }

    #[test]
    fn what_is_too_short_is_refused() {
        assert_eq!(Retransmission::unpack(&[1]), None);
        let empty = Retransmission::unpack(&[1, 2]).unwrap();
        assert_eq!((empty.original.as_u16(), empty.payload), (258, &b""[..]));
        assert_eq!(empty.pack(&mut [0; 1]), None);
    }
}
