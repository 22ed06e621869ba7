//! Captures made by hand, and the program run on them.

use std::path::PathBuf;
use std::process::{Command, Output};

/// A packet: nanoseconds since 1970, and the frame.
pub(crate) type Timed = (u64, Vec<u8>);

pub(crate) const START: u64 = 1_700_000_000_000_000_000;
pub(crate) const MILLI: u64 = 1_000_000;
const UDP: u8 = 17;
const TCP: u8 = 6;

/// The ports SIP goes between, and those media do.
const SIGNALS: [u16; 2] = [5070, 5060];
const MEDIA: [u16; 2] = [4000, 5000];

/// Ethernet and IPv4 between these ports of 192.0.2.1 and 192.0.2.2; `back` is the other way.
fn frame(protocol: u8, ports: [u16; 2], back: bool, header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([8, 0, 0x45, 0]);
    let length = (24 + header.len() + payload.len()) as u16;
    frame.extend(length.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    let hosts = [[192, 0, 2, 1], [192, 0, 2, 2]];
    let ports = ports.map(u16::to_be_bytes);
    let (from, to) = (usize::from(back), usize::from(!back));
    frame.extend(hosts[from]);
    frame.extend(hosts[to]);
    frame.extend(ports[from]);
    frame.extend(ports[to]);
    frame.extend(header);
    frame.extend(payload);
    frame
}

pub(crate) fn datagram(back: bool, payload: &[u8]) -> Vec<u8> {
    udp(SIGNALS, back, payload)
}

pub(crate) fn media(back: bool, payload: &[u8]) -> Vec<u8> {
    udp(MEDIA, back, payload)
}

fn udp(ports: [u16; 2], back: bool, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16 + 8).to_be_bytes();
    frame(UDP, ports, back, &[length[0], length[1], 0, 0], payload)
}

pub(crate) fn segment(back: bool, sequence: usize, text: &str) -> Vec<u8> {
    let mut header = (sequence as u32).to_be_bytes().to_vec();
    header.extend([0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0]);
    frame(TCP, SIGNALS, back, &header, text.as_bytes())
}

pub(crate) fn message(start: &str, call: &str, method: &str) -> String {
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:b@b>\r\nCall-ID: {call}\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Classic pcap: its magic number, and the nanoseconds in one unit of its times.
pub(crate) fn classic(magic: u32, unit: u64, packets: &[Timed]) -> Vec<u8> {
    let mut file = magic.to_le_bytes().to_vec();
    for n in [0x0004_0002_u32, 0, 0, 65_535, 1] {
        file.extend(n.to_le_bytes());
    }
    for (at, frame) in packets {
        let secs = (at / 1_000_000_000) as u32;
        let rest = (at % 1_000_000_000 / unit) as u32;
        let length = frame.len() as u32;
        for n in [secs, rest, length, length] {
            file.extend(n.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// A block of pcapng: type, body padded, length before and behind.
pub(crate) fn block(kind: u32, body: &[u8], number: impl Fn(u32) -> [u8; 4]) -> Vec<u8> {
    let padding = body.len().next_multiple_of(4) - body.len();
    let length = number((12 + body.len() + padding) as u32);
    let parts = [&number(kind), &length, body, &vec![0; padding], &length];
    parts.concat()
}

/// A pcapng whose interface counts nanoseconds since 1000 seconds after 1970, in either byte order.
pub(crate) fn next_generation(is_big: bool, packets: &[Timed]) -> Vec<u8> {
    let order = |is_big: bool, n: u32| match is_big {
        true => n.to_be_bytes(),
        false => n.to_le_bytes(),
    };
    let number = |n: u32| order(is_big, n);
    let half = |n: u16| match is_big {
        true => n.to_be_bytes(),
        false => n.to_le_bytes(),
    };
    let offset = match is_big {
        true => 1000_u64.to_be_bytes(),
        false => 1000_u64.to_le_bytes(),
    };
    let mut file = [number(0x0a0d_0d0a), number(28), number(0x1a2b_3c4d)].concat();
    file.extend([half(1), half(0)].concat());
    file.extend([0xff; 8]);
    file.extend(number(28));
    let mut interface = [half(1), half(0)].concat();
    interface.extend(number(0));
    interface.extend([half(9), half(1)].concat());
    interface.extend([9, 0, 0, 0]);
    interface.extend([half(14), half(8)].concat());
    interface.extend(offset);
    interface.extend([half(0), half(0)].concat());
    file.extend(block(1, &interface, number));
    for (at, frame) in packets {
        let units = at - 1_000_000_000_000;
        let length = frame.len() as u32;
        let mut body = Vec::new();
        for n in [0, (units >> 32) as u32, units as u32, length, length] {
            body.extend(number(n));
        }
        body.extend(frame);
        file.extend(block(6, &body, number));
    }
    file
}

/// Runs a command of the program on a file, and gives what it said on both outputs.
pub(crate) fn run(
    command: &str,
    name: &str,
    file: &[u8],
    more: &[&str],
) -> (Output, String, String) {
    let path: PathBuf = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    std::fs::write(&path, file).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .arg(command)
        .arg(&path)
        .args(more)
        .output()
        .expect("the program runs");
    let _ = std::fs::remove_file(&path);
    let said = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let noted = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    (output, said, noted)
}
