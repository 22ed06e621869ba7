//! The published and our own messages, and what can be made of them.

use std::fs;
use std::path::Path;

use offhook::Limits;
use offhook::sip::message::Message;

/// All messages of a folder of vectors, with their names, in order.
pub(crate) fn folder(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_message = path
            .extension()
            .is_none_or(|end| end == "dat" || end == "sip");
        if is_message {
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder:?} is empty");
    found
}

/// The messages of RFC 5118 are printed with the line ends of the RFC's own text.
fn with_crlf((name, bytes): (String, Vec<u8>)) -> (String, Vec<u8>) {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes.into_iter().filter(|byte| *byte != b'\r') {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    (name, out)
}

/// Every message there is.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let mut all = folder("messages");
    all.extend(folder("rfc4475"));
    all.extend(folder("rfc5118").into_iter().map(with_crlf));
    all
}

/// Those in which nothing is wrong, each cut to the one message it holds.
pub(crate) fn valid() -> Vec<(String, Vec<u8>)> {
    let limits = Limits::default();
    let valid: Vec<_> = all()
        .into_iter()
        .filter_map(|(name, bytes)| {
            let message = Message::parse(&bytes, &limits).ok()?;
            let is_fine = message.fatal_finding().is_none();
            is_fine.then(|| (name, message.as_bytes().to_vec()))
        })
        .collect();
    assert!(valid.len() > 25, "only {}", valid.len());
    valid
}
