//! `offhook ladder`: a recorded transcript as a diagram.

use std::io::Write;
use std::path::Path;

use offhook::trace::{Transcript, ladder};

use crate::failure::Failure;
use crate::options::LadderOptions;

pub(crate) fn run(options: &LadderOptions) -> Result<(), Failure> {
    let text = std::fs::read_to_string(&options.file).map_err(|error| {
        Failure::local(format!("cannot read {}: {error}", options.file.display()))
    })?;
    let transcript = Transcript::parse(&text).map_err(|error| {
        Failure::local(format!(
            "{} is no transcript: {error} (write one with --transcript, or with offhook demo)",
            options.file.display()
        ))
    })?;
    match &options.svg {
        Some(path) if path == Path::new("-") => print(&ladder::svg(&transcript)),
        Some(path) => {
            write(path, &ladder::svg(&transcript))?;
            print(&format!("{} written\n", path.display()))
        }
        None => print(&ladder::text(&transcript)),
    }
}

/// Writes a whole file, or says which could not be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::local(format!("cannot write {}: {error}", path.display())))
}

fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
