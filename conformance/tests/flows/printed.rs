//! What an RFC prints.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::text::kind;

/// A message of a flow.
#[derive(Clone, Debug)]
pub(crate) struct Printed {
    /// As `3.1 F2`.
    pub(crate) label: String,
    /// Who sends it.
    pub(crate) from: String,
    /// To whom.
    pub(crate) to: String,
    /// All of it, with its header fields on one line each.
    pub(crate) text: String,
}

impl Printed {
    /// The method of a request; the status of a response and the method it answers.
    pub(crate) fn kind(&self) -> String {
        kind(&self.text)
    }
}

/// What is wrong with what is printed: where, what stands there, and what was meant.
const TRAPS: [(&str, &str, &str); 20] = [
    // A comma is missing between two parameters.
    (
        "2.1 F3",
        "\"atlanta.example.com\" nonce",
        "\"atlanta.example.com\", nonce",
    ),
    // A client wrote what its server would, and forgot its hops.
    ("2.5 F1", ";received=192.0.2.201", "\r\nMax-Forwards: 70"),
    // An ACK to a failure has the Via of its INVITE (RFC 3261 §17.1.1.3), which was the proxy's.
    (
        "3.3 F8",
        "client.atlanta.example.com:5060;branch=z9hG4bK74b21",
        "ss1.atlanta.example.com:5060;branch=z9hG4bK230f2.1",
    ),
    // The second INVITE of Proxy 1 is none that was sent before, nor is its ACK (RFC 3261 §8.1.1.7).
    ("3.3 F13", "bK230f2.1", "bK230f2.2"),
    ("3.3 F14", "bK230f2.1", "bK230f2.2"),
    ("3.3 F15", "bK230f2.1", "bK230f2.2"),
    ("3.3 F16", "bK230f2.1", "bK230f2.2"),
    ("3.3 F17", "bK230f2.1", "bK230f2.2"),
    ("3.3 F20", "bK230f2.1", "bK230f2.3"),
    ("3.3 F21", "bK230f2.1", "bK230f2.3"),
    // What F19 does not say the proxy does not add.
    ("3.3 F20", BOBS_CONTACT, ""),
    ("3.3 F21", BOBS_CONTACT, ""),
    // A CANCEL has the Request-URI of its INVITE (RFC 3261 §9.1).
    (
        "3.8 F11",
        "CANCEL sip:alice@atlanta.example.com",
        "CANCEL sip:bob@biloxi.example.com",
    ),
    // The fold lacks its space.
    ("3.10 F4", ",\r\n<sip:ss1", ", <sip:ss1"),
    // Who hears nothing is to act as on a 408 (RFC 3261 §16.8).
    ("3.10 F12", "480 No Response", "408 Request Timeout"),
    ("3.10 F14", "480 No Response", "408 Request Timeout"),
    // The Contact of F2 is followed, all of it (RFC 3261 §8.1.3.4).
    (
        "3.6 F4",
        "sip:bob@chicago.example.com SIP",
        "sip:bob@chicago.example.com;transport=tcp SIP",
    ),
    // Two spaces in a start line (RFC 3261 §7.2 has one).
    ("3.9 F6", "SIP/2.0  486", "SIP/2.0 486"),
    ("3.9 F8", "SIP/2.0  486", "SIP/2.0 486"),
    ("3.9 F10", "SIP/2.0  486", "SIP/2.0 486"),
];

const BOBS_CONTACT: &str = "\r\nContact: <sip:bob@client.biloxi.example.com>";

/// Requests that are sent to a proxy by a Route, and are printed without: ACKs to failures have the
/// Route of their INVITE (RFC 3261 §17.1.1.3), and what goes to the second proxy is routed as what
/// went to the first.
const UNROUTED: [(&str, &str); 11] = [
    ("3.2 F3", ATLANTA),
    ("3.3 F3", ATLANTA),
    ("3.3 F10", ATLANTA),
    ("3.3 F11", ATLANTA),
    ("3.4 F8", BILOXI),
    ("3.4 F10", BILOXI),
    ("3.4 F11", BILOXI),
    ("3.8 F20", ATLANTA),
    ("3.9 F11", ATLANTA),
    ("3.10 F15", ATLANTA),
    ("3.11 F14", ATLANTA),
];
const ATLANTA: &str = "Route: <sip:ss1.atlanta.example.com;lr>";
const BILOXI: &str = "Route: <sip:ss2.biloxi.example.com;lr>";

/// One flow: the messages of a section, each with its parties.
///
/// A message the RFC only says is sent again ("Same as F1") is the last of that sender to that
/// receiver.
pub(crate) fn flow(rfc: u16, section: &str) -> Vec<Printed> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/rfc{rfc}"));
    let listed = std::fs::read_to_string(root.join("flows.tsv")).expect("the list of flows");
    let mut last: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut flow = Vec::new();
    for row in listed.lines() {
        let [found, number, from, to] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a row of the list of flows: {row}");
        };
        if found != section {
            continue;
        }
        let label = format!("{section} {number}");
        let (from, to) = (party(from), party(to));
        let pair = (from.to_owned(), to.to_owned());
        let path = root.join(format!("{section}-{number}.sip"));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => meant(&label, &text),
            Err(_) => last.get(&pair).expect("something to say again").clone(),
        };
        last.insert(pair, text.clone());
        let (from, to) = (from.to_owned(), to.to_owned());
        flow.push(Printed {
            label,
            from,
            to,
            text,
        });
    }
    assert!(!flow.is_empty(), "RFC {rfc} has no flow {section}");
    flow
}

/// The redirect server has two names in §3.6, and Proxy 3 loses its number there.
fn party(printed: &str) -> &str {
    match printed {
        "Redirect Proxy" => "Redirect Server",
        "Proxy" => "Proxy 3",
        other => other,
    }
}

/// The text without its folds, with one space where one belongs, and without its mistakes.
fn meant(label: &str, text: &str) -> String {
    let (header, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = Vec::<String>::new();
    for line in header.split("\r\n") {
        match lines.last_mut() {
            Some(last) if line.starts_with(' ') => *last += &format!(" {}", line.trim()),
            _ => lines.push(line.trim_end().to_owned()),
        }
    }
    // Before a parameter a fold was no more than the page's edge.
    let mut header = lines.join("\r\n").replace(" ;", ";");
    for (of, printed, right) in TRAPS {
        if of == label {
            assert!(header.contains(printed), "{label} is right by now");
            header = header.replacen(printed, right, 1);
        }
    }
    if let Some((_, route)) = UNROUTED.iter().find(|(of, _)| *of == label) {
        assert!(!header.contains("\r\nRoute:"), "{label} is right by now");
        header = header.replacen("\r\nFrom:", &format!("\r\n{route}\r\nFrom:"), 1);
    }
    let is_described = header.contains("\r\nContent-Type: application/sdp");
    if is_described && body.is_empty() {
        return with_description(&header);
    }
    format!("{header}\r\n\r\n{body}")
}

/// A message whose description is "not shown", with one.
fn with_description(header: &str) -> String {
    let body = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                m=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
    let (before, length) = header.split_once("\r\nContent-Length: ").expect("a length");
    let (_, after) = length.split_once("\r\n").unwrap_or((length, ""));
    let after = if after.is_empty() {
        String::new()
    } else {
        format!("\r\n{after}")
    };
    format!(
        "{before}\r\nContent-Length: {}{after}\r\n\r\n{body}",
        body.len()
    )
}
