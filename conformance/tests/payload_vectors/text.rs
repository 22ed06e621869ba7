//! RFC 4103 §7.1: text, and text again.

use offhook::Instant;
use offhook::rtp::packet::Packet;
use offhook::rtp::payload::red::{Block, Redundant};
use offhook::rtp::text::{TextFormat, TextReceiver};

use super::{figure_header, laid_out, lines, payload_type, written};

/// RFC 4103 §7.1 prints neither numbers nor text; its fields are filled with some, in the widths
/// and the order it prints: text alone, with one block again, with nothing new, and with two
/// blocks of which the older one is empty.
// shows: S069
#[test]
fn the_packets_of_rfc_4103_are_laid_out_as_printed() {
    let (t140, red) = (payload_type(98), payload_type(100));
    let again = |offset, payload| Block {
        payload_type: t140,
        offset,
        payload,
    };
    type Row<'a> = (usize, Vec<Block<'a>>, &'a [u8]);
    let rows: [Row<'_>; 4] = [
        (1, vec![], b"hello"),
        (2, vec![again(300, b"hel")], b"lo"),
        (3, vec![again(300, b"hello")], b""),
        (4, vec![again(600, b""), again(300, b"hel")], b"lo"),
    ];
    for (number, blocks, primary) in rows {
        let fields = lines(&format!("rfc4103/7.1-{number}.layout"));
        let outer = if number == 1 { t140 } else { red };
        let block = |name: &str| match name.contains("R2") || number < 4 {
            true => blocks[0],
            false => blocks[1],
        };
        let value = |name: &str| match name {
            "V=2" => 2,
            "\"RED\" PT" => 100,
            "T140 PT" => 98,
            name if name.starts_with("sequence number") => 0x1234,
            name if name.starts_with("timestamp offset") => u32::from(block(name).offset),
            name if name.starts_with("timestamp") => 0xdead_beef,
            name if name.contains("SSRC") => 0x5234a8,
            name if name.contains("block length") => block(name).payload.len() as u32,
            "1" => 1,
            "P" | "X" | "CC=0" | "M" | "0" => 0,
            other => panic!("{other}"),
        };
        let mut expected = laid_out(&fields, value);
        blocks.iter().for_each(|one| expected.extend(one.payload));
        expected.extend(primary);
        // Empty blocks are not among the printed data.
        let data = fields.iter().filter(|field| field[0] == "*").count();
        let all = blocks.iter().map(|one| one.payload).chain([primary]);
        assert_eq!(data, all.filter(|payload| !payload.is_empty()).count());

        let mut payload = [0; 64];
        let size = match number {
            1 => {
                payload[..primary.len()].copy_from_slice(primary);
                primary.len()
            }
            _ => Redundant::pack(blocks.iter().copied(), t140, primary, &mut payload).unwrap(),
        };
        let header = figure_header(outer.as_u8(), 0x1234, 0xdead_beef);
        assert_eq!(written(header, &payload[..size]), expected);
        // What is printed can be read.
        let format = TextFormat {
            payload_type: t140,
            redundancy: Some((red, 2)),
        };
        let (mut receiver, mut text) = (TextReceiver::new(format), String::new());
        let packet = Packet::parse(&expected).unwrap();
        let now = Instant::from_millis(0);
        receiver.receive(
            now,
            0x1234,
            packet.payload_type(),
            packet.payload(),
            &mut text,
        );
        assert_eq!(text, "hello");
    }
}
