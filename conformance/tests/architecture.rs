//! The shape of the house, read from its source: who may import whom, and how long a file may be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use offhook_conformance::scope::{rust_files, workspace};

/// A source file without its comments, strings kept, and without its unit tests.
struct Source {
    name: String,
    code: String,
    raw: String,
}

fn sources(folder: &str) -> Vec<Source> {
    let root = workspace();
    let read = |path: PathBuf| {
        let raw = fs::read_to_string(&path).unwrap();
        Source {
            name: name(&root, &path),
            code: code(&raw),
            raw,
        }
    };
    let files: Vec<Source> = rust_files(&root.join(folder))
        .unwrap()
        .into_iter()
        .map(read)
        .collect();
    assert!(!files.is_empty(), "{folder} has no sources");
    files
}

fn name(root: &Path, path: &Path) -> String {
    let short = path.strip_prefix(root).unwrap_or(path);
    short.display().to_string().replace('\\', "/")
}

/// The lines that are code: neither comment, nor empty, nor the unit tests at the end of a file.
fn code(raw: &str) -> String {
    let mut code = String::new();
    let mut lines = raw.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.ends_with("tests {")) {
            break;
        }
        if trimmed.is_empty() || trimmed.starts_with("//") {
            continue;
        }
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// Every path that begins with `crate::` or `super::`, resolved to a module path of the crate.
fn imports(source: &Source, root: &str) -> BTreeSet<String> {
    let module = module_of(&source.name, root);
    let flat: String = source.code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = BTreeSet::new();
    for (start, _) in flat.match_indices("crate::") {
        expand(&flat[start + "crate::".len()..], "", &mut found);
    }
    for (start, _) in flat.match_indices("super::") {
        let before = flat[..start].chars().next_back();
        if before.is_some_and(|c| c == ':' || c.is_alphanumeric()) {
            continue;
        }
        let mut parents: Vec<&str> = module.split("::").collect();
        let mut rest = &flat[start..];
        while let Some(tail) = rest.strip_prefix("super::") {
            parents.pop();
            rest = tail;
        }
        expand(rest, &parents.join("::"), &mut found);
    }
    found
}

/// Turns what follows `crate::` into whole paths, braces opened up.
fn expand(text: &str, prefix: &str, found: &mut BTreeSet<String>) {
    let join = |tail: &str| {
        if prefix.is_empty() {
            tail.to_owned()
        } else {
            format!("{prefix}::{tail}")
        }
    };
    if let Some(inner) = text.strip_prefix('{') {
        let mut depth = 0_usize;
        let mut item = String::new();
        for c in inner.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => {
                    expand(item.trim(), prefix, found);
                    item.clear();
                    continue;
                }
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            item.push(c);
        }
        expand(item.trim(), prefix, found);
        return;
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.is_empty() {
        return;
    }
    match rest.strip_prefix("::") {
        Some(rest) if rest.starts_with(|c: char| c == '{' || c.is_alphabetic()) => {
            expand(rest, &join(word), found);
        }
        _ => {
            found.insert(join(word));
        }
    }
}

/// `core/src/sip/header/via.rs` is `sip::header::via`.
fn module_of(file: &str, root: &str) -> String {
    let path = file.strip_prefix(root).unwrap_or(file);
    let path = path.trim_start_matches('/').trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.replace('/', "::")
}

fn in_module(path: &str, module: &str) -> bool {
    path == module || path.starts_with(&format!("{module}::"))
}

fn is_test_file(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

/// Pure data: these may be used without a machine anywhere near.
const WIRE: [&str; 28] = [
    "text",
    "cipher",
    "hash",
    "dhcp",
    "dns::answer",
    "dns::error",
    "dns::message",
    "dns::name",
    "dns::read",
    "dns::record",
    "sip::message",
    "sip::header",
    "sip::uri",
    "sdp::attribute",
    "sdp::codec",
    "sdp::contact",
    "sdp::direction",
    "sdp::media",
    "sdp::parse",
    "sdp::session",
    "sdp::time",
    "rtp::number",
    "rtp::packet",
    "rtp::payload",
    "rtp::rtcp",
    "stun",
    "websocket::frame",
    "websocket::handshake",
];

/// What keeps state and time.
const MACHINES: [&str; 20] = [
    "machine",
    "timers",
    "trace",
    "dns::stub_resolver",
    "sip::auth",
    "sip::transport",
    "sip::transaction",
    "sip::overload",
    "sip::endpoint",
    "sip::dialog",
    "sip::ua",
    "sip::proxy",
    "sip::registrar",
    "sip::server",
    "sdp::offer_answer",
    "rtp::session",
    "rtp::playout",
    "rtp::audio",
    "rtp::srtp",
    "websocket::connection",
];

#[test]
fn the_modules_named_here_exist() {
    let modules: BTreeSet<String> = sources("core/src")
        .iter()
        .map(|source| module_of(&source.name, "core/src"))
        .collect();
    for module in WIRE.iter().chain(&MACHINES) {
        assert!(modules.contains(*module), "no module {module}");
    }
}

#[test]
fn wire_modules_never_import_a_machine() {
    let mut faults = Vec::new();
    for source in sources("core/src") {
        let module = module_of(&source.name, "core/src");
        if is_test_file(&source.name) || !WIRE.iter().any(|wire| in_module(&module, wire)) {
            continue;
        }
        for import in imports(&source, "core/src") {
            if MACHINES.iter().any(|machine| in_module(&import, machine)) {
                faults.push(format!("{} imports {import}", source.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The layers of RFC 3261 §5, the lowest first, and the modules of `sip` that are each of them.
///
/// Between the transactions and their users is where they meet: what is there hands on what the layers
/// below returned, and calls the user that it was given, which it does not know. Overload control
/// stands there, in front of the users.
const LAYERS: [(&str, &[&str]); 5] = [
    ("syntax", &["body", "header", "message", "uri"]),
    ("transport", &["transport"]),
    ("transaction", &["transaction"]),
    ("meeting", &["endpoint", "overload"]),
    (
        "transaction user",
        &[
            "auth",
            "dialog",
            "event",
            "proxy",
            "registrar",
            "server",
            "ua",
        ],
    ),
];

/// The place in [`LAYERS`] of a path within `sip`; the names that `sip` itself offers are those of the
/// meeting of the layers.
fn layer_of(path: &str) -> Option<usize> {
    let module = path.strip_prefix("sip::")?.split("::").next()?;
    let mut layers = LAYERS.iter();
    let found = layers.position(|(_, modules)| modules.contains(&module));
    let is_item = module.starts_with(|first: char| first.is_uppercase());
    found.or(is_item.then_some(3))
}

/// What a source names of the layers above its own.
fn upward(source: &Source) -> Vec<String> {
    let Some(own) = layer_of(&module_of(&source.name, "core/src")) else {
        return Vec::new();
    };
    let above = |import: &String| layer_of(import).is_some_and(|layer| layer > own);
    let imports = imports(source, "core/src").into_iter().filter(above);
    let named = imports.map(|import| format!("{} ({}) names {import}", source.name, LAYERS[own].0));
    named.collect()
}

/// A layer cannot call one above that it cannot name, unless it is handed something to call: the layers
/// below the meeting keep no function and no object of somebody else's.
// shows: S123
#[test]
fn the_layers_of_sip_are_apart_and_none_calls_upward() {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources("core/src/sip") {
        if is_test_file(&source.name) {
            continue;
        }
        let module = module_of(&source.name, "core/src");
        if module == "sip" {
            continue;
        }
        let Some(layer) = layer_of(&module) else {
            faults.push(format!("{} is of no layer", source.name));
            continue;
        };
        seen.extend(module.split("::").nth(1).map(str::to_owned));
        faults.extend(upward(&source));
        let words = source.code.split(|c: char| !c.is_alphanumeric());
        if layer < 3 && words.into_iter().any(|word| word == "dyn") {
            faults.push(format!("{} is handed an object to call", source.name));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    let listed: BTreeSet<String> = LAYERS
        .iter()
        .flat_map(|(_, modules)| modules.iter().map(|module| (*module).to_owned()))
        .collect();
    assert_eq!(seen, listed, "a layer without a module of its own");
}

#[test]
fn what_names_a_layer_above_is_found() {
    let named = |file: &str, raw: &str| {
        let source = Source {
            name: format!("core/src/sip/{file}"),
            code: code(raw),
            raw: raw.to_owned(),
        };
        upward(&source).len()
    };
    for (file, raw) in [
        ("message/view.rs", "use crate::sip::transaction::Key;"),
        (
            "header/via.rs",
            "use crate::sip::{transport::Target, uri::Host};",
        ),
        (
            "transport/layer.rs",
            "use super::super::transaction::Table;",
        ),
        (
            "transport/mod.rs",
            "use crate::sip::{uri::Host, ua::UserAgent};",
        ),
        ("transaction/client.rs", "use crate::sip::ua::UserAgent;"),
        ("transaction/client.rs", "fn f() { crate::sip::proxy::f() }"),
        ("transaction/mod.rs", "use super::endpoint::Stack;"),
        ("transaction/mod.rs", "use crate::sip::TransactionUser;"),
        ("endpoint/stack.rs", "use crate::sip::dialog::DialogId;"),
    ] {
        assert_eq!(named(file, raw), 1, "{file}: {raw}");
    }
    for (file, raw) in [
        ("transaction/mod.rs", "use super::transport::Target;"),
        ("endpoint/mod.rs", "use crate::sip::transaction::Key;"),
        ("ua/mod.rs", "use crate::sip::{Stack, message, proxy};"),
        ("message/view.rs", "// use crate::sip::ua::UserAgent;"),
    ] {
        assert_eq!(named(file, raw), 0, "{file}: {raw}");
    }
}

#[test]
fn sip_sdp_and_rtp_meet_only_in_the_user_agent() {
    let protocols = ["sip", "sdp", "rtp"];
    let mut faults = Vec::new();
    for source in sources("core/src") {
        let module = module_of(&source.name, "core/src");
        if is_test_file(&source.name) || in_module(&module, "sip::ua") || module == "lib" {
            continue;
        }
        let home = protocols.iter().find(|home| in_module(&module, home));
        let met: BTreeSet<&str> = imports(&source, "core/src")
            .iter()
            .filter_map(|import| protocols.into_iter().find(|p| in_module(import, p)))
            .chain(home.copied())
            .collect();
        if met.len() > 1 {
            faults.push(format!("{} joins {met:?}", source.name));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn core_never_names_the_standard_library() {
    let mut faults = Vec::new();
    for source in sources("core/src") {
        let words = source
            .code
            .split(|c: char| !c.is_alphanumeric() && c != '_');
        if words.into_iter().any(|word| word == "std") {
            faults.push(source.name);
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    let manifest = fs::read_to_string(workspace().join("core/Cargo.toml")).unwrap();
    assert!(
        !manifest.contains("dependencies]"),
        "core depends on nothing"
    );
    assert!(!manifest.contains("[features]"), "core has no features");
    let lib = fs::read_to_string(workspace().join("core/src/lib.rs")).unwrap();
    assert!(lib.contains("#![no_std]") && lib.contains("#![forbid(unsafe_code)]"));
}

/// What only a protocol knows; a driver moves bytes.
const SIP_WORDS: [&str; 12] = [
    "sip",
    "sdp",
    "rtp",
    "rtcp",
    "invite",
    "register",
    "bye",
    "ack",
    "via",
    "dialog",
    "transaction",
    "branch",
];

#[test]
fn drivers_hold_no_sip_word() {
    let mut faults = Vec::new();
    for source in sources("driver-mio/src")
        .into_iter()
        .chain(sources("driver-smol/src"))
    {
        // The program is an application that happens to live beside the driver it runs on.
        if source.name.contains("/src/bin/") {
            continue;
        }
        for (number, line) in source.raw.lines().enumerate() {
            let registers_a_source = line.contains(".register(") || line.contains("deregister(");
            let words = line.split(|c: char| !c.is_alphabetic());
            for word in words.map(str::to_ascii_lowercase) {
                let known = word == "register" && registers_a_source;
                if SIP_WORDS.contains(&word.as_str()) && !known {
                    faults.push(format!("{}:{}: {word}", source.name, number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn no_file_is_too_long() {
    let mut faults = Vec::new();
    for folder in ["core", "driver-mio", "driver-smol", "conformance"] {
        for source in sources(folder) {
            let lines = source.code.lines().count();
            if lines > 800 {
                faults.push(format!("{}: {lines} lines of code", source.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    let readme = workspace().join("README.md");
    if let Ok(text) = fs::read_to_string(readme) {
        assert!(text.lines().count() < 150, "the README is too long");
    }
}

#[test]
fn the_reader_of_imports_is_not_blind() {
    let source = |name: &str, raw: &str| Source {
        name: name.to_owned(),
        code: code(raw),
        raw: raw.to_owned(),
    };
    let text = "
        use crate::{machine::{Input, Output}, time};
        use super::super::transaction::Key;
        // use crate::rtp::nothing;
        fn f() { crate::sdp::parse(super::via()); }
        #[cfg(test)]
        mod tests {
            use crate::trace;
        }";
    let found = imports(&source("core/src/sip/header/via.rs", text), "core/src");
    let expected = [
        "machine::Input",
        "machine::Output",
        "sdp::parse",
        "sip::header::via",
        "sip::transaction::Key",
        "time",
    ];
    assert_eq!(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
}
