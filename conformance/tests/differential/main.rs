//! Our reader against two that nobody here wrote, over the published messages, our own, and both
//! bent: every disagreement is listed and judged in `differential.txt`.

mod peers;

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use offhook::Limits;
use offhook::sip::message::{HeaderName, Message, Rule};

/// What two readers must agree on if both take a message.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Essence {
    /// The method, or the status code.
    start: String,
    uri: Option<String>,
    call_id: String,
    cseq: (u32, String),
    from_tag: Option<String>,
    to_tag: Option<String>,
    branch: Option<String>,
    body: usize,
}

/// A message as it was read, or why not.
type Verdict = Result<Essence, String>;

/// A fault in what the peers are asked for too; they leave the rest to whoever needs it.
fn judged(name: HeaderName, rule: Rule) -> Option<String> {
    let name = match name {
        HeaderName::Other => "Request-URI",
        HeaderName::Via
        | HeaderName::From
        | HeaderName::To
        | HeaderName::CallId
        | HeaderName::CSeq => name.as_str(),
        _ => return None,
    };
    Some(match rule {
        Rule::Value(_) | Rule::Uri(_) => format!("{name} cannot be read"),
        _ => format!("{name} {rule}"),
    })
}

fn ours(bytes: &[u8]) -> Verdict {
    let message =
        Message::parse(bytes, &Limits::default()).map_err(|error| error.kind.to_string())?;
    let mut fault = None;
    message.validate(|found| {
        if let (true, None) = (found.is_fatal, &fault) {
            fault = judged(found.name, found.rule);
        }
    });
    if let Some(fault) = fault {
        return Err(fault);
    }
    let read = || -> Result<Essence, offhook::sip::header::HeaderError> {
        let cseq = message.cseq()?;
        Ok(Essence {
            start: message.status().map_or_else(
                || message.method().as_str().to_owned(),
                |status| status.as_u16().to_string(),
            ),
            uri: message.request_uri().map(str::to_owned),
            call_id: message.call_id()?.to_owned(),
            cseq: (cseq.number, cseq.method.as_str().to_owned()),
            from_tag: message.from()?.tag.map(str::to_owned),
            to_tag: message.to()?.tag.map(str::to_owned),
            branch: message.top_via()?.branch.map(str::to_owned),
            body: message.body().len(),
        })
    };
    Ok(read().expect("nothing fatal was found"))
}

/// What the two say differently, each in a few words that do not depend on the message.
fn disagreements(ours: &Verdict, theirs: &Result<Verdict, ()>) -> Vec<String> {
    let theirs = match theirs {
        Ok(theirs) => theirs,
        Err(()) => return vec!["panics".to_owned()],
    };
    let (ours, theirs) = match (ours, theirs) {
        (Err(_), Err(_)) => return Vec::new(),
        (Err(reason), Ok(_)) => return vec![format!("accepts what we refuse: {reason}")],
        (Ok(_), Err(reason)) => return vec![format!("refuses what we accept: {reason}")],
        (Ok(ours), Ok(theirs)) => (ours, theirs),
    };
    let same = [
        ("start line", ours.start == theirs.start),
        ("Request-URI", ours.uri == theirs.uri),
        ("Call-ID", ours.call_id == theirs.call_id),
        ("CSeq", ours.cseq == theirs.cseq),
        ("From tag", ours.from_tag == theirs.from_tag),
        ("To tag", ours.to_tag == theirs.to_tag),
        ("top Via branch", ours.branch == theirs.branch),
        ("body", ours.body == theirs.body),
    ];
    let other = same.iter().filter(|(_, is_same)| !is_same);
    other
        .map(|(part, _)| format!("reads another {part}"))
        .collect()
}

fn conformance() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The published messages and our own, with their names.
fn messages() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in ["rfc4475", "rfc5118", "rfc3420", "messages"] {
        for entry in fs::read_dir(conformance().join("vectors").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_message = !name.ends_with(".sdp") && !name.ends_with(".bin");
            if is_message && !name.ends_with(".md") {
                found.push((name, fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() > 75, "only {}", found.len());
    found
}

/// The message itself, cut off at every seventh byte, and with every seventh byte replaced.
fn bent(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![bytes.to_vec()];
    for (count, at) in (0..bytes.len()).step_by(7).enumerate() {
        all.push(bytes[..at].to_vec());
        let odd = [b' ', b'"', b'\n', 0, b';', 0xff, b'<', b'\r', b':', b','];
        for new in [odd[count % odd.len()], odd[(count + 3) % odd.len()]] {
            let mut replaced = bytes.to_vec();
            replaced[at] = new;
            all.push(replaced);
        }
    }
    all
}

/// The judged disagreements: peer and what it does differently, and the judgement.
fn listed(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut listed = BTreeMap::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [peer, what, judgement] = parts[..] else {
            panic!("not three parts: {line}");
        };
        let who = judgement.split(':').next();
        assert!(
            matches!(who, Some("us" | "peer" | "both")),
            "who is right? {line}"
        );
        let section = judgement.contains("RFC ") && judgement.contains('§');
        assert!(section, "by which section? {line}");
        let before = listed.insert(format!("{peer} | {what}"), judgement.to_owned());
        assert!(before.is_none(), "twice: {line}");
    }
    listed
}

#[test]
fn every_disagreement_with_other_readers_is_listed_and_judged() {
    let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
    // A peer that panics is to be listed, not to fill the log.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for (name, bytes) in messages() {
        for bytes in bent(&bytes) {
            let ours = ours(&bytes);
            for (peer, read) in peers::PEERS {
                let theirs = catch_unwind(|| read(&bytes)).map_err(|_| ());
                for what in disagreements(&ours, &theirs) {
                    let shown =
                        || format!("{name}: {}\n  {ours:?}\n  {theirs:?}", bytes.escape_ascii());
                    let entry = found.entry(format!("{peer} | {what}"));
                    entry.or_insert_with(|| (0, shown())).0 += 1;
                }
            }
        }
    }
    std::panic::set_hook(hook);
    let listed = listed(&conformance().join("differential.txt"));
    let mut faults = Vec::new();
    for (what, (count, example)) in &found {
        if !listed.contains_key(what) {
            faults.push(format!("not listed, {count} times: {what}\n  {example}"));
        }
    }
    for what in listed.keys().filter(|what| !found.contains_key(*what)) {
        faults.push(format!("listed, but no longer so: {what}"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
