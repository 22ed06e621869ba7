//! RFC 2198 §7 and RFC 4588 §8.1: what was said before, behind what is said now or by itself.

use std::collections::BTreeMap;

use offhook::rtp::number::{PayloadType, SequenceNumber, Ssrc};
use offhook::rtp::packet::{Header, Packet};
use offhook::rtp::payload::red::{Block, Redundant};
use offhook::rtp::payload::rtx::Retransmission;
use offhook::sdp::SessionDescription;
use offhook::sdp::attribute::FormatParameters;

use super::{at, figure_header, laid_out, lines, payload_type, written};

/// RFC 2198 §7: DVI4 with LPC behind it. It prints neither numbers nor sound; its fields are filled
/// with some, in the widths and the order it prints.
// shows: S076
#[test]
fn the_packet_of_rfc_2198_is_laid_out_as_printed() {
    let fields = lines("rfc2198/7-1.layout");
    let data: Vec<_> = fields.iter().filter(|field| field[0] == "*").collect();
    let octets = |at: usize| data[at][2].parse::<usize>().unwrap();
    assert_eq!((octets(0), octets(1)), (14, 84));
    let lpc: Vec<u8> = (0..14).map(|n| 0x40 | n).collect();
    let dvi: Vec<u8> = (0..84).map(|n| 0x80 | n).collect();
    let value = |name: &str| match name {
        "V=2" => 2,
        "PT" => 121,
        "sequence number of primary" => 0x1234,
        "timestamp of primary encoding" => 0xdead_beef,
        "synchronization source (SSRC) identifier" => 0x5234a8,
        // Both hold 20 ms at 8 kHz.
        "timestamp offset" => 160,
        "block length" => 14,
        "block PT=7" => 7,
        "block PT=5" => 5,
        "1" => 1,
        "P" | "X" | "CC=0" | "M" | "0" => 0,
        other => panic!("{other}"),
    };
    let expected = [laid_out(&fields, value), lpc.clone(), dvi.clone()].concat();
    assert_eq!(expected.len(), 12 + 4 + 1 + 14 + 84);

    let block = Block {
        payload_type: payload_type(7),
        offset: 160,
        payload: &lpc,
    };
    let mut payload = [0; 103];
    let size = Redundant::pack([block].into_iter(), payload_type(5), &dvi, &mut payload);
    let header = figure_header(121, 0x1234, 0xdead_beef);
    assert_eq!(written(header, &payload[..size.unwrap()]), expected);

    let packet = Packet::parse(&expected).unwrap();
    let read = Redundant::unpack(packet.payload()).unwrap();
    assert!(read.redundant().eq([block]));
    assert_eq!((read.primary_type().as_u8(), read.primary()), (5, &dvi[..]));
}

/// The tutorial's drawing: G.711 with the GSM frame of the packet before behind it. Whichever
/// packet is lost, its sound is in the next one.
// shows: S076
#[test]
fn a_lost_packet_is_had_back_from_the_gsm_behind_the_next() {
    let pcm = |n: u8| [n; 160];
    // RFC 3551 §4.5.8.1: 33 octets, 0xD in front.
    let gsm = |n: u8| [[0xd0; 1].as_slice(), &[n; 32]].concat();
    let red = payload_type(96);
    let packets: Vec<_> = (0..10_u8)
        .map(|n| {
            let before = n.checked_sub(1).map(gsm);
            let blocks = before.as_deref().map(|payload| Block {
                payload_type: payload_type(3),
                offset: 160,
                payload,
            });
            let mut payload = [0; 256];
            let size = Redundant::pack(blocks.into_iter(), payload_type(0), &pcm(n), &mut payload);
            let header = Header {
                timestamp: at(u32::MAX - 500).wrapping_add(160 * u32::from(n)),
                ..figure_header(red.as_u8(), u16::from(n), 0)
            };
            written(header, &payload[..size.unwrap()])
        })
        .collect();
    // All but the last, which has none behind it.
    for lost in 0..9 {
        let mut heard = BTreeMap::new();
        for (n, packet) in packets.iter().enumerate().filter(|(n, _)| *n != lost) {
            let packet = Packet::parse(packet).unwrap();
            let read = Redundant::unpack(packet.payload()).unwrap();
            for block in read.redundant() {
                let when = block.timestamp(packet.timestamp(), 0).as_u32();
                let sound = (block.payload_type.as_u8(), block.payload.to_vec());
                heard.entry(when).or_insert(sound);
            }
            // The primary is better than what was said of it: it takes its place.
            let sound = (read.primary_type().as_u8(), read.primary().to_vec());
            assert_eq!(sound.1, pcm(u8::try_from(n).unwrap()));
            heard.insert(packet.timestamp().as_u32(), sound);
        }
        assert_eq!(heard.len(), 10);
        for n in 0..10_u8 {
            let when = at(u32::MAX - 500).wrapping_add(160 * u32::from(n));
            let expected = if usize::from(n) == lost {
                (3, gsm(n))
            } else {
                (0, pcm(n).to_vec())
            };
            assert_eq!(heard[&when.as_u32()], expected);
        }
    }
}

/// RFC 4588 §4, §8.1: the number of the original in front of its payload; `apt` says what the
/// payload is.
// shows: S079
#[test]
fn a_retransmission_belongs_to_the_payload_type_that_apt_names() {
    let description = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVPF 0 8 98 99\r\na=rtpmap:98 rtx/8000\r\na=fmtp:98 apt=0;rtx-time=3000\r\n\
        a=rtpmap:99 rtx/8000\r\na=fmtp:99 apt=8\r\n";
    let session = SessionDescription::parse(description.as_bytes()).unwrap();
    let apt = |number: u8| {
        let parameters = session.media[0].format_parameters(number)?;
        let apt = FormatParameters(parameters).number("apt")?;
        PayloadType::new(u8::try_from(apt).ok()?)
    };
    assert_eq!(
        (apt(0), apt(98), apt(99)),
        (None, PayloadType::new(0), PayloadType::new(8))
    );
    for (retransmission, original) in [(98, 0), (99, 8)] {
        let lost = Header {
            marker: true,
            ..figure_header(original, 0xffff, 160)
        };
        let whole = written(lost, b"what was said");
        let packet = Packet::parse(&whole).unwrap();
        let mut payload = [0; 32];
        let size = Retransmission::of(&packet).pack(&mut payload).unwrap();
        assert_eq!(&payload[..2], [0xff, 0xff]);
        let again = Header {
            payload_type: payload_type(retransmission),
            sequence: SequenceNumber::new(7),
            ssrc: Ssrc::new(1),
            ..lost
        };
        let sent = written(again, &payload[..size]);

        let packet = Packet::parse(&sent).unwrap();
        let read = Retransmission::unpack(packet.payload()).unwrap();
        let kind = apt(packet.payload_type().as_u8()).unwrap();
        let header = read.original_header(packet.header(), kind, lost.ssrc);
        assert_eq!(written(header, read.payload), whole);
    }
}
