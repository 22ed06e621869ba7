//! `offhook rtp`: the streams of a capture or an rtpdump, and how they fared.

mod json;
mod plot;
mod read;
mod text;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use crate::capture::counted;
use crate::failure::Failure;
use crate::options::RtpOptions;

pub(crate) fn run(options: &RtpOptions) -> Result<(), Failure> {
    let name = options.file.display().to_string();
    let cannot_read =
        |error: &std::io::Error| Failure::local(format!("cannot read {name}: {error}"));
    let file = File::open(&options.file).map_err(|error| cannot_read(&error))?;
    let mut source = BufReader::new(file);
    let mut start = Vec::new();
    let begun = source.by_ref().take(4).read_to_end(&mut start);
    begun.map_err(|error| cannot_read(&error))?;
    let start = start.first_chunk::<4>().copied().unwrap_or_default();
    let read = read::streams(&name, start, source)?;
    // What could be read is told, and why that is not all.
    if let Some(why) = &read.cut {
        eprintln!("offhook: {why}");
    }
    if read.observer.no_room() > 0 {
        let packets = read.observer.no_room();
        eprintln!("offhook: {name}: {packets} packets belong to streams there was no room for");
    }
    let streams = read.observer.streams();
    let to_stdout = options.svg.as_deref() == Some(Path::new("-"));
    if let Some(path) = &options.svg {
        let picture = plot::svg(streams);
        match to_stdout {
            true => print(&picture)?,
            false => crate::ladder::write(path, &picture)?,
        }
    }
    match (to_stdout, options.json) {
        (true, _) => {}
        (false, true) => print(&json::document(streams))?,
        (false, false) => print(&text::report(streams))?,
    }
    if streams.is_empty() {
        let packets = counted(read.packets, "packet");
        return Err(Failure::local(format!("{name}: no RTP in {packets}")));
    }
    Ok(())
}

fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
