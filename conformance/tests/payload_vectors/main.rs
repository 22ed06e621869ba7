//! What the RFCs of payload formats print, octet by octet.

mod events;
mod parity;
mod redundancy;
mod text;

use std::fs;
use std::path::PathBuf;

use offhook::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook::rtp::packet::{Header, Outgoing};

fn vector(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn lines(name: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(vector(name)).unwrap();
    text.lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

fn at(ticks: u32) -> Timestamp {
    Timestamp::new(ticks)
}

fn payload_type(number: u8) -> PayloadType {
    PayloadType::new(number).unwrap()
}

/// The header of the packets of the figures of RFC 4733 §5.
fn figure_header(number: u8, sequence: u16, timestamp: u32) -> Header {
    Header {
        marker: false,
        payload_type: payload_type(number),
        sequence: SequenceNumber::new(sequence),
        timestamp: at(timestamp),
        ssrc: Ssrc::new(0x005_234a8),
    }
}

fn written(header: Header, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 12 + payload.len()];
    Outgoing::new(header, payload).write(&mut out).unwrap();
    out
}

/// The octets of a layout's fields, by what `value` says of each name.
fn laid_out(fields: &[Vec<String>], value: impl Fn(&str) -> u32) -> Vec<u8> {
    let mut bits = String::new();
    for field in fields {
        let Ok(width) = field[0].parse::<usize>() else {
            break;
        };
        let value = value(&field[1]);
        bits += &format!("{value:0width$b}");
    }
    let octet = |at: usize| u8::from_str_radix(&bits[at..at + 8], 2).unwrap();
    (0..bits.len()).step_by(8).map(octet).collect()
}
