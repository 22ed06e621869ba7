//! The transcript as a text file that people can read, search and edit.
//!
//! ```text
//! offhook transcript 1
//! participant alice 192.0.2.1:5060 192.0.2.1:4000
//! participant server 192.0.2.9:5060
//!
//! 0.000250000 udp 192.0.2.1:5060 > 192.0.2.9:5060
//! | OPTIONS sip:server.example SIP/2.0
//! | Max-Forwards: 70
//! |
//! |
//!
//! 1.020000000 udp 192.0.2.1:4000 > 192.0.2.2:4000 lost length 172
//! x 80001a2b0000014000c0ffee
//! ```
//!
//! [`lines`] says how a packet's bytes become lines. `#` begins a comment; empty lines mean nothing.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::net::SocketAddr;

use super::lines;
use super::packet::Packet;
use super::transcript::Transcript;
use crate::machine::Transport;
use crate::time::Instant;

const HEADING: &str = "offhook transcript 1";
const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Which line of a file is not of the transcript format, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatError {
    /// The line, counted from one.
    pub line: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}", self.line, self.expected)
    }
}

impl core::error::Error for FormatError {}

/// Writes a transcript.
pub(super) fn write(transcript: &Transcript) -> String {
    let mut out = String::from(HEADING);
    out.push('\n');
    for who in transcript.participants() {
        out.push_str("participant ");
        lines::escape(who.name.as_bytes(), true, &mut out);
        for address in &who.addresses {
            push(&mut out, format_args!(" {address}"));
        }
        out.push('\n');
    }
    for packet in transcript.packets() {
        write_packet(packet, &mut out);
    }
    out
}

fn write_packet(packet: &Packet, out: &mut String) {
    let nanos = packet.at.as_nanos();
    push(
        out,
        format_args!(
            "\n{}.{:09} {} {} > {}",
            nanos / NANOS_PER_SEC,
            nanos % NANOS_PER_SEC,
            transport_name(packet.transport),
            packet.source,
            packet.destination
        ),
    );
    if packet.lost {
        out.push_str(" lost");
    }
    if !packet.is_whole() {
        push(out, format_args!(" length {}", packet.length));
    }
    out.push('\n');
    lines::write(&packet.bytes, out);
}

/// Reads a transcript.
pub(super) fn parse(text: &str) -> Result<Transcript, FormatError> {
    let mut transcript = Transcript::new();
    let mut open: Option<Open> = None;
    let mut headed = false;
    for (index, raw) in text.lines().enumerate() {
        let wrong = |expected| FormatError {
            line: index.saturating_add(1),
            expected,
        };
        let line = raw.strip_suffix('\r').unwrap_or(raw);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if !headed {
            if line != HEADING {
                return Err(wrong("the heading `offhook transcript 1`"));
            }
            headed = true;
        } else if lines::is_bytes(line) {
            let packet = open.as_mut().ok_or(wrong("a packet before its bytes"))?;
            packet.bytes.line(line).map_err(wrong)?;
        } else if let Some(rest) = line.strip_prefix("participant ") {
            read_participant(rest, &mut transcript)
                .ok_or(wrong("`participant NAME ADDRESS:PORT …`"))?;
        } else {
            transcript_push(&mut transcript, open.take());
            let packet =
                read_packet_line(line).ok_or(wrong("`SECONDS udp SOURCE > DESTINATION`"))?;
            open = Some(packet);
        }
    }
    if !headed {
        return Err(FormatError {
            line: 1,
            expected: "the heading `offhook transcript 1`",
        });
    }
    transcript_push(&mut transcript, open);
    Ok(transcript)
}

/// A packet whose bytes are still being read.
struct Open {
    packet: Packet,
    length: Option<usize>,
    bytes: lines::Reader,
}

fn transcript_push(transcript: &mut Transcript, open: Option<Open>) {
    if let Some(mut open) = open {
        open.packet.bytes = open.bytes.finish();
        open.packet.length = open.length.unwrap_or(open.packet.bytes.len());
        transcript.push(open.packet);
    }
}

fn read_participant(rest: &str, transcript: &mut Transcript) -> Option<()> {
    let mut words = rest.split_ascii_whitespace();
    let mut name = Vec::new();
    lines::unescape(words.next()?, &mut name)?;
    let name = String::from_utf8(name).ok()?;
    for word in words {
        transcript.name(&name, word.parse().ok()?);
    }
    Some(())
}

fn read_packet_line(line: &str) -> Option<Open> {
    let mut words = line.split_ascii_whitespace();
    let at = read_seconds(words.next()?)?;
    let transport = read_transport(words.next()?)?;
    let source: SocketAddr = words.next()?.parse().ok()?;
    if words.next()? != ">" {
        return None;
    }
    let destination: SocketAddr = words.next()?.parse().ok()?;
    let (mut lost, mut length) = (false, None);
    while let Some(word) = words.next() {
        match word {
            "lost" => lost = true,
            "length" => length = Some(words.next()?.parse().ok()?),
            _ => return None,
        }
    }
    Some(Open {
        packet: Packet {
            at,
            transport,
            source,
            destination,
            lost,
            length: 0,
            bytes: Vec::new(),
        },
        length,
        bytes: lines::Reader::default(),
    })
}

/// Seconds with up to nine decimals.
fn read_seconds(word: &str) -> Option<Instant> {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, "0"));
    let secs: u64 = whole.parse().ok()?;
    let digits = fraction.len();
    if digits == 0 || digits > 9 {
        return None;
    }
    let fraction: u64 = fraction.parse().ok()?;
    let scale = 10_u64.pow(9_u32.saturating_sub(u32::try_from(digits).ok()?));
    let nanos = secs.checked_mul(NANOS_PER_SEC)?;
    Some(Instant::from_nanos(
        nanos.checked_add(fraction.checked_mul(scale)?)?,
    ))
}

const TRANSPORTS: [(Transport, &str); 7] = [
    (Transport::Udp, "udp"),
    (Transport::Tcp, "tcp"),
    (Transport::Tls, "tls"),
    (Transport::Ws, "ws"),
    (Transport::Wss, "wss"),
    (Transport::Sctp, "sctp"),
    (Transport::TlsSctp, "tls-sctp"),
];

fn transport_name(transport: Transport) -> &'static str {
    let found = TRANSPORTS.iter().find(|(value, _)| *value == transport);
    found.map_or("udp", |(_, name)| *name)
}

fn read_transport(word: &str) -> Option<Transport> {
    let found = TRANSPORTS.iter().find(|(_, name)| *name == word)?;
    Some(found.0)
}

/// Appends to a string, which cannot fail.
fn push(out: &mut String, arguments: fmt::Arguments<'_>) {
    let _: fmt::Result = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(bytes: &[u8]) -> Packet {
        Packet {
            at: Instant::from_nanos(1_000_000_001),
            transport: Transport::Udp,
            source: "192.0.2.1:5060".parse().unwrap(),
            destination: "[2001:db8::9]:5060".parse().unwrap(),
            lost: false,
            length: bytes.len(),
            bytes: bytes.to_vec(),
        }
    }

    fn round_trip(packet: Packet) -> String {
        let mut transcript = Transcript::new();
        transcript.name("al ice\\", "192.0.2.1:0".parse().unwrap());
        transcript.push(packet);
        let text = transcript.to_text();
        assert_eq!(Transcript::parse(&text).as_ref(), Ok(&transcript), "{text}");
        text
    }

    #[test]
    fn text_stays_readable() {
        let text = round_trip(packet(b"OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\nbody"));
        let expected = "offhook transcript 1\n\
            participant al\\x20ice\\\\ 192.0.2.1:0\n\
            \n\
            1.000000001 udp 192.0.2.1:5060 > [2001:db8::9]:5060\n\
            | OPTIONS sip:a SIP/2.0\n\
            | To: x\n\
            |\n\
            | body\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn any_bytes_come_back() {
        round_trip(packet(b""));
        round_trip(packet(b"A"));
        round_trip(packet(b"A\r\n"));
        round_trip(packet(b"A\r\n\r\n"));
        round_trip(packet(b"A\n\r\r\n \t\\ \\r \0\x7f\xff\xc3\r"));
        round_trip(packet("A ü \u{85}\u{2028} x".as_bytes()));
        round_trip(packet(&(0..=255).collect::<Vec<u8>>()));
    }

    #[test]
    fn a_cut_and_lost_packet_says_so() {
        let mut cut = packet(&[0x80, 0, 1, 2]);
        cut.length = 172;
        cut.lost = true;
        let text = round_trip(cut);
        assert!(text.contains(" lost length 172\nx 80000102\n"), "{text}");
    }

    #[test]
    fn a_wrong_line_is_named() {
        let parse = |text: &str| Transcript::parse(text).unwrap_err().line;
        assert_eq!(parse(""), 1);
        assert_eq!(parse("INVITE"), 1);
        assert_eq!(parse("# note\n\noffhook transcript 1\n| early"), 4);
        assert_eq!(parse("offhook transcript 1\n1.0 udp 1.2.3.4:5 -> x"), 2);
        let head = "offhook transcript 1\n1 udp 1.2.3.4:5 > 1.2.3.4:6\n";
        assert!(Transcript::parse(head).is_ok());
        for bad in ["x 8", "x +1", "x zz", "| \\q", "| \\x+1", "| \\"] {
            assert_eq!(parse(&alloc::format!("{head}{bad}")), 3, "{bad}");
        }
    }
}
