//! Finds the `// shows:` lines of all Rust sources of the workspace.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folders whose sources are read.
const PACKAGES: [&str; 4] = ["core", "driver-mio", "driver-smol", "conformance"];

const MARK: &str = "// shows:";

/// A test that shows a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// The source file, from the workspace's folder.
    pub file: String,
    /// The line of the mark.
    pub line: usize,
    /// The name of the test.
    pub test: String,
}

/// Row names with the tests that show them, and what is wrong with other marks.
pub type Marks = (Vec<(String, Shown)>, Vec<String>);

/// All marks below `root` with the rows they name, and what is wrong with some of them.
///
/// # Errors
/// A file that cannot be read.
pub fn scan(root: &Path) -> io::Result<Marks> {
    let mut shown = Vec::new();
    let mut faults = Vec::new();
    for package in PACKAGES {
        for path in rust_files(&root.join(package))? {
            let text = fs::read_to_string(&path)?;
            let name = path.strip_prefix(root).unwrap_or(&path);
            marks(&name.display().to_string(), &text, &mut shown, &mut faults);
        }
    }
    shown.sort();
    Ok((shown, faults))
}

/// All Rust sources below a folder, in order; build output is passed over.
///
/// # Errors
/// A folder that cannot be read.
pub fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn marks(file: &str, text: &str, shown: &mut Vec<(String, Shown)>, faults: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (index, line) in lines.iter().enumerate() {
        let Some(ids) = line.strip_prefix(MARK) else {
            continue;
        };
        let line = index + 1;
        match test_below(&lines[line..]) {
            Some(test) => {
                for id in ids.split_ascii_whitespace() {
                    let test = Shown {
                        file: file.to_owned(),
                        line,
                        test: test.to_owned(),
                    };
                    shown.push((id.to_owned(), test));
                }
            }
            None => faults.push(format!("{file}:{line}: `{MARK}` stands above no test")),
        }
    }
}

/// The name of the test whose `#[test]` is the next line; further attributes may follow it.
fn test_below<'t>(lines: &[&'t str]) -> Option<&'t str> {
    let (first, rest) = lines.split_first()?;
    if *first != "#[test]" {
        return None;
    }
    let function = rest.iter().find(|line| !line.starts_with("#["))?;
    let name = function.split_once("fn ")?.1;
    name.split('(').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_only_directly_above_a_test() {
        let text = "
            MARK S001 S002
            #[test]
            #[should_panic]
            fn good() {}
            MARK S003

            #[test]
            fn too_far() {}
            MARK S004
            #[ignore]
            #[test]
            fn not_directly() {}
            MARK S005
            fn no_test() {}"
            .replace("MARK", MARK);
        let (mut shown, mut faults) = (Vec::new(), Vec::new());
        marks("x.rs", &text, &mut shown, &mut faults);
        let ids: Vec<_> = shown
            .iter()
            .map(|(id, test)| (id.as_str(), test.test.as_str()))
            .collect();
        assert_eq!(ids, [("S001", "good"), ("S002", "good")]);
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
