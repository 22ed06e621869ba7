//! What an RFC prints.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::misprints::{Misprints, misprints};
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

/// The sections of an RFC that are a flow each.
pub(crate) fn sections(rfc: u16) -> BTreeSet<String> {
    let rows = listed(rfc);
    let sections = rows.lines().filter_map(|row| row.split('\t').next());
    sections.map(str::to_owned).collect()
}

fn folder(rfc: u16) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/rfc{rfc}"))
}

/// Who sends which message of which flow to whom.
fn listed(rfc: u16) -> String {
    std::fs::read_to_string(folder(rfc).join("flows.tsv")).expect("the list of flows")
}

/// One flow: the messages of a section, each with its parties.
///
/// A message the RFC only says is sent again ("Same as F1") is the last of that sender to that
/// receiver.
pub(crate) fn flow(rfc: u16, section: &str) -> Vec<Printed> {
    let (root, listed) = (folder(rfc), listed(rfc));
    let misprints = misprints(rfc);
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
        let mut parties = misprints.parties.iter();
        let (from, to) = match parties.find(|(of, ..)| *of == label) {
            Some((_, from, to)) => (*from, *to),
            None => (party(from), party(to)),
        };
        let pair = (from.to_owned(), to.to_owned());
        let path = root.join(format!("{section}-{number}.sip"));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => meant(&misprints, &label, &text),
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
fn meant(misprints: &Misprints, label: &str, text: &str) -> String {
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
    if misprints.two_spaces.contains(&label) {
        assert!(
            first_line(&header).contains("  "),
            "{label} is right by now"
        );
        header = header.replacen("  ", " ", 1);
    }
    if misprints.without_scheme.contains(&label) {
        assert!(
            !first_line(&header).contains("sip:"),
            "{label} is right by now"
        );
        header = header.replacen(' ', " sip:", 1);
    }
    for (_, printed, right) in misprints.traps.iter().filter(|(of, ..)| *of == label) {
        assert!(header.contains(printed), "{label} is right by now");
        header = header.replacen(printed, right, 1);
    }
    if let Some((_, route)) = misprints.unrouted.iter().find(|(of, _)| *of == label) {
        assert!(!header.contains("\r\nRoute:"), "{label} is right by now");
        header = header.replacen("\r\nFrom:", &format!("\r\n{route}\r\nFrom:"), 1);
    }
    let is_described = header.contains("\r\nContent-Type: application/sdp");
    if is_described && body.is_empty() {
        return with_body(&header, DESCRIPTION);
    }
    if misprints.wrong_length.contains(&label) {
        return with_body(&header, body);
    }
    format!("{header}\r\n\r\n{body}")
}

/// What stands where a description is "not shown".
const DESCRIPTION: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                           m=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

/// A message with this body, and the length that it has.
fn with_body(header: &str, body: &str) -> String {
    let (before, length) = header.split_once("\r\nContent-Length: ").expect("a length");
    let (printed, after) = length.split_once("\r\n").unwrap_or((length, ""));
    assert_ne!(
        printed,
        body.len().to_string(),
        "the length is right by now"
    );
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

fn first_line(header: &str) -> &str {
    header.split("\r\n").next().unwrap_or_default()
}
