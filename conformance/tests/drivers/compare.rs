//! Holding two transcripts against each other, without what tells the time.

use std::collections::{BTreeMap, BTreeSet};

use offhook::Transport;
use offhook::trace::Transcript;
use offhook::websocket::{FrameHeader, Opcode, apply_mask};

/// What each participant sent, in order, the time put aside.
pub(crate) fn sent(transcript: &Transcript) -> BTreeMap<String, Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut marks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for packet in transcript.packets() {
        let from = transcript.name_of(packet.source).into_owned();
        let to = transcript.name_of(packet.destination).into_owned();
        assert!(seen.len() < 1000, "this never ends");
        let bytes = match packet.transport {
            Transport::Ws | Transport::Wss => unframed(&packet.bytes),
            Transport::Udp
            | Transport::Tcp
            | Transport::Tls
            | Transport::Sctp
            | Transport::TlsSctp => packet.bytes.clone(),
        };
        let trying = bytes.starts_with(b"SIP/2.0 100 ");
        if trying || !seen.insert((from.clone(), to.clone(), bytes.clone())) {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        let text = number_marks(&timeless(&text), marks.entry(from.clone()).or_default());
        sent.entry(from)
            .or_default()
            .push(format!("to {to}:\n{text}"));
    }
    sent
}

/// What is in the one frame of a WebSocket, whatever it was masked with; a handshake as it is.
fn unframed(bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(b"GET ") || bytes.starts_with(b"HTTP/") {
        return bytes.to_vec();
    }
    let (header, length) = FrameHeader::parse(bytes).unwrap().expect("a whole header");
    let mut payload = bytes[length..].to_vec();
    assert_eq!(
        (header.length, header.opcode),
        (payload.len() as u64, Opcode::Text)
    );
    if let Some(mask) = header.mask {
        apply_mask(mask, &mut payload);
    }
    payload
}

/// Gives the loop marks in the branches of a proxy numbers: first come, first numbered.
fn number_marks(text: &str, marks: &mut Vec<String>) -> String {
    const START: &str = "branch=z9hG4bK";
    let mut parts = text.split(START);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(START);
        let end = part.find([';', '\n', ',']).unwrap_or(part.len());
        let (branch, rest) = part.split_at(end);
        match branch.split_at_checked(16) {
            Some((own, mark)) if !mark.is_empty() => {
                let known = marks.iter().position(|known| known == mark);
                let number = known.unwrap_or_else(|| {
                    marks.push(mark.to_owned());
                    marks.len() - 1
                });
                out.push_str(&format!("{own}-mark-{number}"));
            }
            _ => out.push_str(branch),
        }
        out.push_str(rest);
    }
    out
}

/// A message without what depends on a clock.
fn timeless(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match name.as_str() {
            "date" | "timestamp" => format!("{name}: …"),
            "www-authenticate"
            | "proxy-authenticate"
            | "authorization"
            | "proxy-authorization"
            | "authentication-info" => ["nonce", "response", "rspauth", "nextnonce"]
                .iter()
                .fold(line.to_owned(), |line, parameter| blank(&line, parameter)),
            "via" => blank_port(line),
            _ => blank_mark(line),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Blanks the port a connection left from, which is the system's to choose.
fn blank_port(line: &str) -> String {
    let Some((head, tail)) = line.split_once(";rport=") else {
        return line.to_owned();
    };
    let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
    let port = tail.trim_end_matches(rest);
    let port = if port == "5060" { port } else { "…" };
    format!("{head};rport={port}{}", blank_port(rest))
}

/// Blanks what says that a route leads over a connection and was laid by this server: it is computed
/// from the address of the far end, and that has a port which is the system's to choose.
fn blank_mark(line: &str) -> String {
    let Some((head, tail)) = line.split_once(";mark=") else {
        return line.to_owned();
    };
    let rest = tail.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    let mark = tail.trim_end_matches(rest);
    let mark = if head.contains(";flow=") { "…" } else { mark };
    format!("{head};mark={mark}{}", blank_mark(rest))
}

/// Blanks the quoted value of a parameter, and of nothing that only ends in its name.
fn blank(line: &str, parameter: &str) -> String {
    for before in [" ", ","] {
        let start = format!("{before}{parameter}=\"");
        if let Some((head, tail)) = line.split_once(&start) {
            let rest = tail.split_once('"').map_or("", |(_, rest)| rest);
            return format!("{head}{start}…\"{rest}");
        }
    }
    line.to_owned()
}

/// How many SIP messages were sent.
pub(crate) fn messages(transcript: &Transcript) -> usize {
    let handshake = |text: &&String| {
        let (_, text) = text.split_once('\n').unwrap_or_default();
        text.starts_with("GET ") || text.starts_with("HTTP/")
    };
    let sent = sent(transcript);
    let all = sent.values().flatten();
    all.filter(|text| !handshake(text)).count()
}

pub(crate) fn assert_equal(name: &str, ground: &str, expected: &Transcript, found: &Transcript) {
    let (expected, found) = (sent(expected), sent(found));
    for (who, expected) in &expected {
        let found = found.get(who).cloned().unwrap_or_default();
        for (index, message) in expected.iter().enumerate() {
            let other = found.get(index).map_or("nothing", String::as_str);
            assert_eq!(
                message, other,
                "{name}: message {index} of {who} under the simulator and {ground}"
            );
        }
        assert_eq!(
            expected.len(),
            found.len(),
            "{name}: {who} sends more under {ground}"
        );
    }
    assert_eq!(expected.len(), found.len());
}
