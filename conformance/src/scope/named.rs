//! The full names of all tests of the core and of this package.
//!
//! | file | name |
//! |---|---|
//! | `core/src/sip/ua/tests/calls.rs` | `core::sip::ua::tests::calls::…` |
//! | `core/src/arena.rs`, in `mod tests { }` | `core::arena::tests::…` |
//! | `conformance/src/rules/mod.rs`, in `mod tests { }` | `conformance::rules::tests::…` |
//! | `conformance/tests/torture.rs` | `conformance::tests::torture::…` |
//! | `conformance/tests/hostile/main.rs` | `conformance::tests::hostile::…` |
//!
//! No module with tests stands elsewhere: `#[path]` is not followed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use super::rust_files;

/// The folders with tests, and how the names of those within begin.
const FOLDERS: [(&str, &str); 3] = [
    ("core/src", "core"),
    ("conformance/src", "conformance"),
    ("conformance/tests", "conformance::tests"),
];

/// The names of all tests below `root` that are run: those that are ignored are not.
///
/// # Errors
/// A file that cannot be read.
pub fn named_tests(root: &Path) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for (folder, prefix) in FOLDERS {
        let folder = root.join(folder);
        for path in rust_files(&folder)? {
            let text = fs::read_to_string(&path)?;
            let module = module(prefix, path.strip_prefix(&folder).unwrap_or(&path));
            names.extend(tests_of(&module, &text));
        }
    }
    Ok(names)
}

/// The name of the module in a file.
fn module(prefix: &str, file: &Path) -> String {
    let path = file.with_extension("");
    let mut parts: Vec<_> = path
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if parts
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        parts.pop();
    }
    parts.insert(0, prefix.to_owned());
    parts.join("::")
}

/// The names of the tests in the text of one module. The text is laid out as rustfmt does.
#[must_use]
pub fn tests_of(module: &str, text: &str) -> Vec<String> {
    let mut names = Vec::new();
    // Inline modules that are open, each with the line that ends it.
    let mut open: Vec<(String, String)> = Vec::new();
    let (mut is_test, mut is_ignored) = (false, false);
    for line in text.lines() {
        if open.last().is_some_and(|(_, end)| end == line) {
            open.pop();
        }
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        if let Some(name) = inline_module(code) {
            open.push((name.to_owned(), format!("{indent}}}")));
        }
        if code.starts_with("#[") {
            is_test |= code == "#[test]";
            is_ignored |= code.starts_with("#[ignore") || code.starts_with("#[cfg(");
            continue;
        }
        if let (true, Some(name)) = (is_test && !is_ignored, function(code)) {
            let mut full = module.to_owned();
            for (module, _) in &open {
                full.push_str("::");
                full.push_str(module);
            }
            names.push(format!("{full}::{name}"));
        }
        if !code.starts_with("//") {
            (is_test, is_ignored) = (false, false);
        }
    }
    names
}

/// The name in `mod name {`.
fn inline_module(code: &str) -> Option<&str> {
    let name = code.strip_suffix(" {")?;
    let name = name.strip_prefix("pub ").unwrap_or(name);
    name.strip_prefix("mod ")
}

/// The name in `fn name(`.
fn function(code: &str) -> Option<&str> {
    let (name, _) = code.strip_prefix("fn ")?.split_once('(')?;
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_have_the_names_that_the_test_runner_gives_them() {
        // The bars keep this from being read as a part of this module.
        let text = "
            |fn helper() {}
            |#[test]
            |fn outside() {
            |    let text = \"mod no {\";
            |}
            |/// Says something.
            |// shows: S001
            |#[test]
            |#[should_panic]
            |fn second() {}
            |#[test]
            |#[ignore = \"slow\"]
            |fn ignored() {}
            |#[ignore]
            |#[test]
            |fn ignored_before() {}
            |fn no_test() {}
            |mod tests {
            |    #[test]
            |    fn inside() {}
            |    mod deeper {
            |        #[test]
            |        fn down() {}
            |    }
            |    #[test]
            |    fn up() {}
            |}
            |#[test]
            |fn last() {}";
        let lines = text
            .lines()
            .map(|line| line.trim_start().trim_start_matches('|'));
        let text: Vec<&str> = lines.collect();
        let text = text.join("\n");
        let names = [
            "m::outside",
            "m::second",
            "m::tests::inside",
            "m::tests::deeper::down",
            "m::tests::up",
            "m::last",
        ];
        assert_eq!(tests_of("m", &text), names);
    }

    #[test]
    fn a_file_is_a_module_by_where_it_stands() {
        for (file, name) in [
            ("sip/ua/tests/calls.rs", "core::sip::ua::tests::calls"),
            ("sip/ua/mod.rs", "core::sip::ua"),
            ("lib.rs", "core"),
        ] {
            assert_eq!(module("core", Path::new(file)), name);
        }
        let main = module("conformance::tests", Path::new("hostile/main.rs"));
        assert_eq!(main, "conformance::tests::hostile");
    }

    /// This very test is found under its own name.
    #[test]
    fn the_tests_of_the_workspace_are_found() {
        let names = named_tests(&crate::scope::workspace()).unwrap();
        let here = concat!(
            "conformance::scope::named::tests::",
            "the_tests_of_the_workspace_are_found"
        );
        assert!(names.contains(here));
        assert!(names.len() > 500);
    }
}
