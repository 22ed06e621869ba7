//! The program, running beside a test.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// No step of these tests takes longer, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, running; ended with the test.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_offhook"))
            .args(args)
            .env_remove("OFFHOOK_PASSWORD")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (sender, lines) = channel();
        let output: Vec<Box<dyn Read + Send>> = vec![
            Box::new(child.stdout.take().expect("piped")),
            Box::new(child.stderr.take().expect("piped")),
        ];
        for stream in output {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let input = child.stdin.take();
        Self {
            child,
            input,
            lines,
            seen: Vec::new(),
        }
    }

    /// Waits for a line that holds all of these words.
    pub(crate) fn says(&mut self, words: &[&str]) -> String {
        let end = Instant::now() + PATIENCE;
        let fits = |line: &String| words.iter().all(|word| line.contains(word));
        if let Some(line) = self.seen.iter().find(|line| fits(line)) {
            return line.clone();
        }
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if fits(&line) {
                        return line;
                    }
                }
                Err(_) => panic!("it never said {words:?}; it said {:#?}", self.seen),
            }
        }
    }

    /// How many of the lines that were waited for, or came before those, hold this.
    pub(crate) fn said(&self, words: &str) -> usize {
        self.seen.iter().filter(|line| line.contains(words)).count()
    }

    pub(crate) fn types(&mut self, line: &str) {
        let input = self.input.as_mut().expect("still open");
        writeln!(input, "{line}").expect("it reads");
    }

    /// Sends it a signal.
    pub(crate) fn gets(&self, signal: &str) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args([signal, &id]).status();
        assert!(asked.expect("kill is there").success());
    }

    /// Waits until it is gone, however that went.
    pub(crate) fn is_gone(&mut self) {
        self.child.wait().expect("a child of ours");
    }

    pub(crate) fn ends_with(&mut self, code: i32) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(200)) {
                    self.seen.push(line);
                }
                assert_eq!(status.code(), Some(code), "{:#?}", self.seen);
                return;
            }
            assert!(
                Instant::now() < end,
                "it never ended; it said {:#?}",
                self.seen
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The address behind `listening on`.
    pub(crate) fn address(&mut self) -> String {
        let line = self.says(&["listening on "]);
        let (_, after) = line.split_once("listening on ").expect("just seen");
        after.split(' ').next().unwrap_or_default().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
