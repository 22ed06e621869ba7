//! `offhook ladder`: a recorded transcript, or the SIP of a capture, as a diagram.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use offhook::Instant;
use offhook::trace::{Packet, Transcript, ladder};

use crate::capture::{self, CaptureReader, Captured, Found, counted, is_capture};
use crate::failure::Failure;
use crate::options::LadderOptions;

pub(crate) fn run(options: &LadderOptions) -> Result<(), Failure> {
    let name = options.file.display().to_string();
    let cannot_read =
        |error: &std::io::Error| Failure::local(format!("cannot read {name}: {error}"));
    let file = File::open(&options.file).map_err(|error| cannot_read(&error))?;
    let mut source = BufReader::new(file);
    let mut bytes = Vec::new();
    let start = source.by_ref().take(4).read_to_end(&mut bytes);
    start.map_err(|error| cannot_read(&error))?;
    let transcript = match bytes.first_chunk::<4>().copied() {
        Some(start) if is_capture(start) => captured(&name, start, source)?,
        Some(_) | None => {
            let rest = source.read_to_end(&mut bytes);
            rest.map_err(|error| cannot_read(&error))?;
            recorded(&name, &bytes)?
        }
    };
    let transcript = match &options.call {
        Some(call) => of_call(&name, &transcript, call)?,
        None => transcript,
    };
    match &options.svg {
        Some(path) if path == Path::new("-") => print(&ladder::svg(&transcript)),
        Some(path) => {
            write(path, &ladder::svg(&transcript))?;
            print(&format!("{} written\n", path.display()))
        }
        None => print(&ladder::text(&transcript)),
    }
}

fn recorded(name: &str, bytes: &[u8]) -> Result<Transcript, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::local(format!(
            "{name} is no transcript and no capture: {error} (write one with --transcript, or with \
             offhook demo)"
        ))
    };
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(&error))?;
    Transcript::parse(text).map_err(|error| wrong(&error))
}

/// Every message of a capture, at its time. What is no message is named beside the diagram.
fn captured(name: &str, start: [u8; 4], source: impl Read) -> Result<Transcript, Failure> {
    let failed = |error| Failure::local(capture::said(name, &error));
    let mut capture = CaptureReader::open(start, source).map_err(failed)?;
    let mut transcript = Transcript::new();
    while let Some(found) = capture.next_packet().map_err(failed)? {
        for found in found {
            match found {
                Found::Message(message) => transcript.push(packet(message)),
                Found::Datagram(_) => {}
                Found::Lost((from, to), loss) => {
                    eprintln!("offhook: {name}: {from} > {to}  {loss}");
                }
            }
        }
    }
    // Interfaces are written down one after the other, however they took turns.
    transcript.sort();
    if capture.fragments > 0 {
        let fragments = counted(capture.fragments, "packet");
        eprintln!("offhook: {name}: not drawn: {fragments} with SIP in fragments");
    }
    if capture.others > 0 {
        let others = counted(capture.others, "packet");
        eprintln!("offhook: {name}: not drawn: {others} without SIP over UDP or TCP");
    }
    if transcript.packets().is_empty() {
        let packets = counted(capture.packets, "packet");
        return Err(Failure::local(format!("{name}: no SIP in {packets}")));
    }
    Ok(transcript)
}

fn packet(message: Captured) -> Packet {
    let nanos = u64::try_from(message.at.as_nanos()).unwrap_or(u64::MAX);
    Packet {
        at: Instant::from_nanos(nanos),
        transport: message.transport,
        source: message.ends.0,
        destination: message.ends.1,
        lost: false,
        length: message.bytes.len(),
        bytes: message.bytes,
    }
}

fn of_call(name: &str, transcript: &Transcript, call: &str) -> Result<Transcript, Failure> {
    let only = transcript.only_call(call);
    if only.packets().is_empty() {
        let all = counted(transcript.packets().len(), "packet");
        return Err(Failure::local(format!(
            "{name}: none of {all} has the Call-ID {call}"
        )));
    }
    Ok(only)
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
