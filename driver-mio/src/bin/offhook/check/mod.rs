//! `offhook check`: what is wrong with messages in files, captures and folders.

mod json;
mod rules;
mod text;
mod verdict;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::text::Colours;
use self::verdict::{Judge, Verdict};
use crate::capture::{self, CaptureReader, Ends, Found, counted};
use crate::failure::{Exit, Failure};
use crate::options::CheckOptions;
use crate::show::Screen;

/// More of a file that is one message is not read: it is far too long already.
const LONGEST_MESSAGE: u64 = 1 << 20;
/// Names beyond this are not lined up.
const WIDEST: usize = 60;
/// How often the line of progress changes.
const PROGRESS: Duration = Duration::from_millis(200);

pub(crate) fn run(options: &CheckOptions) -> Result<(), Failure> {
    let mut check = Check::new(options);
    let done = if options.path == Path::new("-") {
        check.source("-", io::stdin().lock())
    } else {
        check.path(&options.path)
    };
    match done.and_then(|()| check.finish()) {
        // Nobody reads on, as under `head`.
        Err(Stop::Closed) => Ok(()),
        Err(Stop::Failed(failure)) => Err(failure),
        Ok(()) => Ok(()),
    }
}

/// Why the work ends early.
enum Stop {
    /// The output was closed.
    Closed,
    Failed(Failure),
}

struct Check<'o> {
    options: &'o CheckOptions,
    judge: Judge,
    out: BufWriter<io::Stdout>,
    screen: Screen,
    colours: Colours,
    shown: Instant,
    width: usize,
    files: usize,
    messages: usize,
    invalid: usize,
    /// Things that are wrong in valid messages.
    ignored: usize,
    packets: usize,
    unread: usize,
    /// The first file of a folder that could not be read.
    unreadable: Option<Failure>,
}

impl<'o> Check<'o> {
    fn new(options: &'o CheckOptions) -> Self {
        let is_coloured = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self {
            options,
            judge: Judge::new(options.policy),
            out: BufWriter::new(io::stdout()),
            screen: Screen::new(false),
            colours: Colours::new(is_coloured),
            shown: Instant::now(),
            width: 0,
            files: 0,
            messages: 0,
            invalid: 0,
            ignored: 0,
            packets: 0,
            unread: 0,
            unreadable: None,
        }
    }

    fn path(&mut self, path: &Path) -> Result<(), Stop> {
        if path.is_dir() {
            return self.folder(path);
        }
        let file = File::open(path).map_err(|error| cannot_read(path.display(), &error))?;
        self.source(&path.to_string_lossy(), BufReader::new(file))
    }

    /// All files below a folder, in the order of their names; links to folders are not followed.
    fn folder(&mut self, path: &Path) -> Result<(), Stop> {
        let entries = std::fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|error| cannot_read(path.display(), &error))?;
        let mut paths: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() && path.is_symlink() {
                continue;
            }
            match self.path(&path) {
                Err(Stop::Failed(failure)) => {
                    self.screen.clear();
                    self.write("")?;
                    eprintln!("offhook: {failure}");
                    self.unreadable.get_or_insert(failure);
                }
                done => done?,
            }
        }
        Ok(())
    }

    /// One file: a capture by its first four bytes, else one message byte for byte.
    fn source(&mut self, name: &str, mut source: impl Read) -> Result<(), Stop> {
        self.files += 1;
        let failed = |error| cannot_read(name, &error);
        let mut bytes = Vec::new();
        source
            .by_ref()
            .take(4)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if let Some(start) = bytes.first_chunk::<4>().copied() {
            if capture::is_capture(start) {
                return self.capture(name, start, source);
            }
        }
        source
            .take(LONGEST_MESSAGE)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let verdict = self.judge.judge(&bytes);
        self.verdict(name, 1, None, &bytes, &verdict)
    }

    fn capture(&mut self, name: &str, start: [u8; 4], source: impl Read) -> Result<(), Stop> {
        let failed = |error: io::Error| Stop::Failed(unreadable(capture::said(name, &error)));
        let mut capture = CaptureReader::open(start, source).map_err(failed)?;
        let mut number = 0;
        let packets = self.packets;
        while let Some(found) = capture.next_packet().map_err(failed)? {
            self.packets = packets + capture.packets;
            for found in found {
                self.found(name, &mut number, found)?;
            }
            self.progress(name)?;
        }
        self.unread += capture.fragments;
        if number == 0 && capture.fragments == 0 {
            let packets = counted(capture.packets, "packet");
            self.note(&format!("{name}: no SIP in {packets}"))?;
        }
        Ok(())
    }

    fn found(&mut self, name: &str, number: &mut usize, found: Found) -> Result<(), Stop> {
        match found {
            Found::Message(captured) => {
                *number += 1;
                let bytes = &captured.bytes;
                let verdict = match captured.transport.is_reliable() {
                    true => self.judge.judge_streamed(bytes, captured.fault),
                    false => self.judge.judge(bytes),
                };
                self.verdict(name, *number, Some(captured.ends), bytes, &verdict)
            }
            Found::Datagram(_) => Ok(()),
            Found::Lost((from, to), loss) => {
                self.note(&format!("gap   {name}  {from} > {to}  {loss}"))
            }
        }
    }

    /// Says something about a capture that is no verdict: to people among the verdicts, to programs
    /// beside them.
    fn note(&mut self, line: &str) -> Result<(), Stop> {
        self.screen.clear();
        if self.options.json {
            self.write("")?;
            eprintln!("offhook: {line}");
            return Ok(());
        }
        self.out.write_all(line.as_bytes()).map_err(output)?;
        self.out.write_all(b"\n").map_err(output)
    }

    fn verdict(
        &mut self,
        name: &str,
        number: usize,
        ends: Option<Ends>,
        bytes: &[u8],
        verdict: &Verdict,
    ) -> Result<(), Stop> {
        self.messages += 1;
        self.invalid += usize::from(!verdict.is_valid);
        if verdict.is_valid {
            self.ignored += verdict.findings.len();
        }
        let entry = if self.options.json {
            json::object(name, number, verdict)
        } else {
            let place = match ends {
                Some((source, destination)) => {
                    format!("{name} #{number}  {source} > {destination}")
                }
                None => name.to_owned(),
            };
            // The start lines stand below each other, as far as that can be known beforehand.
            let width = self.width.max(place.chars().count()).min(WIDEST);
            self.width = width;
            text::entry(&format!("{place:width$}"), bytes, verdict, &self.colours)
        };
        self.screen.clear();
        self.out.write_all(entry.as_bytes()).map_err(output)
    }

    /// How far it is, now and then.
    fn progress(&mut self, name: &str) -> Result<(), Stop> {
        if self.shown.elapsed() < PROGRESS {
            return Ok(());
        }
        self.shown = Instant::now();
        self.write("")?;
        let (packets, messages) = (self.packets, self.messages);
        self.screen
            .progress(&format!("{name}: {packets} packets, {messages} messages"));
        Ok(())
    }

    /// Writes this and all that waits before it.
    fn write(&mut self, text: &str) -> Result<(), Stop> {
        self.out.write_all(text.as_bytes()).map_err(output)?;
        self.out.flush().map_err(output)
    }

    /// The summary, and whether all is well.
    fn finish(&mut self) -> Result<(), Stop> {
        self.screen.clear();
        if !self.options.json {
            self.summary()?;
        }
        self.write("")?;
        if let Some(failure) = self.unreadable.take() {
            return Err(Stop::Failed(failure));
        }
        match self.invalid {
            0 => Ok(()),
            invalid => Err(Stop::Failed(Failure::new(
                Exit::Wrong,
                format!("{invalid} of {} invalid", self.counts()),
            ))),
        }
    }

    fn counts(&self) -> String {
        let files = counted(self.files, "file");
        format!("{} in {files}", counted(self.messages, "message"))
    }

    fn summary(&mut self) -> Result<(), Stop> {
        if self.unread > 0 {
            let unread = counted(self.unread, "packet");
            let line = format!("not looked at: {unread} with SIP in fragments\n");
            self.write(&line)?;
        }
        if self.invalid == 0 && self.messages > 0 {
            let but = match self.ignored {
                0 => String::new(),
                ignored => format!(", with {} to be ignored", counted(ignored, "fault")),
            };
            self.write(&format!("{} valid{but}\n", self.counts()))?;
        }
        Ok(())
    }
}

fn cannot_read(name: impl std::fmt::Display, error: &io::Error) -> Stop {
    Stop::Failed(unreadable(format!("cannot read {name}: {error}")))
}

/// A file that cannot be read is a mistake on the command line, as far as scripts care: 1 has to
/// mean that a message is invalid.
fn unreadable(line: String) -> Failure {
    Failure::new(Exit::Usage, line)
}

fn output(error: io::Error) -> Stop {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::Closed,
        _ => Stop::Failed(error.into()),
    }
}
